"""The network as emission's compiled loops see it: cells, wires and routes as arrays.

A *side* is one end of a link: side 2 l is the first end of link l, side 2 l + 1
the second. Routes are asked for by pairs of machines that need them, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from interlace.compiler.plan import NONE
from interlace.kernel import BoolArray, IntArray, spans
from interlace.link import Link
from interlace.network import Network
from interlace.routing import Route
from interlace.units import Fidelity

__all__ = ["Ground", "GroundColumns"]


class GroundColumns(NamedTuple):
    """V nodes, the first K of them machines, with M communication qubits and L links.

    Attributes:
        num_machines: K.
        pool_start: CSR of the communication qubits of each node, shape (V + 1,).
        pool_qubit: their device qubits, shape (M,).
        is_unlimited: nodes that make communication qubits as they need them, shape (V,).
        first_extra: the first device qubit that such a node makes, shape (V,).
        link_first: node at the first end of each link, shape (L,).
        is_wired: whether a side reaches only some communication qubits, shape (2 L,).
        wired_start: CSR of the device qubits that each side is wired to, shape (2 L + 1,).
        wired: these device qubits.
        route_start: where the route of machines (a, b), number a K + b, begins; shape (K K,).
        route_hops: its number of links, shape (K K,).
        route_nodes: nodes along the routes, one after the other.
        route_links: the link after each of these nodes; `NONE` after the last of a route.
    """

    num_machines: int
    pool_start: IntArray
    pool_qubit: IntArray
    is_unlimited: BoolArray
    first_extra: IntArray
    link_first: IntArray
    is_wired: BoolArray
    wired_start: IntArray
    wired: IntArray
    route_start: IntArray
    route_hops: IntArray
    route_nodes: IntArray
    route_links: IntArray


_Path = tuple[tuple[int, ...], tuple[int, ...]]
"""Nodes, and the links between them."""


@dataclass(slots=True)
class Ground:
    """A network, its links, and the routes found so far.

    Attributes:
        network: what exists.
        links: compiled, in its order.
        route: the path for an ebit between two machines.
        min_fidelity: what `route` asks of every path.
        columns: for compiled loops.
    """

    network: Network
    links: Sequence[Link]
    route: Callable[[int, int], Route]
    min_fidelity: Fidelity | None = None
    columns: GroundColumns = field(init=False)

    def __post_init__(self) -> None:
        """Lay the network out; no route is known yet."""
        nodes, links = self.network.nodes, self.links
        pools = [node.communication or () for node in nodes]
        sides = [wires for link in self.network.links for wires in link.wired]
        machines = len(self.network.machines)
        self.columns = GroundColumns(
            num_machines=machines,
            pool_start=_offsets(pools),
            pool_qubit=_flat(pools),
            is_unlimited=np.array([node.communication is None for node in nodes], dtype=np.bool_),
            first_extra=np.array([node.device.qubits for node in nodes], dtype=np.int64),
            link_first=np.array([link.ends[0] for link in links], dtype=np.int64),
            is_wired=np.array([wires is not None for wires in sides], dtype=np.bool_),
            wired_start=_offsets([wires or () for wires in sides]),
            wired=_flat([wires or () for wires in sides]),
            route_start=np.full(machines**2, NONE, dtype=np.int64),
            route_hops=np.zeros(machines**2, dtype=np.int64),
            route_nodes=np.zeros(0, dtype=np.int64),
            route_links=np.zeros(0, dtype=np.int64),
        )

    def find_routes(self, pairs: IntArray) -> None:
        """Look for the routes of these pairs of machines, both ways, unless they are known.

        Args:
            pairs: numbers a K + b of machines (a, b).

        Raises:
            InfeasibleError: there is no route that is good enough.
        """
        columns, machines = self.columns, self.columns.num_machines
        new = pairs[columns.route_start[pairs] == NONE]
        ends = np.unique(np.sort(np.stack(np.divmod(new, machines), axis=1), axis=1), axis=0)
        if len(ends) == 0:
            return
        direct = self._direct()
        found = [(a, b, direct.get((a, b)) or self._searched(a, b)) for a, b in ends.tolist()]
        nodes, links = [columns.route_nodes], [columns.route_links]
        at = len(columns.route_nodes)
        for a, b, (path, hops) in found:
            for number, way, by in (
                (a * machines + b, path, hops),
                (b * machines + a, path[::-1], hops[::-1]),
            ):
                columns.route_start[number], columns.route_hops[number] = at, len(by)
                nodes.append(np.array(way, dtype=np.int64))
                links.append(np.array((*by, NONE), dtype=np.int64))
                at += len(way)
        self.columns = columns._replace(
            route_nodes=np.concatenate(nodes), route_links=np.concatenate(links)
        )

    def _searched(self, a: int, b: int) -> _Path:
        route = self.route(a, b)
        return route.nodes, route.links

    def _direct(self) -> dict[tuple[int, int], _Path]:
        """Links that are the best path between their ends, which needs no search.

        Every path from a node waits for one of its links, so none is sooner than the soonest of
        these; and of equally soon paths the one with fewest hops is best.
        """
        soonest_s = np.full(len(self.network.nodes), np.inf)
        for link in self.links:
            for node in link.ends:
                soonest_s[node] = min(soonest_s[node], link.mean_wait_s)
        has_cells = [node.communication != () for node in self.network.nodes]
        needed = self.min_fidelity or 0.0
        return {
            (min(a, b), max(a, b)): ((min(a, b), max(a, b)), (number,))
            for number, link in enumerate(self.links)
            for a, b in [link.ends]
            if link.mean_wait_s <= max(soonest_s[a], soonest_s[b])
            and link.fidelity >= needed
            and has_cells[a]
            and has_cells[b]
        }

    def inner_nodes(self, pairs: IntArray) -> IntArray:
        """The nodes between the ends of these routes, with repetitions."""
        columns = self.columns
        inner = np.maximum(columns.route_hops[pairs] - 1, 0)
        return columns.route_nodes[spans(columns.route_start[pairs] + 1, inner)]


def _offsets(runs: Sequence[Sequence[int]]) -> IntArray:
    return np.cumsum([0, *map(len, runs)], dtype=np.int64)


def _flat(runs: Sequence[Sequence[int]]) -> IntArray:
    return np.array([item for run in runs for item in run], dtype=np.int64)
