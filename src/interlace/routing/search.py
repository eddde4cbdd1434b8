"""Exact label-setting search over paths whose figures multiply.

Theory of operation
-------------------
A *label* is a path from the source to some node with one vector: the three
characters of the swapped state and, on a grid of times, the probability that
every hop is ready. Each entry of the vector is the product of the hops'
entries, so whatever continues a path multiplies the vectors of two labels at
the same node alike. Both objectives (expected wait, infidelity) never fall when
a path grows, so labels leave a heap in the order of the objective and the first
that reaches the target is best.

A label may be dropped if a settled one at its node is at least as large in
every entry that counts: then so is each continuation. Three cases need care.

- *A continuation may meet the settled path again.* Cutting the cycle out
  leaves a shorter path with larger entries, as they are at most 1. This holds
  unless the cut is barred by wiring (both hops on one communication qubit) or
  characters are negative; then the settled path must also visit no node that
  the dropped one does not.
- *Negative characters* (a link whose errors of two kinds weigh more than 1/2
  together): larger is no longer better, so the characters must be equal; and
  fidelity may rise along a path, so a search for the highest looks at all.
- *Without a bound* on fidelity the characters do not count: they break ties, as
  the heap hands out fewer hops first, then the higher fidelity.

Labels per node are capped (`MOST_LABELS` over the nodes of the network, at
least `FEWEST_PER_NODE`); past the cap only a label that is better in fidelity
than all settled ones stays. Up to the cap the search is exact.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import numpy as np

from interlace.kernel import FloatArray
from interlace.routing.graph import CHARACTERS, WAITS, Hop, PathGraph
from interlace.units import Fidelity

__all__ = ["Goal", "Label", "find_path"]

MOST_LABELS = 40_000
FEWEST_PER_NODE = 128
_SLACK = 1e-12
"""Products of the same factors in another order differ by less."""

Key = tuple[float, int, float, tuple[int, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What the search looks for.

    Attributes:
        min_fidelity: bound on the swapped state's fidelity.
        by_fidelity: look for the highest fidelity instead of the shortest wait.
        any_swap: let every node swap, whatever its communication qubits (to explain a failure).
    """

    min_fidelity: Fidelity | None = None
    by_fidelity: bool = False
    any_swap: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A path from the source with the product of its hops' vectors."""

    nodes: tuple[int, ...]
    links: tuple[int, ...]
    last: Hop | None
    visited: int
    vector: FloatArray

    @property
    def fidelity(self) -> Fidelity:
        """Overlap of the swapped pair with Phi+."""
        return (1.0 + float(self.vector[CHARACTERS].sum())) / 4.0


def find_path(graph: PathGraph, source: int, target: int, *, goal: Goal) -> Label | None:
    """The best path from source to target, or `None` if none meets the goal."""
    return _Search(graph=graph, target=target, goal=goal).run(source)


@dataclass(slots=True)
class _Settled:
    """Labels that left the heap at one node, in that order."""

    vectors: FloatArray
    visited: list[int] = field(default_factory=list)
    lasts: list[Hop | None] = field(default_factory=list)
    best_fidelity: Fidelity = -1.0

    def add(self, label: Label) -> None:
        count = len(self.visited)
        if count == len(self.vectors):
            self.vectors = np.concatenate([self.vectors, np.empty_like(self.vectors)])
        self.vectors[count] = label.vector
        self.visited.append(label.visited)
        self.lasts.append(label.last)
        self.best_fidelity = max(self.best_fidelity, label.fidelity)


class _Search:
    def __init__(self, *, graph: PathGraph, target: int, goal: Goal) -> None:
        self._graph = graph
        self._target = target
        self._goal = goal
        self._reach = graph.reach(target) if goal.min_fidelity is not None else None
        self._cap = max(FEWEST_PER_NODE, MOST_LABELS // len(graph.hops))
        self._settled: dict[int, _Settled] = {}

    def run(self, source: int) -> Label | None:
        size = 3 + len(self._graph.grid.times_s)
        start = Label(
            nodes=(source,), links=(), last=None, visited=1 << source, vector=np.ones(size)
        )
        heap: list[tuple[Key, Label]] = [(self._key(start), start)]
        best: Label | None = None
        while heap:
            _, label = heapq.heappop(heap)
            node = label.nodes[-1]
            if node == self._target:
                if self._graph.is_ordered or not self._goal.by_fidelity:
                    return label
                best = label if best is None or label.fidelity > best.fidelity else best
                continue
            if not self._settle(node, label):
                continue
            for hop in self._graph.hops[node]:
                if self._is_open(label, hop):
                    longer = _extended(label, hop)
                    if self._may_meet_goal(longer):
                        heapq.heappush(heap, (self._key(longer), longer))
        return best

    def _key(self, label: Label) -> Key:
        """Objective first; rounded, so that equal paths tie whatever the order of their hops."""
        fidelity = _rounded(label.fidelity)
        if self._goal.by_fidelity:
            return (-fidelity, len(label.links), 0.0, label.links)
        wait_s = _rounded(self._graph.grid.mean_s(label.vector[WAITS]))
        return (wait_s, len(label.links), -fidelity, label.links)

    def _is_open(self, label: Label, hop: Hop) -> bool:
        """Whether the path may go on over that hop."""
        if label.visited >> hop.far & 1:
            return False
        if label.last is None or self._goal.any_swap:
            return True
        arrived = self._graph.sole[label.last.link][1 - label.last.end]
        leaving = self._graph.sole[hop.link][hop.end]
        on_one_qubit = arrived is not None and arrived == leaving
        return self._graph.can_swap[label.nodes[-1]] and not on_one_qubit

    def _may_meet_goal(self, label: Label) -> bool:
        """Whether any continuation can still be good enough."""
        if self._goal.min_fidelity is None or self._reach is None:
            return True
        best = np.abs(label.vector[CHARACTERS]) * self._reach[label.nodes[-1]]
        if label.nodes[-1] == self._target:
            best = label.vector[CHARACTERS]
        return (1.0 + float(best.sum())) / 4.0 >= self._goal.min_fidelity - _SLACK

    def _settle(self, node: int, label: Label) -> bool:
        """Keep the label at its node unless a settled one makes it needless."""
        settled = self._settled.setdefault(node, _Settled(vectors=np.empty((4, len(label.vector)))))
        if self._is_dominated(settled, label):
            return False
        is_full = len(settled.visited) >= self._cap
        if is_full and label.fidelity <= settled.best_fidelity + _SLACK:
            return False
        settled.add(label)
        return True

    def _is_dominated(self, settled: _Settled, label: Label) -> bool:
        count = len(settled.visited)
        if count == 0:
            return False
        gain = settled.vectors[:count] - label.vector
        better = np.ones(count, dtype=np.bool_)
        if not self._goal.by_fidelity:
            better &= np.all(gain[:, WAITS] >= -_SLACK, axis=1)
        if self._is_state_judged:
            states = gain[:, CHARACTERS] if self._graph.is_ordered else -np.abs(gain[:, CHARACTERS])
            better &= np.all(states >= -_SLACK, axis=1)
        return any(self._may_replace(settled, k, label) for k in np.flatnonzero(better).tolist())

    @property
    def _is_state_judged(self) -> bool:
        """Whether the swapped state decides anything but ties."""
        return self._goal.by_fidelity or self._goal.min_fidelity is not None

    def _may_replace(self, settled: _Settled, k: int, label: Label) -> bool:
        """Whether the settled path can go wherever the label's can."""
        is_subset = settled.visited[k] & ~label.visited == 0
        if self._graph.has_sole_wiring and not self._goal.any_swap:
            return is_subset and self._leaves_alike(settled.lasts[k], label.last)
        return is_subset or self._graph.is_ordered or not self._is_state_judged

    def _leaves_alike(self, settled: Hop | None, last: Hop | None) -> bool:
        """Whether the settled path arrives on wiring that bars no more than the label's."""
        if settled is None or last is None:
            return settled is last
        arrived = self._graph.sole[settled.link][1 - settled.end]
        return arrived is None or arrived == self._graph.sole[last.link][1 - last.end]


def _extended(label: Label, hop: Hop) -> Label:
    return Label(
        nodes=(*label.nodes, hop.far),
        links=(*label.links, hop.link),
        last=hop,
        visited=label.visited | 1 << hop.far,
        vector=label.vector * hop.vector,
    )


def _rounded(value: float) -> float:
    return float(f"{value:.9e}")
