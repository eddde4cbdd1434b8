"""The reference tables beside this file, row by row."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, float | None]]:
    """Column to number, `None` where nothing is written; lines with # are comments."""
    lines = (FOLDER / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    table = csv.DictReader(line for line in lines if not line.startswith("#"))
    return [{key: float(text) if text else None for key, text in row.items()} for row in table]
