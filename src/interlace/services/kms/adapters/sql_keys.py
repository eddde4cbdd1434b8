"""The port of the keys on a store of the platform: SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from interlace.errors import InvariantError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    KillPoints,
    OutcomeUnknownError,
    Store,
    StoreUnavailableError,
    Transaction,
    Vault,
    Work,
    log_event,
)
from interlace.services.kms.adapters import assembling
from interlace.services.kms.adapters.delivering import carry_out
from interlace.services.kms.adapters.key_rows import DAMAGED, SQL, KeyRows, RacedError
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

_LOG = logging.getLogger("interlace.kms")
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
    _damaged: list[int] = field(default_factory=list[int], init=False, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, init=False, repr=False)

    @classmethod
    def of(
        cls, store: Store, vault: Vault, trail: AuditTrail, *, faults: KillPoints, provenance: str
    ) -> SqlKeyStore:
        """The keys in a store that was opened with `MIGRATIONS`."""
        rows = KeyRows(vault=vault, clock=trail.clock, provenance=provenance)
        return cls(store=store, rows=rows, trail=trail, faults=faults)

    @property
    def damaged(self) -> int:
        """How many copies did not open since the start, and are void."""
        return sum(self._damaged)

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
        return await self._opened(
            lambda tx: carry_out(tx, self.rows, orders), point="kms.deliver.before-commit"
        )

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
        return await self._opened(
            lambda tx: assembling.bind(tx, self.rows, assembly),
            point="kms.assemble.before-bind-commit",
        )

    async def finish(self, assembly: Assembly, *, request: str) -> Outcome:
        """Deliver the keys of an assembly to the master; see the port."""
        return await self._opened(
            lambda tx: assembling.finish(tx, self.rows, assembly, request=request),
            point="kms.deliver.before-commit",
        )

    async def _opened(
        self, change: Callable[[Transaction], Awaitable[tuple[T, list[AuditEvent]]]], *, point: str
    ) -> T:
        """Carry out what opens material, and note what did not open, whoever waits for it still.

        It is noted when it is committed, or when that cannot be known: so not before the end of
        the transaction, which a caller that is cancelled does not see.
        """
        found: list[AuditEvent] = []

        async def work(tx: Transaction) -> T:
            outcome, events = await change(tx)
            found[:] = events
            await self._tell(tx, events)
            self.faults.point(point)
            return outcome

        def ended(done: asyncio.Future[T]) -> None:
            if not done.cancelled() and isinstance(done.exception(), OutcomeUnknownError | None):
                self._note_damage(found)

        async def carried_out(work: Work[T]) -> T:
            task = asyncio.ensure_future(self.store.transaction(work))
            task.add_done_callback(ended)
            return await asyncio.shield(task)

        return await self._in_turn(work, carried_out)

    def _note_damage(self, events: Sequence[AuditEvent]) -> None:
        for event in events:
            if event.detail.get("reason") == DAMAGED:
                count = int(event.detail["count"] or 0)
                self._damaged.append(count)
                words, role = "keys in the store do not open", event.detail["role"]
                log_event(
                    _LOG, words, level=logging.WARNING, pair=event.subject, role=role, count=count
                )

    async def _in_turn(
        self, work: Work[T], carried_out: Callable[[Work[T]], Awaitable[T]] | None = None
    ) -> T:
        """Carry work out alone among this object's transactions, again if others were faster."""
        async with self._turn:
            for left in reversed(range(_TRIES)):
                try:
                    return await (carried_out or self.store.transaction)(work)
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
