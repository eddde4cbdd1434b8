"""Pauli frames give the noisy program's outcomes, and say what noise flipped.

Statistical tests compare 20,000 shots with exact probabilities by chi-square and fail below a
p-value of 1e-6, which is each one's false-alarm probability; seeds are fixed.
"""

from __future__ import annotations

import dataclasses
import math
import pickle

import numpy as np
import pytest
from scipy.stats import chi2
from tests.runtime.build import noise, op, program, remote_bell, werner
from tests.runtime.exact import Exact

from interlace.circuit import Op, OpTable
from interlace.compiler import Executable
from interlace.errors import InfeasibleError
from interlace.kernel import ByteArray, IntArray, stream
from interlace.runtime import Noise, SimulationJob, frames_backend
from interlace.runtime.approximate import simulator_notes
from interlace.runtime.frame_loops import unpack
from interlace.runtime.frames_backend import FramesSimulator
from interlace.runtime.ports import Observables, Samples
from interlace.runtime.stim_backend import TWIRLED, StimSimulator

FRAMES = FramesSimulator()
SHOTS = 20_000
ONE = ("h", "s", "sdg", "x", "y", "z", "sx", "id")
TWO = ("cx", "cz", "cy", "swap", "iswap", "ecr")


def sampled(
    made: Executable,
    with_noise: Noise | None = None,
    *,
    shots: int = SHOTS,
    seed: int = 3,
    observables: Observables | None = None,
) -> Samples:
    assert FRAMES.refusal(made) is None
    return FRAMES.sample(
        SimulationJob(
            program=made, noise=with_noise, shots=shots, seed=seed, observables=observables
        )
    )


def numbers(bits: ByteArray) -> IntArray:
    return bits.astype(np.int64) @ (1 << np.arange(bits.shape[1]))


def p_value(seen: IntArray, probability: np.ndarray) -> float:
    """Chi-square of counts, rare outcomes (fewer than 8 expected) taken as one."""
    counts = np.bincount(seen, minlength=len(probability)).astype(float)
    expected = probability * len(seen)
    assert not counts[probability < 1e-12].any()
    rare = expected < 8
    counts = np.append(counts[~rare], counts[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0.5
    if keep.sum() < 2:
        return 1.0
    statistic = ((counts - expected)[keep] ** 2 / expected[keep]).sum()
    return float(chi2.sf(statistic, keep.sum() - 1))


def random_program(seed: int, *, length: int = 24) -> Executable:
    """Three qubits: gates, measurements, corrections by what was measured, resets, ebits."""
    rng = stream(seed, "program")
    ops: list[Op] = [op("h", 0), op("h", 1)]
    written: list[int] = []
    for _ in range(length):
        a, b = (int(q) for q in rng.permutation(3)[:2])
        draw = rng.random()
        if draw < 0.3:
            ops.append(op(str(rng.choice(ONE)), a))
        elif draw < 0.65:
            ops.append(op(str(rng.choice(TWO)), a, b))
        elif draw < 0.77:
            written.append(int(rng.integers(0, 5)))
            ops.append(op("measure", a, clbit=written[-1]))
        elif draw < 0.92 and written:
            ops.append(op(str(rng.choice(["x", "y", "z"])), a, condition=int(rng.choice(written))))
        elif draw < 0.96:
            ops.append(op("reset", a))
        else:
            ops.append(op("ebit", a, b))
    ends = [op("measure", q, clbit=q) for q in range(3)]
    return program(*ops, *ends, bits=4, qubits=3)


def random_noise(made: Executable, seed: int) -> Noise:
    """Every kind of error, each place's its own, none of them small."""
    rng = stream(seed, "noise")
    quiet = noise(made)
    pairs = rng.dirichlet((6, 1, 1, 1), size=len(quiet.pair_state))
    return dataclasses.replace(
        quiet,
        gate_error=rng.random(len(made.ops)) * 0.1,
        idle_s=rng.random(len(made.ops.operands)) * 0.1,
        t1_s=np.array([1.0, 2.0, np.inf]),
        t2_s=np.array([1.5, 0.7, 0.9]),
        readout=rng.random((3, 2)) * 0.2,
        pair_state=pairs.reshape(-1, 4),
    )


@pytest.mark.parametrize("seed", range(16))
def test_random_noisy_programs_have_exactly_the_outcomes_of_density_matrices(seed: int) -> None:
    made = random_program(seed)
    bad = random_noise(made, seed)
    seen = numbers(sampled(made, bad).bits)
    assert p_value(seen, Exact(made, bad).probabilities(4)) > 1e-6


@pytest.mark.parametrize("seed", range(16, 24))
def test_random_programs_without_noise_have_the_outcomes_of_states(seed: int) -> None:
    made = random_program(seed)
    seen = numbers(sampled(made).bits)
    assert p_value(seen, Exact(made, noise(made)).probabilities(4)) > 1e-6


@pytest.mark.parametrize("seed", range(24, 28))
def test_where_stim_is_exact_it_has_the_same_outcomes(seed: int) -> None:
    made = random_program(seed, length=40)
    bad = random_noise(made, seed)
    bad = dataclasses.replace(
        bad,
        gate_error=np.where(made.ops.condition < 0, bad.gate_error, 0.0),
        readout=np.repeat(bad.readout[:, :1], 2, axis=1),
    )
    ours = np.bincount(numbers(sampled(made, bad).bits), minlength=16)
    job = SimulationJob(program=made, noise=bad, shots=SHOTS, seed=5)
    theirs = np.bincount(numbers(StimSimulator().sample(job).bits), minlength=16)
    both = ours + theirs
    statistic = ((ours - theirs)[both > 0] ** 2 / both[both > 0]).sum()
    assert chi2.sf(statistic, (both > 0).sum() - 1) > 1e-6


def test_a_flipped_qubit_reads_one() -> None:
    assert sampled(program(op("x", 0), op("measure", 0, clbit=0), bits=1)).bits.all()


def test_a_pair_of_odd_parity_is_odd_in_every_shot() -> None:
    made = program(
        op("h", 0), op("cx", 0, 1), op("cz", 0, 1), op("h", 0), op("h", 1),
        op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2,
    )  # fmt: skip
    bits = sampled(made).bits
    assert (bits[:, 0] != bits[:, 1]).all()
    assert 0.4 < bits[:, 0].mean() < 0.6


def test_a_hundred_thousand_qubits_have_the_parities_of_their_state() -> None:
    """A GHZ chain over labels in random order, with X on a third of the qubits at its end."""
    qubits = 100_000
    rng = stream(1, "labels")
    label, flipped = rng.permutation(qubits), rng.random(qubits) < 1 / 3
    turned = np.flatnonzero(flipped)
    measured = np.arange(qubits)
    gate = np.repeat([0, 1, 2, 3], [1, qubits - 1, len(turned), qubits])
    operands = [label[:1], np.stack([label[:-1], label[1:]], axis=1).ravel(), turned, measured]
    ops = OpTable.of_columns(
        ["h", "cx", "x", "measure"],
        gate=gate,
        operands=np.concatenate(operands),
        clbit=np.concatenate([np.full(len(gate) - qubits, -1), measured]),
    )
    made = dataclasses.replace(
        program(op("measure", 0, clbit=0), bits=1),
        node=np.zeros(qubits, dtype=np.int64), device_qubit=measured, ops=ops,
        joint_op=np.arange(len(ops)), swap=np.full(len(ops), -1), link=np.full(len(ops), -1),
        num_bits=qubits, num_program_bits=qubits,
    )  # fmt: skip
    bits = sampled(made, shots=70).bits
    assert (bits == (bits[:, :1] ^ flipped[0]) ^ flipped).all()
    assert 0 < bits[:, 0].sum() < 70


def test_dense_stabilizers_take_a_tableau_and_are_refused_where_that_is_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(frames_backend, "outcomes_of", lambda *_, **__: None)
    made = random_program(50)
    seen = numbers(sampled(made).bits)
    assert p_value(seen, Exact(made, noise(made)).probabilities(4)) > 1e-6
    monkeypatch.setattr(frames_backend, "_MOST_DENSE_QUBITS", 2)
    other = random_program(51)
    assert "too dense" in str(FRAMES.refusal(other))
    with pytest.raises(InfeasibleError, match="too dense"):
        FRAMES.sample(SimulationJob(program=other, noise=None, shots=1, seed=1))


def test_a_correction_errs_in_every_shot_in_which_it_acts_and_in_no_other() -> None:
    made = program(
        op("x", 0), op("measure", 0, clbit=1), op("measure", 1, clbit=2),
        op("x", 2, condition=1), op("x", 3, condition=2),
        op("measure", 2, clbit=0), op("measure", 3, clbit=1), bits=2,
    )  # fmt: skip
    errors = np.where(made.ops.condition >= 0, 0.3, 0.0)
    bits = sampled(made, noise(made, gate_error=errors)).bits
    assert abs(bits[:, 0].mean() - 0.7) < 4.9 * math.sqrt(0.21 / SHOTS)
    assert not bits[:, 1].any()


@pytest.mark.parametrize("misread", [(0.0, 1.0), (1.0, 0.0), (1.0, 1.0)])
def test_what_is_always_misread_is_wrong_in_every_shot(misread: tuple[float, float]) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2)
    bits = sampled(made, noise(made, readout=misread), shots=130).bits
    assert (bits == [1 - misread[1], misread[0]]).all()


def test_errors_that_are_certain_come_in_every_shot() -> None:
    made = program(op("ebit", 0, 1), op("measure", 0, clbit=0), op("measure", 1, clbit=1), bits=2)
    bits = sampled(made, noise(made, pairs=[(0.0, 1.0, 0.0, 0.0)]), shots=100).bits
    assert (bits[:, 0] != bits[:, 1]).all()


@pytest.mark.parametrize("shots", [1, 63, 64, 65, 127, 1000])
def test_any_number_of_shots_is_given(shots: int) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=1), bits=3)
    assert sampled(made, shots=shots).bits.tolist() == [[0, 1, 0]] * shots


def test_no_shots_and_no_bits_are_empty_tables() -> None:
    made = program(op("x", 0), bits=0)
    assert sampled(made, shots=5).bits.shape == (5, 0)
    assert sampled(remote_bell(), shots=0).bits.shape == (0, 2)


def test_shots_taken_in_many_passes_are_as_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_backend, "_PASS_WORDS", 64)
    made = random_program(2)
    bad = random_noise(made, 2)
    seen = numbers(sampled(made, bad).bits)
    assert p_value(seen, Exact(made, bad).probabilities(4)) > 1e-6


def test_a_copy_of_a_program_is_the_same_program_and_is_prepared_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = random_program(40)
    first = sampled(made, shots=100).bits
    monkeypatch.setattr(frames_backend, "rows_of", lambda _: pytest.fail("prepared again"))
    copy = pickle.loads(pickle.dumps(made))
    assert (sampled(copy, shots=100).bits == first).all()


def products(made: Executable, *wanted: dict[int, int], rows: dict[int, int] | None = None):
    """Products of Paulis by qubit, tapped at the end or before a row of the qubit's own."""
    qubits = sorted({q for each in wanted for q in each}, reverse=True)
    at = [(rows or {}).get(q, len(made.ops)) for q in qubits]
    return Observables(
        tap_qubit=np.array(qubits),
        tap_row=np.array(at),
        start=np.cumsum([0, *map(len, wanted)]),
        tap=np.array([qubits.index(q) for each in wanted for q in each]),
        pauli=np.array([pauli for each in wanted for pauli in each.values()]),
    )


GHZ = (op("h", 0), op("cx", 0, 1), op("cx", 1, 2))
STABILIZERS = ({0: 1, 1: 1, 2: 1}, {0: 3, 1: 3}, {1: 3, 2: 3}, {0: 2, 1: 2, 2: 1})


def test_observables_flip_as_often_as_noise_lowers_their_expectation() -> None:
    made = program(*GHZ, op("s", 0), op("sdg", 0), bits=0)
    bad = random_noise(made, 1)
    flips = sampled(made, bad, observables=products(made, *STABILIZERS)).flips
    assert flips is not None
    exact = Exact(made, bad)
    for column, paulis in enumerate(STABILIZERS):
        flipped = (1 - abs(exact.expectation(paulis))) / 2
        seen = flips[:, column].mean()
        assert abs(seen - flipped) < 4.9 * math.sqrt(flipped * (1 - flipped) / SHOTS)


def test_a_tap_sees_its_qubit_before_the_row_and_after_its_wait() -> None:
    ends = [op("measure", q, clbit=q) for q in range(3)]
    made = program(*GHZ, *ends, bits=3)
    waiting = {len(made.ops.operands) - 3 + q: 0.1 * (q + 1) for q in range(3)}
    bad = noise(made, idle_s=waiting, t2_s=1.0, gate_error=0.01, readout=(0.5, 0.5))
    watched = products(made, *STABILIZERS, rows={q: len(GHZ) + q for q in range(3)})
    flips = sampled(made, bad, observables=watched).flips
    assert flips is not None
    # The same state at the end of a program whose last rows only wait.
    alike = program(*GHZ, *(op("id", q) for q in range(3)), bits=0)
    errors = np.array([0.01] * len(GHZ) + [0.0] * 3)
    exact = Exact(alike, noise(alike, idle_s=waiting, t2_s=1.0, gate_error=errors))
    for column, paulis in enumerate(STABILIZERS):
        flipped = (1 - abs(exact.expectation(paulis))) / 2
        seen = flips[:, column].mean()
        assert abs(seen - flipped) < 4.9 * math.sqrt(flipped * (1 - flipped) / SHOTS)


def test_without_noise_no_stabilizer_flips_and_any_other_product_flips_half_of_the_time() -> None:
    made = program(*GHZ, bits=0)
    flips = sampled(made, observables=products(made, *STABILIZERS, {0: 1}, {2: 3})).flips
    assert flips is not None
    assert not flips[:, :4].any()
    assert (abs(flips[:, 4:].mean(axis=0) - 0.5) < 4.9 * 0.5 / math.sqrt(SHOTS)).all()


def test_observables_that_nobody_asked_for_are_none() -> None:
    assert sampled(remote_bell(), noise(remote_bell(), pairs=[werner(0.9)])).flips is None


def test_only_relaxation_is_approximated() -> None:
    made = remote_bell()
    bad = noise(made, t1_s=1.0, idle_s={3: 0.1}, readout=(0.01, 0.03), gate_error=0.01)
    assert simulator_notes(FRAMES, made, (bad,)) == (TWIRLED,)


def test_words_are_unpacked_shot_by_shot() -> None:
    words = stream(1, "words").integers(0, 2**64 - 1, size=(700, 3), dtype=np.uint64)
    bits = np.zeros((150, 700), dtype=np.uint8)
    unpack(words, bits)
    shots = np.arange(150)
    expected = words[:, shots // 64] >> (shots % 64).astype(np.uint64) & np.uint64(1)
    assert (bits == expected.T).all()
