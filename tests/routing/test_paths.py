from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.errors import InfeasibleError, InvariantError
from interlace.link import compile_links
from interlace.network import (
    BellState,
    Device,
    LinkSpec,
    Machine,
    Network,
    PoissonSource,
    Repeater,
)
from interlace.physics import compose, werner
from interlace.routing import Route, best_route, classical_latency_s

IDEAL = Device(name="ideal:4", qubits=4)
Edge = tuple[int, int, float, BellState]


def a_network(
    edges: Sequence[Edge],
    *,
    communication: dict[int, tuple[int, ...] | None] | None = None,
    repeaters: int = 0,
    wired: dict[int, tuple[tuple[int, ...] | None, tuple[int, ...] | None]] | None = None,
) -> Network:
    """Nodes m0, m1, ... (the last ones repeaters) joined by Poisson links of 20 km."""
    size = 1 + max(max(edge[:2]) for edge in edges)
    held: dict[int, tuple[int, ...] | None] = dict.fromkeys(range(size), (0, 1))
    held |= communication or {}
    names = [f"m{k}" if k < size - repeaters else f"r{k}" for k in range(size)]
    nodes = [
        (Machine if name[0] == "m" else Repeater)(
            name=name, site=None, device=IDEAL, communication=held[k]
        )
        for k, name in enumerate(names)
    ]
    links = tuple(
        LinkSpec(
            name=f"{names[a]}--{names[b]}",
            ends=(names[a], names[b]),
            channels=1,
            source=PoissonSource(rate_hz=rate_hz, state=state),
            length_m=20e3,
            wired=(wired or {}).get(k, (None, None)),
        )
        for k, (a, b, rate_hz, state) in enumerate(edges)
    )
    split = size - repeaters
    return Network(
        name="test",
        sites=(),
        machines=tuple(nodes[:split]),
        repeaters=tuple(nodes[split:]),
        links=links,
    )


def route(network: Network, a: int, b: int, **options: float) -> Route:
    return best_route(network, compile_links(network), a, b, **options)


# ------------------------------------------------------------------------- an independent twin


def max_of_exponentials(rates: Sequence[float]) -> float:
    """E[max] by inclusion and exclusion."""
    return sum(
        (-1) ** (size + 1) / sum(chosen)
        for size in range(1, len(rates) + 1)
        for chosen in itertools.combinations(rates, size)
    )


def every_simple_path(edges: Sequence[Edge], a: int, b: int) -> list[tuple[int, ...]]:
    """Edge indices of all simple paths, by plain recursion."""
    found: list[tuple[int, ...]] = []

    def walk(node: int, seen: frozenset[int], path: tuple[int, ...]) -> None:
        if node == b:
            found.append(path)
            return
        for k, (x, y, _, _) in enumerate(edges):
            for near, far in ((x, y), (y, x)):
                if near == node and far not in seen:
                    walk(far, seen | {far}, (*path, k))

    walk(a, frozenset({a}), ())
    return found


def inner_nodes(edges: Sequence[Edge], a: int, path: tuple[int, ...]) -> list[int]:
    nodes, here = [], a
    for k in path[:-1]:
        here = edges[k][1] if edges[k][0] == here else edges[k][0]
        nodes.append(here)
    return nodes


def brute_force(
    edges: Sequence[Edge], a: int, b: int, *, barred: set[int], min_fidelity: float
) -> float | None:
    waits = []
    for path in every_simple_path(edges, a, b):
        state: Sequence[float] = (1.0, 0.0, 0.0, 0.0)
        for k in path:
            state = compose(state, edges[k][3]).tolist()
        if state[0] >= min_fidelity and not barred & set(inner_nodes(edges, a, path)):
            waits.append(max_of_exponentials([edges[k][2] for k in path]))
    return min(waits, default=None)


def bell_states(*, smallest: float) -> st.SearchStrategy[BellState]:
    def of(fidelity: float, shares: tuple[float, float, float]) -> BellState:
        rest = (1 - fidelity) / sum(shares)
        return (fidelity, *(rest * share for share in shares))

    shares = st.tuples(*[st.floats(0.05, 1.0)] * 3)
    return st.builds(of, st.floats(smallest, 1.0), shares)


@st.composite
def random_graphs(draw: st.DrawFn, *, smallest: float = 0.7) -> tuple[list[Edge], set[int]]:
    size = draw(st.integers(3, 6))
    pairs = list(itertools.combinations(range(size), 2))
    line = [(k, k + 1) for k in range(size - 1)]
    chosen = line + draw(st.lists(st.sampled_from(pairs), max_size=6))
    edges = [
        (x, y, draw(st.floats(0.1, 1e4)), draw(bell_states(smallest=smallest))) for x, y in chosen
    ]
    return edges, draw(st.sets(st.integers(1, size - 2), max_size=1))


def agrees(edges: list[Edge], barred: set[int], min_fidelity: float) -> None:
    target = max(max(edge[:2]) for edge in edges)
    expected = brute_force(edges, 0, target, barred=barred, min_fidelity=min_fidelity)
    network = a_network(edges, communication=dict.fromkeys(barred, (0,)))
    if expected is None:
        with pytest.raises(InfeasibleError):
            route(network, 0, target, min_fidelity=min_fidelity)
        return
    found = route(network, 0, target, min_fidelity=min_fidelity)
    assert found.mean_wait_s == pytest.approx(expected, rel=1e-7)
    assert found.fidelity >= min_fidelity - 1e-12


@settings(deadline=None, max_examples=60)
@given(random_graphs(), st.floats(0.3, 0.9))
def test_the_route_is_the_best_of_all_simple_paths(
    graph: tuple[list[Edge], set[int]], min_fidelity: float
) -> None:
    agrees(*graph, min_fidelity)


@settings(deadline=None, max_examples=40)
@given(random_graphs(smallest=0.05), st.floats(0.05, 0.9))
def test_links_with_negative_characters_are_searched_exactly_too(
    graph: tuple[list[Edge], set[int]], min_fidelity: float
) -> None:
    agrees(*graph, min_fidelity)


@settings(deadline=None, max_examples=40)
@given(random_graphs())
def test_without_a_bound_the_fastest_of_all_paths_wins(graph: tuple[list[Edge], set[int]]) -> None:
    agrees(*graph, 0.0)


@settings(deadline=None, max_examples=25)
@given(random_graphs(), st.floats(0.5, 0.99))
def test_a_refusal_names_the_best_fidelity_there_is(
    graph: tuple[list[Edge], set[int]], min_fidelity: float
) -> None:
    edges, _ = graph
    target = max(max(edge[:2]) for edge in edges)
    fidelities = []
    for path in every_simple_path(edges, 0, target):
        state: Sequence[float] = (1.0, 0.0, 0.0, 0.0)
        for k in path:
            state = compose(state, edges[k][3]).tolist()
        fidelities.append(state[0])
    network = a_network(edges)
    if max(fidelities) >= min_fidelity:
        assert route(network, 0, target, min_fidelity=min_fidelity).fidelity >= min_fidelity - 1e-12
    else:
        with pytest.raises(InfeasibleError, match=f"the best is {max(fidelities):.4f} over m0"):
            route(network, 0, target, min_fidelity=min_fidelity)


# --------------------------------------------------------------------------------- by hand


def test_a_fast_detour_beats_a_slow_direct_link() -> None:
    network = a_network([(0, 2, 1.0, werner(0.99)), (0, 1, 10.0, werner(0.9)),
                         (1, 2, 10.0, werner(0.9))])  # fmt: skip
    found = route(network, 0, 2)
    assert found.nodes == (0, 1, 2)
    assert found.links == (1, 2)
    assert found.mean_wait_s == pytest.approx(0.15)
    assert found.fidelity == pytest.approx(0.813333333)


def test_a_bound_on_fidelity_takes_the_slow_direct_link() -> None:
    network = a_network([(0, 2, 1.0, werner(0.99)), (0, 1, 10.0, werner(0.9)),
                         (1, 2, 10.0, werner(0.9))])  # fmt: skip
    assert route(network, 0, 2, min_fidelity=0.82).links == (0,)


def test_equally_fast_ways_are_told_apart_by_fidelity() -> None:
    ring = [(0, 1, 1.0, werner(0.9)), (1, 2, 1.0, werner(0.9)),
            (2, 3, 1.0, werner(0.99)), (3, 0, 1.0, werner(0.99))]  # fmt: skip
    assert route(a_network(ring), 0, 2).nodes == (0, 3, 2)


def test_a_slower_but_cleaner_way_to_a_node_is_remembered() -> None:
    edges = [(0, 1, 9.0, werner(0.9)), (0, 1, 2.0, werner(0.99)), (1, 2, 5.0, werner(0.99))]
    network = a_network(edges)
    assert route(network, 0, 2).links == (0, 2)
    assert route(network, 0, 2, min_fidelity=0.95).links == (1, 2)


@pytest.mark.parametrize("bound", [{}, {"min_fidelity": 0.5}])
def test_two_quicker_hops_beat_one_once_a_slow_hop_follows(bound: dict[str, float]) -> None:
    # to m1 alone: 1 s over one hop of 1 Hz, 1.034 s over two of 1.45 Hz; with 0.5 Hz behind them
    # 1 + 2 - 1/1.5 = 2.333 s against 1.034 + 2 - 2/1.95 + 1/3.4 = 2.303 s
    edges = [(0, 1, 1.0, werner(0.99)), (0, 3, 1.45, werner(0.98)),
             (3, 1, 1.45, werner(0.98)), (1, 2, 0.5, werner(0.98))]  # fmt: skip
    network = a_network(edges)
    assert route(network, 0, 1, **bound).nodes == (0, 1)
    found = route(network, 0, 2, **bound)
    assert found.nodes == (0, 3, 1, 2)
    assert found.mean_wait_s == pytest.approx(2.302959, abs=1e-6)


FLIPPED: BellState = (0.05, 0.05, 0.05, 0.85)
"""Mostly Phi-: two of its characters are negative, and two such links mend each other."""


def test_two_flips_mend_each_other_on_a_slower_way() -> None:
    edges = [(0, 1, 9.0, werner(0.95)), (0, 1, 2.0, FLIPPED), (1, 2, 5.0, FLIPPED)]
    found = route(a_network(edges), 0, 2, min_fidelity=0.6)
    assert found.links == (1, 2)
    assert found.fidelity == pytest.approx(0.85**2 + 3 * 0.05**2)


def test_a_way_through_a_node_that_a_faster_one_has_used_up_is_kept() -> None:
    # m0 - m1 - m2 is faster than m0 - m3 - m2 with the same state, but only the latter can go on
    # over the flipped link m2 - m1 to the flipped link m1 - m4
    good = werner(0.97)
    edges = [(0, 1, 90.0, good), (1, 2, 90.0, good), (0, 3, 9.0, good), (3, 2, 9.0, good),
             (2, 1, 9.0, FLIPPED), (1, 4, 9.0, FLIPPED)]  # fmt: skip
    assert route(a_network(edges), 0, 4, min_fidelity=0.6).nodes == (0, 3, 2, 1, 4)


def test_the_best_fidelity_may_hide_behind_a_worse_start() -> None:
    edges = [(0, 2, 1.0, werner(0.5)), (0, 1, 1.0, FLIPPED), (1, 2, 1.0, FLIPPED)]
    with pytest.raises(InfeasibleError, match=r"the best is 0\.7300 over m0 - m1 - m2"):
        route(a_network(edges), 0, 2, min_fidelity=0.9)


def test_parallel_links_are_told_apart_by_rate() -> None:
    edges = [(0, 1, 1.0, werner(0.9)), (0, 1, 5.0, werner(0.8))]
    assert route(a_network(edges), 0, 1).links == (1,)


def test_repeaters_swap_as_machines_do() -> None:
    line = [(0, 2, 1.0, werner(0.98)), (2, 1, 1.0, werner(0.98))]
    found = route(a_network(line, repeaters=1), 0, 1)
    assert found.nodes == (0, 2, 1)
    assert found.fidelity == pytest.approx(0.960533333)


def test_the_state_of_a_route_keeps_its_kinds_of_error_apart() -> None:
    line = [(0, 1, 1.0, (0.9, 0.05, 0.03, 0.02)), (1, 2, 1.0, (0.85, 0.05, 0.02, 0.08))]
    found = route(a_network(line), 0, 2)
    assert found.state == pytest.approx((0.7697, 0.0903, 0.0485, 0.0915))


def test_a_node_with_unlimited_communication_qubits_swaps() -> None:
    line = [(0, 1, 1.0, werner(0.98)), (1, 2, 1.0, werner(0.98))]
    assert route(a_network(line, communication={1: None}), 0, 2).nodes == (0, 1, 2)


def test_an_inner_node_short_of_communication_qubits_is_named() -> None:
    line = [(0, 1, 1.0, werner(0.98)), (1, 2, 1.0, werner(0.98))]
    with pytest.raises(
        InfeasibleError, match="machine m1 has 1 communication qubit and needs 2 to swap"
    ):
        route(a_network(line, communication={1: (0,)}), 0, 2)


def test_an_end_without_communication_qubits_is_named() -> None:
    line = [(0, 1, 1.0, werner(0.98))]
    with pytest.raises(InfeasibleError, match="machine m1 has no communication qubit"):
        route(a_network(line, communication={1: ()}), 0, 1)


def test_links_on_one_and_the_same_qubit_cannot_be_swapped() -> None:
    line = [(0, 1, 1.0, werner(0.98)), (1, 2, 1.0, werner(0.98))]
    same = a_network(line, wired={0: (None, (1,)), 1: ((1,), None)})
    with pytest.raises(InfeasibleError, match="wired to the same communication qubit 1 of m1"):
        route(same, 0, 2)
    other = a_network(line, wired={0: (None, (0,)), 1: ((1,), None)})
    assert route(other, 0, 2).nodes == (0, 1, 2)


def test_wiring_that_bars_the_fastest_way_takes_the_next_one() -> None:
    # two links from m0 to m1; the faster one ends on the qubit from which m1 goes on
    edges = [(0, 1, 9.0, werner(0.98)), (0, 1, 2.0, werner(0.98)), (1, 2, 5.0, werner(0.98))]
    network = a_network(edges, wired={0: (None, (0,)), 1: (None, (1,)), 2: ((0,), None)})
    assert route(network, 0, 2).links == (1, 2)


def test_a_refusal_names_the_weakest_link_and_what_would_do() -> None:
    edges = [(0, 1, 1.0, werner(0.99)), (1, 3, 1.0, werner(0.99)),
             (0, 2, 1.0, werner(0.95)), (2, 3, 1.0, werner(0.93))]  # fmt: skip
    network = a_network(edges, communication={1: (0,)})
    with pytest.raises(InfeasibleError) as caught:
        route(network, 0, 3, min_fidelity=0.95)
    message = str(caught.value)
    assert "the best is 0.8847 over m0 - m2 - m3" in message
    assert "m2--m3 (0.9300) its weakest link" in message
    assert "m0 - m1 - m3 would do, but machine m1 has 1 communication qubit" in message


def test_islands_are_said_to_be_islands() -> None:
    edges = [(0, 1, 1.0, werner(0.99)), (2, 3, 1.0, werner(0.99))]
    with pytest.raises(InfeasibleError, match="no path of links joins m0 and m3"):
        route(a_network(edges), 0, 3)


def test_a_network_without_links_is_told_so() -> None:
    network = replace(a_network([(0, 1, 1.0, werner(0.99))]), links=())
    with pytest.raises(InfeasibleError, match="no links"):
        route(network, 0, 1)


def test_a_route_to_itself_is_a_bug_of_the_caller() -> None:
    with pytest.raises(InvariantError, match="two different nodes"):
        route(a_network([(0, 1, 1.0, werner(0.99))]), 1, 1)


def test_hundreds_of_unlike_nodes_are_searched_in_seconds() -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    size = 300
    edges: list[Edge] = [(k, k + 1, 10 ** rng.uniform(0, 3), werner(rng.uniform(0.97, 0.999)))
                         for k in range(size - 1)]  # fmt: skip
    for _ in range(size):
        x, y = sorted(rng.choice(size, 2, replace=False).tolist())
        edges.append((x, y, 10 ** rng.uniform(0, 3), werner(rng.uniform(0.97, 0.999))))
    network = a_network(edges)
    free = route(network, 0, 150)
    bound = route(network, 0, 150, min_fidelity=0.9)
    assert bound.fidelity >= 0.9
    assert bound.mean_wait_s >= free.mean_wait_s


# ------------------------------------------------------------------------------- latency


def test_messages_take_the_fastest_way_over_the_links() -> None:
    ring = [(k, (k + 1) % 5, 1.0, werner(0.9)) for k in range(5)]
    network = a_network(ring)
    latency = classical_latency_s(network, compile_links(network))
    assert latency.shape == (5, 5)
    assert latency == pytest.approx(latency.T)
    assert latency[0] == pytest.approx(np.array([0, 1, 2, 2, 1]) * 1e-4)


def test_messages_take_the_shorter_of_two_parallel_links() -> None:
    network = a_network([(0, 1, 1.0, werner(0.9)), (0, 1, 1.0, werner(0.9))])
    near, far = compile_links(network)
    for links in ((near, replace(far, latency_s=1.0)), (replace(far, latency_s=1.0), near)):
        assert classical_latency_s(network, links)[0, 1] == pytest.approx(1e-4)


def test_messages_cannot_reach_an_island() -> None:
    edges = [(0, 1, 1.0, werner(0.99)), (2, 3, 1.0, werner(0.99))]
    network = a_network(edges)
    latency = classical_latency_s(network, compile_links(network))
    assert np.isinf(latency[0, 2])
    assert latency[2, 3] == pytest.approx(1e-4)


def test_a_long_path_is_told_by_its_ends_and_its_length() -> None:
    edges = [(i, i + 1, 1.0, werner(0.99)) for i in range(44)]
    with pytest.raises(InfeasibleError) as caught:
        route(a_network(edges), 0, 44, min_fidelity=0.95)
    assert "over m0 - m1 - m2 - m3 - ... - m44 (44 links), with" in str(caught.value)
    blocked = a_network(edges, communication=dict.fromkeys(range(1, 44), (0,)))
    with pytest.raises(InfeasibleError) as caught:
        route(blocked, 0, 44)
    assert "m3 has 1 communication qubit and needs 2 to swap; and 40 more" in str(caught.value)
    assert len(str(caught.value)) < 400
