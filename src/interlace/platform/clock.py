"""The clocks: the one module of the platform, and of the rooms on it, that knows the time."""

from __future__ import annotations

import asyncio
import heapq
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from interlace.units import Seconds

__all__ = ["ManualClock", "SystemClock", "date_of", "instant_text"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date_of(instant_us: int) -> datetime:
    """A moment as a date with the zone UTC.

    Args:
        instant_us: microseconds since 1970-01-01T00:00:00Z.
    """
    return _EPOCH + timedelta(microseconds=instant_us)


def instant_text(instant_us: int) -> str:
    """A moment as RFC 3339 writes it, to the microsecond.

    Args:
        instant_us: microseconds since 1970-01-01T00:00:00Z.

    Example:
        >>> instant_text(1_700_000_000_250_000)
        '2023-11-14T22:13:20.250000Z'
    """
    return date_of(instant_us).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass(frozen=True, slots=True)
class SystemClock:
    """The machine's clock."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        return time.time_ns() // 1000

    def monotonic_s(self) -> Seconds:
        """Seconds since some moment, never going back."""
        return time.monotonic()

    async def sleep(self, duration_s: Seconds) -> None:
        """Wait."""
        await asyncio.sleep(duration_s)


@dataclass(slots=True)
class ManualClock:
    """A clock for tests: time passes when `advance` says so.

    Args:
        instant_us: where it starts, microseconds since 1970-01-01T00:00:00Z.
    """

    instant_us: int = 1_700_000_000_000_000
    _sleepers: list[tuple[int, int, asyncio.Future[None]]] = field(
        default_factory=list[tuple[int, int, "asyncio.Future[None]"]]
    )
    _count: int = 0

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z."""
        return self.instant_us

    def monotonic_s(self) -> Seconds:
        """The same in seconds."""
        return self.instant_us / 1e6

    async def sleep(self, duration_s: Seconds) -> None:
        """Wait until the clock was advanced that far."""
        wake_us = self.instant_us + round(duration_s * 1e6)
        future = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (wake_us, self._count, future))
        await future

    async def advance(self, duration_s: Seconds) -> None:
        """Let time pass: sleepers wake in their order, each before the next."""
        end_us = self.instant_us + round(duration_s * 1e6)
        await _let_others_run()
        while self._sleepers and self._sleepers[0][0] <= end_us:
            wake_us, _, future = heapq.heappop(self._sleepers)
            self.instant_us = max(self.instant_us, wake_us)
            if not future.done():
                future.set_result(None)
            await _let_others_run()
        self.instant_us = end_us


async def _let_others_run() -> None:
    for _ in range(5):  # a few turns of the loop: who wakes may sleep again
        await asyncio.sleep(0)
