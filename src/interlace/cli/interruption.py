"""Ctrl-C: one exception unwinds the work, and whatever becomes of it is no error of its own.

It can come at any moment, while a library is half imported too: what is imported here is
imported only when it is needed, and is built in.
"""

from __future__ import annotations

import signal
import sys
from functools import partial

__all__ = ["hear_interrupts", "leave_at_once_with", "say_interrupted", "was_interrupted"]

_GRACE_S = 3.0
"""How long Ctrl-C may take to unwind the work before the process ends anyway."""

_heard: list[int] = []
"""The signals that came: a handler can put nothing else anywhere safely."""


def hear_interrupts() -> bool:
    """Take over Ctrl-C, unless the caller has set it to something of its own already."""
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _interrupt)
    return is_ours


def was_interrupted() -> bool:
    """Whether Ctrl-C came: an exception that follows it is its consequence.

    Compiled libraries turn a `KeyboardInterrupt` that reaches them while they are imported into
    errors of their own.
    """
    return bool(_heard)


def leave_at_once_with(code: int) -> None:
    """From now on Ctrl-C ends the process at once: all its work is written, or given up."""
    signal.signal(signal.SIGINT, partial(_leave, code))


def say_interrupted() -> None:
    """Tell the person what ended the command."""
    sys.stderr.write("\ninterlace: interrupted\n")
    sys.stderr.flush()


def _interrupt(number: int, _frame: object) -> None:
    """Unwind by an exception; a library that swallows it, or that hangs, is not waited for."""
    import _thread  # built in: `threading` may be half imported when Ctrl-C comes

    _heard.append(number)
    sys.unraisablehook = _say_nothing
    _thread.start_new_thread(_end, ())
    raise KeyboardInterrupt


def _say_nothing(_problem: object) -> None:
    """What half-made objects complain of while they go is no news to a person."""


def _leave(code: int, _signal: int, _frame: object) -> None:
    import os

    os._exit(code)


def _end() -> None:
    """End this process after the grace; its workers notice and end with it."""
    import os
    import time

    time.sleep(_GRACE_S)
    say_interrupted()
    os._exit(130)
