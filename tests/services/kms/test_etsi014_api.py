"""ETSI GS QKD 014 over mutual TLS: who is who, and what each request is answered."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from tests.services.kms.entity import (
    AB,
    A,
    B,
    C,
    Certificates,
    D,
    Entity,
    configuration,
    listening,
    new_keys,
)

from interlace.platform import (
    ManualClock,
    ServerTls,
    StoreFailedError,
    SystemClock,
    client_context,
    new_authority,
)
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore
from interlace.services.kms.api.http_server import Timing
from interlace.services.kms.model import KeyLimits, Order, Outcome, Pair

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NOT_FOUND = "one or more keys specified are not found on KME"
Story = Callable[[Entity], Awaitable[None]]
Tell = Callable[..., None]


@pytest.fixture
def tell(certificates: Certificates) -> Tell:
    """Runs a story on an entity with a few keys in memory."""

    def run(story: Story, *, count: int = 200, **more: Any) -> None:
        async def told() -> None:
            keys = MemoryKeyStore(SystemClock())
            await keys.add(new_keys(count))
            async with listening(keys, certificates, **more) as entity:
                await story(entity)

        asyncio.run(told())

    return run


# -------------------------------------------------------------------------------------- identity


def test_aiohttp_shows_the_certificate_that_tls_has_verified(certificates: Certificates) -> None:
    seen: list[tuple[str, bytes | None]] = []

    async def answer(request: web.BaseRequest) -> web.Response:
        assert request.transport is not None
        tls = request.transport.get_extra_info("ssl_object")
        seen.append((tls.version(), tls.getpeercert(binary_form=True)))
        return web.Response()

    async def story() -> None:
        server = web.Server(answer)
        loop = asyncio.get_running_loop()
        context = ServerTls(certificates.files("kme-a")).context
        listener = await loop.create_server(server, "127.0.0.1", 0, ssl=context)
        port = listener.sockets[0].getsockname()[1]
        connector = aiohttp.TCPConnector(ssl=client_context(certificates.files(A)))
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.get(f"https://localhost:{port}/")
        listener.close()
        await server.shutdown()

    asyncio.run(story())
    pem = Path(certificates.files(A).certificate).read_text()
    assert seen == [("TLSv1.3", ssl.PEM_cert_to_DER_cert(pem))]


FORGED = [
    {"X-SAE-ID": A}, {"X-Forwarded-Client-Cert": f"URI=urn:sae:{A}"}, {"SSL-Client-Subject": A},
    {"X-SSL-Client-S-DN": f"CN={A}"}, {"Authorization": f"Basic {A}"}, {"From": A},
    {"X-Client-Cert": "PEM"}, {"Forwarded": f"by={A};for={A}"},
]  # fmt: skip


@pytest.mark.parametrize("headers", FORGED, ids=lambda h: next(iter(h)))
def test_no_header_changes_who_asks(tell: Tell, certificates: Certificates, headers: Any) -> None:
    text = Path(certificates.files(A).certificate).read_text().replace("\n", " ")
    headers = {name: value.replace("PEM", text) for name, value in headers.items()}

    async def story(entity: Entity) -> None:
        status, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
        key_id = answer["keys"][0]["key_ID"]
        status, answer = await entity.ask(C, "GET", f"{B}/enc_keys", headers=headers)
        assert (status, set(answer)) == (401, {"message"})
        path = f"{A}/dec_keys?key_ID={key_id}"
        status, _ = await entity.ask(C, "GET", path, headers=headers)
        assert status == 401
        assert (await entity.ask(B, "GET", path, headers=headers))[0] == 200

    tell(story)


def test_certificates_of_others_and_expired_ones_do_not_get_in(
    tell: Tell, certificates: Certificates, tmp_path: Path
) -> None:
    other = new_authority("test root", SystemClock())
    forged = other.client(A, uris=[f"urn:sae:{A}"])
    forged.write(str(certificates.folder / "forged.pem"), str(certificates.folder / "forged.key"))
    certificates.write("expired", days=-1)

    async def story(entity: Entity) -> None:
        for name in ("forged", "expired"):
            with pytest.raises(aiohttp.ClientError):
                await entity.ask(name, "GET", f"{B}/status")
        naked = ssl.create_default_context(cafile=certificates.files(A).authority)
        connector = aiohttp.TCPConnector(ssl=naked)
        async with aiohttp.ClientSession(connector=connector) as session:
            with pytest.raises(aiohttp.ClientError):
                await session.get(f"{entity.url}/{B}/status")

    tell(story)


def test_an_sae_of_elsewhere_and_one_without_permission_get_401(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        for sae, path in [
            (D, f"{A}/status"), (D, f"{A}/enc_keys"), (C, f"{B}/enc_keys"), (C, f"{B}/status"),
            (A, f"{C}/status"), (A, "sae-x/enc_keys"), (D, f"{A}/dec_keys?key_ID={UNKNOWN}"),
        ]:  # fmt: skip
            status, answer = await entity.ask(sae, "GET", path)
            assert (status, set(answer)) == (401, {"message"})

    tell(story)


def test_a_slave_gets_no_key_of_a_pair_that_is_permitted_no_more(tell: Tell) -> None:
    late = new_keys(1, pair=Pair(master=A, slave=C))

    async def story(entity: Entity) -> None:
        await entity.keys.add(late)
        path = f"{A}/dec_keys?key_ID={late[0].key_id}"
        message = "no keys are shared with that SAE"
        assert await entity.ask(C, "GET", path) == (401, {"message": message})
        assert await entity.keys.stock(late[0].pair, "slave") == 1
        status, _ = await entity.ask(B, "GET", f"sae-x/dec_keys?key_ID={UNKNOWN}")
        assert status == 401

    tell(story)


def test_a_certificate_that_expires_while_its_connection_lives_is_refused_from_then_on(
    certificates: Certificates,
) -> None:
    clock = ManualClock(SystemClock().now_us())

    async def story() -> None:
        async with listening(MemoryKeyStore(clock), certificates, clock=clock) as entity:
            assert (await entity.ask(A, "GET", f"{B}/status"))[0] == 200
            clock.instant_us += 400 * 86_400 * 1_000_000
            assert (await entity.ask(A, "GET", f"{B}/status"))[0] == 401

    asyncio.run(story())


def test_a_certificate_without_an_identity_gets_401(tell: Tell, certificates: Certificates) -> None:
    issued = certificates.authority.client("nobody", uris=["urn:kme:kme-a"])
    issued.write(str(certificates.folder / "nobody.pem"), str(certificates.folder / "nobody.key"))

    async def story(entity: Entity) -> None:
        assert (await entity.ask("nobody", "GET", f"{B}/status"))[0] == 401

    tell(story)


@pytest.mark.parametrize("rule", ["uri", "common-name"])
@pytest.mark.parametrize("uris", [["urn:kme:x"], ["urn:kme:x", f"urn:sae:{A}"]], ids=str)
def test_an_entitys_certificate_is_no_saes_whatever_its_common_name(
    certificates: Certificates, rule: Any, uris: list[str]
) -> None:
    issued = certificates.authority.server(A, hosts=["localhost"], uris=uris)
    issued.write(str(certificates.folder / "kme-x.pem"), str(certificates.folder / "kme-x.key"))
    config = configuration(certificates)
    config = replace(config, tls=replace(config.tls, sae_identity=rule))

    async def story() -> None:
        async with listening(MemoryKeyStore(SystemClock()), certificates, config=config) as entity:
            for path in (f"{B}/status", f"{B}/enc_keys", f"{B}/dec_keys?key_ID={UNKNOWN}"):
                assert (await entity.ask("kme-x", "GET", path))[0] == 401
            assert (await entity.ask(A, "GET", f"{B}/status"))[0] == 200

    asyncio.run(story())


# --------------------------------------------------------------------------- the three methods


def test_status_has_every_mandatory_member_and_counts_what_can_be_delivered(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        await entity.ask(A, "GET", f"{B}/enc_keys?number=50")
        assert await entity.ask(A, "GET", f"{B}/status") == (
            200,
            {
                "source_KME_ID": "kme-a",
                "target_KME_ID": "kme-a",
                "master_SAE_ID": A,
                "slave_SAE_ID": B,
                "key_size": 256,
                "stored_key_count": 150,
                "max_key_count": 1024,
                "max_key_per_request": 128,
                "max_key_size": 4096,
                "min_key_size": 64,
                "max_SAE_ID_count": 0,
                "status_extension": {"interlace_provenance": "SIMULATED"},
            },
        )
        _, answer = await entity.ask(A, "GET", f"{D}/status")
        assert (answer["target_KME_ID"], answer["stored_key_count"]) == ("kme-d", 0)

    tell(story)


def test_keys_of_another_usual_size_are_counted_and_delivered_in_that_size(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        _, answer = await entity.ask(A, "GET", f"{B}/status")
        assert (answer["key_size"], answer["stored_key_count"]) == (512, 100)
        assert answer["max_key_count"] == 512  # two keys of the pool each
        status, answer = await entity.ask(A, "GET", f"{B}/enc_keys?number=2")
        assert status == 200
        assert [len(base64.b64decode(key["key"])) for key in answer["keys"]] == [64, 64]
        assert (await entity.ask(A, "GET", f"{B}/enc_keys?size=256&number=196"))[0] == 200
        assert (await entity.ask(A, "GET", f"{B}/enc_keys?number=129"))[0] == 400

    tell(story, limits=KeyLimits(size_bits=512, max_per_request=1000))


@pytest.mark.parametrize(
    ("verb", "path", "body", "count", "size_bytes"),
    [
        ("GET", "", None, 1, 32),
        ("GET", "?number=3", None, 3, 32),
        ("GET", "?size=1024", None, 1, 128),
        ("GET", "?number=128&size=256", None, 128, 32),
        ("GET", "?number=2&size=64&vendor=1", None, 2, 8),
        ("POST", "", None, 1, 32),
        ("POST", "", {}, 1, 32),
        ("POST", "", {"number": 2, "size": 264}, 2, 33),
        ("POST", "?number=2", None, 2, 32),
        ("POST", "?number=2", {"size": 512}, 2, 64),
        ("POST", "?number=2", {"number": 2}, 2, 32),
        ("POST", "", {"extension_mandatory": [], "extension_optional": [{"x_y": [1]}]}, 1, 32),
        ("POST", "", {"extension_mandatory": [{"interlace_provenance": "SIMULATED"}]}, 1, 32),
        ("POST", "", {"extension_optional": [{"interlace_provenance": "QKD"}]}, 1, 32),
        ("POST", "", {"a_member_of_a_later_version": None}, 1, 32),
    ],
)
def test_a_master_gets_keys_and_its_slave_the_same_ones_by_their_ids(
    tell: Tell, verb: str, path: str, body: object, count: int, size_bytes: int
) -> None:
    async def story(entity: Entity) -> None:
        status, answer = await entity.ask(A, verb, f"{B}/enc_keys{path}", json=body)
        assert status == 200
        keys = answer["keys"]
        assert len({key["key_ID"] for key in keys}) == count
        assert {len(base64.b64decode(k["key"], validate=True)) for k in keys} == {size_bytes}
        assert answer["key_container_extension"] == {"interlace_provenance": "SIMULATED"}
        ids = {"key_IDs": [{"key_ID": key["key_ID"]} for key in keys]}
        assert await entity.ask(B, "POST", f"{A}/dec_keys", json=ids) == (200, answer)
        assert await entity.ask(B, "POST", f"{A}/dec_keys", json=ids) == (
            400, {"message": NOT_FOUND},
        )  # fmt: skip

    tell(story, count=400)


def test_a_slave_may_ask_for_one_key_by_get_in_any_case_of_letters(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        _, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
        key_id = answer["keys"][0]["key_ID"].upper()
        body = {"key_IDs": [{"key_ID": UNKNOWN}]}
        path = f"{A}/dec_keys?key_ID={key_id}"
        assert await entity.ask(B, "GET", path, json=body) == (200, answer)

    tell(story)


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("?size=257", {}, "size shall be a multiple of 8"),
        ("", {"size": 257}, "size shall be a multiple of 8"),
        ("", {"size": 56}, "size must be from 64 to 4096 bits"),
        ("", {"size": 4104}, "size must be from 64 to 4096 bits"),
        ("", {"size": 0}, "size must be from 64 to 4096 bits"),
        ("", {"size": -256}, "size must be from 64 to 4096 bits"),
        ("", {"number": 0}, "number must be from 1 to 128"),
        ("", {"number": -1}, "number must be from 1 to 128"),
        ("", {"number": 129}, "number must be from 1 to 128"),
        ("", {"number": 10**30}, None),
        ("", {"size": 1e23}, "size must be from 64 to 4096 bits"),
        (f"?size=1{23 * '0'}", {}, "size must be from 64 to 4096 bits"),
        (f"?number={5000 * '9'}", {}, "number must be from 1 to 128"),
        (f"?number={10**18}", {"number": 10**18}, "number must be from 1 to 128"),
        (f"?size=8{18 * '1'}", {"size": int(f"8{18 * '1'}")}, "size must be from 64 to 4096 bits"),
        (f"?number={10**18}", {"number": 1}, "number must be from 1 to 128"),
        ("?number=1", {"number": 10**18},
         "number is one thing in the URL and another in the body"),
        ("?additional_slave_SAE_IDs=sae-c", {},
         "additional_slave_SAE_IDs are not supported: max_SAE_ID_count is 0"),
        ("?extension_mandatory=x", {}, "extension_mandatory belongs in the body of a POST"),
        ("?number=", {}, "number must be a whole number"),
        ("?number=two", {}, "number must be a whole number"),
        ("?number=-1", {}, "number must be a whole number"),
        ("?number=1.5", {}, "number must be a whole number"),
        ("?number=%D9%A3", {}, "number must be a whole number"),
        ("?number=1&number=2", {}, "number stands twice in the URL"),
        ("?number=1", {"number": 2}, "number is one thing in the URL and another in the body"),
        ("?number=%FF", {}, "the query cannot be read"),
        ("", {"extension_mandatory": [{"interlace_provenance": "QKD"}]},
         "not all extension_mandatory request options could be met"),
        ("", {"additional_slave_SAE_IDs": ["sae-c"]}, None),
        ("", {"additional_slave_SAE_IDs": []}, None),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_met_gets_400_and_takes_no_key(
    tell: Tell, path: str, body: object, message: str | None
) -> None:
    async def story(entity: Entity) -> None:
        status, answer = await entity.ask(A, "POST", f"{B}/enc_keys{path}", json=body)
        assert (status, set(answer)) == (400, {"message"})
        assert message in {None, answer["message"]}
        assert await entity.keys.stock(AB, "master") == 200

    tell(story)


def test_an_unsupported_mandatory_extension_is_named_in_details(tell: Tell) -> None:
    body = {"extension_mandatory": [{"abc_route_type": "direct"}]}

    async def story(entity: Entity) -> None:
        assert await entity.ask(A, "POST", f"{B}/enc_keys", json=body) == (
            400,
            {
                "message": "not all extension_mandatory parameters are supported",
                "details": [{"extension_mandatory_unsupported": "abc_route_type is not supported"}],
            },
        )

    tell(story)


WRONG_BODIES = [
    b"[]", b"1", b'"x"', b"null", b"{", b"{}{}", b"{} x", b"\xff", b"\xef\xbb\xbf{}", b"NaN",
    b'{"number": null}', b'{"number": "1"}', b'{"number": true}', b'{"number": 1.5}',
    b'{"number": [1]}', b'{"number": 1, "number": 1}', b'{"x": {"y": 1, "y": 1}}',
    b'{"number": NaN}', b'{"x": Infinity}', b'{"x": "\\ud800"}', b'{"\\ud800": 1}',
    b'{"size": null}', b'{"extension_mandatory": {}}', b'{"extension_mandatory": [1]}',
    b'{"extension_mandatory": null}', b'{"extension_optional": "x"}',
    b'{"extension_optional": [null]}', b'{"additional_slave_SAE_IDs": "sae-c"}',
    b'{"additional_slave_SAE_IDs": null}', b'{"x":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 30000, b'{"x":' + b"[" * 40 + b"]" * 40 + b"}", b"\x00" * 100, "{}".encode("utf-16"),
]  # fmt: skip


@pytest.mark.parametrize("body", WRONG_BODIES, ids=lambda b: repr(b[:24]))
def test_a_body_that_is_not_the_standards_gets_400(tell: Tell, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}

    async def story(entity: Entity) -> None:
        for method in ("enc_keys", "dec_keys"):
            status, answer = await entity.ask(
                A, "POST", f"{B}/{method}", data=body, headers=headers
            )
            assert (status, set(answer)) == (400, {"message"})

    tell(story)


@pytest.mark.parametrize(
    ("verb", "path", "body", "message"),
    [
        ("GET", "", None, None),
        ("POST", "", None, None),
        ("GET", f"?key_ID={UNKNOWN}", None, NOT_FOUND),
        ("POST", f"?key_ID={UNKNOWN}", None, NOT_FOUND),
        ("GET", f"?key_ID={UNKNOWN}&key_ID={UNKNOWN}", None, None),
        ("GET", "?key_ID=", None, "a key_ID is no UUID"),
        ("GET", "?key_ID=not-a-uuid", None, "a key_ID is no UUID"),
        ("GET", f"?key_ID=urn:uuid:{UNKNOWN}", None, "a key_ID is no UUID"),
        ("GET", "?key_ID=" + UNKNOWN.replace("-", ""), None, "a key_ID is no UUID"),
        ("POST", "", {"key_IDs": []}, None),
        ("POST", "", {"Keys": []}, None),
        ("POST", "", {"key_IDs": [{"key_ID": 5}]}, None),
        ("POST", "", {"key_IDs": [UNKNOWN]}, None),
        ("POST", "", {"key_IDs": [{"key_ID": UNKNOWN}] * 2}, "a key_ID stands there twice"),
        ("POST", "", {"key_IDs": [{"key_ID": UNKNOWN, "key_ID_extension": None}]}, None),
        ("POST", "", {"key_IDs": [{"key_ID": UNKNOWN}], "key_IDs_extension": []}, None),
        ("POST", "", {"key_IDs": [{"key_ID": UNKNOWN, "key_ID_extension": {}}]}, NOT_FOUND),
        ("POST", "", {"key_IDs": [{"key_ID": f"{i:08x}{UNKNOWN[8:]}"} for i in range(129)]}, None),
    ],
)  # fmt: skip
def test_key_ids_that_cannot_be_returned_get_400(
    tell: Tell, verb: str, path: str, body: object, message: str | None
) -> None:
    async def story(entity: Entity) -> None:
        status, answer = await entity.ask(B, verb, f"{A}/dec_keys{path}", json=body)
        assert (status, set(answer)) == (400, {"message"})
        assert message in {None, answer["message"]}

    tell(story)


def test_keys_of_which_one_cannot_be_returned_all_stay(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        _, answer = await entity.ask(A, "GET", f"{B}/enc_keys?number=2")
        ids = [{"key_ID": key["key_ID"]} for key in answer["keys"]]
        both = {"key_IDs": [*ids, {"key_ID": UNKNOWN}]}
        expected = (400, {"message": NOT_FOUND})
        assert await entity.ask(B, "POST", f"{A}/dec_keys", json=both) == expected
        for wrong in (A, C):
            status, _ = await entity.ask(wrong, "POST", f"{B}/dec_keys", json={"key_IDs": ids})
            assert status == 401
        assert (await entity.ask(B, "POST", f"{A}/dec_keys", json={"key_IDs": ids}))[0] == 200

    tell(story)


def test_an_empty_pool_and_too_small_a_one_get_503(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        for path in ("?number=4", "?size=1024", "?size=64&number=4"):
            status, answer = await entity.ask(A, "GET", f"{B}/enc_keys{path}")
            assert (status, answer) == (503, {"message": "insufficient keys"})
        assert (await entity.ask(A, "GET", f"{B}/enc_keys?number=3"))[0] == 200
        status, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
        assert (status, answer) == (503, {"message": "insufficient keys"})

    tell(story, count=3)


def test_a_key_of_another_size_for_an_entity_out_of_reach_gets_503_and_voids_its_parts(
    tell: Tell,
) -> None:
    pair = Pair(master=A, slave=D)

    async def story(entity: Entity) -> None:
        await entity.keys.add(new_keys(5, pair=pair, roles=["master"]))
        status, answer = await entity.ask(A, "GET", f"{D}/enc_keys?size=512")
        assert (status, answer["message"]) == (503, "the KME of the other SAE cannot be reached")
        assert await entity.keys.stock(pair, "master") == 3
        assert await entity.keys.abandon(None, reason="test") == 0  # nothing is left reserved
        assert (await entity.ask(A, "GET", f"{D}/enc_keys?number=3"))[0] == 200

    tell(story)


# --------------------------------------------------------------------------------- paths, verbs


def test_an_sae_id_may_hold_any_character_encoded_in_the_path(certificates: Certificates) -> None:
    from interlace.services.kms.model import Sae

    odd = "urn:x/y?z#%2F"
    pair = Pair(master=A, slave=odd)
    config = configuration(certificates)
    saes = (*config.saes, Sae(name=odd, kme="kme-a"))
    config = replace(config, saes=saes, permits=(*config.permits, pair))

    async def story() -> None:
        keys = MemoryKeyStore(SystemClock())
        await keys.add(new_keys(2, pair=pair))
        async with listening(keys, certificates, config=config) as entity:
            path = "urn%3Ax%2Fy%3Fz%23%252F"
            status, answer = await entity.ask(A, "GET", f"{path}/status")
            assert (status, answer["slave_SAE_ID"]) == (200, odd)
            assert (await entity.ask(A, "GET", f"{path}/enc_keys"))[0] == 200
            assert (await entity.ask(A, "GET", "urn%3Ax/y%3Fz%23%252F/enc_keys"))[0] == 404

    asyncio.run(story())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("%20/status", 400), ("%20/enc_keys", 400), (f"%20/dec_keys?key_ID={UNKNOWN}", 400),
        ("%FF/status", 400), ("a%00b/status", 400), ("s" * 65 + "/status", 400),
        ("%C3%A9/status", 400), ("/status", 400), (f"{A}/status", 400), (f"{A}/enc_keys", 400),
        (f"{A}/dec_keys?key_ID={UNKNOWN}", 400), (f"{B}", 404), (f"{B}/", 404),
        (f"{B}/keys", 404), (f"{B}/enc_keys/", 404), (f"{B}/enc_keys/x", 404),
        (f"{B}%2Fenc_keys", 404), (f"../keys/{B}/status", 404), (f"{B}//status", 404),
        (f"{B}/STATUS", 404),
    ],
)  # fmt: skip
def test_a_path_that_is_none_gets_400_or_404(tell: Tell, path: str, expected: int) -> None:
    async def story(entity: Entity) -> None:
        status, answer = await entity.ask(A, "GET", path)
        assert (status, set(answer)) == (expected, {"message"})

    tell(story)


def test_another_verb_gets_405_with_those_that_are_allowed(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        wrong = [(verb, m) for verb in ("PUT", "DELETE", "PATCH", "OPTIONS")
                 for m in ("status", "enc_keys", "dec_keys")]  # fmt: skip
        for verb, method in [*wrong, ("POST", "status")]:
            async with entity.session(A).request(verb, f"{entity.url}/{B}/{method}") as answer:
                allowed = "GET" if method == "status" else "GET, POST"
                assert (answer.status, answer.headers["Allow"]) == (405, allowed)
                assert set(await answer.json()) == {"message"}
        async with entity.session(A).head(f"{entity.url}/{B}/status") as answer:
            assert answer.status == 405

    tell(story)


def test_a_body_must_be_json_in_utf_8_of_at_most_64_kib(tell: Tell) -> None:
    big = b'{"x": "' + b"y" * 65536 + b'"}'

    async def chunks() -> AsyncGenerator[bytes]:
        for _ in range(80):
            yield b" " * 1024

    cases: list[tuple[int, object, dict[str, str]]] = [
        (415, b"{}", {"Content-Type": "text/plain"}),
        (415, b"{}", {"Content-Type": "application/x-www-form-urlencoded"}),
        (415, b"{}", {"Content-Type": "application/json; charset=utf-16"}),
        (415, b"{}", {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
        (413, big, {"Content-Type": "application/json"}),
        (413, chunks(), {"Content-Type": "application/json"}),
        (200, b"{}", {"Content-Type": "application/json; charset=UTF-8"}),
        (200, b" " * 65534 + b"{}", {"Content-Type": "Application/JSON"}),
    ]

    async def story(entity: Entity) -> None:
        for expected, body, headers in cases:
            path = f"{B}/enc_keys"
            status, answer = await entity.ask(A, "POST", path, data=body, headers=headers)
            assert status == expected, answer

    tell(story)


def test_a_url_that_names_the_host_is_the_same_as_its_path(tell: Tell) -> None:
    cases = {
        f"https://localhost/api/v1/keys/{B}/status": 200,
        f"HTTP://any:1/api/v1/keys/{B}/enc_keys?number=2": 200,
        f"https://localhost/api/v1/keys/{B}/enc_keys?number=0": 400,
        "https://localhost": 404,
        f"ftp://localhost/api/v1/keys/{B}/status": 404,
    }

    async def story(entity: Entity) -> None:
        for url, expected in cases.items():
            async with raw(entity) as (reader, writer):
                head = f"GET {url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
                writer.write(head.encode())
                answer = await asyncio.wait_for(reader.read(), 5)
            assert answer.split(b" ")[1] == str(expected).encode(), (url, answer)

    tell(story)


# ------------------------------------------------------------------------------ raw connections


@contextlib.asynccontextmanager
async def raw(
    entity: Entity, sae: str = A
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    context = client_context(entity.certificates.files(sae))
    reader, writer = await asyncio.open_connection("localhost", entity.api.port, ssl=context)
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


NO_HTTP = [
    b"hello\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x00\xa5\x01" * 10 + b"\r\n\r\n",
    b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"y" * 20000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(500)) + b"\r\n",
]  # fmt: skip


@pytest.mark.parametrize("sent", NO_HTTP, ids=lambda b: repr(b[:30]))
def test_what_is_no_http_gets_the_standards_error_too(tell: Tell, sent: bytes) -> None:
    async def story(entity: Entity) -> None:
        async with raw(entity) as (reader, writer):
            writer.write(sent)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            body = await asyncio.wait_for(reader.read(), 5)
        assert head.startswith(b"HTTP/1.")
        assert b" 400 " in head.partition(b"\r\n")[0]
        assert b"application/json" in head
        assert set(json.loads(body)) == {"message"}
        assert (await entity.ask(A, "GET", f"{B}/status"))[0] == 200

    tell(story)


SLOW = {
    "nothing": b"",
    "half a head": b"GET /api/v1/keys/sae-b/status HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /api/v1/keys/sae-b/enc_keys HTTP/1.1\r\nHost: x\r\n"
    b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"number"',
}


def test_a_head_that_comes_byte_by_byte_gets_408_however_often_a_byte_comes(tell: Tell) -> None:
    whole = b"GET /api/v1/keys/sae-b/status HTTP/1.1\r\nHost: x\r\n\r\n"

    async def story(entity: Entity) -> None:
        async with raw(entity) as (reader, writer):
            writer.write(whole)
            answer = await asyncio.wait_for(reader.readuntil(b"}}"), 5)
            assert b"200 OK" in answer
            told = asyncio.ensure_future(reader.read())
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                for byte in whole[:-1]:
                    writer.write(bytes([byte]))
                    await writer.drain()
                    await asyncio.sleep(0.05)
            head, _, body = (await asyncio.wait_for(told, 1)).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 408 ")
        assert f"Content-Length: {len(body)}".encode() in head
        assert set(json.loads(body)) == {"message"}
        async with raw(entity) as (reader, writer):  # who is quick enough is answered
            for part in (whole[:20], whole[20:]):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.2)
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"}}"), 5)
            await asyncio.sleep(0.8)  # and between two requests there is no head to wait for
            writer.write(whole)
            assert b"200 OK" in await asyncio.wait_for(reader.readuntil(b"}}"), 5)

    tell(story, timing=Timing(head_s=0.5))


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_a_client_that_is_too_slow_is_cut_off(tell: Tell, sent: bytes) -> None:
    async def story(entity: Entity) -> None:
        async with raw(entity) as (reader, writer):
            writer.write(sent)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert b"200 OK" not in await asyncio.wait_for(reader.read(), 5)
        assert await entity.keys.stock(AB, "master") == 200

    tell(story, timing=Timing(handshake_s=0.3, idle_s=0.3, request_s=0.3))


DRIBBLE = {
    "a head": b"GET /api/v1/keys/sae-b/status HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 8000,
    "a body": b"POST /api/v1/keys/sae-b/enc_keys HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nContent-Length: 60000\r\n\r\n" + b" " * 60000,
    "chunks": b"POST /api/v1/keys/sae-b/enc_keys HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 9999,
}


@pytest.mark.parametrize("sent", DRIBBLE.values(), ids=DRIBBLE)
def test_a_client_that_sends_a_few_bytes_at_a_time_for_ever_is_cut_off(
    tell: Tell, sent: bytes
) -> None:
    """What comes does not begin the time anew: 0.3 s for the head, and 0.3 s for the rest."""

    async def story(entity: Entity) -> None:
        loop = asyncio.get_running_loop()
        async with raw(entity) as (reader, writer):
            begun_s, end = loop.time(), asyncio.create_task(reader.read())
            for at in range(0, len(sent), 10):
                if end.done() or loop.time() - begun_s > 5:
                    break
                writer.write(sent[at : at + 10])
                await asyncio.sleep(0.02)
            took_s = loop.time() - begun_s
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert b"200 OK" not in await asyncio.wait_for(end, 1)
        assert took_s < 3

    tell(story, timing=Timing(handshake_s=0.3, idle_s=0.3, request_s=0.3))


def test_a_crowd_of_idle_connections_takes_nobodys_place(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    """Places for 40, 120 that ask nothing; the one that asks now and then is always answered."""

    async def story() -> None:
        keys = MemoryKeyStore(SystemClock())
        await keys.add(new_keys(40))
        timing = Timing(most_connections=40)
        async with listening(keys, certificates, timing=timing) as entity:
            assert entity.api._server is not None
            served = entity.api._server._web
            async with contextlib.AsyncExitStack() as crowd:
                for _ in range(6):
                    await asyncio.gather(
                        *(crowd.enter_async_context(raw(entity, C)) for _ in range(20))
                    )
                    assert (await entity.ask(A, "GET", f"{B}/enc_keys"))[0] == 200
                    assert (await entity.ask(B, "GET", f"{A}/status"))[0] == 200
                    await asyncio.sleep(0.05)  # those that were dropped have gone
                    assert len(served.connections) <= 40

    asyncio.run(story())
    assert "too many connections" in caplog.text


def test_a_client_that_never_begins_tls_is_cut_off(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        reader, writer = await asyncio.open_connection("localhost", entity.api.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()

    tell(story, timing=Timing(handshake_s=0.3))


def test_a_client_that_waits_to_be_told_to_go_on_is_told(tell: Tell) -> None:
    head = (
        b"POST /api/v1/keys/sae-b/enc_keys HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        b"Content-Type: application/json\r\nContent-Length: 13\r\n\r\n"
    )

    async def story(entity: Entity) -> None:
        async with raw(entity) as (reader, writer):
            writer.write(head)
            told = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert told == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b'{"number": 2}')
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")

    tell(story)


def test_requests_that_come_in_one_piece_are_answered_one_by_one(tell: Tell) -> None:
    request = b"GET /api/v1/keys/sae-b/enc_keys HTTP/1.1\r\nHost: x\r\n\r\n"
    last = request.replace(b"Host: x", b"Host: x\r\nConnection: close")

    async def story(entity: Entity) -> None:
        async with raw(entity) as (reader, writer):
            writer.write(request * 9 + last)
            answered = await asyncio.wait_for(reader.read(), 10)
        assert answered.count(b"HTTP/1.1 200") == 10
        assert await entity.keys.stock(AB, "master") == 190

    tell(story)


# --------------------------------------------------------------------------------- the store fails


class FailingStore(MemoryKeyStore):
    """Its disk is full."""

    async def deliver(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        raise StoreFailedError("the store x failed: the disk is full")


class BuggyStore(MemoryKeyStore):
    """It has a bug that quotes a key."""

    async def deliver(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        raise ValueError(f"cannot use {MATERIAL!r}")


MATERIAL = b"a key that nobody may ever see.."


def test_a_store_that_fails_stops_the_service_from_serving(certificates: Certificates) -> None:
    async def story() -> None:
        clock = SystemClock()
        async with listening(FailingStore(clock), certificates) as entity:
            assert entity.deliveries.why_not_ready() is None
            for _ in range(2):
                status, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
                assert (status, answer) == (503, {"message": "the key store does not serve"})
            assert entity.deliveries.why_not_ready() == "the store x failed: the disk is full"

    asyncio.run(story())


def test_a_bug_gets_503_and_its_words_are_told_to_nobody(
    certificates: Certificates, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with listening(BuggyStore(SystemClock()), certificates) as entity:
            status, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
            assert (status, answer) == (503, {"message": "the request could not be carried out"})

    with caplog.at_level("DEBUG"):
        asyncio.run(story())
    assert "request crashed" in caplog.text
    assert "nobody may" not in caplog.text + str([vars(r) for r in caplog.records])


def test_figures_count_requests_and_keys(tell: Tell) -> None:
    async def story(entity: Entity) -> None:
        await entity.ask(A, "GET", f"{B}/enc_keys?number=7")
        await entity.ask(A, "GET", f"{B}/nonsense")
        value = entity.registry.get_sample_value
        assert value("interlace_kms_delivered_keys_total", {"role": "master"}) == 7
        labels = {"method": "enc_keys", "status": "200"}
        assert value("interlace_kms_requests_total", labels) == 1
        assert value("interlace_kms_requests_total", {"method": "none", "status": "404"}) == 1

    tell(story, limits=KeyLimits(max_per_request=10))


def test_the_log_says_who_was_refused_and_not_more_than_once_a_minute(
    tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(entity: Entity) -> None:
        for _ in range(20):
            assert (await entity.ask(C, "GET", f"{B}/enc_keys"))[0] == 401

    with caplog.at_level("INFO"):
        tell(story)
    told = [r.fields for r in caplog.records if r.message == "request refused"]  # type: ignore[attr-defined]
    assert [(one["caller"], one["status"], one.get("more")) for one in told] == [
        (C, 401, None), (C, 401, 19),
    ]  # fmt: skip
    assert all(str(one["peer"]).startswith("127.0.0.1:") for one in told)
