"""CPU seconds that a light start takes."""

from __future__ import annotations

import resource
import subprocess
import sys

STARTS = {
    "import interlace": (["-c", "import interlace"], 0.2),
    "interlace --help": (["-m", "interlace", "--help"], 0.3),
    "interlace run --help": (["-m", "interlace", "run", "--help"], 0.3),
    "python itself": (["-c", ""], None),
}
REPEATS = 7


def measure_startup() -> list[dict[str, object]]:
    """The least of several starts, user and system time together."""
    rows: list[dict[str, object]] = []
    for name, (arguments, goal_s) in STARTS.items():
        cpu_s = min(once(arguments) for _ in range(REPEATS))
        met = "" if goal_s is None else ("yes" if cpu_s < goal_s else "NO")
        rows.append({"start": name, "cpu_s": cpu_s, "goal_s": goal_s or "", "met": met})
    return rows


def once(arguments: list[str]) -> float:
    """CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
