"""Key rates at the best settings: reference tables row by row, and laws that no rate may break."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.qkd.tables import rows

from interlace.errors import DomainError, SpecError
from interlace.physics import plob_bound
from interlace.qkd import (
    PROTOCOLS,
    Channel,
    Equipment,
    QkdSpec,
    Security,
    checked_qkd,
    link_rate,
    rate,
    rates,
)
from interlace.qkd.protocols import DECOYS, valued

LIM = rows("lim2014")
DECOY_NAMES = [protocol.name for protocol in DECOYS]
BARE = Equipment(
    detector_efficiency=1.0, dark_probability=1e-8, afterpulse_probability=0.0, misalignment=0.0,
    inefficiency=1.0,
)  # fmt: skip


def fibre(km: float) -> Channel:
    return Channel(length_m=1e3 * km)


@pytest.mark.parametrize("block", [1e4, 1e5, 1e6, 1e7, 1e8, 1e9], ids=lambda n: f"{n:.0e}")
def test_two_decoys_reach_every_row_of_the_table(block: float) -> None:
    """Within the table's five digits: 6e-5 of the rate, and never further below it."""
    table = [row for row in LIM if row["n_X"] == block]
    found = rates("decoy-bb84", [fibre(row["km"]) for row in table], block=int(block))
    for row, one in zip(table, found, strict=True):
        if (block, row["km"]) == (1e4, 130):
            assert one.secret_bits_per_pulse < 1e-10  # hangs on how far one searches
        elif row["rate"] == 0.0:
            assert one.secret_bits_per_pulse == 0.0
            assert one.settings is None
        else:
            assert one.secret_bits_per_pulse == pytest.approx(row["rate"], rel=6e-5)


def test_the_settings_are_those_of_the_table() -> None:
    (row,) = (row for row in LIM if row["n_X"] == 1e7 and row["km"] == 50)
    found = rate("decoy-bb84", fibre(50), block=10**7).settings
    assert found is not None
    assert found.basis_probability == pytest.approx(row["q_x"], abs=5e-3)
    assert found.intensities == pytest.approx([row["mu1"], row["mu2"], 2e-4], abs=5e-3)
    assert found.probabilities[:2] == pytest.approx([row["p_mu1"], row["p_mu2"]], abs=5e-3)
    assert math.fsum(found.probabilities) == pytest.approx(1.0)


@pytest.mark.parametrize("row", rows("bb84_asymptotic"), ids=lambda r: f"{r['loss_db']:g}dB")
def test_endless_blocks_reach_every_row_of_the_table(row) -> None:
    channel = Channel(loss_db=row["loss_db"])
    aligned = rate("decoy-bb84", channel, equipment=BARE)
    assert aligned.secret_bits_per_pulse == pytest.approx(row["rate_opt"], rel=1e-6)
    assert aligned.settings is not None
    assert aligned.settings.intensities[0] == pytest.approx(row["mu_opt"], abs=1e-3)
    off = rate("decoy-bb84", channel, equipment=replace(BARE, misalignment=0.01))
    assert off.secret_bits_per_pulse == pytest.approx(row["rate_mis1"], rel=1e-6)


@pytest.mark.parametrize("row", rows("one_decoy"), ids=lambda r: f"{r['loss_db']:g}dB")
def test_one_decoy_at_its_best_is_above_the_table_at_fixed_settings(row) -> None:
    """The table's block at its fixed settings, and its secrecy a bit: only better than that."""
    if row["skr_bps_N1e12"] == 0.0:
        return
    mu, p, arriving = np.array([0.5, 0.15]), np.array([0.9, 0.1]), 10 ** (-row["loss_db"] / 10)
    clicks = p * (1 - (1 - 200 / 625e6) * np.exp(-mu * arriving))
    block = int(1e12 * 0.81 * clicks.sum())
    equipment = Equipment(
        clock_hz=625e6, detector_efficiency=1.0, dark_probability=100 / 625e6,
        afterpulse_probability=0.0, misalignment=0.02,
    )  # fmt: skip
    bits = row["skr_bps_N1e12"] / 625e6 * 1e12
    security = Security(correctness=1e-12, secrecy_per_bit=1e-12 / bits)
    found = rate(
        "one-decoy", Channel(loss_db=row["loss_db"]), equipment=equipment, block=block,
        security=security,
    )  # fmt: skip
    assert found.secret_rate_hz >= row["skr_bps_N1e12"] * (1 - 3e-4)
    assert found.secret_rate_hz < 2.5 * row["skr_bps_N1e12"]


@pytest.mark.parametrize("row", rows("plob"), ids=lambda r: f"{r['km']:g}km")
def test_the_bound_is_that_of_the_table(row) -> None:
    one = rate("plob", fibre(row["km"]))
    assert one.secret_bits_per_pulse == pytest.approx(row["plob"], rel=1e-6)
    assert one.plob_bits_per_pulse == one.secret_bits_per_pulse


@settings(max_examples=30)
@given(
    loss_db=st.floats(0.01, 60.0), efficiency=st.floats(0.01, 1.0), dark=st.floats(0.0, 1e-3),
    after=st.floats(0.0, 0.1), wrong=st.floats(0.0, 0.2), f=st.floats(1.0, 1.5),
    block=st.integers(1_000, 10**12), seed=st.integers(0, 2**32),
)  # fmt: skip
def test_no_block_at_any_settings_passes_the_bound(
    loss_db, efficiency, dark, after, wrong, f, block, seed
) -> None:
    equipment = Equipment(
        detector_efficiency=efficiency, dark_probability=dark, afterpulse_probability=after,
        misalignment=wrong, inefficiency=f,
    )  # fmt: skip
    eta = 10 ** (-loss_db / 10)
    for protocol in DECOYS:
        shares = np.random.default_rng(seed).uniform(0.001, 0.999, (protocol.unknowns, 1, 500))
        made = valued(
            protocol, shares, arriving=np.array([[eta * efficiency]]), equipment=equipment,
            block=block, security=Security(),
        )  # fmt: skip
        assert np.all(made.secret.length <= block)
        assert np.all(made.secret.length / made.pulses <= plob_bound(eta))


@settings(max_examples=5)
@given(
    loss_db=st.floats(0.1, 45.0), more_db=st.floats(0.01, 10.0), dark=st.floats(1e-9, 1e-5),
    efficiency=st.floats(0.05, 1.0), block=st.integers(4, 12), name=st.sampled_from(DECOY_NAMES),
)  # fmt: skip
def test_more_loss_never_helps_and_longer_blocks_never_hurt(
    loss_db, more_db, dark, efficiency, block, name
) -> None:
    equipment = Equipment(dark_probability=dark, detector_efficiency=efficiency)
    channels = [Channel(loss_db=loss_db), Channel(loss_db=loss_db + more_db)]
    short = rates(name, channels, equipment=equipment, block=10**block)
    long = rates(name, channels, equipment=equipment, block=10 ** (block + 1))
    endless = rates(name, channels, equipment=equipment)
    for made in (short, long, endless):
        near, far = (one.secret_bits_per_pulse for one in made)
        assert far <= near * (1 + 1e-6)
        assert near <= plob_bound(channels[0].transmittance)
        assert far <= plob_bound(channels[1].transmittance)
    for a, b, c in zip(short, long, endless, strict=True):
        assert a.secret_bits_per_pulse <= b.secret_bits_per_pulse * (1 + 1e-6)
        assert b.secret_bits_per_pulse <= c.secret_bits_per_pulse * (1 + 1e-6)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("block", [None, 10**6])
def test_many_channels_at_once_give_what_each_gives_alone(name: str, block: int | None) -> None:
    channels = [fibre(km) for km in (5, 60, 110)]
    together = rates(name, channels, block=block)
    assert together == rates(name, channels, block=block)
    for one, channel in zip(together, channels, strict=True):
        alone = rate(name, channel, block=block)
        assert one.secret_bits_per_pulse == pytest.approx(alone.secret_bits_per_pulse, rel=1e-7)
    assert rates(name, []) == ()


@pytest.mark.parametrize("name", DECOY_NAMES)
@pytest.mark.parametrize("dark", [0.0, 1e-10])
def test_a_sample_without_errors_does_not_prove_that_there_are_none(name: str, dark: float) -> None:
    """Of s bits looked at, ln(1/eps)/s of the others may still be wrong, and eps is about 1e-12."""
    flawless = Equipment(dark_probability=dark, afterpulse_probability=0.0, misalignment=0.0)
    one = rate(name, fibre(50), equipment=flawless, block=10**5)
    assert one.settings is not None
    assert one.settings.basis_probability < 0.95
    assert one.phase_error is not None
    looked_at = 10**5 * (1 / one.settings.basis_probability - 1) ** 2
    assert one.phase_error > 12 * math.log(10) / looked_at


@pytest.mark.parametrize("name", DECOY_NAMES)
def test_the_figures_of_a_rate_hang_together(name: str) -> None:
    one = rate(name, fibre(30), block=10**6, equipment=Equipment(clock_hz=2e9))
    assert one.block_time_s is not None
    assert one.sifted_rate_hz is not None
    assert one.block_secret_bits is not None
    assert one.secret_rate_hz == pytest.approx(2e9 * one.secret_bits_per_pulse)
    assert one.sifted_rate_hz * one.block_time_s == pytest.approx(10**6)
    bits = one.secret_rate_hz * one.block_time_s
    assert one.block_secret_bits == math.floor(bits)
    assert one.secrecy == pytest.approx(1e-15 * bits)
    assert 0.0 < (one.qber or 0.0) < (one.phase_error or 0.0) < 0.5


def test_one_decoy_is_better_without_afterpulses_and_two_decoys_with_them() -> None:
    """Afterpulses are half wrong, and one decoy takes what is wrong for vacuum."""
    for after, first in ((0.0, "one-decoy"), (0.04, "decoy-bb84")):
        equipment = Equipment(afterpulse_probability=after)
        best = max(
            DECOY_NAMES,
            key=lambda name: (
                rate(name, fibre(50), block=10**7, equipment=equipment).secret_bits_per_pulse
            ),
        )
        assert best == first


def test_the_search_comes_to_the_key_of_few_bits_too() -> None:
    """At the edge of one decoy's reach a single climb from every start ends below zero."""
    made = rates("one-decoy", [fibre(km) for km in range(0, 181, 20)], block=10**4)
    assert made[5].secret_bits_per_pulse == pytest.approx(1.1557e-8, rel=1e-4)


def test_no_key_is_a_rate_of_zero_and_says_so() -> None:
    for block in (10**5, None):
        one = rate("one-decoy", fibre(300), block=block)
        assert (one.secret_bits_per_pulse, one.secret_rate_hz) == (0.0, 0.0)
        assert one.settings is None
        assert one.qber is None
    far = rate("decoy-bb84", fibre(40_000), block=10**5)
    assert far.secret_bits_per_pulse == far.plob_bits_per_pulse == 0.0
    assert any("no key" in note for note in far.notes)


def test_a_fibre_without_loss_has_a_rate_but_no_bound() -> None:
    assert rate("decoy-bb84", fibre(0), block=10**6).plob_bits_per_pulse is None
    with pytest.raises(DomainError, match="without loss"):
        rate("plob", fibre(0))


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        ({"protocol": "bb84"}, SpecError, "protocol: must be one of decoy-bb84, one-decoy, plob"),
        ({"block": 999}, SpecError, "block: must be a whole number from 1000"),
        ({"block": 1e7}, SpecError, "block: must be a whole number"),
        ({"channel": Channel(length_m=-1.0)}, DomainError, "fibre length must be at least 0"),
        ({"equipment": Equipment(clock_hz=0.0)}, DomainError, "clock must be above 0"),
        ({"equipment": Equipment(detector_efficiency=2.0)}, DomainError, "detector efficiency"),
        ({"equipment": Equipment(dark_probability=0.7)}, DomainError, "dark-count probability"),
        ({"equipment": Equipment(inefficiency=0.9)}, DomainError, "Shannon's limit"),
        ({"equipment": Equipment(weakest_intensity=0.2)}, DomainError, "weakest intensity"),
        ({"equipment": Equipment(misalignment=math.nan)}, DomainError, "misalignment error"),
        ({"security": Security(correctness=0.0)}, DomainError, "correctness"),
        (
            {"security": Security(secrecy_per_bit=1.1e-5)},
            DomainError,
            "secrecy per bit must be at most 1e-05, 1 over the bits of a block (got 1.1e-05)",
        ),
    ],
)
def test_what_no_formula_holds_for_is_refused(wrong, error, said: str) -> None:
    given_ = {"protocol": "decoy-bb84", "channel": fibre(10), "block": 10**5, **wrong}
    with pytest.raises(error) as caught:
        rate(given_.pop("protocol"), given_.pop("channel"), **given_)
    assert said in str(caught.value)


def test_a_described_link_gives_the_rate_of_its_numbers() -> None:
    spec = QkdSpec(
        protocol="one-decoy", block="1e6", clock="500 MHz", detector_efficiency="20 %",
        dark_counts="100 Hz", afterpulse="1 %", misalignment=0.01, error_correction=1.1,
        correctness=1e-12, secrecy_per_bit=1e-14,
    )  # fmt: skip
    equipment = Equipment(
        clock_hz=5e8, detector_efficiency=0.2, dark_probability=2e-7, afterpulse_probability=0.01,
        misalignment=0.01, inefficiency=1.1,
    )  # fmt: skip
    security = Security(correctness=1e-12, secrecy_per_bit=1e-14)
    direct = rate("one-decoy", fibre(40), equipment=equipment, block=10**6, security=security)
    assert link_rate(spec, fibre(40)) == direct


def test_a_description_without_numbers_is_the_equipment_without_numbers() -> None:
    link = checked_qkd(QkdSpec(protocol="decoy-bb84"))
    assert (link.equipment, link.security, link.block) == (Equipment(), Security(), None)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("protocol", "e91", "must be one of decoy-bb84, one-decoy, plob"),
        ("block", 100, "must be a whole number from 1e3 to 1e15"),
        ("block", 1000.5, "must be a whole number"),
        ("clock", "1 km", "wrong unit 'km'"),
        ("clock", 0, "must be between 1 Hz and 1000 GHz"),
        ("dark_counts", 600, 'must be a rate, "600 Hz", or a chance a pulse'),
        ("dark_counts", "1 GHz", "must be a rate"),
        ("detector_efficiency", "101 %", "must be between 1e-6 and 1"),
        ("error_correction", 0.5, "Shannon's limit"),
        ("misalignment", -0.1, "must be between 0 and 0.5"),
        ("secrecy_per_bit", 2e-6, "must be at most 1e-06, 1 over the bits of a block"),
    ],
)
def test_a_wrong_description_says_where_and_what(key: str, value: object, said: str) -> None:
    spec = QkdSpec(**{"protocol": "decoy-bb84", "block": 1e6, key: value})
    with pytest.raises(SpecError) as caught:
        checked_qkd(spec, path="links.a--b.qkd")
    assert str(caught.value).startswith(f"links.a--b.qkd.{key}: ")
    assert said in str(caught.value)
