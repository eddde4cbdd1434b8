"""Barriers are left out and counted, by every reader, as often as the program passes one."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qpy

from interlace.circuit import from_qiskit, parse_circuit
from interlace.circuit.bytecode import read_bytecode
from interlace.kernel import content_id

HEAD_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[3] q;\nqubit single;\n'
ECHO = "gate echo a, b { x a; barrier a, b; x a; barrier a; h b; }\n"


@pytest.mark.parametrize(
    ("statements", "barriers"),
    [
        ("h q;", 0),
        ("h q; barrier q; h q;", 1),
        ("barrier q[0]; barrier q[0], q[2]; x q[1]; barrier q;", 3),
        ("echo q[0], q[1];", 2),
        ("barrier q; echo q[0], q[1]; echo q[1], q[2]; echo q[0], q[1];", 7),
    ],
)
def test_openqasm_is_counted_statement_by_statement_and_inside_gates(statements, barriers) -> None:
    defined = ECHO if "echo" in statements else ""
    assert parse_circuit(HEAD_2 + defined + statements).dropped_barriers == barriers
    assert parse_circuit(HEAD_3 + defined + statements).dropped_barriers == barriers


def test_openqasm_2_counts_alike_with_and_without_qiskits_gates_between() -> None:
    text = HEAD_2 + "h q; barrier q; cx q[0],q[1]; barrier q[0],q[1];"
    fast = read_bytecode(text, name="a")
    assert fast is not None
    slow = from_qiskit(
        qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS), name="a"
    )
    assert fast.dropped_barriers == slow.dropped_barriers == 2


@given(st.lists(st.sampled_from(["gate", "all", "one", "nested"]), max_size=12))
def test_a_qiskit_circuit_counts_every_barrier_that_it_passes(parts: list[str]) -> None:
    inner = QuantumCircuit(2, name="inner")
    inner.h(0)
    inner.barrier()
    inner.cx(0, 1)
    outer = QuantumCircuit(2, name="outer")
    outer.append(inner.to_instruction(), [0, 1])
    outer.append(inner.to_instruction(), [1, 0])
    qc = QuantumCircuit(3, 3)
    for part in parts:
        match part:
            case "gate":
                qc.rz(0.3, 0)
            case "all":
                qc.barrier()
            case "one":
                qc.barrier(1)
            case _:
                qc.append(outer.to_instruction(), [2, 0])
    passed = parts.count("all") + parts.count("one") + 2 * parts.count("nested")
    assert from_qiskit(qc).dropped_barriers == passed
    file = io.BytesIO()
    qpy.dump(qc, file)
    assert parse_circuit(file.getvalue()).dropped_barriers == passed


def test_measure_all_brings_a_barrier() -> None:
    qc = QuantumCircuit(2)
    qc.h(0)
    qc.measure_all()
    assert from_qiskit(qc).dropped_barriers == 1


def test_a_gate_that_is_only_called_barrier_is_none() -> None:
    inner = QuantumCircuit(1, name="barrier")
    inner.x(0)
    qc = QuantumCircuit(1)
    qc.append(inner.to_gate(), [0])
    found = from_qiskit(qc)
    assert (found.dropped_barriers, [op.name for op in found.ops]) == (0, ["x"])


def test_a_tick_of_stim_is_no_barrier() -> None:
    assert parse_circuit("H 0\nTICK\nREPEAT 5 {\nX 0\nTICK\n}").dropped_barriers == 0


def test_a_barrier_makes_no_other_circuit() -> None:
    with_one, without = (
        parse_circuit(f"{HEAD_2}h q;{barrier} h q;") for barrier in ("barrier q;", "")
    )
    assert content_id(with_one) == content_id(without)
