"""The service of an entity on its adapters: keys, links, relay, other entities."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from interlace.platform import (
    AuditTrail,
    Background,
    Clock,
    KillPoints,
    ServerTls,
    Store,
    TlsFiles,
    Transaction,
    Vault,
)
from interlace.services.kms.adapters.key_rows import void_older
from interlace.services.kms.adapters.link_store import SqlLinkStore, void_older_links
from interlace.services.kms.adapters.peer_client import HttpsPeers, peer_context
from interlace.services.kms.adapters.simulated_modules import SimulatedModules
from interlace.services.kms.adapters.sql_keys import SqlKeyStore
from interlace.services.kms.api.peers import PeerApi
from interlace.services.kms.model import EntityConfig
from interlace.services.kms.service.carrying import Carrier
from interlace.services.kms.service.deliveries import Deliveries

__all__ = ["PeerConnections", "Wired", "void_everything_older", "wired_entity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerConnections:
    """A part of a service: the connections to other entities, which are opened when needed."""

    peers: HttpsPeers
    name: str = "connections to other entities"

    async def start(self, background: Background) -> None:
        """Nothing yet."""

    async def stop(self) -> None:
        """Close them."""
        await self.peers.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wired:
    """The service of one entity.

    Attributes:
        keys: its store.
        deliveries: what its SAEs may do.
        carrier: its links and relays.
        connections: to other entities.
        peer_api: what it answers them.
    """

    keys: SqlKeyStore
    deliveries: Deliveries
    carrier: Carrier
    connections: PeerConnections
    peer_api: PeerApi


def void_everything_older(clock: Clock) -> Callable[[Transaction, int], Awaitable[None]]:
    """What a new epoch makes void: all keys and all link key of older ones."""

    async def void(tx: Transaction, epoch: int) -> None:
        await void_older(tx, epoch, now_us=clock.now_us())
        await void_older_links(tx, now_us=clock.now_us())

    return void


def wired_entity(
    config: EntityConfig,
    store: Store,
    vault: Vault,
    trail: AuditTrail,
    faults: KillPoints,
    *,
    server: ServerTls,
    files: TlsFiles,
) -> Wired:
    """Put the service of an entity together; nothing starts yet.

    Args:
        config: of the entity.
        store: open, with its tables.
        vault: seals for this start.
        trail: its audit trail.
        faults: where a test may have the process killed.
        server: TLS for other entities.
        files: of its own certificate, for calling them.
    """
    clock = trail.clock
    provenance = "SIMULATED" if config.is_simulated else "QKD"
    keys = SqlKeyStore.of(store, vault, trail, faults=faults, provenance=provenance)
    contexts = {peer.name: peer_context(files, peer.name) for peer in config.peers}
    urls = {peer.name: peer.url for peer in config.peers}
    peers = HttpsPeers(urls, contexts.__getitem__)
    carrier = Carrier(
        config,
        vault.epoch,
        store=SqlLinkStore(store=store, rows=keys.rows, trail=trail),
        keys=keys,
        peers=peers,
        modules=SimulatedModules(config.own_links, clock, config.speed_up),
        clock=clock,
        faults=faults,
    )
    return Wired(
        keys=keys,
        deliveries=Deliveries(keys, config, carrier, clock, faults),
        carrier=carrier,
        connections=PeerConnections(peers=peers),
        peer_api=PeerApi(
            carrier.peering,
            server.context,
            clock=clock,
            host=config.listening.host,
            port=config.listening.peer_port,
        ),
    )
