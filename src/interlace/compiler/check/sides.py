"""Circuit, word and joint program as rows to pull Paulis back through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable
from interlace.compiler.check.actions import Actions, actions_of
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.distinct import distinct_gates
from interlace.compiler.check.pullback import (
    EVENT_MEASURE,
    EVENT_RESET,
    GATE,
    IF_X,
    IF_Z,
    MEASURE,
    PROBED,
    RESET,
    Rows,
)
from interlace.compiler.check.word import Word
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram
from interlace.kernel import BoolArray, IntArray

__all__ = [
    "EVENTS",
    "Side",
    "actions_of_gates",
    "is_named",
    "named",
    "rows_of",
    "sources_of",
    "where",
    "word_rows",
]

EVENTS = ("measure", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A program with its places: where each circuit qubit is at the start and at the end."""

    rows: Rows
    start: IntArray
    end: IntArray
    size: int
    bits: int


def word_rows(plan: Plan, word: Word, number: IntArray, order: IntArray) -> Rows:
    """The word, probes in the place of all gates.

    Args:
        plan: the plan.
        word: the operations.
        number: of each step's event, or `NONE`.
        order: the items of the word, in the order in which they are to stand.
    """
    steps, at = plan.steps, word.step[order]
    empty = np.zeros(len(at), dtype=np.int64)
    kind = np.full(len(at), PROBED)
    kind[steps.kind[at] == StepKind.MEASURE] = EVENT_MEASURE
    kind[named(steps.gate, steps.names, "reset")[at]] = EVENT_RESET
    return Rows(
        kind=kind,
        begin=steps.cell_start[at],
        end=steps.cell_start[at + 1],
        operands=word.qubits,
        action=empty,
        linear=np.zeros((0, 4), dtype=np.int64),
        sign=empty[:0],
        bit=steps.clbit[at],
        event=number[at],
        probe=steps.cell_start[at],
        axes=word.axes,
    )


def rows_of(ops: OpTable, gates: tuple[IntArray, Actions], event: IntArray) -> Rows:
    """A table of operations: what has no event number is internal."""
    action, actions = gates
    kind = np.full(len(ops), GATE)
    for name, internal, its_event in (
        ("measure", MEASURE, EVENT_MEASURE),
        ("reset", RESET, EVENT_RESET),
    ):
        here = is_named(ops, name)
        kind[here] = np.where(event[here] == NONE, internal, its_event)
    conditioned = ops.condition != NO_BIT
    kind[conditioned & is_named(ops, "x")] = IF_X
    kind[conditioned & is_named(ops, "z")] = IF_Z
    return Rows(
        kind=kind,
        begin=ops.start[:-1],
        end=ops.start[1:],
        operands=ops.operands,
        action=action,
        linear=actions.linear,
        sign=actions.sign,
        bit=np.where(conditioned, ops.condition, ops.clbit),
        event=event,
        probe=np.zeros(len(ops), dtype=np.int64),
        axes=np.zeros(0, dtype=np.int64),
    )


def actions_of_gates(ops: OpTable, wanted: BoolArray) -> tuple[IntArray, Actions] | None:
    """Action of each row that is wanted and a gate; `None` if one has no action."""
    other = is_named(ops, *EVENTS)
    conditioned = ops.condition != NO_BIT
    if (conditioned & wanted & ~is_named(ops, "x", "z")).any():
        return None
    gate = np.where(wanted & ~other & ~conditioned, ops.gate, NONE)
    distinct = distinct_gates(gate, ops.param_start, ops.params)
    actions = actions_of(
        (op.name, op.params) for op in map(ops.__getitem__, distinct.lead.tolist())
    )
    return None if actions is None else (distinct.number, actions)


def sources_of(plan: Plan, joint: JointProgram) -> IntArray:
    """The circuit operation that each joint op carries out, or `NONE`."""
    claims = np.isin(plan.steps.kind, [StepKind.GATE, StepKind.MEASURE])
    found: IntArray = np.where(claims, plan.steps.source, NONE)[joint.step]
    return found


def where(joint: JointProgram, row: int) -> str:
    """An operation of the joint program in words."""
    op = joint.ops[row]
    labels = Cells.of(joint.registers).labels(op.operands)
    return f"joint op {row} ({op.name} {labels}, step {int(joint.step[row])})"


def is_named(ops: OpTable, *names: str) -> BoolArray:
    """Whether each operation has one of the names."""
    return np.isin(ops.gate, _codes(ops.names, *names))


def named(gate: IntArray, names: tuple[str, ...], *wanted: str) -> BoolArray:
    """Whether each code is that of one of the names wanted."""
    return np.isin(gate, _codes(names, *wanted))


def _codes(names: tuple[str, ...], *wanted: str) -> list[int]:
    return [code for code, name in enumerate(names) if name in wanted]
