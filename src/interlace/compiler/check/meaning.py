"""What each step means as operations, from the table in `compiler.plan`, for whole schedules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler.plan import NONE, Axis, Plan, StepKind
from interlace.kernel import BoolArray, IntArray

__all__ = ["Expected", "expected"]

_BELL = (("cx", (0, 1), NONE), ("h", (0,), NONE), ("measure", (0,), 0), ("measure", (1,), 1))
_PARTS: tuple[tuple[StepKind, Axis, tuple[tuple[str, tuple[int, ...], int], ...]], ...] = (
    (StepKind.OPEN, Axis.Z, (("cx", (0, 1), NONE), ("measure", (1,), 0))),
    (StepKind.OPEN, Axis.X, (("cx", (1, 0), NONE), ("h", (1,), NONE), ("measure", (1,), 0))),
    (StepKind.CLOSE, Axis.Z, (("h", (0,), NONE), ("measure", (0,), 0))),
    (StepKind.CLOSE, Axis.X, (("measure", (0,), 0),)),
    (StepKind.MOVE, Axis.NONE, _BELL),
    (StepKind.SWAP, Axis.NONE, _BELL),
)
"""Kind, axis, then operations: name, which of the step's cells, which of its bits."""

_PAIR = (("reset", (0,)), ("reset", (1,)), ("ebit", (0, 1)))


@dataclass(slots=True, kw_only=True)
class Expected:
    """Operations of a schedule, one row each.

    Attributes:
        names: operation names, by code.
        step, name, clbit, condition: of each row, shape (n,).
        begin, end: each row's cells in `operands`, shape (n,).
        operands: cells: the steps', then what rows name in another order.
        has_params: whether the row has its step's parameters, shape (n,).
    """

    names: tuple[str, ...]
    step: IntArray
    name: IntArray
    clbit: IntArray
    condition: IntArray
    begin: IntArray
    end: IntArray
    operands: IntArray
    has_params: BoolArray


def expected(plan: Plan, program_bits: int, order: IntArray) -> Expected:
    """The operations of all steps of a plan of sound shape, each pair's in front of its step's.

    Args:
        plan: the plan.
        program_bits: internal bits count from here on.
        order: the pairs by step.
    """
    steps = plan.steps
    own = np.ones(len(steps), dtype=np.int64)
    for kind, axis, parts in _PARTS:
        own[(steps.kind == kind) & (steps.axis == axis)] = len(parts)
    pairs = np.bincount(plan.pairs.step, minlength=len(steps))
    size = own + 3 * pairs
    start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
    found = _blank(plan, np.repeat(np.arange(len(steps)), size))
    _pairs(found, plan, order, start)
    first = start[:-1] + 3 * pairs
    for kind, axis, parts in _PARTS:
        at = np.flatnonzero((steps.kind == kind) & (steps.axis == axis))
        _parts(found, plan, at, first[at], parts, program_bits)
    code = {name: index for index, name in enumerate(found.names)}
    for kind in (StepKind.GATE, StepKind.MEASURE, StepKind.CORRECT):
        at = np.flatnonzero(steps.kind == kind)
        rows = first[at]
        found.begin[rows], found.end[rows] = steps.cell_start[at], steps.cell_start[at + 1]
        found.name[rows] = code["measure"] if kind == StepKind.MEASURE else steps.gate[at]
        found.has_params[rows] = kind == StepKind.GATE
        if kind == StepKind.MEASURE:
            found.clbit[rows] = steps.clbit[at]
        if kind == StepKind.CORRECT:
            found.condition[rows] = program_bits + steps.condition[at]
    return found


def _blank(plan: Plan, step: IntArray) -> Expected:
    steps, n = plan.steps, len(step)
    plumbing = ("reset", "ebit", "measure", "cx", "h")
    ends = np.stack([plan.pairs.first_cell, plan.pairs.second_cell], axis=1).ravel()
    return Expected(
        names=(*steps.names, *(name for name in plumbing if name not in steps.names)),
        step=step,
        name=np.full(n, NONE),
        clbit=np.full(n, NO_BIT),
        condition=np.full(n, NO_BIT),
        begin=np.zeros(n, dtype=np.int64),
        end=np.zeros(n, dtype=np.int64),
        operands=np.concatenate([steps.cells, ends, _flipped(plan)]),
        has_params=np.zeros(n, dtype=np.bool_),
    )


def _flipped(plan: Plan) -> IntArray:
    """The cells of all steps once more, each pair of neighbours also the other way round."""
    cells = plan.steps.cells
    return np.stack([np.roll(cells, -1), cells], axis=1).ravel()


def _pairs(found: Expected, plan: Plan, order: IntArray, start: IntArray) -> None:
    step = plan.pairs.step[order]
    rank = np.arange(len(order)) - np.searchsorted(step, step, side="left")
    code = {name: index for index, name in enumerate(found.names)}
    cells = len(plan.steps.cells) + 2 * order
    for place, (name, ends) in enumerate(_PAIR):
        rows = start[step] + 3 * rank + place
        found.name[rows] = code[name]
        found.begin[rows] = cells + ends[0]
        found.end[rows] = cells + ends[-1] + 1


def _parts(
    found: Expected,
    plan: Plan,
    at: IntArray,
    first: IntArray,
    parts: tuple[tuple[str, tuple[int, ...], int], ...],
    program_bits: int,
) -> None:
    steps = plan.steps
    code = {name: index for index, name in enumerate(found.names)}
    flipped = len(steps.cells) + 2 * len(plan.pairs)
    for place, (name, cells, bit) in enumerate(parts):
        rows = first + place
        begin = steps.cell_start[at]
        found.name[rows] = code[name]
        found.begin[rows] = flipped + 2 * begin if cells == (1, 0) else begin + cells[0]
        found.end[rows] = found.begin[rows] + len(cells)
        if bit != NONE:
            found.clbit[rows] = program_bits + steps.bits[steps.bit_start[at] + bit]
