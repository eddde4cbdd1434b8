"""`interlace distribute` from the outside: what it writes, and what it says to bad input."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NETWORK = """\
interlace: 1
machines:
  isar: {device: "ideal:3", communication_qubits: 1}
  pegnitz: {device: "ideal:3", communication_qubits: 1}
links:
  isar--pegnitz: {rate: 1 kHz, fidelity: 0.9}
"""
CIRCUIT = """\
OPENQASM 2.0;
include "qelib1.inc";
qreg q[3];
creg c[3];
h q[0];
cx q[0], q[1];
t q[1];
cx q[1], q[2];
measure q -> c;
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a circuit and a network."""
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "c.qasm").write_text(CIRCUIT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_everything_is_written_and_the_table_is_on_stdout(here, command) -> None:
    done = command(
        "distribute", "c.qasm", "--network", "net.yaml",
        "-o", "plan.json", "--qasm", "joint.qasm", "--json", "short.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "ebits" in done.stdout
    plan, short = (json.loads((here / n).read_text()) for n in ("plan.json", "short.json"))
    assert plan["ebits"]["total"] == sum(plan["ebits"]["by_link"].values()) > 0
    assert {"compile_s", "check", "placement", "schedule"} <= plan.keys()
    assert "schedule" not in short
    assert short["content_id"] == plan["content_id"]
    joint = (here / "joint.qasm").read_text()
    calls = [line for line in joint.splitlines() if line.lstrip().startswith("ebit ")]
    assert len(calls) == plan["ebits"]["total"]


def test_a_document_on_stdout_stands_alone(here, command) -> None:
    done = command("distribute", "c.qasm", "--network", "net.yaml", "--json", "-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["interlace_plan"] == 1
    assert "ebits" in done.stderr


def test_an_assignment_is_kept(here, command) -> None:
    (here / "assign.yaml").write_text("isar: [q[0]]\n".replace("[q[0]]", "['q[0]', 2]"))
    done = command(
        "distribute", "c.qasm", "--network", "net.yaml", "--assign", "assign.yaml", "--json", "-"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["machines"] == {"isar": ["q[0]", "q[2]"], "pegnitz": ["q[1]"]}


def test_the_same_seed_gives_the_same_plan(here, command) -> None:
    outputs = [
        json.loads(
            command(
                "distribute", "c.qasm", "--network", "net.yaml", "--seed", "5", "--json", "-"
            ).stdout
        )
        for _ in range(2)
    ]
    for output in outputs:
        del output["compile_s"]
    assert outputs[0] == outputs[1]


BAD = [
    (("c.qasm",), "--network"),
    (("nope.qasm", "--network", "net.yaml"), "nope.qasm"),
    (("c.qasm", "--network", "nope.yaml"), "nope.yaml"),
    (("c.qasm", "--network", "net.yaml", "-o", "no/plan.json"), "no"),
    *(
        (("c.qasm", "--network", "net.yaml", "--min-fidelity", text),
         f"--min-fidelity: must be a number above 0 and at most 1 (got {seen})")
        for text, seen in (
            ("nan", "'nan'"), ("x", "'x'"), ("1.5", "1.5"), ("0", "0.0"), ("150%", "'150%'"),
            ("0 %", "'0 %'"),
        )
    ),
    *(
        (("c.qasm", "--network", "net.yaml", "--min-fidelity", text),
         "c.qasm on net.yaml: no path between isar and pegnitz reaches fidelity 0.95")
        for text in ("0.95", "95%", "95 %")
    ),
    (("c.qasm", "--network", "net.yaml", "--min-fidelity", "x%"), "--min-fidelity: must be"),
    (("c.qasm", "--network", "net.yaml", "--seed", "-1"), "--seed: must be a whole number"),
    (("c.qasm", "--network", "net.yaml", "--seed", "x"), "--seed: must be a whole number"),
    (("c.qasm", "--network", "net.yaml", "-o", ""), "-o: is empty"),
    (("c.qasm", "--network", "net.yaml", "--qasm", ""), "--qasm: is empty"),
    (("c.qasm", "--network", "net.yaml", "--assign", ""), "--assign: is empty"),
    (("", "--network", "net.yaml"), "CIRCUIT: is empty"),
    (("c.qasm", "--network", "net.yaml", "--assign", "nope.yaml"), "nope.yaml"),
    (("c.qasm", "--network", "net.yaml", "-o", "c.qasm"), "c.qasm"),
    (("c.qasm", "--network", "net.yaml", "--qasm", "-", "--json", "-"), "twice"),
    (("c.qasm", "--network", "net.yaml", "--jsno", "-"), "--json"),
    (("net.yaml", "--network", "net.yaml"), "net.yaml"),
    (("c.qasm", "--network", "c.qasm"), "c.qasm"),
    ((".", "--network", "net.yaml"), "."),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=str)
def test_bad_input_is_a_clear_error_and_exit_2(here, quick_command, arguments, words) -> None:
    before = sorted(path.name for path in here.iterdir())
    done = quick_command("distribute", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("interlace: error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in here.iterdir()) == before
    assert (here / "c.qasm").read_text() == CIRCUIT


def test_a_circuit_with_too_many_qubits_names_the_capacity(here, command) -> None:
    (here / "c.qasm").write_text(CIRCUIT.replace("q[3]", "q[5]").replace("c[3]", "c[5]"))
    done = command("distribute", "c.qasm", "--network", "net.yaml")
    assert done.returncode == 2
    assert "c.qasm on net.yaml: the circuit has 5 qubits" in done.stderr
    assert "4" in done.stderr


def test_an_assignment_that_a_machine_cannot_hold_names_file_and_line(here, quick_command) -> None:
    (here / "assign.yaml").write_text("pegnitz: [0]\nisar: [1, 2]\n")
    (here / "net.yaml").write_text(NETWORK.replace("ideal:3", "ideal:2", 1))
    done = quick_command("distribute", "c.qasm", "--network", "net.yaml", "--assign", "assign.yaml")
    assert done.returncode == 2
    assert done.stderr.startswith(
        "interlace: error: assign.yaml:2: the assignment puts 2 qubits on isar, "
        "which has 1 data qubit:"
    )


def test_control_flow_is_named_by_line(here, command) -> None:
    (here / "c.qasm").write_text(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nbit c;\nc = measure q[0];\n'
        "if (c) {\n  x q[1];\n}\n"
    )
    done = command("distribute", "c.qasm", "--network", "net.yaml")
    assert done.returncode == 2
    assert "c.qasm:6" in done.stderr


def test_a_circuit_comes_from_stdin(here) -> None:
    done = subprocess.run(
        [
            sys.executable, "-m", "interlace", "distribute", "-", "--network", "net.yaml",
            "--json", "-",
        ],
        input=CIRCUIT,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["circuit"]["qubit_registers"] == [{"name": "q", "size": 3}]
