"""The plan checker's front: what is shown, and in which words."""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.compiler.check.axes import step_axes
from interlace.compiler.check.branches import (
    MOST_LIVE,
    MOST_QUBITS,
    Compared,
    compare_branches,
)
from interlace.compiler.check.capacity import check_registers, check_wiring, intervals_of
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.channel import compare_angles, compare_carried, compare_clifford
from interlace.compiler.check.failure import CheckFailure
from interlace.compiler.check.joint import check_joint
from interlace.compiler.check.schedule import Walk, walk
from interlace.compiler.check.shape import check_shape
from interlace.compiler.check.word import compare_word
from interlace.compiler.plan import CheckReport, Plan
from interlace.compiler.program import JointProgram
from interlace.units import Probability

__all__ = ["check_plan", "check_schedule", "walked"]

_RULES = (
    "columns, indices and names are sound",
    "registers fit each node's data and communication qubits",
    "each pair joins its link's two nodes on communication qubits wired to it",
    "each cell holds one thing at a time, so no node holds more pairs than communication qubits",
    "each swap, packet and teleportation has all its corrections, by the right bits, in time",
    "each packet is opened and closed once, and its gates commute with its axis",
    "each step touches one machine; only ebits touch two",
    "each bit is written once, before it is read",
    "each operation of the circuit is carried out once, on its qubits, in a valid order",
    "the placement is what the schedule does",
    "the joint program is the schedule, with the circuit's own classical registers",
)


@dataclass(slots=True)
class _Findings:
    """Sentences as they come in."""

    method: str = "contraction"
    shown: list[str] = field(default_factory=list)
    not_shown: list[str] = field(default_factory=list)
    false_acceptance: Probability | None = None


def check_schedule(plan: Plan) -> None:
    """The rules that need no joint program: what to ask of a plan that came from a file.

    A plan that passes can be lowered without surprises.

    Raises:
        CheckFailure: a rule does not hold; names the step, the cell and the rule.
    """
    walked(plan)


def check_plan(plan: Plan, joint: JointProgram) -> CheckReport:
    """Show that a plan is the same computation as its circuit.

    Rules and contraction always; circuit and joint program as Clifford channels, with random
    Clifford angles in both if not all gates are Clifford; exact states on measurement branches if
    the program is small. No code is shared with what emits plans.

    Args:
        plan: the plan; its own `check` is not looked at.
        joint: the joint program made from it.

    Raises:
        CheckFailure: something does not hold; names the step or operation, the cell, the rule.
    """
    seen = walked(plan)
    check_joint(plan, joint, Cells.of(plan.registers))
    findings = _Findings()
    findings.false_acceptance = compare_carried(
        plan, joint, seen.word, start=seen.start, end=seen.end
    )
    findings.shown.append(
        "Contraction, for every input state and every measurement outcome: the joint program's "
        "swaps, packets and teleportations carry the circuit's qubits exactly (64 random Paulis "
        "pulled back, controlled Paulis in the place of every operation; a wrong program passes "
        f"with a probability of at most {findings.false_acceptance:.1e}), and what it does to "
        "them is the circuit's operations, each identical or equal as a matrix to 1e-9, in an "
        "order that differs only by exchanges of operations that commute."
    )
    _stabilizer(plan, joint, seen, findings)
    _branches(plan, joint, seen, findings)
    findings.not_shown.append(
        "Expected times and fidelities of the schedule are estimates and were not checked."
    )
    return CheckReport(
        rules=_RULES,
        method=findings.method,
        shown=tuple(findings.shown),
        not_shown=tuple(findings.not_shown),
        false_acceptance=findings.false_acceptance,
    )


def walked(plan: Plan) -> Walk:
    """Walk over a plan's schedule and show that its word is the circuit.

    Raises:
        CheckFailure: a rule does not hold.
    """
    check_shape(plan)
    check_registers(plan)
    cells = Cells.of(plan.registers)
    check_wiring(plan, cells)
    intervals = intervals_of(plan)
    try:
        return _compared(plan, walk(plan, cells, intervals, step_axes(plan.steps, exact=False)))
    except CheckFailure:
        if not len(plan.steps.params):
            raise
    # What does not commute for all angles may for the very ones.
    return _compared(plan, walk(plan, cells, intervals, step_axes(plan.steps, exact=True)))


def _compared(plan: Plan, seen: Walk) -> Walk:
    compare_word(seen.word, plan)
    return seen


def _stabilizer(plan: Plan, joint: JointProgram, seen: Walk, findings: _Findings) -> None:
    bound = compare_clifford(plan, joint, start=seen.start, end=seen.end)
    if bound is None:
        _angles(plan, joint, seen, findings)
        return
    findings.method, findings.false_acceptance = "stabilizer", bound
    findings.shown.append(
        "Stabilizer: 64 random signed Paulis on output qubits and bits, pulled back through "
        "circuit and joint program, came out equal; two programs that are not the same channel on "
        f"every input pass with a probability of at most {bound:.1e}."
    )


def _angles(plan: Plan, joint: JointProgram, seen: Walk, findings: _Findings) -> None:
    bound = compare_angles(plan, joint, seen.word, start=seen.start, end=seen.end)
    findings.shown.append(
        "Random Clifford angles: with every angle replaced by a random multiple of pi/2, equal "
        "angles of equal gates by equal ones, circuit and joint program are Clifford programs; "
        "64 random signed Paulis pulled back through both came out equal (two that differ at these "
        f"angles pass with a probability of at most {bound:.1e}). Gates without an angle that are "
        "not Clifford are controlled Paulis there too."
    )
    findings.not_shown.append(
        "The circuit with its own angles was not pulled back: not every gate is Clifford."
    )


def _branches(plan: Plan, joint: JointProgram, seen: Walk, findings: _Findings) -> None:
    compared = compare_branches(
        plan, joint, start=tuple(seen.start.tolist()), end=tuple(seen.end.tolist())
    )
    if compared is None:
        findings.not_shown.append(
            f"States were not compared branch by branch: that is done up to {MOST_QUBITS} qubits, "
            f"{MOST_LIVE} cells in use at once and not too many operations."
        )
        return
    findings.method, findings.false_acceptance = "branches", None
    findings.shown.append(
        f"Branches: from one random product state of all qubits, {_which(compared)} give the "
        "circuit's exact state and probability to 1e-9; for all but a set of measure zero of "
        "such states this is equality of the maps on those branches."
    )
    if not compared.all_internal:
        findings.not_shown.append(
            f"Of the 2^{compared.internal_bits} internal measurement branches "
            f"{compared.branches} random ones were simulated; the others rest on the contraction."
        )
    elif not compared.all_outcomes:
        findings.not_shown.append(
            "The outcomes of the circuit's own measurements were drawn at random on each branch; "
            "the others rest on the contraction."
        )


def _which(compared: Compared) -> str:
    if compared.all_outcomes:
        return f"all {compared.branches} branches of every measurement"
    if compared.all_internal:
        return f"all 2^{compared.internal_bits} branches of the internal measurements"
    return f"{compared.branches} random branches"
