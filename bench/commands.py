"""Wall and CPU seconds of whole commands on the examples."""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
NETWORK = str(EXAMPLES / "three-cities.yaml")
GHZ = str(EXAMPLES / "ghz.qasm")
COMMANDS = {
    "network check": ["network", "check", NETWORK],
    "distribute ghz": ["distribute", GHZ, "--network", NETWORK, "-o", "plan.json"],
    "run plan.json": ["run", "plan.json", "--shots", "4096"],
    "run ghz, all reports": [
        "run", GHZ, "--network", NETWORK, "--shots", "4096",
        "--html", "a.html", "--json", "a.json", "--png", "a.png",
    ],
    "run ghz, a million shots": ["run", GHZ, "--network", NETWORK, "--shots", "1000000"],
    "run ghz, 1000 timelines": ["run", GHZ, "--network", NETWORK, "--timelines", "1000"],
}  # fmt: skip


def measure_commands() -> Iterator[dict[str, object]]:
    """Each command once, in one folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, arguments in COMMANDS.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "interlace", *arguments],
                cwd=folder,
                check=True,
                capture_output=True,
            )
            wall_s = time.perf_counter() - began
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            yield {"command": name, "wall_s": wall_s, "cpu_s": cpu_s}
