"""What a right description becomes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.network.conftest import FULL
from tests.network.strategies import couplings

from interlace.network import (
    Device,
    HeraldedSource,
    LogicalDevice,
    PoissonSource,
    chosen_qubits,
    parse_network,
)


def network_of(machine: str):
    return parse_network(f"interlace: 1\nmachines: {{m: {machine}}}")


def test_quantities_become_si() -> None:
    network = parse_network(FULL)
    hop = network.links[network.link_index("isar--pegnitz")]
    assert isinstance(hop.source, HeraldedSource)
    assert hop.source.left.bandwidth_hz == 1e6
    assert hop.source.left_path[0].loss_db_per_m == pytest.approx(2e-4, rel=1e-15)
    assert hop.source.left_path[0].loss_db == 1.0
    assert hop.length_m == 160_000.0
    assert hop.wired == (None, (3,))
    pegnitz = network.machines[1].device
    assert isinstance(pegnitz, Device)
    assert pegnitz.t1_s == (150e-6,) * 4
    assert pegnitz.t2_s[2] is None
    assert pegnitz.profile("cz").at == (((1, 2), 68e-9, 0.01),)
    assert pegnitz.readout.error_0 == pegnitz.readout.error_1 == (0.01,) * 4


def test_a_fidelity_is_a_werner_pair_and_a_rate_alone_a_poisson_stream() -> None:
    source = parse_network(FULL).links[1].source
    assert isinstance(source, PoissonSource)
    assert source.state == (0.98, *[pytest.approx(0.02 / 3)] * 3)


def test_a_list_of_weights_is_in_the_order_of_the_pauli_errors() -> None:
    text = FULL.replace("fidelity: 0.98", "state: [0.7, 0.2, 0.1, 0]")
    assert parse_network(text).links[1].source.state == (0.7, 0.2, 0.1, 0.0)
    named = "state: {phi_plus: 0.7, psi_plus: 0.2, psi_minus: 0.1}"
    assert parse_network(FULL.replace("fidelity: 0.98", named)) == parse_network(text)


def test_a_machine_may_be_logical() -> None:
    device = parse_network(FULL).machines[2].device
    assert device == LogicalDevice(
        name="surface:d11",
        qubits=10,
        code="surface",
        distance=11,
        cycle_time_s=1e-6,
        logical_error_rate=1e-9,
    )


def test_of_an_all_to_all_device_the_last_qubits_communicate() -> None:
    (machine,) = network_of("{device: ideal:24, communication_qubits: 2}").machines
    assert machine.communication == (22, 23)
    assert machine.data == tuple(range(22))


def test_unlimited_communication_qubits_come_on_top() -> None:
    (machine,) = network_of("{device: ideal:5, communication_qubits: unlimited}").machines
    assert machine.communication is None
    assert machine.data == (0, 1, 2, 3, 4)


def test_a_machine_may_hold_no_data() -> None:
    (machine,) = network_of("{device: ideal:2, communication_qubits: 2}").machines
    assert machine.data == ()


def test_all_is_a_coupling() -> None:
    (machine,) = network_of("{device: {qubits: 3, coupling: all}}").machines
    assert machine.device.coupling is None


def test_a_repeater_without_a_device_is_unlimited_and_one_with_a_number_has_that_many() -> None:
    network = parse_network(
        "interlace: 1\nmachines: {a: {device: ideal:2, communication_qubits: 1}}\n"
        "repeaters: {r: {}, s: {communication_qubits: 3}}\n"
        "links: {a--r: {rate: 1, fidelity: 1}, r--s: {rate: 1, fidelity: 1}}"
    )
    assert network.repeaters[0].communication is None
    assert network.repeaters[1].communication == (0, 1, 2)


def test_a_country_that_yaml_once_took_for_false_is_a_country() -> None:
    network = parse_network(
        "interlace: 1\nsites: {oslo: {country: NO}}\nmachines: {m: {site: oslo, device: ideal:1}}"
    )
    assert network.sites[0].country == "NO"


def test_on_a_line_the_ends_communicate_so_that_each_has_a_data_qubit_beside_it() -> None:
    line = Device(name="line", qubits=20, coupling=tuple((i, i + 1) for i in range(19)))
    assert chosen_qubits(line, 1) == (19,)
    assert chosen_qubits(line, 2) == (0, 19)


@settings(deadline=None, max_examples=50)
@given(data=st.data(), qubits=st.integers(1, 12))
def test_however_many_communicate_the_data_qubits_stay_in_one_piece(data, qubits: int) -> None:
    coupling = data.draw(couplings(qubits))
    device = Device(name="any", qubits=qubits, coupling=coupling)
    count = data.draw(st.integers(0, qubits))
    taken = chosen_qubits(device, count)
    assert len(set(taken)) == count
    assert chosen_qubits(device, count) == taken
    left = set(range(qubits)) - set(taken)
    reached, todo = set(), list(left)[:1]
    while todo:
        here = todo.pop()
        reached.add(here)
        todo += [
            b
            for pair in coupling
            for a, b in (pair, pair[::-1])
            if a == here and b in left and b not in reached
        ]
    assert reached == left
