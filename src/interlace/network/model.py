"""What exists, checked: the types of a true network. SI floats throughout.

`NetworkSpec` (in `spec`) is what someone wrote; `Network` is what is true.
Only `network.check.checked` makes a `Network` from a `NetworkSpec`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.kernel import COUNTS_IF_SET, content_id
from interlace.network.elements import HardwareSource
from interlace.network.key_model import KeyNetwork
from interlace.units import Degrees, Hertz, Metres, Probability, Seconds

__all__ = [
    "BellState",
    "Device",
    "GateProfile",
    "GeometricSource",
    "LinkSpec",
    "LogicalDevice",
    "Machine",
    "Network",
    "Node",
    "PoissonSource",
    "Readout",
    "Repeater",
    "Site",
    "Source",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A place. Latitude and longitude may be unknown."""

    name: str
    country: str | None = None
    lat_deg: Degrees | None = None
    lon_deg: Degrees | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateProfile:
    """A native operation of a device: how long it takes, how often it fails.

    Attributes:
        name: a name of `interlace.circuit.GATES`, or `reset`.
        time_s: duration.
        error: average gate infidelity 1 - F_avg (what randomised benchmarking reports).
        at: exceptions, as (device qubits, time, error); qubits in the order of the gate.
    """

    name: str
    time_s: Seconds
    error: Probability
    at: tuple[tuple[tuple[int, ...], float, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Readout:
    """Measurement: duration and the two ways to misread.

    `error_0[q]` is P(read 1 | state 0) of qubit q, `error_1[q]` is P(read 0 | state 1).
    """

    time_s: Seconds
    error_0: tuple[float, ...]
    error_1: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A physical processor.

    Attributes:
        name: `ideal:24`, or a file's or catalogue's name.
        qubits: how many; 0 for a repeater whose qubits are unlimited.
        coupling: undirected pairs that can interact; `None`: all to all.
        gates: native operations. Empty: every gate of `GATES` is native, takes no time and never
            fails (an ideal device).
        t1_s: relaxation time of each qubit; empty, or `None` inside: never.
        t2_s: dephasing time of each qubit; empty, or `None` inside: never.
        readout: `None`: instant and perfect.
    """

    name: str
    qubits: int
    coupling: tuple[tuple[int, int], ...] | None = None
    gates: tuple[GateProfile, ...] = ()
    t1_s: tuple[float | None, ...] = ()
    t2_s: tuple[float | None, ...] = ()
    readout: Readout | None = None

    def profile(self, gate: str) -> GateProfile | None:
        """The native operation of that name, if the device has it."""
        return next((profile for profile in self.gates if profile.name == gate), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalDevice:
    """A fault-tolerant processor, by its error-corrected figures. Described here, used later."""

    name: str
    qubits: int
    code: str
    distance: int
    cycle_time_s: Seconds
    logical_error_rate: Probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A quantum computer on the network.

    Attributes:
        communication: the device qubits that make ebits; `None`: unlimited ones on top of the
            device's (an ideal device only). Empty: the machine takes part in no link.
    """

    name: str
    site: str | None
    device: Device | LogicalDevice
    communication: tuple[int, ...] | None

    @property
    def data(self) -> tuple[int, ...]:
        """The device qubits that hold data, ascending."""
        taken = set(self.communication or ())
        return tuple(q for q in range(self.device.qubits) if q not in taken)


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeater:
    """A node that swaps entanglement and holds no data: all its qubits are for communication.

    Attributes:
        communication: its qubits; `None`: unlimited.
        device: gives times and errors of its swap (cx, h, measure) and memory. All to all.
    """

    name: str
    site: str | None
    device: Device
    communication: tuple[int, ...] | None


Node = Machine | Repeater


BellState = tuple[float, float, float, float]
"""Weights of (Phi+, Psi+, Psi-, Phi-), that is of Pauli errors (I, X, Y, Z) on one half; sum 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonSource:
    """Pairs arrive as a Poisson stream on each channel."""

    rate_hz: Hertz
    state: BellState


@dataclass(frozen=True, slots=True, kw_only=True)
class GeometricSource:
    """Attempts at a fixed period, each succeeding with the same probability."""

    success_probability: Probability
    attempt_period_s: Seconds
    state: BellState


Source = PoissonSource | GeometricSource | HardwareSource


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSpec:
    """One hop as described: two ends, parallel channels, and what makes the pairs.

    Attributes:
        name: `a--b`.
        ends: the two node names, in the order of the name.
        channels: how many pairs may be attempted at once.
        source: what makes pairs.
        length_m: fibre length for classical messages, if written or known from the chain.
        wired: for each end the communication qubits that it is wired to; `None`: all of them,
            through an ideal internal switch.
    """

    name: str
    ends: tuple[str, str]
    channels: int
    source: Source
    length_m: Metres | None = None
    wired: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Machines and repeaters joined by links; every rule of the description holds.

    Guarantees: names are unique, links join nodes that exist, the network is connected, all
    numbers are finite and in range. There is a machine, or there are `keys`.

    Attributes:
        links: those that make ebits.
        keys: entities that keep keys and the links that make them; `None`: no part of this.
    """

    name: str
    sites: tuple[Site, ...]
    machines: tuple[Machine, ...]
    repeaters: tuple[Repeater, ...]
    links: tuple[LinkSpec, ...]
    keys: KeyNetwork | None = field(default=None, metadata=COUNTS_IF_SET)

    @property
    def nodes(self) -> tuple[Node, ...]:
        """Machines, then repeaters: the order of every node index."""
        return (*self.machines, *self.repeaters)

    def node_index(self, name: str) -> int:
        """The index of a node in `nodes`."""
        return next(i for i, node in enumerate(self.nodes) if node.name == name)

    def link_index(self, name: str) -> int:
        """The index of a link in `links`."""
        return next(i for i, link in enumerate(self.links) if link.name == name)

    def site_of(self, node: Node) -> Site | None:
        """Where the node stands, if that is known."""
        return next((site for site in self.sites if site.name == node.site), None)

    def content_id(self) -> str:
        """What the network is, whatever units it was written in."""
        return content_id(self)
