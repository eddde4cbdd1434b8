"""Where names find room on a crowded map: the important ones first, none over another.

No name crosses a link, and a link's figures stand nearer to their own link than to any other,
or they are left out: figures between two links would be read as those of either.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from interlace.report.geometry import Box, Curve, Point
from interlace.units import Ratio

__all__ = ["Label", "Lines", "Room", "is_beside", "link_label", "node_labels"]

_CELL = 40.0
_ADVANCE = 0.64  # mean width of a bold letter of a sans-serif face over its size
_SIDES = (
    (1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0),
    (0.75, -0.8), (0.75, 0.8), (-0.75, -0.8), (-0.75, 0.8),
    (1.0, -0.5), (1.0, 0.5), (-1.0, -0.5), (-1.0, 0.5),
    (0.5, -1.0), (0.5, 1.0), (-0.5, -1.0), (-0.5, 1.0),
    (1.0, -1.0), (1.0, 1.0), (-1.0, -1.0), (-1.0, 1.0),
)  # fmt: skip
_FAR = (0.0, 18.0, 36.0, 54.0)
_NEARER_BY = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words and the box that they fill.

    Attributes:
        item: what they are about, by index.
        anchor: which end of the box the words keep to: `start`, `middle` or `end`.
        leader: where a thin line from what they are about ends; `None`: they stand at it.
    """

    item: int
    words: str
    box: Box
    anchor: str = "middle"
    leader: Point | None = None

    @property
    def x(self) -> Ratio:
        """Where the words are anchored."""
        side = {"start": -0.5, "middle": 0.0, "end": 0.5}[self.anchor]
        return self.box.x + side * self.box.width


class Room:
    """The boxes that are taken, by cells of a grid, so that looking is quick."""

    def __init__(self, boxes: Sequence[Box] = ()) -> None:
        self._cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
        for box in boxes:
            self.take(box)

    def take(self, box: Box) -> None:
        """Nothing else may stand here."""
        for cell in _cells(box):
            self._cells[cell].append(box)

    def covered(self, box: Box) -> float:
        """How much of taken boxes the box would cover."""
        seen = {id(b): b for cell in _cells(box) for b in self._cells.get(cell, ())}
        return sum(box.overlap(other) for other in seen.values())


class Lines:
    """Lines by cells of a grid, so that asking whether one crosses a box is quick."""

    def __init__(self, curves: Sequence[Curve] = ()) -> None:
        self._curves = tuple(curves)
        self._cells: dict[tuple[int, int], set[int]] = defaultdict(set)
        for index, curve in enumerate(curves):
            length = math.dist(curve.start, curve.control) + math.dist(curve.control, curve.stop)
            steps = math.ceil(2 * length / _CELL) or 1
            for k in range(steps + 1):
                x, y = curve.point(k / steps)
                self._cells[int(x // _CELL), int(y // _CELL)].add(index)

    def cross(self, box: Box) -> bool:
        """Whether a line touches the box."""
        around = _cells(box.grown(_CELL, _CELL))
        found = {index for cell in around for index in self._cells.get(cell, ())}
        return any(self._curves[index].gap(box) == 0 for index in found)


def is_beside(box: Box, curve: Curve, others: Sequence[Curve]) -> bool:
    """Whether the box is nearer to the curve than to any other, by what the eye can tell."""
    reach = curve.gap(box) + _NEARER_BY
    return all(other.gap(box) > reach for other in others)


def node_labels(
    names: Sequence[tuple[int, str, Point]],
    room: Room,
    *,
    lines: Lines,
    size: Point,
    font: float,
    radius: float,
    most: int,
    led: Container[int] = (),
) -> list[Label]:
    """Names beside their dots, as many as find room.

    Args:
        names: item, words and place of its dot, the important ones first.
        room: what is taken; the labels take their boxes in it.
        lines: which no label crosses.
        size: of the map.
        font: size of the letters.
        radius: of the dots.
        most: how many labels there may be.
        led: items whose names may stand farther off, at the end of a thin line.
    """
    placed: list[Label] = []
    for item, words, (x, y) in names:
        if len(placed) >= most:
            break
        wide, high = _ADVANCE * font * len(words), 1.12 * font
        for far, (dx, dy) in product(_FAR if item in led else _FAR[:1], _SIDES):
            reach_x, reach_y = wide / 2 + radius + 3.0 + far, high / 2 + radius + 1.0 + far
            box = Box(x + dx * reach_x, y + dy * reach_y, wide, high)
            if (
                _is_inside(box, size)
                and room.covered(box.grown(2.0, 0.0)) == 0
                and not lines.cross(box.grown(4.0, 0.0))
            ):
                anchor = "middle" if dx == 0 else "start" if dx > 0 else "end"
                leader = _nearest(box, (x, y)) if far else None
                room.take(box)
                placed.append(Label(item=item, words=words, box=box, anchor=anchor, leader=leader))
                break
    return placed


def _nearest(box: Box, point: Point) -> Point:
    """Where the box is nearest to the point."""
    (left, top), _, (right, bottom), _ = box.corners()
    return min(max(point[0], left), right), min(max(point[1], top), bottom)


def link_label(
    item: int, words: str, curve: Curve, room: Room, *, others: Sequence[Curve], size: Point,
    font: float,
) -> Label | None:  # fmt: skip
    """A link's figures beside its middle; `None` where they find no room.

    Args:
        item: index of the link.
        words: the figures.
        curve: the link's line.
        room: what is taken; the label takes its box in it.
        others: all other lines, from which the label keeps away.
        size: of the map.
        font: size of the letters.
    """
    wide, high = _ADVANCE * font * len(words), 1.2 * font
    (x1, y1), (x2, y2) = curve.start, curve.stop
    length = max(1e-9, ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5)
    normal = (-(y2 - y1) / length, (x2 - x1) / length)
    reach = abs(normal[0]) * wide / 2 + abs(normal[1]) * high / 2 + 7.0
    for along in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8):
        x, y = curve.point(along)
        for side in (1.0, -1.0):
            box = Box(x + side * reach * normal[0], y + side * reach * normal[1], wide, high)
            is_free = _is_inside(box, size) and room.covered(box.grown(6.0, 4.0)) == 0
            if is_free and curve.gap(box) > 0 and is_beside(box, curve, others):
                room.take(box)
                return Label(item=item, words=words, box=box)
    return None


def _is_inside(box: Box, size: Point) -> bool:
    return (
        box.x - box.width / 2 > 2
        and box.x + box.width / 2 < size[0] - 2
        and box.y - box.height / 2 > 2
        and box.y + box.height / 2 < size[1] - 2
    )


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    left, right = int((box.x - box.width / 2) // _CELL), int((box.x + box.width / 2) // _CELL)
    top, bottom = int((box.y - box.height / 2) // _CELL), int((box.y + box.height / 2) // _CELL)
    for i in range(left, right + 1):
        for j in range(top, bottom + 1):
            yield i, j
