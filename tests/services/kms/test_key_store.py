"""The contract of the key store, kept in memory and by both databases."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest
from tests.platform.conftest import Place
from tests.services.kms.entity import AB, A, B, C, new_keys, opened, sql_keys

from interlace.platform import (
    ConstraintError,
    ManualClock,
    Secret,
    StoreUnavailableError,
    Transaction,
    load_statements,
    open_store,
    parse_statements,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS, RacedError, void_older
from interlace.services.kms.adapters.key_rows import SQL as KEYS_SQL
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore
from interlace.services.kms.adapters.sql_keys import SqlKeyStore
from interlace.services.kms.model import (
    AssembledKey,
    Assembly,
    DeliveredKey,
    KeyId,
    NewKey,
    Outcome,
    Pair,
    Refusal,
    TakeByIds,
    TakeNext,
)
from interlace.services.kms.ports import KeyStore

Story = Callable[[KeyStore, ManualClock], Awaitable[None]]
Tell = Callable[[Story], None]
ADAPTERS = ["memory", "sqlite", "postgres"]
SQL = parse_statements(
    """
-- name: tampered
UPDATE kms_key SET sealed = (SELECT sealed FROM kms_key WHERE key_id = $1 AND role = 'master')
WHERE key_id = $2 AND role = 'master';

-- name: broken
UPDATE kms_key SET sealed = $2 WHERE key_id = $1 AND role = 'slave';

-- name: states
SELECT key_id, role, state, sealed IS NULL, epoch FROM kms_key ORDER BY seq;

-- name: details
SELECT event, detail FROM audit ORDER BY seq;
""",
    source="test",
)


@pytest.fixture(params=ADAPTERS)
def tell(request: pytest.FixtureRequest) -> Tell:
    """Runs a story on a store of its own."""
    place: Place | None = None
    if request.param != "memory":
        place = request.getfixturevalue(f"{request.param}_place")

    def run(story: Story) -> None:
        async def told() -> None:
            clock = ManualClock()
            if place is None:
                await story(MemoryKeyStore(clock), clock)
                return
            async with opened(place.address, place.schema) as store:
                keys = await sql_keys(store, clock=clock)
                await story(keys, clock)
                assert (await keys.trail.verify(store)).broken is None

        asyncio.run(told())

    return run


def take(count: int, *, pair: Pair = AB, size_bits: int = 256) -> TakeNext:
    return TakeNext(pair=pair, count=count, size_bits=size_bits, request="r")


def fetch(*key_ids: KeyId, master: str = A, slave: str = B) -> TakeByIds:
    return TakeByIds(pair=Pair(master=master, slave=slave), key_ids=key_ids, request="r")


def shown(outcome: Outcome) -> object:
    """The IDs and bytes of what was delivered, or why nothing was."""
    if isinstance(outcome, Refusal):
        return outcome.reason
    return [(key.key_id, key.material.reveal()) for key in outcome]


def pairs_of(keys: list[NewKey], role: str) -> list[tuple[KeyId, bytes]]:
    return [(key.key_id, key.material.reveal()) for key in keys if key.role == role]


def test_masters_get_the_oldest_keys_first_and_each_once(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(5)
        await store.add(keys)
        expected = pairs_of(keys, "master")
        first, second, third = await store.deliver([take(2), take(4), take(3)])
        assert shown(first) == expected[:2]
        assert shown(second) == "insufficient"
        assert shown(third) == expected[2:]
        assert shown((await store.deliver([take(1)]))[0]) == "insufficient"

    tell(story)


def test_slaves_get_the_same_bytes_by_id_and_each_once(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(3)
        await store.add(keys)
        [(one, bits), (two, _), (three, _)] = pairs_of(keys, "slave")
        answers = await store.deliver([fetch(one), fetch(one), fetch(two, one), fetch(two, three)])
        assert shown(answers[0]) == [(one, bits)]
        assert [shown(a) for a in answers[1:3]] == ["unknown-key", "unknown-key"]
        assert shown(answers[3]) == pairs_of(keys, "slave")[1:]
        assert shown((await store.deliver([fetch(one)]))[0]) == "unknown-key"
        masters = await store.deliver([take(3)])
        assert shown(masters[0]) == pairs_of(keys, "master")

    tell(story)


def test_a_key_is_for_its_two_parties_alone(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(1)
        await store.add(keys)
        one = keys[0].key_id
        orders = [
            fetch(one, slave=C),
            fetch(one, master=B, slave=A),
            fetch(one, master=C),
            fetch("00000000-0000-4000-8000-000000000000"),
            fetch(one, "00000000-0000-4000-8000-000000000000", slave=C),
            take(1, pair=Pair(master=B, slave=A)),
            take(1, pair=Pair(master=A, slave=C)),
            take(1, size_bits=512),
        ]
        expected = ["wrong-party", "wrong-party", "unknown-key", "unknown-key", "wrong-party"]
        expected += ["insufficient"] * 3
        assert [shown(answer) for answer in await store.deliver(orders)] == expected
        delivered, late = await store.deliver([fetch(one), fetch(one, slave=C)])
        assert shown(delivered) == pairs_of(keys, "slave")
        assert shown(late) == "wrong-party"

    tell(story)


def test_an_order_of_which_one_key_is_lacking_takes_none(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(2)
        await store.add(keys)
        unknown = "00000000-0000-4000-8000-000000000000"
        ids = [key_id for key_id, _ in pairs_of(keys, "slave")]
        answers = await store.deliver([fetch(*ids, unknown), take(3), fetch(*ids), take(2)])
        assert [shown(a) for a in answers[:2]] == ["unknown-key", "insufficient"]
        assert [len(a) for a in answers[2:] if isinstance(a, tuple)] == [2, 2]

    tell(story)


def test_an_id_that_was_ever_there_never_comes_back(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(2)
        await store.add(keys)
        await store.deliver([take(1)])
        await store.void([keys[2].key_id], "master", reason="test")
        for key in keys:
            with pytest.raises(ConstraintError):
                await store.add([*new_keys(1), key])
        assert await store.stocks() == {("slave", AB): 2}

    tell(story)


def test_pending_keys_are_not_delivered_before_they_are_activated(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(2, roles=["master"])
        await store.add(keys, state="pending")
        assert shown((await store.deliver([take(1)]))[0]) == "insufficient"
        ids = [key.key_id for key in keys]
        assert await store.activate(ids[:1], "slave") == 0
        assert await store.activate(ids[:1], "master") == 1
        assert await store.activate(ids[:1], "master") == 0
        assert await store.stock(AB, "master") == 1
        assert shown((await store.deliver([take(1)]))[0]) == pairs_of(keys, "master")[:1]

    tell(story)


def test_void_and_expired_keys_are_not_delivered(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        soon = clock.now_us() + 1000
        old, new = new_keys(2, expires_us=soon), new_keys(1)
        await store.add([*old, *new])
        assert await store.void([old[0].key_id], "slave", reason="test") == 1
        assert await store.void([old[0].key_id], "slave", reason="test") == 0
        assert shown((await store.deliver([fetch(old[0].key_id)]))[0]) == "unknown-key"
        assert await store.expire() == 0
        clock.instant_us = soon
        assert await store.stock(AB, "master") == 1
        answers = await store.deliver([fetch(old[2].key_id), take(2), take(1)])
        assert [shown(a) for a in answers[:2]] == ["unknown-key", "insufficient"]
        assert shown(answers[2]) == pairs_of(new, "master")
        assert await store.expire() == 3
        assert await store.expire() == 0

    tell(story)


def assembly_of(
    parts: tuple[KeyId, ...], *, size_bits: int, each: int, expires_us: int = 4 * 10**15
) -> Assembly:
    keys = tuple(
        AssembledKey(key_id=f"00000000-0000-4000-8000-{i:012}", parts=parts[i : i + each])
        for i in range(0, len(parts), each)
    )
    return Assembly(
        assembly_id="an-assembly", pair=AB, size_bits=size_bits, expires_us=expires_us, keys=keys
    )


@pytest.mark.parametrize(("size_bits", "each"), [(64, 1), (264, 2), (1024, 4)])
def test_both_ends_assemble_the_same_key_of_another_size(
    tell: Tell, size_bits: int, each: int
) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(2 * each + 1)
        await store.add(keys)
        parts = await store.reserve(AB, count=2 * each, size_bits=256, assembly_id="an-assembly")
        assert not isinstance(parts, Refusal)
        assembly = assembly_of(parts, size_bits=size_bits, each=each)
        assert await store.bind(assembly)
        assert await store.bind(assembly)
        outcome = await store.finish(assembly, request="r")
        assert isinstance(outcome, tuple)
        material = dict(pairs_of(keys, "master"))
        for key, made in zip(outcome, assembly.keys, strict=True):
            whole = b"".join(material[part] for part in made.parts)
            assert shown((key,)) == [(made.key_id, whole[: size_bits // 8])]
        ids = [key.key_id for key in assembly.keys]
        assert shown((await store.deliver([fetch(*ids)]))[0]) == shown(outcome)
        assert not await store.bind(assembly)
        assert shown(await store.finish(assembly, request="r")) == "insufficient"
        assert shown((await store.deliver([fetch(parts[0])]))[0]) == "unknown-key"
        assert shown((await store.deliver([take(2)]))[0]) == "insufficient"
        assert await store.stocks() == {("master", AB): 1, ("slave", AB): 1}

    tell(story)


def test_an_assembly_is_bound_whole_or_not_at_all(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        keys = new_keys(4)
        await store.add(keys)
        ids = tuple(key_id for key_id, _ in pairs_of(keys, "slave"))
        good = assembly_of(ids[:2], size_bits=512, each=2)
        await store.deliver([fetch(ids[3])])
        twice = AssembledKey(key_id=good.keys[0].key_id, parts=(ids[0], ids[0]))
        wrong = [
            assembly_of(ids[2:], size_bits=512, each=2),
            replace(good, pair=Pair(master=A, slave=C)),
            replace(good, size_bits=1024),
            replace(good, keys=(twice,)),
        ]
        for assembly in wrong:
            assert not await store.bind(assembly)
        assert await store.stock(AB, "slave") == 3
        assert await store.bind(good)
        assert not await store.bind(replace(good, assembly_id="another"))

    tell(story)


def test_what_an_abandoned_assembly_had_reserved_is_void(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        await store.add(new_keys(4))
        short = await store.reserve(AB, count=5, size_bits=256, assembly_id="x")
        assert isinstance(short, Refusal)
        for name in ("x", "y"):
            await store.reserve(AB, count=2, size_bits=256, assembly_id=name)
        assert await store.abandon("x", reason="test") == 2
        assert await store.abandon(None, reason="test") == 2
        assert await store.abandon(None, reason="test") == 0
        assert await store.stocks() == {("slave", AB): 4}

    tell(story)


def test_what_an_assembly_had_reserved_and_never_took_expires_like_any_key(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        soon = clock.now_us() + 1000
        await store.add(new_keys(3, expires_us=soon))
        parts = await store.reserve(AB, count=2, size_bits=256, assembly_id="an-assembly")
        assert not isinstance(parts, Refusal)
        clock.instant_us = soon
        assert await store.expire() == 6
        late = assembly_of(parts, size_bits=512, each=2)
        assert shown(await store.finish(late, request="r")) == "insufficient"

    tell(story)


# ------------------------------------------------------------------------------- databases alone


async def states(keys: SqlKeyStore) -> list[tuple[str, str, str, bool, int]]:
    async def work(tx: Transaction) -> list[tuple[str, str, str, bool, int]]:
        return [(r[0], r[1], r[2], bool(r[3]), r[4]) for r in await tx.rows(SQL["states"])]

    return await keys.store.read(work)


def test_a_row_without_material_remains_of_what_was_delivered(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            await keys.add(new_keys(2))
            await keys.deliver([take(1)])
            assert [row[2:] for row in await states(keys)] == [
                ("delivered", True, 1), ("available", False, 1),
                ("available", False, 1), ("available", False, 1),
            ]  # fmt: skip

    asyncio.run(story())


def test_a_sealed_key_that_was_moved_to_another_row_is_void_and_not_delivered(
    place: Place,
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(3, roles=["master"])
            await keys.add(added)

            async def tamper(tx: Transaction) -> None:
                await tx.run(SQL["tampered"], added[2].key_id, added[0].key_id)

            await store.transaction(tamper)
            first, second = await keys.deliver([take(1), take(2)])
            assert shown(first) == pairs_of(added, "master")[1:2]
            assert shown(second) == "insufficient"
            assert [row[2] for row in await states(keys)] == ["void", "delivered", "available"]

    asyncio.run(story())


async def tamper(keys: SqlKeyStore, source: KeyId, *targets: KeyId) -> None:
    """Put the sealed material of one master's copy in the place of others'."""

    async def work(tx: Transaction) -> None:
        for target in targets:
            await tx.run(SQL["tampered"], source, target)

    await keys.store.transaction(work)


@pytest.mark.parametrize("changed", ["'garbage text'", "5", "1.5", "x''", "zeroblob(60)"])
def test_a_key_that_was_changed_into_anything_is_void_and_another_is_given(
    sqlite_place: Place, changed: str
) -> None:
    async def story() -> None:
        async with opened(sqlite_place.address, sqlite_place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(3, roles=["master"])
            await keys.add(added)
            await store.transaction(
                lambda tx: tx.script(f"UPDATE kms_key SET sealed = {changed} WHERE seq = 1;")
            )
            (given,) = await keys.deliver([take(2)])
            assert shown(given) == pairs_of(added, "master")[1:]
            assert ((await states(keys))[0][2], keys.damaged) == ("void", 1)

    asyncio.run(story())


def test_a_master_gets_other_keys_in_the_place_of_those_that_do_not_open(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(40, roles=["master"])
            await keys.add(added)
            assert keys.damaged == 0
            await tamper(keys, added[39].key_id, *(key.key_id for key in added[:37]))
            first, second = await keys.deliver([take(1), take(1)])
            assert [shown(first), shown(second)] == [
                pairs_of(added, "master")[37:38], pairs_of(added, "master")[38:39],
            ]  # fmt: skip
            found = [row[2] for row in await states(keys)]
            assert found == ["void"] * 37 + ["delivered"] * 2 + ["available"]
            assert keys.damaged == 37
            (line,) = [one for one in caplog.records if one.levelname == "WARNING"]
            assert line.getMessage() == "keys in the store do not open"
            last, none = await keys.deliver([take(1), take(1)])
            assert (shown(last), shown(none)) == (pairs_of(added, "master")[39:], "insufficient")
            assert keys.damaged == 37
            assert (await keys.trail.verify(store)).broken is None

    asyncio.run(story())


def test_a_pool_of_which_no_key_opens_is_void_after_one_request(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added, other = new_keys(20, roles=["master"]), new_keys(1, roles=["master"])
            await keys.add([*added, *other])
            await keys.deliver([TakeNext(pair=AB, count=21, size_bits=512, request="r")])
            await tamper(keys, other[0].key_id, *(key.key_id for key in added))
            (refused,) = await keys.deliver([take(2)])
            assert (shown(refused), keys.damaged) == ("insufficient", 20)
            assert await keys.stock(AB, "master") == 1

    asyncio.run(story())


def test_parts_that_do_not_open_are_void_counted_and_in_no_key(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(6, roles=["master"])
            await keys.add(added)
            parts = await keys.reserve(AB, count=4, size_bits=256, assembly_id="an-assembly")
            assert not isinstance(parts, Refusal)
            await tamper(keys, added[5].key_id, parts[1])
            late = assembly_of(parts, size_bits=512, each=2)
            assert shown(await keys.finish(late, request="r")) == "insufficient"
            assert keys.damaged == 1
            assert await keys.abandon("an-assembly", reason="test") == 3
            slaves = new_keys(2, roles=["slave"])
            await keys.add(slaves)
            await keys.store.transaction(
                lambda tx: tx.run(SQL["broken"], slaves[0].key_id, b"not what was sealed")
            )
            ids = tuple(key.key_id for key in slaves)
            assert not await keys.bind(assembly_of(ids, size_bits=512, each=2))
            assert (keys.damaged, await keys.stock(AB, "slave")) == (2, 1)

    asyncio.run(story())


def test_keys_of_an_older_epoch_are_void(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            old = await sql_keys(store)
            await old.add(new_keys(1))
            await old.add(new_keys(1), state="pending")
            new = await sql_keys(store, epoch=2)
            assert shown((await new.deliver([take(1)]))[0]) == "insufficient"

            async def work(tx: Transaction) -> int:
                return await void_older(tx, 2, now_us=1)

            assert await store.transaction(work) == 4  # as an epoch's first transaction does
            assert await new.stocks() == {}
            assert {row[2:4] for row in await states(new)} == {("void", True)}

    asyncio.run(story())


def test_every_change_is_told_in_the_audit_by_ids_without_material(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(2)
            await keys.add(added)
            await keys.deliver([take(2), fetch(added[1].key_id)])

            async def work(tx: Transaction) -> list[tuple[str, str]]:
                return [(row[0], row[1]) for row in await tx.rows(SQL["details"])]

            told = await store.read(work)
            assert [event for event, _ in told] == [
                "keys-available", "keys-available", "keys-delivered", "keys-delivered",
            ]  # fmt: skip
            assert all("SIMULATED" in detail for _, detail in told)
            assert added[0].key_id in told[2][1]
            for key in added:
                assert not any(key.material.reveal().hex() in detail for _, detail in told)
            assert (await keys.trail.verify(store)).rows == 4

    asyncio.run(story())


def test_many_collectors_at_once_get_each_key_once(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            added = new_keys(120)
            await keys.add(added)
            outcomes = await asyncio.gather(*(keys.deliver([take(3), take(2)]) for _ in range(30)))
            ids = [
                key.key_id
                for group in outcomes
                for outcome in group
                if isinstance(outcome, tuple)
                for key in outcome
            ]
            assert len(ids) == len(set(ids)) >= 119
            assert sum(row[2] == "delivered" for row in await states(keys)) == len(ids)

    asyncio.run(story())


def test_a_transaction_that_was_overtaken_tries_again(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            one, other = await sql_keys(store), await sql_keys(store)
            await one.add(new_keys(40, roles=["master"]))
            groups = await asyncio.gather(
                *(keys.deliver([take(1)]) for keys in [one, other] * 20), return_exceptions=True
            )
            got = [g[0][0].key_id for g in groups if not isinstance(g, BaseException)]
            assert len(got) == len(set(got)) > 0
            failures = [g for g in groups if isinstance(g, BaseException)]
            assert all(isinstance(g, StoreUnavailableError) for g in failures)

    asyncio.run(story())


def test_a_delivered_key_shows_nothing(place: Place) -> None:
    key = DeliveredKey(key_id="x", material=Secret(b"very secret bytes"))
    assert "very" not in repr(key)
    assert MIGRATIONS.room == "kms"


def test_parts_of_an_assembly_are_void_at_both_ends_and_what_was_overtaken_is_refused(
    place: Place,
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            await keys.add(new_keys(2))
            parts = await keys.reserve(AB, count=2, size_bits=256, assembly_id="an-assembly")
            assert not isinstance(parts, Refusal)
            assembly = assembly_of(parts, size_bits=512, each=2)
            await keys.bind(assembly)
            await keys.finish(assembly, request="r")
            found = {(row[0], row[1]): row[2] for row in await states(keys)}
            made = assembly.keys[0].key_id
            assert found.pop((made, "master")) == "delivered"
            assert found.pop((made, "slave")) == "available"
            assert set(found.values()) == {"void"}

            async def again(tx: Transaction) -> None:
                await keys.rows.end(tx, [made], "master", before="available", after="delivered")

            with pytest.raises(RacedError):
                await store.transaction(again)

    asyncio.run(story())


def test_only_tombstones_of_keys_that_would_have_expired_long_ago_are_purged(tell: Tell) -> None:
    async def story(store: KeyStore, clock: ManualClock) -> None:
        start_us = clock.now_us()
        early = new_keys(2, expires_us=start_us + 1_000_000, roles=["slave"])
        late = new_keys(2, expires_us=start_us + 50_000_000, roles=["slave"])
        await store.add([*early, *late])
        ids = [key.key_id for key in (*early, *late)]
        assert isinstance((await store.deliver([fetch(ids[0], ids[2])]))[0], tuple)
        await clock.advance(20.0)
        assert await store.expire() == 1  # the other one of the early two
        assert await store.purge(keep_s=30.0) == 0
        assert await store.purge(keep_s=10.0) == 2
        with pytest.raises(ConstraintError):
            await store.add([late[0]])  # its tombstone is there still
        assert await store.stock(AB, "slave") == 1
        assert shown((await store.deliver([fetch(ids[0])]))[0]) == "unknown-key"
        assert isinstance((await store.deliver([fetch(ids[3])]))[0], tuple)
        await clock.advance(100.0)
        assert await store.purge(keep_s=10.0) == 2

    tell(story)


AUDIT = load_statements("interlace.platform", "schema/audit.sql")


def test_the_audit_tells_of_a_purge(sqlite_place: Place) -> None:
    async def story() -> None:
        async with opened(sqlite_place.address, sqlite_place.schema) as store:
            keys = await sql_keys(store)
            await keys.add(new_keys(1, expires_us=1))
            assert await keys.expire() == 2
            assert await keys.purge(keep_s=1.0) == 2

            async def work(tx: Transaction) -> list[str]:
                return [row[3] + row[5] for row in await tx.rows(AUDIT["batch"], 0, 100)]

            told = (await store.read(work))[-1]
            assert told.startswith('tombstones-purged{"count":2,')
            assert (await keys.trail.verify(store)).broken is None

    asyncio.run(story())


AVAILABLE = parse_statements(
    "-- name: all\nSELECT role, master, slave FROM kms_key "
    "WHERE state = 'available' AND expires_us > $1;",
    source="test",
)


@pytest.mark.parametrize("seed", range(3))
def test_the_stock_that_is_kept_is_the_stock_that_is_there(place: Place, seed: int) -> None:
    """Any changes, in any order: counted anew, it is the same."""
    stream = Random(seed)

    async def story() -> None:
        clock, known = ManualClock(), list[KeyId]()
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store, clock=clock)

            async def counted(tx: Transaction) -> dict[tuple[str, Pair], int]:
                rows = await tx.rows(AVAILABLE["all"], clock.now_us())
                return Counter((role, Pair(master=a, slave=b)) for role, a, b in rows)

            for _ in range(40):
                pair = stream.choice([AB, Pair(master=B, slave=A)])
                count, some = stream.randint(1, 3), known and stream.sample(known, 1)
                match stream.choice(["add", "wait", "take", "fetch", "void", "part", "late"]):
                    case "add":
                        state = stream.choice(["pending", "available"])
                        until_us = clock.now_us() + stream.randint(1, 60) * 1_000_000
                        made = new_keys(count, pair=pair, expires_us=until_us)
                        known += {key.key_id for key in made}
                        await keys.add(made, state=state)
                    case "wait":
                        await keys.activate(known, stream.choice(["master", "slave"]))
                    case "take":
                        await keys.deliver([take(count, pair=pair), take(1, pair=pair)])
                    case "fetch" if some:
                        await keys.deliver([fetch(*some, master=pair.master, slave=pair.slave)])
                    case "void" if some:
                        await keys.void(some, "master", reason="test")
                    case "part":
                        await keys.reserve(pair, count=1, size_bits=256, assembly_id="x")
                        await keys.abandon(stream.choice([None, "x"]), reason="test")
                    case _:
                        await clock.advance(5.0)
                        if stream.random() < 0.5:
                            await keys.expire()
                            await keys.purge(keep_s=1.0)
                there = await store.read(counted)
                assert await keys.stocks() == there
                for role in ("master", "slave"):
                    assert await keys.stock(pair, role) == there[role, pair]

    asyncio.run(story())


def test_a_store_of_before_is_counted_once_when_it_is_opened(place: Place) -> None:
    async def story() -> None:
        older = replace(MIGRATIONS, steps=MIGRATIONS.steps[:2])
        store = await open_store(place.address, older, schema=place.schema)
        keys = await sql_keys(store)
        await keys.add(new_keys(5))
        await keys.add(new_keys(3), state="pending")
        await store.close()
        async with opened(place.address, place.schema) as store:
            assert set((await (await sql_keys(store)).stocks()).values()) == {5}

    asyncio.run(story())


VALUES = {
    "expire": (1, 2000),
    "purge": (1, 2000),
    "late": (1,),
    "stock": ("master", A, B, 1),
    "end": ("void", 1, "master", "available", "x,y"),
    "void": (1, "master", "x,y"),
    "activate": (1, "master", 1, "x,y"),
    "reserve": ("b", 1, "x,y"),
    "by_ids": ("x,y",),
    "known": ("slave", "x,y"),
    "next_available": (A, B, 256, 1, 1, 1),
}


@pytest.mark.parametrize("name", VALUES)
def test_a_database_that_knows_nothing_of_a_table_finds_rows_by_the_right_index(
    place: Place, name: str
) -> None:
    """A table that was just filled has no statistics, and a pool may have 100,000 keys."""
    index = {
        "sqlite": {"by": "sqlite_autoindex_kms_key_1"},
        "postgres": {"by": "kms_key_pkey"},
    }[place.kind]
    aged = dict.fromkeys(("expire", "late", "stock"), "kms_key_age")
    index |= {"next_available": "kms_key_pool", **aged, "purge": "kms_key_tombstone"}
    is_by_id = place.kind == "sqlite" and name in {"expire", "purge"}  # once they are found

    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            await (await sql_keys(store)).add(new_keys(2000))
            statement = KEYS_SQL[name]
            plan = replace(
                statement,
                sqlite=f"EXPLAIN QUERY PLAN {statement.sqlite}",
                postgres=f"EXPLAIN {statement.postgres}",
            )

            async def work(tx: Transaction) -> str:
                return " ".join(str(tuple(row)) for row in await tx.rows(plan, *VALUES[name]))

            told = await store.transaction(work)
            used = set(re.findall(r"sqlite_autoindex_kms_key_\w+|kms_key_[a-z]+", told))
            assert used == {index.get(name, index["by"]), *([index["by"]] if is_by_id else [])}
            assert "Seq Scan on kms_key" not in told
            assert "SCAN kms_key" not in told.replace("SCAN kms_key USING INDEX kms_key_age", "")

    asyncio.run(story())
