"""QKD modules, simulated: key from the operating system's generator, at the rate of the physics.

A link makes as much key as `interlace.qkd` computes for its protocol, channel and equipment, times
a factor for the impatient. What is not fetched for a while is lost, as of a module whose buffer is
full. There is no quantum channel: the other end gets the same blocks over the connection between
the entities. So this key is SIMULATED, and says so wherever it goes.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

from interlace.platform import Clock
from interlace.services.kms.model.configuration import LinkConfig
from interlace.services.kms.model.keys import LinkId
from interlace.services.kms.model.peering import BLOCK_BYTES
from interlace.units import Hertz, Ratio, Seconds

__all__ = ["SimulatedModules"]


@dataclass(slots=True)
class SimulatedModules:
    """The modules at the ends where key is drawn; see the port `Modules`.

    Args:
        links: with their rates.
        clock: the time.
        speed_up: factor on the rates.
        most_hz: bits a second of a link, at most.
        buffer_s: how long a module keeps key that nobody fetches.
    """

    links: Sequence[LinkConfig]
    clock: Clock
    speed_up: Ratio = 1.0
    most_hz: Hertz = 1e8
    buffer_s: Seconds = 2.0
    _since: dict[LinkId, Seconds] = field(default_factory=dict[LinkId, float], init=False)

    def rate_hz(self, link: LinkId) -> Hertz:
        """Secret bits a second, both directions together; 0 for a link that is none of these."""
        found = (one.rate_hz for one in self.links if one.name == link)
        return min(next(found, 0.0) * self.speed_up, self.most_hz)

    def due(self, link: LinkId) -> int:
        """Whole blocks since the last call."""
        now_s, blocks_hz = self.clock.monotonic_s(), self.rate_hz(link) / (8 * BLOCK_BYTES)
        since_s = self._since.setdefault(link, now_s)
        if blocks_hz <= 0.0:
            return 0
        buffer_s = max(self.buffer_s, 1.0 / blocks_hz)  # a slow link's buffer holds a block
        start_s = max(since_s, now_s - buffer_s)
        count = int((now_s - start_s) * blocks_hz + 1e-9)
        if count:
            self._since[link] = min(start_s + count / blocks_hz, now_s)
        return count

    def draw(self, count: int) -> bytes:
        """So many blocks from the operating system's generator."""
        return os.urandom(count * BLOCK_BYTES)
