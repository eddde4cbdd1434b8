"""One real device: interlace's noise against Aer's own model of the same device.

The program that interlace makes for the device is given to Aer with the noise model that Aer makes
of the provider's backend. Aer's models know no waiting: each wait becomes a relaxation channel.
Where the models differ:

- a gate's whole error is depolarising here; there it is relaxation and a depolarising rest of the
  same average infidelity, unless relaxation is left out;
- of IBM's backends Aer takes one readout error, the mean of the two that interlace takes apart.
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import chi2

import interlace
from interlace.circuit import parse_circuit
from interlace.compiler import programs_of, time_ops
from interlace.compiler.rows import rows_of
from interlace.network import parse_network, snapshot
from interlace.routing import SampledSupply

needs_ibm = pytest.mark.skipif(
    importlib.util.find_spec("qiskit_ibm_runtime") is None, reason="needs the extra [ibm]"
)
needs_iqm = pytest.mark.skipif(
    importlib.util.find_spec("iqm") is None, reason="needs the extra [iqm]"
)
quiet = pytest.mark.filterwarnings("ignore")

SHOTS = 20_000
FALSE_ALARM = 1e-6

GHZ = """OPENQASM 3; include "stdgates.inc"; qubit[4] q; bit[4] c;
h q[0]; cx q[0], q[1]; cx q[1], q[2]; cx q[2], q[3]; c = measure q;"""
DEEP = """OPENQASM 3; include "stdgates.inc"; qubit[3] q; bit[3] c;
h q[0]; ry(0.7) q[1]; cx q[0], q[1]; cx q[1], q[2]; rz(0.3) q[2]; h q[2]; cx q[0], q[1];
ry(1.1) q[0]; cx q[1], q[2]; cx q[0], q[1]; h q[1]; cx q[1], q[2]; c = measure q;"""


def noise_model_of(name: str, *, relaxing: bool):
    """Aer's model of the provider's backend; of IBM's also with depolarising gates alone."""
    provider, _, device = name.partition(":")
    if provider == "ibm":
        from qiskit_aer.noise import NoiseModel
        from qiskit_ibm_runtime import fake_provider

        from interlace.network.snapshots.ibm import names

        backend = getattr(fake_provider, names()[device])()
        return NoiseModel.from_backend(backend, thermal_relaxation=relaxing)
    module = importlib.import_module(f"iqm.qiskit_iqm.fake_backends.fake_{device}")
    return getattr(module, f"IQMFake{device.capitalize()}")().noise_model


def physical_circuit(plan, device):
    """The device's own program as a Qiskit circuit, every wait a relaxation."""
    from qiskit import QuantumCircuit
    from qiskit_aer.noise import thermal_relaxation_error

    executable = programs_of(plan).executable
    timing = time_ops(executable, plan.network, (), SampledSupply((), seed=0, timelines=1))
    circuit = QuantumCircuit(device.qubits, executable.num_bits)
    place, ops = executable.device_qubit.tolist(), executable.ops
    starts = ops.start.tolist()
    for row, op in enumerate(rows_of(ops)):
        qubits = [place[operand] for operand in op.operands]
        for index, qubit in enumerate(qubits):
            idle = float(timing.idle_s[starts[row] + index, 0])
            if idle > 0:
                t1, t2 = device.t1_s[qubit], device.t2_s[qubit]
                circuit.append(thermal_relaxation_error(t1, t2, idle).to_instruction(), [qubit])
        if op.name == "measure":
            circuit.measure(qubits[0], op.clbit)
        elif op.name == "reset":
            circuit.reset(qubits[0])
        else:
            getattr(circuit, op.name)(*op.params, *qubits)
    return circuit


def with_mean_readout(network):
    """The network of one machine, both ways to misread a qubit as likely as their mean."""
    (machine,) = network.machines
    readout = machine.device.readout
    pairs = zip(readout.error_0, readout.error_1, strict=True)
    mean = tuple((first + second) / 2 for first, second in pairs)
    device = replace(machine.device, readout=replace(readout, error_0=mean, error_1=mean))
    return replace(network, machines=(replace(machine, device=device),))


def counts_of_both(name: str, program: str, *, relaxing: bool) -> tuple[np.ndarray, np.ndarray]:
    """Counts of interlace's run and of Aer's, over the same outcomes."""
    from qiskit_aer import AerSimulator

    network = parse_network(f"{{interlace: 1, machines: {{m: {{device: '{name}'}}}}}}")
    if name.startswith("ibm:"):
        network = with_mean_readout(network)
    plan = interlace.distribute(parse_circuit(program, name="program"), network)
    result = interlace.run(plan, shots=SHOTS, seed=1, timelines=1, compare_alone=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = noise_model_of(name, relaxing=relaxing)
    circuit = physical_circuit(plan, snapshot(name).device)
    simulator = AerSimulator(method="density_matrix", noise_model=model, seed_simulator=7)
    counts = simulator.run(circuit, shots=SHOTS).result().get_counts()
    theirs = {key.replace(" ", ""): number for key, number in counts.items()}
    ours = dict(result.counts)
    keys = sorted(ours.keys() | theirs.keys())
    return (
        np.array([ours.get(key, 0) for key in keys], float),
        np.array([theirs.get(key, 0) for key in keys], float),
    )


def chance(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Of so large a difference between two samples of one distribution (chi-square)."""
    statistic = ((ours - theirs) ** 2 / np.maximum(ours + theirs, 1)).sum()
    return float(chi2.sf(statistic, len(ours) - 1))


@quiet
@pytest.mark.parametrize(
    ("name", "program", "relaxing"),
    [
        pytest.param("ibm:manila", DEEP, False, marks=needs_ibm),
        pytest.param("ibm:manila", DEEP, True, marks=needs_ibm),
        pytest.param("ibm:fez", DEEP, True, marks=needs_ibm),
        pytest.param("ibm:fez", GHZ, False, marks=needs_ibm),
        pytest.param("ibm:sherbrooke", GHZ, True, marks=needs_ibm),
        pytest.param("iqm:adonis", DEEP, True, marks=needs_iqm),
        pytest.param("iqm:garnet", GHZ, True, marks=needs_iqm),
    ],
)
def test_one_device_gives_the_counts_of_aers_own_model_of_it(name, program, relaxing) -> None:
    """Two samples of 20000 shots; the seeds are fixed, and chance alone fails one in a million."""
    assert chance(*counts_of_both(name, program, relaxing=relaxing)) > FALSE_ALARM
