"""Circuits that nobody here wrote, and the networks that they are spread over.

Every circuit comes from an MQT Bench generator at the algorithm level, so its gates are the
generator's own (multi-controlled, Fourier transforms, oracles, ...), exported to OpenQASM 3 by
Qiskit and read back by interlace: the way a user brings a file.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import qiskit
from qiskit import QuantumCircuit, qasm3
from qiskit.quantum_info import Statevector

from interlace.network import Network, load_device, make_network

__all__ = ["LARGE", "PROGRAMS", "Program", "fits", "network_for", "probabilities", "source"]


@dataclass(frozen=True, slots=True)
class Program:
    """One case: a generator, a size, and machines in a shape."""

    family: str
    qubits: int
    machines: int
    shape: str

    def __str__(self) -> str:
        return f"{self.family}-{self.qubits}-{self.shape}-{self.machines}"


_SMALL = [
    ("ae", 6), ("bmw_quark_cardinality", 5), ("bmw_quark_copula", 6), ("bv", 7),
    ("cdkm_ripple_carry_adder", 6), ("dj", 6), ("draper_qft_adder", 6), ("full_adder", 6),
    ("ghz", 8), ("graphstate", 8), ("grover", 5), ("half_adder", 5), ("hhl", 5),
    ("hrs_cumulative_multiplier", 5), ("modular_adder", 6), ("multiplier", 4), ("qaoa", 5),
    ("qft", 7), ("qftentangled", 6), ("qnn", 6), ("qpeexact", 6), ("qpeinexact", 6),
    ("qwalk", 4), ("randomcircuit", 6), ("rg_qft_multiplier", 4), ("vbe_ripple_carry_adder", 4),
    ("vqe_real_amp", 7), ("vqe_su2", 6), ("vqe_two_local", 6), ("wstate", 8),
]  # fmt: skip

_SHAPES = [(2, "complete"), (3, "complete"), (3, "line"), (4, "grid"), (4, "complete"), (4, "line")]

PROGRAMS: list[Program] = [
    Program(family, qubits, *_SHAPES[index % len(_SHAPES)])
    for index, (family, qubits) in enumerate(_SMALL)
] + [
    Program("ghz", 10, 4, "grid"),
    Program("qft", 5, 2, "complete"),
    Program("qft", 10, 2, "complete"),
    Program("qaoa", 8, 2, "complete"),
    Program("grover", 4, 2, "complete"),
    Program("wstate", 10, 3, "line"),
    Program("vqe_two_local", 8, 2, "complete"),
    Program("graphstate", 10, 4, "line"),
    Program("ae", 5, 2, "complete"),
    Program("randomcircuit", 8, 2, "complete"),
]
"""Compared by sampled outcomes."""

LARGE: list[Program] = [
    Program("ghz", 16, 4, "line"),
    Program("qft", 12, 2, "complete"),
    Program("qaoa", 12, 3, "complete"),
    Program("wstate", 14, 3, "line"),
    Program("vqe_real_amp", 13, 2, "complete"),
    Program("graphstate", 15, 4, "grid"),
    Program("cdkm_ripple_carry_adder", 12, 3, "line"),
    Program("qnn", 11, 2, "complete"),
    Program("draper_qft_adder", 12, 2, "complete"),
    Program("randomcircuit", 11, 2, "complete"),
]
"""Compared by state vector on random measurement branches."""


def source(program: Program, *, measured: bool) -> str:
    """The circuit as OpenQASM 3, with or without measurements at its end."""
    from mqt.bench import BenchmarkLevel, get_benchmark

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        circuit = get_benchmark(
            program.family, level=BenchmarkLevel.ALG, circuit_size=program.qubits
        )
        plain = circuit.remove_final_measurements(inplace=False)
        bare = QuantumCircuit(plain.num_qubits)
        bare.compose(plain, inplace=True)
        if measured:
            bare.measure_all(add_bits=True)
        return qasm3.dumps(bare.decompose(reps=6, gates_to_decompose=_opaque(bare)))


def _opaque(circuit: QuantumCircuit) -> list[str]:
    """Gates that OpenQASM 3 has no name for: the exporter would write them as definitions."""
    known = qiskit.circuit.library.get_standard_gate_name_mapping()
    names = {"barrier", "measure", *known}
    return [i.operation.name for i in circuit.data if i.operation.name not in names]


def network_for(program: Program, *, communication_qubits: int = 2) -> Network:
    """Equal ideal machines that the circuit fills to within one qubit."""
    data = math.ceil(program.qubits / program.machines)
    size = "2x2" if program.shape == "grid" else str(program.machines)
    return make_network(
        program.shape,
        size,
        device=load_device(f"ideal:{data + communication_qubits}"),
        communication_qubits=communication_qubits,
        link="rate=1kHz,fidelity=0.98",
    )


def probabilities(text: str) -> dict[str, float]:
    """Exact outcome probabilities of the undistributed circuit, by Qiskit alone."""
    circuit = qasm3.loads(text)
    circuit.remove_final_measurements()
    return Statevector(circuit).probabilities_dict(decimals=12)


def fits(counts: dict[str, int], expected: dict[str, float]) -> float:
    """The p-value of Pearson's chi-square test of counts against exact probabilities."""
    from scipy.stats import chi2

    shots = sum(counts.values())
    if any(expected.get(bits, 0.0) < 1e-9 for bits in counts):
        return 0.0
    common = [bits for bits, p in expected.items() if p * shots >= 5]
    observed = np.array([counts.get(bits, 0) for bits in common], dtype=float)
    predicted = np.array([expected[bits] * shots for bits in common])
    rest = shots - predicted.sum()
    if rest >= 5:
        observed = np.append(observed, shots - observed.sum())
        predicted = np.append(predicted, rest)
    if len(predicted) < 2:
        return 1.0
    statistic = float(((observed - predicted) ** 2 / predicted).sum())
    return float(chi2.sf(statistic, len(predicted) - 1))
