"""`interlace network` as a user types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from interlace.network import load_network, network_from_document, parse_network

NET = """\
interlace: 1
name: pair
machines:
  a: {device: ideal:4, communication_qubits: 1}
  b: {device: ideal:6, communication_qubits: unlimited}
links:
  a--b: {rate: 1 kHz, fidelity: 0.9, length: 20 km}
"""


def interlace(*arguments: str, text: str = "", folder=None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "import sys; from interlace.cli import main; sys.exit(main())"]
    return subprocess.run(
        [*command, "network", *arguments],
        input=text,
        capture_output=True,
        text=True,
        cwd=folder,
        check=False,
        timeout=120,
    )


@pytest.fixture
def net(tmp_path):
    file = tmp_path / "net.yaml"
    file.write_text(NET)
    return str(file)


def test_check_says_what_it_found(net: str) -> None:
    done = interlace("check", net)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "pair: 2 machines, 9 data qubits, 1 link\n"


def test_check_reads_stdin() -> None:
    assert interlace("check", "-", text=NET).stdout.startswith("pair:")


def test_a_mistake_is_one_line_on_stderr_and_exit_code_2(net: str) -> None:
    with open(net, "a") as file:
        file.write("  a--c: {rate: 1 kHz, fidelity: 0.9}\n")
    done = interlace("check", net)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"interlace: error: {net}:8: links.a--c: 'c' is no machine or repeater: known: a, b\n"
    )


def test_a_link_outside_its_model_is_refused_by_check_already(net: str) -> None:
    with open(net, "a") as file:
        file.write("  # dark counts fill every window\nrepeaters: {r: {}}\n")
    text = NET.replace(
        "{rate: 1 kHz, fidelity: 0.9, length: 20 km}",
        "{scheme: double-click, chain: [{transducer: &t {efficiency: 1, bandwidth: 1 Hz}}, "
        "{bsm: {dark_counts: 1 GHz}}, {transducer: *t}]}",
    )
    done = interlace("check", "-", text=text)
    assert done.returncode == 2
    assert done.stderr.startswith("interlace: error: <stdin>:7: link a--b: ")
    assert "Traceback" not in done.stderr
    with open(net, "w") as file:
        file.write("# one line more\n" + text)
    for command in ("check", "show"):
        done = interlace(command, net)
        assert done.returncode == 2
        assert done.stderr.startswith(f"interlace: error: {net}:8: link a--b: ")
        assert done.stderr.count("\n") == 1


def test_show_aligns_machines_and_links(net: str) -> None:
    done = interlace("show", net)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert "unlimited" in next(line for line in lines if line.startswith("b "))
    link = next(line for line in lines if line.startswith("a--b  "))
    assert [word in link for word in ("stream", "20 km", "1 kHz", "0.9000", "100 us")] == [True] * 5


def test_show_calls_no_link_perfect_that_is_not(tmp_path) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(NET.replace("fidelity: 0.9,", "fidelity: 0.9999987,"))
    assert "  0.9999987  " in interlace("show", str(file)).stdout


def test_a_link_without_hardware_shows_no_herald(net: str) -> None:
    done = interlace("show", net, "--json", "-")
    row = next(line for line in done.stderr.splitlines() if line.startswith("a--b  "))
    assert row.split()[-8:] == ["-", "100", "us", "any,", "by", "an", "ideal", "switch"]
    assert "herald -: without hardware a pair is there" in done.stderr
    assert json.loads(done.stdout)["links"][0]["herald_delay_s"] == 0.0


def test_show_json_on_stdout_leaves_the_table_to_stderr(net: str) -> None:
    done = interlace("show", net, "--json", "-")
    document = json.loads(done.stdout)
    assert network_from_document(document["network"]) == load_network(net)
    assert document["links"][0]["rate_hz"] == 1000.0
    assert "a--b" in done.stderr


def test_show_does_not_write_over_its_input(net: str) -> None:
    done = interlace("show", net, "--json", net)
    assert done.returncode == 2
    assert parse_network(NET) == load_network(net)


def test_schema_is_json_on_stdout() -> None:
    assert json.loads(interlace("schema").stdout)["$schema"].endswith("2020-12/schema")


def test_new_writes_a_network_and_says_its_default_link(tmp_path) -> None:
    out = tmp_path / "ring.yaml"
    done = interlace(
        "new", "ring", "4", "--device", "ideal:8", "--communication-qubits", "2", "-o", str(out)
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert "rate=1kHz,fidelity=0.98" in done.stderr
    network = load_network(str(out))
    assert [link.name for link in network.links] == ["m0--m1", "m1--m2", "m2--m3", "m0--m3"]


def test_new_takes_a_device_file_and_a_link_and_writes_to_stdout(tmp_path) -> None:
    (tmp_path / "chip.yaml").write_text("qubits: 3\ncoupling: [[0, 1], [1, 2]]\nt1: 1 ms\n")
    done = interlace(
        "new", "grid", "2x2", "--device", "chip.yaml", "--communication-qubits", "1",
        "--link", "rate=5 Hz,fidelity=0.7", "-o", "-", folder=tmp_path,
    )  # fmt: skip
    network = parse_network(done.stdout)
    assert network.machines[3].communication == (2,)
    assert network.links[0].source.rate_hz == 5.0
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"device": "nowhere.yaml"}, "--device: must be `ideal:N`"),
        ({"device": "nowhere.yaml"}, "there is no such file"),
        ({"device": "ideal:0"}, "--device: must be `ideal:N`, N perfect qubits"),
        ({"device": ""}, "--device: must be `ideal:N`"),
        ({"device": "."}, "--device: is a folder"),
        ({"link": "rate=-1,fidelity=0.9"}, "--link rate: must be above 0"),
        ({"link": "fast"}, "--link: needs keys and values"),
        ({"size": "100000000"}, "N: a line needs between 1 and 100000 machines"),
        ({"shape": "grid", "size": "9" * 20 + "x2"}, "N: a grid needs between 1 and 100000"),
        ({"out": ""}, "-o: is empty"),
        ({"communication": "some"}, "--communication-qubits: must be a number"),
        ({"communication": "9"}, "--communication-qubits: must be between 0 and the 8 qubits"),
        ({"shape": "lin"}, "did you mean 'line'?"),
        ({"size": "x"}, "a number of machines"),
        ({"out": "no/such/folder/net.yaml"}, "does not exist"),
    ],
)
def test_a_wrong_wish_leaves_no_file(changes, words: str, tmp_path) -> None:
    wish = {
        "shape": "line", "size": "3", "device": "ideal:8", "communication": "2", "out": "net.yaml",
        "link": "rate=1kHz,fidelity=0.98",
    } | changes  # fmt: skip
    done = interlace(
        "new", wish["shape"], wish["size"], "--device", wish["device"],
        "--communication-qubits", wish["communication"], "--link", wish["link"],
        "-o", wish["out"], folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == []
