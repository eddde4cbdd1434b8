"""The rules of links and relays, as functions and tables: no store, no network."""

from __future__ import annotations

import asyncio
import contextlib
import os

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.kms.relay.world import CHAIN, RING, World, link

from interlace.errors import InvariantError, ProtocolError
from interlace.platform import ManualClock
from interlace.services.kms.adapters.simulated_modules import SimulatedModules
from interlace.services.kms.model import Pair
from interlace.services.kms.model.peer_failures import PeerUnreachableError
from interlace.services.kms.model.peering import Envelope, LinkState, Stretch
from interlace.services.kms.model.pieces import Piece, cut, merged, without
from interlace.services.kms.service.alarms import HOLD_S, Alarms
from interlace.services.kms.service.pads import padded, unpadded
from interlace.services.kms.service.refilling import Refilling, RefillMarks, refill_step
from interlace.services.kms.service.routes import Hop, widest_route
from interlace.services.kms.service.transitions import (
    TRANSFER_TABLE,
    LinkMarks,
    link_step,
    transfer_step,
)
from interlace.services.kms.wire.peers import ROUTES, decoded, encoded

MARKS = LinkMarks(least=10, threshold=100)
PAIRS = [Pair(master="m", slave=f"s{n}") for n in range(4)]


@pytest.mark.parametrize(
    ("stocks", "states"),
    [
        ([100, 50, 100], ["READY", "WARNING", "READY"]),
        ([50, 10, 50, 99, 100], ["CHARGING", "EMPTY", "CHARGING", "CHARGING", "READY"]),
        ([120, 99, 11, 10, 0, 11], ["READY", "WARNING", "WARNING", "EMPTY", "EMPTY", "CHARGING"]),
    ],
)
def test_a_link_warns_as_it_falls_and_charges_as_it_rises(
    stocks: list[int], states: list[str]
) -> None:
    state: LinkState = "EMPTY"
    seen = [state := link_step(state, stock, MARKS, is_down=False) for stock in stocks]
    assert seen == states


@given(st.sampled_from(["READY", "WARNING", "CHARGING", "EMPTY", "DOWN"]), st.integers(0, 300))
def test_a_link_that_is_down_is_down_and_comes_back_by_its_stock(
    state: LinkState, stock: int
) -> None:
    assert link_step(state, stock, MARKS, is_down=True) == "DOWN"
    back = link_step("DOWN", stock, MARKS, is_down=False)
    assert back == ("READY" if stock >= 100 else "CHARGING" if stock > 10 else "EMPTY")


def test_no_transition_leaves_an_end_and_none_is_forgotten() -> None:
    ends = {"done", "lost", "taken", "denied", "passed"}
    for (role, state, event), (after, effects) in TRANSFER_TABLE.items():
        if state in ends:
            assert after == state, (role, state, event)
            assert not {"activate", "void", "store", "forward"} & set(effects)
    with pytest.raises(InvariantError, match="cannot be denied"):
        transfer_step("relay", "passed", "denied")


hops = st.dictionaries(
    st.tuples(st.sampled_from("abcde"), st.sampled_from("abcde")).filter(lambda e: e[0] != e[1]),
    st.builds(
        Hop, state=st.sampled_from(["READY", "WARNING", "CHARGING", "EMPTY", "DOWN"]),
        stock=st.integers(0, 9),
    ),
)  # fmt: skip


@given(hops, st.integers(1, 6))
def test_no_path_is_wider_than_the_one_that_is_found(known: dict, least: int) -> None:
    usable = {e: h.stock for e, h in known.items() if h.state not in {"EMPTY", "DOWN"}}
    usable = {e: stock for e, stock in usable.items() if stock >= least}
    best: dict[tuple[str, ...], int] = {}
    waiting: list[tuple[tuple[str, ...], int]] = [(("a",), 99)]
    while waiting:
        path, width = waiting.pop()
        if path[-1] == "e":
            best[path] = width
            continue
        for (sender, receiver), stock in usable.items():
            if sender == path[-1] and receiver not in path:
                waiting.append(((*path, receiver), min(width, stock)))
    route = widest_route(known, "a", "e", least=least)
    if not best:
        assert route is None
    else:
        assert route is not None
        assert best[route.path] == route.width == max(best.values())


@given(st.lists(st.integers(0, 400), min_size=4, max_size=4), st.integers(1, 12))
def test_filling_begins_below_low_ends_at_high_and_takes_turns(
    stocks: list[int], most: int
) -> None:
    marks = RefillMarks(low=100, high=300)
    known = dict(zip(PAIRS, stocks, strict=True))
    after, wants = refill_step(Refilling(), known, marks, most=most)
    assert len(wants) <= most
    for pair, stock in known.items():
        got = [want.count for want in wants if want.pair == pair]
        assert sum(got) + stock <= max(300, stock)
        assert bool(got) <= (stock < 100)
        assert all(1 <= count <= 128 for count in got)
    counts = [sum(w.pair == p for w in wants) for p in PAIRS if known[p] < 100]
    full = [sum(w.count for w in wants if w.pair == p) + known[p] == 300 for p in after.turns]
    if counts and not all(full):
        short = [
            sum(w.pair == p for w in wants) for p, f in zip(after.turns, full, strict=True) if not f
        ]
        assert max(counts) - min(short) <= 1
    known[PAIRS[0]] = 200  # between the marks: filled further only if filling had begun
    _, wants = refill_step(after, known, marks, most=99)
    assert any(w.pair == PAIRS[0] for w in wants) == (PAIRS[0] in after.turns)


def test_a_busy_pair_does_not_starve_the_others() -> None:
    state, known, served = Refilling(), dict.fromkeys(PAIRS, 0), dict.fromkeys(PAIRS, 0)
    for _ in range(40):  # room for one transfer a round, and the first pair is always empty
        state, wants = refill_step(state, known, RefillMarks(low=100, high=1000), most=1)
        served[wants[0].pair] += 1
    assert set(served.values()) == {10}


def envelope(count: int) -> Envelope:
    return Envelope(
        transfer="00000000-0000-4000-8000-000000000001", master="x", slave="y", path=("a", "b"),
        origin_epoch=1, target_epoch=1, expires_us=5, key_ids=os.urandom(16 * count), hop=1,
        pad=(), ciphertext=b"", tag=b"",
    )  # fmt: skip


@given(st.integers(1, 128), st.data())
def test_what_was_padded_comes_back_and_one_flipped_bit_is_seen(count: int, data) -> None:
    keys, pad = os.urandom(32 * count), [Piece(first=7, material=os.urandom(32 * (count + 1)))]
    sent = padded(envelope(count), keys, pad)
    assert unpadded(decoded_item(sent), pad) == keys
    assert not any(key in sent.ciphertext for key in (keys[:32], pad[0].material[:32]))
    place = data.draw(st.sampled_from(["ciphertext", "key_ids", "tag"]))
    content = bytearray(getattr(sent, place))
    at = data.draw(st.integers(0, 8 * len(content) - 1))
    content[at // 8] ^= 1 << at % 8
    for changed in (
        msgspec.structs.replace(sent, **{place: bytes(content)}),
        msgspec.structs.replace(sent, slave="z"),
        msgspec.structs.replace(sent, path=("a", "c")),
    ):
        with pytest.raises(ProtocolError, match="tag"):
            unpadded(changed, pad)


def decoded_item(sent: Envelope) -> Envelope:
    from interlace.services.kms.wire.peers import item_of

    item = item_of(encoded(sent))
    assert isinstance(item, Envelope)
    return item


@given(st.sampled_from(sorted(ROUTES)), st.binary(max_size=60))
def test_bytes_that_are_no_message_are_refused_in_words(name: str, content: bytes) -> None:
    with contextlib.suppress(ProtocolError):  # and nothing else
        assert isinstance(decoded(content, ROUTES[name]), ROUTES[name])


@given(st.integers(0, 9), st.integers(1, 9), st.integers(0, 12), st.integers(1, 9))
def test_cutting_pieces_loses_no_block_and_doubles_none(a: int, n: int, b: int, m: int) -> None:
    piece = Piece(first=a, material=os.urandom(32 * n))
    numbers = set(range(a, a + n))
    left = without(piece, Stretch(b, m))
    assert {k for p in left for k in range(p.first, p.first + p.count)} == numbers - set(
        range(b, b + m)
    )
    head, rest = cut(piece, 1 + b % n)
    both = [head] if rest is None else [head, rest]
    assert merged(both, Stretch(a, n)) == piece
    assert (merged(both, Stretch(b, m)) is not None) == (set(range(b, b + m)) <= numbers)


def test_a_simulated_module_makes_what_its_rate_says_and_its_buffer_overflows() -> None:
    async def story() -> None:
        clock = ManualClock()
        modules = SimulatedModules([link("a", "b")], clock, speed_up=2.0)  # 2e6 bits a second
        modules.due("a--b")
        made = 0
        for _ in range(100):
            await clock.advance(0.137)
            made += modules.due("a--b")
        assert abs(made - 13.7 * 2e6 / 256) <= 1
        await clock.advance(1000.0)
        assert modules.due("a--b") == int(2.0 * 2e6 / 256)
        assert modules.due("none") == 0
        assert modules.draw(2) != modules.draw(2)

    asyncio.run(story())


def test_a_transfer_goes_round_a_link_that_is_out_and_the_alarm_says_so() -> None:
    async def story() -> None:
        world = await World(RING).open()
        for _ in range(3):
            await world.step_all()
        links = world.entities["c"].carrier.links
        await links.take_out("b--c")
        for _ in range(10):
            await world.step_all()
        paths = {
            event.detail["path"]
            for event in world.entities["a"].store.content.audit
            if event.event == "transfer-begun" and event.detail["pair"] == "sae-a>sae-c"
        }
        assert "a e d c" in paths
        await world.clock.advance(HOLD_S)
        await world.step_all()
        alarms = {(a.name, a.subject): a for a in world.entities["b"].carrier.alarms.active}
        words = alarms["link-down", "b--c"].words
        assert words.endswith("if it was taken out, `interlace kms link DIR b--c put-back`")
        await links.put_back("b--c")
        for _ in range(3):
            await world.step_all()
            await world.do("b", "tidy_once")
            await world.clock.advance(HOLD_S / 2)
        assert world.entities["b"].carrier.alarms.active == ()
        told = [event.event for event in world.entities["b"].store.content.audit]
        assert "alarm-raised" in told
        assert "alarm-cleared" in told

    asyncio.run(story())


def test_a_pair_that_is_cut_off_is_told_of_though_its_pool_is_full() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(12):
            await world.step_all()
        await world.calm()
        carrier = world.entities["a"].carrier

        async def look() -> set[tuple[str, str]]:
            for name, peer in ["cd", "cb", "bc", "ab", "ac", "ad"]:
                await world.do(name, "greet_once", peer)
            assert await carrier.refill_once() == 0
            return {(one.name, one.subject) for one in carrier.alarms.active}

        for _ in range(3):
            assert await look() == set()
            await world.clock.advance(HOLD_S / 2)
        await world.entities["b"].carrier.links.take_out("b--c")
        cut_us = world.clock.now_us()
        assert await look() == set()
        await world.clock.advance(HOLD_S / 2)
        assert await look() == set()
        await world.clock.advance(HOLD_S / 2)
        assert await look() == {("no-route", "sae-a>sae-d")}
        assert carrier.alarms.active[0].since_us == cut_us
        await world.entities["b"].carrier.links.put_back("b--c")
        await look()
        await world.clock.advance(HOLD_S)
        assert await look() == set()

    asyncio.run(story())


def test_an_entity_whose_only_neighbour_is_gone_says_so() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        for _ in range(2):
            await world.step_all()
        entity = world.entities["a"].carrier

        async def nobody(caller: str, callee: str, name: str, request: object) -> object:
            raise PeerUnreachableError(f"{callee} does not answer")

        world.carry = nobody  # type: ignore[method-assign]
        for _ in range(3):
            await world.do("a", "greet_once", "b")
            await world.clock.advance(HOLD_S)
        assert {one.state for one in entity.links.status()} == {"DOWN"}
        assert ("link-down", "a--b") in {(one.name, one.subject) for one in entity.alarms.active}

    asyncio.run(story())


@given(st.lists(st.tuples(st.booleans(), st.sampled_from([0.5, 3.0, 9.0, 11.0])), max_size=30))
def test_an_alarm_follows_what_has_been_the_same_for_its_hold_time(story: list) -> None:
    """Against the rule itself: on (off) once all that was said in the last 10 s was on (off)."""

    async def told() -> None:
        clock = ManualClock()
        alarms, said, is_on = Alarms(clock), list[tuple[float, bool]](), False
        for is_there, wait_s in story:
            alarms.set("no-route", "a>b", "x" if is_there else None, severity="major")
            said.append((clock.monotonic_s(), is_there))
            begun = next(
                (said[i + 1][0] for i in reversed(range(len(said) - 1)) if said[i][1] != is_there),
                said[0][0],
            )
            if clock.monotonic_s() - begun >= HOLD_S:
                is_on = is_there
            assert bool(alarms.active) == is_on
            await clock.advance(wait_s)

    asyncio.run(told())


def test_an_alarm_says_since_when_its_cause_lasts_and_is_told_once() -> None:
    async def story() -> None:
        clock, alarms = ManualClock(), None
        alarms, start_us = Alarms(clock), clock.now_us()
        for count in (9, 7, 5):
            words = f"{count} keys are left"
            alarms.set("stock-low", "a>b", words, severity="minor")
            await clock.advance(HOLD_S / 2)
        (alarm,) = alarms.active
        assert (alarm.since_us, alarm.words) == (start_us, "5 keys are left")
        alarms.set("link-tampered", "a--b", "at once", severity="major", hold_s=0.0)
        assert [one.name for one in alarms.active] == ["stock-low", "link-tampered"]
        assert [event.event for event in alarms._untold] == ["alarm-raised"] * 2

    asyncio.run(story())


def test_a_bit_that_flips_on_the_way_is_seen_and_the_keys_are_lost_not_wrong() -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        carry, flipped = world.carry, []

        async def flip(caller: str, callee: str, name: str, request):
            if name == "relay" and not flipped and isinstance(request.items[0], Envelope):
                item = request.items[0]
                first = bytes([item.ciphertext[0] ^ 1]) + item.ciphertext[1:]
                flipped.append(item.transfer)
                item = msgspec.structs.replace(item, ciphertext=first)
                request = msgspec.structs.replace(request, items=(item, *request.items[1:]))
                world.checker.faults.clear()
                reply = await carry(caller, callee, name, request)
                world.checker.faults.clear()  # it was no message of ours
                return reply
            return await carry(caller, callee, name, request)

        world.carry = flip  # type: ignore[method-assign]
        for _ in range(8):
            await world.step_all()
            for name in world.entities:
                await world.do(name, "tidy_once")
        assert flipped
        alarms = {a.name for e in world.entities.values() for a in e.carrier.alarms.active}
        assert "link-tampered" in alarms
        await world.calm()
        assert world.complaints() == []

    asyncio.run(story())
