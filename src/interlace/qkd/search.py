"""The highest point of a function on the unit cube, without derivatives."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from interlace.kernel import stream

__all__ = ["highest"]

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

_WALL = 1e-6
_CLOSE = 1e-8
_POINTS_A_DIMENSION = 15


def highest(function: Function, *, dimensions: int) -> Floats:
    """Where a function on the unit cube is highest: differential evolution, a fixed seed.

    A generation of points is one call. It ends when all their values are within 1e-8 of their
    mean. The same function gives the same answer.

    Args:
        function: points of shape (dimensions, n) to values (n,), finite everywhere inside.
        dimensions: of the cube.

    Returns:
        The point, shape (dimensions,).
    """
    from scipy.optimize import differential_evolution

    found = differential_evolution(
        lambda points: -function(points.reshape(dimensions, -1)),
        [(_WALL, 1.0 - _WALL)] * dimensions,
        popsize=_POINTS_A_DIMENSION,
        tol=_CLOSE,
        polish=False,
        updating="deferred",
        vectorized=True,
        seed=stream(0, "qkd", "search"),  # pyright: ignore[reportCallIssue] - `rng` since 1.15
    )
    return np.asarray(found.x, dtype=np.float64)
