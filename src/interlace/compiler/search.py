"""The search for a placement: the fewest ebits over what there is time to try.

Placements come from `place` (contiguous blocks, several runs of the
partitioner) and from a hill climb over moves and exchanges of single qubits. Each is
judged by what it is for: the ebits of the steps that it would really need.
The number of trials depends on the circuit's size alone, never on a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.circuit import Circuit
from interlace.compiler.assignment import assigned_qubits
from interlace.compiler.columns import Emitted
from interlace.compiler.emission import Emission, emission_of
from interlace.compiler.ground import Ground
from interlace.compiler.packets import cover_hosting, options_of, sequential_hosting
from interlace.compiler.place import candidates
from interlace.compiler.work import work_for
from interlace.errors import InfeasibleError
from interlace.kernel import FloatArray, IntArray, stream
from interlace.network import Network

__all__ = ["Search", "found"]

_PLENTY = 1_000_000
_SEARCH_ROWS = 2_000_000
"""Rows that the search may emit in all, over every placement that it tries."""


@dataclass(frozen=True, slots=True)
class Search:
    """What every trial of the search shares."""

    circuit: Circuit
    ground: Ground

    @property
    def network(self) -> Network:
        """The network to place the circuit on."""
        return self.ground.network

    def trial(self, machine_of: IntArray) -> Emission:
        """The better of the two packet rules under one placement."""
        room = [
            _PLENTY if machine.communication is None else len(machine.communication)
            for machine in self.network.machines
        ]
        try:
            return self._best(machine_of, np.array(room, dtype=np.int64))
        except InfeasibleError:
            return self._best(machine_of, np.minimum(np.array(room, dtype=np.int64), 1))

    def _best(self, machine_of: IntArray, room: IntArray) -> Emission:
        work = work_for(self.circuit, machine_of, room)
        options = options_of(work, machine_of, room)
        return min(
            (
                emission_of(work, rule(work, options), machine_of, ground=self.ground)
                for rule in (cover_hosting, sequential_hosting)
            ),
            key=self.cost,
        )

    def cost(self, emission: Emission) -> tuple[int, float]:
        """Ebits, then the time that their links need for them."""
        wait = np.array([link.mean_wait_s / link.channels for link in self.ground.links])
        kinds, kind = np.unique(wait, return_inverse=True)
        pairs = np.bincount(kind, weights=emission.link_pairs, minlength=len(kinds))
        return emission.num_pairs, float(pairs @ kinds)


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
        return search.trial(_assigned(search.circuit, search.network, capacities, assign)).written()
    budget = _SEARCH_ROWS
    best: _Best | None = None
    refused: InfeasibleError | None = None
    for placement in candidates(search.circuit, capacities, _hops(search.network), seed=seed):
        if best is not None and (best.cost[0] == 0 or budget <= 0):
            break
        try:
            emission = search.trial(placement)
        except InfeasibleError as error:
            refused = error
            continue
        budget -= len(search.circuit.ops) + 1
        cost = search.cost(emission)
        if best is None or cost < best.cost:
            best = _Best(cost, placement, emission)
    if best is None:
        raise refused or InfeasibleError("no placement of the circuit was found")
    return _climbed(search, best, capacities, seed, budget).emission.written()


@dataclass(frozen=True, slots=True)
class _Best:
    """The cheapest trial so far."""

    cost: tuple[int, float]
    placement: IntArray
    emission: Emission


def _climbed(
    search: Search, best: _Best, capacities: Sequence[int], seed: int, budget: int
) -> _Best:
    """Random moves and exchanges of qubits that lower the cost; a fixed number of them."""
    random = stream(seed, "climb")
    n = len(best.placement)
    load = np.bincount(best.placement, minlength=len(capacities))
    tries = min(200, budget // (len(search.circuit.ops) + 50))
    for _ in range(max(0, tries)):
        if best.cost[0] == 0 or n < 2:
            break
        qubit, other = (int(q) for q in random.integers(n, size=2))
        machine = int(random.integers(len(capacities)))
        changed = best.placement.copy()
        if load[machine] < capacities[machine]:
            changed[qubit] = machine
        else:
            changed[qubit], changed[other] = best.placement[other], best.placement[qubit]
        if np.array_equal(changed, best.placement):
            continue
        try:
            trial = search.trial(changed)
        except InfeasibleError:
            continue
        if search.cost(trial) < best.cost:
            best = _Best(search.cost(trial), changed, trial)
            load = np.bincount(changed, minlength=len(capacities))
    return best


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
) -> IntArray:
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
    return np.array([machine_of[qubit] for qubit in range(circuit.num_qubits)], dtype=np.int64)
