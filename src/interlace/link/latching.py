"""The scheme with a pair source in the middle and a station at each end."""

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
from interlace.link.stations import noise_note
from interlace.network import BellState, HardwareSource, MidpointSource, PairSource
from interlace.physics import (
    LatchedSlot,
    compose,
    flight_time,
    latched_round,
    midpoint_source,
    noise_click_probability,
    werner,
)
from interlace.units import Probability, Ratio

__all__ = ["by_midpoint_source"]

_ROUND_NOTE = (
    "an attempt is a round of the latched protocol: slots until an end latches, then the "
    "messages; every round is given the mean length"
)

_DEPOLARISED_NOTE = "the source's fidelity depolarises the heralded pair, multi-pairs apart"


def by_midpoint_source(source: HardwareSource) -> Generation:
    """A source in the middle sends pairs; each end latches what arrives.

    Raises:
        DomainError: outside the range of the formulas.
        SpecError: the source is of another family.
    """
    if not isinstance(source, MidpointSource):
        raise SpecError("needs a chain with a pair source in the middle", path="chain")
    ends, arms = (source.left, source.right), (source.left_path, source.right_path)
    window_s = window(*ends)
    slot, dark = _slot(source, window_s=window_s)
    message_s = 2.0 * flight_time(max(length(arm) for arm in arms))
    slot_period_s = max(duty_period(window_s, *ends), 1.0 / source.pairs.rate_hz)
    p, period_s = latched_round(slot, slot_period_s=slot_period_s, message_s=message_s)
    return Generation(
        success_probability=p,
        attempt_period_s=period_s,
        rate_hz=p / period_s,
        herald_delay_s=message_s,
        state=through_switches(_of_source(slot.pair.state, source.pairs), *arms),
        length_m=length((*source.left_path, *source.right_path)),
        timing_notes=(
            _ROUND_NOTE,
            *_unused(source),
            *noise_note(max(dark)),
            *unequal_ends(*ends),
        ),
        state_notes=(_DEPOLARISED_NOTE,) if source.pairs.fidelity < 1 else (),
    )


def _slot(
    source: MidpointSource, *, window_s: float
) -> tuple[LatchedSlot, tuple[Probability, Probability]]:
    sides = (
        (source.left, source.left_station, source.left_path),
        (source.right, source.right_station, source.right_path),
    )
    memory = [end.efficiency * station.efficiency for end, station, _ in sides]
    arm = [
        source.pairs.efficiency * arriving(path) * station.efficiency for _, station, path in sides
    ]
    dark = [
        noise_click_probability(
            dark_counts_hz=station.dark_counts_hz,
            window_s=window_s,
            added_noise=(end.added_noise, 0.0),
            efficiency=(efficiency, 0.0),
        )
        for (end, station, _), efficiency in zip(sides, memory, strict=True)
    ]
    slot = midpoint_source(
        mean_pairs=_pairs(source.pairs),
        never_two=source.pairs.mean_pairs is None,
        memory_efficiency=(memory[0], memory[1]),
        arm_efficiency=(arm[0], arm[1]),
        visibility=(source.left_station.visibility, source.right_station.visibility),
        dark_probability=(dark[0], dark[1]),
    )
    return slot, (dark[0], dark[1])


def _pairs(source: PairSource) -> Ratio:
    pairs = source.pair_probability if source.mean_pairs is None else source.mean_pairs
    if pairs is None:
        raise SpecError("a pair source needs mean_pairs or pair_probability", path="chain")
    return pairs


def _of_source(state: BellState, source: PairSource) -> BellState:
    good, x, y, z = compose(state, werner(source.fidelity)).tolist()
    return (good, x, y, z)


def _unused(source: MidpointSource) -> tuple[str, ...]:
    if not (source.left_station.number_resolving or source.right_station.number_resolving):
        return ()
    note = (
        "midpoint-source accepts one click per mode: that the detectors resolve photon numbers "
        "is not used"
    )
    return (note,)
