"""The comparison of joint program and word, put to any program: without rules, without the walk."""

from __future__ import annotations

import numpy as np
from tests.compiler.check.readable import start_and_end

from interlace.compiler import NONE, JointProgram, Plan, StepKind
from interlace.compiler.check import CheckFailure
from interlace.compiler.check.axes import step_axes
from interlace.compiler.check.channel import (
    compare_angles,
    compare_carried,
    compare_clifford,
)
from interlace.compiler.check.word import Word


def claimed_word(plan: Plan) -> Word:
    """The word if every step acts on the qubits of its source (no operation was expanded)."""
    steps, ops = plan.steps, plan.circuit.ops
    qubits = np.full(len(steps.cells), NONE)
    works = np.isin(steps.kind, [StepKind.GATE, StepKind.MEASURE]) & (steps.source != NONE)
    for step in np.flatnonzero(works).tolist():
        operands = ops[int(steps.source[step])].operands
        qubits[steps.cell_start[step] : steps.cell_start[step + 1]] = operands
    return Word(step=np.flatnonzero(works), qubits=qubits, axes=step_axes(steps, exact=True))


def ends(plan: Plan) -> dict[str, np.ndarray]:
    start, end = start_and_end(plan)
    return {"start": np.array(start, dtype=np.int64), "end": np.array(end, dtype=np.int64)}


def carry(plan: Plan, joint: JointProgram, word: Word | None = None) -> None:
    """Raises if the joint program does not do what the word says."""
    compare_carried(plan, joint, word or claimed_word(plan), **ends(plan))


def turn(plan: Plan, joint: JointProgram, word: Word | None = None) -> None:
    """Raises if circuit and joint program differ with random Clifford angles in both."""
    compare_angles(plan, joint, word or claimed_word(plan), **ends(plan))


def is_clifford(plan: Plan, joint: JointProgram) -> bool:
    return compare_clifford(plan, joint, **ends(plan)) is not None


def is_accepted(compare, *arguments) -> bool:
    try:
        return bool(compare(*arguments) is not False)
    except CheckFailure:
        return False
