"""A store that was restored is told from one that stopped, and its material is void."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
from tests.platform.boxes import ROOM, SQL, fill, items
from tests.platform.conftest import Place
from tests.platform.postgres import programs

from interlace.errors import InterlaceError, SpecError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    EpochFile,
    EpochOpening,
    ManualClock,
    SealError,
    Secret,
    Store,
    StoreFailedError,
    StoreUnavailableError,
    Transaction,
    back_up_postgres,
    back_up_sqlite,
    keep_head,
    open_epoch,
    open_vault,
    raise_epoch,
    restore_sqlite,
)

CLOCK = ManualClock()
TRAIL = AuditTrail(CLOCK)
FIRST = CLOCK.now_us() // 1_000_000
KEK = Secret(bytes(range(32)))


async def void(tx: Transaction, epoch: int) -> None:
    """A room's part: the box is emptied."""
    await tx.run(SQL["drop"], 0)


async def opened(store: Store, file: EpochFile) -> EpochOpening:
    return await open_epoch(store, file, TRAIL, CLOCK, void=void)


async def tell(store: Store, subject: str = "c") -> None:
    async def work(tx: Transaction) -> None:
        await TRAIL.append(tx, [AuditEvent(actor="a", event="b", subject=subject)])

    await store.transaction(work)


@pytest.fixture
def file(tmp_path: Path) -> EpochFile:
    return EpochFile(str(tmp_path / "epoch"))


def test_stopping_and_starting_keeps_the_epoch(place: Place, file: EpochFile) -> None:
    async def story() -> None:
        for run in range(1, 4):
            store = await place.open(ROOM)
            assert await opened(store, file) == EpochOpening(epoch=FIRST, restored=None)
            await tell(store)
            if run == 1:
                await fill(store, 3)
            if run == 2:  # the others are ended without a word
                file.note(await TRAIL.head(store))
            record = file.read()
            assert record is not None
            assert record.run == run
            assert await items(store) == [0, 1, 2]
            await store.close()

    asyncio.run(story())


def test_a_start_that_crashed_between_store_and_file_is_no_restore(place, file) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        await opened(store, file)
        before = file.read()
        await opened(store, file)
        assert before is not None
        file.write(before)  # the store is one start ahead of the file
        assert (await opened(store, file)).restored is None
        await store.close()

    asyncio.run(story())


def lost_file(file: EpochFile) -> None:
    Path(file.path).unlink()


def older_file(file: EpochFile) -> None:
    record = file.read()
    assert record is not None
    file.write(type(record)(epoch=record.epoch, run=record.run + 1, head=record.head))


@pytest.mark.parametrize(
    ("damage", "words"), [(lost_file, "file is missing"), (older_file, "last opened at start 1")]
)
def test_a_store_that_does_not_fit_its_file_counts_as_restored(place, file, damage, words) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        await opened(store, file)
        await fill(store, 3)
        damage(file)
        opening = await opened(store, file)
        assert opening.epoch == FIRST + 1
        assert words in (opening.restored or "")
        assert await items(store) == []
        assert (await opened(store, file)) == EpochOpening(epoch=FIRST + 1, restored=None)
        verdict = await TRAIL.verify(store)
        assert (verdict.rows, verdict.broken) == (1, None)
        await store.close()

    asyncio.run(story())


def test_a_new_store_beside_an_old_file_begins_a_new_epoch(tmp_path, sqlite_place, file) -> None:
    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        await store.close()
        other = await Place("sqlite", str(tmp_path / "other.db")).open(ROOM)
        assert (await opened(other, file)).epoch == FIRST + 1
        await other.close()

    asyncio.run(story())


def test_a_copied_file_of_the_same_run_is_found_by_the_noted_head(sqlite_place, file) -> None:
    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        await fill(store, 5)
        await tell(store)
        await store.close()
        shutil.copy(sqlite_place.address, sqlite_place.address + ".copy")
        store = await sqlite_place.open(ROOM)
        await tell(store)
        file.note(await TRAIL.head(store))
        await store.close()
        shutil.copy(sqlite_place.address + ".copy", sqlite_place.address)
        store = await sqlite_place.open(ROOM)
        opening = await opened(store, file)
        assert "does not go through row 2" in (opening.restored or "")
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_a_crash_in_the_middle_of_raising_raises_again(
    sqlite_place: Place, file: EpochFile
) -> None:
    async def crash(tx: Transaction, epoch: int) -> None:
        raise InterlaceError("the power went")

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        await fill(store, 1)
        with pytest.raises(InterlaceError, match="power"):
            await raise_epoch(store, file, TRAIL, CLOCK, void=crash, reason="test")
        assert await items(store) == [0]
        opening = await opened(store, file)
        assert opening.epoch == FIRST + 2
        assert opening.restored == f"the store is of epoch {FIRST}, the epoch file of {FIRST + 1}"
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("content", [b"", b"{}", b'{"epoch":1}', b"\xff\xfe", b'{"epoch":"x"}'])
def test_a_damaged_epoch_file_refuses_to_start(file: EpochFile, content: bytes) -> None:
    Path(file.path).write_bytes(content)
    with pytest.raises(SpecError, match="is damaged"):
        file.read()


def test_a_backup_of_sqlite_in_use_is_put_back_under_a_new_epoch(
    tmp_path: Path, sqlite_place: Place, file: EpochFile
) -> None:
    copy = str(tmp_path / "copy.db")

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        vault = await store.transaction(
            lambda tx: open_vault(tx, KEK, epoch=1, clock=ManualClock())
        )
        sealed = vault.seal(b"material", bound_to=b"x")
        await fill(store, 100)
        await asyncio.gather(
            back_up_sqlite(sqlite_place.address, copy), *(tell(store) for _ in range(50))
        )
        assert (await opened(store, file)).restored is None  # the store itself is no copy
        with pytest.raises(SpecError, match="never written over"):
            await back_up_sqlite(sqlite_place.address, copy)
        with pytest.raises(SpecError, match="never written over"):
            await restore_sqlite(copy, sqlite_place.address, KEK)
        await store.close()
        Path(sqlite_place.address).unlink()
        await restore_sqlite(copy, sqlite_place.address, KEK)
        assert Path(sqlite_place.address).stat().st_mode & 0o777 == 0o600
        store = await sqlite_place.open(ROOM)
        assert len(await items(store)) == 100
        opening = await opened(store, file)
        assert opening == EpochOpening(
            epoch=FIRST + 1, restored="the store was restored from a backup"
        )
        assert await items(store) == []
        vault = await store.transaction(
            lambda tx: open_vault(tx, KEK, epoch=2, clock=ManualClock())
        )
        with pytest.raises(SealError):
            vault.open(sealed, bound_to=b"x")
        assert (await TRAIL.verify(store)).broken is None
        await store.close()

    asyncio.run(story())
    assert sorted(p.name for p in tmp_path.iterdir() if ".part" in p.name) == []


def test_a_large_store_is_copied_while_others_write_without_a_pause(
    tmp_path: Path, sqlite_place: Place, file: EpochFile
) -> None:
    async def put(tx: Transaction) -> None:
        await tx.run_many(SQL["put"], [(i, "ab", bytes(8000)) for i in range(3000)])

    is_over = threading.Event()

    def write(path: str) -> None:
        connection = sqlite3.connect(path, isolation_level=None)
        connection.execute("PRAGMA synchronous = off")  # many a second
        while not is_over.is_set():
            connection.execute("UPDATE box SET pair = 'cd' WHERE item = 0")
        connection.close()

    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        await store.transaction(put)
        copying = asyncio.create_task(
            back_up_sqlite(sqlite_place.address, str(tmp_path / "copy.db"))
        )
        writing = threading.Thread(target=write, args=(sqlite_place.address,))
        writing.start()
        try:
            await asyncio.wait_for(asyncio.shield(copying), 15)
        finally:
            is_over.set()
            writing.join()
            await copying
            await store.close()

    asyncio.run(story())
    connection = sqlite3.connect(tmp_path / "copy.db")
    assert connection.execute("SELECT count(*) FROM box").fetchone() == (3000,)
    connection.close()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://x:ge%20heim@localhost/x?sslmode=prefer",
        "postgresql://x@localhost/x?password=ge%20heim&sslmode=prefer",
    ],
)
def test_a_password_stands_in_no_argument_of_pg_dump(tmp_path: Path, monkeypatch, url) -> None:
    dump = tmp_path / "pg_dump"
    dump.write_text('#!/bin/sh\necho "$@"\necho "password is $PGPASSWORD"\n')
    dump.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    asyncio.run(back_up_postgres(url, str(tmp_path / "copy"), schema="kms"))
    arguments, password = (tmp_path / "copy").read_text().splitlines()[:2]
    assert arguments.endswith("--dbname=postgresql://x@localhost/x?sslmode=prefer")
    assert password == "password is ge heim"


def test_a_store_that_is_put_back_under_a_running_service_is_found_at_the_next_note(
    place: Place, file: EpochFile
) -> None:
    async def put_back(tx: Transaction) -> None:
        sql = "DELETE FROM audit WHERE seq > 1; UPDATE audit_head SET seq = 1, hash = "
        await tx.script(sql + "(SELECT hash FROM audit WHERE seq = 1);")

    async def story() -> None:
        store = await place.open(ROOM)
        await opened(store, file)
        with pytest.raises(SpecError, match="is missing"):
            await keep_head(store, EpochFile(file.path + ".no"), TRAIL)
        for _ in range(3):
            await tell(store)
        head = await keep_head(store, file, TRAIL)
        assert (head, head.seq) == (await TRAIL.head(store), 3)
        await store.transaction(put_back)
        for _ in range(4):  # and goes on, so that its end is further than the one that was noted
            with pytest.raises(StoreFailedError, match=r"put back .* row 3, which was noted"):
                await keep_head(store, file, TRAIL)
            await tell(store, "another")
        record = file.read()
        assert record is not None
        assert record.head == head
        assert (await opened(store, file)).epoch == FIRST + 1
        assert await keep_head(store, file, TRAIL) == await TRAIL.head(store)
        await store.close()

    asyncio.run(story())


def test_an_epoch_that_others_know_is_surpassed_by_one_start(place: Place, file: EpochFile) -> None:
    known = FIRST + 3

    async def story() -> None:
        store = await place.open(ROOM)
        file.know(known)  # no file yet: nothing to raise
        assert (await opened(store, file)).epoch == FIRST
        file.know(known)
        assert (await keep_head(store, file, TRAIL)).seq == 0  # notes go on until it ends
        assert await opened(store, file) == EpochOpening(
            epoch=known + 1,
            restored=f"the store is of epoch {FIRST}, the epoch file of {known}",
        )
        file.know(known - 1)  # never lowered
        assert await opened(store, file) == EpochOpening(epoch=known + 1, restored=None)
        await store.close()

    asyncio.run(story())


def test_a_store_in_the_place_of_a_lost_one_begins_a_higher_epoch_than_it_ever_had(
    tmp_path: Path, file: EpochFile
) -> None:
    clock = ManualClock()

    async def story(name: str) -> int:
        store = await Place("sqlite", str(tmp_path / name)).open(ROOM)
        opening = await open_epoch(store, file, TRAIL, clock, void=void)
        await store.close()
        return opening.epoch

    async def lives() -> list[int]:
        # Each of the first three begins beside the file of the one before: restored.
        found = [await story(name) for name in ("first", "second", "third")]
        await clock.advance(60.0)
        lost_file(file)
        return [*found, await story("fourth")]

    assert asyncio.run(lives()) == [FIRST, FIRST + 1, FIRST + 2, FIRST + 60]


def test_a_store_that_is_older_than_what_others_know_is_above_it_without_its_file(
    tmp_path: Path, file: EpochFile
) -> None:
    clock = ManualClock()

    async def story() -> None:
        store = await Place("sqlite", str(tmp_path / "store")).open(ROOM)
        await open_epoch(store, file, TRAIL, clock, void=void)
        await clock.advance(3600.0)
        lost_file(file)
        raised = await open_epoch(store, file, TRAIL, clock, void=void)
        assert raised.epoch == FIRST + 3600
        clock.instant_us = 0  # a clock that stands wrong, and a file that is there
        again = await raise_epoch(store, file, TRAIL, clock, void=void, reason="test")
        assert again.epoch == FIRST + 3601
        await store.close()

    asyncio.run(story())


def test_a_damaged_copy_is_not_put_back(tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "store.db"
    copy.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreFailedError, match="cannot be copied"):
        asyncio.run(restore_sqlite(str(copy), str(target), KEK))
    with pytest.raises(SpecError, match="no such file"):
        asyncio.run(restore_sqlite(str(tmp_path / "nothing"), str(target), KEK))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["copy.db"]


def test_a_dump_of_postgres_is_put_back_under_a_new_epoch(
    tmp_path: Path, postgres, postgres_place: Place, file: EpochFile, monkeypatch
) -> None:
    folder = programs()
    assert folder is not None
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    copy = tmp_path / "copy.sql"

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await opened(store, file)
        await fill(store, 10)
        url = postgres.url.replace("interlace@", "interlace:geheim@")
        await back_up_postgres(url, str(copy), schema=postgres_place.schema)
        await store.close()
        for text in (f'--command=DROP SCHEMA "{postgres_place.schema}" CASCADE', f"--file={copy}"):
            command = ["psql", "-qX", "--set=ON_ERROR_STOP=1", "--single-transaction", text]
            subprocess.run([*command, postgres.url], check=True, capture_output=True)
        store = await postgres_place.open(ROOM)
        assert len(await items(store)) == 10
        assert (await opened(store, file)).restored == "the store was restored from a backup"
        assert await items(store) == []
        await store.close()
        place = "postgresql://x:geheim@127.0.0.1:1/x"
        with pytest.raises(StoreUnavailableError, match="pg_dump failed") as caught:
            await back_up_postgres(place, str(tmp_path / "x"), schema="x")
        assert "geheim" not in str(caught.value)
        monkeypatch.setenv("PATH", "")
        with pytest.raises(SpecError, match="pg_dump: is not installed"):
            await back_up_postgres(url, str(tmp_path / "x"), schema="x")

    asyncio.run(story())
    assert copy.stat().st_mode & 0o777 == 0o600


def test_sqlite_marks_the_copy_and_not_the_store(tmp_path: Path, sqlite_place, file) -> None:
    async def story() -> None:
        store = await sqlite_place.open(ROOM)
        await opened(store, file)
        await back_up_sqlite(sqlite_place.address, str(tmp_path / "copy.db"))
        await store.close()

    asyncio.run(story())
    marks = []
    for name in ("store.db", "copy.db"):
        connection = sqlite3.connect(tmp_path / name)
        marks.append(connection.execute("SELECT is_copy FROM epoch").fetchone()[0])
        connection.close()
    assert marks == [0, 1]
