"""The command `interlace`: one file a subcommand, each thin over one library call."""

from __future__ import annotations

from functools import partial

__all__ = ["main"]

_GRACE_S = 3.0
"""How long Ctrl-C may take to unwind the work before the process ends anyway."""


def main() -> int:
    """Run the command; returns its exit code. Ctrl-C ends it cleanly, during imports too.

    For a process that ends when this returns: a Ctrl-C while Python shuts down ends it at once.
    """
    import signal

    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        from interlace.cli.entry import run_command

        code = run_command()
    except KeyboardInterrupt:
        _say_interrupted()
        code = 130
    if is_ours:
        signal.signal(signal.SIGINT, partial(_leave, code))
    return code


def _interrupt(_signal: int, _frame: object) -> None:
    """Unwind by an exception; a library that swallows it, or that hangs, is not waited for."""
    import _thread  # built in: `threading` may be half imported when Ctrl-C comes

    _thread.start_new_thread(_end, ())
    raise KeyboardInterrupt


def _leave(code: int, _signal: int, _frame: object) -> None:
    """End with the code that the command has: all of its work is done and written, or given up."""
    import os

    os._exit(code)


def _end() -> None:
    """End this process after the grace; its workers notice and end with it."""
    import os
    import time

    time.sleep(_GRACE_S)
    _say_interrupted()
    os._exit(130)


def _say_interrupted() -> None:
    import sys

    sys.stderr.write("\ninterlace: interrupted\n")
    sys.stderr.flush()
