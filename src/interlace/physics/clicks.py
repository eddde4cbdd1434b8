"""Weak coherent pulses of BB84 at a threshold receiver: how often it clicks, how often wrongly.

Arrays have the intensities along their first axis; whatever follows (settings that are tried at
once, distances) is broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from interlace.physics.domain import require_non_negative, require_positive, require_range
from interlace.physics.entropy import binary_entropy
from interlace.units import Probability, Ratio

__all__ = ["Clicks", "error_correction_leak", "pulse_clicks", "sifted_clicks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Clicks:
    """Clicks by intensity: probabilities a pulse, or expected or observed counts.

    Attributes:
        detected: shape (K, ...), all that clicked.
        wrong: shape (K, ...), those among them whose bit is wrong.
    """

    detected: NDArray[np.float64]
    wrong: NDArray[np.float64]


def pulse_clicks(
    intensity: ArrayLike,
    *,
    transmittance: ArrayLike,
    dark_probability: Probability,
    afterpulse_probability: Probability = 0.0,
    misalignment: Probability = 0.0,
) -> Clicks:
    """Chance that a pulse clicks, and that it clicks wrongly, when both ends use the same basis.

        D_k = 1 - (1 - 2 p_dc) e^(-eta k),    R_k = D_k (1 + p_ap)
        e_k = p_dc + e_mis (1 - e^(-eta k)) + p_ap D_k / 2

    k: mean photons of the pulse, eta: transmittance of channel and receiver together, p_dc: dark
    counts of each of two detectors, p_ap: clicks that follow a click, e_mis: photons that go to the
    wrong detector. Source: Lim, Curty, Walenta, Xu, Zbinden, Phys. Rev. A 89, 022307 (2014),
    doi:10.1103/PhysRevA.89.022307, section IV. The paper prints eta of the channel alone in e_k;
    with that of channel and receiver its figures come out. First order in p_dc and p_ap; clicks of
    both detectors are not counted apart.

    Args:
        intensity: k, of shape (K, ...).
        transmittance: eta; broadcast against the intensities.
        dark_probability: p_dc, of each detector and pulse.
        afterpulse_probability: p_ap.
        misalignment: e_mis.

    Raises:
        DomainError: a number is no probability or intensity.

    Example:
        >>> clicks = pulse_clicks([0.5], transmittance=0.01, dark_probability=1e-6)
        >>> round(float(clicks.detected[0]), 9), round(float(clicks.wrong[0]), 9)
        (0.004989511, 1e-06)
    """
    require_non_negative("intensity", intensity)
    require_range("transmittance", transmittance, low=0.0, high=1.0)
    require_range("dark-count probability", dark_probability, low=0.0, high=0.5)
    require_range("afterpulse probability", afterpulse_probability, low=0.0, high=1.0)
    require_range("misalignment error", misalignment, low=0.0, high=0.5)
    photons = np.asarray(intensity, dtype=np.float64) * np.asarray(transmittance)
    arrives = -np.expm1(-photons)
    detected = arrives + 2.0 * dark_probability * (1.0 - arrives)
    wrong = dark_probability + misalignment * arrives + afterpulse_probability * detected / 2.0
    return Clicks(detected=detected * (1.0 + afterpulse_probability), wrong=wrong)


def sifted_clicks(
    clicks: Clicks, *, pulses: ArrayLike, basis_probability: ArrayLike, probabilities: ArrayLike
) -> Clicks:
    """Expected counts of one basis after sifting: N q^2 p_k times the chances of a pulse.

    Args:
        clicks: chances of a pulse, shape (K, ...).
        pulses: N, all pulses sent.
        basis_probability: q, with which each of the two ends chooses this basis.
        probabilities: p_k of each intensity, shape (K, ...).
    """
    sent = np.asarray(pulses) * np.square(basis_probability) * np.asarray(probabilities)
    return Clicks(detected=sent * clicks.detected, wrong=sent * clicks.wrong)


def error_correction_leak(counts: Clicks, *, inefficiency: Ratio) -> NDArray[np.float64]:
    """Bits that error correction tells everybody: lambda_EC = f n h(e).

    n: sifted bits of all intensities, e: the share of them that is wrong, f: inefficiency, 1 at
    Shannon's limit.

    Raises:
        DomainError: the inefficiency is not above 0.
    """
    require_positive("error-correction inefficiency", inefficiency)
    bits = counts.detected.sum(axis=0)
    errors = counts.wrong.sum(axis=0) / np.maximum(bits, np.finfo(np.float64).tiny)
    return inefficiency * bits * binary_entropy(np.minimum(errors, 0.5))
