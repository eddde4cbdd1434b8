"""Entanglement sampled link by link: the first adapter of `EbitSupply`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from interlace.kernel import BoolArray, FloatArray, IntArray, stream
from interlace.link import Link
from interlace.routing.ledger import PairLedger
from interlace.routing.ports import Pairs, Requests, SupplyUse

__all__ = ["SampledSupply"]


class SampledSupply:
    """Draws every wait from its link's own random stream, over all timelines at once.

    A Poisson link's wait is exponential, plus its herald delay. A link with attempts waits
    (k - 1) * period + max(period, herald delay) with k geometric on 1, 2, ...: attempt k emits
    one herald delay before its herald, which ends its period. How requests queue is written in
    `interlace.routing.ledger`.

    The n-th pair of a link sees the same numbers whatever happens on other links.

    Args:
        links: the compiled links, indexed as in requests.
        timelines: how many run side by side.
        seed: of all streams.

    Example:
        >>> import numpy as np
        >>> from interlace.link import Link
        >>> link = Link(
        ...     name="a--b",
        ...     ends=(0, 1),
        ...     channels=1,
        ...     success_probability=1.0,
        ...     attempt_period_s=1e-3,
        ...     rate_hz=1e3,
        ...     herald_delay_s=0.0,
        ...     state=(1.0, 0.0, 0.0, 0.0),
        ...     latency_s=0.0,
        ...     citation="",
        ... )
        >>> supply = SampledSupply((link,), timelines=2, seed=7)
        >>> pair = supply.request(
        ...     Requests(link=np.array([0]), ends=np.array([[0, 1]]), not_before_s=np.zeros((1, 2)))
        ... )
        >>> supply.advance()
        >>> supply.take(pair).ready_s.tolist()
        [[0.001, 0.001]]
    """

    def __init__(self, links: Sequence[Link], *, timelines: int, seed: int) -> None:
        waits = _SampledWaits(links, timelines=timelines, seed=seed)
        self._ledger = PairLedger(links, timelines=timelines, waits=waits)

    @property
    def timelines(self) -> int:
        """T: how many timelines run side by side."""
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


class _SampledWaits:
    """One exponential clock a pair: scaled for a Poisson link, rounded up to attempts otherwise."""

    def __init__(self, links: Sequence[Link], *, timelines: int, seed: int) -> None:
        self._links = links
        self._timelines = timelines
        self._streams = [stream(seed, "ebits", link.name) for link in links]

    def draw(self, link: int, pairs: int) -> FloatArray:
        """The next pairs' waits on that link, shape (pairs, T): the same, however many at once."""
        table = self._links[link]
        clock = self._streams[link].standard_exponential((pairs, self._timelines))
        p, period_s = table.success_probability, table.attempt_period_s
        if p is None or period_s is None:
            return clock / table.rate_hz + table.herald_delay_s
        # floor(E / -ln(1 - p)) failures before the first success: geometric, for the tiniest p too
        hazard = -math.log1p(-p) if p < 1.0 else math.inf
        failures = np.floor(clock / hazard)
        return failures * period_s + max(period_s, table.herald_delay_s)
