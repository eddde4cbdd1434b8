"""What the hardware does: pure functions from numbers to numbers.

Each function states its equation, its symbols, where it comes from and where
it stops being true; outside that range it raises `DomainError`.
"""

from interlace.physics.asymptotic import EndlessKey, endless_key
from interlace.physics.bell import characters, compose, from_characters, noisy_swap, werner
from interlace.physics.capacity import bbm92_fraction, plob_bound, teleportation_fidelity
from interlace.physics.clicks import Clicks, error_correction_leak, pulse_clicks, sifted_clicks
from interlace.physics.decoherence import idle_pauli
from interlace.physics.decoy import SecretBits, two_decoy_key
from interlace.physics.distillation import Distilled, bbpssw, dejmps
from interlace.physics.entropy import binary_entropy
from interlace.physics.fibre import SPEED_IN_FIBRE_M_PER_S, flight_time, transmittance
from interlace.physics.heralding import Heralded, double_click, single_click
from interlace.physics.midpoint import LatchedSlot, latched_round, midpoint_source
from interlace.physics.one_decoy import one_decoy_key, one_decoy_limit
from interlace.physics.transduction import (
    MAX_NOISE_PER_WINDOW,
    attempt_period,
    noise_click_probability,
)
from interlace.physics.transfer import direct_transduction, microwave_transfer

__all__ = [
    "MAX_NOISE_PER_WINDOW",
    "SPEED_IN_FIBRE_M_PER_S",
    "Clicks",
    "Distilled",
    "EndlessKey",
    "Heralded",
    "LatchedSlot",
    "SecretBits",
    "attempt_period",
    "bbm92_fraction",
    "bbpssw",
    "binary_entropy",
    "characters",
    "compose",
    "dejmps",
    "direct_transduction",
    "double_click",
    "endless_key",
    "error_correction_leak",
    "flight_time",
    "from_characters",
    "idle_pauli",
    "latched_round",
    "microwave_transfer",
    "midpoint_source",
    "noise_click_probability",
    "noisy_swap",
    "one_decoy_key",
    "one_decoy_limit",
    "plob_bound",
    "pulse_clicks",
    "sifted_clicks",
    "single_click",
    "teleportation_fidelity",
    "transmittance",
    "two_decoy_key",
    "werner",
]
