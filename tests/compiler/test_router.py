"""Compiled routing against its readable twin: the same SWAPs for any program and device."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import device
from tests.compiler.twins import router as twin

from interlace.circuit import Op, OpTable
from interlace.compiler import router
from interlace.compiler.coupling import Coupling
from interlace.compiler.router import Task, routed
from interlace.compiler.rows import rows_of
from interlace.compiler.translate import Translator
from interlace.errors import InfeasibleError

LINE = [(i, i + 1) for i in range(11)]
GRID = [(4 * r + c, 4 * r + c + 1) for r in range(3) for c in range(3)]
GRID += [(4 * r + c, 4 * r + c + 4) for r in range(2) for c in range(4)]
HEX = [*LINE[:10], (2, 11), (11, 8)]
STAR = [(0, i) for i in range(1, 12)]


def coupling(edges, seed: int) -> Coupling:
    """Twelve qubits; errors of the couplers equal, or drawn."""
    draw = random.Random(seed)
    at = {"cz": tuple((edge, 1e-8, draw.choice((0.01, 0.02, 0.3))) for edge in edges)}
    made = device(12, edges, ("rz", "sx", "cz"), at if seed % 2 else None)
    return Coupling.of(made, Translator(made))


def program(seed: int, cells: list[int], homes: dict[int, int], size: int) -> OpTable:
    """Gates of one to three cells; communication cells come home, meet some, are measured."""
    draw = random.Random(seed)
    ops: list[Op] = []
    alive: list[int] = []
    for _ in range(size):
        here = [*cells, *alive]
        cell = draw.choice([*homes, None]) if homes else None
        if cell is not None and draw.random() < 0.4:
            ops.append(Op(name="reset", operands=(cell,)))
            ops.append(Op(name="ebit", operands=(cell,)))
            alive = [*{*alive, cell}]
        elif alive and draw.random() < 0.2:
            ops.append(Op(name="measure", operands=(alive.pop(),), clbit=0))
        else:
            name, operands = draw.choice([("h", 1), ("cx", 2), ("cz", 2), ("ccx", 3)])
            if operands <= len(here):
                ops.append(Op(name=name, operands=tuple(draw.sample(here, operands))))
    return OpTable.of(ops)


@settings(max_examples=80)
@given(
    seed=st.integers(0, 10**6),
    edges=st.sampled_from([LINE, GRID, HEX, STAR]),
    at_home=st.sampled_from([(), (0,), (3, 8), (11, 5, 0)]),
    spare=st.integers(0, 4),
)
def test_every_swap_is_its_readable_twins(seed, edges, at_home, spare):
    homes = {100 + i: home for i, home in enumerate(at_home)}
    cells = [7 * i for i in range(12 - len(homes) - spare)]
    free = [qubit for qubit in range(12) if qubit not in at_home]
    random.Random(seed).shuffle(free)
    place = {**homes, **dict(zip(cells, free, strict=False))}
    ops, where = program(seed, cells, homes, 60), coupling(edges, seed)
    read = twin.Task.of(list(rows_of(ops)), homes)
    plain = twin.Router(read, where, dict(place))
    moves = plain.run()
    task = Task.of(ops, homes)
    done = routed(task, where, place)
    assert task.stops.tolist() == list(read.stops)
    swaps = [(move.index, *move.qubits) for move in moves if move.is_swap]
    assert list(map(tuple, done.swap.T.tolist())) == swaps
    assert done.where.tolist() == [q for m in moves if not m.is_swap for q in m.qubits]
    assert done.place == plain.place
    assert done.weight == twin.swap_weight(moves, where)


def test_there_is_room_for_any_number_of_swaps(monkeypatch: pytest.MonkeyPatch):
    ops, where = program(1, list(range(12)), {}, 60), coupling(LINE, 0)
    plenty = routed(Task.of(ops, {}), where, {i: i for i in range(12)})
    monkeypatch.setattr(router, "_ROOM", 1)
    again = routed(Task.of(ops, {}), where, {i: i for i in range(12)})
    assert plenty.swap.shape[1] > 1
    assert np.array_equal(plenty.swap, again.swap)
    assert np.array_equal(plenty.where, again.where)


def test_qubits_that_no_path_joins_are_named():
    where = coupling([edge for edge in LINE if edge != (5, 6)], 0)
    ops = OpTable.of([Op(name="cx", operands=(0, 1))])
    with pytest.raises(InfeasibleError, match=r"qubits 2 and 9.*'cx'"):
        routed(Task.of(ops, {}), where, {0: 2, 1: 9})


def test_distances_are_those_of_scipy():
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    for seed in range(4):
        where = coupling(GRID if seed < 2 else HEX, seed)
        ends = np.array(list(where.weights)).T
        graph = csr_array((list(where.weights.values()), (ends[0], ends[1])), shape=(12, 12))
        found = np.array([where.distances(qubit) for qubit in range(12)])
        assert np.array_equal(found, dijkstra(graph))
