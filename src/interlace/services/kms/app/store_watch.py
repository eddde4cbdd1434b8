"""Whether an entity's store answers, and what it holds opens: looked at once a second.

The one is for readiness and an alarm, the other for an alarm alone: what does not open is void.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from interlace.platform import OutcomeUnknownError, StoreUnavailableError
from interlace.services.kms.service.alarms import Alarms
from interlace.units import Seconds

__all__ = ["PASSING", "StoreWatch"]

PASSING = (StoreUnavailableError, OutcomeUnknownError)
"""What gets better by itself; a store that failed ends the service by `watch_store`."""

_PATIENCE_S: Seconds = 2.0
_HOLD_S: Seconds = 2.0


class StoreWatch:
    """Asks a store for something, again and again, and keeps in mind how it went.

    Args:
        entity: whose store it is.
        ask: what it is asked.
        alarms: told of a store that does not answer, or that somebody changed.
        damaged: how many keys in it did not open since the start.
    """

    def __init__(
        self,
        entity: str,
        ask: Callable[[], Awaitable[None]],
        alarms: Alarms,
        *,
        damaged: Callable[[], int] = lambda: 0,
    ) -> None:
        self._entity = entity
        self._ask = ask
        self._alarms = alarms
        self._damaged = damaged
        self._pending: asyncio.Task[None] | None = None
        self._why: str | None = None

    def why_not_ready(self) -> str | None:
        """How the store failed to answer last; `None` if it answers. A check for `Health`."""
        return self._why

    async def look(self) -> None:
        """Ask once; what takes too long is waited for at the next look, and not asked again.

        Raises:
            StoreError: the store is not to be trusted any more.
        """
        if self._pending is None:
            self._pending = asyncio.ensure_future(self._ask())
        await asyncio.wait({self._pending}, timeout=_PATIENCE_S)
        self._why = self._found()
        words = None
        if self._why is not None:
            words = f"{self._why}: SAEs get 503 and pools are not refilled until it is back"
        self._alarms.set("store-unavailable", self._entity, words, severity="major", hold_s=_HOLD_S)
        self._tell_damage()

    def close(self) -> None:
        """Wait for no answer any more."""
        if self._pending is not None:
            self._pending.cancel()

    def _tell_damage(self) -> None:
        count = self._damaged()
        if not count:
            return
        what = "1 key" if count == 1 else f"{count} keys"
        words = (
            f"{what} in the store did not open since the start: somebody changed the store, or "
            "another process writes in it; none of them was handed out: stop the entity, keep the "
            "store as evidence, and go on with a new one (docs/keys-operations.md, "
            '"What else may happen")'
        )
        self._alarms.set("store-tampered", self._entity, words, severity="major", hold_s=0.0)

    def _found(self) -> str | None:
        task = self._pending
        if task is None or not task.done():
            return "the store does not answer"
        self._pending = None
        try:
            task.result()
        except PASSING as error:
            return str(error)
        return None
