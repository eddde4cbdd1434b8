"""Where names find room on a crowded map: the important ones first, none over another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from interlace.report.geometry import Box, Curve, Point
from interlace.units import Ratio

__all__ = ["Label", "Room", "link_label", "node_labels"]

_CELL = 40.0
_ADVANCE = 0.64  # mean width of a bold letter of a sans-serif face over its size
_SIDES = (
    (1.0, 0.0), (-1.0, 0.0), (0.0, -1.0), (0.0, 1.0),
    (0.75, -0.8), (0.75, 0.8), (-0.75, -0.8), (-0.75, 0.8),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Words and the box that they fill.

    Attributes:
        item: what they are about, by index.
        anchor: which end of the box the words keep to: `start`, `middle` or `end`.
    """

    item: int
    words: str
    box: Box
    anchor: str = "middle"

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


def node_labels(
    names: Sequence[tuple[int, str, Point]],
    room: Room,
    *,
    lines: Room,
    size: Point,
    font: float,
    radius: float,
    most: int,
) -> list[Label]:
    """Names beside their dots, as many as find room.

    Args:
        names: item, words and place of its dot, the important ones first.
        room: what is taken; the labels take their boxes in it.
        lines: boxes along lines and small dots, which a label rather does not cover.
        size: of the map.
        font: size of the letters.
        radius: of the dots.
        most: how many labels there may be.
    """
    placed: list[Label] = []
    for item, words, (x, y) in names:
        if len(placed) >= most:
            break
        wide, high = _ADVANCE * font * len(words), 1.12 * font
        best: tuple[float, Label] | None = None
        for rank, (dx, dy) in enumerate(_SIDES):
            reach_x, reach_y = wide / 2 + radius + 3.0, high / 2 + radius + 1.0
            box = Box(x + dx * reach_x, y + dy * reach_y, wide, high)
            if not _is_inside(box, size) or room.covered(box.grown(2.0, 0.0)) > 0:
                continue
            cost = lines.covered(box) / (wide * high) + 0.03 * rank
            if best is None or cost < best[0]:
                anchor = "middle" if dx == 0 else "start" if dx > 0 else "end"
                best = (cost, Label(item=item, words=words, box=box, anchor=anchor))
        if best is not None:
            room.take(best[1].box)
            placed.append(best[1])
    return placed


def link_label(
    item: int, words: str, curve: Curve, room: Room, *, size: Point, font: float
) -> Label | None:
    """A link's figures beside its middle; `None` where they find no room."""
    wide, high = _ADVANCE * font * len(words), 1.2 * font
    (x1, y1), (x2, y2) = curve.start, curve.stop
    length = max(1e-9, ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5)
    normal = (-(y2 - y1) / length, (x2 - x1) / length)
    reach = abs(normal[0]) * wide / 2 + abs(normal[1]) * high / 2 + 7.0
    for along in (0.5, 0.4, 0.6, 0.3, 0.7):
        x, y = curve.point(along)
        for side in (1.0, -1.0):
            box = Box(x + side * reach * normal[0], y + side * reach * normal[1], wide, high)
            if _is_inside(box, size) and room.covered(box.grown(6.0, 4.0)) == 0:
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
