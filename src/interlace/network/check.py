"""The one way from what someone wrote to what is true: `checked`.

Every rule of a description is applied here or in what this calls (`devices`, `sources`,
`bounds`, `choice`). An error names the path; `network.files` adds file and line.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from interlace.descriptions import below, did_you_mean, item
from interlace.errors import SpecError
from interlace.network.bounds import number, whole
from interlace.network.choice import chosen_qubits
from interlace.network.connection import refuse_pieces
from interlace.network.devices import checked_device, checked_logical, ideal_device, is_ideal
from interlace.network.key_check import checked_keys
from interlace.network.model import (
    Device,
    LinkSpec,
    LogicalDevice,
    Machine,
    Network,
    Node,
    Repeater,
    Site,
)
from interlace.network.named import is_device_name, named_device
from interlace.network.sources import checked_source, fibre_length
from interlace.network.spec import (
    DeviceSpec,
    LinkDescription,
    MachineSpec,
    NetworkSpec,
    RepeaterSpec,
    SiteSpec,
)

__all__ = ["checked"]

_NAME = re.compile(r"\w(?:[\w-]*\w)?")
_MAX_CHANNELS = 100_000
_NO_DEVICES: Mapping[str, Device] = MappingProxyType({})


def checked(spec: NetworkSpec, *, devices: Mapping[str, Device] = _NO_DEVICES) -> Network:
    """The network that a description describes, every rule of it kept.

    Args:
        spec: as written.
        devices: what the device files that it names hold.

    Raises:
        SpecError: a rule is broken; names path, value and rule.

    Example:
        >>> one = NetworkSpec(interlace=1, machines={"m": MachineSpec(device="ideal:3")})
        >>> checked(one).machines[0].data
        (0, 1, 2)
    """
    if not spec.name.strip() or not spec.name.isprintable():
        raise SpecError("must be printable text", value=spec.name, path="name")
    if not spec.machines and (spec.repeaters or not spec.kmes):
        raise SpecError("needs at least one machine or KME", value="none", path="machines")
    _refuse_bad_names(spec)
    sites = tuple(_site(name, spec.sites[name]) for name in spec.sites)
    machines = tuple(_machine(name, spec.machines[name], devices) for name in spec.machines)
    repeaters = tuple(_repeater(name, spec.repeaters[name], devices) for name in spec.repeaters)
    _refuse_unknown_sites(spec)
    nodes: dict[str, Node] = {node.name: node for node in (*machines, *repeaters)}
    keys = checked_keys(spec)
    links = tuple(_link(name, link, nodes) for name, link in spec.links.items() if link.qkd is None)
    _refuse_parallel(links)
    refuse_pieces(list(nodes), [link.ends for link in links])
    return Network(
        name=spec.name, sites=sites, machines=machines, repeaters=repeaters, links=links, keys=keys
    )


def _refuse_bad_names(spec: NetworkSpec) -> None:
    """Node names are words that no program confuses and no link name splits in two."""
    seen: dict[str, str] = {}
    for section, names in (("machines", spec.machines), ("repeaters", spec.repeaters)):
        for name in names:
            here = below(section, name)
            if _NAME.fullmatch(name) is None or "--" in name or len(name) > 64:
                rule = "a name is letters, digits, `_` and single `-` inside, at most 64"
                raise SpecError(rule, value=name, path=here)
            plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
            if plain in seen:
                rule = f"is too much like {seen[plain]!r}, programs call both {plain!r}: rename one"
                raise SpecError(rule, value=name, path=here)
            seen[plain] = name


def _site(name: str, spec: SiteSpec) -> Site:
    here = below("sites", name)
    if not name.strip() or not name.isprintable():
        raise SpecError("a site's name must be printable text", value=name, path=here)
    country = spec.country
    if country is not None and re.fullmatch("[A-Z]{2}", country) is None:
        rule = "must be two capital letters, as in DE"
        raise SpecError(rule, value=country, path=below(here, "country"))
    if (spec.lat is None) != (spec.lon is None):
        raise SpecError("needs both `lat` and `lon`, or neither", path=here)
    return Site(
        name=name,
        country=country,
        lat_deg=None if spec.lat is None else number(spec.lat, "latitude", path=f"{here}.lat"),
        lon_deg=None if spec.lon is None else number(spec.lon, "longitude", path=f"{here}.lon"),
    )


def _refuse_unknown_sites(spec: NetworkSpec) -> None:
    sections = (("machines", spec.machines), ("repeaters", spec.repeaters), ("kmes", spec.kmes))
    for section, nodes in sections:
        for name, node in nodes.items():
            if node.site is not None and node.site not in spec.sites:
                rule = f"names a site that is not there: {did_you_mean(node.site, spec.sites)}"
                raise SpecError(rule, value=node.site, path=f"{section}.{name}.site")


def _machine(name: str, spec: MachineSpec, devices: Mapping[str, Device]) -> Machine:
    here = below("machines", name)
    if (spec.device is None) == (spec.logical is None):
        rule = "needs `device` or `logical`, one of them"
        raise SpecError(rule, path=here)
    device: Device | LogicalDevice
    if spec.logical is not None:
        device = checked_logical(spec.logical, path=below(here, "logical"))
    else:
        device = _device(spec.device, devices, name=name, path=below(here, "device"))
    wanted = spec.communication_qubits
    return Machine(
        name=name,
        site=spec.site,
        device=device,
        communication=_communication(wanted, device, below(here, "communication_qubits")),
    )


def _device(
    written: str | DeviceSpec | None,
    devices: Mapping[str, Device],
    *,
    name: str,
    path: str,
    memories: int | None = None,
) -> Device:
    if isinstance(written, DeviceSpec):
        return checked_device(written, name=name, path=path)
    text = written or ""
    if text in devices:
        return devices[text]
    if is_device_name(text):
        return named_device(text, path=path, memories=memories)
    return ideal_device(text, path=path)


def _communication(
    wanted: int | list[int] | str, device: Device | LogicalDevice, path: str
) -> tuple[int, ...] | None:
    if isinstance(wanted, str):
        if not is_ideal(device):
            rule = "only an ideal device can have unlimited communication qubits: give a number"
            raise SpecError(rule, value=wanted, path=path)
        return None
    if isinstance(wanted, int):
        if not 0 <= wanted <= device.qubits:
            rule = f"must be between 0 and the {device.qubits} qubits of the device"
            raise SpecError(rule, value=wanted, path=path)
        return chosen_qubits(device, wanted)
    for index, qubit in enumerate(wanted):
        if not 0 <= qubit < device.qubits:
            rule = f"names a qubit that is not there: the device has 0 to {device.qubits - 1}"
            raise SpecError(rule, value=qubit, path=item(path, index))
        if qubit in wanted[:index]:
            raise SpecError("names a qubit twice", value=qubit, path=item(path, index))
    return tuple(sorted(wanted))


def _repeater(name: str, spec: RepeaterSpec, devices: Mapping[str, Device]) -> Repeater:
    here = below("repeaters", name)
    wanted, place = spec.communication_qubits, below(here, "communication_qubits")
    if spec.device is None:
        if isinstance(wanted, list):
            raise SpecError("a list needs a `device`: give a number", value=wanted, path=place)
        if wanted is None or wanted == "unlimited":
            return Repeater(
                name=name,
                site=spec.site,
                device=Device(name="ideal", qubits=0),
                communication=None,
            )
        device = ideal_device(f"ideal:{whole(int(wanted), low=1, high=1_000_000, path=place)}")
    else:
        device = _device(
            spec.device,
            devices,
            name=name,
            path=below(here, "device"),
            memories=wanted if isinstance(wanted, int) else None,
        )
    if device.coupling is not None:
        rule = "a repeater's qubits are coupled all to all: remove `coupling`"
        raise SpecError(rule, value=device.name, path=below(here, "device"))
    return Repeater(
        name=name,
        site=spec.site,
        device=device,
        communication=_communication(device.qubits if wanted is None else wanted, device, place),
    )


def _link(name: str, spec: LinkDescription, nodes: Mapping[str, Node]) -> LinkSpec:
    here = below("links", name)
    ends = name.split("--")
    if len(ends) != 2:
        raise SpecError("a link is named after its two ends: a--b", value=name, path=here)
    left, right = ends
    for end in ends:
        if end not in nodes:
            rule = f"{end!r} is no machine or repeater: {did_you_mean(end, nodes)}"
            raise SpecError(rule, path=here)
    if left == right:
        raise SpecError("joins a machine to itself", value=name, path=here)
    for end in ends:
        if nodes[end].communication == ():
            rule = f"{end!r} has no communication qubit: give it `communication_qubits: 1` or more"
            raise SpecError(rule, path=here)
    source = checked_source(spec, path=here)
    return LinkSpec(
        name=name,
        ends=(left, right),
        channels=whole(spec.channels, low=1, high=_MAX_CHANNELS, path=below(here, "channels")),
        source=source,
        length_m=fibre_length(source)
        if spec.length is None
        else number(spec.length, "length", path=below(here, "length")),
        wired=_wired(spec, (nodes[left], nodes[right]), below(here, "wired")),
    )


def _wired(
    spec: LinkDescription, ends: tuple[Node, Node], path: str
) -> tuple[tuple[int, ...] | None, tuple[int, ...] | None]:
    written = spec.wired or {}
    names = [end.name for end in ends]
    for name in written:
        if name not in names:
            rule = f"is no end of this link: {did_you_mean(name, names)}"
            raise SpecError(rule, value=name, path=below(path, name))
    left, right = (_wired_end(written.get(end.name), end, below(path, end.name)) for end in ends)
    return (left, right)


def _wired_end(written: list[int] | None, node: Node, path: str) -> tuple[int, ...] | None:
    if written is None:
        return None
    if node.communication is None:
        rule = f"{node.name!r} has unlimited communication qubits: remove this line"
        raise SpecError(rule, value=written, path=path)
    known = ", ".join(map(str, node.communication[:20]))
    if not written:
        rule = f"needs one or more of the communication qubits {known}"
        raise SpecError(rule, value=written, path=path)
    for index, qubit in enumerate(written):
        if qubit not in node.communication:
            those = "that is qubit" if len(node.communication) == 1 else "those are qubits"
            rule = f"is no communication qubit of {node.name!r}: {those} {known}"
            raise SpecError(rule, value=qubit, path=item(path, index))
        if qubit in written[:index]:
            raise SpecError("names a qubit twice", value=qubit, path=item(path, index))
    return tuple(sorted(written))


def _refuse_parallel(links: Iterable[LinkSpec]) -> None:
    seen: dict[frozenset[str], str] = {}
    for link in links:
        other = seen.setdefault(frozenset(link.ends), link.name)
        if other != link.name:
            rule = f"joins the same machines as {other!r}: remove one, or give it more `channels`"
            raise SpecError(rule, value=link.name, path=below("links", link.name))
