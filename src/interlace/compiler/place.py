"""Which qubit lives on which machine.

Qubits are vertices of weight one, packets are hyperedges over the root and its
partners; cutting a hyperedge costs an ebit for every further machine that it
touches. mt-kahypar minimises that over the machines' data-qubit capacities:
connectivity on networks where every pair of machines is linked, Steiner trees
on the network's graph elsewhere. Capacities are hard: a repair step moves what
the partitioner left over.
"""

from __future__ import annotations

import os
import sys
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from interlace.circuit import Circuit
from interlace.compiler.work import Row, rows_for, segments_of
from interlace.errors import InfeasibleError
from interlace.kernel import FloatArray, derived_seed

if TYPE_CHECKING:
    import mtkahypar

__all__ = ["Hypergraph", "candidates", "packet_hypergraph"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypergraph:
    """Packets as weighted hyperedges over qubits."""

    num_qubits: int
    edges: tuple[tuple[int, ...], ...]
    weights: tuple[int, ...]


def packet_hypergraph(circuit: Circuit) -> Hypergraph:
    """The packets that the circuit would need if every qubit sat on a machine of its own."""
    n = circuit.num_qubits
    apart = list(range(n))
    rows = rows_for(circuit, apart, [n] * n)
    segments = segments_of(rows, n)
    demand: Counter[object] = Counter()
    for row, found in zip(rows, segments, strict=True):
        if len(row.qubits) > 1:
            demand.update(segment for segment in found if segment is not None)
    pins: dict[object, set[int]] = defaultdict(set)
    for row, found in zip(rows, segments, strict=True):
        for root in _roots(row, found, demand):
            pins[root].update(row.qubits)
    merged: Counter[tuple[int, ...]] = Counter(tuple(sorted(edge)) for edge in pins.values())
    return Hypergraph(num_qubits=n, edges=tuple(merged), weights=tuple(merged.values()))


def _roots(row: Row, found: Sequence[object | None], demand: Counter[object]) -> list[object]:
    """The segments that would serve the row: all but the operand that hosts it."""
    if len(row.qubits) < 2:
        return []
    free = [segment for segment in found if segment is not None]
    if len(free) < len(row.qubits):
        return free
    return sorted(free, key=lambda segment: -demand[segment])[: len(row.qubits) - 1]


def candidates(
    circuit: Circuit,
    capacities: Sequence[int],
    distance: FloatArray,
    *,
    seed: int,
    tries: int,
) -> Iterator[tuple[int, ...]]:
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
    seen: set[tuple[int, ...]] = set()
    for placement in _proposals(graph, capacities, distance, seed=seed, tries=tries):
        fitted = repaired(placement, graph, capacities, distance)
        if fitted not in seen:
            seen.add(fitted)
            yield fitted


def _proposals(
    graph: Hypergraph,
    capacities: Sequence[int],
    distance: FloatArray,
    *,
    seed: int,
    tries: int,
) -> Iterator[tuple[int, ...]]:
    order = sorted(range(len(capacities)), key=lambda m: -capacities[m])
    yield contiguous(graph.num_qubits, capacities, range(len(capacities)))
    yield contiguous(graph.num_qubits, capacities, order)
    used = [m for m in range(len(capacities)) if capacities[m] > 0]
    if len(used) > 1 and graph.edges and max(capacities) < graph.num_qubits:
        for attempt in range(tries):
            yield partitioned(
                graph, capacities, distance, seed=derived_seed(seed, "place", attempt) % 2**31
            )


def contiguous(n: int, capacities: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """Fill the machines one after the other, in the given order."""
    slots = [machine for machine in order for _ in range(capacities[machine])]
    return tuple(slots[:n])


def partitioned(
    graph: Hypergraph, capacities: Sequence[int], distance: FloatArray, *, seed: int
) -> tuple[int, ...]:
    """One run of mt-kahypar; blocks may come out over capacity (see `repaired`)."""
    import mtkahypar

    machines = [m for m in range(len(capacities)) if capacities[m] > 0]
    k = len(machines)
    uniform = all(distance[a, b] == 1 for a in machines for b in machines if a != b)
    with _quiet():
        kahypar = _partitioner()
        mtkahypar.set_seed(seed)
        context = kahypar.context_from_preset(mtkahypar.PresetType.DETERMINISTIC)
        if uniform:
            context.set_partitioning_parameters(k, _IMBALANCE, mtkahypar.Objective.KM1)
        else:
            context.set_mapping_parameters(k, _IMBALANCE)
        context.set_individual_target_block_weights([capacities[m] for m in machines])
        context.logging = False
        hypergraph = kahypar.create_hypergraph(
            context,
            graph.num_qubits,
            len(graph.edges),
            [list(edge) for edge in graph.edges],
            [1] * graph.num_qubits,
            list(graph.weights),
        )
        if uniform:
            result = hypergraph.partition(context)
        else:
            pairs = [(i, j) for i in range(k) for j in range(i)]
            weights = [max(1, round(float(distance[machines[i], machines[j]]))) for i, j in pairs]
            target = kahypar.create_target_graph(context, k, len(pairs), pairs, weights)
            result = hypergraph.map_onto_graph(target, context)
        return tuple(machines[result.block_id(q)] for q in range(graph.num_qubits))


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
    placement: Sequence[int], graph: Hypergraph, capacities: Sequence[int], distance: FloatArray
) -> tuple[int, ...]:
    """Move qubits out of machines that are over capacity, the cheapest first."""
    place = list(placement)
    load = Counter(place)
    touching: list[list[int]] = [[] for _ in range(graph.num_qubits)]
    for index, edge in enumerate(graph.edges):
        for qubit in edge:
            touching[qubit].append(index)

    def pull(qubit: int, machine: int) -> float:
        return sum(
            graph.weights[e]
            * sum(float(distance[machine, place[p]]) for p in graph.edges[e] if p != qubit)
            for e in touching[qubit]
        )

    for machine in range(len(capacities)):
        while load[machine] > capacities[machine]:
            free = [m for m in range(len(capacities)) if load[m] < capacities[m]]
            here = [q for q in range(graph.num_qubits) if place[q] == machine]
            qubit, target = min(
                ((q, m) for q in here for m in free),
                key=lambda pair: (pull(pair[0], pair[1]) - pull(pair[0], machine), pair),
            )
            place[qubit] = target
            load[machine] -= 1
            load[target] += 1
    return tuple(place)
