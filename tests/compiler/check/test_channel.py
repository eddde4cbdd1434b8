"""Clifford circuit and joint program: the same channel, signs included, nothing more or less."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.compiler.check.carried import carry, is_accepted, is_clifford
from tests.compiler.check.handmade import BY_HAND, Draft, circuit, op, with_ops
from tests.compiler.check.readable import (
    same_on_every_branch,
    same_on_random_branches,
    sourced,
    start_and_end,
)

from interlace.compiler import lower
from interlace.compiler.check import CheckFailure


@pytest.mark.parametrize("name", ["bell", "bits"])
def test_a_correct_clifford_plan_is_its_circuits_channel(name: str) -> None:
    assert is_clifford(*BY_HAND[name]())


@pytest.mark.parametrize("name", ["bell", "bits"])
def test_dropping_any_operation_that_matters_is_seen(name: str) -> None:
    plan, joint = BY_HAND[name]()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    seen = 0
    for i, (item, _) in enumerate(rows):
        if item.name == "reset" or (
            item.name == "measure" and item.clbit < plan.circuit.num_clbits
        ):
            continue  # no outcome to compare, or a start that the check takes to be anything
        changed = with_ops(joint, rows[:i] + rows[i + 1 :])
        ops, ends = sourced(plan, changed), start_and_end(plan)
        # The random branches ask a little more than they must; in doubt, all branches decide.
        right = same_on_random_branches(
            plan.circuit, ops, plan.num_cells, ends, branches=12, seed=i
        ) or same_on_every_branch(plan.circuit, ops, plan.num_cells, ends)
        accepted = is_accepted(is_clifford, plan, changed)
        # More is asked than must be: what measurements and resets destroy is compared too.
        assert right or not accepted
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
    assert is_clifford(plan, joint)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    with pytest.raises(CheckFailure, match="does not do to the circuit's qubits"):
        is_clifford(plan, with_ops(joint, [rows[0], rows[2]]))


@pytest.mark.parametrize("name", ["bell", "bits"])
@pytest.mark.parametrize("compare", [is_clifford, carry])
def test_a_reset_that_is_missing_is_seen_at_any_pair(name: str, compare) -> None:
    plan, joint = BY_HAND[name]()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    for i, (item, _) in enumerate(rows):
        if item.name == "reset":
            with pytest.raises(CheckFailure):
                compare(plan, with_ops(joint, rows[:i] + rows[i + 1 :]))


@pytest.mark.parametrize("compare", [is_clifford, carry])
def test_a_reset_of_what_is_needed_is_named(compare) -> None:
    draft = Draft.line(circuit(1, op("h", 0)), (1, 0), (1, 1))
    draft.gate(0, 0)
    plan = draft.build(0)
    rows = [(op("h", 0), 0), (op("reset", 0), 0)]
    steps = dataclasses.replace(
        plan.steps,
        **{
            name: np.append(getattr(plan.steps, name), [value])
            for name, value in (("kind", 7), ("source", -1), ("cell_start", 1))
        },
    )
    widened = dataclasses.replace(plan, steps=steps)
    wrong = with_ops(lower(plan), [rows[0], (rows[1][0], 1)])
    with pytest.raises(CheckFailure, match=r"joint op 1 .reset m0_data.0.* would disturb a qubit"):
        compare(widened, wrong)


def test_an_outcome_that_is_overwritten_later_must_still_be_the_circuits() -> None:
    # Both measurements write bit 0. An X between the first and its gate would go unseen in the bit.
    ops = (op("measure", 0, clbit=0), op("reset", 0), op("h", 0), op("measure", 0, clbit=0))
    draft = Draft.line(circuit(1, *ops, clbits=1), (1, 0), (1, 1))
    draft.measure(0, 0)
    draft.gate(1, 0)
    draft.gate(2, 0)
    draft.measure(3, 0)
    plan = draft.build(0)
    joint = lower(plan)
    assert is_clifford(plan, joint)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    flipped = with_ops(joint, [(op("x", 0), 0), *rows])
    with pytest.raises(CheckFailure):
        is_clifford(plan, flipped)


def test_a_wrong_sign_is_refused() -> None:
    plan, joint = BY_HAND["bell"]()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    flipped = [*rows, (op("x", 0), rows[-1][1])]
    with pytest.raises(CheckFailure, match="by the sign of a Pauli"):
        is_clifford(plan, with_ops(joint, flipped))


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
    assert is_clifford(plan, lower(plan)) == clifford


def test_a_program_of_two_hundred_qubits_is_compared_like_any_other() -> None:
    qubits = 200
    ops = [op("h", 0), *(op("cx", i, i + 1) for i in range(qubits - 1)), op("s", qubits - 1)]
    draft = Draft.line(circuit(qubits, *ops), (qubits, 0), (1, 1), qubits=qubits + 1)
    for row, item in enumerate(ops):
        draft.gate(row, *item.operands)
    plan = draft.build(*range(qubits))
    joint = lower(plan)
    assert is_clifford(plan, joint)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    for i in (0, 77, qubits):
        assert not is_accepted(is_clifford, plan, with_ops(joint, rows[:i] + rows[i + 1 :]))
