"""From a graph to a network file: who is a machine, what the links are, what was assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from interlace.descriptions import did_you_mean
from interlace.errors import SpecError
from interlace.network.files import parse_network
from interlace.network.importing import sheet
from interlace.network.importing.figures import figures_notes, figures_of
from interlace.network.importing.files import load_graph
from interlace.network.importing.graph import Graph, attribute
from interlace.network.importing.splitting import Stop, split
from interlace.network.importing.topology import Site, Span, Topology, listed, simplified
from interlace.network.importing.wishes import ImportWishes
from interlace.network.model import Device, Network

__all__ = ["ImportedNetwork", "convert_graph", "import_network"]

_DATA_QUBITS = 16
_COMMUNICATION_QUBITS = 2
_MOST_QUBITS = 1_000_000
_NO_WISHES = ImportWishes()
_AT_BOTH_ENDS = "both ends of its link stand here"
_SAYS_NOTHING = re.compile(r"(g|graph|net|network|(un)?directed)?[\s_-]*\d*", re.IGNORECASE)
"""Ids that programs give every graph."""
_ZOO = (
    "the map is of the Internet Topology Zoo (S. Knight et al., IEEE J. Sel. Areas Commun. 29, "
    "1765, 2011; CC BY 4.0)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedNetwork:
    """An imported network.

    Attributes:
        text: of its network file, with what was assumed as comments.
        network: what `parse_network` makes of the text.
        notes: what was assumed, a sentence each.
    """

    text: str
    network: Network
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Processor:
    """A machine's device and its communication qubits, as a network file writes them."""

    device: Device | str
    communication: int | str


def import_network(path: str, *, wishes: ImportWishes = _NO_WISHES) -> ImportedNetwork:
    """Read a graph file, GraphML or node-link JSON, and make a network of it.

    Args:
        path: the graph file.
        wishes: what to make of it.

    Raises:
        SpecError: the file cannot be read or breaks a rule (file, line, rule), or a wish does.
    """
    return convert_graph(load_graph(path), wishes=wishes)


def convert_graph(graph: Graph, *, wishes: ImportWishes = _NO_WISHES) -> ImportedNetwork:
    """Make a network of a graph.

    Raises:
        SpecError: the graph or a wish breaks a rule.

    Example:
        >>> from interlace.network.importing.files import parse_graph
        >>> pair = '{"nodes": [{"id": 1}, {"id": 2}], "links": [{"source": 1, "target": 2}]}'
        >>> [link.name for link in convert_graph(parse_graph(pair.encode())).network.links]
        ['1--2']
    """
    topology = simplified(
        graph,
        detour=wishes.detour,
        default_length_m=wishes.default_length_m,
        length_unit=wishes.length_unit,
        keep_largest=wishes.keep_largest,
    )
    machines = _machines(topology, wishes.machines_at)
    stops: tuple[Stop, ...] = ()
    spans = topology.spans
    if wishes.repeater_every_m is not None:
        stops, spans = split(topology, wishes.repeater_every_m)
    processors, node_notes = _processors(graph, topology, machines, wishes)
    notes = (
        *topology.notes,
        *node_notes,
        *_repeater_notes(topology, machines, stops, wishes),
        *figures_notes(wishes, spans, machines=machines),
    )
    text = _text(graph, topology, (processors, stops, spans), notes, wishes)
    try:
        network = parse_network(text)
    except SpecError as error:
        raise _of_wish(error, graph, wishes) from error
    return ImportedNetwork(text=text, network=network, notes=notes)


def _machines(topology: Topology, wanted: tuple[str, ...] | None) -> frozenset[str]:
    """Names of the nodes that are machines; see `_found` for what a wish may be."""
    if wanted is None:
        return frozenset(site.name for site in topology.sites)
    return frozenset(_found(topology, name.strip()) for name in wanted if name.strip())


def _found(topology: Topology, text: str) -> str:
    """The one node of that name; else of that label; else of that id; else with that word."""
    word = re.compile(rf"\b{re.escape(text)}\b", re.IGNORECASE)
    sites = topology.sites
    matches = (
        [site.name for site in sites if site.name == text],
        [site.name for site in sites if site.label == text],
        [site.name for site in sites if site.key == text],
        [site.name for site in sites if word.search(site.label) or word.search(site.name)],
    )
    first = next((names for names in matches if names), [])
    if not first:
        rule = f"names no node: {did_you_mean(text, [site.name for site in sites])}"
        raise SpecError(rule, value=text, path="--machines-at")
    if len(first) > 1:
        more = ", ..." if len(first) > 8 else ""
        rule = f"names {len(first)} nodes: say which of {', '.join(first[:8])}{more}"
        raise SpecError(rule, value=text, path="--machines-at")
    return first[0]


def _processors(
    graph: Graph, topology: Topology, machines: frozenset[str], wishes: ImportWishes
) -> tuple[dict[str, _Processor], list[str]]:
    """Every machine's processor, and what was assumed about them."""
    found: dict[str, _Processor] = {}
    told = silent = unlimited = 0
    for site in topology.sites:
        if site.name not in machines:
            continue
        data = _qubits(site, "data_qubits", graph)
        communication: int | str | None = wishes.communication_qubits
        if wishes.device is not None:
            found[site.name] = _Processor(
                device=wishes.device, communication=_or_default(communication, wishes.device)
            )
            continue
        told += data is not None
        silent += data is None
        if communication is None:
            communication = _qubits(site, "communication_qubits", graph) or "unlimited"
            unlimited += communication == "unlimited"
        on_top = communication if isinstance(communication, int) else 0
        size = (_DATA_QUBITS if data is None else data) + on_top
        found[site.name] = _Processor(device=f"ideal:{size}", communication=communication)
    notes: list[str] = []
    if told:
        notes.append(f"{_machines_word(told)}: an ideal device of the file's data qubits")
    if silent:
        what = f"ideal, {_DATA_QUBITS} data qubits (--device takes another)"
        notes.append(f"{_machines_word(silent)}: {what}")
    if unlimited:
        what = "unlimited communication qubits (--communication-qubits limits them)"
        notes.append(f"{_machines_word(unlimited)}: {what}")
    if wishes.device is not None and wishes.communication_qubits is None:
        number = _or_default(None, wishes.device)
        notes.append(f"every machine: {number} communication qubits (--communication-qubits)")
    return found, notes


def _or_default(wanted: int | str | None, device: Device | str) -> int | str:
    if wanted is not None:
        return wanted
    name = device if isinstance(device, str) else device.name
    return "unlimited" if name.startswith("ideal:") else _COMMUNICATION_QUBITS


def _qubits(site: Site, name: str, graph: Graph) -> int | None:
    """How many qubits the file gives a node; `None`: it does not say."""
    written = attribute(site.node.attributes, name)
    if written is None or written == "":
        return None
    try:
        number = int(written) if not isinstance(written, bool | float) else -1
    except ValueError:
        number = -1
    if not 1 <= number <= _MOST_QUBITS:
        rule = f"{name} must be a whole number between 1 and {_MOST_QUBITS}, or null"
        path = f"node {site.key}"
        raise SpecError(rule, value=written, file=graph.file, line=site.node.line, path=path)
    return number


def _repeater_notes(
    topology: Topology, machines: frozenset[str], stops: tuple[Stop, ...], wishes: ImportWishes
) -> list[str]:
    notes: list[str] = []
    others = len(topology.sites) - len(machines)
    if wishes.machines_at is None:
        notes.append("every node is a machine (--machines-at names those that are)")
    elif others:
        notes.append(f"the {others} nodes that are no machines: repeaters, ideal and unlimited")
    if wishes.repeater_every_m is not None:
        every = f"{wishes.repeater_every_m / 1e3:g} km"
        what = "equally far apart, ideal and unlimited, on the great circle between its ends"
        notes.append(f"{len(stops)} repeaters r-...: on each link longer than {every}, {what}")
    still = [stop.name for stop in stops if not stop.is_between]
    if still:
        stand, their = ("stands", "its") if len(still) == 1 else ("stand", "their")
        notes.append(f"{listed(still)} {stand} where both ends of {their} link do")
    return notes


def _text(
    graph: Graph,
    topology: Topology,
    parts: tuple[Mapping[str, _Processor], tuple[Stop, ...], tuple[Span, ...]],
    notes: tuple[str, ...],
    wishes: ImportWishes,
) -> str:
    processors, stops, spans = parts
    name = _network_name(graph)
    file = re.split(r"[/\\]", graph.file or "")[-1]
    title = f"{name}, imported from {graph.form}{file and f' {file}'}"
    lines = [*sheet.head_lines(title, _origin(graph), notes), "interlace: 1"]
    lines += [f"name: {sheet.scalar(name)}", ""]
    placed = [
        sheet.site_line(site.name, site.place, site.notes)
        for site in topology.sites
        if site.place is not None
    ]
    placed += [
        sheet.site_line(stop.name, stop.place, () if stop.is_between else (_AT_BOTH_ENDS,))
        for stop in stops
        if stop.place is not None
    ]
    lines += ["sites:", *placed, ""] if placed else []
    lines += ["machines:", *_machine_lines(topology, processors), ""]
    relays = [
        sheet.repeater_line(site.name, site.place, [site.label] if site.label != site.name else [])
        for site in topology.sites
        if site.name not in processors
    ]
    relays += [sheet.repeater_line(stop.name, stop.place) for stop in stops]
    lines += ["repeaters:", *relays, ""] if relays else []
    figures = figures_of(wishes, machines=frozenset(processors))
    linked = [line for span in spans for line in sheet.link_lines(span, figures(span))]
    lines += ["links:", *linked] if linked else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _machine_lines(topology: Topology, processors: Mapping[str, _Processor]) -> list[str]:
    lines: list[str] = []
    for site in topology.sites:
        processor = processors.get(site.name)
        if processor is not None:
            first, again = sheet.device_lines(processor.device)
            device = again if lines else first
            lines.append(sheet.machine_line(site, device, processor.communication))
    return lines


def _network_name(graph: Graph) -> str:
    """What the file says, else the graph's id where a person chose it, else the file's name."""
    told = attribute(graph.attributes, "label", "name", "network")
    if told is None and not _SAYS_NOTHING.fullmatch(graph.key):
        told = graph.key
    name = sheet.printable(str(told)) if told is not None else ""
    if name:
        return name[:120]
    file = re.split(r"[/\\]", graph.file or "")[-1].rpartition(".")[0]
    return sheet.printable(file) or "network"


def _origin(graph: Graph) -> list[str]:
    """Where the graph comes from, as far as it says so."""
    said = [
        f"{name.lower()}: {value}"
        for name in ("Network", "GeoLocation", "NetworkDate", "Source", "note")
        if (value := attribute(graph.attributes, name.lower())) is not None
    ]
    origin = ["; ".join(said)] if said else []
    if "topology zoo" in str(attribute(graph.attributes, "creator")).lower():
        origin.append(_ZOO)
    return origin


def _of_wish(error: SpecError, graph: Graph, wishes: ImportWishes) -> SpecError:
    """Name the option instead of a place in a file that nobody wrote."""
    path = error.path or ""
    options = (
        (r"machines\..*\.device", "--device", wishes.device),
        (r"machines\..*\.communication_qubits", "--communication-qubits", 1),
        (r"links\..*\.chain\[\d\]\.transducer", "--transducer", wishes.transducer),
        (r"links\.", "--link", wishes.link),
    )
    for pattern, option, wish in options:
        if wish is not None and re.match(pattern, path):
            return SpecError(error.rule, value=error.value, path=option)
    return SpecError(error.rule, value=error.value, file=graph.file, path=error.path)


def _machines_word(number: int) -> str:
    return f"{number} machine{'' if number == 1 else 's'}"
