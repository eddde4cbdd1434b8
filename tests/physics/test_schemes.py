"""Limits of the schemes that send or latch photons, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from interlace.errors import DomainError
from interlace.physics import (
    Heralded,
    LatchedSlot,
    direct_transduction,
    double_click,
    latched_round,
    microwave_transfer,
    midpoint_source,
    noise_click_probability,
    single_click,
)

PERFECT = {"memory_efficiency": (1.0, 1.0), "arm_efficiency": (1.0, 1.0)}


def test_a_perfect_midpoint_source_succeeds_whenever_both_bell_measurements_do() -> None:
    slot = midpoint_source(mean_pairs=1.0, never_two=True, **PERFECT)
    assert slot.pair.success_probability == pytest.approx(1 / 4)
    assert slot.pair.state == pytest.approx((1, 0, 0, 0))
    assert slot.latch_probability == pytest.approx((1 / 2, 1 / 2))
    assert slot.either == pytest.approx(3 / 4)


def test_losses_of_a_midpoint_source_multiply_and_cost_no_fidelity() -> None:
    slot = midpoint_source(
        mean_pairs=0.7, never_two=True, memory_efficiency=(0.5, 0.8), arm_efficiency=(0.1, 0.3)
    )
    assert slot.pair.success_probability == pytest.approx(0.7 * 0.5 * 0.8 * 0.1 * 0.3 / 4)
    # an end latches by its own pair's photon and its memory's, whatever the far end does
    assert slot.latch_probability == pytest.approx((0.7 * 0.5 * 0.1 / 2, 0.7 * 0.8 * 0.3 / 2))
    assert slot.pair.state[0] == pytest.approx(1)


def test_lost_visibility_of_both_stations_is_a_phase_error() -> None:
    slot = midpoint_source(mean_pairs=0.5, never_two=True, visibility=(0.9, 0.8), **PERFECT)
    assert slot.pair.state == pytest.approx(((1 + 0.72) / 2, 0, 0, (1 - 0.72) / 2))


def test_faint_squeezed_light_is_a_source_that_never_makes_two_pairs() -> None:
    mean = 1e-7
    faint = midpoint_source(mean_pairs=mean, **PERFECT)
    single = midpoint_source(mean_pairs=mean, never_two=True, **PERFECT)
    assert faint.pair.success_probability == pytest.approx(
        single.pair.success_probability, rel=1e-6
    )
    assert faint.pair.state == pytest.approx(single.pair.state, abs=1e-6)


def test_more_pairs_at_once_cost_fidelity() -> None:
    lossy = {"memory_efficiency": (0.5, 0.5), "arm_efficiency": (0.1, 0.1)}
    states = [midpoint_source(mean_pairs=m, **lossy).pair.state for m in (0.01, 0.05, 0.2, 0.5)]
    fidelities = [state[0] for state in states]
    assert fidelities == sorted(fidelities, reverse=True)


def test_a_source_without_light_is_refused() -> None:
    with pytest.raises(DomainError, match="mean pairs must be above 0"):
        midpoint_source(mean_pairs=0.0, **PERFECT)
    with pytest.raises(DomainError, match="pair probability must be between 0 and 1"):
        midpoint_source(mean_pairs=1.5, never_two=True, **PERFECT)
    with pytest.raises(DomainError, match="no attempt can succeed"):
        midpoint_source(mean_pairs=0.1, memory_efficiency=(0.5, 0.5), arm_efficiency=(0.0, 0.0))


def latched(p_a: float, p_b: float, both: float) -> LatchedSlot:
    pair = Heralded(success_probability=both, state=(1.0, 0.0, 0.0, 0.0))
    return LatchedSlot(pair=pair, latch_probability=(p_a, p_b))


def played(p_a: float, p_b: float, both: float, delay: int, slots: int) -> int:
    """Pairs that two ends make in so many slots, each knowing what its messages tell.

    Every end reports every slot; a report takes `delay` slots. An end that latched stops. As soon
    as an end knows of both outcomes of a slot and one of them latched, it begins a new round.
    """
    rng = np.random.default_rng(7)
    u = rng.random(slots)
    # one draw decides both, so that they are correlated as asked
    a = (u < both) | ((u >= both) & (u < p_a))
    b = (u < both) | ((u >= p_a) & (u < p_a + p_b - both))
    latched_at: list[int | None] = [None, None]
    began, pairs = [0, 0], 0
    reports: dict[int, tuple[bool, bool]] = {}
    for now in range(slots):
        known = reports.pop(now - delay, None)
        if known is not None and any(known) and now - delay >= max(began):
            pairs += all(known)
            began, latched_at = [now, now], [None, None]
        outcome = [False, False]
        for end, latches in enumerate((a[now], b[now])):
            if latched_at[end] is None and latches:
                latched_at[end] = now
                outcome[end] = True
        reports[now] = (outcome[0], outcome[1])
    return pairs


@pytest.mark.parametrize(
    ("p_a", "p_b", "both", "delay"),
    [
        (0.2, 0.2, 0.04, 9),  # independent ends
        (0.3, 0.1, 0.03, 4),  # independent, unlike
        (0.1, 0.1, 0.08, 20),  # nearly always both, as a perfect memory would
        (0.02, 0.05, 0.01, 100),  # messages take longer than a latch
        (0.5, 0.5, 0.25, 1),  # no time lost
    ],
)
def test_a_slot_by_slot_play_of_the_protocol_makes_pairs_at_the_rate_of_rounds(
    p_a: float, p_b: float, both: float, delay: int
) -> None:
    # 4 standard errors of a count, above Poisson's: false alarm below 1e-4 a case, seed fixed
    slots = 300_000
    p, period = latched_round(latched(p_a, p_b, both), slot_period_s=1.0, message_s=delay - 1.0)
    pairs = played(p_a, p_b, both, delay, slots)
    expected = slots * p / period
    assert abs(pairs - expected) < 4 * math.sqrt(expected) + 1


def test_rounds_of_independent_ends_have_the_textbook_rate() -> None:
    p_a, p_b, tau, message = 0.01, 0.02, 1e-6, 1e-4
    p, period = latched_round(latched(p_a, p_b, p_a * p_b), slot_period_s=tau, message_s=message)
    s = 1 - (1 - p_a) * (1 - p_b)
    assert p / period == pytest.approx(p_a * p_b / (tau + s * message))


@pytest.mark.parametrize("efficiency", [1.0, 0.5, 0.1, 1e-3])
def test_half_a_quantum_from_each_transducer_leaves_a_fidelity_of_one_half(
    efficiency: float,
) -> None:
    # the figures of arXiv:2503.10842: at added noise 0.5 the fidelity is about 0.5
    pair = direct_transduction(
        efficiency=(1.0, efficiency), transmittance=1.0, added_noise=(0.5, 0.5)
    )
    assert pair.state[0] == pytest.approx(0.5, abs=1e-12)
    below = direct_transduction(
        efficiency=(1.0, efficiency), transmittance=1.0, added_noise=(0.4, 0.4)
    )
    assert below.state[0] > 0.5


@pytest.mark.parametrize("light", [0.9, 0.1])
def test_the_channel_breaks_entanglement_at_one_quantum_of_its_input(light: float) -> None:
    eta, first = 0.3, 0.2
    second = (1 - first) * eta * light  # N_1 + N_2 / (eta_1 t) = 1
    pair = direct_transduction(
        efficiency=(eta, 0.4), transmittance=light, added_noise=(first, second)
    )
    assert pair.state[0] == pytest.approx(0.5, abs=1e-12)


def test_a_thousandth_of_the_noise_gives_the_published_fidelities() -> None:
    # arXiv:2503.10842: three orders of magnitude less noise, 99.7 %. Two clicks: F -> 1 - 6 N
    noise, eta = 0.5e-3, 1e-3
    pair = direct_transduction(efficiency=(1.0, eta), transmittance=1.0, added_noise=(noise, noise))
    assert pair.state[0] == pytest.approx(1 - 1.5 * 2 * noise, abs=1e-5)
    dark = noise_click_probability(
        dark_counts_hz=0.0, window_s=1e-6, added_noise=(noise, noise), efficiency=(eta, eta)
    )
    clicks = double_click(efficiency=(eta, eta), dark_probability=dark)
    assert clicks.state[0] == pytest.approx(0.997, abs=5e-4)


def test_with_clicks_a_fifth_of_a_quantum_on_each_side_leaves_one_half() -> None:
    # little efficiency: two clicks F = (1/2 + N + N^2)/(1/2 + 4N + 4N^2), one click at its best
    # F = (1 + N)(1 + 2N - 2 sqrt(N + N^2)), alpha = sqrt(N + N^2) - N; both 1/2 at N^2 + N = 1/4
    noise, eta = (math.sqrt(2) - 1) / 2, 1e-4
    dark = noise_click_probability(
        dark_counts_hz=0.0, window_s=1e-6, added_noise=(noise, noise), efficiency=(eta, eta)
    )
    two = double_click(efficiency=(eta, eta), dark_probability=dark)
    one = single_click(
        bright_state=math.sqrt(noise + noise**2) - noise,
        efficiency=(eta, eta),
        dark_probability=dark,
    )
    assert (two.state[0], one.state[0]) == pytest.approx((0.5, 0.5), abs=5e-4)


def test_faint_light_far_away_is_not_lost_to_rounding() -> None:
    # 1e-10 photons a mode: a difference of generating functions would keep no digit
    slot = midpoint_source(
        mean_pairs=1e-4, memory_efficiency=(0.1, 0.1), arm_efficiency=(1e-6, 1e-6)
    )
    single = midpoint_source(
        mean_pairs=1e-4, never_two=True, memory_efficiency=(0.1, 0.1), arm_efficiency=(1e-6, 1e-6)
    )
    assert slot.pair.success_probability == pytest.approx(single.pair.success_probability, rel=3e-3)
    assert slot.pair.state[0] == pytest.approx(1, abs=3e-3)


def test_transduction_without_noise_loses_pairs_and_no_fidelity() -> None:
    pair = direct_transduction(efficiency=(0.2, 0.3), transmittance=0.5)
    assert pair.success_probability == pytest.approx(0.03)
    assert pair.state == pytest.approx((1, 0, 0, 0))


@pytest.mark.parametrize("eta", [1.0, 0.77, 0.1875 * 10**-0.1, 0.1, 0.0])
def test_a_transferred_photon_that_may_be_lost_leaves_a_known_fidelity(eta: float) -> None:
    pair = microwave_transfer(transmittance=eta)
    assert pair.success_probability == 1
    assert pair.state[0] == pytest.approx((1 + math.sqrt(eta)) ** 2 / 4)


def test_time_bins_turn_loss_into_waiting() -> None:
    pair = microwave_transfer(transmittance=0.77, heralded=True)
    assert pair.success_probability == pytest.approx(0.77)
    assert pair.state[0] == pytest.approx(1)


@pytest.mark.parametrize("wrong", [{"transmittance": 1.2}, {"noise_photons": -0.1}])
def test_a_channel_that_cannot_be_is_refused(wrong: dict) -> None:
    with pytest.raises(DomainError, match="must be"):
        microwave_transfer(**{"transmittance": 0.5, **wrong})
