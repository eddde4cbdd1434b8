"""The run itself, in small: it ends with a table and no fault; Ctrl-C leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SOAK = [sys.executable, "-m", "soak", "--store", "sqlite"]


def left_of(folder: Path) -> list[str]:
    """Processes that name a folder."""
    found = []
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = command.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


@pytest.mark.slow
def test_a_small_run_with_kills_keeps_all_rules(checkout: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [*SOAK, "--deliveries", "1000", "--kills", "4", "--each", "0"],
        cwd=checkout, env={**os.environ, "TMPDIR": str(tmp_path)}, capture_output=True, text=True,
        check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "faults            0" in done.stdout
    assert "kms.settle.before-reply" in done.stdout
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_all_processes_and_leaves_no_files(
    how: signal.Signals, checkout: Path, tmp_path: Path
) -> None:
    with subprocess.Popen(
        SOAK, cwd=checkout, env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        until = time.monotonic() + 60
        while len(left_of(tmp_path)) < 6:
            assert process.poll() is None
            assert time.monotonic() < until
            time.sleep(0.1)
        process.send_signal(how)
        told, _ = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert "stopped" in told
    assert "Traceback" not in told
    time.sleep(0.5)
    assert left_of(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
