"""Places on the Earth: how far apart, what lies between, and how much longer the fibre is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from interlace.units import Degrees, Metres, Ratio

__all__ = [
    "DETOUR_FACTOR",
    "EARTH_RADIUS_M",
    "Place",
    "great_circle",
    "mean_place",
    "waypoint",
]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth (IUGG)."""

DETOUR_FACTOR = 1.5
"""Assumed fibre length over air distance, where only the air distance is known.

The routing factor of ITU-T Recommendation Y.1541 for air distances below 1000 km; beyond 1200 km
it takes 1.25.
"""

Place = tuple[Degrees, Degrees]
"""Latitude (north positive) and longitude (east positive)."""


def great_circle(first: Place, second: Place) -> Metres:
    """Shortest way over the surface between two (latitude, longitude) in degrees.

    Haversine formula on a sphere; up to 0.6 % off on the real Earth.

    Example:
        >>> round(great_circle((48.14, 11.58), (49.45, 11.08)) / 1e3)
        150
    """
    lat_1, lon_1, lat_2, lon_2 = (math.radians(angle) for angle in (*first, *second))
    h = (
        math.sin((lat_2 - lat_1) / 2.0) ** 2
        + math.cos(lat_1) * math.cos(lat_2) * math.sin((lon_2 - lon_1) / 2.0) ** 2
    )
    return 2.0 * EARTH_RADIUS_M * math.asin(math.sqrt(min(h, 1.0)))


def waypoint(first: Place, second: Place, share: Ratio) -> Place:
    """The point at that share of the great circle from the first place to the second.

    Spherical linear interpolation: with d the angle between the unit vectors a and b of the two
    places, (sin((1-t) d) a + sin(t d) b) / sin d. Places on opposite sides of the Earth have no
    one great circle; the one over the pole is as good as any.

    Args:
        first: where share 0 is.
        second: where share 1 is.
        share: from 0 to 1.

    Example:
        >>> waypoint((0.0, 0.0), (0.0, 90.0), 0.5)
        (0.0, 45.0)
    """
    angle = great_circle(first, second) / EARTH_RADIUS_M
    if angle < 1e-12:
        return first
    if angle > math.pi - 1e-6:  # opposite sides: over the pole
        turned = first[0] + 180.0 * share
        over = turned > 90.0
        return (180.0 - turned, _wrapped(first[1] + 180.0)) if over else (turned, first[1])
    a, b = math.sin((1.0 - share) * angle), math.sin(share * angle)
    x, y, z = (
        (a * p + b * q) / math.sin(angle)
        for p, q in zip(_unit_vector(first), _unit_vector(second), strict=True)
    )
    lat, lon = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
    return round(lat, 9) + 0.0, round(lon, 9) + 0.0


def mean_place(places: Sequence[Place]) -> Place:
    """The mean latitude and longitude of one place or more, also across the date line.

    Example:
        >>> mean_place([(10.0, 179.0), (20.0, -177.0)])
        (15.0, -179.0)
    """
    origin = places[0][1]
    turns = [_wrapped(lon - origin) for _, lon in places]
    lat = math.fsum(lat for lat, _ in places) / len(places)
    return lat, _wrapped(origin + math.fsum(turns) / len(places))


def _unit_vector(place: Place) -> tuple[Ratio, Ratio, Ratio]:
    lat, lon = (math.radians(angle) for angle in place)
    return math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)


def _wrapped(lon_deg: Degrees) -> Degrees:
    """The same longitude from -180 to 180."""
    return lon_deg if -180.0 <= lon_deg <= 180.0 else (lon_deg + 180.0) % 360.0 - 180.0
