from __future__ import annotations

import math

import pytest

from interlace.errors import DomainError
from interlace.physics import double_click, single_click

# alpha, eta_A, eta_B, V, d, number-resolving, sigma, p, F: evaluated apart from interlace
SINGLE = [
    (0.1, 0.01, 0.01, 1, 0, False, 0, 0.001999, 0.900450225),
    (0.05, 0.001, 0.001, 0.9, 1e-07, False, 0.2, 0.000100197345, 0.914990727),
    (0.3, 0.5, 0.5, 1, 0, False, 0, 0.2775, 0.756756757),
    (0.3, 0.5, 0.5, 1, 0, True, 0, 0.255, 0.823529412),
    (0.1, 0.05, 0.05, 0.9, 1e-06, False, 0.1, 0.00997572007, 0.876923664),
    (0.02, 0.001, 0.001, 0.95, 1e-08, False, 0, 4.00195888e-05, 0.967129081),
]
DOUBLE = [
    (0.3407, 0.3407, 1, 0, 0.058038245, 1.0),
    (0.3407, 0.3407, 0.9, 0, 0.058038245, 0.95),
    (0.05, 0.05, 0.9, 0.001, 0.00144309448, 0.854713223),
    (0.01, 0.01, 0.9, 0.0001, 5.39979028e-05, 0.897999719),
    (0.340716966, 0.340716966, 1, 0, 0.0580440255, 1.0),
    (0.3, 0.1, 0.9, 0.0001, 0.0150678612, 0.946660769),
]


@pytest.mark.parametrize("row", SINGLE)
def test_single_click_gives_the_tabulated_probability_and_fidelity(row: tuple) -> None:
    alpha, eta_a, eta_b, v, d, pnr, sigma, p, f = row
    pair = single_click(
        bright_state=alpha,
        efficiency=(eta_a, eta_b),
        visibility=v,
        dark_probability=d,
        number_resolving=pnr,
        phase_noise_rad=sigma,
    )
    assert pair.success_probability == pytest.approx(p, rel=6e-9)
    assert pair.state[0] == pytest.approx(f, abs=6e-10)
    assert sum(pair.state) == pytest.approx(1, abs=1e-12)
    assert min(pair.state) >= 0


@pytest.mark.parametrize("row", DOUBLE)
def test_double_click_gives_the_tabulated_probability_and_fidelity(row: tuple) -> None:
    eta_a, eta_b, v, d, p, f = row
    pair = double_click(efficiency=(eta_a, eta_b), visibility=v, dark_probability=d)
    assert pair.success_probability == pytest.approx(p, rel=6e-9)
    assert pair.state[0] == pytest.approx(f, abs=6e-10)
    assert sum(pair.state) == pytest.approx(1, abs=1e-12)


def test_single_click_without_noise_errs_only_by_the_doubly_bright_state() -> None:
    alpha, eta = 0.2, 0.3
    pair = single_click(bright_state=alpha, efficiency=(eta, eta))
    both = alpha**2 * (eta**2 + 2 * eta * (1 - eta)) / pair.success_probability
    assert pair.state == pytest.approx((1 - both, both / 2, both / 2, 0), abs=1e-12)


def test_single_click_with_unequal_arms_dephases_by_the_imbalance() -> None:
    # alpha -> 0: the heralded state is sqrt(eta_A)|10> + sqrt(eta_B)|01>, overlap with Psi+ squared
    eta_a, eta_b = 0.4, 0.1
    pair = single_click(bright_state=1e-9, efficiency=(eta_a, eta_b))
    overlap = (math.sqrt(eta_a) + math.sqrt(eta_b)) ** 2 / (2 * (eta_a + eta_b))
    assert pair.state[0] == pytest.approx(overlap, abs=1e-8)
    assert pair.state[3] == pytest.approx(1 - overlap, abs=1e-8)


def test_lost_visibility_of_a_double_click_is_a_phase_error() -> None:
    pair = double_click(efficiency=(0.1, 0.2), visibility=0.8)
    assert pair.state == pytest.approx((0.9, 0, 0, 0.1), abs=1e-12)


def test_accidental_double_clicks_are_maximally_mixed() -> None:
    pair = double_click(efficiency=(0.2, 0.0), dark_probability=0.01)
    assert pair.state == pytest.approx((0.25, 0.25, 0.25, 0.25), abs=1e-12)


def test_bunched_photons_with_a_dark_click_flip_the_bit_but_not_into_a_phase_error() -> None:
    # eta = 1, V = 1: nothing is lost, half of the attempts bunch; p = (1-d)^2/2 + (1-d) u / 2
    d = 0.05
    pair = double_click(efficiency=(1.0, 1.0), dark_probability=d)
    u = 2 * d * (1 - d)
    p = (1 - d) ** 2 / 2 + (1 - d) * u / 2
    flipped = (1 - d) * u / 4 / p
    assert pair.success_probability == pytest.approx(p)
    assert pair.state == pytest.approx((1 - 2 * flipped, flipped, flipped, 0), abs=1e-12)


@pytest.mark.parametrize(
    "wrong", [{"efficiency": (1.2, 0.1)}, {"visibility": -0.1}, {"dark_probability": 0.7}]
)
def test_numbers_that_are_no_probabilities_are_refused(wrong: dict) -> None:
    with pytest.raises(DomainError, match="must be between"):
        double_click(**{"efficiency": (0.1, 0.1), **wrong})


def test_a_scheme_that_can_never_click_is_refused_not_divided_by_zero() -> None:
    with pytest.raises(DomainError, match="no attempt can succeed"):
        single_click(bright_state=0.1, efficiency=(0.0, 0.0))
