"""What a Clifford gate does to Pauli operators, read off its matrix.

Going backwards through U, a Pauli product P becomes U^dagger P U. On one or two
operands P is four bits (x and z of operand 0, x and z of operand 1; Y is both,
with the sign of Y itself). The image's bits are linear in them over two
elements; its sign is a polynomial in them over two elements (the algebraic
normal form), a sum of products of bits.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from interlace.compiler.check.unitary import ComplexArray, gate_tensor
from interlace.kernel import IntArray

__all__ = ["Actions", "actions_of", "clifford_action"]

_TOLERANCE = 1e-9
_MOST_OPERANDS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Actions:
    """The actions of U distinct gates.

    Attributes:
        linear: image of each of the four bits, as four bits, shape (U, 4).
        sign: the sixteen coefficients of the sign's polynomial, bit m for the product of the
            bits in m, shape (U,).
    """

    linear: IntArray
    sign: IntArray


def actions_of(gates: Iterable[tuple[str, tuple[float, ...]]]) -> Actions | None:
    """The actions of gates by name and parameters; `ebit` counts as H and CX on two cells.

    Returns:
        `None` as soon as one is not Clifford.
    """
    linear: list[tuple[int, int, int, int]] = []
    sign: list[int] = []
    for name, params in gates:
        action = clifford_action(name, params)
        if action is None:
            return None
        linear.append(action[0])
        sign.append(action[1])
    return Actions(
        linear=np.array(linear, dtype=np.int64).reshape(-1, 4),
        sign=np.array(sign, dtype=np.int64),
    )


@functools.lru_cache(maxsize=65536)
def clifford_action(
    name: str, params: tuple[float, ...]
) -> tuple[tuple[int, int, int, int], int] | None:
    """What U^dagger P U is for every Pauli product P.

    Returns:
        the image of each bit as four bits, and the sign's polynomial; `None` if the gate is not
        Clifford, to within 1e-9 in every coefficient, or acts on more than two operands.
    """
    if name in {"measure", "reset"}:
        return None
    tensor = _ebit() if name == "ebit" else gate_tensor(name, params)
    operands = tensor.ndim // 2
    if operands > _MOST_OPERANDS:
        return None
    unitary = tensor.reshape(2**operands, 2**operands)
    paulis = _paulis(operands)
    images = np.einsum("ba,kbc,cd->kad", unitary.conj(), paulis, unitary)
    parts = np.einsum("jba,kba->kj", paulis.conj(), images) / 2**operands
    image = np.argmax(np.abs(parts), axis=1)
    signs = np.sign(parts[np.arange(len(parts)), image].real)
    exact = np.zeros_like(parts)
    exact[np.arange(len(parts)), image] = signs
    if np.abs(parts - exact).max() > _TOLERANCE:
        return None
    first = [int(image[1 << i]) if i < 2 * operands else 1 << i for i in range(4)]
    return (first[0], first[1], first[2], first[3]), _polynomial((signs < 0).tolist())


def _polynomial(values: list[bool]) -> int:
    """The algebraic normal form of a function of four bits (or two) by its values."""
    terms = [int(value) for value in values]
    for i in range(len(terms).bit_length() - 1):
        for code in range(len(terms)):
            if code >> i & 1:
                terms[code] ^= terms[code ^ (1 << i)]
    return sum(term << code for code, term in enumerate(terms))


@functools.lru_cache(maxsize=2)
def _paulis(operands: int) -> ComplexArray:
    """All Pauli products, by their bits, shape (4^operands, d, d)."""
    single = np.array(
        [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[1, 0], [0, -1]], [[0, -1j], [1j, 0]]],
        dtype=np.complex128,
    )
    if operands == 1:
        return single
    return np.array([np.kron(single[code & 3], single[code >> 2]) for code in range(16)])


def _ebit() -> ComplexArray:
    """CX (H x 1): from |00> to Phi+."""
    return np.tensordot(gate_tensor("cx"), gate_tensor("h"), axes=(2, 0)).transpose(0, 1, 3, 2)
