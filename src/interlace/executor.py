"""Work in parallel: one port, a loop and a local process pool behind it.

A job's result may depend on the job alone. Results come back in the order of
the jobs, so nothing can depend on how many workers there were. Another host's
engine fits behind the same port.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from multiprocessing.context import SpawnContext, SpawnProcess
from types import ModuleType
from typing import Any, Protocol, TypeVar

from interlace.errors import InfeasibleError, SpecError

__all__ = ["Executor", "ProcessExecutor", "SerialExecutor", "available_workers"]

Job = TypeVar("Job")
Outcome = TypeVar("Outcome")

_AHEAD = 2
"""Jobs in flight for each worker: enough to keep it busy, few enough to hold in memory."""

_BEAT_S = 0.2
"""How often a pool's owner is asked whether it still wants the outcome."""

_STARTING = threading.Lock()
"""Held while a process starts: two threads would mistake each other's bare main module."""


class Executor(Protocol):
    """Carries out jobs that do not depend on one another."""

    @property
    def workers(self) -> int:
        """How many jobs run at once."""
        ...

    def map(self, function: Callable[[Job], Outcome], jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield `function(job)` of every job, in the order of the jobs.

        An exception of a job is raised where its result would have come. Leaving the iterator
        early, by an exception or by closing it, ends the work that is still under way.
        """
        ...


def available_workers() -> int:
    """Processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class SerialExecutor:
    """One job after the other, in this process."""

    @property
    def workers(self) -> int:
        """One."""
        return 1

    def map(self, function: Callable[[Job], Outcome], jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield `function(job)` of every job, in order."""
        return map(function, jobs)


@dataclass(frozen=True, slots=True)
class ProcessExecutor:
    """A pool of fresh processes on this machine, one for each call of `map`.

    The processes are spawned, not forked (numerical libraries hold threads), and do not run the
    caller's main module again: a script needs no `if __name__ == "__main__"`. So `function` and
    the jobs must come from modules that can be imported. Workers ignore Ctrl-C, which is the
    caller's to handle, and end with the caller however it ends.

    Args:
        workers: how many processes, at least 1.
        check: is called a few times a second while jobs are under way; what it raises ends them.

    Raises:
        SpecError: `workers` is less than 1.

    Example:
        >>> list(ProcessExecutor(2).map(abs, [-1, 2, -3]))
        [1, 2, 3]
    """

    workers: int
    check: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise SpecError("the number of workers must be at least 1", value=self.workers)

    def map(self, function: Callable[[Job], Outcome], jobs: Iterable[Job]) -> Iterator[Outcome]:
        """Yield `function(job)` of every job, in order, `workers` at a time.

        Raises:
            InfeasibleError: a worker was killed, as happens when memory runs out.
        """
        context = _BareContext()
        with ProcessPoolExecutor(
            self.workers, mp_context=context, initializer=_start_worker
        ) as pool:
            try:
                yield from _in_order(
                    pool, function, jobs, ahead=_AHEAD * self.workers, check=self.check
                )
            except BrokenProcessPool as error:
                msg = (
                    "a worker process was killed, most likely because memory ran out: "
                    "use fewer workers, or a backend that needs less memory"
                )
                raise InfeasibleError(msg) from error
            except BaseException:
                context.end_all()
                _hang_up(pool)
                pool.shutdown(wait=False, cancel_futures=True)
                raise


def _in_order(
    pool: ProcessPoolExecutor,
    function: Callable[[Job], Outcome],
    jobs: Iterable[Job],
    *,
    ahead: int,
    check: Callable[[], None] | None,
) -> Iterator[Outcome]:
    waiting: deque[Future[Outcome]] = deque()
    for job in jobs:
        waiting.append(pool.submit(function, job))
        if len(waiting) >= ahead:
            yield _outcome(waiting.popleft(), check)
    while waiting:
        yield _outcome(waiting.popleft(), check)


def _outcome(future: Future[Outcome], check: Callable[[], None] | None) -> Outcome:
    while check is not None:
        check()
        if wait([future], timeout=_BEAT_S).done:
            break
    return future.result()


def _hang_up(pool: ProcessPoolExecutor) -> None:
    """Close this process's own far ends of the pipes to the workers.

    A worker that ends in the middle of a message leaves half of it in a pipe: the pool's threads
    would wait for the rest as long as anybody, this process included, holds the pipe's other
    end. The pool has no public name for them.
    """
    for queue, end in (("_result_queue", "_writer"), ("_call_queue", "_reader")):
        pipe = getattr(getattr(pool, queue, None), end, None)
        if pipe is not None:
            pipe.close()


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # the pool is the parallelism
        os.environ.setdefault(variable, "1")
    parent = parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)


class _BareProcess(SpawnProcess):
    """A spawned process that does not import the caller's main module.

    `multiprocessing` reads the main module's place from `sys.modules` while it starts a child, so
    an empty one stands there for that moment. Ctrl-C is held back meanwhile: the child inherits
    the mask and never sees it, not even before `_start_worker`.
    """

    def start(self) -> None:
        with _STARTING, _interrupts_held():
            main = sys.modules["__main__"]
            sys.modules["__main__"] = ModuleType("__main__")
            try:
                super().start()
            finally:
                sys.modules["__main__"] = main


class _BareContext(SpawnContext):
    """The start method `spawn` with `_BareProcess`, knowing which processes it started."""

    def __init__(self) -> None:
        super().__init__()
        self._started: list[SpawnProcess] = []

    def Process(self, *args: Any, **kwargs: Any) -> SpawnProcess:  # noqa: ANN401, N802  # pyright: ignore[reportIncompatibleVariableOverride]
        process = _BareProcess(*args, **kwargs)
        self._started.append(process)
        return process

    def end_all(self) -> None:
        """Terminate every process that runs."""
        for process in self._started:
            if process.is_alive():
                process.terminate()


@contextlib.contextmanager
def _interrupts_held() -> Generator[None]:
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
