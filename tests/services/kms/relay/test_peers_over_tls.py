"""Entities over real mutual TLS on free ports: who may say what, and keys end to end."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import io
import re
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from tests.platform.conftest import Place
from tests.services.kms.entity import Certificates
from tests.services.kms.relay.stores import Stores
from tests.services.kms.relay.world import CHAIN, Modules

from interlace.errors import SpecError
from interlace.platform import (
    Background,
    KillPoints,
    ManualClock,
    ServerTls,
    SystemClock,
    TlsFiles,
    client_context,
    new_authority,
)
from interlace.services.kms.adapters.peer_client import (
    HttpsPeers,
    operate_link,
    operator_context,
    peer_context,
)
from interlace.services.kms.api.http_server import Timing
from interlace.services.kms.api.peers import PeerApi
from interlace.services.kms.model import EntityConfig, Pair
from interlace.services.kms.model.peer_failures import PeerUnreachableError, RefusedError
from interlace.services.kms.model.peering import (
    Assemble,
    Burn,
    Confirm,
    Deal,
    Dealt,
    Hello,
    Made,
    RelayRequest,
    Settle,
    Stretch,
)
from interlace.services.kms.service.carrying import Carrier
from interlace.services.kms.wire.peers import MEDIA_TYPE, MOST_BYTES, Failure, decoded

CLOCK = SystemClock()
T1 = "00000000-0000-4000-8000-000000000001"


@dataclasses.dataclass
class Network:
    carriers: dict[str, Carrier]
    apis: dict[str, PeerApi]
    clients: dict[str, HttpsPeers]
    files: dict[str, TlsFiles]

    def url(self, name: str) -> str:
        return f"https://127.0.0.1:{self.apis[name].port}"

    def operator(self, name: str) -> ssl.SSLContext:
        return operator_context(self.files[name], name)


@asynccontextmanager
async def network(
    configs: Mapping[str, EntityConfig],
    certificates: Certificates,
    place: Place,
    *,
    timing: Timing | None = None,
) -> AsyncGenerator[Network]:
    """All entities on free ports, at work."""
    stores, background = Stores(place, CLOCK), Background()
    found = Network({}, {}, {}, {})
    for name, config in configs.items():
        files = certificates.write(name, server=True)
        links, keys = await stores.make(config)
        found.files[name] = files
        context_for = functools.partial(peer_context, files)
        found.clients[name] = HttpsPeers({}, context_for, patience_s=5.0)
        found.carriers[name] = carrier = Carrier(
            config, 1, store=links, keys=keys, peers=found.clients[name], modules=Modules(),
            clock=CLOCK, faults=KillPoints(),
        )  # fmt: skip
        found.apis[name] = api = PeerApi(
            carrier.peering, ServerTls(files).context, clock=CLOCK, host="127.0.0.1", port=0,
            timing=timing,
        )  # fmt: skip
        await api.start(background)
    urls = {name: found.url(name) for name in configs}
    for name, carrier in found.carriers.items():
        found.clients[name]._urls.update({n: u for n, u in urls.items() if n != name})
        await carrier.start(background)
    try:
        yield found
    finally:
        await background.cancel()
        for client in found.clients.values():
            await client.close()
        for api in found.apis.values():
            await api.stop()
        await stores.close()


def calling(urls: Mapping[str, str], files: TlsFiles) -> HttpsPeers:
    return HttpsPeers(urls, functools.partial(peer_context, files))


async def until(condition: Any, *, seconds: float = 30.0) -> None:
    for _ in range(int(seconds * 20)):
        if await condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it does not come")


def test_pools_fill_over_mutual_tls_and_a_link_that_is_taken_out_comes_back(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            pair = Pair(master="sae-a", slave="sae-d")
            keys = {name: net.carriers[name]._keys for name in "ad"}

            async def is_full() -> bool:
                return await keys["a"].stock(pair, "master") >= 200

            await until(is_full)
            assert await keys["d"].stock(pair, "slave") >= 200
            await operate_link(net.url("b"), net.operator("b"), "b--c", "take-out")

            async def is_down() -> bool:
                states = {s.link: s.state for s in net.carriers["c"].links.status()}
                return states["b--c"] == "DOWN"

            await until(is_down)  # the other end has been told
            await operate_link(net.url("b"), net.operator("b"), "b--c", "put-back")

            async def is_up() -> bool:
                return not await is_down()

            await until(is_up)
            with pytest.raises(SpecError, match="no link of b"):
                await operate_link(net.url("b"), net.operator("b"), "c--d", "take-out")
            with pytest.raises(RefusedError, match="own certificate"):
                await operate_link(
                    net.url("b"), peer_context(net.files["a"], "b"), "b--c", "take-out"
                )

    asyncio.run(story())


def test_an_entity_speaks_only_for_itself_and_on_its_own_links(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            peers = net.clients["a"]
            burn = Burn(transfer=T1, sender="c", receiver="d", pad=(Stretch(0, 1),))
            dealt = (Dealt(sender="c", first=0, material=bytes(32)),)
            epochs = {"epoch": 1, "peer_epoch": 1}
            with pytest.raises(RefusedError, match="c--d is no link to a"):
                await peers.relay("d", RelayRequest(**epochs, link="c--d", items=(burn,)))
            with pytest.raises(RefusedError, match="not from the caller"):
                await peers.relay("b", RelayRequest(**epochs, link="a--b", items=(burn,)))
            with pytest.raises(RefusedError, match="does not deal"):
                await peers.deal("d", Deal(**epochs, link="c--d", dealt=dealt))
            with pytest.raises(RefusedError, match="for the ends"):
                await peers.deal("b", Deal(**epochs, link="a--b", dealt=dealt))
            await peers.settle("d", Settle(**epochs, transfers=(T1,)))
            reply = await net.clients["b"].settle("d", Settle(**epochs, transfers=(T1,)))
            assert reply.taken == (False,)  # not b's, and never will be
            await peers.confirm("d", Confirm(**epochs, transfers=(T1,)))  # not a's: nothing
            assemble = Assemble(
                **epochs,
                assembly=T1,
                master="sae-a",
                slave="sae-d",
                size_bits=512,
                expires_us=4 * 10**15,
                keys=(Made(key_id=T1, parts=(T1,)),),
            )
            with pytest.raises(RefusedError, match="none of the caller's and ours"):
                await net.clients["b"].assemble("d", assemble)
            assert not (await peers.assemble("d", assemble)).is_bound  # there is no such part

    asyncio.run(story())


def test_certificates_of_others_get_no_answer(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            hello = Hello(epoch=1, peer_epoch=1, links=())
            url = {"a": net.url("a")}
            sae = calling(url, certificates.files("sae-a"))
            with pytest.raises(RefusedError, match="names somebody by urn:sae:"):
                await sae.hello("a", hello)
            stranger = certificates.write("kme-x", server=True)
            unknown = calling(url, stranger)
            with pytest.raises(RefusedError, match="no entity of this network"):
                await unknown.hello("a", hello)
            other = Certificates(certificates.folder / "other", new_authority("test root", CLOCK))
            other.folder.mkdir(exist_ok=True)
            other.authority.root.write(str(other.folder / "ca.pem"), str(other.folder / "ca.key"))
            files = dataclasses.replace(
                other.write("b", server=True), authority=certificates.files("a").authority
            )
            forged = calling(url, files)
            with pytest.raises(PeerUnreachableError):
                await forged.hello("a", hello)
            for client in (sae, unknown, forged):
                await client.close()

    asyncio.run(story())


def test_nothing_is_said_to_an_entity_that_is_another_than_the_one_that_is_called(
    certificates: Certificates, sqlite_place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    """Authority and host name are right; a configuration, or a name server, leads elsewhere."""

    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            hello, asked = Hello(epoch=1, peer_epoch=1, links=()), list[str]()
            answer = net.apis["b"]._answer

            async def record(request: Any, caller: str, name: str) -> Any:
                asked.append(caller)
                return await answer(request, caller, name)

            net.apis["b"]._answer = record
            client = calling({"b": net.url("b"), "c": net.url("b")}, net.files["d"])
            await client.hello("b", hello)
            assert asked.count("d") >= 1
            asked.clear()
            net.clients["d"]._urls.clear()  # so that only this client speaks for d
            for _ in range(3):  # the open connection to b is not taken for one to c either
                with pytest.raises(PeerUnreachableError, match="does not show its certificate"):
                    await client.hello("c", hello)
            assert "d" not in asked
            context = peer_context(net.files["b"], "b")
            with pytest.raises(PeerUnreachableError):
                await operate_link(net.url("c"), context, "b--c", "take-out")
            await client.close()

    asyncio.run(story())
    assert "peer is not itself" in caplog.text


@pytest.mark.parametrize("name", ["sae-a", "expired", "other CA", "no identity"])
def test_a_server_with_another_kind_of_certificate_is_no_entity(
    certificates: Certificates, name: str
) -> None:
    folder = certificates.folder
    authority = new_authority("test root", CLOCK) if name == "other CA" else certificates.authority
    uris = {"sae-a": ["urn:sae:sae-a"], "no identity": []}.get(name, ["urn:kme:b"])
    if name == "expired":
        past = ManualClock(CLOCK.now_us() - 3 * 365 * 86_400_000_000)
        authority = dataclasses.replace(authority, clock=past)
    issued = authority.server("b", hosts=["localhost", "127.0.0.1"], uris=uris)
    issued.write(str(folder / "fake.pem"), str(folder / "fake.key"))
    server = ServerTls(certificates.files("fake")).context
    mine = certificates.write("a", server=True)
    said: list[bytes] = []

    async def story() -> None:
        async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                said.append(await reader.read())
            writer.close()

        async with await asyncio.start_server(take, "127.0.0.1", 0, ssl=server) as listening:
            client = calling(
                {"b": f"https://127.0.0.1:{listening.sockets[0].getsockname()[1]}"}, mine
            )
            with pytest.raises(PeerUnreachableError):
                await client.hello("b", Hello(epoch=1, peer_epoch=1, links=()))
            await client.close()

    asyncio.run(story())
    assert b"".join(said) == b""


def test_expired_certificates_do_not_get_in_and_do_not_stay(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            hello = Hello(epoch=1, peer_epoch=1, links=())
            issued = certificates.authority.client("b", uris=["urn:kme:b"], days=-1)
            issued.write(str(certificates.folder / "old.pem"), str(certificates.folder / "old.key"))
            old = calling({"a": net.url("a")}, certificates.files("old"))
            with pytest.raises(PeerUnreachableError):
                await old.hello("a", hello)
            client = calling({"a": net.url("a")}, net.files["b"])
            await client.hello("a", hello)
            later = ManualClock(CLOCK.now_us() + 3 * 365 * 86_400_000_000)
            net.apis["a"]._clock = later  # the connection outlives the certificate
            with pytest.raises(RefusedError, match="expired"):
                await client.hello("a", hello)
            for one in (old, client):
                await one.close()

    asyncio.run(story())


SLOW = {
    "no TLS": None,
    "nothing": b"",
    "half a head": b"POST /peer/v1/hello HTTP/1.1\r\nHost: x\r\n",
    "half a body": b"POST /peer/v1/hello HTTP/1.1\r\nHost: x\r\n"
    b"Content-Type: application/msgpack\r\nContent-Length: 100\r\n\r\n\x93",
}


@pytest.mark.parametrize("sent", SLOW.values(), ids=SLOW)
def test_a_slow_caller_is_cut_off(
    certificates: Certificates, sqlite_place: Place, sent: bytes | None
) -> None:
    async def story() -> None:
        timing = Timing(handshake_s=0.3, idle_s=0.3, request_s=0.3)
        async with network(CHAIN, certificates, sqlite_place, timing=timing) as net:
            context = None if sent is None else client_context(net.files["b"])
            host = {} if sent is None else {"server_hostname": "localhost"}
            reader, writer = await asyncio.open_connection(
                "127.0.0.1", net.apis["a"].port, ssl=context, **host
            )
            writer.write(sent or b"")
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                assert b"200 OK" not in await asyncio.wait_for(reader.read(), 5)
            writer.close()

    asyncio.run(story())


def test_what_is_no_http_gets_a_failure_in_the_words_of_entities(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            for sent in (b"hello\r\n\r\n", b"GET /peer/v1/hello HTTP/1.1\r\nHost: x\r\n\r\n"):
                reader, writer = await asyncio.open_connection(
                    "localhost", net.apis["a"].port, ssl=client_context(net.files["b"])
                )
                writer.write(sent)
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                assert MEDIA_TYPE.encode() in head
                assert b" 40" in head.partition(b"\r\n")[0]
                body = await reader.readexactly(int(re.findall(rb"Length: (\d+)", head)[0]))
                assert decoded(body, Failure).message
                writer.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", MEDIA_TYPE, 400),
        (b"\x80", MEDIA_TYPE, 400),
        (b"{}", "application/json", 415),
        (b"\xdc\xff\xff" * 1000, MEDIA_TYPE, 400),
        (b"\x91" * 200_000, MEDIA_TYPE, 400),
        (bytes(MOST_BYTES + 1), MEDIA_TYPE, 413),
    ],
)
def test_a_bad_message_gets_an_error_and_changes_nothing(
    certificates: Certificates, sqlite_place: Place, body: bytes, kind: str, status: int
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            connector = aiohttp.TCPConnector(ssl=client_context(net.files["b"]))
            async with aiohttp.ClientSession(connector=connector) as session:
                for name in ("hello", "relay", "settle"):
                    headers = {"Content-Type": kind}
                    url = f"{net.url('a')}/peer/v1/{name}"
                    async with session.post(
                        url, data=io.BytesIO(body), headers=headers
                    ) as response:
                        assert response.status == status, name

    asyncio.run(story())
