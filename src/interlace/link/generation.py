"""What a scheme hands over: a source as a table of numbers, before it stands in a network."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network import BellState
from interlace.units import Hertz, Metres, Probability, Seconds

__all__ = ["Generation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """Pairs of one channel; the fields are those of `Link`.

    Attributes:
        length_m: of the fibres or cables, `None` where the source has none.
    """

    success_probability: Probability | None
    attempt_period_s: Seconds | None
    rate_hz: Hertz
    herald_delay_s: Seconds
    state: BellState
    length_m: Metres | None = None
    timing_notes: tuple[str, ...] = ()
    state_notes: tuple[str, ...] = ()
