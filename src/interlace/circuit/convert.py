"""Qiskit circuits in, Qiskit circuits out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from interlace.arguments import wrong
from interlace.circuit.gates import GATES
from interlace.circuit.matrices import gate_classes
from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, Register
from interlace.circuit.reading import read_out
from interlace.errors import InvariantError, SpecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["from_named_bits", "from_qiskit", "to_qiskit"]

_NUMBERED = re.compile(r"circuit-\d+(-\d+)?")
_ALLOWED = (*GATES, "measure", "reset")


def from_qiskit(qc: QuantumCircuit, *, name: str | None = None) -> Circuit:
    """The circuit as a flat value.

    Gates of `GATES` are kept as they are, with every angle, however small. Other gates are
    replaced by their Qiskit definitions (of a Hamiltonian's evolution that is the product formula
    it was made with; of a matrix on three and more qubits, a synthesis to 1e-9). Global phases,
    which no measurement sees, are left out; barriers are left out and counted. Bits without a
    register get one; a register that only renames bits of earlier ones is left out.

    Args:
        qc: without control flow, timing, unbound parameters and classical variables.
        name: by default the circuit's; `circuit` where Qiskit only numbered it.

    Raises:
        SpecError: not a Qiskit circuit; or names the instruction, its number, and what cannot be
            distributed.

    Example:
        >>> from qiskit import QuantumCircuit
        >>> qc = QuantumCircuit(2)
        >>> _ = qc.h(0), qc.cx(0, 1)
        >>> [op.name for op in from_qiskit(qc).ops]
        ['h', 'cx']
    """
    _refuse_others(qc)
    _refuse_open_values(qc)
    taken = {register.name for register in (*qc.qregs, *qc.cregs)}
    qubit_registers, qubits = _numbered(qc.qubits, qc.qregs, fresh="q", taken=taken)
    clbit_registers, clbits = _numbered(qc.clbits, qc.cregs, fresh="c", taken=taken)
    ops, barriers = read_out(qc, qubits, clbits)
    return Circuit(
        name=name if name is not None else _name(qc),
        qubit_registers=qubit_registers,
        clbit_registers=clbit_registers,
        ops=ops,
        dropped_barriers=barriers,
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
    ops, barriers = read_out(
        qc,
        {bit: position for position, bit in enumerate(qc.qubits)},
        {bit: position for position, bit in enumerate(qc.clbits)},
    )
    return Circuit(
        name=name,
        qubit_registers=qubit_registers,
        clbit_registers=clbit_registers,
        ops=ops,
        dropped_barriers=barriers,
    )


def to_qiskit(circuit: Circuit) -> QuantumCircuit:
    """The circuit as Qiskit's: same registers, same operations, same order; no barriers."""
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
    from qiskit.circuit import CircuitInstruction, Measure, Reset

    qc = QuantumCircuit(name=circuit.name)
    for register in circuit.qubit_registers:
        qc.add_register(QuantumRegister(register.size, register.name))
    for register in circuit.clbit_registers:
        qc.add_register(ClassicalRegister(register.size, register.name))
    ops = circuit.ops
    if set(ops.names) - set(_ALLOWED) or (ops.condition != NO_BIT).any():
        msg = f"a circuit holds unconditioned gates, measure and reset only: {ops.names}"
        raise InvariantError(msg)
    qubits, clbits = qc.qubits, qc.clbits
    classes = {**gate_classes(), "measure": Measure, "reset": Reset}
    for op in ops:
        written = [clbits[op.clbit]] if op.clbit != NO_BIT else []
        qargs = [qubits[qubit] for qubit in op.operands]
        qc.append(CircuitInstruction(classes[op.name](*op.params), qargs, written), copy=False)
    return qc


def _refuse_others(qc: object) -> None:
    from qiskit import QuantumCircuit

    if not isinstance(qc, QuantumCircuit):
        hint = ""
        if isinstance(qc, str):
            hint = "`interlace.load_circuit(path)` reads an OpenQASM file"
        elif isinstance(qc, Circuit):
            hint = "`interlace.distribute` takes this one as it is"
        raise wrong("qc", "must be a Qiskit QuantumCircuit", qc, hint=hint)


def _name(qc: QuantumCircuit) -> str:
    """What the writer called it; Qiskit numbers the circuits of a process otherwise."""
    name = str(qc.name)
    return "circuit" if _NUMBERED.fullmatch(name) else name


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
