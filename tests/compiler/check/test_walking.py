"""The compiled loops say what their readable twins say, on right schedules and on broken ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.check.mutants import SUBJECTS, mutants, subject
from tests.compiler.check.readable_walk import readable_walk

from interlace.compiler import Plan
from interlace.compiler.check import CheckFailure
from interlace.compiler.check.axes import step_axes
from interlace.compiler.check.capacity import check_registers, check_wiring, intervals_of
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.schedule import walk
from interlace.compiler.check.shape import check_shape
from interlace.compiler.check.word import first_misplaced

Heard = str | list[tuple[int, tuple[int, ...]]]


def compiled_word(plan: Plan) -> list[tuple[int, tuple[int, ...]]]:
    steps = plan.steps
    cells = Cells.of(plan.registers)
    word = walk(plan, cells, intervals_of(plan), step_axes(steps, exact=True)).word
    return [
        (step, tuple(word.qubits[steps.cell_start[step] : steps.cell_start[step + 1]].tolist()))
        for step in word.step.tolist()
    ]


def is_sound(plan: Plan) -> bool:
    try:
        check_shape(plan)
        check_registers(plan)
        check_wiring(plan, Cells.of(plan.registers))
        intervals_of(plan)
    except CheckFailure:
        return False
    return True


def heard(plan: Plan, how) -> Heard:
    try:
        return how(plan)
    except CheckFailure as error:
        return str(error)


@pytest.mark.parametrize("name", SUBJECTS)
def test_the_compiled_walk_finds_the_word_or_the_broken_rule_of_its_readable_twin(
    name: str,
) -> None:
    def twin(plan: Plan) -> Heard:
        return readable_walk(plan, Cells.of(plan.registers), intervals_of(plan))

    plans = [subject(name)[0], *(plan for _, plan in mutants(name, each=4))]
    sound = [plan for plan in plans if is_sound(plan)]
    assert len(sound) >= 15
    for plan in sound:
        assert heard(plan, compiled_word) == heard(plan, twin)


ENTRIES = st.lists(
    st.tuples(st.integers(0, 7), st.integers(0, 2), st.sampled_from([0, 1, 2, 4, 7])), max_size=14
)


@settings(max_examples=200)
@given(ENTRIES)
def test_entries_are_misplaced_if_two_that_share_no_axis_are_exchanged(entries) -> None:
    source, touched, axes = (np.array([e[i] for e in entries], dtype=np.int64) for i in range(3))
    order = np.argsort(source, kind="stable")
    wrong, last = first_misplaced(source, touched, axes, order, 3)
    run_of: dict[tuple[int, int], int] = {}
    for at in range(3):
        run, common = 0, 0
        for s in sorted({e[0] for e in entries if e[1] == at}):
            mask = 7
            for e in entries:
                mask &= e[2] if e[:2] == (s, at) else 7
            run, common = (run, common & mask) if common & mask else (run + 1, mask)
            run_of[s, at] = run
    latest: dict[int, int] = {}
    expected = -1
    for i, (s, at, _) in enumerate(entries):
        if at in latest and run_of[s, at] < run_of[entries[latest[at]][0], at]:
            expected = i
            break
        latest[at] = i
    assert wrong == expected
    assert wrong < 0 or last == latest[entries[wrong][1]]
