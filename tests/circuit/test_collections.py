"""Circuits that others wrote: MQT Bench, and a folder of files if one is named."""

from __future__ import annotations

import json
import os
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

from interlace.circuit import from_qiskit, load_circuit, to_qiskit
from interlace.circuit.matrices import phase_distance
from interlace.errors import SpecError

COLLECTION = os.environ.get("INTERLACE_CIRCUITS")  # a folder of OpenQASM files and their index.json
INDEX = json.loads(Path(COLLECTION, "index.json").read_text()) if COLLECTION else []
needs_collection = pytest.mark.skipif(not INDEX, reason="no collection: set INTERLACE_CIRCUITS")
MQT = {
    "ae": 3, "bmw_quark_cardinality": 3, "bmw_quark_copula": 4, "bv": 4, "dj": 4,
    "cdkm_ripple_carry_adder": 6, "draper_qft_adder": 6, "full_adder": 6, "ghz": 5,
    "graphstate": 5, "grover": 4, "half_adder": 5, "hhl": 4, "hrs_cumulative_multiplier": 5,
    "modular_adder": 6, "multiplier": 4, "qaoa": 5, "qft": 6, "qftentangled": 5, "qnn": 4,
    "qpeexact": 5, "qpeinexact": 5, "qwalk": 4, "randomcircuit": 5, "rg_qft_multiplier": 4,
    "vbe_ripple_carry_adder": 4, "vqe_real_amp": 4, "vqe_su2": 4, "vqe_two_local": 4,
    "wstate": 5,
}  # fmt: skip
DYNAMIC = {"dynamic_qft": 4, "ghz_dynamic": 4, "iqpe": 4, "shors_nine_qubit_code": 17}


def benchmark(name: str, size: int) -> QuantumCircuit:
    mqt = pytest.importorskip("mqt.bench")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return mqt.get_benchmark(name, level=mqt.BenchmarkLevel.ALG, circuit_size=size)


@needs_collection
def test_circuits_of_a_collection_hold_the_gates_that_their_index_lists() -> None:
    for entry in INDEX:
        circuit = load_circuit(Path(str(COLLECTION), f"{entry['name']}.qasm"))
        kinds = Counter(op.name for op in circuit.ops if len(op.operands) == 2)
        assert circuit.name == entry["name"]
        assert circuit.num_qubits == entry["qubits"]
        assert len(circuit.ops) == entry["gates"]
        assert kinds == entry["two_qubit_kinds"]


@needs_collection
@pytest.mark.parametrize(
    "name", [entry["name"] for entry in INDEX if len(entry["files"]) == 2] or ["absent"]
)
def test_a_circuit_of_a_collection_is_the_same_in_openqasm_2_and_3(name: str) -> None:
    two = load_circuit(Path(str(COLLECTION), f"{name}.qasm"))
    three = load_circuit(Path(str(COLLECTION), f"{name}.qasm3"))
    assert two.ops.names == three.ops.names
    for column in ("gate", "start", "operands", "clbit"):
        assert np.array_equal(getattr(two.ops, column), getattr(three.ops, column))
    # one file writes pi/2 where the other writes its digits, or the digits of a neighbour
    assert np.allclose(two.ops.params, three.ops.params, rtol=0, atol=1e-13)


@pytest.mark.parametrize(("name", "size"), MQT.items())
def test_a_benchmark_circuit_comes_in_as_the_same_unitary(name: str, size: int) -> None:
    qc = benchmark(name, size)
    circuit = from_qiskit(qc)
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [
        (r.name, r.size) for r in qc.qregs
    ]
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [
        (r.name, r.size) for r in qc.cregs
    ]
    assert measurements(to_qiskit(circuit)) == measurements(qc)
    ours = without_measurements(to_qiskit(circuit))
    assert phase_distance(Operator(ours).data, Operator(without_measurements(qc)).data) < 1e-12


@pytest.mark.parametrize(("name", "size"), DYNAMIC.items())
def test_a_benchmark_circuit_with_control_flow_is_refused_by_name(name: str, size: int) -> None:
    with pytest.raises(SpecError, match="control flow \\(`if`\\)"):
        from_qiskit(benchmark(name, size))


def measurements(qc: QuantumCircuit) -> list[tuple[int, int]]:
    return [
        (qc.find_bit(item.qubits[0]).index, qc.find_bit(item.clbits[0]).index)
        for item in qc.data
        if item.name == "measure"
    ]


def without_measurements(qc: QuantumCircuit) -> QuantumCircuit:
    bare = qc.copy_empty_like()
    for item in qc.data:
        if item.name not in {"measure", "barrier"}:
            bare.append(item)
    return bare
