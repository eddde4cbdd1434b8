"""Links, transfers and keys within one transaction of the entity's store: the port `Ledger`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from interlace.errors import InvariantError
from interlace.platform import (
    AuditEvent,
    Clock,
    Row,
    Transaction,
    Vault,
    bound,
    load_statements,
)
from interlace.services.kms.adapters.key_rows import KeyRows
from interlace.services.kms.model.keys import KeyId, KmeId, LinkId, Pair, Role
from interlace.services.kms.model.orders import NewKey
from interlace.services.kms.model.peering import (
    BLOCK_BYTES,
    MOST_KEYS,
    Deal,
    Item,
    Stretch,
    TransferId,
)
from interlace.services.kms.model.pieces import Piece, cut, merged, without
from interlace.services.kms.model.transfers import TransferRow, TransferState
from interlace.services.kms.wire.peers import decoded, encoded

__all__ = ["SQL", "SqlLedger", "transfer_row"]

SQL = load_statements("interlace.services.kms.adapters", "sql/links.sql")


@dataclass(frozen=True, slots=True)
class SqlLedger:
    """One transaction's view of the tables; see the port."""

    tx: Transaction
    keys: KeyRows
    events: list[AuditEvent] = field(default_factory=list[AuditEvent])

    @property
    def _vault(self) -> Vault:
        return self.keys.vault

    @property
    def _clock(self) -> Clock:
        return self.keys.clock

    async def epochs(self) -> Mapping[KmeId, int]:
        """Of the other entities."""
        return {str(row[0]): int(row[1]) for row in await self.tx.rows(SQL["epochs"])}

    async def note_epoch(self, peer: KmeId, epoch: int) -> None:
        """Remember another entity's epoch."""
        await self.tx.run(SQL["note_epoch"], peer, epoch)

    async def reset_link(self, link: LinkId, peer: KmeId) -> int:
        """Drop all key of a link, and what is in the outbox for the peer."""
        await self.tx.run(SQL["drop_deal"], link)  # these two wait for who deals or spends
        await self.tx.run(SQL["reset_stream"], link)
        dropped = [
            *await self.tx.rows(SQL["drop_pieces"], link),
            *await self.tx.rows(SQL["drop_reserved"], link),
        ]
        await self.tx.run(SQL["drop_outbox"], peer)
        return sum(row[0] for row in dropped)

    async def next_block(self, link: LinkId, sender: KmeId) -> int:
        """The first block of a stream that was never dealt; locks the stream."""
        rows = await self.tx.rows(SQL["stream"], link, sender)
        if not rows:
            await self.tx.run(SQL["make_stream"], link, sender)
            rows = await self.tx.rows(SQL["stream"], link, sender)
        return int(rows[0][0])

    async def put(self, link: LinkId, sender: KmeId, piece: Piece) -> None:
        """Add newly dealt key at the end of a stream."""
        if await self.next_block(link, sender) != piece.first:
            raise InvariantError(f"blocks of {link} were not dealt in order")
        rest: Piece | None = piece
        while rest is not None:  # in pieces as long as a full transfer needs: cut seldom
            one, rest = cut(rest, min(rest.count, MOST_KEYS + 1))
            await self._put(link, sender, [one])
        await self.tx.run(SQL["move_stream"], link, sender, piece.first + piece.count)

    async def save_deal(self, link: LinkId, deal: Deal) -> None:
        """Keep a deal that was not answered yet."""
        sealed = self._vault.seal(encoded(deal), bound_to=bound("deal", link))
        await self.tx.run(SQL["save_deal"], link, sealed)

    async def deal(self, link: LinkId) -> Deal | None:
        """The deal that was not answered yet."""
        rows = await self.tx.rows(SQL["deal"], link)
        if not rows:
            return None
        with self._vault.open(bytes(rows[0][0]), bound_to=bound("deal", link)) as content:
            return decoded(content.reveal(), Deal)

    async def drop_deal(self, link: LinkId) -> None:
        """It was answered."""
        await self.tx.run(SQL["drop_deal"], link)

    async def spend(self, link: LinkId, sender: KmeId, count: int) -> tuple[Piece, ...] | None:
        """Take the next blocks out of a stream."""
        await self.next_block(link, sender)
        asked, rows = 2, list[Row]()
        while sum(row[1] for row in rows) < count:
            rows = list(await self.tx.rows(SQL["next_pieces"], link, sender, asked))
            if len(rows) < asked and sum(row[1] for row in rows) < count:
                return None
            asked *= 4
        taken, missing = list[Piece](), count
        rest: list[Piece] = []
        for row in rows:
            if not missing:
                break
            piece = await self._take(link, sender, row)
            if piece.count > missing:
                piece, left = cut(piece, missing)
                rest += [left] if left is not None else []
            taken.append(piece)
            missing -= piece.count
        await self._put(link, sender, rest)
        return tuple(taken)

    async def look(
        self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]
    ) -> tuple[Piece, ...] | None:
        """These blocks, which stay where they are."""
        await self.next_block(link, sender)
        found: list[Piece] = []
        for stretch in pad:
            rows = await self._over(link, sender, stretch)
            piece = merged([self._opened(link, sender, row) for row in rows], stretch)
            if piece is None:
                return None
            found.append(piece)
        return tuple(found)

    async def burn(self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]) -> int:
        """Take out those of these blocks that are there."""
        await self.next_block(link, sender)
        burnt = 0
        for stretch in pad:
            for row in await self._over(link, sender, stretch):
                piece = await self._take(link, sender, row)
                rest = without(piece, stretch)
                await self._put(link, sender, rest)
                burnt += piece.count - sum(one.count for one in rest)
        return burnt

    async def reserve(
        self, transfer: TransferId, link: LinkId, sender: KmeId, *, count: int, now_us: int
    ) -> bool:
        """Set blocks aside for a transfer."""
        if await self.tx.rows(SQL["reserved_for"], transfer):
            return True
        pieces = await self.spend(link, sender, count)
        if pieces is None:
            return False
        rows = [
            (transfer, link, sender, one.first, one.count, self._sealed(link, sender, one), now_us)
            for one in pieces
        ]
        await self.tx.run_many(SQL["reserve"], rows)
        return True

    async def spend_reserved(
        self, transfer: TransferId, link: LinkId, sender: KmeId, count: int
    ) -> tuple[Piece, ...] | None:
        """Take out what was set aside for a transfer."""
        rows = await self.tx.rows(SQL["reserved_for"], transfer)
        places = {(row[0], row[1]) for row in rows}
        if places != {(link, sender)} or sum(row[3] for row in rows) != count:
            return None
        return tuple([await self._unreserve(row) for row in rows])

    async def release(self, *, transfer: TransferId | None = None, before_us: int = 0) -> int:
        """Put back what was set aside."""
        if transfer is None:
            rows = await self.tx.rows(SQL["reserved_before"], before_us)
        else:
            rows = await self.tx.rows(SQL["reserved_for"], transfer)
        for row in rows:
            piece = await self._unreserve(row)
            await self._put(row[0], row[1], [piece])
        return sum(row[3] for row in rows)

    async def set_failed(self, link: LinkId, *, is_failed: bool) -> None:
        """Remember that a link was taken out, or put back."""
        await self.tx.run(SQL["fail_link" if is_failed else "restore_link"], link)

    async def transfer(self, transfer: TransferId) -> TransferRow | None:
        """What is remembered of it."""
        rows = await self.tx.rows(SQL["transfer"], transfer)
        return transfer_row(rows[0]) if rows else None

    async def begin_transfer(self, row: TransferRow) -> None:
        """Remember a transfer."""
        master, slave = (None, None) if row.pair is None else (row.pair.master, row.pair.slave)
        ids = b"".join(uuid.UUID(key_id).bytes for key_id in row.key_ids)
        start = (row.transfer, row.role, row.state, row.other, master, slave, ids)
        await self.tx.run(SQL["begin_transfer"], *start, row.changed_us, row.expires_us)

    async def move_transfer(self, row: TransferRow, state: TransferState, *, now_us: int) -> None:
        """Note a transfer's new state."""
        moved = await self.tx.run(SQL["move_transfer"], row.transfer, row.state, state, now_us)
        if moved != 1:
            raise InvariantError(f"the transfer {row.transfer} was changed by somebody else")

    async def enqueue(self, peer: KmeId, item: Item, *, now_us: int) -> None:
        """Put an item into the outbox."""
        seq = (await self.tx.rows(SQL["next_seq"]))[0][0]
        await self.tx.run(SQL["enqueue"], seq, peer, encoded(item), now_us)

    async def replace_queued(self, seq: int, item: Item, *, now_us: int) -> None:
        """Put another item in the place of one."""
        await self.tx.run(SQL["replace_queued"], seq, encoded(item), now_us)

    async def drop_queued(self, seqs: Sequence[int]) -> None:
        """Items that need not be sent any more."""
        await self.tx.run_many(SQL["drop_queued"], [(seq,) for seq in seqs])

    async def has_keys(self, key_ids: Sequence[KeyId], role: Role) -> bool:
        """Whether there is or was a copy of any of these."""
        return await self.keys.any_known(self.tx, key_ids, role)

    async def add_keys(
        self, keys: Sequence[NewKey], state: Literal["pending", "available"]
    ) -> None:
        """Take copies of keys in."""
        self.events.extend(await self.keys.add(self.tx, keys, state))

    async def activate_keys(self, key_ids: Sequence[KeyId], role: Role) -> None:
        """Make pending copies available."""
        self.events.extend(await self.keys.activate(self.tx, key_ids, role))

    async def void_keys(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> None:
        """Void copies."""
        self.events.extend(await self.keys.void(self.tx, key_ids, role, reason=reason))

    async def void_pair(self, pair: Pair, role: Role, *, reason: str) -> None:
        """Void all copies of a pair that are not delivered."""
        now = self._clock.now_us()
        rows = await self.tx.rows(SQL["void_pair"], now, role, pair.master, pair.slave)
        self.events.extend(self.keys.events("keys-void", rows, reason=reason))

    async def forget_transfers(self, *, before_us: int) -> int:
        """Forget transfers whose keys expired before a moment."""
        return await self.tx.run(SQL["forget_transfers"], before_us)

    def tell(self, *events: AuditEvent) -> None:
        """Add rows to the audit trail."""
        self.events.extend(events)

    async def _over(self, link: LinkId, sender: KmeId, stretch: Stretch) -> Sequence[Row]:
        end = stretch.first + stretch.count
        return await self.tx.rows(SQL["pieces_over"], link, sender, stretch.first, end)

    async def _put(self, link: LinkId, sender: KmeId, pieces: Sequence[Piece]) -> None:
        for one in pieces:
            sealed = self._sealed(link, sender, one)
            await self.tx.run(SQL["put_piece"], link, sender, one.first, one.count, sealed)

    async def _take(self, link: LinkId, sender: KmeId, row: Row) -> Piece:
        if await self.tx.run(SQL["take_piece"], link, sender, row[0]) != 1:
            raise InvariantError(f"key of {link} was taken by somebody else")
        return self._opened(link, sender, row)

    async def _unreserve(self, row: Row) -> Piece:
        link, sender = str(row[0]), str(row[1])
        if await self.tx.run(SQL["take_reserved"], link, sender, row[2]) != 1:
            raise InvariantError(f"key of {link} was taken by somebody else")
        return self._opened(link, sender, tuple(row)[2:])

    def _sealed(self, link: LinkId, sender: KmeId, piece: Piece) -> bytes:
        bond = bound("piece", link, sender, piece.first, piece.count)
        return self._vault.seal(piece.material, bound_to=bond)

    def _opened(self, link: LinkId, sender: KmeId, row: Row | tuple[int, int, bytes]) -> Piece:
        first, count, sealed = row
        bond = bound("piece", link, sender, first, count)
        with self._vault.open(bytes(sealed), bound_to=bond) as secret:
            piece = Piece(first=first, material=secret.reveal())
        if len(piece.material) != count * BLOCK_BYTES:
            raise InvariantError(f"a piece of {link} has another length than its row says")
        return piece


def transfer_row(row: Row) -> TransferRow:
    """A transfer as its row tells it."""
    transfer, role, state, other, master, slave, ids, changed_us, expires_us = row
    raw = bytes(ids)
    return TransferRow(
        transfer=transfer,
        role=role,
        state=state,
        other=other,
        pair=None if master is None else Pair(master=master, slave=slave),
        key_ids=tuple(str(uuid.UUID(bytes=raw[at : at + 16])) for at in range(0, len(raw), 16)),
        changed_us=changed_us,
        expires_us=expires_us,
    )
