"""Placement: capacities are hard, good cuts are found, seeds repeat."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler.hypergraph import Hypergraph, ebits, packet_hypergraph
from interlace.compiler.place import candidates, partitioned, repaired
from interlace.errors import InfeasibleError


def circuit(num_qubits: int, pairs: list[tuple[int, int]]) -> Circuit:
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=num_qubits),),
        clbit_registers=(),
        ops=OpTable.of(Op(name="cz", operands=pair) for pair in pairs),
    )


def complete(machines: int) -> np.ndarray:
    return np.ones((machines, machines)) - np.eye(machines)


def line(machines: int) -> np.ndarray:
    return np.abs(np.subtract.outer(np.arange(machines), np.arange(machines))).astype(float)


def ring(machines: int) -> np.ndarray:
    return np.minimum(line(machines), machines - line(machines))


def star(machines: int) -> np.ndarray:
    found = 2 * complete(machines)
    found[0, 1:] = found[1:, 0] = 1
    return found


@pytest.mark.parametrize("distance", [complete(3), line(3)], ids=["complete", "line"])
def test_a_circuit_that_fills_every_data_qubit_is_placed(distance: np.ndarray) -> None:
    program = circuit(9, [(a, b) for a in range(9) for b in range(a)])
    for placement in candidates(program, [2, 3, 4], distance, seed=3):
        assert Counter(placement.tolist()) == {0: 2, 1: 3, 2: 4}


def test_two_cliques_are_cut_between_them() -> None:
    even = [(a, b) for a in range(0, 8, 2) for b in range(0, a, 2)]
    odd = [(a, b) for a in range(1, 8, 2) for b in range(1, a, 2)]
    program = circuit(8, [*even, *odd, (0, 1)])
    found = list(candidates(program, [4, 4], complete(2), seed=1))
    assert any(len({placement[q] for q in range(0, 8, 2)}) == 1 for placement in found)


def test_the_same_seed_gives_the_same_candidates() -> None:
    program = circuit(12, [(a, (a * 5 + 3) % 12) for a in range(12) if a != (a * 5 + 3) % 12])
    one = list(candidates(program, [4, 4, 4], complete(3), seed=9))
    two = list(candidates(program, [4, 4, 4], complete(3), seed=9))
    assert [p.tolist() for p in one] == [p.tolist() for p in two]


def test_too_many_qubits_are_refused_with_both_numbers() -> None:
    with pytest.raises(InfeasibleError, match=r"5 qubits.*4 data qubits"):
        next(candidates(circuit(5, []), [2, 2], complete(2), seed=0))


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(0, 3), min_size=10, max_size=10),
    st.lists(st.lists(st.integers(0, 9), min_size=2, max_size=4, unique=True), max_size=8),
)
def test_repair_respects_capacities_and_keeps_what_fits(
    placement: list[int], edges: list[list[int]]
) -> None:
    graph = Hypergraph(
        num_qubits=10,
        start=np.cumsum([0, *map(len, edges)]),
        pins=np.array([qubit for edge in edges for qubit in edge], dtype=np.int64),
        weights=np.ones(len(edges), dtype=np.int64),
    )
    capacities = [4, 3, 2, 1]
    fitted = repaired(np.array(placement), graph, capacities, complete(4)).tolist()
    assert all(Counter(fitted)[m] <= capacities[m] for m in range(4))
    load = Counter(placement)
    if all(load[m] <= capacities[m] for m in range(4)):
        assert fitted == placement


def test_a_run_of_controlled_gates_is_one_hyperedge() -> None:
    graph = packet_hypergraph(circuit(4, [(0, 1), (0, 2), (0, 3)]))
    assert graph.pins.tolist() == [0, 1, 2, 3]
    assert graph.weights.tolist() == [1]


def test_more_machines_than_the_partitioner_maps_are_filled_along_the_line() -> None:
    n, machines = 140, 70
    order = np.random.Generator(np.random.PCG64(5)).permutation(n).tolist()
    program = circuit(n, list(pairwise(order)))
    distance = line(machines)
    costs = []
    for placement in candidates(program, [2] * machines, distance, seed=1):
        assert max(Counter(placement.tolist()).values()) == 2
        costs.append(sum(distance[placement[a], placement[b]] for a, b in pairwise(order)))
    assert len(costs) == 2
    assert costs[1] < costs[0] / 4


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(2, 7),
    room=st.lists(st.integers(0, 5), min_size=3, max_size=20),
    pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=30),
    shape=st.sampled_from([complete, line, ring, star]),
)
def test_a_circuit_may_have_fewer_qubits_than_the_network_has_machines(
    n, room, pairs, shape
) -> None:
    assume(sum(room) >= n)
    gates = [(a % n, b % n) for a, b in pairs if a % n != b % n]
    for placement in candidates(circuit(n, gates), room, shape(len(room)), seed=1):
        assert placement.shape == (n,)
        assert (np.bincount(placement, minlength=len(room)) <= room).all()


def test_a_chain_of_few_qubits_on_a_long_line_of_machines_is_cut_once() -> None:
    program, distance = circuit(4, [(0, 1), (1, 2), (2, 3)]), line(12)
    found = candidates(program, [1, *[2] * 11], distance, seed=0)
    assert min(sum(distance[p[a], p[a + 1]] for a in range(3)) for p in found) == 1


def chain(order: np.ndarray) -> Hypergraph:
    """The packets of a GHZ state made qubit by qubit, in this order."""
    ends = np.sort(np.stack([order[:-1], order[1:]], axis=1), axis=1)
    return Hypergraph(
        num_qubits=len(order),
        start=np.arange(0, 2 * len(ends) + 1, 2),
        pins=ends.ravel(),
        weights=np.ones(len(ends), dtype=np.int64),
    )


def test_a_chain_of_a_hundred_thousand_qubits_in_any_order_is_cut_once_a_border() -> None:
    n, machines = 101_000, 20
    graph = chain(np.random.Generator(np.random.PCG64(5)).permutation(n))
    capacities = [5600] * machines
    found = partitioned(graph, capacities, complete(machines), seed=1)
    assert np.bincount(found, minlength=machines).max() <= 5600
    assert ebits(graph, found, machines) <= 1.5 * (machines - 1)


@pytest.mark.parametrize("distance", [complete(5), line(5)], ids=["complete", "line"])
def test_level_by_level_capacities_are_hard_and_seeds_repeat(
    distance: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlace.compiler.place._HUGE_PINS", 0)
    monkeypatch.setattr("interlace.compiler.place._FEWEST", 50)
    graph = chain(np.random.Generator(np.random.PCG64(6)).permutation(1000))
    for capacities in ([200] * 5, [7, 0, 600, 200, 200], [1, 2, 3, 4, 990]):
        one, two = (partitioned(graph, capacities, distance, seed=4) for _ in range(2))
        assert one.tolist() == two.tolist()
        assert np.all(np.bincount(one, minlength=5) <= capacities)
        assert ebits(graph, one, 5) < 200


def test_the_finer_settings_of_the_partitioner_take_no_notice_of_the_seed() -> None:
    rng = np.random.Generator(np.random.PCG64(7))
    pairs = [rng.choice(60, size=2, replace=False).tolist() for _ in range(150)]
    graph = packet_hypergraph(circuit(60, [(a, b) for a, b in pairs]))
    for distance in (complete(4), line(4)):
        found = {partitioned(graph, [20] * 4, distance, seed=s).tobytes() for s in range(5)}
        assert len(found) == 1


def test_for_a_long_circuit_the_smallest_cut_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("interlace.compiler.place._MANY_ROWS", 1)
    order = np.random.Generator(np.random.PCG64(8)).permutation(60).tolist()
    apart, together = list(pairwise(order)), list(pairwise(range(60)))
    for pairs in (apart, together):
        program = circuit(60, pairs)
        graph = packet_hypergraph(program)
        costs = [ebits(graph, p, 3) for p in candidates(program, [22] * 3, complete(3), seed=1)]
        assert costs == sorted(costs)
        assert costs[0] == 2
