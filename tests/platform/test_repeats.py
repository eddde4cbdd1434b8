"""Log lines that others can cause at will do not fill the disk."""

from __future__ import annotations

import asyncio
import io
import json
import logging

import pytest

from interlace.platform import LimitedLog, log_scope, request_scope, set_up_logs

LOG = logging.getLogger("interlace.test")


@pytest.fixture
def stream():
    stream = io.StringIO()
    handler = set_up_logs(stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_the_same_again_is_counted_and_told_in_one_line_of_no_single_request(stream) -> None:
    async def story() -> None:
        log = LimitedLog(LOG, every_s=0.1)
        with request_scope("r-1"):
            for count in range(500):
                log.tell("refused", cause="a", count=count)
        log.tell("refused", cause="b")
        assert [line.get("count") for line in lines(stream)] == [0, None]
        await asyncio.sleep(0.15)
        rest = lines(stream)[2:]
        assert [(line["count"], line["more"]) for line in rest] == [(499, 499)]
        assert "request" not in rest[0]
        await asyncio.sleep(0.25)  # forgotten: told at once again
        log.tell("refused", cause="a", count=7)
        assert lines(stream)[-1]["count"] == 7
        log.close()

    asyncio.run(story())


def test_what_was_counted_is_told_at_the_end(stream) -> None:
    async def story() -> None:
        log = LimitedLog(LOG)
        for _ in range(3):
            log.tell("refused", cause="a")
        log.close()

    asyncio.run(story())
    assert [line.get("more") for line in lines(stream)] == [None, 2]


def test_a_thousand_causes_have_no_line_each(stream) -> None:
    async def story() -> None:
        log = LimitedLog(LOG, most=8)
        for cause in range(1000):
            log.tell("refused", cause=cause, who=str(cause))
        log.close()

    asyncio.run(story())
    told = lines(stream)
    assert len(told) == 10
    assert told[-1]["more"] == 991


def test_a_line_says_which_service_it_is_of_in_tasks_too(stream) -> None:
    async def line() -> None:
        LOG.info("later")

    async def story() -> None:
        tasks = []
        for name in ("kme-a", "kme-b"):
            with log_scope(entity=name):
                tasks.append(asyncio.ensure_future(line()))
        await asyncio.gather(*tasks)
        await line()

    asyncio.run(story())
    assert [one.get("entity") for one in lines(stream)] == ["kme-a", "kme-b", None]
