"""What pytest does everywhere: examples in the documentation and in docstrings are tests."""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from sybil import Example, Sybil
from sybil.document import PythonDocStringDocument
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.rest import DocTestParser

ROOT = Path(__file__).parent

# Pictures are drawn without a screen, and BLAS leaves the cores to the processes that shots use.
os.environ.setdefault("MPLBACKEND", "Agg")


def _playground(namespace: dict[str, object]) -> None:
    """A folder that looks like a checkout after `make setup`, for the commands of one page."""
    folder = Path(tempfile.mkdtemp(prefix="interlace-docs-"))
    (folder / "demo").mkdir()
    shutil.copytree(ROOT / "examples", folder / "examples")
    (folder / ".venv").symlink_to(sys.prefix)
    namespace["places"] = (Path.cwd(), folder)
    os.chdir(folder)


def _leave(namespace: dict[str, object]) -> None:
    back, folder = namespace["places"]
    os.chdir(back)
    shutil.rmtree(folder)


def _bash(example: Example) -> str | None:
    """Run a block of commands; it fails like `bash -e` does."""
    done = subprocess.run(  # noqa: S603 - the commands are the documentation's own
        ["/bin/bash", "-euo", "pipefail", "-c", str(example.parsed)],
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"exit code {done.returncode}\n{done.stderr}" if done.returncode else None


class _BashBlockParser(CodeBlockParser):
    language = "bash"

    def evaluate(self, example: Example) -> str | None:
        return _bash(example)


_pages = Sybil(
    parsers=[PythonCodeBlockParser(), _BashBlockParser(), SkipParser()],
    patterns=["README.md", "docs/**/*.md", "docs/*.md"],
    setup=_playground,
    teardown=_leave,
)
_docstrings = Sybil(
    parsers=[DocTestParser(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)],
    path="src",
    patterns=["*.py"],  # at any depth, which `**` does not mean here
    document_types={".py": PythonDocStringDocument},
)
pytest_collect_file = (_pages + _docstrings).pytest()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # noqa: ANN201 - pytest's generator
    """Where INTERLACE_NO_SKIP says what is there, a test that was skipped for want of it failed."""
    outcome = yield
    report = outcome.get_result()
    present = os.environ.get("INTERLACE_NO_SKIP")
    if report.skipped and present and not hasattr(report, "wasxfail"):
        reason = str(report.longrepr[-1] if isinstance(report.longrepr, tuple) else report.longrepr)
        if re.search(present, reason, re.IGNORECASE):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid}: in CI this may not be skipped: {reason}"
