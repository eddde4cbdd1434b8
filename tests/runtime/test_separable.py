"""Pairs in which no entanglement is left are told, by link and end to end."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.build import op

from interlace.circuit import Circuit, OpTable, Register
from interlace.compiler import Plan, StepKind, distribute
from interlace.link import compile_links
from interlace.network import Network, parse_network
from interlace.routing import best_route
from interlace.runtime import pair_warnings, run
from interlace.runtime.separable import _chains


def line(fidelities: Sequence[float]) -> Network:
    """Machines of one data qubit in a row, a link of each fidelity between neighbours."""
    about = '{device: "ideal:3", communication_qubits: 2}'
    machines = [f"  m{i}: {about}" for i in range(len(fidelities) + 1)]
    links = [
        f"  m{i}--m{i + 1}: {{rate: 1 kHz, fidelity: {fidelity}}}"
        for i, fidelity in enumerate(fidelities)
    ]
    parts = ["interlace: 1", "name: line", "machines:", *machines, "links:", *links]
    return parse_network("\n".join(parts) + "\n")


def planned(network: Network, pairs: Sequence[tuple[int, int]]) -> Plan:
    """A CX on each pair of machines; qubit i stays on machine i."""
    qubits = len(network.machines)
    made = Circuit(
        name="pairs",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=(),
        ops=OpTable.of([o for a, b in pairs for o in (op("h", b), op("cx", a, b))]),
    )
    assign = {f"m{i}": [i] for i in range(qubits)}
    return distribute(made, network, assign=assign, seed=1)


def told(plan: Plan) -> str:
    return " ".join(pair_warnings(plan, compile_links(plan.network)))


@pytest.mark.parametrize(("fidelity", "is_told"), [(0.285, True), (0.5, True), (0.51, False)])
def test_a_link_in_use_without_entanglement_is_named(fidelity: float, is_told: bool) -> None:
    network = line([fidelity, 0.3])
    said = told(planned(network, [(0, 1)]))
    words = f"Pairs over m0--m1 have fidelity {fidelity:.4f}: no entanglement is left in them."
    assert (words in said) == is_told
    assert "m1--m2" not in said  # nothing is asked of it


def test_of_several_links_the_worst_come_first_and_of_many_the_first_are_named() -> None:
    fidelities = [0.5, 0.3, 0.45, 0.26, 0.4, 0.35]
    said = told(planned(line(fidelities), [(i, i + 1) for i in range(6)]))
    assert re.findall(r"m\d--m\d", said) == ["m3--m4", "m1--m2", "m5--m6", "m4--m5"]
    assert "and 2 more have fidelity 0.5 or less: no entanglement is left in them." in said


def test_what_to_do_is_said_and_helps() -> None:
    ring = parse_network(
        "interlace: 1\nname: ring\nmachines:\n"
        + "".join(f'  m{i}: {{device: "ideal:3", communication_qubits: 2}}\n' for i in range(3))
        + "links:\n  m0--m1: {rate: 1 kHz, fidelity: 0.3}\n"
        "  m1--m2: {rate: 1 Hz, fidelity: 0.9}\n  m0--m2: {rate: 1 Hz, fidelity: 0.9}\n"
    )
    plan = planned(ring, [(0, 1)])
    assert "`distribute --min-fidelity 0.51` avoids them" in told(plan)
    better = distribute(
        plan.circuit, ring, assign={f"m{i}": [i] for i in range(3)}, min_fidelity=0.51
    )
    assert told(better) == ""


@given(st.lists(st.floats(0.51, 0.99).map(lambda f: round(f, 3)), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_the_fidelity_end_to_end_is_that_of_the_route(fidelities: list[float]) -> None:
    network = line(fidelities)
    links = compile_links(network)
    last = len(fidelities)
    plan = planned(network, [(0, last), (0, 1)])
    expected = best_route(network, links, 0, last).fidelity
    words = f"Pairs swapped between m0 and m{last} over {last} links have fidelity {expected:.4f}"
    assert (words in told(plan)) == (expected <= 0.5)


def test_a_path_over_a_link_that_was_named_is_not_named_again() -> None:
    said = told(planned(line([0.3, 0.9]), [(0, 2)]))
    assert "m0--m1" in said
    assert "swapped" not in said


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=12))
@settings(max_examples=25, deadline=None)
def test_pairs_that_are_swapped_into_one_are_a_path_of_links(pairs: list[tuple[int, int]]) -> None:
    plan = planned(line([0.9] * 4), [(a, b) for a, b in pairs if a != b] or [(0, 4)])
    swaps = int((plan.steps.kind == StepKind.SWAP).sum())
    chain = _chains(plan)
    if chain is None:
        assert swaps == 0
        return
    assert chain.max() + 1 == len(plan.pairs) - swaps
    for number in range(chain.max() + 1):
        links = sorted(plan.pairs.link[chain == number].tolist())
        assert links == list(range(links[0], links[-1] + 1))  # neighbours, each once


def test_a_run_tells_it_and_a_run_without_errors_does_not() -> None:
    plan = planned(line([0.3]), [(0, 1)])
    assert run(plan, shots=10, seed=1).warnings == pair_warnings(plan, compile_links(plan.network))
    assert run(plan, shots=10, seed=1, ideal=True).warnings == ()
