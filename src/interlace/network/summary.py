"""What a person wants to see of a network at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network.devices import is_ideal
from interlace.network.model import (
    Device,
    GeometricSource,
    LinkSpec,
    LogicalDevice,
    Machine,
    Network,
    Node,
    PoissonSource,
    Repeater,
)
from interlace.units import Metres

__all__ = ["LinkRow", "NetworkSummary", "NodeRow", "describe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """One machine or repeater.

    Attributes:
        communication_qubits: `None`: unlimited.
    """

    name: str
    kind: str
    site: str | None
    device: str
    data_qubits: int
    communication_qubits: int | None
    coupling: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link as described; rates and states are the link stage's."""

    name: str
    scheme: str
    channels: int
    length_m: Metres | None
    wired: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSummary:
    """A network in rows."""

    name: str
    nodes: tuple[NodeRow, ...]
    links: tuple[LinkRow, ...]
    countries: tuple[str, ...]

    @property
    def headline(self) -> str:
        """One sentence: name, machines, data qubits, repeaters, links."""
        machines = [row for row in self.nodes if row.kind == "machine"]
        repeaters = len(self.nodes) - len(machines)
        data = sum(row.data_qubits for row in machines)
        parts = [_count(len(machines), "machine"), _count(data, "data qubit")]
        if repeaters:
            parts.append(_count(repeaters, "repeater"))
        parts.append(_count(len(self.links), "link"))
        return f"{self.name}: {', '.join(parts)}"


def describe(network: Network) -> NetworkSummary:
    """Put a network into rows, in its own order."""
    sites = {site.name: site.country for site in network.sites}
    countries = {sites.get(node.site or "") for node in network.nodes}
    return NetworkSummary(
        name=network.name,
        nodes=tuple(_node(node) for node in network.nodes),
        links=tuple(_link(link) for link in network.links),
        countries=tuple(sorted(country for country in countries if country)),
    )


def _node(node: Node) -> NodeRow:
    qubits = node.communication
    return NodeRow(
        name=node.name,
        kind="machine" if isinstance(node, Machine) else "repeater",
        site=node.site,
        device=node.device.name,
        data_qubits=0 if isinstance(node, Repeater) else len(node.data),
        communication_qubits=None if qubits is None else len(qubits),
        coupling=_coupling(node.device),
    )


def _coupling(device: Device | LogicalDevice) -> str:
    if isinstance(device, LogicalDevice):
        return f"logical, distance {device.distance}"
    if is_ideal(device):
        return "all to all, ideal"
    return "all to all" if device.coupling is None else f"{len(device.coupling)} pairs"


def _link(link: LinkSpec) -> LinkRow:
    match link.source:
        case PoissonSource():
            scheme = "stream"
        case GeometricSource():
            scheme = "attempts"
        case source:
            scheme = source.scheme
    wired = [
        f"{end}: {', '.join(map(str, qubits))}"
        for end, qubits in zip(link.ends, link.wired, strict=True)
        if qubits is not None
    ]
    return LinkRow(
        name=link.name,
        scheme=scheme,
        channels=link.channels,
        length_m=link.length_m,
        wired="; ".join(wired) or "any, by an ideal switch",
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
