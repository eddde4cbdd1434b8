"""The ports of links and relays: what is kept of them, other entities, and QKD modules.

A `LinkStore` carries out a function as one durable transaction. The function is given a `Ledger`,
and, as everywhere on the platform, awaits nothing else. So the rules of relaying are written once,
over any store:

    async def work(ledger: Ledger) -> bool:
        pad = await ledger.spend(link, sender, 129)
        ...
        await ledger.enqueue(peer, envelope)

    await links.transaction(work)
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeVar

from interlace.platform import AuditEvent
from interlace.services.kms.model.keys import KeyId, KmeId, LinkId, Pair, Role
from interlace.services.kms.model.orders import Assembly, NewKey
from interlace.services.kms.model.peering import (
    Assemble,
    AssembleReply,
    Confirm,
    Deal,
    Done,
    Hello,
    Item,
    RelayReply,
    RelayRequest,
    Reserve,
    ReserveReply,
    Settle,
    SettleReply,
    Stretch,
    TransferId,
)
from interlace.services.kms.model.pieces import Piece
from interlace.services.kms.model.transfers import OutboxItem, TransferRow, TransferState

__all__ = [
    "Binder",
    "FaultPoints",
    "Ledger",
    "LedgerWork",
    "LinkStore",
    "Modules",
    "Peers",
]

T = TypeVar("T")


class Ledger(Protocol):
    """An entity's links, transfers and keys, within one transaction.

    Link key is kept in pieces: runs of blocks of a stream (link, sender). Whatever takes blocks
    out takes them out for good: no call brings a block back, save `release` those that were set
    aside and never used.
    """

    async def epochs(self) -> Mapping[KmeId, int]:
        """Of the other entities, as far as they are known."""
        ...

    async def note_epoch(self, peer: KmeId, epoch: int) -> None:
        """Remember another entity's epoch."""
        ...

    async def reset_link(self, link: LinkId, peer: KmeId) -> int:
        """Drop all key of a link, dealt or not, and what is in the outbox for the peer.

        Returns:
            Blocks that were dropped.
        """
        ...

    async def next_block(self, link: LinkId, sender: KmeId) -> int:
        """The first block of a stream that was never dealt; locks the stream."""
        ...

    async def put(self, link: LinkId, sender: KmeId, piece: Piece) -> None:
        """Add newly dealt key at the end of a stream, and move its end."""
        ...

    async def save_deal(self, link: LinkId, deal: Deal) -> None:
        """Keep a deal that the other end has not answered yet; one a link."""
        ...

    async def deal(self, link: LinkId) -> Deal | None:
        """The deal that was not answered yet."""
        ...

    async def drop_deal(self, link: LinkId) -> None:
        """It was answered."""
        ...

    async def spend(self, link: LinkId, sender: KmeId, count: int) -> tuple[Piece, ...] | None:
        """Take the next blocks out of a stream; `None`, and nothing taken, if it has too few."""
        ...

    async def look(
        self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]
    ) -> tuple[Piece, ...] | None:
        """These blocks, which stay where they are; `None` if one is missing."""
        ...

    async def burn(self, link: LinkId, sender: KmeId, pad: Sequence[Stretch]) -> int:
        """Take out those of these blocks that are there; how many."""
        ...

    async def reserve(
        self, transfer: TransferId, link: LinkId, sender: KmeId, *, count: int, now_us: int
    ) -> bool:
        """Set blocks aside for a transfer; true too if that was done before."""
        ...

    async def spend_reserved(
        self, transfer: TransferId, link: LinkId, sender: KmeId, count: int
    ) -> tuple[Piece, ...] | None:
        """Take out what was set aside for a transfer; `None` if it is not so many blocks."""
        ...

    async def release(self, *, transfer: TransferId | None = None, before_us: int = 0) -> int:
        """Put back what was set aside for a transfer, or for any before a moment; how many."""
        ...

    async def set_failed(self, link: LinkId, *, is_failed: bool) -> None:
        """Remember that a link was taken out, or put back."""
        ...

    async def transfer(self, transfer: TransferId) -> TransferRow | None:
        """What is remembered of it."""
        ...

    async def begin_transfer(self, row: TransferRow) -> None:
        """Remember a transfer.

        Raises:
            ConstraintError: it is known already; the transaction cannot go on.
        """
        ...

    async def move_transfer(self, row: TransferRow, state: TransferState, *, now_us: int) -> None:
        """Note a transfer's new state.

        Raises:
            InvariantError: it has changed since the row was read.
        """
        ...

    async def enqueue(self, peer: KmeId, item: Item, *, now_us: int) -> None:
        """Put an item into the outbox."""
        ...

    async def replace_queued(self, seq: int, item: Item, *, now_us: int) -> None:
        """Put another item in the place of one."""
        ...

    async def drop_queued(self, seqs: Sequence[int]) -> None:
        """Items that need not be sent any more."""
        ...

    async def has_keys(self, key_ids: Sequence[KeyId], role: Role) -> bool:
        """Whether there is or was a copy of any of these."""
        ...

    async def add_keys(
        self, keys: Sequence[NewKey], state: Literal["pending", "available"]
    ) -> None:
        """Take copies of keys in."""
        ...

    async def activate_keys(self, key_ids: Sequence[KeyId], role: Role) -> None:
        """Make pending copies available."""
        ...

    async def void_keys(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> None:
        """Void copies."""
        ...

    async def void_pair(self, pair: Pair, role: Role, *, reason: str) -> None:
        """Void all copies of a pair that are not delivered."""
        ...

    async def forget_transfers(self, *, before_us: int) -> int:
        """Forget transfers whose keys expired before a moment; how many."""
        ...

    def tell(self, *events: AuditEvent) -> None:
        """Add rows to the audit trail; they are written when the function ends."""
        ...


LedgerWork = Callable[[Ledger], Coroutine[Any, Any, T]]


class LinkStore(Protocol):
    """The durable store of links and transfers. All raise `StoreError` as the platform's does."""

    async def transaction(self, work: LedgerWork[T]) -> T:
        """Carry work out as one durable transaction, its audit rows included."""
        ...

    async def stocks(self) -> Mapping[tuple[LinkId, KmeId], int]:
        """Blocks of each stream (link, sender) that are there; streams without any are missing."""
        ...

    async def failed_links(self) -> frozenset[LinkId]:
        """Links that an operator took out."""
        ...

    async def queued(self, peer: KmeId, *, most: int, after: int = 0) -> Sequence[OutboxItem]:
        """The oldest items for a neighbour behind a place in the outbox."""
        ...

    async def waiting(self, *, before_us: int, most: int) -> Sequence[TransferRow]:
        """Transfers that began here, are not settled and have not changed since a moment."""
        ...

    async def underway(self) -> Mapping[Pair, int]:
        """Keys of transfers that began here and are not settled, by pair."""
        ...


class Peers(Protocol):
    """The other entities. Each call raises `PeerError` if it brings no answer."""

    async def hello(self, kme: KmeId, request: Hello) -> Hello:
        """Is it there, and how are its links?"""
        ...

    async def deal(self, kme: KmeId, request: Deal) -> Done:
        """Give it new link key: this is the quantum channel, simulated."""
        ...

    async def reserve(self, kme: KmeId, request: Reserve) -> ReserveReply:
        """Have it set link key aside, or let it go."""
        ...

    async def relay(self, kme: KmeId, request: RelayRequest) -> RelayReply:
        """Send it keys over a link."""
        ...

    async def confirm(self, kme: KmeId, request: Confirm) -> Done:
        """Tell the origin of transfers that they arrived."""
        ...

    async def settle(self, kme: KmeId, request: Settle) -> SettleReply:
        """Ask the target of transfers what became of them."""
        ...

    async def assemble(self, kme: KmeId, request: Assemble) -> AssembleReply:
        """Have it make keys of other sizes."""
        ...


class Modules(Protocol):
    """The QKD modules at this end of links."""

    def due(self, link: LinkId) -> int:
        """Blocks that were made since the last call and are to be dealt now."""
        ...

    def draw(self, count: int) -> bytes:
        """So many blocks of fresh key, from the operating system's generator."""
        ...


class Binder(Protocol):
    """What carries out an assembly for the slave: `KeyStore.bind`."""

    async def bind(self, assembly: Assembly) -> bool:
        """Make the slave's copies; whether they are there now."""
        ...


class FaultPoints(Protocol):
    """Named points at which a test may end this entity: the platform's `KillPoints`."""

    def point(self, name: str) -> None:
        """Be there."""
        ...
