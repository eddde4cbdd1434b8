"""Routes as arrays: the same as the search finds, whether or not it had to be asked."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interlace.compiler.ground import Ground
from interlace.errors import InfeasibleError
from interlace.link import compile_links
from interlace.network import PoissonSource, load_device, make_network
from interlace.routing import Route, best_route

COMPLETE = make_network(
    "complete",
    "4",
    device=load_device("ideal:6"),
    communication_qubits=2,
    link="rate=1kHz,fidelity=0.98",
)


@given(
    st.lists(
        st.tuples(st.sampled_from([10.0, 1e3, 2e3]), st.sampled_from([0.6, 0.8, 0.99])),
        min_size=6,
        max_size=6,
    ),
    st.sampled_from([None, 0.7, 0.9]),
)
def test_a_route_that_needs_no_search_is_the_one_that_the_search_finds(
    qualities: list[tuple[float, float]], min_fidelity: float | None
) -> None:
    sources = [PoissonSource(rate_hz=rate, state=(f, 1 - f, 0.0, 0.0)) for rate, f in qualities]
    net = dataclasses.replace(
        COMPLETE,
        links=tuple(
            dataclasses.replace(link, source=source)
            for link, source in zip(COMPLETE.links, sources, strict=True)
        ),
    )
    links = compile_links(net)
    asked: list[tuple[int, int]] = []

    def route(a: int, b: int) -> Route:
        asked.append((a, b))
        return best_route(net, links, a, b, min_fidelity=min_fidelity)

    for a, b in ((0, 1), (2, 0), (3, 1)):
        ground = Ground(net, links, route, min_fidelity)
        try:
            ground.find_routes(np.array([4 * a + b]))
        except InfeasibleError:
            assert asked
            continue
        columns = ground.columns
        begin, hops = columns.route_start[4 * a + b], columns.route_hops[4 * a + b]
        wanted = best_route(net, links, min(a, b), max(a, b), min_fidelity=min_fidelity)
        path = columns.route_nodes[begin : begin + hops + 1].tolist()
        by = columns.route_links[begin : begin + hops].tolist()
        assert path == list(wanted.nodes if a < b else wanted.nodes[::-1])
        assert by == list(wanted.links if a < b else wanted.links[::-1])


def test_where_no_link_is_better_than_another_no_route_is_searched() -> None:
    def never(a: int, b: int) -> Route:
        raise AssertionError((a, b))

    ground = Ground(COMPLETE, compile_links(COMPLETE), never)
    ground.find_routes(np.arange(16)[np.arange(16) // 4 != np.arange(16) % 4])
    assert sorted(ground.columns.route_hops.tolist()) == [0] * 4 + [1] * 12
