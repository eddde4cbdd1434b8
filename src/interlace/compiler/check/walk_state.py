"""What the walk over the schedule knows: its columns, and the codes of the rules that it holds.

A correction that is due belongs to an *owner*: a qubit, an open copy, or a pair. Pairs that were
swapped into one share an owner (`parent` leads to it). The loops are in `walking`, the sentences
in `schedule`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = [
    "AT",
    "AXIS",
    "BIT_START",
    "CELL_START",
    "COLUMNS",
    "CONDITION",
    "COPIES",
    "COPIES_AXIS",
    "COPY",
    "DONE",
    "DUE",
    "DUE_X",
    "DUE_Z",
    "EMPTY",
    "FOREIGN",
    "GATE",
    "HALF",
    "HELD",
    "ITS_PACKET",
    "KIND",
    "LACKING",
    "LEFT_COPY",
    "LEFT_PAIR",
    "MATE",
    "NODE",
    "NOTHING",
    "NOTHING_MOVED",
    "NOT_COMMUTING",
    "NOT_DUE",
    "NOT_FIRST",
    "NOT_FREE",
    "NOT_ITS_PACKET",
    "NOT_MOVABLE",
    "NOT_SETTLED",
    "NOT_WRITTEN",
    "NO_COPY",
    "NO_PAIR",
    "NO_QUBIT",
    "NUMBER",
    "ONE_PAIR",
    "OPENED",
    "OPENED_TWICE",
    "OTHER_AXIS",
    "OTHER_NODE",
    "OTHER_PACKET",
    "OWNER",
    "PACKET",
    "PACKET_AXIS",
    "PAIR",
    "QUBIT",
    "REF",
    "ROOT",
    "SAME_QUBIT",
    "SOUND",
    "WORKS",
    "WRITTEN",
    "WRITTEN_TWICE",
    "Column",
    "Pairs",
    "State",
    "Steps",
    "Table",
]

Column = np.ndarray[tuple[int], np.dtype[np.int64]]
Table = np.ndarray[tuple[int, int], np.dtype[np.int64]]

NOTHING, QUBIT, COPY, PAIR = range(4)
"""What a cell holds (`State.cell`, HELD)."""

WRITTEN, DUE_X, DUE_Z, DONE = 1, 2, 3, 4
"""What has become of an internal bit (`State.bit`, DUE); 0: nothing yet."""

COLUMNS = (
    "kind",
    "node",
    "gate",
    "works",
    "packet",
    "number",
    "axis",
    "cell_start",
    "bit_start",
    "condition",
)
"""Columns of `Steps.table`."""

(
    KIND,
    NODE,
    GATE,
    WORKS,
    PACKET,
    NUMBER,
    AXIS,
    CELL_START,
    BIT_START,
    CONDITION,
) = range(10)

HELD, REF, MATE = range(3)
AT, COPIES, COPIES_AXIS = range(3)
ROOT, PACKET_AXIS, OPENED = range(3)
DUE, OWNER, ITS_PACKET = range(3)

(
    SOUND,
    OTHER_NODE,
    WRITTEN_TWICE,
    NOT_FREE,
    NOT_FIRST,
    EMPTY,
    NOT_SETTLED,
    NO_PAIR,
    NO_QUBIT,
    NO_COPY,
    OPENED_TWICE,
    OTHER_AXIS,
    OTHER_PACKET,
    ONE_PAIR,
    NOT_WRITTEN,
    NOT_DUE,
    NOT_ITS_PACKET,
    HALF,
    NOT_COMMUTING,
    SAME_QUBIT,
    FOREIGN,
    NOTHING_MOVED,
    NOT_MOVABLE,
    LACKING,
    LEFT_PAIR,
    LEFT_COPY,
) = range(26)
"""The rule that does not hold, and what its numbers a and b are.

OTHER_NODE: cell.
WRITTEN_TWICE: bit.
NOT_FREE: pair, b: cell.
NOT_FIRST: pair.
EMPTY: cell.
NOT_SETTLED: cell.
NO_PAIR: cell.
NO_QUBIT: cell.
NO_COPY: cell.
OPENED_TWICE: none.
OTHER_AXIS: qubit.
OTHER_PACKET: packet held.
ONE_PAIR: none.
NOT_WRITTEN: bit.
NOT_DUE: cell, b: bit.
NOT_ITS_PACKET: packet it belongs to.
HALF: cell.
NOT_COMMUTING: cell, b: packet held, or -1: any that is open on the qubit.
SAME_QUBIT: none.
FOREIGN: none.
NOTHING_MOVED: none.
NOT_MOVABLE: cell.
LACKING: cell.
LEFT_PAIR: cell.
LEFT_COPY: cell.
"""


class Steps(NamedTuple):
    """The schedule: a row a step and one at the end (offsets), its columns by the numbers above.

    GATE: 1 for x, 2 for z, 3 for swap, else 0. WORKS: whether the step carries out an operation of
    the circuit. PACKET counts the distinct packets from 0, NUMBER are the plan's. `axes`: as in
    `axes`, for each entry of `cells`. `cell_node`: node of each cell.
    """

    table: Table
    cells: Column
    bits: Column
    axes: Column
    cell_node: Column


class Pairs(NamedTuple):
    """The pairs in the order of their steps; `row` is their number in the plan."""

    row: Column
    step: Column
    first: Column
    second: Column


class State(NamedTuple):
    """Everything that the walk knows; filled as it goes. Columns by the numbers above.

    `cell`: what it holds (NOTHING, QUBIT, COPY, PAIR), which one, the cell of the other half.
    `qubit`, of the circuit: cell, how many copies are open, along which axis.
    `packet`: circuit qubit, axis, 0, then 1 when opened, then 2 when closed.
    `bit`: 0, then written, due as x or z, done; owner and packet of its correction.
    Owners (qubits, then packets, then pairs): `due` (how many corrections), `parent`.
    `acts_on`: for each entry of `cells` the circuit qubit that the operation acts on.
    `trail`: qubit, step, cell of each move; `trail_size`: how many.
    """

    cell: Table
    qubit: Table
    packet: Table
    bit: Table
    due: Column
    parent: Column
    acts_on: Column
    trail: Table
    trail_size: Column
