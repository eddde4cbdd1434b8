"""Boxes and curves on a map, in map units, y downwards."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Box", "Curve", "Point"]

Point = tuple[float, float]

_PIECES = 24
"""Straight pieces that stand for a bent line where its distance is asked for."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle by centre and size."""

    x: float
    y: float
    width: float
    height: float

    def overlap(self, other: Box) -> float:
        """Common area."""
        wide = (self.width + other.width) / 2 - abs(self.x - other.x)
        high = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(0.0, wide) * max(0.0, high)

    def at(self, x: float, y: float) -> Box:
        """The same box somewhere else."""
        return Box(x, y, self.width, self.height)

    def grown(self, wide: float, high: float) -> Box:
        """The same centre, that much larger in all."""
        return Box(self.x, self.y, self.width + wide, self.height + high)

    def gap(self, point: Point) -> float:
        """How far away the point is; 0 inside."""
        wide = abs(point[0] - self.x) - self.width / 2
        high = abs(point[1] - self.y) - self.height / 2
        return math.hypot(max(0.0, wide), max(0.0, high))

    def corners(self) -> tuple[Point, Point, Point, Point]:
        """The four of them, around it."""
        left, right = self.x - self.width / 2, self.x + self.width / 2
        top, bottom = self.y - self.height / 2, self.y + self.height / 2
        return (left, top), (right, top), (right, bottom), (left, bottom)

    def inside(self, width: float, height: float, *, margin: float = 8.0) -> Box:
        """The box, moved onto a map of that size."""
        x = min(max(self.x, self.width / 2 + margin), width - self.width / 2 - margin)
        y = min(max(self.y, self.height / 2 + margin), height - self.height / 2 - margin)
        return self.at(x, y)


@dataclass(frozen=True, slots=True)
class Curve:
    """A quadratic Bezier curve; straight if its control point is the middle."""

    start: Point
    control: Point
    stop: Point

    def point(self, t: float) -> Point:
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

    @property
    def is_straight(self) -> bool:
        """Whether its control point is its middle."""
        middle = (self.start[0] + self.stop[0]) / 2, (self.start[1] + self.stop[1]) / 2
        return math.dist(self.control, middle) < 1e-6

    def gap(self, box: Box) -> float:
        """How far from the box it passes; 0 if it touches it, however short the touch is."""
        pieces = 1 if self.is_straight else _PIECES
        knots = [self.point(k / pieces) for k in range(pieces + 1)]
        return min(_gap(box, a, b) for a, b in pairwise(knots))


def _gap(box: Box, start: Point, stop: Point) -> float:
    """Distance of a straight piece from a box."""
    if _touches(box, start, stop):
        return 0.0
    ends = min(box.gap(start), box.gap(stop))
    return min(ends, *(_aside(corner, start, stop) for corner in box.corners()))


def _touches(box: Box, start: Point, stop: Point) -> bool:
    """Whether a share of the way from start to stop is within the box in both directions."""
    first, last = 0.0, 1.0
    (left, top), _, (right, bottom), _ = box.corners()
    for a, b, low, high in ((start[0], stop[0], left, right), (start[1], stop[1], top, bottom)):
        if abs(b - a) < 1e-9:
            if not low <= a <= high:
                return False
            continue
        enters, leaves = sorted(((low - a) / (b - a), (high - a) / (b - a)))
        first, last = max(first, enters), min(last, leaves)
    return first <= last


def _aside(point: Point, start: Point, stop: Point) -> float:
    """Distance of a point from a straight piece."""
    wide, high = stop[0] - start[0], stop[1] - start[1]
    square = wide**2 + high**2
    if square == 0:
        return math.dist(point, start)
    share = ((point[0] - start[0]) * wide + (point[1] - start[1]) * high) / square
    share = min(1.0, max(0.0, share))
    return math.dist(point, (start[0] + share * wide, start[1] + share * high))
