"""The JSON Schema and the reader agree on the structure of a description."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.network.conftest import FULL

from interlace.descriptions import read_marked, shaped
from interlace.errors import SpecError
from interlace.network import json_schema, parse_network
from interlace.network.spec import NetworkSpec


def objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects(value)
    if isinstance(schema, list):
        for value in schema:
            yield from objects(value)


def test_no_object_of_the_schema_takes_unknown_keys() -> None:
    found = list(objects(json_schema()))
    assert len(found) > 15
    for schema in found:
        extra = schema["additionalProperties"]
        assert extra is False or isinstance(extra, dict)


def test_every_key_of_the_file_is_described_to_an_editor() -> None:
    definitions = json_schema()["$defs"]
    plain = {"BellWeightsSpec", "ChainSpec"}
    for name, definition in definitions.items():
        for key, schema in definition["properties"].items():
            assert name in plain or schema.get("description"), f"{name}.{key}"


def test_the_schema_is_json_and_names_its_draft() -> None:
    schema = json.loads(json.dumps(json_schema()))
    assert schema["$schema"].endswith("2020-12/schema")
    assert "$id" not in schema
    assert schema["$ref"] in {f"#/$defs/{name}" for name in schema["$defs"]}


def test_the_reader_and_msgspec_read_the_same() -> None:
    data = read_marked(FULL).data
    assert shaped(data, NetworkSpec) == msgspec.convert(data, NetworkSpec)


@pytest.mark.parametrize(
    "document",
    [
        {"name": "no version"},
        {"interlace": 1, "machines": []},
        {"interlace": 1, "machines": {"a": {"device": 3}}},
        {"interlace": 1, "machines": {"a": {"device": {"qubits": "3"}}}},
        {"interlace": 1, "machines": {"a": {"device": {"qubits": 3, "coupling": [[1, "2"]]}}}},
        {"interlace": 1, "machines": {"a": {"device": {"qubits": 3, "t1": {}}}}},
        {"interlace": 1, "machines": {}, "links": {"a--b": {"wired": {"a": ["x"]}}}},
        {"interlace": 1, "machines": {}, "sites": {"a": {"lat": "north"}}},
        {"interlace": 1, "machines": {}, "x": 1},
    ],
)
def test_the_reader_and_msgspec_refuse_the_same(document) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(document, NetworkSpec)
    with pytest.raises(SpecError):
        shaped(document, NetworkSpec)


@settings(deadline=None, max_examples=60)
@given(start=st.integers(0, len(FULL)), length=st.integers(1, 40), inserted=st.text(max_size=3))
def test_whatever_is_cut_or_put_in_the_only_error_is_one_that_names_the_file(
    start: int, length: int, inserted: str
) -> None:
    spoilt = FULL[:start] + inserted + FULL[start + length :]
    assert error_of(spoilt) is None or str(error_of(spoilt)).startswith("net.yaml")


def error_of(text: str) -> SpecError | None:
    try:
        parse_network(text, file="net.yaml")
    except SpecError as error:
        return error
    return None
