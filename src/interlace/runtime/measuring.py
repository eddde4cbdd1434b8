"""Circuits that measure nothing: every qubit is measured at the end instead."""

from __future__ import annotations

import dataclasses

import numpy as np

from interlace.circuit import NO_BIT, Circuit, Op, OpTable, Register
from interlace.compiler import Executable, Plan, Programs

__all__ = ["MEASURED_ALL", "measured", "measured_circuit"]

MEASURED_ALL = "The circuit measures nothing: all of its qubits are measured at the end."


def measured_circuit(circuit: Circuit) -> Circuit:
    """The circuit, or with a register `meas` of all of its qubits if it measures nothing."""
    if bool((circuit.ops.clbit != NO_BIT).any()):
        return circuit
    ops = [
        *circuit.ops,
        *(Op(name="measure", operands=(q,), clbit=q) for q in range(circuit.num_qubits)),
    ]
    return dataclasses.replace(
        circuit,
        clbit_registers=(Register(name="meas", size=circuit.num_qubits),),
        ops=OpTable.of(ops),
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
    places = _final_places(plan, programs)
    ops = [_shifted(op, shift) for op in program.ops]
    ops += [Op(name="measure", operands=(places[q],), clbit=q) for q in sorted(places)]
    table = OpTable.of(ops)
    added = len(table) - len(program.ops)
    return dataclasses.replace(
        program,
        ops=table,
        joint_op=np.concatenate([program.joint_op, np.full(added, -1)]),
        inserted=np.concatenate([program.inserted, np.zeros(added, dtype=bool)]),
        link=np.concatenate([program.link, np.full(added, -1)]),
        num_bits=program.num_bits + shift,
        num_program_bits=count,
    )


def _shifted(op: Op, shift: int) -> Op:
    if op.clbit == op.condition == NO_BIT:
        return op
    return dataclasses.replace(
        op,
        clbit=op.clbit if op.clbit == NO_BIT else op.clbit + shift,
        condition=op.condition if op.condition == NO_BIT else op.condition + shift,
    )


def _final_places(plan: Plan, programs: Programs) -> dict[int, int]:
    """Where each circuit qubit ends, as a qubit of the executable; one that is nowhere is |0>."""
    program, placement = programs.executable, plan.placement
    qubit_at = {
        place: qubit
        for qubit, place in enumerate(
            zip(program.node.tolist(), program.device_qubit.tolist(), strict=True)
        )
    }
    home = {
        cell: qubit_at[machine.node, device_qubit]
        for machine in programs.machines
        for cell, device_qubit in machine.final_layout
        if (machine.node, device_qubit) in qubit_at
    }
    last = {
        qubit: cell
        for _, qubit, cell in sorted(
            zip(
                placement.to_step.tolist(),
                placement.qubit.tolist(),
                placement.cell.tolist(),
                strict=True,
            )
        )
    }
    return {qubit: home[cell] for qubit, cell in last.items() if cell in home}
