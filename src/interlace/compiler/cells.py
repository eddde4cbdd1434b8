"""Communication cells and the copies open on them, as compiled loops.

A *cell* is a number: cell q below Q is the home of qubit q; then come the
communication qubits of all nodes, then those that nodes without a limit make.
A node hands out its free cell that has been free longest. Lists (free cells,
copies open on a machine, copies of a qubit) are chains through arrays, so that
taking one out costs the same however long they are.

What is decided is drawn as *events*; `columns` writes their steps out.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple, cast

import numpy as np

from interlace.compiler.ground import GroundColumns
from interlace.compiler.plan import NONE as NO_INDEX
from interlace.kernel import IntArray, in_place

__all__ = [
    "CELL",
    "CELLS",
    "EVENTS",
    "EXTRA",
    "FIRST",
    "FIRST_FREE",
    "HELD",
    "KEEP",
    "LAST_FREE",
    "NEXT_USE",
    "NODE",
    "NONE",
    "NO_CELL_AT",
    "OPENED",
    "PAIRS",
    "QUBIT",
    "SIDE",
    "VISIT",
    "WHERE",
    "Drawn",
    "Event",
    "Program",
    "Working",
    "close_copy",
    "draw",
    "free_cell",
    "note_open",
    "take_cell",
]


class Event(IntEnum):
    """What was decided: its item, and up to three cells."""

    ROW = 0  # row; its cells stand in `Drawn.places`
    OPEN = 1  # copy; root, near, far
    CLOSE = 2  # copy; its cell, root, and the event that opened it
    SWAP = 3  # no item; left, right, far end of the right pair
    MOVE = 4  # qubit; from, near, far
    RETURN = 5  # qubit; from, home on the same machine


class Program(NamedTuple):
    """The hosted rows: n rows, N operands, C copies, Q qubits, W visits.

    Attributes:
        start: CSR of the operands, shape (n + 1,).
        operands: qubits, shape (N,).
        host: machine of each row, shape (n,).
        copy: copy of each operand or `NONE`, shape (N,).
        home: machine of each qubit, shape (Q,).
        copy_qubit: root of each copy, shape (C,).
        copy_axis: its `Axis`.
        copy_machine: where it is open.
        use_start: CSR of the rows that use each copy, shape (C + 1,).
        uses: these rows.
        visit_at: the visit that begins at each row or `NONE`, shape (n,).
        visit: rows guest, machine, last row of the stay; shape (3, W).
    """

    start: IntArray
    operands: IntArray
    host: IntArray
    copy: IntArray
    home: IntArray
    copy_qubit: IntArray
    copy_axis: IntArray
    copy_machine: IntArray
    use_start: IntArray
    uses: IntArray
    visit_at: IntArray
    visit: IntArray


class Working(NamedTuple):
    """The state of an emission.

    Attributes:
        tally: `EVENTS`, `PAIRS` and `CELLS` so far, and what went wrong, shape (7,).
        cell: `NODE`, `QUBIT` (data slot or device qubit) and the cell that became free after it.
        pool: `FIRST_FREE`, `LAST_FREE` and number of `EXTRA` cells of each node.
        qubit: `WHERE` each qubit lives and the `VISIT` that it is on, or `NONE`.
        copy: `CELL` of each copy or `NONE`, event that `OPENED` it, place in `Program.uses` of
            its `NEXT_USE`, and the last row for which to `KEEP` it.
        on_machine: chains of the copies open on each machine, in the order of opening, as rows
            next, previous (by copy), `FIRST`, last (by machine).
        of_qubit: the same of the copies of each qubit.
        hop: cells of an ebit's pairs at the near and at the far end of each hop.
        link_pairs: pairs asked for from each link.
    """

    tally: IntArray
    cell: IntArray
    pool: IntArray
    qubit: IntArray
    copy: IntArray
    on_machine: IntArray
    of_qubit: IntArray
    hop: IntArray
    link_pairs: IntArray


class Drawn(NamedTuple):
    """What is decided. Events and pairs beyond the columns' length are only counted.

    Attributes:
        event: rows `Event`, item, and three cells; shape (5, events).
        places: the cell of each operand of the program, shape (N,).
        pair: rows link, first cell, second cell, and event that uses it first; shape (4, pairs).
    """

    event: IntArray
    places: IntArray
    pair: IntArray


EVENTS, PAIRS, CELLS, NO_CELL_AT, SIDE, HELD = range(6)
NODE, QUBIT, _NEXT = range(3)
FIRST_FREE, LAST_FREE, EXTRA = range(3)
WHERE, VISIT = range(2)
CELL, OPENED, NEXT_USE, KEEP = range(4)
_AFTER, _BEFORE, FIRST, _LAST = range(4)

# A number of numpy's: of a compiled function there is one version for all of them, and one for
# each number of Python's.
NONE = cast("int", np.int64(NO_INDEX))
_CLOSE = cast("int", np.int64(Event.CLOSE))


@in_place
def draw(
    working: Working, drawn: Drawn, event: int, item: int, first: int, second: int, third: int
) -> None:
    """Append an event."""
    at = working.tally[EVENTS]
    working.tally[EVENTS] = at + 1
    if at < drawn.event.shape[1]:
        drawn.event[0, at] = event
        drawn.event[1, at] = item
        drawn.event[2, at] = first
        drawn.event[3, at] = second
        drawn.event[4, at] = third


@in_place
def take_cell(
    ground: GroundColumns,
    program: Program,
    working: Working,
    drawn: Drawn,
    node: int,
    side: int,
    keep: int,
) -> int:
    """A communication cell of the node that the side of a link reaches, or `NONE`.

    Where none is free, the copy on the node whose next use is farthest away is closed, if it is
    not needed for the row `keep`; on ties the one that was opened first.
    """
    while True:
        before, cell = NONE, working.pool[FIRST_FREE, node]
        while cell != NONE and not _reaches(ground, working, side, cell):
            before, cell = cell, working.cell[_NEXT, cell]
        if cell != NONE:
            after = working.cell[_NEXT, cell]
            if before == NONE:
                working.pool[FIRST_FREE, node] = after
            else:
                working.cell[_NEXT, before] = after
            if after == NONE:
                working.pool[LAST_FREE, node] = before
            return cell
        if ground.is_unlimited[node]:
            cell = working.tally[CELLS]
            if cell == working.cell.shape[1]:
                return NONE
            working.tally[CELLS] = cell + 1
            working.cell[NODE, cell] = node
            working.cell[QUBIT, cell] = ground.first_extra[node] + working.pool[EXTRA, node]
            working.pool[EXTRA, node] += 1
            return cell
        victim = _victim(ground, program, working, node, side, keep)
        if victim == NONE:
            return NONE
        close_copy(program, working, drawn, victim)


@in_place
def _victim(
    ground: GroundColumns, program: Program, working: Working, node: int, side: int, keep: int
) -> int:
    victim, farthest = NONE, NONE
    copy = working.on_machine[FIRST, node]
    while copy != NONE:
        use = working.copy[NEXT_USE, copy]
        next_row = len(program.host)
        if use < program.use_start[copy + 1]:
            next_row = program.uses[use]
        is_farther = working.copy[KEEP, copy] != keep and next_row > farthest
        if is_farther and _reaches(ground, working, side, working.copy[CELL, copy]):
            victim, farthest = copy, next_row
        copy = working.on_machine[_AFTER, copy]
    return victim


@in_place
def _reaches(ground: GroundColumns, working: Working, side: int, cell: int) -> bool:
    first, last = ground.wired_start[side], ground.wired_start[side + 1]
    for at in range(first, last):
        if ground.wired[at] == working.cell[QUBIT, cell]:
            return True
    return first == last


@in_place
def free_cell(working: Working, cell: int) -> None:
    """Put a communication cell behind the other free ones of its node."""
    if cell < working.qubit.shape[1]:
        return
    node = working.cell[NODE, cell]
    last = working.pool[LAST_FREE, node]
    working.cell[_NEXT, cell] = NONE
    working.pool[LAST_FREE, node] = cell
    if last == NONE:
        working.pool[FIRST_FREE, node] = cell
    else:
        working.cell[_NEXT, last] = cell


@in_place
def note_open(program: Program, working: Working, copy: int, cell: int) -> None:
    """The copy is open in this cell, by the last event."""
    working.copy[CELL, copy] = cell
    working.copy[OPENED, copy] = working.tally[EVENTS] - 1
    _chain(working.on_machine, copy, program.copy_machine[copy])
    _chain(working.of_qubit, copy, program.copy_qubit[copy])


@in_place
def close_copy(program: Program, working: Working, drawn: Drawn, copy: int) -> None:
    """Draw a CLOSE; the cell is free again."""
    cell, root = working.copy[CELL, copy], program.copy_qubit[copy]
    working.copy[CELL, copy] = NONE
    _unchain(working.on_machine, copy, program.copy_machine[copy])
    _unchain(working.of_qubit, copy, root)
    opened, at = working.copy[OPENED, copy], working.qubit[WHERE, root]
    draw(working, drawn, _CLOSE, copy, cell, at, opened)
    free_cell(working, cell)


@in_place
def _chain(chains: IntArray, item: int, owner: int) -> None:
    last = chains[_LAST, owner]
    chains[_AFTER, item], chains[_BEFORE, item], chains[_LAST, owner] = NONE, last, item
    if last == NONE:
        chains[FIRST, owner] = item
    else:
        chains[_AFTER, last] = item


@in_place
def _unchain(chains: IntArray, item: int, owner: int) -> None:
    after, before = chains[_AFTER, item], chains[_BEFORE, item]
    if before == NONE:
        chains[FIRST, owner] = after
    else:
        chains[_AFTER, before] = after
    if after == NONE:
        chains[_LAST, owner] = before
    else:
        chains[_BEFORE, after] = before
