"""Exact states on many measurement branches at once, cells allocated while they live.

A batch of B branches of k live qubits is one array of shape (2, ..., 2, B),
axis i for the i-th live qubit: neighbours in memory are branches, so whatever a
gate touches comes in runs of B. Outcomes are forced: each branch brings its
own. States are not normalised; what a projection takes away is their weight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from interlace.compiler.check.unitary import ComplexArray, gate_tensor
from interlace.errors import InvariantError
from interlace.kernel import FloatArray, IntArray

__all__ = ["Batch"]


@dataclass(slots=True)
class Batch:
    """B branches of one program's state.

    Attributes:
        state: amplitudes, shape (2, ..., 2, B).
        live: the qubits, in the order of the state's axes.
    """

    state: ComplexArray
    live: list[int] = field(default_factory=list)

    @staticmethod
    def product(branches: int, qubits: dict[int, ComplexArray]) -> Batch:
        """The same product state on every branch; one pair of amplitudes a qubit."""
        state = np.ones((), dtype=np.complex128)
        for amplitudes in qubits.values():
            state = state[..., None] * amplitudes
        return Batch(np.repeat(state[..., None], branches, axis=-1), list(qubits))

    def add(self, qubit: int) -> None:
        """A further qubit in |0>, on the first axis."""
        grown = np.zeros((2, *self.state.shape), dtype=np.complex128)
        grown[0] = self.state
        self.state = grown
        self.live.insert(0, qubit)

    def gate(self, name: str, params: tuple[float, ...], qubits: tuple[int, ...]) -> None:
        """A gate on live qubits; `swap` only renames (one of the two may not be live)."""
        if name == "swap":
            names = {qubits[0]: qubits[1], qubits[1]: qubits[0]}
            self.live = [names.get(qubit, qubit) for qubit in self.live]
            return
        tensor = gate_tensor(name, params)
        matrix = tensor.reshape(2 ** len(qubits), -1)
        axes = [self.live.index(qubit) for qubit in qubits]
        places = [_corner(axes, code) for code in range(len(matrix))]
        busy = [out for out in range(len(matrix)) if not _is_unit_row(matrix, out)]
        reads = {out: np.flatnonzero(matrix[out]).tolist() for out in busy}
        kept = {
            code: self.state[places[code]].copy()
            for code in busy
            if any(code in reads[out] for out in busy if out != code)
        }
        for out in busy:
            if reads[out] == [out]:
                self.state[places[out]] *= matrix[out, out]
                continue
            terms = (
                matrix[out, code] * kept.get(code, self.state[places[code]]) for code in reads[out]
            )
            self.state[places[out]] = sum(terms)

    def conditioned(self, name: str, qubit: int, bits: IntArray) -> None:
        """`x` or `z` on the branches whose bit is 1, shape (B,)."""
        zero, one = self._halves(qubit)
        if name == "z":
            one *= 1 - 2 * bits
        elif name == "x":
            kept = zero.copy()
            zero[...] = np.where(bits, one, zero)
            one[...] = np.where(bits, kept, one)
        else:
            raise InvariantError(f"no conditioned {name!r} is known")

    def project(self, qubit: int, outcomes: IntArray) -> None:
        """Project a qubit on each branch's outcome; the qubit stays."""
        zero, one = self._halves(qubit)
        zero *= 1 - outcomes
        one *= outcomes

    def drop(self, qubit: int, outcomes: IntArray) -> None:
        """Project a qubit on each branch's outcome and let it go."""
        zero, one = self._halves(qubit)
        self.state = np.where(outcomes, one, zero)
        self.live.remove(qubit)

    def weights(self, qubit: int) -> tuple[FloatArray, FloatArray]:
        """Squared norms of the parts with the qubit 0 and 1, shape (B,) each."""
        zero, one = (half.reshape(-1, half.shape[-1]) for half in self._halves(qubit))
        return (
            np.einsum("ib,ib->b", zero, zero.conj()).real,
            np.einsum("ib,ib->b", one, one.conj()).real,
        )

    def scale(self, factors: FloatArray) -> None:
        """Multiply each branch by a number, shape (B,)."""
        self.state *= factors

    def ordered(self, qubits: list[int]) -> ComplexArray:
        """Amplitudes with the live qubits in the given order, shape (2^k, B)."""
        axes = [self.live.index(qubit) for qubit in qubits]
        return self.state.transpose([*axes, len(axes)]).reshape(-1, self.state.shape[-1])

    def _halves(self, qubit: int) -> tuple[ComplexArray, ComplexArray]:
        axis = self.live.index(qubit)
        return self.state[_corner([axis], 0)], self.state[_corner([axis], 1)]


def _is_unit_row(matrix: ComplexArray, row: int) -> bool:
    return matrix[row, row] == 1 and np.count_nonzero(matrix[row]) == 1


def _corner(axes: list[int], code: int) -> tuple[slice | int, ...]:
    """Where the gate's qubits read `code`, operand 0 most significant."""
    place: list[slice | int] = [slice(None)] * (max(axes) + 1)
    for i, axis in enumerate(axes):
        place[axis] = code >> (len(axes) - 1 - i) & 1
    return tuple(place)
