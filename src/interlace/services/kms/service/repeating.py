"""Things that are done again and again, with waits that grow while a peer does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from interlace.errors import ProtocolError
from interlace.platform import Clock, LimitedLog, StoreError, StoreFailedError, log_event
from interlace.services.kms.model.keys import KmeId
from interlace.services.kms.model.peer_failures import PeerError, StaleEpochError
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.units import Seconds

__all__ = ["Repeating"]

_LOG = logging.getLogger("interlace.kms")


@dataclass(slots=True)
class Repeating:
    """The loops of one entity: each does one thing by a function that does it once.

    Args:
        acquaintance: learns of epochs from what peers refuse.
        clock: for waits.
        first_wait_s: after a peer did not answer; then twice that, and so on.
        longest_wait_s: between two tries.
    """

    acquaintance: Acquaintance
    clock: Clock
    first_wait_s: Seconds
    longest_wait_s: Seconds
    _log: LimitedLog = field(default_factory=lambda: LimitedLog(_LOG), init=False)
    _bells: dict[KmeId, asyncio.Event] = field(
        default_factory=dict[KmeId, asyncio.Event], init=False
    )

    def close(self) -> None:
        """Tell what the log had counted and not told yet: the loops have ended."""
        self._log.close()

    def ring(self, peer: KmeId) -> None:
        """There is something for a peer."""
        self._bell(peer).set()

    async def tried(self, peer: KmeId, once: Callable[[], Awaitable[bool]]) -> bool | None:
        """What it says; `None` if the peer brought no answer that can be used."""
        try:
            return await once()
        except StaleEpochError as error:
            await self.acquaintance.learn(peer, error)
        except StoreFailedError:
            raise
        except (PeerError, ProtocolError, StoreError) as error:
            log_event(_LOG, "peer failed", level=logging.DEBUG, peer=peer, reason=error)
        return None

    async def with_peer(
        self,
        peer: KmeId,
        once: Callable[[KmeId], Awaitable[bool]],
        *,
        every_s: Seconds | None = None,
    ) -> None:
        """Do it for ever: at once while there is more, and with back-off after a failure.

        Args:
            peer: who is asked.
            once: says whether there was anything to do.
            every_s: wait so long after each time, whatever it said; `None`: wait for the bell, or
                for a moment, when there was nothing.
        """
        wait_s = self.first_wait_s
        while True:
            is_more = await self.tried(peer, lambda: once(peer))
            if is_more is None:
                await self.clock.sleep(wait_s)
                wait_s = min(2 * wait_s, self.longest_wait_s)
                continue
            wait_s = self.first_wait_s
            if every_s is not None:
                await self.clock.sleep(every_s)
            elif not is_more:
                await self._rest(peer)

    async def alone(self, once: Callable[[], Awaitable[object]], *, every_s: Seconds) -> None:
        """Do it for ever, with a pause after each time.

        Raises:
            RolledBackError: others know a higher epoch of this entity.
            StoreFailedError: the store is not to be trusted any more.
        """
        while True:
            try:
                await once()
            except StoreFailedError:
                raise
            except StoreError as error:
                self._log.tell("store is busy", cause=type(error).__name__, reason=error)
            if self.acquaintance.rolled_back is not None:
                raise self.acquaintance.rolled_back
            await self.clock.sleep(every_s)

    def _bell(self, peer: KmeId) -> asyncio.Event:
        return self._bells.setdefault(peer, asyncio.Event())

    async def _rest(self, peer: KmeId) -> None:
        """Until the bell rings, or for a moment."""
        bell = self._bell(peer)
        try:
            await asyncio.wait_for(bell.wait(), self.first_wait_s)
        except TimeoutError:
            return
        bell.clear()
