"""What entities say to one another: requests and replies, as values.

Each request carries two epochs: the caller's own, and the callee's as the caller knows it. An
entity that was restored from a backup has a higher one, and link key of an older one is void on
both sides (see `interlace.services.kms.service.acquaintance`).

Key material appears in `Dealt.material` alone (the simulated quantum channel), and, one-time
padded, in `Envelope.ciphertext`. Neither is shown.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from interlace.services.kms.model.keys import KmeId

__all__ = [
    "BLOCK_BYTES",
    "MOST_BLOCKS",
    "MOST_KEYS",
    "POOL_BITS",
    "Assemble",
    "AssembleReply",
    "Burn",
    "Confirm",
    "Deal",
    "Dealt",
    "Done",
    "Envelope",
    "Hello",
    "Item",
    "LinkState",
    "LinkView",
    "Made",
    "RelayReply",
    "RelayRequest",
    "Request",
    "Reserve",
    "ReserveReply",
    "Settle",
    "SettleReply",
    "Stretch",
    "TransferId",
    "Verdict",
    "Wanted",
]

BLOCK_BYTES = 32
"""A block of link key: 256 bits, as long as a key of the pool."""

POOL_BITS = 8 * BLOCK_BYTES
"""Of the keys that relays bring; one of another size is made of these."""

MOST_KEYS = 128
"""Keys of one transfer or of one assembly, at most."""

LinkState = Literal["READY", "WARNING", "CHARGING", "EMPTY", "DOWN"]
"""How much key a link has: plenty; less, and falling; less, and rising; none. DOWN: it is out."""

Verdict = Literal["accepted", "wait", "refused"]
"""What became of an item: taken (or known already); not now, try again; never."""

Name = Annotated[str, Meta(min_length=1, max_length=256)]
TransferId = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""A UUID, as lower-case text with hyphens."""

Count = Annotated[int, Meta(ge=0, lt=2**62)]
MOST_BLOCKS = 4096
"""Blocks of link key that are dealt at once, at most."""

_MANY = 4096


class Stretch(Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Blocks `first` to `first + count - 1` of a stream of link key."""

    first: Count
    count: Annotated[int, Meta(ge=1, lt=2**31)]


class Request(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every request says.

    Attributes:
        epoch: of the caller.
        peer_epoch: of the callee, as the caller knows it; 0: not at all.
    """

    epoch: Annotated[int, Meta(ge=1, lt=2**62)]
    peer_epoch: Count


class Done(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """It is done, durably."""


class LinkView(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link as one of its ends sees it.

    Attributes:
        link: which.
        state: of it, for sending.
        stock: blocks that this end may send with.
        is_failed: whether an operator or the module says that it is out.
    """

    link: Name
    state: LinkState
    stock: Count
    is_failed: bool


class Hello(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """I am here, and so are my links. The reply is the same."""

    links: Annotated[tuple[LinkView, ...], Meta(max_length=256)]


class Dealt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """New link key for one direction: blocks `first` onward of what `sender` may send with."""

    sender: Name
    first: Count
    material: Annotated[bytes, Meta(min_length=BLOCK_BYTES, max_length=BLOCK_BYTES * MOST_BLOCKS)]

    def __repr__(self) -> str:
        return f"Dealt({self.sender!r}, {self.first}, {len(self.material) // BLOCK_BYTES} blocks)"


class Deal(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The quantum channel, simulated: the same blocks at both ends."""

    link: Name
    dealt: Annotated[tuple[Dealt, ...], Meta(min_length=1, max_length=2)]


class Envelope(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="keys", tag_field="kind"
):
    """Keys on their way over one hop, one-time padded.

    Attributes:
        transfer: which.
        master: of the keys' pair.
        slave: of the keys' pair.
        path: the entities from origin to target.
        origin_epoch: of the path's first entity when it began.
        target_epoch: of the path's last entity, as the first one knew it.
        expires_us: of the keys, microseconds since 1970-01-01T00:00:00Z.
        key_ids: 16 bytes a key.
        hop: the receiver's place in the path, from 1.
        pad: blocks of the link of this hop: one a key, in order, and a last one for the tag.
        ciphertext: keys xor pad.
        tag: Poly1305 of all other fields under the last block.
    """

    transfer: TransferId
    master: Name
    slave: Name
    path: Annotated[tuple[Name, ...], Meta(min_length=2, max_length=64)]
    origin_epoch: Count
    target_epoch: Count
    expires_us: Count
    key_ids: Annotated[bytes, Meta(min_length=16, max_length=16 * MOST_KEYS)]
    hop: Annotated[int, Meta(ge=1, le=63)]
    pad: Annotated[tuple[Stretch, ...], Meta(min_length=1, max_length=MOST_KEYS + 1)]
    ciphertext: Annotated[bytes, Meta(min_length=BLOCK_BYTES, max_length=BLOCK_BYTES * MOST_KEYS)]
    tag: Annotated[bytes, Meta(max_length=16)]

    @property
    def sender(self) -> KmeId:
        """Who sends it over this hop."""
        return self.path[self.hop - 1]

    @property
    def receiver(self) -> KmeId:
        """Who receives it over this hop."""
        return self.path[self.hop]

    @property
    def is_at_target(self) -> bool:
        """Whether this hop is the last."""
        return self.hop == len(self.path) - 1

    def __repr__(self) -> str:
        count = len(self.key_ids) // 16
        return f"Envelope({self.transfer}, hop {self.hop} of {self.path}, {count} keys)"


class Burn(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="burn", tag_field="kind"
):
    """Blocks that the sender has used for an envelope that it gave up: the receiver drops them."""

    transfer: TransferId
    sender: Name
    receiver: Name
    pad: Annotated[tuple[Stretch, ...], Meta(min_length=1, max_length=MOST_KEYS + 1)]


Item = Envelope | Burn


class RelayRequest(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Items for the entity at the other end of a link."""

    link: Name
    items: Annotated[tuple[Item, ...], Meta(min_length=1, max_length=64)]


class RelayReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of each, durably."""

    verdicts: tuple[Verdict, ...]


class Wanted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Blocks that a transfer will need for the callee's hop to `to`."""

    transfer: TransferId
    to: Name
    blocks: Annotated[int, Meta(ge=2, le=MOST_KEYS + 1)]


class Reserve(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Set link key aside for transfers to come; `is_released`: they will not come."""

    wanted: Annotated[tuple[Wanted, ...], Meta(min_length=1, max_length=64)]
    is_released: bool = False


class ReserveReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it is set aside, one by one."""

    reserved: tuple[bool, ...]


class Confirm(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From target to origin: these transfers are in my store."""

    transfers: Annotated[tuple[TransferId, ...], Meta(min_length=1, max_length=_MANY)]


class Settle(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From origin to target: have you these? Those that you do not have, never take in."""

    transfers: Annotated[tuple[TransferId, ...], Meta(min_length=1, max_length=_MANY)]


class SettleReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether each was taken in; one that was not never will be."""

    taken: tuple[bool, ...]


class Made(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key to be made of parts, in this order."""

    key_id: TransferId
    parts: Annotated[tuple[TransferId, ...], Meta(min_length=1, max_length=_MANY)]


class Assemble(Request, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From the master's entity to the slave's: bind an assembly, as `Assembly` tells it."""

    assembly: TransferId
    master: Name
    slave: Name
    size_bits: Annotated[int, Meta(ge=8, le=2**20)]
    expires_us: Count
    keys: Annotated[tuple[Made, ...], Meta(min_length=1, max_length=MOST_KEYS)]


class AssembleReply(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether the slave's entity holds the new keys."""

    is_bound: bool
