"""What an entity's relays had counted and not told is in the log when they have stopped."""

from __future__ import annotations

import asyncio
import logging

import pytest
from tests.services.kms.relay.world import CHAIN, World

from interlace.errors import ProtocolError
from interlace.platform import Background, StoreUnavailableError
from interlace.services.kms.model import AssembledKey, Assembly, Pair
from interlace.services.kms.model.peer_failures import PeerUnreachableError, RefusedError
from interlace.services.kms.model.peering import AssembleReply

ASSEMBLY = Assembly(
    assembly_id="an-assembly",
    pair=Pair(master="sae-a", slave="sae-d"),
    size_bits=512,
    expires_us=4 * 10**15,
    keys=(AssembledKey(key_id="00000000-0000-4000-8000-000000000000", parts=("x", "y")),),
)


def told(caplog: pytest.LogCaptureFixture) -> list[tuple[str, object]]:
    return [
        (one.getMessage(), one.fields.get("more"))
        for one in caplog.records
        if one.levelno >= logging.WARNING
    ]


def test_a_carrier_that_stops_tells_how_often_assemblies_failed_and_the_store_was_busy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        world = await World(CHAIN).open()
        carrier = world.entities["a"].carrier
        world.cut.add(frozenset("ad"))
        for _ in range(3):
            assert await carrier.assemble("d", ASSEMBLY) == "unreachable"
        count = 0

        async def refill_once() -> int:
            nonlocal count
            count += 1
            raise StoreUnavailableError("the store is busy")

        carrier.refill_once = refill_once  # type: ignore[method-assign]
        own = Background()
        await carrier.start(own)
        async with asyncio.timeout(10.0):
            while count < 4:
                await world.clock.advance(0.25)
        await own.cancel()
        caplog.clear()
        await carrier.stop()
        assert sorted(told(caplog)) == [("assembly failed", 2), ("store is busy", 3)]

    asyncio.run(story())


ANSWERS = [
    (AssembleReply(is_bound=True), "bound", None),
    (AssembleReply(is_bound=False), "refused", "it has not all of the keys that they need"),
    (RefusedError("the pair is not ours", code="not-yours"), "refused", "the pair is not ours"),
    (PeerUnreachableError("d is away"), "unreachable", "d is away"),
    (ProtocolError("d answers with too much"), "unreachable", "d answers with too much"),
]


@pytest.mark.parametrize(("answer", "expected", "reason"), ANSWERS, ids=lambda one: str(one)[:20])
def test_whether_an_assembly_was_refused_or_not_answered_is_told_and_the_log_says_why(
    answer: object,
    expected: str,
    reason: str | None,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def assemble(*_: object) -> object:
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def story() -> None:
        carrier = (await World(CHAIN).open()).entities["a"].carrier
        monkeypatch.setattr(carrier._peers, "assemble", assemble)
        assert await carrier.assemble("d", ASSEMBLY) == expected

    asyncio.run(story())
    reasons = [str(o.fields["reason"]) for o in caplog.records if o.message == "assembly failed"]
    assert reasons == ([] if reason is None else [reason])
