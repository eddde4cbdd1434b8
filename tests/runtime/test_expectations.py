"""Products that are 1 without noise: their means, their errors, and the share of intact shots."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlace.kernel import stream
from interlace.runtime.expectations import FlipTally, counted_flips, product_means
from interlace.runtime.parities import tallied_parities
from interlace.runtime.products import PARITY, Products


def some_products(count: int, *, fix_the_state: bool = True) -> Products:
    return Products(
        start=np.arange(count + 1),
        place=np.arange(count),
        pauli=np.full(count, 3),
        labels=[f"q[{i}]" for i in range(count)],
        fix_the_state=fix_the_state,
    )


def tally_of(flips, groups) -> FlipTally:
    tally = FlipTally(flips.shape[1])
    for part in np.split(flips, np.cumsum(groups)[:-1]):
        tally.add(counted_flips(part))
    return tally


@given(
    st.integers(1, 6), st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(0, 10**6)
)
def test_mean_intact_share_and_worst_product_are_those_of_the_whole_array(count, groups, seed):
    shots = sum(groups)
    if shots < 2:
        return
    flips = (stream(seed, "flips").random((shots, count)) < 0.3).astype(np.uint8)
    means = product_means(tally_of(flips, groups), some_products(count), groups=groups)
    assert means is not None
    assert (means.count, means.shots, means.is_state) == (count, shots, True)
    assert means.mean == pytest.approx(1 - 2 * flips.mean())
    assert means.intact == pytest.approx((~flips.any(axis=1)).mean())
    worst = flips.mean(axis=0).max()
    assert (1 - 2 * worst) == pytest.approx(means.lowest[0].value if means.lowest else 1.0)


def test_errors_over_timelines_are_the_spread_that_repeated_runs_show():
    # Each of 32 timelines has a flip probability of its own, shared by its shots and products.
    rng = stream(5, "timelines")
    groups, values, errors = [30] * 32, [], []
    worst_errors, first = [], []
    for _ in range(300):
        p = np.repeat(rng.uniform(0.0, 0.2, 32), 30)
        flips = (rng.random((960, 4)) < p[:, None]).astype(np.uint8)
        means = product_means(tally_of(flips, groups), some_products(4), groups=groups)
        assert means is not None
        values.append((means.mean, means.intact))
        errors.append((means.mean_error, means.intact_error))
        tally = tally_of(flips, groups)
        worst_errors.append(tally.spread()[0])
        first.append(flips[:, 0].mean())
    spread = np.std(values, axis=0, ddof=1)
    # A standard deviation of 300 values is known to 4 %; 20 % is five of that: a false alarm in
    # about a million, twice.
    assert np.mean(errors, axis=0) == pytest.approx(spread, rel=0.2)
    assert np.mean(worst_errors) == pytest.approx(np.std(first, ddof=1), rel=0.2)


def test_where_all_shots_agree_the_rule_of_three_bounds_the_share():
    lost = product_means(tally_of(np.ones((600, 2), dtype=np.uint8), [600]), some_products(2),
                         groups=())  # fmt: skip
    held = product_means(tally_of(np.zeros((600, 2), dtype=np.uint8), [600]), some_products(2),
                         groups=())  # fmt: skip
    assert lost is not None
    assert held is not None
    assert (lost.intact, lost.intact_error, lost.intact_bound) == (0.0, None, 0.005)
    assert (held.intact, held.intact_error, held.intact_bound) == (1.0, None, 0.005)
    assert held.lowest == ()
    # (1 - 3 / N)^N = 0.05: what happens so rarely shows up in all but 5 % of the runs.
    assert (1 - held.intact_bound) ** 600 == pytest.approx(0.05, abs=0.001)


def test_nothing_to_follow_says_nothing():
    assert product_means(FlipTally(0), some_products(0), groups=()) is None


@given(st.integers(1, 40), st.integers(2, 30), st.integers(0, 10**6))
def test_parities_are_the_sums_of_their_bits(checks, shots, seed):
    rng = stream(seed, "parities")
    bits = rng.integers(0, 2, (shots, 12), dtype=np.uint8)
    rows = [rng.permutation(12)[: rng.integers(1, 6)] for _ in range(checks)]
    parity = rng.integers(0, 2, checks, dtype=np.uint8)
    wrong = np.array([bits[:, row].sum(axis=1) % 2 for row in rows]).T ^ parity
    start = np.concatenate([[0], np.cumsum([len(row) for row in rows])])
    tally = tallied_parities(
        bits, start=start, place=np.concatenate(rows), parity=parity, groups=()
    )
    assert (tally.flipped == wrong.sum(axis=0)).all()
    assert (tally.by_shot == wrong.sum(axis=1)).all()


def test_factors_are_named_in_order_and_bits_bear_no_letter():
    paulis = Products(start=np.array([0, 3]), place=np.array([2, 0, 1]), pauli=np.array([3, 1, 2]),
                      labels=["a[0]", "a[1]", "b[0]"], fix_the_state=False)  # fmt: skip
    assert paulis.factors(0, most=2) == ("X a[0]", "Y a[1]")
    assert paulis.weight(0) == 3
    bits = Products(start=np.array([0, 1]), place=np.array([1]), pauli=np.array([PARITY]),
                    labels=["c[0]", "c[1]"], fix_the_state=False)  # fmt: skip
    assert bits.factors(0, most=4) == ("c[1]",)
