"""What it changes to treat both ways to misread a qubit alike, and how often it is misread.

Misreading is a classical channel: 0 is read as 1 with probability e_0, 1 as 0 with e_1. With the
mean (e_0 + e_1) / 2 in the place of both, the distribution of one reading moves by the total
variation |e_0 - e_1| / 2, whatever the qubit's state. Readings that agree lead to the same rest
of the program, so by a coupling of both runs, reading by reading, no event's probability moves
by more than 1 - prod_m (1 - |e_0m - e_1m| / 2) over all measurements m.
"""

from __future__ import annotations

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler import Executable
from interlace.kernel import ByteArray, FloatArray, IntArray
from interlace.runtime.ports import Noise
from interlace.units import Probability

__all__ = ["MOST_SHIFT", "misreadings", "readout_shift"]

MOST_SHIFT: Probability = 0.01
"""From here on it matters that two ways to misread are made one."""


def readout_shift(program: Executable, noise: Noise) -> Probability:
    """How much at most an outcome's probability moves if misreading is symmetrised.

    Args:
        program: what is measured when.
        noise: of one timeline; readout errors are the same on all.

    Returns:
        1 - prod_m (1 - |e_0m - e_1m| / 2), in [0, 1].
    """
    flips = noise.readout[_measured(program)]
    return float(-np.expm1(np.log1p(-np.abs(flips[:, 0] - flips[:, 1]) / 2).sum()))


def misreadings(program: Executable, noise: Noise, bits: ByteArray | None = None) -> float:
    """Expected number of wrong readings in a shot.

    A reading is wrong with (1 - p) e_0 + p e_1, where p is the probability that the qubit is 1.
    From the share r of ones that were read, r = p (1 - e_1) + (1 - p) e_0 gives
    p = (r - e_0) / (1 - e_0 - e_1). Where r is not known, as for the measurements inside
    protocols, whose results are even, p is 1/2.

    Args:
        program: what is measured when.
        noise: of one timeline; readout errors are the same on all.
        bits: the program's bits of every shot, read with both ways to misread apart, shape
            (shots, bits); `None`: they are symmetrised, or there are none yet.
    """
    flips = noise.readout[_measured(program)]
    is_one = np.full(len(flips), 0.5)
    if bits is not None and len(bits):
        clbit = program.ops.clbit[program.ops.clbit != NO_BIT]
        last = {int(bit): k for k, bit in enumerate(clbit) if bit < program.num_program_bits}
        own = np.array(list(last), dtype=np.int64)
        at = np.array(list(last.values()), dtype=np.int64)
        to_one, to_zero = flips[at, 0], flips[at, 1]
        kept: FloatArray = 1.0 - to_one - to_zero
        tells = kept > 1e-9
        share = bits[:, own].mean(axis=0, dtype=np.float64)
        found = np.clip((share[tells] - to_one[tells]) / kept[tells], 0.0, 1.0)
        is_one[at[tells]] = found
    return float(((1.0 - is_one) * flips[:, 0] + is_one * flips[:, 1]).sum())


def _measured(program: Executable) -> IntArray:
    """The qubit of each measurement, in order."""
    ops = program.ops
    return ops.operands[ops.start[:-1][ops.clbit != NO_BIT]]
