"""Which way a pair goes: the best path by rate, under a bound on fidelity.

Why this objective and this search: `docs/decisions/0002-path-search.md`.
"""

from __future__ import annotations

from collections.abc import Sequence

from interlace.errors import InfeasibleError, InvariantError
from interlace.link import Link
from interlace.network import BellState, Network, Node, Repeater
from interlace.physics import compose
from interlace.routing.graph import PathGraph
from interlace.routing.model import Route
from interlace.routing.search import Goal, Label, find_path
from interlace.routing.waiting import expected_longest_wait_s
from interlace.units import Fidelity

__all__ = ["best_route"]

_MOST_NODES, _FIRST_NODES, _MOST_OBSTACLES = 8, 4, 3
"""A path of more nodes is named by the first few and its end; so are the obstacles on it."""


def best_route(
    network: Network,
    links: Sequence[Link],
    a: int,
    b: int,
    *,
    min_fidelity: Fidelity | None = None,
) -> Route:
    """The path over which a pair is soonest ready, all hops generating in parallel.

    Least expected time until every hop has one pair, among simple paths whose swapped state,
    with ideal swaps and no waiting, has at least `min_fidelity`. Ties go to fewer hops, then to
    the higher fidelity. A pair is made on one channel: more channels make more pairs, none
    sooner. An inner node needs two communication qubits (and wiring that uses two) to swap.

    Args:
        network: whose nodes and wiring count.
        links: its compiled links, in its order.
        a: index in `Network.nodes` of one end.
        b: index of the other.
        min_fidelity: bound on the swapped pair; `None`: any.

    Raises:
        InfeasibleError: no path exists or none is good enough; names what stands in the way.
        InvariantError: both ends are the same node.
    """
    if a == b:
        raise InvariantError(f"a route joins two different nodes (got node {a} twice)")
    _require_communication(network, a, b)
    if not links:
        raise InfeasibleError("the network has no links: no two nodes can share an ebit")
    graph = PathGraph.of(network, links)
    found = find_path(graph, a, b, goal=Goal(min_fidelity=min_fidelity))
    if found is not None:
        return _route(found, links)
    best = find_path(graph, a, b, goal=Goal(by_fidelity=True))
    unhindered = find_path(graph, a, b, goal=Goal(by_fidelity=True, any_swap=True))
    if best is None:
        raise InfeasibleError(_no_path(network, graph, unhindered, a=a, b=b))
    needed = 0.0 if min_fidelity is None else min_fidelity
    message = _too_noisy(network, links, _route(best, links), needed=needed)
    if unhindered is not None and unhindered.fidelity >= needed:
        message += f"; {_words(network, unhindered.nodes)} would do, but "
        message += _obstacles(network, graph, unhindered)
    raise InfeasibleError(message)


def _route(label: Label, links: Sequence[Link]) -> Route:
    hops = [links[index] for index in label.links]
    return Route(
        nodes=label.nodes,
        links=label.links,
        mean_wait_s=expected_longest_wait_s(hops),
        state=_swapped(hops),
    )


def _swapped(hops: Sequence[Link]) -> BellState:
    """The pair that ideal swaps make of the hops' fresh pairs."""
    state = hops[0].state
    for hop in hops[1:]:
        i, x, y, z = compose(state, hop.state).tolist()
        state = (i, x, y, z)
    return state


def _require_communication(network: Network, *ends: int) -> None:
    for index in ends:
        node = network.nodes[index]
        if node.communication is not None and not node.communication:
            raise InfeasibleError(
                f"{_kind(node)} {node.name} has no communication qubit: it cannot share an ebit; "
                "give it at least one"
            )


def _no_path(
    network: Network, graph: PathGraph, unhindered: Label | None, *, a: int, b: int
) -> str:
    ends = f"{network.nodes[a].name} and {network.nodes[b].name}"
    if unhindered is None:
        return f"no path of links joins {ends}"
    return (
        f"no path joins {ends}: on {_words(network, unhindered.nodes)} "
        f"{_obstacles(network, graph, unhindered)}"
    )


def _obstacles(network: Network, graph: PathGraph, path: Label) -> str:
    """Why the inner nodes of a path cannot swap, as one sentence."""
    said: list[str] = []
    for place, index in enumerate(path.nodes[1:-1]):
        node = network.nodes[index]
        if not graph.can_swap[index]:
            held = len(node.communication or ())
            said.append(
                f"{_kind(node)} {node.name} has {held} communication "
                f"qubit{'' if held == 1 else 's'} and needs 2 to swap"
            )
            continue
        near, far = (network.links[link] for link in path.links[place : place + 2])
        arrived = graph.sole[path.links[place]][near.ends.index(node.name)]
        leaving = graph.sole[path.links[place + 1]][far.ends.index(node.name)]
        if arrived is not None and arrived == leaving:
            said.append(
                f"links {near.name} and {far.name} are wired to the same communication qubit "
                f"{arrived} of {node.name}, so it cannot swap them"
            )
    more = len(said) - _MOST_OBSTACLES
    if more > 0:
        said[_MOST_OBSTACLES:] = [f"and {more} more such obstacles"]
    return "; ".join(said)


def _too_noisy(network: Network, links: Sequence[Link], best: Route, *, needed: Fidelity) -> str:
    weakest = min((links[index] for index in best.links), key=lambda link: link.fidelity)
    ends = f"{network.nodes[best.nodes[0]].name} and {network.nodes[best.nodes[-1]].name}"
    message = (
        f"no path between {ends} reaches fidelity {needed:g}: "
        f"the best is {best.fidelity:.4f} over {_words(network, best.nodes)}"
    )
    if len(best.links) > 1:
        message += f", with {weakest.name} ({weakest.fidelity:.4f}) its weakest link"
    return f"{message}; ask for less, or for better links"


def _words(network: Network, path: tuple[int, ...]) -> str:
    """The nodes on the way; of a long one the first, the last, and the number of links."""
    names = [network.nodes[index].name for index in path]
    if len(names) <= _MOST_NODES:
        return " - ".join(names)
    return f"{' - '.join(names[:_FIRST_NODES])} - ... - {names[-1]} ({len(names) - 1} links)"


def _kind(node: Node) -> str:
    return "repeater" if isinstance(node, Repeater) else "machine"
