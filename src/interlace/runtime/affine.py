"""Outcomes that all ideal shots share: an affine space over GF(2), told by its parities.

A Clifford circuit's program bits are the points of an affine space, all equally likely.
The space is kept as the parities (*checks*) that all points have, sparse rows: with w bits
measured and C independent checks it has 2^(w - C) points, at any size.

A program bit that is written twice keeps its second result alone. Checks that speak of
the first are combined to such that do not, as many as there are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable
from interlace.kernel import BoolArray, ByteArray, FloatArray, IntArray, in_place
from interlace.runtime.following import read_rows, without
from interlace.runtime.row_products import multiply_into
from interlace.runtime.sparse_rows import (
    COLUMN,
    COUNT,
    FULL,
    HEAD,
    IN_COLUMN,
    IN_ROW,
    NONE,
    PAULIS,
    ROW,
    SIGN,
    WEIGHT,
    Rows,
    rows_of_checks,
)
from interlace.runtime.stabilizers import Outcomes

__all__ = ["AffineSpace", "affine_space"]

_MOST = 2**24
"""Entries of the checks at a time."""

_WORK = 10**9
"""Entries looked at in all."""

_CELLS = 2**26
"""Bytes of shots, eight a byte, that are gathered at a time."""

_LISTED = 6
"""Points of spaces of up to so many dimensions are listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AffineSpace:
    """All outcomes with the right parities, equally likely; a `Reference`.

    C checks.

    Attributes:
        bits: program bits that are measured, rising, shape (w,).
        start: CSR offsets of the checks, shape (C + 1,).
        bit: the program bits of each check.
        parity: what they add up to modulo 2, shape (C,).
    """

    bits: IntArray
    start: IntArray
    bit: IntArray
    parity: ByteArray

    @property
    def width(self) -> int:
        """Bits that are measured at all."""
        return len(self.bits)

    @property
    def dimension(self) -> int:
        """Binary logarithm of the number of points."""
        return len(self.bits) - len(self.parity)

    @property
    def log2_collision(self) -> float:
        """Binary logarithm of sum p^2."""
        return -float(self.dimension)

    @property
    def levels(self) -> tuple[FloatArray, FloatArray]:
        """The one probability that outcomes have, and 1."""
        return np.array([2.0**self.log2_collision]), np.ones(1)

    def ratio(self, bits: ByteArray) -> FloatArray:
        """Each shot's ideal probability over sum p^2: 1 within the space, else 0."""
        return self._contains(bits).astype(np.float64)

    def probability(self, bits: ByteArray) -> FloatArray:
        """Ideal probability of each shot, for shots of shape (N, program bits)."""
        return self.ratio(bits) * 2.0**self.log2_collision

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        """All outcomes with their probability, ascending; none if they are more than 64."""
        if self.dimension > _LISTED:
            return ()
        points = sorted(_as_int(point) for point in self._points())
        return tuple((point, 2.0**-self.dimension) for point in points)

    def _contains(self, bits: ByteArray) -> BoolArray:
        """Which shots have all parities; eight shots are looked at at once."""
        packed = np.packbits(bits, axis=0)
        wrong = np.zeros(len(packed), dtype=np.uint8)
        if len(self.parity):
            step = max(1, _CELLS // len(self.bit))
            for begin in range(0, len(packed), step):
                taken = packed[begin : begin + step, self.bit]
                sums = np.bitwise_xor.reduceat(taken, self.start[:-1], axis=1)
                sums ^= np.where(self.parity, np.uint8(255), np.uint8(0))
                wrong[begin : begin + step] = np.bitwise_or.reduce(sums, axis=1)
        return np.unpackbits(wrong, count=len(bits)) == 0

    def _points(self) -> ByteArray:
        """Every point, shape (points, most bits)."""
        size = int(self.bits[-1]) + 1 if len(self.bits) else 0
        state = rows_of_checks(
            self.start, self.bit, self.parity, columns=size, most=_MOST, work=_WORK
        )
        pivot = np.full(len(self.parity), -1, dtype=np.int64)
        _triangulate(state, pivot)
        free = np.setdiff1d(self.bits, pivot)
        points = np.zeros((2 ** len(free), size), dtype=np.uint8)
        choices = np.arange(len(points))[:, None] >> np.arange(len(free))
        points[:, free] = choices & 1
        _substitute(state, pivot, points)
        return points


def affine_space(ops: OpTable, outcomes: Outcomes) -> AffineSpace | None:
    """The space of a program's bits, from that of its results.

    Args:
        ops: the program; every bit that it writes counts.
        outcomes: of the program.

    Returns:
        `None` if the checks grow too long as results are left out that were overwritten.
    """
    bit_of = ops.clbit[ops.clbit != NO_BIT]
    bits, back = np.unique(bit_of[::-1], return_index=True)
    is_kept = np.zeros(len(bit_of), dtype=np.bool_)
    is_kept[len(bit_of) - 1 - back] = True
    start, result = outcomes.check_start, outcomes.check_results
    parity = np.zeros(len(start) - 1, dtype=np.uint8)
    if len(parity):
        parity = np.bitwise_xor.reduceat(outcomes.reference[result], start[:-1])
    if not is_kept.all() and len(parity):
        state = rows_of_checks(start, result, parity, columns=len(bit_of), most=_MOST, work=_WORK)
        without(state, np.flatnonzero(~is_kept))
        if state.tally[FULL]:
            return None
        start, result, parity = _read(state)
    return AffineSpace(bits=bits, start=start, bit=bit_of[result], parity=parity)


def _read(state: Rows) -> tuple[IntArray, IntArray, ByteArray]:
    """The rows that are left: CSR, and signs."""
    weight = state.row[:, WEIGHT].astype(np.int64)
    start = np.concatenate([[0], np.cumsum(weight)])
    column, value = np.empty(start[-1], dtype=np.int64), np.empty(start[-1], dtype=np.int64)
    read_rows(state, start, column, value)
    is_left = weight > 0
    start = np.concatenate([[0], np.cumsum(weight[is_left])])
    return start, column, state.row[is_left, SIGN].astype(np.uint8)


@in_place
def _triangulate(state: Rows, pivot: IntArray) -> None:
    """Give each row a column of its own that no later row has."""
    pool = state.pool
    for row in range(len(pivot)):
        best, least = NONE, 2 * len(state.row)
        entry = state.row[row, PAULIS]
        while entry != NONE:
            column = pool[entry, COLUMN]
            if state.column[column, COUNT] < least:
                best, least = column, state.column[column, COUNT]
            entry = pool[entry, IN_ROW]
        pivot[row] = best
        entry = state.column[best, HEAD]
        while entry != NONE:
            after, other = pool[entry, IN_COLUMN], pool[entry, ROW]
            if other > row:
                multiply_into(state, row, other)
            entry = after


@in_place
def _substitute(state: Rows, pivot: IntArray, points: ByteArray) -> None:
    """Set the pivots' bits so that every point has all parities."""
    pool = state.pool
    for point in range(len(points)):
        for row in range(len(pivot) - 1, -1, -1):
            value = state.row[row, SIGN]
            entry = state.row[row, PAULIS]
            while entry != NONE:
                value ^= points[point, pool[entry, COLUMN]]
                entry = pool[entry, IN_ROW]
            points[point, pivot[row]] = value  # which was 0 until then


def _as_int(bits: ByteArray) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")
