"""`interlace network import` as a user types it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from interlace.network import load_network, parse_network

NSFNET = str(Path(__file__).parents[2] / "examples" / "data" / "topologies" / "Nsfnet.graphml")
LINE = {
    "graph": {"name": "line_3"},
    "nodes": [{"id": f"m{i}", "data_qubits": 4, "communication_qubits": None} for i in range(3)],
    "links": [{"source": "m0", "target": "m1"}, {"source": "m1", "target": "m2"}],
}
GHZ = 'OPENQASM 2.0; include "qelib1.inc"; qreg q[8]; creg c[8]; h q[0];' + "".join(
    f"cx q[{i}],q[{i + 1}];" for i in range(7)
)


def interlace(*arguments: str, folder=None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from interlace.cli import main; sys.exit(main())"]
    return subprocess.run(
        [*command, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=120,
    )


@pytest.fixture
def line(tmp_path):
    file = tmp_path / "line_3.json"
    file.write_text(json.dumps(LINE))
    return str(file)


def test_a_map_becomes_a_network_file_that_says_what_was_assumed(tmp_path) -> None:
    out = str(tmp_path / "nsfnet.yaml")
    done = interlace("network", "import", NSFNET, "-o", out)
    assert (done.returncode, done.stdout) == (0, "")
    assert "assumed: every node is a machine" in done.stderr
    assert done.stderr.endswith("Nsfnet: 13 machines, 208 data qubits, 15 links\n")
    assert "# - every node is a machine" in Path(out).read_text()
    assert interlace("network", "check", out).returncode == 0


def test_machines_repeaters_and_hardware(tmp_path) -> None:
    done = interlace(
        "network", "import", NSFNET, "--machines-at", "Ithaca,Pittsburgh,Houston",
        "--device", "ideal:6", "--communication-qubits", "2", "--repeater-every", "80km",
        "--transducer", "efficiency=50%,bandwidth=1MHz,added_noise=0.001", "--detour", "1.2",
        "--loss", "0.17dB/km", "-o", "-",
    )  # fmt: skip
    network = parse_network(done.stdout)
    assert len(network.machines) == 3
    assert [len(machine.data) for machine in network.machines] == [4, 4, 4]
    assert max(link.length_m for link in network.links) <= 80e3
    assert {link.source.scheme for link in network.links} == {"double-click"}
    assert "loss: 0.17 dB/km" in done.stdout
    assert "times a detour of 1.2" in done.stderr


def test_a_circuit_runs_on_an_imported_line(line: str, tmp_path) -> None:
    (tmp_path / "ghz.qasm").write_text(GHZ)
    done = interlace("network", "import", line, "-o", "line.yaml", folder=tmp_path)
    assert done.returncode == 0
    assert load_network(str(tmp_path / "line.yaml")).name == "line_3"
    done = interlace("distribute", "ghz.qasm", "--network", "line.yaml", "--json", "plan.json",
                     folder=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_device_file_is_written_into_the_network(line: str, tmp_path) -> None:
    (tmp_path / "chip.yaml").write_text("qubits: 3\ncoupling: [[0, 1], [1, 2]]\nt1: 1 ms\n")
    done = interlace("network", "import", line, "--device", "chip.yaml", "-o", "-", folder=tmp_path)
    network = parse_network(done.stdout)  # no folder: nothing is looked for beside it
    assert [len(machine.communication or ()) for machine in network.machines] == [2, 2, 2]
    assert "every machine: 2 communication qubits" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--machines-at", "m0,m7"], "--machines-at: names no node: known: "),
        (["--device", "nowhere.yaml"], "no such file"),
        (["--device", "ideal:x"], "--device: "),
        (["--communication-qubits", "some"], "--communication-qubits: must be a number"),
        (
            ["--repeater-every", "80"],
            "--repeater-every: needs a unit, as every quantity of an import does: 80km",
        ),
        (["--repeater-every", "80km"], "--repeater-every: needs lengths"),
        (["--length", "-1km"], "--length: must be between 0"),
        (["--loss", "0.2"], "--loss: needs a unit, as every quantity of an import does: 0.2dB/km"),
        (["--detour", "far"], "--detour: must be a number"),
        (["--length-unit", "miles"], "--length-unit: must be one of km, m"),
        (["--component", "small"], "--component: must be largest"),
        (["--link", "rate=1kHz"], "needs the key 'fidelity'"),
        (["--transducer", "nonsense"], "--transducer: "),
        (["--scheme", "single-click"], "--scheme: is of chains of hardware: give it with --tran"),
        (["--scheme", "double-click", "--link", "rate=1kHz,fidelity=0.9"], "--scheme: "),
    ],
)
def test_a_wrong_wish_is_one_line_and_leaves_no_file(arguments, words, line, tmp_path) -> None:
    wishes = [*arguments, "--length", "30km"] if "--transducer" in arguments else arguments
    done = interlace("network", "import", line, *wishes, "-o", "net.yaml", folder=tmp_path)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "net.yaml").exists()


@pytest.mark.parametrize("content", ["<graphml>\n<graph>", '{"nodes": [', "", "\x00\x01"])
def test_a_broken_file_is_one_line_with_file_and_line(content: str, tmp_path) -> None:
    (tmp_path / "bad.graphml").write_text(content)
    done = interlace("network", "import", "bad.graphml", "-o", "net.yaml", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("interlace: error: bad.graphml:")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "net.yaml").exists()


def test_the_graph_is_not_replaced_by_the_network(line: str) -> None:
    before = Path(line).read_text()
    assert interlace("network", "import", line, "-o", line).returncode == 2
    assert Path(line).read_text() == before


def test_show_writes_a_page(line: str, tmp_path) -> None:
    interlace("network", "import", line, "-o", "line.yaml", folder=tmp_path)
    done = interlace("network", "show", "line.yaml", "--html", "map.html", folder=tmp_path)
    assert done.returncode == 0
    assert (tmp_path / "map.html").read_text().startswith("<!DOCTYPE html>")
    assert "m0--m1" in done.stdout
