"""Heralding schemes: two emitters, a beam splitter, two detectors between them.

Both schemes herald Psi+ (or Psi-, told apart by which detectors clicked and
mended by a Z). A local X turns that into Phi+, the state that interlace calls
an ebit. So an error that shows as equal populations |00>, |11> at the station
is an X or Y error of the ebit, and lost coherence between |01> and |10> is a
Z error.

Symbols: eta_A, eta_B total efficiencies from the qubit to a click; V
Hong-Ou-Mandel visibility of the two photons; d probability that a detector
clicks in a window without a signal photon; u = 2d(1-d), that exactly one of
the two detectors does.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from interlace.errors import DomainError
from interlace.physics.domain import require_non_negative, require_range
from interlace.units import Probability, Radians, Ratio

__all__ = ["Heralded", "double_click", "normalised", "single_click"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heralded:
    """What one attempt gives.

    Attributes:
        success_probability: that the attempt is heralded.
        state: Bell-diagonal weights (I, X, Y, Z) of the heralded pair; sum 1.
    """

    success_probability: Probability
    state: tuple[float, float, float, float]


def single_click(
    *,
    bright_state: Probability,
    efficiency: tuple[Ratio, Ratio],
    visibility: Ratio = 1.0,
    dark_probability: Probability = 0.0,
    number_resolving: bool = False,
    phase_noise_rad: Radians = 0.0,
) -> Heralded:
    """One photon of the two: each qubit emits with a small amplitude, one click heralds.

    With alpha the bright-state population and sigma the rms optical phase error:

        a_0 = u
        a_A = eta_A (1-d) + (1-eta_A) u,   a_B likewise,   a_1 = (a_A + a_B)/2
        a_2 = eta_A eta_B (1+V)/2 (1-d) + [eta_A(1-eta_B) + eta_B(1-eta_A)](1-d)
              + (1-eta_A)(1-eta_B) u          (number-resolving: without the first term)
        p = (1-alpha)^2 a_0 + 2 alpha(1-alpha) a_1 + alpha^2 a_2
        F = alpha(1-alpha) [a_1 + sqrt(eta_A eta_B) (1-d) sqrt(V) exp(-sigma^2/2)] / p
        X = Y = [(1-alpha)^2 a_0 + alpha^2 a_2] / (2p),   Z = 1 - F - X - Y

    The true state has more |11> than |00> and is not Bell-diagonal: this is its Pauli twirl,
    which keeps the fidelity. Sources: Cabrillo, Cirac, Garcia-Fernandez, Zoller, Phys. Rev. A 59,
    1025 (1999), doi:10.1103/PhysRevA.59.1025; imperfections as in Hermans et al., New J. Phys. 25,
    013011 (2023), arXiv:2208.07449. Equal small eta, no noise: p -> 2 alpha eta, F -> 1 - alpha.
    A click of a number-resolving detector that holds signal and noise together counts as one.
    Any eta, alpha and d. More loss never raises p for alpha up to 1/2 (beyond, it turns two photons
    into one); more noise never raises a fidelity above 1/2 (noise alone heralds |00>).

    Raises:
        DomainError: an argument is out of range, or no attempt can ever succeed.

    Example:
        >>> pair = single_click(bright_state=0.1, efficiency=(0.01, 0.01))
        >>> round(pair.success_probability, 9), round(pair.state[0], 7)
        (0.001999, 0.9004502)
    """
    _require(efficiency, visibility=visibility, dark_probability=dark_probability)
    require_range("bright-state population", bright_state, low=0.0, high=1.0)
    require_non_negative("phase noise", phase_noise_rad)
    (eta_a, eta_b), d, alpha = efficiency, dark_probability, bright_state
    u = 2.0 * d * (1.0 - d)
    a_1 = sum(eta * (1.0 - d) + (1.0 - eta) * u for eta in efficiency) / 2.0
    one_lost = eta_a * (1.0 - eta_b) + eta_b * (1.0 - eta_a)
    both = 0.0 if number_resolving else eta_a * eta_b * (1.0 + visibility) / 2.0
    a_2 = (both + one_lost) * (1.0 - d) + (1.0 - eta_a) * (1.0 - eta_b) * u
    equal = (1.0 - alpha) ** 2 * u + alpha**2 * a_2
    unequal = 2.0 * alpha * (1.0 - alpha) * a_1
    dephased = math.sqrt(visibility) * math.exp(-(phase_noise_rad**2) / 2.0)
    coherence = math.sqrt(eta_a * eta_b) * (1.0 - d) * dephased
    good = alpha * (1.0 - alpha) * (a_1 + coherence)
    return normalised(good, x=equal / 2.0, y=equal / 2.0, z=unequal - good)


def double_click(
    *,
    efficiency: tuple[Ratio, Ratio],
    visibility: Ratio = 1.0,
    dark_probability: Probability = 0.0,
) -> Heralded:
    """Two photons, one in each of two modes (time bins or polarisations); a click in each heralds.

    With b = eta_A eta_B, o = eta_A(1-eta_B) + eta_B(1-eta_A), z = (1-eta_A)(1-eta_B):

        p = b [(1-d)^2/2 + (1+V)/4 (1-d) u] + o (1-d) u + z u^2
        signal b (1-d)^2/2: of it (1+V)/2 is good, (1-V)/2 lost its phase (Z)
        both photons in one mode, dark click in the other, b (1+V)/4 (1-d) u: X and Y equally
        one photon, or none, with dark clicks, o (1-d) u + z u^2: maximally mixed

    Without dark clicks p = eta_A eta_B / 2 and F = (1+V)/2. Source: Barrett, Kok, Phys. Rev. A 71,
    060310 (2005), doi:10.1103/PhysRevA.71.060310 (arXiv:quant-ph/0408040); dark counts and
    visibility as in Avis et al., npj Quantum Inf. 9, 100 (2023), arXiv:2207.10579. An attempt
    counts when each mode has exactly one click. Any eta and d; more loss never raises p, more noise
    never raises the fidelity.

    Raises:
        DomainError: an argument is out of range, or no attempt can ever succeed.

    Example:
        >>> pair = double_click(efficiency=(0.05, 0.05), visibility=0.9, dark_probability=1e-3)
        >>> round(pair.success_probability, 9), round(pair.state[0], 7)
        (0.001443094, 0.8547132)
    """
    _require(efficiency, visibility=visibility, dark_probability=dark_probability)
    (eta_a, eta_b), d = efficiency, dark_probability
    u = 2.0 * d * (1.0 - d)
    signal = eta_a * eta_b * (1.0 - d) ** 2 / 2.0
    bunched = eta_a * eta_b * (1.0 + visibility) / 4.0 * (1.0 - d) * u
    one_lost = eta_a * (1.0 - eta_b) + eta_b * (1.0 - eta_a)
    noise = one_lost * (1.0 - d) * u + (1.0 - eta_a) * (1.0 - eta_b) * u**2
    return normalised(
        signal * (1.0 + visibility) / 2.0 + noise / 4.0,
        x=bunched / 2.0 + noise / 4.0,
        y=bunched / 2.0 + noise / 4.0,
        z=signal * (1.0 - visibility) / 2.0 + noise / 4.0,
    )


def _require(
    efficiency: tuple[Ratio, Ratio], *, visibility: Ratio, dark_probability: Probability
) -> None:
    require_range("efficiency", efficiency, low=0.0, high=1.0)
    require_range("visibility", visibility, low=0.0, high=1.0)
    require_range("dark-count probability", dark_probability, low=0.0, high=0.5)


def normalised(good: float, *, x: float, y: float, z: float) -> Heralded:
    """Heralded pair from the joint probabilities of the herald and I, X, Y or Z.

    Raises:
        DomainError: they are all zero.
    """
    z = max(z, 0.0)  # unequal - good cancels to rounding when nothing dephases
    p = good + x + y + z
    if p <= 0.0:
        raise DomainError(
            "no attempt can succeed (its probability is 0 in floating point): "
            "less loss, or a bright-state population between 0 and 1, is needed"
        )
    return Heralded(success_probability=min(p, 1.0), state=(good / p, x / p, y / p, z / p))
