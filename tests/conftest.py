"""What the tests share."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# In CI the same examples every time: a new one is found at a desk, not in somebody's landing.
settings.register_profile(
    "interlace", deadline=None, print_blob=True, derandomize=bool(os.environ.get("CI"))
)
settings.load_profile("interlace")


# A runner in the background of a shell ignores Ctrl-C, and what it starts would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder that holds pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def source() -> Path:
    """The package's folder."""
    return ROOT / "src" / "interlace"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def quick_command(capfd: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run `interlace` in this process, which has its libraries loaded already."""
    from interlace.cli.entry import run_command

    def run(*arguments: str) -> Done:
        capfd.readouterr()
        code = run_command(list(arguments))
        out, err = capfd.readouterr()
        return Done(code, out, err)

    return run


@pytest.fixture(scope="session")
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `interlace` as a process of its own: `command("run", "x.qasm", cwd=folder)`."""

    def run(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [sys.executable, "-m", "interlace", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**environment, "INTERLACE_DEBUG": ""},
            **{"timeout": 120, **options},
        )

    return run
