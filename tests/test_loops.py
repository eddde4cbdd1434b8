"""Machine code on disk is found again exactly as long as all that it was made from is the same."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tests.architecture.reading import modules

import interlace.loops

FILES = {
    "__init__.py": "",
    "constants/__init__.py": (
        "from interlace.constants.numbers import (\n    # (of ten)\n    BASE,\n)\n"
    ),
    "constants/numbers.py": "from interlace.ground import ONE\n\nBASE = 10 * ONE\n",
    "ground.py": "ONE = 1\n",
    "unused.py": "NOTHING = 0\n",
    "callee.py": (
        "from interlace.loops import machine_code\n\n\n"
        "def inner(value):\n    return 2 * value\n\n\n"
        "inner = machine_code(inner, counts_references=True)\n"
    ),
    "caller.py": (
        "from interlace.callee import inner\n"
        "from interlace.constants import BASE as START\n"
        "from interlace.loops import machine_code\n\n\n"
        "def outer(value):\n    return inner(value) + START\n\n\n"
        "outer = machine_code(outer, counts_references=True)\n"
    ),
}  # fmt: skip
CALL = (
    "from interlace.caller import outer; "
    "print(outer(1), sum(outer.stats.cache_hits.values()), outer.stats.cache_path)"
)


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package of two loops in two files, with this one's `loops`."""
    home = tmp_path / "src" / "interlace"
    for name, content in FILES.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(content)
    shutil.copy(Path(interlace.loops.__file__), home / "loops.py")
    return home


def loaded(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cache_path(home: Path, monkeypatch: pytest.MonkeyPatch) -> str | None:
    """Where a fresh process would keep the loop of `caller.py`; nothing is compiled."""
    compiled: Any = decorated(home, monkeypatch)
    return compiled.stats.cache_path


def decorated(home: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    for name in [name for name in sys.modules if name.startswith("interlace.c")]:
        monkeypatch.delitem(sys.modules, name)
    fresh = {}
    for name in ("loops", "ground", "constants.numbers", "constants", "callee", "caller"):
        file = home / name.replace(".", "/")
        file = file / "__init__.py" if file.is_dir() else file.with_suffix(".py")
        fresh[name] = loaded(file, f"interlace.{name}")
        monkeypatch.setitem(sys.modules, f"interlace.{name}", fresh[name])
    return fresh["caller"].outer


def edited(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("caller.py", "+ START", "- START"),
        ("callee.py", "2 * value", "3 * value"),
        ("constants/numbers.py", "10", "20"),
        ("ground.py", "1", "5"),
        ("loops.py", "Loops over arrays", "Loops over all arrays"),
    ],
)
def test_what_is_kept_is_keyed_by_every_source_that_goes_in(
    name, old, new, package: Path, monkeypatch
) -> None:
    before = cache_path(package, monkeypatch)
    assert before == cache_path(package, monkeypatch)
    assert before is not None
    assert before.startswith(str(package / "__pycache__" / "loops" / "interlace.caller-"))
    edited(package / "unused.py", "0", "7")
    assert cache_path(package, monkeypatch) == before
    edited(package / name, old, new)
    assert cache_path(package, monkeypatch) not in {None, before}


def test_what_older_sources_left_is_removed_and_nothing_else(package: Path, monkeypatch) -> None:
    cache_path(package, monkeypatch)
    folder = package / "__pycache__" / "loops"
    (callee,) = folder.glob("interlace.callee-*")
    (caller,) = folder.glob("interlace.caller-*")
    edited(package / "ground.py", "1", "5")
    cache_path(package, monkeypatch)
    assert callee.exists()
    assert not caller.exists()
    assert len(list(folder.iterdir())) == 2


def test_a_package_that_cannot_be_written_keeps_its_loops_in_the_users_cache(
    package: Path, tmp_path: Path, monkeypatch
) -> None:
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    (package / "__pycache__").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    found = cache_path(package, monkeypatch)
    assert found is not None
    assert found.startswith(str(tmp_path / "cache" / "interlace" / "interlace-"))
    assert "interlace.caller-" in found


def test_where_nothing_can_be_written_loops_are_compiled_anew(
    package: Path, tmp_path: Path, monkeypatch
) -> None:
    shutil.rmtree(package / "__pycache__", ignore_errors=True)
    (package / "__pycache__").write_text("no folder")
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    compiled: Any = decorated(package, monkeypatch)
    assert compiled.stats.cache_path is None
    assert compiled(1) == 12


def test_a_folder_that_the_user_gave_numba_is_used_and_given_back(
    package: Path, tmp_path: Path, monkeypatch
) -> None:
    import numba

    config: Any = numba.config
    monkeypatch.setattr(config, "CACHE_DIR", str(tmp_path / "mine"))
    found = cache_path(package, monkeypatch)
    assert found is not None
    assert found.startswith(str(tmp_path / "mine" / "interlace-"))
    left = config.CACHE_DIR
    assert left == str(tmp_path / "mine")


@pytest.mark.slow
def test_a_fresh_process_runs_what_the_sources_say_now(package: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(package.parent)}
    env.pop("NUMBA_CACHE_DIR", None)

    def result() -> tuple[int, int]:
        """What the loop gives, and how often it was found on disk."""
        done = subprocess.run(
            [sys.executable, "-c", CALL], env=env, capture_output=True, text=True, check=True
        )
        value, hits, path = done.stdout.split(maxsplit=2)
        assert str(package) in path
        return int(value), int(hits)

    assert result() == (12, 0)
    assert result() == (12, 1)
    edited(package / "callee.py", "2 * value", "3 * value")
    assert result() == (13, 0)
    edited(package / "ground.py", "1", "5")
    assert result() == (53, 0)
    assert result() == (53, 1)


def test_every_module_imports_from_the_package_in_the_form_that_is_looked_for() -> None:
    """`from interlace...` at the start of a line; `import interlace.x` would be missed."""
    outer = {"cli", "interlace", "__main__"}
    assert [
        f"{module.path}: {line}"
        for module in modules()
        if module.stage not in outer
        for line in module.path.read_text().splitlines()
        if line.startswith("import interlace")
    ] == []
