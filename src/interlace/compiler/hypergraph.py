"""The packets of a circuit as weighted hyperedges over its qubits.

A hyperedge holds the root of a packet and its partners: cutting it costs an
ebit for every further machine that it touches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import Circuit
from interlace.compiler.plan import NONE
from interlace.compiler.work import work_for
from interlace.kernel import BoolArray, IntArray, compiled

__all__ = ["Hypergraph", "ebits", "merged", "packet_hypergraph"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypergraph:
    """E packets as weighted hyperedges over qubits.

    Attributes:
        num_qubits: vertices; `coarsening` makes ones of several qubits.
        start: CSR of the qubits of each hyperedge, shape (E + 1,).
        pins: these qubits, ascending in each hyperedge.
        weights: packets that each hyperedge stands for, shape (E,).
    """

    num_qubits: int
    start: IntArray
    pins: IntArray
    weights: IntArray

    def __len__(self) -> int:
        return len(self.weights)


def packet_hypergraph(circuit: Circuit) -> Hypergraph:
    """The packets that the circuit would need if every qubit sat on a machine of its own."""
    n = circuit.num_qubits
    work = work_for(circuit, np.arange(n), np.full(n, n, dtype=np.int64))
    root, qubit = _pins(work.ops.start, work.ops.operands, work.segment, len(work.segment_qubit))
    keys = np.unique(root * max(n, 1) + qubit)
    roots, pins = keys // max(n, 1), keys % max(n, 1)
    start = np.append(np.flatnonzero(np.diff(roots, prepend=-1)), len(roots))
    return merged(n, start, pins, np.ones(len(start) - 1, dtype=np.int64))


def merged(num_qubits: int, start: IntArray, pins: IntArray, weights: IntArray) -> Hypergraph:
    """The hyperedges, those with the same pins as one of their weights together.

    Args:
        num_qubits: vertices.
        start: CSR of the pins of each hyperedge, shape (E + 1,).
        pins: these pins, ascending in each hyperedge.
        weights: of the hyperedges, shape (E,).
    """
    is_first, total = _merged(start, pins, weights)
    sizes = np.diff(start)
    kept = np.zeros(int(is_first.sum()) + 1, dtype=np.int64)
    np.cumsum(sizes[is_first], out=kept[1:])
    return Hypergraph(
        num_qubits=num_qubits,
        start=kept,
        pins=pins[np.repeat(is_first, sizes)],
        weights=total[is_first],
    )


def ebits(graph: Hypergraph, block: IntArray, k: int) -> int:
    """What a partition costs: for each hyperedge its weight times its further blocks.

    Args:
        graph: the packets.
        block: of each vertex, 0 to k - 1.
        k: blocks.

    Example:
        >>> two = np.array([0, 2, 5]), np.array([0, 1, 0, 1, 2])
        >>> graph = Hypergraph(num_qubits=3, start=two[0], pins=two[1], weights=np.array([5, 1]))
        >>> ebits(graph, np.array([0, 0, 1]), 2)
        1
    """
    return int(_ebits(graph.start, graph.pins, graph.weights, block, k))


@compiled
def _ebits(start: IntArray, pins: IntArray, weights: IntArray, block: IntArray, k: int) -> int:
    seen, cost = np.full(k, NONE, dtype=np.int64), 0
    for edge in range(len(weights)):
        blocks = 0
        for at in range(start[edge], start[edge + 1]):
            here = block[pins[at]]
            if seen[here] != edge:
                seen[here] = edge
                blocks += 1
        cost += weights[edge] * (blocks - 1)
    return cost


@compiled
def _pins(
    start: IntArray, operands: IntArray, segment: IntArray, num_segments: int
) -> tuple[IntArray, IntArray]:
    """For each row the segments that would serve it, all but its host's, with its qubits.

    Roots are numbered in the order in which rows need them. Where every operand could be copied,
    the one that fewest rows ask for is the host; of several the last.
    """
    demand = np.zeros(num_segments, dtype=np.int64)
    total = 0
    for row in range(len(start) - 1):
        size = start[row + 1] - start[row]
        if size > 1:
            total += size * size
            for place in range(start[row], start[row + 1]):
                if segment[place] != NONE:
                    demand[segment[place]] += 1
    number = np.full(num_segments, NONE, dtype=np.int64)
    root, qubit = np.empty(total, dtype=np.int64), np.empty(total, dtype=np.int64)
    count, at = 0, 0
    for row in range(len(start) - 1):
        first, last = start[row], start[row + 1]
        if last - first < 2:
            continue
        host = _least_wanted(segment, demand, first, last)
        for _ in range(last - first):
            place = _most_wanted(segment, demand, number, first, last, host)
            if place == NONE:
                break
            number[segment[place]] = count
            count += 1
        for place in range(first, last):
            if place != host and segment[place] != NONE:
                for other in range(first, last):
                    root[at], qubit[at] = number[segment[place]], operands[other]
                    at += 1
    return root[:at].copy(), qubit[:at].copy()


@compiled
def _least_wanted(segment: IntArray, demand: IntArray, first: int, last: int) -> int:
    """The operand that hosts the row: the first that cannot be copied, else the last in demand."""
    host = first
    for place in range(first, last):
        if segment[host] == NONE:
            break
        if segment[place] == NONE or demand[segment[place]] <= demand[segment[host]]:
            host = place
    return host


@compiled
def _most_wanted(
    segment: IntArray, demand: IntArray, number: IntArray, first: int, last: int, host: int
) -> int:
    """The operand to number next: not the host, not numbered; or `NONE`.

    Where there was a choice of hosts the one asked for most, else the first.
    """
    best = NONE
    for place in range(first, last):
        if place == host or segment[place] == NONE or number[segment[place]] != NONE:
            continue
        is_choice = segment[host] != NONE
        if best == NONE or (is_choice and demand[segment[place]] > demand[segment[best]]):
            best = place
    return best


@compiled
def _merged(start: IntArray, pins: IntArray, weights: IntArray) -> tuple[BoolArray, IntArray]:
    """Which hyperedges are the first with their pins, and the weight of all that have the same."""
    edges = len(weights)
    is_first, total = np.zeros(edges, dtype=np.bool_), np.zeros(edges, dtype=np.int64)
    slots = 16
    while slots < 2 * edges:
        slots *= 2
    table = np.full(slots, NONE, dtype=np.int64)
    for edge in range(edges):
        size = start[edge + 1] - start[edge]
        slot = size
        for at in range(start[edge], start[edge + 1]):
            slot = (slot * 0x9E3779B1 + pins[at] + 1) & 0x7FFFFFFFFFFF
            slot ^= slot >> 17
        slot &= slots - 1
        while table[slot] != NONE and not _same(start, pins, int(table[slot]), edge):
            slot = (slot + 1) & (slots - 1)
        if table[slot] == NONE:
            table[slot] = edge
            is_first[edge] = True
        total[table[slot]] += weights[edge]
    return is_first, total


@compiled
def _same(start: IntArray, pins: IntArray, one: int, other: int) -> bool:
    size = start[one + 1] - start[one]
    if start[other + 1] - start[other] != size:
        return False
    is_same = True
    for at in range(size):
        is_same = is_same and pins[start[one] + at] == pins[start[other] + at]
    return is_same
