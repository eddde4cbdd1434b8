"""Links on a map: lines that go around cards, and labels that find room.

A label stands on its link or beside it, nearer to it than to any other link, or it is left out.
Links in use come first; the others get labels if all of them find room, else none does, so that
no reader has to guess why one unused link has figures and the next has none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.network import Network
from interlace.report.geometry import Box, Curve, Point
from interlace.report.labels import is_beside

__all__ = ["MapLink", "map_links"]

_MOST_LABELS, _MOST_BENT = 24, 40
_SIDES = (0.0, *(side * far for far in (1.0, 1.3, 1.6, 1.8, 1.95, 2.1) for side in (1, -1)))
"""How far from the line a label may stand; at 1 it is just beside."""

_MOST_HIDDEN = 0.6
"""Of what is seen of a line between its cards: a label on it rather hides no more."""


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
    unused: frozenset[str] = frozenset(),
) -> tuple[MapLink, ...]:
    """Lines from card to card, bent around others; labels where they cover least.

    Args:
        network: has the links.
        at: each node's card.
        labels: size of each link's label, in the order of `network.links`.
        size: of the map.
        unused: names of links that are of less interest.
    """
    curves = [_curve(at, spec.ends) for spec in network.links]
    found: dict[int, Box] = {}
    if len(curves) <= _MOST_LABELS:
        cards = [box.grown(8, 6) for box in at.values()]
        idle = [i for i, spec in enumerate(network.links) if spec.name in unused]
        busy = [i for i, spec in enumerate(network.links) if spec.name not in unused]
        found = _labelled(busy, curves, labels, taken=cards, within=size)
        rest = _labelled(idle, curves, labels, taken=[*cards, *found.values()], within=size)
        found |= rest if len(rest) == len(idle) else {}
    return tuple(
        MapLink(name=spec.name, curve=curve, label=found.get(i))
        for i, (spec, curve) in enumerate(zip(network.links, curves, strict=True))
    )


def _labelled(
    links: Sequence[int],
    curves: Sequence[Curve],
    labels: Sequence[tuple[float, float]],
    *,
    taken: Sequence[Box],
    within: tuple[float, float],
) -> dict[int, Box]:
    """Where the labels of these links stand, one after the other; those that find room."""
    found: dict[int, Box] = {}
    for i in links:
        others = [*curves[:i], *curves[i + 1 :]]
        full = [*taken, *found.values()]
        label = _room(curves[i], others, size=labels[i], taken=full, within=within)
        if label is not None:
            found[i] = label
    return found


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
    """Where a label of this size covers no card, no other label, and is of no other line."""
    shown = _shown(curve, taken)
    normal = _normal(curve.start, curve.stop)
    reach = abs(normal[0]) * size[0] / 2 + abs(normal[1]) * size[1] / 2 + 7
    best: tuple[float, Box] | None = None
    for along in (0.5, 0.48, 0.52, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74):
        on_line = curve.point(along)
        for side in _SIDES:
            x, y = on_line[0] + side * reach * normal[0], on_line[1] + side * reach * normal[1]
            box = Box(x, y, *size).inside(*within)
            moved = math.hypot(box.x - x, box.y - y)
            hides = not side and _along(normal, size) > _MOST_HIDDEN * shown
            cost = abs(along - 0.5) * 4 + abs(side) * 0.6 + moved + 2 * hides
            if (best is None or cost < best[0]) and (
                not any(box.overlap(other) > 0 for other in taken) and is_beside(box, curve, others)
            ):
                best = (cost, box)
    return None if best is None else best[1]


def _shown(curve: Curve, taken: Sequence[Box]) -> float:
    """How much of a line is seen between what covers it."""
    points = [curve.point(k / 40) for k in range(41)]
    seen = sum(all(box.gap(point) > 0 for box in taken) for point in points)
    return seen / 41 * math.dist(curve.start, curve.stop)


def _along(normal: Point, size: tuple[float, float]) -> float:
    """How much of a straight line a label that stands on it hides."""
    wide = size[0] / max(abs(normal[1]), 1e-9)
    return min(wide, size[1] / max(abs(normal[0]), 1e-9))
