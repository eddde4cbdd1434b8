"""Log lines are JSON, carry their request, and hold no bytes; figures are Prometheus text."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
from collections.abc import Iterator

import pytest
from prometheus_client import Counter
from prometheus_client.parser import text_string_to_metric_families

from interlace.errors import SpecError
from interlace.platform import (
    log_event,
    metrics_text,
    new_metrics,
    new_request_id,
    request_scope,
    set_up_logs,
)

LOG = logging.getLogger("interlace.test")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = set_up_logs(stream)
    yield stream
    logging.getLogger().removeHandler(handler)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_with_its_fields(stream: io.StringIO) -> None:
    log_event(LOG, "link is\ndown", level=logging.WARNING, link="a--b", stock=3, why=None)
    (line,) = lines(stream)
    assert str(line.pop("at")).endswith("Z")
    assert line == {
        "level": "warning", "logger": "interlace.test", "event": "link is\ndown",
        "link": "a--b", "stock": 3, "why": None,
    }  # fmt: skip


def test_a_field_does_not_replace_what_every_line_has(stream: io.StringIO) -> None:
    log_event(LOG, "event", at="yesterday", logger_="x")
    assert lines(stream)[0]["at"] != "yesterday"


def test_bytes_are_not_written_as_the_name_of_a_value_either(stream: io.StringIO) -> None:
    log_event(LOG, "event", keys={b"planted": 1, 7: 2})
    assert lines(stream)[0]["keys"] == {"<7 bytes>": 1, "7": 2}


def test_requests_that_run_at_once_keep_their_ids_apart(stream: io.StringIO) -> None:
    async def request(name: str) -> None:
        with request_scope(name):
            await asyncio.sleep(0)
            log_event(LOG, "done", name=name)

    async def story() -> None:
        await asyncio.gather(*(request(f"r-{i}") for i in range(5)))

    asyncio.run(story())
    assert len(lines(stream)) == 5
    assert all(line["request"] == line["name"] for line in lines(stream))
    log_event(LOG, "outside")
    assert "request" not in lines(stream)[-1]


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 65, "é", 'x"}\n{"event":"forged'])
def test_an_id_that_could_forge_a_line_is_replaced(given: str | None) -> None:
    with request_scope(given) as name:
        assert name != given
        assert len(name) == 18


def test_ids_do_not_repeat() -> None:
    assert len({new_request_id() for _ in range(1000)}) == 1000


def test_values_that_could_be_keys_are_not_written(stream: io.StringIO) -> None:
    key = b"0123456789abcdef"
    log_event(LOG, "x", a=[key, {"b": bytearray(key)}], c={"d": memoryview(key)}, e=(object(),))
    assert lines(stream)[0]["a"] == ["<16 bytes>", {"b": "<16 bytes>"}]
    assert "0123456789" not in stream.getvalue()


def test_an_error_leaves_its_type_and_place_and_words_only_if_they_are_ours(stream) -> None:
    def fail(error: Exception) -> None:
        raise error

    for error in (SpecError("must be so", value=3), ValueError("planted")):
        try:
            fail(error)
        except Exception:
            LOG.exception("failed")
    ours, foreign = (line["error"] for line in lines(stream))
    assert ours["message"] == "must be so (got 3)"
    assert foreign["type"] == "ValueError"
    assert foreign["at"][-1].startswith("test_telemetry.py:")
    assert "planted" not in stream.getvalue()


def test_other_libraries_are_heard_from_warnings_on(stream: io.StringIO) -> None:
    logging.getLogger("aiohttp.access").info("chatter")
    logging.getLogger("aiohttp.server").warning("trouble")
    assert [line["event"] for line in lines(stream)] == ["trouble"]


def test_two_registries_share_nothing_and_are_read_by_prometheus() -> None:
    first, second = new_metrics("1.2"), new_metrics("1.2")
    counter = Counter("interlace_test", "Tests.", ["sae"], registry=first)
    counter.labels("sae-a").inc(3)
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(metrics_text(first).decode())
        for sample in family.samples
    }
    assert samples["interlace_test_total"] == 3
    assert samples["interlace_info"] == 1
    assert b"interlace_test" not in metrics_text(second)


def test_a_log_on_a_full_disk_loses_lines_and_leaves_no_traceback(
    capsys: pytest.CaptureFixture[str],
) -> None:
    full = open("/dev/full", "w", encoding="utf-8", buffering=1)  # noqa: SIM115 - closing fails
    handler = set_up_logs(full)
    try:
        log_event(LOG, "something happened")
    finally:
        logging.getLogger().removeHandler(handler)
        with contextlib.suppress(OSError):
            full.close()
    assert capsys.readouterr().err == ""
