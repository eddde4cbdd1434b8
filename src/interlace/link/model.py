"""One hop compiled to a table: what the layers above need to know of it."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network import BellState
from interlace.units import Fidelity, Hertz, Probability, Seconds

__all__ = ["Link"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link as a table of numbers.

    Attributes:
        name: `a--b`.
        ends: node indices of the two ends in `Network.nodes`.
        channels: pairs that may be attempted at once.
        success_probability: of one attempt; `None` for a Poisson stream.
        attempt_period_s: of one channel; `None` for a Poisson stream.
        rate_hz: mean heralded pairs a second on one channel that is never blocked
            (success_probability / attempt_period_s, or the stream's rate).
        herald_delay_s: from the emission of a successful attempt to both ends knowing of it. A
            pair is this old when it can first be used, and its memories have aged by as much.
        state: the heralded state at emission.
        latency_s: one way, for classical messages from end to end.
        citation: where the formulas come from.
        timing_notes: what was assumed or approximated of when pairs and messages come (and perhaps
            of their state too), for people.
        state_notes: what was of the heralded state alone.
    """

    name: str
    ends: tuple[int, int]
    channels: int
    success_probability: Probability | None
    attempt_period_s: Seconds | None
    rate_hz: Hertz
    herald_delay_s: Seconds
    state: BellState
    latency_s: Seconds
    citation: str
    timing_notes: tuple[str, ...] = ()
    state_notes: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """All that was assumed or approximated."""
        return (*self.timing_notes, *self.state_notes)

    @property
    def fidelity(self) -> Fidelity:
        """Overlap of the heralded state with Phi+."""
        return self.state[0]

    @property
    def mean_wait_s(self) -> Seconds:
        """Mean time from a free channel to a usable pair.

        Attempt k is heralded (k - 1) * period + max(period, herald delay) after the channel
        starts: an attempt's herald comes within its period unless the hardware overlaps attempts.
        """
        if self.success_probability is None or self.attempt_period_s is None:
            return 1.0 / self.rate_hz + self.herald_delay_s
        overlap_s = max(self.herald_delay_s - self.attempt_period_s, 0.0)
        return self.attempt_period_s / self.success_probability + overlap_s
