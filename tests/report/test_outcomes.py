"""Outcomes stand in an order that a person can follow."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.report.made_up import a_plain_result

from interlace.report.outcomes import outcomes

RESULT = a_plain_result()
BITS = [f"{number:04b}" for number in range(16)]


def told(counts, reference, *, most=8):
    counted = tuple(sorted(counts.items(), key=lambda item: -item[1]))
    shown = replace(RESULT, counts=counted, reference=tuple(reference.items()) or None)
    return outcomes(shown, most=most)


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(BITS), st.integers(1, 500), min_size=1),
    st.lists(st.integers(0, 3), min_size=16, max_size=16).filter(any),
    st.integers(1, 16),
)
def test_rows_fall_by_ideal_then_by_shots_and_rise_by_bits(counts, weights, most):
    total = sum(weights)
    reference = {b: w / total for b, w in zip(BITS, weights, strict=True) if w}
    rows = told(counts, reference, most=most).rows
    order = [(-reference.get(row.bits, 0.0), -row.shots, row.bits) for row in rows]
    assert order == sorted(order)


def test_rounding_errors_of_the_ideal_do_not_order_what_is_equal():
    quarter = {"00": 0.25 - 4e-17, "01": 0.25, "10": 0.25 + 4e-17, "11": 0.25 - 8e-17}
    rows = told({"00": 10, "01": 11, "10": 12, "11": 13}, quarter).rows
    assert [row.shots for row in rows] == [13, 12, 11, 10]


def test_without_an_ideal_the_shots_decide():
    found = told({"00": 5, "01": 9, "11": 7}, {})
    assert [row.shots for row in found.rows] == [9, 7, 5]
    assert not found.has_ideal


def test_a_frequent_wrong_outcome_is_listed_among_many_right_ones():
    right = dict.fromkeys(BITS[:10], 0.1)
    rows = told({**dict.fromkeys(right, 5), "1111": 900}, right, most=4).rows
    assert "1111" in [row.bits for row in rows]
    assert rows[-1].bits == "1111"


@pytest.mark.parametrize("most", [1, 2, 3])
def test_what_is_not_listed_is_counted(most):
    found = told({"00": 50, "01": 30, "10": 15, "11": 5}, {}, most=most)
    assert found.others == 4 - most
    assert sum(row.measured for row in found.rows) + found.other_share == pytest.approx(1.0)
