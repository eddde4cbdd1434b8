"""Gates written by other gates, exactly.

`expand` rewrites a gate until each operand of every multi-qubit gate commutes
with X or Z, so that any operand can be a copy made by a cat-entangler.
`expand_elementary` goes on until only `cx`, `cz` and one-qubit gates are left.

Most rows follow Qiskit's own definitions. Where fewer multi-qubit gates do,
the forms below are used: with W = S on the target, W RX(t) W^dagger = RY(t); a
controlled U is a controlled rotation about Z between V^dagger and V, where the
columns of V are the eigenvectors of U.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from interlace.circuit.gates import GATES
from interlace.circuit.matrices import ComplexArray, gate_classes, matrix
from interlace.circuit.ops import Op
from interlace.errors import InvariantError

__all__ = ["expand", "expand_elementary"]


@lru_cache(maxsize=65536)
def expand(name: str, params: tuple[float, ...] = ()) -> tuple[Op, ...]:
    """The gate by one-qubit gates and gates each of whose operands commutes with X or Z.

    Equal up to global phase. A gate that already is such a gate stays.

    Args:
        name: a name of `GATES`.
        params: as many as the gate has [rad].

    Returns:
        Operations whose operands are positions among the gate's operands.

    Example:
        >>> [(op.name, op.operands) for op in expand("swap")]
        [('cx', (0, 1)), ('cx', (1, 0)), ('cx', (0, 1))]
    """
    return _expanded(Op(name=name, operands=_operands(name), params=params), _can_be_copied)


@lru_cache(maxsize=65536)
def expand_elementary(name: str, params: tuple[float, ...] = ()) -> tuple[Op, ...]:
    """The gate by `cx`, `cz` and one-qubit gates; otherwise as `expand`.

    Example:
        >>> sum(op.name == "cx" for op in expand_elementary("ccx"))
        6
    """
    return _expanded(Op(name=name, operands=_operands(name), params=params), _is_elementary)


def _operands(name: str) -> tuple[int, ...]:
    if name not in GATES:
        msg = f"no gate {name!r}"
        raise InvariantError(msg)
    return tuple(range(GATES[name].qubits))


def _can_be_copied(name: str) -> bool:
    gate = GATES[name]
    return gate.qubits == 1 or all("X" in axes or "Z" in axes for axes in gate.axes)


def _is_elementary(name: str) -> bool:
    return GATES[name].qubits == 1 or name in ("cx", "cz")


def _expanded(op: Op, is_done: Callable[[str], bool]) -> tuple[Op, ...]:
    if is_done(op.name):
        return (op,)
    return tuple(
        final
        for part in _FORMS.get(op.name, _qiskit_form(op.name))(op.params)
        for final in _expanded(
            Op(
                name=part.name,
                operands=tuple(op.operands[operand] for operand in part.operands),
                params=part.params,
            ),
            is_done,
        )
    )


def _qiskit_form(name: str) -> Callable[[tuple[float, ...]], tuple[Op, ...]]:
    def form(params: tuple[float, ...]) -> tuple[Op, ...]:
        definition = gate_classes()[name](*params).definition
        return tuple(
            Op(
                name=part.name,
                operands=tuple(definition.find_bit(bit).index for bit in part.qubits),
                params=tuple(float(param) for param in part.params),
            )
            for part in definition.data
        )

    return form


def _op(name: str, *operands: int, params: tuple[float, ...] = ()) -> Op:
    return Op(name=name, operands=operands, params=params)


def _cry(params: tuple[float, ...]) -> tuple[Op, ...]:
    return (_op("sdg", 1), _op("crx", 0, 1, params=params), _op("s", 1))


def _ryy(params: tuple[float, ...]) -> tuple[Op, ...]:
    before, after = (_op("sdg", 0), _op("sdg", 1)), (_op("s", 0), _op("s", 1))
    return (*before, _op("rxx", 0, 1, params=params), *after)


def _cu(params: tuple[float, ...]) -> tuple[Op, ...]:
    theta, phi, lam, gamma = params
    return _controlled(matrix("u", (theta, phi, lam)) * cmath.exp(1j * gamma))


def _cu3(params: tuple[float, ...]) -> tuple[Op, ...]:
    return _controlled(matrix("u3", params))


def _controlled(unitary: ComplexArray) -> tuple[Op, ...]:
    """Controlled U = V diag(e^ia, e^ib) V^dagger: P((a+b)/2) on the control, CRZ(b-a) inside V."""
    values, vectors = _eigen(unitary)
    first, second = cmath.phase(values[0]), cmath.phase(values[1])
    return (
        _op("u", 1, params=_angles(vectors.conj().T)),
        _op("crz", 0, 1, params=(second - first,)),
        _op("u", 1, params=_angles(vectors)),
        _op("p", 0, params=((first + second) / 2,)),
    )


def _eigen(unitary: ComplexArray) -> tuple[tuple[complex, complex], ComplexArray]:
    """Eigenvalues and orthonormal eigenvectors of a 2x2 unitary, stable where they coincide.

    U = e^ik (cos w + i sin w n.sigma): the eigenvectors are those of the Hermitian n.sigma.
    """
    phase = cmath.sqrt(unitary[0, 0] * unitary[1, 1] - unitary[0, 1] * unitary[1, 0])
    special = unitary / phase
    hermitian = (special - special.conj().T) / 2j
    size = float(np.abs(hermitian).max())
    scale = 2.0 ** min(1000, -math.frexp(size)[1])  # to about 1; finite for the tiniest angle too
    vectors = np.linalg.eigh(hermitian * scale)[1] if size > 0 else np.eye(2)
    vectors = vectors.astype(np.complex128)
    diagonal = (vectors.conj().T @ unitary @ vectors).diagonal()
    return (complex(diagonal[0]), complex(diagonal[1])), vectors


def _angles(unitary: ComplexArray) -> tuple[float, float, float]:
    """The angles of the gate `u` that equals the matrix up to global phase."""
    from qiskit.synthesis import OneQubitEulerDecomposer

    theta, phi, lam, _ = OneQubitEulerDecomposer("U").angles_and_phase(unitary)
    return theta, phi, lam


_FORMS: dict[str, Callable[[tuple[float, ...]], tuple[Op, ...]]] = {
    "cry": _cry,
    "ryy": _ryy,
    "cu": _cu,
    "cu3": _cu3,
}
