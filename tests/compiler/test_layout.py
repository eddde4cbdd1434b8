from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import device

from interlace.circuit import Op, OpTable
from interlace.compiler.coupling import Coupling
from interlace.compiler.layout import Interactions, initial_layout, searched_layout
from interlace.compiler.router import Task, routed
from interlace.compiler.translate import Translator
from interlace.errors import InvariantError

GRID = [(5 * r + c, 5 * r + c + 1) for r in range(4) for c in range(4)]
GRID += [(5 * r + c, 5 * r + c + 5) for r in range(3) for c in range(5)]


def coupling(qubits: int, edges, natives=(), at=None) -> Coupling:
    made = device(qubits, edges, natives, at)
    return Coupling.of(made, Translator(made))


def gates(pairs) -> OpTable:
    return OpTable.of(Op(name="cx", operands=tuple(pair)) for pair in pairs)


def weight_of(layout, rows, homes, where: Coupling) -> float:
    task = Task.of(rows, homes)
    return routed(task, where, {**homes, **layout}).weight


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), homes=st.sampled_from([(), (7,), (0, 19)]))
def test_cells_get_different_data_qubits_and_never_a_communication_qubit(seed, homes):
    draw = random.Random(seed)
    cells = list(range(draw.randint(1, 20 - len(homes))))
    comm = {20 + i: home for i, home in enumerate(homes)}
    free = [q for q in range(20) if q not in homes]
    everyone = [*cells, *comm]
    pairs = [tuple(draw.sample(everyone, 2)) for _ in range(30)] if len(everyone) > 1 else []
    where = coupling(20, GRID)
    for layout in (
        initial_layout(
            cells, free, fixed=comm, interactions=Interactions.of(pairs), coupling=where
        ),
        searched_layout(Task.of(gates(pairs), comm), cells, free, where),
    ):
        assert sorted(layout) == cells
        assert len(set(layout.values())) == len(cells)
        assert set(layout.values()) <= set(free)


def test_a_cell_that_meets_a_communication_cell_starts_beside_it():
    line = coupling(6, [(i, i + 1) for i in range(5)])
    layout = initial_layout(
        [0, 1, 2],
        [0, 1, 3, 4, 5],
        fixed={9: 2},
        interactions=Interactions.of([(1, 9), (1, 9), (0, 1), (2, 9)]),
        coupling=line,
    )
    assert layout[1] in (1, 3)
    assert layout[2] in (1, 3)


def test_the_search_is_never_worse_than_the_greedy_layout():
    where = coupling(20, GRID)
    for seed in range(4):
        draw = random.Random(seed)
        rows = gates([tuple(draw.sample(range(16), 2)) for _ in range(60)])
        task = Task.of(rows, {})
        greedy = initial_layout(
            range(16),
            range(20),
            fixed={},
            interactions=Interactions.of([row.operands for row in rows]),
            coupling=where,
        )
        found = searched_layout(task, range(16), range(20), where)
        assert weight_of(found, rows, {}, where) <= weight_of(greedy, rows, {}, where)


def test_too_many_cells_are_our_own_error():
    with pytest.raises(InvariantError, match="3 data cells, but 2"):
        initial_layout(
            [0, 1, 2],
            [0, 1],
            fixed={},
            interactions=Interactions.of([]),
            coupling=coupling(3, [(0, 1), (1, 2)]),
        )


def test_earlier_gates_weigh_more():
    weights = Interactions.of([(0, 1), (2, 3), (0, 1), (2, 3)]).weights
    assert weights[0][1] > weights[2][3] > 0
    assert weights[1][0] == weights[0][1]


def test_bad_couplers_are_further_apart_and_broken_ones_are_left_out():
    ring = [(i, (i + 1) % 4) for i in range(4)]
    at = {"cz": (((0, 1), 1e-8, 0.01), ((1, 2), 1e-8, 1.0))}
    where = coupling(4, ring, ("rz", "sx", "cz"), at)
    assert (1, 2) not in where.weights
    assert where.distances(0)[1] > 5 * where.distances(0)[3]
    line = coupling(4, [(i, i + 1) for i in range(3)], ("rz", "sx", "cz"), at)
    assert (1, 2) in line.weights, "the only way is kept"


def test_gates_that_fit_the_couplings_need_no_swap_and_take_the_better_couplers():
    draw = random.Random(5)
    names = draw.sample(range(16), 16)
    chain = gates([(names[i], names[i + 1]) for i in range(15)])
    where = coupling(20, GRID)
    assert (
        weight_of(
            searched_layout(Task.of(chain, {}), range(16), range(20), where), chain, {}, where
        )
        == 0
    )
    ring = [(i, (i + 1) % 6) for i in range(6)]
    at = {"cz": (((0, 1), 1e-8, 0.2), ((3, 4), 1e-8, 0.2))}
    where = coupling(6, ring, ("rz", "sx", "cz"), at)
    pair = gates([(0, 1), (1, 2)])
    layout = searched_layout(Task.of(pair, {}), [0, 1, 2], range(6), where)
    assert {layout[0], layout[1], layout[2]} in ({1, 2, 3}, {4, 5, 0})


@pytest.mark.parametrize("home", range(6))
def test_an_embedding_keeps_communication_cells_at_home(home):
    ring = coupling(6, [(i, (i + 1) % 6) for i in range(6)])
    rows = gates([(0, 1), (1, 2), (2, 9)])
    free = [qubit for qubit in range(6) if qubit != home]
    layout = searched_layout(Task.of(rows, {9: home}), [0, 1, 2], free, ring)
    assert weight_of(layout, rows, {9: home}, ring) == 0
    assert set(layout.values()) <= set(free)
    assert layout[2] in ((home - 1) % 6, (home + 1) % 6)


def test_an_embedding_keeps_data_off_the_communication_qubits():
    line = coupling(5, [(i, i + 1) for i in range(4)])
    rows = gates([(0, 1), (1, 2)])
    for home in (0, 4):
        free = [qubit for qubit in range(5) if qubit != home]
        layout = searched_layout(Task.of(rows, {9: home}), [0, 1, 2], free, line)
        assert set(layout.values()) <= set(free)
