"""Chains of the schemes beyond the two clicks, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.link.hardware import EXAMPLES, compiled

from interlace.errors import DomainError, SpecError
from interlace.link import SCHEMES
from interlace.network import (
    BellStation,
    Cable,
    Fibre,
    HeraldedSource,
    Memory,
    MicrowaveSource,
    MidpointSource,
    PairSource,
    Switch,
    Transducer,
    TransductionSource,
)
from interlace.physics import (
    compose,
    direct_transduction,
    latched_round,
    microwave_transfer,
    midpoint_source,
    werner,
)
from interlace.routing import Requests, SampledSupply

ION = Memory(efficiency=0.2, bandwidth_hz=1e7)
CONVERTER = Transducer(efficiency=0.3, added_noise=0.01, bandwidth_hz=1e6, duty_cycle=0.1)


def a_midpoint(**changes: object) -> MidpointSource:
    chain = MidpointSource(
        left=ION,
        left_station=BellStation(efficiency=0.9, dark_counts_hz=100.0, visibility=0.95),
        left_path=(Fibre(length_m=10e3),),
        pairs=PairSource(mean_pairs=0.05, rate_hz=1e5, efficiency=0.8),
        right_path=(Fibre(length_m=20e3),),
        right_station=BellStation(efficiency=0.8),
        right=replace(ION, added_noise=0.01),
    )
    return replace(chain, **changes)


def test_a_midpoint_chain_is_worked_out_by_hand() -> None:
    link = compiled(a_midpoint())
    slot = midpoint_source(
        mean_pairs=0.05,
        memory_efficiency=(0.2 * 0.9, 0.2 * 0.8),
        arm_efficiency=(0.8 * 10**-0.2 * 0.9, 0.8 * 10**-0.4 * 0.8),
        visibility=(0.95, 1.0),
        # 100 Hz in a window of 100 ns; half of the noise photons that reach the station's click
        dark_probability=(1e-5, 0.01 * 0.16 / 2),
    )
    # slots of 10 us, the source's pace; the later end learns after 200 us: 2 * 20 km
    p, period = latched_round(slot, slot_period_s=1e-5, message_s=200e-6)
    assert link.success_probability == pytest.approx(p, rel=1e-12)
    assert link.attempt_period_s == pytest.approx(period, rel=1e-12)
    assert link.herald_delay_s == pytest.approx(200e-6)
    assert link.latency_s == pytest.approx(150e-6)
    assert link.state == pytest.approx(slot.pair.state, abs=1e-12)
    assert link.mean_wait_s == pytest.approx(1 / link.rate_hz)
    assert any("round of the latched protocol" in note for note in link.notes)


def test_the_slowest_of_source_and_memories_sets_the_slots() -> None:
    fast = PairSource(mean_pairs=0.05, rate_hz=1e9)
    lazy = replace(ION, duty_cycle=1e-3)  # a window of 100 ns every 100 us
    link = compiled(a_midpoint(pairs=fast, left=lazy))
    same = compiled(a_midpoint(pairs=replace(fast, rate_hz=1e4)))
    assert link.rate_hz == pytest.approx(same.rate_hz)
    assert any("duty cycle" in note for note in link.notes)


def test_a_source_of_less_fidelity_depolarises_the_pair() -> None:
    perfect, poor = (
        compiled(a_midpoint()),
        compiled(
            a_midpoint(pairs=PairSource(mean_pairs=0.05, rate_hz=1e5, efficiency=0.8, fidelity=0.9))
        ),
    )
    assert poor.state == pytest.approx(compose(perfect.state, werner(0.9)), abs=1e-12)
    assert poor.rate_hz == pytest.approx(perfect.rate_hz)


def test_a_source_that_never_makes_two_pairs_keeps_more_fidelity() -> None:
    squeezed = compiled(a_midpoint())
    single = PairSource(pair_probability=0.05, rate_hz=1e5, efficiency=0.8)
    assert compiled(a_midpoint(pairs=single)).fidelity > squeezed.fidelity + 0.01


def test_a_source_without_its_light_is_named() -> None:
    with pytest.raises(SpecError, match="mean_pairs or pair_probability") as caught:
        compiled(a_midpoint(pairs=PairSource(rate_hz=1.0)))
    assert caught.value.path == "links.a--b.chain"


def test_a_transduction_chain_is_worked_out_by_hand() -> None:
    path = (Fibre(length_m=10e3), Switch(loss_db=1.0))
    link = compiled(TransductionSource(left=CONVERTER, path=path, right=CONVERTER))
    pair = direct_transduction(
        efficiency=(0.3, 0.3), transmittance=10**-0.3, added_noise=(0.01, 0.01)
    )
    assert link.success_probability == pytest.approx(pair.success_probability, rel=1e-12)
    assert link.state == pytest.approx(pair.state, abs=1e-12)
    # there and the word back: 2 * 50 us, longer than 1 us over a duty cycle of 0.1
    assert link.attempt_period_s == link.herald_delay_s == pytest.approx(100e-6)
    assert any("dual rail" in note for note in link.notes)


def test_half_a_quantum_from_each_transducer_is_the_limit_of_a_link_too() -> None:
    noisy = Transducer(efficiency=1.0, added_noise=0.5, bandwidth_hz=1e6)
    link = compiled(TransductionSource(left=noisy, right=replace(noisy, efficiency=0.05)))
    assert link.fidelity == pytest.approx(0.5)


def a_cable(**changes: object) -> Cable:
    cable = Cable(
        length_m=30.0,
        loss_db_per_m=1e-3,
        loss_db=0.2,
        thermal_photons=0.05,
        efficiency=0.9,
        bandwidth_hz=1e7,
        duty_cycle=0.01,
    )
    return replace(cable, **changes)


def test_a_cable_transfers_at_once_and_for_sure() -> None:
    link = compiled(MicrowaveSource(path=(a_cable(),)))
    kept = 0.9 * 10**-0.023
    pair = microwave_transfer(transmittance=kept, noise_photons=0.05 * (1 - kept))
    assert link.success_probability == pytest.approx(1)
    assert link.state == pytest.approx(pair.state, abs=1e-12)
    assert link.attempt_period_s == pytest.approx(1e-5)  # 100 ns over a duty cycle of 0.01
    assert link.herald_delay_s == pytest.approx(30.0 / 2e8)
    assert any("twirled" in note for note in link.notes)


def test_a_busy_cable_waits_for_its_photon_only() -> None:
    link = compiled(MicrowaveSource(path=(a_cable(duty_cycle=1.0),)))
    assert link.attempt_period_s == pytest.approx(100e-9 + 150e-9)
    binned = compiled(MicrowaveSource(path=(a_cable(duty_cycle=1.0),), heralded=True))
    assert binned.attempt_period_s == pytest.approx(200e-9 + 300e-9)
    assert binned.fidelity > link.fidelity


def test_two_cables_let_in_the_warmth_of_each() -> None:
    warm, cold = a_cable(thermal_photons=0.1), a_cable(thermal_photons=0.0)
    kept = 0.9 * 10**-0.023
    link = compiled(MicrowaveSource(path=(warm, Switch(loss_db=3.0), cold)))
    noise = 0.1 * (1 - kept) * 10**-0.3 * kept
    pair = microwave_transfer(transmittance=kept**2 * 10**-0.3, noise_photons=noise)
    assert link.state == pytest.approx(pair.state, abs=1e-12)
    assert any("no thermal photons" in note for note in link.notes)


def test_a_line_of_switches_alone_is_no_line() -> None:
    with pytest.raises(SpecError, match="needs a cable"):
        compiled(MicrowaveSource(path=(Switch(),)))


def test_a_switch_takes_light_and_depolarises() -> None:
    base = HeraldedSource(
        scheme="double-click", left=ION, station=BellStation(visibility=0.9), right=ION
    )
    plain = compiled(base)
    switched = compiled(replace(base, left_path=(Switch(loss_db=10.0, fidelity_loss=0.04),)))
    assert switched.success_probability == pytest.approx(plain.success_probability / 10)
    assert switched.state == pytest.approx(compose(plain.state, werner(0.96)), abs=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES, ids=lambda s: s.name)
def test_a_chain_of_another_family_is_refused_by_what_the_scheme_needs(scheme) -> None:
    for source in EXAMPLES:
        if source.scheme == scheme.name:
            assert scheme.generate(source).rate_hz > 0
        elif {source.scheme, scheme.name} != {"single-click", "double-click"}:
            with pytest.raises(SpecError, match="needs a"):
                scheme.generate(source)


def test_noise_beyond_the_range_names_the_link() -> None:
    hot = replace(ION, added_noise=20.0)
    with pytest.raises(DomainError, match=r"link a--b: noise and dark counts.*up to 0\.1"):
        compiled(a_midpoint(left=hot))


@pytest.mark.parametrize("source", EXAMPLES, ids=lambda s: s.scheme)
def test_sampled_timelines_wait_as_long_as_the_closed_form_says(source) -> None:
    # 20000 timelines, seed fixed: beyond 4 standard errors in 6e-5 of all seeds, for each scheme
    link, timelines = compiled(source), 20_000
    supply = SampledSupply((link,), timelines=timelines, seed=20)
    pair = supply.request(
        Requests(link=np.array([0]), ends=np.array([[0, 1]]), not_before_s=np.zeros((1, timelines)))
    )
    supply.advance()
    ready_s = supply.take(pair).ready_s[0]
    error = ready_s.std(ddof=1) / np.sqrt(timelines)
    assert abs(ready_s.mean() - link.mean_wait_s) <= 4 * error + 1e-12 * link.mean_wait_s
    # busy without a pause, a channel makes one pair a mean wait: the rate
    assert abs(ready_s.mean() * link.rate_hz - 1) <= 4 * error * link.rate_hz + 1e-12
