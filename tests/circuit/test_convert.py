"""Qiskit circuits come in and go out unchanged, or are refused by name and number."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import AnnotatedOperation, Clbit, ControlModifier, Gate, Parameter, Qubit
from qiskit.circuit.annotated_operation import InverseModifier, PowerModifier
from qiskit.circuit.library import (
    CXGate,
    GlobalPhaseGate,
    MCXGate,
    PauliEvolutionGate,
    PermutationGate,
    QFTGate,
    RZGate,
    UnitaryGate,
)
from qiskit.quantum_info import Clifford, Operator, SparsePauliOp, random_unitary

from interlace.circuit import (
    GATES,
    NO_BIT,
    Circuit,
    Op,
    OpTable,
    Register,
    from_qiskit,
    to_qiskit,
)
from interlace.circuit.matrices import phase_distance
from interlace.errors import InvariantError, SpecError
from interlace.kernel import content_id

ANGLES = st.floats(-10, 10) | st.sampled_from([math.pi, 1e-15, -math.pi / 2**60])


@st.composite
def circuits(draw, gates=tuple(GATES)) -> Circuit:
    sizes = draw(st.lists(st.integers(1, 3), min_size=2, max_size=3))
    bits = draw(st.lists(st.integers(1, 3), max_size=2))
    qubits, clbits = sum(sizes), sum(bits)
    kinds = st.sampled_from([*gates, "reset", *(["measure"] if clbits else [])])
    ops = []
    for name in draw(st.lists(kinds, max_size=20)):
        count = GATES[name].qubits if name in GATES else 1
        operands = draw(st.permutations(range(qubits)))[:count]
        if len(operands) < count:
            continue
        params = tuple(draw(ANGLES) for _ in range(GATES[name].params if name in GATES else 0))
        clbit = draw(st.integers(0, clbits - 1)) if name == "measure" else NO_BIT
        ops.append(Op(name=name, operands=tuple(operands), params=params, clbit=clbit))
    return Circuit(
        name="drawn",
        qubit_registers=tuple(Register(name=f"q{i}", size=size) for i, size in enumerate(sizes)),
        clbit_registers=tuple(Register(name=f"c{i}", size=size) for i, size in enumerate(bits)),
        ops=OpTable.of(ops),
    )


def same_computation(qc: QuantumCircuit) -> float:
    return phase_distance(Operator(to_qiskit(from_qiskit(qc))).data, Operator(qc).data)


def names(qc: QuantumCircuit) -> list[str]:
    return [op.name for op in from_qiskit(qc).ops]


@given(circuits())
@settings(max_examples=50)
def test_a_circuit_survives_the_way_to_qiskit_and_back_to_the_last_bit(circuit: Circuit) -> None:
    assert content_id(from_qiskit(to_qiskit(circuit))) == content_id(circuit)


def test_registers_keep_name_size_and_order() -> None:
    qc = QuantumCircuit(QuantumRegister(2, "b"), QuantumRegister(1, "a"), ClassicalRegister(3, "z"))
    qc.add_register(ClassicalRegister(1, "y"))
    qc.measure(2, 3)
    circuit = from_qiskit(qc, name="mine")
    assert circuit.name == "mine"
    assert circuit.num_qubits == 3
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [("b", 2), ("a", 1)]
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [("z", 3), ("y", 1)]
    assert circuit.qubit_label(2) == "a[0]"
    assert circuit.clbit_label(circuit.ops[0].clbit) == "y[0]"
    back = to_qiskit(circuit)
    assert [r.name for r in (*back.qregs, *back.cregs)] == ["b", "a", "z", "y"]


def test_bits_without_a_register_get_one_with_a_free_name() -> None:
    qc = QuantumCircuit([Qubit(), Qubit()], QuantumRegister(2, "q"), [Qubit()], [Clbit()])
    qc.cx(0, 3)
    qc.measure(4, 0)
    circuit = from_qiskit(qc)
    expected = [("q_1", 2), ("q", 2), ("q_2", 1)]
    assert [(r.name, r.size) for r in circuit.qubit_registers] == expected
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [("c", 1)]
    assert [op.operands for op in circuit.ops] == [(0, 3), (4,)]


def test_a_register_that_renames_bits_is_left_out() -> None:
    q = QuantumRegister(3, "q")
    qc = QuantumCircuit(q)
    qc.add_register(QuantumRegister(name="alias", bits=[q[2], q[0]]))
    qc.x(2)
    circuit = from_qiskit(qc)
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [("q", 3)]
    assert circuit.ops[0].operands == (2,)


def test_barriers_and_global_phases_are_left_out() -> None:
    qc = QuantumCircuit(2, global_phase=0.4)
    qc.h(0)
    qc.barrier()
    qc.append(GlobalPhaseGate(0.3), [])
    qc.x(1)
    assert names(qc) == ["h", "x"]


def test_no_angle_is_too_small_to_be_kept() -> None:
    qc = QuantumCircuit(2)
    for exponent in range(0, 300, 10):
        qc.cp(10.0**-exponent, 0, 1)
    kept = from_qiskit(qc).ops
    assert [op.params[0] for op in kept] == [10.0**-exponent for exponent in range(0, 300, 10)]


def other_gates() -> dict[str, QuantumCircuit]:
    found = {name: QuantumCircuit(5) for name in OTHER}
    found["open control"].append(CXGate(ctrl_state=0), [3, 1])
    found["mcx"].append(MCXGate(4), [4, 0, 1, 2, 3])
    found["qft"].append(QFTGate(4), range(4))
    found["ccrz"].append(RZGate(1e-7).control(2, annotated=False), [0, 2, 1])
    found["evolution"].append(
        PauliEvolutionGate(SparsePauliOp(["XXI", "ZZI"], [1, 0.3]), time=0.2), [0, 2, 4]
    )
    inner = QuantumCircuit(2, global_phase=0.3)
    inner.h(0)
    inner.cu(0.1, 0.2, 0.3, 0.4, 0, 1)
    found["custom"].append(inner.to_gate(), [3, 2])
    found["controlled custom"].append(inner.to_gate().control(1, annotated=False), [3, 2, 0])
    modified = AnnotatedOperation(
        inner.to_gate(), [InverseModifier(), PowerModifier(3), ControlModifier(1, 0)]
    )
    found["annotated"].append(modified, [1, 2, 0])
    clifford = QuantumCircuit(3)
    clifford.h(0)
    clifford.cx(0, 2)
    found["clifford"].append(Clifford(clifford), [0, 4, 2])
    found["permutation"].append(PermutationGate([2, 0, 1]), [4, 1, 0])
    for qubits in (1, 2, 3):
        unitary = UnitaryGate(random_unitary(2**qubits, seed=qubits))
        found[f"unitary {qubits}"].append(unitary, list(range(qubits))[::-1])
    return found


OTHER = [
    "open control", "mcx", "qft", "ccrz", "evolution", "custom", "controlled custom", "annotated",
    "clifford", "permutation", "unitary 1", "unitary 2", "unitary 3",
]  # fmt: skip


@pytest.mark.filterwarnings(
    "ignore::scipy.sparse.SparseEfficiencyWarning"
)  # Qiskit's own matrix of an evolution
@pytest.mark.parametrize("case", OTHER)
def test_gates_outside_the_table_are_expanded_into_the_same_unitary(case: str) -> None:
    qc = other_gates()[case]
    assert len(qc.data) == 1
    assert set(names(qc)) <= set(GATES)
    # 1e-9 for synthesis of matrices on three qubits; the rest is exact to rounding
    assert same_computation(qc) < (1e-9 if case == "unitary 3" else 1e-12)


@pytest.mark.parametrize("exponent", range(-12, 0))
def test_a_weak_two_qubit_unitary_keeps_its_entangling_part(exponent: int) -> None:
    weak = QuantumCircuit(2)
    weak.rxx(10.0**exponent, 0, 1)
    weak.rzz(3 * 10.0**exponent, 0, 1)
    qc = QuantumCircuit(2)
    qc.append(UnitaryGate(Operator(weak)), [0, 1])
    assert same_computation(qc) < 1e-12


def test_a_foreign_gate_with_a_known_name_is_kept_only_if_it_is_that_gate() -> None:
    def defined(name: str, params: list[float], angle: float) -> QuantumCircuit:
        gate = Gate(name, 2, params)
        gate.definition = QuantumCircuit(2)
        gate.definition.cx(0, 1)
        gate.definition.rz(angle, 1)
        gate.definition.cx(0, 1)
        qc = QuantumCircuit(2)
        qc.append(gate, [0, 1])
        return qc

    assert names(defined("rzz", [0.3], 0.3)) == ["rzz"]
    assert names(defined("rzz", [0.3], 0.3 + 1e-9)) == ["cx", "rz", "cx"]
    assert names(defined("rzz", [], 0.3)) == ["cx", "rz", "cx"]
    assert names(defined("rxx", [0.3], 0.3)) == ["cx", "rz", "cx"]
    assert names(defined("measure", [0.3], 0.3)) == ["cx", "rz", "cx"]
    assert names(defined("barrier", [0.3], 0.3)) == ["cx", "rz", "cx"]


def test_instructions_made_of_resets_and_measurements_are_expanded() -> None:
    inner = QuantumCircuit(1, 1)
    inner.reset(0)
    inner.measure(0, 0)
    qc = QuantumCircuit(2, 2)
    qc.append(inner.to_instruction(), [1], [1])
    qc.initialize([0, 1], 0)
    circuit = from_qiskit(qc)
    assert [(op.name, op.operands, op.clbit) for op in circuit.ops][:3] == [
        ("reset", (1,), NO_BIT),
        ("measure", (1,), 1),
        ("reset", (0,), NO_BIT),
    ]


def test_deep_definitions_are_expanded_without_recursion() -> None:
    gate = QuantumCircuit(1)
    gate.x(0)
    for _ in range(150):
        outer = QuantumCircuit(1)
        outer.append(gate.to_gate(), [0])
        gate = outer
    assert names(gate) == ["x"]


def refused(qc: QuantumCircuit) -> str:
    with pytest.raises(SpecError) as caught:
        from_qiskit(qc)
    return str(caught.value)


def test_control_flow_is_refused_by_name_and_number() -> None:
    for word in ("if", "for", "while", "switch"):
        qc = QuantumCircuit(1, 1)
        qc.x(0)
        body = QuantumCircuit(1, 1)
        body.x(0)
        if word == "if":
            qc.if_test((qc.clbits[0], 1), body, [0], [0])
        elif word == "for":
            qc.for_loop(range(2), None, body, [0], [0])
        elif word == "while":
            qc.while_loop((qc.clbits[0], 1), body, [0], [0])
        else:
            qc.switch(qc.clbits[0], [(0, body)], [0], [0])
        message = refused(qc)
        assert f"control flow (`{word}`)" in message
        assert "instruction 1 " in message


def test_timing_is_refused_by_name() -> None:
    qc = QuantumCircuit(1)
    qc.delay(10, 0)
    assert "instruction 0 (delay): timing (`delay`)" in refused(qc)
    qc = QuantumCircuit(1)
    qc.box(QuantumCircuit(1), [0], [])
    assert "timing (`box`)" in refused(qc)


def test_open_parameters_and_variables_are_refused_by_name() -> None:
    qc = QuantumCircuit(1)
    qc.rx(Parameter("theta") * 2, 0)
    assert "unbound parameters 'theta'" in refused(qc)
    qc = QuantumCircuit(1)
    qc.add_var("flag", False)
    assert "classical variables 'flag'" in refused(qc)


def test_bound_parameters_are_numbers() -> None:
    theta = Parameter("theta")
    qc = QuantumCircuit(1)
    qc.rx(theta * 2, 0)
    (op,) = from_qiskit(qc.assign_parameters({theta: 0.25})).ops
    assert op.params == (0.5,)


def test_opaque_gates_are_refused_by_name_at_any_depth() -> None:
    inner = QuantumCircuit(1)
    inner.append(Gate("magic", 1, []), [0])
    qc = QuantumCircuit(1)
    qc.append(inner.to_gate(label=None), [0])
    message = refused(qc)
    assert "'magic' (inside '" in message
    assert "no definition" in message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_parameters_must_be_finite(value: float) -> None:
    qc = QuantumCircuit(1)
    qc.h(0)
    qc.rz(0.2, 0)
    qc.rz(value, 0)
    assert "instruction 2 (rz): parameters must be finite" in refused(qc)


def test_a_circuit_without_qubits_is_refused() -> None:
    assert "no qubits" in refused(QuantumCircuit(0, 2))


def test_only_gates_measurements_and_resets_go_out() -> None:
    for op in (Op(name="ebit", operands=(0, 1)), Op(name="x", operands=(0,), condition=0)):
        circuit = Circuit(
            name="bad",
            qubit_registers=(Register(name="q", size=2),),
            clbit_registers=(Register(name="c", size=1),),
            ops=OpTable.of([op]),
        )
        with pytest.raises(InvariantError):
            to_qiskit(circuit)


def test_arrays_of_the_table_have_one_row_a_gate() -> None:
    qc = QuantumCircuit(2, 1)
    qc.h(0)
    qc.cp(0.5, 0, 1)
    qc.measure(1, 0)
    ops = from_qiskit(qc).ops
    assert np.array_equal(ops.start, [0, 1, 3, 4])
    assert np.array_equal(ops.param_start, [0, 0, 1, 1])
    assert np.array_equal(ops.clbit, [NO_BIT, NO_BIT, 0])
