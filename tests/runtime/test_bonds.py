"""What matrix product states cost is known where bonds stay small, else bounded."""

from __future__ import annotations

import numpy as np
import pytest
from tests.runtime.build import op, program

from interlace.circuit import Op
from interlace.compiler import Executable
from interlace.runtime.aer_backend import AerSimulator, _circuit
from interlace.runtime.bonds import largest_bond, shot_time
from interlace.runtime.deferral import deferred


def measured(qubits: int, *gates: Op) -> Executable:
    return program(*gates, *[op("measure", q, clbit=q) for q in range(qubits)], bits=qubits)


def chain(qubits: int) -> Executable:
    steps = [op("cx", k, k + 1) for k in range(qubits - 1)]
    return measured(qubits, op("ry", 0, params=[0.7]), *steps)


def scrambled(qubits: int, layers: int) -> Executable:
    rng = np.random.default_rng(3)
    gates: list[Op] = []
    for _ in range(layers):
        gates += [op("ry", q, params=[float(rng.uniform(0, 3))]) for q in range(qubits)]
        places = rng.permutation(qubits).tolist()
        gates += [op("cx", a, b) for a, b in zip(places[::2], places[1::2], strict=True)]
    return measured(qubits, *gates)


def tried(made: Executable) -> float:
    return largest_bond(_circuit(made, deferred(made, hold=True), None, measured=False))


def cost(made: Executable) -> tuple[float, float]:
    form = deferred(made, hold=True)
    return shot_time(_circuit(made, form, None), form.moves, slots=form.slots)


def test_the_bond_of_a_chain_of_equal_qubits_is_two() -> None:
    assert tried(chain(12)) == 2
    assert cost(chain(12))[1] == 2


def test_bonds_that_grow_beyond_the_trial_are_bounded_by_the_qubits_on_both_sides() -> None:
    assert tried(scrambled(12, 6)) == 32  # what the trial cuts them at
    assert cost(scrambled(12, 6))[1] == 2.0**6


def test_a_single_qubit_has_no_bond() -> None:
    assert cost(measured(1, op("h", 0)))[1] == 1


@pytest.mark.parametrize("shots", [100, 1000])
def test_an_entangled_program_is_estimated_far_above_a_chain(shots: int) -> None:
    def seconds(made: Executable) -> float:
        simulator = AerSimulator("aer-mps")
        return simulator.estimate(made, shots=shots, timelines=1, noise=None).seconds

    assert seconds(scrambled(12, 6)) > 20 * seconds(chain(12))
