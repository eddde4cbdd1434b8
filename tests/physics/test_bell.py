from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from interlace.errors import DomainError
from interlace.physics import characters, compose, from_characters, werner

PAULI = np.array(
    [np.eye(2), [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)
PHI = np.array([1, 0, 0, 1]) / np.sqrt(2)

# F0, links, F of the swapped chain: evaluated apart from interlace
CHAINS = [
    (0.9, 1, 0.9), (0.9, 2, 0.813333333), (0.9, 4, 0.673125926), (0.9, 8, 0.488714066),
    (0.9, 16, 0.325979207), (0.95, 1, 0.95), (0.95, 2, 0.903333333), (0.95, 4, 0.819125926),
    (0.95, 8, 0.681872426), (0.95, 16, 0.498685057), (0.98, 1, 0.98), (0.98, 2, 0.960533333),
    (0.98, 4, 0.923143490), (0.98, 8, 0.854162878), (0.98, 16, 0.736683711), (0.99, 1, 0.99),
    (0.99, 2, 0.980133333), (0.99, 4, 0.960792913), (0.99, 8, 0.923635419),
    (0.99, 16, 0.855046238),
]  # fmt: skip

states = arrays(np.float64, 4, elements=st.floats(1e-3, 1)).map(lambda w: w / w.sum())


@pytest.mark.parametrize(("fidelity", "links", "swapped"), CHAINS)
def test_a_chain_of_werner_links_swaps_to_the_tabulated_fidelity(
    fidelity: float, links: int, swapped: float
) -> None:
    state = np.array([1.0, 0, 0, 0])
    for _ in range(links):
        state = compose(state, werner(fidelity))
    assert state[0] == pytest.approx(swapped, abs=6e-10)


@settings(deadline=None, max_examples=25)
@given(states, states)
def test_composing_weights_is_multiplying_the_pauli_channels(
    first: np.ndarray, second: np.ndarray
) -> None:
    # Pauli errors on one half of Phi+, applied as matrices: shares nothing with the algebra
    rho = np.zeros((4, 4), dtype=complex)
    for (i, a), (j, b) in itertools.product(enumerate(first), enumerate(second)):
        vector = np.kron(np.eye(2), PAULI[i] @ PAULI[j]) @ PHI
        rho += a * b * np.outer(vector, vector.conj())
    basis = [np.kron(np.eye(2), pauli) @ PHI for pauli in PAULI]
    weights = [np.real(v.conj() @ rho @ v) for v in basis]
    assert compose(first, second) == pytest.approx(weights, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(states, states, states)
def test_the_order_of_swaps_does_not_matter(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    assert compose(compose(a, b), c) == pytest.approx(compose(a, compose(b, c)), abs=1e-12)
    assert compose(a, b) == pytest.approx(compose(b, a), abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(states, states)
def test_characters_turn_swapping_into_a_product(a: np.ndarray, b: np.ndarray) -> None:
    product = characters(a) * characters(b)
    assert from_characters(product) == pytest.approx(compose(a, b), abs=1e-12)
    assert characters(compose(a, b)) == pytest.approx(product, abs=1e-12)


@settings(deadline=None, max_examples=25)
@given(states, states)
def test_swapping_never_makes_a_good_pair_better(a: np.ndarray, b: np.ndarray) -> None:
    assert compose(a, b)[0] <= max(a.max(), b.max()) + 1e-12
    assert compose(a, b).sum() == pytest.approx(1)


def test_arrays_of_states_compose_like_single_ones() -> None:
    many = np.array([[werner(0.9), werner(0.8)], [werner(0.7), werner(0.6)]])
    out = compose(many, werner(0.95))
    assert out.shape == (2, 2, 4)
    assert out[1, 0] == pytest.approx(compose(werner(0.7), werner(0.95)))


def test_a_fidelity_above_one_is_refused() -> None:
    with pytest.raises(DomainError, match="fidelity must be between 0 and 1"):
        werner(1.1)
