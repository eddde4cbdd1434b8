"""Operations as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlace.circuit import Op, gate_text


@pytest.mark.parametrize(
    ("angle", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (math.pi, "pi"),
        (-math.pi / 2, "-pi/2"),
        (3 * math.pi / 4, "3*pi/4"),
        (0.1, "0.1"),
        (1e-9, "1e-09"),
        (math.pi / 2**40, repr(math.pi / 2**40)),
    ],
)
def test_angles_are_fractions_of_pi_where_they_are_exactly_that(angle, text) -> None:
    assert gate_text(Op(name="rz", operands=(3,), params=(angle,))) == f"rz({text}) q[3]"


@given(st.floats(-1e6, 1e6))
def test_a_written_angle_reads_back_as_the_same_double(angle: float) -> None:
    text = gate_text(Op(name="rz", operands=(0,), params=(angle,)))
    written = text.removeprefix("rz(").removesuffix(") q[0]")
    assert eval(written, {"pi": math.pi}) == angle


def test_measurements_conditions_and_labels_are_written() -> None:
    assert gate_text(Op(name="measure", operands=(2,), clbit=1)) == "c[1] = measure q[2]"
    assert gate_text(Op(name="x", operands=(2,), condition=4)) == "if (c[4]) x q[2]"
    written = gate_text(Op(name="cx", operands=(0, 1)), qubit=["left", "right"].__getitem__)
    assert written == "cx left, right"
