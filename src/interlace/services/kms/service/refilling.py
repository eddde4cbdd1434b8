"""When pairs get new keys, and whose turn it is.

A pair whose stock falls below its low mark is filled until it reaches its high mark. Pairs that are
being filled take turns, one transfer each, so a pair that is emptied all the time does not starve
the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.services.kms.model.keys import Pair
from interlace.services.kms.model.peering import MOST_KEYS

__all__ = ["RefillMarks", "Refilling", "Want", "refill_step"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefillMarks:
    """Keys of a pair.

    Attributes:
        low: below it, filling begins.
        high: at it, filling ends; not less than `low`.
    """

    low: int
    high: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Refilling:
    """What is remembered from one turn to the next: pairs being filled, the next one first."""

    turns: tuple[Pair, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """Keys that a pair is to get by one transfer."""

    pair: Pair
    count: int


def refill_step(
    refilling: Refilling, stocks: Mapping[Pair, int], marks: RefillMarks, *, most: int
) -> tuple[Refilling, tuple[Want, ...]]:
    """The transfers of a round.

    Args:
        refilling: as the round before left it.
        stocks: keys of each pair, those on their way included.
        marks: low and high.
        most: transfers of the round.

    Returns:
        What to remember, and what to begin: in the order of turns.

    Example:
        >>> pair = Pair(master="a", slave="b")
        >>> _, wants = refill_step(Refilling(), {pair: 40}, RefillMarks(low=64, high=240), most=8)
        >>> [want.count for want in wants]
        [128, 72]
    """
    kept = [p for p in refilling.turns if p in stocks and stocks[p] < marks.high]
    fresh = sorted(p for p in stocks if p not in kept and stocks[p] < marks.low)
    turns = [*kept, *fresh]
    left = {pair: marks.high - stocks[pair] for pair in turns}
    wants: list[Want] = []
    waiting: list[Pair] = list(turns)
    while waiting and len(wants) < most:
        pair = waiting.pop(0)
        count = min(left[pair], MOST_KEYS)
        wants.append(Want(pair=pair, count=count))
        left[pair] -= count
        if left[pair]:
            waiting.append(pair)
    return Refilling(turns=_next_first(turns, wants)), tuple(wants)


def _next_first(turns: Sequence[Pair], wants: Sequence[Want]) -> tuple[Pair, ...]:
    """Rotated so that the pair after the last one served is first."""
    if not wants:
        return tuple(turns)
    after = turns.index(wants[-1].pair) + 1
    return (*turns[after:], *turns[:after])
