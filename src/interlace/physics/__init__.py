"""What the hardware does: pure functions from numbers to numbers.

Each function states its equation, its symbols, where it comes from and where
it stops being true; outside that range it raises `DomainError`.
"""

from interlace.physics.bell import characters, compose, from_characters, werner
from interlace.physics.decoherence import idle_pauli
from interlace.physics.fibre import SPEED_IN_FIBRE_M_PER_S, flight_time, transmittance
from interlace.physics.heralding import Heralded, double_click, single_click
from interlace.physics.transduction import (
    MAX_NOISE_PER_WINDOW,
    attempt_period,
    noise_click_probability,
)

__all__ = [
    "MAX_NOISE_PER_WINDOW",
    "SPEED_IN_FIBRE_M_PER_S",
    "Heralded",
    "attempt_period",
    "characters",
    "compose",
    "double_click",
    "flight_time",
    "from_characters",
    "idle_pauli",
    "noise_click_probability",
    "single_click",
    "transmittance",
    "werner",
]
