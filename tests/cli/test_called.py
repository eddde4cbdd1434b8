"""The command as whoever called it wrote it, in every hint that they may copy."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import interlace
from interlace.cli.called import as_called, called, called_words


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file `bin/interlace` below the current folder, which is not on PATH."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    file = tmp_path / "bin" / "interlace"
    file.parent.mkdir()
    file.write_text("#!/bin/sh\n")
    file.chmod(0o755)
    return file


def test_a_program_that_is_not_on_the_path_is_called_as_it_was_given(program, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bin/interlace", "run"])
    assert called() == "bin/interlace"
    monkeypatch.setattr(sys, "argv", [str(program), "run"])
    assert called() == str(program)


def test_a_program_that_is_on_the_path_is_called_by_its_name(program, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(program.parent))
    for written in ("bin/interlace", str(program)):
        monkeypatch.setattr(sys, "argv", [written])
        assert called() == "interlace"


def test_another_interlace_on_the_path_is_not_taken_for_this_one(program, monkeypatch) -> None:
    other = program.parent.parent / "elsewhere" / "interlace"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    monkeypatch.setattr(sys, "argv", ["bin/interlace"])
    assert called() == "bin/interlace"


def test_the_module_is_called_through_the_same_python(monkeypatch) -> None:
    module = Path(interlace.__file__).with_name("__main__.py")
    monkeypatch.setattr(sys, "argv", [str(module), "run"])
    monkeypatch.setattr(sys, "orig_argv", [".venv/bin/python", "-m", "interlace", "run"])
    assert called_words() == (".venv/bin/python", "-m", "interlace")
    assert called() == ".venv/bin/python -m interlace"


@pytest.mark.parametrize("argv", [[], [""], ["-c"], ["/usr/bin/pytest"], ["/x/pytest/__main__.py"]])
def test_inside_another_program_the_command_has_its_own_name(monkeypatch, argv) -> None:
    monkeypatch.setattr(sys, "argv", argv)
    assert called() == "interlace"


def test_a_path_with_a_space_is_quoted_for_the_shell(program, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["my tools/interlace"])
    assert called() == "'my tools/interlace'"
    assert called_words() == ("my tools/interlace",)


def test_only_commands_in_a_sentence_change(program, monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["bin/interlace"])
    said = "interlace made `plan.json`; `interlace run PLAN` and `interlace.run` carry it out"
    assert as_called(said) == (
        "interlace made `plan.json`; `bin/interlace run PLAN` and `interlace.run` carry it out"
    )


def test_hints_of_a_process_name_the_program_that_was_called(tmp_path) -> None:
    program = tmp_path / "bin" / "interlace"
    program.parent.mkdir()
    program.write_text("import sys\nfrom interlace.cli import main\nsys.exit(main())\n")

    def said(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "bin/interlace", *arguments],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        return done.stdout + done.stderr

    assert "Try 'bin/interlace run --help'." in said("run")
    assert "Usage: bin/interlace run " in said("run", "--help")
    assert "\nbin/interlace catalogue NAME shows every value" in said("catalogue")
    (tmp_path / "empty.json").write_text(" ")
    assert "`bin/interlace distribute -o` writes" in said("run", "empty.json")


def test_an_advised_install_is_of_the_python_that_runs(program, monkeypatch) -> None:
    words = "`python -m pip install 'interlace[ibm]'` brings it"
    monkeypatch.setattr(sys, "executable", str(program.parent.parent / "my env/bin/python"))
    assert as_called(words) == "`'my env/bin/python' -m pip install 'interlace[ibm]'` brings it"
    monkeypatch.setattr(sys, "executable", "/elsewhere/bin/python")
    assert as_called(words).startswith("`/elsewhere/bin/python -m pip")
