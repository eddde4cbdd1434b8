"""`interlace kms serve` and `up`: entities as processes, with what a person is told meanwhile."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import IO

from interlace.errors import SpecError
from interlace.platform import (
    NEVER_RAN,
    Background,
    ChildCommand,
    ChildProcesses,
    Health,
    Part,
    SystemClock,
    forbid_core_dumps,
    hold_folder,
    run_service,
    set_up_logs,
)
from interlace.services.kms.app.entity import EntityPart
from interlace.services.kms.app.progress import Progress
from interlace.services.kms.app.reading import any_entity, load_directory, load_entity
from interlace.services.kms.app.status import DirectoryStatus, ask_entities, directory_status
from interlace.services.kms.model import Directory, EntityConfig
from interlace.units import Seconds

__all__ = ["run_directory", "run_entity", "status_of"]

_STORE = "INTERLACE_KMS_STORE"
"""Hands the store's address, which may hold a password, to child processes."""

_CHILD = "INTERLACE_KMS_CHILD"
"""Tells a process that `up --isolate` started it, and is to hear whether it ever ran."""


def run_entity(config: EntityConfig, *, log_path: str | None = None) -> int:
    """Run one entity until it is told to stop.

    Args:
        config: of it.
        log_path: where its log is appended; `None`: stderr.

    Returns:
        The exit code: 0, 1 after a failure, 2 for bad input; to `up --isolate`, which is to start
        nothing again that never ran, `NEVER_RAN` for a failure of the start.

    Raises:
        SpecError: the log cannot be written.
    """
    forbid_core_dumps()
    reached = _Reached()
    with _log_to(log_path):
        code = run_service([EntityPart(config, SystemClock()), reached], Health())
    never_ran = code == 1 and not reached.is_reached and _CHILD in os.environ
    return NEVER_RAN if never_ran else code


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
            parts.insert(0, _Free(configs))
            parts.append(ChildProcesses(_commands(directory, store), clock, told=_telling(say)))
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


class _Reached:
    """The last part of a service: it starts when everything before it has."""

    name = "the start"

    def __init__(self) -> None:
        self.is_reached = False

    async def start(self, background: Background) -> None:  # noqa: ARG002 - the port's
        """Remember that the start came so far."""
        self.is_reached = True

    async def stop(self) -> None:
        """Nothing is under way."""


class _Free:
    """The first part of `up --isolate`: one sentence where the directory runs already."""

    name = "the folders"

    def __init__(self, configs: Sequence[EntityConfig]) -> None:
        self._configs = tuple(configs)

    async def start(self, background: Background) -> None:  # noqa: ARG002 - the port's
        """Make sure that no process runs any of the entities.

        Raises:
            SpecError: a folder may not be written.
            ServiceError: one does.
        """
        for config in self._configs:
            with hold_folder(config.folder):
                pass

    async def stop(self) -> None:
        """Nothing is held."""


def _telling(say: Callable[[str], None]) -> Callable[[str, int, Seconds], None]:
    """Tell a person of an entity whose process ended by itself."""

    def told(name: str, code: int, wait_s: Seconds) -> None:
        how = f"with exit code {code}" if code >= 0 else f"by {_signal_name(-code)}"
        say(f"  {name}: its process ended {how}; it starts again in {wait_s:g} s")

    return told


def _signal_name(number: int) -> str:
    """As `signal.h` has it; most of the real-time signals have none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _commands(directory: Directory, store: str | None) -> list[ChildCommand]:
    environment = {**os.environ, _CHILD: "1"}
    option: tuple[str, ...] = ()
    if store is not None:
        environment[_STORE] = store
        option = ("--store", f"env:{_STORE}")
    # -P: a file in the current folder that is called as a module is would be carried out.
    program = (sys.executable, "-P", "-m", "interlace", "kms", "serve")
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
