"""Which gates are Clifford, and as what stim knows them.

A unitary U is Clifford if U P U^dagger is a Pauli product, up to sign, for every
Pauli P. That is tested on the matrix itself, to 1e-12, before stim is asked for
the gate's name: stim works in single precision and would take rz(1e-7) for the
identity.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from interlace.circuit.gates import GATES
from interlace.circuit.matrices import ComplexArray, matrix
from interlace.circuit.ops import OpTable

__all__ = ["StimGate", "clifford", "is_clifford"]

StimGate = tuple[str, tuple[int, ...]]
"""The name of a stim instruction and the positions of its targets among the operands."""

_EXACT = 1e-12
_NOT_UNITARY = ("measure", "reset", "ebit")


@lru_cache(maxsize=65536)
def clifford(name: str, params: tuple[float, ...] = ()) -> tuple[StimGate, ...] | None:
    """The stim instructions that equal the gate, global phase aside; `None` if it is no Clifford.

    Args:
        name: a name of `GATES`.
        params: as many as the gate has [rad].

    Example:
        >>> clifford("sx")
        (('SQRT_X', (0,)),)
        >>> clifford("rz", (1e-7,)) is None
        True
    """
    unitary = matrix(name, params)
    if not _is_clifford_matrix(unitary, GATES[name].qubits):
        return None
    import stim

    tableau = stim.Tableau.from_unitary_matrix(unitary, endian="little")
    known = _named_tableaus().get(str(tableau))
    if known is not None:
        return ((known, tuple(range(GATES[name].qubits))),)
    return tuple(
        (instruction.name, tuple(target.value for target in group))
        for instruction in tableau.to_circuit("elimination")
        if isinstance(instruction, stim.CircuitInstruction)
        for group in instruction.target_groups()
    )


def is_clifford(ops: OpTable) -> bool:
    """Whether every gate of the table is Clifford; measurements, resets and ebits always are.

    Asks once for each distinct pair of a gate and its parameters, so a long program is cheap.
    """
    arity = np.diff(ops.param_start)
    for code, name in enumerate(ops.names):
        rows = np.flatnonzero(ops.gate == code)
        if name in _NOT_UNITARY or len(rows) == 0:
            continue
        count = int(arity[rows[0]])
        columns = ops.param_start[rows][:, None] + np.arange(count)
        for params in np.unique(ops.params[columns], axis=0).tolist():
            if clifford(name, tuple(params)) is None:
                return False
    return True


def _is_clifford_matrix(unitary: ComplexArray, qubits: int) -> bool:
    for operand in range(qubits):
        for pauli in ("x", "z"):
            generator = _on(matrix(pauli), operand, qubits)
            if not _is_signed_pauli(unitary @ generator @ unitary.conj().T, qubits):
                return False
    return True


def _is_signed_pauli(image: ComplexArray, qubits: int) -> bool:
    """Whether the image is plus or minus one product of Paulis: one coefficient 1, the rest 0."""
    coefficients = np.abs(_pauli_products(qubits).conj() @ image.ravel()) / 2**qubits
    largest = int(np.argmax(coefficients))
    rest = np.delete(coefficients, largest)
    return abs(coefficients[largest] - 1.0) < _EXACT and float(rest.max()) < _EXACT


@lru_cache(maxsize=3)
def _pauli_products(qubits: int) -> ComplexArray:
    """All products of Paulis on so many qubits, flattened, one a row."""
    single = np.array([matrix(name) for name in ("id", "x", "y", "z")])
    products = np.ones((1, 1, 1), dtype=np.complex128)
    for _ in range(qubits):
        size = 2 * products.shape[1]
        products = np.einsum("aij,bkl->abikjl", single, products).reshape(-1, size, size)
    return products.reshape(len(products), -1)


def _on(single: ComplexArray, operand: int, qubits: int) -> ComplexArray:
    left, right = np.eye(2 ** (qubits - 1 - operand)), np.eye(2**operand)
    return np.kron(left, np.kron(single, right)).astype(np.complex128)


@lru_cache(maxsize=1)
def _named_tableaus() -> dict[str, str]:
    """Stim's own one- and two-qubit gates, by the text of their tableaus; plain names first."""
    import stim

    known: dict[str, str] = {}
    gates = [gate for gate in stim.gate_data().values() if gate.is_unitary]
    for gate in sorted(gates, key=lambda gate: (len(gate.name), gate.name)):
        if gate.is_single_qubit_gate or gate.is_two_qubit_gate:
            known.setdefault(str(gate.tableau), gate.name)
    return known
