"""What a command says while it works: lines and progress bars, all on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from interlace.cli.called import as_called

__all__ = ["progress", "say", "working"]


def say(words: str) -> None:
    """One line for the person who waits; commands in it as this program was called."""
    sys.stderr.write(f"{as_called(words)}\n")
    sys.stderr.flush()


@contextmanager
def working(words: str) -> Generator[None]:
    """Show that something is going on, where a person is looking."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(words):
        yield


@contextmanager
def progress() -> Generator[Callable[[int, int], None] | None]:
    """A bar fed by `show(done, total)`; `None` where nobody is looking."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        bar = bars.add_task("running", total=None)

        def show(done: int, total: int) -> None:
            bars.update(bar, completed=done, total=total)

        yield show
