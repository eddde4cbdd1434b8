"""What was committed is known outside the store before anybody hears of it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platform.boxes import ROOM, fill, items
from tests.platform.conftest import Place

from interlace.platform import (
    AuditEvent,
    AuditTrail,
    EpochFile,
    ManualClock,
    Store,
    StoreFailedError,
    Transaction,
    keep_head,
    open_epoch,
)
from interlace.platform.witness import Witness, read_witness

CLOCK = ManualClock()
PLAIN = AuditTrail(CLOCK)
PUT_BACK = "the store was put back while it was in use"


async def void(tx: Transaction, epoch: int) -> None:
    """Nothing is sealed here."""


@pytest.fixture
def file(tmp_path: Path) -> EpochFile:
    return EpochFile(str(tmp_path / "epoch"))


async def begun(store: Store, file: EpochFile) -> AuditTrail:
    """The trail of a start, with its witness."""
    opening = await open_epoch(store, file, PLAIN, CLOCK, void=void)
    assert opening.restored is None
    return AuditTrail(CLOCK, file.witness())


async def tell(store: Store, trail: AuditTrail, subject: str = "c", *, fails: bool = False) -> None:
    async def work(tx: Transaction) -> None:
        await trail.append(tx, [AuditEvent(actor="a", event="b", subject=subject)])
        if fails:
            raise KeyError(subject)

    await store.transaction(work)


@asynccontextmanager
async def after_three(place: Place, file: EpochFile) -> AsyncIterator[tuple[Store, AuditTrail]]:
    """A store that a service has started on and written three rows of its trail in."""
    store = await place.open(ROOM)
    trail = await begun(store, file)
    for _ in range(3):
        await tell(store, trail)
    yield store, trail
    await store.close()


def cut_to(row: int):
    """A database that went back to what it was after a row."""

    async def work(tx: Transaction) -> None:
        await tx.script(
            f"DELETE FROM audit WHERE seq > {row}; UPDATE audit_head SET seq = {row}, "
            f"hash = (SELECT hash FROM audit WHERE seq = {row});"
        )

    return work


def test_a_commit_is_known_outside_the_store_and_a_rollback_is_not(
    place: Place, file: EpochFile
) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        trail = await begun(store, file)
        for row in range(1, 4):
            await tell(store, trail)
            assert file.last_head() == await trail.head(store)
            assert (await trail.head(store)).seq == row
            with pytest.raises(KeyError):
                await tell(store, trail, fails=True)
            assert file.last_head() == await trail.head(store)
        record = file.read()
        assert record is not None
        assert record.head.seq == 0  # the epoch file itself is behind
        assert os.stat(file.witness_path).st_mode & 0o777 == 0o600
        await store.close()

    asyncio.run(story())


def test_a_store_that_went_back_under_a_service_is_refused_before_it_gives_out_anything(
    place: Place, file: EpochFile
) -> None:
    async def story() -> None:
        async with after_three(place, file) as (store, trail):
            await store.transaction(cut_to(2))  # one row, no longer than a moment ago
            with pytest.raises(
                StoreFailedError, match=rf"{PUT_BACK}: .* row 2, and row 3 had been"
            ):
                await tell(store, trail)
            with pytest.raises(StoreFailedError, match=PUT_BACK):  # the store counts as failed
                await fill(store, 1)

    asyncio.run(story())


def test_a_store_that_went_back_and_on_again_is_refused_too(place: Place, file: EpochFile) -> None:
    async def story() -> None:
        async with after_three(place, file) as (store, trail):
            await store.transaction(cut_to(2))
            await tell(store, PLAIN, "another")  # somebody else's row 3
            with pytest.raises(StoreFailedError, match=PUT_BACK):
                await tell(store, trail)

    asyncio.run(story())


def test_a_copy_of_a_moment_ago_counts_as_restored_at_the_next_start(
    place: Place, file: EpochFile
) -> None:
    async def story() -> None:
        async with after_three(place, file) as (store, trail):
            await keep_head(store, file, trail)
            for _ in range(2):
                await tell(store, trail)  # not noted in the epoch file, as after a SIGKILL
            await store.transaction(cut_to(4))
            opening = await open_epoch(store, file, PLAIN, CLOCK, void=void)
            assert "does not go through row 5" in (opening.restored or "")
            again = await open_epoch(store, file, PLAIN, CLOCK, void=void)
            assert again.restored is None
            file.witness().close()
            assert (await open_epoch(store, file, PLAIN, CLOCK, void=void)).restored is None

    asyncio.run(story())


def test_the_running_service_ends_at_the_next_note_if_nothing_is_asked_of_it(
    place: Place, file: EpochFile
) -> None:
    async def story() -> None:
        async with after_three(place, file) as (store, trail):
            await store.transaction(cut_to(2))  # never noted in the epoch file
            with pytest.raises(
                StoreFailedError, match=r"does not go through row 3, which was noted"
            ):
                await keep_head(store, file, trail)

    asyncio.run(story())


def test_many_at_once_are_witnessed_in_any_order(place: Place, file: EpochFile) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        trail = await begun(store, file)
        await asyncio.gather(*(tell(store, trail, str(i)) for i in range(40)))
        assert file.last_head() == await trail.head(store)
        assert (await trail.verify(store, kept=file.last_head())).rows == 40
        await store.close()

    asyncio.run(story())


def test_a_witness_that_cannot_write_fails_the_store(
    place: Place, file: EpochFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        trail = await begun(store, file)

        def broken(*_rest: object) -> int:
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(os, "pwrite", broken)
        with pytest.raises(StoreFailedError, match="Input/output error"):
            await tell(store, trail)
        with pytest.raises(StoreFailedError):
            await items(store)
        await store.close()

    asyncio.run(story())


@given(st.integers(0, 2**62), st.integers(0, 2**62), st.binary(min_size=32, max_size=32))
def test_what_is_written_is_read_and_half_of_it_is_nothing(epoch, seq, digest) -> None:
    path = Path(f"/dev/shm/witness-{os.getpid()}")
    try:
        Witness(str(path), epoch=epoch, seq=seq, digest=digest).close()
        assert read_witness(str(path)) == (epoch, seq, digest)
        whole = path.read_bytes()
        for content in (whole[:-2], whole[:40], b"", bytes(len(whole)), b"\xff" * 200):
            path.write_bytes(content)
            assert read_witness(str(path)) is None
        other = whole.replace(f"{seq:020d}".encode(), f"{seq + 1:020d}".encode(), 1)
        if seq != epoch:
            path.write_bytes(other)
            assert read_witness(str(path)) is None
    finally:
        path.unlink()
    assert read_witness(str(path)) is None


def test_a_witness_of_another_epoch_says_nothing(place: Place, file: EpochFile) -> None:
    async def story() -> None:
        store = await place.open(ROOM)
        await begun(store, file)
        Witness(file.witness_path, epoch=1, seq=99, digest=bytes(32)).close()
        assert (await open_epoch(store, file, PLAIN, CLOCK, void=void)).restored is None
        await store.close()

    asyncio.run(story())
