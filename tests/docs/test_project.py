"""The project around the code: locks, commands, licence."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from tests.architecture.reading import modules

ROOT = Path(__file__).parents[2]
LOCKS = ("run", "test", "dev")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def pinned(level: str) -> dict[str, str]:
    """Package to version; the last one where platforms differ."""
    text = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ;\\]+)", text, flags=re.MULTILINE))


def normal(requirement: str) -> str:
    name = re.match(r"[\w.-]+", requirement)
    assert name is not None
    return re.sub(r"[-_.]+", "-", name[0]).lower()


@pytest.mark.parametrize("level", LOCKS)
def test_a_lock_has_versions_and_hashes_and_no_address(level: str) -> None:
    text = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z])", text):
        if not block.startswith("#"):
            assert "==" in block.splitlines()[0]
            assert "--hash=sha256:" in block
    assert re.search(r"://|--index|--find-links|@ ", text) is None


def test_the_source_imports_what_the_project_asks_for_and_nothing_else() -> None:
    owners = {
        name: {normal(owner) for owner in owners}
        for name, owners in metadata.packages_distributions().items()
    }
    imported = {
        name.partition(".")[0] for module in modules() for _, name in module.all_imports()
    } - {"interlace", *sys.stdlib_module_names}
    project = PROJECT["project"]
    always = {normal(requirement) for requirement in project["dependencies"]}
    extras = {normal(r) for some in project["optional-dependencies"].values() for r in some}
    foreign = [n for n in imported if n in owners and not owners[n] & (always | extras)]
    assert foreign == []
    used = set().union(*(owners.get(name, {normal(name)}) for name in imported))
    assert always - used == set()


def test_the_run_time_lock_has_every_dependency() -> None:
    wanted = {normal(requirement) for requirement in PROJECT["project"]["dependencies"]}
    assert wanted - pinned("run").keys() == set()


def test_the_locks_contain_one_another_with_the_same_versions() -> None:
    assert pinned("run").items() <= pinned("test").items() <= pinned("dev").items()


def test_the_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_make_help_lists_the_commands() -> None:
    done = subprocess.run(
        ["make", "-C", str(ROOT), "help"], capture_output=True, text=True, check=True
    )
    for target in ("demo", "test", "check", "bench", "docs"):
        assert f"make {target} " in done.stdout


def test_every_command_of_make_that_a_text_names_is_there() -> None:
    targets = set(
        re.findall(r"^([a-z-]+)(?=[^=\n]*:)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    texts = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / ".ci" / "run"]
    named = {
        (text.name, command)
        for text in texts
        for command in re.findall(r"(?:^|`)make ([a-z-]+)", text.read_text("utf-8"), re.MULTILINE)
    }
    assert {"demo", "test"} <= {command for _, command in named}
    assert {(text, command) for text, command in named if command not in targets} == set()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What setup.sh needs of a checkout."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def setup(clone: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run setup.sh with a python3 that is a script with this body."""
    programs = clone / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "cat", "cksum", "grep"):
        found = shutil.which(name)
        assert found is not None
        (programs / name).symlink_to(found)
    if python:
        (programs / "python3").write_text(f"#!/bin/sh\n{python}\n")
        (programs / "python3").chmod(0o755)
    return subprocess.run(
        [str(programs / "bash"), str(clone / "scripts" / "setup.sh"), "run"],
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("python", "words"),
    [
        ("", "missing"),
        ('case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac', "Python 3.9.2"),
        (
            'case "$2" in *ensurepip*) exit 1;; *print*) echo python3.11-venv;; *) exit 0;; esac',
            "python3.11-venv",
        ),
    ],
)
def test_what_is_missing_is_one_sentence_that_names_the_package(clone, python, words) -> None:
    done = setup(clone, python)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert words in done.stderr
    assert "Debian package" in done.stderr
    assert not (clone / ".venv").exists()
