"""Schemes that send a photon from qubit to qubit: direct transduction, microwave transfer."""

from __future__ import annotations

from interlace.errors import SpecError
from interlace.link.generation import Generation
from interlace.link.light import (
    arriving,
    duty_period,
    length,
    through_switches,
    unequal_ends,
    window,
)
from interlace.network import Cable, HardwareSource, MicrowaveSource, Switch, TransductionSource
from interlace.physics import (
    direct_transduction,
    flight_time,
    microwave_transfer,
    transmittance,
)
from interlace.units import Quanta, Ratio

__all__ = ["by_direct_transduction", "by_microwave_transfer"]

_DUAL_RAIL_NOTE = (
    "direct transduction is dual rail, both modes in one window, and heralded: the "
    "receiver keeps one photon in the two modes"
)

_TWIRL_NOTE = (
    "the state of a lossy transfer has more |10> than |01>: it is twirled to a "
    "Bell-diagonal state of the same fidelity"
)


def by_direct_transduction(source: HardwareSource) -> Generation:
    """From microwave to light and back; the receiver tells whether a photon came.

    Raises:
        DomainError: outside the range of the formulas.
        SpecError: the source is of another family.
    """
    if not isinstance(source, TransductionSource):
        raise SpecError("needs a transducer at each end and no station", path="chain")
    ends = source.left, source.right
    pair = direct_transduction(
        efficiency=(source.left.efficiency, source.right.efficiency),
        transmittance=arriving(source.path),
        added_noise=(source.left.added_noise, source.right.added_noise),
    )
    round_trip_s = 2.0 * flight_time(length(source.path))
    period_s = max(duty_period(window(*ends), *ends), round_trip_s)
    return Generation(
        success_probability=pair.success_probability,
        attempt_period_s=period_s,
        rate_hz=pair.success_probability / period_s,
        herald_delay_s=round_trip_s,
        state=through_switches(pair.state, source.path),
        length_m=length(source.path),
        timing_notes=(_DUAL_RAIL_NOTE, *unequal_ends(*ends)),
    )


def by_microwave_transfer(source: HardwareSource) -> Generation:
    """A shaped microwave photon through a cold cable.

    Raises:
        DomainError: outside the range of the formulas.
        SpecError: the source is of another family, or has no cable.
    """
    if not isinstance(source, MicrowaveSource):
        raise SpecError("needs a chain of cables and switches", path="chain")
    cables = [part for part in source.path if isinstance(part, Cable)]
    if not cables:
        raise SpecError("microwave-transfer needs a cable in its chain", path="chain")
    kept, noise = _channel(source.path)
    pair = microwave_transfer(transmittance=kept, noise_photons=noise, heralded=source.heralded)
    bins = 2.0 if source.heralded else 1.0
    window_s = bins * max(1.0 / cable.bandwidth_hz for cable in cables)
    flight_s = flight_time(length(source.path))
    delay_s = 2.0 * flight_s if source.heralded else flight_s
    rest_s = max(window_s / cable.duty_cycle for cable in cables)
    period_s = max(rest_s, window_s + delay_s)
    return Generation(
        success_probability=pair.success_probability,
        attempt_period_s=period_s,
        rate_hz=pair.success_probability / period_s,
        herald_delay_s=delay_s,
        state=through_switches(pair.state, source.path),
        length_m=length(source.path),
        timing_notes=_timing_notes(source),
        state_notes=() if source.heralded else (_TWIRL_NOTE,),
    )


def _channel(path: tuple[Cable | Switch, ...]) -> tuple[Ratio, Quanta]:
    """Transmittance, and noise photons at the far end: each loss lets in its bath's share."""
    kept, noise = 1.0, 0.0
    for part in path:
        if isinstance(part, Cable):
            share = part.efficiency * transmittance(
                part.length_m, part.loss_db_per_m, loss_db=part.loss_db
            )
            thermal = part.thermal_photons
        else:
            share, thermal = transmittance(0.0, 0.0, loss_db=part.loss_db), 0.0
        kept *= share
        noise = share * noise + (1.0 - share) * thermal
    return kept, noise


def _timing_notes(source: MicrowaveSource) -> tuple[str, ...]:
    notes = ["microwaves are taken to travel at 2e8 m/s, as light in fibre"]
    if any(isinstance(part, Switch) and part.loss_db > 0 for part in source.path):
        notes.append("the switches' insertion loss lets in no thermal photons")
    return tuple(notes)
