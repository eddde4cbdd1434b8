"""What finite counts leave open: how far a count may lie from its mean, one sample from another."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["hoeffding_deviation", "sampling_gap", "simple_sampling_gap"]

_TINY = np.finfo(np.float64).tiny


def hoeffding_deviation(total: ArrayLike, failure: ArrayLike) -> NDArray[np.float64]:
    """How far a part of `total` counts lies from its mean at most: delta = sqrt(n/2 ln(1/eps)).

    n: total, eps: chance of a larger deviation, above 0. Source: Hoeffding, J. Am. Stat. Assoc.
    58, 13 (1963), doi:10.1080/01621459.1963.10500830.

    Example:
        >>> round(float(hoeffding_deviation(1e4, 1e-10)), 3)
        339.307
    """
    n = np.maximum(np.asarray(total, dtype=np.float64), 0.0)
    return np.sqrt(n / 2.0 * np.log(1.0 / np.asarray(failure, dtype=np.float64)))


def sampling_gap(
    failure: ArrayLike, *, rate: ArrayLike, sampled: ArrayLike, other: ArrayLike
) -> NDArray[np.float64]:
    """How much larger the error rate of one random sample is than that of another at most.

        gamma(a, b, c, d) = sqrt( (c+d)(1-b)b / (c d ln 2) log2( (c+d) / (c d (1-b) b a^2) ) )
        b_0 = log2(1/a) (c+d)/(c d);    below it, b_0 - b + gamma(a, b_0, c, d)

    a: chance to be wrong, b: error rate of the sample that was looked at, c: its size, d: the other
    sample's. Source: Fung, Ma, Chau, Phys. Rev. A 81, 012318 (2010),
    doi:10.1103/PhysRevA.81.012318, as Lim et al., Phys. Rev. A 89, 022307 (2014) use it. It is an
    expansion about b and fails where errors are few: of none it would follow that there are none
    anywhere. As more errors never lower the bound, fewer than b_0 are counted as b_0; from there on
    the exact (hypergeometric) chance is below a, as a test shows. Sizes of at least 1, b up to 1/2;
    where the logarithm is negative, gamma is 0.
    """
    a, b, c, d = (np.asarray(x, dtype=np.float64) for x in (failure, rate, sampled, other))
    c, d = np.maximum(c, 1.0), np.maximum(d, 1.0)
    scarce = 1.0 / c + 1.0 / d
    counted = np.maximum(b, np.minimum(-np.log2(a) * scarce, 0.5))
    spread = counted * (1.0 - counted)
    inverse = scarce / np.maximum(spread, _TINY)
    bits = np.log2(np.maximum(inverse, _TINY)) - 2.0 * np.log2(a)
    return counted - b + np.sqrt(scarce * spread / np.log(2.0) * np.maximum(bits, 0.0))


def simple_sampling_gap(
    failure: ArrayLike, *, sampled: ArrayLike, other: ArrayLike
) -> NDArray[np.float64]:
    """The same for any error rate: gamma = sqrt( (c+d)/(c d) (d+1)/d ln(1/a) ).

    a: chance to be wrong, d: size of the sample that was looked at, c: of the other. Source:
    Serfling, Ann. Stat. 2, 39 (1974), doi:10.1214/aos/1176342611, in the form of Wiesemann et al.,
    arXiv:2405.16578. Sizes of at least 1.
    """
    a, d, c = (np.asarray(x, dtype=np.float64) for x in (failure, sampled, other))
    c, d = np.maximum(c, 1.0), np.maximum(d, 1.0)
    return np.sqrt((c + d) / (c * d) * (d + 1.0) / d * np.log(1.0 / a))
