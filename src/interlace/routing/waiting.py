"""How long until every hop of a path has its pair.

Theory of operation
-------------------
Hops make pairs in parallel and independently, each on one channel, so the
time until all have one is the maximum of their waits and its distribution
function is the product of theirs.

A hop's wait is a delay that is certain plus an exponential: exactly so for a
Poisson stream (herald delay, 1/rate). For attempts of period tau and success
probability p the two are chosen such that mean tau/p and variance
(1-p) (tau/p)^2 agree with the geometric wait:

    scale = tau sqrt(1-p)/p,    delay = tau/p - scale.

E[max] is then within 2 % up to p = 0.5, within 0.05 % up to p = 0.1, exact at
p = 1, and 10 % too long at worst between 0.5 and 1. Where all hops make
attempts of the same period, the sum over attempts is done instead, exactly:
E[max] = tau sum_{k >= 0} [1 - prod_h (1 - (1-p_h)^k)].

E[max] = integral of 1 - prod_h F_h(t) dt is a Gauss-Legendre sum over panels:
one up to where no hop can be ready yet, then octaves of time from there on, cut
where a hop's delay ends, because there its F_h has a kink. On the nodes F_h is
a vector, so a path's F is the product of its hops' vectors.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlace.kernel import FloatArray
from interlace.link import Link
from interlace.units import Seconds

__all__ = ["HopWait", "WaitGrid", "expected_longest_wait_s", "hop_wait"]

_NODES_PER_PANEL = 8
_LONGEST_IN_SCALES = 45.0
"""exp(-45) is 3e-20: what is cut off of a hop's wait."""
_MOST_KINKS = 96
_FEW = 12
"""Up to so many kinds of hop, each gets octaves of its own."""
_MOST_ATTEMPTS = 50_000
"""Beyond, p is so small that the exponential is right to 8 digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HopWait:
    """A certain delay plus an exponential of mean `scale_s`."""

    delay_s: Seconds
    scale_s: Seconds


def hop_wait(link: Link) -> HopWait:
    """The wait of one hop by its mean and variance."""
    p, period_s = link.success_probability, link.attempt_period_s
    if p is None or period_s is None:
        return HopWait(delay_s=link.herald_delay_s, scale_s=1.0 / link.rate_hz)
    root = math.sqrt(1.0 - p)
    overlap_s = max(link.herald_delay_s - period_s, 0.0)
    return HopWait(delay_s=overlap_s + period_s / (1.0 + root), scale_s=period_s * root / p)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitGrid:
    """Times and weights on which expected maxima of waits are summed; shape (G,) each."""

    times_s: FloatArray
    weights_s: FloatArray

    @staticmethod
    def of(waits: Sequence[HopWait]) -> WaitGrid:
        """A grid on which any subset of the waits can be multiplied."""
        first_s = min(wait.delay_s for wait in waits)
        end_s = max(wait.delay_s + _LONGEST_IN_SCALES * wait.scale_s for wait in waits)
        scales = [wait.scale_s for wait in waits if wait.scale_s > 0.0]
        edges = {0.0, first_s, end_s}
        if scales:
            octaves = math.ceil(math.log2((end_s - first_s) / min(scales))) + 1
            edges.update(first_s + min(scales) * 2.0**k for k in range(-3, octaves))
        kinks = sorted({wait.delay_s for wait in waits})
        edges.update(kinks[:: 1 + len(kinks) // _MOST_KINKS])
        unlike = sorted({(wait.delay_s, wait.scale_s) for wait in waits if wait.delay_s > first_s})
        if len(unlike) <= _FEW:
            edges.update(
                delay_s + scale_s * 2.0**k for delay_s, scale_s in unlike for k in range(-3, 6)
            )
        cuts = np.array(sorted(edge for edge in edges if edge <= end_s))
        x, w = np.polynomial.legendre.leggauss(_NODES_PER_PANEL)
        half = np.diff(cuts)[:, None] / 2.0
        middle = (cuts[:-1] + cuts[1:])[:, None] / 2.0
        return WaitGrid(times_s=(middle + half * x).ravel(), weights_s=(half * w).ravel())

    def ready(self, waits: Sequence[HopWait]) -> FloatArray:
        """Probability that each hop has its pair by each time, shape (H, G)."""
        delay_s = np.array([wait.delay_s for wait in waits])[:, None]
        scale_s = np.array([wait.scale_s for wait in waits])[:, None]
        late_s = self.times_s - delay_s
        is_random = scale_s > 0.0
        spread = np.maximum(late_s, 0.0) / np.where(is_random, scale_s, 1.0)
        return np.where(is_random, -np.expm1(-spread), late_s >= 0.0)

    def mean_s(self, ready: FloatArray) -> Seconds:
        """Expected time at which something happens that has happened by t with `ready(t)`."""
        return float(self.weights_s @ (1.0 - ready))


def expected_longest_wait_s(links: Sequence[Link]) -> Seconds:
    """E[max] of the hops' waits, one pair each, all starting together.

    Example:
        >>> from interlace.link import Link
        >>> hop = Link(
        ...     name="a--b",
        ...     ends=(0, 1),
        ...     channels=1,
        ...     success_probability=None,
        ...     attempt_period_s=None,
        ...     rate_hz=1e3,
        ...     herald_delay_s=0.0,
        ...     state=(1.0, 0.0, 0.0, 0.0),
        ...     latency_s=0.0,
        ...     citation="",
        ... )
        >>> round(expected_longest_wait_s((hop, hop)), 9)
        0.0015
    """
    exact_s = _in_step_s(links)
    if exact_s is not None:
        return exact_s
    waits = [hop_wait(link) for link in links]
    grid = WaitGrid.of(waits)
    return grid.mean_s(np.prod(grid.ready(waits), axis=0))


def _in_step_s(links: Sequence[Link]) -> Seconds | None:
    """The exact sum over attempts, where all hops attempt in step and it is short."""
    periods = {link.attempt_period_s for link in links}
    period_s = periods.pop()
    chances = [p for link in links if (p := link.success_probability) is not None]
    if periods or period_s is None or len(chances) < len(links):
        return None
    overlaps_s = {max(link.herald_delay_s - period_s, 0.0) for link in links}
    attempts = math.ceil(_LONGEST_IN_SCALES / min(chances))
    if len(overlaps_s) > 1 or attempts > _MOST_ATTEMPTS:
        return None
    k = np.arange(attempts, dtype=np.float64)
    met = np.prod([1.0 - (1.0 - p) ** k for p in chances], axis=0)
    return overlaps_s.pop() + period_s * float(np.sum(1.0 - met))
