"""The network as a path search sees it: who can swap, and what each hop multiplies in."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlace.kernel import FloatArray
from interlace.link import Link
from interlace.network import Network
from interlace.physics import characters
from interlace.routing.waiting import WaitGrid, hop_wait

__all__ = ["CHARACTERS", "WAITS", "Hop", "PathGraph"]

CHARACTERS = slice(0, 3)
"""Where a hop's vector holds the characters of its state."""
WAITS = slice(3, None)
"""Where it holds the probabilities of being ready, on the grid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """One direction of a link.

    Attributes:
        link: link index.
        end: which end of the link it leaves from.
        far: node it leads to.
        vector: three characters, then readiness on the grid: all of them multiply along a path.
    """

    link: int
    end: int
    far: int
    vector: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class PathGraph:
    """Hops by node, with what lets a path through.

    Attributes:
        hops: the hops that leave each node.
        can_swap: which nodes have two communication qubits to join two pairs.
        sole: for each link the one communication qubit that each end is wired to, if it is one.
        grid: the times at which the vectors hold readiness.
        is_ordered: no hop has a negative character, so more of each is never worse.
        has_sole_wiring: some end is wired to one qubit only.
    """

    hops: tuple[tuple[Hop, ...], ...]
    can_swap: tuple[bool, ...]
    sole: tuple[tuple[int | None, int | None], ...]
    grid: WaitGrid
    is_ordered: bool
    has_sole_wiring: bool

    @staticmethod
    def of(network: Network, links: Sequence[Link]) -> PathGraph:
        """The graph of a network and its compiled links."""
        nodes = network.nodes
        waits = [hop_wait(link) for link in links]
        grid = WaitGrid.of(waits)
        states = characters(np.array([link.state for link in links]))
        vectors = np.concatenate([states, grid.ready(waits)], axis=1)
        hops: list[list[Hop]] = [[] for _ in nodes]
        for index, (link, vector) in enumerate(zip(links, vectors, strict=True)):
            for end in (0, 1):
                far = link.ends[1 - end]
                hops[link.ends[end]].append(Hop(link=index, end=end, far=far, vector=vector))
        sole = tuple((_only(spec.wired[0]), _only(spec.wired[1])) for spec in network.links)
        return PathGraph(
            hops=tuple(tuple(leaving) for leaving in hops),
            can_swap=tuple(
                node.communication is None or len(node.communication) >= 2 for node in nodes
            ),
            sole=sole,
            grid=grid,
            is_ordered=bool(np.all(states >= 0.0)),
            has_sole_wiring=any(qubit is not None for ends in sole for qubit in ends),
        )

    def reach(self, target: int) -> FloatArray:
        """Upper bound of each character's size on any way to the target, shape (N, 3).

        Each character on its own takes its best way: Dijkstra on products.
        """
        return np.stack([self._widest(target, k) for k in range(3)], axis=1)

    def _widest(self, target: int, character: int) -> FloatArray:
        """The largest product of one character's size on any way from each node to the target."""
        best = np.zeros(len(self.hops))
        heap = [(-1.0, target)]
        while heap:
            size, node = heapq.heappop(heap)
            if -size <= best[node]:
                continue
            best[node] = -size
            for hop in self.hops[node]:
                longer = size * abs(float(hop.vector[character]))
                if -longer > best[hop.far]:
                    heapq.heappush(heap, (longer, hop.far))
        return best


def _only(wired: tuple[int, ...] | None) -> int | None:
    """The one qubit of an end that is wired to one."""
    return wired[0] if wired is not None and len(wired) == 1 else None
