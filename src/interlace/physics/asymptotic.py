"""BB84 with weak pulses, infinitely many decoys and an endless block: bits of one pulse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlace.physics.domain import require_non_negative, require_range
from interlace.physics.entropy import binary_entropy
from interlace.units import Probability, Ratio

__all__ = ["EndlessKey", "endless_key"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndlessKey:
    """What a pulse is worth; arrays of one shape.

    Attributes:
        rate: secret bits a pulse, no basis sifted away; negative where there are none.
        detected: chance of a click.
        error: error rate of the clicks.
    """

    rate: NDArray[np.float64]
    detected: NDArray[np.float64]
    error: NDArray[np.float64]


def endless_key(
    intensity: ArrayLike,
    *,
    transmittance: ArrayLike,
    dark_probability: Probability,
    misalignment: Probability = 0.0,
    afterpulse_probability: Probability = 0.0,
    inefficiency: Ratio = 1.0,
) -> EndlessKey:
    """Secret bits a pulse when every photon number's clicks and errors are known exactly.

        Q = 1 - (1-Y)^2 e^(-mu eta),   sin^2 delta = e_mis
        E Q = [1 + (1-Y)(e^(-mu eta cos^2 delta) - e^(-mu eta sin^2 delta))
               - (1-Y)^2 e^(-mu eta)] / 2
        Y_0 = 1 - (1-Y)^2,   Y_1 = 1 - (1-Y)^2 (1-eta)
        e_1 = [Y_1 - (1-Y) eta cos 2 delta] / (2 Y_1)
        R = e^-mu Y_0 + mu e^-mu Y_1 (1 - h(e_1)) - f Q h(E)

    mu: mean photons of a pulse, eta: transmittance of channel and receiver, Y: dark counts of each
    of two detectors; a click of both gives a random bit. Source: Attema, Bosman, Neumann, Quantum
    Inf. Process. 20, 154 (2021), doi:10.1007/s11128-021-03078-0, with f = 1. Added here: f, the
    inefficiency of error correction, and afterpulses as in `pulse_clicks`: every yield times
    1 + p_ap, half of the clicks added wrong.

    Args:
        intensity: mu, any shape.
        transmittance: eta; broadcast against the intensities.
        dark_probability: Y.
        misalignment: share of the light that goes to the wrong detector.
        afterpulse_probability: p_ap.
        inefficiency: f, 1 at Shannon's limit.

    Raises:
        DomainError: a number is no probability or intensity.

    Example:
        >>> one = endless_key(1.0, transmittance=0.1, dark_probability=1e-8)
        >>> round(float(one.rate), 8)
        0.03678764
    """
    require_non_negative("intensity", intensity)
    require_range("transmittance", transmittance, low=0.0, high=1.0)
    require_range("dark-count probability", dark_probability, low=0.0, high=0.5)
    require_range("misalignment error", misalignment, low=0.0, high=0.5)
    require_range("afterpulse probability", afterpulse_probability, low=0.0, high=1.0)
    mu, eta = np.asarray(intensity, dtype=np.float64), np.asarray(transmittance)
    quiet, more = 1.0 - dark_probability, 1.0 + afterpulse_probability
    dark = dark_probability * (1.0 + quiet)  # 1 - (1-Y)^2
    clicks = -np.expm1(-mu * eta) + dark * np.exp(-mu * eta)
    unequal = np.expm1(-mu * eta * (1.0 - misalignment)) - np.expm1(-mu * eta * misalignment)
    wrong = (clicks + quiet * unequal) / 2.0 + afterpulse_probability * clicks / 2.0
    single = eta + dark * (1.0 - eta)
    single_wrong = (single - quiet * eta * (1.0 - 2.0 * misalignment)) / 2.0
    single_wrong = single_wrong + afterpulse_probability * single / 2.0
    tiny = np.finfo(np.float64).tiny
    detected = clicks * more
    error = wrong / np.maximum(detected, tiny)
    phase = single_wrong / np.maximum(single * more, tiny)
    secret = np.exp(-mu) * more * (dark + mu * single * (1.0 - binary_entropy(phase)))
    rate = secret - inefficiency * detected * binary_entropy(error)
    return EndlessKey(rate=rate, detected=detected, error=error)
