"""What SWAP insertion knows, as arrays: the task, and the state of a run.

Cells are counted from 0 here: first those of the task, then those that it never touches. What a
cell or a qubit has none of is `NONE`. The loops over them are in `scoring` and `swapping`.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from interlace.compiler.plan import NONE as NO_INDEX
from interlace.kernel import BoolArray, FloatArray, IntArray

__all__ = [
    "CELL",
    "EBIT",
    "ENTRIES",
    "FIRST",
    "GOES_HOME",
    "HERE",
    "LAST",
    "MOST_ENTRIES",
    "NEXT",
    "NONE",
    "OTHER",
    "PARTNER",
    "RESET",
    "ROW",
    "SPOT",
    "SWAPS",
    "THERE",
    "UNKNOWN",
    "WINDOW",
    "Routing",
    "TaskColumns",
]

WINDOW = 20
"""Gates that are looked ahead."""

MOST_ENTRIES = 6 * (WINDOW + 1)
"""Ordered pairs of cells in a window: six for a gate of three."""

NONE = cast("int", np.int64(NO_INDEX))
UNKNOWN, RESET, EBIT, OTHER = range(4)
"""What a row is (`TaskColumns.kind`); UNKNOWN: of a cell, that no row is known yet."""

SWAPS, ENTRIES, ROW, HERE, THERE = range(5)
"""Entries of `Routing.tally`."""

FIRST, LAST, GOES_HOME = range(3)
"""Rows of `Routing.chain`."""

PARTNER, SPOT, NEXT, CELL = range(4)
"""Rows of `Routing.entry`."""


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
