"""Routes: the way over which two machines that are not neighbours share ebits."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network import BellState
from interlace.units import Fidelity, Seconds

__all__ = ["Route"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A path from one machine to another; every inner node swaps.

    Attributes:
        nodes: node indices along the path, both ends included.
        links: link indices along the path, one fewer.
        mean_wait_s: expected time until every hop has its pair, hops generating in parallel.
        state: of the swapped pair, from the links' states, with ideal swaps and no waiting.
    """

    nodes: tuple[int, ...]
    links: tuple[int, ...]
    mean_wait_s: Seconds
    state: BellState

    @property
    def fidelity(self) -> Fidelity:
        """Overlap of the swapped pair with Phi+."""
        return self.state[0]
