"""What a SWAP is worth: its own weight, and what it changes for the gates ahead.

The loops make no array and change those that they are given.
"""

from __future__ import annotations

from interlace.compiler.lattice import Lattice, fill_distances
from interlace.compiler.swap_state import (
    CELL,
    ENTRIES,
    FIRST,
    GOES_HOME,
    LAST,
    NEXT,
    NONE,
    PARTNER,
    SPOT,
    WINDOW,
    Routing,
    TaskColumns,
)
from interlace.kernel import IntArray, in_place

__all__ = ["blocking", "is_free", "look_ahead", "score_of"]

_DECAY = 0.85
_AHEAD = 0.7
_BLOCKED = 1.0


@in_place
def score_of(
    task: TaskColumns, lattice: Lattice, state: Routing, row: int, here: int, edge: int
) -> float:
    """Weight of the SWAP and what it changes for the gates ahead; less is better."""
    there = int(lattice.to[edge])
    one, other = int(state.at[here]), int(state.at[there])
    score = lattice.weight[edge]
    score += _change(task, lattice, state, one, here, there, other) + _change(
        task, lattice, state, other, there, here, one
    )
    blocks = blocking(task, state, there, row)
    if blocks:
        score += blocks * (_stays(state, one, there) - _stays(state, other, there))
    blocks = blocking(task, state, here, row)
    if blocks:
        score += blocks * (_stays(state, other, here) - _stays(state, one, here))
    return score


@in_place
def _change(
    task: TaskColumns,
    lattice: Lattice,
    state: Routing,
    cell: int,
    old: int,
    new: int,
    other: int,
) -> float:
    total = 0.0
    if cell == NONE or _is_away(task, state, cell):
        return total
    entry = state.chain[FIRST, cell]
    if entry == NONE:
        return total
    fill_distances(lattice, old)
    fill_distances(lattice, new)
    before, after = lattice.distance[old], lattice.distance[new]
    while entry != NONE:
        partner, there = state.entry[PARTNER, entry], state.entry[SPOT, entry]
        if partner != other:
            if there == NONE:  # where it will be met: a dead communication cell at its home
                is_away = _is_away(task, state, partner)
                there = task.home[partner] if is_away else state.place[partner]
            total += state.share[entry] * (after[there] - before[there])
        entry = state.entry[NEXT, entry]
    return total


@in_place
def _stays(state: Routing, cell: int, qubit: int) -> int:
    """1 if the cell would be a live guest on this home."""
    return int(cell not in (NONE, state.guest_of[qubit]) and not state.is_dead[cell])


@in_place
def blocking(task: TaskColumns, state: Routing, qubit: int, row: int) -> float:
    """What a live guest on this qubit costs later."""
    cell = state.guest_of[qubit]
    return _BLOCKED if cell != NONE and task.last_return[cell] > row else 0.0


@in_place
def is_free(state: Routing, qubit: int) -> bool:
    """Whether what is on the qubit may be lost: nothing, or a dead cell."""
    cell = state.at[qubit]
    return cell == NONE or bool(state.is_dead[cell])


@in_place
def _is_away(task: TaskColumns, state: Routing, cell: int) -> bool:
    """Whether it is a dead communication cell: it comes home before anything else."""
    return cell < len(task.home) and state.is_dead[cell] and task.home[cell] != NONE


@in_place
def look_ahead(task: TaskColumns, stops: IntArray, state: Routing, row: int, stop: int) -> None:
    """The window: the gate at hand, if any, and the next ones."""
    for entry in range(state.tally[ENTRIES]):
        state.chain[FIRST, state.entry[CELL, entry]] = NONE
    state.tally[ENTRIES] = 0
    if row != NONE:
        _add_gate(task, state, row, 1.0)
    weight = _AHEAD
    end = min(stop + WINDOW, len(stops))
    for i in range(stop, end):
        if task.comes_home[stops[i]]:
            state.chain[GOES_HOME, task.operands[task.start[stops[i]]]] = 1
        else:
            _add_gate(task, state, stops[i], weight)
            weight *= _DECAY
    for i in range(stop, end):
        state.chain[GOES_HOME, task.operands[task.start[stops[i]]]] = 0


@in_place
def _add_gate(task: TaskColumns, state: Routing, row: int, weight: float) -> None:
    """Every pair of a gate's cells; one that returns home before it does not move with us."""
    for i in range(task.start[row], task.start[row + 1]):
        cell = task.operands[i]
        if state.chain[GOES_HOME, cell]:
            continue
        for j in range(task.start[row], task.start[row + 1]):
            if i == j:
                continue
            partner, entry = task.operands[j], state.tally[ENTRIES]
            state.tally[ENTRIES] = entry + 1
            spot = task.home[partner] if state.chain[GOES_HOME, partner] else NONE
            state.entry[PARTNER, entry], state.entry[SPOT, entry] = partner, spot
            state.entry[NEXT, entry], state.entry[CELL, entry] = NONE, cell
            state.share[entry] = weight
            if state.chain[FIRST, cell] == NONE:
                state.chain[FIRST, cell] = entry
            else:
                state.entry[NEXT, state.chain[LAST, cell]] = entry
            state.chain[LAST, cell] = entry
