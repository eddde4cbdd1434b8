"""The processes of a run: entities, clients, the database. Killed, started again, ended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.platform.postgres import PostgresServer

from soak.clients import now_us
from soak.history import Kill
from soak.plan import Plan

__all__ = ["Clients", "CrashingServer", "Entity", "SoakError", "counted"]

_ROOT = Path(__file__).parents[1]
_STALL_S = 30.0
_DOWN_S = 20.0


class SoakError(Exception):
    """The run itself went wrong: a process ended that this run had not killed."""


class Entity:
    """`interlace kms serve` of one entity, again and again.

    Args:
        folder: of `interlace kms init`.
        name: of the entity.
        plan: which point it dies at next.
        kills: where kills are written down.
        may_fail: whether an end with an error is to be expected now: the database is away.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        plan: Plan,
        kills: list[Kill],
        may_fail: Callable[[], bool],
    ) -> None:
        self.name = name
        self.failures = 0
        self._last_words = folder / f"{name}.stderr"
        self._folder = folder
        self._plan = plan
        self._kills = kills
        self._may_fail = may_fail
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False
        self._is_over = False

    async def run(self) -> None:
        """Until `end`: start it, let it die where the plan has it die, start it again.

        Raises:
            SoakError: it ended by itself, or somebody else killed it.
        """
        try:
            await self._run()
        finally:
            _make_sure_of_the_end(self._process)

    async def _run(self) -> None:
        last = ""
        while not self._is_over:
            fault = self._plan.next(self.name, last)
            self._is_killed, process = False, await self._started(fault)
            if not fault:
                await process.wait()
            else:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), _STALL_S)
                if process.returncode is None:  # it never came to that point
                    self.kill()
                    await process.wait()
            last = self._ended(process.returncode, fault)
            if process.returncode == 1:
                await asyncio.sleep(0.3)

    def kill(self) -> bool:
        """Kill -9, wherever it is; whether it ran."""
        process = self._process
        if process is None or process.returncode is not None or self._is_over:
            return False
        self._is_killed = True
        process.kill()
        return True

    async def end(self) -> None:
        """Ask it to end, and wait."""
        self._is_over = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            try:
                await asyncio.wait_for(self._process.wait(), 30)
            except TimeoutError:
                self._process.kill()
                raise SoakError(f"{self.name} does not end on SIGTERM") from None

    async def _started(self, fault: str) -> asyncio.subprocess.Process:
        with self._last_words.open("wb") as stderr:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "interlace", "kms", "serve", str(self._folder), self.name,
                "--log", str(self._folder / f"{self.name}.log"),
                env={**os.environ, "INTERLACE_FAULT": fault},
                stdout=asyncio.subprocess.DEVNULL, stderr=stderr, start_new_session=True,
            )  # fmt: skip
        return self._process

    def _ended(self, code: int | None, fault: str) -> str:
        """What its end was: the point, or nothing."""
        if self._is_over:
            return ""
        words = f"killed at {fault.partition(':')[0]}"
        is_at_point = self._last_words.read_text(errors="replace").splitlines()[-1:] == [words]
        if code != -signal.SIGKILL or not (self._is_killed or is_at_point):
            if code == 1 and self._may_fail():
                self.failures += 1
                return ""
            log = self._folder / f"{self.name}.log"
            told = log.read_text(errors="replace")[-2000:] if log.is_file() else ""
            raise SoakError(f"{self.name} ended with code {code}: {told}")
        point = "" if self._is_killed else self._plan.hit(self.name)
        self._kills.append(Kill(what=self.name, point=point, at_us=now_us()))
        return point


class Clients:
    """A process of collectors, and the next one once it is killed.

    Args:
        folder: of `interlace kms init`.
        logs: where its calls are written, a file a process.
        name: of the first process; the next ones get a number.
        seed: of its chance.
        kills: where kills are written down.
    """

    def __init__(self, folder: Path, logs: Path, name: str, seed: int, kills: list[Kill]) -> None:
        self.read = 0
        self.singles = 0
        self._folder = folder
        self._logs = logs
        self._name = name
        self._seed = seed
        self._kills = kills
        self._process: asyncio.subprocess.Process | None = None
        self._is_killed = False
        self._is_over = False

    async def run(self) -> None:
        """Until `end`.

        Raises:
            SoakError: a process ended by itself, or somebody else killed it.
        """
        try:
            await self._run()
        finally:
            _make_sure_of_the_end(self._process)

    async def _run(self) -> None:
        life = 0
        while not self._is_over:
            life += 1
            self._is_killed = False
            code = await self._live(f"{self._name}.{life}", self._seed + 1000 * life)
            if self._is_over:
                return
            if code != -signal.SIGKILL or not self._is_killed:
                raise SoakError(f"the clients {self._name} ended with code {code}")
            self._kills.append(Kill(what="clients", point="", at_us=now_us()))

    def kill(self) -> bool:
        """Kill -9; whether it ran."""
        if self._process is None or self._process.returncode is not None or self._is_over:
            return False
        self._is_killed = True
        self._process.kill()
        return True

    async def end(self) -> None:
        """Ask it to end what it has begun, and wait."""
        self._is_over = True
        if self._process is not None and self._process.returncode is None:
            self._process.terminate()
            await asyncio.wait_for(self._process.wait(), 60)

    async def _live(self, name: str, seed: int) -> int | None:
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "soak.collectors", str(self._folder),
            str(self._logs / f"{name}.log"), name, str(seed),
            cwd=_ROOT, stdout=asyncio.subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        if process.stdout is None:
            raise SoakError("clients have no stdout")
        read, singles = self.read, self.singles
        async for line in process.stdout:
            found = counted(line)
            if found is not None:
                self.read, self.singles = read + found[0], singles + found[1]
        return await process.wait()


def counted(line: bytes) -> tuple[int, int] | None:
    """How many keys a client has read since it started, and how many of them alone.

    `None`: it was killed while it wrote the line.
    """
    said = line.split()
    return (int(said[0]), int(said[1])) if len(said) == 2 and line.endswith(b"\n") else None


class CrashingServer(PostgresServer):
    """A database server whose processes all die at once."""

    down_at_s = float("-inf")

    def was_down(self) -> bool:
        """Whether it was away lately."""
        return time.monotonic() < self.down_at_s + _DOWN_S

    def crash(self) -> None:
        """Kill -9 of all its processes, and a new start, which reads the log of changes again."""
        self.down_at_s = time.monotonic()
        if self._process is None:
            return
        for pid in (self._process.pid, *_children(self._process.pid)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        self.start()
        self.down_at_s = time.monotonic()


def _make_sure_of_the_end(process: asyncio.subprocess.Process | None) -> None:
    """After Ctrl-C or a failure: leave nothing behind."""
    if process is not None and process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


def _children(parent: int) -> Iterator[int]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                yield int(stat.parent.name)
