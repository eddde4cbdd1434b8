"""Refinement: room is hard, no partition gets dearer, groups cross borders."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.compiler.coarsening import Level, coarsened
from interlace.compiler.gains import Looks, Parts, best_move, counted, moved
from interlace.compiler.hypergraph import Hypergraph, ebits
from interlace.compiler.refinement import refined

QUBITS, BLOCKS = 24, 4
EDGES = st.lists(
    st.lists(st.integers(0, QUBITS - 1), min_size=2, max_size=9, unique=True),
    min_size=1,
    max_size=60,
)
PLACES = st.lists(st.integers(0, BLOCKS - 1), min_size=QUBITS, max_size=QUBITS)


def level_of(num_qubits: int, edges: list[list[int]]) -> Level:
    graph = Hypergraph(
        num_qubits=num_qubits,
        start=np.cumsum([0, *map(len, edges)]),
        pins=np.array([qubit for edge in edges for qubit in sorted(edge)], dtype=np.int64),
        weights=np.array([1 + len(edge) % 3 for edge in edges], dtype=np.int64),
    )
    [level] = coarsened(graph, most_qubits=1, fewest=num_qubits, seed=0)
    return level


def parts_of(level: Level, block: list[int], room: int) -> Parts:
    place = np.array(block)
    row, counts = counted(level.wires.start, level.wires.pins, place, BLOCKS)
    load = np.bincount(place, minlength=BLOCKS)
    return Parts(place, load, np.full(BLOCKS, room), row, counts)


@settings(deadline=None, max_examples=60)
@given(EDGES, PLACES, st.integers(0, QUBITS - 1), st.integers(0, BLOCKS - 1))
def test_a_move_saves_what_the_partition_gets_cheaper(
    edges: list[list[int]], block: list[int], vertex: int, target: int
) -> None:
    level = level_of(QUBITS, edges)
    parts = parts_of(level, block, QUBITS)
    before = ebits(level.graph, parts.block, BLOCKS)
    if target == block[vertex]:
        return
    saved = moved(level.wires, parts, vertex, target)
    assert before - saved == ebits(level.graph, parts.block, BLOCKS)
    fresh = parts_of(level, parts.block.tolist(), QUBITS)
    assert parts.counts.tolist() == fresh.counts.tolist()
    assert parts.load.tolist() == fresh.load.tolist()


@settings(deadline=None, max_examples=60)
@given(EDGES, PLACES, st.integers(0, QUBITS - 1), st.integers(6, QUBITS))
def test_no_other_move_of_the_vertex_saves_more_than_the_best(
    edges: list[list[int]], block: list[int], vertex: int, room: int
) -> None:
    level = level_of(QUBITS, edges)
    numbers = [np.zeros(size, dtype=np.int64) for size in (BLOCKS, BLOCKS, 1, BLOCKS)]
    parts = parts_of(level, block, room)
    target, gain, _ = best_move(level.wires, parts, Looks(*numbers), vertex)
    saved = {
        other: moved(level.wires, parts_of(level, block, room), vertex, other)
        for other in range(BLOCKS)
        if other != block[vertex] and parts.load[other] < room
    }
    if target >= 0:
        assert saved[target] == gain == max(saved.values())
    assert numbers[0].tolist() == [0] * BLOCKS


@settings(deadline=None, max_examples=60)
@given(EDGES, PLACES, st.integers(6, QUBITS))
def test_room_is_hard_and_a_partition_that_fits_gets_no_dearer(
    edges: list[list[int]], block: list[int], room: int
) -> None:
    level, place = level_of(QUBITS, edges), np.array(block)
    found = refined(place, level, np.full(BLOCKS, room))
    assert np.bincount(found, minlength=BLOCKS).max() <= room
    if np.bincount(place, minlength=BLOCKS).max() <= room:
        assert ebits(level.graph, found, BLOCKS) <= ebits(level.graph, place, BLOCKS)
    assert place.tolist() == block


def test_of_all_rounds_the_best_is_kept() -> None:
    rng, room = np.random.Generator(np.random.PCG64(9)), np.full(8, 33)
    for _ in range(40):
        edges = [rng.choice(200, size=4, replace=False).tolist() for _ in range(200)]
        level, place = level_of(200, edges), np.arange(200) % 8
        for _ in range(4):
            found = refined(place, level, room)
            assert ebits(level.graph, found, 8) <= ebits(level.graph, place, 8)
            place = found


def test_a_lattice_in_disorder_falls_into_pieces_as_moved_vertices_rest() -> None:
    """At random some 8,000 edges' weight is cut; without rest 2,000, with it 1,400."""
    width = 40
    right = [[i, i + 1] for i in range(width**2) if (i + 1) % width]
    down = [[i, i + width] for i in range(width * (width - 1))]
    level = level_of(width**2, right + down)
    for seed in range(3):
        rng = np.random.Generator(np.random.PCG64(seed))
        found = refined(rng.permutation(np.arange(width**2) % 8), level, np.full(8, 261))
        assert ebits(level.graph, found, 8) < 1700


def test_a_group_crosses_the_border_though_its_first_vertex_loses_by_it() -> None:
    group, others = range(6), range(6, 18)
    inside = [[a, b] for side in (group, others) for a in side for b in side if a < b]
    across = [[a, 6 + (4 * a + i) % 12] for a in group for i in range(4)]
    level = level_of(18, inside + across)
    apart = np.array([0] * 6 + [1] * 12)
    assert ebits(level.graph, apart, 2) == 3 * len(across)
    assert ebits(level.graph, refined(apart, level, np.array([18, 18])), 2) == 0


@pytest.mark.parametrize("crowd", [20, 24])
def test_an_overfull_block_gives_up_what_is_bound_least(crowd: int) -> None:
    bound = [[a, b] for a in range(16) for b in range(a)]
    level = level_of(24, bound)
    found = refined(np.array([0] * crowd + [1] * (24 - crowd)), level, np.array([16, 10]))
    assert np.bincount(found).max() <= 16
    assert ebits(level.graph, found, 2) == 0
