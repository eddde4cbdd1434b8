"""The port of the keys on a store of the platform: SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from interlace.errors import InvariantError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    Clock,
    KillPoints,
    Store,
    StoreUnavailableError,
    Transaction,
    Vault,
    Work,
)
from interlace.services.kms.adapters import assembling
from interlace.services.kms.adapters.delivering import carry_out
from interlace.services.kms.adapters.key_rows import SQL, KeyRows, RacedError
from interlace.services.kms.model import (
    Assembly,
    KeyId,
    NewKey,
    Order,
    Outcome,
    Pair,
    Refusal,
    Role,
)
from interlace.units import Seconds

__all__ = ["SqlKeyStore"]


T = TypeVar("T")

_TRIES = 5

Change = Callable[[Transaction], Awaitable[list[AuditEvent]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlKeyStore:
    """Keys in tables, each change in one transaction with its audit rows.

    Attributes:
        store: of the platform, with this room's tables.
        rows: what transactions do to keys.
        trail: the audit.
        faults: where a test may have the process killed.
    """

    store: Store
    rows: KeyRows
    trail: AuditTrail
    faults: KillPoints
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    @classmethod
    def of(
        cls, store: Store, vault: Vault, clock: Clock, *, faults: KillPoints, provenance: str
    ) -> SqlKeyStore:
        """The keys in a store that was opened with `MIGRATIONS`."""
        rows = KeyRows(vault=vault, clock=clock, provenance=provenance)
        return cls(store=store, rows=rows, trail=AuditTrail(clock), faults=faults)

    async def add(
        self, keys: Sequence[NewKey], *, state: Literal["pending", "available"] = "available"
    ) -> None:
        """Take copies in; see the port."""
        await self._changed(lambda tx: self.rows.add(tx, keys, state))

    async def activate(self, key_ids: Sequence[KeyId], role: Role) -> int:
        """Make pending copies available; see the port."""
        return await self._changed(lambda tx: self.rows.activate(tx, key_ids, role))

    async def void(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> int:
        """Void copies that are not delivered yet; see the port."""
        return await self._changed(lambda tx: self.rows.void(tx, key_ids, role, reason=reason))

    async def abandon(self, assembly_id: str | None, *, reason: str) -> int:
        """Void what is reserved; see the port."""
        return await self._changed(lambda tx: self.rows.abandon(tx, assembly_id, reason=reason))

    async def expire(self) -> int:
        """Void what nobody fetched in time; see the port."""
        return await self._changed(self.rows.expire)

    async def purge(self, *, keep_s: Seconds) -> int:
        """Forget tombstones that are old enough; see the port."""
        return await self._changed(lambda tx: self.rows.purge(tx, keep_s=keep_s))

    async def stock(self, pair: Pair, role: Role) -> int:
        """How many copies are available; see the port."""
        values = (role, pair.master, pair.slave, self.rows.clock.now_us())

        async def work(tx: Transaction) -> int:
            found = await tx.rows(SQL["stock"], *values)
            return int(found[0][0]) if found else 0

        return await self.store.read(work)

    async def stocks(self) -> Mapping[tuple[Role, Pair], int]:
        """How many copies are available of all pairs; see the port."""
        now = self.rows.clock.now_us()

        async def work(tx: Transaction) -> dict[tuple[Role, Pair], int]:
            late = {tuple(row)[:3]: row[3] for row in await tx.rows(SQL["late"], now)}
            return {
                (role, Pair(master=a, slave=b)): left
                for role, a, b, count in await tx.rows(SQL["stocks"])
                if (left := count - late.get((role, a, b), 0))
            }

        return await self.store.read(work)

    async def deliver(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        """Carry out orders in one transaction; see the port."""

        async def work(tx: Transaction) -> list[Outcome]:
            outcomes, events = await carry_out(tx, self.rows, orders)
            await self._tell(tx, events)
            self.faults.point("kms.deliver.before-commit")
            return outcomes

        return await self._in_turn(work)

    async def reserve(
        self, pair: Pair, *, count: int, size_bits: int, assembly_id: str
    ) -> tuple[KeyId, ...] | Refusal:
        """Set copies aside for an assembly; see the port."""

        async def work(tx: Transaction) -> tuple[KeyId, ...] | Refusal:
            ids, events = await self.rows.reserve(
                tx, pair, count=count, size_bits=size_bits, assembly_id=assembly_id
            )
            await self._tell(tx, events)
            return ids

        return await self._in_turn(work)

    async def bind(self, assembly: Assembly) -> bool:
        """Make the slave's copies of an assembly; see the port."""

        async def work(tx: Transaction) -> bool:
            is_bound, events = await assembling.bind(tx, self.rows, assembly)
            await self._tell(tx, events)
            self.faults.point("kms.assemble.before-bind-commit")
            return is_bound

        return await self._in_turn(work)

    async def finish(self, assembly: Assembly, *, request: str) -> Outcome:
        """Deliver the keys of an assembly to the master; see the port."""

        async def work(tx: Transaction) -> Outcome:
            outcome, events = await assembling.finish(tx, self.rows, assembly, request=request)
            await self._tell(tx, events)
            self.faults.point("kms.deliver.before-commit")
            return outcome

        return await self._in_turn(work)

    async def _in_turn(self, work: Work[T]) -> T:
        """Carry work out alone among this object's transactions, again if others were faster."""
        async with self._turn:
            for left in reversed(range(_TRIES)):
                try:
                    return await self.store.transaction(work)
                except RacedError as error:
                    if not left:
                        msg = f"the store {self.store.place} is busy: {error}"
                        raise StoreUnavailableError(msg) from error
        raise InvariantError("a transaction was tried no time")

    async def _changed(self, change: Change) -> int:
        async def work(tx: Transaction) -> int:
            events = await change(tx)
            await self._tell(tx, events)
            return sum(int(event.detail["count"] or 0) for event in events)

        return await self._in_turn(work)

    async def _tell(self, tx: Transaction, events: Sequence[AuditEvent]) -> None:
        if events:
            await self.trail.append(tx, events)
