"""`interlace catalogue`: tables, documents and device files."""

from __future__ import annotations

import importlib.util
import json

import pytest

from interlace.cli.entry import run_command
from interlace.network import catalogue, catalogue_names, device_of, load_device

needs_ibm = pytest.mark.skipif(
    importlib.util.find_spec("qiskit_ibm_runtime") is None, reason="needs the extra [ibm]"
)


def test_the_table_has_every_entry_under_its_kind(capsys) -> None:
    assert run_command(["catalogue"]) == 0
    lines = capsys.readouterr().out.splitlines()
    shown = [line.split()[0] for line in lines if line.startswith("  ")]
    assert [entry.name for entry in catalogue()] == shown[: len(catalogue())]
    heads = [line for line in lines if line and not line.startswith(" ")]
    assert heads[:4] == ["devices", "transducers", "memories", "fibres"]
    assert all(len(line) <= 160 for line in lines)


def test_an_entry_shows_every_value_with_certainty_and_source(capsys) -> None:
    assert run_command(["catalogue", "ista-bulk-eo"]) == 0
    out = capsys.readouterr().out
    assert "added_noise" in out
    assert "0.16 quanta  measured   [1]" in out
    assert "arXiv:2107.08303" in out
    assert "estimated: not published" in out


def test_a_device_without_reset_says_what_a_reset_takes(capsys) -> None:
    said = "reset: nobody gives one: it takes as long as a readout, without error"
    for entry in catalogue():
        run_command(["catalogue", entry.name])
        has_none = entry.kind == "device" and all(
            gate.name != "reset" for gate in device_of(entry.name).gates
        )
        assert (said in capsys.readouterr().out) == has_none


def test_json_holds_the_same(capsys) -> None:
    assert run_command(["catalogue", "--json", "-"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert sorted(entry["name"] for entry in document["entries"]) == list(catalogue_names())
    for entry in document["entries"]:
        for value in entry["values"]:
            assert value["certainty"]
            assert value["source"]["address"]
    assert [one["provider"] for one in document["snapshots"]] == ["ibm", "iqm"]


def test_a_device_is_saved_as_a_file_that_a_network_takes(tmp_path, capsys) -> None:
    file = tmp_path / "heron.yaml"
    assert run_command(["catalogue", "ibm-heron-r3", "-o", str(file)]) == 0
    text = file.read_text("utf-8")
    assert text.startswith("# IBM Heron r3")
    assert "# [2] ibm_boston: medians of the calibration of 2026-04-17" in text
    assert "# gates.cz.error [2]: measured" in text
    assert load_device(str(file)) == device_of("ibm-heron-r3")
    network = tmp_path / "net.yaml"
    arguments = ["--device", str(file), "--communication-qubits", "2", "-o", str(network)]
    assert run_command(["network", "new", "line", "2", *arguments]) == 0
    assert run_command(["network", "check", str(network)]) == 0
    capsys.readouterr()


def test_network_new_takes_a_name(tmp_path, capsys) -> None:
    network = str(tmp_path / "net.yaml")
    arguments = ["--device", "ionq-aria", "--communication-qubits", "2", "-o", network]
    assert run_command(["network", "new", "line", "2", *arguments]) == 0
    assert run_command(["network", "check", network]) == 0
    assert "46 data qubits" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ibm-heronr3"], "did you mean 'ibm-heron-r3'?"),
        (["hollow-core", "-o", "x.yaml"], "is a fibre: only a device or a snapshot"),
        (["-o", "x.yaml"], "needs the NAME of a device"),
        (["ibm:nowhere"], "ibm"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    arguments, said, capsys, tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["catalogue", *arguments]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert len(err.splitlines()) == 1
    assert not (tmp_path / "x.yaml").exists()


@needs_ibm
@pytest.mark.filterwarnings("ignore")
def test_a_snapshot_is_shown_saved_and_said_to_be_mended(capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["catalogue", "ibm:fez", "-o", "fez.yaml", "--json", "fez.json"]) == 0
    out = capsys.readouterr().out
    assert "- 5 couplers of 176 left out" in out
    assert "# mended: 5 couplers of 176 left out" in (tmp_path / "fez.yaml").read_text("utf-8")
    assert json.loads((tmp_path / "fez.json").read_text("utf-8"))["device"]["qubits"] == 156
    for device in ("ibm:fez", "fez.yaml"):
        network = f"interlace: 1\nmachines: {{m: {{device: '{device}'}}}}\n"
        (tmp_path / "net.yaml").write_text(network, "utf-8")
        for command in ("check", "show"):
            assert run_command(["network", command, "net.yaml"]) == 0
            assert "ibm:fez: 5 couplers of 176 left out" in capsys.readouterr().err


@needs_ibm
@pytest.mark.filterwarnings("ignore")
def test_the_table_lists_the_snapshots_that_are_there(capsys) -> None:
    assert run_command(["catalogue"]) == 0
    assert " ibm:fez," in capsys.readouterr().out
