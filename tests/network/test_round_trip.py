"""What is written reads back as the same network, number by number."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from tests.network.conftest import FULL
from tests.network.strategies import networks

from interlace.errors import SpecError
from interlace.network import (
    checked,
    dump_network,
    make_network,
    network_document,
    network_from_document,
    parse_network,
    to_spec,
)

quickly = settings(deadline=None, max_examples=25)


def test_the_full_file_reads_back_from_what_it_is_written_as() -> None:
    network = parse_network(FULL)
    assert checked(to_spec(network)) == network
    assert parse_network(dump_network(network)) == network


@quickly
@given(network=networks())
def test_a_description_of_a_network_gives_the_same_network(network) -> None:
    assert checked(to_spec(network)) == network


@quickly
@given(network=networks())
def test_a_document_survives_json(network) -> None:
    document = msgspec.json.decode(msgspec.json.encode(network_document(network)))
    again = network_from_document(document)
    assert again == network
    assert again.content_id() == network.content_id()


@quickly
@given(network=networks())
def test_yaml_text_reads_back(network) -> None:
    assert parse_network(dump_network(network)) == network


def test_units_do_not_change_what_a_network_is() -> None:
    written = parse_network(FULL)
    other = FULL.replace("12 km", "12000").replace("1 kHz", "1000.0").replace("68 ns", "6.8e-8")
    assert other != FULL
    assert parse_network(other).content_id() == written.content_id()


def test_comments_and_order_of_coupling_do_not_change_what_a_network_is() -> None:
    other = FULL.replace("[[0, 1], [1, 2], [2, 3]]", "[[3, 2], [1, 0], [2, 1]]  # backwards")
    assert parse_network(other) == parse_network(FULL)


def test_a_shared_device_is_written_once() -> None:
    device = "{qubits: 3, t2: 1.25}"
    network = parse_network(
        f"interlace: 1\nmachines: {{a: {{device: {device}, communication_qubits: 1}}, "
        "b: {device: {name: a, qubits: 3, t2: 1.25}, communication_qubits: 1}}\n"
        "links: {a--b: {rate: 1, fidelity: 1}}"
    )
    assert dump_network(network).count("1.25") == 1
    assert parse_network(dump_network(network)) == network


@pytest.mark.parametrize("document", [None, [], "text", 3, {}, {"interlace": 2}])
def test_a_document_of_another_kind_is_refused(document) -> None:
    with pytest.raises(SpecError):
        network_from_document(document)


def test_a_spoilt_document_names_the_path() -> None:
    document = network_document(parse_network(FULL))
    document["links"]["isar--kelheim"]["rate"] = -1.0
    with pytest.raises(SpecError, match=r"links\.isar--kelheim\.rate: must be above 0"):
        network_from_document(document)


def test_equal_rows_are_copied_into_the_same_text_as_if_written_one_by_one(monkeypatch) -> None:
    link = "rate=10kHz,state=[0.9000000000001,0.0499999999999,0.030000000000000,0.02]"
    network = make_network("ring", "120", device="ideal:4", communication_qubits=1, link=link)
    copied = dump_network(network)
    monkeypatch.setattr("interlace.network.written.thinned", lambda _: {})
    assert dump_network(network) == copied
    assert parse_network(copied) == network
