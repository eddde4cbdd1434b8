"""What SQLite's store demands of its file, and what it does when the disk will not."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
from pathlib import Path

import pytest
from tests.platform.boxes import ROOM, SQL, fill, items
from tests.platform.conftest import Place

from interlace.errors import InvariantError
from interlace.platform import (
    StoreFailedError,
    StoreUnavailableError,
    Transaction,
    open_store,
    watch_store,
)
from interlace.platform.sqlite_store import connect_sqlite


def pragma(store, text: str) -> None:
    """Have SQLite itself behave like a disk that is full or may not be written."""
    store._writer._connection.execute(f"PRAGMA {text}")


def test_durability_is_on_and_asserted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = connect_sqlite(str(tmp_path / "a.db"))
    found = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "fullfsync", "foreign_keys", "secure_delete")
    }
    assert found == {
        "journal_mode": "wal", "synchronous": 2, "fullfsync": 1, "foreign_keys": 1,
        "secure_delete": 1,
    }  # fmt: skip
    connection.close()
    with pytest.raises(StoreFailedError, match="journal_mode is memory, durability needs wal"):
        connect_sqlite(":memory:")


def test_the_file_is_its_owners_alone(sqlite_place: Place) -> None:
    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await fill(store, 1)
        for suffix in ("", "-wal", "-shm"):
            mode = os.stat(sqlite_place.address + suffix).st_mode
            assert stat.S_IMODE(mode) == 0o600
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("fault", "words"),
    [("max_page_count = 1", "the disk is full"), ("query_only = on", "may not be written")],
)
def test_a_disk_that_cannot_be_written_fails_the_store_for_good(sqlite_place, fault, words) -> None:
    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await fill(store, 1)
        watch = asyncio.create_task(watch_store(store))
        pragma(store, fault)

        async def big(tx: Transaction) -> None:
            await tx.run(SQL["put"], 99, "ab", bytes(100_000))

        for _ in range(2):
            with pytest.raises(StoreFailedError, match=words):
                await store.transaction(big)
        with pytest.raises(StoreFailedError, match=words):
            await store.read(big)
        with pytest.raises(StoreFailedError, match=words):
            await asyncio.wait_for(watch, 5)
        await store.close()
        store = await sqlite_place.open(ROOM)
        assert await items(store) == [0]
        await store.close()

    asyncio.run(story())


def test_a_store_whose_failing_caller_was_cancelled_has_failed_all_the_same(sqlite_place) -> None:
    async def big(tx: Transaction) -> None:
        await tx.run(SQL["put"], 99, "ab", bytes(100_000))

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        pragma(store, "max_page_count = 1")
        watch = asyncio.create_task(watch_store(store))
        caller = asyncio.create_task(store.transaction(big))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(StoreFailedError, match="the disk is full"):
            await asyncio.wait_for(watch, 5)
        await store.close()

    asyncio.run(story())


def corrupted(path: Path) -> None:
    asyncio.run(filled(path))
    content = bytearray(path.read_bytes())
    for i in range(4096, len(content), 64):
        content[i] ^= 0xFF
    path.write_bytes(content)


def truncated(path: Path) -> None:
    asyncio.run(filled(path))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - 4096)


def no_database(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 100)


def folder(path: Path) -> None:
    path.mkdir()


async def filled(path: Path) -> None:
    store = await open_store(str(path), ROOM)
    await fill(store, 1000)
    await store.close()


@pytest.mark.parametrize("damage", [corrupted, truncated, no_database, folder])
def test_a_damaged_file_refuses_to_start(tmp_path: Path, damage) -> None:
    path = tmp_path / "store.db"
    damage(path)
    with pytest.raises(StoreFailedError, match=r"store\.db failed: the file|cannot be opened"):
        asyncio.run(open_store(str(path), ROOM))


def test_a_store_that_another_process_holds_is_unavailable(
    sqlite_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlace.platform.sqlite_store._BUSY_MS", 50)

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        other = sqlite3.connect(sqlite_place.address, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="in use by another process"):
            await fill(store, 1)
        other.execute("ROLLBACK")
        other.close()
        await fill(store, 1)
        assert await items(store) == [0]
        await store.close()

    asyncio.run(story())


def test_a_transaction_that_waits_for_something_else_is_our_bug(sqlite_place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", b"")
        await asyncio.sleep(0)

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        with pytest.raises(InvariantError, match="awaited something else"):
            await store.transaction(work)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_what_was_deleted_is_overwritten_in_the_file(sqlite_place: Place) -> None:
    planted = b"planted-material-0123456789abcdef"

    async def put(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", planted)

    async def drop(tx: Transaction) -> None:
        await tx.run(SQL["drop"], 0)

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await store.transaction(put)
        await store.close()
        assert planted in Path(sqlite_place.address).read_bytes()
        store = await sqlite_place.open(ROOM)
        await store.transaction(drop)
        await store.close()
        assert planted not in Path(sqlite_place.address).read_bytes()

    asyncio.run(story())
