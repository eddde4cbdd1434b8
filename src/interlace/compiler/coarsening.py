"""A hypergraph of clusters of qubits, coarser level by level.

A partitioner needs time for every pin and block, and loses sight of what is near on
inputs of a million qubits. So clusters of qubits that share packets become the vertices of a
smaller hypergraph, that one is coarsened again, and so on. Vertices are taken in
random order; one that is alone joins the cluster c with the highest

    r(c) = (sum of w(e) / (|e| - 1) over its hyperedges e that c has a pin in) / sqrt(size of c)

(heavy edges first: Karypis, Aggarwal, Kumar, Shekhar, IEEE Trans. VLSI 7 (1999) 69; the
root keeps clusters of one level alike). No cluster becomes larger than a small share of a
machine. Pins in one cluster become one, a hyperedge with a single pin left is dropped, those
with the same pins are merged. The cost of a partition stays what it is for the qubits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from interlace.compiler.hypergraph import Hypergraph, merged
from interlace.compiler.plan import NONE
from interlace.kernel import FloatArray, IntArray, compiled, stream

__all__ = ["Level", "Wiring", "coarsened"]

_SHRINK = 2.5
"""A level has at most so many times the vertices of the next: the refinement has something to do
at every size."""

_STALLED = 0.95
"""A level with more than this share of the vertices of the one before is not worth its time."""

_WIDE = 1000
"""A hyperedge with more pins says little of which of them belong together."""


_FEW = 32
"""Up to so many numbers are put in order one by one."""


class Wiring(NamedTuple):
    """A hypergraph of V vertices and E hyperedges, both ways round.

    Attributes:
        start: CSR of the pins of each hyperedge, shape (E + 1,).
        pins: vertices.
        weights: of the hyperedges, shape (E,).
        begin: CSR of the hyperedges of each vertex, shape (V + 1,).
        touching: these hyperedges, ascending for each vertex.
        sizes: qubits of each vertex, shape (V,).
    """

    start: IntArray
    pins: IntArray
    weights: IntArray
    begin: IntArray
    touching: IntArray
    sizes: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A hypergraph on the way from qubits to clusters.

    Attributes:
        graph: its vertices are clusters of qubits.
        wires: the same with the hyperedges of each vertex, and its qubits.
        parent: the vertex of each on the next coarser level, shape (V,); empty on the coarsest.
    """

    graph: Hypergraph
    wires: Wiring
    parent: IntArray


def coarsened(graph: Hypergraph, *, most_qubits: int, fewest: int, seed: int) -> list[Level]:
    """The hypergraph itself, then coarser and coarser ones.

    Args:
        graph: the packets.
        most_qubits: of a vertex.
        fewest: vertices; a level with hardly more is the last. So is one that cannot be coarsened.
        seed: of the orders in which vertices are taken.

    Example:
        >>> graph = Hypergraph(
        ...     num_qubits=4,
        ...     start=np.array([0, 2, 4, 6]),
        ...     pins=np.array([0, 1, 1, 2, 2, 3]),
        ...     weights=np.array([5, 1, 5]),
        ... )
        >>> levels = coarsened(graph, most_qubits=2, fewest=2, seed=1)
        >>> levels[0].parent.tolist(), levels[1].wires.weights.tolist()
        ([0, 0, 1, 1], [1])
    """
    sizes = np.ones(graph.num_qubits, dtype=np.int64)
    levels: list[Level] = []
    while True:
        begin, touching = _incidence(graph.start, graph.pins, graph.num_qubits)
        wires = Wiring(graph.start, graph.pins, graph.weights, begin, touching, sizes)
        if graph.num_qubits <= fewest:
            break
        order = stream(seed, "coarsen", len(levels)).permutation(graph.num_qubits)
        least = max(fewest, int(graph.num_qubits / _SHRINK))
        parent, vertices = _clusters(wires, order, most_qubits, least)
        if vertices > _STALLED * graph.num_qubits:
            break
        levels.append(Level(graph=graph, wires=wires, parent=parent))
        sizes = _summed(parent, sizes, vertices)
        graph = _contracted(graph, parent, vertices)
    return [*levels, Level(graph=graph, wires=wires, parent=np.empty(0, dtype=np.int64))]


@compiled
def _incidence(start: IntArray, pins: IntArray, vertices: int) -> tuple[IntArray, IntArray]:
    """CSR of the hyperedges of each vertex."""
    begin = np.zeros(vertices + 1, dtype=np.int64)
    for pin in pins:
        begin[pin + 1] += 1
    begin = np.cumsum(begin)
    free = begin[:-1].copy()
    touching = np.empty(len(pins), dtype=np.int64)
    for edge in range(len(start) - 1):
        for at in range(start[edge], start[edge + 1]):
            touching[free[pins[at]]] = edge
            free[pins[at]] += 1
    return begin, touching


@compiled
def _clusters(
    wires: Wiring, order: IntArray, most_qubits: int, fewest: int
) -> tuple[IntArray, int]:
    """The cluster of each vertex, numbered in the order of the first one in it, and how many."""
    vertices = len(wires.sizes)
    joined, size = np.arange(vertices), wires.sizes.copy()
    is_alone = np.ones(vertices, dtype=np.bool_)
    rating, near = np.zeros(vertices), np.empty(vertices, dtype=np.int64)
    left = vertices
    for vertex in order:
        if left <= fewest:
            break
        if is_alone[vertex]:
            best = _best_cluster(wires, joined, size, rating, near, vertex, most_qubits)
            if best != NONE:
                joined[vertex] = best
                size[best] += size[vertex]
                is_alone[vertex] = is_alone[best] = False
                left -= 1
    return _numbered(joined), left


@compiled
def _best_cluster(
    wires: Wiring,
    joined: IntArray,
    size: IntArray,
    rating: FloatArray,
    near: IntArray,
    vertex: int,
    most_qubits: int,
) -> int:
    """The cluster that shares most with a vertex, the first of several; or `NONE`.

    `rating` is 0 for every cluster before and after.
    """
    count = 0
    for at in range(wires.begin[vertex], wires.begin[vertex + 1]):
        edge = wires.touching[at]
        first, last = wires.start[edge], wires.start[edge + 1]
        if last - first > _WIDE:
            continue
        for pin in range(first, last):
            cluster = joined[wires.pins[pin]]
            if cluster == vertex:
                continue
            if rating[cluster] == 0.0:
                near[count] = cluster
                count += 1
            rating[cluster] += wires.weights[edge] / (last - first - 1)
    best, most = NONE, 0.0
    for index in range(count):
        cluster = near[index]
        score = rating[cluster] / np.sqrt(size[cluster])
        rating[cluster] = 0.0
        if score > most and size[vertex] + size[cluster] <= most_qubits:
            best, most = cluster, score
    return best


@compiled
def _numbered(joined: IntArray) -> IntArray:
    """The same clusters with numbers from 0."""
    number = np.full(len(joined), NONE, dtype=np.int64)
    parent = np.empty(len(joined), dtype=np.int64)
    count = 0
    for vertex in range(len(joined)):
        if number[joined[vertex]] == NONE:
            number[joined[vertex]] = count
            count += 1
        parent[vertex] = number[joined[vertex]]
    return parent


@compiled
def _summed(parent: IntArray, sizes: IntArray, vertices: int) -> IntArray:
    """Qubits of each cluster."""
    total = np.zeros(vertices, dtype=np.int64)
    for vertex in range(len(parent)):
        total[parent[vertex]] += sizes[vertex]
    return total


def _contracted(graph: Hypergraph, parent: IntArray, vertices: int) -> Hypergraph:
    """The hypergraph of the clusters."""
    start, pins, edges = _narrowed(graph.start, graph.pins, parent, vertices)
    return merged(vertices, start, pins, graph.weights[edges])


@compiled
def _narrowed(
    start: IntArray, pins: IntArray, parent: IntArray, vertices: int
) -> tuple[IntArray, IntArray, IntArray]:
    """The hyperedges between clusters, their pins ascending, and which ones they were."""
    begin, kept = np.empty_like(start), np.empty(len(start), dtype=np.int64)
    found, seen = np.empty_like(pins), np.full(vertices, NONE, dtype=np.int64)
    count, end = 0, 0
    begin[0] = 0
    for edge in range(len(start) - 1):
        first = end
        for at in range(start[edge], start[edge + 1]):
            cluster = parent[pins[at]]
            if seen[cluster] != edge:
                seen[cluster] = edge
                found[end] = cluster
                end += 1
        if end - first < 2:
            end = first
            continue
        _sort(found, first, end)
        kept[count] = edge
        count += 1
        begin[count] = end
    return begin[: count + 1].copy(), found[:end].copy(), kept[:count].copy()


@compiled
def _sort(numbers: IntArray, first: int, end: int) -> None:
    """Put numbers first to end in order, in place; most runs are of a few."""
    if end - first > _FEW:
        numbers[first:end] = np.sort(numbers[first:end])
        return
    for at in range(first + 1, end):
        number, free = numbers[at], at
        while free > first and numbers[free - 1] > number:
            numbers[free] = numbers[free - 1]
            free -= 1
        numbers[free] = number
