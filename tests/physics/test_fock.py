"""Every scheme's closed form against density matrices in a truncated Fock space.

`tests/physics/fock.py` holds the matrices. Truncation errors are below 1e-8; agreement is asked to
1e-6, relative in the success probability, at 24 random points of each scheme's range.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from tests.physics import fock

from interlace.physics import (
    direct_transduction,
    double_click,
    microwave_transfer,
    midpoint_source,
    single_click,
)

POINTS = range(24)
SIGNS = (1, -1)


def agrees(pair, weights: np.ndarray) -> None:
    assert pair.success_probability == pytest.approx(weights.sum(), rel=1e-6, abs=1e-12)
    assert pair.state == pytest.approx(weights / weights.sum(), abs=1e-6)


def points(seed: str, point: int) -> np.random.Generator:
    return np.random.default_rng([ord(letter) for letter in seed] + [point])


def one_port(eta: float, d: float, cutoff: int, visibility: float, *, counts: bool = False):
    """Exactly one of two ports clicks, by sign: shape (2, 2, C, C) as of `fock.on_first`."""

    def outcome(sign: int, n: int, m: int, n_: int, m_: int) -> float:
        lit, unlit = (n + n_, m + m_) if sign > 0 else (m + m_, n + n_)
        dark = (1 - d) * (1 - eta) ** unlit
        if counts:  # number-resolving: at most one photon, alone or with a dark count
            return dark * (d * (1 - eta) ** lit + (lit * eta * (1 - eta) ** (lit - 1)) * 1.0)
        return dark * (1 - (1 - d) * (1 - eta) ** lit)

    return {
        sign: fock.on_first(
            fock.behind_splitter(lambda *n, s=sign: outcome(s, *n), cutoff), cutoff, visibility
        )
        for sign in SIGNS
    }


def a_photon(seen: np.ndarray, efficiency: float) -> np.ndarray:
    """Both arms hold at most one photon: traces by (k_A, k_A', k_B, k_B')."""
    return np.einsum("bcxa->axbc", fock.silent(seen, efficiency)[:, :, :2, :2])


@pytest.mark.parametrize("point", POINTS)
def test_single_click_is_what_two_emitters_and_two_detectors_give(point: int) -> None:
    rng = points("single", point)
    alpha, v, d, sigma = (
        rng.uniform(0.01, 0.6),
        rng.uniform(0, 1),
        rng.uniform(0, 0.05),
        rng.uniform(),
    )
    eta, arms = rng.uniform(0.3, 1), rng.uniform(0.05, 1, 2)
    counts = bool(point % 2)
    seen = one_port(eta, d, 3, v, counts=counts)
    phases, gauss = np.polynomial.hermite_e.hermegauss(24)
    found = np.zeros(4)
    amplitude = np.sqrt([1 - alpha, alpha])
    for sign in SIGNS:
        traces = a_photon(fock.lossy_photon(seen[sign], arms[1]), arms[0])
        rho = np.einsum("a,x,b,y,axby->abxy", *[amplitude] * 4, traces).astype(complex)
        turn = np.exp(1j * np.outer([0, 1], sigma * phases))
        rho = np.einsum("abxy,bp,yp,p->abxy", rho, turn, turn.conj(), gauss / gauss.sum())
        mend = np.kron(np.diag([1, sign]), fock.PAULIS[1])  # Psi+ or Psi- into Phi+
        found += fock.weights(mend @ rho.reshape(4, 4) @ mend.conj().T)
    pair = single_click(
        bright_state=alpha,
        efficiency=(eta * arms[0], eta * arms[1]),
        visibility=v,
        dark_probability=d,
        number_resolving=counts,
        phase_noise_rad=sigma,
    )
    agrees(pair, found)


@pytest.mark.parametrize("point", POINTS)
def test_double_click_is_what_two_emitters_and_four_detectors_give(point: int) -> None:
    rng = points("double", point)
    v, d, eta, arms = (
        rng.uniform(0, 1),
        rng.uniform(0, 0.1),
        rng.uniform(0.3, 1),
        rng.uniform(0.05, 1, 2),
    )
    seen = one_port(eta, d, 3, v)
    traces = {s: a_photon(fock.lossy_photon(seen[s], arms[1]), arms[0]) for s in SIGNS}
    found = np.zeros(4)
    for early, late in itertools.product(SIGNS, SIGNS):
        # qubit 0: a photon in the early mode, 1: in the late one
        rho = traces[early][::-1, ::-1, ::-1, ::-1] * traces[late] / 4
        rho = np.einsum("axby->abxy", rho).reshape(4, 4)
        mend = np.kron(np.diag([1, early * late]), fock.PAULIS[1])
        found += fock.weights(mend @ rho @ mend.conj().T)
    pair = double_click(efficiency=(eta * arms[0], eta * arms[1]), visibility=v, dark_probability=d)
    agrees(pair, found)


CUTOFF = 11


def latched(rng: np.random.Generator):
    """A station at one end: its figures, and what it sees of the source's light."""
    memory, arm, v = rng.uniform(0.05, 1), rng.uniform(0.05, 1), rng.uniform(0, 1)
    eta, d = rng.uniform(0.3, 1), rng.uniform(0, 0.02)
    seen = {
        sign: fock.silent(fock.lossy_photon(port, memory), arm)
        for sign, port in one_port(eta, d, CUTOFF, v).items()
    }
    return (eta * memory, eta * arm, v, d), seen


def joined(ket: np.ndarray, bra: np.ndarray, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """sum_nm ket_n bra_m <m m| left right |n n>, by (k_A, k_A', k_B, k_B')."""
    return np.einsum("n,m,axmn,bymn->axby", ket, bra, left, right)


def latch_probability(light, station) -> float:
    """Of one station, whatever happens at the other."""
    unseen = np.einsum("kl,ax->klax", np.eye(2), np.eye(CUTOFF))
    total = 0.0
    for signs in itertools.product(SIGNS, SIGNS):
        for share, ket_h, ket_v, bra_h, bra_v in light:
            in_h = joined(ket_h, bra_h, station[signs[0]], unseen)[::-1, ::-1, ::-1, ::-1]
            both = in_h * joined(ket_v, bra_v, station[signs[1]], unseen) / 4
            total += share * np.einsum("aabb->", both)
    return total


@pytest.mark.parametrize("never_two", [False, True])
@pytest.mark.parametrize("point", POINTS)
def test_a_midpoint_source_is_what_two_stations_see_of_its_light(
    point: int, *, never_two: bool
) -> None:
    rng = points("midpoint", point)
    pairs = rng.uniform(0.001, 0.9 if never_two else 0.2)
    (a, left), (b, right) = latched(rng), latched(rng)
    vacuum, one = np.eye(CUTOFF)[:2]
    if never_two:
        half = np.sqrt(pairs / 2)
        light = [(np.sqrt(1 - pairs) ** 2, vacuum, vacuum, vacuum, vacuum)]
        modes = [(one, vacuum), (vacuum, one)]
        light += [(half**2, h, v, h_, v_) for (h, v), (h_, v_) in itertools.product(modes, modes)]
    else:
        ratio = pairs / 2 / (1 + pairs / 2)
        squeezed = np.sqrt((1 - ratio) * ratio ** np.arange(CUTOFF))
        light = [(1.0, squeezed, squeezed, squeezed, squeezed)]
    found = np.zeros(4)
    for signs in itertools.product(SIGNS, repeat=4):
        h_a, v_a, h_b, v_b = left[signs[0]], left[signs[1]], right[signs[2]], right[signs[3]]
        rho = np.zeros((2,) * 4)
        for share, ket_h, ket_v, bra_h, bra_v in light:
            in_h = joined(ket_h, bra_h, h_a, h_b)[::-1, ::-1, ::-1, ::-1]
            rho = rho + share * in_h * joined(ket_v, bra_v, v_a, v_b) / 4
        mend = np.kron(np.diag([1, np.prod(signs)]), np.eye(2))
        rho = np.einsum("axby->abxy", rho).reshape(4, 4)
        found += fock.weights(mend @ rho @ mend)
    alone = [latch_probability(light, left), latch_probability(light, right)]
    slot = midpoint_source(
        mean_pairs=pairs,
        never_two=never_two,
        memory_efficiency=(a[0], b[0]),
        arm_efficiency=(a[1], b[1]),
        visibility=(a[2], b[2]),
        dark_probability=(a[3], b[3]),
    )
    agrees(slot.pair, found)
    assert slot.latch_probability == pytest.approx(alone, rel=1e-6)


LONG = 16


def through(start: int, offset: int, *channels: tuple[float, float]) -> np.ndarray:
    """|start><start + offset| after attenuators of (transmittance, noise at the input)."""
    band = np.eye(LONG)[start]
    for eta, added in channels:
        band = fock.noisy_channel(band, offset, eta, added)
    return band


@pytest.mark.parametrize("point", POINTS)
def test_direct_transduction_is_two_modes_through_two_noisy_channels(point: int) -> None:
    rng = points("direct", point)
    eta, light = rng.uniform(0.02, 0.6, 2), rng.uniform(0.1, 0.99)
    # baths of at most a fifth of a photon, so that 16 levels hold them to 1e-8
    noise = rng.uniform(0, 0.2, 2) * (1 - eta) / eta
    channels = ((eta[0], noise[0]), (light, 0.0), (eta[1], noise[1]))
    dark, lit = through(0, 0, *channels), through(1, 0, *channels)
    coherence = through(0, 1, *channels)[0]
    # qubit 0: the photon in the first mode; one photon is kept, in the first mode or the second
    good, bad = lit[1] * dark[0], lit[0] * dark[1]
    rho = np.diag([good, bad, bad, good]) / 2
    rho[0, 3] = rho[3, 0] = coherence**2 / 2
    pair = direct_transduction(
        efficiency=(eta[0], eta[1]), transmittance=light, added_noise=(noise[0], noise[1])
    )
    agrees(pair, fock.weights(rho))


@pytest.mark.parametrize("point", POINTS)
def test_a_microwave_photon_is_caught_from_a_lossy_warm_line(point: int) -> None:
    rng = points("microwave", point)
    eta, thermal = rng.uniform(0.05, 0.98), rng.uniform(0, 0.25)
    line = (eta, thermal * (1 - eta) / eta)
    dark, lit, coherence = through(0, 0, line), through(1, 0, line), through(0, 1, line)[0]
    # the receiver takes one photon if there is one; what is left over tells of the rest
    rho = np.diag([dark[0], 1 - dark[0], lit[0], 1 - lit[0]]) / 2
    rho[0, 3] = rho[3, 0] = coherence / 2
    noise = (1 - eta) * thermal
    agrees(microwave_transfer(transmittance=eta, noise_photons=noise), fock.weights(rho))
    good, bad = lit[1] * dark[0], lit[0] * dark[1]
    rho = np.diag([good, bad, bad, good]) / 2
    rho[0, 3] = rho[3, 0] = coherence**2 / 2
    pair = microwave_transfer(transmittance=eta, noise_photons=noise, heralded=True)
    agrees(pair, fock.weights(rho))
