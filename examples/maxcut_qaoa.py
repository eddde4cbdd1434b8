"""MaxCut by QAOA: six tasks, two shifts, over three quantum computers.

Vertices that are joined should land on different sides. Each machine holds two vertices; edges
between cities cost ebits. One round of QAOA; its two angles are found classically on the exact
state, so that what is left is the question for the network: how good are its samples?

    python examples/maxcut_qaoa.py
"""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp

from interlace.qiskit import NetworkBackend, SamplerV2

HERE = Path(__file__).parent
EDGES = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 2), (3, 5)]
VERTICES = 6
SHOTS = 1024


def qaoa() -> QuantumCircuit:
    """One round: the cut's phase, then a turn about X."""
    gamma, beta = Parameter("gamma"), Parameter("beta")
    circuit = QuantumCircuit(VERTICES)
    circuit.h(range(VERTICES))
    for a, b in EDGES:
        circuit.rzz(gamma, a, b)
    circuit.rx(2 * beta, range(VERTICES))
    return circuit


def cut(word: str) -> int:
    """How many edges a bit string cuts; vertex 0 is the last bit."""
    side = word[::-1]
    return sum(side[a] != side[b] for a, b in EDGES)


def best_angles(circuit: QuantumCircuit) -> tuple[dict[str, float], float]:
    """The best of a grid of angles, and the expected cut there."""
    terms = [("ZZ", [a, b], -0.5) for a, b in EDGES]
    value = SparsePauliOp.from_sparse_list([*terms, ("", [], len(EDGES) / 2)], VERTICES)
    gammas, betas = np.meshgrid(np.linspace(0, np.pi, 31), np.linspace(0, np.pi / 2, 31))
    grid = {"gamma": gammas.ravel(), "beta": betas.ravel()}
    curve = StatevectorEstimator().run([(circuit, value, grid)]).result()[0].data.evs
    best = int(np.argmax(curve))
    return {name: float(values[best]) for name, values in grid.items()}, float(curve[best])


def main() -> None:
    """Print the best cut, what a perfect machine would expect, and what the samples say."""
    most = max(cut("".join(word)) for word in product("01", repeat=VERTICES))
    circuit = qaoa()
    angles, ideal = best_angles(circuit)
    circuit.measure_all()

    alone = {"isar": range(VERTICES)}
    spread = {"isar": [0, 1], "donau": [2, 3], "pegnitz": [4, 5]}
    found: dict[str, tuple[float, int]] = {}
    for title, assign in (("one machine", alone), ("the network", spread)):
        print(f"sampling on {title} ...", flush=True)
        backend = NetworkBackend(HERE / "three-cities.yaml", assign=assign, seed=1)
        job = SamplerV2(mode=backend).run([(circuit, angles)], shots=SHOTS)
        counts = job.result()[0].data.meas.get_counts()
        mean = sum(cut(word) * number for word, number in counts.items()) / SHOTS
        found[title] = (mean, max(map(cut, counts)))

    print(f"\nedges cut, of {len(EDGES)}; a coin for each vertex cuts {len(EDGES) / 2:g}")
    print(f"  exact        {most} at best; these angles without noise cut {ideal:.2f} on average")
    for title, (mean, best) in found.items():
        print(f"  {title:12} {mean:.2f} on average, {best} at best")
    report, plan = job.reports[0], job.plans[0]
    share = (found["the network"][0] - len(EDGES) / 2) / (ideal - len(EDGES) / 2)
    print(
        f"\nThe network costs {len(plan.pairs)} ebits and "
        f"{report.result.makespan_s.mean() * 1e3:.0f} ms a shot, and keeps {share:.0%} of what "
        f"QAOA gains over coins. {report.limit()}"
    )


if __name__ == "__main__":
    main()
