"""Log lines that others can cause at will, at most one a minute for each cause.

The first is written at once. The same again within a minute is counted, and the count told in one
line at the minute's end, so nobody fills the disk by being refused.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
from collections.abc import Hashable
from dataclasses import dataclass, field

from interlace.platform.telemetry import Field, log_event
from interlace.units import Seconds

__all__ = ["LimitedLog"]


@dataclass(slots=True)
class _Repeats:
    """What came again since the last line of its kind."""

    event: str
    level: int
    more: int = 0
    fields: dict[str, Field] = field(default_factory=dict[str, Field])


class LimitedLog:
    """Logs events of which there may be very many; used from within an event loop.

    Args:
        logger: of the module.
        every_s: between two lines of one cause.
        most: causes that have lines of their own at once; what goes beyond is counted together.
    """

    def __init__(self, logger: logging.Logger, *, every_s: Seconds = 60.0, most: int = 64) -> None:
        self._logger = logger
        self._every_s = every_s
        self._most = most
        self._open: dict[Hashable, _Repeats] = {}
        self._context = contextvars.copy_context()  # a count is of no single request
        self._timers: dict[Hashable, asyncio.TimerHandle] = {}

    def tell(
        self, event: str, *, cause: Hashable, level: int = logging.WARNING, **fields: Field
    ) -> None:
        """Log an event, or count it where its like was logged less than a minute ago.

        Args:
            event: what happened, in words that stay the same.
            cause: what makes it the same event as another; nothing that a caller chooses freely.
            level: of the standard library.
            fields: what happened to what; the line with the count, `more`, has the last one's.
        """
        key: Hashable = (event, cause)
        if key not in self._open and len(self._open) >= self._most:
            key, fields = (event, None), {"of": "various causes"}
        seen = self._open.get(key)
        if seen is not None:
            seen.more += 1
            seen.fields = fields
            return
        log_event(self._logger, event, level=level, **fields)
        self._open[key] = _Repeats(event, level)
        self._wait(key)

    def close(self) -> None:
        """Tell what was counted and not told yet."""
        for key in tuple(self._open):
            self._timers.pop(key).cancel()
            self._tell_rest(self._open.pop(key))

    def _wait(self, key: Hashable) -> None:
        loop = asyncio.get_running_loop()
        self._timers[key] = loop.call_later(self._every_s, self._end, key, context=self._context)

    def _end(self, key: Hashable) -> None:
        """A minute is over: go on counting if there was more, else forget the cause."""
        seen = self._open.pop(key)
        del self._timers[key]
        if seen.more:
            self._tell_rest(seen)
            self._open[key] = _Repeats(seen.event, seen.level)
            self._wait(key)

    def _tell_rest(self, seen: _Repeats) -> None:
        if seen.more:
            fields = {**seen.fields, "more": seen.more}
            log_event(self._logger, seen.event, level=seen.level, **fields)
