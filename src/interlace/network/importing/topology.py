"""A foreign graph made simple: one link a pair of nodes, one piece, a place and a name a node.

In this order: loops are dropped, parallel edges become channels, one piece is chosen, names are
given, nodes without coordinates are placed, lengths are found. What was assumed on the way is
kept as sentences: `notes` of the whole and of single nodes and links.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from interlace.errors import SpecError
from interlace.network.geography import Place, great_circle
from interlace.network.importing.graph import (
    Graph,
    GraphEdge,
    GraphNode,
    attribute,
    length_of,
    place_of,
)
from interlace.network.importing.naming import Names, has_latin
from interlace.network.importing.placing import beside_note, beside_words, placed
from interlace.units import Metres, Ratio

__all__ = ["LEAST_LENGTH_M", "Site", "Span", "Topology", "listed", "simplified"]

_NO_LABELS = ("", "None", "?")
"""What the Topology Zoo calls a node without a name, and what others do."""

LEAST_LENGTH_M = 1000.0
"""Of a link whose ends share a place: two points of presence in one town."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A node with its place.

    Attributes:
        name: as the network file will call it.
        key: the file's own id.
        label: what the file calls it for people.
        place: where it stands; `None`: nobody knows.
        notes: what was assumed about it.
        node: as it was in the file.
    """

    name: str
    key: str
    label: str
    place: Place | None
    notes: tuple[str, ...]
    node: GraphNode


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A link between two names; `length_m` is `None` where nobody knows."""

    ends: tuple[str, str]
    channels: int
    length_m: Metres | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """A connected simple graph."""

    sites: tuple[Site, ...]
    spans: tuple[Span, ...]
    notes: tuple[str, ...]


_Pair = tuple[str, str]


def simplified(
    graph: Graph,
    *,
    detour: Ratio,
    default_length_m: Metres | None = None,
    length_unit: str | None = None,
    keep_largest: bool = False,
) -> Topology:
    """The topology of a graph.

    Args:
        graph: as read.
        detour: fibre length over air distance, where the file has coordinates and no length.
        default_length_m: of edges of which neither is known.
        length_unit: of lengths that are bare numbers: `km` or `m`.
        keep_largest: take the largest piece of a disconnected graph instead of refusing it.

    Raises:
        SpecError: no nodes, a disconnected graph, a bad coordinate or length.
    """
    if not graph.nodes:
        raise SpecError("has no nodes: a network needs at least one", file=graph.file)
    joined, notes = _joined(graph)
    graph, joined, dropped = _one_piece(graph, joined, keep_largest=keep_largest)
    notes += dropped
    sites, placed = _sites(graph, joined)
    notes += placed
    names = {site.key: site for site in sites}
    spans = tuple(
        _span(
            (names[pair[0]], names[pair[1]]),
            _channels(graph, pair, edges),
            [length_of(edge, file=graph.file, unit=length_unit) for edge in edges],
            detour=detour,
            default_length_m=default_length_m,
        )
        for pair, edges in joined.items()
    )
    return Topology(sites=sites, spans=spans, notes=(*notes, *_length_notes(spans, detour)))


def _joined(graph: Graph) -> tuple[dict[_Pair, list[GraphEdge]], list[str]]:
    """Edges by the pair of nodes that they join, in the file's order; loops dropped."""
    rank = {node.key: index for index, node in enumerate(graph.nodes)}
    joined: dict[_Pair, list[GraphEdge]] = {}
    loops = [edge.source for edge in graph.edges if edge.source == edge.target]
    for edge in graph.edges:
        if edge.source != edge.target:
            first, second = sorted((edge.source, edge.target), key=rank.__getitem__)
            joined.setdefault((first, second), []).append(edge)
    notes: list[str] = []
    if loops:
        notes.append(f"{_count(len(loops), 'edge')} from a node to itself: left out")
    return joined, notes + _parallel_notes(graph, joined)


def _parallel_notes(graph: Graph, joined: Mapping[_Pair, Sequence[GraphEdge]]) -> list[str]:
    """What became of several edges between two nodes."""
    channels = {pair: _channels(graph, pair, edges) for pair, edges in joined.items()}
    both = sum(len(edges) > channels[pair] for pair, edges in joined.items())
    many = sum(number > 1 for number in channels.values())
    notes: list[str] = []
    if both:
        notes.append(f"edges there and back between {_count(both, 'pair')} of nodes: one link")
    if many:
        which = "parallel edges" if not graph.is_directed else "parallel edges in one direction"
        what = "a link has as many channels as the file has such edges between its ends"
        notes.append(f"{which} between {_count(many, 'pair')} of nodes: {what}")
    return notes


def _channels(graph: Graph, pair: _Pair, edges: Sequence[GraphEdge]) -> int:
    """How many parallel edges; a directed file's edges there and back are one."""
    there = sum((edge.source, edge.target) == pair for edge in edges)
    return max(there, len(edges) - there) if graph.is_directed else len(edges)


def _one_piece(
    graph: Graph, joined: dict[_Pair, list[GraphEdge]], *, keep_largest: bool
) -> tuple[Graph, dict[_Pair, list[GraphEdge]], list[str]]:
    pieces = _pieces(graph, joined)
    if len(pieces) == 1:
        return graph, joined, []
    sizes = ", ".join(str(len(piece)) for piece in pieces[:8]) + (", ..." * (len(pieces) > 8))
    if not keep_largest:
        labels = {node.key: _label(node) for node in graph.nodes}
        others = "; ".join(listed([labels[key] for key in piece]) for piece in pieces[1:4])
        rule = (
            f"is disconnected, {len(pieces)} pieces of {sizes} nodes: no edge leads to {others}"
            f"{'; ...' * (len(pieces) > 4)}: say --component largest to import the first piece"
        )
        raise SpecError(rule, file=graph.file)
    kept = set(pieces[0])
    left = len(graph.nodes) - len(kept)
    note = f"the file has {len(pieces)} pieces of {sizes} nodes: the largest was taken, without "
    return (
        replace(graph, nodes=tuple(node for node in graph.nodes if node.key in kept)),
        {pair: edges for pair, edges in joined.items() if pair[0] in kept},
        [note + _count(left, "node")],
    )


def _pieces(graph: Graph, joined: Mapping[_Pair, object]) -> list[list[str]]:
    """Keys of the nodes of each connected piece, the largest first."""
    near = _neighbours(graph, joined)
    seen: set[str] = set()
    pieces: list[list[str]] = []
    for node in graph.nodes:
        if node.key in seen:
            continue
        seen.add(node.key)
        piece = [node.key]
        for key in piece:
            fresh = [other for other in near[key] if other not in seen]
            seen.update(fresh)
            piece += fresh
        pieces.append(piece)
    return sorted(pieces, key=len, reverse=True)


def _neighbours(graph: Graph, joined: Mapping[_Pair, object]) -> dict[str, list[str]]:
    near: dict[str, list[str]] = {node.key: [] for node in graph.nodes}
    for first, second in joined:
        near[first].append(second)
        near[second].append(first)
    return near


def _sites(graph: Graph, joined: Mapping[_Pair, object]) -> tuple[tuple[Site, ...], list[str]]:
    """Every node with its name and place, and what was assumed about all of them."""
    known = {node.key: place_of(node, file=graph.file) for node in graph.nodes}
    placing = placed(known, _neighbours(graph, joined))
    places = placing.places
    names = _names(graph)
    sites: list[Site] = []
    again = 0
    seen: set[str] = set()
    for node in graph.nodes:
        label = _label(node)
        again += label in seen and has_latin(label)
        seen.add(label)
        notes: list[str] = []
        if node.key in placing.beside:
            neighbour, located = placing.beside[node.key]
            notes.append(beside_words(names[neighbour], located))
        elif known[node.key] is None and places[node.key] is not None:
            notes.append("no coordinates in the file: the mean of its neighbours'")
        if _is_set(node, "hyperedge"):
            notes.append("a shared medium in the file, not a town")
        sites.append(
            Site(
                name=names[node.key],
                key=node.key,
                label=label,
                place=places[node.key],
                notes=tuple(notes),
                node=node,
            )
        )
    notes = [*_site_notes(graph, known, places, again), *beside_note(names, placing.beside)]
    foreign = sum(not has_latin(site.label) for site in sites)
    if foreign:
        what = "named by id or position, the label beside"
        notes.append(f"{_count(foreign, 'label')} without Latin letters or digits: {what}")
    return tuple(sites), notes


def _names(graph: Graph) -> dict[str, str]:
    """What the network file calls each node, by key."""
    names = Names()
    return {
        node.key: names.new(_label(node), f"node-{node.key if has_latin(node.key) else position}")
        for position, node in enumerate(graph.nodes, start=1)
    }


def _site_notes(
    graph: Graph, known: Mapping[str, object], places: Mapping[str, object], again: int
) -> list[str]:
    notes: list[str] = []
    if again:
        notes.append(f"{_count(again, 'label')} that an earlier node has: told apart by a suffix")
    lost = sum(place is None for place in known.values())
    if lost and any(places.values()):
        what = "placed at the mean of the neighbours that have some, round by round"
        notes.append(f"{_count(lost, 'node')} without coordinates: {what}")
    elif lost:
        notes.append("no node has coordinates: no site is placed")
    shared = sum(_is_set(node, "hyperedge") for node in graph.nodes)
    if shared:
        stand = "stands" if shared == 1 else "stand"
        what = "for a shared medium (hyperedge), not for a town: kept"
        notes.append(f"{_count(shared, 'node')} of the file {stand} {what}")
    foreign = sum(str(attribute(node.attributes, "internal")) == "0" for node in graph.nodes)
    if foreign:
        notes.append(f"{_count(foreign, 'node')} outside the operator's network: kept")
    return notes


def _span(
    ends: tuple[Site, Site],
    channels: int,
    lengths_m: Sequence[Metres | None],
    *,
    detour: Ratio,
    default_length_m: Metres | None,
) -> Span:
    """One link: the file's length, else that of its ends' distance, else the default."""
    notes = [f"{channels} parallel edges in the file"] if channels > 1 else []
    told = [length for length in lengths_m if length is not None]
    first, second = ends[0].place, ends[1].place
    length_m: Metres | None
    if told:
        length_m = max(told)
        if min(told) != length_m:
            shortest = f"{min(told) / 1e3:.4g} to {length_m / 1e3:.4g} km"
            notes.append(f"the longest of its edges: {shortest}")
    elif first is not None and second is not None:
        air_m = great_circle(first, second)
        length_m = round(air_m * detour, 1)
        notes.append(f"{air_m / 1e3:.4g} km by air")
    else:
        length_m = default_length_m
        if length_m is not None:
            notes.append("no length and no coordinates in the file: the default")
    if length_m is not None and length_m < LEAST_LENGTH_M and not any(told):
        length_m = LEAST_LENGTH_M
        notes.append("the least length")
    return Span(
        ends=(ends[0].name, ends[1].name),
        channels=channels,
        length_m=length_m,
        notes=tuple(notes),
    )


def _length_notes(spans: Sequence[Span], detour: Ratio) -> list[str]:
    notes: list[str] = []
    counts = Counter(_length_kind(span) for span in spans)
    told, longest, air = counts["file"], counts["longest of its edges"], counts["by air"]
    default, least, unknown = counts["the default"], counts["least length"], counts["unknown"]
    if told:
        notes.append(f"length of {_count(told, 'link')}: as in the file")
    if longest:
        what = "the longest of its edges in the file"
        notes.append(f"length of {_count(longest, 'link')}: {what}")
    if air:
        what = f"the great circle between its ends times a detour of {detour:g}"
        notes.append(f"length of {_count(air, 'link')}: {what}")
    if default:
        notes.append(f"length of {_count(default, 'link')} that the file does not tell: --length")
    if least:
        what = f"{LEAST_LENGTH_M / 1e3:g} km, the least length"
        notes.append(f"length of {_count(least, 'link')} whose ends share a place: {what}")
    if unknown:
        what = "unknown, neither in the file nor by coordinates (--length gives one)"
        notes.append(f"length of {_count(unknown, 'link')}: {what}")
    return notes


def _length_kind(span: Span) -> str:
    """Where its length is from: one answer a link."""
    if span.length_m is None:
        return "unknown"
    kinds = ("least length", "the default", "by air", "longest of its edges")
    return next((kind for kind in kinds if any(kind in note for note in span.notes)), "file")


def _label(node: GraphNode) -> str:
    label = attribute(node.attributes, "label", "name")
    if label is None:
        return node.key
    words = str(label).strip()
    return f"node {node.key}" if words in _NO_LABELS else words


def _is_set(node: GraphNode, name: str) -> bool:
    value = attribute(node.attributes, name)
    return value not in (None, "", 0, "0", False)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
