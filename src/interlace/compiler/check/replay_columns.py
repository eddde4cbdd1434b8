"""A machine's program and its rows of the joint program, in the columns that the replay takes."""

from __future__ import annotations

import numpy as np

from interlace.circuit import NO_BIT, OpTable
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.replaying import EBIT, MEASURE, OTHER, RESET, SWAP, Part, Units
from interlace.compiler.plan import NONE
from interlace.compiler.program import JointProgram, MachineProgram
from interlace.kernel import IntArray

__all__ = ["check_order", "part_of", "units_of"]


def check_order(name: str, program: MachineProgram, rows: int, own: IntArray) -> None:
    """Rows of the joint program rise, are this machine's, and have their SWAPs before them.

    Args:
        name: of the program, for sentences.
        program: the machine's.
        rows: how many the joint program has.
        own: those of them that are at this machine, ascending.

    Raises:
        CheckFailure: they do not.
    """
    row = program.joint_op
    last = np.concatenate([[-1], row[:-1]])
    for op in np.flatnonzero((row < 0) | (row >= rows) | (row < last)).tolist():
        rule = f"joint ops must rise (got {row[op]} after {last[op]})"
        refuse(f"{name}, op {op}", rule)
    inserted = program.inserted
    for op in np.flatnonzero(inserted[1:] & ~inserted[:-1] & (row[1:] == row[:-1])).tolist():
        refuse(f"{name}, op {op + 1}", f"a SWAP is inserted inside joint op {row[op + 1]}")
    for number in np.setdiff1d(row, own).tolist():
        refuse(name, f"has operations for joint op {number}, which is not at this machine")


def part_of(
    joint: JointProgram,
    cells: Cells,
    own: IntArray,
    rows: IntArray,
    row_of: IntArray,
    at: IntArray,
) -> Part:
    """The machine's rows of the joint program.

    Args:
        joint: the program.
        cells: its cells.
        own: the machine's cells, ascending.
        rows: the rows that touch them, ascending.
        row_of: for each operand that is here, the index of its row in `rows`.
        at: those operands.

    Raises:
        CheckFailure: a row other than an `ebit` touches several machines.
    """
    ops = joint.ops
    kind = _kinds(ops)[rows]
    kind[(kind == SWAP) & (ops.condition[rows] != NO_BIT)] = OTHER
    size = np.bincount(row_of, minlength=len(rows))
    for row in rows[(size != np.diff(ops.start)[rows]) & (kind != EBIT)].tolist():
        refuse(f"joint op {row}", "touches several machines")
    cell = np.searchsorted(own, ops.operands[at])
    by_cell = np.argsort(cell, kind="stable")
    return Part(
        kind=kind,
        clbit=ops.clbit[rows],
        start=_ends(size),
        cell=cell,
        is_internal=ops.clbit[rows] >= joint.num_program_bits,
        named=cells.device_qubit[own],
        is_data=cells.is_data[own],
        use_start=_ends(np.bincount(cell, minlength=len(own))),
        use=row_of[by_cell],
    )


def units_of(program: MachineProgram, rows: IntArray) -> Units:
    """The program, cut where another row or another SWAP begins."""
    ops, row, swap = program.ops, program.joint_op, program.swap
    is_new = np.ones(len(ops), dtype=np.bool_)
    is_new[1:] = (row[1:] != row[:-1]) | (swap[1:] != swap[:-1])
    first = np.flatnonzero(is_new)
    one = other = np.zeros(0, dtype=np.int64)
    if len(first):
        is_swap = program.inserted[first]
        one = np.where(is_swap, np.minimum.reduceat(ops.operands, ops.start[first]), NONE)
        other = np.where(is_swap, np.maximum.reduceat(ops.operands, ops.start[first]), NONE)
    kind = _kinds(ops)
    return Units(
        kind=np.where(kind == SWAP, OTHER, kind),
        clbit=ops.clbit,
        start=ops.start,
        qubit=ops.operands,
        first=np.append(first, len(ops)),
        row=np.searchsorted(rows, row[first]),
        one=one,
        other=other,
    )


def _kinds(ops: OpTable) -> IntArray:
    known = {"swap": SWAP, "measure": MEASURE, "reset": RESET, "ebit": EBIT}
    return np.array([known.get(name, OTHER) for name in ops.names], dtype=np.int64)[ops.gate]


def _ends(sizes: IntArray) -> IntArray:
    """CSR offsets of runs of these sizes."""
    return np.concatenate([[0], np.cumsum(sizes)])
