"""A small noisy program's outcomes, exactly: every branch as a density matrix.

The readable twin of the Pauli frames: waiting is the twirled channel, each way to misread has its
own probability, a correction acts and errs where the bit as it was read is 1.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from interlace.circuit import NO_BIT, Op, matrix
from interlace.compiler import Executable
from interlace.kernel import FloatArray
from interlace.physics import idle_pauli
from interlace.runtime import Noise

Bits = tuple[int, ...]

_PAULIS = np.array([matrix(name) for name in ("id", "x", "y", "z")])


class Exact:
    """Unnormalised density matrices, one for each list of bits; qubit q is bit q of an index."""

    def __init__(self, program: Executable, noise: Noise) -> None:
        self.qubits = len(program.node)
        start = np.zeros((2**self.qubits,) * 2, dtype=np.complex128)
        start[0, 0] = 1.0
        self.branches: dict[Bits, np.ndarray] = {(0,) * program.num_bits: start}
        pairs = 0
        for row, op in enumerate(program.ops):
            first = int(program.ops.start[row])
            for k, qubit in enumerate(op.operands):
                x, y, z = idle_pauli(
                    noise.idle_s[first + k], t1_s=noise.t1_s[qubit], t2_s=noise.t2_s[qubit]
                )
                self.channel((1 - x - y - z, x, y, z), qubit)
            if op.name == "measure":
                self.measure(op, noise.readout[op.operands[0]])
                continue
            if op.name == "ebit":
                self.pair(op, noise.pair_state[pairs])
                pairs += 1
                continue
            self.act(op, float(noise.gate_error[row]))

    def probabilities(self, bits: int) -> FloatArray:
        """Of each number that the first bits form, bit 0 lowest, shape (2^bits,)."""
        found = np.zeros(2**bits)
        for key, rho in self.branches.items():
            found[sum(value << i for i, value in enumerate(key[:bits]))] += np.trace(rho).real
        return found

    def expectation(self, paulis: dict[int, int]) -> float:
        """Of a product of Paulis (1 X, 2 Y, 3 Z) by qubit, at the end."""
        operator = np.eye(2**self.qubits)
        for qubit, pauli in paulis.items():
            operator = operator @ self.on(_PAULIS[pauli], qubit)
        return sum(np.trace(operator @ rho).real for rho in self.branches.values())

    def on(self, unitary: np.ndarray, *qubits: int) -> np.ndarray:
        """A matrix on some qubits as one on all, the first of them lowest."""
        tensor = np.eye(2**self.qubits, dtype=np.complex128).reshape((2,) * 2 * self.qubits)
        axes = [self.qubits - 1 - q for q in reversed(qubits)]
        k = len(qubits)
        applied = np.tensordot(unitary.reshape((2,) * 2 * k), tensor, axes=(range(k, 2 * k), axes))
        return np.moveaxis(applied, range(k), axes).reshape((2**self.qubits,) * 2)

    def mapped(self, kraus: list[np.ndarray], *, bit: int = NO_BIT) -> None:
        """The channel of these operators, on the branches where the bit is 1 if there is one."""
        self.branches = {
            key: sum(k @ rho @ k.conj().T for k in kraus) if bit == NO_BIT or key[bit] else rho
            for key, rho in self.branches.items()
        }

    def channel(self, weights, *qubits: int, bit: int = NO_BIT) -> None:
        """Paulis on some qubits by probability, the first qubit's fastest."""
        labels = product(range(4), repeat=len(qubits))
        kraus = []
        for weight, label in zip(weights, labels, strict=True):
            operator = np.eye(2**self.qubits)
            for qubit, pauli in zip(qubits, reversed(label), strict=True):
                operator = operator @ self.on(_PAULIS[pauli], qubit)
            kraus.append(np.sqrt(weight) * operator)
        self.mapped(kraus, bit=bit)

    def reset(self, qubit: int) -> None:
        self.mapped([self.on(np.array(m), qubit) for m in ([[1, 0], [0, 0]], [[0, 1], [0, 0]])])

    def act(self, op: Op, error: float) -> None:
        if op.name == "reset":
            self.reset(*op.operands)
        else:
            self.mapped([self.on(matrix(op.name, op.params), *op.operands)], bit=op.condition)
        dimension = 2 ** len(op.operands)
        p = min(error * (1 + 1 / dimension), 1.0)
        others = dimension**2 - 1
        self.channel([1 - p, *[p / others] * others], *op.operands, bit=op.condition)

    def pair(self, op: Op, weights: FloatArray) -> None:
        for qubit in op.operands:
            self.reset(qubit)
        self.mapped([self.on(matrix("cx"), *op.operands) @ self.on(matrix("h"), op.operands[0])])
        self.channel(weights, op.operands[1])

    def measure(self, op: Op, misread: FloatArray) -> None:
        found: dict[Bits, np.ndarray] = {}
        for key, rho in self.branches.items():
            for value in (0, 1):
                project = self.on(np.diag([1.0 - value, value]), *op.operands)
                for read in (0, 1):
                    p = misread[value] if read != value else 1 - misread[value]
                    new = (*key[: op.clbit], read, *key[op.clbit + 1 :])
                    found[new] = found.get(new, 0) + p * (project @ rho @ project)
        self.branches = found
