"""Each gadget as an exact operator on every branch, and the contraction held against that.

The contraction recognises no gadget: it pulls Paulis back through the operations. So any list of
operations may be put to it, and whatever it accepts must be the circuit exactly.
The reference is the operator itself (every input at once), for all measurement outcomes.
"""

from __future__ import annotations

import dataclasses

import pytest
from tests.compiler.check.carried import carry, is_accepted
from tests.compiler.check.handmade import Draft, circuit, op, with_ops
from tests.compiler.check.readable import same_on_every_branch, sourced, start_and_end

from interlace.compiler import Axis, JointProgram, Plan, lower
from interlace.compiler.check import CheckFailure, check_plan, entry


def packet(axis: Axis) -> Plan:
    name = "crz" if axis == Axis.Z else "rxx"
    draft = Draft.line(circuit(2, op(name, 0, 1, params=(0.4,))), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, axis)
    draft.gate(0, 3, 2)
    draft.close(3, 0, 0, axis)
    return draft.build(0, 2)


def teleportation() -> Plan:
    draft = Draft.line(circuit(1, op("u", 0, params=(0.3, 0.4, 0.5))), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.move(0, 0, 1, 3)
    draft.relocate(0, 3, 2)
    draft.gate(0, 2)
    return draft.build(0)


def swapping() -> Plan:
    """A swap, used by a teleportation (whose own bits make four in all)."""
    draft = Draft.line(circuit(1, op("ry", 0, params=(0.4,))), (1, 0, 0), (1, 2, 1))
    draft.gate(0, 0)
    draft.pair(1, 2)
    draft.pair(3, 4)
    draft.swap(2, 3, 4)
    draft.pairs = [(*pair[:3], 1) for pair in draft.pairs]
    draft.move(0, 0, 1, 4)
    return draft.build(0)


def measured_copy() -> Plan:
    ops = (op("measure", 0, clbit=0), op("reset", 0))
    draft = Draft.line(circuit(1, *ops, clbits=1), (1, 0), (1, 1))
    draft.pair(1, 2)
    draft.open(0, 1, 2, 0, Axis.Z)
    draft.measure(0, 2)
    draft.close(2, 0, 0, Axis.Z)
    draft.gate(1, 0)
    return draft.build(0)


GADGETS = {
    "packet along Z": lambda: packet(Axis.Z),
    "packet along X": lambda: packet(Axis.X),
    "teleportation": teleportation,
    "swap": swapping,
    "measured copy": measured_copy,
}


def accepted(plan: Plan, joint: JointProgram) -> bool:
    """Whether the contraction alone, without the rules, takes the program for its circuit."""
    return is_accepted(carry, plan, joint)


def same(plan: Plan, joint: JointProgram) -> bool:
    return same_on_every_branch(
        plan.circuit, sourced(plan, joint), plan.num_cells, start_and_end(plan)
    )


@pytest.mark.parametrize("name", GADGETS)
def test_the_gadget_is_exact_on_every_branch_and_the_contraction_accepts_it(name: str) -> None:
    plan = GADGETS[name]()
    joint = lower(plan)
    assert same(plan, joint)
    assert accepted(plan, joint)


@pytest.mark.parametrize("name", GADGETS)
def test_whatever_the_contraction_accepts_after_one_change_is_exact(name: str) -> None:
    plan = GADGETS[name]()
    joint = lower(plan)
    tried = refused = 0
    for changed in changes(joint):
        tried += 1
        if accepted(plan, changed):
            assert same(plan, changed)
        else:
            refused += 1
    assert tried >= 25
    assert refused >= tried / 2


def test_the_contraction_alone_refuses_a_gate_that_does_not_commute_with_its_packet() -> None:
    draft = Draft.line(circuit(2, op("cx", 1, 0)), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 2, 3)
    draft.close(3, 0, 0, Axis.Z)
    plan = draft.build(0, 2)
    assert not same(plan, lower(plan))
    with pytest.raises(CheckFailure, match=r"joint op .* does not do to the circuit's qubits"):
        carry(plan, lower(plan))


def test_the_contraction_alone_refuses_a_gate_between_root_and_copy() -> None:
    draft = Draft.line(circuit(2, op("cz", 0, 1)), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 3, 0)
    draft.close(3, 0, 0, Axis.Z)
    plan = draft.build(0, 2)
    with pytest.raises(
        CheckFailure, match=r"joint op 6 .cz .* does not do to the circuit's qubits"
    ):
        carry(plan, lower(plan))


def test_an_internal_measurement_may_not_look_at_a_qubit() -> None:
    plan = packet(Axis.Z)
    joint = lower(plan)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    opening = int(plan.steps.packet[0])
    look = (op("measure", 0, clbit=joint.num_program_bits), opening)
    with pytest.raises(CheckFailure, match=r"measure m0_data.0..*would disturb a qubit"):
        carry(plan, with_ops(joint, [look, *rows]))


def test_a_cell_that_is_entangled_or_holds_a_qubit_may_not_be_reset() -> None:
    plan = packet(Axis.Z)
    joint = lower(plan)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    for at, cell in ((0, 0), (3, 3)):
        wiped = [*rows[:at], (op("reset", cell), rows[0][1]), *rows[at:]]
        with pytest.raises(CheckFailure, match=rf"joint op {at} .reset .*would disturb a qubit"):
            carry(plan, with_ops(joint, wiped))


def test_check_plan_leans_on_the_contraction_where_nothing_else_can_look(monkeypatch) -> None:
    # 13 qubits, not Clifford: no branches, no flows. The comparison with the schedule is off.
    ops = [op("ry", i, params=(0.1 * (i + 1),)) for i in range(13)] + [op("cp", 0, 12, params=(1,))]
    draft = Draft.line(circuit(13, *ops), (12, 1), (1, 1), qubits=14)
    for i in range(13):
        draft.gate(i, i if i < 12 else 13)
    draft.pair(12, 14)
    draft.open(0, 12, 14, 0, Axis.Z)
    draft.gate(13, 14, 13)
    draft.close(14, 0, 0, Axis.Z)
    plan = draft.build(*range(12), 13)
    joint = lower(plan)
    assert check_plan(plan, joint).method == "contraction"
    monkeypatch.setattr(entry, "check_joint", lambda *arguments: None)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    for at, (item, step) in enumerate(rows):
        if item.name == "ry":
            turned = dataclasses.replace(item, params=(item.params[0] + 1e-6,))
            wrong = with_ops(joint, [*rows[:at], (turned, step), *rows[at + 1 :]])
            with pytest.raises(CheckFailure, match=r"ry .*is not the operation of step"):
                check_plan(plan, wrong)


def changes(joint: JointProgram):
    """Every program one change away: an op dropped, doubled, exchanged, turned, mended wrongly."""
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    bits = sorted({item.clbit for item, _ in rows} - {-1})
    for i, (item, step) in enumerate(rows):
        yield with_ops(joint, rows[:i] + rows[i + 1 :])
        if item.name not in {"measure", "reset", "ebit"}:
            yield with_ops(joint, [*rows[: i + 1], *rows[i:]])
        if i + 1 < len(rows):
            swapped = [*rows[:i], (rows[i + 1][0], step), (item, rows[i + 1][1]), *rows[i + 2 :]]
            if joint.step[i] == joint.step[i + 1]:
                yield with_ops(joint, swapped)
        if len(item.operands) == 2:
            turned = dataclasses.replace(item, operands=item.operands[::-1])
            yield with_ops(joint, [*rows[:i], (turned, step), *rows[i + 1 :]])
        if item.condition != -1:
            other = {"x": "z", "z": "x"}[item.name]
            wrong = dataclasses.replace(item, name=other)
            yield with_ops(joint, [*rows[:i], (wrong, step), *rows[i + 1 :]])
            for bit in bits:
                wrong = dataclasses.replace(item, condition=bit)
                yield with_ops(joint, [*rows[:i], (wrong, step), *rows[i + 1 :]])
        if item.params:
            params = tuple(value + 1e-6 for value in item.params)
            wrong = dataclasses.replace(item, params=params)
            yield with_ops(joint, [*rows[:i], (wrong, step), *rows[i + 1 :]])
