"""The chain of audit rows: what it shows, and what it cannot."""

from __future__ import annotations

import asyncio
from hashlib import sha256

import msgspec
import pytest
from tests.platform.boxes import ROOM, SQL, items
from tests.platform.conftest import Place

from interlace.errors import InvariantError, SpecError
from interlace.platform import (
    AuditBreak,
    AuditEvent,
    AuditHead,
    AuditTrail,
    ManualClock,
    Secret,
    Store,
    Transaction,
)

TRAIL = AuditTrail(ManualClock())


SWAP = """
UPDATE audit SET seq = 99 WHERE seq = 4;
UPDATE audit SET seq = 4 WHERE seq = 5;
UPDATE audit SET seq = 5 WHERE seq = 99;
"""
CLOSE_UP = """
DELETE FROM audit WHERE seq = 3;
UPDATE audit SET seq = 3 WHERE seq = 4;
UPDATE audit SET seq = 4 WHERE seq = 5;
"""


FORGED = """
INSERT INTO audit SELECT {}, at_us, actor, event, 'key-x', detail, hash, hash FROM audit
WHERE seq = 3
"""


def event(i: int) -> AuditEvent:
    return AuditEvent(actor="sae-a", event="taken", subject=f"key-{i}", detail={"n": i, "é": "ü"})


async def told(store: Store, count: int, trail: AuditTrail = TRAIL) -> AuditHead:
    async def work(tx: Transaction) -> AuditHead:
        return await trail.append(tx, [event(i) for i in range(count)])

    return await store.transaction(work)


async def tampered(store: Store, script: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.script(script)

    await store.transaction(work)


def test_a_sound_chain_is_walked_to_its_end_over_many_batches(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlace.platform.audit._BATCH", 7)

    async def story() -> None:
        store = await place.open()
        assert (await TRAIL.verify(store)).rows == 0
        for count in (1, 0, 20, 5):
            head = await told(store, count)
        verdict = await TRAIL.verify(store, kept=head)
        assert (verdict.rows, verdict.head, verdict.broken) == (26, head, None)
        assert await TRAIL.head(store) == head
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("script", "seq", "fault"),
    [
        ("UPDATE audit SET subject = 'key-x' WHERE seq = 4", 4, "was changed"),
        ("UPDATE audit SET at_us = at_us + 1 WHERE seq = 1", 1, "was changed"),
        ("UPDATE audit SET detail = '{}' WHERE seq = 10", 10, "was changed"),
        ("DELETE FROM audit WHERE seq = 4", 4, "is missing: row 5 follows row 3"),
        ("DELETE FROM audit WHERE seq = 1", 1, "is missing: row 2 follows row 0"),
        ("DELETE FROM audit", 1, "is missing: the chain's head is row 10"),
        ("DELETE FROM audit WHERE seq > 7", 8, "is missing: the chain's head is row 10"),
        (SWAP, 4, "does not follow"),
        (CLOSE_UP, 3, "does not follow"),
    ],
)  # fmt: skip
def test_tampering_is_found_at_its_first_row(place: Place, script, seq, fault) -> None:
    async def story() -> None:
        store = await place.open()
        await told(store, 10)
        await tampered(store, script)
        verdict = await TRAIL.verify(store)
        assert verdict.broken is not None
        assert (verdict.broken.seq, verdict.rows) == (seq, seq - 1)
        assert fault in verdict.broken.fault
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("script", "rows", "seq"),
    [
        ("DELETE FROM audit_head", 0, 1),
        ("UPDATE audit_head SET seq = 8, hash = (SELECT hash FROM audit WHERE seq = 8)", 8, 9),
        (FORGED.format(0), 10, 0),
        (FORGED.format(12), 10, 12),
    ],
)  # fmt: skip
def test_rows_outside_of_the_chain_are_found(place: Place, script, rows, seq) -> None:
    async def story() -> None:
        store = await place.open()
        await told(store, 10)
        await tampered(store, script)
        verdict = await TRAIL.verify(store)
        fault = f"is no part of the chain, whose head is row {rows}"
        assert (verdict.rows, verdict.broken) == (rows, AuditBreak(seq=seq, fault=fault))
        await store.close()

    asyncio.run(story())


def test_a_head_that_does_not_fit_the_last_row_is_found(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        await told(store, 10)
        other = "(SELECT prev_hash FROM audit WHERE seq = 4)"
        await tampered(store, f"UPDATE audit_head SET hash = {other}")
        fault = "has another hash than the chain's head"
        assert (await TRAIL.verify(store)).broken == AuditBreak(seq=10, fault=fault)
        await store.close()

    asyncio.run(story())


def test_a_cut_off_end_is_found_by_a_head_that_was_kept_elsewhere(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        short = await told(store, 4)
        kept = await told(store, 6)
        digest = f"x'{short.hash.hex()}'" if place.kind == "sqlite" else f"'\\x{short.hash.hex()}'"
        await tampered(
            store,
            f"DELETE FROM audit WHERE seq > 4; UPDATE audit_head SET seq = 4, hash = {digest}",
        )
        assert (await TRAIL.verify(store)).broken is None  # by itself, it looks sound
        assert not await TRAIL.has(store, kept)
        verdict = await TRAIL.verify(store, kept=kept)
        fault = (
            "is missing: the head that was kept elsewhere is row 10: rows were removed, or the "
            "store was put back from a copy and not started since"
        )
        assert verdict.broken == AuditBreak(seq=5, fault=fault)
        await told(store, 10, AuditTrail(ManualClock(1)))  # and the end is written anew
        assert not await TRAIL.has(store, kept)
        verdict = await TRAIL.verify(store, kept=kept)
        assert verdict.broken is not None
        assert verdict.broken.seq == 10
        await store.close()

    asyncio.run(story())


def test_rows_are_there_if_and_only_if_what_they_tell_of_is(place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", b"")
        await TRAIL.append(tx, [event(1)])
        raise SpecError("no")

    async def story() -> None:
        store = await place.open(ROOM)
        with pytest.raises(SpecError):
            await store.transaction(work)
        assert await items(store) == []
        assert await TRAIL.head(store) == AuditHead()
        await store.close()

    asyncio.run(story())


def test_appends_at_once_make_one_chain(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        await asyncio.gather(*(told(store, 1 + i % 3) for i in range(30)))
        verdict = await TRAIL.verify(store)
        assert (verdict.rows, verdict.broken) == (60, None)
        await store.close()

    asyncio.run(story())


def test_a_row_is_hashed_as_the_module_says(sqlite_place: Place) -> None:
    """The format is a promise: other programs check trails too."""

    async def story() -> None:
        store = await sqlite_place.open()
        head = await told(store, 1)
        text = (
            '[1,1700000000000000,"sae-a","taken","key-0","{\\"n\\":0,\\"é\\":\\"ü\\"}","' + "0" * 64
        )
        assert head.hash == sha256(f'{text}"]'.encode()).digest()
        assert msgspec.json.decode(f'{text}"]')[3] == "taken"
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("value", [b"key", 0.5, Secret(b"key"), ["a"]])
def test_a_detail_that_could_hold_a_key_is_refused(sqlite_place: Place, value) -> None:
    async def work(tx: Transaction) -> None:
        await TRAIL.append(tx, [AuditEvent(actor="a", event="b", subject="c", detail={"x": value})])

    async def story() -> None:
        store = await sqlite_place.open()
        with pytest.raises(InvariantError, match="the audit detail 'x' is"):
            await store.transaction(work)
        await store.close()

    asyncio.run(story())
