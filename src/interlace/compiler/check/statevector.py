"""Exact states on many measurement branches at once, cells allocated while they live.

A batch of B branches of k live qubits is one array of shape (B, 2, ..., 2),
axis 1 + i for the i-th live qubit. Outcomes are forced: each branch brings its
own. States are not normalised; what a projection takes away is their weight.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from interlace.compiler.check.unitary import ComplexArray, gate_tensor
from interlace.kernel import FloatArray, IntArray

__all__ = ["Batch"]


@dataclass(slots=True)
class Batch:
    """B branches of one program's state.

    Attributes:
        state: amplitudes, shape (B, 2, ..., 2).
        live: the qubits, in the order of the state's axes from 1 on.
    """

    state: ComplexArray
    live: list[int] = field(default_factory=list)

    @staticmethod
    def product(branches: int, qubits: dict[int, ComplexArray]) -> Batch:
        """The same product state on every branch; one pair of amplitudes a qubit."""
        state = np.ones((branches,), dtype=np.complex128)
        for amplitudes in qubits.values():
            state = state[..., None] * amplitudes
        return Batch(np.ascontiguousarray(state), list(qubits))

    def axis(self, qubit: int) -> int:
        """The axis of a live qubit."""
        return 1 + self.live.index(qubit)

    def add(self, qubit: int) -> None:
        """A further qubit in |0>."""
        grown = np.zeros((*self.state.shape, 2), dtype=np.complex128)
        grown[..., 0] = self.state
        self.state = grown
        self.live.append(qubit)

    def gate(self, name: str, params: tuple[float, ...], qubits: tuple[int, ...]) -> None:
        """A gate on live qubits; `swap` only renames."""
        if name == "swap":
            self.rename({qubits[0]: qubits[1], qubits[1]: qubits[0]})
            return
        axes = [self.axis(qubit) for qubit in qubits]
        self._mix(gate_tensor(name, params), axes, slice(None))

    def conditioned(self, name: str, qubit: int, bits: IntArray) -> None:
        """`x` or `z` on the branches whose bit is 1, shape (B,)."""
        chosen = np.flatnonzero(bits)
        if len(chosen):
            self._mix(gate_tensor(name), [self.axis(qubit)], chosen)

    def project(self, qubit: int, outcomes: IntArray) -> None:
        """Project a qubit on each branch's outcome; the qubit stays."""
        view = np.moveaxis(self.state, self.axis(qubit), 1)
        view[np.arange(len(outcomes)), 1 - outcomes] = 0.0

    def drop(self, qubit: int, outcomes: IntArray) -> None:
        """Project a qubit on each branch's outcome and let it go."""
        view = np.moveaxis(self.state, self.axis(qubit), 1)
        self.state = np.ascontiguousarray(view[np.arange(len(outcomes)), outcomes])
        self.live.remove(qubit)

    def rename(self, names: dict[int, int]) -> None:
        """Call live qubits by other names."""
        self.live = [names.get(qubit, qubit) for qubit in self.live]

    def weights(self, qubit: int) -> tuple[FloatArray, FloatArray]:
        """Squared norms of the parts with the qubit 0 and 1, shape (B,) each."""
        view = np.moveaxis(self.state, self.axis(qubit), 1)
        parts = view.reshape(len(view), 2, -1)
        weights = np.einsum("bij,bij->bi", parts, parts.conj()).real
        return weights[:, 0], weights[:, 1]

    def scale(self, factors: FloatArray) -> None:
        """Multiply each branch by a number."""
        self.state *= factors.reshape(-1, *[1] * (self.state.ndim - 1))

    def ordered(self, qubits: list[int]) -> ComplexArray:
        """Amplitudes with the live qubits in the given order, shape (B, 2^k)."""
        axes = [self.axis(qubit) for qubit in qubits]
        return self.state.transpose([0, *axes]).reshape(len(self.state), -1)

    def _mix(self, tensor: ComplexArray, axes: list[int], rows: slice | IntArray) -> None:
        """Apply a gate row by row of its matrix: zeros cost nothing, unchanged parts stay."""
        k = len(axes)
        matrix = tensor.reshape(2**k, 2**k)
        places = [_corner(self.state.ndim, axes, code, rows) for code in range(2**k)]
        busy = [out for out in range(2**k) if not np.array_equal(matrix[out], np.eye(2**k)[out])]
        sources = {
            code: self.state[places[code]].copy()
            for code in range(2**k)
            if any(matrix[out, code] for out in busy)
        }
        for out in busy:
            terms = [matrix[out, code] * sources[code] for code in sources if matrix[out, code]]
            self.state[places[out]] = sum(terms[1:], start=terms[0])


def _corner(
    ndim: int, axes: list[int], code: int, rows: slice | IntArray
) -> tuple[slice | int | IntArray, ...]:
    """Where the gate's qubits read `code`, operand 0 most significant."""
    place: list[slice | int | IntArray] = [slice(None)] * ndim
    place[0] = rows
    for i, axis in enumerate(axes):
        place[axis] = code >> (len(axes) - 1 - i) & 1
    return tuple(place)
