"""The command `interlace`: one file a subcommand, each thin over one library call."""

from __future__ import annotations

__all__ = ["main"]


def main() -> int:
    """Run the command; returns its exit code. Ctrl-C ends it cleanly, during imports too.

    For a process that ends when this returns: a Ctrl-C while Python shuts down ends it at once.
    """
    from interlace.cli.interruption import (
        hear_interrupts,
        leave_at_once_with,
        say_interrupted,
        was_interrupted,
    )

    is_ours = hear_interrupts()
    try:
        from interlace.cli.entry import run_command

        code = run_command()
    except BaseException as error:
        if not (isinstance(error, KeyboardInterrupt) or was_interrupted()):
            raise
        say_interrupted()
        code = 130
    if is_ours:
        leave_at_once_with(code)
    return code
