"""What someone wrote: the network file's structure, with every name that it may use.

A quantity is kept as written (`"20 km"`, `0.98`); `network.check` turns it into SI once. A bare
number is in SI units. The descriptions are what an editor shows (`interlace network schema`).
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType

from interlace.network.key_spec import KmeSpec, QkdSpec, SaeSpec
from interlace.network.quantities import (
    Angle,
    Attenuation,
    Frequency,
    Length,
    Loss,
    Number,
    Time,
)

__all__ = [
    "SCHEMA_VERSION",
    "SCHEMES",
    "BellWeightsSpec",
    "CableSpec",
    "ChainSpec",
    "DetectorSpec",
    "DeviceSpec",
    "FibreSpec",
    "GateExceptionSpec",
    "GateSpec",
    "LinkDescription",
    "LogicalSpec",
    "MachineSpec",
    "MemorySpec",
    "NetworkSpec",
    "PairSourceSpec",
    "ReadoutSpec",
    "RepeaterSpec",
    "SchemeName",
    "SiteSpec",
    "StationSpec",
    "SwitchSpec",
    "TransducerSpec",
]

SCHEMA_VERSION = 1
"""The one version of the description that this release reads."""

SchemeName = Literal[
    "single-click", "double-click", "midpoint-source", "direct-transduction", "microwave-transfer"
]

SCHEMES: tuple[SchemeName, ...] = get_args(SchemeName)
"""Ways to make pairs with hardware, by the name that a file uses."""


class Written(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A part of a description: unknown keys are refused, defaults are not written."""


class SiteSpec(Written, frozen=True, kw_only=True):
    """A place where machines stand."""

    country: Annotated[str | None, Meta(description="Two capital letters, ISO 3166: DE")] = None
    lat: Annotated[float | None, Meta(description="Latitude in degrees, north positive")] = None
    lon: Annotated[float | None, Meta(description="Longitude in degrees, east positive")] = None


class GateExceptionSpec(Written, frozen=True, kw_only=True):
    """Where a native gate differs from its figures elsewhere on the device."""

    qubits: Annotated[list[int], Meta(description="Device qubits in the order of the gate")]
    time: Annotated[Time | None, Meta(description="Duration there")] = None
    error: Annotated[Number | None, Meta(description="Average gate infidelity there")] = None


class GateSpec(Written, frozen=True, kw_only=True):
    """A native gate of a device."""

    time: Annotated[Time, Meta(description="Duration: 68 ns")] = 0.0
    error: Annotated[
        Number, Meta(description="Average gate infidelity 1 - F, as randomised benchmarking has it")
    ] = 0.0
    at: Annotated[
        list[GateExceptionSpec], Meta(description="Exceptions, for single qubits or pairs")
    ] = []


class ReadoutSpec(Written, frozen=True, kw_only=True):
    """Measurement: `error` for both misreadings, or `error_0` and `error_1` apart."""

    time: Annotated[Time, Meta(description="Duration: 1 us")] = 0.0
    error: Annotated[
        Number | list[Number] | None, Meta(description="Chance to misread, one or one a qubit")
    ] = None
    error_0: Annotated[
        Number | list[Number] | None, Meta(description="Chance to read 1 where 0 is")
    ] = None
    error_1: Annotated[
        Number | list[Number] | None, Meta(description="Chance to read 0 where 1 is")
    ] = None


class DeviceSpec(Written, frozen=True, kw_only=True):
    """A physical processor. Without gates, every gate is native, instant and perfect."""

    name: Annotated[str | None, Meta(description="What reports call it")] = None
    qubits: Annotated[int, Meta(description="How many qubits the processor has")]
    coupling: Annotated[
        Literal["all"] | list[tuple[int, int]],
        Meta(description="Pairs of qubits that can interact, or `all`"),
    ] = "all"
    gates: Annotated[
        dict[str, GateSpec], Meta(description="Native gates, by Qiskit's name; and `reset`")
    ] = {}
    t1: Annotated[
        Time | list[Time | None] | None, Meta(description="Relaxation time, one or one a qubit")
    ] = None
    t2: Annotated[
        Time | list[Time | None] | None,
        Meta(description="Dephasing time, one or one a qubit, at most twice t1"),
    ] = None
    readout: Annotated[ReadoutSpec | None, Meta(description="None: instant and perfect")] = None


class LogicalSpec(Written, frozen=True, kw_only=True):
    """A fault-tolerant processor, by its error-corrected figures."""

    name: Annotated[str | None, Meta(description="What reports call it")] = None
    qubits: Annotated[int, Meta(description="How many logical qubits")]
    code: Annotated[str, Meta(description="Error-correcting code: surface, bivariate-bicycle, ...")]
    distance: Annotated[int, Meta(description="Distance of the code")]
    cycle_time: Annotated[Time, Meta(description="One logical cycle: 1 us")]
    logical_error_rate: Annotated[Number, Meta(description="A logical qubit's, a cycle")]


class MachineSpec(Written, frozen=True, kw_only=True):
    """A quantum computer: its `device`, or `logical` instead."""

    site: Annotated[str | None, Meta(description="A name under `sites`")] = None
    device: Annotated[
        str | DeviceSpec | None,
        Meta(
            description="`ideal:N`, a name of the catalogue, a snapshot (`ibm:fez`), a device file "
            "beside this file, or the device itself"
        ),
    ] = None
    logical: Annotated[LogicalSpec | None, Meta(description="Instead of a device")] = None
    communication_qubits: Annotated[
        int | list[int] | Literal["unlimited"],
        Meta(
            description="Which of the device's qubits make ebits: how many, a list, or "
            "`unlimited` ones on top of an ideal device's"
        ),
    ] = 0


class RepeaterSpec(Written, frozen=True, kw_only=True):
    """A node that swaps entanglement and holds no data."""

    site: Annotated[str | None, Meta(description="A name under `sites`")] = None
    device: Annotated[
        str | DeviceSpec | None, Meta(description="As of a machine, all to all; default ideal")
    ] = None
    communication_qubits: Annotated[
        int | list[int] | Literal["unlimited"] | None,
        Meta(description="Default: all of the device's; without a device unlimited"),
    ] = None


_MODEL = Meta(description="Hardware of the catalogue, whose values stand where none is written")


class TransducerSpec(Written, frozen=True, kw_only=True):
    """Turns a stationary qubit's excitation into a photon in the fibre."""

    model: Annotated[str | None, _MODEL] = None
    efficiency: Annotated[
        Number | None, Meta(description="Photon conversion, above 0, at most 1")
    ] = None
    bandwidth: Annotated[
        Frequency | None, Meta(description="The time window is its inverse: 1 MHz")
    ] = None
    added_noise: Annotated[
        Number | None,
        Meta(description="Quanta per mode, referred to the transducer's input; default 0"),
    ] = None
    duty_cycle: Annotated[
        Number | None, Meta(description="Share of time in which it may operate; default 1")
    ] = None


class MemorySpec(Written, frozen=True, kw_only=True):
    """A stationary qubit with an optical interface of its own: ion, atom, colour centre."""

    model: Annotated[str | None, _MODEL] = None
    efficiency: Annotated[
        Number | None, Meta(description="From qubit to a photon in the fibre, above 0, at most 1")
    ] = None
    bandwidth: Annotated[
        Frequency | None, Meta(description="Of its photons; the time window is its inverse")
    ] = None
    added_noise: Annotated[
        Number | None, Meta(description="Quanta per mode, as of a transducer; default 0")
    ] = None
    duty_cycle: Annotated[
        Number | None, Meta(description="Share of time in which it may operate; default 1")
    ] = None


class FibreSpec(Written, frozen=True, kw_only=True):
    """A piece of optical fibre."""

    model: Annotated[str | None, _MODEL] = None
    length: Annotated[Length | None, Meta(description="80 km")] = None
    loss: Annotated[Attenuation | None, Meta(description="Default 0.2 dB/km")] = None
    insertion_loss: Annotated[
        Loss | None, Meta(description="Splices and connectors: 1.5 dB; default 0")
    ] = None


class SwitchSpec(Written, frozen=True, kw_only=True):
    """An optical or microwave switch that the photon passes."""

    model: Annotated[str | None, _MODEL] = None
    insertion_loss: Annotated[Loss | None, Meta(description="1 dB; default 0")] = None
    fidelity_loss: Annotated[
        Number | None,
        Meta(description="What a perfect pair loses by the passage, depolarising; default 0"),
    ] = None


class DetectorSpec(Written, frozen=True, kw_only=True):
    """The two detectors of a station."""

    model: Annotated[str | None, _MODEL] = None
    efficiency: Annotated[Number | None, Meta(description="Multiplies the station's")] = None
    dark_counts: Annotated[Frequency | None, Meta(description="Of each detector: 10 Hz")] = None
    number_resolving: Annotated[bool | None, Meta(description="Whether they count")] = None


class StationSpec(Written, frozen=True, kw_only=True):
    """A heralding station: a beam splitter and two detectors."""

    model: Annotated[str | None, _MODEL] = None
    efficiency: Annotated[
        Number | None,
        Meta(description="Of station and detector, or with `detector` of the rest; default 1"),
    ] = None
    dark_counts: Annotated[
        Frequency | None, Meta(description="Of each detector: 10 Hz; default 0")
    ] = None
    visibility: Annotated[
        Number | None, Meta(description="Hong-Ou-Mandel visibility; default 1")
    ] = None
    number_resolving: Annotated[
        bool | None, Meta(description="Whether the detectors count; default false")
    ] = None
    detector: Annotated[
        str | DetectorSpec | None, Meta(description="The detectors' own figures, apart; or a name")
    ] = None


class PairSourceSpec(Written, frozen=True, kw_only=True):
    """A source of entangled photon pairs: `mean_pairs` (squeezed) or `pair_probability`."""

    model: Annotated[str | None, _MODEL] = None
    mean_pairs: Annotated[
        Number | None, Meta(description="A pulse, of two-mode squeezed light: multi-pairs count")
    ] = None
    pair_probability: Annotated[
        Number | None, Meta(description="A pulse, of a source that never makes two pairs")
    ] = None
    rate: Annotated[Frequency | None, Meta(description="Pulses a second: 1 MHz")] = None
    fidelity: Annotated[
        Number | None, Meta(description="Of its pairs, Werner; multi-pairs apart; default 1")
    ] = None
    efficiency: Annotated[
        Number | None, Meta(description="Of each photon into its fibre; default 1")
    ] = None


class CableSpec(Written, frozen=True, kw_only=True):
    """A cryogenic microwave waveguide or coaxial cable."""

    model: Annotated[str | None, _MODEL] = None
    length: Annotated[Length | None, Meta(description="30 m")] = None
    loss: Annotated[Attenuation | None, Meta(description="1 dB/km")] = None
    insertion_loss: Annotated[
        Loss | None, Meta(description="Connectors, circulators; default 0")
    ] = None
    thermal_photons: Annotated[
        Number | None, Meta(description="Thermal occupation of the cable's mode; default 0")
    ] = None
    efficiency: Annotated[
        Number | None, Meta(description="Of the photon's release and capture together; default 1")
    ] = None
    bandwidth: Annotated[
        Frequency | None, Meta(description="Of the shaped photon; it lasts the inverse: 10 MHz")
    ] = None
    duty_cycle: Annotated[
        Number | None, Meta(description="Share of time in which it may operate; default 1")
    ] = None


class ChainSpec(Written, frozen=True, kw_only=True):
    """One element of a link's hardware: exactly one of these, described or by catalogue name."""

    transducer: str | TransducerSpec | None = None
    memory: str | MemorySpec | None = None
    fibre: str | FibreSpec | None = None
    switch: str | SwitchSpec | None = None
    bsm: str | StationSpec | None = None
    source: str | PairSourceSpec | None = None
    cable: str | CableSpec | None = None


class BellWeightsSpec(Written, frozen=True, kw_only=True):
    """A Bell-diagonal state by its weights, which add up to 1."""

    phi_plus: Number
    psi_plus: Number = 0.0
    psi_minus: Number = 0.0
    phi_minus: Number = 0.0


class LinkDescription(Written, frozen=True, kw_only=True):
    """A link, in one of three ways; or, with `qkd`, one that makes keys.

    Hardware: `scheme` and `chain`. A stream: `rate` and `fidelity`. Attempts:
    `success_probability`, `attempt_period` and `fidelity`.
    """

    scheme: Annotated[SchemeName | None, Meta(description="How the hardware makes pairs")] = None
    chain: Annotated[
        list[ChainSpec] | None,
        Meta(
            description="Hardware from the first end to the second, in the order that the scheme "
            "wants: transducer, fibre, bsm, fibre, transducer"
        ),
    ] = None
    bright_state: Annotated[
        Number | None, Meta(description="Single-click: population of the emitting state")
    ] = None
    phase_noise: Annotated[
        Angle | None, Meta(description="Single-click: rms phase error of the two arms: 0.1 rad")
    ] = None
    heralded: Annotated[
        bool | None,
        Meta(description="Microwave-transfer: photons in two time bins, so that loss is seen"),
    ] = None
    rate: Annotated[
        Frequency | None, Meta(description="Pairs a second on each channel, a Poisson stream")
    ] = None
    success_probability: Annotated[Number | None, Meta(description="Of one attempt")] = None
    attempt_period: Annotated[Time | None, Meta(description="From attempt to attempt")] = None
    fidelity: Annotated[
        Number | None, Meta(description="Of Werner pairs, 0.25 to 1; or write `state`")
    ] = None
    state: Annotated[
        BellWeightsSpec | list[Number] | None,
        Meta(description="Bell-diagonal weights; a list is Phi+, Psi+, Psi-, Phi-"),
    ] = None
    channels: Annotated[int, Meta(description="How many pairs may be attempted at once")] = 1
    length: Annotated[
        Length | None,
        Meta(description="Of the fibre, for classical messages from end to end; or for `qkd`"),
    ] = None
    wired: Annotated[
        dict[str, list[int]] | None,
        Meta(description="For an end, the communication qubits that the link is wired to"),
    ] = None
    qkd: Annotated[
        QkdSpec | None, Meta(description="The link joins two KMEs and makes keys by this")
    ] = None
    loss: Annotated[
        Attenuation | None, Meta(description="With `qkd`: of the fibre; default 0.2 dB/km")
    ] = None
    insertion_loss: Annotated[
        Loss | None, Meta(description="With `qkd`: of everything else, or all of it; default 0")
    ] = None


class NetworkSpec(Written, frozen=True, kw_only=True):
    """A network of quantum computers, of key management entities, or of both."""

    interlace: Annotated[Literal[1], Meta(description="Version of this description")]
    name: Annotated[str, Meta(description="What reports call the network")] = "network"
    sites: Annotated[dict[str, SiteSpec], Meta(description="Places, by name")] = {}
    machines: Annotated[dict[str, MachineSpec], Meta(description="Quantum computers, by name")] = {}
    repeaters: Annotated[
        dict[str, RepeaterSpec], Meta(description="Nodes that only swap, by name")
    ] = {}
    kmes: Annotated[
        dict[str, KmeSpec], Meta(description="Key management entities and relays, by name")
    ] = {}
    saes: Annotated[
        dict[str, SaeSpec], Meta(description="Users of keys, by the identity of their certificate")
    ] = {}
    permits: Annotated[
        dict[str, list[str]] | UnsetType,
        Meta(description="Who may share keys: master to slaves; left out: everyone with everyone"),
    ] = UNSET
    links: Annotated[
        dict[str, LinkDescription],
        Meta(description="By the two nodes that they join: isar--pegnitz"),
    ] = {}
