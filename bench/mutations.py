"""Mutants of correct plans: how many the check refuses, and what the others compute."""

from __future__ import annotations

import time

from tests.compiler.check.mutants import counted

__all__ = ["measure_mutations"]


def measure_mutations(*, number: int = 10_000, seed: int = 0) -> list[dict[str, object]]:
    """Break correct plans, check each, and let a simulator judge what passes.

    Args:
        number: mutants, all kinds in turn.
        seed: of the mutations.

    Returns:
        for each kind how many were tried, refused, equivalent (they pass and compute the same)
        and missed (they pass and do not: there must be none); the seconds of it all.
    """
    began = time.perf_counter()
    rows = counted(number, seed)
    total: dict[str, object] = {"mutation": "all"}
    for name in ("tried", "refused", "equivalent", "missed"):
        total[name] = sum(value for row in rows if isinstance(value := row[name], int))
    seconds = time.perf_counter() - began
    return [{**row, "seconds": "" if row is not total else seconds} for row in (*rows, total)]
