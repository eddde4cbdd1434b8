"""Where nodes stand on the network map, and where labels find room.

Positions come from the sites' coordinates by an equirectangular projection
with the standard parallel at the middle latitude (x = R (lon - lon0) cos(lat0),
y = R lat), true to scale near that parallel; nodes that would cover each other
are then pushed apart just enough. If any site's coordinates are unknown, or all
are the same, distances follow the hops instead, and the map has no scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.network import Network
from interlace.report.geometry import Box, Point
from interlace.report.spread import fanned, hop_layout, pushed_apart
from interlace.report.timeline import nice_step
from interlace.report.wires import MapLink, map_links

__all__ = ["WIDTH", "Atlas", "Graticule", "MapNode", "atlas"]

WIDTH = 560.0
_LEAST_HEIGHT, _MOST_HEIGHT = 260.0, 520.0
_PADDING = 22.0
_LONGEST_HOP = 200.0
_KM_PER_DEGREE = 111.195  # mean Earth radius 6371.0088 km times pi / 180


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node's card; `place` is where it truly stands, if the card was pushed away from it."""

    name: str
    box: Box
    place: Point | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graticule:
    """Lines of equal longitude and latitude, as (map coordinate, label), and a scale bar.

    Attributes:
        scale: width of the bar in map units, and what it says.
    """

    meridians: tuple[tuple[float, str], ...]
    parallels: tuple[tuple[float, str], ...]
    scale: tuple[float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Atlas:
    """The arranged map, `WIDTH` units wide; `graticule` is `None` where it has no scale."""

    height: float
    nodes: tuple[MapNode, ...]
    links: tuple[MapLink, ...]
    graticule: Graticule | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Projection:
    """Degrees to map units."""

    lon0: float
    lat0: float
    per_degree: float
    centre: Point

    def x(self, lon: float) -> float:
        return self.centre[0] + (lon - self.lon0) * self.per_degree * self.squeeze

    def y(self, lat: float) -> float:
        return self.centre[1] - (lat - self.lat0) * self.per_degree

    @property
    def squeeze(self) -> float:
        return math.cos(math.radians(self.lat0))


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
    coordinates = _coordinates(network)
    projection = None if coordinates is None else _projection(coordinates, widest, highest)
    if coordinates is None or projection is None:
        points, height = _by_hops(network, widest, highest)
    else:
        height = 2 * projection.centre[1]
        points = [(projection.x(lon), projection.y(lat)) for lon, lat in coordinates]
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
        graticule=None if projection is None else _graticule(projection, height),
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


def _coordinates(network: Network) -> list[tuple[float, float]] | None:
    """(longitude, latitude) of every node, date line unrolled; `None`: one is unknown."""
    found: list[tuple[float, float]] = []
    for node in network.nodes:
        site = network.site_of(node)
        if site is None or site.lon_deg is None or site.lat_deg is None:
            return None
        found.append((site.lon_deg, site.lat_deg))
    lons = [lon for lon, _ in found]
    if max(lons) - min(lons) > 180:
        found = [(lon % 360, lat) for lon, lat in found]
    return found


def _projection(
    coordinates: Sequence[tuple[float, float]], widest: float, highest: float
) -> _Projection | None:
    """The projection that fills the map; `None` if all nodes stand at one place."""
    lons = [lon for lon, _ in coordinates]
    lats = [lat for _, lat in coordinates]
    lat0 = (min(lats) + max(lats)) / 2
    squeeze = max(0.05, math.cos(math.radians(lat0)))
    wide = (max(lons) - min(lons)) * squeeze
    high = max(lats) - min(lats)
    if max(wide, high) < 1e-6:
        return None
    room_x = WIDTH - 2 * _PADDING - widest
    room_y = _MOST_HEIGHT - 2 * _PADDING - 2 * highest
    per_degree = min(room_x / wide if wide else math.inf, room_y / high if high else math.inf)
    height = min(_MOST_HEIGHT, max(_LEAST_HEIGHT, high * per_degree + 2 * _PADDING + 2 * highest))
    return _Projection(
        lon0=(min(lons) + max(lons)) / 2,
        lat0=lat0,
        per_degree=per_degree,
        centre=(WIDTH / 2, height / 2),
    )


def _graticule(projection: _Projection, height: float) -> Graticule:
    step = nice_step(0.22 * WIDTH / (projection.per_degree * max(0.05, projection.squeeze)))
    half_x = WIDTH / 2 / (projection.per_degree * max(0.05, projection.squeeze))
    half_y = height / 2 / projection.per_degree
    meridians = _multiples(projection.lon0 - half_x, projection.lon0 + half_x, step)
    parallels = _multiples(max(-90.0, projection.lat0 - half_y),
                           min(90.0, projection.lat0 + half_y), step)  # fmt: skip
    km = nice_step(0.12 * WIDTH / projection.per_degree * _KM_PER_DEGREE)
    return Graticule(
        meridians=tuple((projection.x(v), _degrees(v, step, "EW")) for v in meridians),
        parallels=tuple((projection.y(v), _degrees(v, step, "NS")) for v in parallels),
        scale=(
            km / _KM_PER_DEGREE * projection.per_degree,
            f"{km:,.0f} km" if km >= 1 else f"{1000 * km:,.0f} m",
        ),
    )


def _multiples(start: float, stop: float, step: float) -> list[float]:
    return [i * step for i in range(math.ceil(start / step), math.floor(stop / step) + 1)]


def _degrees(value: float, step: float, letters: str) -> str:
    if letters == "EW":
        value = (value + 180) % 360 - 180
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    is_bare = abs(value) < step / 2 or abs(abs(value) - 180) < step / 2
    letter = "" if is_bare else letters[0 if value > 0 else 1]
    return f"{abs(value):.{decimals}f}°{letter}"
