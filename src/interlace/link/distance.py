"""How far classical messages travel between the ends of a link."""

from __future__ import annotations

from interlace.network import DETOUR_FACTOR, LinkSpec, Network, Site, great_circle
from interlace.physics import flight_time
from interlace.units import Seconds

__all__ = ["classical_latency"]


def classical_latency(spec: LinkSpec, network: Network) -> tuple[Seconds, tuple[str, ...]]:
    """One-way time of a message from end to end, and what had to be assumed.

    The link's own length if known, else the distance of the two sites times `DETOUR_FACTOR`,
    else zero.
    """
    if spec.length_m is not None:
        return flight_time(spec.length_m), ()
    sites = [network.site_of(network.nodes[network.node_index(name)]) for name in spec.ends]
    places = [_coordinates(site) for site in sites]
    if places[0] is not None and places[1] is not None:
        length_m = great_circle(places[0], places[1]) * DETOUR_FACTOR
        note = (
            f"no fibre length is given: messages are taken to travel {length_m / 1e3:.3g} km, "
            f"{DETOUR_FACTOR:g} times the air distance of the two sites"
        )
        return flight_time(length_m), (note,)
    if sites[0] is not None and sites[0] == sites[1]:
        return 0.0, ("both ends stand at one site: messages take no time",)
    return 0.0, ("neither a length nor both sites' coordinates are given: messages take no time",)


def _coordinates(site: Site | None) -> tuple[float, float] | None:
    if site is None or site.lat_deg is None or site.lon_deg is None:
        return None
    return site.lat_deg, site.lon_deg
