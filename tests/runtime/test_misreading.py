"""How much it matters that 0 and 1 are misread unevenly."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.build import noise, op, program

from interlace.runtime.approximate import simulator_notes
from interlace.runtime.misreading import misreadings, readout_shift
from interlace.runtime.stim_backend import StimSimulator

ERRORS = st.tuples(st.floats(0, 1), st.floats(0, 1))


def flipped(bits: int):
    ops = [op("x", q) for q in range(bits)]
    return program(*ops, *(op("measure", q, clbit=q) for q in range(bits)), bits=bits)


@given(ERRORS, st.integers(1, 3))
def test_no_outcome_moves_by_more_than_the_bound(errors: tuple[float, float], bits: int) -> None:
    made = flipped(bits)
    bound = readout_shift(made, noise(made, readout=errors))
    true, mean = errors[1], sum(errors) / 2
    for wrong in product((False, True), repeat=bits):
        exact, about = (np.prod([p if flip else 1 - p for flip in wrong]) for p in (true, mean))
        assert abs(exact - about) <= bound + 1e-12


def test_a_qubit_in_one_moves_by_just_the_bound() -> None:
    made = flipped(1)
    assert readout_shift(made, noise(made, readout=(0.1, 0.3))) == pytest.approx(0.1)
    assert readout_shift(made, noise(made, readout=(0.2, 0.2))) == 0


def test_a_forced_stim_run_says_by_how_much_it_is_off_at_most() -> None:
    made = flipped(1)
    (note,) = simulator_notes(StimSimulator(), made, [noise(made, readout=(0.1, 0.3))])
    assert note.endswith("shifts an outcome's probability by at most 10 %.")


@pytest.mark.parametrize(("is_one", "expected"), [(0.0, 0.1), (1.0, 0.3), (0.25, 0.15)])
def test_wrong_readings_are_counted_by_what_was_there(is_one: float, expected: float) -> None:
    made = flipped(1)
    read = is_one * 0.7 + (1 - is_one) * 0.1
    bits = np.zeros((1000, 1), dtype=np.uint8)
    bits[: round(1000 * read)] = 1
    bad = noise(made, readout=(0.1, 0.3))
    assert misreadings(made, bad, bits) == pytest.approx(expected, abs=1e-9)
    assert misreadings(made, bad) == pytest.approx(0.2)


def test_a_qubit_that_is_read_at_random_tells_nothing() -> None:
    made = flipped(1)
    bits = np.ones((10, 1), dtype=np.uint8)
    assert misreadings(made, noise(made, readout=(0.5, 0.5)), bits) == pytest.approx(0.5)
    assert misreadings(made, noise(made, readout=(1.0, 1.0)), bits) == pytest.approx(1.0)
