"""`interlace kms serve` and `up`: entities as processes, with what a person is told meanwhile."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO

from interlace.errors import SpecError
from interlace.platform import (
    ChildCommand,
    ChildProcesses,
    Health,
    Part,
    SystemClock,
    forbid_core_dumps,
    run_service,
    set_up_logs,
)
from interlace.services.kms.app.entity import EntityPart
from interlace.services.kms.app.progress import Progress
from interlace.services.kms.app.reading import any_entity, load_directory, load_entity
from interlace.services.kms.app.status import DirectoryStatus, ask_entities, directory_status
from interlace.services.kms.model import Directory, EntityConfig

__all__ = ["run_directory", "run_entity", "status_of"]

_STORE = "INTERLACE_KMS_STORE"
"""Hands the store's address, which may hold a password, to child processes."""


def run_entity(config: EntityConfig, *, log_path: str | None = None) -> int:
    """Run one entity until it is told to stop.

    Args:
        config: of it.
        log_path: where its log is appended; `None`: stderr.

    Returns:
        The exit code: 0, 1 after a failure, 2 for bad input.

    Raises:
        SpecError: the log cannot be written.
    """
    forbid_core_dumps()
    with _log_to(log_path):
        return run_service([EntityPart(config, SystemClock())], Health())


def run_directory(
    directory: Directory,
    say: Callable[[str], None],
    *,
    store: str | None = None,
    is_isolated: bool = False,
) -> int:
    """Run all entities of a directory until Ctrl-C.

    Args:
        directory: what `interlace kms init` made.
        say: tells a person how far things are.
        store: a PostgreSQL URL in place of what the entities' files say.
        is_isolated: each entity as a process of its own.

    Returns:
        The exit code: 0, 1 after a failure, 2 for bad input.

    Raises:
        SpecError: an entity's configuration is wrong.
    """
    forbid_core_dumps()
    clock = SystemClock()
    configs = [load_entity(directory.folder, one.name, store=store) for one in directory.entities]
    with _log_to(str(Path(directory.folder) / "log")):
        parts: list[Part] = [Progress(directory, configs[0], clock, say)]
        if is_isolated:
            parts.append(ChildProcesses(_commands(directory, store), clock))
        else:
            parts += [EntityPart(config, clock) for config in configs]
        code = run_service(parts, Health())
    say("stopped" if code == 0 else f"ended: the log is in {directory.folder}/log")
    return code


def status_of(folder: str) -> DirectoryStatus:
    """The state of a directory's network, whether it runs or not.

    Raises:
        SpecError: it is no such directory, or a file in it breaks a rule.
    """
    directory = load_directory(folder)
    config = any_entity(folder)
    return directory_status(directory, config, ask_entities(directory))


def _commands(directory: Directory, store: str | None) -> list[ChildCommand]:
    environment = dict(os.environ)
    option: tuple[str, ...] = ()
    if store is not None:
        environment[_STORE] = store
        option = ("--store", f"env:{_STORE}")
    program = (sys.executable, "-m", "interlace", "kms", "serve")
    return [
        ChildCommand(
            name=one.name,
            command=(
                *program,
                directory.folder,
                one.name,
                *option,
                "--log",
                str(Path(one.folder) / "log"),
            ),
            environment=environment,
        )
        for one in directory.entities
    ]


@contextlib.contextmanager
def _log_to(path: str | None) -> Generator[None]:
    """Log to a file, or to stderr, as long as the block lasts.

    Raises:
        SpecError: the file cannot be written.
    """
    with contextlib.ExitStack() as held:
        stream: IO[str] = sys.stderr
        if path is not None:
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            except OSError as error:
                raise SpecError(f"cannot be written: {error.strerror}", file=path) from error
            stream = held.enter_context(os.fdopen(descriptor, "a", encoding="utf-8", buffering=1))
        held.callback(logging.getLogger().removeHandler, set_up_logs(stream))
        yield
