"""Stores in databases for the tests of links and relays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.platform.conftest import Place

from interlace.platform import (
    AuditTrail,
    Clock,
    KillPoints,
    Secret,
    Store,
    Transaction,
    open_store,
    open_vault,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.adapters.link_store import SqlLinkStore
from interlace.services.kms.adapters.sql_keys import SqlKeyStore
from interlace.services.kms.model import EntityConfig

KEK = Secret(bytes(range(32)))


@dataclass
class Stores:
    """A store for each entity, on one kind of database."""

    place: Place
    clock: Clock
    opened: dict[str, Store] = field(default_factory=dict)
    vaults: dict[str, Any] = field(default_factory=dict)

    async def make(self, config: EntityConfig, *, epoch: int = 1) -> tuple[Any, Any]:
        """(links, keys) of an entity; again, as its next start would."""
        name = config.name
        if name not in self.opened:
            is_file = self.place.kind == "sqlite"
            address = f"{self.place.address}-{name}" if is_file else self.place.address
            schema = f"{self.place.schema}_{name}"
            self.opened[name] = await open_store(address, MIGRATIONS, schema=schema, connections=3)
        store = self.opened[name]

        async def unseal(tx: Transaction) -> Any:
            return await open_vault(tx, KEK, epoch=epoch, clock=self.clock)

        vault = await store.transaction(unseal)
        trail = AuditTrail(self.clock)
        keys = SqlKeyStore.of(store, vault, trail, faults=KillPoints(), provenance="SIMULATED")
        links = SqlLinkStore(store=store, rows=keys.rows, trail=trail)
        return links, keys

    async def close(self) -> None:
        for store in self.opened.values():
            await store.close()
