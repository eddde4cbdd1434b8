"""The epoch: how a store that was restored from a copy is told from one that only stopped.

A copy of a store brings back keys that were handed out after it was made. So each store has an
epoch, and its value is also kept in a file outside it that no backup contains. A restored store
gets a new epoch, and all material of older ones is void.

An epoch is the second at which it began, counted from 1970-01-01T00:00:00Z; one more than the last
one that is known where the clock is not past that. So a store that is made anew in the place of one
that was lost together with its file, of which nothing is left to tell, begins a higher epoch than
any that others knew of it.

A store is taken for a restored one when

- it was made by the platform's backup, which marks the copy itself;
- its epoch or its count of starts is not the file's (a start notes itself in the store first, so
  the store may be one ahead);
- its audit chain does not go through the head that the file holds, or the witness's;
- the file is missing, but the store is not new.

The head in the file should be noted often (`keep_head`), once a second say. What was added since
the last note is in the file beside it, that of `EpochFile.witness`, which a machine that loses its
power may forget: only a copy of the disk that was taken in the second before that, and put back
before the next start, looks like the store. Where the database is another machine's it may be put
back, or go over to a standby that lags behind, while the service runs: the witness refuses the next
transaction that adds to the chain, each note makes sure that the chain goes on from the one before,
and the service ends if it does not.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from interlace.errors import SpecError
from interlace.platform.audit import AuditEvent, AuditHead, AuditTrail
from interlace.platform.failures import StoreFailedError
from interlace.platform.ports import Clock, Store, Transaction
from interlace.platform.private_files import write_private
from interlace.platform.statements import load_statements
from interlace.platform.witness import Witness, read_witness

__all__ = ["EpochFile", "EpochOpening", "EpochRecord", "keep_head", "open_epoch", "raise_epoch"]

_SQL = load_statements("interlace.platform", "schema/epoch.sql")

Void = Callable[[Transaction, int], Awaitable[None]]
"""Voids, in the transaction, all of a room's material whose epoch is below the given one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochRecord:
    """What the file holds.

    Attributes:
        epoch: each restore raises it.
        run: how often the store was opened.
        head: the end of the audit chain when it was last noted.
    """

    epoch: int
    run: int
    head: AuditHead


class _Written(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    epoch: int
    run: int
    audit_seq: int
    audit_hash: str


@dataclass(frozen=True, slots=True)
class EpochFile:
    """The file beside the store, which backups leave alone."""

    path: str

    def read(self) -> EpochRecord | None:
        """What it holds; `None` if there is none.

        Raises:
            SpecError: it cannot be read, or is not as it was written.
        """
        try:
            content = Path(self.path).read_bytes()
            written = msgspec.json.decode(content, type=_Written)
            head = AuditHead(seq=written.audit_seq, hash=bytes.fromhex(written.audit_hash))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise SpecError(f"cannot be read: {error.strerror}", file=self.path) from error
        except (msgspec.DecodeError, ValueError) as error:
            rule = "is damaged: remove it, and the store counts as restored"
            raise SpecError(rule, file=self.path) from error
        return EpochRecord(epoch=written.epoch, run=written.run, head=head)

    def write(self, record: EpochRecord) -> None:
        """Replace it durably: the file and its folder are on the disk when this returns."""
        written = _Written(
            epoch=record.epoch,
            run=record.run,
            audit_seq=record.head.seq,
            audit_hash=record.head.hash.hex(),
        )
        write_private(self.path, msgspec.json.encode(written) + b"\n")

    def note(self, head: AuditHead) -> None:
        """Keep the chain's end, which is committed; the rest stays.

        Raises:
            SpecError: there is no file yet: `open_epoch` makes it.
        """
        record = self.read()
        if record is None:
            raise SpecError("is missing", file=self.path)
        self.write(EpochRecord(epoch=record.epoch, run=record.run, head=head))

    def last_head(self) -> AuditHead | None:
        """The chain's last end that is known outside the store; `None` if there is no file.

        Raises:
            SpecError: the file is damaged.
        """
        record, seen = self.read(), read_witness(self.witness_path)
        if record is None:
            return None
        if seen is not None and seen[0] == record.epoch and seen[1] > record.head.seq:
            return AuditHead(seq=seen[1], hash=seen[2])
        return record.head

    @property
    def witness_path(self) -> str:
        """Where the witness keeps the chain's end."""
        return f"{self.path}.head"

    def witness(self) -> Witness:
        """A witness of the chain from here on; once a start, after `open_epoch`.

        Raises:
            SpecError: there is no file yet, or one of both cannot be read or written.
        """
        record, head = self.read(), self.last_head()
        if record is None or head is None:
            raise SpecError("is missing", file=self.path)
        return Witness(self.witness_path, epoch=record.epoch, seq=head.seq, digest=head.hash)

    def know(self, epoch: int) -> None:
        """Keep that the store has been of an epoch; the next start raises it above that.

        A file that has a higher one, or none, is left alone, and so is the rest of it.

        Raises:
            SpecError: the file is damaged or cannot be written.
        """
        record = self.read()
        if record is not None and record.epoch < epoch:
            self.write(EpochRecord(epoch=epoch, run=record.run, head=record.head))


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochOpening:
    """The epoch of a store that was opened.

    Attributes:
        epoch: what new material carries.
        restored: how the store was found to be a restored one, a sentence for the operator;
            `None` if it is not.
    """

    epoch: int
    restored: str | None


async def open_epoch(
    store: Store, file: EpochFile, trail: AuditTrail, clock: Clock, *, void: Void
) -> EpochOpening:
    """Find out whether the store was restored; if so, raise the epoch and void what is older.

    Call it once at each start, before anything else uses the store.

    Args:
        store: of the service.
        file: the epoch's, outside the store.
        trail: the store's.
        clock: what a new epoch is named after.
        void: the service's part.

    Raises:
        SpecError: the file is damaged or cannot be written.
        StoreError: the store cannot be used.
    """
    kept = file.read()
    rows = await store.read(_epoch_rows)
    if not rows and kept is None:
        return await _begin(store, file, clock)
    epoch, run, is_copy = rows[0] if rows else (0, 0, 0)
    reason = await _suspicion(
        store, trail, kept, file.last_head(), epoch=epoch, run=run, is_copy=bool(is_copy)
    )
    if reason is not None:
        return await raise_epoch(store, file, trail, clock, void=void, reason=reason)

    async def note(tx: Transaction) -> AuditHead:
        await tx.run(_SQL["set_epoch"], epoch, run + 1)
        return await trail.append(tx, ())

    head = await store.transaction(note)
    file.write(EpochRecord(epoch=epoch, run=run + 1, head=head))
    return EpochOpening(epoch=epoch, restored=None)


async def raise_epoch(
    store: Store, file: EpochFile, trail: AuditTrail, clock: Clock, *, void: Void, reason: str
) -> EpochOpening:
    """Begin a new epoch: all material of older ones is void, and an audit row says why.

    The file is written before the store, so a crash in between makes it happen again.
    """
    kept = file.read()
    rows = await store.read(_epoch_rows)
    old_epoch, old_run, _ = rows[0] if rows else (0, 0, 0)
    epoch = max(_second(clock), old_epoch + 1, kept.epoch + 1 if kept else 0)
    run = max(old_run, kept.run if kept else 0) + 1
    file.write(EpochRecord(epoch=epoch, run=run, head=AuditHead()))

    async def work(tx: Transaction) -> AuditHead:
        await tx.run(_SQL["set_epoch"], epoch, run)
        await tx.run(_SQL["shred"], epoch)
        await void(tx, epoch)
        detail = {"reason": reason, "epoch": epoch, "before": old_epoch}
        event = AuditEvent(actor="platform", event="epoch-raised", subject="store", detail=detail)
        return await trail.append(tx, [event])

    head = await store.transaction(work)
    file.write(EpochRecord(epoch=epoch, run=run, head=head))
    return EpochOpening(epoch=epoch, restored=reason)


async def keep_head(store: Store, file: EpochFile, trail: AuditTrail) -> AuditHead:
    """Note the chain's end outside the store, which must still be the one that it was.

    Returns:
        The end.

    Raises:
        StoreFailedError: the chain does not go through the end that was noted before: the store
            was put back under a running service. The next start raises the epoch.
        SpecError: the file is missing, damaged or cannot be written.
        StoreError: the store cannot be read.
    """
    kept = file.last_head()
    if kept is None:
        raise SpecError("is missing", file=file.path)
    if not await trail.has(store, kept):
        msg = (
            f"the store {store.place} was put back while it was in use: its audit chain does not "
            f"go through row {kept.seq}, which was noted: start again, to void its material"
        )
        raise StoreFailedError(msg)
    head = await trail.head(store)
    record = file.read()
    if record is None or head != record.head:
        file.note(head)
    return head


async def _begin(store: Store, file: EpochFile, clock: Clock) -> EpochOpening:
    epoch = max(_second(clock), 1)

    async def work(tx: Transaction) -> None:
        await tx.run(_SQL["set_epoch"], epoch, 1)

    file.write(EpochRecord(epoch=epoch, run=1, head=AuditHead()))
    await store.transaction(work)
    return EpochOpening(epoch=epoch, restored=None)


def _second(clock: Clock) -> int:
    return clock.now_us() // 1_000_000


async def _suspicion(
    store: Store,
    trail: AuditTrail,
    kept: EpochRecord | None,
    last: AuditHead | None,
    *,
    epoch: int,
    run: int,
    is_copy: bool,
) -> str | None:
    if is_copy:
        return "the store was restored from a backup"
    if kept is None or last is None:
        return "the epoch file is missing, but the store is not new"
    if epoch != kept.epoch:
        return f"the store is of epoch {epoch}, the epoch file of {kept.epoch}"
    if run not in {kept.run, kept.run + 1}:
        return f"the store was last opened at start {run}, the epoch file says {kept.run}"
    for head in (kept.head, last):
        if not await trail.has(store, head):
            return f"the store's audit chain does not go through row {head.seq}, which was noted"
    return None


async def _epoch_rows(tx: Transaction) -> list[tuple[int, int, int]]:
    return [(row[0], row[1], row[2]) for row in await tx.rows(_SQL["epoch"])]
