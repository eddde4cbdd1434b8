"""Laws of hardware links over random chains of every scheme, in each scheme's stated range."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.link.hardware import (
    chains,
    compiled,
    microwaves,
    transductions,
    with_source,
    with_station,
)

from interlace.errors import DomainError
from interlace.link import Link
from interlace.network import (
    BellStation,
    Cable,
    Emitter,
    Fibre,
    HardwareSource,
    HeraldedSource,
    MicrowaveSource,
    MidpointSource,
    Switch,
    TransductionSource,
)

LAWS = settings(deadline=None, max_examples=60)
FAMILIES = pytest.mark.parametrize(
    "family",
    [with_station, with_source, transductions, microwaves],
    ids=["station", "source", "transduction", "microwave"],
)
shares = st.floats(0.0, 1.0)


def inside_its_range(source: HardwareSource) -> Link:
    try:
        return compiled(source)
    except DomainError:
        assume(False)
        raise


def lossier(source: HardwareSource, left_db: float, right_db: float) -> HardwareSource:
    """More loss in each arm; a path without a station has one arm."""
    left, right = (Fibre(length_m=0.0, loss_db=more) for more in (left_db, right_db))
    match source:
        case HeraldedSource() | MidpointSource():
            return replace(
                source,
                left_path=(*source.left_path, left),
                right_path=(*source.right_path, right),
            )
        case TransductionSource():
            return replace(source, path=(*source.path, left))
        case MicrowaveSource():
            first = source.path[0]
            return replace(
                source, path=(replace(first, loss_db=first.loss_db + left_db), *source.path[1:])
            )


def noisy(end: Emitter, more: float) -> Emitter:
    return replace(end, added_noise=end.added_noise + more)


def dull(station: BellStation, dark_hz: float, share: float) -> BellStation:
    dark_counts_hz = station.dark_counts_hz + dark_hz
    return replace(station, dark_counts_hz=dark_counts_hz, visibility=station.visibility * share)


def noisier(source: HardwareSource, a: float, b: float, share: float) -> HardwareSource:
    """More added noise, dark counts, thermal photons; less visibility, all by their own amount."""
    match source:
        case HeraldedSource():
            return replace(
                source,
                left=noisy(source.left, a / 10),
                right=noisy(source.right, b / 10),
                station=dull(source.station, 1e4 * a, share),
                phase_noise_rad=source.phase_noise_rad + b,
            )
        case MidpointSource():
            return replace(
                source,
                left=noisy(source.left, a / 10),
                right=noisy(source.right, b / 10),
                left_station=dull(source.left_station, 1e4 * b, share),
                right_station=dull(source.right_station, 1e4 * a, 1.0),
                pairs=replace(source.pairs, fidelity=0.25 + (source.pairs.fidelity - 0.25) * share),
            )
        case TransductionSource():
            return replace(source, left=noisy(source.left, a), right=noisy(source.right, b))
        case MicrowaveSource():
            path = tuple(
                replace(part, thermal_photons=part.thermal_photons + a)
                if isinstance(part, Cable)
                else replace(
                    part, fidelity_loss=part.fidelity_loss + (0.75 - part.fidelity_loss) * b
                )
                for part in source.path
            )
            return replace(source, path=path)


def best(link: Link) -> float:
    """Fidelity after the best local Pauli."""
    return max(link.state)


def worth(link: Link, source: HardwareSource) -> float:
    """The fidelity that noise never raises.

    Noise that heralds single-click alone leaves both qubits dark: |00>, whose overlap with a Bell
    state is one half though nothing is entangled. And a midpoint source with a station of no
    visibility has no coherence left to lose by the other's. Below one half, where no pair is
    entangled, their law is not claimed.
    """
    is_single = isinstance(source, HeraldedSource) and source.scheme == "single-click"
    return max(best(link), 0.5) if is_single or isinstance(source, MidpointSource) else best(link)


def spared(source: HardwareSource) -> float:
    """By what share loss may raise a rate: second pairs of squeezed light that it takes away."""
    pairs = source.pairs.mean_pairs if isinstance(source, MidpointSource) else None
    return (pairs or 0.0) + 1e-9


@LAWS
@given(chains)
def test_every_link_is_a_probability_a_period_and_a_state(chain: HardwareSource) -> None:
    link = inside_its_range(chain)
    assert link.success_probability is not None
    assert 0 < link.success_probability <= 1
    assert sum(link.state) == pytest.approx(1, abs=1e-9)
    assert min(link.state) >= 0
    assert best(link) >= 0.25 - 1e-12
    assert link.attempt_period_s is not None
    assert link.attempt_period_s >= link.herald_delay_s * (1 - 1e-12)
    assert link.mean_wait_s == pytest.approx(1 / link.rate_hz)


@FAMILIES
@LAWS
@given(data=st.data(), left_db=st.floats(0.0, 20.0), right_db=st.floats(0.0, 20.0))
def test_more_loss_never_raises_the_rate(
    family, data: st.DataObject, left_db: float, right_db: float
) -> None:
    chain = data.draw(family)
    before = inside_its_range(chain)
    after = inside_its_range(lossier(chain, left_db, right_db))
    assert after.rate_hz <= before.rate_hz * (1 + spared(chain))


@LAWS
@given(chains, st.floats(0.0, 1e5))
def test_a_longer_line_is_never_faster(chain: HardwareSource, more_m: float) -> None:
    match chain:
        case HeraldedSource() | MidpointSource():
            longer = replace(chain, left_path=(*chain.left_path, Fibre(length_m=more_m)))
        case TransductionSource():
            longer = replace(chain, path=(Fibre(length_m=more_m), *chain.path))
        case MicrowaveSource():
            first = replace(chain.path[0], length_m=chain.path[0].length_m + more_m / 100)
            longer = replace(chain, path=(first, *chain.path[1:]))
    before, after = inside_its_range(chain), inside_its_range(longer)
    assert after.rate_hz <= before.rate_hz * (1 + spared(chain))
    assert after.latency_s >= before.latency_s


@FAMILIES
@LAWS
@given(data=st.data(), a=shares, b=shares, share=shares)
def test_more_noise_never_raises_the_fidelity(
    family, data: st.DataObject, a: float, b: float, share: float
) -> None:
    chain = data.draw(family)
    before = inside_its_range(chain)
    after = inside_its_range(noisier(chain, a, b, share))
    assert worth(after, chain) <= worth(before, chain) + 1e-9


@LAWS
@given(chains, shares)
def test_a_switch_in_the_way_costs_light_and_fidelity(chain: HardwareSource, loss: float) -> None:
    switch = Switch(loss_db=loss, fidelity_loss=0.75 * loss)
    match chain:
        case HeraldedSource() | MidpointSource():
            switched = replace(chain, left_path=(switch, *chain.left_path))
        case _:
            switched = replace(chain, path=(*chain.path, switch))
    before, after = inside_its_range(chain), inside_its_range(switched)
    assert after.rate_hz <= before.rate_hz * (1 + spared(chain))
    if not isinstance(chain, MidpointSource | HeraldedSource):
        return
    # loss alone may change the state (dark counts weigh more): compare with as much fibre
    dimmed = inside_its_range(lossier(chain, loss, 0.0))
    w = 1 - 4 / 3 * switch.fidelity_loss
    assert after.fidelity == pytest.approx(w * dimmed.fidelity + (1 - w) / 4, abs=1e-9)


@LAWS
@given(with_station | with_source)
def test_turning_the_link_round_changes_nothing(chain: HeraldedSource | MidpointSource) -> None:
    turned = replace(
        chain,
        left=chain.right,
        right=chain.left,
        left_path=chain.right_path,
        right_path=chain.left_path,
    )
    if isinstance(turned, MidpointSource):
        turned = replace(
            turned, left_station=turned.right_station, right_station=turned.left_station
        )
    link, other = inside_its_range(chain), inside_its_range(turned)
    assert other.rate_hz == pytest.approx(link.rate_hz)
    assert other.state == pytest.approx(link.state, abs=1e-9)
    assert math.isclose(other.herald_delay_s, link.herald_delay_s)
