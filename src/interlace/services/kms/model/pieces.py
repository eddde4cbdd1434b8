"""Link key in runs of blocks: how they are cut.

Blocks stand in streams: one for each end of a link that sends. A piece is a run of a stream's
blocks that is kept, moved and used up as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.services.kms.model.peering import BLOCK_BYTES, Stretch

__all__ = ["Piece", "cut", "merged", "without"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Link key: blocks from `first` on, with their content."""

    first: int
    material: bytes

    @property
    def count(self) -> int:
        """Blocks."""
        return len(self.material) // BLOCK_BYTES

    @property
    def stretch(self) -> Stretch:
        """Which blocks."""
        return Stretch(self.first, self.count)

    def part(self, first: int, end: int) -> Piece:
        """Blocks `first` to `end - 1` of it."""
        low, high = (first - self.first) * BLOCK_BYTES, (end - self.first) * BLOCK_BYTES
        return Piece(first=first, material=self.material[low:high])

    def __repr__(self) -> str:
        return f"Piece({self.first}, {self.count} blocks)"


def cut(piece: Piece, count: int) -> tuple[Piece, Piece | None]:
    """The first blocks of a piece, and the rest if there is any."""
    middle, end = piece.first + count, piece.first + piece.count
    return piece.part(piece.first, middle), (piece.part(middle, end) if middle < end else None)


def without(piece: Piece, stretch: Stretch) -> tuple[Piece, ...]:
    """What is left of a piece when the blocks of a stretch are taken out."""
    end, low, high = piece.first + piece.count, stretch.first, stretch.first + stretch.count
    left = piece.part(piece.first, min(low, end)) if low > piece.first else None
    right = piece.part(max(high, piece.first), end) if high < end else None
    return tuple(rest for rest in (left, right) if rest is not None)


def merged(pieces: Sequence[Piece], stretch: Stretch) -> Piece | None:
    """The blocks of a stretch out of pieces in order; `None` if one is missing."""
    parts: list[bytes] = []
    at, end = stretch.first, stretch.first + stretch.count
    for piece in pieces:
        if piece.first <= at < piece.first + piece.count:
            part = piece.part(at, min(end, piece.first + piece.count))
            parts.append(part.material)
            at += part.count
    return Piece(first=stretch.first, material=b"".join(parts)) if at == end else None
