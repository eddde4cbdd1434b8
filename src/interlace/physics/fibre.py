"""Optical fibre: how much light arrives, and when."""

from __future__ import annotations

import math

from interlace.physics.domain import require_non_negative
from interlace.units import Decibels, DecibelsPerMetre, Metres, Ratio, Seconds

__all__ = ["SPEED_IN_FIBRE_M_PER_S", "flight_time", "transmittance"]

SPEED_IN_FIBRE_M_PER_S = 2e8
"""Group velocity of light in silica fibre, c/n with n = 1.5 (G.652 fibre at 1550 nm: n = 1.468,
2 % faster)."""


def transmittance(
    length_m: Metres, loss_db_per_m: DecibelsPerMetre, *, loss_db: Decibels = 0.0
) -> Ratio:
    """Share of the light that arrives, eta = 10^(-(alpha L + A) / 10).

    alpha: attenuation, L: length, A: what splices and connectors add. Attenuation in decibels is
    defined by this equation (ITU-T G.650.1); it holds for one wavelength at low power.

    Raises:
        DomainError: a length or loss is negative.

    Example:
        >>> round(transmittance(50e3, 2e-4), 6)
        0.1
    """
    require_non_negative("fibre length", length_m)
    require_non_negative("fibre attenuation", loss_db_per_m)
    require_non_negative("splice and connector loss", loss_db)
    return math.pow(10.0, -(loss_db_per_m * length_m + loss_db) / 10.0)


def flight_time(length_m: Metres) -> Seconds:
    """How long light takes through the fibre, t = L / (c/n), with c/n = 2e8 m/s.

    Raises:
        DomainError: the length is negative.

    Example:
        >>> flight_time(20e3)
        0.0001
    """
    require_non_negative("fibre length", length_m)
    return length_m / SPEED_IN_FIBRE_M_PER_S
