"""A service starts in order, stops in order, and does not live on by half."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from interlace.errors import InterlaceError, SpecError
from interlace.platform import Background, Health, Operations, ServiceError, new_metrics, serve

SERVICE = '''
import asyncio, os, sys
from interlace.errors import SpecError
from interlace.platform import *

class Worker:
    """Takes requests that last a second each, and finishes them."""
    name = "worker"
    async def start(self, background):
        self.request = asyncio.create_task(self.work())
        background.run("ticker", self.tick())
        print("ready", flush=True)
    async def work(self):
        await asyncio.sleep(float(os.environ.get("WORK_S", "0.3")))
        print("request done", flush=True)
    async def tick(self):
        await asyncio.sleep(float(os.environ.get("TICK_S", "1000")))
        raise KeyError("planted")
    async def stop(self):
        await self.request
        print("worker stopped", flush=True)

class Store:
    name = "store"
    async def start(self, background):
        if os.environ.get("BAD"):
            raise SpecError("must be so", file="kme.yaml", line=3)
    async def stop(self):
        print("store stopped", flush=True)

sys.exit(run_service([Store(), Worker()], Health(), drain_s=float(os.environ.get("DRAIN_S", "10"))))
'''


def service(**environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip


def ended(process: subprocess.Popen[str]) -> tuple[int, list[str], str]:
    out, err = process.communicate(timeout=30)
    return process.returncode, out.splitlines(), err


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


def test_a_signal_lets_requests_end_and_stops_the_parts_in_reverse() -> None:
    process = service()
    ready(process)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == (0, ["request done", "worker stopped", "store stopped"], "")


def test_a_second_signal_stops_the_waiting() -> None:
    process = service(WORK_S="60")
    ready(process)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.6)  # one that comes within 0.2 s is the first, sent twice
    process.send_signal(signal.SIGINT)
    assert ended(process) == (1, [], "stopped at once, as asked: not ended: store, worker\n")


def test_a_task_that_crashes_ends_the_service_in_one_sentence() -> None:
    code, out, err = ended(service(TICK_S="0.1"))
    assert (code, err) == (1, "the task 'ticker' crashed: KeyError: this is a bug\n")
    assert out == ["ready", "request done", "worker stopped", "store stopped"]


FULL = """
import errno, os, sys
from interlace.platform import *

class Part:
    name = "part"
    async def start(self, background):
        write_private(os.environ["FILE"], b"x")
    async def stop(self):
        pass

def fsync(descriptor):
    number = getattr(errno, os.environ["BROKEN"])
    raise OSError(number, os.strerror(number))

os.fsync = fsync
sys.exit(run_service([Part()], Health()))
"""


@pytest.mark.parametrize(
    ("broken", "code"), [("ENOSPC", 1), ("EDQUOT", 1), ("EIO", 1), ("EROFS", 1), ("EACCES", 2)]
)
def test_a_disk_that_is_full_or_broken_at_the_start_is_a_failure_and_no_bad_input(
    broken: str, code: int, tmp_path: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FULL], capture_output=True, text=True, check=False, timeout=60,
        env={**os.environ, "BROKEN": broken, "FILE": str(tmp_path / "epoch")},
    )  # fmt: skip
    assert done.returncode == code
    assert done.stderr.startswith(f"{tmp_path}/epoch: cannot be written: ")
    assert len(done.stderr.splitlines()) == 1


def test_bad_input_at_the_start_is_one_sentence_and_code_2() -> None:
    code, out, err = ended(service(BAD="1"))
    assert (code, out, err) == (2, ["store stopped"], "kme.yaml:3: must be so\n")


class Ticking:
    """A part with a task that ends, and which may take its time to stop."""

    name = "ticking"

    def __init__(self, error: Exception | None, *, stop_s: float = 0.0) -> None:
        self.error, self.stop_s = error, stop_s

    async def start(self, background: Background) -> None:
        background.run("ticker", self.tick())

    async def tick(self) -> None:
        await asyncio.sleep(0)
        if self.error:
            raise self.error

    async def stop(self) -> None:
        await asyncio.sleep(self.stop_s)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (SpecError("the link has gone"), "the task 'ticker' failed: the link has gone"),
        (KeyError("planted"), "the task 'ticker' crashed: KeyError: this is a bug"),
        (None, "the task 'ticker' ended, which it must not"),
    ],
)
def test_however_a_task_ends_the_service_says_it(error: Exception | None, sentence: str) -> None:
    with pytest.raises(ServiceError) as caught:
        asyncio.run(serve([Ticking(error)], Health()))
    assert str(caught.value) == sentence


def test_a_part_that_does_not_stop_is_named_when_time_is_up() -> None:
    health, background_s = Health(), 60.0

    async def story() -> None:
        part = Ticking(None, stop_s=background_s)
        part.tick = asyncio.Event().wait  # does not end
        asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGINT)
        await serve([part], health, drain_s=0.1)

    with pytest.raises(ServiceError, match="not everything ended in time: ticking"):
        asyncio.run(story())


@pytest.mark.parametrize("is_caught", [False, True])
def test_a_service_that_has_not_started_yet_is_stopped_too(is_caught: bool) -> None:
    told = list[str]()

    class Slow:
        name = "slow"

        async def start(self, background: Background) -> None:
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                told.append("start was given up")
                if is_caught:
                    raise InterlaceError("planted") from None
                raise

        async def stop(self) -> None:
            told.append("stop")

    async def story() -> None:
        parts = [Failing(told, at=""), Slow(), Failing(told, at="")]
        await asyncio.wait_for(serve(parts, Health()), 10)

    asyncio.run(story())
    assert told == ["start", "start was given up", "stop", "stop"]


def test_a_task_that_ends_while_others_start_ends_the_start() -> None:
    told = list[str]()

    class Waiting:
        name = "waiting"

        async def start(self, background: Background) -> None:
            await asyncio.Event().wait()

        async def stop(self) -> None:
            told.append("stop")

    async def story() -> None:
        await asyncio.wait_for(serve([Ticking(KeyError("planted")), Waiting()], Health()), 10)

    with pytest.raises(ServiceError, match="'ticker' crashed"):
        asyncio.run(story())
    assert told == ["stop"]


class Failing:
    name = "failing"

    def __init__(self, told: list[str], *, at: str) -> None:
        self.told, self.at = told, at

    async def start(self, background) -> None:
        self.told.append("start")
        if self.at == "start":
            raise InterlaceError("cannot begin")
        if self.at == "stop":
            asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGTERM)

    async def stop(self) -> None:
        self.told.append("stop")
        if self.at == "stop":
            raise ValueError("planted")


def test_every_part_is_stopped_whatever_another_does() -> None:
    told, health = list[str](), Health()
    with pytest.raises(InterlaceError, match="cannot begin"):
        asyncio.run(serve([Failing(told, at=""), Failing(told, at="start")], health))
    assert told == ["start", "start", "stop", "stop"]
    told.clear()
    with pytest.raises(ServiceError, match="failing did not stop: ValueError"):
        asyncio.run(serve([Failing(told, at=""), Failing(told, at="stop")], health))
    assert told == ["start", "start", "stop", "stop"]
    assert health.phase == "stopping"


def asked(port: int, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_operators_see_health_readiness_and_figures() -> None:
    health = Health()
    missing: list[str | None] = ["no key yet"]
    health.add_check("pool", lambda: missing[0])

    async def pools() -> object:
        return {"pools": 3}

    operations = Operations(health, new_metrics("1.2"), port=0, documents={"/status": pools})

    async def story() -> None:
        task = asyncio.create_task(serve([operations], health))
        while not operations.port:
            await asyncio.sleep(0.01)
        port = operations.port

        async def ask(path: str) -> tuple[int, str]:
            return await asyncio.to_thread(asked, port, path)

        assert await ask("/healthz") == (200, '{"phase":"running"}')
        assert await ask("/readyz") == (503, '{"ready":false,"missing":{"pool":"no key yet"}}')
        missing[0] = None
        assert await ask("/readyz") == (200, '{"ready":true,"missing":{}}')
        assert await ask("/status") == (200, '{"pools":3}')
        code, text = await ask("/metrics")
        assert code == 200
        assert 'interlace_info{version="1.2"} 1.0' in text
        assert (await ask("/nothing"))[0] == 404
        taken = Operations(health, new_metrics("1.2"), port=port)
        with pytest.raises(ServiceError, match="is in use"):
            await taken.start(Background())
        await taken.stop()
        os.kill(os.getpid(), signal.SIGTERM)
        await task

    asyncio.run(story())
    assert health.why_not_ready() == {"service": "is stopping"}
