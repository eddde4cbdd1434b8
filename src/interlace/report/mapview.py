"""The network map as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.report.atlas import WIDTH, Atlas, MapNode, atlas
from interlace.report.cards import Style, card, forms, names_beside, rectangle, styles, text
from interlace.report.causes import waiting_link
from interlace.report.markup import Markup, el, join
from interlace.report.network_key import FIDELITIES, fidelity_class
from interlace.report.places import NodeUse, node_uses
from interlace.report.projection import Grid
from interlace.report.shortening import shortened
from interlace.report.wires import MapLink
from interlace.report.words import duration, frequency, percent, whole
from interlace.runtime import LinkUse, Result
from interlace.units import fidelity_figure

__all__ = ["NetworkMap", "network_section"]

_LABEL_HEIGHT, _FOOT = 34.0, 20.0
_MOST_NODES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkMap:
    """The section with the map; or with a sentence why there is none.

    Attributes:
        is_narrow: it is a map that leaves room for something beside it.
    """

    section: Markup
    is_narrow: bool


def network_section(result: Result) -> NetworkMap:
    """The map with its title and what it cannot show."""
    network = result.plan.network
    if len(network.nodes) > _MOST_NODES:
        told = f"{whole(len(network.nodes))} nodes are too many for one map; the tables list them."
        body = el("p", {"class": "note"}, told)
        section = el("section", None, el("h2", None, "Network"), body)
        return NetworkMap(section=section, is_narrow=False)
    uses = node_uses(result.plan)
    by_name = {link.name: link for link in result.links}
    links = [by_name.get(spec.name) for spec in network.links]
    ways = styles(len(uses))
    sizes = [(_label_width(link), _LABEL_HEIGHT) for link in links]
    unused = frozenset(
        spec.name
        for spec, link in zip(network.links, links, strict=True)
        if link is None or not link.pairs
    )
    arranged = atlas(network, forms(ways, uses), sizes, unused=unused)
    style = ways[arranged.form]
    worst, lost = waiting_link(result), _lost(result)
    is_narrow = arranged.width == WIDTH
    told = "The map is wider than the window: scroll it sideways."
    hint = [] if is_narrow else [el("p", {"class": "sideways map-broad"}, told)]
    section = el(
        "section",
        {"aria-labelledby": "map"},
        el("h2", {"id": "map"}, "Network"),
        el("p", {"class": "note"}, _note(arranged, style, worst, unused, lost)),
        *hint,
        el("div", {"class": "wide"}, _svg(arranged, uses, links, style, worst=worst, lost=lost)),
    )
    return NetworkMap(section=section, is_narrow=is_narrow)


def _lost(result: Result) -> frozenset[str]:
    """The links in use whose pairs have no entanglement left, in the map's last class."""
    if result.ideal:
        return frozenset()
    last = len(FIDELITIES) - 1
    used = (link for link in result.links if link.pairs)
    return frozenset(link.name for link in used if fidelity_class(link.fidelity) == last)


def _note(
    arranged: Atlas,
    style: Style,
    worst: str | None,
    unused: frozenset[str],
    lost: frozenset[str] = frozenset(),
) -> str:
    told = [] if style.kind in {"tag", "dot"} else ["data qubits used of those there"]
    silent = [link.name for link in arranged.links if link.label is None]
    is_told = len(silent) < len(arranged.links)
    if is_told and unused.issubset(silent) and unused:
        told.append("pair rate and fidelity of links in use")
    elif is_told:
        told.append("each link's pair rate and fidelity")
    said = ", and ".join(told)
    parts = [f"{said[:1].upper()}{said[1:]}."] if said else []
    if style.kind in {"tag", "dot"}:
        parts.append("Point at a node for the data qubits used of those there.")
    if arranged.grid is None and arranged.links:
        parts.append("Not to scale.")
    elif any(node.place for node in arranged.nodes):
        parts.append("A dot marks the true place of a node that is drawn beside it.")
    if worst:
        colour = "" if worst in lost else " (amber)"
        parts.append(f"The program waited most for {worst}{colour}.")
    if lost:
        parts.append("Pairs over red dotted links have fidelity 0.5 or less: no entanglement.")
    if unused:
        parts.append(f"{'Grey dotted' if lost else 'Dotted'} links were not used.")
    if arranged.links and not is_told:
        parts.append("The table below has the links' figures.")
    elif set(silent) - unused:
        parts.append("The table below has the figures that find no room beside their link.")
    return " ".join(parts)


def _svg(
    arranged: Atlas,
    uses: Sequence[NodeUse],
    links: Sequence[LinkUse | None],
    style: Style,
    *,
    worst: str | None,
    lost: frozenset[str],
) -> Markup:
    drawn = [_grid(arranged.grid, arranged.width, arranged.height)] if arranged.grid else []
    drawn += [
        _line(place, link, is_worst=place.name == worst, is_lost=place.name in lost)
        for place, link in zip(arranged.links, links, strict=True)
    ]
    drawn += [
        _label(place, link)
        for place, link in zip(arranged.links, links, strict=True)
        if link is not None
    ]
    drawn += [_spot(node) for node in arranged.nodes if node.place]
    names = shortened([use.name for use in uses], style.letters)
    drawn += [
        card(node, use, name, style)
        for node, use, name in zip(arranged.nodes, uses, names, strict=True)
    ]
    drawn += names_beside(arranged, names) if style.kind == "dot" else []
    machines = sum(use.is_machine for use in uses)
    foot = _FOOT if arranged.grid else 0.0
    summary = f"Map of {machines} machines joined by {len(links)} links"
    return el(
        "svg",
        {
            "class": "map" if arranged.width == WIDTH else "map broad",
            "viewBox": f"0 0 {arranged.width:.0f} {arranged.height + foot:.0f}",
            "role": "img",
            "aria-label": summary,
        },
        *drawn,
    )


def _grid(grid: Grid, width: float, height: float) -> Markup:
    lines = [
        el("line", {"class": "grid", "x1": x, "y1": 0, "x2": x, "y2": height})
        for x, _ in grid.meridians
    ]
    lines += [
        el("line", {"class": "grid", "x1": 0, "y1": y, "x2": width, "y2": y})
        for y, _ in grid.parallels
    ]
    lines += [
        el("text", {"class": "deg", "x": x, "y": height + 15, "text-anchor": "middle"}, label)
        for x, label in grid.meridians
        if 40 < x < width - grid.scale[0] - 90
    ]
    lines += [
        el("text", {"class": "deg", "x": 2, "y": y - 4}, label)
        for y, label in grid.parallels
        if 14 < y < height - 4
    ]
    length, label = grid.scale
    right, base = width - 4.0, height + 14.0
    path = f"M{right - length:.1f} {base - 4:.1f}v4H{right:.1f}v-4"
    lines.append(el("path", {"class": "scale", "d": path, "fill": "none"}))
    lines.append(
        el(
            "text",
            {"class": "deg", "x": right - length - 7, "y": base, "text-anchor": "end"},
            label,
        )
    )
    return join(lines)


def _line(place: MapLink, link: LinkUse | None, *, is_worst: bool, is_lost: bool) -> Markup:
    is_used = link is not None and link.pairs > 0
    style = "line" if is_used else "line unused"
    style += " lost" * is_lost + " worst" * is_worst
    (x1, y1), (x, y), (x2, y2) = place.curve.start, place.curve.control, place.curve.stop
    path = f"M{x1:.1f} {y1:.1f}Q{x:.1f} {y:.1f} {x2:.1f} {y2:.1f}"
    title = place.name if link is None else f"{place.name}: {_story(link)}"
    return el("path", {"class": style, "d": path}, el("title", None, title))


def _story(link: LinkUse) -> str:
    fidelity = fidelity_figure(link.fidelity)
    told = f"{frequency(link.rate_hz)}, fidelity {fidelity}, {whole(link.pairs)} pairs"
    if not link.pairs:
        return told
    return f"{told}, mean wait {duration(link.wait_s)}, in use {percent(link.utilisation)}"


def _label(place: MapLink, link: LinkUse) -> Markup:
    box = place.label
    if box is None:
        return Markup()
    return el(
        "g",
        None,
        el("title", None, f"{link.name}: {_story(link)}"),
        rectangle("plate", box, radius=3.0),
        text("sub", box.x, box.y - 3, frequency(link.rate_hz)),
        text("sub", box.x, box.y + 12, f"F = {fidelity_figure(link.fidelity, decimals=3)}"),
    )


def _spot(node: MapNode) -> Markup:
    if node.place is None:
        return Markup()
    x, y = node.place
    return join(
        (
            el("line", {"class": "leader", "x1": x, "y1": y, "x2": node.box.x, "y2": node.box.y}),
            el("circle", {"class": "spot", "cx": x, "cy": y, "r": 3}),
        )
    )


def _label_width(link: LinkUse | None) -> float:
    return 0.0 if link is None else 6.9 * max(len(frequency(link.rate_hz)), 9) + 5.0
