"""Circuits that measure nothing: every qubit is measured at the end instead."""

from __future__ import annotations

import dataclasses

import numpy as np

from interlace.circuit import NO_BIT, Circuit, OpTable, Register
from interlace.compiler import NONE, Executable, Plan, Programs
from interlace.kernel import IntArray

__all__ = ["MEASURED_ALL", "final_places", "measured", "measured_circuit"]

MEASURED_ALL = "The circuit measures nothing: all of its qubits are measured at the end."


def measured_circuit(circuit: Circuit) -> Circuit:
    """The circuit, or with a register `meas` of all of its qubits if it measures nothing."""
    if bool((circuit.ops.clbit != NO_BIT).any()):
        return circuit
    qubits = np.arange(circuit.num_qubits)
    return dataclasses.replace(
        circuit,
        clbit_registers=(Register(name="meas", size=circuit.num_qubits),),
        ops=OpTable.joined([circuit.ops, _measurements(qubits, qubits)]),
    )


def _measurements(qubits: IntArray, bits: IntArray) -> OpTable:
    return OpTable.of_columns(
        ["measure"], gate=np.zeros(len(qubits), dtype=np.int64), operands=qubits, clbit=bits
    )


def measured(plan: Plan, programs: Programs) -> Executable:
    """The plan's executable, with the measurements that `measured_circuit` adds.

    The program's own bits are then exactly the register `meas`; internal bits follow it.
    """
    program = programs.executable
    if measured_circuit(plan.circuit) is plan.circuit:
        return program
    count = plan.circuit.num_qubits
    shift = count - program.num_program_bits
    places = final_places(plan, programs)
    qubits = np.flatnonzero(places != NONE)
    shifted = dataclasses.replace(
        program.ops,
        clbit=_shifted(program.ops.clbit, shift),
        condition=_shifted(program.ops.condition, shift),
    )
    table = OpTable.joined([shifted, _measurements(places[qubits], qubits)])
    added = len(table) - len(program.ops)
    return dataclasses.replace(
        program,
        ops=table,
        joint_op=np.concatenate([program.joint_op, np.full(added, -1)]),
        swap=np.concatenate([program.swap, np.full(added, NONE)]),
        link=np.concatenate([program.link, np.full(added, -1)]),
        num_bits=program.num_bits + shift,
        num_program_bits=count,
    )


def _shifted(bits: IntArray, shift: int) -> IntArray:
    return np.where(bits == NO_BIT, NO_BIT, bits + shift)


def final_places(plan: Plan, programs: Programs) -> IntArray:
    """Where each circuit qubit ends, as a qubit of the executable; `NONE`: nowhere, it is |0>."""
    program, placement = programs.executable, plan.placement
    width = int(program.device_qubit.max(initial=0)) + 1
    known = program.node * width + program.device_qubit
    order = np.argsort(known, kind="stable")
    home = np.full(plan.num_cells, NONE, dtype=np.int64)
    for machine in programs.machines:
        layout = np.array(machine.final_layout, dtype=np.int64).reshape(-1, 2)
        layout = layout[layout[:, 1] < width]
        wanted = machine.node * width + layout[:, 1]
        at = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
        is_there = known[order[at]] == wanted if len(known) else np.zeros(len(layout), dtype=bool)
        home[layout[is_there, 0]] = order[at[is_there]]
    last = np.full(plan.circuit.num_qubits, NONE, dtype=np.int64)
    stays = np.lexsort((placement.cell, placement.to_step))  # of several, the last one counts
    last[placement.qubit[stays]] = placement.cell[stays]
    return np.where(last == NONE, NONE, home[last])
