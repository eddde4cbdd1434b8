"""The exported joint program, loaded by Qiskit alone and run in Aer, is the original circuit.

False-alarm probability: each sampled comparison fails by chance with probability 1e-6.
"""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit, qasm3, transpile
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator
from tests.acceptance.programs import (
    LARGE,
    PROGRAMS,
    Program,
    fits,
    network_for,
    probabilities,
    source,
)

import interlace
from interlace.circuit import parse_circuit
from interlace.compiler import Plan, lower, to_qasm3

pytest.importorskip("mqt.bench")

SHOTS = 400
ALARM = 1e-6
FEW_CELLS = 12


def distributed(program: Program, *, measured: bool) -> tuple[Plan, str]:
    text = source(program, measured=measured)
    circuit = parse_circuit(text, name=str(program))
    communication = 2 if program.machines > 2 else 1
    plan = interlace.distribute(
        circuit, network_for(program, communication_qubits=communication), seed=1
    )
    return plan, text


def loaded(plan: Plan, method: str) -> QuantumCircuit:
    """The exported file as Qiskit reads it; unrolling at level 0 gives Aer gates that it knows."""
    circuit = qasm3.loads(to_qasm3(lower(plan)))
    return transpile(circuit, AerSimulator(method=method), optimization_level=0)


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_the_joint_program_and_the_plan_give_the_original_outcomes(program: Program) -> None:
    plan, text = distributed(program, measured=True)
    assert plan.check is not None
    expected = probabilities(text)

    # Both methods are exact; matrix product states forget measured qubits, so many cells are cheap.
    method = "statevector" if plan.num_cells <= FEW_CELLS else "matrix_product_state"
    simulator = AerSimulator(method=method, seed_simulator=11, shot_branching_enable=True)
    run = simulator.run(loaded(plan, method), shots=SHOTS)
    counts: dict[str, int] = {}
    for bits, count in run.result().get_counts().items():
        own = bits.split()[-1]  # Qiskit prints the first register last
        counts[own] = counts.get(own, 0) + count
    assert fits(counts, expected) > ALARM

    result = interlace.run(plan, shots=SHOTS, seed=5, ideal=True, compare_alone=False)
    assert result.counts is not None
    assert fits(dict(result.counts), expected) > ALARM


@pytest.mark.parametrize("program", LARGE, ids=str)
def test_the_joint_program_gives_the_original_state_on_random_branches(program: Program) -> None:
    plan, text = distributed(program, measured=False)
    expected = Statevector(qasm3.loads(text)).data
    joint = loaded(plan, "statevector")
    joint.save_statevector()
    simulator = AerSimulator(method="statevector")
    for seed in (1, 2, 3):
        run = simulator.run(joint, shots=1, seed_simulator=seed).result()
        found = data_state(np.asarray(run.get_statevector()), plan)
        assert abs(np.vdot(expected, found)) == pytest.approx(1.0, abs=1e-9)


def data_state(state: np.ndarray, plan: Plan) -> np.ndarray:
    """The state of the circuit's qubits, in the circuit's order; the others are in basis states."""
    n, cells = plan.circuit.num_qubits, plan.num_cells
    last = {
        int(plan.placement.qubit[row]): int(plan.placement.cell[row])
        for row in np.argsort(plan.placement.to_step, kind="stable")
    }
    tensor = state.reshape([2] * cells).transpose(range(cells - 1, -1, -1))  # axis i is cell i
    peak = np.unravel_index(int(np.argmax(np.abs(tensor))), tensor.shape)
    where = [last[q] for q in range(n)]
    kept = tensor[tuple(slice(None) if c in where else int(peak[c]) for c in range(cells))]
    assert np.linalg.norm(kept) == pytest.approx(1.0, abs=1e-9)
    order = sorted(where)
    return kept.transpose([order.index(cell) for cell in reversed(where)]).reshape(-1)
