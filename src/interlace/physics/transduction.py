"""Transducers: what their added noise and their duty cycle do to a heralded link.

The derivation, and why noise enters as dark counts, is in
`docs/decisions/0001-added-noise-as-dark-counts.md`.
"""

from __future__ import annotations

from interlace.errors import DomainError
from interlace.physics.domain import require_non_negative, require_positive, require_range
from interlace.units import Hertz, Probability, Quanta, Ratio, Seconds

__all__ = ["MAX_NOISE_PER_WINDOW", "attempt_period", "noise_click_probability"]

MAX_NOISE_PER_WINDOW = 0.1
"""Mean noise and dark counts a detector and window up to which the first order is used."""


def noise_click_probability(
    *,
    dark_counts_hz: Hertz,
    window_s: Seconds,
    added_noise: tuple[Quanta, Quanta],
    efficiency: tuple[Ratio, Ratio],
) -> Probability:
    """Probability that one detector of the station clicks in one window without a signal photon.

        d = D tau + (eta_A N_A + eta_B N_B) / 2

    D: dark counts, tau: window, N: added noise referred to the transducer's input, eta: total
    efficiency from that input to a click (transducer, fibre, station and detector). N quanta at
    the input are eta N noise photons at the detectors, of which the balanced beam splitter sends
    half to each. Added noise referred to the input: Zeuthen, Schliesser, Sorensen, Taylor,
    Quantum Sci. Technol. 5, 034009 (2020), doi:10.1088/2058-9565/ab8962 (arXiv:1610.01099).

    First order in the mean count: a thermal mode of mean n clicks with probability
    n/(1+n) = n - n^2 + ..., so d is too high by a share of at most d.

    Args:
        dark_counts_hz: of one detector.
        window_s: one temporal mode of the converted light.
        added_noise: of the transducers at the two ends, quanta per mode.
        efficiency: total, of the two ends.

    Raises:
        DomainError: d would exceed `MAX_NOISE_PER_WINDOW`, or an argument is out of range.

    Example:
        >>> d = noise_click_probability(
        ...     dark_counts_hz=10.0,
        ...     window_s=1e-6,
        ...     added_noise=(0.01, 0.01),
        ...     efficiency=(0.001, 0.001),
        ... )
        >>> round(d, 12)
        2e-05
    """
    require_non_negative("dark counts", dark_counts_hz)
    require_positive("window", window_s)
    require_non_negative("added noise", added_noise)
    require_range("efficiency", efficiency, low=0.0, high=1.0)
    photons = sum(n * eta for n, eta in zip(added_noise, efficiency, strict=True))
    clicks = dark_counts_hz * window_s + photons / 2.0
    if clicks > MAX_NOISE_PER_WINDOW:
        raise DomainError(
            f"noise and dark counts make {clicks:.3g} clicks per detector and window; the model is "
            f"first order and holds up to {MAX_NOISE_PER_WINDOW:g}: less added noise, fewer dark "
            "counts or a wider bandwidth is needed"
        )
    return clicks


def attempt_period(*, window_s: Seconds, duty_cycle: Ratio, round_trip_s: Seconds) -> Seconds:
    """Time between attempts: max(tau / duty cycle, flight to the station and herald back).

    tau: window. A transducer may convert for a share `duty_cycle` of the time (its optical pump
    heats it), and a communication qubit cannot start again before it knows of its last attempt.

    Raises:
        DomainError: an argument is out of range.

    Example:
        >>> attempt_period(window_s=1e-6, duty_cycle=0.1, round_trip_s=8e-4)
        0.0008
    """
    require_positive("window", window_s)
    require_positive("duty cycle", duty_cycle)
    require_range("duty cycle", duty_cycle, low=0.0, high=1.0)
    require_non_negative("round trip", round_trip_s)
    return max(window_s / duty_cycle, round_trip_s)
