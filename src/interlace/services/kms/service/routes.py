"""Which way keys go: the path whose scarcest link has the most key left.

Each end of a link publishes the blocks that it may send with. The width of a path is the least of
them; among equally wide paths the one with fewer hops is taken, for each hop costs key. Links that
are EMPTY or DOWN carry nothing.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from interlace.services.kms.model.keys import KmeId
from interlace.services.kms.model.peering import LinkState

__all__ = ["Hop", "Route", "widest_route"]

_USABLE: frozenset[LinkState] = frozenset({"READY", "WARNING", "CHARGING"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """What an end of a link says of sending to the other end."""

    state: LinkState
    stock: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path from origin to target.

    Attributes:
        path: both ends included.
        width: blocks of its scarcest hop.
    """

    path: tuple[KmeId, ...]
    width: int


def widest_route(
    hops: Mapping[tuple[KmeId, KmeId], Hop], origin: KmeId, target: KmeId, *, least: int
) -> Route | None:
    """The widest path.

    Args:
        hops: by sender and receiver; what is not known is left out.
        origin: where keys are made.
        target: where they go.
        least: blocks that each hop must have.

    Returns:
        `None` if there is no path on which each hop has that many.

    Example:
        >>> hop = Hop(state="READY", stock=600)
        >>> widest_route({("a", "b"): hop, ("b", "c"): hop}, "a", "c", least=129)
        Route(path=('a', 'b', 'c'), width=600)
    """
    onward: dict[KmeId, list[tuple[KmeId, int]]] = {}
    for (sender, receiver), hop in hops.items():
        if hop.state in _USABLE and hop.stock >= least:
            onward.setdefault(sender, []).append((receiver, hop.stock))
    best: dict[KmeId, tuple[int, int]] = {}
    waiting: list[tuple[int, int, tuple[KmeId, ...]]] = [(-(2**62), 0, (origin,))]
    while waiting:
        width, length, path = heapq.heappop(waiting)
        if path[-1] == target:
            return Route(path=path, width=-width)
        if best.get(path[-1], (1, 0)) <= (width, length):
            continue
        best[path[-1]] = (width, length)
        for receiver, stock in onward.get(path[-1], ()):
            if receiver not in path:
                heapq.heappush(waiting, (max(width, -stock), length + 1, (*path, receiver)))
    return None
