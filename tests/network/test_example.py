"""The example is what its comments say."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from interlace.link import compile_links
from interlace.network import HeraldedSource, load_network

EXAMPLE = Path(__file__).parents[2] / "examples" / "three-cities.yaml"


def arm(source: HeraldedSource) -> float:
    """Efficiency from one qubit to a click; both arms are alike."""
    (fibre,) = source.left_path
    assert source.left == source.right
    assert source.left_path == source.right_path
    loss_db = fibre.length_m * fibre.loss_db_per_m + fibre.loss_db
    return source.left.efficiency * 10 ** (-loss_db / 10) * source.station.efficiency


def dark(source: HeraldedSource) -> float:
    """Dark counts in a window and the transducers' noise, half of it on each of two detectors."""
    noise = arm(source) * source.left.added_noise
    return source.station.dark_counts_hz / source.left.bandwidth_hz + noise


def test_every_machine_holds_at_least_ten_data_qubits() -> None:
    network = load_network(str(EXAMPLE))
    assert [len(machine.data) for machine in network.machines] == [12, 10, 14]


def test_the_double_click_link_follows_its_closed_form() -> None:
    network = load_network(str(EXAMPLE))
    hop, source = compile_links(network)[0], network.links[0].source
    e, d, v = arm(source), dark(source), source.station.visibility
    b, o, z, u = e * e, 2 * e * (1 - e), (1 - e) ** 2, 2 * d * (1 - d)
    clicks = b * ((1 - d) ** 2 / 2 + (1 + v) / 4 * (1 - d) * u) + o * (1 - d) * u + z * u * u
    good = b * (1 - d) ** 2 / 2 * (1 + v) / 2 + (o * (1 - d) * u + z * u * u) / 4
    assert hop.success_probability == pytest.approx(clicks, rel=1e-9)
    assert hop.fidelity == pytest.approx(good / clicks, rel=1e-9)
    assert hop.attempt_period_s == pytest.approx(80e3 / 2e8)


def test_the_single_click_link_follows_its_closed_form() -> None:
    network = load_network(str(EXAMPLE))
    hop, source = compile_links(network)[1], network.links[1].source
    e, d, v, a = arm(source), dark(source), source.station.visibility, source.bright_state
    u = 2 * d * (1 - d)
    a1 = e * (1 - d) + (1 - e) * u
    a2 = e * e * (1 + v) / 2 * (1 - d) + 2 * e * (1 - e) * (1 - d) + (1 - e) ** 2 * u
    p = (1 - a) ** 2 * u + 2 * a * (1 - a) * a1 + a * a * a2
    coherence = e * (1 - d) * math.sqrt(v) * math.exp(-(source.phase_noise_rad**2) / 2)
    assert hop.success_probability == pytest.approx(p, rel=1e-9)
    assert hop.fidelity == pytest.approx(a * (1 - a) * (a1 + coherence) / p, rel=1e-9)


def test_its_links_are_fast_and_good_enough_to_show_something() -> None:
    for hop in compile_links(load_network(str(EXAMPLE))):
        assert 0.9 < hop.fidelity < 0.98
        assert 10 < hop.rate_hz < 10_000
