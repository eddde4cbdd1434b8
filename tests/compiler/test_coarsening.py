"""Coarsening: a partition costs the same on every level; clusters stay small."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.compiler.coarsening import coarsened
from interlace.compiler.hypergraph import Hypergraph, ebits, merged

EDGES = st.lists(
    st.lists(st.integers(0, 39), min_size=2, max_size=38, unique=True), min_size=1, max_size=60
)


def hypergraph(
    num_qubits: int, edges: list[list[int]], weights: list[int] | None = None
) -> Hypergraph:
    return Hypergraph(
        num_qubits=num_qubits,
        start=np.cumsum([0, *map(len, edges)]),
        pins=np.array([qubit for edge in edges for qubit in sorted(edge)], dtype=np.int64),
        weights=np.array(weights or [1] * len(edges), dtype=np.int64),
    )


def cost(edges: list[list[int]], weights: list[int], block: list[int]) -> int:
    """The readable twin of `ebits`."""
    return sum(
        weight * (len({block[qubit] for qubit in edge}) - 1)
        for edge, weight in zip(edges, weights, strict=True)
    )


@settings(deadline=None, max_examples=50)
@given(EDGES, st.integers(1, 12), st.integers(1, 30), st.integers(0, 5), st.data())
def test_a_partition_of_clusters_costs_what_it_costs_for_their_qubits(
    edges: list[list[int]], most: int, fewest: int, seed: int, data: st.DataObject
) -> None:
    weights = data.draw(st.lists(st.integers(1, 9), min_size=len(edges), max_size=len(edges)))
    levels = coarsened(hypergraph(40, edges, weights), most_qubits=most, fewest=fewest, seed=seed)
    coarsest = levels[-1]
    block = np.array(
        data.draw(
            st.lists(
                st.integers(0, 3),
                min_size=coarsest.graph.num_qubits,
                max_size=coarsest.graph.num_qubits,
            )
        )
    )
    found = ebits(coarsest.graph, block, 4)
    for level in reversed(levels[:-1]):
        block = block[level.parent]
    assert found == cost(edges, weights, block.tolist())


@settings(deadline=None, max_examples=50)
@given(EDGES, st.integers(1, 12), st.integers(1, 30), st.integers(0, 5))
def test_clusters_hold_every_qubit_once_and_no_more_than_they_may(
    edges: list[list[int]], most: int, fewest: int, seed: int
) -> None:
    levels = coarsened(hypergraph(40, edges), most_qubits=most, fewest=fewest, seed=seed)
    for finer, coarser in pairwise(levels):
        sums = np.bincount(finer.parent, weights=finer.wires.sizes)
        assert sums.tolist() == coarser.wires.sizes.tolist()
        assert fewest <= len(coarser.wires.sizes) < len(finer.wires.sizes)
    assert levels[-1].wires.sizes.sum() == 40
    assert levels[-1].wires.sizes.max() <= most


@settings(deadline=None, max_examples=50)
@given(EDGES, st.integers(0, 5))
def test_every_level_knows_the_hyperedges_of_its_vertices(
    edges: list[list[int]], seed: int
) -> None:
    for level in coarsened(hypergraph(40, edges), most_qubits=10, fewest=5, seed=seed):
        wires = level.wires
        assert wires.start.tolist() == level.graph.start.tolist()
        for vertex in range(level.graph.num_qubits):
            mine = wires.touching[wires.begin[vertex] : wires.begin[vertex + 1]].tolist()
            assert mine == [
                edge
                for edge, (first, last) in enumerate(pairwise(level.graph.start.tolist()))
                if vertex in level.graph.pins[first:last]
            ]
        for first, last in pairwise(level.graph.start.tolist()):
            pins = level.graph.pins[first:last].tolist()
            assert len(pins) > 1
            assert pins == sorted(set(pins))


def test_the_same_seed_gives_the_same_clusters() -> None:
    edges = [[a, (7 * a + 3) % 40] for a in range(40) if a != (7 * a + 3) % 40]
    one, two = (coarsened(hypergraph(40, edges), most_qubits=8, fewest=4, seed=3) for _ in range(2))
    assert [level.parent.tolist() for level in one] == [level.parent.tolist() for level in two]


def test_heavy_hyperedges_are_contracted_first() -> None:
    chain = hypergraph(4, [[0, 1], [1, 2], [2, 3]], [5, 1, 5])
    for seed in range(10):
        coarsest = coarsened(chain, most_qubits=2, fewest=2, seed=seed)[-1]
        assert coarsest.graph.weights.tolist() == [1]


def test_hyperedges_with_the_same_pins_are_one_with_their_weights_together() -> None:
    start, pins = np.array([0, 2, 5, 7]), np.array([0, 1, 0, 1, 2, 0, 1])
    graph = merged(3, start, pins, np.array([2, 3, 4]))
    assert graph.start.tolist() == [0, 2, 5]
    assert graph.pins.tolist() == [0, 1, 0, 1, 2]
    assert graph.weights.tolist() == [6, 3]
