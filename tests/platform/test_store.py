"""The contract of a store, kept by both databases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest
from tests.platform.boxes import BOX, ROOM, SQL, fill, items, step
from tests.platform.conftest import Place

from interlace.errors import InterlaceError, InvariantError, SpecError
from interlace.platform import (
    ConstraintError,
    Migrations,
    StoreFailedError,
    StoreUnavailableError,
    Transaction,
    open_store,
    parse_statements,
)


def test_what_is_committed_is_there_after_opening_again(place: Place) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        await fill(store, 3)
        await store.close()
        store = await place.open(ROOM)
        assert await items(store) == [0, 1, 2]
        await store.close()

    asyncio.run(story())


def test_values_come_back_as_they_went_in(place: Place) -> None:
    values: list[tuple[int, str, bytes | None]] = [
        (-(2**63), "", b""), (0, "é\u2028'; --", bytes(range(256))), (2**63 - 1, "12", None),
    ]  # fmt: skip

    async def work(tx: Transaction) -> list[tuple[object, ...]]:
        await tx.run_many(SQL["put"], values)
        return [tuple(row) for row in await tx.rows(SQL["all"])]

    async def story() -> None:
        store = await place.open(ROOM)
        assert await store.transaction(work) == values
        await store.close()

    asyncio.run(story())


def test_an_error_undoes_the_whole_transaction_and_is_raised(place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 7, "ab", b"")
        raise SpecError("no")

    async def story() -> None:
        store = await place.open(ROOM)
        with pytest.raises(SpecError, match="no"):
            await store.transaction(work)
        assert await items(store) == []
        await fill(store, 1)
        assert await items(store) == [0]
        await store.close()

    asyncio.run(story())


def test_a_rule_of_a_table_is_told_without_the_value(place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "a secret pair", b"")
        await tx.run(SQL["put"], 1, "a secret pair", b"")

    async def story() -> None:
        store = await place.open(ROOM)
        with pytest.raises(ConstraintError, match="what put would write") as caught:
            await store.transaction(work)
        assert caught.value.__cause__ is None
        assert "secret" not in str(caught.value)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_a_statement_that_is_wrong_is_our_bug_and_names_itself(place: Place) -> None:
    async def wrong(tx: Transaction) -> None:
        await tx.rows(SQL["nonsense"])

    async def too_few(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1)

    async def story() -> None:
        store = await place.open(ROOM)
        for work, name in ((wrong, "nonsense"), (too_few, "put")):
            with pytest.raises(InvariantError, match=name):
                await store.transaction(work)
        await fill(store, 1)
        await store.close()

    asyncio.run(story())


def test_a_read_does_not_write(place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", b"")

    async def story() -> None:
        store = await place.open(ROOM)
        with pytest.raises(InterlaceError):
            await store.read(work)
        await store.close()
        store = await place.open(ROOM)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_takers_at_once_take_each_item_once_and_oldest_first(place: Place) -> None:
    async def take(tx: Transaction) -> Sequence[int]:
        return sorted(row[0] for row in await tx.rows(SQL["take"], "ab", 3))

    async def story() -> None:
        store = await place.open(ROOM)
        await fill(store, 100)
        taken = await asyncio.gather(*(store.transaction(take) for _ in range(40)))
        assert sorted(i for some in taken for i in some) == list(range(100))
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_two_processes_worth_of_stores_take_each_item_once(place: Place) -> None:
    async def take(tx: Transaction) -> Sequence[int]:
        return [row[0] for row in await tx.rows(SQL["take"], "ab", 2)]

    async def story() -> None:
        first, second = await place.open(ROOM), await place.open(ROOM)
        await fill(first, 60)
        stores = [first, second] * 20
        taken = await asyncio.gather(*(store.transaction(take) for store in stores))
        assert sorted(i for some in taken for i in some) == list(range(60))
        await first.close()
        await second.close()

    asyncio.run(story())


def test_a_caller_that_is_cancelled_does_not_undo_what_began(place: Place) -> None:
    began, go_on = threading.Event(), threading.Event()

    async def slow(tx: Transaction) -> None:
        await tx.run(SQL["put"], 5, "ab", b"")
        began.set()
        if place.kind == "sqlite":
            go_on.wait(10)
        else:
            await tx.connection.execute("SELECT pg_sleep(0.3)")

    async def story() -> None:
        store = await place.open(ROOM)
        task = asyncio.create_task(store.transaction(slow))
        while not began.is_set():
            await asyncio.sleep(0.001)
        task.cancel()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        await store.close()
        store = await place.open(ROOM)
        assert await items(store) == [5]
        await store.close()

    asyncio.run(story())


def test_a_store_that_was_closed_says_so_at_once(place: Place) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        last = asyncio.create_task(fill(store, 2))
        await asyncio.sleep(0)  # it is under way
        await store.close()
        await last
        for ask in (items(store), fill(store, 3)):
            with pytest.raises(StoreUnavailableError, match="is closed"):
                await asyncio.wait_for(ask, 5)
        store = await place.open(ROOM)
        assert await items(store) == [0, 1]
        await store.close()

    asyncio.run(story())


def test_values_go_where_their_numbers_say(place: Place) -> None:
    async def work(tx: Transaction) -> list[object]:
        return list((await tx.rows(SQL["swapped"], "one", "two"))[0])

    async def story() -> None:
        store = await place.open(ROOM)
        assert await store.transaction(work) == ["two", "$1 stays", "one"]
        await store.close()

    asyncio.run(story())


def test_a_change_says_how_many_rows_it_touched(place: Place) -> None:
    async def work(tx: Transaction) -> tuple[int, int]:
        return await tx.run(SQL["drop"], 3), await tx.run(SQL["drop"], 100)

    async def story() -> None:
        store = await place.open(ROOM)
        await fill(store, 10)
        assert await store.transaction(work) == (7, 0)
        await store.close()

    asyncio.run(story())


def test_migrations_are_applied_once_and_in_order(place: Place) -> None:
    more = step(2, "more", "ALTER TABLE box ADD COLUMN note TEXT; CREATE TABLE other (a BIGINT);")

    async def story() -> None:
        store = await place.open(ROOM)
        await fill(store, 2)
        await store.close()
        for _ in range(2):
            store = await place.open(Migrations(room="boxes", steps=(BOX, more)))
            assert await items(store) == [0, 1]
            await store.close()

    asyncio.run(story())


def test_a_migration_that_fails_leaves_nothing_behind(place: Place) -> None:
    bad = step(2, "bad", "CREATE TABLE other (a BIGINT); CREATE TABLE box (a BIGINT);")

    async def story() -> None:
        with pytest.raises(InvariantError):
            await place.open(Migrations(room="boxes", steps=(BOX, bad)))
        good = step(2, "good", "CREATE TABLE other (a BIGINT);")
        store = await place.open(Migrations(room="boxes", steps=(BOX, good)))
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("tail", ["CREATE TABLE more (a TEXT DEFAULT 'x", "CREATE TABLE more"])
def test_a_migration_without_an_end_is_refused_and_not_noted(place: Place, tail: str) -> None:
    async def story() -> None:
        with pytest.raises(InvariantError):
            await place.open(Migrations(room="x", steps=(step(1, "x", f"SELECT 1; {tail}"),)))
        whole = step(1, "x", "CREATE TABLE more (a TEXT); -- that is all")
        store = await place.open(Migrations(room="x", steps=(whole,)))
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("rooms", "words"),
    [
        (Migrations(room="boxes", steps=(step(1, "box", "SELECT 1;"),)), "0001-box .* has changed"),
        (Migrations(room="boxes", steps=()), "use the newer program"),
    ],
)  # fmt: skip
def test_a_changed_migration_and_a_newer_store_refuse_to_start(place, rooms, words) -> None:
    more = step(2, "more", "CREATE TABLE other (a BIGINT);")

    async def story() -> None:
        store = await place.open(Migrations(room="boxes", steps=(BOX, more)))
        await store.close()
        older = Migrations(room="boxes", steps=(*rooms.steps, more) if rooms.steps else (BOX,))
        with pytest.raises(StoreFailedError, match=words):
            await place.open(older)

    asyncio.run(story())


def test_opening_at_once_applies_each_migration_once(place: Place) -> None:
    async def story() -> None:
        stores = await asyncio.gather(*(place.open(ROOM) for _ in range(3)))
        await fill(stores[0], 1)
        assert await items(stores[2]) == [0]
        for store in stores:
            await store.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mysql://secret@x/y", "must be a path or a postgresql:// URL"),
        ("/no/such/folder/store.db", "folder of the store does not exist"),
        ("postgresql://u:geheim@127.0.0.1:1/x", "out of reach"),
        ("postgresql://u:geheim@127.0.0.1:notaport/x", "is no URL"),
    ],
)
def test_an_address_that_is_no_good_is_one_sentence_without_a_password(address, words) -> None:
    if address.startswith("postgresql"):
        pytest.importorskip("asyncpg", reason="PostgreSQL's driver asyncpg is not installed")
    with pytest.raises(InterlaceError, match=words) as caught:
        asyncio.run(open_store(address))
    assert "geheim" not in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1;",
        "-- name: a\n",
        "-- name: a\nSELECT 1;\n-- name: a\nSELECT 2;",
        "-- name: a @sqlite\nSELECT 1;",
    ],
)
def test_a_file_that_is_not_made_of_named_statements_is_refused(text: str) -> None:
    with pytest.raises(InvariantError):
        parse_statements(text, source="test.sql")


def test_a_statement_that_is_not_there_is_named() -> None:
    with pytest.raises(InvariantError, match="boxes has no statement 'no_such'"):
        _ = SQL["no_such"]
