"""OpenQASM 2 from Qiskit's Rust reader straight into arrays.

Qiskit's `qasm2.loads` makes a Python object of every gate, which takes ten
times as long as reading the text. The loop here takes what the Rust reader
tells (its *bytecode*) without them. It knows programs of registers, table
gates, measurements, resets and barriers; for all others, and where Qiskit's
inner interface is not the one known here, it gives up and `qasm2.loads` reads
the text. A test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from interlace.circuit.gates import GATES
from interlace.circuit.matrices import gate_classes
from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, OpTable, Register
from interlace.circuit.sizes import MOST_OPS

__all__ = ["read_bytecode"]

_NAMES = (*GATES, "measure", "reset")
_CODES = {name: code for code, name in enumerate(_NAMES)}


def read_bytecode(text: str, *, name: str) -> Circuit | None:
    """The circuit of an OpenQASM 2 text, or `None` for one that takes more than this loop.

    Raises:
        QASM2ParseError: as `qasm2.loads` does.
    """
    try:
        from qiskit._accelerate import qasm2 as rust
        from qiskit.qasm2 import LEGACY_CUSTOM_INSTRUCTIONS as CUSTOM

        customs = [
            rust.CustomInstruction(c.name, c.num_params, c.num_qubits, c.builtin) for c in CUSTOM
        ]
        bytecode: Iterable[Any] = rust.bytecode_from_string(text, [], customs, (), False)
        kinds = rust.OpCode
        known = (kinds.Gate, kinds.Measure, kinds.Reset, kinds.Barrier, kinds.DeclareQreg)
        others = (kinds.DeclareCreg, kinds.SpecialInclude)
    except (ImportError, AttributeError, TypeError):
        return None
    read = _Read()
    if not _fill(read, bytecode, (*known, *others), _codes_of(CUSTOM)):
        return None
    return _circuit(read, name)


@dataclass(slots=True)
class _Read:
    gate: list[int] = field(default_factory=list)
    operands: list[int] = field(default_factory=list)
    params: list[float] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    qubits: list[Register] = field(default_factory=list)
    clbits: list[Register] = field(default_factory=list)
    barriers: int = 0


def _codes_of(customs: Sequence[Any]) -> list[int | None]:
    """The code of each gate by the reader's number; `None` for one that is not in the table."""
    classes = gate_classes()
    codes = [_CODES[c.name] if classes.get(c.name) is c.constructor else None for c in customs]
    return [*codes, _CODES["u"], _CODES["cx"]]  # the language's own U and CX


def _fill(
    read: _Read, bytecode: Iterable[Any], opcodes: tuple[Any, ...], codes: list[int | None]
) -> bool:
    """Whether all of the program could be taken in."""
    a_gate, a_measure, a_reset, a_barrier, a_qreg, a_creg, an_include = opcodes
    gate, operands, params = read.gate.append, read.operands.extend, read.params.extend
    for op in bytecode:
        opcode = op.opcode
        if opcode == a_gate:
            number, given, qubits = op.operands
            code = codes[number]
            if code is None:
                return False
            gate(code)
            params(given)
            operands(qubits)
        elif opcode == a_measure:
            qubit, clbit = op.operands
            gate(_CODES["measure"])
            read.operands.append(qubit)
            read.written.append(clbit)
        elif opcode == a_reset:
            gate(_CODES["reset"])
            read.operands.append(op.operands[0])
        elif opcode in (a_qreg, a_creg):
            name, size = op.operands
            registers = read.qubits if opcode == a_qreg else read.clbits
            registers.append(Register(name=name, size=size))
        elif opcode == an_include:
            if op.operands[0]:  # gates that LEGACY_CUSTOM_INSTRUCTIONS leave to the file
                return False
        elif opcode == a_barrier:
            read.barriers += 1
        else:
            return False
    return True


def _circuit(read: _Read, name: str) -> Circuit | None:
    registers = (*read.qubits, *read.clbits)
    params = np.array(read.params, dtype=np.float64)
    is_usual = read.qubits and all(register.size > 0 for register in registers)
    if not is_usual or len(read.gate) > MOST_OPS or not np.isfinite(params).all():
        return None
    gate = np.array(read.gate, dtype=np.int64)
    clbit = np.full(len(gate), NO_BIT, dtype=np.int64)
    clbit[gate == _CODES["measure"]] = read.written
    ops = OpTable.of_columns(
        _NAMES,
        gate=gate,
        operands=np.array(read.operands, dtype=np.int64),
        params=params,
        clbit=clbit,
    )
    return Circuit(
        name=name,
        qubit_registers=tuple(read.qubits),
        clbit_registers=tuple(read.clbits),
        ops=ops.compact(),
        dropped_barriers=read.barriers,
    )
