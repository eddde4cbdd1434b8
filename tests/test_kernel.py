"""Identity: the same thing has the same id, and nothing else does."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlace.kernel import COUNTS_IF_SET, content_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    value: int
    remark: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """`Counted` of a later release, with another field; it bears the same name below."""

    value: int
    later: str | None = field(default=None, metadata=COUNTS_IF_SET)


Grown.__name__ = "Counted"

NUMBERS = st.lists(st.integers(-(2**31), 2**31 - 1), max_size=40)


@given(NUMBERS)
def test_integers_of_every_width_and_byte_order_are_the_same_thing(numbers) -> None:
    ids = {content_id(np.array(numbers, dtype=kind)) for kind in ("<i8", ">i8", "<i4", ">i4")}
    assert len(ids) == 1


@given(st.lists(st.floats(width=32), max_size=40))
def test_floats_of_every_width_and_layout_are_the_same_thing(numbers) -> None:
    array = np.array(numbers, dtype=np.float64)
    strided = np.repeat(array, 2)[::2]
    ids = {content_id(a) for a in (array, array.astype(np.float32), strided, array.astype(">f8"))}
    assert len(ids) == 1


@given(NUMBERS, NUMBERS)
def test_arrays_share_an_id_only_if_they_are_equal(left, right) -> None:
    same = content_id(np.array(left, dtype=int)) == content_id(np.array(right, dtype=int))
    assert same == (left == right)


def test_shape_and_kind_are_part_of_the_thing() -> None:
    ids = {
        content_id(array)
        for array in (
            np.zeros(0), np.zeros((0, 2)), np.zeros(4), np.zeros((2, 2)), np.zeros(4, dtype=int),
            np.zeros(4, dtype=bool), np.zeros(4, dtype=np.uint8), np.array(0.0), [0.0] * 4,
        )
    }  # fmt: skip
    assert len(ids) == 9


@pytest.mark.parametrize("wrap", [float, np.float64, lambda number: np.array([number, 1.0])])
def test_zero_has_no_sign_and_what_is_no_number_is_one_thing(wrap) -> None:
    assert content_id(wrap(-0.0)) == content_id(wrap(0.0))
    other = float(np.array([0x7FF8000000000001], dtype=np.uint64).view(np.float64)[0])
    assert content_id(wrap(other)) == content_id(wrap(float("nan")))
    assert content_id(wrap(float("inf"))) != content_id(wrap(float("nan")))


def test_an_array_is_left_as_it_was_and_long_ones_are_hashed_in_blocks() -> None:
    array = np.full(200_000, -0.0)
    assert content_id(array) == content_id(np.zeros(200_000))
    assert np.signbit(array).all()
    array[150_000] = 1.0
    assert content_id(array) != content_id(np.zeros(200_000))


def test_an_id_does_not_depend_on_the_machine() -> None:
    array = {"a": np.arange(3), "b": np.array([0.5, -0.0])}
    assert content_id(array) == "3db33baceda2aedbdd1c24556ca53699c6f014ec1af0bfa8af7516acb40b66f0"


def test_a_field_that_does_not_count_for_equality_does_not_count_for_identity() -> None:
    first, second = (Counted(value=1, remark=remark) for remark in ("this", "that"))
    assert content_id(first) == content_id(second)
    assert content_id(first) != content_id(Counted(value=2, remark="this"))


def test_a_field_that_came_later_counts_only_where_it_is_set() -> None:
    assert content_id(Grown(value=3)) == content_id(Counted(value=3))
    ids = {content_id(Grown(value=3, later=text)) for text in (None, "", "x")}
    assert len(ids) == 3
