"""The table of gates is Qiskit's, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator, Pauli

from interlace.circuit import GATES, matrix
from interlace.kernel import stream

QISKIT = get_standard_gate_name_mapping()
ROWS = [
    (name, operand, axis)
    for name, gate in GATES.items()
    for operand in range(gate.qubits)
    for axis in "XYZ"
]


def random_params(name: str, seed: int = 5) -> tuple[float, ...]:
    rng = stream(seed, name)
    return tuple(rng.uniform(-6, 6, GATES[name].params).tolist())


@pytest.mark.parametrize("name", GATES)
def test_a_gate_has_as_many_operands_and_parameters_as_qiskits(name: str) -> None:
    gate = GATES[name]
    assert gate.name == name == QISKIT[name].name
    assert gate.qubits == QISKIT[name].num_qubits
    assert gate.params == len(QISKIT[name].params)
    assert len(gate.axes) == gate.qubits


@pytest.mark.parametrize("name", GATES)
def test_a_matrix_is_qiskits_and_cannot_be_written_to(name: str) -> None:
    params = random_params(name)
    ours = matrix(name, params)
    assert np.array_equal(ours, Operator(QISKIT[name].base_class(*params)).data)
    with pytest.raises(ValueError, match="read-only"):
        ours[0, 0] = 2


@pytest.mark.parametrize(("name", "operand", "axis"), ROWS)
def test_an_axis_is_listed_exactly_if_the_gate_commutes_with_it_at_every_angle(
    name: str, operand: int, axis: str
) -> None:
    label = ["I"] * GATES[name].qubits
    label[-1 - operand] = axis
    pauli = Pauli("".join(label)).to_matrix()
    distances = [
        np.abs(matrix(name, params) @ pauli - pauli @ matrix(name, params)).max()
        for params in (random_params(name, seed) for seed in range(5))
    ]
    if axis in GATES[name].axes[operand]:
        assert max(distances) < 1e-13
    else:
        assert min(distances) > 1e-3
