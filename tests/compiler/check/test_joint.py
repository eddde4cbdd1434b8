"""The joint program must be the schedule, operation by operation."""

from __future__ import annotations

import dataclasses

import pytest
from tests.compiler.check.handmade import BY_HAND, bell, op, with_ops

from interlace.compiler import JointProgram
from interlace.compiler.check import CheckFailure, check_plan

# bell: 0 h, 1-2 resets, 3 ebit, 4 cx, 5 measure, 6 x if, 7 cx, 8 h, 9 measure, 10 z if
Rows = list


def changed(index: int, **columns):
    def change(rows: Rows) -> Rows:
        item, step = rows[index]
        return [*rows[:index], (dataclasses.replace(item, **columns), step), *rows[index + 1 :]]

    return change


def dropped(index: int):
    return lambda rows: rows[:index] + rows[index + 1 :]


def exchanged(index: int):
    return lambda rows: [
        *rows[:index],
        (rows[index + 1][0], rows[index][1]),
        (rows[index][0], rows[index + 1][1]),
        *rows[index + 2 :],
    ]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (dropped(1), "both cells of an ebit must be reset right before"),
        (dropped(3), "makes no ebit for it where it is first used"),
        (changed(3, operands=(3, 1)), "is no ebit of the plan's pairs at this step"),
        (exchanged(3), "is no ebit of the plan's pairs"),
        (exchanged(2), "both cells of an ebit must be reset"),
        (dropped(6), r"joint ops of step 2 .CORRECT.*not nothing"),
        (changed(6, condition=1), "must be if bit 0: x"),
        (changed(6, condition=-1), "must be if bit 0: x"),
        (changed(6, name="z"), "must be if bit 0: x"),
        (changed(7, operands=(2, 3)), r"joint ops of step 3 .GATE."),
        (changed(7, operands=(0, 2)), "only an ebit may touch two machines"),
        (changed(7, name="cz"), r"joint ops of step 3 .GATE."),
        (changed(5, clbit=1), r"joint ops of step 1 .OPEN."),
        (changed(4, operands=(1, 0)), r"joint ops of step 1 .OPEN."),
        (exchanged(8), r"joint ops of step 4 .CLOSE."),
        (lambda rows: [(rows[0][0], 3), *rows[1:]], "steps must rise through the schedule"),
        (lambda rows: [*rows, (op("id", 0), 99)], "steps must rise through the schedule"),
        (lambda rows: [*rows, (op("id", 0), 5)], r"joint ops of step 5 .CORRECT."),
        (changed(0, operands=(8,)), "must lie in"),
    ],
)
def test_each_deviation_from_the_schedule_is_named(change, rule: str) -> None:
    plan, joint = bell()
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    with pytest.raises(CheckFailure, match=rule):
        check_plan(plan, with_ops(joint, change(rows)))


@pytest.mark.parametrize(
    ("columns", "rule"),
    [
        ({"registers": ()}, "its quantum registers must be the plan's cells"),
        ({"num_program_bits": 1}, "has 1 program bits, the circuit 2"),
    ],
)
def test_each_wrong_register_is_named(columns: dict[str, object], rule: str) -> None:
    plan, joint = BY_HAND["bits"]()
    with pytest.raises(CheckFailure, match=rule):
        check_plan(plan, dataclasses.replace(joint, **columns))


def test_the_internal_bits_need_one_register_of_their_size() -> None:
    plan, joint = BY_HAND["bits"]()
    wrong: JointProgram = dataclasses.replace(joint, clbit_registers=joint.clbit_registers[:1])
    with pytest.raises(CheckFailure, match="needs one further register for the 4 internal bits"):
        check_plan(plan, wrong)
