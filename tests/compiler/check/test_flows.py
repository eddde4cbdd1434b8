"""Stabilizer flows: the same channel, signs included, and no flow too many."""

from __future__ import annotations

import pytest
from tests.compiler.check.handmade import BY_HAND, Draft, circuit, op, with_ops
from tests.compiler.check.readable import (
    same_on_every_branch,
    same_on_random_branches,
    sourced,
    start_and_end,
)

from interlace.compiler import Plan, lower
from interlace.compiler.check import CheckFailure
from interlace.compiler.check.stabilizer import compare_flows, is_clifford


def compare(plan: Plan, joint) -> bool:
    start, end = start_and_end(plan)
    try:
        return compare_flows(plan, joint, start=start, end=end) is not None
    except CheckFailure:
        return False


@pytest.mark.parametrize("name", ["bell", "bits"])
def test_a_correct_clifford_plan_has_its_circuits_flows(name: str) -> None:
    plan, joint = BY_HAND[name]()
    assert is_clifford(plan)
    assert compare(plan, joint)


@pytest.mark.parametrize("name", ["bell", "bits"])
def test_dropping_any_operation_is_seen_if_and_only_if_it_matters(name: str) -> None:
    plan, joint = BY_HAND[name]()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    seen = 0
    for i, (item, _) in enumerate(rows):
        if item.name in {"measure", "ebit", "reset"}:
            continue  # no record to read, or a start that the flows take to be anything
        changed = with_ops(joint, rows[:i] + rows[i + 1 :])
        ops, ends = sourced(plan, changed), start_and_end(plan)
        # The random branches ask a little more than they must; in doubt, all branches decide.
        right = same_on_random_branches(
            plan.circuit, ops, plan.num_cells, ends, branches=12, seed=i
        ) or same_on_every_branch(plan.circuit, ops, plan.num_cells, ends)
        assert compare(plan, changed) == right
        seen += not right
    assert seen >= 3


def test_a_program_that_does_not_scramble_what_the_circuit_scrambles_is_refused() -> None:
    # reset, h, measure: a fair coin. Without the h all the circuit's flows still hold.
    ops = (op("reset", 0), op("h", 0), op("measure", 0, clbit=0))
    draft = Draft.line(circuit(1, *ops, clbits=1), (1, 0), (1, 1))
    draft.gate(0, 0)
    draft.gate(1, 0)
    draft.measure(2, 0)
    plan = draft.build(0)
    joint = lower(plan)
    assert compare(plan, joint)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    start, end = start_and_end(plan)
    with pytest.raises(CheckFailure, match="independent stabilizer flows"):
        compare_flows(plan, with_ops(joint, [rows[0], rows[2]]), start=start, end=end)


def test_a_wrong_sign_is_refused() -> None:
    plan, joint = BY_HAND["bell"]()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    flipped = [*rows, (op("x", 0), rows[-1][1])]
    start, end = start_and_end(plan)
    with pytest.raises(CheckFailure, match="lacks the circuit's stabilizer flow"):
        compare_flows(plan, with_ops(joint, flipped), start=start, end=end)


@pytest.mark.parametrize(
    ("name", "params", "clifford"),
    [
        ("rz", (1.5707963267948966,), True),
        ("rz", (1.5707973,), False),
        ("p", (-4.71238898038469,), True),
        ("t", (), False),
        ("u", (1.5707963267948966, 0.0, 3.141592653589793), True),
        ("rzz", (1.5707963267948966,), True),
        ("iswap", (), True),
        ("ecr", (), True),
        ("cp", (1.5707963267948966,), False),
        ("ccx", (), False),
    ],
)
def test_clifford_gates_are_told_more_finely_than_single_precision(
    name: str, params: tuple[float, ...], clifford: bool
) -> None:
    gate = op(name, *range({"ccx": 3, "u": 1, "rz": 1, "p": 1, "t": 1}.get(name, 2)), params=params)
    draft = Draft.line(circuit(3, gate), (3, 0), (1, 1))
    draft.gate(0, *gate.operands)
    plan = draft.build(0, 1, 2)
    assert is_clifford(plan) == clifford
    if clifford:
        assert compare(plan, lower(plan))


def test_programs_too_large_are_left_to_the_contraction() -> None:
    qubits = 129
    draft = Draft.line(circuit(qubits, op("h", 0)), (qubits, 0), (1, 1), qubits=140)
    draft.gate(0, 0)
    plan = draft.build(*range(qubits))
    start, end = start_and_end(plan)
    assert compare_flows(plan, lower(plan), start=start, end=end) is None
