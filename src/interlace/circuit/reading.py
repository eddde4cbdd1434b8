"""From a Qiskit circuit into arrays: one loop over its instructions, the rest at once.

The loop makes one row an instruction. Gates of `GATES`, measurements and
resets are final. What else there is becomes a *template*, unrolled once for
each distinct gate, and takes the place of its rows when the loop is over.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from interlace.circuit.gates import GATES, gate_columns
from interlace.circuit.ops import NO_BIT, OpTable, OpTableBuilder
from interlace.circuit.sizes import MOST_OPS, Sizes
from interlace.circuit.splice import spliced
from interlace.circuit.unroll import BARRIER, unrolled
from interlace.errors import SpecError
from interlace.kernel import FloatArray, IntArray

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["UnsupportedInstructionError", "read_out"]

_TOO_MANY = f"expands to more than {MOST_OPS:,} operations: make it smaller"
_NAMES = (*GATES, "measure", "reset")
_CODES = {name: code for code, name in enumerate(_NAMES)}
_MEASURE, _RESET = _CODES["measure"], _CODES["reset"]


class UnsupportedInstructionError(SpecError):
    """An instruction of a Qiskit circuit that interlace cannot take.

    Attributes:
        instruction: its number in the circuit, from 0.
    """

    def __init__(self, rule: str, *, instruction: int, name: str) -> None:
        super().__init__(rule, path=f"instruction {instruction} ({name})")
        self.instruction = instruction


def read_out(
    qc: QuantumCircuit, qubits: dict[Any, int], clbits: dict[Any, int]
) -> tuple[OpTable, int]:
    """The circuit's instructions as rows, and how many barriers were left out.

    Args:
        qc: the circuit.
        qubits: the index of each of its qubits.
        clbits: the index of each of its classical bits.

    Raises:
        UnsupportedInstructionError: an instruction that cannot be distributed.
    """
    columns = _Columns()
    _fill(columns, qc, clbits)
    gate = np.array(columns.gate, dtype=np.int64)
    rows = np.flatnonzero(gate < 0)
    base = _base(qc, columns, gate, qubits)
    parts = [_unrolled(qc, *first) for first in columns.first]
    templates = [table for table, _ in parts]
    barriers = np.array([count for _, count in parts], dtype=np.int64)
    lengths = np.array([len(table) for table in templates], dtype=np.int64)
    _refuse_too_many(qc, rows, lengths[-1 - gate[rows]])
    ops, source = spliced(base, rows, templates, -1 - gate[rows])
    infinite = np.flatnonzero(~np.isfinite(ops.params))
    if len(infinite):
        row = int(np.searchsorted(ops.param_start, infinite[0], side="right")) - 1
        rule = f"parameters must be finite, not {ops.params[infinite[0]]}"
        raise _unsupported(qc, int(source[row]), rule)
    return ops.compact(), int(barriers[-1 - gate[rows]].sum())


@dataclass(slots=True)
class _Columns:
    """What the loop collects; a negative gate -1 - k is the template k."""

    gate: list[int] = field(default_factory=list)
    bits: list[Any] = field(default_factory=list)
    params: list[Any] = field(default_factory=list)
    written: list[int] = field(default_factory=list)
    first: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    """Where each template stands first, and the classical bits that it has there."""
    sizes: list[int] = field(default_factory=list)
    """Operands of the rows that a template replaces."""
    known: dict[Hashable, int] = field(default_factory=dict)
    counted: Sizes = field(default_factory=Sizes)
    lengths: list[int] = field(default_factory=list)
    """Operations of each template."""
    kept: list[object] = field(default_factory=list)
    """Where keys have an `id`: the object itself, so that no other one gets the number."""


def _fill(columns: _Columns, qc: QuantumCircuit, clbits: dict[Any, int]) -> None:
    from qiskit.circuit import Measure, Reset

    codes, arity = _CODES, {name: gate.params for name, gate in GATES.items()}
    add_gate, add_bits = columns.gate.append, columns.bits.extend
    add_params, add_written = columns.params.extend, columns.written.append
    unfolded = 0
    for position, instruction in enumerate(qc.data):
        name = instruction.name
        add_bits(instruction.qubits)
        count = arity.get(name)
        if count is not None and instruction.is_standard_gate():
            add_gate(codes[name])
            if count:
                add_params(instruction.params)
        elif name == "measure" and isinstance(instruction.operation, Measure):
            add_gate(_MEASURE)
            add_written(clbits[instruction.clbits[0]])
        elif name == "reset" and isinstance(instruction.operation, Reset):
            add_gate(_RESET)
        else:
            bits = tuple(map(clbits.__getitem__, instruction.clbits))
            number = _template(columns, instruction, position, bits)
            add_gate(-1 - number)
            unfolded += columns.lengths[number]
            if unfolded + position > MOST_OPS:
                raise _unsupported(qc, position, _too_many(columns.lengths[number], unfolded))


def _template(
    columns: _Columns,
    instruction: Any,  # noqa: ANN401 - a class of Rust
    position: int,
    clbits: tuple[int, ...],
) -> int:
    """The number of the template of an instruction, a new one if it is none of the known."""
    shared = _shared(instruction)
    key = _key(instruction, shared) if not clbits else None
    found = columns.known.get(key) if key is not None else None
    if found is not None:
        return found
    columns.first.append((position, clbits))
    columns.sizes.append(len(instruction.qubits))
    columns.lengths.append(columns.counted.of(instruction))
    number = len(columns.first) - 1
    if key is not None:
        columns.known[key] = number
        columns.kept.append(shared)
    return number


def _unrolled(qc: QuantumCircuit, position: int, clbits: tuple[int, ...]) -> tuple[OpTable, int]:
    """The operations of one instruction, on qubits counted from 0, and its barriers' number."""
    instruction = qc.data[position]
    builder, barriers = OpTableBuilder(), 0
    try:
        for op in unrolled(instruction, tuple(range(len(instruction.qubits))), clbits):
            if op.name == BARRIER:
                barriers += 1
            else:
                builder.add(op.name, op.operands, params=op.params, clbit=op.clbit)
    except SpecError as error:
        raise _unsupported(qc, position, error.rule) from error
    return builder.build(), barriers


def _too_many(size: int, total: int) -> str:
    before = f", {total:,} with what comes before" if total > size else ""
    return f"expands to {size:,} operations{before}: a circuit may have at most {MOST_OPS:,}"


def _shared(instruction: Any) -> object:  # noqa: ANN401
    """What all uses of one defined gate have in common: the definition that they refer to."""
    if instruction.is_standard_gate():
        return None
    operation = instruction.operation
    return getattr(operation, "_gates", None) or getattr(operation, "_definition", None)


def _key(instruction: Any, shared: object) -> Hashable | None:  # noqa: ANN401
    """What two instructions share only if they are the same gate; `None`: nothing is known."""
    name, size = instruction.name, len(instruction.qubits)
    params = tuple(instruction.params)
    if not all(isinstance(param, float | int) for param in params):
        return None
    if instruction.is_standard_gate():
        return (name, size, params)
    if shared is None and name != "barrier":
        return None
    return (name, size, params, type(instruction.operation), id(shared))


def _base(qc: QuantumCircuit, columns: _Columns, gate: IntArray, qubits: dict[Any, int]) -> OpTable:
    """One row an instruction; those that templates replace carry their qubits and nothing else."""
    is_final = gate >= 0
    known = gate_columns(_NAMES)
    sizes = np.empty(len(gate), dtype=np.int64)
    sizes[is_final] = known.qubits[gate[is_final]]
    sizes[~is_final] = np.array(columns.sizes, dtype=np.int64)[-1 - gate[~is_final]]
    counts = np.where(is_final, known.params[np.maximum(gate, 0)], 0)
    clbit = np.full(len(gate), NO_BIT, dtype=np.int64)
    clbit[gate == _MEASURE] = columns.written
    param_start = np.concatenate([[0], np.cumsum(counts)])
    return OpTable(
        names=_NAMES,
        gate=np.maximum(gate, 0),
        start=np.concatenate([[0], np.cumsum(sizes)]),
        operands=np.fromiter(
            map(qubits.__getitem__, columns.bits), dtype=np.int64, count=len(columns.bits)
        ),
        param_start=param_start,
        params=_numbers(qc, columns.params, param_start),
        clbit=clbit,
        condition=np.full(len(gate), NO_BIT, dtype=np.int64),
    )


def _numbers(qc: QuantumCircuit, values: list[Any], param_start: IntArray) -> FloatArray:
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        for number, value in enumerate(values):
            try:
                float(value)
            except (TypeError, ValueError) as error:
                position = int(np.searchsorted(param_start, number, side="right")) - 1
                name = qc.data[position].name
                rule = f"'{name}' has a parameter that is no real number: {error}"
                raise _unsupported(qc, position, rule) from error
        raise


def _refuse_too_many(qc: QuantumCircuit, rows: IntArray, lengths: IntArray) -> None:
    """No more operations than fit, counted before any template is written out."""
    total = np.ones(len(qc.data), dtype=np.int64)
    total[rows] = lengths
    past = np.flatnonzero(np.cumsum(total) > MOST_OPS)
    if len(past):
        raise _unsupported(qc, int(past[0]), _TOO_MANY)


def _unsupported(qc: QuantumCircuit, position: int, rule: str) -> UnsupportedInstructionError:
    return UnsupportedInstructionError(rule, instruction=position, name=qc.data[position].name)
