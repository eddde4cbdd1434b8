"""`interlace run` from the outside: what it writes, and what it says to bad input."""

from __future__ import annotations

import html
import json
import os
import re
import shlex
import subprocess
import sys
import warnings
from collections import Counter
from pathlib import Path

import pytest
import stim

from interlace.cli import run as run_module
from interlace.runtime import BACKENDS

ROOT = Path(__file__).parents[2]
# By hand: a Bell pair over two machines by one ebit of a Werner state of fidelity F gives
# P(00) + P(11) = 1 - 2(1 - F)/3.
NETWORK = """\
interlace: 1
machines:
  isar: {device: "ideal:2", communication_qubits: 1}
  pegnitz: {device: "ideal:2", communication_qubits: 1}
links:
  isar--pegnitz: {rate: 1 kHz, fidelity: 0.7}
"""
CIRCUIT = """\
OPENQASM 3.0;
include "stdgates.inc";
qubit[2] q;
bit[2] c;
h q[0];
cx q[0], q[1];
c = measure q;
"""


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """A folder with a circuit and a network."""
    (tmp_path / "net.yaml").write_text(NETWORK)
    (tmp_path / "bell.qasm").write_text(CIRCUIT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_bell_circuit_over_a_werner_link_is_as_computed_by_hand(here, command) -> None:
    done = command(
        "run", "bell.qasm", "--network", "net.yaml", "--shots", "20000", "--seed", "11",
        "--json", "out.json", "--html", "out.html", "--png", "out.png",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "fidelity" in done.stdout
    report = json.loads((here / "out.json").read_text())
    counts = report["counts"]
    assert sum(counts.values()) == report["shots"] == 20000
    equal = (counts["00"] + counts["11"]) / 20000
    # Five standard deviations of a binomial share: a false alarm in 1.7 million.
    assert equal == pytest.approx(0.80, abs=5 * (0.8 * 0.2 / 20000) ** 0.5)
    assert report["ebits"] == {"total": 1, "by_link": {"isar--pegnitz": 1}}
    assert "<html" in (here / "out.html").read_text()
    assert (here / "out.png").read_bytes().startswith(b"\x89PNG")
    assert isinstance(report["timelines"], int)


@pytest.mark.parametrize("options", [(), ("--ideal", "--seed", "5", "--timelines", "3")], ids=str)
def test_the_command_on_the_page_gives_the_same_counts_again(here, command, options) -> None:
    (here / "bell.qasm").rename(here / "a bell.qasm")
    done = command(
        "run", "a bell.qasm", "--network", "net.yaml", "--shots", "300", *options,
        "--html", "out.html", "--json", "first.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = html.unescape(re.findall("<pre>(.*?)</pre>", (here / "out.html").read_text())[-1])
    words = shlex.split(shown)  # as the fixture called it
    assert words[:5] == [sys.executable, "-m", "interlace", "run", "a bell.qasm"]
    done = command(*words[3:], "--json", "again.json")
    assert done.returncode == 0, done.stderr
    first, again = (json.loads((here / f"{name}.json").read_text()) for name in ("first", "again"))
    for key in ("content_id", "counts", "makespan_s", "ideal", "backend", "timelines"):
        assert first[key] == again[key]


def test_an_ideal_run_has_no_errors_and_json_on_stdout_stands_alone(here, command) -> None:
    done = command("run", "bell.qasm", "--network", "net.yaml", "--ideal", "--json", "-")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert set(report["counts"]) == {"00", "11"}
    assert report["ideal"] is True
    assert "makespan" in done.stderr


def test_samples_are_the_counted_bits_in_program_order(here, command) -> None:
    done = command(
        "run", "bell.qasm", "--network", "net.yaml", "--shots", "333", "--json", "out.json",
        "--samples", "out.b8",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shots = stim.read_shot_data_file(path=here / "out.b8", format="b8", num_measurements=2)
    found = Counter(f"{int(second)}{int(first)}" for first, second in shots)
    assert dict(found) == json.loads((here / "out.json").read_text())["counts"]


def test_samples_on_stdout_stand_alone(here) -> None:
    arguments = ("run", "bell.qasm", "--network", "net.yaml", "--shots", "77", "--samples", "-")
    done = subprocess.run(
        [sys.executable, "-m", "interlace", *arguments], capture_output=True, check=False
    )
    assert len(done.stdout) == 77  # two bits a shot: one byte
    assert max(done.stdout) <= 3
    assert b"makespan" in done.stderr


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("no/out.b8", "the folder 'no' does not exist"),
        ("", "is empty: an output needs a file name"),
        pytest.param(
            "/dev/full",
            "cannot be written: No space left on device",
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device"),
        ),
    ],
)
def test_samples_that_cannot_be_written_are_one_sentence(here, command, path, said) -> None:
    done = command(
        "run", "bell.qasm", "--network", "net.yaml", "--shots", "8", "--samples", path
    )  # fmt: skip
    assert done.returncode == (1 if "No space" in said else 2)  # a full disk is not bad input
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_same_seed_gives_the_same_document(here, command) -> None:
    arguments = ("run", "bell.qasm", "--network", "net.yaml", "--shots", "300", "--json", "-")
    documents = [json.loads(command(*arguments, "--seed", "4").stdout) for _ in range(2)]
    for document in documents:
        del document["wall_s"]
    assert documents[0] == documents[1]


@pytest.mark.parametrize("backend", BACKENDS)
def test_every_backend_runs_under_its_name(here, command, backend) -> None:
    done = command(
        "run", "bell.qasm", "--network", "net.yaml", "--shots", "64", "--timelines", "4",
        "--backend", backend, "--json", "-",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["backend"] == ("stim" if backend == "auto" else backend)
    assert report["timelines"] == 4


def test_the_command_knows_the_backends_of_the_runtime() -> None:
    assert run_module.BACKENDS == BACKENDS


@pytest.fixture
def plan(here, command) -> Path:
    done = command("distribute", "bell.qasm", "--network", "net.yaml", "-o", "plan.json")
    assert done.returncode == 0, done.stderr
    return here / "plan.json"


def test_a_plan_runs_without_its_network_and_with_the_same_one(plan, command) -> None:
    (plan.parent / "net.yaml").rename(plan.parent / "same.yaml")
    for network in ((), ("--network", "same.yaml")):
        done = command("run", "plan.json", *network, "--shots", "10", "--json", "-")
        assert done.returncode == 0, done.stderr


def test_a_plan_is_known_by_its_content_not_by_its_name(plan, command) -> None:
    plan.rename(plan.parent / "plan.qasm")
    assert command("run", "plan.qasm", "--shots", "10").returncode == 0


def test_a_plan_for_another_network_is_refused(plan, command) -> None:
    (plan.parent / "other.yaml").write_text(NETWORK.replace("0.7", "0.8"))
    done = command("run", "plan.json", "--network", "other.yaml")
    assert done.returncode == 2
    assert "other.yaml" in done.stderr
    assert "network" in done.stderr


def test_a_changed_plan_is_refused(plan, quick_command) -> None:
    document = json.loads(plan.read_text())
    document["schedule"]["cells"][0] ^= 1
    plan.write_text(json.dumps(document))
    done = quick_command("run", "plan.json")
    assert done.returncode == 2
    assert done.stderr.startswith("interlace: error: plan.json")


@pytest.mark.parametrize("content", ["{", "{}", '{"interlace_plan": 1}', '{"interlace_plan": 99}'])
def test_json_that_is_no_plan_is_refused(here, quick_command, content) -> None:
    (here / "plan.json").write_text(content)
    done = quick_command("run", "plan.json")
    assert done.returncode == 2
    assert "plan.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_without_a_network_names_the_examples(here, command) -> None:
    done = command("run", "bell.qasm")
    assert done.returncode == 2
    assert "three-cities.yaml" in done.stderr
    assert str(ROOT / "examples") in done.stderr


def test_in_the_checkout_the_examples_are_named_as_one_would_type_them(command) -> None:
    done = command("run", "examples/ghz.qasm", cwd=ROOT)
    assert "examples: examples/three-cities.yaml" in done.stderr


NET = ("--network", "net.yaml")
BAD = [
    (("bell.qasm", *NET, "--shots", "0"), "--shots"),
    (("bell.qasm", *NET, "--shots", "-5"), "--shots"),
    (("bell.qasm", *NET, "--shots", "many"), "--shots"),
    (("bell.qasm", *NET, "--shots", "1e3"), "--shots"),
    (("bell.qasm", *NET, "--shots", str(10**30)), "--shots"),
    (("bell.qasm", *NET, "--shots", "1e9"), "--shots: must be a whole number from 1 to 1000000000"),
    (("bell.qasm", *NET, "--shots", ""), "--shots: must be a whole number"),
    (("bell.qasm", *NET, "--shots", "10.0"), "in digits (got '10.0')"),
    (("bell.qasm", *NET, "--timelines", "0"), "--timelines: must be a whole number from 1"),
    (("bell.qasm", *NET, "--timelines", "x"), "--timelines: must be a whole number from 1"),
    (("bell.qasm", *NET, "--seed", "-1"), "--seed: must be a whole number from 0"),
    (("bell.qasm", *NET, "--seed", "1.5"), "--seed: must be a whole number from 0"),
    (("bell.qasm", *NET, "--backend", "stmi"), "did you mean 'stim'"),
    (("bell.qasm", *NET, "--backend", ""), "aer-mps"),
    (("bell.qasm", *NET, "--html", "no/such/report.html"), "--html: the folder 'no/such'"),
    (("bell.qasm", *NET, "--html", "."), "--html: is a folder"),
    (("bell.qasm", *NET, "--html", ""), "--html: is empty"),
    (("bell.qasm", *NET, "--json", ""), "--json: is empty"),
    (("bell.qasm", *NET, "--json", "/dev/stdout", "--html", "-"), "twice, by --json and --html"),
    (("bell.qasm", "--network", ""), "--network: is empty: needs the path of a network file"),
    (("", *NET), "CIRCUIT|PLAN: is empty: needs the path of"),
    (("list", *NET), "list: is not a plan.json of this version: expected `object`, got `array`"),
    (("list",), "list: is not a plan.json"),
    (("words.json",), "words.json:2: is not a plan.json: JSON is malformed: invalid character"),
    (("words.json", *NET), "words.json:2: is not a plan.json"),
    (("empty",), "empty: is empty: needs a circuit in OpenQASM 2 or 3, stim, or QPY, or a plan"),
    (
        ("empty.json", *NET),
        "empty.json: is empty: needs a circuit in OpenQASM 2 or 3, stim, or QPY, or a plan",
    ),
    (("wide.qasm", *NET), "wide.qasm on net.yaml: the circuit has 9 qubits"),
    (("bell.qasm", *NET, "--png", "bell.qasm/x.png"), "bell.qasm"),
    (("bell.qasm", *NET, "--json", "same", "--html", "same"), "twice"),
    (("bell.qasm", *NET, "--json", "net.yaml"), "input"),
    (("nope.qasm", *NET), "nope.qasm"),
    ((".", *NET), "."),
    (("bell.qasm", "--network", "nope.yaml"), "nope.yaml"),
    (("bell.qasm", "--network", "."), "."),
    (("empty", *NET), "empty"),
    (("binary", *NET), "binary"),
    (("bell.qasm", "--network", "empty"), "empty"),
    (("bell.qasm", "--network", "binary"), "binary"),
    (("-", "--network", "-"), "stdin"),
    ((), "CIRCUIT|PLAN"),
    (("bell.qasm", "more.qasm", *NET), "more.qasm"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=str)
def test_bad_input_is_a_clear_error_and_exit_2(here, quick_command, arguments, words) -> None:
    (here / "empty").write_bytes(b"")
    (here / "empty.json").write_bytes(b"")
    (here / "list").write_text("[1, 2]\n")
    (here / "words.json").write_text("\nno JSON at all\n")
    (here / "wide.qasm").write_text(CIRCUIT.replace("[2]", "[9]"))
    (here / "binary").write_bytes(bytes(range(256)) * 8)
    before = sorted(path.name for path in here.iterdir())
    done = quick_command("run", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("interlace: error: ")
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert sorted(path.name for path in here.iterdir()) == before
    assert (here / "net.yaml").read_text() == NETWORK


def test_whole_numbers_may_be_grouped_by_underscores(here, quick_command) -> None:
    done = quick_command("run", "bell.qasm", *NET, "--shots", "1_0", "--json", "-")
    assert json.loads(done.stdout)["shots"] == 10


def test_more_timelines_than_shots_are_said_to_be_fewer(here, quick_command) -> None:
    done = quick_command("run", "bell.qasm", *NET, "--shots", "5", "--timelines", "10")
    assert done.returncode == 0
    assert done.stderr == "sampling 5 timelines, not 10: each takes a shot at least\n"
    assert quick_command("run", "bell.qasm", *NET, "--shots", "5").stderr == ""


@pytest.mark.parametrize("place", ["> out.json", "| cat > out.json"])
def test_a_document_on_dev_stdout_stands_alone_wherever_it_leads(here, place) -> None:
    line = f"{sys.executable} -m interlace run bell.qasm --network net.yaml --shots 5"
    done = subprocess.run(
        ["/bin/sh", "-c", f"{line} --json /dev/stdout {place}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert json.loads((here / "out.json").read_text())["shots"] == 5
    assert "makespan" in done.stderr


def test_a_document_on_the_null_device_goes_nowhere(here, quick_command) -> None:
    done = quick_command("run", "bell.qasm", *NET, "--shots", "5", "--json", os.devnull)
    assert (done.returncode, done.stderr) == (0, "")
    assert "makespan" in done.stdout


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_found_before_the_work(here, command) -> None:
    (here / "locked").mkdir(mode=0o500)
    done = command("run", "bell.qasm", *NET, "--html", "locked/report.html")
    assert done.returncode == 2
    assert "permission" in done.stderr


@pytest.mark.slow
def test_the_three_next_commands_of_the_demo_work_as_printed(tmp_path) -> None:
    script = (ROOT / "scripts" / "demo.sh").read_text()
    shown = script.partition("\nNext:\n")[2].partition("\nTXT")[0]
    commands = [line.strip() for line in shown.splitlines() if line.strip()]
    assert len(commands) == 3
    (tmp_path / "demo").mkdir()
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    names = dict(re.findall(r"^(interlace|net)=(\S+)$", script, flags=re.MULTILINE))
    (tmp_path / ".venv").symlink_to(sys.prefix)
    for line in commands:
        typed = line
        for name, value in names.items():
            typed = typed.replace(f"${name}", value)
        assert "$" not in typed
        done = subprocess.run(
            typed, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{typed}\n{done.stderr}"


@pytest.mark.parametrize("given", ["-", "/dev/stdin"])
@pytest.mark.parametrize("kind", ["circuit", "plan"])
def test_a_program_may_come_through_a_pipe(here, command, given: str, kind: str) -> None:
    net = ("--network", "net.yaml")
    assert command("distribute", "bell.qasm", *net, "-o", "plan.json").returncode == 0
    content = (here / ("bell.qasm" if kind == "circuit" else "plan.json")).read_bytes()
    arguments = [sys.executable, "-m", "interlace", "run", given, "--shots", "40"]
    done = subprocess.run(
        [*arguments, *(net if kind == "circuit" else ())],
        input=content,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"makespan" in done.stdout


def test_a_program_may_be_a_named_pipe(here) -> None:
    os.mkfifo("pipe.qasm")
    arguments = [sys.executable, "-m", "interlace", "run", "pipe.qasm", "--network", "net.yaml"]
    running = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    (here / "pipe.qasm").write_text(CIRCUIT)
    stdout, stderr = running.communicate(timeout=120)
    assert running.returncode == 0, stderr
    assert b"makespan" in stdout


@pytest.mark.parametrize(
    ("program", "said"),
    [("nope.qasm", "nope.qasm: there is no such file"), (".", ".: is a folder: needs a file")],
)
def test_a_program_that_is_not_there_is_said_in_plain_words(
    here, quick_command, program, said
) -> None:
    done = quick_command("run", program, "--network", "net.yaml")
    assert (done.returncode, done.stderr) == (2, f"interlace: error: {said}\n")


def test_letters_that_the_picture_cannot_show_are_said_on_stderr(capsys) -> None:
    class Lettered:
        def to_png(self) -> bytes:
            warnings.warn("no installed font has the letters", UserWarning, stacklevel=2)
            return b"png"

    assert run_module._picture(Lettered()) == b"png"
    assert capsys.readouterr().err == "--png: no installed font has the letters\n"
