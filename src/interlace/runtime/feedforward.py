"""Corrections: gates that act only if a measured bit is 1, as Paulis.

The joint program conditions X and Z alone. On a device's basis gates one of
them may have become several (X as two sqrt(X)), each conditioned on the same
bit; their product is still that Pauli, up to a phase that nobody sees. Then
the whole group acts like one conditioned Pauli at its last row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable, matrix
from interlace.compiler import Executable

__all__ = ["HALVED", "Corrections", "corrections"]

HALVED = (
    "The gate error of a conditioned correction counts by half in every shot, not fully in the "
    "half of the shots in which it acts."
)
"""What both simulators do: the bits that corrections read are 0 and 1 equally often."""

_SAME = 1e-12
"""How far |tr(P^dagger U)| may stay below 2: second order in an angle's error."""

_PAULIS = ("id", "x", "y", "z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """The conditioned rows of a program, understood.

    Attributes:
        pauli: for each row of a group that is a Pauli what acts there: that Pauli (`x`, `y`, `z`,
            `id`) at the group's last row, `id` before it.
        foreign: the first row of the first group that is no Pauli, or `None`.
    """

    pauli: dict[int, str]
    foreign: int | None


def corrections(program: Executable) -> Corrections:
    """Group the conditioned rows by the joint operation behind them and multiply each group."""
    ops = program.ops
    pauli: dict[int, str] = {}
    foreign: int | None = None
    rows = np.flatnonzero(ops.condition != NO_BIT).tolist()
    for group in _groups(program, rows):
        found = _product(ops, group)
        if found is not None:
            pauli.update(dict.fromkeys(group, "id"))
            pauli[group[-1]] = found
        elif foreign is None:
            foreign = group[0]
    return Corrections(pauli=pauli, foreign=foreign)


def _groups(program: Executable, rows: list[int]) -> list[list[int]]:
    """Runs of conditioned rows with one joint operation, one bit and the same operands."""
    ops = program.ops
    groups: list[list[int]] = []
    last: tuple[int, int, tuple[int, ...]] | None = None
    for row in rows:
        key = (int(program.joint_op[row]), int(ops.condition[row]), ops[row].operands)
        if key == last and row == groups[-1][-1] + 1:
            groups[-1].append(row)
        else:
            groups.append([row])
        last = key
    return groups


def _product(ops: OpTable, group: list[int]) -> str | None:
    first = ops[group[0]]
    if len(first.operands) != 1 or first.name in ("measure", "reset", "ebit"):
        return None
    product = np.eye(2, dtype=np.complex128)
    for row in group:
        product = matrix(ops[row].name, ops[row].params) @ product
    return next((p for p in _PAULIS if 2 - abs(np.vdot(matrix(p), product)) < _SAME), None)
