"""What an operator is told of a store that is away, of alarms, and of what is down."""

from __future__ import annotations

import asyncio
import signal

import msgspec
import pytest

from interlace.cli.kms_table import status_table
from interlace.platform import ManualClock, StoreFailedError, StoreUnavailableError
from interlace.services.kms.api.operations import AlarmRow, PoolRow
from interlace.services.kms.app import running, store_watch
from interlace.services.kms.app.progress import alarm_changes
from interlace.services.kms.app.status import DirectoryStatus, EntityRow, what_is_missing
from interlace.services.kms.app.store_watch import StoreWatch
from interlace.services.kms.service.alarms import Alarms

ALARM = AlarmRow(
    name="link-down", subject="a--b", severity="major", words="a--b is down: look", since="now"
)
LOW = AlarmRow(name="stock-low", subject="x>y", severity="minor", words="3 keys", since="now")


def network(*alarms: AlarmRow, state: str = "running", **more: object) -> DirectoryStatus:
    entity = EntityRow(
        id="kme-a", url="", operations_url="", state=state, saes=("x",), epoch=1, restored=None,
        pools=(), alarms=alarms, missing={},
    )  # fmt: skip
    entity = msgspec.structs.replace(entity, **more)
    return DirectoryStatus(
        ready=False, simulated=True, ca="", entities=(entity,), links=(), saes=()
    )


def test_a_store_that_is_away_is_an_alarm_within_seconds_and_none_when_it_is_back() -> None:
    async def story() -> None:
        clock = ManualClock()
        alarms, is_away = Alarms(clock), True

        async def ask() -> None:
            if is_away:
                raise StoreUnavailableError("the store s is out of reach or busy")

        watch = StoreWatch("kme-a", ask, alarms)
        assert watch.why_not_ready() is None
        await watch.look()
        assert watch.why_not_ready() == "the store s is out of reach or busy"
        assert alarms.active == ()
        for _ in range(2):
            await clock.advance(1.0)
            await watch.look()
        (alarm,) = alarms.active
        assert (alarm.name, alarm.subject, alarm.severity) == (
            "store-unavailable", "kme-a", "major",
        )  # fmt: skip
        is_away = False
        for _ in range(3):
            await clock.advance(1.0)
            await watch.look()
            assert watch.why_not_ready() is None
        assert alarms.active == ()

    asyncio.run(story())


def test_keys_that_do_not_open_are_an_alarm_at_once_that_says_how_many_and_what_to_do() -> None:
    async def story() -> None:
        alarms, damaged = Alarms(ManualClock()), 0

        async def ask() -> None:
            return

        watch = StoreWatch("kme-a", ask, alarms, damaged=lambda: damaged)
        await watch.look()
        assert alarms.active == ()
        for damaged in (1, 1024):  # noqa: B007 - the watch looks at it
            await watch.look()
        (alarm,) = alarms.active
        assert (alarm.name, alarm.subject, alarm.severity) == ("store-tampered", "kme-a", "major")
        assert alarm.words.startswith("1024 keys in the store did not open since the start")
        assert "keep the store as evidence" in alarm.words
        assert watch.why_not_ready() is None

    asyncio.run(story())


def test_a_store_that_hangs_is_asked_once_and_is_not_there(monkeypatch) -> None:
    monkeypatch.setattr(store_watch, "_PATIENCE_S", 0.02)

    async def story() -> None:
        asked, answer = list[int](), asyncio.Event()

        async def ask() -> None:
            asked.append(1)
            await answer.wait()

        watch = StoreWatch("kme-a", ask, Alarms(ManualClock()))
        for _ in range(3):
            await watch.look()
            assert watch.why_not_ready() == "the store does not answer"
        assert asked == [1]
        answer.set()
        await watch.look()
        assert watch.why_not_ready() is None

    asyncio.run(story())


def test_a_store_that_failed_ends_the_watch() -> None:
    async def story() -> None:
        async def ask() -> None:
            raise StoreFailedError("the disk is full")

        with pytest.raises(StoreFailedError, match="full"):
            await StoreWatch("kme-a", ask, Alarms(ManualClock())).look()

    asyncio.run(story())


def test_an_alarm_and_its_end_are_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    alarms = Alarms(ManualClock())
    for words in ("x", None):
        alarms.set("link-tampered", "a--b", words, severity="major", hold_s=0.0)
    told = [(one.message, one.levelname, one.fields["alarm"], one.fields["subject"])
            for one in caplog.records]  # fmt: skip
    assert told == [
        ("alarm raised", "WARNING", "link-tampered", "a--b"),
        ("alarm cleared", "INFO", "link-tampered", "a--b"),
    ]


def test_up_tells_every_alarm_that_status_shows_by_name_and_which_one_is_over() -> None:
    status = network(ALARM, LOW)
    lines, known = alarm_changes(frozenset(), status)
    assert lines == [
        "alarm: major: kme-a: link-down: a--b is down: look",
        "alarm: minor: kme-a: stock-low: x>y: 3 keys",
    ]
    shown = status_table(status)
    assert all(f"{line.removeprefix('alarm: ')} (since now)" in shown for line in lines)
    assert alarm_changes(known, status) == ([], known)
    lines, known = alarm_changes(known, network(LOW))
    assert lines == ["over: kme-a: link-down: a--b"]


def test_an_entity_that_is_down_ends_no_alarm_and_has_none_that_are_known() -> None:
    _, known = alarm_changes(frozenset(), network(ALARM))
    down = network(state="down")
    assert alarm_changes(known, down) == ([], known)
    shown = status_table(down)
    assert "no alarms" not in shown
    assert shown.endswith("not known of what is down: the alarms of kme-a\n")
    assert status_table(network()).endswith("no alarms\n")


def test_status_says_what_is_missing() -> None:
    pools = (PoolRow(master="x", slave="y", stored=3, target=1024),)
    assert what_is_missing(network(pools=pools)) == ("x>y has 3 of 128 keys",)
    away = network(pools=pools, missing={"store": "the store does not answer"})
    assert what_is_missing(away) == ("kme-a: store: the store does not answer",)
    assert what_is_missing(network(state="down")) == ("kme-a is down",)
    assert what_is_missing(msgspec.structs.replace(network(pools=pools), ready=True)) == ()
    assert status_table(away).startswith("not ready (SIMULATED): kme-a: store: the store")


@pytest.mark.parametrize(
    ("code", "how"),
    [
        (3, "with exit code 3"),
        (-signal.SIGKILL, "by SIGKILL"),
        (-signal.SIGRTMIN, "by SIGRTMIN"),
        (-signal.SIGRTMIN - 1, f"by signal {signal.SIGRTMIN + 1}"),
    ],
)
def test_an_entity_whose_process_ended_is_told_of_by_what_ended_it(code: int, how: str) -> None:
    said: list[str] = []
    running._telling(said.append)("relay", code, 0.5)
    assert said == [f"  relay: its process ended {how}; it starts again in 0.5 s"]
