"""Ideal shots are independent, whatever the circuit does to qubits that it does not report."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

import interlace
from interlace.circuit import parse_circuit
from interlace.network import make_network
from interlace.runtime.reference import reference_of

HEAD = 'OPENQASM 2.0; include "qelib1.inc"; '

RESETS = """qreg q[12]; creg c[1]; creg d[12];
ry(0.9) q[0]; reset q[0]; ry(1.2) q[1]; cx q[1],q[2]; reset q[1];
ry(1.3) q[3]; cx q[3],q[4]; reset q[3]; cx q[4],q[6]; cx q[2],q[8]; cx q[2],q[11];
measure q->d;"""

UNMEASURED = """qreg q[12]; creg c[4];
ry(1.1) q[0]; cx q[0],q[6]; ry(0.7) q[1]; cx q[1],q[7]; ry(0.4) q[2]; cx q[2],q[8];
cx q[2],q[11]; rx(0.3) q[6]; cx q[6],q[7]; ry(0.5) q[9]; cx q[9],q[3]; ry(0.2) q[10];
measure q[6]->c[0]; measure q[7]->c[1]; measure q[8]->c[2]; measure q[3]->c[3];"""

OVERWRITTEN = """qreg q[12]; creg c[3]; creg d[12];
ry(1.0) q[0]; cx q[0],q[7]; measure q[0]->c[0]; ry(0.6) q[1]; cx q[1],q[8];
measure q[1]->c[0]; ry(0.9) q[2]; cx q[2],q[9]; measure q[2]->c[0]; cx q[7],q[11];
measure q->d;"""


@pytest.mark.parametrize("body", [RESETS, UNMEASURED, OVERWRITTEN])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_many_ideal_shots_of_a_state_vector_scatter_like_independent_ones(body, seed) -> None:
    """Pearson's chi-square against the exact distribution; false alarm 1e-6 each."""
    circuit = parse_circuit(HEAD + body)
    network = make_network("line", "2", device="ideal:8", communication_qubits=2)
    halves = {"m0": range(0, 12, 2), "m1": range(1, 12, 2)}
    plan = interlace.distribute(circuit, network, assign=halves)
    assert len(plan.pairs) > 0
    result = interlace.run(
        plan, shots=60_000, seed=seed, ideal=True, compare_alone=False, backend="aer-statevector"
    )
    shots, tally = np.unique(result.samples, axis=0, return_counts=True)
    reference = reference_of(circuit)
    assert reference is not None
    expected = reference.probability(shots) * result.shots
    assert expected.sum() == pytest.approx(result.shots, rel=1e-9)  # every outcome was seen
    statistic = float(((tally - expected) ** 2 / expected).sum())
    assert chi2.sf(statistic, len(tally) - 1) > 1e-6
