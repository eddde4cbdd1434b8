"""CPU seconds that a light start takes."""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Iterator

STARTS = {
    "import interlace": (["-c", "import interlace"], 0.2),
    "interlace --help": (["-m", "interlace", "--help"], 0.3),
    "interlace run --help": (["-m", "interlace", "run", "--help"], 0.3),
    "python itself": (["-c", ""], None),
}
REPEATS = 7


def measure_startup() -> Iterator[dict[str, object]]:
    """The least of several starts, user and system time together."""
    for name, (arguments, goal_s) in STARTS.items():
        cpu_s = min(once(arguments) for _ in range(REPEATS))
        met = "" if goal_s is None else ("yes" if cpu_s < goal_s else "NO")
        yield {"start": name, "cpu_s": cpu_s, "goal_s": goal_s or "", "met": met}


def once(arguments: list[str]) -> float:
    """CPU seconds of one process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
