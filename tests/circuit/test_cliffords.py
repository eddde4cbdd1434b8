"""Clifford gates are found exactly, and written for stim."""

from __future__ import annotations

import itertools
import math

import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import (
    GATES,
    Op,
    OpTable,
    clifford,
    expand,
    expand_elementary,
    is_clifford,
    matrix,
)
from interlace.circuit.matrices import phase_distance

ALWAYS = [
    "id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg",
    "cx", "cy", "cz", "swap", "iswap", "dcx", "ecr",
]  # fmt: skip
NEVER = ["t", "tdg", "ch", "cs", "csdg", "csx", "ccx", "ccz", "cswap", "rccx"]
QUARTERS = [math.pi / 2 * turns for turns in (-2, -1, 0, 1, 2, 3)]


def stim_matrix(name: str, params: tuple[float, ...]):
    found = clifford(name, params)
    assert found is not None
    circuit = stim.Circuit()
    qubits = GATES[name].qubits
    circuit.append("I", range(qubits))
    for instruction, targets in found:
        circuit.append(instruction, targets)
    tableau = stim.Tableau.from_circuit(circuit)
    return tableau.to_unitary_matrix(endian="little").astype(complex)


def quarter_turns(name: str) -> list[tuple[float, ...]]:
    choices = itertools.product(QUARTERS, repeat=GATES[name].params)
    return list(itertools.islice(choices, 300))


@pytest.mark.parametrize("name", ALWAYS)
def test_fixed_clifford_gates_equal_their_stim_instructions(name: str) -> None:
    # stim computes in single precision
    assert phase_distance(stim_matrix(name, ()), matrix(name)) < 1e-6


@pytest.mark.parametrize("name", NEVER)
def test_gates_that_are_no_clifford_are_refused(name: str) -> None:
    assert clifford(name) is None


def test_every_gate_without_parameters_is_judged_above() -> None:
    assert {name for name, gate in GATES.items() if not gate.params} == {*ALWAYS, *NEVER}


@pytest.mark.parametrize("name", [name for name, gate in GATES.items() if gate.params])
def test_quarter_turns_equal_their_stim_instructions_wherever_they_are_clifford(name: str) -> None:
    found = [params for params in quarter_turns(name) if clifford(name, params) is not None]
    assert found
    for params in found:
        assert phase_distance(stim_matrix(name, params), matrix(name, params)) < 1e-6


@pytest.mark.parametrize("name", ["p", "u1", "rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx", "u2"])
def test_every_quarter_turn_of_a_plain_rotation_is_clifford(name: str) -> None:
    assert all(clifford(name, params) is not None for params in quarter_turns(name))


@pytest.mark.parametrize("name", ["cp", "cu1", "crx", "cry", "crz"])
def test_controlled_rotations_are_clifford_at_some_multiples_of_pi_only(name: str) -> None:
    assert clifford(name, (math.pi / 2,)) is None
    assert clifford(name, (2 * math.pi,)) is not None


@pytest.mark.parametrize(
    "name", ["p", "rx", "ry", "rz", "rxx", "ryy", "rzz", "rzx", "cp", "crx", "cry", "crz"]
)
@given(
    turns=st.integers(-8, 8),
    exponent=st.floats(-11, -1),
    sign=st.sampled_from([-1, 1]),
)
@settings(max_examples=25)
def test_a_tiny_rotation_is_no_clifford(name, turns, exponent, sign) -> None:
    angle = turns * math.pi / 2 + sign * 10**exponent
    assert clifford(name, (angle,)) is None


def test_a_program_is_clifford_if_all_of_its_gates_are() -> None:
    gates = [
        Op(name="h", operands=(0,)),
        Op(name="rz", operands=(0,), params=(math.pi / 2,)),
        Op(name="cx", operands=(0, 1)),
        Op(name="reset", operands=(0,)),
        Op(name="ebit", operands=(2, 3)),
        Op(name="measure", operands=(1,), clbit=0),
        Op(name="u", operands=(1,), params=(math.pi, 0.0, math.pi)),
    ]
    assert is_clifford(OpTable.of(gates))
    assert is_clifford(OpTable.of([]))
    assert not is_clifford(OpTable.of([*gates, Op(name="rz", operands=(1,), params=(1e-7,))]))
    assert not is_clifford(OpTable.of([*gates, Op(name="t", operands=(1,))]))
    assert not is_clifford(OpTable.of([Op(name="u", operands=(0,), params=(0.1, 0, 0)), *gates]))


@pytest.mark.parametrize("name", GATES)
def test_a_clifford_gate_expands_into_clifford_gates(name: str) -> None:
    for params in quarter_turns(name):
        if clifford(name, params) is not None:
            for op in (*expand(name, params), *expand_elementary(name, params)):
                assert clifford(op.name, op.params) is not None, (name, params, op)
