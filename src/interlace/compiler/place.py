"""Which qubit lives on which machine.

Qubits are vertices of weight one, packets are hyperedges over the root and its
partners; cutting a hyperedge costs an ebit for every further machine that it
touches. mt-kahypar minimises that over the machines' data-qubit capacities:
connectivity on networks where every pair of machines is linked, Steiner trees
on the network's graph elsewhere (`seating` arranges the blocks where the graph
is too large for that). Capacities are hard: a repair step moves what
the partitioner left over.
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
from interlace.compiler.hypergraph import Hypergraph, packet_hypergraph
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
    tries: int,
) -> Iterator[IntArray]:
    """Placements worth trying: machine of each qubit, capacities respected.

    Args:
        circuit: the input.
        capacities: data qubits of each machine.
        distance: cost of an ebit between two machines (hops), shape (k, k).
        seed: of the search.
        tries: how many runs of the partitioner.

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
    seen: set[bytes] = set()
    for placement in _proposals(graph, capacities, distance, seed=seed, tries=tries):
        fitted = repaired(placement, graph, capacities, distance)
        if fitted.tobytes() not in seen:
            seen.add(fitted.tobytes())
            yield fitted


def _proposals(
    graph: Hypergraph,
    capacities: Sequence[int],
    distance: FloatArray,
    *,
    seed: int,
    tries: int,
) -> Iterator[IntArray]:
    order = sorted(range(len(capacities)), key=lambda m: -capacities[m])
    yield contiguous(graph.num_qubits, capacities, range(len(capacities)))
    yield contiguous(graph.num_qubits, capacities, order)
    used = [m for m in range(len(capacities)) if capacities[m] > 0]
    if len(used) > 1 and len(graph) > 0 and max(capacities) < graph.num_qubits:
        for attempt in range(tries if len(graph.pins) < _MANY_PINS else 1):
            yield partitioned(
                graph, capacities, distance, seed=derived_seed(seed, "place", attempt) % 2**31
            )


_MANY_PINS = 100_000
"""From this size on one run of the partitioner takes seconds, and is all there is."""


def contiguous(n: int, capacities: Sequence[int], order: Sequence[int]) -> IntArray:
    """Fill the machines one after the other, in the given order."""
    machines = np.array(order, dtype=np.int64)
    return np.repeat(machines, np.array(capacities, dtype=np.int64)[machines])[:n]


def partitioned(
    graph: Hypergraph, capacities: Sequence[int], distance: FloatArray, *, seed: int
) -> IntArray:
    """One run of mt-kahypar; blocks may come out over capacity (see `repaired`)."""
    import mtkahypar

    machines = np.flatnonzero(np.array(capacities) > 0)
    k = len(machines)
    between = distance[np.ix_(machines, machines)]
    uniform = bool(np.all(between + np.eye(k) == 1))
    pins, start = graph.pins.tolist(), graph.start.tolist()
    with _quiet():
        kahypar = _partitioner()
        mtkahypar.set_seed(seed)
        context = kahypar.context_from_preset(_preset(graph))
        is_mapped = not uniform and k <= _MOST_MAPPED and len(graph.pins) < _HUGE_PINS
        if not is_mapped:
            context.set_partitioning_parameters(k, _IMBALANCE, mtkahypar.Objective.KM1)
        else:
            context.set_mapping_parameters(k, _IMBALANCE)
        context.set_individual_target_block_weights([capacities[m] for m in machines.tolist()])
        context.logging = False
        hypergraph = kahypar.create_hypergraph(
            context,
            graph.num_qubits,
            len(graph),
            [pins[first:last] for first, last in pairwise(start)],
            [1] * graph.num_qubits,
            graph.weights.tolist(),
        )
        if not is_mapped:
            result = hypergraph.partition(context)
        else:
            pairs = [(i, j) for i in range(k) for j in range(i)]
            weights = [max(1, round(float(between[i, j]))) for i, j in pairs]
            target = kahypar.create_target_graph(context, k, len(pairs), pairs, weights)
            result = hypergraph.map_onto_graph(target, context)
        blocks = [result.block_id(q) for q in range(graph.num_qubits)]
    place = np.array(blocks, dtype=np.int64)
    if not uniform and not is_mapped:
        place = seated(place, graph, np.array(capacities)[machines], between)
    return machines[place]


def _preset(graph: Hypergraph) -> mtkahypar.PresetType:
    """The partitioner's settings; those for large inputs are coarser and ten times as fast.

    On one thread both gave the same blocks for the same seed wherever that was tried; only the
    finer ones promise it.
    """
    import mtkahypar

    is_huge = len(graph.pins) >= _HUGE_PINS
    return mtkahypar.PresetType.LARGE_K if is_huge else mtkahypar.PresetType.DETERMINISTIC


_HUGE_PINS = 220_000
"""From this size on the finer settings take more than about ten seconds."""

_MOST_MAPPED = 64
"""The partitioner lays Steiner trees on graphs of at most so many machines."""

_IMBALANCE = 0.03
"""Asked for by the partitioner's interface; the machines' own capacities override it."""


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
