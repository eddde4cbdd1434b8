"""Where nodes stand on the network map, and where labels find room.

Positions come from the sites' coordinates (`interlace.report.projection`); nodes
that would cover each other are then pushed apart just enough. If any site's
coordinates are unknown, or all are the same, distances follow the hops instead,
and the map has no scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.network import Network, Place
from interlace.report.geometry import Box, Point
from interlace.report.projection import Grid, Projection, fitted, grid_of, node_places
from interlace.report.spread import fanned, hop_layout, pushed_apart
from interlace.report.wires import MapLink, map_links

__all__ = ["WIDTH", "Atlas", "MapNode", "atlas"]

WIDTH = 560.0
_LEAST_HEIGHT, _MOST_HEIGHT = 260.0, 520.0
_PADDING = 22.0
_LONGEST_HOP = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node's card; `place` is where it truly stands, if the card was pushed away from it."""

    name: str
    box: Box
    place: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The arranged map, `WIDTH` units wide; `grid` is `None` where it has no scale."""

    height: float
    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    grid: Grid | None


def atlas(
    network: Network,
    cards: Sequence[tuple[float, float]],
    labels: Sequence[tuple[float, float]],
) -> Atlas:
    """Arrange a network.

    Args:
        network: what to draw.
        cards: size of each node's card, in the order of `network.nodes`.
        labels: size of each link's label, in the order of `network.links`.
    """
    widest, highest = max(w for w, _ in cards), max(h for _, h in cards)
    places, guessed = node_places(network)
    projection = None if places is None or guessed else _projection(places, widest, highest)
    if places is None or projection is None:
        points, height = _by_hops(network, widest, highest)
    else:
        height = projection.size[1]
        points = [projection.point(place) for place in places]
    boxes = fanned(points, [Box(0.0, 0.0, *card) for card in cards])
    boxes = pushed_apart(boxes, WIDTH, height, gap=min(22.0, highest / 2.4))
    nodes = tuple(
        MapNode(
            name=node.name,
            box=box,
            place=point if projection and math.dist(point, (box.x, box.y)) > 6 else None,
        )
        for node, box, point in zip(network.nodes, boxes, points, strict=True)
    )
    at = {node.name: node.box for node in nodes}
    return Atlas(
        height=height,
        nodes=nodes,
        links=map_links(network, at, labels, size=(WIDTH, height)),
        grid=None if projection is None else grid_of(projection, spacing=0.22, bar=0.12),
    )


def _by_hops(network: Network, widest: float, highest: float) -> tuple[list[Point], float]:
    """Points by hops between nodes, and the height of a map that holds them."""
    index = {node.name: i for i, node in enumerate(network.nodes)}
    edges = [(index[link.ends[0]], index[link.ends[1]]) for link in network.links]
    place = hop_layout(len(index), edges)
    least, most = place.min(axis=0), place.max(axis=0)
    wide, high = (most - least).tolist()
    room_x = WIDTH - 2 * _PADDING - widest
    room_y = _MOST_HEIGHT - 2 * _PADDING - highest
    scale = min(
        room_x / wide if wide > 1e-3 else math.inf,
        room_y / high if high > 1e-3 else math.inf,
        _LONGEST_HOP + widest,
    )
    height = max(2.5 * highest, high * scale + highest + 2 * _PADDING)
    centred = (place - (least + most) / 2) * scale + (WIDTH / 2, height / 2)
    return [(x, y) for x, y in centred.tolist()], height


def _projection(places: Sequence[Place], widest: float, highest: float) -> Projection | None:
    """The projection that fills the map; `None` if all nodes stand at one place."""
    margin = (_PADDING + widest / 2, _PADDING + highest)
    return fitted(places, width=WIDTH, heights=(_LEAST_HEIGHT, _MOST_HEIGHT), margin=margin)
