"""BB84 with weak pulses of three intensities: how many bits of a finite block are secret.

Theory of operation
-------------------
A pulse of intensity k holds n photons with probability e^-k k^n / n!, and whoever listens sees n,
never k. So the clicks of each n are shared among the intensities in known proportions, and from
the counts of three intensities follows how many clicks came of no photon and of one photon at
least. Of those bits, and of no others, something can be secret: of no photon all (nobody sent
anything), of one photon all but h(phi), phi being the error rate that the other basis would have
shown. What error correction told everybody is taken off, and logarithms for what may fail.

Arrays have the intensities along their first axis, strongest first; whatever follows is broadcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlace.physics.clicks import Clicks
from interlace.physics.entropy import binary_entropy
from interlace.physics.fluctuation import hoeffding_deviation, sampling_gap
from interlace.units import Probability

__all__ = ["SecretBits", "two_decoy_key"]

_PARTS = 21


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretBits:
    """What a block of sifted bits is worth; arrays of one shape.

    Attributes:
        length: secret bits, not rounded; negative where there are none.
        vacuum: bits of the key basis that no photon made, at least.
        single: bits of the key basis that one photon made, at least; may be negative.
        phase_error: error rate of the single photons in the other basis, at most.
    """

    length: NDArray[np.float64]
    vacuum: NDArray[np.float64]
    single: NDArray[np.float64]
    phase_error: NDArray[np.float64]


def two_decoy_key(
    key: Clicks,
    check: Clicks,
    *,
    intensities: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    leak: NDArray[np.float64] | float,
    secrecy: NDArray[np.float64] | float,
    correctness: Probability,
) -> SecretBits:
    """Secret bits of one block from its counts, with two decoy intensities.

        n_k^+- = e^k/p_k [ n_k +- sqrt(n/2 ln(21/eps_sec)) ],   tau_n = sum_k p_k e^-k k^n / n!
        s_0 = max(0, tau_0 (mu2 n-_3 - mu3 n+_2) / (mu2 - mu3))
        s_1 = tau_1 mu1 [ n-_2 - n+_3 - (mu2^2 - mu3^2)/mu1^2 (n+_1 - s_0/tau_0) ]
              / [(mu2 - mu3)(mu1 - mu2 - mu3)]
        v_1 = tau_1 (m+_2 - m-_3) / (mu2 - mu3)                           errors, in the check basis
        phi = v_1/s_1 + gamma(eps_sec/21, v_1/s_1, s_1 (check), s_1 (key))
        l = s_0 + s_1 (1 - h(phi)) - lambda_EC - 6 log2(21/eps_sec) - log2(2/eps_cor)

    Source: Lim, Curty, Walenta, Xu, Zbinden, Phys. Rev. A 89, 022307 (2014), equations 1 to 5,
    doi:10.1103/PhysRevA.89.022307; gamma is `sampling_gap`. Phases of pulses are random, both bases
    detect alike, mu1 > mu2 + mu3, mu2 > mu3.

    Args:
        key: counts of the basis that makes the key, shape (3, ...).
        check: counts of the other basis, shape (3, ...).
        intensities: mu1, mu2, mu3 in photons, shape (3, ...).
        probabilities: p_k, shape (3, ...).
        leak: lambda_EC in bits.
        secrecy: eps_sec of the block.
        correctness: eps_cor, chance that the two keys differ unnoticed.

    Returns:
        The length and the three bounds that it is made of.
    """
    eps_sec = np.asarray(secrecy, dtype=np.float64)
    mu1, mu2, mu3 = intensities
    weights = probabilities * np.exp(-intensities)
    tau0, tau1 = weights.sum(axis=0), (weights * intensities).sum(axis=0)

    def bounds(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        delta = hoeffding_deviation(counts.sum(axis=0), eps_sec / _PARTS)
        return (counts - delta) / weights, (counts + delta) / weights

    def photons(counts: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        low, high = bounds(counts)
        s0 = np.maximum(0.0, tau0 * (mu2 * low[2] - mu3 * high[1]) / (mu2 - mu3))
        ones = low[1] - high[2] - (mu2**2 - mu3**2) / mu1**2 * (high[0] - s0 / tau0)
        return s0, tau1 * mu1 * ones / ((mu2 - mu3) * (mu1 - mu2 - mu3))

    s0, s1 = photons(key.detected)
    _, s1_check = photons(check.detected)
    low, high = bounds(check.wrong)
    v1 = tau1 * (high[1] - low[2]) / (mu2 - mu3)
    ratio = np.clip(v1 / np.maximum(s1_check, 1.0), 0.0, 0.5)
    gap = sampling_gap(eps_sec / _PARTS, rate=ratio, sampled=s1_check, other=s1)
    phi = np.minimum(ratio + gap, 0.5)
    cost = 6.0 * np.log2(_PARTS / eps_sec) + np.log2(2.0 / correctness)
    length = s0 + s1 * (1.0 - binary_entropy(phi)) - leak - cost
    return SecretBits(length=length, vacuum=s0, single=s1, phase_error=phi)
