"""A file of another kind than the one that is needed is recognised and told where it belongs."""

from __future__ import annotations

import json

import pytest

from interlace.network import load_network

NETWORK = """\
interlace: 1
machines:
  isar: {device: "ideal:2", communication_qubits: 1}
  pegnitz: {device: "ideal:2", communication_qubits: 1}
links:
  isar--pegnitz: {rate: 1 kHz, fidelity: 0.7}
"""
CIRCUIT = "OPENQASM 3.0;\nqubit[2] q;\nU(0, 0, 0) q[0];\n"
GRAPHML = "<?xml version='1.0'?>\n<graphml><graph><node id='a'/></graph></graphml>\n"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """One file of each kind."""
    folder = tmp_path_factory.mktemp("kinds")
    written = {
        "net.yaml": NETWORK,
        "c.qasm": CIRCUIT,
        "c.stim": "h 0\n",
        "device.yaml": "qubits: 3\ncoupling: all\n",
        "device.json": '{"qubits": 3}',
        "graph.graphml": GRAPHML,
        "graph.json": '{"nodes": [{"id": 1}], "links": []}',
        "entries.json": "[1, 2]",
        "broken-plan.json": '{\n  "interlace_plan": 1,\n',
        "page.html": "\n<!-- saved -->\n<!DOCTYPE HTML>\n<html><body>OPENQASM</body></html>\n",
        "page.qasm": "<html lang='en'></html>\n",
        "empty-net.json": '{"interlace": 1}',
        "empty-net.yaml": "interlace: 1\n",
        "report.json": json.dumps({"circuit": {}, "network": {}, "backend": "stim", "shots": 1}),
        "shown.json": json.dumps({"content_id": "", "network": {}, "nodes": [], "links": []}),
        "plan.json": json.dumps({"interlace_plan": 1, "content_id": "", "circuit": {}}),
    }
    for name, text in written.items():
        (folder / name).write_text(text)
    return folder


PLAN = "is a plan, and {} is needed here: `interlace run PLAN` carries it out"
DEVICE = "is a device file, and {} is needed here: `interlace network new SHAPE N --device FILE`"
GRAPH = "is a graph, and {} is needed here: `interlace network import FILE -o NET`"
NET = "is a network file, and {} is needed here: "
QASM = "is a circuit, and {} is needed here: `interlace run CIRCUIT --network NET` runs it"
REPORT = "is the report of a run, and {} is needed here: give the circuit or the plan"
NEW = ("network", "new", "line", "2", "--communication-qubits", "1", "-o", "-", "--device")
IMPORT = ("network", "import", "-o", "-")
PAGE = "is an HTML page, and {} is needed here: give the file itself"
CASES = [
    (("distribute", "page.html", "--network", "net.yaml"), PAGE, "a circuit"),
    (("run", "page.qasm", "--network", "net.yaml"), PAGE, "a circuit"),
    (("network", "check", "page.html"), PAGE, "a network file"),
    (("distribute", "empty-net.json", "--network", "net.yaml"), NET + "it goes", "a circuit"),
    (("run", "empty-net.json"), NET + "it goes behind --network", "a circuit or a plan"),
    (("distribute", "empty-net.yaml", "--network", "net.yaml"), NET + "it goes", "a circuit"),
    (("distribute", "plan.json", "--network", "net.yaml"), PLAN, "a circuit"),
    (("distribute", "broken-plan.json", "--network", "net.yaml"), PLAN, "a circuit"),
    (("distribute", "report.json", "--network", "net.yaml"), REPORT, "a circuit"),
    (("distribute", "net.yaml", "--network", "net.yaml"), NET + "it goes behind", "a circuit"),
    (("distribute", "device.yaml", "--network", "net.yaml"), DEVICE, "a circuit"),
    (("distribute", "c.qasm", "--network", "c.qasm"), QASM, "a network file"),
    (("distribute", "c.qasm", "--network", "c.stim"), QASM, "a network file"),
    (("distribute", "c.qasm", "--network", "plan.json"), PLAN, "a network file"),
    (("distribute", "c.qasm", "--network", "net.yaml", "--assign", "net.yaml"),
     NET + "it goes behind --network", "an assignment {machine: [qubit, ...]}"),
    (("run", "net.yaml"), NET + "it goes behind --network", "a circuit or a plan"),
    (("run", "net.yaml", "--network", "net.yaml"), NET + "it goes behind --network", "a circuit"),
    (("run", "report.json"), REPORT, "a circuit or a plan"),
    (("run", "graph.json", "--network", "net.yaml"), GRAPH, "a circuit or a plan"),
    (("run", "device.json"), DEVICE, "a circuit or a plan"),
    (("network", "check", "device.yaml"), DEVICE, "a network file"),
    (("network", "show", "device.json"), DEVICE, "a network file"),
    (("network", "check", "plan.json"), PLAN, "a network file"),
    (("network", "check", "shown.json"),
     "is what `interlace network show --json` wrote, and {} is needed here", "a network file"),
    (("network", "check", "graph.graphml"), GRAPH, "a network file"),
    (("network", "check", "graph.json"), GRAPH, "a network file"),
    (("network", "check", "c.qasm"), QASM, "a network file"),
    ((*NEW, "net.yaml"), NET + "a device file has `qubits`", "a device file"),
    ((*NEW, "c.qasm"), QASM, "a device file"),
    ((*IMPORT, "net.yaml"), NET + "it needs no import", "a graph (GraphML or node-link JSON)"),
    ((*IMPORT, "device.json"), DEVICE, "a graph (GraphML or node-link JSON)"),
    ((*IMPORT, "plan.json"), PLAN, "a graph (GraphML or node-link JSON)"),
    ((*IMPORT, "graph.json", "--device", "net.yaml"), NET + "a device", "a device file"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "words", "needed"), CASES, ids=str)
def test_a_file_of_another_kind_is_told_where_it_belongs(
    files, monkeypatch, quick_command, arguments, words, needed
) -> None:
    monkeypatch.chdir(files)
    done = quick_command(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert words.format(needed) in done.stderr


def test_what_comes_in_on_stdin_is_recognised_too(command) -> None:
    done = command("network", "check", "-", input="qubits: 3\n")
    assert done.stderr.startswith("interlace: error: <stdin>: is a device file, and a network file")
    done = command("run", "-", input=NETWORK)
    assert "<stdin>: is a network file, and a circuit or a plan is needed here" in done.stderr


@pytest.mark.parametrize(
    ("name", "text", "arguments", "words"),
    [
        ("c.qasm", CIRCUIT.replace("U(", "W("), ("run", "c.qasm", "--network", "net.yaml"), ":3: "),
        ("c.qasm", "", ("run", "c.qasm", "--network", "net.yaml"), "is empty"),
        ("net.yaml", NETWORK + "  a--b: {}\n", ("network", "check", "net.yaml"), ":7: links.a--b"),
        ("net.yaml", NETWORK[13:], ("network", "check", "net.yaml"), "`interlace: 1`"),
        ("d.yaml", "qubits: 0\n", (*NEW, "d.yaml"), "d.yaml:1: qubits: must be between"),
        ("g.json", '{"nodes": 3, "links": []}', (*IMPORT, "g.json"), "g.json:1: nodes"),
        ("p.json", '{"interlace_plan": 1}', ("run", "p.json"), "is not a plan.json of this"),
    ],
    ids=str,
)
def test_a_file_of_the_right_kind_keeps_its_own_error(
    tmp_path, monkeypatch, quick_command, name, text, arguments, words
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / name).write_text(text)
    done = quick_command(*arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "is needed here" not in done.stderr


def test_the_files_of_these_tests_are_what_they_are_called(files) -> None:
    assert len(load_network(files / "net.yaml").machines) == 2
