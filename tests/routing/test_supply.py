"""The contract of `EbitSupply`: every adapter runs the same tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from interlace.errors import InvariantError
from interlace.link import Link
from interlace.routing import EbitSupply, ExpectedSupply, Requests, SampledSupply

Maker = Callable[[tuple[Link, ...]], EbitSupply]


def a_link(name: str = "a--b", *, channels: int = 1, herald_delay_s: float = 0.0, **table) -> Link:
    """Attempts of a millisecond that always succeed, unless told otherwise."""
    defaults = {
        "success_probability": 1.0,
        "attempt_period_s": 1e-3,
        "rate_hz": 1e3,
        "state": (0.9, 0.05, 0.03, 0.02),
    }
    return Link(
        name=name,
        ends=(0, 1),
        channels=channels,
        herald_delay_s=herald_delay_s,
        latency_s=0.0,
        citation="",
        **(defaults | table),
    )


POISSON = {"success_probability": None, "attempt_period_s": None, "rate_hz": 1e3}

ADAPTERS: dict[str, Maker] = {
    "sampled": lambda links: SampledSupply(links, timelines=5, seed=11),
    "expected": ExpectedSupply,
}


@pytest.fixture(params=sorted(ADAPTERS))
def make(request: pytest.FixtureRequest) -> Maker:
    return ADAPTERS[request.param]


def ask(supply: EbitSupply, *wishes: tuple[int, int, int], at: float = 0.0) -> np.ndarray:
    """Ask for pairs as (link, first qubit, second qubit), all not before the same time."""
    return supply.request(
        Requests(
            link=np.array([w[0] for w in wishes]),
            ends=np.array([w[1:] for w in wishes]),
            not_before_s=np.full((len(wishes), supply.timelines), at),
        )
    )


def free(supply: EbitSupply, pair: int, *, at: float) -> None:
    times = np.full((2, supply.timelines), at)
    supply.release(np.array([pair, pair]), np.array([0, 1]), times)


def test_a_pair_is_heralded_after_its_wait_and_carries_the_links_state(make: Maker) -> None:
    supply = make((a_link(herald_delay_s=2e-4),))
    pairs = ask(supply, (0, 0, 1), at=0.5)
    supply.advance()
    got = supply.take(pairs)
    assert got.started_s == pytest.approx(np.full((1, supply.timelines), 0.5))
    assert got.ready_s == pytest.approx(np.full((1, supply.timelines), 0.501))
    assert got.born_s == pytest.approx(np.full((1, supply.timelines), 0.5008))
    assert got.state.shape == (1, supply.timelines, 4)
    assert got.state[0, 0].tolist() == [0.9, 0.05, 0.03, 0.02]


def test_overlapping_attempts_are_heralded_one_delay_after_emission(make: Maker) -> None:
    supply = make((a_link(herald_delay_s=5e-3),))
    pairs = ask(supply, (0, 0, 1))
    supply.advance()
    got = supply.take(pairs)
    assert got.born_s == pytest.approx(np.zeros((1, supply.timelines)))
    assert got.ready_s == pytest.approx(np.full((1, supply.timelines), 5e-3))


def test_identities_are_never_used_again(make: Maker) -> None:
    supply = make((a_link(channels=9),))
    first = ask(supply, (0, 0, 1), (0, 2, 3))
    second = ask(supply, (0, 4, 5))
    assert len({*first.tolist(), *second.tolist()}) == 3


def test_one_channel_serves_one_request_after_the_other(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = ask(supply, (0, 0, 1), (0, 2, 3), (0, 4, 5))
    supply.advance()
    got = supply.take(pairs)
    assert got.started_s[:, 0] == pytest.approx([0.0, 1e-3, 2e-3])


def test_channels_work_side_by_side_first_come_first_served(make: Maker) -> None:
    supply = make((a_link(channels=2),))
    pairs = ask(supply, (0, 0, 1), (0, 2, 3), (0, 4, 5), (0, 6, 7))
    supply.advance()
    assert supply.take(pairs).started_s[:, 0] == pytest.approx([0.0, 0.0, 1e-3, 1e-3])


def test_links_do_not_wait_for_each_other(make: Maker) -> None:
    supply = make((a_link("a--b"), a_link("b--c")))
    pairs = ask(supply, (0, 0, 1), (1, 2, 3))
    supply.advance()
    assert not supply.take(pairs).started_s.any()


def test_a_released_communication_qubit_delays_the_next_pair_until_then(make: Maker) -> None:
    supply = make((a_link(channels=2),))
    (first,) = ask(supply, (0, 0, 1))
    supply.advance()
    supply.take(np.array([first]))
    supply.release(np.array([first]), np.array([0]), np.full((1, supply.timelines), 0.01))
    supply.release(np.array([first]), np.array([1]), np.full((1, supply.timelines), 0.02))
    one, both = ask(supply, (0, 0, 2), (0, 3, 1))
    supply.advance()
    got = supply.take(np.array([one, both]))
    assert got.started_s[:, 0] == pytest.approx([0.01, 0.02])


def test_a_held_communication_qubit_cannot_be_asked_for(make: Maker) -> None:
    supply = make((a_link(channels=2),))
    ask(supply, (0, 0, 1))
    with pytest.raises(InvariantError, match="communication qubit 1 is asked for"):
        ask(supply, (0, 2, 1))


def test_a_half_released_pair_still_holds_its_other_half(make: Maker) -> None:
    supply = make((a_link(channels=2),))
    (pair,) = ask(supply, (0, 0, 1))
    supply.release(np.array([pair]), np.array([0]), np.ones((1, supply.timelines)))
    with pytest.raises(InvariantError, match="communication qubit 1"):
        ask(supply, (0, 0, 1))


def test_a_pair_is_seen_only_once_its_time_has_come(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = ask(supply, (0, 0, 1), (0, 2, 3))
    assert not supply.arrived(pairs).any()
    supply.advance(np.full(supply.timelines, 1e-3))
    assert supply.arrived(pairs).tolist() == [[True] * supply.timelines, [False] * supply.timelines]
    with pytest.raises(InvariantError, match="not arrived"):
        supply.take(pairs[1:])
    supply.take(pairs[:1])
    supply.advance()
    assert supply.arrived(pairs).all()
    supply.take(pairs[1:])


def test_time_does_not_run_backwards(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = ask(supply, (0, 0, 1))
    supply.advance()
    supply.advance(np.zeros(supply.timelines))
    assert supply.arrived(pairs).all()


def test_a_pair_is_handed_out_once(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = ask(supply, (0, 0, 1))
    supply.advance()
    supply.take(pairs)
    with pytest.raises(InvariantError, match="taken before"):
        supply.take(pairs)


def test_one_call_cannot_take_the_same_pair_twice(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = ask(supply, (0, 0, 1))
    supply.advance()
    with pytest.raises(InvariantError, match="taken before"):
        supply.take(np.repeat(pairs, 2))


def test_a_half_is_released_once(make: Maker) -> None:
    supply = make((a_link(),))
    (pair,) = ask(supply, (0, 0, 1))
    free(supply, pair, at=1.0)
    with pytest.raises(InvariantError, match="released before"):
        free(supply, pair, at=2.0)


def test_a_pair_nobody_asked_for_is_unknown(make: Maker) -> None:
    supply = make((a_link(),))
    for verb in (supply.take, supply.arrived):
        with pytest.raises(InvariantError, match="never asked for"):
            verb(np.array([3]))


def test_use_counts_pairs_busy_channels_and_waits(make: Maker) -> None:
    supply = make((a_link(), a_link("b--c")))
    pairs = ask(supply, (0, 0, 1), (0, 2, 3))
    supply.advance(np.full(supply.timelines, 1.5e-3))
    so_far = supply.use()
    assert so_far.pairs.tolist() == [supply.timelines, 0]
    assert so_far.busy_s[0] == pytest.approx(np.full(supply.timelines, 1.5e-3))
    assert so_far.wait_s[0] == pytest.approx(np.full(supply.timelines, 1e-3))
    supply.advance()
    supply.take(pairs[:1])
    in_all = supply.use()
    assert in_all.pairs.tolist() == [2 * supply.timelines, 0]
    assert in_all.busy_s[0] == pytest.approx(np.full(supply.timelines, 2e-3))
    # the second waits for the channel too: 1 ms + 2 ms
    assert in_all.wait_s[0] == pytest.approx(np.full(supply.timelines, 3e-3))
    assert not in_all.wait_s[1].any()


def test_no_request_at_all_is_fine(make: Maker) -> None:
    supply = make((a_link(),))
    pairs = supply.request(
        Requests(
            link=np.empty(0, dtype=np.int64),
            ends=np.empty((0, 2), dtype=np.int64),
            not_before_s=np.empty((0, supply.timelines)),
        )
    )
    supply.advance()
    got = supply.take(pairs)
    assert got.ready_s.shape == (0, supply.timelines)
    assert got.state.shape == (0, supply.timelines, 4)


def test_a_full_network_needs_more_than_zero_timelines() -> None:
    with pytest.raises(InvariantError, match="at least one timeline"):
        SampledSupply((a_link(),), timelines=0, seed=1)


# ---------------------------------------------------------------------------- what differs


def test_the_expected_supply_waits_for_the_mean() -> None:
    supply = ExpectedSupply(
        (a_link(**POISSON), a_link(success_probability=0.1, rate_hz=100.0, herald_delay_s=1e-3))
    )
    pairs = ask(supply, (0, 0, 1), (1, 2, 3))
    supply.advance()
    assert supply.timelines == 1
    assert supply.take(pairs).ready_s[:, 0] == pytest.approx([1e-3, 1e-2])


@pytest.mark.parametrize(
    "table",
    [
        POISSON,
        {"success_probability": 0.3, "attempt_period_s": 1e-4, "rate_hz": 3e3},
        {"success_probability": 1e-7, "attempt_period_s": 1e-5, "rate_hz": 1e-2},
    ],
)
def test_a_busy_links_rate_is_its_closed_form(table: dict) -> None:
    # Mean of n waits; exponential and geometric waits have a standard deviation of at most their
    # mean. 4 standard errors: false alarm 6e-5 over another seed, none over this one.
    timelines, rows = 2000, 5
    link = a_link(**table)
    supply = SampledSupply((link,), timelines=timelines, seed=5)
    pairs = ask(supply, *((0, 2 * k, 2 * k + 1) for k in range(rows)))
    supply.advance()
    last_s = supply.take(pairs).ready_s[-1]
    n = timelines * rows
    assert last_s.mean() / rows * link.rate_hz == pytest.approx(1, abs=4 / np.sqrt(n))


def test_attempts_are_geometric_from_the_first_on() -> None:
    # P(k = 1) = p, P(k = 2) = p (1 - p): 4 standard errors of 10000 draws, false alarm 1.3e-4
    p, n = 0.3, 10_000
    link = a_link(success_probability=p, rate_hz=p / 1e-3)
    supply = SampledSupply((link,), timelines=n, seed=3)
    pairs = ask(supply, (0, 0, 1))
    supply.advance()
    attempts = np.rint(supply.take(pairs).ready_s[0] / 1e-3)
    assert attempts.min() == 1
    for k, chance in ((1, p), (2, p * (1 - p))):
        error = np.sqrt(chance * (1 - chance) / n)
        assert np.mean(attempts == k) == pytest.approx(chance, abs=4 * error)


@pytest.mark.parametrize(
    ("p", "links", "attempts"),
    [
        (0.5, 2, 2.666666667), (0.5, 4, 3.504761905), (0.1, 2, 14.73684211),
        (0.1, 4, 20.27337819), (0.05804402547, 2, 25.58498063), (0.01, 2, 149.7487437),
        (0.01, 4, 207.7899218),
    ],
)  # fmt: skip
def test_the_slowest_of_parallel_links_takes_the_tabulated_time(
    p: float, links: int, attempts: float
) -> None:
    # The maximum of N waits has a standard deviation below sqrt(pi^2/6)/p; 4 standard errors of
    # 20000 timelines, false alarm 6e-5 each.
    n = 20_000
    table = {"success_probability": p, "attempt_period_s": 1.0, "rate_hz": p}
    supply = SampledSupply(
        tuple(a_link(f"link-{k}", **table) for k in range(links)), timelines=n, seed=2
    )
    pairs = ask(supply, *((k, 2 * k, 2 * k + 1) for k in range(links)))
    supply.advance()
    slowest = supply.take(pairs).ready_s.max(axis=0)
    assert slowest.mean() == pytest.approx(attempts, abs=4 * 1.283 / p / np.sqrt(n))


def test_a_links_pairs_are_the_same_whatever_other_links_do() -> None:
    links = (a_link("a--b", **POISSON), a_link("b--c", **POISSON))
    alone = SampledSupply(links, timelines=4, seed=9)
    pair = ask(alone, (1, 0, 1))
    alone.advance()
    busy = SampledSupply(links, timelines=4, seed=9)
    pairs = ask(busy, (0, 4, 5), (0, 6, 7), (1, 0, 1))
    busy.advance()
    assert alone.take(pair).ready_s.tolist() == busy.take(pairs[2:]).ready_s.tolist()


def test_another_seed_gives_other_waits_and_the_same_seed_the_same() -> None:
    def waits(seed: int) -> list[list[float]]:
        supply = SampledSupply((a_link(**POISSON),), timelines=3, seed=seed)
        pairs = ask(supply, (0, 0, 1))
        supply.advance()
        return supply.take(pairs).ready_s.tolist()

    assert waits(1) == waits(1) != waits(2)
