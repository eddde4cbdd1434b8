"""Schemes with a station in the middle: single-click and double-click."""

from __future__ import annotations

from interlace.errors import SpecError
from interlace.link.generation import Generation
from interlace.link.light import arriving, length, through_switches, unequal_ends, window
from interlace.network import Emitter, HardwareSource, HeraldedSource, OpticalPath
from interlace.physics import (
    Heralded,
    attempt_period,
    double_click,
    flight_time,
    noise_click_probability,
    single_click,
)
from interlace.units import Probability, Ratio

__all__ = ["by_double_click", "by_single_click", "noise_note"]

_NOISE_WORTH_A_NOTE = 0.01


def by_single_click(source: HardwareSource) -> Generation:
    """One photon heralds.

    Raises:
        DomainError: outside the range of the formulas.
        SpecError: the source is of another family, or lacks its bright-state population.
    """
    source = _with_station(source)
    if source.bright_state is None:
        raise SpecError("single-click needs a bright_state between 0 and 1", path="bright_state")
    efficiency, dark_probability = _optics(source)
    pair = single_click(
        bright_state=source.bright_state,
        efficiency=efficiency,
        visibility=source.station.visibility,
        dark_probability=dark_probability,
        number_resolving=source.station.number_resolving,
        phase_noise_rad=source.phase_noise_rad,
    )
    note = (
        "the single-click state has an excess of |11>: it is twirled to a Bell-diagonal state of "
        "the same fidelity"
    )
    return _generation(source, pair, timing_notes=noise_note(dark_probability), state_notes=(note,))


def by_double_click(source: HardwareSource) -> Generation:
    """Two photons herald, one in each of two modes.

    Raises:
        DomainError: outside the range of the formulas.
        SpecError: the source is of another family.
    """
    source = _with_station(source)
    efficiency, dark_probability = _optics(source)
    pair = double_click(
        efficiency=efficiency,
        visibility=source.station.visibility,
        dark_probability=dark_probability,
    )
    notes = ["both photonic modes of a double-click attempt share one window (dual rail)"]
    if source.bright_state is not None:
        notes.append("double-click has no bright-state population: the one written is not used")
    if source.station.number_resolving:
        notes.append(
            "double-click accepts one click per mode: that the detectors resolve photon numbers "
            "is not used"
        )
    phase = "optical phase noise is taken to cancel between the two modes of double-click"
    return _generation(
        source,
        pair,
        timing_notes=(*notes, *noise_note(dark_probability)),
        state_notes=(phase,) if source.phase_noise_rad > 0 else (),
    )


def noise_note(dark_probability: Probability) -> tuple[str, ...]:
    """That noise is counted to first order, where that starts to show."""
    if dark_probability <= _NOISE_WORTH_A_NOTE:
        return ()
    note = (
        f"noise and dark counts, {dark_probability:.2g} clicks per detector and window, are "
        f"counted to first order: up to {dark_probability:.0%} too many"
    )
    return (note,)


def _with_station(source: HardwareSource) -> HeraldedSource:
    if not isinstance(source, HeraldedSource):
        raise SpecError("needs a chain with a station in the middle", path="chain")
    return source


def _optics(source: HeraldedSource) -> tuple[tuple[Ratio, Ratio], Probability]:
    """From each end's qubit to a click, and clicks without a signal photon."""

    def click(end: Emitter, path: OpticalPath) -> Ratio:
        return end.efficiency * arriving(path) * source.station.efficiency

    efficiency = click(source.left, source.left_path), click(source.right, source.right_path)
    dark_probability = noise_click_probability(
        dark_counts_hz=source.station.dark_counts_hz,
        window_s=window(source.left, source.right),
        added_noise=(source.left.added_noise, source.right.added_noise),
        efficiency=efficiency,
    )
    return efficiency, dark_probability


def _generation(
    source: HeraldedSource,
    pair: Heralded,
    *,
    timing_notes: tuple[str, ...],
    state_notes: tuple[str, ...],
) -> Generation:
    ends, arms = (source.left, source.right), (source.left_path, source.right_path)
    round_trip_s = 2.0 * flight_time(max(length(arm) for arm in arms))
    window_s = window(*ends)
    period_s = max(
        attempt_period(window_s=window_s, duty_cycle=end.duty_cycle, round_trip_s=round_trip_s)
        for end in ends
    )
    return Generation(
        success_probability=pair.success_probability,
        attempt_period_s=period_s,
        rate_hz=pair.success_probability / period_s,
        herald_delay_s=round_trip_s,
        state=through_switches(pair.state, *arms),
        length_m=length((*source.left_path, *source.right_path)),
        timing_notes=(*timing_notes, *unequal_ends(*ends)),
        state_notes=state_notes,
    )
