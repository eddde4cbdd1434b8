"""What a channel or a pair is worth: ebits a use, key bits a pair, teleported fidelity."""

from __future__ import annotations

import math
from collections.abc import Sequence

from interlace.errors import DomainError
from interlace.physics.domain import require_positive, require_range
from interlace.physics.entropy import binary_entropy
from interlace.units import Fidelity, Ratio

__all__ = ["bbm92_fraction", "plob_bound", "teleportation_fidelity"]

_ROUNDING = 1e-9


def plob_bound(transmittance: Ratio, *, segments: int = 1) -> Ratio:
    """Most ebits, or secret bits, a use of a lossy channel: -log2(1 - eta^(1/N)).

    eta: transmittance of the whole, N: equal segments with a perfect repeater between each two;
    N = 1 is the bound without repeaters. Sources: Pirandola, Laurenza, Ottaviani, Banchi, Nat.
    Commun. 8, 15043 (2017), doi:10.1038/ncomms15043; with repeaters Pirandola, Commun. Phys. 2,
    51 (2019), doi:10.1038/s42005-019-0147-3. One bosonic mode of pure loss, any input energy.

    Raises:
        DomainError: eta is not above 0 and below 1, or there is no segment.

    Example:
        >>> round(plob_bound(0.1), 6)
        0.152003
    """
    require_positive("transmittance", transmittance)
    if transmittance >= 1.0:
        raise DomainError(f"transmittance must be below 1 (got {transmittance:g}): no loss, no end")
    if segments < 1:
        raise DomainError(f"a channel has one segment or more (got {segments})")
    return -math.log1p(-math.pow(transmittance, 1.0 / segments)) / math.log(2.0)


def bbm92_fraction(state: Sequence[float]) -> Ratio:
    """Secret bits a pair measured in one basis, asymptotically: max(0, 1 - h(e_z) - h(e_x)).

    e_z = X + Y and e_x = Z + Y are the error rates of Z and X measurements on Bell-diagonal weights
    (I, X, Y, Z), h the binary entropy. Werner pairs: 1 - 2 h((1-w)/2), zero below F = 0.834958.
    Sources: Bennett, Brassard, Mermin, Phys. Rev. Lett. 68, 557 (1992),
    doi:10.1103/PhysRevLett.68.557; Shor, Preskill, Phys. Rev. Lett. 85, 441 (2000),
    doi:10.1103/PhysRevLett.85.441. Perfect error correction, infinitely many pairs, one-way.

    Raises:
        DomainError: the weights are not four shares of 1.

    Example:
        >>> from interlace.physics.bell import werner
        >>> round(bbm92_fraction(werner(0.95)), 6)
        0.578315
    """
    require_range("weight", state, low=0.0, high=1.0)
    if len(state) != 4 or abs(math.fsum(state) - 1.0) > _ROUNDING:
        raise DomainError("a Bell-diagonal state has four weights that add up to 1")
    _, x, y, z = state
    return max(0.0, 1.0 - float(binary_entropy(x + y)) - float(binary_entropy(z + y)))


def teleportation_fidelity(fidelity: Fidelity) -> Fidelity:
    """Mean fidelity of a qubit teleported through a pair: (2F + 1)/3.

    F: the pair's fidelity; the mean is over pure states on the sphere. Source: Horodecki,
    Horodecki, Horodecki, Phys. Rev. A 60, 1888 (1999), doi:10.1103/PhysRevA.60.1888.
    Perfect measurement and corrections.

    Raises:
        DomainError: the fidelity is not between 0 and 1.

    Example:
        >>> round(teleportation_fidelity(0.9), 6)
        0.933333
    """
    require_range("fidelity", fidelity, low=0.0, high=1.0)
    return (2.0 * fidelity + 1.0) / 3.0
