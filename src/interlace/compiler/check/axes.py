"""Along which Paulis each operand of each operation can be copied, for whole tables.

Three bits an operand: 1 for X, 2 for Z, 4 for Y. First by name alone: what a
gate commutes with at three generic values of its parameters it commutes with at
all of them (its matrix is analytic in them). Only where that is not enough are
the matrices asked for the very parameters: `rz(0)` commutes with everything.
"""

from __future__ import annotations

import functools

import numpy as np

from interlace.circuit import GATES
from interlace.compiler.check.distinct import distinct_gates
from interlace.compiler.check.unitary import commuting_axes
from interlace.compiler.plan import StepKind, StepTable
from interlace.kernel import IntArray

__all__ = ["axis_masks", "step_axes"]

X, Z, Y = 1, 2, 4
_BITS = {"X": X, "Z": Z, "Y": Y}
_GENERIC = ((0.7390851332, 1.2020569031, 0.5671432904, 0.9159655941),
            (2.3999632297, 0.6180339887, 1.7724538509, 0.2614972128),
            (5.1347223556, 3.2758229187, 0.8346268417, 4.6692016091))  # fmt: skip


def step_axes(steps: StepTable, *, exact: bool) -> IntArray:
    """For each entry of `steps.cells` of a GATE or MEASURE the axes of its operation, else 0.

    Args:
        steps: of sound shape.
        exact: ask for the very parameters, not for the name alone.
    """
    size = np.diff(steps.cell_start)
    found = np.zeros(len(steps.cells), dtype=np.int64)
    gate = np.where(steps.kind == StepKind.GATE, steps.gate, -1)
    if exact:
        distinct = distinct_gates(gate, steps.param_start, steps.params)
        number = distinct.number
        table = [
            _exact(steps.names[gate[row]], steps.params_of(row)) for row in distinct.lead.tolist()
        ]
    else:
        number, table = gate, [_generic(name) for name in steps.names]
    known = np.array([(*row, *(0,) * (4 - len(row))) for row in table], dtype=np.int64)
    row_of = np.repeat(np.arange(len(steps)), size)
    place = np.arange(len(steps.cells)) - steps.cell_start[row_of]
    gates = number[row_of] >= 0
    if table:
        found[gates] = known[number[row_of][gates], place[gates]]
    found[steps.kind[row_of] == StepKind.MEASURE] = Z
    return found


def axis_masks(axes: tuple[str, ...]) -> tuple[int, ...]:
    """Letters of Paulis as three bits an operand."""
    return tuple(sum(_BITS[letter] for letter in letters) for letters in axes)


def _exact(name: str, params: tuple[float, ...]) -> tuple[int, ...]:
    return (0,) if name not in GATES else axis_masks(commuting_axes(name, params))


@functools.lru_cache(maxsize=1024)
def _generic(name: str) -> tuple[int, ...]:
    """What the gate commutes with for every value of its parameters."""
    if name not in GATES:
        return (0,)
    count = GATES[name].params
    masks = [axis_masks(commuting_axes(name, values[:count])) for values in _GENERIC]
    return tuple(a & b & c for a, b, c in zip(*masks, strict=True))
