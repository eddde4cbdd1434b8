"""What an entity remembers of transfers, and what it has still to send."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from interlace.services.kms.model.keys import KeyId, KmeId, Pair
from interlace.services.kms.model.peering import Item, TransferId

__all__ = ["OutboxItem", "TransferRole", "TransferRow", "TransferState"]

TransferRole = Literal["origin", "target", "relay", "outbox"]
TransferState = Literal[
    "unknown", "waiting", "done", "lost", "taken", "denied", "passed", "sending", "burning", "gone"
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferRow:
    """What an entity remembers of a transfer.

    Attributes:
        transfer: which.
        role: of this entity in it.
        state: how far it is.
        other: at the origin the target, elsewhere the origin.
        pair: of the keys.
        key_ids: of the keys, in order; empty for a transfer that never came.
        changed_us: since when it is in this state.
        expires_us: when the keys expire; afterwards the row may be forgotten.
    """

    transfer: TransferId
    role: TransferRole
    state: TransferState
    other: KmeId
    pair: Pair | None
    key_ids: tuple[KeyId, ...]
    changed_us: int
    expires_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """What has to be sent to a neighbour until it answers.

    Attributes:
        seq: its place in the outbox.
        peer: the neighbour.
        item: an envelope, or a burn that took its place.
        queued_us: since when.
    """

    seq: int
    peer: KmeId
    item: Item
    queued_us: int
