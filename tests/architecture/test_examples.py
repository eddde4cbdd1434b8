"""Examples in docstrings are run, wherever the module lies."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_with_an_example_in_a_docstring_is_collected() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "src"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    collected = {line.partition("::")[0] for line in done.stdout.splitlines() if "::" in line}
    written = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("*.py")
        if "\n        >>> " in path.read_text() or "\n    >>> " in path.read_text()
    }
    assert written
    assert written - collected == set()
