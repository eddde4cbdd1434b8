"""Circuit, schedule and joint program as channels that must be the same.

Three comparisons, by the theory in `pullback`:

- `compare_clifford`: circuit and joint program, if all gates are Clifford.
- `compare_angles`: circuit and joint program, with every angle replaced by a random Clifford
  angle, the same one wherever the same gate has the same angle (see `angles`).
- `compare_carried`: the word of the schedule (operations on circuit qubits, in the order of the
  steps) and the joint program, with probes in the place of every operation of the circuit. It
  holds for gates of any kind. That the word is the circuit is shown by `word`.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler.check.actions import Actions
from interlace.compiler.check.agreement import agree
from interlace.compiler.check.angles import clifford_angles
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.pullback import FALSE_ACCEPTANCE, GATE, PROBED, Drawn, Rows
from interlace.compiler.check.sides import (
    EVENTS,
    Side,
    actions_of_gates,
    is_named,
    named,
    rows_of,
    sources_of,
    where,
    word_rows,
)
from interlace.compiler.check.word import Word
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram
from interlace.kernel import BoolArray, IntArray, content_id, derived_seed
from interlace.units import Probability

__all__ = ["compare_angles", "compare_carried", "compare_clifford"]


def compare_clifford(
    plan: Plan, joint: JointProgram, *, start: IntArray, end: IntArray
) -> Probability | None:
    """Show that circuit and joint program are the same channel, if all gates are Clifford.

    Args:
        plan: the plan.
        joint: its joint program.
        start: cell of each circuit qubit at the beginning, shape (Q,).
        end: cell of each circuit qubit at the end, shape (Q,).

    Returns:
        a bound on the probability that a wrong program passes; `None` if a gate is not
        Clifford and nothing was compared.

    Raises:
        CheckFailure: they differ.
    """
    circuit = plan.circuit
    is_event = is_named(circuit.ops, *EVENTS)
    number = np.where(is_event, np.cumsum(is_event) - 1, NONE)
    own = actions_of_gates(circuit.ops, np.ones(len(circuit.ops), dtype=np.bool_))
    theirs = (
        None
        if own is None
        else actions_of_gates(joint.ops, np.ones(len(joint.ops), dtype=np.bool_))
    )
    if own is None or theirs is None:
        return None
    source = sources_of(plan, joint)
    claims = source != NONE
    event = (
        np.where(claims & is_named(joint.ops, *EVENTS), number[np.maximum(source, 0)], NONE)
        if len(number)
        else np.full(len(source), NONE)
    )
    _check_events(joint, claims, event, int(is_event.sum()))
    rows = (rows_of(circuit.ops, own, number), rows_of(joint.ops, theirs, event))
    drawn = _drawn(plan, joint, "paulis", events=int(is_event.sum()), operands=0)
    agree(plan, joint, _sides(plan, rows, start, end), drawn)
    return FALSE_ACCEPTANCE


def compare_carried(
    plan: Plan, joint: JointProgram, word: Word, *, start: IntArray, end: IntArray
) -> Probability:
    """Show that the joint program does to the circuit's qubits what the word says.

    Args:
        plan: says which step carries out which operation of the circuit.
        joint: the program.
        word: the operations on circuit qubits, one for each step that carries one out.
        start: cell of each circuit qubit at the beginning, shape (Q,).
        end: cell of each circuit qubit at the end, shape (Q,).

    Returns:
        a bound on the probability that a wrong program passes.

    Raises:
        CheckFailure: they differ, or an operation serves neither circuit nor entanglement.
    """
    event = _events_of_steps(plan)
    wanted = word_rows(plan, word, event, np.arange(len(word.step)))
    found = _probed_rows(plan, joint, word, event)
    _agree_by_step(plan, joint, (wanted, found), (start, end), "probes")
    return FALSE_ACCEPTANCE


def compare_angles(
    plan: Plan, joint: JointProgram, word: Word, *, start: IntArray, end: IntArray
) -> Probability:
    """Show that circuit and joint program agree with random Clifford angles in both.

    Args:
        plan: says which step carries out which operation of the circuit.
        joint: the program.
        word: as in `compare_carried`.
        start: cell of each circuit qubit at the beginning, shape (Q,).
        end: cell of each circuit qubit at the end, shape (Q,).

    Returns:
        a bound on the probability that two programs pass that differ at these angles.

    Raises:
        CheckFailure: they differ, or an operation serves neither circuit nor entanglement.
    """
    steps = plan.steps
    event = _events_of_steps(plan)
    angles = clifford_angles(plan, word, _seed(plan, joint))
    in_circuit = np.argsort(steps.source[word.step], kind="stable")
    wanted = _with_gates(
        word_rows(plan, word, event, in_circuit), angles.wanted[in_circuit], angles.actions
    )
    of_step = np.full(len(steps), NONE)
    of_step[word.step] = angles.found
    found = _probed_rows(plan, joint, word, event)
    number = np.where(found.kind == PROBED, of_step[joint.step], NONE)
    _agree_by_step(
        plan,
        joint,
        (wanted, _with_gates(found, number, angles.actions)),
        (start, end),
        "angles",
    )
    return FALSE_ACCEPTANCE


def _events_of_steps(plan: Plan) -> IntArray:
    """The number of each step's measurement or reset of the circuit, or `NONE`."""
    steps = plan.steps
    is_event = (steps.kind == StepKind.MEASURE) | named(steps.gate, steps.names, "reset")
    is_event &= steps.source != NONE
    return np.where(is_event, np.cumsum(is_event) - 1, NONE)


def _probed_rows(plan: Plan, joint: JointProgram, word: Word, event: IntArray) -> Rows:
    """The joint program, probes in the place of the circuit's gates."""
    claims = sources_of(plan, joint) != NONE
    _check_claims(plan, joint, word, np.flatnonzero(claims))
    gates = actions_of_gates(joint.ops, ~claims)
    if gates is None:
        refuse(
            where(joint, _first_foreign(joint, claims)),
            "belongs to no operation of the circuit and serves no entanglement",
        )
    rows = rows_of(joint.ops, gates, np.where(claims, event[joint.step], NONE))
    return dataclasses.replace(
        rows,
        kind=np.where(claims & (rows.event == NONE), PROBED, rows.kind),
        probe=plan.steps.cell_start[joint.step],
        axes=word.axes,
    )


def _with_gates(rows: Rows, number: IntArray, actions: Actions) -> Rows:
    """The same rows, with gates in the place of probes wherever `number` names one."""
    has_gate = number != NONE
    return dataclasses.replace(
        rows,
        kind=np.where(has_gate, GATE, rows.kind),
        action=np.where(has_gate, len(rows.sign) + number, rows.action),
        linear=np.concatenate([rows.linear, actions.linear]),
        sign=np.concatenate([rows.sign, actions.sign]),
    )


def _agree_by_step(
    plan: Plan,
    joint: JointProgram,
    rows: tuple[Rows, Rows],
    places: tuple[IntArray, IntArray],
    name: str,
) -> None:
    """Compare rows whose events and probes are numbered by the plan's steps."""
    events = int((_events_of_steps(plan) != NONE).sum())
    drawn = _drawn(plan, joint, name, events=events, operands=len(plan.steps.cells))
    agree(plan, joint, _sides(plan, rows, *places), drawn)


def _sides(
    plan: Plan, rows: tuple[Rows, Rows], start: IntArray, end: IntArray
) -> tuple[Side, Side]:
    """Rows on the circuit's qubits, and rows on the cells that hold them."""
    circuit = plan.circuit
    qubits = np.arange(circuit.num_qubits)
    return (
        Side(
            rows=rows[0],
            start=qubits,
            end=qubits,
            size=circuit.num_qubits,
            bits=circuit.num_clbits,
        ),
        Side(
            rows=rows[1],
            start=start,
            end=end,
            size=plan.num_cells,
            bits=circuit.num_clbits + plan.num_bits,
        ),
    )


def _drawn(plan: Plan, joint: JointProgram, name: str, *, events: int, operands: int) -> Drawn:
    return Drawn.of(
        _seed(plan, joint),
        name,
        qubits=plan.circuit.num_qubits,
        bits=plan.circuit.num_clbits,
        events=events,
        operands=operands,
    )


def _seed(plan: Plan, joint: JointProgram) -> int:
    """Of the draw: with another program it is another, so nobody can write one to suit it."""
    return derived_seed(plan.seed, content_id((plan.circuit.ops, plan.steps, joint.ops)))


def _check_events(joint: JointProgram, claims: BoolArray, event: IntArray, events: int) -> None:
    """Every measurement and reset of the circuit is one row of the joint program."""
    seen = event[claims & is_named(joint.ops, *EVENTS)]
    if len(seen) != events or not np.array_equal(np.sort(seen), np.arange(events)):
        refuse("joint program", "must carry out each measurement and reset of the circuit once")


def _check_claims(plan: Plan, joint: JointProgram, word: Word, rows: IntArray) -> None:
    """The rows that claim to carry out an operation of the circuit are the word's, one each."""
    steps, ops = plan.steps, joint.ops
    if not np.array_equal(joint.step[rows], word.step):
        refuse("joint program", "must carry out each step that works for the circuit by one row")
    at = word.step
    names = np.array([*steps.names, "measure"], dtype=object)
    is_measure = steps.kind[at] == StepKind.MEASURE
    wanted = names[np.where(is_measure, len(steps.names), steps.gate[at])]
    found = np.array(ops.names, dtype=object)[ops.gate[rows]]
    same = (wanted == found) & (ops.condition[rows] == NO_BIT)
    same &= ops.clbit[rows] == steps.clbit[at]
    same &= np.diff(ops.start)[rows] == np.diff(steps.cell_start)[at]
    counts = np.diff(ops.param_start)[rows]
    same &= counts == np.diff(steps.param_start)[at]
    for j in range(int(counts.max(initial=0))):
        have = same & (counts > j)
        same[have] = (
            ops.params[ops.param_start[rows[have]] + j]
            == steps.params[steps.param_start[at[have]] + j]
        )
    if not same.all():
        row = int(rows[np.argmin(same)])
        refuse(where(joint, row), f"is not the operation of step {int(joint.step[row])}")


def _first_foreign(joint: JointProgram, claims: BoolArray) -> int:
    """The first row beside the circuit's operations that is neither Clifford nor a correction."""
    for row in np.flatnonzero(~claims).tolist():
        if actions_of_gates(joint.ops, np.arange(len(joint.ops)) == row) is None:
            return row
    return 0
