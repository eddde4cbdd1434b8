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

All arithmetic runs over all requests of a call and T timelines at once; the queueing itself,
where each request may wait for the channel of the one before, is a compiled loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from interlace.errors import InvariantError
from interlace.kernel import BoolArray, FloatArray, IntArray, compiled
from interlace.link import Link
from interlace.routing.ports import Pairs, Requests, SupplyUse

__all__ = ["PairLedger", "Waits"]

Number = TypeVar("Number", np.float64, np.int64, np.bool_)


class Waits(Protocol):
    """How long one channel needs from its first attempt to a usable pair."""

    def draw(self, link: int, pairs: int) -> FloatArray:
        """The next pairs' waits on that link, in order and on every timeline, shape (pairs, T)."""
        ...


class PairLedger:
    """Who asked for what, when it is ready, which communication qubits it holds."""

    def __init__(self, links: Sequence[Link], *, timelines: int, waits: Waits) -> None:
        if timelines < 1:
            raise InvariantError(f"a supply needs at least one timeline (got {timelines})")
        self._waits = waits
        channels = np.array([link.channels for link in links], dtype=np.int64)
        self._first_channel = np.cumsum(channels) - channels
        self._channels = channels
        self._channel_free_s = np.zeros((int(channels.sum()), timelines))
        self._herald_delay_s = np.array([link.herald_delay_s for link in links])
        self._state = np.array([link.state for link in links]).reshape(-1, 4)
        self._clock_s = np.zeros(timelines)
        self._latest_s = np.zeros(timelines)
        self._pairs = _PairTable.empty(timelines)
        self._issued = 0
        self._place: dict[int, int] = {}  # row of `_qubit_free_s`, by communication qubit
        self._qubit_free_s = np.zeros((0, timelines))
        self._holder: dict[int, int] = {}
        self._ends: dict[tuple[int, int], int] = {}
        self._taken_pairs = np.zeros(len(links), dtype=np.int64)
        self._taken_busy_s = np.zeros((len(links), timelines))
        self._taken_wait_s = np.zeros((len(links), timelines))

    @property
    def timelines(self) -> int:
        """T: how many timelines run side by side."""
        return len(self._clock_s)

    def request(self, requests: Requests) -> IntArray:
        """Queue R requests in their order; see `EbitSupply.request`."""
        link = requests.link
        identities = np.arange(self._issued, self._issued + len(link), dtype=np.int64)
        could_start_s = np.array(requests.not_before_s, dtype=np.float64)
        for places in self._held(requests.ends, identities).T:
            np.maximum(could_start_s, self._qubit_free_s[places], out=could_start_s)
        wait_s = np.empty_like(could_start_s)
        for index in np.unique(link).tolist():
            rows = np.flatnonzero(link == index)
            wait_s[rows] = self._waits.draw(index, len(rows))
        started_s, ready_s = _queued(
            self._first_channel[link],
            self._channels[link],
            self._channel_free_s,
            could_start_s,
            wait_s,
        )
        self._latest_s = np.maximum(self._latest_s, ready_s.max(axis=0, initial=0.0))
        self._pairs.grow(self._issued + len(link))
        self._pairs.fill(identities, link, could_start_s, started_s, ready_s)
        self._issued += len(link)
        return identities

    def advance(self, until_s: FloatArray | None) -> None:
        """Move the clock; see `EbitSupply.advance`."""
        self._clock_s = np.maximum(self._clock_s, self._latest_s if until_s is None else until_s)

    def arrived(self, pairs: IntArray) -> BoolArray:
        """Which pairs the clock has passed; a taken pair has arrived."""
        self._check_known(pairs)
        seen = self._pairs.ready_s[pairs] <= self._clock_s
        return seen | self._pairs.is_taken[pairs][:, None]

    def take(self, pairs: IntArray) -> Pairs:
        """Hand out R pairs, once; see `EbitSupply.take`."""
        self._check_out(pairs)
        table = self._pairs
        link, started_s, ready_s = table.link[pairs], table.started_s[pairs], table.ready_s[pairs]
        self._taken_pairs += self.timelines * np.bincount(link, minlength=len(self._taken_pairs))
        np.add.at(self._taken_busy_s, link, ready_s - started_s)
        np.add.at(self._taken_wait_s, link, ready_s - table.could_start_s[pairs])
        return Pairs(
            started_s=started_s,
            born_s=ready_s - self._herald_delay_s[link][:, None],
            ready_s=ready_s,
            state=np.broadcast_to(self._state[link][:, None], (*ready_s.shape, 4)),
        )

    def release(self, pairs: IntArray, ends: IntArray, at_s: FloatArray) -> None:
        """Free communication qubits; see `EbitSupply.release`."""
        self._check_known(pairs)
        for row, half in enumerate(zip(pairs.tolist(), ends.tolist(), strict=True)):
            qubit = self._ends.pop(half, None)
            if qubit is None:
                raise InvariantError(f"end {half[1]} of pair {half[0]} was released before")
            del self._holder[qubit]
            self._qubit_free_s[self._place[qubit]] = at_s[row]

    def use(self) -> SupplyUse:
        """How busy the links were up to the clock."""
        pairs, busy_s, wait_s = (
            self._taken_pairs.copy(), self._taken_busy_s.copy(), self._taken_wait_s.copy()
        )  # fmt: skip
        table = self._pairs
        still_open = np.flatnonzero(~table.is_taken[: self._issued])
        link, ready_s = table.link[still_open], table.ready_s[still_open]
        met = ready_s <= self._clock_s
        so_far_s = np.minimum(ready_s, self._clock_s) - table.started_s[still_open]
        np.add.at(pairs, link, np.count_nonzero(met, axis=1))
        np.add.at(busy_s, link, np.maximum(so_far_s, 0.0))
        np.add.at(wait_s, link, np.where(met, ready_s - table.could_start_s[still_open], 0.0))
        return SupplyUse(pairs=pairs, busy_s=busy_s, wait_s=wait_s)

    def _held(self, ends: IntArray, identities: IntArray) -> IntArray:
        """Reserve the communication qubits; where each one's times stand, shape (R, 2)."""
        for pair, qubits in zip(identities.tolist(), ends.tolist(), strict=True):
            for end, qubit in enumerate(qubits):
                holder = self._holder.get(qubit)
                if holder is not None:
                    raise InvariantError(
                        f"communication qubit {qubit} is asked for while pair {holder} holds it"
                    )
                self._holder[qubit] = pair
                self._ends[pair, end] = qubit
                self._place.setdefault(qubit, len(self._place))
        self._qubit_free_s = _grown(self._qubit_free_s, len(self._place))
        places = [self._place[qubit] for qubit in ends.ravel().tolist()]
        return np.array(places, dtype=np.int64).reshape(-1, 2)

    def _check_known(self, pairs: IntArray) -> None:
        for pair in pairs[(pairs < 0) | (pairs >= self._issued)].tolist():
            raise InvariantError(f"pair {pair} was never asked for")

    def _check_out(self, pairs: IntArray) -> None:
        """Close the books on pairs."""
        self._check_known(pairs)
        _, first = np.unique(pairs, return_index=True)
        again = np.ones(len(pairs), dtype=np.bool_)
        again[first] = False
        for pair in pairs[again | self._pairs.is_taken[pairs]].tolist():
            raise InvariantError(f"pair {pair} was taken before")
        has_arrived = (self._pairs.ready_s[pairs] <= self._clock_s).all(axis=1)
        for pair in pairs[~has_arrived].tolist():
            raise InvariantError(f"pair {pair} has not arrived on every timeline yet: advance")
        self._pairs.is_taken[pairs] = True


@dataclass(slots=True)
class _PairTable:
    """All pairs that were ever asked for, with room for more; times have shape (room, T)."""

    link: IntArray
    is_taken: BoolArray
    could_start_s: FloatArray
    started_s: FloatArray
    ready_s: FloatArray

    @staticmethod
    def empty(timelines: int) -> _PairTable:
        nothing = np.zeros((0, timelines))
        return _PairTable(
            link=np.zeros(0, dtype=np.int64),
            is_taken=np.zeros(0, dtype=np.bool_),
            could_start_s=nothing,
            started_s=nothing,
            ready_s=nothing,
        )

    def grow(self, rows: int) -> None:
        """Make room."""
        self.link = _grown(self.link, rows)
        self.is_taken = _grown(self.is_taken, rows)
        self.could_start_s = _grown(self.could_start_s, rows)
        self.started_s = _grown(self.started_s, rows)
        self.ready_s = _grown(self.ready_s, rows)

    def fill(
        self,
        pairs: IntArray,
        link: IntArray,
        could_start_s: FloatArray,
        started_s: FloatArray,
        ready_s: FloatArray,
    ) -> None:
        """Write the rows of these pairs."""
        self.link[pairs] = link
        self.could_start_s[pairs] = could_start_s
        self.started_s[pairs] = started_s
        self.ready_s[pairs] = ready_s


def _grown(table: NDArray[Number], rows: int) -> NDArray[Number]:
    """The table with at least so many rows, new ones zero; grows by doubling."""
    if rows <= len(table):
        return table
    larger = np.zeros((max(rows, 2 * len(table)), *table.shape[1:]), dtype=table.dtype)
    larger[: len(table)] = table
    return larger


@compiled
def _queued(
    first_channel: IntArray,
    channels: IntArray,
    channel_free_s: FloatArray,
    could_start_s: FloatArray,
    wait_s: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Start and herald of each request, shape (R, T), first come, first served.

    Args:
        first_channel: where the request's link begins in `channel_free_s`, shape (R,).
        channels: how many channels the link has, shape (R,).
        channel_free_s: when each channel is free next, shape (C, T); moved on.
        could_start_s: see the theory above, shape (R, T).
        wait_s: the same.
    """
    started_s, ready_s = np.empty_like(could_start_s), np.empty_like(could_start_s)
    for row in range(len(channels)):
        first = first_channel[row]
        for t in range(could_start_s.shape[1]):
            soonest = first
            for channel in range(first + 1, first + channels[row]):
                if channel_free_s[channel, t] < channel_free_s[soonest, t]:
                    soonest = channel
            started_s[row, t] = max(could_start_s[row, t], channel_free_s[soonest, t])
            ready_s[row, t] = started_s[row, t] + wait_s[row, t]
            channel_free_s[soonest, t] = ready_s[row, t]
    return started_s, ready_s
