"""Copies of keys as rows: what a transaction may do to them.

Each method works in the caller's transaction and gives the audit events that tell of it; the
caller appends them at the end. Material is sealed under the row's own ID, role, parties and size,
so a ciphertext that was moved to another row does not open.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from interlace.errors import InterlaceError
from interlace.platform import (
    AuditEvent,
    Clock,
    Row,
    Secret,
    Transaction,
    Vault,
    bound,
    load_migrations,
    load_statements,
)
from interlace.services.kms.model import (
    KeyId,
    NewKey,
    Pair,
    Refusal,
    Role,
    subject_of,
)
from interlace.units import Seconds

__all__ = ["DAMAGED", "MIGRATIONS", "SQL", "KeyRows", "RacedError", "void_older"]

_PACKAGE = "interlace.services.kms.adapters"
MIGRATIONS = load_migrations("kms", _PACKAGE, "sql")
"""All tables of the room."""

SQL = load_statements(_PACKAGE, "sql/keys.sql")
DAMAGED = "does not open"
"""The audit's reason for voiding a copy that somebody changed in the store."""

_ACTOR = "kms"
_EXPIRED_AT_ONCE = 2000


class RacedError(InterlaceError):
    """Another transaction changed rows that this one had read: roll back and try again."""


async def void_older(tx: Transaction, epoch: int, *, now_us: int) -> int:
    """Void all copies of older epochs, as `open_epoch` wants it; how many."""
    return await tx.run(SQL["void_older"], epoch, now_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRows:
    """The rows of one store, for one start of its service.

    Attributes:
        vault: seals for the current epoch.
        clock: says when.
        provenance: where the keys come from, for the audit: `SIMULATED`.
    """

    vault: Vault
    clock: Clock
    provenance: str

    async def add(
        self, tx: Transaction, keys: Sequence[NewKey], state: Literal["pending", "available"]
    ) -> list[AuditEvent]:
        """Take copies in; see the port."""
        now = self.clock.now_us()
        epoch = self.vault.epoch
        rows = [
            (
                key.key_id,
                key.role,
                key.pair.master,
                key.pair.slave,
                key.size_bits,
                state,
                self.sealed(key.material, key.key_id, key.role, key.pair),
                epoch,
                key.batch,
                now,
                key.expires_us,
            )
            for key in keys
        ]
        await tx.run_many(SQL["add"], rows)
        ids = [(key.key_id, key.role, key.pair.master, key.pair.slave) for key in keys]
        return self.events(f"keys-{state}", ids)

    async def any_known(self, tx: Transaction, key_ids: Sequence[KeyId], role: Role) -> bool:
        """Whether there is or was a copy of any of these."""
        return bool(await tx.rows(SQL["known"], role, ",".join(key_ids)))

    async def activate(
        self, tx: Transaction, key_ids: Sequence[KeyId], role: Role
    ) -> list[AuditEvent]:
        """Make pending copies available."""
        statement, now = SQL["activate"], self.clock.now_us()
        rows = await tx.rows(statement, now, role, self.vault.epoch, ",".join(key_ids))
        return self.events("keys-available", rows)

    async def void(
        self, tx: Transaction, key_ids: Sequence[KeyId], role: Role, *, reason: str
    ) -> list[AuditEvent]:
        """Void copies that are not delivered yet."""
        rows = await tx.rows(SQL["void"], self.clock.now_us(), role, ",".join(key_ids))
        return self.events("keys-void", rows, reason=reason)

    async def abandon(
        self, tx: Transaction, assembly_id: str | None, *, reason: str
    ) -> list[AuditEvent]:
        """Void what is reserved, for one assembly or for any."""
        now = self.clock.now_us()
        if assembly_id is None:
            rows = await tx.rows(SQL["abandon_all"], now)
        else:
            rows = await tx.rows(SQL["abandon"], now, assembly_id)
        return self.events("keys-void", rows, reason=reason)

    async def expire(self, tx: Transaction) -> list[AuditEvent]:
        """Void what nobody fetched in time."""
        rows = await tx.rows(SQL["expire"], self.clock.now_us(), _EXPIRED_AT_ONCE)
        return self.events("keys-expired", rows)

    async def purge(self, tx: Transaction, *, keep_s: Seconds) -> list[AuditEvent]:
        """Forget tombstones of keys that would have expired long ago."""
        before_us = self.clock.now_us() - round(keep_s * 1e6)
        count = await tx.run(SQL["purge"], before_us, _EXPIRED_AT_ONCE)
        if not count:
            return []
        detail = {"count": count, "expired_before_us": before_us}
        return [AuditEvent(actor=_ACTOR, event="tombstones-purged", subject="keys", detail=detail)]

    async def next_available(
        self, tx: Transaction, pair: Pair, *, size_bits: int, count: int
    ) -> Sequence[Row]:
        """(key_id, sealed) of the oldest copies for a master."""
        now, epoch = self.clock.now_us(), self.vault.epoch
        statement = SQL["next_available"]
        return await tx.rows(statement, pair.master, pair.slave, size_bits, epoch, now, count)

    async def end(
        self,
        tx: Transaction,
        key_ids: Sequence[KeyId],
        role: Role,
        *,
        before: Literal["available", "reserved"],
        after: Literal["delivered", "void"],
    ) -> None:
        """Take the material out of copies, all of which must be in the state before.

        Raises:
            RacedError: one is not, any more.
        """
        if not key_ids:
            return
        now = self.clock.now_us()
        touched = await tx.run(SQL["end"], after, now, role, before, ",".join(key_ids))
        if touched != len(key_ids):
            raise RacedError(f"{len(key_ids) - touched} keys were changed meanwhile")

    async def reserve(
        self, tx: Transaction, pair: Pair, *, count: int, size_bits: int, assembly_id: str
    ) -> tuple[tuple[KeyId, ...] | Refusal, list[AuditEvent]]:
        """Set the oldest copies for a master aside; see the port.

        Raises:
            RacedError: one was changed meanwhile.
        """
        rows = await self.next_available(tx, pair, size_bits=size_bits, count=count)
        if len(rows) < count:
            return Refusal(reason="insufficient"), []
        ids = tuple(str(row[0]) for row in rows)
        now = self.clock.now_us()
        if await tx.run(SQL["reserve"], assembly_id, now, ",".join(ids)) != count:
            raise RacedError("keys were changed meanwhile")
        told = [(key_id, "master", pair.master, pair.slave) for key_id in ids]
        return ids, self.events("keys-reserved", told, assembly=assembly_id)

    def sealed(self, material: Secret, key_id: KeyId, role: Role, pair: Pair) -> bytes:
        """Material as its row keeps it."""
        bond = bound(key_id, role, pair.master, pair.slave, 8 * len(material))
        return self.vault.seal(material.reveal(), bound_to=bond)

    def opened(
        self, sealed: bytes, key_id: KeyId, role: Role, pair: Pair, *, size_bits: int
    ) -> Secret:
        """Material from its row.

        Raises:
            SealError: it was changed, or is not of this row.
        """
        bond = bound(key_id, role, pair.master, pair.slave, size_bits)
        return self.vault.open(sealed, bound_to=bond)

    def events(
        self, event: str, rows: Iterable[Row | tuple[str, str, str, str]], **detail: str
    ) -> list[AuditEvent]:
        """One audit event a pair and role, for rows of (key_id, role, master, slave)."""
        by_pair = sorted(((row[2], row[3], row[1], row[0]) for row in rows), key=lambda r: r[:3])
        return [
            self.event(event, Pair(master=master, slave=slave), role, [r[3] for r in group], detail)
            for (master, slave, role), group in itertools.groupby(by_pair, key=lambda r: r[:3])
        ]

    def damaged(self, rows: Iterable[tuple[str, str, str, str]]) -> list[AuditEvent]:
        """That copies were voided because their sealed material does not open."""
        return self.events("keys-void", rows, reason=DAMAGED)

    def event(
        self,
        event: str,
        pair: Pair,
        role: str,
        key_ids: Sequence[KeyId],
        detail: dict[str, str],
        *,
        actor: str = _ACTOR,
    ) -> AuditEvent:
        """What was done to keys of one pair and role, by IDs alone."""
        told: dict[str, str | int | bool | None] = {
            "role": role,
            "count": len(key_ids),
            "keys": " ".join(key_ids),
            "provenance": self.provenance,
            **detail,
        }
        return AuditEvent(actor=actor, event=event, subject=subject_of(pair), detail=told)

    def delivered(
        self, pair: Pair, role: Role, key_ids: Sequence[KeyId], *, request: str, actor: str
    ) -> AuditEvent:
        """That keys were handed out."""
        return self.event("keys-delivered", pair, role, key_ids, {"request": request}, actor=actor)
