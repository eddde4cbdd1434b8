"""How a store first failed: that ends it for good, and whoever waits for it hears of it."""

from __future__ import annotations

import asyncio
from typing import Any

from interlace.platform.failures import StoreFailedError

__all__ = ["FirstFailure"]


class FirstFailure:
    """Remembers how a store failed; a failure after the first changes nothing."""

    def __init__(self) -> None:
        self._failure: StoreFailedError | None = None
        self._waiting: list[asyncio.Future[StoreFailedError]] = []

    def refuse(self) -> None:
        """Raise `StoreFailedError` if the store has failed."""
        if self._failure is not None:
            raise StoreFailedError(str(self._failure))

    def note(self, done: asyncio.Future[Any]) -> None:
        """Look how work ended: a callback for when it is done, whoever still waits for it."""
        error = None if done.cancelled() else done.exception()
        if isinstance(error, StoreFailedError):
            self._failure = self._failure or error
            for future in self._waiting:
                if not future.done():
                    future.set_result(self._failure)
            self._waiting.clear()

    async def heard(self) -> StoreFailedError:
        """Wait until the store fails, if ever, and say how."""
        if self._failure is None:
            future = asyncio.get_running_loop().create_future()
            self._waiting.append(future)
            return await future
        return self._failure
