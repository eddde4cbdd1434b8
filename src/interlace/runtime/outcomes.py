"""Outcomes: from arrays of bits to the strings that people read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.circuit import Register
from interlace.kernel import ByteArray

__all__ = ["MOST_BITS", "counts_of", "printed"]

MOST_BITS = 64
"""Wider outcomes are not counted: hardly two of them would be the same."""


def counts_of(bits: ByteArray, registers: Sequence[Register]) -> tuple[tuple[str, int], ...] | None:
    """How often each outcome came, most frequent first; `None` above 64 bits.

    Args:
        bits: bit i of every shot in column i, shape (shots, width).
        registers: the classical registers whose bits these are, in order.
    """
    if bits.shape[1] > MOST_BITS:
        return None
    weights = np.left_shift(np.uint64(1), np.arange(bits.shape[1], dtype=np.uint64))
    values, counts = np.unique(bits.astype(np.uint64) @ weights, return_counts=True)
    pairs = sorted(zip(values.tolist(), counts.tolist(), strict=True), key=lambda p: (-p[1], p[0]))
    return tuple((printed(value, registers), count) for value, count in pairs)


def printed(value: int, registers: Sequence[Register]) -> str:
    """One outcome as Qiskit's `get_counts` prints it: the last register first, bit 0 rightmost.

    Example:
        >>> printed(0b101, (Register(name="a", size=1), Register(name="b", size=2)))
        '10 1'
    """
    words: list[str] = []
    for register in registers:
        words.append(format(value & ((1 << register.size) - 1), f"0{register.size}b"))
        value >>= register.size
    return " ".join(reversed(words))
