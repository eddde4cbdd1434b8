"""The network map as SVG."""

from __future__ import annotations

from collections.abc import Sequence

from interlace.report.atlas import WIDTH, Atlas, MapNode, atlas
from interlace.report.causes import waiting_link
from interlace.report.geometry import Box
from interlace.report.markup import Markup, el, join
from interlace.report.places import NodeUse, node_uses
from interlace.report.projection import Grid
from interlace.report.wires import MapLink
from interlace.report.words import duration, frequency, percent, whole
from interlace.runtime import LinkUse, Result
from interlace.units import fidelity_figure

__all__ = ["has_map", "map_section"]

_LABEL_HEIGHT, _FOOT = 34.0, 20.0
_MOST_NODES, _MOST_TAGS, _MOST_CARDS = 150, 40, 12


def has_map(result: Result) -> bool:
    """Whether there is a map, and not only a sentence why there is none."""
    return len(result.plan.network.nodes) <= _MOST_NODES


def map_section(result: Result) -> Markup:
    """The map with its title and what it cannot show."""
    network = result.plan.network
    if not has_map(result):
        told = f"{whole(len(network.nodes))} nodes are too many for one map; the tables list them."
        return el("section", None, el("h2", None, "Network"), el("p", {"class": "note"}, told))
    uses = node_uses(result.plan)
    by_name = {link.name: link for link in result.links}
    links = [by_name.get(spec.name) for spec in network.links]
    arranged = atlas(
        network,
        [_card_size(use, _form(len(uses))) for use in uses],
        [(_label_width(link), _LABEL_HEIGHT) for link in links],
    )
    return el(
        "section",
        {"aria-labelledby": "map"},
        el("h2", {"id": "map"}, "Network"),
        el("p", {"class": "note"}, _note(arranged, waiting_link(result), links)),
        _svg(arranged, uses, links, worst=waiting_link(result)),
    )


def _note(arranged: Atlas, worst: str | None, links: Sequence[LinkUse | None]) -> str:
    parts = ["Data qubits used of those there."]
    if arranged.links:
        parts = ["Data qubits used of those there, and each link's pair rate and fidelity."]
    if arranged.grid is None and arranged.links:
        parts.append("Not to scale.")
    elif any(node.place for node in arranged.nodes):
        parts.append("A dot marks the true place of a node that is drawn beside it.")
    if worst:
        parts.append(f"The program waited most for {worst} (amber).")
    if any(link is None or not link.pairs for link in links):
        parts.append("Dotted links were not used.")
    if arranged.links and all(link.label is None for link in arranged.links):
        parts.append("The table below has the links' figures.")
    return " ".join(parts)


def _svg(
    arranged: Atlas, uses: Sequence[NodeUse], links: Sequence[LinkUse | None], *, worst: str | None
) -> Markup:
    drawn = [_grid(arranged.grid, arranged.height)] if arranged.grid else []
    drawn += [
        _line(place, link, is_worst=place.name == worst)
        for place, link in zip(arranged.links, links, strict=True)
    ]
    drawn += [
        _label(place, link)
        for place, link in zip(arranged.links, links, strict=True)
        if link is not None
    ]
    drawn += [_spot(node) for node in arranged.nodes if node.place]
    form = _form(len(uses))
    drawn += [_card(node, use, form) for node, use in zip(arranged.nodes, uses, strict=True)]
    machines = sum(use.is_machine for use in uses)
    foot = _FOOT if arranged.grid else 0.0
    summary = f"Map of {machines} machines joined by {len(links)} links"
    return el(
        "svg",
        {
            "class": "map",
            "viewBox": f"0 0 {WIDTH:.0f} {arranged.height + foot:.0f}",
            "role": "img",
            "aria-label": summary,
        },
        *drawn,
    )


def _grid(grid: Grid, height: float) -> Markup:
    lines = [
        el("line", {"class": "grid", "x1": x, "y1": 0, "x2": x, "y2": height})
        for x, _ in grid.meridians
    ]
    lines += [
        el("line", {"class": "grid", "x1": 0, "y1": y, "x2": WIDTH, "y2": y})
        for y, _ in grid.parallels
    ]
    lines += [
        el("text", {"class": "deg", "x": x, "y": height + 15, "text-anchor": "middle"}, label)
        for x, label in grid.meridians
        if 40 < x < WIDTH - grid.scale[0] - 90
    ]
    lines += [
        el("text", {"class": "deg", "x": 2, "y": y - 4}, label)
        for y, label in grid.parallels
        if 14 < y < height - 4
    ]
    length, label = grid.scale
    right, base = WIDTH - 4.0, height + 14.0
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


def _line(place: MapLink, link: LinkUse | None, *, is_worst: bool) -> Markup:
    is_used = link is not None and link.pairs > 0
    style = "line worst" if is_worst else "line" if is_used else "line unused"
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
        _rectangle("plate", box, radius=3.0),
        _text("sub", box.x, box.y - 3, frequency(link.rate_hz)),
        _text("sub", box.x, box.y + 12, f"F = {fidelity_figure(link.fidelity, decimals=3)}"),
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


def _form(nodes: int) -> str:
    """How much of a node there is room for: a card, a tag with its name, or a dot."""
    return "card" if nodes <= _MOST_CARDS else "tag" if nodes <= _MOST_TAGS else "dot"


def _card_size(use: NodeUse, form: str) -> tuple[float, float]:
    if form == "dot":
        return 11.0, 11.0
    if form == "tag":
        return 7.9 * len(_short(use.name)) + 14.0, 24.0
    return max(8.9 * len(_short(use.name)), 7.2 * len(_occupancy(use))) + 26.0, 52.0


def _card(node: MapNode, use: NodeUse, form: str) -> Markup:
    box = node.box
    title = f"{use.name}: {_occupancy(use)}, {use.device}" + (f", {use.site}" if use.site else "")
    parts = [
        el("title", None, title),
        _rectangle("card" if use.is_machine else "card relay", box, radius=5.0),
    ]
    if form == "tag":
        parts.append(_text("tag", box.x, box.y + 4.5, _short(use.name)))
    elif form == "card":
        parts.append(_text("name", box.x, box.y - 5, _short(use.name)))
        parts.append(_text("sub", box.x, box.y + 12, _occupancy(use)))
        parts += _gauge(box, use)
    return el("g", None, *parts)


def _gauge(box: Box, use: NodeUse) -> list[Markup]:
    """How full a machine is, as a thin bar."""
    if not use.capacity:
        return []
    wide = box.width - 16
    y, left = box.y + box.height / 2 - 6, box.x - wide / 2
    filled = wide * min(1.0, use.data_used / use.capacity)
    return [
        el("rect", {"class": style, "x": left, "y": y, "width": length, "height": 2.5})
        for style, length in (("gauge", wide), ("full", filled))
    ]


def _occupancy(use: NodeUse) -> str:
    if not use.is_machine:
        return "repeater"
    return f"{whole(use.data_used)} of {whole(use.capacity)} qubits"


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:22] + "…"


def _label_width(link: LinkUse | None) -> float:
    return 0.0 if link is None else 7.4 * max(len(frequency(link.rate_hz)), 9) + 8.0


def _rectangle(style: str, box: Box, *, radius: float) -> Markup:
    return el(
        "rect",
        {
            "class": style,
            "x": box.x - box.width / 2,
            "y": box.y - box.height / 2,
            "width": box.width,
            "height": box.height,
            "rx": radius,
        },
    )


def _text(style: str, x: float, y: float, words: str) -> Markup:
    return el("text", {"class": style, "x": x, "y": y, "text-anchor": "middle"}, words)
