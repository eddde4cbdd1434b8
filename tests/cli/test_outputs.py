"""Outputs are known to be writable before the work, and are written whole."""

from __future__ import annotations

import os

import pytest

from interlace.cli.outputs import Outputs
from interlace.errors import SpecError


def test_an_option_that_was_not_given_writes_nothing(tmp_path) -> None:
    outputs = Outputs.of({"--json": None}, inputs=())
    outputs.write("--json", b"{}")
    assert list(tmp_path.iterdir()) == []
    assert not outputs.takes_stdout


def test_a_document_is_written_whole(tmp_path) -> None:
    path = tmp_path / "plan.json"
    outputs = Outputs.of({"-o": str(path)}, inputs=())
    assert not path.exists()
    outputs.write("-o", b"{}")
    assert path.read_bytes() == b"{}"
    assert [entry.name for entry in tmp_path.iterdir()] == ["plan.json"]


def test_a_dash_is_stdout(capfdbinary) -> None:
    outputs = Outputs.of({"--json": "-"}, inputs=())
    assert outputs.takes_stdout
    outputs.write("--json", b"{}\n")
    assert capfdbinary.readouterr().out == b"{}\n"


def test_a_missing_folder_is_found_before_the_work(tmp_path) -> None:
    with pytest.raises(SpecError, match="does not exist"):
        Outputs.of({"--html": str(tmp_path / "no" / "report.html")}, inputs=())


def test_a_folder_is_no_output(tmp_path) -> None:
    with pytest.raises(SpecError, match="is a folder"):
        Outputs.of({"--html": str(tmp_path)}, inputs=())


@pytest.mark.parametrize("path", ["-", "same.json"])
def test_two_documents_cannot_share_a_place(tmp_path, monkeypatch, path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpecError, match="asked for twice, by --qasm and --json"):
        Outputs.of({"--qasm": path, "--json": path}, inputs=())


def test_two_names_of_one_file_are_one_place(tmp_path) -> None:
    (tmp_path / "a.json").write_text("old")
    os.symlink(tmp_path / "a.json", tmp_path / "b.json")
    with pytest.raises(SpecError, match="asked for twice"):
        Outputs.of(
            {"--qasm": str(tmp_path / "a.json"), "--json": str(tmp_path / "b.json")}, inputs=()
        )


def test_an_input_is_not_overwritten(tmp_path) -> None:
    circuit = tmp_path / "ghz.qasm"
    circuit.write_text("OPENQASM 2.0;")
    with pytest.raises(SpecError, match="would replace an input"):
        Outputs.of({"-o": str(circuit)}, inputs=(None, str(circuit)))


def test_devices_may_be_named_twice() -> None:
    Outputs.of({"--qasm": os.devnull, "--json": os.devnull}, inputs=())
