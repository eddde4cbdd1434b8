"""Circuit, schedule and joint program as rows to pull Paulis back through, and what must agree.

Two comparisons, by the theory in `pullback`:

- `compare_clifford`: circuit and joint program, if all gates are Clifford.
- `compare_carried`: the word of the schedule (operations on circuit qubits, in the order of the
  steps) and the joint program, with probes in the place of every operation of the circuit. It
  holds for gates of any kind. That the word is the circuit is shown by `word`.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable
from interlace.compiler.check.actions import Actions, actions_of
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.distinct import distinct_gates
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.pullback import (
    EVENT_MEASURE,
    EVENT_RESET,
    FALSE_ACCEPTANCE,
    GATE,
    IF_X,
    IF_Z,
    MEASURE,
    PROBED,
    RESET,
    Drawn,
    Image,
    Rows,
    pull,
)
from interlace.compiler.check.word import Word
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram
from interlace.kernel import BoolArray, IntArray, content_id, derived_seed
from interlace.units import Probability

__all__ = ["compare_carried", "compare_clifford"]

_EVENTS = ("measure", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """A program with its places: where each circuit qubit is at the start and at the end."""

    rows: Rows
    start: IntArray
    end: IntArray
    size: int
    bits: int


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
    is_event = np.isin(circuit.ops.gate, _codes(circuit.ops.names, *_EVENTS))
    number = np.where(is_event, np.cumsum(is_event) - 1, NONE)
    own = _gates(circuit.ops, np.ones(len(circuit.ops), dtype=np.bool_))
    theirs = None if own is None else _gates(joint.ops, np.ones(len(joint.ops), dtype=np.bool_))
    if own is None or theirs is None:
        return None
    source = _sources(plan, joint)
    claims = source != NONE
    event = (
        np.where(claims & _is(joint.ops, *_EVENTS), number[np.maximum(source, 0)], NONE)
        if len(number)
        else np.full(len(source), NONE)
    )
    _check_events(joint, claims, event, int(is_event.sum()))
    qubits = np.arange(circuit.num_qubits)
    wanted = _Side(
        rows=_rows(circuit.ops, own, number),
        start=qubits,
        end=qubits,
        size=circuit.num_qubits,
        bits=circuit.num_clbits,
    )
    found = _Side(
        rows=_rows(joint.ops, theirs, event),
        start=start,
        end=end,
        size=plan.num_cells,
        bits=circuit.num_clbits + plan.num_bits,
    )
    drawn = Drawn.of(
        _seed(plan, joint),
        "paulis",
        qubits=circuit.num_qubits,
        bits=circuit.num_clbits,
        events=int(is_event.sum()),
        operands=0,
    )
    _compare(plan, joint, (wanted, found), drawn)
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
    steps, circuit = plan.steps, plan.circuit
    source = _sources(plan, joint)
    claims = source != NONE
    _check_claims(plan, joint, word, np.flatnonzero(claims))
    is_event = (steps.kind == StepKind.MEASURE) | _named(steps.gate, steps.names, "reset")
    is_event &= steps.source != NONE
    number = np.where(is_event, np.cumsum(is_event) - 1, NONE)
    gates = _gates(joint.ops, ~claims)
    if gates is None:
        row = _first_foreign(joint, claims)
        refuse(
            _where(joint, row),
            "belongs to no operation of the circuit and serves no entanglement",
        )
    found_rows = _rows(joint.ops, gates, np.where(claims, number[joint.step], NONE))
    is_probed = claims & (found_rows.event == NONE)
    found = _Side(
        rows=dataclasses.replace(
            found_rows,
            kind=np.where(is_probed, PROBED, found_rows.kind),
            probe=steps.cell_start[joint.step],
            axes=word.axes,
        ),
        start=start,
        end=end,
        size=plan.num_cells,
        bits=circuit.num_clbits + plan.num_bits,
    )
    qubits = np.arange(circuit.num_qubits)
    wanted = _Side(
        rows=_word_rows(plan, word, number),
        start=qubits,
        end=qubits,
        size=circuit.num_qubits,
        bits=circuit.num_clbits,
    )
    drawn = Drawn.of(
        _seed(plan, joint),
        "probes",
        qubits=circuit.num_qubits,
        bits=circuit.num_clbits,
        events=int(is_event.sum()),
        operands=len(steps.cells),
    )
    _compare(plan, joint, (wanted, found), drawn)
    return FALSE_ACCEPTANCE


def _seed(plan: Plan, joint: JointProgram) -> int:
    """Of the draw: with another program it is another, so nobody can write one to suit it."""
    return derived_seed(plan.seed, content_id((plan.circuit.ops, plan.steps, joint.ops)))


def _word_rows(plan: Plan, word: Word, number: IntArray) -> Rows:
    steps, at = plan.steps, word.step
    empty = np.zeros(len(at), dtype=np.int64)
    kind = np.full(len(at), PROBED)
    kind[steps.kind[at] == StepKind.MEASURE] = EVENT_MEASURE
    kind[_named(steps.gate, steps.names, "reset")[at]] = EVENT_RESET
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


def _rows(ops: OpTable, gates: tuple[IntArray, Actions], event: IntArray) -> Rows:
    """A table of operations: what has no event number is internal."""
    action, actions = gates
    kind = np.full(len(ops), GATE)
    for name, internal, its_event in (
        ("measure", MEASURE, EVENT_MEASURE),
        ("reset", RESET, EVENT_RESET),
    ):
        here = _is(ops, name)
        kind[here] = np.where(event[here] == NONE, internal, its_event)
    conditioned = ops.condition != NO_BIT
    kind[conditioned & _is(ops, "x")] = IF_X
    kind[conditioned & _is(ops, "z")] = IF_Z
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


def _gates(ops: OpTable, wanted: BoolArray) -> tuple[IntArray, Actions] | None:
    """Action of each row that is wanted and a gate; `None` if one has no action."""
    other = _is(ops, *_EVENTS)
    conditioned = ops.condition != NO_BIT
    if (conditioned & wanted & ~_is(ops, "x", "z")).any():
        return None
    gate = np.where(wanted & ~other & ~conditioned, ops.gate, NONE)
    distinct = distinct_gates(gate, ops.param_start, ops.params)
    actions = actions_of(
        (op.name, op.params) for op in map(ops.__getitem__, distinct.lead.tolist())
    )
    return None if actions is None else (distinct.number, actions)


def _check_conditions(joint: JointProgram) -> None:
    """Corrections read internal bits: the circuit's own are kept as they are."""
    ops = joint.ops
    wrong = (ops.condition != NO_BIT) & (ops.condition < joint.num_program_bits)
    if wrong.any():
        refuse(_where(joint, int(np.argmax(wrong))), "must read an internal bit, not the circuit's")


def _compare(plan: Plan, joint: JointProgram, sides: tuple[_Side, _Side], drawn: Drawn) -> None:
    _check_conditions(joint)
    wanted, found = (
        pull(side.rows, drawn, places=side.end, size=side.size, bits=side.bits) for side in sides
    )
    rows = sides[1].rows
    worst = max(found.lost_row, _last_difference(rows, wanted, found))
    if worst == found.lost_row != NONE:
        refuse(
            _where(joint, worst),
            "would disturb a qubit, or what hangs on its outcome is not corrected",
        )
    if worst != NONE:
        refuse(
            _where(joint, worst),
            "from here on, the joint program does not do to the circuit's qubits what the "
            "circuit does (Paulis pulled back through both differ)",
        )
    _compare_starts(plan, joint, sides[1], wanted, found)


def _last_difference(rows: Rows, wanted: Image, found: Image) -> int:
    """The last row at which events or probes differ, or -1."""
    events = (wanted.event_x != found.event_x) | (wanted.event_z != found.event_z)
    probes = (wanted.control_z != found.control_z).reshape(-1, 2).any(axis=1)
    is_event = np.isin(rows.kind, (EVENT_MEASURE, EVENT_RESET))
    wrong = np.zeros(len(rows.kind), dtype=np.bool_)
    wrong[is_event] = events[rows.event[is_event]]
    if probes.any():
        before = np.concatenate([[0], np.cumsum(probes)])
        size = rows.end - rows.begin
        probed = rows.kind == PROBED
        first = rows.probe[probed]
        wrong[probed] = before[first + size[probed]] > before[first]
    return int(np.flatnonzero(wrong)[-1]) if wrong.any() else NONE


def _compare_starts(
    plan: Plan, joint: JointProgram, side: _Side, wanted: Image, found: Image
) -> None:
    wrong = (found.x[side.start] != wanted.x) | (found.z[side.start] != wanted.z)
    cells = Cells.of(joint.registers)
    if wrong.any():
        qubit = int(np.argmax(wrong))
        refuse(
            "joint program",
            f"does not do to {plan.circuit.qubit_label(qubit)}, which starts on "
            f"{cells.label(int(side.start[qubit]))}, what the circuit does",
        )
    rest = (found.x | found.z) != 0
    rest[side.start] = False
    if rest.any():
        refuse(
            "joint program",
            f"depends on what {cells.label(int(np.argmax(rest)))} holds at the start",
        )
    own = len(wanted.bits)
    if (wanted.bits != found.bits[:own]).any() or found.bits[own:].any():
        refuse("joint program", "reads a bit before it is written, or writes another bit")
    if wanted.sign != found.sign:
        refuse("joint program", "differs from the circuit by the sign of a Pauli")


def _check_events(joint: JointProgram, claims: BoolArray, event: IntArray, events: int) -> None:
    """Every measurement and reset of the circuit is one row of the joint program."""
    seen = event[claims & _is(joint.ops, *_EVENTS)]
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
        refuse(_where(joint, row), f"is not the operation of step {int(joint.step[row])}")


def _first_foreign(joint: JointProgram, claims: BoolArray) -> int:
    """The first row beside the circuit's operations that is neither Clifford nor a correction."""
    for row in np.flatnonzero(~claims).tolist():
        if _gates(joint.ops, np.arange(len(joint.ops)) == row) is None:
            return row
    return 0


def _sources(plan: Plan, joint: JointProgram) -> IntArray:
    """The circuit operation that each joint op carries out, or `NONE`."""
    claims = np.isin(plan.steps.kind, [StepKind.GATE, StepKind.MEASURE])
    found: IntArray = np.where(claims, plan.steps.source, NONE)[joint.step]
    return found


def _where(joint: JointProgram, row: int) -> str:
    op = joint.ops[row]
    labels = Cells.of(joint.registers).labels(op.operands)
    return f"joint op {row} ({op.name} {labels}, step {int(joint.step[row])})"


def _is(ops: OpTable, *names: str) -> BoolArray:
    return np.isin(ops.gate, _codes(ops.names, *names))


def _named(gate: IntArray, names: tuple[str, ...], *wanted: str) -> BoolArray:
    return np.isin(gate, _codes(names, *wanted))


def _codes(names: tuple[str, ...], *wanted: str) -> list[int]:
    return [code for code, name in enumerate(names) if name in wanted]
