"""A magnet that is let go: time evolution of an Ising chain over three quantum computers.

Six spins in a line, all up, in a field across. Trotter steps carry them along in time; the mean
magnetisation is measured on the way. Each machine holds two neighbouring spins, so that every
step needs the links twice.

    python examples/ising_evolution.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

from interlace.qiskit import EstimatorV2, NetworkBackend

HERE = Path(__file__).parent
SPINS = 6
COUPLING, FIELD = 1.0, 0.8
STEP = 0.25  # in units of 1 / coupling
PRECISION = 1 / 32
STEPS = (1, 2, 3)


def hamiltonian() -> SparsePauliOp:
    """- coupling * sum Z Z - field * sum X."""
    terms = [("ZZ", [i, i + 1], -COUPLING) for i in range(SPINS - 1)]
    return SparsePauliOp.from_sparse_list(
        [*terms, *(("X", [i], -FIELD) for i in range(SPINS))], SPINS
    )


def magnetisation() -> SparsePauliOp:
    """The mean of Z over the spins."""
    return SparsePauliOp.from_sparse_list([("Z", [i], 1 / SPINS) for i in range(SPINS)], SPINS)


def evolved(steps: int) -> QuantumCircuit:
    """Trotter steps of second order: half of the field, the coupling, half of the field."""
    circuit = QuantumCircuit(SPINS)
    for _ in range(steps):
        circuit.rx(-FIELD * STEP, range(SPINS))
        for i in range(SPINS - 1):
            circuit.rzz(-2 * COUPLING * STEP, i, i + 1)
        circuit.rx(-FIELD * STEP, range(SPINS))
    return circuit


def exact(steps: int) -> float:
    """The same by the matrix exponential, without Trotter's error."""
    state = expm(-1j * STEP * steps * hamiltonian().to_matrix())[:, 0]
    return float(np.real(np.vdot(state, magnetisation().to_matrix() @ state)))


def main() -> None:
    """Print the magnetisation in time: exact, in ideal steps, on one machine, on the network."""
    pubs = [(evolved(steps), magnetisation()) for steps in STEPS]
    alone = {"isar": range(SPINS)}
    spread = {"isar": [0, 1], "donau": [2, 3], "pegnitz": [4, 5]}
    found: dict[str, list[tuple[float, float]]] = {}
    for title, assign in (("one machine", alone), ("the network", spread)):
        print(f"measuring on {title} ...", flush=True)
        backend = NetworkBackend(HERE / "three-cities.yaml", assign=assign, seed=1)
        job = EstimatorV2(mode=backend).run(pubs, precision=PRECISION)
        found[title] = [(float(r.data.evs), float(r.data.stds)) for r in job.result()]

    ideal = [float(result.data.evs) for result in StatevectorEstimator().run(pubs).result()]
    print("\nmean magnetisation\n  time     exact   no noise   one machine       the network")
    for row, steps in enumerate(STEPS):
        cells = "   ".join(
            f"{value:6.3f} ± {error:.3f}" for value, error in (found[t][row] for t in found)
        )
        print(f"  {steps * STEP:4.2f}    {exact(steps):6.3f}     {ideal[row]:6.3f}   {cells}")
    report, plan = job.reports[-1], job.plans[-1]
    value, error = found["the network"][-1]
    print(
        f"\nThe network costs {len(plan.pairs)} ebits and "
        f"{report.result.makespan_s.mean() * 1e3:.0f} ms a shot for {STEPS[-1]} steps, and its "
        f"noise shifts the magnetisation by {value - ideal[-1]:+.3f} ± {error:.3f}; the steps "
        f"themselves, of finite length, by {ideal[-1] - exact(STEPS[-1]):+.3f}. {report.limit()}"
    )


if __name__ == "__main__":
    main()
