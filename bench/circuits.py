"""Circuits that others wrote, over 2, 3 and 4 machines: ebits, compile time, equivalence.

The list is that of `tests/acceptance`, and larger ones up to 20 qubits. Three comparisons, none
of which uses interlace's own checker:

- `joint`: the exported OpenQASM 3 file, loaded and run by Qiskit alone: the least overlap of the
  data qubits' state with the original's over three random measurement branches;
- `sampled` (up to 10 qubits): the same file's outcomes, as the p-value of a chi-square test;
- `ideal` (up to 10 qubits): the outcomes of `run --ideal`, the same.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import numpy as np
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

LARGEST = [
    Program("ghz", 20, 2, "complete"),
    Program("graphstate", 20, 2, "complete"),
    Program("wstate", 20, 2, "complete"),
    Program("qft", 16, 2, "complete"),
    Program("qft", 18, 2, "complete"),
    Program("qaoa", 18, 2, "complete"),
    Program("vqe_real_amp", 18, 2, "complete"),
    Program("cdkm_ripple_carry_adder", 18, 2, "complete"),
]
SHOTS = 4096
BRANCHES = 3
MOST_SAMPLED = 10
MOST_CELLS = 24


def measure_circuits(*, family: str | None) -> Iterator[dict[str, object]]:
    """Distribute every circuit of the list, and compare it with the original."""
    programs = [p for p in (*PROGRAMS, *LARGE, *LARGEST) if family in {None, p.family}]
    for number, program in enumerate(programs, start=1):
        print(f"\r{number}/{len(programs)} {program}".ljust(60), end="", file=sys.stderr)
        yield measured(program)
    print(file=sys.stderr)


def measured(program: Program) -> dict[str, object]:
    """One row of the table."""
    communication = 2 if program.machines > 2 else 1
    network = network_for(program, communication_qubits=communication)
    bare = source(program, measured=False)
    began = time.perf_counter()
    plan = interlace.distribute(parse_circuit(bare, name=str(program)), network, seed=1)
    compile_s = time.perf_counter() - began
    row: dict[str, object] = {
        "circuit": str(program),
        "operations": len(plan.circuit.ops),
        "ebits": len(plan.pairs),
        "steps": len(plan.steps),
        "compile_s": compile_s,
        "check": plan.check.method if plan.check is not None else "none",
        "joint": overlap(plan, bare) if plan.num_cells <= MOST_CELLS else "too large",
        "sampled": "",
        "ideal": "",
    }
    if program.qubits <= MOST_SAMPLED:
        text = source(program, measured=True)
        plan = interlace.distribute(parse_circuit(text, name=str(program)), network, seed=1)
        expected = probabilities(text)
        row["sampled"] = fits(joint_counts(plan), expected)
        ideal = interlace.run(plan, shots=SHOTS, seed=5, ideal=True, compare_alone=False)
        row["ideal"] = fits(dict(ideal.counts or ()), expected)
    return row


def loaded(plan: Plan) -> QuantumCircuit:
    """The exported file as Qiskit reads it; unrolling at level 0 gives Aer gates that it knows."""
    circuit = qasm3.loads(to_qasm3(lower(plan)))
    return transpile(circuit, AerSimulator(method="statevector"), optimization_level=0)


def joint_counts(plan: Plan) -> dict[str, int]:
    """Outcomes of the circuit's own bits."""
    simulator = AerSimulator(method="statevector", seed_simulator=2026, shot_branching_enable=True)
    counts: dict[str, int] = {}
    for bits, count in simulator.run(loaded(plan), shots=SHOTS).result().get_counts().items():
        own = bits.split()[-1]  # Qiskit prints the first register last
        counts[own] = counts.get(own, 0) + count
    return counts


def overlap(plan: Plan, bare: str) -> float:
    """The least overlap over the branches; every qubit that holds no data is traced out."""
    expected = Statevector(qasm3.loads(bare)).data
    joint = loaded(plan)
    joint.save_statevector()
    simulator = AerSimulator(method="statevector")
    found = []
    for seed in range(BRANCHES):
        state = np.asarray(
            simulator.run(joint, shots=1, seed_simulator=seed).result().get_statevector()
        )
        found.append(abs(data_overlap(state, plan, expected)))
    return float(min(found))


def data_overlap(state: np.ndarray, plan: Plan, expected: np.ndarray) -> float:
    """Norm of <expected| applied to the data qubits: 1 if they hold that state, whatever else."""
    qubits, cells = plan.circuit.num_qubits, plan.num_cells
    home = {
        int(plan.placement.qubit[row]): int(plan.placement.cell[row])
        for row in np.argsort(plan.placement.to_step, kind="stable")
    }
    tensor = state.reshape([2] * cells)  # axis i is cell cells - 1 - i
    axes = [cells - 1 - home[qubit] for qubit in reversed(range(qubits))]
    rest = [axis for axis in range(cells) if axis not in axes]
    matrix = tensor.transpose([*axes, *rest]).reshape(2**qubits, -1)
    return float(np.linalg.norm(expected.conj() @ matrix))
