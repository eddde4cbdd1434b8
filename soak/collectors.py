"""A process of clients: `python -m soak.collectors DIR LOG NAME SEED`, until SIGTERM or SIGKILL.

Each collector asks as a master, fetches the same keys as the slave, and misbehaves now and then:
it hangs up before the reply, asks twice at once, asks as somebody else, or never fetches. Once
in a while the process says on stdout how many keys it has read, and how many by requests for one.
"""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from interlace.services.kms.app import load_directory
from soak.clients import CallLog, Connection, Network
from soak.history import Call

__all__ = ["PAIRS", "STRANGER", "Collector"]

PAIRS = (("sae-a", "sae-b"), ("sae-b", "sae-a"), ("sae-a", "sae-c"))
STRANGER = {"sae-b": "sae-c", "sae-a": "sae-c", "sae-c": "sae-b"}
"""Who tries to fetch a slave's keys, of which none is its own."""

_COLLECTORS = 8
_SINGLES = 0.92  # of requests: a fifth of the keys
_LONG = 0.02
_TELL_S = 0.5


class Collector:
    """One master and slave after the other."""

    def __init__(self, network: Network, log: CallLog, chance: random.Random) -> None:
        self.read = 0
        self.singles = 0
        self._chance = chance
        self._lines = {sae: Connection(network, sae, log) for sae in network.saes}
        self._others = {sae: Connection(network, sae, log) for sae in network.saes}

    async def collect(self) -> None:
        """Get keys at one end and at the other."""
        chance = self._chance
        master, slave = chance.choice(PAIRS)
        count, bits = self._wish()
        is_dropped = chance.random() < 0.01
        call = await self._lines[master].new_keys(
            slave, count=count, bits=bits, is_dropped=is_dropped
        )
        self._count(call)
        if call is None or call.outcome == "unknown":
            await asyncio.sleep(0.2 * chance.random())
        elif call.outcome == "refused":
            await asyncio.sleep(0.3 * chance.random())
        elif chance.random() > 0.002:
            await self._fetch(master, slave, [got.key_id for got in call.got])

    def _wish(self) -> tuple[int, int]:
        """How many keys of how many bits."""
        at = self._chance.random()
        if at < _SINGLES:
            return 1, 256
        if at < _SINGLES + _LONG:
            return self._chance.randint(1, 4), self._chance.choice((64, 264, 512, 1024))
        return self._chance.randint(2, 128), 256

    async def _fetch(self, master: str, slave: str, key_ids: Sequence[str]) -> None:
        """Fetch keys by ID, in one of many ways, and try again as long as nobody knows."""
        chance = self._chance
        way = chance.random()
        if way < 0.01:
            await self._lines[STRANGER[slave]].keys_by_id(master, key_ids)
        elif way < 0.02:
            await self._lines[slave].keys_by_id(master, key_ids, is_dropped=True)
        elif way < 0.04:
            other = self._others[slave].keys_by_id(master, key_ids)
            calls = await asyncio.gather(self._lines[slave].keys_by_id(master, key_ids), other)
            for call in calls:
                self._count(call)
            return
        for _ in range(20):
            call = await self._lines[slave].keys_by_id(master, key_ids)
            self._count(call)
            if call is not None and call.outcome != "unknown":
                return
            await asyncio.sleep(0.3)

    def _count(self, call: Call | None) -> None:
        if call is not None:
            self.read += len(call.got)
            self.singles += len(call.got) == 1


async def main(folder: str, log: str, name: str, seed: int) -> None:
    """Collect until SIGTERM; what has begun is ended."""
    network, calls = Network(load_directory(folder)), CallLog(Path(log), name)
    is_over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, is_over.set)
    collectors = [
        Collector(network, calls, random.Random(f"{seed} {i}")) for i in range(_COLLECTORS)
    ]

    async def go_on(collector: Collector) -> None:
        while not is_over.is_set():
            await collector.collect()

    async def tell() -> None:
        while True:
            await asyncio.sleep(_TELL_S)
            print(sum(c.read for c in collectors), sum(c.singles for c in collectors), flush=True)

    telling = asyncio.create_task(tell())
    await asyncio.gather(*map(go_on, collectors))
    telling.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
