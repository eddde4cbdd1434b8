"""KMEs, SAEs, permits and QKD links in a network file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.cli.key_table import key_notes
from interlace.errors import SpecError
from interlace.network import (
    checked,
    describe,
    dump_network,
    great_circle,
    json_schema,
    load_network,
    network_document,
    network_from_document,
    parse_network,
    to_spec,
)
from interlace.qkd import key_link_rate

EXAMPLES = Path(__file__).parents[2] / "examples"
CHAIN = EXAMPLES / "kms-chain.yaml"
RING = EXAMPLES / "kms-ring.yaml"

NET = """interlace: 1
sites:
  munich: {country: DE}
kmes:
  kme-a: {site: munich}
  relay: {}
  kme-b: {}
saes:
  sae-a: {kme: kme-a}
  sae-b: {kme: kme-b}
  sae-c: {kme: kme-b}
permits:
  sae-a: [sae-b, sae-c]
links:
  kme-a--relay:
    length: 40 km
    qkd: {protocol: decoy-bb84, block: 1e7, clock: 625 MHz, dark_counts: 100 Hz}
  relay--kme-b:
    insertion_loss: 12 dB
    qkd: {protocol: one-decoy}
"""

MACHINES = """interlace: 1
machines:
  isar: {device: "ideal:3", communication_qubits: 1}
  donau: {device: "ideal:3", communication_qubits: 1}
links:
  isar--donau: {rate: 1 kHz, fidelity: 0.9}
"""


def keys_of(text: str):
    keys = parse_network(text).keys
    assert keys is not None
    return keys


def test_a_network_may_consist_of_kmes_alone() -> None:
    keys = keys_of(NET)
    assert [kme.name for kme in keys.relays] == ["relay"]
    first, second = keys.links
    assert (first.length_m, first.loss_db_per_m, first.loss_db) == (40e3, 2e-4, 0.0)
    assert (second.length_m, second.loss_db) == (0.0, 12.0)
    assert first.qkd.equipment.dark_probability == pytest.approx(100 / 625e6)
    assert (first.qkd.block, second.qkd.block) == (10**7, None)
    assert parse_network(NET).nodes == ()


def test_permits_are_ordered_and_all_pairs_where_nothing_is_written() -> None:
    named = [(p.master, p.slave) for p in keys_of(NET).permits]
    assert named == [("sae-a", "sae-b"), ("sae-a", "sae-c")]
    everyone = keys_of(NET.replace("permits:\n  sae-a: [sae-b, sae-c]\n", "")).permits
    assert len(everyone) == 6
    assert len({(p.master, p.slave) for p in everyone}) == 6


def test_the_length_that_nobody_wrote_comes_from_the_coordinates_and_is_noted() -> None:
    text = NET.replace(
        "{country: DE}", "{lat: 48.14, lon: 11.58}\n  nuremberg: {lat: 49.45, lon: 11.08}"
    )
    text = text.replace("relay: {}", "relay: {site: nuremberg}").replace("    length: 40 km\n", "")
    network = parse_network(text)
    assert network.keys is not None
    first, second = network.keys.links
    assert first.length_m == 1.5 * great_circle((48.14, 11.58), (49.45, 11.08))
    assert (first.is_length_assumed, second.is_length_assumed) == (True, False)
    assert (second.length_m, second.loss_db) == (0.0, 12.0)
    assert checked(to_spec(network)) == network
    assert parse_network(dump_network(network)) == network
    notes = key_notes(describe(network), [key_link_rate(link) for link in network.keys.links])
    (note,) = [note for note in notes if "length" in note]
    assert note.startswith("kme-a--relay: no fibre length is given: it is taken to be 225")
    same = text.replace("{site: nuremberg}", "{site: munich}")
    with pytest.raises(SpecError, match="two sites with `lat` and `lon`"):
        parse_network(same)


def test_machines_and_kmes_stand_side_by_side_in_one_file() -> None:
    computers, _, link = MACHINES.removeprefix("interlace: 1\n").partition("links:\n")
    both = NET.replace("links:\n", f"{computers}links:\n{link}")
    network = parse_network(both)
    assert len(network.machines) == 2
    assert [link.name for link in network.links] == ["isar--donau"]
    assert network.keys == keys_of(NET)
    assert describe(network).headline == (
        "network: 2 machines, 4 data qubits, 1 link, 2 KMEs, 1 relay, 3 SAEs, 2 QKD links"
    )


def test_what_is_written_of_keys_reads_back() -> None:
    for network in (parse_network(NET), load_network(CHAIN), load_network(RING)):
        assert checked(to_spec(network)) == network
        assert parse_network(dump_network(network)) == network
        document = json.loads(json.dumps(network_document(network)))
        assert network_from_document(document).content_id() == network.content_id()


def test_a_network_without_kmes_is_what_it_was_before_there_were_any() -> None:
    # The ID of this network as the release before KMEs computed it.
    known = "0e472bcb6bc1c4323f78e9a98c65fff0b8451b5a09cd483d5e7b3aac34a59015"
    network = parse_network(MACHINES)
    assert network.keys is None
    assert network.content_id() == known


def test_kmes_count_for_what_a_network_is() -> None:
    other = NET.replace("40 km", "41 km")
    assert parse_network(other).content_id() != parse_network(NET).content_id()
    assert (
        parse_network(NET.replace("40 km", "40000")).content_id() == parse_network(NET).content_id()
    )


SPOILT = [
    ("kmes:\n  kme-a: {site: munich}", "kmes:\n  kme-a: {site: berlin}", 5,
     "kmes.kme-a.site", "did you mean|known: munich"),
    ("sae-a: {kme: kme-a}", "sae-a: {kme: kme-q}", 9, "saes.sae-a.kme",
     "names a KME that is not there: did you mean 'kme-"),
    ("sae-a: {kme: kme-a}", "sae-a: {}", 9, "saes.sae-a", "needs the key 'kme'"),
    ("sae-a: {kme: kme-a}", "sae-a: {kmee: kme-a}", 9, "saes.sae-a.kmee",
     "unknown key: did you mean 'kme'"),
    ("  sae-a: {kme", "  sae/a: {kme", 9, "saes.sae/a", "letters a to z"),
    ("  sae-a: {kme", "  saé: {kme", 9, "saes.saé", "letters a to z"),
    ("  sae-a: {kme", "  KME_a: {kme", 9, "saes.KME_a", "too much like 'kme-a'"),
    ("[sae-b, sae-c]", "[sae-b, sae-d]", 13, r"permits.sae-a\[1\]",
     "names an SAE that is not there: did you mean"),
    ("[sae-b, sae-c]", "[sae-a]", 13, r"permits.sae-a\[0\]", "is the master itself"),
    ("[sae-b, sae-c]", "[sae-b, sae-b]", 13, r"permits.sae-a\[1\]", "is named twice"),
    ("[sae-b, sae-c]", "[]", 12, "permits", "permits nobody"),
    ("permits:\n  sae-a: [sae-b, sae-c]\n", "permits:\n", 12, "permits", "must be a mapping"),
    ("permits:\n  sae-a: [sae-b, sae-c]\n", "permits: {}\n", 12, "permits", "permits nobody"),
    ("permits:\n  sae-a: [sae-b, sae-c]\n", "permits: ~\n", 12, "permits", "must be a mapping"),
    (" [sae-b, sae-c]", "", 13, "permits.sae-a", "must be a list"),
    ("  sae-a: {kme: kme-a}\n  sae-b: {kme: kme-b}\n  sae-c: {kme: kme-b}\n", "", 8, "saes",
     "must be a mapping"),
    ("  sae-c: {kme: kme-b}", "  sae-c:", 11, "saes.sae-c", "must be a mapping"),
    ("  sae-a: [sae-b, sae-c]", "  sae-x: [sae-b]", 13, "permits.sae-x", "names an SAE"),
    ("kme-a--relay", "kme-a--relais", 15, "links.kme-a--relais",
     "'relais' is no KME, and a link with `qkd` joins KMEs: did you mean 'relay'"),
    ("kme-a--relay", "kme-a--kme-a", 15, "links.kme-a--kme-a", "joins a KME to itself"),
    ("kme-a--relay", "kme-a", 15, "links.kme-a", "named after its two ends"),
    ("relay--kme-b", "relay--kme-a", 18, "links.relay--kme-a",
     "joins the same KMEs as 'kme-a--relay'"),
    ("    length: 40 km\n", "", 15, "links.kme-a--relay", "needs the key 'length'"),
    ("length: 40 km", "length: 40 s", 16, "links.kme-a--relay.length", "is no length|unit"),
    ("length: 40 km", "length: 50000 km", 16, "links.kme-a--relay.length", "between 0 and 40000"),
    ("length: 40 km", "rate: 1 kHz\n    length: 40 km", 16, "links.kme-a--relay.rate",
     "makes ebits"),
    ("length: 40 km", "channels: 2\n    length: 40 km", 16, "links.kme-a--relay.channels",
     "faster `clock`"),
    ("protocol: decoy-bb84", "protocol: bb84", 17, "links.kme-a--relay.qkd.protocol",
     "'decoy-bb84'"),
    ("block: 1e7", "block: 10", 17, "links.kme-a--relay.qkd.block", "whole number from 1e3"),
    ("block: 1e7", "blocks: 1e7", 17, "links.kme-a--relay.qkd.blocks", "did you mean 'block'"),
    ("clock: 625 MHz", "clock: 625 km", 17, "links.kme-a--relay.qkd.clock", "unit|frequency"),
    ("clock: 625 MHz", "clock: 0 Hz", 17, "links.kme-a--relay.qkd.clock", "between 1 Hz"),
    ("100 Hz", "100 GHz", 17, "links.kme-a--relay.qkd.dark_counts", "chance a pulse"),
    ("    qkd: {protocol: one-decoy}\n", "", 18, "links.relay--kme-b", "needs the key 'qkd'"),
    ("  relay: {}\n", "  relay: {}\n  far: {}\n", 15, "links", "disconnected"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "path", "rule"), SPOILT)
def test_a_mistake_is_named_with_file_line_path_and_rule(
    old: str, new: str, line: int, path: str, rule: str
) -> None:
    assert old in NET
    with pytest.raises(SpecError, match=rule) as caught:
        parse_network(NET.replace(old, new, 1), file="net.yaml")
    assert caught.value.file == "net.yaml"
    assert caught.value.line == line
    assert caught.value.path == path.replace("\\", "")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("interlace: 1\n", "needs at least one machine or KME"),
        ("interlace: 1\nrepeaters: {r: {}}\nkmes: {k: {}}\n", "needs at least one machine"),
        (MACHINES + "saes: {s: {kme: isar}}\n", "needs KMEs"),
        (MACHINES.replace("fidelity: 0.9", "fidelity: 0.9, loss: 1"), "belongs to a link with"),
        (MACHINES + "kmes: {ISAR: {}}\n", "too much like 'isar'"),
    ],
)
def test_parts_that_lack_another_part_are_refused(text: str, rule: str) -> None:
    with pytest.raises(SpecError, match=rule):
        parse_network(text, file="net.yaml")


def test_the_examples_put_the_first_and_the_last_sae_two_relays_apart() -> None:
    chain = load_network(CHAIN).keys
    assert chain is not None
    assert len(chain.relays) >= 2
    assert [sae.kme for sae in chain.saes] == [chain.kmes[0].name, chain.kmes[-1].name]
    for network in (load_network(CHAIN), load_network(RING)):
        assert network.keys is not None
        count = len(network.keys.saes)
        assert len(network.keys.permits) == count * (count - 1)
        assert all(key_link_rate(link).secret_rate_hz > 1e4 for link in network.keys.links)


def test_an_editor_is_told_of_kmes() -> None:
    definitions = json_schema()["$defs"]
    assert {"KmeSpec", "SaeSpec", "QkdSpec"} <= set(definitions)
    assert "qkd" in definitions["LinkDescription"]["properties"]


@settings(deadline=None, max_examples=60)
@given(start=st.integers(0, len(NET)), length=st.integers(1, 40), inserted=st.text(max_size=3))
def test_whatever_is_cut_or_put_in_the_only_error_names_the_file(
    start: int, length: int, inserted: str
) -> None:
    spoilt = NET[:start] + inserted + NET[start + length :]
    assert error_of(spoilt) is None or str(error_of(spoilt)).startswith("net.yaml")


def error_of(text: str) -> SpecError | None:
    try:
        parse_network(text, file="net.yaml")
    except SpecError as error:
        return error
    return None
