"""Boxes and curves on a map, in map units, y downwards."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Box", "Curve", "Point"]

Point = tuple[float, float]


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
