"""SWAP insertion as compiled loops: what `router` tells, over arrays.

The loops make no array and change those that they are given. Cells are counted from 0
here: first those of the task, then those that it never touches. What a cell or a qubit has
none of is `NONE`.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from interlace.compiler.plan import NONE as NO_INDEX
from interlace.kernel import BoolArray, FloatArray, IntArray, in_place

__all__ = [
    "MOST_ENTRIES",
    "NOT_JOINED",
    "Lattice",
    "Routing",
    "TaskColumns",
    "fill_distances",
    "read_task",
    "route",
]

_WINDOW = 20
_DECAY = 0.85
_AHEAD = 0.7
_BLOCKED = 1.0
_ROUNDING = 1e-9
_DIGITS = 1e9
"""Lengths that are equal but for rounding are compared in this many parts of one."""

MOST_ENTRIES = 6 * (_WINDOW + 1)
"""Ordered pairs of cells in a window: six for a gate of three."""

NONE = cast("int", np.int64(NO_INDEX))
NOT_JOINED = 1
_UNKNOWN, _RESET, _EBIT, _OTHER = range(4)


class Lattice(NamedTuple):
    """A coupling map of D qubits as a weighted graph.

    Attributes:
        start: CSR of the neighbours of each qubit, shape (D + 1,).
        to: these, ascending, shape (E,).
        weight: of the edge to each, shape (E,).
        distance: weight of the lightest path, `inf`: none, row by row as `is_known` tells,
            shape (D, D).
        is_known: shape (D,).
        queue, is_queued: room to work, shape (D,).
    """

    start: IntArray
    to: IntArray
    weight: FloatArray
    distance: FloatArray
    is_known: BoolArray
    queue: IntArray
    is_queued: BoolArray


class TaskColumns(NamedTuple):
    """Rows of one machine, read for what routing needs to know: n rows, N operands, K cells.

    Attributes:
        start: CSR of the operands, shape (n + 1,).
        operands: cells, shape (N,).
        kind: 1 for `reset`, 2 for `ebit`, else 3, shape (n,).
        home: device qubit of each communication cell, else `NONE`, shape (K,).
        comes_home: whether the row is the reset before an `ebit`, shape (n,).
        dies: whether nobody reads the operand's cell afterwards, shape (N,).
        is_dead: whether nobody reads the cell at the start, shape (K,).
        last_return: the last row at which the cell comes home, else `NONE`, shape (K,).
    """

    start: IntArray
    operands: IntArray
    kind: NDArray[np.int8]
    home: IntArray
    comes_home: BoolArray
    dies: BoolArray
    is_dead: BoolArray
    last_return: IntArray


class Routing(NamedTuple):
    """The state of a run; K cells (those that act and the others), D qubits.

    Attributes:
        place: device qubit of each cell, shape (K,).
        at: the cell on each qubit, shape (D,).
        guest_of: the communication cell whose home each qubit is, shape (D,).
        is_dead: of each cell, shape (K,).
        where: device qubit of each operand when its row happens, shape (N,).
        swap: rows row served, qubit, qubit; SWAPs beyond its length are only counted.
        tally: SWAPs so far; entries of the window; row and qubits that could not be served.
        weight: of all SWAPs, shape (1,).
        chain: first and last entry of each cell in the window, and whether it goes home
            before the gates that are still to be added, shape (3, K).
        entry: rows partner, its qubit where that is fixed, next entry, the cell itself.
        share: weight of each entry.
    """

    place: IntArray
    at: IntArray
    guest_of: IntArray
    is_dead: BoolArray
    where: IntArray
    swap: IntArray
    tally: IntArray
    weight: FloatArray
    chain: IntArray
    entry: IntArray
    share: FloatArray


_SWAPS, _ENTRIES, _ROW, _HERE, _THERE = range(5)
_FIRST, _LAST, _GOES_HOME = range(3)
_PARTNER, _SPOT, _NEXT, _CELL = range(4)


@in_place
def fill_distances(lattice: Lattice, source: int) -> None:
    """Make the row of one qubit known: each qubit is looked at again when a lighter path is."""
    if lattice.is_known[source]:
        return
    size = len(lattice.queue)
    row = lattice.distance[source]
    for qubit in range(size):
        row[qubit] = np.inf
    row[source] = 0.0
    lattice.queue[0], head, waiting = source, 0, 1
    lattice.is_queued[source] = True
    while waiting > 0:
        here = lattice.queue[head]
        head, waiting = (head + 1) % size, waiting - 1
        lattice.is_queued[here] = False
        for edge in range(lattice.start[here], lattice.start[here + 1]):
            there, length = lattice.to[edge], row[here] + lattice.weight[edge]
            if length < row[there]:
                row[there] = length
                if not lattice.is_queued[there]:
                    lattice.is_queued[there] = True
                    lattice.queue[(head + waiting) % size] = there
                    waiting += 1
    lattice.is_known[source] = True


@in_place
def read_task(task: TaskColumns, following: IntArray) -> None:
    """Find out, going backwards, when each cell lives; `following` is zeros, shape (K,)."""
    for row in range(len(task.kind) - 1, -1, -1):
        first, last = task.start[row], task.start[row + 1]
        for i in range(first, last):
            cell = task.operands[i]
            after = following[cell]
            task.dies[i] = after == _RESET or (after == _UNKNOWN and task.home[cell] != NONE)
        for i in range(first, last):
            cell = task.operands[i]
            if task.kind[row] == _RESET and following[cell] == _EBIT and task.home[cell] != NONE:
                task.comes_home[row] = True
                if task.last_return[cell] == NONE:
                    task.last_return[cell] = row
            following[cell] = task.kind[row]
    for cell in range(len(task.home)):
        task.is_dead[cell] = following[cell] == _RESET or following[cell] == _UNKNOWN


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
            if task.kind[row] == _RESET:
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
            _look_ahead(task, stops, state, row, stop)
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
                    score = _score(task, lattice, state, row, here, edge)
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
    state.tally[_ROW], state.tally[_HERE], state.tally[_THERE] = row, here, there
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
    if not _is_free(state, home) and state.at[home] != cell:
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
        if _is_free(state, qubit):
            length = np.rint((distance[qubit] + _blocks(task, state, qubit, row)) * _DIGITS)
            if hole == NONE or length < least:
                hole, least = qubit, length
    if hole == NONE or distance[hole] == np.inf:
        return _refused(state, row, hole, home)
    _look_ahead(task, stops, state, NONE, stop)
    while hole != home:
        best, best_edge, best_length = np.inf, NONE, np.inf
        for edge in range(lattice.start[hole], lattice.start[hole + 1]):
            length = np.rint((distance[lattice.to[edge]] + lattice.weight[edge]) * _DIGITS)
            if best_edge != NONE and length > best_length:
                continue
            score = _score(task, lattice, state, row, hole, edge)
            if best_edge == NONE or length < best_length or score < best:
                best, best_edge, best_length = score, edge, length
        _swap(lattice, state, row, hole, best_edge)
        hole = lattice.to[best_edge]
    return 0


@in_place
def _is_free(state: Routing, qubit: int) -> bool:
    cell = state.at[qubit]
    return cell == NONE or bool(state.is_dead[cell])


@in_place
def _blocks(task: TaskColumns, state: Routing, qubit: int, row: int) -> float:
    """What a live guest on this qubit costs later."""
    cell = state.guest_of[qubit]
    return _BLOCKED if cell != NONE and task.last_return[cell] > row else 0.0


@in_place
def _swap(lattice: Lattice, state: Routing, row: int, here: int, edge: int) -> None:
    there = lattice.to[edge]
    one, other = state.at[here], state.at[there]
    state.at[here], state.at[there] = other, one
    if one != NONE:
        state.place[one] = there
    if other != NONE:
        state.place[other] = here
    number = state.tally[_SWAPS]
    state.tally[_SWAPS] = number + 1
    state.weight[0] += lattice.weight[edge]
    if number < state.swap.shape[1]:
        state.swap[0, number], state.swap[1, number], state.swap[2, number] = row, here, there


@in_place
def _score(
    task: TaskColumns, lattice: Lattice, state: Routing, row: int, here: int, edge: int
) -> float:
    """Weight of the SWAP and what it changes for the gates ahead; less is better."""
    there = int(lattice.to[edge])
    one, other = int(state.at[here]), int(state.at[there])
    score = lattice.weight[edge]
    score += _change(task, lattice, state, one, here, there, other) + _change(
        task, lattice, state, other, there, here, one
    )
    blocks = _blocks(task, state, there, row)
    if blocks:
        score += blocks * (_stays(state, one, there) - _stays(state, other, there))
    blocks = _blocks(task, state, here, row)
    if blocks:
        score += blocks * (_stays(state, other, here) - _stays(state, one, here))
    return score


@in_place
def _stays(state: Routing, cell: int, qubit: int) -> int:
    """1 if the cell would be a live guest on this home."""
    return int(cell not in (NONE, state.guest_of[qubit]) and not state.is_dead[cell])


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
    entry = state.chain[_FIRST, cell]
    if entry == NONE:
        return total
    fill_distances(lattice, old)
    fill_distances(lattice, new)
    before, after = lattice.distance[old], lattice.distance[new]
    while entry != NONE:
        partner, there = state.entry[_PARTNER, entry], state.entry[_SPOT, entry]
        if partner != other:
            if there == NONE:  # where it will be met: a dead communication cell at its home
                is_away = _is_away(task, state, partner)
                there = task.home[partner] if is_away else state.place[partner]
            total += state.share[entry] * (after[there] - before[there])
        entry = state.entry[_NEXT, entry]
    return total


@in_place
def _is_away(task: TaskColumns, state: Routing, cell: int) -> bool:
    """Whether it is a dead communication cell: it comes home before anything else."""
    return cell < len(task.home) and state.is_dead[cell] and task.home[cell] != NONE


@in_place
def _look_ahead(task: TaskColumns, stops: IntArray, state: Routing, row: int, stop: int) -> None:
    """The window: the gate at hand, if any, and the next ones."""
    for entry in range(state.tally[_ENTRIES]):
        state.chain[_FIRST, state.entry[_CELL, entry]] = NONE
    state.tally[_ENTRIES] = 0
    if row != NONE:
        _add_gate(task, state, row, 1.0)
    weight = _AHEAD
    end = min(stop + _WINDOW, len(stops))
    for i in range(stop, end):
        if task.comes_home[stops[i]]:
            state.chain[_GOES_HOME, task.operands[task.start[stops[i]]]] = 1
        else:
            _add_gate(task, state, stops[i], weight)
            weight *= _DECAY
    for i in range(stop, end):
        state.chain[_GOES_HOME, task.operands[task.start[stops[i]]]] = 0


@in_place
def _add_gate(task: TaskColumns, state: Routing, row: int, weight: float) -> None:
    """Every pair of a gate's cells; one that returns home before it does not move with us."""
    for i in range(task.start[row], task.start[row + 1]):
        cell = task.operands[i]
        if state.chain[_GOES_HOME, cell]:
            continue
        for j in range(task.start[row], task.start[row + 1]):
            if i == j:
                continue
            partner, entry = task.operands[j], state.tally[_ENTRIES]
            state.tally[_ENTRIES] = entry + 1
            spot = task.home[partner] if state.chain[_GOES_HOME, partner] else NONE
            state.entry[_PARTNER, entry], state.entry[_SPOT, entry] = partner, spot
            state.entry[_NEXT, entry], state.entry[_CELL, entry] = NONE, cell
            state.share[entry] = weight
            if state.chain[_FIRST, cell] == NONE:
                state.chain[_FIRST, cell] = entry
            else:
                state.entry[_NEXT, state.chain[_LAST, cell]] = entry
            state.chain[_LAST, cell] = entry
