"""Closed-form values that were evaluated apart from interlace, row by row, to their last digit.

Swapping with noisy nodes, distillation, decoherence, capacity, key, teleportation, fibre.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from tests.physics.test_bell import CHAINS

from interlace.errors import DomainError
from interlace.physics import (
    bbm92_fraction,
    bbpssw,
    compose,
    dejmps,
    double_click,
    idle_pauli,
    noisy_swap,
    plob_bound,
    single_click,
    teleportation_fidelity,
    transmittance,
    werner,
)

# F0, links, F of a nested chain; g = m = 0.995 at each swap, twirled to Werner after each
NOISY_CHAINS = [
    (0.9, 1, 0.900000000), (0.9, 2, 0.803061795), (0.9, 4, 0.650400179),
    (0.9, 8, 0.459862804), (0.9, 16, 0.307652466), (0.95, 1, 0.950000000),
    (0.95, 2, 0.891420780), (0.95, 4, 0.788558639), (0.95, 8, 0.629675819),
    (0.95, 16, 0.438700401), (0.98, 1, 0.980000000), (0.98, 2, 0.947577824),
    (0.98, 4, 0.886989505), (0.98, 8, 0.781143046), (0.98, 16, 0.619292039),
    (0.99, 1, 0.990000000), (0.99, 2, 0.966820447), (0.99, 4, 0.922616808),
    (0.99, 8, 0.842219055), (0.99, 16, 0.709104658),
]  # fmt: skip

# F; BBPSSW F1 p1, again F2 p2; DEJMPS F1 p1, B1 C1 D1, F2 p2; BBPSSW at g = m = 0.995 F1 p1
DISTILLED = [
    (0.6, 0.620437956, 0.608888889, 0.644639033, 0.621977137, 0.620437956, 0.608888889,
     0.058394161, 0.058394161, 0.262773723, 0.688615966, 0.563961852, 0.615031006, 0.605657448),
    (0.7, 0.735294118, 0.680000000, 0.773170732, 0.709342561, 0.735294118, 0.680000000,
     0.029411765, 0.029411765, 0.205882353, 0.845945946, 0.640138408, 0.729439053, 0.674658230),
    (0.75, 0.788461538, 0.722222222, 0.827006508, 0.757725181, 0.788461538, 0.722222222,
     0.019230769, 0.019230769, 0.173076923, 0.902360515, 0.689349112, 0.782649884, 0.715627445),
    (0.8, 0.838150289, 0.768888889, 0.873584515, 0.807485122, 0.838150289, 0.768888889,
     0.011560694, 0.011560694, 0.138728324, 0.943639219, 0.744595543, 0.832535437, 0.760909208),
    (0.85, 0.884146341, 0.820000000, 0.913403353, 0.857459184, 0.884146341, 0.820000000,
     0.006097561, 0.006097561, 0.103658537, 0.971626617, 0.804580607, 0.878856751, 0.810503521),
    (0.9, 0.926395939, 0.875555556, 0.947207793, 0.906676859, 0.926395939, 0.875555556,
     0.002538071, 0.002538071, 0.068527919, 0.988763545, 0.867968770, 0.921534014, 0.864410382),
    (0.95, 0.964964371, 0.935555556, 0.975812167, 0.954376934, 0.964964371, 0.935555556,
     0.000593824, 0.000593824, 0.033847981, 0.997501549, 0.933488865, 0.960607517, 0.922629792),
    (0.98, 0.986397663, 0.973688889, 0.990807688, 0.982028016, 0.986397663, 0.973688889,
     0.000091291, 0.000091291, 0.013419755, 0.999627422, 0.973343004, 0.982371486, 0.959631462),
]  # fmt: skip

# km at 0.2 dB/km; ebits a use over 1, 2, 4, 8, 16 segments
PLOB = [
    (1, 4.47369352, 5.45717949, 6.44889857, 7.44475214, 8.44267742),
    (10, 1.43814052, 2.28158434, 3.20092514, 4.15999854, 5.13938587),
    (25, 0.548412255, 1.19212193, 1.99938963, 2.89931104, 3.84833943),
    (50, 0.152003093, 0.548412255, 1.19212193, 1.99938963, 2.89931104),
    (100, 0.0144995697, 0.152003093, 0.548412255, 1.19212193, 1.99938963),
    (200, 0.000144276718, 0.0144995697, 0.152003093, 0.548412255, 1.19212193),
    (500, 1.44269516e-10, 1.44270225e-05, 0.00456943102, 0.0834990994, 0.390504804),
]
KEY = [
    (0.8349582033, 0.0), (0.85, 0.062009), (0.9, 0.293281), (0.95, 0.578315), (0.98, 0.795684),
    (0.99, 0.884444),
]  # fmt: skip
FIBRE = [
    (0.2, 0.630957344), (0.17, 0.676082975), (0.14, 0.72443596), (0.091, 0.810961058),
    (0.35, 0.446683592), (3.5, 0.000316227766),
]  # fmt: skip


@pytest.mark.parametrize("row", NOISY_CHAINS)
def test_noisy_nodes_swap_a_nested_chain_to_the_tabulated_fidelity(row) -> None:
    start, links, end = row
    fidelity = start
    for _ in range(int(math.log2(links))):
        pair = werner(fidelity)
        fidelity = float(noisy_swap(pair, pair, gate=0.995, readout=0.995)[0])
    assert fidelity == pytest.approx(end, abs=6e-10)


@pytest.mark.parametrize("row", CHAINS)
def test_a_perfect_node_swaps_as_the_algebra_does(row) -> None:
    state = werner(row[0])
    assert noisy_swap(state, state) == pytest.approx(compose(state, state), abs=1e-15)


def test_swapping_bell_diagonal_pairs_convolves_them() -> None:
    swapped = compose((0.9, 0.05, 0.03, 0.02), (0.85, 0.05, 0.02, 0.08))
    assert swapped == pytest.approx([0.7697, 0.0903, 0.0485, 0.0915], abs=5e-5)


def swapped_by_matrices(first, second, g: float, m: float) -> np.ndarray:
    """Qubits a, c, d, b: c and d are measured in the Bell basis, b is corrected by what is read."""
    paulis = [np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]
    bells = [np.kron(np.eye(2), p) @ [1, 0, 0, 1] / np.sqrt(2) for p in paulis]
    pairs = [
        sum(w * np.outer(v, v.conj()) for w, v in zip(state, bells, strict=True))
        for state in (first, second)
    ]
    joint = np.kron(*pairs).reshape((2,) * 8)
    out = (1 - g) * np.eye(4, dtype=complex) / 4
    for seen in range(4):
        bell = bells[seen].reshape(2, 2)
        left = np.einsum("cd,acdbxyzw,yz->abxw", bell.conj(), joint, bell).reshape(4, 4)
        for wrong, chance in enumerate([m * m, m * (1 - m), (1 - m) ** 2, m * (1 - m)]):
            mend = np.kron(np.eye(2), np.array(paulis[seen ^ wrong]))
            out += g * chance * mend @ left @ mend.conj().T
    return np.array([np.real(v.conj() @ out @ v) for v in bells])


def test_a_noisy_swap_is_what_a_bell_measurement_and_misread_corrections_do() -> None:
    first, second = (0.9, 0.05, 0.03, 0.02), (0.8, 0.04, 0.1, 0.06)
    for g, m in [(1.0, 1.0), (0.9, 0.97), (0.995, 0.8)]:
        expected = swapped_by_matrices(first, second, g, m)
        assert noisy_swap(first, second, gate=g, readout=m) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("row", DISTILLED)
def test_distillation_gives_the_tabulated_fidelity_and_probability(row) -> None:
    f, b1, bp1, b2, bp2, d1, dp1, db, dc, dd, d2, dp2, n1, np1 = row
    once = bbpssw(werner(f), werner(f))
    twice = bbpssw(werner(once.state[0]), werner(once.state[0]))
    for got, fidelity, probability in [(once, b1, bp1), (twice, b2, bp2)]:
        assert got.state[0] == pytest.approx(fidelity, abs=6e-10)
        assert got.success_probability == pytest.approx(probability, abs=6e-10)
    once = dejmps(werner(f), werner(f))
    assert once.success_probability == pytest.approx(dp1, abs=6e-10)
    assert once.state == pytest.approx([d1, dc, db, dd], abs=6e-10)  # Phi+, Psi+, Psi-, Phi-
    twice = dejmps(once.state, once.state)
    assert (twice.state[0], twice.success_probability) == pytest.approx((d2, dp2), abs=6e-10)
    noise = {"gates": (0.995, 0.995), "readouts": (0.995, 0.995)}
    noisy = bbpssw(werner(f), werner(f), **noise)
    assert (noisy.state[0], noisy.success_probability) == pytest.approx((n1, np1), abs=6e-10)


def test_noisy_distillation_leaves_no_werner_pair() -> None:
    noise = {"gates": (0.995, 0.995), "readouts": (0.995, 0.995)}
    noisy = bbpssw(werner(0.9), werner(0.9), **noise)
    assert noisy.state == pytest.approx([0.92153, 0.00432, 0.00432, 0.06983], abs=6e-6)
    assert noisy.state[0] == pytest.approx(0.9215340136, abs=6e-11)
    assert noisy.success_probability == pytest.approx(0.8644103821, abs=6e-11)


def test_unequal_pairs_distil_as_the_recurrence_says() -> None:
    # A..D = Phi+, Psi-, Psi+, Phi- of the first pair, E..H of the second
    a, b, c, d = 0.7, 0.15, 0.1, 0.05
    e, f, g, h = 0.8, 0.02, 0.12, 0.06
    p = (a + b) * (e + f) + (c + d) * (g + h)
    got = dejmps((a, c, b, d), (e, g, f, h))
    expected = [a * e + b * f, c * g + d * h, c * h + d * g, a * f + b * e]
    assert got.success_probability == pytest.approx(p)
    assert got.state == pytest.approx(np.array(expected) / p)


def distilled_by_matrices(first, second, g: float, m: float) -> tuple[float, np.ndarray]:
    """BBPSSW on four qubits (a1 b1 a2 b2), the CNOTs, noise and readouts written out."""
    paulis = [np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]]
    bells = [np.kron(np.eye(2), p) @ [1, 0, 0, 1] / np.sqrt(2) for p in paulis]
    pairs = [
        sum(w * np.outer(v, v.conj()) for w, v in zip(s, bells, strict=True))
        for s in (first, second)
    ]
    cnot = np.eye(16)[[int(f"{a}{b}{a ^ c}{b ^ d}", 2) for a in (0, 1) for b in (0, 1)
                       for c in (0, 1) for d in (0, 1)]]  # fmt: skip
    rho = g * g * cnot @ np.kron(*pairs) @ cnot.T + (1 - g * g) * np.eye(16) / 16
    kept = np.zeros((4, 4), dtype=complex)
    for c in (0, 1):
        for d in (0, 1):
            seen = m * m + (1 - m) ** 2 if c == d else 2 * m * (1 - m)
            kept += seen * rho.reshape((4, 4, 4, 4))[:, 2 * c + d, :, 2 * c + d]
    p = np.real(np.trace(kept))
    return p, np.array([np.real(v.conj() @ kept @ v) for v in bells]) / p


def test_distillation_is_what_cnots_and_readouts_do_to_four_qubits() -> None:
    first, second = (0.6, 0.2, 0.15, 0.05), (0.7, 0.05, 0.1, 0.15)
    for g, m in [(1.0, 1.0), (0.98, 0.96), (0.9, 1.0)]:
        p, state = distilled_by_matrices(first, second, g, m)
        got = bbpssw(first, second, gates=(g, g), readouts=(m, m))
        assert got.success_probability == pytest.approx(p)
        assert got.state == pytest.approx(state)


def test_waiting_depolarises_dephases_or_mixes_isotropically() -> None:
    t, life = 0.3, 1.7
    for t1, t2, shrunk in [
        (life, life, math.exp(-t / life)),  # depolarising memory
        (3 * life / 4, 3 * life / 4, math.exp(-4 * t / (3 * life))),  # Pauli errors of rate 1/T
    ]:
        x, y, z = idle_pauli(t, t1_s=t1, t2_s=t2)
        aged = compose(werner(0.9), (1 - x - y - z, x, y, z))
        w = shrunk * (4 * 0.9 - 1) / 3
        assert aged == pytest.approx(werner((1 + 3 * w) / 4), abs=1e-12)
    x, y, z = idle_pauli(t, t1_s=math.inf, t2_s=life)
    assert (x, y, z) == pytest.approx((0, 0, (1 - math.exp(-t / life)) / 2))


@pytest.mark.parametrize("row", PLOB)
def test_the_bound_of_a_lossy_fibre_is_the_tabulated_one(row) -> None:
    length_km, *bounds = row
    eta = transmittance(length_km * 1e3, 2e-4)
    for segments, ebits in zip((1, 2, 4, 8, 16), bounds, strict=True):
        assert plob_bound(eta, segments=segments) == pytest.approx(ebits, rel=6e-9)


@pytest.mark.parametrize("row", KEY)
def test_werner_pairs_give_the_tabulated_share_of_key(row) -> None:
    fidelity, fraction = row
    assert bbm92_fraction(werner(fidelity)) == pytest.approx(fraction, abs=6e-7)


def test_below_its_threshold_a_pair_gives_no_key() -> None:
    assert bbm92_fraction(werner(0.834958)) == 0
    assert bbm92_fraction(werner(0.834959)) > 0


def test_teleportation_through_a_pair_has_the_tabulated_fidelity() -> None:
    table = [(0.75, 0.833333333), (0.9, 0.933333333), (0.969, 0.979333333)]
    for fidelity, teleported in table:
        assert teleportation_fidelity(fidelity) == pytest.approx(teleported, abs=6e-10)


@pytest.mark.parametrize("row", FIBRE)
def test_ten_kilometres_of_fibre_let_the_tabulated_share_through(row) -> None:
    assert transmittance(10e3, row[0] * 1e-3) == pytest.approx(row[1], rel=2e-9)


def test_the_examples_of_both_click_schemes_come_out() -> None:
    pair = double_click(efficiency=(0.05, 0.05), visibility=0.9, dark_probability=1e-3)
    assert pair.success_probability == pytest.approx(1.443094e-3, rel=4e-7)
    assert pair.state[0] == pytest.approx(0.8547132, abs=6e-8)
    pair = single_click(bright_state=0.1, efficiency=(0.01, 0.01))
    assert pair.state[0] == pytest.approx(0.9004502, abs=6e-8)


def test_arguments_out_of_range_are_refused_with_what_was_needed() -> None:
    with pytest.raises(DomainError, match="below 1"):
        plob_bound(1.0)
    with pytest.raises(DomainError, match="one segment or more"):
        plob_bound(0.5, segments=0)
    with pytest.raises(DomainError, match="four weights"):
        bbm92_fraction((0.5, 0.4, 0.2, 0.1))
    with pytest.raises(DomainError, match="readout must be between"):
        noisy_swap(werner(0.9), werner(0.9), readout=1.2)
    with pytest.raises(DomainError, match="gates must be between"):
        bbpssw(werner(0.9), werner(0.9), gates=(1.2, 1.0))
