"""Which qubit lives on which machine.

Qubits are vertices of weight one, packets are hyperedges over the root and its
partners; cutting a hyperedge costs an ebit for every further machine that it
touches. mt-kahypar minimises that over the machines' data-qubit capacities:
connectivity on networks where every pair of machines is linked, Steiner trees
on the network's graph elsewhere (`seating` arranges the blocks where the graph
is too large for that). Capacities are hard: a repair step moves what
the partitioner left over.

Large hypergraphs are partitioned level by level: `coarsening` makes clusters of qubits
and clusters of those, mt-kahypar partitions the coarsest hypergraph, and on the way back
`refinement` moves vertices of each level between machines.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from interlace.circuit import Circuit
from interlace.compiler.coarsening import Level, coarsened
from interlace.compiler.hypergraph import Hypergraph, ebits, packet_hypergraph
from interlace.compiler.refinement import refined
from interlace.compiler.seating import seated
from interlace.errors import InfeasibleError
from interlace.kernel import FloatArray, IntArray, compiled, derived_seed

if TYPE_CHECKING:
    import mtkahypar

__all__ = ["candidates", "contiguous", "partitioned", "repaired"]


def candidates(
    circuit: Circuit,
    capacities: Sequence[int],
    distance: FloatArray,
    *,
    seed: int,
) -> Iterator[IntArray]:
    """Placements worth trying: machine of each qubit, capacities respected.

    Of long circuits, of which the search can try one or two, the one with the smallest cut comes
    first; else contiguous blocks, which are there at once.

    Args:
        circuit: the input.
        capacities: data qubits of each machine.
        distance: cost of an ebit between two machines (hops), shape (k, k).
        seed: of the search.

    Raises:
        InfeasibleError: the circuit has more qubits than the machines have data qubits.
    """
    n, room = circuit.num_qubits, sum(capacities)
    if n > room:
        msg = (
            f"the circuit has {n} qubits, the machines together have {room} data qubits: "
            f"add machines or use larger ones"
        )
        raise InfeasibleError(msg)
    graph = packet_hypergraph(circuit)
    proposals = _proposals(graph, capacities, distance, seed=seed)
    if len(circuit.ops) >= _MANY_ROWS:
        proposals = sorted(proposals, key=lambda p: ebits(graph, p, len(capacities)))
    seen: set[bytes] = set()
    for placement in proposals:
        fitted = repaired(placement, graph, capacities, distance)
        if fitted.tobytes() not in seen:
            seen.add(fitted.tobytes())
            yield fitted


def _proposals(
    graph: Hypergraph, capacities: Sequence[int], distance: FloatArray, *, seed: int
) -> Iterator[IntArray]:
    order = sorted(range(len(capacities)), key=lambda m: -capacities[m])
    yield contiguous(graph.num_qubits, capacities, range(len(capacities)))
    yield contiguous(graph.num_qubits, capacities, order)
    used = [m for m in range(len(capacities)) if capacities[m] > 0]
    if len(used) > 1 and len(graph) > 0 and max(capacities) < graph.num_qubits:
        yield partitioned(graph, capacities, distance, seed=derived_seed(seed, "place", 0) % 2**31)


_MANY_ROWS = 1_000_000
"""From this size on the search may end before it comes to a third placement."""


def contiguous(n: int, capacities: Sequence[int], order: Sequence[int]) -> IntArray:
    """Fill the machines one after the other, in the given order."""
    machines = np.array(order, dtype=np.int64)
    return np.repeat(machines, np.array(capacities, dtype=np.int64)[machines])[:n]


def partitioned(
    graph: Hypergraph, capacities: Sequence[int], distance: FloatArray, *, seed: int
) -> IntArray:
    """One run of the partitioner; blocks may come out over capacity (see `repaired`).

    The seed is that of large hypergraphs: the finer settings of mt-kahypar take no notice of it.
    """
    rooms = np.array(capacities, dtype=np.int64)
    machines = np.flatnonzero(rooms > 0)
    if len(machines) > graph.num_qubits:
        machines = _together(machines, rooms, distance, needed=graph.num_qubits)
    room, k = rooms[machines], len(machines)
    between = distance[np.ix_(machines, machines)]
    is_uniform = bool(np.all(between + np.eye(k) == 1))
    is_mapped = not is_uniform and k <= _MOST_MAPPED and len(graph.pins) < _HUGE_PINS
    if len(graph.pins) >= _HUGE_PINS:
        place = _by_levels(graph, room, seed)
    else:
        sizes = np.ones(graph.num_qubits, dtype=np.int64)
        place = _blocks(graph, sizes, room, seed, between=between if is_mapped else None)
    if not is_uniform and not is_mapped:
        place = seated(place, graph, room, between)
    return machines[place]


def _together(
    machines: IntArray, rooms: IntArray, distance: FloatArray, *, needed: int
) -> IntArray:
    """The fewest machines around one of them that have room for all; of several the closest.

    The partitioner lays no more blocks on a graph than there are vertices, and would use them all.
    """
    found: list[tuple[int, float, int, IntArray]] = []
    for first in machines.tolist():
        order = machines[np.lexsort((-rooms[machines], distance[first, machines]))]
        count = int(np.searchsorted(np.cumsum(rooms[order]), needed)) + 1
        chosen = np.sort(order[:count])
        spread = float(distance[np.ix_(chosen, chosen)].sum())
        found.append((count, spread, first, chosen))
    return min(found, key=lambda one: one[:3])[3]


_HUGE_PINS = 200_000
"""From this size on the finer settings take more than about ten seconds."""

_MOST_MAPPED = 64
"""The partitioner lays Steiner trees on graphs of at most so many machines."""

_IMBALANCE = 0.03
"""Asked for by the partitioner's interface; the machines' own capacities override it."""


def _by_levels(graph: Hypergraph, room: IntArray, seed: int) -> IntArray:
    """Partition the hypergraph's clusters, then refine what that means for smaller ones."""
    n = graph.num_qubits
    levels = coarsened(
        graph,
        most_qubits=max(1, n // (_CLUSTERS_A_MACHINE * len(room))),
        fewest=max(_FEWEST, n // _QUBITS_A_CLUSTER),
        seed=seed,
    )
    block = _coarsest_blocks(levels[-1], room, seed)
    for level in reversed(levels[:-1]):
        block = refined(block[level.parent], level, room)
    return block


_CLUSTERS_A_MACHINE = 30
"""At least so many fill a machine: few enough to see far, enough to fill it well."""

_FEWEST = 10_000
_QUBITS_A_CLUSTER = 20
"""The coarsest level has `_FEWEST` vertices, or one for so many qubits if that is more."""


def _coarsest_blocks(level: Level, room: IntArray, seed: int) -> IntArray:
    """The better of two partitions.

    The quick settings first. What can be cut well (a chain, a tree, a lattice) the finer ones cut
    much better, and in little more time. Elsewhere they take ten times as long, and after
    refinement are no better.
    """
    graph, sizes, k = level.graph, level.wires.sizes, len(room)
    quick = refined(_blocks(graph, sizes, room, seed, is_quick=True), level, room)
    cost = ebits(graph, quick, k)
    if len(graph.pins) >= _HUGE_PINS or _GOOD_CUT * cost > graph.weights.sum():
        return quick
    fine = refined(_blocks(graph, sizes, room, seed), level, room)
    return min(quick, fine, key=lambda block: ebits(graph, block, k))


_GOOD_CUT = 4
"""Where at most one in so many packets is cut, there are places that are good to cut at."""


def _blocks(
    graph: Hypergraph,
    sizes: IntArray,
    room: IntArray,
    seed: int,
    *,
    is_quick: bool = False,
    between: FloatArray | None = None,
) -> IntArray:
    """One run of mt-kahypar: the block of each vertex.

    On one thread the quick settings gave the same blocks for the same seed wherever that was
    tried; only the finer ones promise it.

    Args:
        graph: the packets.
        sizes: qubits of each vertex.
        room: qubits of each block, shape (k,).
        seed: noticed by the quick settings only.
        is_quick: with the settings for large inputs: coarser, and ten times as fast.
        between: distances of the blocks, shape (k, k), to minimise Steiner trees; else
            connectivity.
    """
    import mtkahypar

    k = len(room)
    presets = mtkahypar.PresetType
    pins, start = graph.pins.tolist(), graph.start.tolist()
    with _quiet():
        kahypar = _partitioner()
        mtkahypar.set_seed(seed)
        context = kahypar.context_from_preset(
            presets.LARGE_K if is_quick else presets.DETERMINISTIC
        )
        if between is None:
            context.set_partitioning_parameters(k, _IMBALANCE, mtkahypar.Objective.KM1)
        else:
            context.set_mapping_parameters(k, _IMBALANCE)
        context.set_individual_target_block_weights(room.tolist())
        context.logging = False
        hypergraph = kahypar.create_hypergraph(
            context,
            graph.num_qubits,
            len(graph),
            [pins[first:last] for first, last in pairwise(start)],
            sizes.tolist(),
            graph.weights.tolist(),
        )
        if between is None:
            result = hypergraph.partition(context)
        else:
            pairs = [(i, j) for i in range(k) for j in range(i)]
            weights = [max(1, round(float(between[i, j]))) for i, j in pairs]
            target = kahypar.create_target_graph(context, k, len(pairs), pairs, weights)
            result = hypergraph.map_onto_graph(target, context)
        blocks = [result.block_id(vertex) for vertex in range(graph.num_qubits)]
    return np.array(blocks, dtype=np.int64)


@cache
def _partitioner() -> mtkahypar.Initializer:
    """The partitioner, on one thread, set up once a process."""
    import mtkahypar

    return mtkahypar.initialize(1)


@contextmanager
def _quiet() -> Generator[None]:
    """The partitioner prints to the process's own streams: data goes there, its talk does not."""
    sys.stdout.flush()
    sys.stderr.flush()
    saved = [os.dup(1), os.dup(2)]
    sink = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        yield
    finally:
        for stream, copy in zip((1, 2), saved, strict=True):
            os.dup2(copy, stream)
            os.close(copy)
        os.close(sink)


def repaired(
    placement: IntArray, graph: Hypergraph, capacities: Sequence[int], distance: FloatArray
) -> IntArray:
    """Move qubits out of machines that are over capacity, the cheapest first."""
    room = np.array(capacities, dtype=np.int64)
    load = np.bincount(placement, minlength=len(room))
    place = placement.astype(np.int64)
    if not np.any(load > room):
        return place
    order = np.argsort(graph.pins, kind="stable")
    touching = np.repeat(np.arange(len(graph)), np.diff(graph.start))[order]
    begin = np.zeros(graph.num_qubits + 1, dtype=np.int64)
    np.cumsum(np.bincount(graph.pins, minlength=graph.num_qubits), out=begin[1:])
    for machine in np.flatnonzero(load > room).tolist():
        while load[machine] > room[machine]:
            free = np.flatnonzero(load < room)
            qubit, target = _cheapest(
                machine,
                free,
                place,
                begin,
                touching,
                graph.start,
                graph.pins,
                graph.weights,
                distance,
            )
            place[qubit] = target
            load[machine] -= 1
            load[target] += 1
    return place


@compiled
def _cheapest(
    machine: int,
    free: IntArray,
    place: IntArray,
    begin: IntArray,
    touching: IntArray,
    start: IntArray,
    pins: IntArray,
    weights: IntArray,
    distance: FloatArray,
) -> tuple[int, int]:
    """The move of a qubit from the machine to a free one that costs least; the first of several.

    What a qubit costs on a machine is the sum, over its hyperedges' weights and their other
    qubits, of the distances to these.
    """
    best_qubit, best_target, least = -1, -1, 0.0
    pulls = np.zeros(len(distance))
    for qubit in range(len(place)):
        if place[qubit] != machine:
            continue
        pulls[:] = 0.0
        for at in range(begin[qubit], begin[qubit + 1]):
            edge = touching[at]
            for pin in range(start[edge], start[edge + 1]):
                if pins[pin] != qubit:
                    pulls[place[pins[pin]]] += weights[edge]
        for target in free:
            more = 0.0
            for other in range(len(pulls)):
                more += pulls[other] * (distance[target, other] - distance[machine, other])
            if best_qubit == -1 or more < least:
                best_qubit, best_target, least = qubit, target, more
    return best_qubit, best_target
