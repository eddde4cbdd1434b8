"""One entity for tests, whole: certificates, a store, the SAEs' side of the API."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from prometheus_client import CollectorRegistry

from interlace.platform import (
    AuditTrail,
    Authority,
    Clock,
    KillPoints,
    Secret,
    ServerTls,
    Store,
    SystemClock,
    TlsFiles,
    Transaction,
    Vault,
    client_context,
    new_authority,
    open_store,
    open_vault,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.adapters.sql_keys import SqlKeyStore
from interlace.services.kms.api.etsi014 import Etsi014Api
from interlace.services.kms.api.http_server import Timing
from interlace.services.kms.model import (
    Assembly,
    EntityConfig,
    EntityTls,
    KeyLimits,
    KmeId,
    Listening,
    NewKey,
    Pair,
    Sae,
)
from interlace.services.kms.ports import Binding, KeyStore
from interlace.services.kms.service.deliveries import Deliveries

A, B, C, D = "sae-a", "sae-b", "sae-c", "sae-d"
AB = Pair(master=A, slave=B)
FAR_US = 4_000_000_000_000_000
KEK = Secret(bytes(range(32)))


class NoPeers:
    """The port of assemblies where nobody answers."""

    async def assemble(self, kme: KmeId, assembly: Assembly) -> Binding:
        return "unreachable"


@dataclass(frozen=True, slots=True)
class Certificates:
    """A folder of certificates of one authority."""

    folder: Path
    authority: Authority

    @classmethod
    def new(cls, folder: Path) -> Certificates:
        authority = new_authority("test root", SystemClock())
        authority.root.write(str(folder / "ca.pem"), str(folder / "ca.key"))
        certificates = cls(folder, authority)
        certificates.write("kme-a", server=True)
        for sae in (A, B, C, D):
            certificates.write(sae)
        return certificates

    def write(self, name: str, *, server: bool = False, **more: int) -> TlsFiles:
        if server:
            issued = self.authority.server(
                name, hosts=["localhost", "127.0.0.1"], uris=[f"urn:kme:{name}"]
            )
        else:
            issued = self.authority.client(name, uris=[f"urn:sae:{name}"], **more)
        issued.write(str(self.folder / f"{name}.pem"), str(self.folder / f"{name}.key"))
        return self.files(name)

    def files(self, name: str) -> TlsFiles:
        return TlsFiles(
            certificate=str(self.folder / f"{name}.pem"),
            key=str(self.folder / f"{name}.key"),
            authority=str(self.folder / "ca.pem"),
        )


def configuration(
    certificates: Certificates, *, limits: KeyLimits | None = None, name: str = "kme-a"
) -> EntityConfig:
    """An entity that serves a, b and c; d is served elsewhere; c and d share keys with nobody."""
    files = certificates.files("kme-a")
    saes = (Sae(name=A, kme=name), Sae(name=B, kme=name), Sae(name=C, kme=name))
    return EntityConfig(
        name=name,
        folder=str(certificates.folder),
        listening=Listening(host="127.0.0.1", sae_port=0, peer_port=0, operations_port=0),
        tls=EntityTls(certificate=files.certificate, key=files.key, authority=files.authority),
        store="",
        schema="interlace",
        kek="",
        epoch_file="",
        saes=(*saes, Sae(name=D, kme="kme-d")),
        permits=(AB, Pair(master=B, slave=A), Pair(master=A, slave=D)),
        peers=(),
        links=(),
        limits=limits or KeyLimits(),
    )


async def sql_keys(
    store: Store, *, clock: Clock | None = None, faults: KillPoints | None = None, epoch: int = 1
) -> SqlKeyStore:
    """The keys of a store, sealed for this start."""
    clock = clock or SystemClock()

    async def work(tx: Transaction) -> Vault:
        return await open_vault(tx, KEK, epoch=epoch, clock=clock)

    vault = await store.transaction(work)
    return SqlKeyStore.of(
        store, vault, AuditTrail(clock), faults=faults or KillPoints(), provenance="SIMULATED"
    )


def new_keys(
    count: int,
    *,
    pair: Pair = AB,
    roles: Sequence[str] = ("master", "slave"),
    expires_us: int = FAR_US,
    size: int = 32,
) -> list[NewKey]:
    """Keys with both copies, the same material in each."""
    keys: list[NewKey] = []
    for _ in range(count):
        key_id, material = str(uuid.uuid4()), os.urandom(size)
        keys += [
            NewKey(
                key_id=key_id,
                role=role,  # pyright: ignore[reportArgumentType]
                pair=pair,
                material=Secret(material),
                expires_us=expires_us,
                batch="test",
            )
            for role in roles
        ]
    return keys


@dataclass(slots=True)
class Entity:
    """An entity that listens."""

    api: Etsi014Api
    keys: KeyStore
    deliveries: Deliveries
    certificates: Certificates
    registry: CollectorRegistry
    sessions: dict[str, aiohttp.ClientSession] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.api.port}/api/v1/keys"

    def session(self, sae: str) -> aiohttp.ClientSession:
        if sae not in self.sessions:
            context = client_context(self.certificates.files(sae))
            self.sessions[sae] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context, limit=0),
                timeout=aiohttp.ClientTimeout(total=30),
            )
        return self.sessions[sae]

    async def ask(self, sae: str, verb: str, path: str, **more: object) -> tuple[int, dict]:
        """(status, JSON) of a request; the answer is JSON, whatever it is."""
        import yarl

        url = yarl.URL(f"{self.url}/{path}", encoded=True)
        async with self.session(sae).request(verb, url, **more) as answer:
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.json()


@contextlib.asynccontextmanager
async def listening(
    keys: KeyStore,
    certificates: Certificates,
    *,
    limits: KeyLimits | None = None,
    clock: Clock | None = None,
    faults: KillPoints | None = None,
    timing: Timing | None = None,
    tls: ServerTls | None = None,
    config: EntityConfig | None = None,
    port: int = 0,
) -> AsyncGenerator[Entity]:
    """An entity on a free port, until the block ends."""
    clock = clock or SystemClock()
    config = config or configuration(certificates, limits=limits)
    deliveries = Deliveries(keys, config, NoPeers(), clock, faults or KillPoints())
    await deliveries.start()
    registry = CollectorRegistry()
    api = Etsi014Api(
        deliveries,
        config,
        tls=tls or ServerTls(certificates.files("kme-a")),
        clock=clock,
        registry=registry,
        timing=timing,
    )
    api.port = port
    await api.start(None)
    entity = Entity(api, keys, deliveries, certificates, registry)
    try:
        yield entity
    finally:
        for session in entity.sessions.values():
            await session.close()
        await api.stop()


@contextlib.asynccontextmanager
async def opened(address: str, schema: str = "interlace") -> AsyncGenerator[Store]:
    """A store with this room's tables, until the block ends."""
    store = await open_store(address, MIGRATIONS, schema=schema)
    try:
        yield store
    finally:
        await store.close()
