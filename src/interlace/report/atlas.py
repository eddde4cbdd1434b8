"""Where nodes stand on the network map, and where labels find room.

Positions come from the sites' coordinates by an equirectangular projection
with the standard parallel at the middle latitude (x = R (lon - lon0) cos(lat0),
y = R lat), true to scale near that parallel; nodes that would cover each other
are then pushed apart just enough. If any site's coordinates are unknown, nodes
stand on a circle instead, and the map says that it has no scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.network import Network
from interlace.report.timeline import nice_step

__all__ = ["Atlas", "Box", "Graticule", "MapLink", "MapNode", "atlas"]

WIDTH = 720.0
NODE_HEIGHT = 46.0
_LEAST_HEIGHT, _MOST_HEIGHT = 280.0, 560.0
_PADDING = 24.0
_KM_PER_DEGREE = 111.195  # mean Earth radius 6371.0088 km times pi / 180


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by centre and size, in map units."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Common area."""
        wide = (self.width + other.width) / 2 - abs(self.x - other.x)
        high = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(0.0, wide) * max(0.0, high)


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node's card; `place` is where it truly stands, if the card was pushed away from it."""

    name: str
    box: Box
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLink:
    """A link's line, and where its label finds room (`None`: nowhere)."""

    name: str
    start: tuple[float, float]
    stop: tuple[float, float]
    label: Box | None


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
    centre: tuple[float, float]

    def x(self, lon: float) -> float:
        return self.centre[0] + (lon - self.lon0) * self.per_degree * self.squeeze

    def y(self, lat: float) -> float:
        return self.centre[1] - (lat - self.lat0) * self.per_degree

    @property
    def squeeze(self) -> float:
        return math.cos(math.radians(self.lat0))


def atlas(
    network: Network, widths: Sequence[float], labels: Sequence[tuple[float, float]]
) -> Atlas:
    """Arrange a network.

    Args:
        network: what to draw.
        widths: of each node's card, in the order of `network.nodes`.
        labels: size of each link's label, in the order of `network.links`.
    """
    coordinates = _coordinates(network)
    projection = None if coordinates is None else _projection(coordinates, widths)
    if coordinates is None or projection is None:
        height = _circle_height(len(widths))
        centres = _circle(len(widths), widths, height)
    else:
        height = 2 * projection.centre[1]
        centres = [(projection.x(lon), projection.y(lat)) for lon, lat in coordinates]
    boxes = [Box(x, y, w, NODE_HEIGHT) for (x, y), w in zip(centres, widths, strict=True)]
    moved = _pushed_apart(boxes, height, gap=22.0 if len(boxes) <= 30 else 4.0)
    nodes = tuple(
        MapNode(
            name=node.name,
            box=box,
            place=(x, y) if projection and math.hypot(box.x - x, box.y - y) > 6 else None,
        )
        for node, box, (x, y) in zip(network.nodes, moved, centres, strict=True)
    )
    return Atlas(
        height=height,
        nodes=nodes,
        links=_links(network, nodes, labels, height),
        graticule=None if projection is None else _graticule(projection, height),
    )


def _coordinates(network: Network) -> list[tuple[float, float]] | None:
    """(longitude, latitude) of every node, unrolled over the date line; `None` if one is unknown."""
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
    coordinates: Sequence[tuple[float, float]], widths: Sequence[float]
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
    room_x = WIDTH - 2 * _PADDING - max(widths)
    room_y = _MOST_HEIGHT - 2 * _PADDING - 2 * NODE_HEIGHT
    per_degree = min(room_x / wide if wide else math.inf, room_y / high if high else math.inf)
    height = min(
        _MOST_HEIGHT, max(_LEAST_HEIGHT, high * per_degree + 2 * _PADDING + 2 * NODE_HEIGHT)
    )
    return _Projection(
        lon0=(min(lons) + max(lons)) / 2,
        lat0=lat0,
        per_degree=per_degree,
        centre=(WIDTH / 2, height / 2),
    )


def _circle_height(nodes: int) -> float:
    if nodes <= 2:
        return 150.0
    return min(_MOST_HEIGHT, 240.0 + 40.0 * nodes)


def _circle(nodes: int, widths: Sequence[float], height: float) -> list[tuple[float, float]]:
    """Nodes evenly on an ellipse, the first at the left for two, at the top otherwise."""
    if nodes == 1:
        return [(WIDTH / 2, height / 2)]
    turn = math.pi if nodes == 2 else -math.pi / 2
    wide = min(WIDTH / 2 - _PADDING - max(widths) / 2, 0.62 * height if nodes > 2 else 230.0)
    high = height / 2 - _PADDING - NODE_HEIGHT / 2
    angles = [turn + 2 * math.pi * i / nodes for i in range(nodes)]
    return [(WIDTH / 2 + wide * math.cos(a), height / 2 + high * math.sin(a)) for a in angles]


def _pushed_apart(boxes: Sequence[Box], height: float, *, gap: float) -> list[Box]:
    """Boxes moved until none covers another, each as little as a few rounds of pushing need."""
    moved = list(boxes)
    if len(moved) > 150:
        return moved
    for _ in range(80):
        is_clear = True
        for i in range(len(moved)):
            for j in range(i):
                first, second = moved[i], moved[j]
                wide = (first.width + second.width) / 2 + gap - abs(first.x - second.x)
                high = (first.height + second.height) / 2 + gap - abs(first.y - second.y)
                if wide > 0.5 and high > 0.5:
                    is_clear = False
                    moved[i], moved[j] = _pushed(first, second, wide, high, height)
        if is_clear:
            break
    return moved


def _pushed(first: Box, second: Box, wide: float, high: float, height: float) -> tuple[Box, Box]:
    """Two boxes moved half their overlap each, along the axis on which it is smaller."""
    if wide < high:
        step = math.copysign(wide / 2, first.x - second.x)
        pair = (_at(first, first.x + step, first.y), _at(second, second.x - step, second.y))
    else:
        step = math.copysign(high / 2, first.y - second.y)
        pair = (_at(first, first.x, first.y + step), _at(second, second.x, second.y - step))
    return _inside(pair[0], height), _inside(pair[1], height)


def _at(box: Box, x: float, y: float) -> Box:
    return Box(x, y, box.width, box.height)


def _inside(box: Box, height: float) -> Box:
    """The box, moved onto the map."""
    margin = 8.0
    x = min(max(box.x, box.width / 2 + margin), WIDTH - box.width / 2 - margin)
    y = min(max(box.y, box.height / 2 + margin), height - box.height / 2 - margin)
    return _at(box, x, y)


def _links(
    network: Network,
    nodes: Sequence[MapNode],
    labels: Sequence[tuple[float, float]],
    height: float,
) -> tuple[MapLink, ...]:
    """Lines from card to card; labels on or beside them, where they cover least."""
    at = {node.name: node.box for node in nodes}
    taken = [Box(b.x, b.y, b.width + 8, b.height + 6) for b in at.values()]
    lines = [
        ((at[spec.ends[0]].x, at[spec.ends[0]].y), (at[spec.ends[1]].x, at[spec.ends[1]].y))
        for spec in network.links
    ]
    found: list[MapLink] = []
    for i, (spec, (start, stop)) in enumerate(zip(network.links, lines, strict=True)):
        label = None
        if len(lines) <= 24:
            label = _room(lines, i, size=labels[i], taken=taken, height=height)
        if label is not None:
            taken.append(label)
        found.append(MapLink(name=spec.name, start=start, stop=stop, label=label))
    return tuple(found)


def _room(
    lines: Sequence[tuple[tuple[float, float], tuple[float, float]]],
    i: int,
    *,
    size: tuple[float, float],
    taken: Sequence[Box],
    height: float,
) -> Box | None:
    """Where a label of this size covers no card, no other label, and few other lines."""
    (x0, y0), (x1, y1) = lines[i]
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    normal = (-(y1 - y0) / length, (x1 - x0) / length)
    reach = abs(normal[0]) * size[0] / 2 + abs(normal[1]) * size[1] / 2 + 7
    best: tuple[float, Box] | None = None
    for along in (0.5, 0.4, 0.6, 0.3, 0.7):
        for side in (0.0, 1.0, -1.0):
            x = x0 + along * (x1 - x0) + side * reach * normal[0]
            y = y0 + along * (y1 - y0) + side * reach * normal[1]
            box = _inside(Box(x, y, *size), height)
            if any(box.overlap(other) > 0 for other in taken):
                continue
            crossed = sum(_crosses(line, box) for j, line in enumerate(lines) if j != i)
            off_line = math.hypot(box.x - x, box.y - y)
            cost = 10 * crossed + abs(along - 0.5) * 4 + abs(side) * 0.6 + off_line
            if best is None or cost < best[0]:
                best = (cost, box)
    return None if best is None else best[1]


def _crosses(line: tuple[tuple[float, float], tuple[float, float]], box: Box) -> bool:
    """Whether the segment enters the box, by sampling it densely enough for a label."""
    (x0, y0), (x1, y1) = line
    return any(
        abs(x0 + t * (x1 - x0) - box.x) < box.width / 2
        and abs(y0 + t * (y1 - y0) - box.y) < box.height / 2
        for t in (k / 40 for k in range(41))
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
    letter = "" if abs(value) < step / 2 else letters[0 if value > 0 else 1]
    return f"{abs(value):.{decimals}f}°{letter}"
