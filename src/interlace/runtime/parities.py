"""Parities that all ideal outcomes share, looked up in the outcomes of a run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.kernel import ByteArray, IntArray
from interlace.runtime.expectations import FlipCount, FlipTally, counted_flips
from interlace.runtime.jackknife import group_edges

__all__ = ["tallied_parities"]

_CELLS = 2**24
"""Bits that are gathered at a time."""


def tallied_parities(
    bits: ByteArray, *, start: IntArray, place: IntArray, parity: ByteArray, groups: Sequence[int]
) -> FlipTally:
    """How often each parity was not what it is without noise.

    Args:
        bits: of every shot, shape (shots, program bits).
        start: CSR offsets of the parities, none of which is empty, shape (C + 1,).
        place: the bits of each, shape (N,).
        parity: what each is without noise, shape (C,).
        groups: shots in each group; groups vary independently.
    """
    tally = FlipTally(len(parity))
    edges = group_edges(len(bits), groups)
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        tally.add(_count(bits[begin:end], start, place, parity))
    return tally


def _count(bits: ByteArray, start: IntArray, place: IntArray, parity: ByteArray) -> FlipCount:
    """Wrong parities of one group of shots, a few shots at a time."""
    step = max(1, _CELLS // max(1, len(place)))
    counts = [
        counted_flips(
            np.bitwise_xor.reduceat(bits[begin : begin + step, place], start[:-1], axis=1) ^ parity
        )
        for begin in range(0, len(bits), step)
    ]
    return FlipCount(
        by_product=np.sum([count.by_product for count in counts], axis=0),
        by_shot=np.concatenate([count.by_shot for count in counts]),
    )
