"""This program as whoever called it wrote it, for the commands that they may copy from it."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

__all__ = ["as_called", "called", "called_words"]

_NAME = "interlace"


def called() -> str:
    """How to call this program again from the same shell: `interlace`, `.venv/bin/interlace`.

    Example:
        >>> called()
        'interlace'
    """
    return shlex.join(called_words())


def called_words() -> tuple[str, ...]:
    """The words before the first argument, unquoted.

    The name alone where the shell finds this program under it, or where another program (a test,
    a notebook) runs the command; `python -m interlace` with the Python that was called so.
    """
    program = sys.argv[0] if sys.argv else ""
    path = Path(program)
    if path.name == "__main__.py" and path.parent.name == _NAME:
        return (sys.orig_argv[0], "-m", _NAME)
    if path.stem != _NAME:
        return (_NAME,)
    found = shutil.which(_NAME)
    is_found = found is not None and os.path.realpath(found) == os.path.realpath(program)
    return (_NAME,) if is_found else (program,)


def as_called(words: str) -> str:
    """The sentence with each command in it, `` `interlace ...` ``, as this program was called.

    `` `python -m ...` `` is this Python: it has interlace, and another one may not.
    """
    said = words.replace(f"`{_NAME} ", f"`{called()} ")
    return said.replace("`python -m ", f"`{shlex.quote(_python())} -m ")


def _python() -> str:
    """The Python that runs, by a path from the current folder where it is below that."""
    try:
        return str(Path(sys.executable).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return sys.executable or "python"
