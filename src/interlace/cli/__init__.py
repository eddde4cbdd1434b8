"""The command `interlace`: one file a subcommand, each thin over one library call."""

from __future__ import annotations

__all__ = ["main"]

_GRACE_S = 3.0
"""How long Ctrl-C may take to unwind the work before the process ends anyway."""


def main() -> int:
    """Run the command; returns its exit code. Ctrl-C ends it cleanly, during imports too."""
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        from interlace.cli.entry import run_command

        return run_command()
    except KeyboardInterrupt:
        _say_interrupted()
        return 130


def _interrupt(_signal: int, _frame: object) -> None:
    """Unwind by an exception; a library that swallows it, or that hangs, is not waited for."""
    import threading

    timer = threading.Timer(_GRACE_S, _end)
    timer.daemon = True
    timer.start()
    raise KeyboardInterrupt


def _end() -> None:
    """End this process now; its workers notice and end with it."""
    import os

    _say_interrupted()
    os._exit(130)


def _say_interrupted() -> None:
    import sys

    sys.stderr.write("\ninterlace: interrupted\n")
    sys.stderr.flush()
