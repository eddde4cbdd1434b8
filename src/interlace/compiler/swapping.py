"""SWAP insertion as compiled loops: what `router` tells, over arrays.

The loops make no array and change those that they are given.
"""

from __future__ import annotations

import numpy as np

from interlace.compiler.lattice import Lattice, fill_distances
from interlace.compiler.scoring import blocking, is_free, look_ahead, score_of
from interlace.compiler.swap_state import (
    EBIT,
    HERE,
    NONE,
    RESET,
    ROW,
    SWAPS,
    THERE,
    UNKNOWN,
    Routing,
    TaskColumns,
)
from interlace.kernel import IntArray, in_place

__all__ = ["NOT_JOINED", "read_task", "route"]

_ROUNDING = 1e-9
_DIGITS = 1e9
"""Lengths that are equal but for rounding are compared in this many parts of one."""

NOT_JOINED = 1


@in_place
def read_task(task: TaskColumns, following: IntArray) -> None:
    """Find out, going backwards, when each cell lives; `following` is zeros, shape (K,)."""
    for row in range(len(task.kind) - 1, -1, -1):
        first, last = task.start[row], task.start[row + 1]
        for i in range(first, last):
            cell = task.operands[i]
            after = following[cell]
            task.dies[i] = after == RESET or (after == UNKNOWN and task.home[cell] != NONE)
        for i in range(first, last):
            cell = task.operands[i]
            if task.kind[row] == RESET and following[cell] == EBIT and task.home[cell] != NONE:
                task.comes_home[row] = True
                if task.last_return[cell] == NONE:
                    task.last_return[cell] = row
            following[cell] = task.kind[row]
    for cell in range(len(task.home)):
        task.is_dead[cell] = following[cell] == RESET or following[cell] == UNKNOWN


@in_place
def route(task: TaskColumns, stops: IntArray, lattice: Lattice, state: Routing) -> int:
    """Route every row; 0, or `NOT_JOINED`: no path joins two qubits that `tally` names."""
    stop = 0
    for row in range(len(task.kind)):
        first, last = task.start[row], task.start[row + 1]
        if stop < len(stops) and stops[stop] == row:
            stop += 1
            if task.comes_home[row]:
                broken = _come_home(task, stops, lattice, state, row, stop)
            else:
                broken = _meet(task, stops, lattice, state, row, stop)
            if broken:
                return broken
        for i in range(first, last):
            cell = task.operands[i]
            if task.kind[row] == RESET:
                state.is_dead[cell] = False
            state.where[i] = state.place[cell]
        for i in range(first, last):
            if task.dies[i]:
                state.is_dead[task.operands[i]] = True
    return 0


@in_place
def _meet(
    task: TaskColumns, stops: IntArray, lattice: Lattice, state: Routing, row: int, stop: int
) -> int:
    """Bring the cells of a gate together: two side by side, a third beside one of them."""
    first, last = task.start[row], task.start[row + 1]
    a, b, nearest = int(task.operands[first]), int(task.operands[first + 1]), np.inf
    for i in range(first, last):
        for j in range(i + 1, last):
            one, other = int(task.operands[i]), int(task.operands[j])
            length = _distance(lattice, state, one, other)
            if length < nearest:
                a, b, nearest = one, other, length
    broken = _approach(task, stops, lattice, state, row, stop, a, b, b, a)
    for i in range(first, last):
        third = int(task.operands[i])
        if not broken and third not in (a, b):
            broken = _approach(task, stops, lattice, state, row, stop, third, a, third, b)
    return broken


@in_place
def _approach(
    task: TaskColumns,
    stops: IntArray,
    lattice: Lattice,
    state: Routing,
    row: int,
    stop: int,
    one: int,
    its: int,
    other: int,
    others: int,
) -> int:
    """SWAP until `one` is beside `its`, or `other` beside `others`; both can be brought nearer."""
    is_ready = False
    while not (_adjacent(lattice, state, one, its) or _adjacent(lattice, state, other, others)):
        if not is_ready:
            look_ahead(task, stops, state, row, stop)
            is_ready = True
        near = min(_distance(lattice, state, one, its), _distance(lattice, state, other, others))
        best, best_here, best_edge = np.inf, NONE, NONE
        for turn in range(2):
            cell, target = (one, its) if turn == 0 else (other, others)
            if _distance(lattice, state, cell, target) > near + _ROUNDING:
                continue
            here = state.place[cell]
            fill_distances(lattice, state.place[target])
            distance = lattice.distance[state.place[target]]
            if distance[here] == np.inf:
                continue
            for edge in range(lattice.start[here], lattice.start[here + 1]):
                if distance[lattice.to[edge]] < distance[here]:
                    score = score_of(task, lattice, state, row, here, edge)
                    if (
                        best_edge == NONE
                        or score < best
                        or (score == best and _before(lattice, here, edge, best_here, best_edge))
                    ):
                        best, best_here, best_edge = score, here, edge
        if best_edge == NONE:
            return _refused(state, row, state.place[one], state.place[its])
        _swap(lattice, state, row, best_here, best_edge)
    return 0


@in_place
def _before(lattice: Lattice, here: int, edge: int, other: int, others: int) -> bool:
    """Whether the first edge's qubits are the smaller ones."""
    return here < other or (here == other and lattice.to[edge] < lattice.to[others])


@in_place
def _refused(state: Routing, row: int, here: int, there: int) -> int:
    state.tally[ROW], state.tally[HERE], state.tally[THERE] = row, here, there
    return NOT_JOINED


@in_place
def _adjacent(lattice: Lattice, state: Routing, a: int, b: int) -> bool:
    here, there = state.place[a], state.place[b]
    for edge in range(lattice.start[here], lattice.start[here + 1]):
        if lattice.to[edge] == there:
            return True
    return False


@in_place
def _distance(lattice: Lattice, state: Routing, a: int, b: int) -> float:
    fill_distances(lattice, state.place[a])
    return float(lattice.distance[state.place[a], state.place[b]])


@in_place
def _come_home(
    task: TaskColumns, stops: IntArray, lattice: Lattice, state: Routing, row: int, stop: int
) -> int:
    cell = int(task.operands[task.start[row]])
    home = int(task.home[cell])
    if not is_free(state, home) and state.at[home] != cell:
        broken = _empty(task, stops, lattice, state, row, stop, home)
        if broken:
            return broken
    here, other = state.place[cell], state.at[home]
    state.at[home] = cell
    state.at[here] = other if here != home else cell
    state.place[cell] = home
    if other not in (NONE, cell):
        state.place[other] = here
    return 0


@in_place
def _empty(
    task: TaskColumns,
    stops: IntArray,
    lattice: Lattice,
    state: Routing,
    row: int,
    stop: int,
    home: int,
) -> int:
    """Bring the nearest dead qubit to this one."""
    fill_distances(lattice, home)
    distance = lattice.distance[home]
    hole, least = NONE, np.inf
    for qubit in range(len(state.at)):
        if is_free(state, qubit):
            length = np.rint((distance[qubit] + blocking(task, state, qubit, row)) * _DIGITS)
            if hole == NONE or length < least:
                hole, least = qubit, length
    if hole == NONE or distance[hole] == np.inf:
        return _refused(state, row, hole, home)
    look_ahead(task, stops, state, NONE, stop)
    while hole != home:
        best, best_edge, best_length = np.inf, NONE, np.inf
        for edge in range(lattice.start[hole], lattice.start[hole + 1]):
            length = np.rint((distance[lattice.to[edge]] + lattice.weight[edge]) * _DIGITS)
            if best_edge != NONE and length > best_length:
                continue
            score = score_of(task, lattice, state, row, hole, edge)
            if best_edge == NONE or length < best_length or score < best:
                best, best_edge, best_length = score, edge, length
        _swap(lattice, state, row, hole, best_edge)
        hole = lattice.to[best_edge]
    return 0


@in_place
def _swap(lattice: Lattice, state: Routing, row: int, here: int, edge: int) -> None:
    there = lattice.to[edge]
    one, other = state.at[here], state.at[there]
    state.at[here], state.at[there] = other, one
    if one != NONE:
        state.place[one] = there
    if other != NONE:
        state.place[other] = here
    number = state.tally[SWAPS]
    state.tally[SWAPS] = number + 1
    state.weight[0] += lattice.weight[edge]
    if number < state.swap.shape[1]:
        state.swap[0, number], state.swap[1, number], state.swap[2, number] = row, here, there
