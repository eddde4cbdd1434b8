"""Compiled passes against their readable twins: the same steps for any program and network."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.twins import emission as twin_emission
from tests.compiler.twins import lowering as twin_lowering
from tests.compiler.twins import packets as twin_packets
from tests.compiler.twins import work as twin_work
from tests.compiler.twins.hypergraph import packet_hyperedges

from interlace.circuit import GATES, Circuit, Op, OpTable, Register
from interlace.compiler.columns import Emitted
from interlace.compiler.emission import Emission, emission_of
from interlace.compiler.ground import Ground
from interlace.compiler.hypergraph import packet_hypergraph
from interlace.compiler.lowering import lower
from interlace.compiler.packets import cover_hosting, options_of, sequential_hosting
from interlace.compiler.plan import Plan
from interlace.compiler.work import work_for
from interlace.errors import InfeasibleError
from interlace.link import compile_links
from interlace.network import Network, load_device, make_network
from interlace.routing import Route, best_route

QUBITS = 9
NAMES = ["cx", "cz", "cp", "ecr", "swap", "ccx", "rccx", "cswap", "h", "t", "id", "measure"]


def a_network(shape: str, size: str, cells: int | None, *, wired: bool) -> Network:
    net = make_network(
        shape,
        size,
        device=load_device(f"ideal:{6 + (cells or 0)}"),
        communication_qubits="unlimited" if cells is None else cells,
        link="rate=1kHz,fidelity=0.98",
    )
    if not wired or cells is None:
        return net
    pools = {node.name: node.communication or () for node in net.nodes}
    links = tuple(
        dataclasses.replace(
            link, wired=tuple(pools[end][i % 2 : i % 2 + 2] or pools[end] for end in link.ends)
        )
        for i, link in enumerate(net.links)
    )
    return dataclasses.replace(net, links=links)


NETWORKS = [
    a_network(shape, size, cells, wired=wired)
    for shape, size in (("line", "4"), ("grid", "2x2"), ("complete", "4"), ("star", "4"))
    for cells, wired in ((1, False), (2, False), (4, False), (3, True), (None, False))
]


@st.composite
def programs(draw: st.DrawFn) -> Circuit:
    """Up to 40 operations; a few qubits meet often, so that copies are shared and visits pay."""
    few = draw(st.integers(2, QUBITS))
    ops = []
    for _ in range(draw(st.integers(0, 40))):
        name = draw(st.sampled_from(NAMES))
        size = GATES[name].qubits if name in GATES else 1
        among = range(max(few, size) if draw(st.booleans()) else QUBITS)
        operands = draw(st.permutations(among))[:size]
        params = tuple(0.25 + i for i in range(GATES[name].params if name in GATES else 0))
        clbit = draw(st.integers(0, 2)) if name == "measure" else -1
        ops.append(Op(name=name, operands=tuple(operands), params=params, clbit=clbit))
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=QUBITS),),
        clbit_registers=(Register(name="c", size=3),),
        ops=OpTable.of(ops),
    )


def routes(net: Network) -> Callable[[int, int], Route]:
    links = compile_links(net)

    def route(a: int, b: int) -> Route:
        found = best_route(net, links, min(a, b), max(a, b), min_fidelity=None)
        back = dataclasses.replace(found, nodes=found.nodes[::-1], links=found.links[::-1])
        return found if a < b else back

    return route


def outcome(work: Callable[[], Any]) -> Any:
    """What came out, or in which words it was refused."""
    try:
        return work()
    except InfeasibleError as error:
        return str(error)


def as_lists(value: object) -> object:
    """A table with plain lists in place of arrays, to be compared at a glance."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: as_lists(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [as_lists(item) for item in value]
    return value


@settings(max_examples=300)
@given(
    programs(),
    st.sampled_from(NETWORKS),
    st.lists(st.integers(0, 3), min_size=QUBITS, max_size=QUBITS),
    st.sampled_from(["cover", "sequential"]),
)
def test_emission_draws_the_steps_of_its_readable_twin(
    program: Circuit, net: Network, machine_of: list[int], rule: str
) -> None:
    links, route = compile_links(net), routes(net)
    room = [1_000_000 if m.communication is None else len(m.communication) for m in net.machines]
    rows = twin_work.rows_for(program, machine_of, room)
    segments = twin_work.segments_of(rows, QUBITS)
    hosted = getattr(twin_packets, f"{rule}_hosting")(rows, segments, machine_of, room)
    places = np.array(machine_of)
    work = work_for(program, places, np.array(room))
    options = options_of(work, places, np.array(room))
    hosting = {"cover": cover_hosting, "sequential": sequential_hosting}[rule](work, options)
    assert hosting.host.tolist() == list(hosted.host)
    ground = Ground(net, links, route)
    wanted = outcome(
        lambda: twin_emission.emit(rows, hosted, machine_of, network=net, links=links, route=route)
    )
    emission = outcome(lambda: emission_of(work, hosting, places, ground=ground))
    if not isinstance(emission, Emission):
        # Which of several pairs of machines without a path is named is a matter of order.
        assert emission == wanted or ("no path joins" in str(wanted) and "no path" in emission)
        return
    found = emission.written()
    assert as_lists(found) == as_lists(wanted)
    assert (
        emission.link_pairs.tolist() == np.bincount(found.pairs.link, minlength=len(links)).tolist()
    )
    assert as_lists(lower(a_plan(program, net, found))) == as_lists(
        twin_lowering.lower(a_plan(program, net, found))
    )


@settings(max_examples=200)
@given(programs())
def test_the_hypergraph_of_packets_is_its_readable_twins_in_the_same_order(
    program: Circuit,
) -> None:
    graph = packet_hypergraph(program)
    edges = np.split(graph.pins, graph.start[1:-1])[: len(graph)]
    found = [(tuple(e.tolist()), int(w)) for e, w in zip(edges, graph.weights, strict=True)]
    assert found == list(packet_hyperedges(program).items())


def a_plan(program: Circuit, net: Network, emitted: Emitted) -> Plan:
    return Plan(
        circuit=program,
        network=net,
        registers=emitted.registers,
        placement=emitted.placement,
        pairs=emitted.pairs,
        steps=emitted.steps,
        blocks=emitted.blocks,
        num_bits=emitted.num_bits,
        min_fidelity=None,
        seed=0,
    )
