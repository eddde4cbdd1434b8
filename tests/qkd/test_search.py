"""The search finds the tops of functions whose tops are known, and always the same ones."""

from __future__ import annotations

import numpy as np
import pytest

from interlace.qkd.search import highest


@pytest.mark.parametrize("dimensions", [1, 2, 4, 5])
def test_a_bowl_turned_over_has_its_top_found(dimensions: int) -> None:
    top = np.random.default_rng(3).uniform(0.05, 0.95, (dimensions, 1))
    steep = np.arange(1, dimensions + 1)[:, None]

    def bowl(points):
        return 2.0 - np.sum(steep * (points - top) ** 2, axis=0)

    found = highest(bowl, dimensions=dimensions)
    assert found == pytest.approx(top[:, 0], abs=1e-3)
    assert found.tolist() == highest(bowl, dimensions=dimensions).tolist()


def test_a_curved_valley_and_a_side_top_do_not_stop_it() -> None:
    def hills(points):
        x, y = 4 * points - 2
        valley = 1 - (1 - x) ** 2 - 100 * (y - x * x) ** 2
        side = 50 * np.exp(-200 * ((x + 1) ** 2 + (y + 1) ** 2))
        return np.maximum(valley, side - 60)

    found = highest(hills, dimensions=2)
    assert 4 * found - 2 == pytest.approx([1.0, 1.0], abs=2e-3)


def test_a_top_at_the_wall_is_come_near_to() -> None:
    found = highest(lambda points: points.sum(axis=0), dimensions=3)
    assert found == pytest.approx(1.0, abs=1e-5)
