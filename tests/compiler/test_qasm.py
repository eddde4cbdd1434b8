from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import distance, matrix, program, registers

from interlace.circuit import GATES, Op, OpTable, Register
from interlace.compiler import CellRegister, JointProgram, Role
from interlace.compiler.qasm import register_names, to_qasm3


def loaded(joint: JointProgram, **more):
    import qiskit.qasm3

    return qiskit.qasm3.loads(to_qasm3(joint, **more))


def named(names: list[str], bits: list[str], ops: list[Op], own: int | None = None) -> JointProgram:
    """One data cell in each quantum register, one bit in each classical one."""
    return JointProgram(
        registers=tuple(
            CellRegister(name=name, node=i, role=Role.DATA, size=1) for i, name in enumerate(names)
        ),
        clbit_registers=tuple(Register(name=name, size=1) for name in bits),
        num_program_bits=len(bits) if own is None else own,
        ops=OpTable.of(ops),
        step=np.arange(len(ops), dtype=np.int64),
    )


@pytest.mark.parametrize("name", sorted(GATES))
def test_every_gate_loads_back_with_its_unitary_and_its_parameters(name):
    from qiskit.quantum_info import Operator

    draw = random.Random(name)
    gate = GATES[name]
    params = tuple(draw.uniform(-7, 7) for _ in range(gate.params))
    operands = tuple(draw.sample(range(gate.qubits), gate.qubits))
    joint = program([Op(name=name, operands=operands, params=params)], registers((gate.qubits, ())))
    circuit = loaded(joint)
    (instruction,) = circuit.data
    if name != "id":  # the loader reads `id` as a turn by nothing
        assert tuple(float(p) for p in instruction.operation.params) == params
    found = Operator(instruction.operation.to_matrix() if name == "id" else instruction.operation)
    order = tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
    assert order == operands
    wanted = matrix(name, params)
    assert distance(found.reverse_qargs().data, wanted) < 1e-12


@settings(max_examples=40)
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_parameter_reads_back_as_the_same_float(value):
    joint = program([Op(name="rz", operands=(0,), params=(value,))], registers((1, ())))
    assert float(loaded(joint).data[0].operation.params[0]) == value


def test_the_file_defines_the_ebit_and_only_the_gates_that_are_used_and_not_standard():
    joint = program(
        [Op(name="rxx", operands=(0, 1), params=(0.5,)), Op(name="h", operands=(0,))],
        registers((2, ())),
    )
    text = to_qasm3(joint, header=["one", "two"])
    assert text.startswith('// one\n// two\nOPENQASM 3.0;\ninclude "stdgates.inc";\n')
    assert "gate ebit a, b { h a; cx a, b; }" in text
    assert [line.split()[1] for line in text.splitlines() if line.startswith("gate")] == [
        "ebit",
        "rxx(theta)",
    ]


def test_a_header_of_several_lines_stays_a_comment():
    joint = program([], registers((1, ())))
    assert to_qasm3(joint, header=["name\nqubit[3] intruder;"]).startswith(
        "// name\n// qubit[3] intruder;\n"
    )


def test_registers_without_qubits_or_bits_are_left_out():
    text = to_qasm3(program([Op(name="x", operands=(0,))], registers((0, (0,)), (1, ()))))
    assert "qubit[1] m0_comm;\nqubit[1] m1_data;" in text
    assert "m0_data" not in text
    assert "bit[0]" not in text


def test_classical_registers_keep_name_size_and_order_and_internal_bits_come_last():
    joint = JointProgram(
        registers=registers((1, ())),
        clbit_registers=(
            Register(name="zeta", size=2),
            Register(name="alpha", size=3),
            Register(name="interlace_bits", size=1),
        ),
        num_program_bits=5,
        ops=OpTable.of([Op(name="measure", operands=(0,), clbit=4)]),
        step=np.zeros(1, dtype=np.int64),
    )
    circuit = loaded(joint)
    assert [(r.name, r.size) for r in circuit.cregs] == [
        ("zeta", 2),
        ("alpha", 3),
        ("interlace_bits", 1),
    ]
    assert circuit.find_bit(circuit.data[0].clbits[0]).registers == [(circuit.cregs[1], 2)]


@pytest.mark.parametrize("taken", ["r", "rzz", "cs", "ecr"])
def test_a_gate_gives_way_to_a_classical_register_of_its_name(taken):
    from qiskit.quantum_info import Operator

    gate = GATES[taken]
    params = (0.3, 0.7)[: gate.params]
    names = ["a", "b"][: gate.qubits]
    ops = [Op(name=taken, operands=tuple(range(gate.qubits)), params=params)]
    circuit = loaded(named(names, [taken], ops))
    assert [r.name for r in circuit.cregs] == [taken]
    circuit.remove_final_measurements()
    assert distance(Operator(circuit).reverse_qargs().data, matrix(taken, params)) < 1e-12


@pytest.mark.parametrize("name", ["x", "measure", "pi", "my reg", "3d", "U", "ebit", "bit", "é"])
def test_a_classical_register_whose_name_is_no_identifier_gets_the_nearest_that_is(name):
    ops = [Op(name="x", operands=(0,)), Op(name="measure", operands=(0,), clbit=0)]
    circuit = loaded(named(["q"], [name, "c"], ops))
    assert [r.size for r in circuit.cregs] == [1, 1]
    assert circuit.cregs[1].name == "c"
    assert [i.operation.name for i in circuit.data] == ["x", "measure"]


def test_quantum_registers_give_way_to_the_programs_classical_ones():
    ops = [Op(name="measure", operands=(1,), clbit=0)]
    circuit = loaded(named(["m0_data", "m1_data"], ["m0_data", "bits"], ops, own=1))
    assert [r.name for r in circuit.cregs] == ["m0_data", "bits"]
    assert [r.name for r in circuit.qregs] == ["m0_data_", "m1_data"]


@settings(max_examples=50)
@given(
    st.lists(st.text(max_size=6) | st.sampled_from(["x", "esc_A", "A", "é", "ê"]), max_size=6),
    st.lists(st.sampled_from(["A", "x", "_", "c", "esc_A", "a_"]), unique=True, max_size=3),
)
def test_register_names_are_valid_different_and_load(names, taken):
    chosen = register_names(names, taken=taken)
    assert chosen == register_names(names, taken=taken)
    assert len({*chosen, *taken}) == len(chosen) + len(taken)
    free = [name for name in taken if name not in ("x", "_")]
    circuit = loaded(named(list(register_names(names, taken=free)), free, []))
    assert len(circuit.qregs) == len(names)


def test_names_that_are_fine_stay_as_they_are():
    assert register_names(["isar_data", "isar_comm"]) == ("isar_data", "isar_comm")
    assert register_names(["isar-2_data", "isar.2_data", "2x"]) == (
        "isar_2_data",
        "isar_2_data_",
        "_2x",
    )


def telegate(bits: int = 2) -> list[Op]:
    """CX of cell 0 (node 0) onto cell 2 (node 1), over the ebit of cells 1 and 3."""
    return [
        Op(name="reset", operands=(1,)),
        Op(name="reset", operands=(3,)),
        Op(name="ebit", operands=(1, 3)),
        Op(name="cx", operands=(0, 1)),
        Op(name="measure", operands=(1,), clbit=bits),
        Op(name="x", operands=(3,), condition=bits),
        Op(name="cx", operands=(3, 2)),
        Op(name="h", operands=(3,)),
        Op(name="measure", operands=(3,), clbit=bits + 1),
        Op(name="z", operands=(0,), condition=bits + 1),
    ]


def remote_program() -> JointProgram:
    """A circuit of two qubits on two machines, with the telegate twice."""
    ops = [Op(name="ry", operands=(0,), params=(1.1,)), *telegate()]
    ops += [
        Op(name="rx", operands=(0,), params=(0.7,)),
        Op(name="ry", operands=(2,), params=(0.4,)),
        *telegate(4),
        Op(name="h", operands=(0,)),
        Op(name="measure", operands=(0,), clbit=0),
        Op(name="measure", operands=(2,), clbit=1),
    ]
    made = registers((1, (0,)), (1, (0,)))
    return program(ops, made, bits=2, internal=4)


def test_the_exported_program_run_in_aer_gives_the_undistributed_outcomes():
    """False alarm: 4 outcomes of 20000 shots within 5 sigma, below 3e-6."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import Statevector
    from qiskit_aer import AerSimulator

    plain = QuantumCircuit(2)
    plain.ry(1.1, 0)
    plain.cx(0, 1)
    plain.rx(0.7, 0)
    plain.ry(0.4, 1)
    plain.cx(0, 1)
    plain.h(0)
    wanted = Statevector(plain).probabilities()
    shots = 20_000
    circuit = loaded(remote_program()).decompose("ebit")
    assert circuit.count_ops()["if_else"] == 4
    counts = AerSimulator(seed_simulator=5).run(circuit, shots=shots).result().get_counts()
    got = np.zeros(4)
    for text, count in counts.items():
        got[int(text.split()[-1], 2)] += count  # registers print last first
    sigma = np.sqrt(shots * wanted * (1 - wanted))
    assert np.all(np.abs(got - shots * wanted) < 5 * sigma + 1e-9)


def test_an_ebit_statement_is_written_for_each_pair_and_nothing_else_joins_machines():
    text = to_qasm3(remote_program())
    assert sum(line.startswith("ebit ") for line in text.splitlines()) == 2
    for line in text.splitlines():
        if "m0_" in line and "m1_" in line:
            assert line.startswith("ebit ")
