"""The affine space of a program's results by stim's tableau: exact up to a chance of 2^-60."""

from __future__ import annotations

import numpy as np
import stim
from numpy.typing import NDArray

from interlace.circuit import NO_BIT
from interlace.compiler import Executable
from interlace.runtime.stabilizers import Outcomes
from interlace.runtime.stim_backend import stim_text

Bits = NDArray[np.uint8]

MORE = 60
"""Samples beyond the number of results: a dimension is missed with a chance of 2^-60."""


def samples_of(program: Executable, *, seed: int) -> Bits:
    """Results of every measurement, in program order, shape (M + 60, M)."""
    text, _ = stim_text(program, None)
    results = int((program.ops.clbit != NO_BIT).sum())
    sampler = stim.Circuit(text).compile_sampler(seed=seed)
    return sampler.sample(results + MORE).astype(np.uint8)


def rank(rows: Bits) -> int:
    """Over GF(2), by numbers as rows."""
    left = [int.from_bytes(np.packbits(row).tobytes(), "big") for row in rows]
    found = 0
    while left:
        pivot = left.pop()
        if pivot == 0:
            continue
        found += 1
        bit = 1 << (pivot.bit_length() - 1)
        left = [row ^ pivot if row & bit else row for row in left]
    return found


def check_matrix(found: Outcomes) -> Bits:
    """One row a check."""
    rows = np.zeros((len(found.check_start) - 1, len(found.reference)), dtype=np.uint8)
    for row, (begin, end) in enumerate(
        zip(found.check_start[:-1], found.check_start[1:], strict=True)
    ):
        rows[row, found.check_results[begin:end]] ^= 1
    return rows
