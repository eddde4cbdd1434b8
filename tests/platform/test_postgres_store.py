"""What PostgreSQL's store demands of its server, and what it does when the server goes."""

from __future__ import annotations

import asyncio
import signal
import time

import pytest
from tests.platform.boxes import ROOM, SQL, fill, items
from tests.platform.conftest import Place
from tests.platform.postgres import PostgresServer

from interlace.errors import InvariantError, SpecError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    ManualClock,
    OutcomeUnknownError,
    StoreFailedError,
    StoreUnavailableError,
    Transaction,
    parse_statements,
)

SLEEP = parse_statements("-- name: sleep\nSELECT pg_sleep(5);", source="sleep")


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_a_server_that_forgets_is_refused_at_start_and_after_a_restart(
    postgres: PostgresServer, postgres_place: Place, setting: str
) -> None:
    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await fill(store, 1)
        try:
            postgres.restart(**{setting: "off"})
            with pytest.raises(StoreFailedError, match=f"{setting} is off, durability needs on"):
                await items(store)
            with pytest.raises(StoreFailedError, match=setting):
                await postgres_place.open(ROOM)
        finally:
            postgres.restart()
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_store_goes_on_after_its_server_was_restarted(postgres, postgres_place, how) -> None:
    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await fill(store, 3)
        await asyncio.gather(*(items(store) for _ in range(8)))  # several connections are open
        postgres.stop(how)
        try:
            with pytest.raises(StoreUnavailableError, match="out of reach"):
                await items(store)
        finally:
            postgres.start()
        assert await items(store) == [0, 1, 2]
        postgres.restart(how)
        await asyncio.gather(*(items(store) for _ in range(8)))
        assert await items(store) == [0, 1, 2]
        await store.close()

    asyncio.run(story())


def test_a_server_that_goes_in_a_transaction_leaves_nothing_of_it(postgres, postgres_place) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.run(SQL["put"], runs, "ab", b"")
        if runs == 1:
            postgres.restart(signal.SIGQUIT)
        await tx.run(SQL["put"], 100 + runs, "ab", b"")

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await store.transaction(work)
        assert await items(store) == [2, 102]
        await store.close()

    asyncio.run(story())


def test_a_connection_that_breaks_in_the_commit_leaves_the_outcome_open(postgres_place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", b"")
        tx.connection.terminate()  # what follows is COMMIT

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        with pytest.raises(OutcomeUnknownError, match="its outcome is unknown"):
            await store.transaction(work)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_a_server_that_does_not_answer_counts_as_gone(
    postgres: PostgresServer, postgres_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("interlace.platform.postgres_store._STATEMENT_S", 0.2)

    async def work(tx: Transaction) -> None:
        await tx.rows(SLEEP["sleep"])

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        with pytest.raises(StoreUnavailableError, match="TimeoutError at sleep"):
            await store.transaction(work)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


CANCEL = parse_statements(
    "-- name: cancel\nSELECT pg_cancel_backend(pg_backend_pid());\n"
    "-- name: limit\nSET LOCAL idle_in_transaction_session_timeout = '50ms';\n"
    "-- name: limited\nSHOW idle_in_transaction_session_timeout;\n"
    "-- name: locked\nSET LOCAL lock_timeout = '1ms';",
    source="cancel",
)


def test_a_statement_that_the_administrator_cancels_is_tried_again(postgres_place: Place) -> None:
    runs = 0

    async def work(tx: Transaction) -> None:
        nonlocal runs
        runs += 1
        await tx.run(SQL["put"], runs, "ab", b"")
        if runs == 1:
            await tx.rows(CANCEL["cancel"])

    async def always(tx: Transaction) -> None:
        await tx.rows(CANCEL["cancel"])

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await store.transaction(work)
        assert await items(store) == [2]
        with pytest.raises(StoreUnavailableError, match="busy: SQLSTATE 57014 at cancel"):
            await store.transaction(always)
        await store.close()

    asyncio.run(story())


def test_a_session_that_the_server_ends_amid_a_transaction_is_tried_again(postgres_place) -> None:
    runs = 0

    async def work(tx: Transaction) -> str:
        nonlocal runs
        runs += 1
        limit = (await tx.rows(CANCEL["limited"]))[0][0]
        if runs == 1:
            await tx.run(CANCEL["limit"])
            time.sleep(0.3)  # as if the machine stood still
        await tx.run(SQL["put"], runs, "ab", b"")
        return limit

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        assert await store.transaction(work) == "1min"  # a host that is gone keeps no lock for long
        assert await items(store) == [2]
        await store.close()

    asyncio.run(story())


def test_whatever_isolation_the_server_prefers_transactions_that_append_wait_for_one_another(
    postgres: PostgresServer, postgres_place: Place
) -> None:
    trail = AuditTrail(ManualClock())

    async def tell(tx: Transaction) -> None:
        await trail.append(tx, [AuditEvent(actor="a", event="b", subject="c")])

    async def story() -> None:
        postgres.restart(default_transaction_isolation="serializable")
        try:
            store = await postgres_place.open(ROOM)
            await asyncio.gather(*(store.transaction(tell) for _ in range(40)))
            assert (await trail.verify(store)).rows == 40
            await store.close()
        finally:
            postgres.restart()

    asyncio.run(story())


def test_an_error_that_work_swallows_does_not_look_like_a_commit(postgres_place: Place) -> None:
    async def work(tx: Transaction) -> None:
        await tx.run(SQL["put"], 1, "ab", b"")
        try:
            await tx.rows(SQL["nonsense"])
        except InvariantError:
            return

    async def story() -> None:
        store = await postgres_place.open(ROOM)
        with pytest.raises(InvariantError, match="went on after"):
            await store.transaction(work)
        assert await items(store) == []
        await store.close()

    asyncio.run(story())


def test_transactions_that_lock_each_other_out_are_tried_again(postgres_place: Place) -> None:
    async def story() -> None:
        store = await postgres_place.open(ROOM)
        await fill(store, 2)
        met = asyncio.Barrier(2)
        tries = 0

        def crossing(first: int, second: int):
            async def work(tx: Transaction) -> None:
                nonlocal tries
                tries += 1
                await tx.connection.execute("UPDATE box SET pair = 'x' WHERE item = $1", first)
                if tries <= 2:
                    await met.wait()
                await tx.connection.execute("UPDATE box SET pair = 'x' WHERE item = $1", second)

            return work

        await asyncio.gather(
            store.transaction(with_translation(crossing(0, 1))),
            store.transaction(with_translation(crossing(1, 0))),
        )
        assert tries >= 3  # once more where the other commits between the second begin and its row
        await store.close()

    asyncio.run(story())


def with_translation(work):
    """What a statement of the port does with the driver's errors, for raw ones."""
    from interlace.platform.postgres_store import _told

    async def translated(tx: Transaction) -> None:
        with _told("place", "raw", tx.connection):
            await work(tx)

    return translated


def test_a_user_that_the_server_refuses_is_bad_input(postgres, postgres_place) -> None:
    address = postgres.url.replace("interlace@", "nobody-here@")
    with pytest.raises(SpecError, match="refuses the user"):
        asyncio.run(Place("postgres", address, "x").open())
    with pytest.raises(SpecError, match="schema"):
        asyncio.run(Place("postgres", postgres.url, 'x"; DROP').open())
