"""The fast ways into arrays give what the slow ones give."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2
from tests.circuit.test_convert import circuits

from interlace.circuit import GATES, Circuit, OpTable, from_qiskit, parse_circuit, to_qiskit
from interlace.circuit import openqasm2 as reader
from interlace.circuit.bytecode import read_bytecode
from interlace.circuit.unroll import unrolled
from interlace.errors import SpecError
from interlace.kernel import content_id

QELIB = tuple(
    name
    for name in GATES
    if name not in ("r", "cs", "csdg", "ryy", "rzx", "iswap", "dcx", "ecr", "ccz")
    and not name.startswith("xx_")
)
"""What Qiskit's reader of OpenQASM 2 knows of itself."""


def text_of(circuit: Circuit) -> str:
    lines = ["OPENQASM 2.0;", 'include "qelib1.inc";']
    lines += [f"qreg {r.name}[{r.size}];" for r in circuit.qubit_registers]
    lines += [f"creg {r.name}[{r.size}];" for r in circuit.clbit_registers]
    for op in circuit.ops:
        bits = ",".join(map(circuit.qubit_label, op.operands))
        angles = f"({','.join(map(repr, op.params))})" if op.params else ""
        end = f" -> {circuit.clbit_label(op.clbit)}" if op.name == "measure" else ""
        lines.append(f"{op.name}{angles} {bits}{end};")
    return "\n".join(lines)


def slowly(text: str, name: str) -> Circuit:
    qc = qasm2.loads(text, custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)
    return from_qiskit(qc, name=name)


@given(circuits(gates=QELIB))
@settings(max_examples=60)
def test_openqasm_2_is_the_same_with_and_without_qiskits_gates_between(circuit: Circuit) -> None:
    fast = read_bytecode(text_of(circuit), name="a")
    assert fast is not None
    assert content_id(fast) == content_id(slowly(text_of(circuit), "a"))


@pytest.mark.parametrize("name", QELIB)
def test_every_gate_of_qelib1_takes_the_fast_way(name: str) -> None:
    gate = GATES[name]
    angles = f"({','.join(['0.5'] * gate.params)})" if gate.params else ""
    bits = ",".join(f"q[{i}]" for i in range(gate.qubits))
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[3];\n{name}{angles} {bits};'
    found = read_bytecode(text, name="a")
    assert found is not None
    assert content_id(found) == content_id(slowly(text, "a"))


@pytest.mark.parametrize(
    "statement",
    ["gate two a {x a; x a;} two q[0];", "u0(1) q[0];", "rx(1e999) q[0];", "if(c==1) x q[0];"],
)
def test_what_the_loop_does_not_know_is_left_to_the_slow_way(statement: str) -> None:
    text = f'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[1];\ncreg c[1];\n{statement}'
    assert read_bytecode(text, name="a") is None


def test_an_inner_interface_that_changed_leaves_all_to_the_slow_way(monkeypatch) -> None:
    from qiskit._accelerate import qasm2 as rust

    text = "OPENQASM 2.0;\nqreg q[1];\nU(0,0,1) q[0];"
    expected = content_id(parse_circuit(text))
    monkeypatch.delattr(rust, "bytecode_from_string")
    assert read_bytecode(text, name="a") is None
    monkeypatch.undo()
    monkeypatch.setattr(reader, "read_bytecode", lambda *_, **__: None)
    assert content_id(parse_circuit(text)) == expected


@given(circuits(), st.integers(1, 3))
@settings(max_examples=40)
def test_defined_gates_are_unrolled_as_one_by_one(circuit: Circuit, times: int) -> None:
    inner = to_qiskit(circuit)
    unitary = QuantumCircuit(inner.num_qubits)
    for instruction in inner.data:
        if instruction.is_standard_gate():
            unitary.append(
                instruction.operation, [inner.qubits.index(q) for q in instruction.qubits]
            )
    qc = QuantumCircuit(inner.num_qubits + 1, 1)
    for shift in range(times):
        order = [*range(shift % 2, inner.num_qubits + shift % 2)]
        qc.append(unitary.to_gate(), order)
        qc.barrier()
        qc.measure(shift % qc.num_qubits, 0)
    expected = [
        op
        for instruction in qc.data
        for op in unrolled(
            instruction,
            tuple(qc.find_bit(bit).index for bit in instruction.qubits),
            tuple(qc.find_bit(bit).index for bit in instruction.clbits),
        )
    ]
    assert list(from_qiskit(qc).ops) == list(
        OpTable.of([op for op in expected if op.name != "barrier"])
    )


def test_gates_of_one_name_and_two_definitions_stay_two() -> None:
    qc = QuantumCircuit(1)
    for angle in (0.1, 0.2):
        inner = QuantumCircuit(1, name="same")
        inner.rx(angle, 0)
        qc.append(inner.to_gate(), [0])
    first, second = (
        qasm2.loads(f"OPENQASM 2.0;\nqreg q[1];\ngate g a {{U(0,0,{angle}) a;}}\ng q[0];")
        for angle in (0.3, 0.4)
    )
    qc.compose(first, inplace=True)
    qc.compose(second, inplace=True)
    assert [op.params[-1] for op in from_qiskit(qc).ops] == [0.1, 0.2, 0.3, 0.4]


def test_a_program_that_grows_beyond_bounds_is_refused_at_the_instruction(monkeypatch) -> None:
    from interlace.circuit import reading

    monkeypatch.setattr(reading, "MOST_OPS", 5)
    inner = QuantumCircuit(1)
    inner.x(0)
    inner.y(0)
    qc = QuantumCircuit(1)
    for _ in range(4):
        qc.append(inner.to_gate(), [0])
    with pytest.raises(SpecError, match="6 with what comes before") as caught:
        from_qiskit(qc)
    assert caught.value.path is not None
    assert caught.value.path.startswith("instruction 2 ")


def test_more_kinds_of_gate_than_the_table_has_are_read() -> None:
    qc = QuantumCircuit(2)
    for number in range(200):
        inner = QuantumCircuit(2, name=f"kind{number}")
        inner.rz(number, 0)
        inner.cx(0, 1)
        qc.append(inner.to_gate(), [1, 0])
    ops = list(from_qiskit(qc).ops)
    assert [op.params[0] for op in ops[::2]] == list(range(200))
    assert [op.operands for op in ops] == [(1,), (1, 0)] * 200
