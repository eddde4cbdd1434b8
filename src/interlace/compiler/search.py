"""The search for a placement: the fewest ebits over what there is time to try.

Placements come from `place` (contiguous blocks, several runs of the
partitioner) and from a hill climb over moves and exchanges of single qubits. Each is
judged by what it is for: the ebits of the steps that it would really need.
The number of trials depends on the circuit's size alone, never on a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.circuit import Circuit
from interlace.compiler.assignment import assigned_qubits
from interlace.compiler.columns import Emitted
from interlace.compiler.emission import emit
from interlace.compiler.packets import cover_hosting, sequential_hosting
from interlace.compiler.place import candidates
from interlace.compiler.work import rows_for, segments_of
from interlace.errors import InfeasibleError
from interlace.kernel import FloatArray, stream
from interlace.link import Link
from interlace.network import Network
from interlace.routing import Route

__all__ = ["Search", "found"]

_PLENTY = 1_000_000
_SEARCH_ROWS = 150_000
"""Rows that the search may emit in all, over every placement that it tries."""


@dataclass(frozen=True, slots=True)
class Search:
    """What every trial of the search shares."""

    circuit: Circuit
    network: Network
    links: Sequence[Link]
    route: Callable[[int, int], Route]

    def trial(self, machine_of: Sequence[int]) -> Emitted:
        """The better of the two packet rules under one placement."""
        room = [
            _PLENTY if node.communication is None else len(node.communication)
            for node in self.network.nodes
        ]
        try:
            return self._best(machine_of, room)
        except InfeasibleError:
            return self._best(machine_of, [min(1, cells) for cells in room])

    def _best(self, machine_of: Sequence[int], room: Sequence[int]) -> Emitted:
        rows = rows_for(self.circuit, machine_of, room)
        segments = segments_of(rows, self.circuit.num_qubits)
        options = [
            emit(
                rows,
                rule(rows, segments, machine_of, room),
                machine_of,
                network=self.network,
                links=self.links,
                route=self.route,
            )
            for rule in (cover_hosting, sequential_hosting)
        ]
        return min(options, key=self.cost)

    def cost(self, emitted: Emitted) -> tuple[int, float]:
        """Ebits, then the time that their links need for them."""
        wait = np.array([link.mean_wait_s / link.channels for link in self.links])
        return len(emitted.pairs), float(wait[emitted.pairs.link].sum())


def found(
    search: Search, assign: Mapping[str, Sequence[int | str]] | None, *, seed: int
) -> Emitted:
    """The cheapest emission over the placements tried, or that of a written assignment.

    Raises:
        SpecError: the assignment names an unknown machine or qubit, or one qubit twice.
        InfeasibleError: no placement can be carried out, or not the assigned one.
    """
    capacities = [len(machine.data) for machine in search.network.machines]
    if assign is not None:
        return search.trial(_assigned(search.circuit, search.network, capacities, assign))
    budget = _SEARCH_ROWS
    best: tuple[tuple[int, float], tuple[int, ...], Emitted] | None = None
    refused: InfeasibleError | None = None
    for placement in candidates(
        search.circuit, capacities, _hops(search.network), seed=seed, tries=3
    ):
        if best is not None and (best[0][0] == 0 or budget <= 0):
            break
        try:
            emitted = search.trial(placement)
        except InfeasibleError as error:
            refused = error
            continue
        budget -= len(search.circuit.ops) + 1
        cost = search.cost(emitted)
        if best is None or cost < best[0]:
            best = (cost, placement, emitted)
    if best is None:
        raise refused or InfeasibleError("no placement of the circuit was found")
    return _climbed(search, best, capacities, seed, budget)


def _climbed(
    search: Search,
    best: tuple[tuple[int, float], tuple[int, ...], Emitted],
    capacities: Sequence[int],
    seed: int,
    budget: int,
) -> Emitted:
    """Random moves and exchanges of qubits that lower the cost; a fixed number of them."""
    cost, placement, emitted = best
    random = stream(seed, "climb")
    n = len(placement)
    tries = min(200, budget // (len(search.circuit.ops) + 50))
    for _ in range(max(0, tries)):
        if cost[0] == 0 or n < 2:
            break
        qubit, other = (int(q) for q in random.integers(n, size=2))
        machine = int(random.integers(len(capacities)))
        changed = list(placement)
        if placement.count(machine) < capacities[machine]:
            changed[qubit] = machine
        else:
            changed[qubit], changed[other] = placement[other], placement[qubit]
        if tuple(changed) == placement:
            continue
        try:
            trial = search.trial(changed)
        except InfeasibleError:
            continue
        if search.cost(trial) < cost:
            cost, placement, emitted = search.cost(trial), tuple(changed), trial
    return emitted


def _hops(network: Network) -> FloatArray:
    """Fewest links between every two machines, shape (k, k)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import shortest_path

    n, k = len(network.nodes), len(network.machines)
    index = {node.name: i for i, node in enumerate(network.nodes)}
    ends = [tuple(index[end] for end in link.ends) for link in network.links]
    if not ends:
        return np.zeros((k, k))
    rows, columns = np.array(ends, dtype=np.int64).T
    graph = csr_array((np.ones(len(ends)), (rows, columns)), shape=(n, n))
    return shortest_path(graph, directed=False, unweighted=True)[:k, :k]


def _assigned(
    circuit: Circuit,
    network: Network,
    capacities: Sequence[int],
    assign: Mapping[str, Sequence[int | str]],
) -> tuple[int, ...]:
    """The placement that someone wrote down, completed where there is room."""
    names = [machine.name for machine in network.machines]
    load = [0] * len(names)
    machine_of: dict[int, int] = {}
    for name, qubits in assigned_qubits(assign, circuit, network).items():
        machine = names.index(name)
        load[machine] = len(qubits)
        machine_of |= dict.fromkeys(qubits, machine)
    for qubit in range(circuit.num_qubits):
        if qubit not in machine_of:
            free = [m for m in range(len(names)) if load[m] < capacities[m]]
            if not free:
                msg = (
                    f"the circuit has {circuit.num_qubits} qubits, the machines together have "
                    f"{sum(capacities)} data qubits: add machines or use larger ones"
                )
                raise InfeasibleError(msg)
            machine_of[qubit] = free[0]
            load[free[0]] += 1
    return tuple(machine_of[qubit] for qubit in range(circuit.num_qubits))
