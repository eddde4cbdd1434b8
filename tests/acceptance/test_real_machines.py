"""One program over five real machines of two makers, as their snapshots have them."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
from tests.acceptance.programs import Program, fits, probabilities, source

import interlace
from interlace.circuit import parse_circuit
from interlace.network import parse_network

needs_both = pytest.mark.skipif(
    importlib.util.find_spec("qiskit_ibm_runtime") is None
    or importlib.util.find_spec("iqm") is None,
    reason="needs the extra [ibm] and the extra [iqm]",
)
pytestmark = [needs_both, pytest.mark.filterwarnings("ignore")]

MACHINES = {
    "fez": "ibm:fez",
    "torino": "ibm:torino",
    "manila": "ibm:manila",
    "garnet": "iqm:garnet",
    "adonis": "iqm:adonis",
}
LINKS = ("fez--torino", "torino--garnet", "garnet--adonis", "adonis--manila", "manila--fez")


@pytest.fixture(scope="module")
def network():
    lines = ["interlace: 1", "name: five-real-machines", "machines:"]
    lines += [f"  {k}: {{device: '{v}', communication_qubits: 2}}" for k, v in MACHINES.items()]
    lines += ["links:", *(f"  {name}: {{rate: 1 MHz, fidelity: 0.97}}" for name in LINKS)]
    return parse_network("\n".join(lines))


@pytest.mark.parametrize(("family", "qubits"), [("ghz", 10), ("bv", 10)])
def test_a_program_runs_over_three_machines_of_ibm_and_two_of_iqm(network, family, qubits) -> None:
    text = source(Program(family, qubits, 5, "ring"), measured=True)
    each = qubits // 5
    assign = {name: range(each * i, each * i + each) for i, name in enumerate(MACHINES)}
    plan = interlace.distribute(parse_circuit(text), network, assign=assign)
    assert {network.nodes[cell.node].name for cell in plan.registers} == set(MACHINES)
    ideal = interlace.run(plan, shots=2000, seed=3, ideal=True, compare_alone=False)
    assert fits(dict(ideal.counts), probabilities(text)) > 1e-6
    noisy = interlace.run(plan, shots=2000, seed=3, compare_alone=False)
    assert noisy.fidelity is not None
    assert noisy.fidelity.value < 1.0
    found = dict(noisy.error_breakdown)
    assert all(value >= 0 for value in found.values())
    assert sum(value for name, value in found.items() if "gates" in name) > 0.05
    assert np.all(noisy.makespan_s > 0)
    if family == "ghz":  # one part in two survives such noise; a coin for each bit leaves 2^-9
        assert sum(n for bits, n in noisy.counts if len(set(bits)) == 1) > 2000 * 0.05
