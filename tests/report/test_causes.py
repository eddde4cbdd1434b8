from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.report import report
from interlace.report.causes import error_kind, limit, shades, shares, time_kind, waiting_link

LINKS = ("isar--pegnitz", "isar--peg", "wait--gate")


def test_the_limit_names_the_largest_cause_of_time_and_of_errors(result):
    assert limit(result) == (
        "Waiting for ebits took 91 % of the time (2.06 ms), 78 % on isar--pegnitz alone; "
        "memory decay while waiting caused 62 % of the expected errors."
    )
    assert report(result).limit() == limit(result)


def test_the_limit_follows_the_numbers(result):
    changed = replace(
        result,
        time_breakdown=(("gates", 3.0), ("waiting for ebits on isar--pegnitz", 1.0)),
        error_breakdown=(("ebit infidelity on isar--lech", 0.3), ("readout", 0.1)),
    )
    assert limit(changed) == (
        "Gates took 75 % of the time (3.00 s); "
        "ebit infidelity on isar--lech caused 75 % of the expected errors."
    )


def test_causes_of_one_family_weigh_together(result):
    changed = replace(
        result,
        time_breakdown=(
            ("waiting for ebits on isar--pegnitz", 3.0),
            ("waiting for ebits on isar--lech", 3.0),
            ("gates", 4.0),
        ),
        error_breakdown=(("readout", 4.0), ("one-qubit gates", 2.0), ("two-qubit gates", 4.0)),
    )
    assert limit(changed) == (
        "Waiting for ebits took 60 % of the time (6.00 s), 30 % on isar--pegnitz alone; "
        "gate errors caused 60 % of the expected errors, 40 % from two-qubit gates alone."
    )


def test_shades_count_the_causes_of_one_kind():
    found = shares([(f"gates {i}", 9.0 - i) for i in range(6)], links=(), errors=False)
    assert shades(found) == (0, 1, 2, 3, 3, 3)


def test_a_run_without_ebits_reads_sensibly(plain_result):
    assert limit(plain_result) == (
        "Measurements on solo took 94 % of the time (1.00 µs); "
        "readout errors caused 91 % of the expected errors."
    )


def test_an_ideal_run_on_ideal_devices_reads_sensibly(plain_result):
    ideal = replace(plain_result, ideal=True, time_breakdown=(), error_breakdown=())
    assert limit(ideal) == "No step took any time on these devices; errors were switched off."
    quiet = replace(plain_result, error_breakdown=(("readout", 0.0),))
    assert limit(quiet).endswith("; no errors were expected on these devices.")


def test_a_cause_that_no_family_knows_is_named_as_it_stands(plain_result):
    odd = replace(plain_result, time_breakdown=(("cosmic rays", 1.0),))
    assert limit(odd).startswith("Cosmic rays took all of the time")


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("waiting for ebits on isar--pegnitz", "wait"),
        ("isar--pegnitz", "wait"),
        ("gates on wait--gate", "gate"),
        ("classical messages", "message"),
        ("measurement", "measure"),
        ("cosmic rays", "other"),
    ],
)
def test_a_cause_of_lost_time_has_its_family(cause, kind):
    assert time_kind(cause, LINKS) == kind


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        ("ebit infidelity", "generate"),
        ("ebit infidelity on isar--pegnitz", "generate"),
        ("memory decay of ebits", "wait"),
        ("idle qubits", "wait"),
        ("readout", "measure"),
        ("gate errors", "gate"),
        ("cosmic rays", "other"),
    ],
)
def test_a_cause_of_errors_has_its_family(cause, kind):
    assert error_kind(cause, LINKS) == kind


def test_the_link_waited_for_is_the_one_in_the_leading_cause(result, plain_result):
    assert waiting_link(result) == "isar--pegnitz"
    assert waiting_link(plain_result) is None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(min_value=0, max_value=1e6), min_size=1, max_size=8))
def test_shares_are_sorted_and_sum_to_one(amounts):
    found = shares([(f"cause {i}", a) for i, a in enumerate(amounts)], links=(), errors=False)
    assert [s.amount for s in found] == sorted((a for a in amounts if a > 0), reverse=True)
    if found:
        assert sum(s.share for s in found) == pytest.approx(1.0)
