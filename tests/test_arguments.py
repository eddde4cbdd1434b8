"""What a caller gives is refused by name, or taken as a plain value."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlace.arguments import (
    SHOTS,
    Whole,
    flag,
    path_text,
    share,
    whole,
    written_share,
    written_whole,
    wrong,
)
from interlace.errors import SpecError


@given(st.integers(-(2**70), 2**70), st.integers(-(2**65), 2**65), st.integers(0, 2**65))
def test_a_whole_number_is_taken_exactly_in_its_range(value: int, least: int, span: int) -> None:
    allowed = Whole(least, least + span)
    if least <= value <= least + span:
        assert whole("n", value, allowed) == value
        assert written_whole("n", str(value), allowed) == value
    else:
        for read, given_value in ((whole, value), (written_whole, str(value))):
            with pytest.raises(SpecError, match="n: must be a whole number from"):
                read("n", given_value, allowed)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.uint8, np.uint64])
def test_an_integer_of_numpy_becomes_pythons(kind: type) -> None:
    assert type(whole("shots", kind(5), SHOTS)) is int


@pytest.mark.parametrize(
    "value",
    [None, True, np.True_, 5.0, np.float64(5), "5", b"5", [5], np.array([5, 6]), Decimal(5), 5j],
    ids=repr,
)
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="shots: must be a whole number from 1 to 1000000000"):
        whole("shots", value, SHOTS)


@pytest.mark.parametrize(
    ("text", "value"), [("5", 5), (" 5 ", 5), ("+5", 5), ("1_000", 1000), ("007", 7)]
)
def test_digits_are_a_whole_number(text: str, value: int) -> None:
    assert written_whole("--shots", text, SHOTS) == value


@pytest.mark.parametrize(
    "text", ["", " ", "1e9", "1.0", "many", "0x10", "1__0", "_1", "1,000", "٣", "9" * 5000, "- 5"]
)
def test_anything_else_is_no_whole_number(text: str) -> None:
    with pytest.raises(SpecError) as caught:
        written_whole("--shots", text, SHOTS)
    assert str(caught.value).startswith("--shots: must be a whole number from 1 to 1000000000")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.float64(1e-300), np.int64(1)])
def test_a_share_is_above_0_and_at_most_1(value: float) -> None:
    assert type(share("f", value)) is float
    assert share("f", value) == written_share("f", repr(float(value)))


@pytest.mark.parametrize(
    "value", [0, 0.0, -0.1, 1.0000001, float("nan"), float("inf"), True, "0.5", None, [0.5], 1j]
)
def test_what_is_no_share_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="f: must be a number above 0 and at most 1"):
        share("f", value)


@pytest.mark.parametrize("text", ["", "x", "nan", "inf", "0", "1.5", "-1", "1_0", "0x1", "90 %"])
def test_what_is_written_and_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match="--f: must be a number above 0 and at most 1"):
        written_share("--f", text)


@pytest.mark.parametrize("value", [True, False, np.True_, np.False_])
def test_a_flag_is_true_or_false(value: object) -> None:
    assert flag("ideal", value) is bool(value)


@pytest.mark.parametrize("value", ["yes", 0, 1, None, [], np.array([True])], ids=repr)
def test_what_only_counts_as_true_is_no_flag(value: object) -> None:
    with pytest.raises(SpecError, match="ideal: must be True or False"):
        flag("ideal", value)


def test_a_path_is_text_or_a_path(tmp_path: Path) -> None:
    assert path_text("path", "net.yaml", of="a file") == "net.yaml"
    assert path_text("path", tmp_path, of="a file") == str(tmp_path)


@pytest.mark.parametrize("value", [None, 5, b"net.yaml", ["net.yaml"], "", "  ", "a\0b"], ids=repr)
def test_what_is_no_path_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match=r"^path: "):
        path_text("path", value, of="a file")


def test_an_error_shows_text_and_numbers_and_the_kind_of_anything_else() -> None:
    assert str(wrong("n", "must be x", "y")) == "n: must be x (got 'y')"
    assert str(wrong("n", "must be x", np.float64(2))) == "n: must be x (got 2.0)"
    assert str(wrong("n", "must be x", None)) == "n: must be x, not None"
    assert (
        str(wrong("n", "must be x", object(), hint="do z")) == "n: must be x, not an object: do z"
    )
    assert str(wrong("n", "must be x", Path("a"))) == "n: must be x, not 'a'"


def test_a_bare_per_cent_is_told_how_it_is_written() -> None:
    with pytest.raises(SpecError, match=r"at most 1: write 95% or 0\.95 \(got '95'\)"):
        written_share("--f", "95")
