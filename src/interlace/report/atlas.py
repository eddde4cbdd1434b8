"""Where nodes stand on the network map, and where labels find room.

Positions come from the sites' coordinates by an equirectangular projection
with the standard parallel at the middle latitude (x = R (lon - lon0) cos(lat0),
y = R lat), true to scale near that parallel; nodes that would cover each other
are then pushed apart just enough. If any site's coordinates are unknown, nodes
stand on a circle instead, and the map says that it has no scale.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.network import Network
from interlace.report.timeline import nice_step

__all__ = ["Atlas", "Box", "Curve", "Graticule", "MapLink", "MapNode", "atlas"]

WIDTH = 560.0
NODE_HEIGHT = 52.0
_LEAST_HEIGHT, _MOST_HEIGHT = 260.0, 520.0
_PADDING = 22.0
_MOST_LABELS, _MOST_BENT = 24, 40
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


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic Bezier curve; straight if its control point is the middle."""

    start: tuple[float, float]
    control: tuple[float, float]
    stop: tuple[float, float]

    def point(self, t: float) -> tuple[float, float]:
        """Where it is at parameter t in [0, 1]."""
        a, b, c = (1 - t) ** 2, 2 * t * (1 - t), t**2
        return (
            a * self.start[0] + b * self.control[0] + c * self.stop[0],
            a * self.start[1] + b * self.control[1] + c * self.stop[1],
        )

    def enters(self, box: Box) -> bool:
        """Whether it passes through the box, by points closer than a label is high."""
        return any(
            abs(x - box.x) < box.width / 2 and abs(y - box.y) < box.height / 2
            for x, y in (self.point(k / 40) for k in range(41))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MapNode:
    """A node's card; `place` is where it truly stands, if the card was pushed away from it."""

    name: str
    box: Box
    place: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapLink:
    """A link's line and its label.

    Attributes:
        curve: of the line.
        label: where the label finds room; `None`: nowhere.
    """

    name: str
    curve: Curve
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
        return 140.0
    return min(_MOST_HEIGHT, 240.0 + 40.0 * nodes)


def _circle(nodes: int, widths: Sequence[float], height: float) -> list[tuple[float, float]]:
    """Nodes evenly on an ellipse, the first at the left for two, at the top otherwise."""
    if nodes == 1:
        return [(WIDTH / 2, height / 2)]
    turn = math.pi if nodes == 2 else -math.pi / 2
    wide = min(WIDTH / 2 - _PADDING - max(widths) / 2, 0.62 * height if nodes > 2 else 190.0)
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
    """Lines from card to card, bent around others; labels where they cover least."""
    at = {node.name: node.box for node in nodes}
    taken = [Box(b.x, b.y, b.width + 8, b.height + 6) for b in at.values()]
    curves = [_curve(at, spec.ends) for spec in network.links]
    found: list[MapLink] = []
    for i, (spec, curve) in enumerate(zip(network.links, curves, strict=True)):
        label = None
        if len(curves) <= _MOST_LABELS:
            others = [other for j, other in enumerate(curves) if j != i]
            label = _room(curve, others, size=labels[i], taken=taken, height=height)
        if label is not None:
            taken.append(label)
        found.append(MapLink(name=spec.name, curve=curve, label=label))
    return tuple(found)


def _curve(at: Mapping[str, Box], ends: tuple[str, str]) -> Curve:
    """The straightest line between two cards that no other card covers; straight if none is."""
    first, second = at[ends[0]], at[ends[1]]
    start, stop = (first.x, first.y), (second.x, second.y)
    middle = ((first.x + second.x) / 2, (first.y + second.y) / 2)
    normal = _normal(start, stop)
    others = [Box(b.x, b.y, b.width + 12, b.height + 12) for n, b in at.items() if n not in ends]
    if len(others) <= _MOST_BENT:
        for bend in (0.0, *(side * reach for reach in range(40, 281, 30) for side in (1, -1))):
            control = (middle[0] + bend * normal[0], middle[1] + bend * normal[1])
            curve = Curve(start, control, stop)
            if not any(curve.enters(box) for box in others):
                return curve
    return Curve(start, middle, stop)


def _normal(start: tuple[float, float], stop: tuple[float, float]) -> tuple[float, float]:
    wide, high = stop[0] - start[0], stop[1] - start[1]
    length = math.hypot(wide, high) or 1.0
    return -high / length, wide / length


def _room(
    curve: Curve,
    others: Sequence[Curve],
    *,
    size: tuple[float, float],
    taken: Sequence[Box],
    height: float,
) -> Box | None:
    """Where a label of this size covers no card, no other label, and few other lines."""
    normal = _normal(curve.start, curve.stop)
    reach = abs(normal[0]) * size[0] / 2 + abs(normal[1]) * size[1] / 2 + 7
    best: tuple[float, Box] | None = None
    for along in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74):
        on_line = curve.point(along)
        for side in (0.0, 1.0, -1.0):
            x, y = on_line[0] + side * reach * normal[0], on_line[1] + side * reach * normal[1]
            box = _inside(Box(x, y, *size), height)
            if any(box.overlap(other) > 0 for other in taken):
                continue
            crossed = sum(other.enters(box) for other in others)
            moved = math.hypot(box.x - x, box.y - y)
            cost = 10 * crossed + abs(along - 0.5) * 4 + abs(side) * 0.6 + moved
            if best is None or cost < best[0]:
                best = (cost, box)
    return None if best is None else best[1]


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
