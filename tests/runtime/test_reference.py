"""Ideal distributions are exact, and the fidelity estimators mean what they say."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from interlace.circuit import Circuit, from_qiskit
from interlace.runtime.model import FidelityEstimate
from interlace.runtime.outcomes import counts_of, printed
from interlace.runtime.reference import Reference, fidelity_of, reference_of


def made(qc: QuantumCircuit) -> tuple[Circuit, QuantumCircuit]:
    bare = qc.copy()
    qc.measure_all()
    return from_qiskit(qc), bare


def all_outcomes(width: int) -> np.ndarray:
    return ((np.arange(2**width)[:, None] >> np.arange(width)) & 1).astype(np.uint8)


def found(circuit: Circuit) -> Reference:
    reference = reference_of(circuit)
    assert reference is not None
    return reference


def test_a_fidelity_prints_as_value_and_error() -> None:
    found = FidelityEstimate(value=0.92846, error=0.00431, kind="hellinger", reference="exact")
    assert str(found) == "0.9285 ± 0.0043"


@st.composite
def circuits(draw: st.DrawFn, *, clifford: bool) -> QuantumCircuit:
    qc = QuantumCircuit(4)
    for _ in range(draw(st.integers(0, 14))):
        first, second = draw(st.permutations(range(4)))[:2]
        name = draw(st.sampled_from(["h", "s", "x", "cx", "cz", "ry"]))
        if name in ("cx", "cz"):
            getattr(qc, name)(first, second)
        elif name == "ry":
            angle = draw(st.sampled_from([np.pi / 2, np.pi] if clifford else [0.3, 1.1]))
            qc.ry(angle, first)
        else:
            getattr(qc, name)(first)
    return qc


@settings(max_examples=40)
@given(st.data(), st.booleans())
def test_probabilities_are_those_of_the_state_vector(data: st.DataObject, clifford: bool) -> None:
    circuit, bare = made(data.draw(circuits(clifford=clifford)))
    reference = found(circuit)
    exact = Statevector(bare).probabilities()
    np.testing.assert_allclose(reference.probability(all_outcomes(4)), exact, atol=1e-9)
    assert 2.0**reference.log2_collision == pytest.approx((exact**2).sum())
    likeliest = reference.likeliest()
    assert dict(likeliest) == pytest.approx(
        {i: p for i, p in enumerate(exact.tolist()) if p > 1e-9}, abs=1e-9
    )


def test_mid_circuit_measurement_and_reset_are_exact() -> None:
    qc = QuantumCircuit(2, 3)
    qc.ry(1.0, 0)
    qc.measure(0, 0)
    qc.cx(0, 1)
    qc.reset(0)
    qc.ry(0.5, 0)
    qc.measure(0, 1)
    qc.measure(1, 2)
    reference = found(from_qiskit(qc))
    one, two = np.sin(0.5) ** 2, np.sin(0.25) ** 2
    exact = np.zeros(8)
    for first in (0, 1):
        for second in (0, 1):
            p = (one if first else 1 - one) * (two if second else 1 - two)
            exact[first + 2 * second + 4 * first] = p
    np.testing.assert_allclose(reference.probability(all_outcomes(3)), exact, atol=1e-12)


def test_a_stabilizer_state_of_any_size_has_a_reference() -> None:
    qc = QuantumCircuit(300)
    qc.h(range(200))
    qc.cx(range(100), range(200, 300))
    circuit, _ = made(qc)
    reference = found(circuit)
    assert reference.log2_collision == -200
    bits = np.zeros((3, 300), dtype=np.uint8)
    bits[1, [5, 205]] = 1
    bits[2, 205] = 1
    assert reference.probability(bits).tolist() == [2.0**-200, 2.0**-200, 0.0]
    assert reference.likeliest() == ()


def test_a_circuit_too_large_to_follow_has_no_reference() -> None:
    qc = QuantumCircuit(40)
    qc.t(range(40))
    circuit, _ = made(qc)
    assert reference_of(circuit) is None
    assert fidelity_of(np.zeros((10, 40), dtype=np.uint8), None, groups=()) is None


def drawn(p: np.ndarray, shots: int, seed: int) -> np.ndarray:
    width = int(np.log2(len(p)))
    values = np.random.default_rng(seed).choice(len(p), size=shots, p=p)
    return all_outcomes(width)[values]


@pytest.mark.parametrize(
    ("shots", "groups"),
    [(40, ()), (1000, ()), (1000, (40,) * 25)],
    ids=["few", "many", "timelines"],
)
def test_the_hellinger_estimate_has_no_bias_worth_its_error(
    shots: int, groups: tuple[int, ...]
) -> None:
    # 1500 estimates: their mean lies within 4.9 standard errors (false alarm 1e-6), and their
    # spread is the error that they state, within a quarter. The plain estimate from 40 shots is
    # low by about (4 - 1) / 160, which is 11 standard errors.
    qc = QuantumCircuit(3)
    qc.h([0, 1])
    reference = found(made(qc)[0])
    q = np.array([0.3, 0.2, 0.2, 0.1, 0.05, 0.05, 0.05, 0.05])
    exact = np.sqrt(0.25 * q[:4]).sum() ** 2
    estimates = [fidelity_of(drawn(q, shots, k), reference, groups=groups) for k in range(1500)]
    values = np.array([e.value for e in estimates if e])
    errors = np.array([e.error for e in estimates if e])
    assert len(values) == 1500
    assert all(e and e.kind == "hellinger" for e in estimates)
    assert abs(values.mean() - exact) < 4.9 * values.std() / np.sqrt(1500)
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)


def flipped_ghz(qubits: int, shots: int) -> tuple[Reference, np.ndarray]:
    """A GHZ state's reference, and shots whose bits were flipped so often that hardly two agree."""
    qc = QuantumCircuit(qubits)
    qc.h(0)
    qc.cx(0, range(1, qubits))
    rng = np.random.default_rng(5)
    bits = (rng.random((shots, 1)) < 0.5) ^ (rng.random((shots, qubits)) < 0.05)
    return found(made(qc)[0]), bits.astype(np.uint8)


def test_the_hellinger_estimate_is_a_jackknife_over_the_groups() -> None:
    from interlace.runtime.jackknife import group_edges, jackknifed
    from interlace.runtime.reference import _hellinger_parts

    reference, bits = flipped_ghz(5, 700)
    groups = (*[20] * 20, *[30] * 10)
    ideal = reference.probability(all_outcomes(5))
    numbers = bits.astype(np.int64) @ (1 << np.arange(5))

    def plain(kept: np.ndarray) -> float:
        q = np.bincount(numbers[kept], minlength=32) / kept.sum()
        return np.sqrt(ideal * q).sum() ** 2

    group = np.repeat(np.arange(30), groups)
    left_out = np.array([plain(group != j) for j in range(30)])
    found_parts = _hellinger_parts(bits, reference, group_edges(700, groups))
    assert found_parts == pytest.approx(jackknifed(plain(group >= 0), left_out), rel=1e-9)


def test_many_timelines_of_unlike_outcomes_take_little_memory() -> None:
    reference, bits = flipped_ghz(40, 20_000)
    tracemalloc.start()
    try:
        estimate = fidelity_of(bits, reference, groups=(10,) * 2000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert estimate is not None
    assert peak < 50_000_000  # groups by outcomes would be 100 MB and more


def scrambled() -> QuantumCircuit:
    """Eight qubits, 256 outcomes of very unlike probabilities."""
    rng = np.random.default_rng(2)
    qc = QuantumCircuit(8)
    for _ in range(12):
        for i in range(8):
            qc.u(*rng.uniform(0, 2 * np.pi, 3), i)
        for i in range(0, 7, 2):
            qc.cx(i, i + 1)
        for i in range(1, 7, 2):
            qc.cx(i, i + 1)
    return qc


@pytest.mark.parametrize("shots", [60, 150, 300, 700, 2000])
def test_an_ideal_run_scores_1_or_nothing_is_said_by_hellinger(shots: int) -> None:
    # 300 runs: the mean lies within 0.005 of 1 and 4.9 of its standard errors; it may not pass 1
    # by more than that either, though each value is cut off there: so the parts are averaged.
    from interlace.runtime.jackknife import group_edges
    from interlace.runtime.reference import _hellinger_parts

    circuit, bare = made(scrambled())
    reference = found(circuit)
    ideal = Statevector(bare).probabilities()
    runs = [drawn(ideal, shots, k) for k in range(300)]
    estimate = fidelity_of(runs[0], reference, groups=())
    assert estimate is not None
    if estimate.kind == "hellinger":
        values = np.array([_hellinger_parts(r, reference, group_edges(shots, ()))[0] for r in runs])
        assert abs(values.mean() - 1) < 0.005 + 4.9 * values.std() / np.sqrt(300)
    assert (estimate.kind == "hellinger") == (shots >= 700)


def test_cross_entropy_is_the_share_of_shots_that_follow_the_ideal() -> None:
    circuit, bare = made(scrambled())
    ideal = Statevector(bare).probabilities()
    estimate = fidelity_of(drawn(0.7 * ideal + 0.3 / 256, 300, 3), found(circuit), groups=())
    assert estimate is not None
    assert estimate.kind == "cross-entropy"
    assert estimate.error < 0.15
    assert abs(estimate.value - 0.7) < 4.9 * estimate.error


def test_a_uniform_ideal_over_many_outcomes_says_nothing() -> None:
    qc = QuantumCircuit(12)
    qc.h(range(12))
    reference = found(made(qc)[0])
    assert fidelity_of(drawn(np.full(4096, 1 / 4096), 1000, 1), reference, groups=()) is None


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4), st.data())
def test_counting_and_printing_are_those_of_qiskit(sizes: list[int], data: st.DataObject) -> None:
    from qiskit.result.postprocess import format_counts_memory

    from interlace.circuit import Register

    registers = tuple(Register(name=f"c{i}", size=size) for i, size in enumerate(sizes))
    width = sum(sizes)
    value = data.draw(st.integers(0, 2**width - 1))
    header = {"creg_sizes": [[r.name, r.size] for r in registers], "memory_slots": width}
    assert printed(value, registers) == format_counts_memory(hex(value), header)
    bits = ((value >> np.arange(width)) & 1).astype(np.uint8)
    assert counts_of(np.stack([bits, bits]), registers) == ((printed(value, registers), 2),)


def test_the_error_of_a_bad_run_is_the_spread_of_such_runs() -> None:
    # Half of the shots cannot be of a Bell state. 800 runs: their spread is known to 2.5 %.
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    reference = found(made(bell)[0])
    runs = [drawn(np.full(4, 0.25), 400, k) for k in range(800)]
    estimates = [fidelity_of(bits, reference, groups=()) for bits in runs]
    spread = np.std([e.value for e in estimates if e])
    assert np.mean([e.error for e in estimates if e]) == pytest.approx(spread, rel=0.15)


@pytest.mark.parametrize("shots", [20, 50, 400])
def test_a_run_without_a_bad_shot_may_have_been_lucky(shots: int) -> None:
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    reference = found(made(bell)[0])
    bits = np.zeros((shots, 2), dtype=np.uint8)
    bits[::2] = 1
    estimate = fidelity_of(bits, reference, groups=())
    assert estimate is not None
    assert estimate.error >= 1 / shots
    bits[0] = 0, 1
    worse = fidelity_of(bits, reference, groups=())
    assert worse is not None
    assert worse.error >= 2**0.5 / shots
