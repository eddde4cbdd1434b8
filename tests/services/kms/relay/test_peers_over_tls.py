"""Entities over real mutual TLS on free ports: who may say what, and keys end to end."""

from __future__ import annotations

import asyncio
import dataclasses
import io
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
    ServerTls,
    SystemClock,
    client_context,
    new_authority,
)
from interlace.services.kms.adapters.peer_client import HttpsPeers, operate_link
from interlace.services.kms.api.peers import PeerApi
from interlace.services.kms.model import EntityConfig, Pair
from interlace.services.kms.model.peer_failures import PeerUnreachableError, RefusedError
from interlace.services.kms.model.peering import (
    Burn,
    Confirm,
    Deal,
    Dealt,
    Hello,
    RelayRequest,
    Settle,
    Stretch,
)
from interlace.services.kms.service.carrying import Carrier
from interlace.services.kms.wire.peers import MEDIA_TYPE, MOST_BYTES

CLOCK = SystemClock()
T1 = "00000000-0000-4000-8000-000000000001"


@dataclasses.dataclass
class Network:
    carriers: dict[str, Carrier]
    apis: dict[str, PeerApi]
    clients: dict[str, HttpsPeers]
    contexts: dict[str, ssl.SSLContext]

    def url(self, name: str) -> str:
        return f"https://127.0.0.1:{self.apis[name].port}"


@asynccontextmanager
async def network(
    configs: Mapping[str, EntityConfig], certificates: Certificates, place: Place
) -> AsyncGenerator[Network]:
    """All entities on free ports, at work."""
    stores, background = Stores(place, CLOCK), Background()
    found = Network({}, {}, {}, {})
    for name, config in configs.items():
        files = certificates.write(name, server=True)
        links, keys = await stores.make(config)
        found.contexts[name] = client_context(files)
        found.clients[name] = HttpsPeers({}, found.contexts[name], patience_s=5.0)
        found.carriers[name] = carrier = Carrier(
            config, 1, store=links, keys=keys, peers=found.clients[name], modules=Modules(),
            clock=CLOCK, faults=KillPoints(),
        )  # fmt: skip
        found.apis[name] = api = PeerApi(
            carrier.peering, ServerTls(files).context, clock=CLOCK, host="127.0.0.1", port=0
        )
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
            await operate_link(net.url("b"), net.contexts["b"], "b--c", "take-out")

            async def is_down() -> bool:
                states = {s.link: s.state for s in net.carriers["c"].links.status()}
                return states["b--c"] == "DOWN"

            await until(is_down)  # the other end has been told
            assert any(alarm.name == "link-down" for alarm in net.carriers["c"].alarms.active)
            await operate_link(net.url("b"), net.contexts["b"], "b--c", "put-back")

            async def is_up() -> bool:
                return not await is_down()

            await until(is_up)
            with pytest.raises(SpecError, match="no link of b"):
                await operate_link(net.url("b"), net.contexts["b"], "c--d", "take-out")
            with pytest.raises(RefusedError, match="own certificate"):
                await operate_link(net.url("b"), net.contexts["a"], "b--c", "take-out")

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
            with pytest.raises(RefusedError, match="none of the caller's"):
                await net.clients["b"].settle("d", Settle(**epochs, transfers=(T1,)))
            await peers.confirm("d", Confirm(**epochs, transfers=(T1,)))  # not a's: nothing

    asyncio.run(story())


def test_certificates_of_others_get_no_answer(
    certificates: Certificates, sqlite_place: Place
) -> None:
    async def story() -> None:
        async with network(CHAIN, certificates, sqlite_place) as net:
            hello = Hello(epoch=1, peer_epoch=1, links=())
            url = {"a": net.url("a")}
            sae = HttpsPeers(url, client_context(certificates.files("sae-a")))
            with pytest.raises(RefusedError, match="names 0 identities"):
                await sae.hello("a", hello)
            stranger = certificates.write("kme-x", server=True)
            unknown = HttpsPeers(url, client_context(stranger))
            with pytest.raises(RefusedError, match="no entity of this network"):
                await unknown.hello("a", hello)
            other = Certificates(certificates.folder / "other", new_authority("test root", CLOCK))
            other.folder.mkdir(exist_ok=True)
            other.authority.root.write(str(other.folder / "ca.pem"), str(other.folder / "ca.key"))
            files = dataclasses.replace(
                other.write("b", server=True), authority=certificates.files("a").authority
            )
            forged = HttpsPeers(url, client_context(files))
            with pytest.raises(PeerUnreachableError):
                await forged.hello("a", hello)
            for client in (sae, unknown, forged):
                await client.close()

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
            connector = aiohttp.TCPConnector(ssl=net.contexts["b"])
            async with aiohttp.ClientSession(connector=connector) as session:
                for name in ("hello", "relay", "settle"):
                    headers = {"Content-Type": kind}
                    url = f"{net.url('a')}/peer/v1/{name}"
                    async with session.post(
                        url, data=io.BytesIO(body), headers=headers
                    ) as response:
                        assert response.status == status, name

    asyncio.run(story())
