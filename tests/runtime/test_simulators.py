"""Every simulator keeps the same contract and meets the same closed forms.

Statistical tests compare a share of shots with its exact value and allow 4.9 standard
deviations: a false alarm has probability 1e-6 each, and the seeds are fixed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.runtime.build import noise, op, program, remote_bell, swapped_pair, werner

from interlace.compiler import Executable
from interlace.runtime import Noise, SimulationJob, Simulator, aer_backend
from interlace.runtime.aer_backend import METHODS, AerSimulator
from interlace.runtime.frames_backend import FramesSimulator
from interlace.runtime.stim_backend import StimSimulator

AER = [AerSimulator(name) for name in METHODS]
CLIFFORD = [StimSimulator(), FramesSimulator()]
SIMULATORS = [*CLIFFORD, *AER]
SHOTS = 2500

every = pytest.mark.parametrize("simulator", SIMULATORS, ids=lambda s: s.name)
every_clifford = pytest.mark.parametrize("simulator", CLIFFORD, ids=lambda s: s.name)
every_exact_reader = pytest.mark.parametrize("simulator", SIMULATORS[1:], ids=lambda s: s.name)
every_aer = pytest.mark.parametrize("simulator", AER, ids=lambda s: s.name)


def sampled(
    simulator: Simulator, made: Executable, with_noise: Noise | None = None, *, seed: int = 11
) -> np.ndarray:
    assert simulator.refusal(made) is None
    job = SimulationJob(program=made, noise=with_noise, shots=SHOTS, seed=seed)
    bits = simulator.sample(job).bits
    assert bits.shape == (SHOTS, made.num_program_bits)
    assert bits.dtype == np.uint8
    return bits


def agrees(share: float, exact: float) -> bool:
    return abs(share - exact) <= 4.9 * math.sqrt(exact * (1 - exact) / SHOTS) + 1e-12


@every
def test_an_ideal_run_is_the_plan_itself(simulator: Simulator) -> None:
    bits = sampled(simulator, remote_bell())
    assert (bits[:, 0] == bits[:, 1]).all()
    assert agrees(bits[:, 0].mean(), 0.5)


@every
def test_a_bell_pair_over_a_link_of_fidelity_0_7_agrees_in_0_80_of_the_shots(
    simulator: Simulator,
) -> None:
    made = remote_bell()
    bits = sampled(simulator, made, noise(made, pairs=[werner(0.7)]))
    # X and Y errors, (1 - F) / 3 each, break the agreement of the Z outcomes.
    assert agrees((bits[:, 0] == bits[:, 1]).mean(), 0.80)


@every
@pytest.mark.parametrize(("basis", "exact"), [("z", 0.6), ("x", 0.65), ("y", 0.55)])
def test_each_weight_of_a_bell_diagonal_pair_is_its_own_error(
    simulator: Simulator, basis: str, exact: float
) -> None:
    # Phi+, Psi+, Psi-, Phi- are X, Y, Z errors: Z outcomes agree for I and Z, X outcomes for I
    # and X; Phi+ has opposite Y outcomes, which I and Y keep.
    turn = {"z": [], "x": [op("h", 0), op("h", 1)]}
    turn["y"] = [op("sdg", 0), op("sdg", 1), op("h", 0), op("h", 1)]
    made = program(
        op("ebit", 0, 1), *turn[basis], op("measure", 0, clbit=0), op("measure", 1, clbit=1),
        bits=2,
    )  # fmt: skip
    bits = sampled(simulator, made, noise(made, pairs=[(0.4, 0.25, 0.15, 0.2)]))
    agree = (bits[:, 0] == bits[:, 1]).mean()
    assert agrees(1 - agree if basis == "y" else agree, exact)


@every
def test_one_swap_composes_two_werner_pairs(simulator: Simulator) -> None:
    first, second = 0.85, 0.75
    made = swapped_pair()
    bits = sampled(simulator, made, noise(made, pairs=[werner(first), werner(second)]))
    w = ((4 * first - 1) / 3) * ((4 * second - 1) / 3)  # Werner parameters multiply
    assert agrees((bits[:, 0] == bits[:, 1]).mean(), (1 + w) / 2)


@every
def test_dephasing_of_a_waiting_plus_state_follows_t2(simulator: Simulator) -> None:
    made = program(op("h", 0), op("h", 0), op("measure", 0, clbit=0), bits=1)
    bits = sampled(simulator, made, noise(made, idle_s={1: 0.7}, t2_s=1.0))
    assert agrees(bits.mean(), (1 - math.exp(-0.7)) / 2)


@every
def test_dephasing_with_relaxation_still_follows_t2(simulator: Simulator) -> None:
    made = program(op("h", 0), op("h", 0), op("measure", 0, clbit=0), bits=1)
    bits = sampled(simulator, made, noise(made, idle_s={1: 0.7}, t1_s=0.9, t2_s=1.0))
    assert agrees(bits.mean(), (1 - math.exp(-0.7)) / 2)


@every_aer
def test_relaxation_is_exact_in_aer(simulator: Simulator) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), bits=1)
    bits = sampled(simulator, made, noise(made, idle_s={1: 0.7}, t1_s=0.9, t2_s=1.0))
    assert agrees(bits.mean(), math.exp(-0.7 / 0.9))


@every_clifford
def test_relaxation_is_twirled_by_simulators_of_paulis_which_say_so(simulator: Simulator) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), bits=1)
    bits = sampled(simulator, made, noise(made, idle_s={1: 0.7}, t1_s=0.9, t2_s=1.0))
    assert agrees(bits.mean(), (1 + math.exp(-0.7 / 0.9)) / 2)
    assert any("twirled" in sentence for sentence in simulator.approximations)


@every
@pytest.mark.parametrize("error", [0.06, 0.55, 2 / 3])
@pytest.mark.parametrize("length", [1, 12])
def test_gate_errors_are_average_infidelities_of_one_qubit_gates(
    simulator: Simulator, length: int, error: float
) -> None:
    # As in randomised benchmarking: the survival of |0> is 1/2 + (1 - 2e)^m / 2 for m gates of
    # average infidelity e (Magesan, Gambetta, Emerson, Phys. Rev. Lett. 106, 180504 (2011)). It
    # may be 2/3 at most: a Pauli other than the identity every time.
    made = program(*[op("id", 0)] * length, op("measure", 0, clbit=0), bits=1)
    errors = np.array([error] * length + [0.0])
    bits = sampled(simulator, made, noise(made, gate_error=errors))
    assert agrees(1 - bits.mean(), 0.5 + (1 - 2 * error) ** length / 2)


@every
@pytest.mark.parametrize("length", [1, 10])
def test_gate_errors_are_average_infidelities_of_two_qubit_gates(
    simulator: Simulator, length: int
) -> None:
    # The survival of |00> is 1/4 + 3/4 (1 - 4e/3)^m.
    error = 0.05
    made = program(
        *[op("cz", 0, 1)] * length, op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2
    )
    errors = np.array([error] * length + [0.0, 0.0])
    bits = sampled(simulator, made, noise(made, gate_error=errors))
    survival = 0.25 + 0.75 * (1 - 4 * error / 3) ** length
    assert agrees((~bits.any(axis=1)).mean(), survival)


@every_clifford
def test_a_two_qubit_gate_of_the_largest_error_always_errs(simulator: Simulator) -> None:
    # 3 of the 15 Paulis leave |00> alone: a survival of 1 - e for e = 4/5, where a completely
    # depolarised pair of qubits has 1/4. Nine standard deviations of 5,600 shots lie between.
    made = program(op("cz", 0, 1), op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2)
    worst, shots = noise(made, gate_error=np.array([0.8, 0.0, 0.0])), 5600
    job = SimulationJob(program=made, noise=worst, shots=shots, seed=1)
    survival = (~simulator.sample(job).bits.any(axis=1)).mean()
    assert abs(survival - 0.2) < 4.9 * math.sqrt(0.2 * 0.8 / shots)


@every
def test_a_reset_error_leaves_a_one_that_often(simulator: Simulator) -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=0), op("reset", 0), op("measure", 0, clbit=1), bits=2
    )
    bits = sampled(simulator, made, noise(made, gate_error=np.array([0, 0, 0.08, 0])))
    assert bits[:, 0].all()
    assert agrees(bits[:, 1].mean(), 0.08)


@every
def test_a_correction_errs_only_in_the_half_of_the_shots_in_which_it_acts(
    simulator: Simulator,
) -> None:
    made = program(
        op("h", 0), op("measure", 0, clbit=0), op("x", 1, condition=0), op("measure", 1, clbit=1),
        bits=2,
    )  # fmt: skip
    bits = sampled(simulator, made, noise(made, gate_error=np.array([0, 0, 0.3, 0])))
    # A depolarising error of average infidelity e flips a basis state with probability e.
    assert agrees((bits[:, 0] != bits[:, 1]).mean(), 0.3 / 2)


@pytest.mark.parametrize("idle_s", [0.0, 1e-9, 0.4, 50.0])
@pytest.mark.parametrize(("t1_s", "t2_s"), [(1.0, 2.0), (1.0, 0.3), (math.inf, 1.0)])
def test_aer_is_given_channels_that_keep_the_trace(idle_s: float, t1_s: float, t2_s: float) -> None:
    for channel in (
        aer_backend._relaxation(idle_s, t1_s, t2_s),
        aer_backend._misreading(0.05, 0.2),
    ):
        total = sum(k.conj().T @ k for k in channel.params)
        np.testing.assert_allclose(total, np.eye(2), atol=1e-12)


@every
def test_symmetric_readout_errors_flip_what_is_read(simulator: Simulator) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2)
    bits = sampled(simulator, made, noise(made, readout=(0.1, 0.1)))
    assert agrees(bits[:, 0].mean(), 0.9)
    assert agrees(bits[:, 1].mean(), 0.1)


@every_exact_reader
def test_asymmetric_readout_errors_are_exact_but_in_stim(simulator: Simulator) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2)
    bits = sampled(simulator, made, noise(made, readout=(0.05, 0.2)))
    assert agrees(bits[:, 0].mean(), 0.8)
    assert agrees(bits[:, 1].mean(), 0.05)


@every
def test_a_misread_bit_misleads_the_correction(simulator: Simulator) -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=1), op("x", 1, condition=1), op("x", 1),
        op("measure", 1, clbit=0), bits=1,
    )  # fmt: skip
    bits = sampled(simulator, made, noise(made, readout=(0.1, 0.1)))
    assert agrees(bits.mean(), 2 * 0.1 * 0.9)  # once while correcting, once while reading


@every
def test_readout_does_not_disturb_a_qubit_that_lives_on(simulator: Simulator) -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=0), op("id", 0), op("measure", 0, clbit=1), bits=2
    )
    bits = sampled(simulator, made, noise(made, readout=(0.2, 0.2)))
    assert agrees(bits[:, 0].mean(), 0.8)
    assert agrees(bits[:, 1].mean(), 0.8)
    assert agrees((bits[:, 0] == bits[:, 1]).mean(), 0.8**2 + 0.2**2)


@every
def test_a_measurement_takes_the_phase_of_a_qubit_that_lives_on(simulator: Simulator) -> None:
    made = program(
        op("h", 0), op("measure", 0, clbit=0), op("h", 0), op("measure", 0, clbit=1), bits=2
    )
    bits = sampled(simulator, made)
    assert agrees((bits[:, 0] == bits[:, 1]).mean(), 0.5)


@every
def test_a_qubit_may_be_reset_before_its_bit_is_read(simulator: Simulator) -> None:
    made = program(
        op("h", 0), op("measure", 0, clbit=2), op("reset", 0), op("x", 0),
        op("measure", 0, clbit=0), op("x", 1, condition=2), op("z", 1, condition=2),
        op("x", 1, condition=2), op("x", 1, condition=2), op("measure", 1, clbit=1), bits=2,
    )  # fmt: skip
    bits = sampled(simulator, made)
    assert bits[:, 0].all()
    assert agrees(bits[:, 1].mean(), 0.5)


@every
def test_a_bit_that_is_written_twice_is_read_as_it_was_at_that_time(simulator: Simulator) -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=2), op("x", 2, condition=2), op("measure", 1, clbit=2),
        op("x", 2, condition=2), op("measure", 2, clbit=0), op("measure", 0, clbit=1),
        op("measure", 1, clbit=1), bits=2,
    )  # fmt: skip
    assert sampled(simulator, made).tolist() == [[1, 0]] * SHOTS


@every
def test_a_correction_may_be_made_of_native_gates(simulator: Simulator) -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=1), op("sx", 1, condition=1), op("sx", 1, condition=1),
        op("measure", 1, clbit=0), bits=1, joint=[0, 1, 2, 2, 3],
    )  # fmt: skip
    assert sampled(simulator, made).all()


@every
def test_bits_that_nobody_measures_are_zero(simulator: Simulator) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=1), bits=3)
    assert sampled(simulator, made).tolist() == [[0, 1, 0]] * SHOTS


@every
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(simulator: Simulator) -> None:
    made = remote_bell()
    bad = noise(made, pairs=[werner(0.7)], gate_error=0.01)
    first, again = sampled(simulator, made, bad), sampled(simulator, made, bad)
    assert (first == again).all()
    assert (first != sampled(simulator, made, bad, seed=12)).any()


@every
def test_simulators_agree_on_one_noisy_clifford_program(simulator: Simulator) -> None:
    # With dephasing alone stim's twirl is exact, so every outcome has one probability.
    made = remote_bell()
    exact = {(0, 0): 0.0, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 0.0}
    bad = noise(
        made, pairs=[werner(0.9)], gate_error=0.02, t2_s=1.0, readout=(0.03, 0.03),
        idle_s=dict.fromkeys(range(len(made.ops.operands)), 0.05),
    )  # fmt: skip
    bits = sampled(simulator, made, bad)
    for outcome, probability in zip(exact, density_matrix_twin(made, bad), strict=True):
        assert agrees((bits == outcome).all(axis=1).mean(), probability)


def density_matrix_twin(made: Executable, bad: Noise) -> list[float]:
    """P(00), P(01), P(10), P(11) of bits 0 and 1, by following every branch in numpy."""
    from qiskit.quantum_info import DensityMatrix, Operator, Pauli, partial_trace

    n = len(made.node)
    branches = [(DensityMatrix.from_label("0" * n).data, {})]
    pairs = 0

    def on(matrix: np.ndarray, *qubits: int) -> np.ndarray:
        full = Operator(np.eye(2**n))
        return full.compose(Operator(matrix), qargs=list(qubits)).data

    def mixed(rho: np.ndarray, weights: dict[str, float], *qubits: int) -> np.ndarray:
        return sum(
            w * (k := on(Pauli(label).to_matrix(), *qubits)) @ rho @ k.conj().T
            for label, w in weights.items()
        )

    def depolarised(rho: np.ndarray, error: float, *qubits: int) -> np.ndarray:
        labels = [""]
        for _ in qubits:
            labels = [a + b for a in labels for b in "IXYZ"]
        p = error * (1.5 if len(qubits) == 1 else 1.25)
        weights = dict.fromkeys(labels, p / (len(labels) - 1))
        weights["I" * len(qubits)] = 1 - p
        return mixed(rho, weights, *qubits)

    for row, o in enumerate(made.ops):
        begin = int(made.ops.start[row])
        for k, q in enumerate(o.operands):
            if o.name in ("reset", "ebit"):
                continue
            z = (1 - math.exp(-bad.idle_s[begin + k] / bad.t2_s[q])) / 2
            branches = [(mixed(rho, {"I": 1 - z, "Z": z}, q), bits) for rho, bits in branches]
        if o.name == "measure":
            flip = bad.readout[o.operands[0], 0]
            branches = [
                (weight * on(np.diag([1.0 - v, v]), *o.operands) @ rho
                 @ on(np.diag([1.0 - v, v]), *o.operands), {**bits, o.clbit: read})
                for rho, bits in branches
                for v in (0, 1)
                for read, weight in ((v, 1 - flip), (1 - v, flip))
            ]  # fmt: skip
            continue
        if o.name in ("reset", "ebit"):
            wide = [(_replaced(rho, o.operands, n, partial_trace), bits) for rho, bits in branches]
            branches = wide
        if o.name == "ebit":
            h, cx = _unitary("h"), _unitary("cx")
            weights = dict(zip("IXYZ", bad.pair_state[pairs], strict=True))
            pairs += 1
            k = on(cx, *o.operands) @ on(h, o.operands[0])
            branches = [
                (mixed(k @ rho @ k.conj().T, weights, o.operands[1]), bits)
                for rho, bits in branches
            ]
            continue
        if o.name != "reset":
            k = on(_unitary(o.name), *o.operands)
            branches = [
                (k @ rho @ k.conj().T if o.condition < 0 or bits[o.condition] else rho, bits)
                for rho, bits in branches
            ]
        error = bad.gate_error[row] * (1.0 if o.condition < 0 else 0.5)
        branches = [(depolarised(rho, error, *o.operands), bits) for rho, bits in branches]
    return [
        sum(np.trace(rho).real for rho, bits in branches if (bits[0], bits[1]) == outcome)
        for outcome in ((0, 0), (0, 1), (1, 0), (1, 1))
    ]


def _unitary(name: str) -> np.ndarray:
    from qiskit.circuit.library import get_standard_gate_name_mapping

    return get_standard_gate_name_mapping()[name].to_matrix()


def _replaced(rho: np.ndarray, qubits: tuple[int, ...], n: int, trace) -> np.ndarray:
    """The state with these qubits traced out and |0> in their place."""
    kept = [q for q in range(n) if q not in qubits]
    rest = trace(rho, list(qubits)).data  # the kept qubits, in order
    new = np.zeros_like(rho)
    for row in range(len(rest)):
        for column in range(len(rest)):
            a = sum(((row >> i) & 1) << q for i, q in enumerate(kept))
            b = sum(((column >> i) & 1) << q for i, q in enumerate(kept))
            new[a, b] = rest[row, column]
    return new


@every_clifford
def test_the_first_gate_that_is_not_clifford_is_named(simulator: Simulator) -> None:
    made = program(op("h", 0), op("rz", 0, params=(0.3,)), op("measure", 0, clbit=0), bits=1)
    refused = simulator.refusal(made)
    assert refused is not None
    assert "rz(0.3)" in refused
    assert "operation 1" in refused


def test_a_conditioned_gate_that_is_no_pauli_is_run_by_aer_alone() -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=1), op("h", 1, condition=1), op("h", 1),
        op("measure", 1, clbit=0), bits=1,
    )  # fmt: skip
    for simulator in CLIFFORD:
        assert "no Pauli" in str(simulator.refusal(made))
    assert not sampled(AerSimulator("aer-statevector"), made).any()


@every_aer
def test_a_rotation_that_is_tiny_is_not_dropped(simulator: Simulator) -> None:
    steps = 4000
    made = program(
        *[op("rx", 0, params=(math.pi / steps,))] * steps, op("measure", 0, clbit=0), bits=1
    )
    assert sampled(simulator, made).all()


@every_aer
@pytest.mark.parametrize(
    ("name", "params", "operands"),
    [("ch", (), 2), ("iswap", (), 2), ("cu", (0.1, 0.2, 0.3, 0.4), 2),
     ("xx_plus_yy", (1.1, 0.4), 2), ("crz", (0.7,), 2), ("ccz", (), 3), ("cswap", (), 3),
     ("rccx", (), 3)],
)  # fmt: skip
def test_gates_that_aer_does_not_know_by_name_are_themselves(
    simulator: Simulator, name: str, params: tuple[float, ...], operands: int
) -> None:
    # The gate, undone by its inverse as a sequence of other gates, leaves |0...0>.
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import get_standard_gate_name_mapping

    from interlace.circuit import from_qiskit

    qc = QuantumCircuit(operands)
    for qubit in range(operands):
        qc.h(qubit)
        qc.t(qubit)
    before = from_qiskit(qc)
    gate = get_standard_gate_name_mapping()[name].base_class(*params)
    undo = QuantumCircuit(operands)
    undo.append(gate.inverse(), range(operands))
    undo = undo.decompose(reps=6).compose(qc.inverse())
    made = program(
        *before.ops, op(name, *range(operands), params=params), *from_qiskit(undo).ops,
        *(op("measure", q, clbit=q) for q in range(operands)), bits=operands,
    )  # fmt: skip
    assert not sampled(simulator, made).any()


def test_an_ideal_state_vector_draws_from_few_branches_without_bias() -> None:
    """A program whose branches differ: the outcomes still have the right probabilities.

    Branches are drawn independently, so the mean over 60 seeds of 20 branches each is tested
    against the spread of 1200 fair coins.
    """
    made = program(
        op("h", 0), op("measure", 0, clbit=1), op("reset", 0), op("x", 1, condition=1),
        op("reset", 0), op("h", 0), op("measure", 0, clbit=2), op("measure", 1, clbit=0), bits=1,
    )  # fmt: skip
    form = aer_backend.deferred(made, hold=True)
    assert any(move.kind == "reset" for move in form.moves)  # which is where branches part
    means = []
    for seed in range(60):
        job = SimulationJob(program=made, noise=None, shots=100, seed=seed)
        means.append(aer_backend._sample_branches(made, form, 20, job).mean())
        assert 0 < means[-1] < 1  # all 20 branches the same: 2e-6 for each seed
    assert abs(np.mean(means) - 0.5) < 4.9 * 0.5 / math.sqrt(1200)
