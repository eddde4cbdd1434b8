"""A store that was restored is told from one that stopped, and its material is void."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
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
    open_epoch,
    open_vault,
    raise_epoch,
    restore_sqlite,
)

TRAIL = AuditTrail(ManualClock())
KEK = Secret(bytes(range(32)))


async def void(tx: Transaction, epoch: int) -> None:
    """A room's part: the box is emptied."""
    await tx.run(SQL["drop"], 0)


async def opened(store: Store, file: EpochFile) -> EpochOpening:
    return await open_epoch(store, file, TRAIL, void=void)


async def tell(store: Store) -> None:
    async def work(tx: Transaction) -> None:
        await TRAIL.append(tx, [AuditEvent(actor="a", event="b", subject="c")])

    await store.transaction(work)


@pytest.fixture
def file(tmp_path: Path) -> EpochFile:
    return EpochFile(str(tmp_path / "epoch"))


def test_stopping_and_starting_keeps_the_epoch(place: Place, file: EpochFile) -> None:
    async def story() -> None:
        for run in range(1, 4):
            store = await place.open(ROOM)
            assert await opened(store, file) == EpochOpening(epoch=1, restored=None)
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
        assert opening.epoch == 2
        assert words in (opening.restored or "")
        assert await items(store) == []
        assert (await opened(store, file)) == EpochOpening(epoch=2, restored=None)
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
        assert (await opened(other, file)).epoch == 2
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
            await raise_epoch(store, file, TRAIL, void=crash, reason="test")
        assert await items(store) == [0]
        opening = await opened(store, file)
        assert opening.epoch == 3
        assert opening.restored == "the store is of epoch 1, the epoch file of 2"
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
            await restore_sqlite(copy, sqlite_place.address)
        await store.close()
        Path(sqlite_place.address).unlink()
        await restore_sqlite(copy, sqlite_place.address)
        assert Path(sqlite_place.address).stat().st_mode & 0o777 == 0o600
        store = await sqlite_place.open(ROOM)
        assert len(await items(store)) == 100
        opening = await opened(store, file)
        assert opening == EpochOpening(epoch=2, restored="the store was restored from a backup")
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


def test_a_damaged_copy_is_not_put_back(tmp_path: Path) -> None:
    copy, target = tmp_path / "copy.db", tmp_path / "store.db"
    copy.write_bytes(b"no database" * 1000)
    with pytest.raises(StoreFailedError, match="cannot be copied"):
        asyncio.run(restore_sqlite(str(copy), str(target)))
    with pytest.raises(SpecError, match="no such file"):
        asyncio.run(restore_sqlite(str(tmp_path / "nothing"), str(target)))
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
