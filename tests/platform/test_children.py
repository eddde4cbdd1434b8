"""Several processes as one: restarted when they end, ended together, never left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from interlace.platform import BackOff

PARENT = """
import logging, os, sys
from interlace.platform import *
set_up_logs(sys.stderr)
folder, mode = sys.argv[1:]
child = '''
import os, signal, sys, time
folder, mode, name = sys.argv[1:]
def end(number, frame):
    if mode != "stubborn":
        open(f"{folder}/{name}.ended", "w").close()
        os._exit(0)
signal.signal(signal.SIGTERM, end)
with open(f"{folder}/{name}.pids", "a") as file:
    file.write(f"{os.getpid()}\\\\n")
if mode == "bad" and name == "b":
    print("config.yaml:1: must be so", file=sys.stderr)
    sys.exit(2)
if mode == "unstarted" and name == "b":
    print("127.0.0.1:1 is in use", file=sys.stderr)
    sys.exit(3)
if mode == "later" and name == "b":
    runs = len(open(f"{folder}/b.pids").read().split())
    os._exit(9 if runs == 1 else 3)
if mode == "crash" and name == "b":
    os._exit(7)
time.sleep(60)
os._exit(9)
'''
commands = [
    ChildCommand(name=name, command=(sys.executable, "-c", child, folder, mode, name))
    for name in ("a", "b")
]
back_off = BackOff(first_s=0.05, most_s=0.4)
children = ChildProcesses(commands, SystemClock(), back_off=back_off, end_s=1.0)
sys.exit(run_service([children], Health()))
"""


def parent(folder: Path, mode: str = "calm") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder), mode], stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip


def pids(folder: Path, name: str, *, at_least: int = 1) -> list[int]:
    """The process IDs that a child has had, once there are so many."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        path = folder / f"{name}.pids"
        found = [int(line) for line in path.read_text().split()] if path.exists() else []
        if len(found) >= at_least:
            return found
        time.sleep(0.02)
    raise AssertionError(f"{name} was not started {at_least} times")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def all_gone(folder: Path, *, within_s: float = 10) -> bool:
    everyone = [int(pid) for path in folder.glob("*.pids") for pid in path.read_text().split()]
    until = time.monotonic() + within_s
    while any(is_running(pid) for pid in everyone) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(is_running(pid) for pid in everyone)


def test_a_killed_child_comes_back_and_ctrl_c_ends_all_gracefully(tmp_path: Path) -> None:
    process = parent(tmp_path)
    first = pids(tmp_path, "a")[0]
    pids(tmp_path, "b")
    os.kill(first, signal.SIGKILL)
    assert pids(tmp_path, "a", at_least=2)[1] != first
    assert len(pids(tmp_path, "b")) == 1
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the whole group
    _, err = process.communicate(timeout=30)
    assert process.returncode == 0
    assert '"event":"child ended","child":"a","code":-9,"restart_in_s":0.05' in err
    assert '"event":"child ended","child":"b"' not in err  # the terminal did not reach it
    assert all_gone(tmp_path)
    assert {"a.ended", "b.ended"} <= {p.name for p in tmp_path.iterdir()}


def test_a_child_that_will_not_end_is_killed(tmp_path: Path) -> None:
    process = parent(tmp_path, "stubborn")
    pids(tmp_path, "a")
    pids(tmp_path, "b")
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0
    assert all_gone(tmp_path)


def test_a_child_whose_input_is_bad_ends_all_with_its_sentence(tmp_path: Path) -> None:
    process = parent(tmp_path, "bad")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "config.yaml:1: must be so\n" in err
    assert err.endswith("the task 'b' failed: its input is bad, as it says above\n")
    assert all_gone(tmp_path)


def test_a_child_that_cannot_start_at_first_ends_all_and_one_that_had_run_is_started_again(
    tmp_path: Path,
) -> None:
    process = parent(tmp_path, "unstarted")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.count("127.0.0.1:1 is in use\n") == 1
    assert err.endswith("the task 'b' failed: it could not start, as it says above\n")
    assert all_gone(tmp_path)
    again = tmp_path / "again"
    again.mkdir()
    process = parent(again, "later")
    pids(again, "b", at_least=4)
    process.terminate()
    process.communicate(timeout=30)
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's farewell is Linux's")
def test_a_crashing_child_is_restarted_ever_more_rarely_and_none_outlives_a_killed_parent(
    tmp_path: Path,
) -> None:
    process = parent(tmp_path, "crash")
    pids(tmp_path, "b", at_least=5)
    process.kill()
    _, err = process.communicate(timeout=30)
    waits = [line.partition('restart_in_s":')[2].rstrip("}") for line in err.splitlines()]
    assert [wait for wait in waits if wait][:4] == ["0.05", "0.1", "0.2", "0.4"]
    assert all_gone(tmp_path)
    assert (tmp_path / "a.ended").exists()


def test_waits_double_up_to_the_most_and_begin_anew_after_a_calm_time() -> None:
    back_off, waits, wait_s = BackOff(first_s=1, most_s=5, calm_s=60), list[float](), 0.0
    for lived_s in (0, 0, 0, 0, 0, 61, 0):
        wait_s = back_off.after(wait_s, lived_s=lived_s)
        waits.append(wait_s)
    assert waits == [1, 2, 4, 5, 5, 1, 2]
