"""Qiskit circuits in, Qiskit circuits out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from interlace.circuit.gates import GATES
from interlace.circuit.matrices import gate_classes
from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, OpTable, OpTableBuilder, Register
from interlace.circuit.unroll import UnsupportedInstructionError, unrolled
from interlace.errors import InvariantError, SpecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["from_named_bits", "from_qiskit", "to_qiskit"]

_MOST_OPS = 20_000_000


def from_qiskit(qc: QuantumCircuit, *, name: str | None = None) -> Circuit:
    """The circuit as a flat value.

    Gates of `GATES` are kept as they are, with every angle, however small. Other gates are
    replaced by their Qiskit definitions. Barriers and global phases, which no measurement sees,
    are left out. Bits without a register get one; a register that only renames bits of earlier
    ones is left out.

    Args:
        qc: without control flow, timing, unbound parameters and classical variables.
        name: by default the circuit's.

    Raises:
        SpecError: names the instruction, its number, and what cannot be distributed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> qc = QuantumCircuit(2)
        >>> _ = qc.h(0), qc.cx(0, 1)
        >>> [op.name for op in from_qiskit(qc).ops]
        ['h', 'cx']
    """
    _refuse_open_values(qc)
    taken = {register.name for register in (*qc.qregs, *qc.cregs)}
    qubit_registers, qubits = _numbered(qc.qubits, qc.qregs, fresh="q", taken=taken)
    clbit_registers, clbits = _numbered(qc.clbits, qc.cregs, fresh="c", taken=taken)
    return Circuit(
        name=name if name is not None else str(qc.name),
        qubit_registers=qubit_registers,
        clbit_registers=clbit_registers,
        ops=_ops(qc, qubits, clbits),
    )


def from_named_bits(
    qc: QuantumCircuit,
    *,
    name: str,
    qubit_registers: tuple[Register, ...],
    clbit_registers: tuple[Register, ...],
) -> Circuit:
    """As `from_qiskit`, with registers that are known to cover the circuit's bits in order."""
    _refuse_open_values(qc)
    return Circuit(
        name=name,
        qubit_registers=qubit_registers,
        clbit_registers=clbit_registers,
        ops=_ops(
            qc,
            {bit: position for position, bit in enumerate(qc.qubits)},
            {bit: position for position, bit in enumerate(qc.clbits)},
        ),
    )


def to_qiskit(circuit: Circuit) -> QuantumCircuit:
    """The circuit as Qiskit's: same registers, same operations, same order."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit import Measure, Reset

    qc = QuantumCircuit(name=circuit.name)
    for register in circuit.qubit_registers:
        qc.add_register(QuantumRegister(register.size, register.name))
    for register in circuit.clbit_registers:
        qc.add_register(ClassicalRegister(register.size, register.name))
    classes = gate_classes()
    for op in circuit.ops:
        qargs = [qc.qubits[qubit] for qubit in op.operands]
        if op.condition != NO_BIT or op.name not in {*GATES, "measure", "reset"}:
            msg = f"a circuit holds gates, measure and reset only, not {op.name!r}"
            raise InvariantError(msg)
        if op.name == "measure":
            qc.append(Measure(), qargs, [qc.clbits[op.clbit]], copy=False)
        elif op.name == "reset":
            qc.append(Reset(), qargs, copy=False)
        else:
            qc.append(classes[op.name](*op.params), qargs, copy=False)
    return qc


def _refuse_open_values(qc: QuantumCircuit) -> None:
    if qc.num_qubits == 0:
        raise SpecError("declares no qubits: there is nothing to run")
    if qc.parameters:
        names = ", ".join(repr(parameter.name) for parameter in qc.parameters)
        raise SpecError(f"unbound parameters {names}: give them values with assign_parameters")
    variables = [var.name for var in qc.iter_vars()] + [var.name for var in qc.iter_stretches()]
    if variables:
        names = ", ".join(repr(variable) for variable in variables)
        raise SpecError(f"classical variables {names} cannot be distributed: remove them")


def _ops(qc: QuantumCircuit, qubits: dict[Any, int], clbits: dict[Any, int]) -> OpTable:
    builder = OpTableBuilder()
    row_ends: list[int] = []
    for position, instruction in enumerate(qc.data):
        targets = tuple(map(qubits.__getitem__, instruction.qubits))
        bits = tuple(map(clbits.__getitem__, instruction.clbits))
        try:
            for name, operands, params, written in unrolled(instruction, targets, bits):
                builder.add(name, operands, params=params, clbit=written[0] if written else NO_BIT)
                if len(builder) > _MOST_OPS:
                    rule = f"expands to more than {_MOST_OPS:,} operations: make it smaller"
                    raise UnsupportedInstructionError(rule, head=instruction.name)
        except UnsupportedInstructionError as error:
            raise UnsupportedInstructionError(
                error.rule, head=error.head, path=_place(position, instruction.name)
            ) from error
        row_ends.append(len(builder))
    ops = builder.build()
    if not np.isfinite(ops.params).all():
        bad = int(np.flatnonzero(~np.isfinite(ops.params))[0])
        row = int(np.searchsorted(ops.param_start, bad, side="right")) - 1
        position = int(np.searchsorted(row_ends, row, side="right"))
        head = qc.data[position].name
        rule = f"'{head}' has a parameter that is not finite"
        raise UnsupportedInstructionError(rule, head=head, path=_place(position, head))
    return ops


def _place(position: int, name: str) -> str:
    return f"instruction {position} ({name})"


def _numbered(
    bits: Sequence[Any], registers: Sequence[Any], *, fresh: str, taken: set[str]
) -> tuple[tuple[Register, ...], dict[Any, int]]:
    """Registers that hold every bit exactly once, and each bit's index through them."""
    index: dict[Any, int] = {}
    named: list[tuple[int, str, list[Any]]] = []
    place = {bit: position for position, bit in enumerate(bits)}
    for register in registers:
        members = list(register)
        if not any(bit in index for bit in members):
            index.update(dict.fromkeys(members, 0))
            named.append((min((place[bit] for bit in members), default=-1), register.name, members))
    run: list[Any] = []
    last = -2
    for position, bit in enumerate(bits):
        if bit in index:
            continue
        if position != last + 1:
            run = []
            named.append((position, _unused(fresh, taken), run))
        run.append(bit)
        last = position
    named.sort(key=lambda entry: entry[0])
    order = [bit for _, _, members in named for bit in members]
    rows = tuple(Register(name=name, size=len(members)) for _, name, members in named)
    return rows, {bit: position for position, bit in enumerate(order)}


def _unused(fresh: str, taken: set[str]) -> str:
    name, count = fresh, 0
    while name in taken:
        count += 1
        name = f"{fresh}_{count}"
    taken.add(name)
    return name
