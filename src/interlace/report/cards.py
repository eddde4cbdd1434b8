"""How a node is drawn on the map of a run: as much as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.report.atlas import WIDE, WIDTH, Atlas, Form, MapNode
from interlace.report.geometry import Box
from interlace.report.labels import Label, Lines, Room, node_labels
from interlace.report.markup import Markup, el
from interlace.report.places import NodeUse
from interlace.report.shortening import shortened
from interlace.report.words import whole
from interlace.units import Ratio

__all__ = ["Style", "card", "forms", "names_beside", "rectangle", "styles", "text"]

_MOST_CARDS, _MOST_TAGS, _MOST_NAMES = 16, 40, 48
_DOT = 11.0
_NAME_POINTS = 12.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One way to draw all nodes.

    Attributes:
        kind: `card` with name and occupancy, `slim` with the bare figures of it, `tag` with the
            name, or `dot` with the name beside it.
        letters: of a name, at most.
        width: of the map.
    """

    kind: str
    letters: int
    width: Ratio


def styles(nodes: int) -> tuple[Style, ...]:
    """The styles that a map of so many nodes may take, the one that tells most first."""
    found: list[tuple[str, int, float]] = []
    if nodes <= _MOST_CARDS:
        found += [("card", 24, WIDTH), ("slim", 14, WIDTH), ("card", 24, WIDE)]
        found += [("slim", 18, WIDE), ("slim", 10, WIDE)]
    if nodes <= _MOST_TAGS:
        found += [("tag", 24, WIDTH), ("tag", 10, WIDE), ("tag", 6, WIDE)]
    found.append(("dot", 14, WIDE))
    return tuple(Style(kind=k, letters=n, width=w) for k, n, w in found)


def forms(found: Sequence[Style], uses: Sequence[NodeUse]) -> list[Form]:
    """The sizes of all nodes in each style."""
    made: list[Form] = []
    for style in found:
        names = shortened([use.name for use in uses], style.letters)
        sizes = (_size(style, name, use) for name, use in zip(names, uses, strict=True))
        made.append(Form(cards=tuple(sizes), width=style.width))
    return made


def _size(style: Style, name: str, use: NodeUse) -> tuple[float, float]:
    if style.kind == "dot":
        return _DOT, _DOT
    if style.kind == "tag":
        return 7.9 * len(name) + 14.0, 24.0
    told = _occupancy(use) if style.kind == "card" else _bare(use)
    margin = 26.0 if style.kind == "card" else 18.0
    return max(8.9 * len(name), 7.2 * len(told)) + margin, 52.0


def card(node: MapNode, use: NodeUse, name: str, style: Style) -> Markup:
    """One node in its style, with all that there is to say of it where it is pointed at."""
    box = node.box
    title = f"{use.name}: {_occupancy(use)}, {use.device}" + (f", {use.site}" if use.site else "")
    parts = [
        el("title", None, title),
        rectangle("card" if use.is_machine else "card relay", box, radius=5.0),
    ]
    if style.kind == "tag":
        parts.append(text("tag", box.x, box.y + 4.5, name))
    elif style.kind != "dot":
        told = _occupancy(use) if style.kind == "card" else _bare(use)
        parts.append(text("name", box.x, box.y - 5, name))
        parts.append(text("sub", box.x, box.y + 12, told))
        parts += _gauge(box, use)
    return el("g", None, *parts)


def names_beside(arranged: Atlas, names: Sequence[str]) -> list[Markup]:
    """Names beside dots, as many as find room."""
    boxes = [node.box for node in arranged.nodes]
    found = node_labels(
        [(i, name, (boxes[i].x, boxes[i].y)) for i, name in enumerate(names)],
        Room([*boxes, *(link.label for link in arranged.links if link.label is not None)]),
        lines=Lines([link.curve for link in arranged.links]),
        size=(arranged.width, arranged.height),
        font=_NAME_POINTS,
        radius=_DOT / 2,
        most=_MOST_NAMES,
    )
    return [_beside(label) for label in found]


def _beside(label: Label) -> Markup:
    attributes = {
        "class": "beside",
        "x": label.x,
        "y": label.box.y + 0.34 * _NAME_POINTS,
        "text-anchor": label.anchor,
    }
    return el("text", attributes, label.words)


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
    return f"{_bare(use)} qubits" if use.is_machine else "repeater"


def _bare(use: NodeUse) -> str:
    if not use.is_machine:
        return "repeater"
    return f"{whole(use.data_used)} of {whole(use.capacity)}"


def rectangle(style: str, box: Box, *, radius: float) -> Markup:
    """A box of the map."""
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


def text(style: str, x: float, y: float, words: str) -> Markup:
    """Words centred at a point of the map."""
    return el("text", {"class": style, "x": x, "y": y, "text-anchor": "middle"}, words)
