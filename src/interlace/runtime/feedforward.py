"""Corrections: gates that act only if a measured bit is 1, as Paulis.

The joint program conditions X and Z alone. On a device's basis gates one of
them may have become several (X as two sqrt(X)), each conditioned on the same
bit; their product is still that Pauli, up to a phase that nobody sees. Then
the whole group acts like one conditioned Pauli at its last row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable, distinct_gates, matrix
from interlace.compiler import Executable
from interlace.kernel import BoolArray, IntArray

__all__ = ["HALVED", "IDENTITY", "PAULIS", "Corrections", "corrections"]

HALVED = (
    "The gate error of a conditioned correction counts by half in every shot, not fully in the "
    "half of the shots in which it acts."
)
"""What both simulators do: the bits that corrections read are 0 and 1 equally often."""

_SAME = 1e-12
"""How far |tr(P^dagger U)| may stay below 2: second order in an angle's error."""

PAULIS = ("id", "x", "y", "z")
"""The Paulis by the numbers of `Corrections.act`."""

IDENTITY, _FOREIGN = 0, -1
_FEW = 65536
"""Words of gates that there may be for their numbers to be counted rather than sorted."""

_NOT_GATES = ("measure", "reset", "ebit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """The conditioned rows of a program, understood.

    Attributes:
        row: the rows of groups that are Paulis, rising, shape (m,).
        act: what acts at each of them, an index into `PAULIS`: the group's Pauli at its last row,
            `IDENTITY` before it, shape (m,).
        foreign: the first row of the first group that is no Pauli, or `None`.
    """

    row: IntArray
    act: IntArray
    foreign: int | None

    def names(self) -> dict[int, str]:
        """What acts at each of the rows, by name, for whoever goes row by row."""
        acts = (PAULIS[act] for act in self.act.tolist())
        return dict(zip(self.row.tolist(), acts, strict=True))


def corrections(program: Executable) -> Corrections:
    """Group the conditioned rows by the joint operation behind them and multiply each group.

    Each different sequence of gates is multiplied once, however often it occurs.
    """
    ops = program.ops
    rows = np.flatnonzero(ops.condition != NO_BIT)
    begin = np.flatnonzero(_begins(program, rows))
    size = np.diff(np.append(begin, len(rows)))
    product = _products(ops, rows, begin, size)
    act = np.zeros(len(rows), dtype=np.int64)
    act[begin + size - 1] = product
    known = np.repeat(product != _FOREIGN, size)
    foreign = rows[begin[product == _FOREIGN]]
    return Corrections(
        row=rows[known],
        act=act[known],
        foreign=int(foreign[0]) if len(foreign) else None,
    )


def _begins(program: Executable, rows: IntArray) -> BoolArray:
    """Which conditioned rows do not go on with the row before them.

    A group is a run of rows with one joint operation, one bit and the same operands.
    """
    ops = program.ops
    arity = np.diff(ops.start)[rows]
    goes_on = np.zeros(len(rows), dtype=np.bool_)
    goes_on[1:] = (
        (np.diff(rows) == 1)
        & (np.diff(program.joint_op[rows]) == 0)
        & (np.diff(ops.condition[rows]) == 0)
        & (np.diff(arity) == 0)
    )
    for place in range(int(arity.max(initial=0))):
        both = np.flatnonzero(goes_on & (arity > place))
        at = ops.start[rows[both]] + place
        before = ops.start[rows[both - 1]] + place
        goes_on[both] = ops.operands[at] == ops.operands[before]
    return ~goes_on


def _products(ops: OpTable, rows: IntArray, begin: IntArray, size: IntArray) -> IntArray:
    """What each group of conditioned rows is, an index into `PAULIS` or `_FOREIGN`."""
    gates, gate = distinct_gates(ops, rows)
    found = np.full(len(begin), _FOREIGN, dtype=np.int64)
    for length in np.unique(size).tolist():
        groups = np.flatnonzero(size == length)
        words = gate[begin[groups][:, None] + np.arange(length)]
        different, which = _distinct(words, len(gates))
        products = [_product([gates[code] for code in word]) for word in different.tolist()]
        found[groups] = np.array(products, dtype=np.int64)[which]
    return found


def _distinct(words: IntArray, letters: int) -> tuple[IntArray, IntArray]:
    """The different rows of an array of small numbers, and which one each row is."""
    length = words.shape[1]
    if letters**length > _FEW:
        different, which = np.unique(words, axis=0, return_inverse=True)
        return different, which.ravel()
    number = words @ (letters ** np.arange(length))
    known = np.flatnonzero(np.bincount(number))
    return known[:, None] // letters ** np.arange(length) % letters, np.searchsorted(known, number)


def _product(gates: list[tuple[str, tuple[float, ...]]]) -> int:
    """The Pauli that gates on one qubit multiply to, or `_FOREIGN`."""
    product = np.eye(2, dtype=np.complex128)
    for name, params in gates:
        if name in _NOT_GATES or (factor := matrix(name, params)).shape != (2, 2):
            return _FOREIGN
        product = factor @ product
    near = (i for i, p in enumerate(PAULIS) if 2 - abs(np.vdot(matrix(p), product)) < _SAME)
    return next(near, _FOREIGN)
