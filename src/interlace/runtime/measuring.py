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

    The program's own bits are then exactly the register `meas`; internal bits follow it. Qubits
    that nothing acts on, which the executable lacks, are measured like all others.
    """
    program = programs.executable
    if measured_circuit(plan.circuit) is plan.circuit:
        return program
    count = plan.circuit.num_qubits
    shift = count - program.num_program_bits
    homes = _homes(plan, programs)
    places = _qubits_at(program, homes)
    idle = np.flatnonzero((places == NONE) & (homes[0] != NONE))
    places[idle] = len(program.node) + np.arange(len(idle))
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
        node=np.concatenate([program.node, homes[0, idle]]),
        device_qubit=np.concatenate([program.device_qubit, homes[1, idle]]),
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
    return _qubits_at(programs.executable, _homes(plan, programs))


def _homes(plan: Plan, programs: Programs) -> IntArray:
    """Node and device qubit on which each circuit qubit ends, `NONE`: on none, shape (2, n)."""
    home = np.full((2, plan.num_cells), NONE, dtype=np.int64)
    for machine in programs.machines:
        cell, place = np.array(machine.final_layout, dtype=np.int64).reshape(-1, 2).T
        home[0, cell], home[1, cell] = machine.node, place
    placement = plan.placement
    last = np.full(plan.circuit.num_qubits, NONE, dtype=np.int64)
    stays = np.lexsort((placement.cell, placement.to_step))  # of several, the last one counts
    last[placement.qubit[stays]] = placement.cell[stays]
    return np.where(last == NONE, NONE, home[:, last])


def _qubits_at(program: Executable, homes: IntArray) -> IntArray:
    """The executable's qubit on each node and device qubit, `NONE` where it has none."""
    node, place = homes
    if len(program.node) == 0:
        return np.full(len(node), NONE, dtype=np.int64)
    width = 1 + int(max(program.device_qubit.max(), place.max(initial=0)))
    known = program.node * width + program.device_qubit
    order = np.argsort(known, kind="stable")
    wanted = node * width + place
    at = np.minimum(np.searchsorted(known, wanted, sorter=order), len(known) - 1)
    return np.where((node != NONE) & (known[order[at]] == wanted), order[at], NONE)
