"""What was done, by whom, to what: rows in a chain that shows whether one was changed.

Each row holds the hash of the row before it and its own:

    hash = SHA-256(JSON [seq, at_us, actor, event, subject, detail, prev_hash])

with no space in the JSON, text in UTF-8, `detail` as the text that is stored, `prev_hash` in hex
digits; the first row's `prev_hash` is 32 zero bytes. Rows are written in the transaction that
does what they tell of, so neither is there without the other.

The chain shows a changed, missing or reordered row. It cannot show that its end was cut off, or
that all of it was written anew: for that, keep a head elsewhere (the epoch file does) and have
`verify` compare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

import msgspec

from interlace.errors import InvariantError
from interlace.platform.ports import Clock, Row, Store, Transaction, Value
from interlace.platform.statements import load_statements
from interlace.platform.witness import Witness

__all__ = ["AuditBreak", "AuditEvent", "AuditHead", "AuditTrail", "AuditVerdict"]

_SQL = load_statements("interlace.platform", "schema/audit.sql")
_GENESIS = bytes(32)
_BATCH = 5000
_PUT_BACK = (
    "the store is marked as one that was put back from a copy and not started since: start on "
    "it, which raises the epoch, and check again"
)
_CUT_OFF = "rows were removed, or the store was put back from a copy and not started since"
_PLAIN = frozenset({str, int, bool, type(None)})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """What a row tells. Names and IDs only: no key material, ever.

    Attributes:
        actor: who did it, `sae-a`.
        event: what was done, `key-delivered`.
        subject: to what, a key's ID.
        detail: text, whole numbers, booleans or nothing, by name.
    """

    actor: str
    event: str
    subject: str
    detail: Mapping[str, str | int | bool | None] = field(
        default_factory=dict[str, "str | int | bool | None"]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditHead:
    """The end of a chain: its last row's number, 0 for none, and hash."""

    seq: int = 0
    hash: bytes = _GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditBreak:
    """The first row that is not as it was written, and what is wrong with it."""

    seq: int
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditVerdict:
    """What a walk along the chain found.

    Attributes:
        rows: how many were sound, from the first on.
        head: the end of the sound part.
        broken: the first row that is not, if any.
    """

    rows: int
    head: AuditHead
    broken: AuditBreak | None


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """The chain of one store.

    Attributes:
        clock: when rows are written.
        witness: of the chain's end, if this trail adds what hands something out.
    """

    clock: Clock
    witness: Witness | None = None

    async def append(self, tx: Transaction, events: Sequence[AuditEvent]) -> AuditHead:
        """Add rows to the end of the chain, in the caller's transaction.

        Two transactions that append wait for one another: append last, just before the commit.

        Returns:
            The chain's new end. It holds once the transaction is committed.

        Raises:
            InvariantError: a detail is something else than text, a whole number or a boolean.
            StoreFailedError: the chain's end is not what the witness has seen of it.
        """
        head, witness = await _locked_head(tx), self.witness
        if witness is not None:
            witness.demand(head.seq, head.hash)
        if not events:
            return head
        rows, head = _chained(head, events, at_us=self.clock.now_us())
        *most, last = rows
        if most:
            await tx.run_many(_SQL["insert"], most)
        await tx.run(_SQL["insert_last"], *last)
        if tx.dialect == "sqlite":
            await tx.run(_SQL["move_head"], head.seq, head.hash)
        if witness is not None:
            tx.at_commit(partial(witness.note, head.seq, head.hash))
        return head

    async def head(self, store: Store) -> AuditHead:
        """The chain's end."""
        return await store.read(_head)

    async def has(self, store: Store, head: AuditHead) -> bool:
        """Whether the chain goes through that row, with that hash."""
        if head.seq == 0:
            return True

        async def work(tx: Transaction) -> bool:
            rows = await tx.rows(_SQL["hash_at"], head.seq)
            return bool(rows) and bytes(rows[0][0]) == head.hash

        return await store.read(work)

    async def verify(self, store: Store, *, kept: AuditHead | None = None) -> AuditVerdict:
        """Walk along the chain from its first row to its end.

        Args:
            store: the store; it may be in use meanwhile.
            kept: a head that was kept outside the store; the chain must go through it.
        """
        end, stray, is_copy = await store.read(_ends)
        sound = AuditHead()
        while sound.seq < end.seq:
            after = sound.seq

            async def batch(tx: Transaction, after: int = after) -> Sequence[Row]:
                return await tx.rows(_SQL["batch"], after, _BATCH)

            rows = await store.read(batch)
            for row in rows:
                fault = _fault(row, sound) or _unlike_kept(row, kept)
                if fault:
                    return _verdict(sound, sound.seq + 1, fault)
                sound = AuditHead(seq=row[0], hash=bytes(row[7]))
                if sound.seq == end.seq:
                    break
            if not rows:
                break
        return _ended(sound, end, kept, stray=stray, is_copy=is_copy)


def _ended(
    sound: AuditHead, end: AuditHead, kept: AuditHead | None, *, stray: int | None, is_copy: bool
) -> AuditVerdict:
    if sound.seq < end.seq:
        return _verdict(sound, sound.seq + 1, f"is missing: the chain's head is row {end.seq}")
    if sound.hash != end.hash:
        return _verdict(sound, sound.seq, "has another hash than the chain's head")
    if kept is not None and kept.seq > sound.seq:
        why = _PUT_BACK if is_copy else _CUT_OFF
        fault = f"is missing: the head that was kept elsewhere is row {kept.seq}: {why}"
        return _verdict(sound, sound.seq + 1, fault)
    if stray is not None:
        return _verdict(sound, stray, f"is no part of the chain, whose head is row {end.seq}")
    return AuditVerdict(rows=sound.seq, head=sound, broken=None)


def _verdict(sound: AuditHead, seq: int, fault: str) -> AuditVerdict:
    return AuditVerdict(rows=sound.seq, head=sound, broken=AuditBreak(seq=seq, fault=fault))


def _fault(row: Row, before: AuditHead) -> str | None:
    seq, at_us, actor, event, subject, detail, prev_hash, digest = row
    if seq != before.seq + 1:
        return f"is missing: row {seq} follows row {before.seq}"
    if bytes(prev_hash) != before.hash:
        return "does not follow the row before it"
    if _digest(seq, at_us, actor, event, subject, detail, before.hash) != bytes(digest):
        return "was changed"
    return None


def _unlike_kept(row: Row, kept: AuditHead | None) -> str | None:
    if kept is not None and row[0] == kept.seq and bytes(row[7]) != kept.hash:
        return "has another hash than the head that was kept elsewhere: the chain was written anew"
    return None


def _chained(
    head: AuditHead, events: Sequence[AuditEvent], *, at_us: int
) -> tuple[list[tuple[Value, ...]], AuditHead]:
    rows: list[tuple[Value, ...]] = []
    seq, before = head.seq, head.hash
    for event in events:
        seq += 1
        detail = _detail(event.detail)
        digest = _digest(seq, at_us, event.actor, event.event, event.subject, detail, before)
        rows.append((seq, at_us, event.actor, event.event, event.subject, detail, before, digest))
        before = digest
    return rows, AuditHead(seq=seq, hash=before)


def _digest(
    seq: int, at_us: int, actor: str, event: str, subject: str, detail: str, before: bytes
) -> bytes:
    parts = (seq, at_us, actor, event, subject, detail, before.hex())
    return sha256(msgspec.json.encode(parts)).digest()


def _detail(detail: Mapping[str, str | int | bool | None]) -> str:
    if not detail:
        return "{}"
    for name, value in detail.items():
        if type(value) not in _PLAIN:
            msg = f"the audit detail {name!r} is {type(value).__name__}: needs text or a number"
            raise InvariantError(msg)
    return msgspec.json.encode(detail, order="sorted").decode()


async def _head(tx: Transaction) -> AuditHead:
    rows = await tx.rows(_SQL["head"])
    return AuditHead(seq=rows[0][0], hash=bytes(rows[0][1])) if rows else AuditHead()


async def _ends(tx: Transaction) -> tuple[AuditHead, int | None, bool]:
    """The head, a row that lies outside of the chain, and whether the store is marked as a copy."""
    head = await _head(tx)
    rows = await tx.rows(_SQL["stray"], head.seq)
    marks = await tx.rows(_SQL["copy_mark"])
    return head, rows[0][0] if rows else None, bool(marks and marks[0][0])


async def _locked_head(tx: Transaction) -> AuditHead:
    rows = await tx.rows(_SQL["lock_head"])
    if not rows:
        await tx.run(_SQL["make_head"], _GENESIS)
        rows = await tx.rows(_SQL["lock_head"])
    return AuditHead(seq=rows[0][0], hash=bytes(rows[0][1]))
