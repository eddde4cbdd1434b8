"""Expansions are the gate they stand for, and stop where they promise to."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from interlace.circuit import (
    GATES,
    Circuit,
    OpTable,
    Register,
    expand,
    expand_elementary,
    matrix,
    to_qiskit,
)
from interlace.circuit.matrices import phase_distance

SPECIAL = [0.0, math.pi, -math.pi, math.pi / 2, 2 * math.pi, 1e-9, -1e-7, math.pi - 1e-8]
ANGLES = st.sampled_from(SPECIAL) | st.floats(-7, 7)


def product(name: str, ops) -> np.ndarray:
    circuit = Circuit(
        name=name,
        qubit_registers=(Register(name="q", size=GATES[name].qubits),),
        clbit_registers=(),
        ops=OpTable.of(ops),
    )
    return Operator(to_qiskit(circuit)).data


@pytest.mark.parametrize("name", GATES)
@given(data=st.data())
@settings(max_examples=25)
def test_expansions_equal_the_gate_up_to_global_phase(name: str, data) -> None:
    params = tuple(data.draw(ANGLES) for _ in range(GATES[name].params))
    target = matrix(name, params)
    assert phase_distance(product(name, expand(name, params)), target) < 1e-13
    assert phase_distance(product(name, expand_elementary(name, params)), target) < 1e-13


@pytest.mark.parametrize("name", GATES)
def test_every_operand_of_an_expansion_can_be_copied_along_x_or_z(name: str) -> None:
    params = (0.3, 0.5, 0.7, 0.9)[: GATES[name].params]
    for op in expand(name, params):
        axes = GATES[op.name].axes
        assert len(axes) == 1 or all("X" in axis or "Z" in axis for axis in axes)
    for op in expand_elementary(name, params):
        assert len(op.operands) == 1 or op.name in {"cx", "cz"}


@pytest.mark.parametrize("name", [n for n, g in GATES.items() if g.qubits == 1])
def test_one_qubit_gates_stay(name: str) -> None:
    params = (0.3, 0.5, 0.7)[: GATES[name].params]
    (op,) = expand(name, params)
    assert (op.name, op.operands, op.params) == (name, (0,), params)


@pytest.mark.parametrize(
    ("name", "count"),
    {
        "cx": 1, "cp": 1, "rzz": 1, "ccx": 1, "cy": 1, "ch": 1, "cry": 1, "ryy": 1, "cu": 1,
        "cu3": 1, "ecr": 1, "iswap": 2, "dcx": 2, "xx_plus_yy": 2, "xx_minus_yy": 2, "swap": 3,
        "cswap": 3, "rccx": 3,
    }.items(),
)  # fmt: skip
def test_an_expansion_uses_few_gates_between_qubits(name: str, count: int) -> None:
    params = (0.3, 0.5, 0.7, 0.9)[: GATES[name].params]
    assert sum(len(op.operands) > 1 for op in expand(name, params)) == count


def test_the_product_above_sees_a_wrong_gate() -> None:
    wrong = QuantumCircuit(2)
    wrong.swap(0, 1)
    wrong.rz(1e-10, 0)
    assert phase_distance(Operator(wrong).data, matrix("swap")) > 1e-11


@pytest.mark.parametrize("angle", [5e-324, 1.1125369292536007e-308, 1e-300, 1e-160])
def test_the_tiniest_angle_is_expanded_without_overflow(angle: float) -> None:
    parts = expand("cu3", (0.0, 0.0, angle))
    assert phase_distance(product("cu3", parts), matrix("cu3", (0.0, 0.0, angle))) < 1e-13
