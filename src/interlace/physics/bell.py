"""Bell-diagonal states: two qubits, a Pauli error on one half of Phi+.

A state is four weights (I, X, Y, Z) = (Phi+, Psi+, Psi-, Phi-) with sum 1;
arrays hold many, shape (..., 4). A Pauli channel on one half is such a state
too, so `compose` both swaps two pairs and ages one.

The weights convolve over the group Z2 x Z2 (Pauli products up to phase).
Its characters, a Walsh-Hadamard transform, turn that into a plain product:

    l_x = (I + X) - (Y + Z),   l_y = (I + Y) - (X + Z),   l_z = (I + Z) - (X + Y)

which are the correlations <XX>, -<YY>, <ZZ> of the pair. A Werner state has
all three equal to w = (4F - 1)/3.

Sources: Bennett, DiVincenzo, Smolin, Wootters, Phys. Rev. A 54, 3824 (1996),
doi:10.1103/PhysRevA.54.3824, Sec. II (Bell-diagonal and Werner states);
Briegel, Dur, Cirac, Zoller, Phys. Rev. Lett. 81, 5932 (1998),
doi:10.1103/PhysRevLett.81.5932 (swapping multiplies Werner parameters).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from interlace.kernel import FloatArray
from interlace.physics.domain import require_range
from interlace.units import Fidelity, Probability

__all__ = ["characters", "compose", "from_characters", "noisy_swap", "werner"]

_SIGNS: FloatArray = np.array(
    [[1.0, 1.0, -1.0, -1.0], [1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]]
)
"""Row k: the character of X, Y, Z; column: the weight of I, X, Y, Z."""


def werner(fidelity: Fidelity) -> tuple[float, float, float, float]:
    """Weights of the Werner state of that fidelity: (F, (1-F)/3, (1-F)/3, (1-F)/3).

    Raises:
        DomainError: the fidelity is not between 0 and 1.

    Example:
        >>> werner(0.7)[0]
        0.7
    """
    require_range("fidelity", fidelity, low=0.0, high=1.0)
    rest = (1.0 - fidelity) / 3.0
    return (fidelity, rest, rest, rest)


def characters(state: ArrayLike) -> FloatArray:
    """The three characters (l_x, l_y, l_z) of weights, shape (..., 4) to (..., 3).

    Example:
        >>> characters((1.0, 0.0, 0.0, 0.0)).tolist()
        [1.0, 1.0, 1.0]
    """
    return np.asarray(state, dtype=np.float64) @ _SIGNS.T


def from_characters(character: ArrayLike) -> FloatArray:
    """Weights from the three characters, shape (..., 3) to (..., 4); inverse of `characters`.

    Tiny negative weights that rounding leaves are set to zero.
    """
    weights = (1.0 + np.asarray(character, dtype=np.float64) @ _SIGNS) / 4.0
    return np.maximum(weights, 0.0)


def compose(first: ArrayLike, second: ArrayLike) -> FloatArray:
    """Swap two pairs, or let a Pauli channel act on one: c_I = sum_k a_k b_k, and cyclically.

    c_X = a_I b_X + a_X b_I + a_Y b_Z + a_Z b_Y, likewise Y and Z. Exact for an ideal
    Bell-state measurement with its correction applied. Shapes (..., 4) broadcast.

    Example:
        >>> compose((0.9, 0.05, 0.03, 0.02), (0.85, 0.05, 0.02, 0.08)).round(4).tolist()
        [0.7697, 0.0903, 0.0485, 0.0915]
    """
    a = np.asarray(first, dtype=np.float64)
    b = np.asarray(second, dtype=np.float64)
    # numbered 0..3, Paulis multiply (up to phase) by exclusive or: X Y ~ Z, 1 ^ 2 = 3
    numbers = np.arange(4)
    return np.stack([np.sum(a * b[..., numbers ^ k], axis=-1) for k in range(4)], axis=-1)


def noisy_swap(
    first: ArrayLike, second: ArrayLike, *, gate: Probability = 1.0, readout: Probability = 1.0
) -> FloatArray:
    """Swap two pairs at a node whose gate and readouts err.

    With c the ideal outcome (`compose`), g the probability that the gate works, else the pair is
    maximally mixed, and m that each of the two readouts is right, a wrong one adding an X or a Z:

        out_k = g [m^2 c_k + m (1-m) (c_kX + c_kZ) + (1-m)^2 c_kY] + (1-g)/4

    Source: Briegel, Dur, Cirac, Zoller, Phys. Rev. Lett. 81, 5932 (1998),
    doi:10.1103/PhysRevLett.81.5932, there for Werner pairs. Shapes (..., 4) broadcast.

    Raises:
        DomainError: a probability is out of range.

    Example:
        >>> out = noisy_swap(werner(0.98), werner(0.98), gate=0.995, readout=0.995)
        >>> round(float(out[0]), 6)
        0.947578
    """
    require_range("gate", gate, low=0.0, high=1.0)
    require_range("readout", readout, low=0.0, high=1.0)
    right, wrong = readout, 1.0 - readout
    misread = (right**2, right * wrong, wrong**2, right * wrong)
    return gate * compose(compose(first, second), misread) + (1.0 - gate) / 4.0
