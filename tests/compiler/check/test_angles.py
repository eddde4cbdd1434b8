"""Random Clifford angles in circuit and joint program: right plans agree, wrong ones do not."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from tests.compiler.check.carried import claimed_word, is_accepted, turn
from tests.compiler.check.handmade import Draft, circuit, op
from tests.compiler.check.mutants import SUBJECTS, joint_mutants, subject

from interlace.circuit import GATES
from interlace.compiler import Axis, JointProgram, Plan, lower
from interlace.compiler.check import CheckFailure, angles, check_plan
from interlace.compiler.check.actions import clifford_action
from interlace.compiler.check.angles import clifford_angles
from interlace.compiler.check.entry import walked

SEEDS = range(24)


def seeded(plan: Plan, seed: int) -> Plan:
    """The same plan under another draw of the angles."""
    return dataclasses.replace(plan, seed=seed)


def local(*ops, order: tuple[int, ...] | None = None, qubits: int = 3) -> tuple[Plan, JointProgram]:
    """A plan of one machine that carries its operations out in the given order."""
    draft = Draft.line(circuit(qubits, *ops), (qubits, 0), (1, 1), qubits=qubits + 1)
    for row in order or range(len(ops)):
        draft.gate(row, *ops[row].operands)
    plan = draft.build(*range(qubits))
    return plan, lower(plan)


@pytest.mark.parametrize("name", SUBJECTS)
def test_a_correct_plan_agrees_at_every_draw(name: str) -> None:
    plan, joint = subject(name)
    word = walked(plan).word
    for seed in SEEDS:
        turn(seeded(plan, seed), joint, word)


@pytest.mark.parametrize("name", SUBJECTS)
def test_it_refuses_broken_joint_programs_by_itself(name: str) -> None:
    plan, joint = subject(name)
    word = walked(plan).word
    mutants = list(joint_mutants(joint, number=25, seed=SUBJECTS.index(name)))
    refused = sum(not is_accepted(turn, plan, mutant, word) for mutant in mutants)
    assert refused >= len(mutants) // 3


def test_two_rotations_that_do_not_commute_keep_their_order() -> None:
    turned = (op("rz", 0, params=(0.3,)), op("rx", 0, params=(1.1,)))
    plan, joint = local(*turned, order=(1, 0))
    refused = [not is_accepted(turn, seeded(plan, seed), joint) for seed in SEEDS]
    # Both angles are odd multiples of pi/2 with probability 1/4; with one even, signs can tell.
    assert sum(refused) >= len(SEEDS) // 4
    assert all(
        is_accepted(turn, seeded(plan, seed), joint)
        for plan, joint in [local(*turned)]
        for seed in SEEDS
    )


def test_an_angle_that_is_changed_on_the_way_is_seen_though_names_agree(monkeypatch) -> None:
    plan, _ = local(op("rz", 0, params=(0.3,)), op("cp", 0, 1, params=(0.7,)))
    steps = dataclasses.replace(plan.steps, params=np.array([0.3000001, 0.7]))
    changed = dataclasses.replace(plan, steps=steps)
    with pytest.raises(CheckFailure):
        walked(changed)
    # Even if the comparison of names and parameters were broken.
    monkeypatch.setattr(
        angles, "identical_items", lambda word, _: np.ones(len(word.step), dtype=np.bool_)
    )
    joint = lower(changed)
    refused = [not is_accepted(turn, seeded(changed, seed), joint) for seed in SEEDS]
    assert sum(refused) >= len(SEEDS) // 2


def test_gates_that_commute_only_at_their_own_angles_stay_so() -> None:
    # u(0, 0, a) is diagonal along Z: it may be carried by a packet along Z and pass a cz.
    ops = (op("cu", 0, 1, params=(0.0, 0.0, 0.4, 0.2)), op("u", 0, params=(0.0, 0.3, 0.4)))
    draft = Draft.line(circuit(2, *ops), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 3, 2)
    draft.gate(1, 3)
    draft.close(3, 0, 0, Axis.Z)
    plan = draft.build(0, 2)
    joint = lower(plan)
    for seed in SEEDS:
        turn(seeded(plan, seed), joint)


@pytest.mark.parametrize("name", [name for name, gate in GATES.items() if gate.params])
def test_every_gate_with_an_angle_gets_clifford_gates_of_its_own_kind(name: str) -> None:
    gate = GATES[name]
    params = tuple(0.1 + 0.2 * place for place in range(gate.params))
    plan, joint = local(op(name, *range(gate.qubits), params=params))
    word = claimed_word(plan)
    drawn = {int(clifford_angles(seeded(plan, seed), word, seed).found[0]) for seed in SEEDS}
    assert min(drawn) >= 0
    assert len(drawn) >= 2
    actions = clifford_angles(plan, word, 0).actions
    multiples = np.stack(
        np.meshgrid(*[np.arange(4) * math.pi / 2] * gate.params, indexing="ij"), axis=-1
    ).reshape(-1, gate.params)
    possible = {clifford_action(name, tuple(row)) for row in multiples.tolist()}
    linear, sign = actions.linear.tolist(), actions.sign.tolist()
    assert {(tuple(linear[row]), sign[row]) for row in drawn} <= possible
    assert is_accepted(turn, plan, joint)


def test_a_toffoli_gate_stays_a_probe_and_a_t_gate_is_an_angle() -> None:
    plan, joint = local(op("ccx", 0, 1, 2), op("t", 0), op("h", 1), op("id", 2))
    chosen = clifford_angles(plan, claimed_word(plan), 0)
    assert (chosen.found[:3] >= 0).tolist() == [False, True, True]
    turn(plan, joint)
    report = check_plan(plan, joint)
    assert any(sentence.startswith("Random Clifford angles") for sentence in report.shown)


def test_a_clifford_plan_is_compared_as_it_is() -> None:
    plan, joint = subject("bell")
    report = check_plan(plan, joint)
    assert not any(sentence.startswith("Random Clifford angles") for sentence in report.shown)
    assert any(sentence.startswith("Stabilizer") for sentence in report.shown)
