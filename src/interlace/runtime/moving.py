"""Qubits followed through the SWAPs that local routing inserted.

An executable counts places: the device's qubits. What sits on one changes with every inserted
SWAP, and where a communication cell comes home: at the reset before its next `ebit` it changes
places with what was there, without a gate, since neither held anything that matters.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from interlace.compiler import NONE, Executable, Programs
from interlace.kernel import BoolArray, IntArray
from interlace.runtime.lives import code_of, lives_of

__all__ = ["cells_at_start", "followed", "holds_something"]


def followed(programs: Programs, program: Executable) -> Executable:
    """The program with operands that stand for what the places hold, not for the places.

    Operand k is what lies on the program's qubit k at the start; `node` and `device_qubit` say
    where that is. Within an inserted SWAP, both change places with its last joint gate.

    Args:
        programs: say which cells lie where at the start, and which one each reset is of.
        program: their executable, perhaps with measurements after it.
    """
    if not program.inserted.any():
        return program
    ops, start = program.ops, program.ops.start
    reset = np.flatnonzero((ops.gate == code_of(ops, "reset")) & (program.swap < 0))
    swap = _last_joint_gates(program)
    rows = np.concatenate([reset, swap])
    cuts = np.concatenate([start[reset], start[swap + 1]])  # a reset is of what came home already
    order = np.argsort(rows)
    joint = programs.joint.ops
    cell = np.full(len(rows), NONE, dtype=np.int64)
    cell[: len(reset)] = joint.operands[joint.start[program.joint_op[reset]]]

    cells = cells_at_start(programs, program)
    holder = {int(c): k for k, c in enumerate(cells.tolist()) if c != NONE}
    held, place = np.arange(len(program.node)), np.arange(len(program.node))
    found = np.empty_like(ops.operands)
    begin = 0
    for row, cut, its in zip(*(a[order].tolist() for a in (rows, cuts, cell)), strict=True):
        found[begin:cut] = held[ops.operands[begin:cut]]
        begin = cut
        here = ops.operands[start[row]]
        there = place[holder[its]] if its != NONE else ops.operands[start[row] + 1]
        held[here], held[there] = held[there], held[here]
        place[held[here]], place[held[there]] = here, there
    found[begin:] = held[ops.operands[begin:]]
    return replace(program, ops=replace(ops, operands=found))


def cells_at_start(programs: Programs, program: Executable) -> IntArray:
    """The cell that lies on each qubit of the program at the start, or `NONE`, shape (Q,)."""
    width = int(program.device_qubit.max(initial=0)) + 1
    nodes = 1 + max((machine.node for machine in programs.machines), default=0)
    at = np.full((max(nodes, int(program.node.max(initial=0)) + 1), width), NONE, dtype=np.int64)
    for machine in programs.machines:
        layout = np.array(machine.initial_layout, dtype=np.int64).reshape(-1, 2)
        cell, place = layout[layout[:, 1] < width].T
        at[machine.node, place] = cell
    return at[program.node, program.device_qubit]


def holds_something(program: Executable, moved: Executable) -> BoolArray:
    """Whether each operand held a state that matters when its operation came, shape (N,).

    Args:
        program: operands are places.
        moved: as `followed` gives it.
    """
    lives = lives_of(program)
    row = np.repeat(np.arange(len(program.ops)), np.diff(program.ops.start))
    swap = program.swap[row]
    # Within a SWAP, what was empty when it began is empty until it ends.
    key = swap * len(program.node) + moved.ops.operands
    empty = lives.begins & (swap >= 0)
    return ~lives.begins & ~lives.is_void[row] & ~((swap >= 0) & np.isin(key, key[empty]))


def _last_joint_gates(program: Executable) -> IntArray:
    """The row of the last joint gate of each inserted SWAP."""
    joint = np.flatnonzero((program.swap >= 0) & (np.diff(program.ops.start) == 2))
    last = np.full(int(program.swap.max(initial=NONE)) + 1, NONE, dtype=np.int64)
    last[program.swap[joint]] = joint  # of several, the last one stays
    return last[last != NONE]
