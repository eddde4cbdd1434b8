"""The map of a network by itself: nodes where they stand, links by what they deliver.

A link's colour tells its fidelity and its width its rate. Where hundreds of nodes stand, dots
become smaller and only names that find room are written; the rest is in tooltips and tables.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.link import Link
from interlace.network import Machine, Network, Node
from interlace.report.geometry import Box, Curve, Point
from interlace.report.labels import Label, Lines, Room, link_label, node_labels
from interlace.report.markup import Markup, el
from interlace.report.network_key import (
    Sizes,
    Widths,
    fidelity_class,
    legend,
    pair_rate,
)
from interlace.report.projection import Grid, fitted, grid_of, node_places
from interlace.report.spread import hop_layout
from interlace.report.words import duration, whole
from interlace.units import fidelity_figure

__all__ = ["network_map"]

_WIDTH = 1024.0
_HEIGHTS = (300.0, 700.0)
_FOOT = 22.0
_FIGURES = "Point at a node or a link for its figures; the tables below have all of them."
_BESIDE, _GOLDEN = 20.0, math.pi * (3 - math.sqrt(5))
_MOST_ARRANGED, _MOST_TOLD, _MOST_NAMES = 300, 18, 48


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """Where everything stands; `grid` is `None` where the map has no scale."""

    size: Point
    points: tuple[Point, ...]
    grid: Grid | None
    note: str


def network_map(network: Network, links: Sequence[Link]) -> Markup:
    """The map with its title, a note on how it was drawn, and a legend.

    Args:
        network: what to draw.
        links: its compiled links, in its order.
    """
    plan = _planned(network)
    return el(
        "section",
        {"aria-labelledby": "map"},
        el("h2", {"id": "map"}, "Map"),
        el("p", {"class": "note"}, plan.note),
        el("p", {"class": "sideways"}, "The map is wider than the window: scroll it sideways."),
        el("div", {"class": "wide"}, _drawing(network, links, plan)),
        legend(network, links),
    )


def _planned(network: Network) -> _Plan:
    places, guessed = node_places(network)
    projection = (
        None if places is None else fitted(places, width=_WIDTH, heights=_HEIGHTS, margin=(70, 34))
    )
    if places is None or projection is None:
        return _by_hops(network)
    note = (
        "Equirectangular, true to scale at the middle latitude, north up; links are drawn "
        f"straight. {_FIGURES}"
    )
    if guessed:
        which = "1 node has" if guessed == 1 else f"{whole(guessed)} nodes have"
        note += f" {which} no coordinates: drawn at the mean of the neighbours'."
    points, moved = _beside_each_other([projection.point(place) for place in places])
    if moved:
        which = "1 node stands" if moved == 1 else f"{whole(moved)} nodes stand"
        note += f" {which} where another does: drawn beside it."
    return _Plan(size=projection.size, points=points, grid=grid_of(projection), note=note)


def _beside_each_other(points: Sequence[Point]) -> tuple[tuple[Point, ...], int]:
    """Points of which none lies on an earlier one, and how many were moved for that."""
    at: dict[tuple[int, int], int] = {}
    found: list[Point] = []
    for x, y in points:
        key = round(x), round(y)
        before = at.get(key, 0)
        at[key] = before + 1
        turn = before * _GOLDEN
        reach = _BESIDE * math.sqrt(before)
        found.append((x + reach * math.cos(turn), y + reach * math.sin(turn)))
    return tuple(found), sum(count - 1 for count in at.values())


def _by_hops(network: Network) -> _Plan:
    """Without coordinates: distances follow hops; a circle where nodes are too many for that."""
    count = len(network.nodes)
    if count <= _MOST_ARRANGED:
        index = {node.name: i for i, node in enumerate(network.nodes)}
        edges = [(index[link.ends[0]], index[link.ends[1]]) for link in network.links]
        raw = [(x, y) for x, y in hop_layout(count, edges).tolist()]
        how = "distances follow the number of hops"
    else:
        turn = 2 * math.pi / count
        raw = [(math.cos(i * turn), math.sin(i * turn)) for i in range(count)]
        how = "in a circle, in the file's order"
    xs, ys = [x for x, _ in raw], [y for _, y in raw]
    wide, high = max(xs) - min(xs), max(ys) - min(ys)
    room = (_WIDTH - 200.0, _HEIGHTS[1] - 90.0)
    scale = min(room[0] / wide if wide > 1e-6 else 1e9, room[1] / high if high > 1e-6 else 1e9, 260)
    height = max(160.0, high * scale + 90.0)
    middle = ((max(xs) + min(xs)) / 2, (max(ys) + min(ys)) / 2)
    points = tuple(
        (_WIDTH / 2 + (x - middle[0]) * scale, height / 2 + (y - middle[1]) * scale) for x, y in raw
    )
    note = f"Not to scale: no two nodes have coordinates that tell them apart; {how}. "
    return _Plan(
        size=(_WIDTH, height),
        points=points,
        grid=None,
        note=note + _FIGURES,
    )


def _drawing(network: Network, links: Sequence[Link], plan: _Plan) -> Markup:
    crowd = len(network.nodes)
    sizes = Sizes.of(network)
    curves = [_curve(plan, link) for link in links]
    order = sorted(range(len(links)), key=lambda i: links[i].rate_hz)
    widths = Widths.of(links, sizes.line)
    drawn: list[Markup] = [
        el("rect", {"class": "sea", "width": plan.size[0], "height": plan.size[1], "rx": 4})
    ]
    drawn += _lattice(plan)
    drawn += [
        _line(network, i, links[i], curves[i], widths.of_rate(links[i].rate_hz)) for i in order
    ]
    drawn += _dots(network, plan, sizes)
    drawn += _words(network, links, plan, curves, sizes)
    foot = _FOOT if plan.grid else 0.0
    machines = len(network.machines)
    summary = f"Map of {machines} machines, {crowd - machines} repeaters and {len(links)} links"
    return el(
        "svg",
        {
            "class": "nm",
            "viewBox": f"0 0 {plan.size[0]:.0f} {plan.size[1] + foot:.0f}",
            "role": "img",
            "aria-label": summary,
        },
        *drawn,
    )


def _curve(plan: _Plan, link: Link) -> Curve:
    (x1, y1), (x2, y2) = (plan.points[end] for end in link.ends)
    return Curve((x1, y1), ((x1 + x2) / 2, (y1 + y2) / 2), (x2, y2))


def _line(network: Network, index: int, link: Link, curve: Curve, width: float) -> Markup:
    (x1, y1), (x2, y2) = curve.start, curve.stop
    return el(
        "path",
        {
            "class": f"link q{fidelity_class(link.fidelity)}",
            "d": f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}",
            "stroke-width": round(width, 2),
        },
        el("title", None, _story(network, index, link)),
    )


def _story(network: Network, index: int, link: Link) -> str:
    length_m = network.links[index].length_m
    far = "" if length_m is None else f", {length_m / 1e3:,.4g} km of fibre"
    ways = "" if link.channels == 1 else f" on each of {link.channels} channels"
    return (
        f"{link.name}: {pair_rate(link.rate_hz)}{ways}, "
        f"fidelity {fidelity_figure(link.fidelity)}{far}, messages take {duration(link.latency_s)}"
    )


def _lattice(plan: _Plan) -> list[Markup]:
    if plan.grid is None:
        return []
    width, height = plan.size
    lines = [
        el("line", {"class": "grid", "x1": x, "y1": 0, "x2": x, "y2": height})
        for x, _ in plan.grid.meridians
    ]
    lines += [
        el("line", {"class": "grid", "x1": 0, "y1": y, "x2": width, "y2": y})
        for y, _ in plan.grid.parallels
    ]
    bar, words = plan.grid.scale
    for x, label in plan.grid.meridians:
        if 20 < x < width - bar - 90:
            lines.append(_text("deg", x, height + 15, label, "middle"))
    lines += [
        _text("deg", 4, y - 4, label, "start")
        for y, label in plan.grid.parallels
        if 16 < y < height - 4
    ]
    right, base = width - 4.0, height + 14.0
    path = f"M{right - bar:.1f} {base - 5:.1f}v5H{right:.1f}v-5"
    lines.append(el("path", {"class": "scale", "d": path, "fill": "none"}))
    lines.append(_text("deg", right - bar - 7, base, words, "end"))
    return lines


def _dots(network: Network, plan: _Plan, sizes: Sizes) -> list[Markup]:
    """Repeaters below, machines above."""
    dots: list[Markup] = []
    for node, (x, y) in reversed(list(zip(network.nodes, plan.points, strict=True))):
        is_machine = isinstance(node, Machine)
        dots.append(
            el(
                "circle",
                {
                    "class": "machine" if is_machine else "relay",
                    "cx": round(x, 1),
                    "cy": round(y, 1),
                    "r": round(sizes.machine if is_machine else sizes.relay, 2),
                },
                el("title", None, _node_story(node)),
            )
        )
    return dots


def _node_story(node: Node) -> str:
    place = f", {node.site}" if node.site and node.site != node.name else ""
    if not isinstance(node, Machine):
        return f"{node.name}: repeater{place}"
    qubits = f"{whole(len(node.data))} data qubits"
    many = "unlimited" if node.communication is None else whole(len(node.communication))
    return f"{node.name}: {node.device.name}, {qubits}, {many} communication qubits{place}"


def _words(
    network: Network,
    links: Sequence[Link],
    plan: _Plan,
    curves: Sequence[Curve],
    sizes: Sizes,
) -> list[Markup]:
    """Names of nodes, and figures of links where there are few."""
    circles = [
        Box(x, y, 2 * radius + 2, 2 * radius + 2)
        for index, (x, y) in enumerate(plan.points)
        for radius in [sizes.machine if index < len(network.machines) else sizes.relay]
    ]
    taken = Room(circles)
    font = 14.0 if len(network.nodes) <= 20 else 12.0 if len(network.nodes) <= 80 else 11.0
    named = node_labels(
        _to_name(network, links, plan),
        taken,
        lines=Lines(curves),
        size=plan.size,
        font=font,
        radius=sizes.machine,
        most=_MOST_NAMES,
        led=range(len(network.machines)) if len(network.machines) <= _MOST_NAMES else (),
    )
    words = [_leader(plan.points[n.item], n.leader) for n in named if n.leader is not None]
    words += [
        _label("name" if isinstance(network.nodes[n.item], Machine) else "named", n, font)
        for n in named
    ]
    if len(links) <= _MOST_TOLD:
        told = [
            link_label(
                i,
                f"{pair_rate(link.rate_hz)}, F {fidelity_figure(link.fidelity, decimals=3)}",
                curves[i],
                taken,
                others=[*curves[:i], *curves[i + 1 :]],
                size=plan.size,
                font=12.0,
            )
            for i, link in enumerate(links)
        ]
        words += [_label("told", label, 12.0) for label in told if label is not None]
    return words


def _to_name(network: Network, links: Sequence[Link], plan: _Plan) -> list[tuple[int, str, Point]]:
    """Machines by their number of links, then repeaters at which three links or more meet."""
    degree = [0] * len(network.nodes)
    for link in links:
        for end in link.ends:
            degree[end] += 1
    nodes = network.nodes
    few = len(nodes) <= 40
    order = sorted(
        (i for i, node in enumerate(nodes) if isinstance(node, Machine) or degree[i] >= 3 or few),
        key=lambda i: (not isinstance(nodes[i], Machine), -degree[i], i),
    )
    return [(i, _short(nodes[i].name), plan.points[i]) for i in order]


def _short(name: str) -> str:
    return name if len(name) <= 26 else name[:25] + "…"


def _label(style: str, label: Label, font: float) -> Markup:
    return el(
        "text",
        {
            "class": style,
            "x": round(label.x, 1),
            "y": round(label.box.y + 0.34 * font, 1),
            "font-size": font,
            "text-anchor": label.anchor,
        },
        label.words,
    )


def _leader(start: Point, stop: Point) -> Markup:
    (x1, y1), (x2, y2) = start, stop
    return el("path", {"class": "leader", "d": f"M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}"})


def _text(style: str, x: float, y: float, words: str, anchor: str) -> Markup:
    return el("text", {"class": style, "x": x, "y": y, "text-anchor": anchor}, words)
