"""QPY comes in as Qiskit wrote it, from version 13 on; anything else is a sentence."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qpy
from qiskit.circuit import Parameter
from tests.circuit.test_convert import circuits

from interlace.circuit import Circuit, load_circuit, parse_circuit, to_qiskit
from interlace.errors import SpecError
from interlace.kernel import content_id


def written(*programs: QuantumCircuit, version: int = 13) -> bytes:
    file = io.BytesIO()
    qpy.dump(list(programs), file, version=version)
    return file.getvalue()


def bell() -> QuantumCircuit:
    qc = QuantumCircuit(2, 2)
    qc.h(0)
    qc.cx(0, 1)
    qc.rz(0.3, 1)
    qc.measure([0, 1], [1, 0])
    return qc


def refused(content: bytes) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_circuit(content, file="some.qpy")
    assert caught.value.file == "some.qpy"
    assert "\n" not in str(caught.value)
    return caught.value


@given(circuits(), st.sampled_from(range(13, qpy.QPY_VERSION + 1)))
@settings(max_examples=40)
def test_a_circuit_comes_back_the_same_from_every_version(circuit: Circuit, version: int) -> None:
    content = written(to_qiskit(circuit), version=version)
    assert content_id(parse_circuit(content, name=circuit.name)) == content_id(circuit)


def test_the_content_says_that_a_file_is_qpy_whatever_it_is_called(tmp_path: Path) -> None:
    for name in ("bell.qpy", "bell.qasm", "bell"):
        (tmp_path / name).write_bytes(written(bell()))
        circuit = load_circuit(tmp_path / name)
        assert circuit.name == "bell"
        assert [op.name for op in circuit.ops] == ["h", "cx", "rz", "measure", "measure"]
    (tmp_path / "bell.qpy").write_text("hello")
    with pytest.raises(SpecError, match="is no QPY file: it does not begin with `QISKIT`"):
        load_circuit(tmp_path / "bell.qpy")


def test_a_version_that_can_carry_code_is_refused_before_qiskit_sees_it(monkeypatch) -> None:
    content = bytearray(written(bell()))
    monkeypatch.setattr(qpy, "load", lambda *_: pytest.fail("must not be called"))
    for version in (0, 1, 10, 12):
        content[6] = version
        error = refused(bytes(content))
        assert "needs QPY version 13 or later" in error.rule
        assert error.value == version


def test_a_version_newer_than_qiskit_reads_is_refused_with_what_to_do() -> None:
    content = bytearray(written(bell()))
    content[6] = qpy.QPY_VERSION + 1
    assert f"version={qpy.QPY_VERSION}" in refused(bytes(content)).rule


def test_two_circuits_or_none_are_refused() -> None:
    assert "exactly one circuit" in refused(written(bell(), bell())).rule
    assert "exactly one circuit" in refused(written()).rule


def test_sizes_beyond_meaning_are_refused_before_they_are_allocated() -> None:
    content = bytearray(written(bell()))
    place = content.index(b"\x00\x00\x00\x02\x00\x00\x00\x02")
    content[place : place + 4] = b"\xff\xff\xff\xff"
    assert "at most 1,000,000 qubits" in refused(bytes(content)).rule


def test_what_cannot_be_distributed_is_refused_by_number_and_name() -> None:
    qc = bell()
    with qc.if_test((0, 1)):
        qc.x(0)
    error = refused(written(qc))
    assert "control flow (`if`)" in error.rule
    assert error.path == "instruction 5 (if_else)"
    qc = QuantumCircuit(1)
    qc.rz(Parameter("a"), 0)
    assert "unbound parameters 'a'" in refused(written(qc)).rule


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(0, 10_000),
)
@settings(max_examples=300)
def test_a_damaged_file_is_a_circuit_or_a_sentence(changes, cut) -> None:
    content = bytearray(written(bell(), version=qpy.QPY_VERSION))
    for place, value in changes:
        content[7 + place % (len(content) - 7)] = value
    if cut < 3000:
        content = content[: max(6, cut % len(content))]
    try:
        seen = parse_circuit(bytes(content)).name
    except SpecError as error:
        seen = str(error)
    assert "\n" not in seen
