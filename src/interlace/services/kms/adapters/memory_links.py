"""Links, transfers and keys in memory: for tests of whoever uses the port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar

from interlace.errors import InvariantError
from interlace.platform import AuditEvent, ConstraintError
from interlace.services.kms.model.keys import KeyId, KeyState, KmeId, LinkId, Pair, Role
from interlace.services.kms.model.orders import NewKey
from interlace.services.kms.model.peering import Deal, Item, Stretch, TransferId
from interlace.services.kms.model.pieces import Piece, cut, merged, without
from interlace.services.kms.model.transfers import OutboxItem, TransferRow, TransferState
from interlace.services.kms.ports.links import LedgerWork

__all__ = ["MemoryKey", "MemoryLedger", "MemoryLinkStore"]

T = TypeVar("T")
Stream = tuple[LinkId, KmeId]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemoryKey:
    """A copy of a key."""

    pair: Pair
    material: bytes
    state: KeyState

    def __repr__(self) -> str:
        return f"MemoryKey({self.pair}, {self.state})"


@dataclass(slots=True)
class MemoryLedger:
    """The contents; see the port `Ledger`."""

    known: dict[KmeId, int] = field(default_factory=dict[KmeId, int])
    ends: dict[Stream, int] = field(default_factory=dict[Stream, int])
    pieces: dict[Stream, list[Piece]] = field(default_factory=dict[Stream, list[Piece]])
    aside: dict[TransferId, tuple[Stream, tuple[Piece, ...], int]] = field(
        default_factory=dict[TransferId, tuple[Stream, tuple[Piece, ...], int]]
    )
    deals: dict[LinkId, Deal] = field(default_factory=dict[LinkId, Deal])
    failed: set[LinkId] = field(default_factory=set[LinkId])
    transfers: dict[TransferId, TransferRow] = field(default_factory=dict[TransferId, TransferRow])
    outbox: dict[int, OutboxItem] = field(default_factory=dict[int, OutboxItem])
    last_seq: int = 0
    copies: dict[tuple[KeyId, Role], MemoryKey] = field(
        default_factory=dict[tuple[KeyId, Role], MemoryKey]
    )
    audit: list[AuditEvent] = field(default_factory=list[AuditEvent])

    def copied(self) -> MemoryLedger:
        """The same contents, to be changed apart from these."""
        return replace(
            self,
            known=dict(self.known),
            ends=dict(self.ends),
            pieces={stream: list(held) for stream, held in self.pieces.items()},
            aside=dict(self.aside),
            deals=dict(self.deals),
            failed=set(self.failed),
            transfers=dict(self.transfers),
            outbox=dict(self.outbox),
            copies=dict(self.copies),
            audit=list(self.audit),
        )

    async def epochs(self) -> Mapping[KmeId, int]:
        """Of the other entities."""
        return dict(self.known)

    async def note_epoch(self, peer: KmeId, epoch: int) -> None:
        """Remember another entity's epoch."""
        self.known[peer] = epoch

    async def reset_link(self, link: LinkId, peer: KmeId) -> int:
        """Drop all key of a link, and what is in the outbox for the peer."""
        dropped = sum(p.count for (of, _), held in self.pieces.items() if of == link for p in held)
        set_aside = {t: one for t, one in self.aside.items() if one[0][0] == link}
        dropped += sum(p.count for _, held, _ in set_aside.values() for p in held)
        self.pieces = {s: held for s, held in self.pieces.items() if s[0] != link}
        self.ends = {s: end for s, end in self.ends.items() if s[0] != link}
        self.aside = {t: one for t, one in self.aside.items() if t not in set_aside}
        self.outbox = {seq: one for seq, one in self.outbox.items() if one.peer != peer}
        self.deals.pop(link, None)
        return dropped

    async def next_block(self, link: LinkId, sender: KmeId) -> int:
        """The first block of a stream that was never dealt."""
        return self.ends.get((link, sender), 0)

    async def put(self, link: LinkId, sender: KmeId, piece: Piece) -> None:
        """Add newly dealt key at the end of a stream."""
        if self.ends.get((link, sender), 0) != piece.first:
            raise InvariantError(f"blocks of {link} were not dealt in order")
        self._put((link, sender), [piece])
        self.ends[link, sender] = piece.first + piece.count

    async def save_deal(self, link: LinkId, deal: Deal) -> None:
        """Keep a deal that was not answered yet."""
        if link in self.deals:
            raise ConstraintError(f"a deal for {link} is under way")
        self.deals[link] = deal

    async def deal(self, link: LinkId) -> Deal | None:
        """The deal that was not answered yet."""
        return self.deals.get(link)

    async def drop_deal(self, link: LinkId) -> None:
        """It was answered."""
        self.deals.pop(link, None)

    async def spend(self, link: LinkId, sender: KmeId, count: int) -> tuple[Piece, ...] | None:
        """Take the next blocks out of a stream."""
        held = self.pieces.get((link, sender), [])
        if sum(piece.count for piece in held) < count:
            return None
        taken: list[Piece] = []
        while count:
            piece, rest = held.pop(0), None
            if piece.count > count:
                piece, rest = cut(piece, count)
            if rest is not None:
                held.insert(0, rest)
            taken.append(piece)
            count -= piece.count
        return tuple(taken)

    async def look(
        self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]
    ) -> tuple[Piece, ...] | None:
        """These blocks, which stay where they are."""
        found = [merged(self.pieces.get((link, sender), []), stretch) for stretch in pad]
        there = tuple(piece for piece in found if piece is not None)
        return there if len(there) == len(pad) else None

    async def burn(self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]) -> int:
        """Take out those of these blocks that are there."""
        held = self.pieces.get((link, sender), [])
        before = sum(piece.count for piece in held)
        for stretch in pad:
            held = [rest for piece in held for rest in without(piece, stretch)]
        self.pieces[link, sender] = held
        return before - sum(piece.count for piece in held)

    async def reserve(
        self, transfer: TransferId, link: LinkId, sender: KmeId, *, count: int, now_us: int
    ) -> bool:
        """Set blocks aside for a transfer."""
        if transfer in self.aside:
            return True
        pieces = await self.spend(link, sender, count)
        if pieces is None:
            return False
        self.aside[transfer] = ((link, sender), pieces, now_us)
        return True

    async def spend_reserved(
        self, transfer: TransferId, link: LinkId, sender: KmeId, count: int
    ) -> tuple[Piece, ...] | None:
        """Take out what was set aside for a transfer."""
        stream, pieces, _ = self.aside.get(transfer, (None, (), 0))
        if stream != (link, sender) or sum(piece.count for piece in pieces) != count:
            return None
        del self.aside[transfer]
        return pieces

    async def release(self, *, transfer: TransferId | None = None, before_us: int = 0) -> int:
        """Put back what was set aside."""
        released = 0
        for one, (stream, pieces, at_us) in list(self.aside.items()):
            if one == transfer or (transfer is None and at_us < before_us):
                del self.aside[one]
                self._put(stream, pieces)
                released += sum(piece.count for piece in pieces)
        return released

    async def set_failed(self, link: LinkId, *, is_failed: bool) -> None:
        """Remember that a link was taken out, or put back."""
        (self.failed.add if is_failed else self.failed.discard)(link)

    async def transfer(self, transfer: TransferId) -> TransferRow | None:
        """What is remembered of it."""
        return self.transfers.get(transfer)

    async def begin_transfer(self, row: TransferRow) -> None:
        """Remember a transfer."""
        if row.transfer in self.transfers:
            raise ConstraintError("a transfer is known already")
        self.transfers[row.transfer] = row

    async def move_transfer(self, row: TransferRow, state: TransferState, *, now_us: int) -> None:
        """Note a transfer's new state."""
        if self.transfers[row.transfer].state != row.state:
            raise InvariantError(f"the transfer {row.transfer} was changed by somebody else")
        self.transfers[row.transfer] = replace(row, state=state, changed_us=now_us)

    async def enqueue(self, peer: KmeId, item: Item, *, now_us: int) -> None:
        """Put an item into the outbox."""
        self.last_seq += 1
        self.outbox[self.last_seq] = OutboxItem(
            seq=self.last_seq, peer=peer, item=item, queued_us=now_us
        )

    async def replace_queued(self, seq: int, item: Item, *, now_us: int) -> None:
        """Put another item in the place of one."""
        if seq in self.outbox:
            self.outbox[seq] = replace(self.outbox[seq], item=item, queued_us=now_us)

    async def drop_queued(self, seqs: Sequence[int]) -> None:
        """Items that need not be sent any more."""
        for seq in seqs:
            self.outbox.pop(seq, None)

    async def has_keys(self, key_ids: Sequence[KeyId], role: Role) -> bool:
        """Whether there is or was a copy of any of these."""
        return any((key_id, role) in self.copies for key_id in key_ids)

    async def add_keys(
        self, keys: Sequence[NewKey], state: Literal["pending", "available"]
    ) -> None:
        """Take copies of keys in."""
        for key in keys:
            if (key.key_id, key.role) in self.copies:
                raise ConstraintError("a copy of a key is there already")
            self.copies[key.key_id, key.role] = MemoryKey(
                pair=key.pair, material=key.material.reveal(), state=state
            )

    async def activate_keys(self, key_ids: Sequence[KeyId], role: Role) -> None:
        """Make pending copies available."""
        for key_id in key_ids:
            found = self.copies[key_id, role]
            if found.state == "pending":
                self.copies[key_id, role] = replace(found, state="available")

    async def void_keys(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> None:
        """Void copies."""
        self._void([(key_id, role) for key_id in key_ids], reason)

    async def void_pair(self, pair: Pair, role: Role, *, reason: str) -> None:
        """Void all copies of a pair that are not delivered."""
        self._void([p for p, k in self.copies.items() if p[1] == role and k.pair == pair], reason)

    async def forget_transfers(self, *, before_us: int) -> int:
        """Forget transfers whose keys expired before a moment."""
        old = [t for t, r in self.transfers.items() if r.expires_us < before_us]
        old = [t for t in old if self.transfers[t].state != "waiting"]
        for transfer in old:
            del self.transfers[transfer]
        return len(old)

    def tell(self, *events: AuditEvent) -> None:
        """Add rows to the audit trail."""
        self.audit.extend(events)

    def _put(self, stream: Stream, pieces: Sequence[Piece]) -> None:
        held = [*self.pieces.get(stream, ()), *pieces]
        self.pieces[stream] = sorted(held, key=lambda piece: piece.first)

    def _void(self, places: Sequence[tuple[KeyId, Role]], reason: str) -> None:
        gone: set[KeyState] = {"delivered", "expired", "void"}
        there = [p for p in places if p in self.copies and self.copies[p].state not in gone]
        for place in there:
            self.copies[place] = replace(self.copies[place], state="void", material=b"")
        if there:
            detail = {"reason": reason, "keys": " ".join(key_id for key_id, _ in there)}
            self.tell(AuditEvent(actor="kms", event="keys-void", subject="keys", detail=detail))


@dataclass(slots=True)
class MemoryLinkStore:
    """See the port `LinkStore`: what a transaction that fails has done is undone."""

    content: MemoryLedger = field(default_factory=MemoryLedger)

    async def transaction(self, work: LedgerWork[T]) -> T:
        """Carry work out, whole or not at all."""
        ledger = self.content.copied()
        result = await work(ledger)
        self.content = ledger
        return result

    async def stocks(self) -> Mapping[tuple[LinkId, KmeId], int]:
        """Blocks of each stream."""
        return {s: sum(p.count for p in held) for s, held in self.content.pieces.items() if held}

    async def failed_links(self) -> frozenset[LinkId]:
        """Links that an operator took out."""
        return frozenset(self.content.failed)

    async def queued(self, peer: KmeId, *, most: int, after: int = 0) -> Sequence[OutboxItem]:
        """The oldest items for a neighbour."""
        there = sorted(self.content.outbox.items())
        return [one for seq, one in there if one.peer == peer and seq > after][:most]

    async def waiting(self, *, before_us: int, most: int) -> Sequence[TransferRow]:
        """Transfers that are not settled."""
        rows = [r for r in self.content.transfers.values() if r.state == "waiting"]
        return sorted((r for r in rows if r.changed_us < before_us), key=lambda r: r.changed_us)[
            :most
        ]

    async def underway(self) -> Mapping[Pair, int]:
        """Keys of transfers that are not settled."""
        found: dict[Pair, int] = {}
        for row in self.content.transfers.values():
            if row.state == "waiting" and row.pair is not None:
                found[row.pair] = found.get(row.pair, 0) + len(row.key_ids)
        return found
