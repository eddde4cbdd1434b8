"""Programs as the loops over Pauli frames want them: flat arrays, made once.

Of a Clifford gate U a frame needs one thing: which Pauli product U P U^dagger is,
its sign aside. P on one or two operands is four bits (x and z of the first, x and
z of the second), and so is its image, linear in them over two elements. The gates
of a program are few however long it is, so that each action is found once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlace.circuit import NO_BIT, OpTable, clifford, distinct_gates
from interlace.compiler import Executable
from interlace.errors import InvariantError
from interlace.kernel import IntArray
from interlace.runtime.feedforward import corrections

__all__ = ["CORRECT", "EBIT", "GATE", "MEASURE", "RESET", "FrameRows", "Words", "rows_of"]

Column = NDArray[np.int32]
"""Half as wide as columns are elsewhere: the loops wait for memory."""

Words = NDArray[np.uint64]
"""64 shots side by side, one a bit."""

GATE, MEASURE, RESET, EBIT, CORRECT = range(5)
"""Kinds of row; CORRECT acts where a bit is 1."""

_OTHERS = {"measure": MEASURE, "reset": RESET, "ebit": EBIT}
_ALL = np.uint64(2**64 - 1)


class FrameRows(NamedTuple):
    """A Clifford program: n rows, N operands, U distinct gates.

    Attributes:
        kind: one of the kinds above, shape (n,).
        start: CSR of the operands, shape (n + 1,).
        operands: qubits, shape (N,).
        action: which of `linear` (GATE), or which Pauli (CORRECT: 0 none,
            1 X, 2 Y, 3 Z), shape (n,).
        linear: all ones where an input bit (second axis: x and z of the first operand, x and z of
            the second) enters an output bit (third axis, the same), shape (U, 4, 4).
        clbit: bit that a measurement writes, shape (n,).
        condition: bit that a correction reads, shape (n,).
    """

    kind: Column
    start: Column
    operands: Column
    action: Column
    linear: Words
    clbit: Column
    condition: Column

    @property
    def births(self) -> int:
        """How many times a state becomes one of two alike after the start: random Z, X and Z."""
        counts = np.bincount(self.kind, minlength=5)
        return int(counts[MEASURE] + counts[RESET] + 2 * counts[EBIT])


def rows_of(program: Executable) -> FrameRows:
    """The rows of a program whose gates are Clifford and whose conditioned gates are Paulis."""
    ops = program.ops
    kind = _kinds(ops)
    action = np.zeros(len(ops), dtype=np.int64)
    gates = np.flatnonzero(kind == GATE)
    found, action[gates] = distinct_gates(ops, gates)
    understood = corrections(program)
    action[understood.row] = understood.act
    return FrameRows(
        kind=kind.astype(np.int32),
        start=ops.start.astype(np.int32),
        operands=ops.operands.astype(np.int32),
        action=action.astype(np.int32),
        linear=np.array([_linear(*gate) for gate in found], dtype=np.uint64).reshape(-1, 4, 4),
        clbit=ops.clbit.astype(np.int32),
        condition=ops.condition.astype(np.int32),
    )


def _kinds(ops: OpTable) -> IntArray:
    named = np.array([_OTHERS.get(name, GATE) for name in ops.names], dtype=np.int64)
    kind = named[ops.gate]
    return np.where((kind == GATE) & (ops.condition != NO_BIT), CORRECT, kind)


@lru_cache(maxsize=4096)
def _linear(name: str, params: tuple[float, ...]) -> Words:
    """The action of a gate on frames, shape (4, 4), as in `FrameRows.linear`."""
    import stim

    known = clifford(name, params)
    if known is None:
        msg = f"frames were given the gate {name!r}, which is not Clifford"
        raise InvariantError(msg)
    circuit = stim.Circuit()
    circuit.append("I", range(2))
    for instruction, targets in known:
        circuit.append(instruction, targets)
    x_to_x, x_to_z, z_to_x, z_to_z, _, _ = circuit.to_tableau().to_numpy()
    linear = np.zeros((2, 2, 2, 2), dtype=np.uint64)  # operand in, x or z; operand out, x or z
    linear[:, 0, :, 0], linear[:, 0, :, 1] = x_to_x, x_to_z
    linear[:, 1, :, 0], linear[:, 1, :, 1] = z_to_x, z_to_z
    return linear.reshape(4, 4) * _ALL
