"""The way back: a network as a description, a document (plan.json holds one) and YAML text.

`checked(to_spec(network)) == network`, number by number: everything is written in plain SI.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import UNSET

from interlace.descriptions import NO_KEYS, did_you_mean, shaped
from interlace.errors import SpecError
from interlace.network.chains import written_chain
from interlace.network.check import checked
from interlace.network.devices import is_ideal
from interlace.network.elements import HeraldedSource, MicrowaveSource
from interlace.network.key_spec import KmeSpec, SaeSpec
from interlace.network.key_written import written_key_link, written_permits
from interlace.network.model import (
    Device,
    GateProfile,
    GeometricSource,
    LinkSpec,
    LogicalDevice,
    Machine,
    Network,
    PoissonSource,
    Readout,
    Repeater,
    Site,
    Source,
)
from interlace.network.quantities import Quantity
from interlace.network.repeats import filled, thinned
from interlace.network.sources import fibre_length, werner
from interlace.network.spec import (
    SCHEMA_VERSION,
    SCHEMES,
    DeviceSpec,
    GateExceptionSpec,
    GateSpec,
    LinkDescription,
    LogicalSpec,
    MachineSpec,
    NetworkSpec,
    ReadoutSpec,
    RepeaterSpec,
    SchemeName,
    SiteSpec,
)

if TYPE_CHECKING:
    from ruamel.yaml.comments import CommentedMap

__all__ = [
    "demand_version",
    "device_text",
    "dump_network",
    "network_document",
    "network_from_document",
    "to_spec",
]

_END_OF_ROWS = re.compile(r"(?m)^\S")


def to_spec(network: Network) -> NetworkSpec:
    """The description of a network in SI numbers; `checked` gives the same network back."""
    keys = network.keys
    return NetworkSpec(
        interlace=1,
        name=network.name,
        sites={site.name: _site(site) for site in network.sites},
        machines={machine.name: _machine(machine) for machine in network.machines},
        repeaters={node.name: _repeater(node) for node in network.repeaters},
        links={
            **{link.name: _link(link) for link in network.links},
            **{link.name: written_key_link(link) for link in (keys.links if keys else ())},
        },
        kmes={kme.name: KmeSpec(site=kme.site) for kme in (keys.kmes if keys else ())},
        saes={sae.name: SaeSpec(kme=sae.kme) for sae in (keys.saes if keys else ())},
        permits=UNSET if keys is None else written_permits(keys),
    )


def network_document(network: Network) -> dict[str, Any]:
    """The network as plain data, ready for JSON; keys that hold a default are left out.

    Example:
        >>> one = NetworkSpec(interlace=1, machines={"m": MachineSpec(device="ideal:3")})
        >>> network_document(checked(one))
        {'interlace': 1, 'machines': {'m': {'device': 'ideal:3'}}}
    """
    return msgspec.to_builtins(to_spec(network))


def network_from_document(document: object) -> Network:
    """The network of a document that `network_document` made, every rule checked again.

    Raises:
        SpecError: not a description, another version of it, or a rule is broken.
    """
    demand_version(document)
    return checked(shaped(document, NetworkSpec))


def demand_version(document: object) -> None:
    """Refuse a document that does not name the version of the description that we read.

    Raises:
        SpecError: no mapping, or the key `interlace` is missing or names another version.
    """
    if not isinstance(document, dict):
        rule = "must be a mapping that starts with `interlace: 1`"
        raise SpecError(rule, value=document)
    if "interlace" not in document:
        rule = f"needs its version, the key 'interlace': `interlace: {SCHEMA_VERSION}`"
        near = did_you_mean("interlace", [str(key) for key in document])
        seen = ", ".join(map(str, list(document)[:5])) or "no keys"
        raise SpecError(rule + (f" ({near})" if near.startswith("did") else ""), value=seen)
    version = document["interlace"]
    if isinstance(version, bool) or version != SCHEMA_VERSION:
        rule = f"this release reads version {SCHEMA_VERSION} of the description"
        raise SpecError(rule, value=version, path="interlace")


def _site(site: Site) -> SiteSpec:
    return SiteSpec(country=site.country, lat=site.lat_deg, lon=site.lon_deg)


def _machine(machine: Machine) -> MachineSpec:
    device = machine.device
    return MachineSpec(
        site=machine.site,
        device=None if isinstance(device, LogicalDevice) else device_text(device),
        logical=_logical(device) if isinstance(device, LogicalDevice) else None,
        communication_qubits=_communication(machine),
    )


def _repeater(node: Repeater) -> RepeaterSpec:
    if node.device == Device(name="ideal", qubits=0):
        return RepeaterSpec(site=node.site)
    return RepeaterSpec(
        site=node.site,
        device=device_text(node.device),
        communication_qubits=_communication(node),
    )


def _communication(node: Machine | Repeater) -> int | list[int] | Literal["unlimited"]:
    """A list in general; the number where the last qubits of an all-to-all device are meant."""
    qubits, device = node.communication, node.device
    if qubits is None:
        return "unlimited"
    is_all_to_all = isinstance(device, LogicalDevice) or device.coupling is None
    if is_all_to_all and qubits == tuple(range(device.qubits - len(qubits), device.qubits)):
        return len(qubits)
    return list(qubits)


def device_text(device: Device) -> str | DeviceSpec:
    """`ideal:N` where the device is that, else the device's description."""
    if is_ideal(device) and device.name == f"ideal:{device.qubits}":
        return device.name
    return DeviceSpec(
        name=device.name,
        qubits=device.qubits,
        coupling="all" if device.coupling is None else list(device.coupling),
        gates={gate.name: _gate(gate) for gate in device.gates},
        t1=_one_or_all(device.t1_s),
        t2=_one_or_all(device.t2_s),
        readout=None if device.readout is None else _readout(device.readout),
    )


def _one_or_all(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a field's union
    if not values:
        return None
    is_one = len(set(values)) == 1 and values[0] is not None
    return values[0] if is_one else list(values)


def _gate(gate: GateProfile) -> GateSpec:
    exceptions = [
        GateExceptionSpec(
            qubits=list(qubits),
            time=None if time == gate.time_s else time,
            error=None if error == gate.error else error,
        )
        for qubits, time, error in gate.at
    ]
    return GateSpec(time=gate.time_s, error=gate.error, at=exceptions)


def _readout(readout: Readout) -> ReadoutSpec:
    if readout.error_0 == readout.error_1:
        return ReadoutSpec(time=readout.time_s, error=_one_or_all(readout.error_0))
    return ReadoutSpec(
        time=readout.time_s,
        error_0=_one_or_all(readout.error_0),
        error_1=_one_or_all(readout.error_1),
    )


def _logical(device: LogicalDevice) -> LogicalSpec:
    return LogicalSpec(
        name=device.name,
        qubits=device.qubits,
        code=device.code,
        distance=device.distance,
        cycle_time=device.cycle_time_s,
        logical_error_rate=device.logical_error_rate,
    )


def _link(link: LinkSpec) -> LinkDescription:
    named = zip(link.ends, link.wired, strict=True)
    wired = {end: list(qubits) for end, qubits in named if qubits is not None}
    return msgspec.structs.replace(
        _source(link.source),
        channels=link.channels,
        length=None if link.length_m == fibre_length(link.source) else link.length_m,
        wired=wired or None,
    )


def _source(source: Source) -> LinkDescription:
    if not isinstance(source, PoissonSource | GeometricSource):
        return LinkDescription(
            scheme=_scheme(source.scheme),
            bright_state=source.bright_state if isinstance(source, HeraldedSource) else None,
            phase_noise=(source.phase_noise_rad if isinstance(source, HeraldedSource) else 0.0)
            or None,
            heralded=(isinstance(source, MicrowaveSource) and source.heralded) or None,
            chain=written_chain(source),
        )
    is_werner = source.state[0] >= 0.25 and source.state == werner(source.state[0])
    fidelity = source.state[0] if is_werner else None
    state: list[Quantity] | None = None if is_werner else [*source.state]
    if isinstance(source, PoissonSource):
        return LinkDescription(rate=source.rate_hz, fidelity=fidelity, state=state)
    return LinkDescription(
        success_probability=source.success_probability,
        attempt_period=source.attempt_period_s,
        fidelity=fidelity,
        state=state,
    )


def _scheme(name: str) -> SchemeName:
    for known in SCHEMES:
        if known == name:
            return known
    raise SpecError(f"no description has this scheme: {did_you_mean(name, SCHEMES)}", value=name)


def dump_network(network: Network) -> str:
    """The network as YAML text that `parse_network` reads back, one line a node or link.

    A device that several machines share is written once.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    document = network_document(network)
    shared: dict[bytes, CommentedMap] = {}
    for node in (
        *document.get("machines", {}).values(),
        *document.get("repeaters", {}).values(),
    ):
        if isinstance(node.get("device"), dict):
            key = msgspec.json.encode(node["device"])
            node["device"] = shared.setdefault(key, _on_one_line(node["device"]))
    copies = {key: thinned(document.get(key, {})) for key in ("machines", "repeaters", "links")}
    root = CommentedMap()
    for key, value in document.items():
        if key == "permits":
            root[key] = _on_one_line(value)
        elif isinstance(value, dict):
            root[key] = CommentedMap(
                {
                    _key(name): _on_one_line(node)
                    for name, node in value.items()
                    if name not in copies.get(key, {})
                }
            )
        else:
            root[key] = value
    text = io.StringIO()
    yaml = YAML()
    yaml.width = 100
    yaml.dump(root, text)
    return _with_copies(text.getvalue(), document, copies)


def _with_copies(text: str, document: dict[str, Any], copies: dict[str, dict[str, str]]) -> str:
    """The text with the rows that were left out because others say the same."""
    for key, left_out in copies.items():
        if left_out:
            head = f"{key}:\n"
            start = text.index(f"\n{head}") + 1 + len(head)
            stop = _END_OF_ROWS.search(text, start)
            end = len(text) if stop is None else stop.start()
            text = text[:start] + filled(text[start:end], document[key], left_out) + text[end:]
    return text


def _key(name: str) -> str:
    """A name that some version of YAML would not read as text goes into quotes."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    return DoubleQuotedScalarString(name) if name.lower() in NO_KEYS else name


def _on_one_line(mapping: dict[str, Any]) -> CommentedMap:
    from ruamel.yaml.comments import CommentedMap

    line = CommentedMap(mapping)
    if "wired" in line:
        line["wired"] = {_key(end): qubits for end, qubits in mapping["wired"].items()}
    line.fa.set_flow_style()
    return line
