from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.report import words
from interlace.report.words import (
    duration,
    frequency,
    listed,
    natural_key,
    percent,
    plain,
    plus_minus,
    share_in_words,
    significant,
)

UNITS = {"s": 1.0, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "ps": 1e-12}


def test_the_examples_in_the_docstrings_hold():
    assert doctest.testmod(words).failed == 0


@settings(deadline=None, max_examples=50)
@given(st.floats(min_value=1e-11, max_value=99.0))
def test_a_duration_reads_back_to_three_digits(seconds):
    number, unit = duration(seconds).split()
    assert float(number.replace(",", "")) * UNITS[unit] == pytest.approx(seconds, rel=6e-3)
    assert len(number.replace(".", "").replace(",", "").lstrip("0")) <= 4


def test_rounding_never_shows_a_thousand_of_a_smaller_unit():
    assert duration(0.9999e-3) == "1.00 ms"
    assert duration(9.996e-4) == "1.00 ms"
    assert frequency(999.9) == "1.00 kHz"


def test_long_times_become_minutes_and_hours():
    assert duration(125.4) == "2 min 5 s"
    assert duration(7260.0) == "2 h 1 min"


@settings(deadline=None, max_examples=50)
@given(st.floats(min_value=0.0, max_value=1.0))
def test_a_share_never_reads_as_all_or_nothing_unless_it_is(share):
    assert (percent(share) == "0 %") == (share == 0)
    words_of_share = share_in_words(share)
    assert (words_of_share == "all") == (share >= 1 - 1e-9)
    assert not words_of_share.startswith("0")
    assert "100" not in words_of_share


@settings(deadline=None, max_examples=50)
@given(st.floats(min_value=0.0, max_value=1.0), st.floats(min_value=1e-6, max_value=0.5))
def test_a_value_and_its_error_have_the_same_decimals(value, error):
    shown, spread = plus_minus(value, error).split(" ± ")
    assert len(shown.partition(".")[2]) == len(spread.partition(".")[2])
    assert float(spread) == pytest.approx(error, rel=0.34)
    assert float(spread) > 0


def test_a_list_of_names_reads_as_a_sentence():
    assert listed(("a",)) == "a"
    assert listed(("a", "b", "c")) == "a, b and c"
    assert listed(tuple("abcdefgh"), most=4) == "a, b, c and 5 more"


def test_an_escape_sequence_in_a_name_does_not_reach_the_terminal():
    assert "\x1b" not in plain("evil\x1b[31m")
    assert "\n" not in plain("two\nlines")


def test_labels_sort_as_people_count():
    assert sorted(["q[10]", "q[9]", "comm[0]"], key=natural_key) == ["comm[0]", "q[9]", "q[10]"]


def test_significant_figures_keep_their_zeros():
    assert significant(0.6) == "0.600"
    assert significant(9.999) == "10.0"
    assert significant(123456.0) == "123,000"
