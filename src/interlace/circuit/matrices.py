"""Matrices of the gates, from Qiskit's gate classes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from interlace.circuit.gates import GATES
from interlace.errors import InvariantError

__all__ = ["ComplexArray", "gate_classes", "matrix", "phase_distance"]

ComplexArray = NDArray[np.complex128]


@lru_cache(maxsize=1)
def gate_classes() -> dict[str, Any]:
    """Qiskit's class of each gate of `GATES`, by name."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    mapping = get_standard_gate_name_mapping()
    return {name: mapping[name].base_class for name in GATES}


@lru_cache(maxsize=4096)
def matrix(name: str, params: tuple[float, ...] = ()) -> ComplexArray:
    """The unitary of one gate of `GATES`, read-only, shape (2^k, 2^k) for k operands.

    Little-endian as in Qiskit: bit j of a row or column number belongs to operand j.

    Args:
        name: a name of `GATES`.
        params: as many as the gate has [rad].

    Raises:
        InvariantError: no such gate, or the wrong number of parameters.

    Example:
        >>> matrix("cx").real.astype(int).tolist()
        [[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]
    """
    gate = GATES.get(name)
    if gate is None or gate.params != len(params):
        msg = f"no gate {name!r} with {len(params)} parameters"
        raise InvariantError(msg)
    unitary = np.array(gate_classes()[name](*params).to_matrix(), dtype=np.complex128)
    unitary.setflags(write=False)
    return unitary


def phase_distance(left: ComplexArray, right: ComplexArray) -> float:
    """Largest difference of two unitaries' entries, global phase aside.

    Example:
        >>> phase_distance(matrix("rz", (0.5,)), matrix("p", (0.5,))) < 1e-15
        True
    """
    if left.shape != right.shape:
        return float("inf")
    overlap = np.vdot(left, right)
    phase = overlap / abs(overlap) if abs(overlap) > 0 else 1.0
    return float(np.abs(left * phase - right).max())
