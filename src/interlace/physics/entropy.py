"""How much one bit of noise hides: the binary entropy, for numbers and arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["binary_entropy"]


def binary_entropy(p: ArrayLike) -> NDArray[np.float64]:
    """Entropy of a bit that is 1 with probability p: h(p) = -p log2 p - (1-p) log2(1-p).

    Args:
        p: any shape; taken to the nearer of 0 and 1 where rounding left that interval.

    Returns:
        h, of the same shape, in bits; h(0) = h(1) = 0.

    Example:
        >>> float(binary_entropy(0.5))
        1.0
    """
    q = np.clip(np.asarray(p, dtype=np.float64), 0.0, 1.0)
    tiny = np.finfo(np.float64).tiny
    ones = -q * np.log2(np.maximum(q, tiny))
    return ones - (1.0 - q) * np.log1p(-np.minimum(q, 1.0 - 2.0**-53)) / np.log(2.0)
