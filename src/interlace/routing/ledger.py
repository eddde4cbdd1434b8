"""The bookkeeping of pairs that every queueing supply shares.

Theory of operation
-------------------
A link is a queue with `channels` servers; its customers are requests, served
first come, first served in the order of the calls. A request may start once
its time has come and both its communication qubits are free:

    could start = max(not before, first end free, second end free)
    start       = max(could start, earliest free channel of the link)
    ready       = start + wait            (the channel is busy from start to ready)
    born        = ready - herald delay    (emission of the successful attempt)

`wait` comes from a `Waits`: sampled, or the mean. A communication qubit is
held from `start` until `release` says that it is free again, and cannot be
asked for in between, so every start is known when it is requested.
`advance` therefore computes nothing: it moves the clock that says what may be
seen. A request may be placed for a time that the clock of another timeline, or
of another part of the program, has passed: order of calls, not of times,
decides who is first.

All arithmetic runs over T timelines at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from interlace.errors import InvariantError
from interlace.kernel import BoolArray, FloatArray, IntArray
from interlace.link import Link
from interlace.routing.ports import Pairs, Requests, SupplyUse

__all__ = ["PairLedger", "Waits"]


class Waits(Protocol):
    """How long one channel needs from its first attempt to a usable pair."""

    def draw(self, link: int) -> FloatArray:
        """The next pair's wait on that link, on every timeline, shape (T,)."""
        ...


@dataclass(slots=True)
class _Pair:
    """One pair that was asked for and not yet taken; times have shape (T,)."""

    link: int
    could_start_s: FloatArray
    started_s: FloatArray
    born_s: FloatArray
    ready_s: FloatArray


class PairLedger:
    """Who asked for what, when it is ready, which communication qubits it holds."""

    def __init__(self, links: Sequence[Link], *, timelines: int, waits: Waits) -> None:
        if timelines < 1:
            raise InvariantError(f"a supply needs at least one timeline (got {timelines})")
        self._links = links
        self._waits = waits
        self._clock_s = np.zeros(timelines)
        self._channel_free_s = [np.zeros((link.channels, timelines)) for link in links]
        self._qubit_free_s: dict[int, FloatArray] = {}
        self._holder: dict[int, int] = {}
        self._ends: dict[tuple[int, int], int] = {}
        self._open: dict[int, _Pair] = {}
        self._issued = 0
        self._latest_s = np.zeros(timelines)
        self._taken_pairs = np.zeros(len(links), dtype=np.int64)
        self._taken_busy_s = np.zeros((len(links), timelines))
        self._taken_wait_s = np.zeros((len(links), timelines))

    @property
    def timelines(self) -> int:
        """T: how many timelines run side by side."""
        return len(self._clock_s)

    def request(self, requests: Requests) -> IntArray:
        """Queue R requests in their order; see `EbitSupply.request`."""
        identities = np.arange(self._issued, self._issued + len(requests.link), dtype=np.int64)
        for row, pair in enumerate(identities.tolist()):
            qubits = (int(requests.ends[row, 0]), int(requests.ends[row, 1]))
            self._start(
                pair, int(requests.link[row]), qubits=qubits, not_before=requests.not_before_s[row]
            )
        return identities

    def advance(self, until_s: FloatArray | None) -> None:
        """Move the clock; see `EbitSupply.advance`."""
        self._clock_s = np.maximum(self._clock_s, self._latest_s if until_s is None else until_s)

    def arrived(self, pairs: IntArray) -> BoolArray:
        """Which pairs the clock has passed; a taken pair has arrived."""
        seen = np.ones((len(pairs), self.timelines), dtype=np.bool_)
        for row, pair in enumerate(pairs.tolist()):
            self._known(pair)
            if pair in self._open:
                seen[row] = self._open[pair].ready_s <= self._clock_s
        return seen

    def take(self, pairs: IntArray) -> Pairs:
        """Hand out R pairs, once; see `EbitSupply.take`."""
        taken = [self._checked_out(pair) for pair in pairs.tolist()]
        shape = (len(taken), self.timelines)
        states = np.array([self._links[pair.link].state for pair in taken]).reshape(-1, 1, 4)
        return Pairs(
            started_s=np.array([pair.started_s for pair in taken]).reshape(shape),
            born_s=np.array([pair.born_s for pair in taken]).reshape(shape),
            ready_s=np.array([pair.ready_s for pair in taken]).reshape(shape),
            state=np.broadcast_to(states, (*shape, 4)),
        )

    def release(self, pairs: IntArray, ends: IntArray, at_s: FloatArray) -> None:
        """Free communication qubits; see `EbitSupply.release`."""
        for row, (pair, end) in enumerate(zip(pairs.tolist(), ends.tolist(), strict=True)):
            self._known(pair)
            qubit = self._ends.pop((pair, end), None)
            if qubit is None:
                raise InvariantError(f"end {end} of pair {pair} was released before")
            del self._holder[qubit]
            self._qubit_free_s[qubit] = np.array(at_s[row], dtype=np.float64)

    def use(self) -> SupplyUse:
        """How busy the links were up to the clock."""
        pairs, busy_s, wait_s = (
            self._taken_pairs.copy(), self._taken_busy_s.copy(), self._taken_wait_s.copy()
        )  # fmt: skip
        for pair in self._open.values():
            met = pair.ready_s <= self._clock_s
            so_far = np.minimum(pair.ready_s, self._clock_s)
            pairs[pair.link] += int(np.count_nonzero(met))
            busy_s[pair.link] += np.maximum(so_far - pair.started_s, 0.0)
            wait_s[pair.link] += np.where(met, pair.ready_s - pair.could_start_s, 0.0)
        return SupplyUse(pairs=pairs, busy_s=busy_s, wait_s=wait_s)

    def _start(
        self, pair: int, link: int, *, qubits: tuple[int, int], not_before: FloatArray
    ) -> None:
        """Queue one request: its times are known at once."""
        for end, qubit in enumerate(qubits):
            holder = self._holder.get(qubit)
            if holder is not None:
                raise InvariantError(
                    f"communication qubit {qubit} is asked for while pair {holder} holds it"
                )
            self._holder[qubit] = pair
            self._ends[pair, end] = qubit
        could_start_s = np.array(not_before, dtype=np.float64)
        for qubit in qubits:
            if qubit in self._qubit_free_s:
                could_start_s = np.maximum(could_start_s, self._qubit_free_s[qubit])
        free_s = self._channel_free_s[link]
        channel, timeline = np.argmin(free_s, axis=0), np.arange(self.timelines)
        started_s = np.maximum(could_start_s, free_s[channel, timeline])
        ready_s = started_s + self._waits.draw(link)
        free_s[channel, timeline] = ready_s
        self._latest_s = np.maximum(self._latest_s, ready_s)
        self._open[pair] = _Pair(
            link=link,
            could_start_s=could_start_s,
            started_s=started_s,
            born_s=ready_s - self._links[link].herald_delay_s,
            ready_s=ready_s,
        )
        self._issued = pair + 1

    def _checked_out(self, identity: int) -> _Pair:
        """Close the books on one pair."""
        self._known(identity)
        pair = self._open.get(identity)
        if pair is None:
            raise InvariantError(f"pair {identity} was taken before")
        if not bool(np.all(pair.ready_s <= self._clock_s)):
            raise InvariantError(f"pair {identity} has not arrived on every timeline yet: advance")
        del self._open[identity]
        self._taken_pairs[pair.link] += self.timelines
        self._taken_busy_s[pair.link] += pair.ready_s - pair.started_s
        self._taken_wait_s[pair.link] += pair.ready_s - pair.could_start_s
        return pair

    def _known(self, pair: int) -> None:
        if not 0 <= pair < self._issued:
            raise InvariantError(f"pair {pair} was never asked for")
