from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from interlace.report import plan_table, report
from interlace.report.outcomes import outcomes

GOLDEN = Path(__file__).parent / "golden"


@pytest.mark.parametrize("name", ["run", "plain", "plan"])
def test_the_table_is_the_golden_one(name, result, plain_result):
    table = {
        "run": lambda: f"{report(result)}\n",
        "plain": lambda: f"{report(plain_result)}\n",
        "plan": lambda: plan_table(result.plan),
    }[name]()
    assert table == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def test_no_line_ends_in_space(result):
    assert all(line == line.rstrip() for line in str(report(result)).splitlines())


def test_the_last_line_says_what_limited_the_run(result):
    last = str(report(result)).split("\n\n")[-1]
    assert last.replace("\n", " ") == report(result).limit()


def test_a_name_cannot_forge_lines_or_colours(result, renamed):
    evil = renamed(result, "x\x1b[31m\nverdict: all is well ")
    text = f"{report(evil)}{plan_table(evil.plan)}"
    assert "\x1b" not in text
    assert not any(line.startswith("verdict") for line in text.splitlines())


def test_a_figure_stays_beside_its_unit(result):
    for length in range(40, 70):
        breakdown = ((f"x{'y' * length} cause", 0.51), ("rest", 0.49))
        text = str(report(replace(result, time_breakdown=breakdown)))
        assert not any(line.startswith(("%", "ms", "s ")) for line in text.splitlines())
        assert "51 % of the time (510 ms)" in text.replace("\n", " ")


def test_timelines_that_agree_are_said_to(result):
    same = replace(result, makespan_s=np.full(32, 2e-3))
    assert "the same on all 32 timelines" in str(report(same))
    assert "How it varied" not in report(same).to_html()


def test_outcomes_above_64_bits_are_said_to_be_missing(result):
    assert "not listed above 64 bits" in str(report(replace(result, counts=None)))


def test_an_unchecked_plan_says_so(result):
    plan = replace(result.plan, check=None)
    assert "checked      nothing" in plan_table(plan)
    assert "checked      nothing" in str(report(replace(result, plan=plan)))


def test_the_bound_on_false_acceptance_is_shown(result):
    check = replace(result.plan.check, false_acceptance=2.0**-30)
    assert "at most 9.31e-10" in plan_table(replace(result.plan, check=check))


def test_a_qubit_that_moves_is_listed_where_it_comes_to(result):
    place = result.plan.placement
    moved = replace(
        place,
        qubit=np.append(place.qubit, 0),
        cell=np.append(place.cell, 24),
        from_step=np.append(place.from_step, 2),
        to_step=np.append(place.to_step, 3),
    )
    assert "q[22-31]; later q[0]" in plan_table(replace(result.plan, placement=moved))


def test_an_outcome_off_an_incomplete_reference_has_no_known_probability(result):
    partial = replace(result, reference=result.reference[:1])
    assert {row.ideal for row in outcomes(partial, most=9).rows} == {0.5, None}
    assert {row.ideal for row in outcomes(result, most=9).rows} == {0.5, 0.0}


def test_an_ideal_outcome_that_never_came_is_shown(result):
    missing = replace(result, reference=(("1" * 39 + "0", 0.9), ("0" * 40, 0.1)))
    first = outcomes(missing, most=4).rows[0]
    assert (first.bits, first.shots, first.ideal) == ("1" * 39 + "0", 0, 0.9)


def test_shown_and_other_outcomes_hold_every_shot(result):
    listed = outcomes(result, most=5)
    shown = sum(row.measured for row in listed.rows)
    assert shown + listed.other_share == pytest.approx(1.0)
    assert len(listed.rows) + listed.others == len(result.counts)
