"""The replay of a machine's program as one compiled loop: where its cells are, row by row.

The loop stops at the first rule that does not hold and says which, as one of
the codes below, with the row and up to two numbers; `replay` makes the sentence. Cells, rows and
ops are counted on this machine alone.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interlace.kernel import BoolArray, IntArray, in_place

__all__ = [
    "EBIT",
    "MEASURE",
    "NOT_ALONE",
    "NOT_NAMED",
    "NOT_THERE",
    "OTHER",
    "RESET",
    "SOUND",
    "SWAP",
    "TAKES",
    "Part",
    "Places",
    "Units",
    "replay_rows",
]

OTHER, SWAP, MEASURE, RESET, EBIT = range(5)
"""What a row or an op is; SWAP: a swap of the joint program without a condition."""

SOUND, NOT_ALONE, NOT_THERE, NOT_NAMED, TAKES = range(5)
"""The rule that does not hold, and what its numbers a and b are.

NOT_ALONE: none.
NOT_THERE: device qubit of the cell, b: of the op.
NOT_NAMED: none.
TAKES: device qubit, b: the cell that is on it.
"""

_NOBODY = -1


class Part(NamedTuple):
    """The machine's rows of the joint program: r rows, N operands, K cells.

    `kind`, `clbit` of each row, `start` (CSR) of its `cell`s. `is_internal`: whether it measures
    into a bit that is none of the circuit's. Of each cell: `named`, the device qubit of its
    register or -1, `is_data`, and by `use_start` (CSR) the rows in `use` that touch it, ascending.
    """

    kind: IntArray
    clbit: IntArray
    start: IntArray
    cell: IntArray
    is_internal: BoolArray
    named: IntArray
    is_data: BoolArray
    use_start: IntArray
    use: IntArray


class Units(NamedTuple):
    """The program: n ops in units, each an inserted SWAP or all that is done for one row.

    `kind`, `clbit` of each op, `start` (CSR) of its `qubit`s. Of each unit: its `first` op (and
    n), the `row` that it serves, and the device qubits that it exchanges, or -1: `one`, `other`.
    """

    kind: IntArray
    clbit: IntArray
    start: IntArray
    qubit: IntArray
    first: IntArray
    row: IntArray
    one: IntArray
    other: IntArray


class Places(NamedTuple):
    """What the replay knows and writes down.

    `place` of each cell, the cell `at` each device qubit or -1, whether a cell `is_spent`;
    `where` each operand of the part was when its row happened; `unit` of each row or -1;
    `position` of each operand of the program among the operands of the row that it serves, or -1.
    """

    place: IntArray
    at: IntArray
    is_spent: BoolArray
    where: IntArray
    unit: IntArray
    position: IntArray


@in_place
def replay_rows(part: Part, units: Units, places: Places) -> tuple[int, int, int, int]:
    """Replay; returns (code, row, a, b)."""
    unit = 0
    for row in range(len(part.kind)):
        while unit < len(units.row) and units.row[unit] == row and units.one[unit] != _NOBODY:
            _exchange(places, int(units.one[unit]), int(units.other[unit]))
            unit += 1
        places.unit[row] = _NOBODY
        if unit < len(units.row) and units.row[unit] == row:
            places.unit[row] = unit
            unit += 1
        broken, a, b = SOUND, 0, 0
        if part.kind[row] in (MEASURE, RESET, EBIT):
            broken, a, b = _plain(part, units, places, row)
        if broken != SOUND:
            return broken, row, a, b
        for i in range(part.start[row], part.start[row + 1]):
            places.where[i] = places.place[part.cell[i]]
        _find_positions(part, units, places, row)
        _spend(part, places, row)
    return SOUND, 0, 0, 0


@in_place
def _find_positions(part: Part, units: Units, places: Places, row: int) -> None:
    unit = places.unit[row]
    if unit == _NOBODY:
        return
    for i in range(units.start[units.first[unit]], units.start[units.first[unit + 1]]):
        for j in range(part.start[row], part.start[row + 1]):
            if places.where[j] == units.qubit[i]:
                places.position[i] = j - part.start[row]


@in_place
def _plain(part: Part, units: Units, places: Places, row: int) -> tuple[int, int, int]:
    """A measurement, reset or half of an ebit: one op of the same kind, on its cell, its bit."""
    unit = places.unit[row]
    if unit == _NOBODY or part.start[row + 1] - part.start[row] != 1:
        return NOT_ALONE, 0, 0
    op = units.first[unit]
    is_one = units.first[unit + 1] - op == 1 and units.start[op + 1] - units.start[op] == 1
    if not is_one or units.kind[op] != part.kind[row]:
        return NOT_ALONE, 0, 0
    cell, qubit = int(part.cell[part.start[row]]), int(units.qubit[units.start[op]])
    named = part.named[cell]
    if part.kind[row] == RESET and qubit == named and qubit != places.place[cell]:
        guest = int(places.at[qubit])
        if guest != _NOBODY and not _is_of_no_use(part, places, guest, row):
            return TAKES, qubit, guest
        _exchange(places, int(places.place[cell]), qubit)
    if qubit != places.place[cell] or units.clbit[op] != part.clbit[row]:
        return NOT_THERE, int(places.place[cell]), qubit
    if part.kind[row] == EBIT and qubit != named:
        return NOT_NAMED, 0, 0
    return SOUND, 0, 0


@in_place
def _is_of_no_use(part: Part, places: Places, cell: int, row: int) -> bool:
    """Whether what a cell holds is never read again."""
    if places.is_spent[cell]:
        return True
    while True:
        begin, end = part.use_start[cell], part.use_start[cell + 1]
        at = begin + np.searchsorted(part.use[begin:end], row, side="right")
        if at == end:
            return not part.is_data[cell]
        row = int(part.use[at])
        if part.kind[row] == RESET:
            return True
        if part.kind[row] != SWAP:
            return False
        one, two = part.cell[part.start[row]], part.cell[part.start[row] + 1]
        cell = int(two) if cell == one else int(one)


@in_place
def _spend(part: Part, places: Places, row: int) -> None:
    """An internal measurement ends what a cell holds, a reset begins something new."""
    first = part.start[row]
    if part.kind[row] == MEASURE and part.is_internal[row]:
        places.is_spent[part.cell[first]] = True
    elif part.kind[row] == SWAP:
        one, two = part.cell[first], part.cell[first + 1]
        was = places.is_spent[one]
        places.is_spent[one] = places.is_spent[two]
        places.is_spent[two] = was
    elif part.kind[row] == RESET:
        places.is_spent[part.cell[first]] = False


@in_place
def _exchange(places: Places, one: int, two: int) -> None:
    first, second = places.at[one], places.at[two]
    places.at[one], places.at[two] = second, first
    if first != _NOBODY:
        places.place[first] = two
    if second != _NOBODY:
        places.place[second] = one
