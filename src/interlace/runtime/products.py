"""Products over qubits or bits, with the names that people know them by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.kernel import IntArray

__all__ = ["PARITY", "PAULIS", "Products"]

PAULIS = ("", "X ", "Y ", "Z ")
PARITY = 0
"""In the column `pauli`: the factor is a measured bit, and needs no letter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Products:
    """G products of Paulis of qubits, or of bits.

    Attributes:
        start: CSR offsets of the products into `place` and `pauli`, shape (G + 1,).
        place: qubit or bit of each factor, shape (N,).
        pauli: 1 X, 2 Y, 3 Z, or `PARITY`, shape (N,).
        labels: of all qubits or bits.
        fix_the_state: they are all independent stabilizers of the state of these qubits.
    """

    start: IntArray
    place: IntArray
    pauli: IntArray
    labels: Sequence[str]
    fix_the_state: bool

    def __len__(self) -> int:
        return len(self.start) - 1

    def weight(self, row: int) -> int:
        """How many factors a product has."""
        return int(self.start[row + 1] - self.start[row])

    def factors(self, row: int, *, most: int) -> tuple[str, ...]:
        """Its first factors, as `X q[3]`, or `c[3]` of bits, by number of qubit or bit."""
        span = slice(int(self.start[row]), int(self.start[row + 1]))
        found = sorted(zip(self.place[span].tolist(), self.pauli[span].tolist(), strict=True))
        return tuple(f"{PAULIS[pauli]}{self.labels[place]}" for place, pauli in found[:most])
