"""One photon sent from qubit to qubit: by transducers through light, or as a microwave.

A photon entangled with the first qubit passes a channel and is absorbed by the
second. The channel keeps a share eta of the light and adds n noise photons to
each mode at its far end. Whatever the order of losses and noise inside it, such
a phase-insensitive channel is a loss T = eta/(1+n) followed by a quantum-limited
amplifier of gain 1+n (Caruso, Giovannetti, Holevo, New J. Phys. 8, 310 (2006),
doi:10.1088/1367-2630/8/12/310), which gives, exactly:

    <0| C(|0><0|) |0> = 1/(1+n)       <1| C(|0><0|) |1> = n/(1+n)^2
    <0| C(|1><1|) |0> = (1-T)/(1+n)   <1| C(|1><1|) |1> = [T + (1-T) n]/(1+n)^2
    <0| C(|0><1|) |1> = sqrt(T)/(1+n)^(3/2)
"""

from __future__ import annotations

import math
from dataclasses import replace

from interlace.physics.domain import require_non_negative, require_range
from interlace.physics.heralding import Heralded, normalised
from interlace.units import Quanta, Ratio

__all__ = ["direct_transduction", "microwave_transfer"]


def direct_transduction(
    *,
    efficiency: tuple[Ratio, Ratio],
    transmittance: Ratio,
    added_noise: tuple[Quanta, Quanta] = (0.0, 0.0),
) -> Heralded:
    """Microwave to light to microwave: a dual-rail photon, heralded by the receiver.

    The first qubit is entangled with a photon in one of two modes, (|0>|10> + |1>|01>)/sqrt 2. Both
    modes are converted, sent and converted back. The receiver counts the photons in the two modes
    without looking in which: one is kept (erasure detection), none or several are discarded.
    With eta = eta_1 t eta_2, n = eta N_1 + eta_2 N_2 noise photons a mode, T = eta/(1+n):

        p = [T + 2 (1-T) n] / (1+n)^3
        w = T / [T + 2 (1-T) n] = 1 / [1 + 2 N (1 + eta (N-1))],   N = n/eta
        the state is Werner, F = (1 + 3w)/4

    N is the noise referred to the first transducer's input, N_1 + N_2/(eta_1 t). At N = 1, half
    a quantum from each of two transducers, F = 1/2 for every eta: there the channel breaks all
    entanglement (Holevo, Problems Inf. Transm. 44, 171 (2008), arXiv:0802.0235). The figures of
    arXiv:2503.10842 (added noise 0.5: fidelity about 0.5) are the same; its model, a Monte Carlo
    over schemes with clicks, is another.

    Exact at any efficiency and noise for equal modes, noise without correlation between them and a
    receiver that counts perfectly. Added noise referred to the input: arXiv:1610.01099. Erasure
    detection of a microwave photon: Kurpiers et al., Phys. Rev. Appl. 12, 044067 (2019),
    arXiv:1811.07604. More loss never raises p while n <= 0.1; with more noise, the receiver
    discards what loss would have spared.

    Args:
        efficiency: of the first and the second transducer.
        transmittance: of what lies between them.
        added_noise: quanta per mode of each, referred to its own input.

    Raises:
        DomainError: an argument is out of range, or no attempt can ever succeed.

    Example:
        >>> pair = direct_transduction(
        ...     efficiency=(1.0, 0.1), transmittance=1.0, added_noise=(0.5, 0.5)
        ... )
        >>> round(pair.state[0], 9)
        0.5
    """
    require_range("efficiency", efficiency, low=0.0, high=1.0)
    require_range("transmittance", transmittance, low=0.0, high=1.0)
    require_non_negative("added noise", added_noise)
    eta = efficiency[0] * transmittance * efficiency[1]
    return _dual_rail(eta, eta * added_noise[0] + efficiency[1] * added_noise[1])


def microwave_transfer(
    *, transmittance: Ratio, noise_photons: Quanta = 0.0, heralded: bool = False
) -> Heralded:
    """A shaped microwave photon, released by one qubit's resonator and caught by the other's.

    Deterministic: half of the first qubit's excitation leaves, (|0>|0> + |1>|1>)/sqrt 2, and the
    second qubit takes one photon if there is one. With eta the transmittance and n noise photons
    at the far end:

        p = 1,   I = [1 + (eta + 2 sqrt(eta))/(1+n)^2] / 4,   X = Y = [1 - eta/(1+n)^2] / 4,
        Z = [1 + (eta - 2 sqrt(eta))/(1+n)^2] / 4

    The true state has more |10> than |01> and more |00> than |11>: this is its Pauli twirl, which
    keeps the fidelity. Without noise F = (1 + sqrt(eta))^2 / 4.

    Heralded: the photon is in one of two time bins, and an empty receiver tells of its loss. The
    formulas are those of `direct_transduction` with this eta and n.

    Sources: Cirac, Zoller, Kimble, Mabuchi, Phys. Rev. Lett. 78, 3221 (1997),
    doi:10.1103/PhysRevLett.78.3221; Kurpiers et al., Nature 558, 264 (2018), arXiv:1712.08593;
    Magnard et al., Phys. Rev. Lett. 125, 260502 (2020), arXiv:2008.01642; time bins: Kurpiers et
    al., Phys. Rev. Appl. 12, 044067 (2019), arXiv:1811.07604. Exact for any eta and n; a photon
    shorter than the resonators' response, and decay of the qubits meanwhile, are not in it.

    Args:
        transmittance: release, line and capture together.
        noise_photons: n, thermal photons in the caught mode.
        heralded: whether time bins are used.

    Raises:
        DomainError: an argument is out of range, or no attempt can ever succeed.

    Example:
        >>> round(microwave_transfer(transmittance=0.77).state[0], 4)
        0.8812
    """
    require_range("transmittance", transmittance, low=0.0, high=1.0)
    require_non_negative("noise photons", noise_photons)
    if heralded:
        return _dual_rail(transmittance, noise_photons)
    kept = 1.0 / (1.0 + noise_photons) ** 2
    same, coherence = transmittance * kept, 2.0 * math.sqrt(transmittance) * kept
    pair = normalised(
        (1.0 + same + coherence) / 4.0,
        x=(1.0 - same) / 4.0,
        y=(1.0 - same) / 4.0,
        z=(1.0 + same - coherence) / 4.0,
    )
    return replace(pair, success_probability=1.0)  # certain, not up to rounding


def _dual_rail(eta: Ratio, n: Quanta) -> Heralded:
    """One photon in two equal modes, kept when one photon arrives."""
    through = eta / (1.0 + n)
    signal, noise = through, (1.0 - through) * n
    scale = 1.0 / (1.0 + n) ** 3
    error = scale * noise / 2.0
    return normalised(scale * signal + error, x=error, y=error, z=error)
