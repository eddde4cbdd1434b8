"""Great circles, points on them, and means of places."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlace.network.geography import EARTH_RADIUS_M, great_circle, mean_place, waypoint

places = st.tuples(st.floats(-89, 89), st.floats(-180, 180))


@pytest.mark.parametrize(
    ("first", "second", "km"),
    [
        ((0.0, 0.0), (0.0, 90.0), 10007.557),  # a quarter of the equator
        ((90.0, 0.0), (-90.0, 0.0), 20015.114),  # pole to pole
        ((50.0, 179.5), (50.0, -179.5), 71.474),  # over the date line
    ],
)
def test_great_circles_of_known_length(first, second, km: float) -> None:
    assert great_circle(first, second) / 1e3 == pytest.approx(km, abs=2e-3)


@given(places, places, st.floats(0, 1))
def test_a_waypoint_cuts_the_great_circle_in_the_share_asked_for(first, second, share) -> None:
    whole = great_circle(first, second)
    there = waypoint(first, second, share)
    assert great_circle(first, there) == pytest.approx(share * whole, abs=1.0)
    assert great_circle(there, second) == pytest.approx((1 - share) * whole, abs=1.0)
    assert abs(there[0]) <= 90
    assert abs(there[1]) <= 180


def test_places_on_opposite_sides_are_joined_over_a_pole() -> None:
    for share in (0.1, 0.5, 0.9):
        there = waypoint((10.0, 20.0), (-10.0, -160.0), share)
        whole = math.pi * EARTH_RADIUS_M
        assert great_circle((10.0, 20.0), there) == pytest.approx(share * whole, rel=1e-6)


@given(st.lists(places, min_size=1, max_size=6))
def test_the_mean_lies_among_the_places(found) -> None:
    lat, lon = mean_place(found)
    assert min(p[0] for p in found) - 1e-9 <= lat <= max(p[0] for p in found) + 1e-9
    assert -180 <= lon <= 180


def test_the_mean_is_of_latitudes_and_longitudes() -> None:
    assert mean_place([(10.0, 20.0), (20.0, 40.0), (30.0, 30.0)]) == pytest.approx((20.0, 30.0))
    assert mean_place([(0.0, 170.0), (0.0, -170.0)])[1] in (180.0, -180.0)
