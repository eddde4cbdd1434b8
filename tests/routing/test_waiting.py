from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.link import Link
from interlace.routing import expected_longest_wait_s
from interlace.routing.waiting import WaitGrid, hop_wait


def poisson(rate_hz: float, *, herald_delay_s: float = 0.0) -> Link:
    return Link(
        name="a--b",
        ends=(0, 1),
        channels=1,
        success_probability=None,
        attempt_period_s=None,
        rate_hz=rate_hz,
        herald_delay_s=herald_delay_s,
        state=(1.0, 0.0, 0.0, 0.0),
        latency_s=0.0,
        citation="",
    )


def attempts(p: float, *, period_s: float = 1.0, herald_delay_s: float = 0.0) -> Link:
    return Link(
        name="a--b",
        ends=(0, 1),
        channels=1,
        success_probability=p,
        attempt_period_s=period_s,
        rate_hz=p / period_s,
        herald_delay_s=herald_delay_s,
        state=(1.0, 0.0, 0.0, 0.0),
        latency_s=0.0,
        citation="",
    )


# p, links, attempts: closed form, evaluated apart from interlace
TABLE = [
    (0.5, 1, 2), (0.5, 2, 2.666666667), (0.5, 4, 3.504761905), (0.5, 8, 4.421077726),
    (0.5, 16, 5.377377902), (0.1, 1, 10), (0.1, 2, 14.73684211), (0.1, 4, 20.27337819),
    (0.1, 8, 26.29578437), (0.1, 16, 32.58724798), (0.05804402547, 1, 17.228302),
    (0.05804402547, 2, 25.58498063), (0.05804402547, 4, 35.3402484),
    (0.05804402547, 8, 45.95159263), (0.05804402547, 16, 57.0370102), (0.01, 1, 100),
    (0.01, 2, 149.7487437), (0.01, 4, 207.7899218), (0.01, 8, 270.9245094),
    (0.01, 16, 336.8797034), (0.058045, 1, 17.22801275), (0.058045, 2, 25.58454663),
    (0.058045, 4, 35.33964561), (0.058045, 8, 45.95080626), (0.058045, 16, 57.03603203),
]  # fmt: skip


@pytest.mark.parametrize(("p", "links", "expected"), TABLE)
def test_hops_in_step_wait_for_the_tabulated_number_of_attempts(
    p: float, links: int, expected: float
) -> None:
    assert expected_longest_wait_s([attempts(p)] * links) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("p", "links", "expected"), TABLE)
def test_the_search_sees_the_same_within_the_stated_bound(
    p: float, links: int, expected: float
) -> None:
    wait = hop_wait(attempts(p))
    grid = WaitGrid.of([wait])
    seen = grid.mean_s(grid.ready([wait])[0] ** links)
    assert seen == pytest.approx(expected, rel=0.02 if p > 0.1 else 5e-4)


@settings(deadline=None, max_examples=50)
@given(st.floats(1e-3, 1e6), st.floats(1e-3, 1e6))
def test_two_poisson_links_wait_for_the_sum_less_the_minimum(a: float, b: float) -> None:
    together = expected_longest_wait_s((poisson(a), poisson(b)))
    assert together == pytest.approx(1 / a + 1 / b - 1 / (a + b), rel=1e-8)


@pytest.mark.parametrize("links", [1, 3, 30, 300])
def test_equal_poisson_links_wait_for_the_harmonic_number(links: int) -> None:
    harmonic = math.fsum(1 / k for k in range(1, links + 1))
    assert expected_longest_wait_s([poisson(5.0)] * links) == pytest.approx(harmonic / 5)


def test_a_certain_herald_delay_is_added_once() -> None:
    slow = poisson(10.0, herald_delay_s=2.0)
    assert expected_longest_wait_s((slow, slow)) == pytest.approx(2.0 + 0.15)


def test_a_certain_hop_and_a_random_one() -> None:
    # max(1, Exp(rate 1)): 1 + exp(-1)
    both = (attempts(1.0), poisson(1.0))
    assert expected_longest_wait_s(both) == pytest.approx(1 + math.exp(-1), rel=1e-8)


def test_a_single_hop_waits_as_its_link_says() -> None:
    links = (
        poisson(3.0, herald_delay_s=0.5),
        attempts(0.2, herald_delay_s=0.7),
        attempts(0.2, herald_delay_s=1.7),
        attempts(1e-7),
    )
    for link in links:
        assert expected_longest_wait_s((link,)) == pytest.approx(link.mean_wait_s, rel=1e-8)


def test_short_random_waits_after_long_certain_ones_are_resolved() -> None:
    # both start at 2 s and 3 s: max = 3 s + Exp unless the first takes a second more
    early, late = poisson(10.0, herald_delay_s=2.0), poisson(20.0, herald_delay_s=3.0)
    tail = math.exp(-10.0)  # P(the first is later than 3 s), memoryless from there
    expected = (1 - tail) * (3 + 1 / 20) + tail * (3 + 1 / 10 + 1 / 20 - 1 / 30)
    assert expected_longest_wait_s((early, late)) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("p", [1.0, 0.9, 0.3, 1e-3, 1e-9])
@pytest.mark.parametrize("herald_delay_s", [0.0, 0.4, 2.5])
def test_a_hop_keeps_the_mean_and_spread_of_its_attempts(p: float, herald_delay_s: float) -> None:
    link = attempts(p, herald_delay_s=herald_delay_s)
    wait = hop_wait(link)
    assert wait.delay_s + wait.scale_s == pytest.approx(link.mean_wait_s)
    assert wait.scale_s**2 == pytest.approx((1 - p) / p**2)
