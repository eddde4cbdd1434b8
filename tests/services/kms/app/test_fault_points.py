"""The table of fault points is what the code passes."""

from __future__ import annotations

import re
from pathlib import Path

from interlace.services.kms.app import fault_points

ROOM = Path(fault_points.__file__).parents[1]


def test_every_point_of_the_code_is_in_the_table_and_the_other_way_round() -> None:
    passed: set[str] = set()
    for path in ROOM.rglob("*.py"):
        passed |= set(re.findall(r'\bpoint(?:\(\s*|=)"([^"]+)"', path.read_text()))
    assert passed == set(fault_points.FAULT_POINTS)
