"""OpenQASM files come in whole, or are refused with file, line, value and rule."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, qasm2, qasm3
from qiskit.circuit.library import CCXGate, RZGate, XGate
from qiskit.quantum_info import Operator
from tests.circuit.test_convert import circuits

from interlace.circuit import (
    GATES,
    Circuit,
    Op,
    OpTable,
    Register,
    from_qiskit,
    load_circuit,
    parse_circuit,
    to_qiskit,
)
from interlace.circuit.matrices import phase_distance
from interlace.circuit.sizes import Sizes
from interlace.circuit.source import first_failing, statements, without_comments
from interlace.errors import SpecError
from interlace.kernel import content_id

HEAD_2 = 'OPENQASM 2.0;\ninclude "qelib1.inc";\nqreg q[2];\ncreg c[2];\n'
HEAD_3 = 'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit[2] c;\n'
FIVE_LINES = HEAD_2 + "h q[0];\n"


def rows(circuit: Circuit) -> list[tuple]:
    return [(op.name, op.operands, op.params, op.clbit) for op in circuit.ops]


def refused(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse_circuit(text, file="some.qasm")
    assert caught.value.file == "some.qasm"
    return caught.value


def test_openqasm_2_is_read() -> None:
    circuit = parse_circuit(
        HEAD_2 + "h q; barrier q; cx q[0],q[1]; reset q[0]; measure q -> c; cu1(pi/8) q[1],q[0];",
        name="mine",
    )
    assert circuit.name == "mine"
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [("q", 2)]
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [("c", 2)]
    assert rows(circuit) == [
        ("h", (0,), (), -1),
        ("h", (1,), (), -1),
        ("cx", (0, 1), (), -1),
        ("reset", (0,), (), -1),
        ("measure", (0,), (), 0),
        ("measure", (1,), (), 1),
        ("cu1", (1, 0), (0.39269908169872414,), -1),
    ]


def test_openqasm_3_is_read() -> None:
    circuit = parse_circuit(
        HEAD_3 + "h q; barrier q; cx q[0],q[1]; reset q[0]; c = measure q; cp(pi/8) q[1], q[0];"
        " let a = q[1:1]; x a; U(1, 2, 3) q[0]; ctrl @ x q[0], q[1]; gphase(0.3);"
    )
    assert rows(circuit) == [
        ("h", (0,), (), -1),
        ("h", (1,), (), -1),
        ("cx", (0, 1), (), -1),
        ("reset", (0,), (), -1),
        ("measure", (0,), (), 0),
        ("measure", (1,), (), 1),
        ("cp", (1, 0), (0.39269908169872414,), -1),
        ("x", (1,), (), -1),
        ("u", (0,), (1.0, 2.0, 3.0), -1),
        ("cx", (0, 1), (), -1),
    ]


def test_openqasm_3_keeps_the_names_of_single_bits_and_of_capitals() -> None:
    circuit = parse_circuit(
        "OPENQASM 3.0; qubit Alice; bit B; qubit[2] q; bit[2] R; qubit bob; B = measure bob;"
    )
    assert [(r.name, r.size) for r in circuit.qubit_registers] == [
        ("Alice", 1),
        ("q", 2),
        ("bob", 1),
    ]
    assert [(r.name, r.size) for r in circuit.clbit_registers] == [("B", 1), ("R", 2)]
    assert rows(circuit) == [("measure", (3,), (), 0)]


# gates that both standard files define
IN_BOTH = [
    "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "p", "rx", "ry", "rz", "u1", "u2", "u3",
    "cx", "cy", "cz", "ch", "cp", "crx", "cry", "crz", "cu", "swap", "ccx", "cswap",
]  # fmt: skip
# gates that Qiskit's qelib1.inc adds
IN_QISKITS = ["rzz", "rxx", "csx", "rccx", "cu1", "cu3", "u", "sxdg"]


def written(circuit: Circuit, *, version: int) -> str:
    """The circuit as a program, every angle with all its digits."""
    words = ("qreg {0}[{1}];", "creg {0}[{1}];", "measure {0} -> {1};", "qelib1.inc", "2.0")
    if version == 3:
        words = ("qubit[{1}] {0};", "bit[{1}] {0};", "{1} = measure {0};", "stdgates.inc", "3.0")
    lines = [f"OPENQASM {words[4]};", f'include "{words[3]}";']
    lines += [words[0].format(r.name, r.size) for r in circuit.qubit_registers]
    lines += [words[1].format(r.name, r.size) for r in circuit.clbit_registers]
    for op in circuit.ops:
        qubits = ", ".join(map(circuit.qubit_label, op.operands))
        if op.name == "measure":
            lines.append(words[2].format(qubits, circuit.clbit_label(op.clbit)))
            continue
        params = f"({', '.join(map(repr, op.params))})" if op.params else ""
        lines.append(f"{op.name}{params} {qubits};")
    return "\n".join(lines)


@given(circuits(IN_BOTH))
@settings(max_examples=40)
def test_openqasm_2_and_3_of_one_circuit_read_as_that_circuit_to_the_last_bit(
    circuit: Circuit,
) -> None:
    for version in (2, 3):
        back = parse_circuit(written(circuit, version=version), name=circuit.name)
        assert content_id(back) == content_id(circuit)


@given(circuits([*IN_BOTH, *IN_QISKITS]))
@settings(max_examples=25)
def test_openqasm_2_keeps_the_gates_that_qiskits_standard_file_adds(circuit: Circuit) -> None:
    back = parse_circuit(written(circuit, version=2), name=circuit.name)
    assert content_id(back) == content_id(circuit)


@pytest.mark.parametrize("name", [name for name in GATES if name != "id"])
def test_gates_that_qiskits_openqasm_3_export_defines_itself_are_recognised(name: str) -> None:
    params = (0.3, 0.5, 0.7, 0.9)[: GATES[name].params]
    operands = tuple(range(GATES[name].qubits))
    circuit = Circuit(
        name=name,
        qubit_registers=(Register(name="q", size=3),),
        clbit_registers=(),
        ops=OpTable.of([Op(name=name, operands=operands, params=params)]),
    )
    assert content_id(parse_circuit(qasm3.dumps(to_qiskit(circuit)), name=name)) == content_id(
        circuit
    )


def test_parameters_of_a_defined_gate_are_bound_by_their_order_used_or_not() -> None:
    # Qiskit's importer alone binds them by the alphabet and miscounts unused ones
    definition = (
        "gate inner(z, unused, y, a) x { rz(y) x; rx(z) x; ry(a - z/2) x; gphase(a); }"
        "gate outer(pi2, b, a) x { inner(a, b, pi2, 2*b) x; }"
    )
    circuit = parse_circuit(HEAD_3 + definition + "outer(1, 2, 4) q[0]; inner(8, 9, 7, 5) q[1];")
    assert rows(circuit) == [
        ("rz", (0,), (1.0,), -1),
        ("rx", (0,), (4.0,), -1),
        ("ry", (0,), (2.0,), -1),
        ("rz", (1,), (7.0,), -1),
        ("rx", (1,), (8.0,), -1),
        ("ry", (1,), (1.0,), -1),
    ]


def test_gate_modifiers_of_openqasm_3_mean_what_they_say() -> None:
    text = HEAD_3 + "qubit d; gate g(a) x { rz(a) x; gphase(0.2); }"
    circuit = parse_circuit(
        text + "ctrl @ g(0.3) q[0], q[1]; negctrl @ ctrl @ x d, q[1], q[0]; inv @ g(1e-7) d;"
        " pow(0.5) @ x q[1]; ctrl @ gphase(0.4) q[1]; ctrl(2) @ rz(1e-9) q[0], q[1], d;"
    )
    expected = QuantumCircuit(3)
    expected.crz(0.3, 0, 1)
    expected.p(0.2, 0)
    expected.append(CCXGate(ctrl_state=2), [2, 1, 0])
    expected.rz(-1e-7, 2)
    expected.append(XGate().power(0.5), [1])
    expected.p(0.4, 1)
    expected.append(RZGate(1e-9).control(2, annotated=False), [0, 1, 2])
    found = Operator(to_qiskit(circuit)).data
    assert phase_distance(found, Operator(expected).data) < 1e-12


def test_comments_blank_lines_crlf_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "some name.qasm"
    text = '\n// Grüße "x\n/* OPENQASM 4.0; */ OPENQASM 2.0;\n' + HEAD_2.split("\n", 1)[1]
    file.write_bytes(b"\xef\xbb\xbf" + (text + "x q[1]; // ü\n").replace("\n", "\r\n").encode())
    circuit = load_circuit(str(file))
    assert circuit.name == "some name"
    assert rows(circuit) == [("x", (1,), (), -1)]


def test_included_files_are_found_beside_the_file_that_includes_them(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "outer.inc").write_text('include "inner.inc";\ngate two a {one a; one a;}')
    (tmp_path / "lib" / "inner.inc").write_text("// half a turn\ngate one a {rx(pi/2) a;}\n")
    file = tmp_path / "main.qasm"
    file.write_text(HEAD_2 + 'include "lib/outer.inc"; two q[1];\nfoo q[0];')
    with pytest.raises(SpecError) as caught:
        load_circuit(str(file))
    assert (caught.value.file, caught.value.line) == (str(file), 6)
    file.write_text(HEAD_2 + 'include "lib/outer.inc"; two q[1];')
    assert [op.name for op in load_circuit(str(file)).ops] == ["rx", "rx"]
    (tmp_path / "lib" / "inner.inc").write_text("// half a turn\n\ngate one a {foo a;}\n")
    with pytest.raises(SpecError, match="'foo' is not defined") as caught:
        load_circuit(str(file))
    assert caught.value.file is not None
    assert Path(caught.value.file) == tmp_path / "lib" / "inner.inc"
    assert caught.value.line == 3
    (tmp_path / "lib" / "inner.inc").write_text('\n include "outer.inc";')
    with pytest.raises(SpecError, match="includes itself") as caught:
        load_circuit(str(file))
    assert caught.value.line == 2
    (tmp_path / "lib" / "inner.inc").unlink()
    with pytest.raises(SpecError, match="the included file does not exist"):
        load_circuit(str(file))


BAD_2 = {
    "if(c==1) x q[0];": "control flow (`if`)",
    "foo q[0];": "'foo' is not defined",
    "x q[7];": "index 7 is out-of-range",
    "cx q[0],q[0];": "duplicate qubits",
    "h(0.5) q[0];": "'h' takes 0 parameters, but got 1",
    "rz(1/0) q[0];": "divide by zero",
    "rz(1e999) q[0];": "must be finite",
    "opaque foo a; foo q[0];": "'foo' has no definition",
    "opaque bar a; gate foo a {bar a;} foo q[0];": "'bar' (inside 'foo') has no definition",
    "opaque delay(t) a; delay(3) q[0];": "timing (`delay`)",
    'include "missing.inc";': "the included file does not exist",
    "qreg r[99999999999];": "at most 1,000,000",
    "qreg q[2];": "already defined",
    "x q[0]": "unexpected end-of-file",
    "gate store a {x a;} store q[0];": "rename",
    "for i in [0:2] x q[0];": "is no valid OpenQASM 2",
    "qubit r;": "is no valid OpenQASM 2",
}
BAD_3 = {
    "if (c[0]) { x q[0]; }": "control flow (`if`)",
    "for int i in [0:2] { x q[0]; }": "control flow (`for`)",
    "while (c[0]) { x q[0]; }": "control flow (`while`)",
    "switch (c) { case 0 { x q[0]; } }": "control flow (`switch`)",
    "gate g a { for int i in [0:2] { x a; } }": "control flow (`for`)",
    "end;": "control flow (`end`)",
    "delay[100ns] q[0];": "timing (`delay`)",
    "box { x q[0]; }": "timing (`box`)",
    "stretch a;": "classical variable 'a' (stretch)",
    "duration d = 3ns;": "classical variable 'd' (duration)",
    "int i = 3;": "classical variable 'i' (int)",
    "const float a = 1.5;": "classical constant (`const`)",
    "c[0] = 1;": "classical computation (assignment)",
    "def f() {}": "a subroutine (`def`)",
    "extern f(int) -> int;": "a classical function (`extern`)",
    "input float theta;": "the input parameter 'theta'",
    "output bit o;": "the output parameter 'o'",
    "defcal x q {}": "pulses (`defcal`)",
    'defcalgrammar "openpulse";': "pulses (`defcalgrammar`)",
    "cal {}": "pulses (`cal`)",
    "pragma keep": "`pragma`",
    "{ x q[0]; }": "a block of its own",
    "measure q[0];": "a measurement without a target",
    "x $0;": "the physical qubit $0",
    "c[0] = measure $1;": "the physical qubit $1",
    'include "other.inc";': "include 'other.inc'",
    "foo q[0];": "'foo' is not defined",
    "x q[7];": "out of range",
    "cx q[0], q[0];": "duplicate",
    "rz q[0];": "parameters of the gate 'rz' is 1, not 0",
    "h(1) q[0];": "parameters of the gate 'h' is 0, not 1",
    "gate g(a, b) x { rz(a) x; } g(1) q[0];": "parameters of the gate 'g' is 2, not 1",
    "gate g(a) x { rz(a, a) x; }": "parameters of the gate 'rz' is 1, not 2",
    "cx q[0];": "is no OpenQASM 3 that can be read",
    "rz(1/0) q[0];": "by zero",
    "rz(1e999) q[0];": "must be finite",
    "rz(sin(0.3)) q[0];": "FunctionCall",
    "qubit[99999999999] r;": "at most 1,000,000",
    "qubit[2] q;": "already exists",
    "x q[0]": "the end of the file is not expected here",
    "x q[0;": "';' is not expected here",
    "break;": "outside loop",
    '"': "token recognition error",
}


@pytest.mark.parametrize(("statement", "rule"), BAD_2.items())
def test_bad_openqasm_2_is_refused_with_its_line(statement: str, rule: str) -> None:
    error = refused(FIVE_LINES + "\n" + statement)
    assert rule in error.rule
    assert error.line == 7
    assert error.value is not None
    assert "\n" not in str(error)


@pytest.mark.parametrize(("statement", "rule"), BAD_3.items())
def test_bad_openqasm_3_is_refused_with_its_line(statement: str, rule: str, capfd) -> None:
    error = refused(HEAD_3 + "h q[0];\n\n" + statement)
    assert rule in error.rule
    assert error.line == 7
    assert error.value == statement
    assert "\n" not in str(error)
    assert capfd.readouterr() == ("", "")


BAD_TEXT = {
    "": ("is empty", None),
    " \n\n": ("is empty", None),
    "// only\n/* words */": ("nothing but comments", None),
    "\n\nmachines: {}": ("must begin with `OPENQASM 2.0;`", 3),
    "qreg q[2];": ("must begin with", 1),
    "OPENQASM 2.0;\nx\0y": ("is a binary file", 2),
    "\nOPENQASM 4.0;\nqubit q;": ("unsupported version", 2),
    "OPENQASM 2.1;": ("unsupported version", 1),
    "OPENQASM three;": ("unsupported version", 1),
    "OPENQASM 2.0": ("end-of-file", 1),
    "OPENQASM 3.0": ("not expected here", 1),
    "OPENQASM 2.0;": ("no qubits", None),
    "OPENQASM 3.0;\nbit c;": ("no qubits", None),
    'OPENQASM 3.0;\ninclude "stdgates.inc"; qubit q; rx(' + "(" * 900 + "1" + ")" * 900 + ") q;": (
        "nested too deeply",
        None,
    ),
}


@pytest.mark.parametrize("text", BAD_TEXT)
def test_text_that_is_no_program_is_refused(text: str) -> None:
    rule, line = BAD_TEXT[text]
    error = refused(text)
    assert rule in error.rule
    assert error.line == line


def test_files_that_cannot_be_read_as_text_are_refused_by_name(tmp_path: Path) -> None:
    binary = tmp_path / "image.qasm"
    binary.write_bytes(b"OPENQASM 2.0;\n\x89PNG\r\n")
    for path, rule, line in (
        (binary, "is not UTF-8 text", 2),
        (tmp_path, "is a folder", None),
        (tmp_path / "missing.qasm", "does not exist", None),
        (binary / "below.qasm", "cannot be read", None),
    ):
        with pytest.raises(SpecError, match=rule) as caught:
            load_circuit(str(path))
        assert (caught.value.file, caught.value.line) == (str(path), line)


@given(st.text(max_size=60) | st.text("OPENQASM 23.0;qregx[]{}()\"/*\n,'", max_size=60))
@settings(max_examples=100)
def test_arbitrary_text_ends_as_a_circuit_or_as_a_clear_error(text: str) -> None:
    for head in ("", HEAD_2, HEAD_3):
        try:
            circuit = parse_circuit(head + text)
        except SpecError as error:
            seen = str(error)
        else:
            seen = circuit.name
        assert seen


def test_the_line_of_a_late_mistake_is_found_after_broadcasts_and_inside_statements() -> None:
    text = HEAD_2 + "opaque foo a;\n" + "h q;\n" * 50 + "x q[0]; foo\n  q[1]; h q[0];\n" + "h q;\n"
    assert refused(text).line == 4 + 1 + 50 + 1


@given(st.integers(1, 60), st.data())
def test_the_first_failure_is_found_from_any_guess(count: int, data) -> None:
    first = data.draw(st.integers(1, count))
    guess = data.draw(st.integers(-3, 70))
    assert first_failing(count, lambda n: n >= first, guess=guess) == first


def test_statements_end_at_semicolons_and_braces_outside_of_braces() -> None:
    text = 'include "a;b";\n gate g a {x a; y a;} x q; tail'
    found = [text[start:stop] for start, stop in statements(text)]
    assert found == ['include "a;b";', "gate g a {x a; y a;}", "x q;", "tail"]


def test_blanking_comments_keeps_every_line_and_column() -> None:
    text = 'a // "b\n/* c\n */ d "// e" f'
    assert without_comments(text) == 'a      \n    \n    d "// e" f'


def test_the_example_needs_three_machines_and_is_a_ghz_state(checkout: Path) -> None:
    circuit = load_circuit(str(checkout / "examples" / "ghz.qasm"))
    assert circuit.num_qubits == circuit.num_clbits == 30
    assert [op.operands for op in circuit.ops if op.name == "cx"] == [(i, i + 1) for i in range(29)]
    assert content_id(from_qiskit(to_qiskit(circuit))) == content_id(circuit)


def doubling(levels: int, first: str, call: str) -> str:
    """Gates g0, g1, ... each of which uses the one before twice."""
    lines = [first]
    lines += [f"gate g{i}{call} a,b {{g{i - 1}{call} a,b; g{i - 1}{call} b,a;}}"
              for i in range(1, levels)]  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "line", "count"),
    [
        (HEAD_2 + doubling(40, "gate g0 a,b {cx a,b;}", "") + "g39 q[0],q[1];", 45, 2**39),
        (HEAD_2 + doubling(40, "gate g0(t) a,b {crz(t) a,b;}", "(t)") + "g39(1) q[0],q[1];",
         45, 2**39),
        (HEAD_3 + doubling(40, "gate g0 a,b {cx a,b;}", "") + "g39 q[0],q[1];", 45, 2**39),
        (HEAD_3 + doubling(40, "gate g0(t) a,b {crz(t) a,b;}", "(t)") + "g39(1) q[0],q[1];",
         45, 2**39),
        (HEAD_2 + doubling(24, "gate g0 a,b {cx a,b;}", "") + "g23 q[0],q[1];\ng23 q[0],q[1];",
         30, 2**23),
    ],
)  # fmt: skip
def test_definitions_that_double_are_counted_and_refused_before_they_unfold(
    text: str, line: int, count: int
) -> None:
    error = refused(text)
    assert error.line == line
    assert f"expands to {count:,} operations" in error.rule
    assert "at most 10,000,000" in error.rule


@given(st.lists(st.integers(0, 3), min_size=1, max_size=6))
@settings(deadline=None, max_examples=25)
def test_the_count_is_the_number_of_operations(repeats: list[int]) -> None:
    lines = ["gate g0 a {x a;}"]
    for i, times in enumerate(repeats):
        lines.append(f"gate g{i + 1} a {{y a; {f'g{i} a; ' * times}}}")
    text = HEAD_2 + "\n".join(lines) + f"\ng{len(repeats)} q[0];"
    (instruction,) = qasm2.loads(text).data
    assert Sizes().of(instruction) == len(parse_circuit(text).ops)


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.inc", "lib/../../x.inc", "C:/x.inc"])
@pytest.mark.parametrize("head", [HEAD_2, HEAD_3])
def test_only_files_beside_or_below_the_circuit_are_included(head: str, path: str) -> None:
    error = refused(f'{head}\ninclude "{path}";')
    assert error.line == 6
    assert "only" in error.rule


def test_the_content_of_an_included_file_that_is_no_openqasm_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "secret.inc").write_text("root:x:0:0:root:/root:/bin/secret\n")
    (tmp_path / "main.qasm").write_text(HEAD_2 + 'include "secret.inc";')
    with pytest.raises(SpecError) as caught:
        load_circuit(str(tmp_path / "main.qasm"))
    assert caught.value.file == str(tmp_path / "secret.inc")
    assert caught.value.line == 1
    assert "/bin" not in str(caught.value)
    assert "0:0" not in str(caught.value)


@pytest.mark.parametrize(("name", "is_standard"), [("h", True), ("cphase", True), ("hh", False)])
def test_a_standard_gate_without_its_include_is_told_what_to_add(name, is_standard) -> None:
    with pytest.raises(SpecError, match=f"gate '{name}' is not defined") as caught:
        parse_circuit(f"OPENQASM 3.0;\nqubit[2] q;\n{name} q[0];\n")
    assert ('add `include "stdgates.inc";`' in str(caught.value)) == is_standard


def test_openqasm_2_that_lacks_its_include_is_told_what_to_add() -> None:
    with pytest.raises(SpecError, match=r'before definition: add `include "qelib1.inc";`') as found:
        parse_circuit("OPENQASM 2.0;\nqreg q[2];\nh q[0];\n")
    assert found.value.line == 3
