from __future__ import annotations

from dataclasses import replace

import pytest

from interlace.errors import DomainError, SpecError
from interlace.link import SCHEMES, compile_link, compile_links
from interlace.network import (
    BellStation,
    Device,
    Fibre,
    GeometricSource,
    HeraldedSource,
    LinkSpec,
    Machine,
    Network,
    PoissonSource,
    Site,
    Source,
    Transducer,
    spec,
)
from interlace.network.chains import PATTERNS
from interlace.physics import double_click, single_click, werner

ISAR, PEGNITZ = "isar", "pegnitz"


def a_network(
    source: Source,
    *,
    length_m: float | None = None,
    sites: tuple[Site, ...] = (),
    communication: tuple[int, ...] = (0, 1),
    wired: tuple[tuple[int, ...] | None, tuple[int, ...] | None] = (None, None),
) -> Network:
    places = [site.name for site in sites] or [None, None]
    machines = tuple(
        Machine(
            name=name,
            site=place,
            device=Device(name="ideal:4", qubits=4),
            communication=communication,
        )
        for name, place in zip((ISAR, PEGNITZ), (places[0], places[-1]), strict=True)
    )
    link = LinkSpec(
        name="pegnitz--isar",
        ends=(PEGNITZ, ISAR),
        channels=3,
        source=source,
        length_m=length_m,
        wired=wired,
    )
    return Network(name="two", sites=sites, machines=machines, repeaters=(), links=(link,))


def a_chain(**changes: object) -> HeraldedSource:
    """The chain of the three-cities example: 80 km to a station in the middle."""
    transducer = Transducer(efficiency=0.1, added_noise=0.01, bandwidth_hz=1e6, duty_cycle=0.1)
    chain = HeraldedSource(
        scheme="single-click",
        left=transducer,
        left_path=(Fibre(length_m=80e3),),
        station=BellStation(efficiency=0.9, dark_counts_hz=10.0, visibility=0.95),
        right_path=(Fibre(length_m=80e3),),
        right=transducer,
        bright_state=0.05,
    )
    return replace(chain, **changes)


def only_link(source: Source, **options: object):
    (link,) = compile_links(a_network(source, **options))
    return link


def test_a_poisson_link_is_its_rate_and_state() -> None:
    link = only_link(PoissonSource(rate_hz=1e3, state=werner(0.98)), length_m=20e3)
    assert link.name == "pegnitz--isar"
    assert link.ends == (1, 0)
    assert link.channels == 3
    assert (link.success_probability, link.attempt_period_s) == (None, None)
    assert link.rate_hz == 1e3
    assert link.herald_delay_s == 0
    assert link.mean_wait_s == pytest.approx(1e-3)
    assert link.fidelity == 0.98
    assert link.latency_s == pytest.approx(1e-4)


def test_a_geometric_link_has_the_rate_of_its_attempts() -> None:
    source = GeometricSource(success_probability=0.01, attempt_period_s=1e-4, state=werner(0.9))
    link = only_link(source)
    assert link.rate_hz == pytest.approx(100)
    assert link.mean_wait_s == pytest.approx(0.01)


def test_a_single_click_chain_is_worked_out_by_hand() -> None:
    # eta = 0.1 * 10^-1.6 * 0.9; d = 10 Hz * 1 us + eta * 0.01; flight to the station 400 us
    link = only_link(a_chain())
    eta = 0.1 * 10**-1.6 * 0.9
    pair = single_click(
        bright_state=0.05,
        efficiency=(eta, eta),
        visibility=0.95,
        dark_probability=1e-5 + eta * 0.01,
    )
    assert link.success_probability == pytest.approx(pair.success_probability, rel=1e-12)
    assert link.state == pytest.approx(pair.state, abs=1e-12)
    assert link.attempt_period_s == pytest.approx(800e-6)
    assert link.herald_delay_s == pytest.approx(800e-6)
    assert link.rate_hz == pytest.approx(pair.success_probability / 800e-6)
    assert link.mean_wait_s == pytest.approx(1 / link.rate_hz)
    assert link.latency_s == pytest.approx(800e-6)
    assert any("twirled" in note for note in link.notes)


def test_a_double_click_chain_takes_its_own_formula() -> None:
    link = only_link(a_chain(scheme="double-click", bright_state=None))
    eta = 0.1 * 10**-1.6 * 0.9
    pair = double_click(efficiency=(eta, eta), visibility=0.95, dark_probability=1e-5 + eta * 0.01)
    assert link.success_probability == pytest.approx(pair.success_probability, rel=1e-12)
    assert link.state == pytest.approx(pair.state, abs=1e-12)


def test_every_scheme_has_a_citation_and_its_own_name() -> None:
    assert len({scheme.name for scheme in SCHEMES}) == len(SCHEMES) == 5
    assert all("doi:" in scheme.citation for scheme in SCHEMES)


def test_the_file_the_chains_and_the_formulas_know_the_same_schemes() -> None:
    assert {scheme.name for scheme in SCHEMES} == set(PATTERNS) == set(spec.SCHEMES)


def test_a_slow_pump_sets_the_period_but_not_the_herald() -> None:
    lazy = Transducer(efficiency=0.1, bandwidth_hz=1e6, duty_cycle=1e-3)
    link = only_link(a_chain(left=lazy))
    assert link.attempt_period_s == pytest.approx(1e-3)
    assert link.herald_delay_s == pytest.approx(800e-6)
    assert any("duty cycle" in note for note in link.notes)


def test_the_longer_arm_sets_the_round_trip_and_both_arms_the_latency() -> None:
    near = (Fibre(length_m=1e3), Fibre(length_m=4e3, loss_db=1.0))
    link = only_link(a_chain(left_path=near))
    assert link.herald_delay_s == pytest.approx(2 * 80e3 / 2e8)
    assert link.latency_s == pytest.approx(85e3 / 2e8)
    # left arm: 5 km at 0.2 dB/km and one connector of 1 dB; noise of each arm is lost with it
    eta = (0.09 * 10**-0.2, 0.09 * 10**-1.6)
    pair = single_click(
        bright_state=0.05,
        efficiency=eta,
        visibility=0.95,
        dark_probability=1e-5 + 0.01 * sum(eta) / 2,
    )
    assert link.success_probability == pytest.approx(pair.success_probability, rel=1e-12)


def test_unlike_bandwidths_use_the_longer_window_and_say_so() -> None:
    narrow = Transducer(efficiency=0.1, added_noise=0.01, bandwidth_hz=1e4)
    link = only_link(a_chain(right=narrow))
    eta = 0.1 * 10**-1.6 * 0.9
    pair = single_click(
        bright_state=0.05,
        efficiency=(eta, eta),
        visibility=0.95,
        dark_probability=10.0 * 1e-4 + eta * 0.01,
    )
    assert link.state == pytest.approx(pair.state, abs=1e-12)
    # 100 us over a duty cycle of 0.1, from the other transducer
    assert link.attempt_period_s == pytest.approx(1e-3)
    assert any("longer window" in note for note in link.notes)


def test_noise_beyond_the_first_order_names_the_link() -> None:
    hot = Transducer(efficiency=0.5, added_noise=5.0, bandwidth_hz=1e6)
    fibres = (Fibre(length_m=100.0),)
    with pytest.raises(DomainError, match=r"link pegnitz--isar: noise and dark counts.*up to 0\.1"):
        only_link(a_chain(left=hot, right=hot, left_path=fibres, right_path=fibres))


def test_noise_that_is_no_longer_tiny_is_noted_with_its_size() -> None:
    warm = Transducer(efficiency=0.5, added_noise=0.05, bandwidth_hz=1e6)
    fibres = (Fibre(length_m=100.0),)
    link = only_link(a_chain(left=warm, right=warm, left_path=fibres, right_path=fibres))
    assert any("first order" in note for note in link.notes)


def test_light_that_cannot_arrive_is_a_clear_error_not_a_division_by_zero() -> None:
    endless = (Fibre(length_m=4e7),)
    silent = Transducer(efficiency=0.1, bandwidth_hz=1e6)
    dark = BellStation(efficiency=0.9)
    with pytest.raises(DomainError, match="link pegnitz--isar: no attempt can succeed"):
        only_link(
            a_chain(
                left=silent,
                right=silent,
                left_path=endless,
                right_path=endless,
                station=dark,
            )
        )


def test_a_scheme_nobody_knows_is_answered_with_those_known() -> None:
    with pytest.raises(SpecError, match="single-click, double-click") as caught:
        only_link(a_chain(scheme="triple-click"))
    assert caught.value.path == "links.pegnitz--isar.scheme"


def test_single_click_without_a_bright_state_says_what_is_missing() -> None:
    with pytest.raises(SpecError, match="bright_state") as caught:
        only_link(a_chain(bright_state=None))
    assert caught.value.path == "links.pegnitz--isar.bright_state"


def test_without_a_length_the_air_distance_and_a_detour_stand_in() -> None:
    sites = (
        Site(name="munich", lat_deg=48.14, lon_deg=11.58),
        Site(name="nuremberg", lat_deg=49.45, lon_deg=11.08),
    )
    link = only_link(PoissonSource(rate_hz=1.0, state=werner(0.9)), sites=sites)
    # 150.2 km as the crow flies (independent calculator, mean Earth radius)
    assert link.latency_s == pytest.approx(1.5 * 150.2e3 / 2e8, rel=1e-3)
    assert any("air distance" in note for note in link.notes)


def test_a_quarter_of_the_meridian_is_ten_thousand_kilometres() -> None:
    sites = (
        Site(name="pole", lat_deg=90.0, lon_deg=0.0),
        Site(name="equator", lat_deg=0.0, lon_deg=77.0),
    )
    link = only_link(PoissonSource(rate_hz=1.0, state=werner(0.9)), sites=sites)
    assert link.latency_s == pytest.approx(1.5 * 10_007.5e3 / 2e8, rel=1e-4)


@pytest.mark.parametrize("sites", [(), (Site(name="here"), Site(name="there"))])
def test_an_unknown_distance_counts_as_none_and_is_said(sites: tuple[Site, ...]) -> None:
    link = only_link(PoissonSource(rate_hz=1.0, state=werner(0.9)), sites=sites)
    assert link.latency_s == 0
    assert any("neither a length" in note for note in link.notes)


def test_an_assumed_internal_switch_is_said_only_where_one_is_needed() -> None:
    source = PoissonSource(rate_hz=1.0, state=werner(0.9))
    assert any("ideal internal switch" in note for note in only_link(source).notes)
    single = only_link(source, communication=(0,))
    named = only_link(source, wired=((0,), (1,)))
    for link in (single, named):
        assert not any("switch" in note for note in link.notes)


def test_the_note_on_a_switch_names_a_single_end_and_no_end_where_both_have_one() -> None:
    source = PoissonSource(rate_hz=1.0, state=werner(0.9))
    (both,) = [note for note in only_link(source).notes if "switch" in note]
    assert "at both ends" in both
    (one,) = [note for note in only_link(source, wired=((0,), None)).notes if "switch" in note]
    assert "at both ends" not in one


def test_compiling_one_link_gives_what_compiling_all_gives() -> None:
    network = a_network(a_chain())
    assert compile_link(network.links[0], network) == compile_links(network)[0]
