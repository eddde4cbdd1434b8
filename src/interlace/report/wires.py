"""Links on a map: lines that go around cards, and labels that find room."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.network import Network
from interlace.report.geometry import Box, Curve, Point

__all__ = ["MapLink", "map_links"]

_MOST_LABELS, _MOST_BENT = 24, 40


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


def map_links(
    network: Network,
    at: Mapping[str, Box],
    labels: Sequence[tuple[float, float]],
    *,
    size: tuple[float, float],
) -> tuple[MapLink, ...]:
    """Lines from card to card, bent around others; labels where they cover least.

    Args:
        network: has the links.
        at: each node's card.
        labels: size of each link's label, in the order of `network.links`.
        size: of the map.
    """
    taken = [box.grown(8, 6) for box in at.values()]
    curves = [_curve(at, spec.ends) for spec in network.links]
    found: list[MapLink] = []
    for i, (spec, curve) in enumerate(zip(network.links, curves, strict=True)):
        label = None
        if len(curves) <= _MOST_LABELS:
            others = [other for j, other in enumerate(curves) if j != i]
            label = _room(curve, others, size=labels[i], taken=taken, within=size)
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
    others = [box.grown(12, 12) for name, box in at.items() if name not in ends]
    if len(others) <= _MOST_BENT:
        for bend in (0.0, *(side * reach for reach in range(40, 281, 30) for side in (1, -1))):
            control = (middle[0] + bend * normal[0], middle[1] + bend * normal[1])
            curve = Curve(start, control, stop)
            if not any(curve.enters(box) for box in others):
                return curve
    return Curve(start, middle, stop)


def _normal(start: Point, stop: Point) -> Point:
    wide, high = stop[0] - start[0], stop[1] - start[1]
    length = math.hypot(wide, high) or 1.0
    return -high / length, wide / length


def _room(
    curve: Curve,
    others: Sequence[Curve],
    *,
    size: tuple[float, float],
    taken: Sequence[Box],
    within: tuple[float, float],
) -> Box | None:
    """Where a label of this size covers no card, no other label, and few other lines."""
    normal = _normal(curve.start, curve.stop)
    reach = abs(normal[0]) * size[0] / 2 + abs(normal[1]) * size[1] / 2 + 7
    best: tuple[float, Box] | None = None
    for along in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74):
        on_line = curve.point(along)
        for side in (0.0, 1.0, -1.0, 2.0, -2.0):
            x, y = on_line[0] + side * reach * normal[0], on_line[1] + side * reach * normal[1]
            box = Box(x, y, *size).inside(*within)
            if any(box.overlap(other) > 0 for other in taken):
                continue
            crossed = sum(other.enters(box) for other in others)
            moved = math.hypot(box.x - x, box.y - y)
            cost = 10 * crossed + abs(along - 0.5) * 4 + abs(side) * 0.6 + moved
            if best is None or cost < best[0]:
                best = (cost, box)
    return None if best is None else best[1]
