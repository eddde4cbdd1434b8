"""Entanglement at its mean waits: one timeline, no chance. For planning, never for results."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.kernel import BoolArray, FloatArray, IntArray
from interlace.link import Link
from interlace.routing.ledger import PairLedger
from interlace.routing.ports import Pairs, Requests, SupplyUse

__all__ = ["ExpectedSupply"]


class ExpectedSupply:
    """Every pair takes its link's mean wait; T is 1. Puts expected times on a schedule.

    Queues are those of `interlace.routing.ledger`. Times of a schedule made with it are no
    expectations of the sampled ones (the mean of a maximum is more than the maximum of means):
    they order things and give a scale.
    """

    def __init__(self, links: Sequence[Link]) -> None:
        self._ledger = PairLedger(links, timelines=1, waits=_MeanWaits(links))

    @property
    def timelines(self) -> int:
        """T: always 1."""
        return self._ledger.timelines

    def request(self, requests: Requests) -> IntArray:
        """Ask for R pairs; see `EbitSupply.request`."""
        return self._ledger.request(requests)

    def advance(self, until_s: FloatArray | None = None) -> None:
        """Let time pass; see `EbitSupply.advance`."""
        self._ledger.advance(until_s)

    def arrived(self, pairs: IntArray) -> BoolArray:
        """Which of the pairs have been heralded by now; see `EbitSupply.arrived`."""
        return self._ledger.arrived(pairs)

    def take(self, pairs: IntArray) -> Pairs:
        """Hand out pairs that have arrived, once; see `EbitSupply.take`."""
        return self._ledger.take(pairs)

    def release(self, pairs: IntArray, ends: IntArray, at_s: FloatArray) -> None:
        """Free communication qubits; see `EbitSupply.release`."""
        self._ledger.release(pairs, ends, at_s)

    def use(self) -> SupplyUse:
        """How busy the links were so far."""
        return self._ledger.use()


class _MeanWaits:
    """The mean, every time."""

    def __init__(self, links: Sequence[Link]) -> None:
        self._waits = [link.mean_wait_s for link in links]

    def draw(self, link: int, pairs: int) -> FloatArray:
        """The link's mean wait, shape (pairs, 1)."""
        return np.full((pairs, 1), self._waits[link])
