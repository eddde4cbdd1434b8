"""Links and transfers in the entity's store, beside its keys: one transaction holds both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from interlace.platform import AuditTrail, Row, Store, Transaction
from interlace.services.kms.adapters.key_rows import KeyRows
from interlace.services.kms.adapters.link_ledger import SQL, SqlLedger, transfer_row
from interlace.services.kms.model.keys import KmeId, LinkId, Pair
from interlace.services.kms.model.transfers import OutboxItem, TransferRow
from interlace.services.kms.ports.links import LedgerWork
from interlace.services.kms.wire.peers import item_of

__all__ = ["SqlLinkStore", "void_older_links"]

T = TypeVar("T")


async def void_older_links(tx: Transaction, *, now_us: int) -> None:
    """Drop all link key, and all that is on its way: part of what `open_epoch` voids."""
    for name in ("pieces", "reserved", "deals", "outbox", "streams"):
        await tx.run(SQL[f"empty_{name}"])
    await tx.run(SQL["lose_waiting"], now_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlLinkStore:
    """The links of one entity, for one start of its service.

    Attributes:
        store: SQLite or PostgreSQL, with the room's tables.
        rows: its keys.
        trail: its audit trail.
    """

    store: Store
    rows: KeyRows
    trail: AuditTrail

    async def transaction(self, work: LedgerWork[T]) -> T:
        """Carry work out as one durable transaction; see the port."""

        async def whole(tx: Transaction) -> T:
            ledger = SqlLedger(tx, self.rows)
            result = await work(ledger)
            if ledger.events:
                await self.trail.append(tx, ledger.events)
            return result

        return await self.store.transaction(whole)

    async def stocks(self) -> Mapping[tuple[LinkId, KmeId], int]:
        """Blocks of each stream; see the port."""

        async def work(tx: Transaction) -> dict[tuple[LinkId, KmeId], int]:
            return {(link, sender): count for link, sender, count in await tx.rows(SQL["stocks"])}

        return await self.store.read(work)

    async def failed_links(self) -> frozenset[LinkId]:
        """Links that an operator took out."""

        async def work(tx: Transaction) -> frozenset[LinkId]:
            return frozenset(str(row[0]) for row in await tx.rows(SQL["failed_links"]))

        return await self.store.read(work)

    async def queued(self, peer: KmeId, *, most: int, after: int = 0) -> Sequence[OutboxItem]:
        """The oldest items for a neighbour; see the port."""

        async def work(tx: Transaction) -> Sequence[Row]:
            return await tx.rows(SQL["queued"], peer, after, most)

        return [
            OutboxItem(seq=seq, peer=to, item=item_of(bytes(item)), queued_us=queued_us)
            for seq, to, item, queued_us in await self.store.read(work)
        ]

    async def waiting(self, *, before_us: int, most: int) -> Sequence[TransferRow]:
        """Transfers that are not settled; see the port."""

        async def work(tx: Transaction) -> Sequence[Row]:
            return await tx.rows(SQL["waiting"], before_us, most)

        return [transfer_row(row) for row in await self.store.read(work)]

    async def underway(self) -> Mapping[Pair, int]:
        """Keys of transfers that are not settled; see the port."""

        async def work(tx: Transaction) -> Sequence[Row]:
            return await tx.rows(SQL["underway"])

        found = await self.store.read(work)
        return {Pair(master=a, slave=b): size // 16 for a, b, size in found}
