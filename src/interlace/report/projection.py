"""Places on a flat map, with the lines of longitude and latitude and a scale bar.

Equirectangular with the standard parallel at the middle latitude: x = R (lon - lon0) cos(lat0),
y = R lat. True to scale near that parallel; north is up.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.network import Network, Place, Site, mean_place
from interlace.report.geometry import Point
from interlace.report.timeline import nice_step
from interlace.units import Degrees, Ratio

__all__ = ["Grid", "Projection", "fitted", "grid_of", "node_places"]

_KM_PER_DEGREE = 111.195  # mean Earth radius 6371.0088 km times pi / 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Projection:
    """Degrees to map units.

    Attributes:
        lat_deg: latitude of the middle, the standard parallel.
        lon_deg: longitude of the middle.
        per_degree: map units a degree of latitude.
        size: width and height of the map.
    """

    lat_deg: Degrees
    lon_deg: Degrees
    per_degree: Ratio
    size: Point

    def point(self, place: Place) -> Point:
        """Where a place is on the map, y downwards."""
        lat, lon = place
        return (
            self.size[0] / 2 + (lon - self.lon_deg) * self.per_degree * self.squeeze,
            self.size[1] / 2 - (lat - self.lat_deg) * self.per_degree,
        )

    @property
    def squeeze(self) -> Ratio:
        """How much shorter a degree of longitude is than one of latitude."""
        return max(0.05, math.cos(math.radians(self.lat_deg)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Lines of equal longitude and latitude, as (map coordinate, label), and a scale bar.

    Attributes:
        scale: width of the bar in map units, and what it says.
    """

    meridians: tuple[tuple[float, str], ...]
    parallels: tuple[tuple[float, str], ...]
    scale: tuple[float, str]


def node_places(network: Network) -> tuple[list[Place] | None, int]:
    """Where every node stands, and of how many that had to be guessed.

    A node without coordinates takes the mean of its neighbours that have a place, round by round.

    Returns:
        Places with the date line unrolled, `None` where no node has any; and the number guessed.
    """
    nodes = network.nodes
    index = {node.name: i for i, node in enumerate(nodes)}
    sites = {site.name: site for site in network.sites}
    places = [_place_of(sites.get(node.site or "")) for node in nodes]
    near: list[list[int]] = [[] for _ in places]
    for link in network.links:
        first, second = (index[end] for end in link.ends)
        near[first].append(second)
        near[second].append(first)
    lost = [i for i, place in enumerate(places) if place is None]
    guessed = len(lost)
    while lost:
        found = {
            i: mean_place(around)
            for i in lost
            if (around := [place for j in near[i] if (place := places[j]) is not None])
        }
        if not found:
            return None, guessed
        for i, place in found.items():
            places[i] = place
        lost = [i for i in lost if i not in found]
    return _unrolled([place for place in places if place is not None]), guessed


def _place_of(site: Site | None) -> Place | None:
    if site is None or site.lat_deg is None or site.lon_deg is None:
        return None
    return site.lat_deg, site.lon_deg


def _unrolled(places: list[Place]) -> list[Place]:
    lons = [lon for _, lon in places]
    if max(lons) - min(lons) <= 180:
        return places
    return [(lat, lon % 360) for lat, lon in places]


def fitted(
    places: Sequence[Place], *, width: Ratio, heights: tuple[float, float], margin: Point
) -> Projection | None:
    """The projection that fills a map.

    Args:
        places: what has to be on it.
        width: of the map.
        heights: least and largest height of the map.
        margin: free room at each side, and above and below.

    Returns:
        `None` if all places are one.
    """
    lats, lons = [lat for lat, _ in places], [lon for _, lon in places]
    lat_deg, lon_deg = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    squeeze = max(0.05, math.cos(math.radians(lat_deg)))
    wide, high = (max(lons) - min(lons)) * squeeze, max(lats) - min(lats)
    if max(wide, high) < 1e-6:
        return None
    room_x, room_y = width - 2 * margin[0], heights[1] - 2 * margin[1]
    per_degree = min(room_x / wide if wide else math.inf, room_y / high if high else math.inf)
    height = min(heights[1], max(heights[0], high * per_degree + 2 * margin[1]))
    return Projection(lat_deg=lat_deg, lon_deg=lon_deg, per_degree=per_degree, size=(width, height))


def grid_of(projection: Projection, *, spacing: Ratio = 0.085, bar: Ratio = 0.08) -> Grid:
    """Lines each way at round degrees, and a bar of a round length.

    Args:
        projection: of the map.
        spacing: least distance of two meridians, as a share of the map's width.
        bar: least length of the bar, the same.
    """
    width, height = projection.size
    per_lon = projection.per_degree * projection.squeeze
    step = nice_step(spacing * width / per_lon)
    half_x, half_y = width / 2 / per_lon, height / 2 / projection.per_degree
    meridians = _multiples(projection.lon_deg - half_x, projection.lon_deg + half_x, step)
    low, high = projection.lat_deg - half_y, projection.lat_deg + half_y
    parallels = _multiples(max(-90.0, low), min(90.0, high), step)
    km = nice_step(bar * width / projection.per_degree * _KM_PER_DEGREE)
    return Grid(
        meridians=tuple(
            (projection.point((0.0, lon))[0], _degrees(lon, step, "EW")) for lon in meridians
        ),
        parallels=tuple(
            (projection.point((lat, 0.0))[1], _degrees(lat, step, "NS")) for lat in parallels
        ),
        scale=(
            km / _KM_PER_DEGREE * projection.per_degree,
            f"{km:,.0f} km" if km >= 1 else f"{1000 * km:,.0f} m",
        ),
    )


def _multiples(start: float, stop: float, step: float) -> list[float]:
    return [i * step for i in range(math.ceil(start / step), math.floor(stop / step) + 1)]


def _degrees(value: float, step: float, letters: str) -> str:
    if letters == "EW":
        value = (value + 180) % 360 - 180
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    is_bare = abs(value) < step / 2 or abs(abs(value) - 180) < step / 2
    letter = "" if is_bare else letters[0 if value > 0 else 1]
    return f"{abs(value):.{decimals}f}°{letter}"
