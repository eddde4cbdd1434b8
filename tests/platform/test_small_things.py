"""Clocks, kill points, private files, folders that one process holds, core dumps."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from interlace.errors import SpecError
from interlace.platform import (
    KillPoints,
    ManualClock,
    ServiceError,
    SystemClock,
    hold_folder,
    instant_text,
    read_private,
    write_private,
)


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False,
        env={**os.environ, **environment}, timeout=60,
    )  # fmt: skip


def test_a_manual_clock_wakes_sleepers_in_their_order() -> None:
    clock, woken = ManualClock(), list[tuple[str, float]]()
    start_s = clock.monotonic_s()

    async def sleeper(name: str, *durations_s: float) -> None:
        for duration_s in durations_s:
            await clock.sleep(duration_s)
            woken.append((name, round(clock.monotonic_s() - start_s, 6)))

    async def story() -> None:
        tasks = [asyncio.create_task(sleeper("a", 3)), asyncio.create_task(sleeper("b", 1, 1, 5))]
        await clock.advance(2.5)
        assert woken == [("b", 1), ("b", 2)]
        await clock.advance(10)
        await asyncio.gather(*tasks)

    asyncio.run(story())
    assert woken == [("b", 1), ("b", 2), ("a", 3), ("b", 7)]


def test_the_system_clock_tells_the_time() -> None:
    clock = SystemClock()
    assert instant_text(clock.now_us()) > "2026"
    before_s = clock.monotonic_s()
    asyncio.run(clock.sleep(0.01))
    assert clock.monotonic_s() - before_s >= 0.009


VISITS = """
import os
from interlace.platform import KillPoints
points = KillPoints.of(os.environ)
for i in range(5):
    print(i, flush=True)
    points.point("other")
    points.point("deliver.before-commit")
"""


@pytest.mark.parametrize(
    ("fault", "code", "printed"),
    [
        ("", 0, 5),
        ("deliver.before-commit:3", -9, 3),
    ],
)
def test_a_kill_point_kills_at_the_visit_that_the_environment_names(fault, code, printed) -> None:
    done = python(VISITS, INTERLACE_FAULT=fault)
    assert (done.returncode, len(done.stdout.split())) == (code, printed), done.stderr
    assert done.stderr == ("killed at deliver.before-commit\n" if code else "")


@pytest.mark.parametrize("fault", ["a:0", "a:x", "a:-1", "a:1:2", "a:²"])
def test_a_kill_point_that_cannot_be_read_is_refused(fault: str) -> None:
    with pytest.raises(SpecError, match="INTERLACE_FAULT: must be NAME or NAME:NTH"):
        KillPoints.of({"INTERLACE_FAULT": fault})


def test_a_private_file_is_private_from_its_first_byte_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "key"
    before = os.umask(0)
    try:
        write_private(str(path), b"one")
        write_private(str(path), b"two")
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_private(str(path)) == b"two"
    assert [p.name for p in tmp_path.iterdir()] == ["key"]
    with pytest.raises(SpecError, match="cannot be written"):
        write_private(str(tmp_path / "no" / "key"), b"")
    for path, words in ((tmp_path, "is no file"), (tmp_path / "x", "cannot be read")):
        with pytest.raises(SpecError, match=words):
            read_private(str(path))


def test_a_folder_is_held_by_one_process_and_let_go_by_its_death(tmp_path: Path) -> None:
    program = (
        "import sys; from interlace.platform import *\n"
        f"with hold_folder({str(tmp_path)!r}): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with (
            pytest.raises(ServiceError, match="in use by another process"),
            hold_folder(str(tmp_path)),
        ):
            pass
        holder.kill()
        holder.wait()
    with hold_folder(str(tmp_path)):
        pass
    with pytest.raises(SpecError, match="cannot be held"), hold_folder(str(tmp_path / "no")):
        pass


@pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")
def test_core_dumps_are_off() -> None:
    done = python(
        "from interlace.platform import forbid_core_dumps; forbid_core_dumps()\n"
        "import ctypes, resource\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    assert done.stdout.strip() == "(0, 0) 0", done.stderr
