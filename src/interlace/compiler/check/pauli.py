"""Small stabilizer codes with signs that depend on measured bits.

A Pauli operator is i^phase X^x Z^z over the slots of a cluster, times
(-1)^(sum of symbols): every symbol is one random measurement outcome.
`x` and `z` are bit masks over slots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["Cluster", "Pauli", "Sign"]


_MOST_SLOTS = 256
"""Slots of cells that left stay empty up to here; then the cluster is numbered anew."""


@dataclass(frozen=True, slots=True)
class Sign:
    """(-1)^(constant + sum of symbols)."""

    constant: int = 0
    symbols: frozenset[int] = frozenset()

    def __xor__(self, other: Sign) -> Sign:
        return Sign(self.constant ^ other.constant, self.symbols ^ other.symbols)

    @property
    def is_plus(self) -> bool:
        """Whether it is +1 whatever was measured."""
        return not self.constant and not self.symbols


@dataclass(frozen=True, slots=True)
class Pauli:
    """One signed Pauli operator on a cluster's slots."""

    x: int
    z: int
    phase: int = 0
    symbols: frozenset[int] = frozenset()

    def __mul__(self, other: Pauli) -> Pauli:
        swaps = (self.z & other.x).bit_count()
        return Pauli(
            self.x ^ other.x,
            self.z ^ other.z,
            (self.phase + other.phase + 2 * swaps) & 3,
            self.symbols ^ other.symbols,
        )

    def commutes_with(self, other: Pauli) -> bool:
        """Whether the two operators commute."""
        return not ((self.x & other.z).bit_count() + (self.z & other.x).bit_count()) & 1

    def times(self, sign: Sign) -> Pauli:
        """The operator with a sign multiplied on."""
        return Pauli(
            self.x, self.z, (self.phase + 2 * sign.constant) & 3, self.symbols ^ sign.symbols
        )

    def shifted(self, slots: int) -> Pauli:
        """The operator on slots that count from `slots` on."""
        return Pauli(self.x << slots, self.z << slots, self.phase, self.symbols)

    @staticmethod
    def single(letter: str, slot: int) -> Pauli:
        """X, Y or Z on one slot."""
        x = (letter in "XY") << slot
        z = (letter in "YZ") << slot
        return Pauli(x, z, int(letter == "Y"))


@dataclass(slots=True)
class Cluster:
    """A stabilizer code on a few cells that carries some of the circuit's qubits.

    Guarantee: cells = stabilizers + logical qubits; all generators commute;
    `logical[q]` are the operators that stand for X and Z of circuit qubit q.
    """

    slot: dict[int, int]
    stabilizers: list[Pauli] = field(default_factory=list)
    logical: dict[int, tuple[Pauli, Pauli]] = field(default_factory=dict)

    @property
    def is_bare(self) -> bool:
        """Whether it is one cell that holds one circuit qubit, X for X and Z for Z."""
        if len(self.slot) != 1 or len(self.logical) != 1:
            return False
        (slot,) = self.slot.values()
        ((x, z),) = self.logical.values()
        return x == Pauli.single("X", slot) and z == Pauli.single("Z", slot)

    def absorb(self, other: Cluster) -> None:
        """Take another cluster's cells, generators and qubits in."""
        if max(self.slot.values()) > _MOST_SLOTS:
            self._renumber()
        shift = max(self.slot.values()) + 1
        self.slot.update({cell: slot + shift for cell, slot in other.slot.items()})
        self.stabilizers.extend(pauli.shifted(shift) for pauli in other.stabilizers)
        for qubit, (x, z) in other.logical.items():
            self.logical[qubit] = (x.shifted(shift), z.shifted(shift))

    def hadamard(self, cell: int) -> None:
        """H on a cell."""
        bit = 1 << self.slot[cell]

        def image(p: Pauli) -> Pauli:
            has_x, has_z = bool(p.x & bit), bool(p.z & bit)
            turn = bit if has_x != has_z else 0
            return Pauli(p.x ^ turn, p.z ^ turn, (p.phase + 2 * (has_x and has_z)) & 3, p.symbols)

        self._map(image)

    def cx(self, control: int, target: int) -> None:
        """CX between two cells of the cluster."""
        c, t = self.slot[control], self.slot[target]

        def image(p: Pauli) -> Pauli:
            x = p.x ^ (((p.x >> c) & 1) << t)
            z = p.z ^ (((p.z >> t) & 1) << c)
            return Pauli(x, z, p.phase, p.symbols)

        self._map(image)

    def pauli(self, letter: str, cell: int, sign: Sign) -> None:
        """X, Y or Z on a cell, if the bit that `sign` stands for is 1."""
        gate = Pauli.single(letter, self.slot[cell])
        self._map(lambda p: p if p.commutes_with(gate) else p.times(sign))

    def measure(self, cell: int, symbol: int) -> Sign | None:
        """Measure Z on a cell and let go of it.

        Args:
            cell: the cell; it leaves the cluster.
            symbol: the name of the outcome, should it be random.

        Returns:
            the outcome; `None` if it would tell something of a circuit qubit (nothing changes).
        """
        slot = self.slot[cell]
        z = Pauli.single("Z", slot)
        pivot = next((p for p in self.stabilizers if not p.commutes_with(z)), None)
        if pivot is not None:
            outcome = Sign(0, frozenset({symbol}))
            self.stabilizers.remove(pivot)
            self._map(lambda p: p if p.commutes_with(z) else p * pivot)
        else:
            known = self._pick_out(z)
            if known is None:
                return None
            outcome = known
        self._drop(cell, z.times(outcome))
        return outcome

    def access(self, cell: int) -> tuple[int, str] | None:
        """The circuit qubit that a cell stands for, and along which Paulis.

        Returns:
            the qubit and the letters P for which P on the cell is +P of the qubit, whatever was
            measured; `None` if there is no such qubit.
        """
        slot = self.slot[cell]
        for qubit, (x, z) in self.logical.items():
            y = x * z
            y = Pauli(y.x, y.z, (y.phase + 1) & 3, y.symbols)  # Y = i X Z
            found = "".join(
                letter
                for letter, operator in (("X", x), ("Y", y), ("Z", z))
                if self._stands_for(Pauli.single(letter, slot), operator)
            )
            if found:
                return qubit, found
        return None

    def _stands_for(self, physical: Pauli, logical: Pauli) -> bool:
        if not all(physical.commutes_with(p) for p in self.stabilizers):
            return False
        sign = self.sign_of(physical * logical)
        return sign is not None and sign.is_plus

    def sign_of(self, pauli: Pauli) -> Sign | None:
        """The value of an operator in the code if the stabilizers fix it, else `None`."""
        rest = pauli
        for row in _echelon(self.stabilizers):
            if _leads(row, rest):
                rest = row * rest
        if rest.x or rest.z:
            return None
        return Sign(rest.phase >> 1, rest.symbols)

    def _pick_out(self, z: Pauli) -> Sign | None:
        sign = self.sign_of(z)
        if sign is None:
            return None
        generators = _echelon([z.times(sign), *self.stabilizers])
        self.stabilizers = [p for p in generators if (p.x, p.z) != (z.x, z.z)]
        return sign

    def _drop(self, cell: int, fixed: Pauli) -> None:
        bit = 1 << self.slot.pop(cell)
        self._map(lambda p: p * fixed if p.z & bit else p)

    def _renumber(self) -> None:
        old = sorted(self.slot.items(), key=lambda item: item[1])

        def packed(bits: int) -> int:
            return sum((bits >> slot & 1) << new for new, (_, slot) in enumerate(old))

        self.slot = {cell: new for new, (cell, _) in enumerate(old)}
        self._map(lambda p: Pauli(packed(p.x), packed(p.z), p.phase, p.symbols))

    def _map(self, image: Callable[[Pauli], Pauli]) -> None:
        self.stabilizers = [image(p) for p in self.stabilizers]
        self.logical = {q: (image(x), image(z)) for q, (x, z) in self.logical.items()}


def _echelon(paulis: list[Pauli]) -> list[Pauli]:
    """Independent generators of the same group; each lacks the leading bits of those before it."""
    rows: list[Pauli] = []
    for pauli in paulis:
        rest = pauli
        for row in rows:
            if _leads(row, rest):
                rest = row * rest
        if rest.x or rest.z:
            rows.append(rest)
    return rows


def _leads(row: Pauli, pauli: Pauli) -> bool:
    """Whether the operator has the row's leading bit."""
    if row.x:
        return bool(pauli.x >> (row.x.bit_length() - 1) & 1)
    return bool(pauli.z >> (row.z.bit_length() - 1) & 1)
