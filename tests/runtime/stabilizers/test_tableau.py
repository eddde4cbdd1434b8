"""One noiseless shot by a tableau: an outcome that the program can have, in few slots."""

from __future__ import annotations

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from tests.runtime.build import op, program
from tests.runtime.stabilizers.oracle import check_matrix
from tests.runtime.stabilizers.programs import programs

from interlace.compiler import Executable
from interlace.runtime.stabilizers import outcomes_of
from interlace.runtime.tableau import tableau_reference


@settings(max_examples=150, deadline=None)
@given(programs())
def test_the_shot_is_one_that_the_program_can_have(made: Executable) -> None:
    found = outcomes_of(made)
    assert found is not None
    checks, shot = check_matrix(found), tableau_reference(made)
    assert ((shot @ checks.T) % 2 == (found.reference @ checks.T) % 2).all()


def test_rounds_on_the_same_communication_qubits_are_measured_together_in_a_slot_each_at_most(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # 40 pairs of data qubits meet one after the other over one ebit that is used again and again.
    pairs = 40
    a, b = 2 * pairs, 2 * pairs + 1
    ops = []
    for pair in range(pairs):
        one, other = 2 * pair, 2 * pair + 1
        ops += [
            op("h", one), op("reset", a), op("reset", b), op("ebit", a, b), op("cx", one, a),
            op("measure", a, clbit=2 * pairs), op("x", b, condition=2 * pairs), op("cx", b, other),
            op("h", b), op("measure", b, clbit=2 * pairs + 1),
            op("z", one, condition=2 * pairs + 1),
        ]  # fmt: skip
    ops += [op("measure", q, clbit=q) for q in range(2 * pairs)]
    made = program(*ops, bits=2 * pairs)
    taken: list[stim.Circuit] = []
    build = stim.Circuit

    def noted(text: str) -> stim.Circuit:
        taken.append(build(text))
        return taken[-1]

    monkeypatch.setattr(stim, "Circuit", noted)
    shot = tableau_reference(made)[2 * pairs :]
    assert (shot[::2] == shot[1::2]).all()
    assert sum(step.name == "M" for step in taken[0]) == 3
    assert taken[0].num_qubits <= 4 * pairs


def test_an_empty_program_has_an_empty_shot() -> None:
    assert len(tableau_reference(program(op("h", 0), bits=0))) == 0
    assert np.array_equal(tableau_reference(program(op("reset", 0), bits=0)), [])
