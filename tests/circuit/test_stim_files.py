"""Stim's circuits come in with stim's own meaning, or are refused by name and number."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import stim
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator

from interlace.circuit import Circuit, clifford, load_circuit, parse_circuit, to_qiskit
from interlace.circuit.matrices import phase_distance
from interlace.circuit.stim_gates import STIM_GATES, STIM_MEASUREMENTS, STIM_RESETS
from interlace.circuit.stim_reader import looks_like_stim
from interlace.errors import SpecError

ONE = [name for name in STIM_GATES if stim.gate_data(name).is_single_qubit_gate]
TWO = [name for name in STIM_GATES if stim.gate_data(name).is_two_qubit_gate]
PRODUCTS = {"SPP", "SPP_DAG"}


def read(text: str) -> Circuit:
    return parse_circuit(text, file="some.stim")


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        read(text)
    assert caught.value.file == "some.stim"
    assert "\n" not in str(caught.value)
    return caught.value


def rows(circuit: Circuit) -> list[tuple]:
    return [(op.name, op.operands, op.clbit) for op in circuit.ops]


def as_stim(circuit: Circuit) -> stim.Circuit:
    """The circuit written back for stim, gate by gate, by their matrices."""
    program = stim.Circuit()
    for op in circuit.ops:
        if op.name == "measure":
            program.append("M", op.operands)
        elif op.name == "reset":
            program.append("R", op.operands)
        else:
            for name, places in clifford(op.name, op.params) or ():
                program.append(name, [op.operands[place] for place in places])
    return program


def test_every_unitary_of_stim_but_products_of_paulis_is_in_the_table() -> None:
    known = {name for name, gate in stim.gate_data().items() if gate.is_unitary}
    assert known - PRODUCTS == set(STIM_GATES)


@pytest.mark.parametrize("name", STIM_GATES)
def test_a_gate_is_stims_matrix_up_to_a_global_phase(name: str) -> None:
    found = Operator(to_qiskit(read(f"{name} 0 1" if name in TWO else f"{name} 0"))).data
    tableau = stim.gate_data(name).tableau
    assert tableau is not None
    assert phase_distance(found, tableau.to_unitary_matrix(endian="little")) < 1e-6


@st.composite
def unitary_programs(draw) -> str:
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from([*ONE, *TWO]))
        targets = draw(st.permutations(range(4)))
        lines.append(f"{name} {' '.join(map(str, targets[: draw(st.sampled_from([2, 4]))]))}")
    text = "\n".join(lines)
    return f"REPEAT 2 {{\n{text}\n}}\nI 3" if draw(st.booleans()) else f"{text}\nI 3"


@given(unitary_programs())
@settings(max_examples=60)
def test_a_random_program_is_the_same_unitary_as_stims(text: str) -> None:
    found = Operator(to_qiskit(read(text))).data
    expected = stim.Circuit(text).to_tableau().to_unitary_matrix(endian="little")
    assert phase_distance(found, expected) < 1e-5


@st.composite
def measured_programs(draw) -> str:
    gates, ends = [*ONE, *TWO], [*STIM_MEASUREMENTS, *STIM_RESETS]
    lines = []
    for _ in range(draw(st.integers(1, 12))):
        name = draw(st.sampled_from(ends if draw(st.booleans()) else gates))
        targets = [str(target) for target in draw(st.permutations(range(3)))[:2]]
        if name in STIM_MEASUREMENTS and draw(st.booleans()):
            targets[0] = f"!{targets[0]}"
        lines.append(f"{name} {' '.join(targets)}")
    text = "\n".join(lines)
    return f"REPEAT 2 {{\n{text}\n}}" if draw(st.booleans()) else text


@given(measured_programs())
@settings(max_examples=60)
def test_outcomes_and_what_is_left_are_stims(text: str) -> None:
    # flows fix a stabilizer channel with its outcomes; stim's own generators of MR are not flows
    ours, theirs = as_stim(read(text)), stim.Circuit(text)
    assert ours.num_measurements == theirs.num_measurements
    flows = ours.flow_generators()
    assert all(ours.has_flow(flow) and theirs.has_flow(flow) for flow in flows)


def test_repeated_blocks_are_written_out_and_the_record_is_counted_through() -> None:
    circuit = read("R 1\nREPEAT 2 {\n  H 0\n  REPEAT 2 {\n    M 0\n    TICK\n  }\n}\nMX 1")
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [("q", 2)]
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [("rec", 5)]
    once = [("h", (0,), -1), ("measure", (0,), 0), ("measure", (0,), 1)]
    again = [("h", (0,), -1), ("measure", (0,), 2), ("measure", (0,), 3)]
    last = [("h", (1,), -1), ("measure", (1,), 4), ("h", (1,), -1)]
    assert rows(circuit) == [("reset", (1,), -1), *once, *again, *last]


def test_annotations_tags_and_comments_are_left_out() -> None:
    text = (
        "# prepared\nQUBIT_COORDS(0, 1) 0\nX[why] 0\nTICK\nM 0\nDETECTOR(1) rec[-1]\n"
        "SHIFT_COORDS(1)\nOBSERVABLE_INCLUDE(0) rec[-1]\n"
    )
    assert rows(read(text)) == [("x", (0,), -1), ("measure", (0,), 0)]


def test_the_surface_code_without_noise_is_read_and_samples_as_stims() -> None:
    code = stim.Circuit.generated("surface_code:rotated_memory_x", distance=3, rounds=3)
    circuit = parse_circuit(str(code))
    assert circuit.num_clbits == code.num_measurements
    assert circuit.num_qubits == code.num_qubits
    again = as_stim(circuit)
    past = 0
    for instruction in code.flattened():
        if instruction.name == "DETECTOR":
            places = [past + target.value for target in instruction.targets_copy()]
            again.append("DETECTOR", [stim.target_rec(p - circuit.num_clbits) for p in places])
        past += stim.Circuit(str(instruction)).num_measurements
    # every detector is deterministic and zero, as in the program without noise
    assert not again.compile_detector_sampler(seed=3).sample(20).any()


BAD = {
    "FOO 0": ("no valid stim program: Gate not found: 'FOO'", None),
    "H -1": ("Unrecognized target prefix", None),
    "CX 0 0": ("same target", None),
    "X_ERROR(0.1) 0": ("noise (`X_ERROR`) comes from the network", "instruction 1 (X_ERROR)"),
    "DEPOLARIZE2(0.1) 0 1": ("noise (`DEPOLARIZE2`)", "instruction 1 (DEPOLARIZE2)"),
    "E(0.1) X0": ("noise (`E`)", "instruction 1 (E)"),
    "HERALDED_ERASE(0.1) 0": ("noise (`HERALDED_ERASE`)", "instruction 1 (HERALDED_ERASE)"),
    "M(0.1) 0": ("noise (`M` with a probability)", "instruction 1 (M)"),
    "CX rec[-1] 0": ("feedback (`CX` on `rec[...]`)", "instruction 1 (CX)"),
    "CZ 0 sweep[3]": ("feedback (`CZ` on `sweep[...]`)", "instruction 1 (CZ)"),
    "MPP X0*Z1": ("products of Paulis (`MPP`)", "instruction 1 (MPP)"),
    "MXX 0 1": ("products of Paulis (`MXX`)", "instruction 1 (MXX)"),
    "SPP X0*Z1": ("products of Paulis (`SPP`)", "instruction 1 (SPP)"),
    "MPAD 0": ("constant outcomes (`MPAD`)", "instruction 1 (MPAD)"),
}


@pytest.mark.parametrize("line", BAD)
def test_what_cannot_be_distributed_is_refused_with_its_line_and_number(line: str) -> None:
    rule, path = BAD[line]
    error = refused(f"M 0\n\n{line}\nH 0")
    assert rule in error.rule
    assert (error.line, error.path, error.value) == (3, path, line)


def test_an_instruction_inside_a_block_is_counted_after_the_block_itself() -> None:
    error = refused("M 0\nREPEAT 3 {\n    H 0\n    CX rec[-1] 0\n}\n")
    assert (error.line, error.path) == (4, "instruction 3 (CX)")


def test_programs_too_large_to_be_meant_are_refused_quickly() -> None:
    assert "more than 10,000,000" in refused("REPEAT 1000000000000 {\nH 0\n}").rule
    nested = "REPEAT 1000 {\n" * 4 + "M 0\n" + "}\n" * 4
    assert "more than 10,000,000" in refused(nested).rule
    assert "at most 1,000,000 qubits" in refused("H 16777214").rule
    assert refused("REPEAT 1 {\n" * 101 + "H 0\n" + "}\n" * 101).line == 101
    assert "a `[` has no `]`" in refused("X 0\nH[").rule  # stim 1.16 never ends on it
    assert "uses no qubits" in refused("TICK").rule


def test_the_content_says_that_a_file_is_stims_and_else_the_ending(tmp_path: Path) -> None:
    file = tmp_path / "no-ending"
    file.write_text("# a Bell pair\nH 0\nCNOT 0 1\n")
    assert [op.name for op in load_circuit(file).ops] == ["h", "cx"]
    assert load_circuit(file).name == "no-ending"
    file = tmp_path / "bell.stim"
    file.write_text("h 0\n")  # stim reads small letters too
    assert [op.name for op in load_circuit(file).ops] == ["h"]
    file.write_text("OPENQASM 2.0;\nqreg q[1];\n")
    assert load_circuit(file).num_qubits == 1
    file = tmp_path / "odd.txt"
    file.write_text("h 0\n")
    with pytest.raises(SpecError, match=r"must begin with `OPENQASM 2.0;`.*ending `.stim`"):
        load_circuit(file)


def test_every_instruction_of_stim_says_that_a_file_is_stims() -> None:
    gates = stim.gate_data()
    names = {name for gate in gates.values() for name in (gate.name, *gate.aliases)}
    assert [name for name in sorted(names) if not looks_like_stim(f"{name} 0 1")] == []
    with pytest.raises(SpecError, match=r"products of Paulis .`MPP`. are not read"):
        parse_circuit("MPP X0*X1")


@given(st.text(max_size=40) | st.text("HMCXZR 01!{}()\n#[-].rec", max_size=40))
@settings(max_examples=200)
def test_arbitrary_text_ends_as_a_circuit_or_as_a_clear_error(text: str) -> None:
    looks_like_stim(text)
    try:
        ops = read(text).ops
    except SpecError as error:
        seen = "\n" not in str(error)
    else:
        seen = bool(np.all(np.diff(ops.start) > 0))
    assert seen
