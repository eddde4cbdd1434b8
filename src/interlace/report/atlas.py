"""Where nodes stand on the network map, and where labels find room.

Positions come from the sites' coordinates (`interlace.report.projection`); nodes
that would cover each other are then pushed apart just enough. If any site's
coordinates are unknown, or all are the same, distances follow the hops instead,
and the map has no scale.

A card may be drawn in several forms, from one that tells all to a dot. The first form is
taken in which no card covers another and, where hops are all that the map shows, none had
to leave its place: a line of machines stays a line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from interlace.kernel import FloatArray
from interlace.network import Network, Place
from interlace.report.geometry import Box, Point
from interlace.report.projection import Grid, Projection, fitted, grid_of, node_places
from interlace.report.spread import fanned, hop_layout, pushed_apart
from interlace.report.wires import MapLink, map_links
from interlace.units import Ratio

__all__ = ["WIDE", "WIDTH", "Atlas", "Form", "MapNode", "atlas"]

WIDTH, WIDE = 560.0, 1024.0
"""Of a map beside other sections, and of one that has the page for itself."""

_HEIGHTS = {WIDTH: (260.0, 520.0), WIDE: (260.0, 700.0)}
_LEAST_LEVEL = 170.0
_PADDING = 22.0
_LONGEST_HOP = 200.0
_CLEAR = 6.0
_MOST_MOVED = 0.1
"""Of the least distance between nodes: as far may a card be moved from where hops place it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """One way to draw the nodes: the size of each card, in the order of `network.nodes`."""

    cards: tuple[tuple[float, float], ...]
    width: Ratio = WIDTH


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node's card; `place` is where it truly stands, if the card was pushed away from it."""

    name: str
    box: Box
    place: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The arranged map; `grid` is `None` where it has no scale.

    Attributes:
        form: index of the form that was taken.
    """

    form: int
    width: Ratio
    height: float
    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    grid: Grid | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Where the cards of one form stand, and where their nodes are."""

    size: Point
    points: list[Point]
    boxes: list[Box]
    projection: Projection | None

    @property
    def is_clear(self) -> bool:
        """Whether no card covers another, and none that hops placed was moved far."""
        grown = [box.grown(_CLEAR, _CLEAR) for box in self.boxes]
        if any(a.overlap(b) > 0 for a, b in combinations(grown, 2)):
            return False
        if self.projection is not None or len(self.points) < 2:
            return True
        least = min(math.dist(a, b) for a, b in combinations(self.points, 2))
        moved = (math.dist(p, (b.x, b.y)) for p, b in zip(self.points, self.boxes, strict=True))
        return max(moved) <= _MOST_MOVED * least


def atlas(
    network: Network,
    forms: Sequence[Form],
    labels: Sequence[tuple[float, float]],
    *,
    unused: frozenset[str] = frozenset(),
) -> Atlas:
    """Arrange a network.

    Args:
        network: what to draw.
        forms: ways to draw its nodes, the preferred one first; the last one is taken if none
            leaves every card clear of the others.
        labels: size of each link's label, in the order of `network.links`.
        unused: names of links whose labels come last, all of them or none.
    """
    places, guessed = node_places(network)
    known = None if guessed else places
    taken, found = 0, _layout(network, known, forms[0])
    while not found.is_clear and taken + 1 < len(forms):
        taken += 1
        found = _layout(network, known, forms[taken])
    projection = found.projection
    nodes = tuple(
        MapNode(
            name=node.name,
            box=box,
            place=point if projection and math.dist(point, (box.x, box.y)) > 6 else None,
        )
        for node, box, point in zip(network.nodes, found.boxes, found.points, strict=True)
    )
    at = {node.name: node.box for node in nodes}
    return Atlas(
        form=taken,
        width=found.size[0],
        height=found.size[1],
        nodes=nodes,
        links=map_links(network, at, labels, size=found.size, unused=unused),
        grid=None if projection is None else grid_of(projection, spacing=0.22, bar=0.12),
    )


def _layout(network: Network, places: Sequence[Place] | None, form: Form) -> _Layout:
    widest, highest = max(w for w, _ in form.cards), max(h for _, h in form.cards)
    projection = None if places is None else _projection(places, form.width, widest, highest)
    if places is None or projection is None:
        points, height = _by_hops(network, form.width, widest, highest)
    else:
        height = projection.size[1]
        points = [projection.point(place) for place in places]
    boxes = fanned(points, [Box(0.0, 0.0, *card) for card in form.cards])
    boxes = pushed_apart(boxes, form.width, height, gap=min(22.0, highest / 2.4))
    return _Layout(size=(form.width, height), points=points, boxes=boxes, projection=projection)


def _by_hops(
    network: Network, width: float, widest: float, highest: float
) -> tuple[list[Point], float]:
    """Points by hops between nodes, and the height of a map that holds them."""
    index = {node.name: i for i, node in enumerate(network.nodes)}
    edges = tuple((index[link.ends[0]], index[link.ends[1]]) for link in network.links)
    place = _hop_places(len(index), edges)
    least, most = place.min(axis=0), place.max(axis=0)
    wide, high = (most - least).tolist()
    room_x = width - 2 * _PADDING - widest
    room_y = _HEIGHTS[width][1] - 2 * _PADDING - highest
    scale = min(
        room_x / wide if wide > 1e-3 else math.inf,
        room_y / high if high > 1e-3 else math.inf,
        _LONGEST_HOP + widest,
    )
    height = max(_LEAST_LEVEL, 2.5 * highest, high * scale + highest + 2 * _PADDING)
    centred = (place - (least + most) / 2) * scale + (width / 2, height / 2)
    return [(x, y) for x, y in centred.tolist()], height


@lru_cache(maxsize=8)
def _hop_places(nodes: int, edges: tuple[tuple[int, int], ...]) -> FloatArray:
    """The same for every form."""
    return hop_layout(nodes, edges)


def _projection(
    places: Sequence[Place], width: float, widest: float, highest: float
) -> Projection | None:
    """The projection that fills the map; `None` if all nodes stand at one place."""
    margin = (_PADDING + widest / 2, _PADDING + highest)
    return fitted(places, width=width, heights=_HEIGHTS[width], margin=margin)
