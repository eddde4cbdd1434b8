"""Correct plans of real circuits, broken in hundreds of seeded ways: each is caught.

A mutant that the check accepts must be the same computation by the readable simulator, which
shares no code with the check: an exchange of operations that commute, for example.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.compiler.check.carried import carry, is_clifford
from tests.compiler.check.mutants import (
    MUTATIONS,
    SUBJECTS,
    counted,
    is_caught,
    joint_mutants,
    mutants,
    subject,
)
from tests.compiler.check.readable import same_on_random_branches, sourced, start_and_end

from interlace.compiler import JointProgram, lower
from interlace.compiler.check import CheckFailure
from interlace.compiler.check.branches import compare_branches
from interlace.compiler.check.entry import walked


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_mutant_of_a_plan_is_caught_unless_it_is_the_same_computation(name: str) -> None:
    _, joint = subject(name)
    tried = caught = 0
    for kind, mutant in mutants(name, each=3):
        tried += 1
        if is_caught(mutant, joint):
            caught += 1
            continue
        # Harmless for the computation. Capacities and places are not: those must be caught.
        assert kind in {"exchange two steps", "drop a gate", "change an angle", "another source"}
        ops = sourced(mutant, lower(mutant))
        assert same_on_random_branches(
            mutant.circuit, ops, mutant.num_cells, start_and_end(mutant), branches=16, seed=1
        ), kind
    assert tried >= 30  # over all subjects more than 400
    assert caught >= 0.9 * tried


@pytest.mark.parametrize("name", SUBJECTS)
def test_each_method_alone_accepts_only_joint_programs_that_are_the_circuit(name: str) -> None:
    plan, joint = subject(name)
    ends = start_and_end(plan)

    word = walked(plan).word
    methods: list[Callable[[JointProgram], object]] = [
        lambda mutant: carry(plan, mutant, word),
        lambda mutant: compare_branches(plan, mutant, start=ends[0], end=ends[1]),
    ]
    if name in {"bell", "bits"} or name.startswith("clifford"):
        methods.append(lambda mutant: is_clifford(plan, mutant))
    refused = [0] * len(methods)
    tried = 0
    for mutant in joint_mutants(joint, number=25, seed=SUBJECTS.index(name)):
        tried += 1
        right: bool | None = None
        for index, method in enumerate(methods):
            try:
                method(mutant)
            except CheckFailure:
                refused[index] += 1
                continue
            if right is None:
                right = same_on_random_branches(
                    plan.circuit,
                    sourced(plan, mutant),
                    plan.num_cells,
                    ends,
                    branches=16,
                    seed=2,
                )
            assert right, index
    assert min(refused) >= tried // 3


def test_of_three_hundred_mutants_none_that_computes_something_else_passes() -> None:
    rows = counted(300, seed=7)
    assert {row["mutation"] for row in rows} == {*MUTATIONS, "drop a reset", "an op of another bit"}
    assert sum(row["tried"] for row in rows) == 300
    assert [row for row in rows if row["missed"]] == []
    assert sum(row["refused"] for row in rows) >= 270
