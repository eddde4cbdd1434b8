from __future__ import annotations

import random

import pytest
from tests.compiler.dense import distance, matrix, unitary

from interlace.circuit import GATES
from interlace.compiler.definitions import CCZ_ON_A_LINE, EXPORTED, RULES, Definition

EVERY = [*EXPORTED.values(), CCZ_ON_A_LINE, *(rule for found in RULES.values() for rule in found)]


@pytest.mark.parametrize(
    "definition", EVERY, ids=lambda d: f"{d.name}-by-{'-'.join(c.name for c in d.body)}"
)
def test_a_definition_has_the_gates_unitary_up_to_a_global_phase(definition: Definition):
    draw = random.Random(1)
    for _ in range(3):
        params = tuple(draw.uniform(-7, 7) for _ in definition.params)
        body = [
            (call.name, call.operands, tuple(angle.value(params) for angle in call.angles))
            for call in definition.body
        ]
        made = unitary(body, definition.qubits)
        assert distance(made, matrix(definition.name, params)) < 1e-12


def test_every_gate_of_the_table_of_several_operands_can_be_made_from_others():
    assert {name for name, gate in GATES.items() if gate.qubits > 1} <= {*RULES, *EXPORTED}


def test_a_tiny_angle_goes_through_a_definition_unchanged():
    (angle,) = next(call for call in EXPORTED["rzz"].body if call.angles).angles
    assert angle.value((1e-300,)) == 1e-300


def test_the_definition_for_a_line_has_no_gate_on_its_ends():
    assert all(set(call.operands) != {0, 2} for call in CCZ_ON_A_LINE.body)
    assert sum(len(call.operands) == 2 for call in CCZ_ON_A_LINE.body) == 8
