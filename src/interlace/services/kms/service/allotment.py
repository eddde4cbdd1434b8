"""Which order gets which keys: the rules of delivery, as a function of what is there.

Orders come in a row and are served in that row, each whole or not at all:

    TakeNext    the next copies of the master's pool; too few: insufficient
    TakeByIds   1. an ID that is here for another slave than the caller: wrong party
                2. an ID that is not available for these two: unknown key
                3. else all of them

A key that one order got is gone for the orders behind it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.services.kms.model import (
    KeyId,
    Order,
    Pair,
    Refusal,
    TakeNext,
)

__all__ = ["Allotted", "Copies", "Pools", "allot"]

Pools = Mapping[tuple[Pair, int], Sequence[KeyId]]
"""Available copies for masters, the oldest first, by pair and size in bits."""

Allotted = tuple[KeyId, ...] | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """What is here of one key ID.

    Attributes:
        slaves: those that its copies, of either role, are or were for.
        available_for: the pair whose slave can fetch it now; `None`: nobody.
    """

    slaves: frozenset[str]
    available_for: Pair | None


def allot(orders: Sequence[Order], pools: Pools, copies: Mapping[KeyId, Copies]) -> list[Allotted]:
    """Say for each order which keys it gets.

    Args:
        orders: the earlier first.
        pools: at least as many copies as the orders ask for, where there are so many.
        copies: of every ID that is asked for; an ID that is missing was never here.
    """
    used: dict[tuple[Pair, int], int] = {}
    gone: set[KeyId] = set()
    allotted: list[Allotted] = []
    for order in orders:
        if isinstance(order, TakeNext):
            place = (order.pair, order.size_bits)
            start = used.get(place, 0)
            ids = tuple(pools.get(place, ())[start : start + order.count])
            if len(ids) < order.count:
                allotted.append(Refusal(reason="insufficient"))
                continue
            used[place] = start + order.count
            allotted.append(ids)
        else:
            refusal = _refusal(order.key_ids, order.pair, copies, gone)
            if refusal is None:
                gone.update(order.key_ids)
            allotted.append(refusal or order.key_ids)
    return allotted


def _refusal(
    key_ids: Sequence[KeyId], pair: Pair, copies: Mapping[KeyId, Copies], gone: set[KeyId]
) -> Refusal | None:
    found = [copies.get(key_id) for key_id in key_ids]
    if any(copy is not None and pair.slave not in copy.slaves for copy in found):
        return Refusal(reason="wrong-party")
    if any(copy is None or copy.available_for != pair for copy in found):
        return Refusal(reason="unknown-key")
    if any(key_id in gone for key_id in key_ids):
        return Refusal(reason="unknown-key")
    return None
