"""What the hardware does: pure functions from numbers to numbers.

Each function states its equation, its symbols, where it comes from and where
it stops being true; outside that range it raises `DomainError`.
"""

from interlace.physics.bell import characters, compose, from_characters, noisy_swap, werner
from interlace.physics.capacity import bbm92_fraction, plob_bound, teleportation_fidelity
from interlace.physics.decoherence import idle_pauli
from interlace.physics.distillation import Distilled, bbpssw, dejmps
from interlace.physics.fibre import SPEED_IN_FIBRE_M_PER_S, flight_time, transmittance
from interlace.physics.heralding import Heralded, double_click, single_click
from interlace.physics.midpoint import LatchedSlot, latched_round, midpoint_source
from interlace.physics.transduction import (
    MAX_NOISE_PER_WINDOW,
    attempt_period,
    noise_click_probability,
)
from interlace.physics.transfer import direct_transduction, microwave_transfer

__all__ = [
    "MAX_NOISE_PER_WINDOW",
    "SPEED_IN_FIBRE_M_PER_S",
    "Distilled",
    "Heralded",
    "LatchedSlot",
    "attempt_period",
    "bbm92_fraction",
    "bbpssw",
    "characters",
    "compose",
    "dejmps",
    "direct_transduction",
    "double_click",
    "flight_time",
    "from_characters",
    "idle_pauli",
    "latched_round",
    "microwave_transfer",
    "midpoint_source",
    "noise_click_probability",
    "noisy_swap",
    "plob_bound",
    "single_click",
    "teleportation_fidelity",
    "transmittance",
    "werner",
]
