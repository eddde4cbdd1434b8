"""Distillation: two pairs into one better pair, kept when two measurements agree.

Both ends apply a CNOT from their half of the first pair to their half of the
second and measure the second. On Pauli errors, with bit parts b and phase parts
z: the outcomes agree when b_1 = b_2; the pair that is kept has b_1 and
z_1 xor z_2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from interlace.kernel import FloatArray
from interlace.physics.domain import require_range
from interlace.units import Probability

__all__ = ["Distilled", "bbpssw", "dejmps"]

_ROTATED = (0, 1, 3, 2)
"""Weights I, X, Z, Y: what half a turn about X at both ends makes of I, X, Y, Z."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Distilled:
    """What one try gives.

    Attributes:
        success_probability: that the two outcomes agree.
        state: Bell-diagonal weights (I, X, Y, Z) of the pair that is kept, shape (4,).
    """

    success_probability: Probability
    state: FloatArray


def bbpssw(
    first: ArrayLike,
    second: ArrayLike,
    *,
    gates: tuple[Probability, Probability] = (1.0, 1.0),
    readouts: tuple[Probability, Probability] = (1.0, 1.0),
) -> Distilled:
    """Two pairs to one by a CNOT at both ends: the bit errors show.

    With G = g_1 g_2 that both gates work (else both pairs are maximally mixed), s = m_1 m_2 +
    (1-m_1)(1-m_2) that the readouts agree truly, and a, b the weights of the two pairs:

        agree_k = sum over i, j of equal bit part with i j = k in phase, bit of i: a_i b_j
        differ_k = the same over i, j of unequal bit part
        P k' = G s agree_k + G (1-s) differ_k + (1-G)/8,   P = sum_k P k'

    Werner pairs, no noise, e = (1-F)/3: P = F^2 + 2Fe + 5e^2, F' = (F^2 + e^2)/P. The outcome
    is not Werner; the published recurrence twirls it. Sources: Bennett et al., Phys. Rev. Lett.
    76, 722 (1996), doi:10.1103/PhysRevLett.76.722; noise as in arXiv:2305.14573, eqs. 8-9. Exact
    for Bell-diagonal pairs and this noise.

    Args:
        first: weights (I, X, Y, Z) of the pair to keep.
        second: of the pair to measure.
        gates: probability that the CNOT of each end works.
        readouts: probability that each end's outcome is right.

    Raises:
        DomainError: a probability is out of range.

    Example:
        >>> from interlace.physics.bell import werner
        >>> better = bbpssw(werner(0.9), werner(0.9))
        >>> round(better.success_probability, 6), round(float(better.state[0]), 6)
        (0.875556, 0.926396)
    """
    require_range("gates", gates, low=0.0, high=1.0)
    require_range("readouts", readouts, low=0.0, high=1.0)
    works = gates[0] * gates[1]
    true = readouts[0] * readouts[1] + (1.0 - readouts[0]) * (1.0 - readouts[1])
    agree, differ = _sorted_by_parity(first, second)
    kept = works * (true * agree + (1.0 - true) * differ) + (1.0 - works) / 8.0
    p = float(kept.sum())
    return Distilled(success_probability=p, state=kept / p)


def dejmps(
    first: ArrayLike,
    second: ArrayLike,
    *,
    gates: tuple[Probability, Probability] = (1.0, 1.0),
    readouts: tuple[Probability, Probability] = (1.0, 1.0),
) -> Distilled:
    """Like `bbpssw`, after half a turn about X at both ends, which exchanges Y and Z.

    With (A, B, C, D) = (Phi+, Psi-, Psi+, Phi-) of equal pairs, no noise: P = (A+B)^2 + (C+D)^2,
    A' = (A^2 + B^2)/P, B' = 2CD/P, C' = (C^2 + D^2)/P, D' = 2AB/P. Without twirling; it pays from
    the second round on. Source: Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996),
    doi:10.1103/PhysRevLett.77.2818.

    Raises:
        DomainError: a probability is out of range.

    Example:
        >>> from interlace.physics.bell import werner
        >>> once = dejmps(werner(0.8), werner(0.8))
        >>> round(float(dejmps(once.state, once.state).state[0]), 6)
        0.943639
    """
    a, b = (np.asarray(pair, dtype=np.float64)[list(_ROTATED)] for pair in (first, second))
    return bbpssw(a, b, gates=gates, readouts=readouts)


def _sorted_by_parity(first: ArrayLike, second: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Weights of what is kept where the bit parts agree, and where they differ."""
    # row: bit part, column: phase part; I = 00, X = 10, Y = 11, Z = 01
    a = np.asarray(first, dtype=np.float64)[[[0, 3], [1, 2]]]
    b = np.asarray(second, dtype=np.float64)[[[0, 3], [1, 2]]]

    def kept(other: FloatArray) -> FloatArray:
        even = (a * other).sum(axis=1)
        odd = (a * other[:, ::-1]).sum(axis=1)
        return np.array([even[0], even[1], odd[1], odd[0]])

    return kept(b), kept(b[::-1])
