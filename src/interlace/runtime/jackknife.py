"""Standard errors of what is estimated from groups of shots that vary independently."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.kernel import FloatArray, IntArray

__all__ = ["FEWEST_GROUPS", "group_edges", "jackknifed"]

FEWEST_GROUPS = 8
"""Fewer groups than this say too little of how they vary."""

_CUT = 20


def group_edges(shots: int, groups: Sequence[int]) -> IntArray:
    """Where each group of shots begins, and the last one ends.

    Args:
        shots: in all.
        groups: shots in each group; fewer than 8 groups are taken as one and cut into 20.
    """
    if len(groups) >= FEWEST_GROUPS:
        return np.concatenate([[0], np.cumsum(groups)])
    return np.linspace(0, shots, min(_CUT, shots) + 1).round().astype(np.int64)


def jackknifed(whole: float, left_out: FloatArray) -> tuple[float, float]:
    """Bias-corrected estimate and standard error from the estimates with one group left out.

    The value is n w - (n - 1) m and the squared error (n - 1) / n sum_j (l_j - m)^2, with w the
    estimate from all n groups, l_j that without group j, and m the mean of the l_j: Efron and
    Stein, Ann. Statist. 9, 586 (1981), doi:10.1214/aos/1176345462.
    """
    n = len(left_out)
    value = n * whole - (n - 1) * float(left_out.mean())
    spread = float(((left_out - left_out.mean()) ** 2).sum())
    return value, float(np.sqrt((n - 1) / n * spread))
