"""BB84 with weak pulses of two intensities: how many bits of a finite block are secret.

As `interlace.physics.decoy`, with one intensity less. The bits that no photon made are then
bounded from above by the errors, since half of them are wrong; that needs the errors of both bases,
which are known once error correction has mended them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from interlace.physics.asymptotic import EndlessKey
from interlace.physics.clicks import Clicks
from interlace.physics.decoy import SecretBits
from interlace.physics.entropy import binary_entropy
from interlace.physics.fluctuation import hoeffding_deviation, sampling_gap, simple_sampling_gap
from interlace.units import Probability, Ratio

__all__ = ["one_decoy_key", "one_decoy_limit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proof:
    """What two proofs do differently.

    Attributes:
        parts: how many chances to fail the secrecy is shared among.
        has_vacuum: whether the bits that no photon made count as secret.
        has_simple_gap: whether the sampling is bounded for any error rate.
        cost: logarithms of the secrecy that are taken off, and a part that is constant, in bits.
    """

    parts: int
    has_vacuum: bool
    has_simple_gap: bool
    logarithms: int
    constant: Ratio


_PROOFS = {
    "wiesemann": _Proof(
        parts=15, has_vacuum=False, has_simple_gap=True, logarithms=4,
        constant=4.0 * (math.log2(15.0) - 0.25),
    ),
    "rusca": _Proof(
        parts=19, has_vacuum=True, has_simple_gap=False, logarithms=6,
        constant=6.0 * math.log2(19.0),
    ),
}  # fmt: skip


def one_decoy_key(
    key: Clicks,
    check: Clicks,
    *,
    intensities: NDArray[np.float64],
    probabilities: NDArray[np.float64],
    leak: NDArray[np.float64] | float,
    secrecy: NDArray[np.float64] | float,
    correctness: Probability,
    proof: Literal["wiesemann", "rusca"] = "wiesemann",
) -> SecretBits:
    """Secret bits of one block from its counts, with one decoy intensity.

        n_k^+- = n_k +- sqrt(n/2 ln(1/eps)), the errors c_k likewise, all within [0, n] or [0, c]
        s_0- = tau_0/(mu1-mu2) [ mu1 e^mu2/p_2 n-_2 - mu2 e^mu1/p_1 n+_1 ]
        s_0+ = 2 min_k [ tau_0 e^k/p_k c+_k + sqrt(n/2 ln(1/eps)) ]
        s_1 = tau_1 mu1/(mu2 (mu1-mu2)) [ e^mu2/p_2 n-_2 - mu2^2/mu1^2 e^mu1/p_1 n+_1
                                          - (mu1^2-mu2^2)/mu1^2 s_0+/tau_0 ]
        v_1 = tau_1/(mu1-mu2) [ e^mu1/p_1 c+_1 - e^mu2/p_2 c-_2 ]              in the check basis
        phi = v_1/s_1 + gamma
        wiesemann: l = s_1 (1 - h(phi)) - leak - 4 log2(15/(eps_sec 2^(1/4))) - log2(2/eps_cor),
                   eps = eps_sec/15, gamma of `simple_sampling_gap`
        rusca:     l = s_0- + s_1 (1 - h(phi)) - leak - 6 log2(19/eps_sec) - log2(2/eps_cor),
                   eps = eps_sec/19, gamma of `sampling_gap`

    tau_n as in `two_decoy_key`. Sources: Rusca, Boaron, Grünenfelder, Martin, Zbinden, Appl. Phys.
    Lett. 112, 171104 (2018), doi:10.1063/1.5023340; Wiesemann et al., arXiv:2405.16578, which mends
    earlier proofs where a block's length is fixed and where a test may fail. mu1 > mu2 > 0.

    Args:
        key: counts of the basis that makes the key, shape (2, ...).
        check: counts of the other basis, shape (2, ...).
        intensities: mu1, mu2 in photons, shape (2, ...).
        probabilities: p_k, shape (2, ...).
        leak: what error correction tells, in bits.
        secrecy: eps_sec of the block.
        correctness: eps_cor, chance that the two keys differ unnoticed.
        proof: whose key length.

    Returns:
        The length and the bounds that it is made of.
    """
    form = _PROOFS[proof]
    eps_sec = np.asarray(secrecy, dtype=np.float64)
    failure = eps_sec / form.parts
    photons = _Photons.of(intensities, probabilities)
    s0, s1 = photons.bounds(key, failure)
    _, s1_check = photons.bounds(check, failure)
    errors = photons.single_errors(check.wrong, failure)
    ratio = np.clip(errors / np.maximum(s1_check, 1.0), 0.0, 0.5)
    if form.has_simple_gap:
        gap = simple_sampling_gap(failure, sampled=s1_check, other=s1)
    else:
        gap = sampling_gap(failure, rate=ratio, sampled=s1_check, other=s1)
    phi = np.minimum(ratio + gap, 0.5)
    cost = form.constant - form.logarithms * np.log2(eps_sec) + np.log2(2.0 / correctness)
    length = s1 * (1.0 - binary_entropy(phi)) - leak - cost
    vacuum = np.maximum(s0, 0.0) if form.has_vacuum else np.zeros_like(s0)
    return SecretBits(length=length + vacuum, vacuum=vacuum, single=s1, phase_error=phi)


def one_decoy_limit(
    clicks: Clicks, *, intensities: NDArray[np.float64], inefficiency: Ratio
) -> EndlessKey:
    """Secret bits a pulse of an endless block: what `one_decoy_key` tends to.

        R = mu1 e^-mu1 Y_1 (1 - h(v_1/Y_1)) - f R_1 h(e_1/R_1)
        Y_1 = mu1/(mu2 (mu1-mu2)) [ e^mu2 R_2 - mu2^2/mu1^2 e^mu1 R_1
                                    - (mu1^2-mu2^2)/mu1^2 2 min_k(e^k e_k) ]
        v_1 = [e^mu1 e_1 - e^mu2 e_2] / (mu1-mu2)

    R_k, e_k: chances that a pulse of intensity k clicks, and clicks wrongly; nothing fluctuates,
    and the decoy and the check basis are as rare as one likes. Errors that are not of dark counts
    are taken for vacuum, so that this stays below the rate of infinitely many decoys. Source: as
    of `one_decoy_key`, the form of Wiesemann et al.

    Args:
        clicks: chances of a pulse, shape (2, ...).
        intensities: mu1 > mu2 > 0 in photons, shape (2, ...).
        inefficiency: f, 1 at Shannon's limit.
    """
    mu1, mu2 = intensities
    raised = np.exp(intensities)
    square = mu2**2 / mu1**2
    vacuum = 2.0 * (raised * clicks.wrong).min(axis=0)
    strong, weak = raised * clicks.detected
    single = mu1 / (mu2 * (mu1 - mu2)) * (weak - square * strong - (1.0 - square) * vacuum)
    wrong = (raised[0] * clicks.wrong[0] - raised[1] * clicks.wrong[1]) / (mu1 - mu2)
    phase = np.clip(wrong / np.maximum(single, np.finfo(np.float64).tiny), 0.0, 0.5)
    detected = clicks.detected[0]
    error = clicks.wrong[0] / np.maximum(detected, np.finfo(np.float64).tiny)
    secret = mu1 * np.exp(-mu1) * single * (1.0 - binary_entropy(phase))
    rate = secret - inefficiency * detected * binary_entropy(np.minimum(error, 0.5))
    return EndlessKey(rate=rate, detected=detected, error=error)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Photons:
    """How photon numbers and intensities hang together; `weights` are p_k e^-k."""

    intensities: NDArray[np.float64]
    weights: NDArray[np.float64]
    tau0: NDArray[np.float64]
    tau1: NDArray[np.float64]

    @staticmethod
    def of(intensities: NDArray[np.float64], probabilities: NDArray[np.float64]) -> _Photons:
        weights = probabilities * np.exp(-intensities)
        return _Photons(
            intensities=intensities,
            weights=weights,
            tau0=weights.sum(axis=0),
            tau1=(weights * intensities).sum(axis=0),
        )

    def bounds(
        self, counts: Clicks, failure: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """At least so many bits of no photon, and of one, in this basis."""
        mu1, mu2 = self.intensities
        total = counts.detected.sum(axis=0)
        delta = hoeffding_deviation(total, failure)
        strong = np.minimum(counts.detected[0] + delta, total) / self.weights[0]
        weak = np.maximum(counts.detected[1] - delta, 0.0) / self.weights[1]
        s0 = self.tau0 / (mu1 - mu2) * (mu1 * weak - mu2 * strong)
        _, wrong = _within(counts.wrong, failure)
        most = 2.0 * (self.tau0 * (wrong / self.weights).min(axis=0) + delta)
        most = np.minimum(most, total)
        square = mu2**2 / mu1**2
        ones = weak - square * strong - (1.0 - square) * most / self.tau0
        return s0, self.tau1 * mu1 / (mu2 * (mu1 - mu2)) * ones

    def single_errors(
        self, wrong: NDArray[np.float64], failure: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """At most so many errors of one photon."""
        mu1, mu2 = self.intensities
        low, high = _within(wrong, failure)
        return self.tau1 / (mu1 - mu2) * (high[0] / self.weights[0] - low[1] / self.weights[1])


def _within(
    counts: NDArray[np.float64], failure: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each count's mean at least and at most; never below nothing or above all."""
    total = counts.sum(axis=0)
    delta = hoeffding_deviation(total, failure)
    return np.maximum(counts - delta, 0.0), np.minimum(counts + delta, total)
