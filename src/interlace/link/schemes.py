"""Heralding schemes as data: what each is called, where it comes from, what it computes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from interlace.errors import SpecError
from interlace.network import HeraldedSource
from interlace.physics import Heralded, double_click, single_click
from interlace.units import Probability, Ratio

__all__ = ["SCHEMES", "Optics", "Scheme"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Optics:
    """A hardware chain boiled down to what every scheme asks for.

    Attributes:
        efficiency: from each end's qubit to a click, transducer, fibre, station and detector.
        dark_probability: that a detector clicks in a window without a signal photon.
    """

    efficiency: tuple[Ratio, Ratio]
    dark_probability: Probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """One way to herald a pair.

    Attributes:
        name: as people write it.
        citation: where it was proposed, and where its imperfections are modelled.
        herald: what one attempt gives.
        notes: what the model assumes about this source, for people.
    """

    name: str
    citation: str
    herald: Callable[[HeraldedSource, Optics], Heralded]
    notes: Callable[[HeraldedSource], tuple[str, ...]]


def _single_click(source: HeraldedSource, optics: Optics) -> Heralded:
    if source.bright_state is None:
        raise SpecError("single-click needs a bright_state between 0 and 1", path="bright_state")
    return single_click(
        bright_state=source.bright_state,
        efficiency=optics.efficiency,
        visibility=source.station.visibility,
        dark_probability=optics.dark_probability,
        number_resolving=source.station.number_resolving,
        phase_noise_rad=source.phase_noise_rad,
    )


def _single_click_notes(_: HeraldedSource) -> tuple[str, ...]:
    note = (
        "the single-click state has an excess of |11>: it is twirled to a Bell-diagonal state of "
        "the same fidelity"
    )
    return (note,)


def _double_click(source: HeraldedSource, optics: Optics) -> Heralded:
    return double_click(
        efficiency=optics.efficiency,
        visibility=source.station.visibility,
        dark_probability=optics.dark_probability,
    )


def _double_click_notes(source: HeraldedSource) -> tuple[str, ...]:
    notes = ["both photonic modes of a double-click attempt share one window (dual rail)"]
    if source.bright_state is not None:
        notes.append("double-click has no bright-state population: the one written is not used")
    if source.phase_noise_rad > 0:
        notes.append("optical phase noise is taken to cancel between the two modes of double-click")
    if source.station.number_resolving:
        notes.append(
            "double-click accepts one click per mode: that the detectors resolve photon numbers "
            "is not used"
        )
    return tuple(notes)


SCHEMES: tuple[Scheme, ...] = (
    Scheme(
        name="single-click",
        citation=(
            "Cabrillo et al., Phys. Rev. A 59, 1025 (1999), doi:10.1103/PhysRevA.59.1025; "
            "Hermans et al., New J. Phys. 25, 013011 (2023), arXiv:2208.07449"
        ),
        herald=_single_click,
        notes=_single_click_notes,
    ),
    Scheme(
        name="double-click",
        citation=(
            "Barrett, Kok, Phys. Rev. A 71, 060310 (2005), doi:10.1103/PhysRevA.71.060310; "
            "Avis et al., npj Quantum Inf. 9, 100 (2023), arXiv:2207.10579"
        ),
        herald=_double_click,
        notes=_double_click_notes,
    ),
)
"""Every heralding scheme that a link may name."""
