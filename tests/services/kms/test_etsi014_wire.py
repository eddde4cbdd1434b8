"""What strangers send: read strictly, and no input makes anything but an Error of the standard."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.kms.entity import AB, A, B, Certificates, listening, new_keys

from interlace.errors import ProtocolError
from interlace.platform import Secret, SystemClock
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore
from interlace.services.kms.model import DeliveredKey, KeyLimits
from interlace.services.kms.wire.etsi014 import (
    KeyRequest,
    WireError,
    container_body,
    read_key_ids,
    read_key_request,
)
from interlace.services.kms.wire.openapi import openapi_document
from interlace.services.kms.wire.strict_json import read_json

LIMITS = KeyLimits()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
NAMES = st.sampled_from([
    "number", "size", "additional_slave_SAE_IDs", "extension_mandatory", "extension_optional",
    "key_IDs", "key_ID", "key_IDs_extension", "key_ID_extension", "x",
])  # fmt: skip
BODIES = st.dictionaries(NAMES, VALUES | st.lists(st.dictionaries(NAMES, VALUES, max_size=3)))
QUERIES = st.dictionaries(
    st.sampled_from(["number", "size", "key_ID", "x"]), st.lists(st.text(max_size=5), min_size=1)
)


@given(VALUES)
def test_strict_json_reads_what_json_writes(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200) | st.text(max_size=100).map(str.encode))
def test_strict_json_refuses_or_agrees_with_json(body: bytes) -> None:
    try:
        value = read_json(body)
    except ProtocolError:
        return
    assert json.loads(body) == value


@pytest.mark.parametrize("depth", [33, 900, 5000, 30_000])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_deep_nesting_is_refused(depth: int, brackets: str) -> None:
    opening = "[" if brackets == "[]" else '{"x":'
    body = opening * depth + "1" + brackets[1] * depth
    with pytest.raises(ProtocolError):
        read_json(body.encode())


def test_what_is_refused_is_not_quoted() -> None:
    for body in (b'{"number": "secretive"}', b'{"secretive": 1, "secretive": 2}', b"{secretive}"):
        with pytest.raises((WireError, ProtocolError)) as caught:
            read_key_request(body, {}, LIMITS, provenance="SIMULATED")
        assert "secretive" not in str(caught.value)


@given(BODIES, QUERIES)
def test_a_key_request_is_within_the_limits_or_refused_with_400(
    body: dict[str, object], query: dict[str, list[str]]
) -> None:
    try:
        asked = read_key_request(json.dumps(body).encode(), query, LIMITS, provenance="SIMULATED")
    except WireError as error:
        assert error.status == 400  # noqa: PT017 - it may be read, too
        return
    assert 1 <= asked.count <= 128
    assert 64 <= asked.size_bits <= 4096
    assert asked.size_bits % 8 == 0


@given(BODIES, QUERIES)
def test_key_ids_are_uuids_each_once_or_refused_with_400(
    body: dict[str, object], query: dict[str, list[str]]
) -> None:
    try:
        ids = read_key_ids(json.dumps(body).encode(), query, LIMITS)
    except WireError as error:
        assert error.status == 400  # noqa: PT017 - it may be read, too
        return
    assert 1 <= len(ids) == len(set(ids)) <= 128


@given(st.integers(1, 128), st.integers(8, 512).map(lambda n: 8 * n))
def test_a_good_key_request_is_read_the_same_from_the_url_and_from_the_body(
    count: int, size_bits: int
) -> None:
    body = json.dumps({"number": count, "size": size_bits}).encode()
    query = {"number": [str(count)], "size": [str(size_bits)]}
    expected = KeyRequest(count=count, size_bits=size_bits)
    assert read_key_request(body, {}, LIMITS, provenance="QKD") == expected
    assert read_key_request(b"", query, LIMITS, provenance="QKD") == expected


def test_a_whole_number_may_be_written_as_json_allows() -> None:
    expected = KeyRequest(count=2, size_bits=512)
    for body in (b'{"number": 2.0, "size": 512.0}', b'{"number": 2e0, "size": 5.12e2}'):
        assert read_key_request(body, {}, LIMITS, provenance="QKD") == expected
        query = {"number": ["2"], "size": ["512"]}
        assert read_key_request(body, query, LIMITS, provenance="QKD") == expected
    for written in (b"1.5", b"1e400", b"-1e400"):
        with pytest.raises(WireError, match="number must be a whole number"):
            read_key_request(b'{"number": %s}' % written, {}, LIMITS, provenance="QKD")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"number": null}', "number must be a number, and is null"),
        (b"null", "it must be an object, and is null"),
        (b'{"size": "256"}', "size must be a number, and is a string"),
        (b'{"size": true}', "size must be a number, and is a boolean"),
        (b'{"additional_slave_SAE_IDs": [1]}',
         "additional_slave_SAE_IDs[0] must be a string, and is a number"),
    ],
)  # fmt: skip
def test_a_body_of_the_wrong_types_is_told_in_the_words_of_json(body: bytes, said: str) -> None:
    with pytest.raises(WireError) as caught:
        read_key_request(body, {}, KeyLimits(), provenance="SIMULATED")
    assert caught.value.message == f"the body is not as the standard has it: {said}"


@given(st.lists(st.binary(min_size=8, max_size=64), min_size=1, max_size=5))
def test_a_container_holds_the_keys_in_base64(materials: list[bytes]) -> None:
    keys = [DeliveredKey(key_id=f"id-{i}", material=Secret(m)) for i, m in enumerate(materials)]
    written = json.loads(container_body(keys, provenance="SIMULATED"))
    assert [base64.b64decode(k["key"], validate=True) for k in written["keys"]] == materials
    assert [k["key_ID"] for k in written["keys"]] == [k.key_id for k in keys]


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_request_makes_the_server_fail(certificates: Certificates, data: st.DataObject) -> None:
    paths = st.sampled_from([f"{B}/enc_keys", f"{B}/dec_keys", f"{B}/status", "%2F/enc_keys", "x"])
    bodies = BODIES.map(lambda b: json.dumps(b).encode()) | st.binary(max_size=300)
    verbs = st.sampled_from(["GET", "POST", "PUT"])
    types = st.sampled_from(["application/json", "text/plain", "", "application/json; charset=x"])
    queries = st.text(st.sampled_from("number=size&key_ID%41?;+1 2é"), max_size=20)
    cases = data.draw(st.lists(st.tuples(verbs, paths, queries, bodies, types), max_size=40))

    async def story() -> None:
        keys = MemoryKeyStore(SystemClock())
        await keys.add(new_keys(6000))
        async with listening(keys, certificates) as entity:
            for verb, path, query, body, content_type in cases:
                from urllib.parse import quote

                safe = quote(query, safe="=&%?;+")
                headers = {"Content-Type": content_type} if content_type else {}
                status, answer = await entity.ask(
                    A, verb, f"{path}?{safe}", data=body, headers=headers
                )
                assert status in {200, 400, 401, 404, 405, 415}
                assert ("message" in answer) == (status != 200)
            assert await keys.stock(AB, "master") > 0

    asyncio.run(story())


# --------------------------------------------------------------------------------------- OpenAPI


def test_the_openapi_document_tells_of_the_three_methods_and_nothing_else() -> None:
    document = json.loads(openapi_document())
    methods = {
        (path.rpartition("/")[2], verb)
        for path, item in document["paths"].items()
        for verb in item
        if verb != "parameters"
    }
    assert methods == {
        ("status", "get"), ("enc_keys", "get"), ("enc_keys", "post"), ("dec_keys", "get"),
        ("dec_keys", "post"),
    }  # fmt: skip
    for item in document["paths"].values():
        for verb, operation in item.items():
            if verb != "parameters":
                for status, answer in operation["responses"].items():
                    schema = answer["content"]["application/json"]["schema"]["$ref"]
                    assert schema.endswith("/Error") == (status != "200")


def test_the_openapi_document_has_the_limits_and_names_of_the_program() -> None:
    schemas = json.loads(openapi_document())["components"]["schemas"]
    assert schemas["Number"]["maximum"] == LIMITS.max_per_request
    size = schemas["Size"]
    expected = (LIMITS.min_size_bits, LIMITS.max_size_bits, 8, LIMITS.size_bits)
    assert (size["minimum"], size["maximum"], size["multipleOf"], size["default"]) == expected
    from interlace.services.kms.wire.etsi014 import Status

    assert set(schemas["Status"]["properties"]) == set(Status.__struct_fields__)
