"""Where to put nodes that have no coordinates, and how to keep cards off each other.

Without coordinates, distances on the map follow the number of hops: positions
minimise the stress sum_ij (|x_i - x_j| - d_ij)^2 / d_ij^2 by majorization
(Gansner, Koren, North, "Graph drawing by stress majorization", 2004,
doi:10.1007/978-3-540-31843-9_25, section 2.3, localised form), from a circle and
from classical scaling, whichever ends lower. So a line is drawn as a line, a
ring as a ring, a grid as a grid.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from interlace.kernel import FloatArray
from interlace.report.geometry import Box, Point

__all__ = ["fanned", "hop_layout", "pushed_apart"]

_ROUNDS = 200
_MOST_PUSHED = 150
_LEVEL = 0.15
"""A drawing this low, in hops, is a line: what is left of its height is rounding."""


def hop_layout(nodes: int, edges: Sequence[tuple[int, int]]) -> FloatArray:
    """Positions whose distances follow the hops between nodes, shape (nodes, 2).

    One hop is about one unit. Turned so that the drawing is wide and low, node 0 towards the
    upper left. Nodes that no path joins are taken to be `nodes` hops apart.
    """
    if nodes == 1:
        return np.zeros((1, 2))
    hops = _hops(nodes, edges)
    turn = 2 * np.pi * np.arange(nodes) / nodes
    circle = np.column_stack((np.cos(turn), np.sin(turn))) * nodes / (2 * np.pi)
    found = [_majorized(start, hops) for start in (circle, _scaled(hops) + 0.01 * circle)]
    return _turned(min(found, key=lambda place: round(_stress(place, hops), 6)))


def fanned(points: Sequence[Point], boxes: Sequence[Box]) -> list[Box]:
    """Boxes at their points; those that share a point stand around it, evenly."""
    shared: dict[tuple[int, int], list[int]] = defaultdict(list)
    for i, (x, y) in enumerate(points):
        shared[round(x), round(y)].append(i)
    placed = [box.at(*point) for box, point in zip(boxes, points, strict=True)]
    for members in shared.values():
        for k, i in enumerate(members if len(members) > 1 else ()):
            angle = math.pi + 2 * math.pi * k / len(members)
            reach = 0.2 + 0.2 * len(members)
            x = points[i][0] + reach * boxes[i].width * math.cos(angle)
            y = points[i][1] + reach * 1.4 * boxes[i].height * math.sin(angle)
            placed[i] = boxes[i].at(x, y)
    return placed


def pushed_apart(boxes: Sequence[Box], width: float, height: float, *, gap: float) -> list[Box]:
    """Boxes moved until none covers another, each as little as some rounds of pushing need.

    Two boxes are pushed along the axis on which they overlap less; when that has not helped for
    a while, as along an edge of the map, along both axes in turn.
    """
    moved = [box.inside(width, height) for box in boxes]
    if len(moved) > _MOST_PUSHED:
        return moved
    for turn in range(_ROUNDS):
        is_clear = True
        axis = None if turn < _ROUNDS // 4 else turn % 2
        for i in range(len(moved)):
            for j in range(i):
                if _covers(moved[i], moved[j], gap):
                    is_clear = False
                    pair = _pushed(moved[i], moved[j], gap, axis=axis)
                    moved[i], moved[j] = (box.inside(width, height) for box in pair)
        if is_clear:
            break
    return moved


def _covers(first: Box, second: Box, gap: float) -> bool:
    """Whether they overlap where both are grown by the gap; asked of all pairs in all rounds."""
    wide = ((first.width + gap) + (second.width + gap)) / 2 - abs(first.x - second.x)
    if wide <= 0:
        return False
    high = ((first.height + gap) + (second.height + gap)) / 2 - abs(first.y - second.y)
    return high > 0 and wide * high > 0.5


def _pushed(first: Box, second: Box, gap: float, *, axis: int | None) -> tuple[Box, Box]:
    """Two boxes moved half their overlap each, along x (0), y (1), or where it is smaller."""
    wide = (first.width + second.width) / 2 + gap - abs(first.x - second.x)
    high = (first.height + second.height) / 2 + gap - abs(first.y - second.y)
    if axis == 0 or (axis is None and wide < high):
        step = math.copysign(wide / 2 + 0.1, first.x - second.x)
        return first.at(first.x + step, first.y), second.at(second.x - step, second.y)
    step = math.copysign(high / 2 + 0.1, first.y - second.y)
    return first.at(first.x, first.y + step), second.at(second.x, second.y - step)


def _hops(nodes: int, edges: Sequence[tuple[int, int]]) -> FloatArray:
    """Shortest paths by number of links, shape (nodes, nodes)."""
    neighbours: list[list[int]] = [[] for _ in range(nodes)]
    for a, b in edges:
        neighbours[a].append(b)
        neighbours[b].append(a)
    hops = np.full((nodes, nodes), float(nodes))
    for start in range(nodes):
        depth = {start: 0}
        queue = [start]
        for node in queue:
            for near in neighbours[node]:
                if near not in depth:
                    depth[near] = depth[node] + 1
                    queue.append(near)
        hops[start, list(depth)] = list(depth.values())
    return hops


def _scaled(hops: FloatArray) -> FloatArray:
    """Classical scaling: the plane in which squared distances are kept best."""
    centre = np.eye(len(hops)) - 1.0 / len(hops)
    values, vectors = np.linalg.eigh(-0.5 * centre @ hops**2 @ centre)
    return vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-6))


def _majorized(place: FloatArray, hops: FloatArray) -> FloatArray:
    """Rounds of stress majorization."""
    weight = 1.0 / np.maximum(hops, 1.0) ** 2
    np.fill_diagonal(weight, 0.0)
    total = weight.sum(axis=1)[:, None]
    for _ in range(_ROUNDS):
        apart = place[:, None, :] - place[None, :, :]
        length = np.maximum(np.linalg.norm(apart, axis=2), 1e-9)
        wanted = place[None, :, :] + apart * (hops / length)[:, :, None]
        place = 0.5 * place + 0.5 * (weight[:, :, None] * wanted).sum(axis=1) / total
    return place


def _stress(place: FloatArray, hops: FloatArray) -> float:
    length = np.linalg.norm(place[:, None, :] - place[None, :, :], axis=2)
    return float((((length - hops) / np.maximum(hops, 1.0)) ** 2).sum())


def _turned(place: FloatArray) -> FloatArray:
    """The drawing turned to its smallest bounding box, lying, node 0 to the upper left.

    A square one has node 1 to the right of node 0 rather than below it.
    """
    place = place - place.mean(axis=0)
    best, least = place, math.inf
    along, across = np.linalg.svd(place, full_matrices=False)[2][0].tolist()
    principal = math.atan2(across, along)  # exactly so, or a line would lie aslant
    for angle in [principal, *(np.arange(0, 90, 2.5) * np.pi / 180).tolist()]:
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        wide, high = np.ptp(place @ turn, axis=0).tolist()
        area = round((wide + 0.5) * (high + 0.5), 3)
        if area < least:
            best, least = place @ turn, area
    wide, high = np.ptp(best, axis=0).tolist()
    down, right = abs(best[1] - best[0])[::-1].tolist()
    is_square = abs(wide - high) < 0.05 * high
    if (is_square and down > right) or (not is_square and wide < high):
        best = best[:, ::-1]
    if np.ptp(best[:, 1]) < _LEVEL:
        best = best * np.array([1.0, 0.0])
    flip = np.where(best[0] > 1e-6, -1.0, 1.0)
    return best * flip
