"""How transfers and links evolve: tables of transitions, without clock or I/O.

A transfer has a row at its origin and at its target, a mark at each relay between them, and an
item in the outbox of whoever has to send it on. The target decides what became of a transfer:

    origin    waiting ── confirmed ──▶ done       its keys become available
              waiting ── denied ─────▶ lost       its keys are void, and the audit says so
    target    unknown ── arrived ────▶ taken      its keys are stored, then it tells the origin
              unknown ── asked ──────▶ denied     a late arrival is refused
    relay     unknown ── arrived ────▶ passed     decrypted, encrypted anew, in the outbox
    outbox    sending ── accepted ───▶ (gone)
              sending ── refused ────▶ burning    the receiver must drop the blocks that were used
              sending ── aged ───────▶ burning
              burning ── accepted ───▶ (gone)

What comes twice changes nothing. A target that denies what it has confirmed was put back without a
new epoch, or lies: the origin's keys may be in use, and stay as they are. A restored origin counts
what was waiting as lost; a target that confirms it has yet to learn of the restore, and then voids
its copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from interlace.errors import InvariantError
from interlace.services.kms.model.peering import LinkState
from interlace.services.kms.model.transfers import TransferRole, TransferState

__all__ = [
    "LINK_TABLE",
    "TRANSFER_TABLE",
    "Effect",
    "LinkMarks",
    "TransferEvent",
    "link_step",
    "transfer_step",
]

TransferEvent = Literal["arrived", "asked", "confirmed", "denied", "accepted", "refused", "aged"]
Effect = Literal["activate", "void", "store", "forward", "confirm", "refuse", "burn", "drop"]

TRANSFER_TABLE: Mapping[
    tuple[TransferRole, TransferState, TransferEvent], tuple[TransferState, tuple[Effect, ...]]
] = MappingProxyType({
    ("origin", "waiting", "confirmed"): ("done", ("activate",)),
    ("origin", "waiting", "denied"): ("lost", ("void",)),
    ("origin", "done", "confirmed"): ("done", ()),
    ("origin", "done", "denied"): ("done", ()),
    ("origin", "lost", "denied"): ("lost", ()),
    ("origin", "lost", "confirmed"): ("lost", ()),
    ("target", "unknown", "arrived"): ("taken", ("store", "confirm")),
    ("target", "unknown", "asked"): ("denied", ()),
    ("target", "taken", "arrived"): ("taken", ("confirm",)),
    ("target", "taken", "asked"): ("taken", ()),
    ("target", "denied", "arrived"): ("denied", ("refuse",)),
    ("target", "denied", "asked"): ("denied", ()),
    ("relay", "unknown", "arrived"): ("passed", ("forward",)),
    ("relay", "passed", "arrived"): ("passed", ()),
    ("outbox", "sending", "accepted"): ("gone", ("drop",)),
    ("outbox", "sending", "refused"): ("burning", ("burn",)),
    ("outbox", "sending", "aged"): ("burning", ("burn",)),
    ("outbox", "burning", "accepted"): ("gone", ("drop",)),
    ("outbox", "burning", "refused"): ("gone", ("drop",)),
    ("outbox", "burning", "aged"): ("burning", ()),
})  # fmt: skip


def transfer_step(
    role: TransferRole, state: TransferState, event: TransferEvent
) -> tuple[TransferState, tuple[Effect, ...]]:
    """The next state, and what is to be done in the transaction that notes it.

    Raises:
        InvariantError: the table has no such step.

    Example:
        >>> transfer_step("origin", "waiting", "confirmed")
        ('done', ('activate',))
    """
    if (role, state, event) not in TRANSFER_TABLE:
        raise InvariantError(f"a transfer at its {role} is {state} and cannot be {event}")
    return TRANSFER_TABLE[role, state, event]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMarks:
    """Blocks at which a link's state changes (Mehic et al., QKDNetSim: M_min and M_thr).

    Attributes:
        least: at or below it, the link is EMPTY.
        threshold: at or above it, READY; more than `least`.
    """

    least: int = 1
    threshold: int = 512


Level = Literal["full", "some", "none"]
LINK_TABLE: Mapping[tuple[LinkState, Level], LinkState] = MappingProxyType({
    ("READY", "full"): "READY",
    ("READY", "some"): "WARNING",
    ("READY", "none"): "EMPTY",
    ("WARNING", "full"): "READY",
    ("WARNING", "some"): "WARNING",
    ("WARNING", "none"): "EMPTY",
    ("CHARGING", "full"): "READY",
    ("CHARGING", "some"): "CHARGING",
    ("CHARGING", "none"): "EMPTY",
    ("EMPTY", "full"): "READY",
    ("EMPTY", "some"): "CHARGING",
    ("EMPTY", "none"): "EMPTY",
    ("DOWN", "full"): "READY",
    ("DOWN", "some"): "CHARGING",
    ("DOWN", "none"): "EMPTY",
})  # fmt: skip


def link_step(state: LinkState, stock: int, marks: LinkMarks, *, is_down: bool) -> LinkState:
    """A link's next state.

    Args:
        state: the one before.
        stock: blocks that this end may send with.
        marks: where states change.
        is_down: the module or the other end is out of reach, or an operator took it out.

    Example:
        >>> link_step("READY", 100, LinkMarks(threshold=512), is_down=False)
        'WARNING'
        >>> link_step("EMPTY", 100, LinkMarks(threshold=512), is_down=False)
        'CHARGING'
    """
    if is_down:
        return "DOWN"
    level: Level = "none" if stock <= marks.least else "some"
    return LINK_TABLE[state, "full" if stock >= marks.threshold else level]
