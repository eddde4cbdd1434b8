"""What waiting does to a qubit in memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from interlace.errors import DomainError
from interlace.kernel import FloatArray
from interlace.physics.domain import require_non_negative, require_positive

__all__ = ["idle_pauli"]


def idle_pauli(
    time_s: ArrayLike, *, t1_s: ArrayLike, t2_s: ArrayLike
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Probabilities of X, Y and Z after waiting: relaxation and dephasing, Pauli-twirled.

    With gamma = 1 - exp(-t/T1) the amplitude-damping and dephasing channel, averaged over
    conjugation by the Paulis, is the Pauli channel

        p_x = p_y = gamma / 4,    p_z = 1/2 - exp(-t/T2)/2 - gamma/4.

    It keeps <Z> -> exp(-t/T1) <Z> and <X> -> exp(-t/T2) <X> and loses only the drift towards |0>.
    Source: Ghosh, Fowler, Geller, Phys. Rev. A 86, 062318 (2012), doi:10.1103/PhysRevA.86.062318
    (arXiv:1210.5799), the Pauli-twirling approximation of amplitude and phase damping. Valid for
    T2 <= 2 T1 (no state otherwise) and Markovian noise.

    Args:
        time_s: how long, any shape.
        t1_s: relaxation time, `inf`: never; broadcasts against `time_s`.
        t2_s: dephasing time; a qubit limited by T1 alone has 2 T1. `inf` needs T1 = `inf`.

    Raises:
        DomainError: a negative time, a lifetime that is not positive, or T2 > 2 T1.

    Example:
        >>> p_x, p_y, p_z = idle_pauli(1.0, t1_s=float("inf"), t2_s=1.0)
        >>> round(float(p_z), 6)
        0.31606
    """
    t = np.asarray(time_s, dtype=np.float64)
    t1 = np.asarray(t1_s, dtype=np.float64)
    t2 = np.asarray(t2_s, dtype=np.float64)
    require_non_negative("waiting time", t)
    require_positive("T1", t1)
    require_positive("T2", t2)
    if bool(np.any(t2 > 2.0 * t1 * (1.0 + 1e-9))):
        raise DomainError("T2 must be at most 2 T1: no qubit keeps its phase longer than that")
    gamma = -np.expm1(-t / t1)
    p_xy = gamma / 4.0
    p_z = np.maximum(-np.expm1(-t / t2) / 2.0 - p_xy, 0.0)
    return p_xy, np.array(p_xy), p_z
