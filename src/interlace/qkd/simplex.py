"""The highest points of many smooth functions at once, without derivatives.

Nelder and Mead's method (Comput. J. 7, 308 (1965), doi:10.1093/comjnl/7.4.308) for arrays: one
simplex for each function and start, all moved together, so that a call of the functions costs what
one vectorised call costs. Every step evaluates all four moves of every simplex and keeps the one
that the method prescribes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from interlace.kernel import stream

__all__ = ["highest"]

Floats = NDArray[np.float64]
Functions = Callable[[Floats], Floats]

_STARTS, _CLIMBERS = 512, 8
_STEP, _SMALL_STEP = 0.6, 0.15
_MOST_STEPS = 300
_CLOSE = 1e-9
_WALL, _FAR = 1e-6, 30.0


def highest(functions: Functions, *, dimensions: int, problems: int) -> tuple[Floats, Floats]:
    """Where each of several functions on the unit cube is highest, and how high.

    From 512 fixed random starts the best 8 climb; then the best of those climbs twice more from a
    fresh simplex, which frees one that collapsed. The same functions give the same answer.

    Args:
        functions: points of shape (dimensions, ..., problems, n) to values (..., problems, n),
            finite everywhere inside the cube.
        dimensions: of the cube.
        problems: how many functions.

    Returns:
        Points, shape (dimensions, problems), and their values, shape (problems,).
    """

    def wide(points: Floats) -> Floats:
        return functions(_inside(points))

    shares = stream(0, "qkd", "starts").uniform(0.02, 0.98, (dimensions, 1, _STARTS))
    starts = np.broadcast_to(np.log(shares / (1.0 - shares)), (dimensions, problems, _STARTS))
    values = wide(starts)
    best = np.argsort(-values, axis=-1, kind="stable")[:, :_CLIMBERS]
    points = np.take_along_axis(starts, best[None], axis=-1)
    points, values = _climbed(wide, points, step=_STEP)
    for _ in range(2):
        at = values.argmax(axis=-1)[:, None]
        points = np.take_along_axis(points, at[None], axis=-1)
        points, values = _climbed(wide, points, step=_SMALL_STEP)
    return _inside(points[..., 0]), values[..., 0]


def _inside(points: Floats) -> Floats:
    """All of space pressed into the cube, a little away from its walls."""
    return _WALL + (1.0 - 2.0 * _WALL) / (1.0 + np.exp(-np.clip(points, -_FAR, _FAR)))


def _climbed(functions: Functions, starts: Floats, *, step: float) -> tuple[Floats, Floats]:
    """The highest corner that a simplex around each start comes to, shape as the starts'."""
    dimensions = len(starts)
    corners = np.repeat(starts[:, None], dimensions + 1, axis=1)  # (dimension, corner, ...)
    for axis in range(dimensions):
        corners[axis, axis + 1] += step
    values = functions(corners)
    for _ in range(_MOST_STEPS):
        order = np.argsort(-values, axis=0, kind="stable")
        values = np.take_along_axis(values, order, axis=0)
        corners = np.take_along_axis(corners, order[None], axis=1)
        if np.all(values[0] - values[-1] <= _CLOSE * np.abs(values[0])):
            break
        corners, values = _moved(functions, corners, values)
    at = values.argmax(axis=0)[None]
    points = np.take_along_axis(corners, at[None], axis=1)[:, 0]
    return points, np.take_along_axis(values, at, axis=0)[0]


def _moved(functions: Functions, corners: Floats, values: Floats) -> tuple[Floats, Floats]:
    """One step of every simplex; corners are sorted from the highest."""
    centre = corners[:, :-1].mean(axis=1)
    away = centre - corners[:, -1]
    moves = np.stack([centre + k * away for k in (1.0, 2.0, 0.5, -0.5)], axis=1)
    reflected, expanded, outside, inside = functions(moves)
    top, next_worst, worst = values[0], values[-2], values[-1]
    choice = np.select(
        [
            (reflected > top) & (expanded > reflected),
            reflected > next_worst,
            (reflected > worst) & (outside >= reflected),
            (reflected <= worst) & (inside > worst),
        ],
        [1, 0, 2, 3],
        default=4,
    )
    shrinks = choice == 4
    taken = np.minimum(choice, 3)[None]
    found = np.take_along_axis(moves, taken[None], axis=1)[:, 0]
    height = np.take_along_axis(np.stack([reflected, expanded, outside, inside]), taken, axis=0)[0]
    corners, values = corners.copy(), values.copy()
    corners[:, -1] = np.where(shrinks, corners[:, -1], found)
    values[-1] = np.where(shrinks, worst, height)
    if shrinks.any():
        shrunk = (corners + corners[:, :1]) / 2.0
        corners = np.where(shrinks, shrunk, corners)
        values = np.where(shrinks, functions(shrunk), values)
    return corners, values
