"""What a person wants to see of a network at a glance."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network.devices import is_ideal
from interlace.network.key_model import KeyLink, KeyNetwork, Kme
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
from interlace.units import Decibels, Metres

__all__ = ["KeyLinkRow", "LinkRow", "NetworkSummary", "NodeRow", "describe"]

_WITHOUT_HARDWARE = ("stream", "attempts")


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRow:
    """One machine, repeater, KME or relay of keys (a KME without SAEs).

    Attributes:
        kind: `machine`, `repeater`, `kme` or `relay`.
        device: of a KME `-`.
        communication_qubits: `None`: unlimited.
        saes: whom a KME serves.
    """

    name: str
    kind: str
    site: str | None
    device: str
    data_qubits: int
    communication_qubits: int | None
    coupling: str
    saes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One link as described; rates and states are the link stage's."""

    name: str
    scheme: str
    channels: int
    length_m: Metres | None
    wired: str

    @property
    def has_hardware(self) -> bool:
        """Whether something is heralded; else the link is its figures, and pairs just come."""
        return self.scheme not in _WITHOUT_HARDWARE


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLinkRow:
    """One QKD link as described; its rate is the QKD stage's.

    Attributes:
        block: sifted bits made into a key at once; `None`: endlessly many.
        is_length_assumed: nobody wrote the length: it comes from the sites' coordinates.
    """

    name: str
    protocol: str
    length_m: Metres
    total_loss_db: Decibels
    block: int | None
    is_length_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSummary:
    """A network in rows.

    Attributes:
        nodes: machines and repeaters.
        links: those that make ebits.
        key_nodes: KMEs and relays.
        key_links: those that make keys.
        permits: how many ordered pairs of SAEs may share keys.
        countries: where the nodes stand.
    """

    name: str
    nodes: tuple[NodeRow, ...]
    links: tuple[LinkRow, ...]
    key_nodes: tuple[NodeRow, ...]
    key_links: tuple[KeyLinkRow, ...]
    permits: int
    countries: tuple[str, ...]

    @property
    def headline(self) -> str:
        """One sentence: name, machines, data qubits, repeaters, links; KMEs and what is theirs."""
        machines = [row for row in self.nodes if row.kind == "machine"]
        repeaters = len(self.nodes) - len(machines)
        parts: list[str] = []
        if self.nodes:
            data = sum(row.data_qubits for row in machines)
            parts += [_count(len(machines), "machine"), _count(data, "data qubit")]
            if repeaters:
                parts.append(_count(repeaters, "repeater"))
            parts.append(_count(len(self.links), "link"))
        if self.key_nodes:
            relays = sum(row.kind == "relay" for row in self.key_nodes)
            parts.append(_count(len(self.key_nodes) - relays, "KME"))
            if relays:
                parts.append(_count(relays, "relay"))
            parts.append(_count(sum(len(row.saes) for row in self.key_nodes), "SAE"))
            parts.append(_count(len(self.key_links), "QKD link"))
        return f"{self.name}: {', '.join(parts)}"


def describe(network: Network) -> NetworkSummary:
    """Put a network into rows, in its own order."""
    sites = {site.name: site.country for site in network.sites}
    keys = network.keys
    places = [node.site for node in (*network.nodes, *(keys.kmes if keys else ()))]
    countries = {sites.get(place or "") for place in places}
    return NetworkSummary(
        name=network.name,
        nodes=tuple(_node(node) for node in network.nodes),
        links=tuple(_link(link) for link in network.links),
        key_nodes=tuple(_key_node(kme, keys) for kme in keys.kmes) if keys else (),
        key_links=tuple(_key_link(link) for link in keys.links) if keys else (),
        permits=len(keys.permits) if keys else 0,
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


def _key_node(kme: Kme, keys: KeyNetwork) -> NodeRow:
    saes = tuple(sae.name for sae in keys.saes if sae.kme == kme.name)
    return NodeRow(
        name=kme.name,
        kind="kme" if saes else "relay",
        site=kme.site,
        device="-",
        data_qubits=0,
        communication_qubits=0,
        coupling="-",
        saes=saes,
    )


def _key_link(link: KeyLink) -> KeyLinkRow:
    return KeyLinkRow(
        name=link.name,
        protocol=link.qkd.protocol,
        length_m=link.length_m,
        total_loss_db=link.length_m * link.loss_db_per_m + link.loss_db,
        block=link.qkd.block,
        is_length_assumed=link.is_length_assumed,
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
            scheme = _WITHOUT_HARDWARE[0]
        case GeometricSource():
            scheme = _WITHOUT_HARDWARE[1]
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
