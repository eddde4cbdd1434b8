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

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.circuit import GATES, NO_BIT, Circuit, Op, expand, expand_elementary
from interlace.compiler.plan import Axis

__all__ = ["Row", "Segment", "rows_for", "segments_of", "usable_axis"]

Segment = tuple[int, Axis, int]
"""Qubit, axis, and the running number of the run on that qubit along that axis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One operation of the working program; `source` is its row in the circuit."""

    name: str
    qubits: tuple[int, ...]
    params: tuple[float, ...]
    clbit: int
    source: int


def usable_axis(name: str, position: int) -> Axis:
    """The axis along which a copy may stand in for that operand; `Axis.NONE` if there is none."""
    gate = GATES.get(name)
    if gate is None:
        return Axis.NONE
    axes = gate.axes[position]
    return Axis.Z if "Z" in axes else Axis.X if "X" in axes else Axis.NONE


def rows_for(circuit: Circuit, machine_of: Sequence[int], copies: Sequence[int]) -> list[Row]:
    """The circuit's operations as rows that can each be hosted under a placement.

    Args:
        circuit: the input.
        machine_of: machine of each qubit.
        copies: how many copies of foreign qubits each machine can hold at once.
    """
    rows: list[Row] = []
    for source, op in enumerate(circuit.ops):
        rows.extend(
            Row(
                name=part.name,
                qubits=part.operands,
                params=part.params,
                clbit=part.clbit,
                source=source,
            )
            for part in _hostable(op, machine_of, copies)
        )
    return rows


def _hostable(op: Op, machine_of: Sequence[int], copies: Sequence[int]) -> tuple[Op, ...]:
    if len(op.operands) < 2 or hosts_of(op.name, op.operands, machine_of, copies):
        return (op,)
    parts = expand(op.name, op.params)
    if any(len(part.operands) > 2 for part in parts):
        parts = expand_elementary(op.name, op.params)
    return tuple(
        Op(
            name=part.name,
            operands=tuple(op.operands[i] for i in part.operands),
            params=part.params,
            clbit=NO_BIT,
        )
        for part in parts
    )


def hosts_of(
    name: str, qubits: Sequence[int], machine_of: Sequence[int], copies: Sequence[int]
) -> list[int]:
    """The machines that can host the operation, in the order of its operands."""
    machines = [machine_of[q] for q in qubits]
    if len(set(machines)) == 1:
        return machines[:1]
    has_axis = [usable_axis(name, i) is not Axis.NONE for i in range(len(qubits))]
    hosts: list[int] = []
    for host in dict.fromkeys(machines):
        foreign = [i for i, machine in enumerate(machines) if machine != host]
        if all(has_axis[i] for i in foreign) and len(foreign) <= copies[host]:
            hosts.append(host)
    return hosts


def segments_of(rows: Sequence[Row], num_qubits: int) -> list[tuple[Segment | None, ...]]:
    """For every row and operand the segment that a packet for it would serve."""
    runs = {Axis.X: [0] * num_qubits, Axis.Z: [0] * num_qubits}
    result: list[tuple[Segment | None, ...]] = []
    for row in rows:
        gate = GATES.get(row.name)
        found: list[Segment | None] = []
        for position, qubit in enumerate(row.qubits):
            axes = gate.axes[position] if gate is not None else ""
            for axis, letter in ((Axis.X, "X"), (Axis.Z, "Z")):
                if letter not in axes:
                    runs[axis][qubit] += 1
            axis = usable_axis(row.name, position)
            found.append(None if axis is Axis.NONE else (qubit, axis, runs[axis][qubit]))
        result.append(tuple(found))
    return result
