"""Keys over relays, on stores in memory: what arrives, what is lost, and no pad twice."""

from __future__ import annotations

import asyncio
import uuid

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.services.kms.relay.world import CHAIN, RING, World

from interlace.errors import ProtocolError
from interlace.services.kms.adapters.memory_links import MemoryLedger
from interlace.services.kms.model import Pair
from interlace.services.kms.model.peer_failures import RolledBackError, StaleEpochError
from interlace.services.kms.model.peering import Deal, Dealt, Envelope, Settle, SettleReply
from interlace.services.kms.service.relay import Draft, Relay

AD = Pair(master="sae-a", slave="sae-d")


def copies(world: World, kme: str, state: str = "available") -> int:
    return sum(k.state == state for k in world.entities[kme].store.content.copies.values())


def test_keys_come_over_two_relays_and_are_the_same_at_both_ends() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(12):
            await world.step_all()
        await world.calm()
        assert world.complaints() == []
        assert copies(world, "a") >= 400  # 200 of each pair
        assert len(world.checker.uses) >= 3 * 400
        assert world.points == {
            *("kms.deal.before-send", "kms.deal.after-intake", "kms.relay.after-origin"),
            *("kms.relay.before-send", "kms.relay.after-intake", "kms.relay.before-ack"),
            *("kms.ack.before-activate",),
        }

    asyncio.run(story())


def test_a_transfer_that_was_settled_as_lost_is_refused_when_it_comes_late() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(3):
            await world.step_all()
        for name in ("b", "a"):
            for peer in set("abcd") - {name}:
                await world.do(name, "greet_once", peer)
        world.cut.add(frozenset("bc"))
        await world.do("a", "refill_once")
        await world.do("a", "send_once", "b")  # taken in by b, whose way on is cut
        assert world.entities["b"].store.content.outbox
        await world.clock.advance(20.0)
        for peer in "bcd":
            await world.do("a", "greet_once", peer)
        await world.do("a", "settle_once")  # d says that it will never take it in
        states = [row.state for row in world.entities["a"].store.content.transfers.values()]
        assert "lost" in states
        assert "void" in {k.state for k in world.entities["a"].store.content.copies.values()}
        world.cut.clear()
        for _ in range(4):
            await world.step_all()  # now it comes
        assert "denied" in {r.state for r in world.entities["d"].store.content.transfers.values()}
        await world.calm()
        assert world.complaints() == []

    asyncio.run(story())


def test_a_deal_that_goes_back_is_refused_and_changes_nothing() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(3):
            await world.step_all()
        there = world.entities["b"]
        before = there.store.content
        assert before.ends["a--b", "a"] > 64
        again = Dealt(sender="a", first=0, material=bytes(32))
        deal = Deal(epoch=1, peer_epoch=1, link="a--b", dealt=(again,))
        with pytest.raises(ProtocolError, match="put back without a new epoch"):
            await there.carrier.peering.answer("a", deal)
        assert there.store.content is before

    asyncio.run(story())


def test_a_relay_that_claims_a_transfer_first_hides_no_other_ones_fate() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(3):
            await world.step_all()
        for name in ("b", "a"):
            for peer in set("abcd") - {name}:
                await world.do(name, "greet_once", peer)
        world.cut.add(frozenset("bc"))
        await world.do("a", "refill_once")
        own = list(world.entities["a"].store.content.transfers.values())
        waiting = [row.transfer for row in own if row.state == "waiting"]
        assert len(waiting) >= 2
        relay = world.entities["c"].carrier
        claim = Settle(epoch=1, peer_epoch=1, transfers=(waiting[0],))
        assert await relay._peers.settle("d", claim) == SettleReply(taken=(False,))
        await world.clock.advance(20.0)
        for peer in "bcd":
            await world.do("a", "greet_once", peer)
        await world.do("a", "settle_once")
        rows = world.entities["a"].store.content.transfers
        assert {rows[transfer].state for transfer in waiting} == {"lost"}
        await world.calm()
        assert world.complaints() == []

    asyncio.run(story())


def test_a_target_that_denies_what_it_has_confirmed_ends_nobody() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(12):
            await world.step_all()
        await world.calm()
        origin = world.entities["a"]
        done = [r for r in origin.store.content.transfers.values() if r.state == "done"]
        before = copies(world, "a")
        lie = Settle(epoch=1, peer_epoch=1, transfers=(done[0].transfer,))
        await origin.carrier.relay.settled(done[0].other, lie, SettleReply(taken=(False,)))
        assert copies(world, "a") == before
        assert origin.store.content.transfers[done[0].transfer].state == "done"

    asyncio.run(story())


def test_key_ids_that_are_taken_are_refused_and_hold_up_nothing_behind_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(12):
            await world.step_all()
        await world.calm()
        origin, target = world.entities["a"], world.entities["d"]
        known = next(i for (i, role), k in target.store.content.copies.items() if role == "slave")
        honest, taken = Relay._envelope, [uuid.UUID(known).bytes]

        def spoilt(relay: Relay, draft: Draft, expires_us: int) -> Envelope:
            envelope = honest(relay, draft, expires_us)
            if not taken:
                return envelope
            ids = taken.pop() + envelope.key_ids[16:]
            return msgspec.structs.replace(envelope, key_ids=ids)

        monkeypatch.setattr(Relay, "_envelope", spoilt)
        for place, copy in list(origin.store.content.copies.items()):
            if copy.state == "available" and place[1] == "master":
                del origin.store.content.copies[place]  # the pools are empty: they are filled anew
        for _ in range(4):
            await world.step_all()
        held = origin.store.content.copies.items()
        assert sum(r == "master" and k.state == "available" for (_, r), k in held) >= 72
        await world.calm()
        rows = origin.store.content.transfers.values()
        assert {row.state for row in rows if row.role == "origin"} == {"done", "lost"}

    asyncio.run(story())


MISHAPS = ["store_before", "store_after", "point", "lose_request", "lose_reply", "double"]


@pytest.mark.parametrize("kind", MISHAPS)
def test_one_mishap_at_any_moment_loses_no_key_unaccounted_and_uses_no_pad_twice(kind: str) -> None:
    async def story(nth: int) -> bool:
        world = await World(CHAIN).open()
        setattr(world.mishaps, kind, nth)
        for _ in range(8):
            await world.step_all()
        happened = bool(world.mishaps.happened)
        await world.calm()
        assert world.complaints() == [], (kind, nth)
        assert copies(world, "a") >= 400
        return happened

    nth = 0
    while asyncio.run(story(nth)):
        nth += 1 if nth < 20 else 5
    assert nth > 10


ENTITIES = st.sampled_from(sorted(RING))
STEPS = st.sampled_from(
    [
        "greet_once",
        "deal_once",
        "refill_once",
        "send_once",
        "confirm_once",
        "settle_once",
        "tidy_once",
    ]
)
ACTIONS = st.one_of(
    st.tuples(st.just("all")),
    st.tuples(st.just("step"), ENTITIES, STEPS, ENTITIES),
    st.tuples(st.just("mishap"), st.sampled_from(MISHAPS), st.integers(0, 6)),
    st.tuples(st.just("crash"), ENTITIES),
    st.tuples(st.just("save"), ENTITIES),
    st.tuples(st.just("restore"), ENTITIES),
    st.tuples(st.just("cut"), ENTITIES, ENTITIES),
    st.tuples(st.just("mend")),
    st.tuples(st.just("take-out"), ENTITIES),
    st.tuples(st.just("put-back"), ENTITIES),
    st.tuples(st.just("wait"), st.sampled_from([0.5, 5.0, 20.0, 70.0])),
)


async def act(world: World, saved: dict[str, MemoryLedger], action: tuple) -> None:
    match action:
        case ("all",):
            await world.step_all()
        case ("step", name, what, other):
            config = world.configs[name]
            link = next((o for o in config.own_links if o.ends == (name, other)), None)
            if what == "deal_once":
                if link is not None:
                    await world.do(name, what, link)
            elif what in {"greet_once", "send_once", "confirm_once"}:
                if other != name:
                    await world.do(name, what, other)
            else:
                await world.do(name, what)
        case ("mishap", kind, nth):
            setattr(world.mishaps, kind, nth)
        case ("crash", name):
            await world.start(name)
        case ("save", name):
            saved[name] = world.entities[name].store.content.copied()
        case ("restore", name):
            if name in saved:
                world.restore(name, saved[name].copied())
                await world.start(name)
        case ("cut", name, other):
            world.cut.add(frozenset((name, other)))
        case ("mend",):
            world.cut.clear()
        case ("take-out" | "put-back", name):
            links = world.entities[name].carrier.links
            link = world.configs[name].own_links[0].name
            kept = dict(vars(world.mishaps))
            vars(world.mishaps).update(store_before=None, store_after=None)
            await (links.take_out if action[0] == "take-out" else links.put_back)(link)
            vars(world.mishaps).update(kept)
        case ("wait", seconds):
            await world.clock.advance(seconds)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(ACTIONS, min_size=5, max_size=40))
def test_whatever_happens_no_pad_comes_twice_and_both_ends_hold_the_same(actions: list) -> None:
    async def story() -> None:
        world = await World(RING).open()
        saved: dict[str, MemoryLedger] = {}
        for _ in range(3):
            await world.step_all()
        for action in actions:
            await act(world, saved, action)
            assert world.checker.faults == []
        await world.calm()
        assert world.complaints() == []
        for pair in next(iter(RING.values())).permits:
            at = next(iter(RING.values())).kme_of(pair.master)
            held = world.entities[at].store.content.copies.values()
            assert sum(k.pair == pair and k.state == "available" for k in held) >= 200

    asyncio.run(story())


def test_the_checker_finds_a_store_that_was_put_back_without_a_new_epoch() -> None:
    async def story() -> World:
        world = await World(CHAIN).open()
        for _ in range(2):
            await world.step_all()
        snapshot = world.entities["a"].store.content.copied()
        for _ in range(3):
            await world.step_all()
        world.restore("a", snapshot, raised=False)
        await world.start("a")
        for _ in range(3):
            await world.step_all()
        return world

    world = asyncio.run(story())
    assert any("covers two messages" in fault for fault in world.checker.faults)


NOW = 1_700_000_000
TEN_YEARS = 10 * 365 * 86_400


@pytest.mark.parametrize(
    ("epoch", "second", "known", "is_believed"),
    [
        (NOW - 60, NOW, NOW + 3600, True),
        (NOW - 60, NOW, NOW + TEN_YEARS, True),
        (NOW - 60, NOW, NOW + TEN_YEARS + 1, False),
        (NOW + 900, NOW, NOW + TEN_YEARS + 900, True),  # its own epoch is ahead of the clock
        (NOW, NOW - 5 * 365 * 86_400, NOW + 1, True),  # a clock that stands years behind
        (NOW, NOW, 2**61, False),
    ],
)
def test_an_epoch_is_a_date_and_one_of_the_far_future_is_not_believed(
    epoch, second, known, is_believed
) -> None:
    found = RolledBackError(
        "b", entity="a", known=known, epoch=epoch, second=second, epoch_file="/keys/a/epoch"
    )
    assert found.is_believed == is_believed
    assert (f"/keys/a/epoch has epoch {known} now" in str(found)) == is_believed
    assert ("start it again" in str(found)) == is_believed
    assert ("look at b" in str(found)) != is_believed


@pytest.mark.parametrize("told", [(2, 5, 3), (5, 2), (2**61, 5, 2**61), (5, 2**61)])
def test_of_epochs_that_others_know_the_highest_that_can_be_believed_is_kept(told) -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        seen = world.entities["a"].carrier.acquaintance
        for known in (NOW + n if n < 100 else n for n in told):
            with pytest.raises(RolledBackError):
                await seen.learn("b", StaleEpochError(1, known))
        assert seen.rolled_back is not None
        assert (seen.rolled_back.known, seen.rolled_back.is_believed) == (NOW + 5, True)

    asyncio.run(story())


def test_an_entity_whose_epoch_went_back_is_told_by_the_others_and_stops() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        await world.step_all()
        snapshot = world.entities["a"].store.content.copied()
        world.restore("a", snapshot.copied())
        await world.start("a")
        for _ in range(2):
            await world.step_all()
        world.restore("a", snapshot, raised=False)
        world.entities["a"].epoch = 1
        await world.start("a")
        with pytest.raises(
            RolledBackError, match=r"knows epoch 2 of a, .* start it again: .*has epoch 2 now"
        ):
            await world.step_all()

    asyncio.run(story())
