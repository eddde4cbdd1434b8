"""Keys that do not open are counted though nobody waits for what came upon them."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from tests.platform.conftest import Place
from tests.services.kms.entity import AB, new_keys, opened, sql_keys

from interlace.platform import (
    OutcomeUnknownError,
    Store,
    StoreUnavailableError,
    Work,
    parse_statements,
)
from interlace.services.kms.adapters.sql_keys import SqlKeyStore
from interlace.services.kms.model import AssembledKey, Assembly, KeyId, Refusal

SQL = parse_statements(
    """
-- name: spoil
UPDATE kms_key SET sealed = $2 WHERE key_id = $1;

-- name: voided
SELECT key_id FROM kms_key WHERE state = 'void';
""",
    source="test",
)


def assembly(parts: Sequence[KeyId]) -> Assembly:
    key = AssembledKey(key_id="00000000-0000-4000-8000-000000000000", parts=tuple(parts))
    return Assembly(
        assembly_id="an-assembly", pair=AB, size_bits=512, expires_us=4 * 10**15, keys=(key,)
    )


async def spoilt(keys: SqlKeyStore, role: str) -> Assembly:
    """An assembly of two parts, one of which does not open, at one of its ends."""
    await keys.add(added := new_keys(2, roles=[role]))
    if role == "master":
        await keys.reserve(AB, count=2, size_bits=256, assembly_id="an-assembly")
    await keys.store.transaction(lambda tx: tx.run(SQL["spoil"], added[0].key_id, b"spoilt"))
    return assembly([key.key_id for key in added])


async def voided(store: Store) -> int:
    return len(await store.read(lambda tx: tx.rows(SQL["voided"])))


@dataclasses.dataclass
class Forgetful:
    """A store that commits, or does not, and then says how that went."""

    store: Store
    says: Exception
    commits: bool = True

    async def transaction(self, work: Work[Any]) -> Any:
        async def carried_out(tx: Any) -> None:
            await work(tx)
            if not self.commits:
                raise self.says

        await self.store.transaction(carried_out)
        raise self.says


@pytest.mark.parametrize("role", ["master", "slave"])
def test_what_did_not_open_counts_though_the_caller_is_gone_before_the_commit(
    place: Place, role: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            wanted = await spoilt(keys, role)
            is_master = role == "master"
            asked = keys.finish(wanted, request="r") if is_master else keys.bind(wanted)
            task = asyncio.ensure_future(asked)
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(10.0):
                while not await voided(store) or not keys.damaged:
                    await asyncio.sleep(0.01)
            assert (await voided(store), keys.damaged) == (1, 1)
            (line,) = [one for one in caplog.records if one.levelname == "WARNING"]
            assert line.getMessage() == "keys in the store do not open"

    asyncio.run(story())


def test_a_caller_that_is_gone_before_its_turn_has_nothing_carried_out(place: Place) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            wanted = await spoilt(keys, "master")
            first = asyncio.ensure_future(keys.activate([], "master"))
            second = asyncio.ensure_future(keys.finish(wanted, request="r"))
            await asyncio.sleep(0)
            second.cancel()
            await first
            assert isinstance(await keys.abandon("an-assembly", reason="test"), int)
            assert (await voided(store), keys.damaged) == (2, 0)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("says", "commits", "counted"),
    [
        (OutcomeUnknownError("the connection broke"), True, 1),
        (StoreUnavailableError("out of reach"), False, 0),
    ],
)
def test_what_did_not_open_counts_though_nobody_knows_whether_its_void_was_committed(
    place: Place, says: Exception, commits: bool, counted: int
) -> None:
    async def story() -> None:
        async with opened(place.address, place.schema) as store:
            keys = await sql_keys(store)
            wanted = await spoilt(keys, "master")
            loses = Forgetful(store, says, commits)
            broken = dataclasses.replace(keys, store=loses)  # type: ignore[arg-type]
            with pytest.raises(type(says)):
                await broken.finish(wanted, request="r")
            assert (await voided(store), broken.damaged) == (int(commits), counted)
            outcome = await keys.finish(wanted, request="r")
            assert isinstance(outcome, Refusal)

    asyncio.run(story())
