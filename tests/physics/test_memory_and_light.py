from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.errors import DomainError
from interlace.physics import (
    MAX_NOISE_PER_WINDOW,
    attempt_period,
    flight_time,
    idle_pauli,
    noise_click_probability,
    transmittance,
)

lifetimes = st.floats(1e-6, 1e3)


@settings(deadline=None, max_examples=50)
@given(st.floats(0, 1e3), lifetimes, st.floats(0.01, 2.0))
def test_an_idle_qubit_relaxes_with_t1_and_dephases_with_t2(
    time_s: float, t1_s: float, ratio: float
) -> None:
    t2_s = ratio * t1_s
    x, y, z = idle_pauli(time_s, t1_s=t1_s, t2_s=t2_s)
    assert 1 - 2 * (x + y) == pytest.approx(math.exp(-time_s / t1_s), abs=1e-12)
    assert 1 - 2 * (y + z) == pytest.approx(math.exp(-time_s / t2_s), abs=1e-12)
    assert min(x, y, z) >= 0
    assert x + y + z <= 0.75 + 1e-12


def test_the_twirl_of_amplitude_damping_and_dephasing_gives_the_same_weights() -> None:
    # Kraus operators, averaged over conjugation by the Paulis: weight of P is sum |tr(P K)|^2 / 4
    t, t1, t2 = 0.3, 1.0, 0.7
    gamma = 1 - math.exp(-t / t1)
    lost = 1 - math.exp(-t * (1 / t2 - 1 / (2 * t1)))  # coherence lost by pure dephasing
    damping = [np.diag([1, math.sqrt(1 - gamma)]), np.array([[0, math.sqrt(gamma)], [0, 0]])]
    dephasing = [math.sqrt(1 - lost / 2) * np.eye(2), math.sqrt(lost / 2) * np.diag([1, -1])]
    paulis = [np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])]
    expected = [
        sum(abs(np.trace(p @ a @ b)) ** 2 / 4 for a in dephasing for b in damping) for p in paulis
    ]
    assert [float(w) for w in idle_pauli(t, t1_s=t1, t2_s=t2)] == pytest.approx(expected)


def test_a_qubit_that_never_decays_keeps_its_state_in_arrays_too() -> None:
    times = np.array([[0.0, 1.0], [2.0, 3.0]])
    for weight in idle_pauli(times, t1_s=math.inf, t2_s=math.inf):
        assert weight.shape == times.shape
        assert not weight.any()


def test_phase_cannot_outlive_twice_the_relaxation() -> None:
    with pytest.raises(DomainError, match="at most 2 T1"):
        idle_pauli(1.0, t1_s=1.0, t2_s=2.1)
    with pytest.raises(DomainError, match="waiting time"):
        idle_pauli(-1.0, t1_s=1.0, t2_s=1.0)


def test_fifty_kilometres_at_a_fifth_of_a_decibel_lose_nine_tenths() -> None:
    assert transmittance(50e3, 2e-4) == pytest.approx(0.1)
    assert transmittance(30e3, 2e-4, loss_db=4.0) == pytest.approx(0.1)
    assert flight_time(50e3) == pytest.approx(250e-6)


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1e5), st.floats(0, 1e5))
def test_two_pieces_of_fibre_lose_as_much_as_one(first_m: float, second_m: float) -> None:
    joined = transmittance(first_m + second_m, 2e-4)
    assert transmittance(first_m, 2e-4) * transmittance(second_m, 2e-4) == pytest.approx(joined)


def test_noise_of_both_transducers_is_shared_between_the_two_detectors() -> None:
    d = noise_click_probability(
        dark_counts_hz=100.0, window_s=2e-6, added_noise=(0.2, 0.4), efficiency=(0.01, 0.03)
    )
    assert d == pytest.approx(2e-4 + (0.002 + 0.012) / 2)


def test_noise_beyond_the_first_order_is_refused_with_its_size_and_the_bound() -> None:
    with pytest.raises(DomainError, match=r"0\.2 clicks.*up to 0\.1"):
        noise_click_probability(
            dark_counts_hz=0.0,
            window_s=1e-6,
            added_noise=(1.0, 1.0),
            efficiency=(0.2, 0.2),
        )
    assert MAX_NOISE_PER_WINDOW == 0.1


def test_the_slower_of_pump_and_light_sets_the_attempt_period() -> None:
    assert attempt_period(window_s=1e-6, duty_cycle=0.1, round_trip_s=8e-4) == 8e-4
    assert attempt_period(window_s=1e-6, duty_cycle=1e-3, round_trip_s=8e-4) == pytest.approx(1e-3)
