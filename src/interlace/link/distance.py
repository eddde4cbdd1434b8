"""How far classical messages travel between the ends of a link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interlace.network import DETOUR_FACTOR, LinkSpec, Network, Node, Site, great_circle
from interlace.physics import flight_time
from interlace.units import Seconds

__all__ = ["Places", "classical_latency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What stands where in a network, to look up by name.

    Attributes:
        index: of each node in `Network.nodes`, by its name.
        nodes: the network's.
        sites: by name.
    """

    index: Mapping[str, int]
    nodes: tuple[Node, ...]
    sites: Mapping[str, Site]

    @staticmethod
    def of(network: Network) -> Places:
        """The places of every node, built once for all links."""
        nodes = network.nodes
        return Places(
            index={node.name: index for index, node in enumerate(nodes)},
            nodes=nodes,
            sites={site.name: site for site in network.sites},
        )

    def node(self, name: str) -> Node:
        """The node of that name."""
        return self.nodes[self.index[name]]

    def site(self, name: str) -> Site | None:
        """Where the node of that name stands, if that is known."""
        site = self.node(name).site
        return None if site is None else self.sites.get(site)


def classical_latency(spec: LinkSpec, places: Places) -> tuple[Seconds, tuple[str, ...]]:
    """One-way time of a message from end to end, and what had to be assumed.

    The link's own length if known, else the distance of the two sites times `DETOUR_FACTOR`,
    else zero.
    """
    if spec.length_m is not None:
        return flight_time(spec.length_m), ()
    sites = [places.site(name) for name in spec.ends]
    points = [_coordinates(site) for site in sites]
    if points[0] is not None and points[1] is not None:
        length_m = great_circle(points[0], points[1]) * DETOUR_FACTOR
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
