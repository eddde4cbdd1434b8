"""The search finds the tops of functions whose tops are known, all of them at once."""

from __future__ import annotations

import numpy as np
import pytest

from interlace.qkd.simplex import highest


@pytest.mark.parametrize("dimensions", [1, 2, 4, 5])
def test_every_problem_has_its_own_top(dimensions: int) -> None:
    tops = np.random.default_rng(3).uniform(0.05, 0.95, (dimensions, 7, 1))

    def bowls(points):
        away = [(k + 1) * (points[k] - tops[k]) ** 2 for k in range(dimensions)]
        return 2.0 - np.sum(away, axis=0)

    found, values = highest(bowls, dimensions=dimensions, problems=7)
    assert values == pytest.approx(2.0, abs=1e-8)
    assert found == pytest.approx(tops[..., 0], abs=1e-4)


def test_a_curved_valley_and_a_side_top_do_not_stop_it() -> None:
    def hills(points):
        x, y = 4 * points - 2
        valley = -((1 - x) ** 2) - 100 * (y - x * x) ** 2
        side = 50 * np.exp(-200 * ((x + 1) ** 2 + (y + 1) ** 2))
        return np.maximum(valley, side - 60)

    found, values = highest(hills, dimensions=2, problems=1)
    assert values == pytest.approx(0.0, abs=1e-7)
    assert 4 * found[:, 0] - 2 == pytest.approx([1.0, 1.0], abs=1e-3)


def test_a_top_at_the_wall_is_come_near_to() -> None:
    found, _ = highest(lambda points: points.sum(axis=0), dimensions=3, problems=1)
    assert found == pytest.approx(1.0, abs=1e-5)
