"""The circuit as the distributor sees it: rows that can be hosted on one machine.

An operation whose operands lie on several machines is carried out on one of
them, its *host*; every operand that lives elsewhere takes part through a copy,
so the gate must be block-diagonal on it along X or Z. A row that no machine can
host is replaced by its exact expansion. Rows keep the index of the operation
that they came from; nothing is dropped, merged or reordered.

A *segment* is a maximal run of rows on one qubit that all commute with one
axis there: one packet can serve the whole of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from interlace.circuit import (
    Circuit,
    OpTable,
    distinct_gates,
    expand,
    expand_elementary,
    gate_columns,
    spliced,
)
from interlace.compiler.plan import NONE, Axis
from interlace.kernel import BoolArray, IntArray, compiled

__all__ = ["Work", "hosts", "work_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The working program: n rows with N operands and S segments.

    Attributes:
        ops: the rows; operands are circuit qubits.
        source: row of the circuit that each row carries out, or helps to, shape (n,).
        segment: for each operand the segment that a packet for it would serve, `NONE` where no
            copy can stand in for it, shape (N,).
        segment_qubit: the qubit of each segment, shape (S,).
        segment_axis: its `Axis`, shape (S,).
    """

    ops: OpTable
    source: IntArray
    segment: IntArray
    segment_qubit: IntArray
    segment_axis: IntArray


def work_for(circuit: Circuit, machine_of: IntArray, copies: IntArray) -> Work:
    """The circuit's operations as rows that can each be hosted under a placement.

    Args:
        circuit: the input.
        machine_of: machine of each qubit.
        copies: how many copies of foreign qubits each machine can hold at once.
    """
    ops, source = circuit.ops, np.arange(len(circuit.ops), dtype=np.int64)
    homeless = np.flatnonzero(~_has_host(ops.start, hosts(ops, machine_of, copies)))
    if len(homeless) > 0:
        gates, index = distinct_gates(ops, homeless)
        ops, source = spliced(ops, homeless, [_template(*gate) for gate in gates], index)
    known = gate_columns(ops.names)
    segment, segment_qubit, segment_axis = _segments(
        ops.gate,
        ops.start,
        ops.operands,
        known.axis,
        known.commutes_x,
        known.commutes_z,
        circuit.num_qubits,
    )
    return Work(
        ops=ops,
        source=source,
        segment=segment,
        segment_qubit=segment_qubit,
        segment_axis=segment_axis,
    )


def hosts(ops: OpTable, machine_of: IntArray, copies: IntArray) -> BoolArray:
    """For each operand whether its machine can host the row, if no operand before lives there.

    A row whose operands live together has one host: the machine of its first operand.
    """
    axis = gate_columns(ops.names).axis
    return _hosts(ops.gate, ops.start, ops.operands, axis, machine_of, copies)


@lru_cache(maxsize=65536)
def _template(name: str, params: tuple[float, ...]) -> OpTable:
    """The gate by gates of at most two operands, each of which can be a copy."""
    parts = expand(name, params)
    if any(len(part.operands) > 2 for part in parts):
        parts = expand_elementary(name, params)
    return OpTable.of(parts)


@compiled
def _hosts(
    gate: IntArray,
    start: IntArray,
    operands: IntArray,
    axis: IntArray,
    machine_of: IntArray,
    copies: IntArray,
) -> BoolArray:
    can_host = np.zeros(len(operands), dtype=np.bool_)
    for row in range(len(gate)):
        first, last = start[row], start[row + 1]
        for place in range(first, last):
            machine = machine_of[operands[place]]
            foreign, fits = 0, True
            for other in range(first, last):
                elsewhere = machine_of[operands[other]] != machine
                if elsewhere:
                    foreign += 1
                    fits = fits and axis[gate[row], other - first] != 0
                elif other < place:
                    fits = False
            can_host[place] = fits and (foreign == 0 or foreign <= copies[machine])
    return can_host


@compiled
def _has_host(start: IntArray, can_host: BoolArray) -> BoolArray:
    found = np.zeros(len(start) - 1, dtype=np.bool_)
    for row in range(len(found)):
        for place in range(start[row], start[row + 1]):
            found[row] = found[row] or can_host[place]
    return found


@compiled
def _segments(
    gate: IntArray,
    start: IntArray,
    operands: IntArray,
    axis: IntArray,
    commutes_x: BoolArray,
    commutes_z: BoolArray,
    num_qubits: int,
) -> tuple[IntArray, IntArray, IntArray]:
    """Number the segments as operands ask for them; a gate that does not commute ends one."""
    segment = np.full(len(operands), NONE, dtype=np.int64)
    segment_qubit = np.empty(len(operands), dtype=np.int64)
    segment_axis = np.empty(len(operands), dtype=np.int64)
    running_x = np.full(num_qubits, NONE, dtype=np.int64)
    running_z = np.full(num_qubits, NONE, dtype=np.int64)
    count = 0
    for row in range(len(gate)):
        code = gate[row]
        for place in range(start[row], start[row + 1]):
            qubit, position = operands[place], place - start[row]
            if not commutes_x[code, position]:
                running_x[qubit] = NONE
            if not commutes_z[code, position]:
                running_z[qubit] = NONE
            if axis[code, position] == 0:
                continue
            running = running_z if axis[code, position] == _Z else running_x
            if running[qubit] == NONE:
                running[qubit] = count
                segment_qubit[count], segment_axis[count] = qubit, axis[code, position]
                count += 1
            segment[place] = running[qubit]
    return segment, segment_qubit[:count].copy(), segment_axis[:count].copy()


_Z = int(Axis.Z)
