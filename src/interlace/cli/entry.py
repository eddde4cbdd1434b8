"""The group of subcommands, and what becomes of an error: one line and an exit code.

Exit codes: 0; 1 failed (a bug, a lost peer, a full disk, a port in use); 2 bad input or an
infeasible wish; 130 Ctrl-C.
"""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback

import click

import interlace
from interlace.cli.called import as_called, called
from interlace.cli.interruption import was_interrupted
from interlace.errors import (
    DomainError,
    InfeasibleError,
    InterlaceError,
    InvariantError,
    SpecError,
)

__all__ = ["interlace_command", "run_command"]

_COMMANDS = {
    "catalogue": "interlace.cli.catalogue:show_catalogue",
    "distribute": "interlace.cli.distribute:distribute",
    "kms": "interlace.cli.kms:kms",
    "network": "interlace.cli.network:network",
    "qkd": "interlace.cli.qkd:qkd",
    "run": "interlace.cli.run:run",
}


_OF_THE_USER = (SpecError, DomainError, InfeasibleError)
"""What another input, or another wish, mends. All else failed while it was carried out."""

_OF_THE_DISK = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
"""A disk that is full, broken or read-only: what was asked for is right, and failed."""


class _LazyGroup(click.Group):
    """A group that imports a subcommand's module when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        home = _COMMANDS.get(cmd_name)
        if home is None:
            return None
        module, _, attribute = home.partition(":")
        return getattr(importlib.import_module(module), attribute)


@click.command(cls=_LazyGroup, name="interlace", context_settings={"max_content_width": 100})
@click.version_option(interlace.__version__, prog_name="interlace")
def interlace_command() -> None:
    """Run one quantum program across several machines joined by quantum links."""


def run_command(arguments: list[str] | None = None) -> int:
    """Run the command line and turn whatever happens into an exit code.

    Args:
        arguments: what follows the command's name; `None`: the process's own.
    """
    _open_what_is_closed()
    try:
        code = interlace_command.main(arguments, prog_name=called(), standalone_mode=False)
        sys.stdout.flush()
    except (KeyboardInterrupt, click.Abort):
        return _complain("interrupted", 130)
    except Exception as error:  # noqa: BLE001 - the last place: no traceback reaches a person
        return _complain("interrupted", 130) if was_interrupted() else _ended_by(error)
    return code if isinstance(code, int) else 0


def _ended_by(error: Exception) -> int:
    match error:
        case click.exceptions.NoArgsIsHelpError():
            click.echo(error.ctx.get_help() if error.ctx else "", err=True)
            return 2
        case click.ClickException():
            return _refused(error)
        case BrokenPipeError():
            return _pipe_closed()
        case InterlaceError():
            return _failed(error)
        case OSError() if error.errno in _OF_THE_DISK:
            return _complain(f"error: stdout cannot be written: {error.strerror}", 1)
        case MemoryError():
            return _complain("error: out of memory: try fewer shots or a smaller circuit", 1)
        case _:
            return _unexpected(error)


def _open_what_is_closed() -> None:
    """A standard stream that the caller closed leads nowhere, and no file takes its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            handle = os.open(os.devnull, os.O_RDWR)
            if handle != number:
                os.dup2(handle, number)
                os.close(handle)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _refused(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    hint = f"\nTry '{context.command_path} --help'." if context is not None else ""
    return _complain(f"error: {error.format_message()}{hint}", error.exit_code or 2)


def _failed(error: InterlaceError) -> int:
    if _wants_traceback():
        traceback.print_exception(error)
    if isinstance(error, InvariantError):
        return _complain(f"error: {error} (this is a bug in interlace: please report it)", 1)
    is_of_the_user = isinstance(error, _OF_THE_USER) and not _is_of_the_disk(error.__cause__)
    return _complain(f"error: {error}", 2 if is_of_the_user else 1)


def _is_of_the_disk(cause: BaseException | None) -> bool:
    return isinstance(cause, OSError) and cause.errno in _OF_THE_DISK


def _unexpected(error: Exception) -> int:
    if _wants_traceback():
        traceback.print_exception(error)
    words = " ".join(str(error).split()) or "no message"
    return _complain(
        f"error: unexpected {type(error).__name__}: {words} "
        "(please report it; INTERLACE_DEBUG=1 shows where)",
        1,
    )


def _pipe_closed() -> int:
    # Python flushes stdout once more at exit: give it somewhere to go.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1


def _complain(words: str, code: int) -> int:
    click.echo(f"interlace: {as_called(words)}", err=True)
    return code


def _wants_traceback() -> bool:
    return os.environ.get("INTERLACE_DEBUG", "") not in {"", "0"}
