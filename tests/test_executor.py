"""Every executor keeps the same contract; the process pool ends cleanly."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from operator import truediv
from pathlib import Path

import pytest

from interlace.errors import InfeasibleError, SpecError
from interlace.executor import Executor, ProcessExecutor, SerialExecutor

EXECUTORS = [SerialExecutor(), ProcessExecutor(1), ProcessExecutor(2)]

SCRIPT = """
from interlace.executor import ProcessExecutor
print("main runs", flush=True)
for result in ProcessExecutor(2).map({function}, {jobs}):
    print(result, flush=True)
"""


WORK = """
import os, time

def pid_then_sleep(seconds):
    time.sleep(seconds)
    return os.getpid()
"""


def _divide(pair: tuple[float, float]) -> float:
    return truediv(*pair)


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_results_come_in_the_order_of_the_jobs(executor: Executor) -> None:
    assert list(executor.map(abs, range(-20, 0))) == list(range(20, 0, -1))


@pytest.mark.parametrize("executor", EXECUTORS, ids=repr)
def test_an_error_of_a_job_is_raised_where_its_result_would_come(executor: Executor) -> None:
    results = executor.map(_divide_one, [2, 1, 0])
    assert [next(results), next(results)] == [0.5, 1.0]
    with pytest.raises(ZeroDivisionError):
        next(results)


def _divide_one(by: int) -> float:
    return _divide((1, by))


def test_a_pool_without_workers_is_refused() -> None:
    with pytest.raises(SpecError, match="at least 1"):
        ProcessExecutor(0)


def test_a_killed_worker_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(InfeasibleError, match="fewer workers"):
        list(ProcessExecutor(2).map(os._exit, [9]))


def test_leaving_early_ends_the_work_under_way() -> None:
    results = ProcessExecutor(2).map(time.sleep, [0, 60, 60])
    next(results)
    start = time.monotonic()
    results.close()  # type: ignore[attr-defined]
    assert time.monotonic() - start < 20


def test_what_a_check_raises_ends_the_work_under_way() -> None:
    start = time.monotonic()

    def check() -> None:
        if time.monotonic() - start > 1:
            raise RuntimeError("nobody wants it any more")

    with pytest.raises(RuntimeError, match="nobody wants it"):
        list(ProcessExecutor(2, check=check).map(time.sleep, [60, 60]))
    while multiprocessing.active_children():
        time.sleep(0.05)
    assert time.monotonic() - start < 20


def test_pools_of_two_threads_leave_the_main_module_alone() -> None:
    main = sys.modules["__main__"]
    pools = [
        threading.Thread(target=lambda: list(ProcessExecutor(2).map(abs, range(4))))
        for _ in range(3)
    ]
    for pool in pools:
        pool.start()
    for pool in pools:
        pool.join()
    assert sys.modules["__main__"] is main


def test_a_script_without_a_main_guard_runs_once() -> None:
    done = subprocess.run(
        [sys.executable, "-"],
        input=SCRIPT.format(function="abs", jobs="[-4]"),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == ["main runs", "4"]


def test_a_script_file_without_a_main_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(function="abs", jobs="[-4]"))
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == ["main runs", "4"]


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGKILL], ids=lambda s: s.name)
def test_no_worker_outlives_its_caller(ending: signal.Signals, tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    script = tmp_path / "script.py"
    script.write_text(
        "from work import pid_then_sleep\n"
        + SCRIPT.format(function="pid_then_sleep", jobs="[0, 0, 50, 50, 50, 50]")
    )
    with subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as caller:
        assert caller.stdout is not None
        assert caller.stderr is not None
        lines = [caller.stdout.readline() for _ in range(3)]
        workers = {int(line) for line in lines[1:]}
        if ending is signal.SIGINT:
            os.killpg(caller.pid, ending)  # as a terminal sends it: to the children too
        else:
            caller.kill()
        caller.wait(timeout=20)
        deadline = time.monotonic() + 20
        while any(_runs(pid) for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not any(_runs(pid) for pid in workers)
        # The caller's own KeyboardInterrupt, and nothing from the workers.
        assert caller.stderr.read().count("Traceback") == (ending is signal.SIGINT)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
