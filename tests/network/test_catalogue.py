"""The catalogue: every entry is what it says, and can be named in a network file."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from interlace.errors import SpecError
from interlace.network import (
    catalogue,
    catalogue_entry,
    device_of,
    dump_device,
    dump_network,
    load_device,
    parse_network,
)
from interlace.network.hardware.lattice import lattice_pairs
from interlace.units import parse_quantity

ENTRIES = catalogue()
DEVICES = [entry.name for entry in ENTRIES if entry.kind == "device"]


def of_kind(kind: str) -> list[str]:
    return [entry.name for entry in ENTRIES if entry.kind == kind]


def test_the_catalogue_holds_what_it_promises() -> None:
    counts = Counter(entry.kind for entry in ENTRIES)
    least = {"device": 5, "transducer": 6, "fibre": 3, "memory": 4, "bsm": 2, "detector": 3}
    assert {kind: counts[kind] >= n for kind, n in least.items()} == dict.fromkeys(least, True)
    assert all(counts[kind] >= 2 for kind in ("switch", "source", "cable"))


# ------------------------------------------------------------------------------ devices


@pytest.mark.parametrize(
    ("name", "qubits", "couplers"),
    [
        ("ibm-heron-r2", 156, 176),
        ("ibm-heron-r3", 156, 176),
        ("ibm-nighthawk", 120, 218),
        ("iqm-20", 20, 30),
        ("iqm-54", 54, 90),
        ("ionq-aria", 25, None),
        ("quantinuum-helios", 98, None),
    ],
)
def test_a_device_has_the_published_qubits_and_couplers(name, qubits, couplers) -> None:
    device = device_of(name)
    assert device.qubits == qubits
    assert (device.coupling and len(device.coupling)) == couplers


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_has_times_errors_lifetimes_and_readout(name) -> None:
    device = device_of(name)
    pairwise = [gate for gate in device.gates if gate.name in {"cz", "rxx", "rzz", "ecr", "cx"}]
    assert len(pairwise) == 1
    assert pairwise[0].time_s > 0
    assert 0 < pairwise[0].error < 0.05
    assert device.t2_s
    assert device.readout is not None
    assert device.readout.time_s > 0
    assert 0 < device.readout.error_0[0] < 0.1


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_saved_as_a_file_reads_back_as_the_same_device(name, tmp_path) -> None:
    file = tmp_path / "saved.yaml"
    file.write_text(dump_device(device_of(name), comments=["from a catalogue"]), "utf-8")
    assert load_device(str(file)) == device_of(name)


def test_a_heavy_hex_lattice_is_made_of_hexagons_of_twelve() -> None:
    pairs = lattice_pairs("heavy-hex 8x16")
    qubits = {q for pair in pairs for q in pair}
    degrees = Counter(q for pair in pairs for q in pair)
    assert qubits == set(range(156))
    assert len(set(pairs)) == 176
    assert max(degrees.values()) == 3
    # 176 couplers - 156 qubits + 1 piece: 21 faces, three in each of seven gaps between rows
    assert len(pairs) - len(qubits) + 1 == 21
    bridges = [q for q in range(16, 20) if degrees[q] == 2]
    assert bridges == [16, 17, 18, 19]
    assert {(3, 16), (16, 23), (15, 19), (19, 35), (21, 36), (36, 41)} <= set(pairs)


@pytest.mark.parametrize("text", ["square", "square 0x4", "hexagon 2x2", "square 2x2x2"])
def test_a_lattice_that_is_none_is_refused(text) -> None:
    with pytest.raises(SpecError, match="must be `square RxC`"):
        lattice_pairs(text)


# ------------------------------------------------------------------------------ in a network file

STATION = {
    "transducer": "[{transducer: NAME}, {bsm: {}}, {transducer: NAME}]",
    "memory": "[{memory: NAME}, {bsm: {}}, {memory: NAME}]",
    "fibre": "[{memory: ca40-ion}, {fibre: {model: NAME, length: 2 km}}, {bsm: {}}, "
    "{memory: ca40-ion}]",
    "switch": "[{memory: ca40-ion}, {switch: NAME}, {bsm: {}}, {memory: ca40-ion}]",
    "bsm": "[{memory: ca40-ion}, {bsm: NAME}, {memory: ca40-ion}]",
    "detector": "[{memory: ca40-ion}, {bsm: {detector: NAME}}, {memory: ca40-ion}]",
}
OTHER = {
    "source": "scheme: midpoint-source, chain: [{memory: ca40-ion}, {bsm: {}}, {source: NAME}, "
    "{bsm: {}}, {memory: ca40-ion}]",
    "cable": "scheme: microwave-transfer, chain: [{cable: NAME}]",
}
USES = {kind: f"scheme: double-click, chain: {chain}" for kind, chain in STATION.items()} | OTHER


def network(link: str, *, machine: str = '"ideal:3"', more: str = "") -> str:
    return (
        f"interlace: 1\nmachines:\n  a: {{device: {machine}, communication_qubits: 1}}\n"
        f"  b: {{device: 'ideal:3', communication_qubits: 1}}\n{more}links:\n  a--b: {{{link}}}\n"
    )


@pytest.mark.parametrize("entry", [e for e in ENTRIES if e.kind != "device"], ids=lambda e: e.name)
def test_every_piece_of_link_hardware_can_be_named_in_a_chain(entry) -> None:
    found = parse_network(network(USES[entry.kind].replace("NAME", entry.name)))
    assert parse_network(dump_network(found)) == found


@pytest.mark.parametrize("name", DEVICES)
def test_every_device_can_be_named_by_a_machine(name) -> None:
    found = parse_network(network("rate: 1, fidelity: 1", machine=name))
    assert found.machines[0].device == device_of(name)
    assert parse_network(dump_network(found)) == found


def test_a_name_alone_is_short_for_a_model() -> None:
    short = network(USES["transducer"].replace("NAME", "jila-membrane"))
    long = network(USES["transducer"].replace("NAME", "{model: jila-membrane}"))
    assert parse_network(short) == parse_network(long)


def test_what_is_written_overrides_the_catalogue_and_the_rest_stands() -> None:
    link = USES["transducer"].replace("NAME", "{model: jila-membrane, added_noise: 0}")
    left = parse_network(network(link)).links[0].source.left
    assert (left.efficiency, left.added_noise, left.bandwidth_hz) == (0.4, 0.0, 20e3)


def test_a_source_with_a_probability_does_not_take_the_catalogues_mean_pairs() -> None:
    link = OTHER["source"].replace("NAME", "{model: spdc-telecom, pair_probability: 0.2}")
    pairs = parse_network(network(link)).links[0].source.pairs
    assert (pairs.pair_probability, pairs.mean_pairs, pairs.rate_hz) == (0.2, None, 450e6)


def test_a_written_network_holds_the_values_and_no_names() -> None:
    text = dump_network(parse_network(network(USES["transducer"].replace("NAME", "yb-yvo4"))))
    assert "yb-yvo4" not in text
    assert "1.24" in text


def test_a_memory_is_a_repeaters_device_with_its_lifetimes() -> None:
    links = "rate: 1, fidelity: 1}\n  a--r: {rate: 1, fidelity: 1"
    more = "repeaters: {r: {device: nv-centre, communication_qubits: 3}}\n"
    device = parse_network(network(links, more=more)).repeaters[0].device
    assert (device.qubits, device.t1_s, device.t2_s) == (3, (3600.0,) * 3, (0.5,) * 3)
    same = network(links, more="repeaters: {r: {device: 'nv-centre:3'}}\n")
    assert parse_network(same).repeaters[0].device == device


REFUSED = {
    "a fibre as a transducer": (
        USES["transducer"].replace("NAME", "hollow-core"),
        r"links\.a--b\.chain\[0\]\.transducer: is a fibre, needs a transducer.*'hollow-core'",
    ),
    "an unknown model": (
        USES["fibre"].replace("NAME", "holow-core"),
        r"chain\[1\]\.fibre\.model: is no fibre of the catalogue: did you mean 'hollow-core'\?",
    ),
    "an unknown detector": (
        USES["detector"].replace("NAME", "snspd-nits"),
        r"chain\[1\]\.bsm\.detector: is no detector of the catalogue: did you mean 'snspd-nist'\?",
    ),
    "a fibre without a length": (
        USES["fibre"].replace(", length: 2 km", "").replace("NAME", "smf-28"),
        r"chain\[1\]\.fibre: needs the key 'length'",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_wrong_name_says_path_value_and_the_nearest(what) -> None:
    link, said = REFUSED[what]
    with pytest.raises(SpecError) as caught:
        parse_network(network(link), file="net.yaml")
    assert re.search(said, str(caught.value))
    assert caught.value.line == 6


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("hollow-core", "is a fibre: needs a device"),
        ("ca40-ion", "write how many, `ca40-ion:2`"),
        ("'ibm-heron-r2:3'", "with a number of qubits of its own"),
        ("ibm-heron-r4", "did you mean 'ibm-heron-r"),
    ],
)
def test_a_device_that_is_none_says_what_to_do(device, said, tmp_path) -> None:
    with pytest.raises(SpecError, match=re.escape(said)) as caught:
        parse_network(network("rate: 1, fidelity: 1", machine=device), folder=str(tmp_path))
    assert caught.value.path == "machines.a.device"


def test_an_unknown_entry_names_the_nearest() -> None:
    with pytest.raises(SpecError, match=r"did you mean 'hollow-core'\?"):
        catalogue_entry("hollow core")


def test_load_device_takes_a_name() -> None:
    assert load_device("ibm-heron-r3").qubits == 156
    with pytest.raises(SpecError, match=r"there is no such file; did you mean 'ibm-heron-r3'\?"):
        load_device("ibm-heronr3")


# ------------------------------------------------------------------------ figures that go together


def test_the_station_of_ions_counts_1_4e_5_dark_counts_in_the_window_of_the_ions() -> None:
    """The source gives a probability per window, the catalogue a rate and windows."""
    values = {value.path: value for value in catalogue_entry("bsm-ions").values}
    dark_counts_hz = parse_quantity(values["dark_counts"].value, "frequency")
    for name in ("ca40-ion", "innsbruck-ion"):
        memory = {value.path: value.value for value in catalogue_entry(name).values}
        window_s = 1.0 / parse_quantity(memory["bandwidth"], "frequency")
        assert dark_counts_hz * window_s == pytest.approx(1.4e-5)


def station(bsm: str):
    chain = f"[{{memory: ca40-ion}}, {{bsm: {bsm}}}, {{memory: ca40-ion}}]"
    return parse_network(network(f"scheme: double-click, chain: {chain}")).links[0].source.station


def test_a_detector_that_is_written_beats_the_models_own_figures() -> None:
    own = station("bsm-snspd")
    found = station("{model: bsm-snspd, detector: {efficiency: 80 %, dark_counts: 7 Hz}}")
    assert (found.efficiency, found.dark_counts_hz) == (0.8, 7.0)
    assert (found.visibility, found.number_resolving) == (own.visibility, own.number_resolving)
    found = station("{model: bsm-snspd, detector: {dark_counts: 7 Hz}}")
    assert (found.efficiency, found.dark_counts_hz) == (own.efficiency, 7.0)
    found = station("{model: bsm-snspd, efficiency: 50 %, detector: {efficiency: 80 %}}")
    assert found.efficiency == pytest.approx(0.4)
    named = station("{model: bsm-snspd, detector: snspd-nist}")
    alone = station("{detector: snspd-nist}")
    assert (named.efficiency, named.dark_counts_hz) == (alone.efficiency, alone.dark_counts_hz)
    with pytest.raises(SpecError, match="written for the station too"):
        station("{model: bsm-snspd, dark_counts: 1 Hz, detector: {dark_counts: 7 Hz}}")


def test_no_memories_are_too_few() -> None:
    machine = '"ca40-ion:0"'
    with pytest.raises(SpecError, match=r"needs between 1 and 1,000,000 of them: `ca40-ion:2`"):
        parse_network(network("rate: 1 Hz, fidelity: 0.9", machine=machine))
