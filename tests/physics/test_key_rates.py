"""Key lengths at given settings: tables and anchors that were evaluated apart from interlace."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.qkd.tables import rows

from interlace.errors import DomainError
from interlace.physics import (
    Clicks,
    binary_entropy,
    endless_key,
    error_correction_leak,
    one_decoy_key,
    one_decoy_limit,
    plob_bound,
    pulse_clicks,
    sifted_clicks,
    two_decoy_key,
)
from interlace.physics.fluctuation import sampling_gap, simple_sampling_gap

LIM = [row for row in rows("lim2014") if row["rate"]]
ATTEMA = rows("bb84_asymptotic")
ONE_DECOY = rows("one_decoy")


def lim_length(row, secrecy: float):
    """(l, N) at the settings of a row of the table."""
    p1, p2, q = row["p_mu1"], row["p_mu2"], row["q_x"]
    mu, p = np.array([row["mu1"], row["mu2"], 2e-4]), np.array([p1, p2, 1 - p1 - p2])
    clicks = pulse_clicks(
        mu,
        transmittance=0.1 * 10 ** (-0.02 * row["km"]),
        dark_probability=6e-7,
        afterpulse_probability=4e-2,
        misalignment=5e-3,
    )
    pulses = row["n_X"] / (q * q * float((p * clicks.detected).sum()))
    key = sifted_clicks(clicks, pulses=pulses, basis_probability=q, probabilities=p)
    check = sifted_clicks(clicks, pulses=pulses, basis_probability=1 - q, probabilities=p)
    secret = two_decoy_key(
        key,
        check,
        intensities=mu,
        probabilities=p,
        leak=error_correction_leak(key, inefficiency=1.16),
        secrecy=secrecy,
        correctness=1e-15,
    )
    return float(secret.length), pulses


@pytest.mark.parametrize("row", LIM, ids=lambda r: f"{r['n_X']:.0e}-{r['km']:g}km")
def test_two_decoys_give_the_tabulated_rate_at_the_tabulated_settings(row) -> None:
    length = row["n_X"]
    for _ in range(40):  # eps_sec is in proportion to the length that it gives
        length, pulses = lim_length(row, 1e-15 * max(length, 1.0))
    assert length / pulses == pytest.approx(row["rate"], rel=6e-5)


def test_two_decoys_give_the_bits_of_an_experiment_like_model() -> None:
    mu, p, q = np.array([0.4283, 0.1763, 0.0]), np.array([0.1381, 0.5128, 0.3491]), 0.7128
    detected = 1 - (1 - 1.7e-6) * np.exp(-5e-4 * mu)
    clicks = Clicks(detected=detected, wrong=1.7e-6 / 2 + 3.3e-2 * (detected - 1.7e-6))
    key = sifted_clicks(clicks, pulses=1e10, basis_probability=q, probabilities=p)
    check = sifted_clicks(clicks, pulses=1e10, basis_probability=1 - q, probabilities=p)
    counted = Clicks(detected=key.detected, wrong=key.wrong * [1, 1, 0])  # errors of mu1 and mu2
    secret = two_decoy_key(
        key,
        check,
        intensities=mu,
        probabilities=p,
        leak=error_correction_leak(counted, inefficiency=1.22),
        secrecy=1e-10,
        correctness=1e-15,
    )
    assert math.floor(secret.length) == 41368
    assert float(secret.phase_error) < 0.1


def one_decoy_counts(loss_db: float, pulses: float):
    mu, p = np.array([0.5, 0.15]), np.array([0.9, 0.1])
    clicks = pulse_clicks(
        mu, transmittance=10 ** (-loss_db / 10), dark_probability=100 / 625e6, misalignment=0.02
    )
    key = sifted_clicks(clicks, pulses=pulses, basis_probability=0.9, probabilities=p)
    check = sifted_clicks(clicks, pulses=pulses, basis_probability=0.1, probabilities=p)
    return mu, p, key, check


@pytest.mark.parametrize("pulses", [1e10, 1e12])
@pytest.mark.parametrize("row", ONE_DECOY, ids=lambda r: f"{r['loss_db']:g}dB")
def test_one_decoy_gives_the_tabulated_rate(row, pulses: float) -> None:
    mu, p, key, check = one_decoy_counts(row["loss_db"], pulses)
    secret = one_decoy_key(
        key,
        check,
        intensities=mu,
        probabilities=p,
        leak=error_correction_leak(key, inefficiency=1.16),
        secrecy=1e-12,
        correctness=1e-12,
    )
    expected = row["skr_bps_N1e10" if pulses == 1e10 else "skr_bps_N1e12"]
    assert max(float(secret.length), 0.0) * 625e6 / pulses == pytest.approx(expected, rel=3e-4)


def plain_rusca(mu, p, key, check, leak: float, secrecy: float, correctness: float) -> float:
    """The form of Rusca et al. in plain numbers, equation by equation."""
    (mu1, mu2), (p1, p2) = mu, p
    eps = secrecy / 19
    tau0 = p1 * math.exp(-mu1) + p2 * math.exp(-mu2)
    tau1 = p1 * mu1 * math.exp(-mu1) + p2 * mu2 * math.exp(-mu2)

    def delta(n):
        return math.sqrt(n / 2 * math.log(1 / eps))

    def most(counts, k):
        return min(counts[k] + delta(sum(counts)), sum(counts)) * math.exp(mu[k]) / p[k]

    def least(counts, k):
        return max(counts[k] - delta(sum(counts)), 0.0) * math.exp(mu[k]) / p[k]

    def photons(n, c):
        s0 = tau0 / (mu1 - mu2) * (mu1 * least(n, 1) - mu2 * most(n, 0))
        s0_most = min(2 * (tau0 * most(c, k) + delta(sum(n))) for k in (0, 1))
        inner = least(n, 1) - mu2**2 / mu1**2 * most(n, 0)
        inner -= (mu1**2 - mu2**2) / mu1**2 * min(s0_most, sum(n)) / tau0
        return s0, tau1 * mu1 / (mu2 * (mu1 - mu2)) * inner

    s0, s1 = photons(list(key.detected), list(key.wrong))
    _, sz1 = photons(list(check.detected), list(check.wrong))
    v1 = tau1 / (mu1 - mu2) * (most(list(check.wrong), 0) - least(list(check.wrong), 1))
    b = v1 / sz1
    spread = (s1 + sz1) / (s1 * sz1 * (1 - b) * b)
    phi = b + math.sqrt(
        (s1 + sz1) * (1 - b) * b / (s1 * sz1 * math.log(2)) * math.log2(spread / eps**2)
    )
    h = -phi * math.log2(phi) - (1 - phi) * math.log2(1 - phi)
    cost = 6 * math.log2(19 / secrecy) + math.log2(2 / correctness)
    return max(s0, 0.0) + s1 * (1 - h) - leak - cost


@pytest.mark.parametrize("loss_db", [0, 3, 10, 17])
def test_one_decoy_in_the_form_of_rusca_is_its_equations(loss_db: float) -> None:
    mu, p, key, check = one_decoy_counts(loss_db, 1e11)
    leak = float(error_correction_leak(key, inefficiency=1.16))
    secret = one_decoy_key(
        key, check, intensities=mu, probabilities=p, leak=leak, secrecy=1e-12, correctness=1e-12,
        proof="rusca",
    )  # fmt: skip
    plain = plain_rusca(mu, p, key, check, leak, 1e-12, 1e-12)
    assert float(secret.length) == pytest.approx(plain, rel=1e-12)


def test_the_gap_for_any_error_rate_tells_the_samples_apart() -> None:
    """100 bits looked at, 400 not: sqrt(500/40000 * 101/100 * ln 1e6)."""
    gap = simple_sampling_gap(1e-6, sampled=100.0, other=400.0)
    assert float(gap) == pytest.approx(math.sqrt(0.0125 * 1.01 * 6 * math.log(10)))
    assert float(simple_sampling_gap(1e-6, sampled=400.0, other=100.0)) < float(gap)


def log_of_a_choice(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_of_so_few(found: int, looked_at: int, other: int, wrong: int) -> float:
    """ln of the chance that at most `found` of all `wrong` bits are among those looked at."""
    total = looked_at + other
    terms = [
        log_of_a_choice(wrong, x) + log_of_a_choice(total - wrong, looked_at - x)
        for x in range(max(0, wrong - other), found + 1)
    ]
    top = max(terms)
    share = math.log(math.fsum(math.exp(term - top) for term in terms))
    return top + share - log_of_a_choice(total, looked_at)


@given(
    looked_at=st.integers(30, 10**6), other=st.integers(30, 10**6), found=st.integers(0, 300),
    digits=st.floats(4.0, 40.0),
)  # fmt: skip
def test_the_gap_is_passed_no_more_often_than_it_says(looked_at, other, found, digits) -> None:
    """Against the exact distribution, from no error on: the next more errors are too unlikely."""
    found = min(found, looked_at // 2)
    rate = found / looked_at
    gap = float(sampling_gap(10.0**-digits, rate=rate, sampled=looked_at, other=other))
    hidden = math.floor((rate + gap) * other) + 1
    if rate + gap < 0.5 and hidden <= other:
        chance = log_of_so_few(found, looked_at, other, found + hidden)
        assert chance <= -digits * math.log(10)


@given(
    looked_at=st.floats(1.0, 1e12), other=st.floats(1.0, 1e12), rate=st.floats(0.0, 0.49),
    more=st.floats(0.0, 0.01), digits=st.floats(1.0, 100.0),
)  # fmt: skip
def test_more_errors_never_lower_the_bound(looked_at, other, rate, more, digits) -> None:
    low, high = (
        b + float(sampling_gap(10.0**-digits, rate=b, sampled=looked_at, other=other))
        for b in (rate, rate + more)
    )
    assert min(high, 0.5) >= min(low, 0.5) * (1 - 1e-12)


def test_one_decoy_tends_to_its_limit() -> None:
    """Fluctuations of N pulses fall as 1/sqrt(N): a hundred times the pulses, a tenth the gap."""
    mu, p = np.array([0.5, 0.1]), np.array([0.5, 0.5])
    clicks = pulse_clicks(mu, transmittance=0.1, dark_probability=1e-6, misalignment=0.01)
    limit = one_decoy_limit(clicks, intensities=mu, inefficiency=1.16)
    whole = Clicks(detected=clicks.detected[:1], wrong=clicks.wrong[:1])
    leak = float(error_correction_leak(whole, inefficiency=1.16))
    worth = float(limit.rate) + leak  # s_1 (1 - h) of a pulse of the signal
    gaps = []
    for pulses in (1e18, 1e20, 1e22):
        both = sifted_clicks(clicks, pulses=pulses, basis_probability=1.0, probabilities=p)
        secret = one_decoy_key(
            both, both, intensities=mu, probabilities=p, leak=0.0, secrecy=1e-9, correctness=1e-9
        )
        share = (p * mu * np.exp(-mu)).sum() / (mu[0] * math.exp(-mu[0]))
        gaps.append(1 - float(secret.length) / (pulses * share * worth))
    assert gaps == pytest.approx([gaps[0], gaps[0] / 10, gaps[0] / 100], rel=1e-3)
    assert 0 < gaps[0] < 1e-5


@pytest.mark.parametrize("row", ATTEMA, ids=lambda r: f"{r['loss_db']:g}dB")
def test_endless_blocks_give_the_tabulated_rate(row) -> None:
    arriving = 10 ** (-row["loss_db"] / 10)
    aligned = endless_key(row["mu_opt"], transmittance=arriving, dark_probability=1e-8)
    assert float(aligned.rate) == pytest.approx(row["rate_opt"], rel=1e-6)
    off = endless_key(
        row["mu_mis1"], transmittance=arriving, dark_probability=1e-8, misalignment=0.01
    )
    assert float(off.rate) == pytest.approx(row["rate_mis1"], rel=1e-6)


def test_endless_blocks_give_the_anchor_of_tno_at_its_bound() -> None:
    one = endless_key(0.8998, transmittance=10**-0.02, dark_probability=1e-8)
    assert float(one.rate) == pytest.approx(0.3494369214, rel=1e-3)


@pytest.mark.parametrize("row", rows("plob"), ids=lambda r: f"{r['km']:g}km")
def test_the_bound_is_the_tabulated_one(row) -> None:
    assert plob_bound(10 ** (-0.02 * row["km"])) == pytest.approx(row["plob"], rel=1e-6)


@given(
    mu=st.floats(1e-3, 3.0), eta=st.floats(1e-9, 1 - 1e-9), dark=st.floats(0.0, 0.1),
    wrong=st.floats(0.0, 0.5), after=st.floats(0.0, 0.5), f=st.floats(1.0, 2.0),
)  # fmt: skip
def test_an_endless_block_never_passes_the_bound(mu, eta, dark, wrong, after, f) -> None:
    one = endless_key(
        mu, transmittance=eta, dark_probability=dark, misalignment=wrong,
        afterpulse_probability=after, inefficiency=f,
    )  # fmt: skip
    assert float(one.rate) <= plob_bound(eta)
    assert 0.0 <= float(one.error) <= 0.5 + 1e-12


def test_the_entropy_of_a_bit_is_that_of_its_formula() -> None:
    assert binary_entropy([0.0, 0.5, 1.0]).tolist() == [0.0, 1.0, 0.0]
    assert float(binary_entropy(0.11)) == pytest.approx(0.499916, abs=1e-6)
    assert float(binary_entropy(1e-12)) == pytest.approx(1e-12 * (12 / math.log10(2) + 1.442695))


@pytest.mark.parametrize(
    "wrong",
    [
        {"transmittance": 1.5},
        {"transmittance": 0.1, "dark_probability": -1e-9},
        {"transmittance": 0.1, "misalignment": 0.6},
        {"transmittance": 0.1, "afterpulse_probability": math.nan},
    ],
)
def test_numbers_that_are_no_probabilities_are_refused(wrong) -> None:
    with pytest.raises(DomainError):
        pulse_clicks([0.5], **{"dark_probability": 1e-6, **wrong})
    with pytest.raises(DomainError):
        endless_key(0.5, **{"dark_probability": 1e-6, **wrong})
