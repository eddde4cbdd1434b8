"""The energy of a hydrogen molecule, from an estimator over three quantum computers.

Four spin orbitals are four qubits (Jordan and Wigner), spread over Munich, Ingolstadt and
Nuremberg. The integrals come from a published table, h2-sto3g.json. One angle mixes the two
configurations that the ground state is made of; it is found classically here, so that what is
left is the question for the network: how well does it measure the energy of that state?

    python examples/molecule_energy.py
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

from interlace.qiskit import EstimatorV2, NetworkBackend

HERE = Path(__file__).parent
QUBITS = {"g up": 0, "g down": 1, "u up": 2, "u down": 3}
PRECISION = 1 / 32
CHEMICAL_ACCURACY = 0.0016  # hartree: one kilocalorie per mole


def lowering(qubit: int) -> SparsePauliOp:
    """The operator that removes an electron, with the signs of Jordan and Wigner."""
    signs = "Z" * qubit
    x, y = ("I" * (3 - qubit) + letter + signs for letter in "XY")
    return SparsePauliOp([x, y], [0.5, 0.5j])


def hamiltonian(data: dict[str, Any]) -> SparsePauliOp:
    """The molecule's energy in hartree, with the repulsion of its nuclei."""
    energy = SparsePauliOp("IIII", 1 / data["distance_bohr"])
    spins = ("up", "down")
    for orbital, spin in product("gu", spins):
        a = lowering(QUBITS[f"{orbital} {spin}"])
        energy += data["one_electron"][orbital] * (a.adjoint() @ a)
    for p, q, r, s in product("gu", repeat=4):
        value = integral(data["two_electron_chemists"], p, q, r, s)
        for spin, other in product(spins, repeat=2):
            a_p, a_q = (lowering(QUBITS[f"{orbital} {spin}"]) for orbital in (p, q))
            a_r, a_s = (lowering(QUBITS[f"{orbital} {other}"]) for orbital in (r, s))
            energy += 0.5 * value * (a_p.adjoint() @ a_r.adjoint() @ a_s @ a_q)
    return energy.simplify()


def integral(table: dict[str, float], p: str, q: str, r: str, s: str) -> float:
    """(pq|rs) of real orbitals; zero where symmetry says so."""
    left, right = "".join(sorted(p + q)), "".join(sorted(r + s))
    return table.get(f"{left}|{right}", table.get(f"{right}|{left}", 0.0))


def ansatz() -> QuantumCircuit:
    """cos(t) |0011> + sin(t) |1100>: both electrons below, or both above."""
    t = Parameter("t")
    circuit = QuantumCircuit(4)
    circuit.ry(2 * t, 2)
    circuit.cx(2, 3)
    circuit.x([0, 1])
    circuit.cx(2, 0)
    circuit.cx(2, 1)
    return circuit


def main() -> None:
    """Print the energy: exact, on one machine, on the network."""
    data = json.loads((HERE / "h2-sto3g.json").read_text())
    energy, circuit = hamiltonian(data), ansatz()
    exact = float(np.linalg.eigvalsh(energy.to_matrix())[0])
    angles = np.linspace(-0.5, 0.5, 1001)
    curve = StatevectorEstimator().run([(circuit, energy, angles[:, None])]).result()[0].data.evs
    angle = float(angles[np.argmin(curve)])

    alone = {"isar": [0, 1, 2, 3]}
    spread = {"isar": [0], "donau": [1, 2], "pegnitz": [3]}
    found = {}
    for title, assign in (("one machine", alone), ("the network", spread)):
        print(f"measuring on {title} ...", flush=True)
        backend = NetworkBackend(HERE / "three-cities.yaml", assign=assign, seed=1)
        job = EstimatorV2(mode=backend).run([(circuit, energy, [angle])], precision=PRECISION)
        data_bin = job.result()[0].data
        found[title] = (float(data_bin.evs), float(data_bin.stds), job)

    print(f"\nenergy of H2 at {data['distance_bohr']} bohr, STO-3G, in hartree")
    print(f"  exact        {exact:8.4f}")
    for title, (value, error, _) in found.items():
        print(f"  {title:12} {value:8.4f} ± {error:.4f}")
    job = found["the network"][2]
    report = max(job.reports, key=lambda report: report.result.makespan_s.mean())
    result = report.result
    shift = {
        title: f"{(value - exact) / CHEMICAL_ACCURACY:+.0f} ± {error / CHEMICAL_ACCURACY:.0f}"
        for title, (value, error, _) in found.items()
    }
    print(
        f"\nThe network shifts the energy by {shift['the network']} times chemical accuracy, "
        f"one machine by {shift['one machine']}. The network costs "
        f"{len(result.plan.pairs)} ebits and {result.makespan_s.mean() * 1e3:.0f} ms a shot of "
        f"the longest of its {len(job.reports)} circuits. Of that one: {report.limit()}"
    )


if __name__ == "__main__":
    main()
