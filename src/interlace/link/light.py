"""What light meets on its way: how much arrives, when, and what a switch does to the pair."""

from __future__ import annotations

import math
from collections.abc import Iterable

from interlace.network import BellState, Cable, Emitter, Fibre, OpticalPath, Switch
from interlace.physics import compose, transmittance, werner
from interlace.units import Metres, Ratio, Seconds

__all__ = ["arriving", "duty_period", "length", "through_switches", "unequal_ends", "window"]


def arriving(path: OpticalPath) -> Ratio:
    """Share of the light that a path of fibres and switches lets through."""
    return math.prod(
        transmittance(part.length_m, part.loss_db_per_m, loss_db=part.loss_db)
        if isinstance(part, Fibre)
        else transmittance(0.0, 0.0, loss_db=part.loss_db)
        for part in path
    )


def length(path: Iterable[Fibre | Cable | Switch]) -> Metres:
    """How far light travels along a path; a switch takes no room."""
    return math.fsum(part.length_m for part in path if not isinstance(part, Switch))


def through_switches(state: BellState, *paths: Iterable[Fibre | Cable | Switch]) -> BellState:
    """The pair after its photons passed the switches of the paths.

    A switch of fidelity loss l depolarises: a perfect pair comes out as the Werner state of
    fidelity 1 - l, any other pair is composed with it.
    """
    weights = state
    for path in paths:
        for part in path:
            if isinstance(part, Switch) and part.fidelity_loss > 0:
                good, x, y, z = compose(weights, werner(1.0 - part.fidelity_loss)).tolist()
                weights = (good, x, y, z)
    return weights


def window(*ends: Emitter) -> Seconds:
    """One temporal mode that fits all ends: the inverse of the narrowest bandwidth."""
    return max(1.0 / end.bandwidth_hz for end in ends)


def duty_period(window_s: Seconds, *ends: Emitter) -> Seconds:
    """From window to window, as the end with the smallest duty cycle allows."""
    return max(window_s / end.duty_cycle for end in ends)


def unequal_ends(left: Emitter, right: Emitter) -> tuple[str, ...]:
    """What was assumed of two ends that differ, for people."""
    notes: list[str] = []
    if left.bandwidth_hz != right.bandwidth_hz:
        notes.append("the two ends differ in bandwidth: both use the longer window")
    if left.duty_cycle != right.duty_cycle:
        notes.append("the two ends differ in duty cycle: the slower one sets the pace")
    return tuple(notes)
