"""Commands in processes of their own: what they print, their time, their memory."""

from __future__ import annotations

import os
import resource
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Ended", "ended"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A command that ran.

    Attributes:
        out: what it printed; empty where it failed.
        why: the last line of its complaint where it failed, else empty.
        wall_s: from start to end.
        cpu_s: of the process and of all that it started, user and system time together.
        memory_mb: sum of the peaks of the process and of all that it started.
    """

    out: str
    why: str
    wall_s: float
    cpu_s: float
    memory_mb: float


MOST_OF_MEMORY = 0.85
"""What a command and all that it starts may take of the machine's memory."""


def ended(command: list[str], *, limit_s: float) -> Ended:
    """Run a command to its end, to the limit, or to the end of the machine's memory."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        peaks: dict[int, int] = {}
        full = threading.Event()
        watch = threading.Thread(target=_watch, args=(p, peaks, full), daemon=True)
        watch.start()
        try:
            out, err = p.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = "", f"more than {limit_s} s"
        watch.join()
        if full.is_set():
            out, err = "", f"more than {_most_kb() / 1e6:.0f} GB"
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    failed = p.returncode != 0
    why = (err.strip().splitlines() or ["failed"])[-1] if failed else ""
    return Ended(
        out="" if failed else out,
        why=why[:60],
        wall_s=time.perf_counter() - began,
        cpu_s=after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        memory_mb=sum(peaks.values()) / 1000,
    )


def _most_kb() -> float:
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return MOST_OF_MEMORY * pages / 1000


def _watch(process: subprocess.Popen[str], peaks: dict[int, int], full: threading.Event) -> None:
    """The largest memory so far [kB] of the process and its descendants, each by its number.

    The process is killed where memory runs out.
    """
    most_kb = _most_kb()
    while process.poll() is None:
        if sum(peaks.values()) > most_kb:
            full.set()
            process.kill()
            return
        for number in _family(process.pid):
            try:
                status = Path(f"/proc/{number}/status").read_text()
            except OSError:
                continue
            for line in status.splitlines():
                if line.startswith("VmHWM:"):
                    peaks[number] = max(peaks.get(number, 0), int(line.split()[1]))
        time.sleep(0.05)


def _family(root: int) -> list[int]:
    found, pending = [], [root]
    while pending:
        number = pending.pop()
        found.append(number)
        for children in Path(f"/proc/{number}/task").glob("*/children"):
            try:
                pending += map(int, children.read_text().split())
            except OSError:
                continue
    return found
