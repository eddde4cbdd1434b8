"""What each gate is as a matrix, and along which Paulis it can be copied.

The check asks the matrices themselves, not the table that the emitter uses.
A gate on k qubits is a tensor of shape (2,) * 2k: outputs first, then inputs,
operand 0 first in both.
"""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from interlace.circuit import matrix

__all__ = [
    "ComplexArray",
    "apply",
    "commuting_axes",
    "gate_tensor",
    "same_up_to_phase",
    "word_matrix",
]

ComplexArray = NDArray[np.complex128]

_PAULIS = {
    "X": np.array([[0, 1], [1, 0]], dtype=np.complex128),
    "Y": np.array([[0, -1j], [1j, 0]], dtype=np.complex128),
    "Z": np.array([[1, 0], [0, -1]], dtype=np.complex128),
}
_TOLERANCE = 1e-9


@functools.lru_cache(maxsize=4096)
def gate_tensor(name: str, params: tuple[float, ...] = ()) -> ComplexArray:
    """The gate's tensor, from Qiskit's matrix.

    Raises:
        InvariantError: there is no such gate, or the number of parameters is wrong.
    """
    little_endian = matrix(name, params)
    k = little_endian.shape[0].bit_length() - 1
    # Operand 0 is the least significant bit there: reverse outputs and inputs.
    order = [*range(k - 1, -1, -1), *range(2 * k - 1, k - 1, -1)]
    tensor = np.ascontiguousarray(little_endian.reshape((2,) * 2 * k).transpose(order))
    tensor.setflags(write=False)
    return tensor


@functools.lru_cache(maxsize=4096)
def commuting_axes(name: str, params: tuple[float, ...] = ()) -> tuple[str, ...]:
    """For each operand the Paulis, a string over "XYZ", that the gate commutes with there.

    Found numerically for exactly these parameters: `rz(0)` commutes with all three.
    """
    tensor = gate_tensor(name, params)
    qubits = tensor.ndim // 2
    return tuple(
        "".join(axis for axis, pauli in _PAULIS.items() if _commutes(tensor, pauli, operand))
        for operand in range(qubits)
    )


def _commutes(tensor: ComplexArray, pauli: ComplexArray, operand: int) -> bool:
    qubits = tensor.ndim // 2
    after = np.moveaxis(np.tensordot(pauli, tensor, axes=(1, operand)), 0, operand)
    before = np.moveaxis(
        np.tensordot(tensor, pauli, axes=(qubits + operand, 0)), -1, qubits + operand
    )
    return bool(np.abs(after - before).max() < _TOLERANCE)


def apply(tensor: ComplexArray, state: ComplexArray, axes: tuple[int, ...]) -> ComplexArray:
    """The gate applied to the given axes of a tensor; all other axes stay where they are."""
    k = len(axes)
    moved = np.tensordot(tensor, state, axes=(tuple(range(k, 2 * k)), axes))
    return np.moveaxis(moved, range(k), axes)


def word_matrix(word: list[tuple[ComplexArray, tuple[int, ...]]], qubits: int) -> ComplexArray:
    """The matrix of gates on `qubits` qubits, first gate first, qubit 0 most significant."""
    state = np.eye(2**qubits, dtype=np.complex128).reshape((2,) * 2 * qubits)
    for tensor, operands in word:
        state = apply(tensor, state, operands)
    return state.reshape(2**qubits, 2**qubits)


def same_up_to_phase(first: ComplexArray, second: ComplexArray) -> bool:
    """Whether two unitary matrices are the same gate, up to a global phase.

    Entry by entry to within 1e-9, after the phase of their overlap is taken out.
    """
    if first.shape != second.shape:
        return False
    overlap = np.vdot(first, second)
    if abs(overlap) < _TOLERANCE:
        return False
    return bool(np.abs(first * (overlap / abs(overlap)) - second).max() < _TOLERANCE)
