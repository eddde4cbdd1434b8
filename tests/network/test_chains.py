"""Hardware chains of every scheme: read, written, refused by place and rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from interlace.errors import SpecError
from interlace.network import (
    BellStation,
    Cable,
    Memory,
    MicrowaveSource,
    MidpointSource,
    PairSource,
    Switch,
    TransductionSource,
    describe,
    dump_network,
    network_document,
    parse_network,
)
from interlace.network.chains import PATTERNS, elements_of

TEXT = """\
interlace: 1
machines:
  isar: {device: ideal:4, communication_qubits: 1}
  lech: {device: ideal:4, communication_qubits: 1}
  naab: {device: ideal:4, communication_qubits: 1}
  wurm: {device: ideal:4, communication_qubits: 1}
links:
  isar--lech:
    scheme: midpoint-source
    chain:
      - memory: {efficiency: 0.3, bandwidth: 10 MHz, duty_cycle: 0.5}
      - bsm: {efficiency: 0.9, detector: {efficiency: 0.8, dark_counts: 10 Hz}}
      - fibre: {length: 10 km}
      - switch: {insertion_loss: 1 dB, fidelity_loss: 2 %}
      - source: {mean_pairs: 0.05, rate: 1 MHz, fidelity: 0.99, efficiency: 0.7}
      - fibre: {length: 12 km}
      - bsm: {}
      - transducer: {efficiency: 0.3, bandwidth: 10 MHz}
  lech--naab:
    scheme: direct-transduction
    chain:
      - transducer: {efficiency: 0.5, bandwidth: 1 MHz, added_noise: 0.1}
      - switch: {}
      - transducer: {efficiency: 0.5, bandwidth: 1 MHz}
  naab--wurm:
    scheme: microwave-transfer
    heralded: true
    chain:
      - cable: {length: 30 m, loss: 1 dB/km, bandwidth: 10 MHz, thermal_photons: 0.01}
      - switch: {insertion_loss: 0.5 dB}
"""


def test_the_chains_are_what_was_written() -> None:
    midpoint, direct, microwave = (link.source for link in parse_network(TEXT).links)
    assert isinstance(midpoint, MidpointSource)
    assert midpoint.left == Memory(efficiency=0.3, bandwidth_hz=1e7, duty_cycle=0.5)
    assert midpoint.left_station == BellStation(efficiency=0.9 * 0.8, dark_counts_hz=10.0)
    assert midpoint.left_path[1] == Switch(loss_db=1.0, fidelity_loss=0.02)
    assert midpoint.pairs == PairSource(mean_pairs=0.05, rate_hz=1e6, fidelity=0.99, efficiency=0.7)
    assert midpoint.right_station == BellStation()
    assert isinstance(direct, TransductionSource)
    assert direct.path == (Switch(),)
    assert isinstance(microwave, MicrowaveSource)
    assert microwave.heralded
    assert isinstance(microwave.path[0], Cable)
    assert microwave.path[0].thermal_photons == 0.01


def test_the_length_of_a_link_is_that_of_its_fibres_and_cables() -> None:
    assert [link.length_m for link in parse_network(TEXT).links] == [22e3, 0.0, 30.0]


def test_what_is_written_reads_back() -> None:
    network = parse_network(TEXT)
    assert parse_network(dump_network(network)) == network
    assert "fidelity_loss: 0.02" in dump_network(network)


def test_a_value_equal_to_its_default_is_not_written() -> None:
    chain = network_document(parse_network(TEXT))["links"]["isar--lech"]["chain"]
    assert chain[6] == {"bsm": {}}
    assert chain[7] == {"transducer": {"efficiency": 0.3, "bandwidth": 1e7}}


def test_a_memory_is_not_a_transducer_though_its_figures_are_the_same() -> None:
    network = parse_network(TEXT)
    other = parse_network(TEXT.replace("- memory", "- transducer"))
    assert other.content_id() != network.content_id()


def test_the_summary_names_the_scheme_of_each_link() -> None:
    rows = describe(parse_network(TEXT)).links
    assert [row.scheme for row in rows] == [
        "midpoint-source", "direct-transduction", "microwave-transfer",
    ]  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_the_slots_of_a_pattern_are_fields_of_its_family_in_the_order_of_the_chain(
    name: str,
) -> None:
    pattern = PATTERNS[name]
    fields = list(pattern.family.__dataclass_fields__)
    slots = [slot.field for slot in pattern.slots]
    assert [field for field in fields if field in slots] == slots


def test_the_elements_of_a_chain_come_from_end_to_end() -> None:
    source = parse_network(TEXT).links[0].source
    kinds = [type(element).__name__ for element in elements_of(source)]
    assert kinds == [
        "Memory", "BellStation", "Fibre", "Switch", "PairSource", "Fibre", "BellStation",
        "Transducer",
    ]  # fmt: skip
    assert elements_of(replace(source, left_path=()))[2] == source.pairs


# what is replaced, by what, path below links, value as shown, words of the rule
SPOILT = [
    ("fidelity_loss", "fidelty_loss", "isar--lech.chain[3].switch.fidelty_loss", "'fidelty_loss'",
     "did you mean 'fidelity_loss'?"),
    ("- memory", "- memry", "isar--lech.chain[0].memry", "'memry'", "did you mean 'memory'?"),
    ("midpoint-source", "midpoint", "isar--lech.scheme", "'midpoint'", "'midpoint-source'"),
    ("efficiency: 0.3, bandwidth: 10 MHz, duty", "bandwidth: 10 MHz, duty",
     "isar--lech.chain[0].memory", "(got 'bandwidth, duty_cycle')", "needs the key 'efficiency'"),
    ("mean_pairs: 0.05", "mean_pairs: 0", "isar--lech.chain[4].source.mean_pairs", "0",
     "above 0 and at most 10"),
    ("mean_pairs: 0.05", "mean_pairs: 0.05, pair_probability: 0.1", "isar--lech.chain[4].source",
     "(got 'mean_pairs, pair_probability, ", "one of 'mean_pairs'"),
    ("mean_pairs: 0.05, ", "", "isar--lech.chain[4].source", "(got 'rate, ", "one of 'mean_pairs'"),
    ("rate: 1 MHz", "rate: 1 km", "isar--lech.chain[4].source.rate", "'1 km'", "frequency"),
    ("fidelity: 0.99", "fidelity: 0.1", "isar--lech.chain[4].source.fidelity", "0.1", "0.25"),
    ("fidelity_loss: 2 %", "fidelity_loss: 0.8", "isar--lech.chain[3].switch.fidelity_loss",
     "0.8", "between 0 and 0.75"),
    ("insertion_loss: 1 dB", "insertion_loss: -1 dB", "isar--lech.chain[3].switch.insertion_loss",
     "'-1 dB'", "between 0 and 300 dB"),
    ("dark_counts: 10 Hz", "dark_counts: -1 Hz", "isar--lech.chain[1].bsm.detector.dark_counts",
     "'-1 Hz'", "between 0 and 1 GHz"),
    ("efficiency: 0.9, detector", "dark_counts: 1 Hz, detector",
     "isar--lech.chain[1].bsm.detector.dark_counts", "'10 Hz'", "written for the station too"),
    ("      - bsm: {}\n", "", "isar--lech.chain", "'memory, bsm, fibre, switch, source, fibre, ",
     "wants, from end to end: transducer or memory, then bsm, then any number of fibre or switch"),
    ("      - switch: {}\n", "      - bsm: {}\n", "lech--naab.chain",
     "'transducer, bsm, transducer'", "direct-transduction wants, from end to end: transducer"),
    ("- cable: {length: 30 m, loss: 1 dB/km, bandwidth: 10 MHz, thermal_photons: 0.01}",
     "- fibre: {length: 30 m}", "naab--wurm.chain", "'fibre, switch'",
     "any number of cable or switch, at least one cable"),
    ("      - cable: {length: 30 m, loss: 1 dB/km, bandwidth: 10 MHz, thermal_photons: 0.01}\n", "",
     "naab--wurm.chain", "'switch'", "at least one cable"),
    ("loss: 1 dB/km, ", "", "naab--wurm.chain[0].cable", "(got 'length, ", "needs the key 'loss'"),
    ("thermal_photons: 0.01", "thermal_photons: -1", "naab--wurm.chain[0].cable.thermal_photons",
     "-1", "between 0 and 1000"),
    ("heralded: true", "heralded: 1", "naab--wurm.heralded", "1", "true or false"),
    ("direct-transduction\n", "direct-transduction\n    heralded: true\n", "lech--naab.heralded",
     "True", "belongs to microwave-transfer"),
    ("direct-transduction\n", "direct-transduction\n    bright_state: 0.1\n",
     "lech--naab.bright_state", "0.1", "belongs to single-click"),
    ("- switch: {}", "- {switch: {}, fibre: {length: 1 km}}", "lech--naab.chain[1]",
     "['fibre', 'switch']", "must be one element"),
]  # fmt: skip


@pytest.mark.parametrize("case", SPOILT, ids=[f"{case[1][:40]!r}" for case in SPOILT])
def test_a_mistake_in_a_chain_is_named_by_path_value_and_rule(case) -> None:
    old, new, path, value, rule = case
    assert old in TEXT
    with pytest.raises(SpecError) as caught:
        parse_network(TEXT.replace(old, new, 1))
    assert caught.value.path == f"links.{path}"
    assert caught.value.line is not None
    assert rule in caught.value.rule
    assert value in str(caught.value)
