"""The programs of `make examples` run, and set exact, one machine and network side by side."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = sorted((ROOT / "examples").glob("*.py"))
KNOWN = {
    "ising_evolution": r"0\.25 +0\.926 ",  # 1 - 2 (0.8 t)^2 and on
    "maxcut_qaoa": r"exact +6 at best",
    "molecule_energy": r"exact +-1\.1373",  # full configuration interaction in this basis
}


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_an_example_runs_and_compares(program: Path) -> None:
    done = subprocess.run(
        [sys.executable, program], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert re.search(KNOWN[program.stem], done.stdout)
    for words in ("exact", "one machine", "the network"):
        assert words in done.stdout
    ebits = re.search(r"The network costs (\d+) ebits and (\d+) ms a shot", done.stdout)
    assert ebits is not None
    assert int(ebits[1]) > 0
    waiting = re.search(r"took (\d+) % of the time \(([\d.]+) ms\)", done.stdout)
    assert waiting is not None
    share = 100 * float(waiting[2]) / int(ebits[2])  # both of one circuit, as rounded in print
    assert share == pytest.approx(int(waiting[1]), abs=2.0)


def test_there_are_three_examples() -> None:
    assert {path.stem for path in PROGRAMS} == set(KNOWN)
