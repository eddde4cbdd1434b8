"""Link hardware, checked: the elements of a chain, and the families of chains.

A family is what a group of schemes asks of a chain. Its fields stand in the
order of the chain, so `network.chains` reads and writes them by one table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from interlace.units import (
    Decibels,
    DecibelsPerMetre,
    Fidelity,
    Hertz,
    Metres,
    Probability,
    Quanta,
    Radians,
    Ratio,
)

__all__ = [
    "BellStation",
    "Cable",
    "Element",
    "Emitter",
    "Fibre",
    "HardwareSource",
    "HeraldedSource",
    "Memory",
    "MicrowaveSource",
    "MidpointSource",
    "OpticalPath",
    "PairSource",
    "Switch",
    "Transducer",
    "TransductionSource",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transducer:
    """Stationary to flying qubit: microwave to optical.

    Attributes:
        efficiency: photon-conversion efficiency at the operating point, in (0, 1].
        added_noise: quanta per mode, referred to the transducer's input.
        bandwidth_hz: of the converted mode; the time window is its inverse.
        duty_cycle: share of time in which it may operate, in (0, 1].
    """

    efficiency: Ratio
    added_noise: Quanta = 0.0
    bandwidth_hz: Hertz
    duty_cycle: Ratio = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A stationary qubit that emits photons itself: ion, atom, colour centre, ensemble.

    Attributes:
        efficiency: from the qubit to a photon in the fibre, in (0, 1].
        added_noise: quanta per mode, referred to the emitted mode before that efficiency.
        bandwidth_hz: of its photons; the time window is its inverse.
        duty_cycle: share of time in which it may operate, in (0, 1].
    """

    efficiency: Ratio
    added_noise: Quanta = 0.0
    bandwidth_hz: Hertz
    duty_cycle: Ratio = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fibre:
    """A piece of optical fibre; `loss_db` is what splices and connectors add."""

    length_m: Metres
    loss_db_per_m: DecibelsPerMetre = 2e-4
    loss_db: Decibels = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A switch that the photon passes.

    Attributes:
        loss_db: insertion loss.
        fidelity_loss: what a perfect pair loses by the passage, 1 - F, in [0, 3/4].
    """

    loss_db: Decibels = 0.0
    fidelity_loss: Ratio = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BellStation:
    """A heralding station with two detectors behind a beam splitter.

    Attributes:
        efficiency: of station and detector together.
        dark_counts_hz: per detector.
        visibility: Hong-Ou-Mandel visibility of the two photons.
        number_resolving: whether the detectors count photons.
    """

    efficiency: Ratio = 1.0
    dark_counts_hz: Hertz = 0.0
    visibility: Ratio = 1.0
    number_resolving: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PairSource:
    """A source of entangled photon pairs; exactly one of the first two is given.

    Attributes:
        mean_pairs: a pulse, of two-mode squeezed light in each of two modes.
        pair_probability: a pulse, of a source that makes one pair or none.
        rate_hz: pulses a second.
        fidelity: of one pair, Werner.
        efficiency: of each photon into its arm.
    """

    mean_pairs: Ratio | None = None
    pair_probability: Probability | None = None
    rate_hz: Hertz
    fidelity: Fidelity = 1.0
    efficiency: Ratio = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cable:
    """A cryogenic microwave line with a photon shaped for it.

    Attributes:
        length_m: of the line.
        loss_db_per_m: of the line.
        loss_db: of what stands in it: connectors, circulators.
        thermal_photons: occupation of the bath that the loss couples to.
        efficiency: of the photon's release and capture together.
        bandwidth_hz: of the photon; it lasts the inverse.
        duty_cycle: share of time in which it may operate, in (0, 1].
    """

    length_m: Metres
    loss_db_per_m: DecibelsPerMetre
    loss_db: Decibels = 0.0
    thermal_photons: Quanta = 0.0
    efficiency: Ratio = 1.0
    bandwidth_hz: Hertz
    duty_cycle: Ratio = 1.0


Emitter = Transducer | Memory
OpticalPath = tuple[Fibre | Switch, ...]
Element = Transducer | Memory | Fibre | Switch | BellStation | PairSource | Cable


@dataclass(frozen=True, slots=True, kw_only=True)
class HeraldedSource:
    """Two emitters and a station between them (single-click, double-click).

    `left` belongs to the link's first end, `right` to its second.
    """

    scheme: str
    left: Emitter
    left_path: OpticalPath = ()
    station: BellStation
    right_path: OpticalPath = ()
    right: Emitter
    bright_state: Probability | None = None
    phase_noise_rad: Radians = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MidpointSource:
    """A pair source in the middle, and a station with an emitter at each end."""

    scheme: Literal["midpoint-source"] = "midpoint-source"
    left: Emitter
    left_station: BellStation
    left_path: OpticalPath = ()
    pairs: PairSource
    right_path: OpticalPath = ()
    right_station: BellStation
    right: Emitter


@dataclass(frozen=True, slots=True, kw_only=True)
class TransductionSource:
    """A photon converted to light and back: from the first end's transducer to the second's."""

    scheme: Literal["direct-transduction"] = "direct-transduction"
    left: Transducer
    path: OpticalPath = ()
    right: Transducer


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrowaveSource:
    """A microwave photon sent through cables from the first end to the second.

    Attributes:
        heralded: whether it is sent in two time bins, so that the receiver sees a loss.
    """

    scheme: Literal["microwave-transfer"] = "microwave-transfer"
    path: tuple[Cable | Switch, ...]
    heralded: bool = False


HardwareSource = HeraldedSource | MidpointSource | TransductionSource | MicrowaveSource
