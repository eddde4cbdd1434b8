"""Run a service: start its parts, be ready, stop them in order whatever happens.

A service is a list of parts. They start in order and stop in reverse, so a part that takes requests
comes last: it stops first, lets the requests under way end, and then what they needed stops.

What goes on in the background is a task of `Background`. A task that ends, by an error or without
one, ends the service with one sentence: half a service is worse than none, for nobody restarts it.

SIGTERM and SIGINT stop the service gracefully, also while it starts; a second one, later, stops the
waiting.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol

from interlace.errors import InterlaceError, SpecError
from interlace.platform.failures import ServiceError, is_of_the_disk
from interlace.platform.health import Health
from interlace.platform.ports import Store
from interlace.platform.telemetry import log_event
from interlace.units import Seconds

__all__ = ["Background", "Part", "run_service", "serve", "watch_store"]

_LOG = logging.getLogger("interlace.platform")
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_DRAIN_S = 20.0
_SAME_S = 0.2


class Background:
    """Tasks that go on until the service ends."""

    def __init__(self) -> None:
        self._tasks: dict[asyncio.Task[Any], str] = {}
        self._ended: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()

    def run(self, name: str, work: Coroutine[Any, Any, object]) -> None:
        """Start a task. It must not end by itself.

        Args:
            name: for the sentence that tells of its end.
            work: what it does.
        """
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[task] = name
        task.add_done_callback(self._on_end)

    async def ended(self) -> BaseException:
        """Wait until a task has ended; with what."""
        return await asyncio.shield(self._ended)

    async def cancel(self) -> None:
        """End all tasks."""
        tasks = list(self._tasks)
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _on_end(self, task: asyncio.Task[Any]) -> None:
        name = self._tasks.pop(task, None)
        if name is None or self._ended.done():  # cancelled by us, or not the first
            if not task.cancelled():
                task.exception()  # it was seen
            return
        error = None if task.cancelled() else task.exception()
        self._ended.set_result(_sentence(name, error))


def _sentence(name: str, error: BaseException | None) -> BaseException:
    if error is None:
        return ServiceError(f"the task {name!r} ended, which it must not")
    if isinstance(error, InterlaceError):
        failure = ServiceError(f"the task {name!r} failed: {error}")
        return failure.with_traceback(error.__traceback__)
    crash = ServiceError(f"the task {name!r} crashed: {type(error).__name__}: this is a bug")
    return crash.with_traceback(error.__traceback__)


class Part(Protocol):
    """A part of a service."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    async def start(self, background: Background) -> None:
        """Begin; what it raises ends the service."""
        ...

    async def stop(self) -> None:
        """Take nothing new, finish what is under way, let go."""
        ...


async def watch_store(store: Store) -> None:
    """A background task that ends the service when the store fails."""
    raise await store.failed()


def run_service(parts: Sequence[Part], health: Health, *, drain_s: Seconds = _DRAIN_S) -> int:
    """Run a service until it is told to stop or fails; `serve` in a loop of its own.

    What ends it with an error is logged and said on stderr, in one sentence.

    Returns:
        The exit code: 0 after a graceful stop, 1 after a failure, 2 for bad input at the start; a
        disk that is full or broken is a failure.
    """
    try:
        asyncio.run(serve(parts, health, drain_s=drain_s))
    except SpecError as error:
        _tell(error)
        return 1 if is_of_the_disk(error.__cause__) else 2
    except InterlaceError as error:
        _tell(error)
        return 1
    except KeyboardInterrupt:  # before the handlers were there
        return 130
    return 0


def _tell(error: InterlaceError) -> None:
    if _LOG.hasHandlers():
        log_event(_LOG, "service failed", level=logging.CRITICAL, reason=str(error))
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()


async def serve(parts: Sequence[Part], health: Health, *, drain_s: Seconds = _DRAIN_S) -> None:
    """Run a service until SIGTERM, SIGINT or a failure.

    Args:
        parts: in the order in which they start.
        health: told how far things are.
        drain_s: how long all parts together may take to stop.

    Raises:
        ServiceError: a background task ended, or the parts did not stop in time.
        InterlaceError: what a part's start raised.
    """
    stops: asyncio.Queue[int] = asyncio.Queue()
    background, started = Background(), list[Part]()
    with _signals_into(stops):
        failure: BaseException | None = None
        try:
            failure = await _run(parts, started, background, stops, health)
        finally:
            health.phase = "stopping"
            late = await _stop_all(started, background, stops, drain_s=drain_s)
    for error in (failure, late):
        if error is not None:
            raise error
    log_event(_LOG, "service stopped")


async def _run(
    parts: Sequence[Part],
    started: list[Part],
    background: Background,
    stops: asyncio.Queue[int],
    health: Health,
) -> BaseException | None:
    """Start, and wait for a signal, `None`, or for the end of a background task."""
    starting = asyncio.ensure_future(_start_parts(parts, started, background))
    signalled = asyncio.ensure_future(stops.get())
    ended = asyncio.ensure_future(background.ended())
    ends = {signalled, ended}
    try:
        await asyncio.wait({starting, *ends}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            starting.result()
            health.phase = "running"
            log_event(_LOG, "service runs", pid=os.getpid())
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (starting, *ends):
            task.cancel()
        await asyncio.gather(starting, return_exceptions=True)  # before the stop, not beside it
    if ended.done() and not ended.cancelled():
        return ended.result()
    log_event(_LOG, "service stops", signal=signal.Signals(signalled.result()).name)
    return None


async def _start_parts(parts: Sequence[Part], started: list[Part], background: Background) -> None:
    for part in parts:
        started.append(part)
        await part.start(background)


async def _stop_all(
    started: list[Part], background: Background, stops: asyncio.Queue[int], *, drain_s: Seconds
) -> ServiceError | None:
    """Stop the parts in reverse, until they are done, time is up or a second signal comes."""
    stopping = asyncio.ensure_future(_stop_parts(started, background))
    impatient = asyncio.ensure_future(_another(stops))
    await asyncio.wait({stopping, impatient}, timeout=drain_s, return_when=asyncio.FIRST_COMPLETED)
    is_asked = impatient.done()
    impatient.cancel()
    if stopping.done():
        return stopping.result()
    stopping.cancel()
    await asyncio.gather(stopping, return_exceptions=True)
    left = ", ".join(part.name for part in started) or "the background"
    why = "stopped at once, as asked: not ended" if is_asked else "not everything ended in time"
    return ServiceError(f"{why}: {left}")


async def _another(stops: asyncio.Queue[int]) -> int:
    """Wait for a second signal; one that comes at once is the first, sent twice."""
    await asyncio.sleep(_SAME_S)
    while not stops.empty():
        stops.get_nowait()
    return await stops.get()


async def _stop_parts(started: list[Part], background: Background) -> ServiceError | None:
    failed: ServiceError | None = None
    while started:
        part = started[-1]
        try:
            await part.stop()
        except Exception as error:  # noqa: BLE001 - the other parts must stop too
            log_event(_LOG, "part did not stop", level=logging.ERROR, part=part.name, error=error)
            failed = failed or ServiceError(f"{part.name} did not stop: {_words(error)}")
        started.pop()
    await background.cancel()
    return failed


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, InterlaceError) else type(error).__name__


@contextlib.contextmanager
def _signals_into(stops: asyncio.Queue[int]) -> Any:  # noqa: ANN401 - a generator
    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stops.put_nowait, number)
    try:
        yield
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
