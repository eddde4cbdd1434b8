"""Run several processes as one: restart what ends, end all together, leave none behind.

Each child is in a session of its own, so Ctrl-C reaches this process alone, which then ends the
children. On Linux a child is told SIGTERM by the kernel when this process is gone, killed or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from interlace.platform.failures import ServiceError
from interlace.platform.ports import Clock
from interlace.platform.supervise import Background
from interlace.platform.telemetry import log_event
from interlace.units import Seconds

__all__ = ["NEVER_RAN", "BackOff", "ChildCommand", "ChildProcesses"]

_LOG = logging.getLogger("interlace.platform")
_BAD_INPUT, NEVER_RAN = 2, 3

_LAUNCHER = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGTERM, 0, 0, 0)
if os.getppid() != int(sys.argv[1]):
    sys.exit(1)
os.execvp(sys.argv[2], sys.argv[2:])
"""
"""Asks the kernel for SIGTERM at the parent's end (PR_SET_PDEATHSIG), then becomes the child."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildCommand:
    """A process to keep running.

    Attributes:
        name: for messages.
        command: program and arguments.
        environment: in place of this process's own; `None`: that.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackOff:
    """How long to wait before a restart: doubling from first to most, anew after a calm time."""

    first_s: Seconds = 0.5
    most_s: Seconds = 30.0
    calm_s: Seconds = 60.0

    def after(self, last_s: Seconds, *, lived_s: Seconds) -> Seconds:
        """The next wait, from the last one, 0 for none, and how long the child lived."""
        if last_s == 0.0 or lived_s >= self.calm_s:
            return self.first_s
        return min(2 * last_s, self.most_s)


class ChildProcesses:
    """A part of a service (see `interlace.platform.supervise`) that is made of processes.

    Args:
        commands: what to run.
        clock: for waits.
        back_off: between restarts.
        end_s: how long children may take to end before they are killed.
        told: of each child that ended by itself, its exit code and the seconds until it is
            started again.
    """

    name = "child processes"

    def __init__(
        self,
        commands: Sequence[ChildCommand],
        clock: Clock,
        *,
        back_off: BackOff | None = None,
        end_s: Seconds = 15.0,
        told: Callable[[str, int, Seconds], None] | None = None,
    ) -> None:
        self._commands = tuple(commands)
        self._clock = clock
        self._back_off = back_off or BackOff()
        self._end_s = end_s
        self._told = told
        self._running: dict[str, asyncio.subprocess.Process] = {}
        self._is_ending = False

    async def start(self, background: Background) -> None:
        """Start every child and keep it running.

        A child that ends with code 2 says that its input is bad: it would not get better, so that
        ends the service. So does code `NEVER_RAN` until the child has run once: what keeps it from
        starting (a port that is taken) was there before it.
        """
        for command in self._commands:
            background.run(command.name, self._keep(command))

    async def stop(self) -> None:
        """End every child: SIGTERM, and SIGKILL to those that take too long."""
        self._is_ending = True
        running = list(self._running.values())
        for process in running:
            _send(process, signal.SIGTERM)
        waits = [asyncio.ensure_future(process.wait()) for process in running]
        if waits:
            _, late = await asyncio.wait(waits, timeout=self._end_s)
            if late:
                for process in running:
                    _send(process, signal.SIGKILL)
                await asyncio.wait(late)

    async def _keep(self, command: ChildCommand) -> None:
        wait_s, has_run = 0.0, False
        while True:
            begin_s = self._clock.monotonic_s()
            code = await self._run_once(command)
            if self._is_ending:
                await asyncio.Event().wait()  # until the service cancels this
            if code == _BAD_INPUT:
                raise ServiceError("its input is bad, as it says above")
            if code == NEVER_RAN and not has_run:
                raise ServiceError("it could not start, as it says above")
            has_run = True
            wait_s = self._back_off.after(wait_s, lived_s=self._clock.monotonic_s() - begin_s)
            log_event(
                _LOG,
                "child ended",
                level=logging.WARNING,
                child=command.name,
                code=code,
                restart_in_s=wait_s,
            )
            if self._told is not None:
                self._told(command.name, code, wait_s)
            await self._clock.sleep(wait_s)

    async def _run_once(self, command: ChildCommand) -> int:
        arguments = [
            sys.executable,
            "-I",
            "-S",
            "-c",
            _LAUNCHER,
            str(os.getpid()),
            *command.command,
        ]
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            env=None if command.environment is None else dict(command.environment),
            start_new_session=True,
        )
        self._running[command.name] = process
        if self._is_ending:
            _send(process, signal.SIGTERM)
        log_event(_LOG, "child runs", child=command.name, pid=process.pid)
        try:
            return await process.wait()
        except asyncio.CancelledError:
            _send(process, signal.SIGKILL)
            await process.wait()
            raise
        finally:
            self._running.pop(command.name, None)


def _send(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)
