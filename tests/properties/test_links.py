"""Laws of heralded links over random hardware."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from interlace.errors import DomainError
from interlace.link import Link, compile_link
from interlace.network import (
    BellStation,
    Device,
    Fibre,
    HeraldedSource,
    LinkSpec,
    Machine,
    Network,
    Transducer,
)

LAWS = settings(deadline=None, max_examples=50)


def compiled(source: HeraldedSource) -> Link:
    machines = tuple(
        Machine(name=n, site=None, device=Device(name="ideal:2", qubits=2), communication=(1,))
        for n in "ab"
    )
    spec = LinkSpec(name="a--b", ends=("a", "b"), channels=1, source=source)
    network = Network(name="two", sites=(), machines=machines, repeaters=(), links=(spec,))
    return compile_link(spec, network)


transducers = st.builds(
    Transducer,
    efficiency=st.floats(1e-3, 1.0),
    added_noise=st.floats(0.0, 0.1),
    bandwidth_hz=st.floats(1e4, 1e9),
    duty_cycle=st.floats(1e-3, 1.0),
)
fibres = st.lists(st.builds(Fibre, length_m=st.floats(0.0, 1e5)), min_size=1, max_size=2).map(tuple)
stations = st.builds(
    BellStation,
    efficiency=st.floats(0.05, 1.0),
    dark_counts_hz=st.floats(0.0, 1e3),
    visibility=st.floats(0.0, 1.0),
    number_resolving=st.booleans(),
)
# Bright-state population up to 1/2: above, loss may raise the rate, turning two photons into one
chains = st.builds(
    HeraldedSource,
    scheme=st.sampled_from(["single-click", "double-click"]),
    left=transducers,
    left_fibres=fibres,
    station=stations,
    right_fibres=fibres,
    right=transducers,
    bright_state=st.floats(1e-3, 0.5),
    phase_noise_rad=st.floats(0.0, 1.0),
)


def compiled_inside_its_range(source: HeraldedSource) -> Link:
    try:
        return compiled(source)
    except DomainError:
        assume(False)
        raise


@LAWS
@given(chains)
def test_every_link_is_a_probability_a_period_and_a_state(chain: HeraldedSource) -> None:
    link = compiled_inside_its_range(chain)
    assert link.success_probability is not None
    assert 0 < link.success_probability <= 1
    assert sum(link.state) == pytest.approx(1, abs=1e-9)
    assert min(link.state) >= 0
    assert link.attempt_period_s is not None
    assert link.attempt_period_s >= link.herald_delay_s
    assert link.mean_wait_s == pytest.approx(1 / link.rate_hz)


@LAWS
@given(chains, st.floats(0.0, 20.0), st.floats(0.0, 20.0))
def test_more_loss_never_raises_the_rate(
    chain: HeraldedSource, left_db: float, right_db: float
) -> None:
    lossier = replace(
        chain,
        left_fibres=(*chain.left_fibres, Fibre(length_m=0.0, loss_db=left_db)),
        right_fibres=(*chain.right_fibres, Fibre(length_m=0.0, loss_db=right_db)),
    )
    before = compiled_inside_its_range(chain)
    assert compiled(lossier).rate_hz <= before.rate_hz * (1 + 1e-9)


@LAWS
@given(chains, st.floats(0.0, 1e5))
def test_a_longer_fibre_is_never_faster(chain: HeraldedSource, more_m: float) -> None:
    longer = replace(chain, left_fibres=(*chain.left_fibres, Fibre(length_m=more_m)))
    before = compiled_inside_its_range(chain)
    after = compiled(longer)
    assert after.rate_hz <= before.rate_hz * (1 + 1e-9)
    assert after.latency_s >= before.latency_s


@LAWS
@given(chains, st.floats(0.0, 0.2), st.floats(0.0, 0.2))
def test_more_noise_never_raises_the_fidelity(
    chain: HeraldedSource, left: float, right: float
) -> None:
    noisier = replace(
        chain,
        left=replace(chain.left, added_noise=chain.left.added_noise + left),
        right=replace(chain.right, added_noise=chain.right.added_noise + right),
    )
    before = compiled_inside_its_range(chain)
    after = compiled_inside_its_range(noisier)
    assert after.fidelity <= before.fidelity + 1e-9


@LAWS
@given(chains, st.floats(0.0, 1.0))
def test_worse_visibility_never_raises_the_fidelity(chain: HeraldedSource, share: float) -> None:
    duller = replace(
        chain, station=replace(chain.station, visibility=chain.station.visibility * share)
    )
    before = compiled_inside_its_range(chain)
    assert compiled(duller).fidelity <= before.fidelity + 1e-9


@LAWS
@given(chains)
def test_turning_the_link_round_changes_nothing(chain: HeraldedSource) -> None:
    turned = replace(
        chain,
        left=chain.right,
        right=chain.left,
        left_fibres=chain.right_fibres,
        right_fibres=chain.left_fibres,
    )
    link = compiled_inside_its_range(chain)
    other = compiled(turned)
    assert other.rate_hz == pytest.approx(link.rate_hz)
    assert other.state == pytest.approx(link.state, abs=1e-9)
