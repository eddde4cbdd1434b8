"""Products that are 1 without noise, and how often noise flipped them.

A stabilizer of the ideal state, or a parity that every ideal outcome has, is a product of value
+1 or -1 that noise can only lower. Two things are told of many of them:

- the mean of their expectations, <P> = 1 - 2 Pr(P flipped);
- the share of shots in which not one flipped. For n independent stabilizers of n qubits that is
  the fidelity of the state: the projector onto it is the product of all (1 + S_i) / 2, so that
  <psi| rho |psi> = Pr(all S_i = +1), which is the mean of <S> over the whole group that the S_i
  generate (Flammia and Liu, Phys. Rev. Lett. 106, 230501 (2011),
  doi:10.1103/PhysRevLett.106.230501).

Errors are standard errors over groups of shots that vary independently (the timelines). Where
all shots agree there is none to compute: with N shots the probability is then within 3 / N of
the share, with 95 % confidence (the rule of three: (1 - p)^N = 0.05 gives p of about 3 / N).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from interlace.kernel import ByteArray, FloatArray, IntArray
from interlace.runtime.jackknife import FEWEST_GROUPS, group_edges, jackknifed
from interlace.runtime.model import ProductMeans, WeakProduct
from interlace.runtime.products import Products

__all__ = ["FlipCount", "FlipTally", "counted_flips", "product_means"]

_MOST_WEAK = 5
_MOST_FACTORS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipCount:
    """What the flips of some shots add up to.

    Attributes:
        by_product: shots in which each product flipped, shape (G,).
        by_shot: products that flipped in each shot, shape (shots,).
    """

    by_product: IntArray
    by_shot: IntArray


def counted_flips(flips: ByteArray) -> FlipCount:
    """Count flips, shape (shots, G), both ways: so they need not be kept."""
    return FlipCount(
        by_product=flips.sum(axis=0, dtype=np.int64), by_shot=flips.sum(axis=1, dtype=np.int64)
    )


class FlipTally:
    """Flips of all groups of shots, added up as they come, group after group."""

    def __init__(self, products: int) -> None:
        self._flipped = np.zeros(products, dtype=np.int64)
        self._squares = np.zeros(products, dtype=np.int64)
        self._shots: list[IntArray] = []

    def add(self, count: FlipCount) -> None:
        """Add the next group."""
        self._flipped += count.by_product
        self._squares += count.by_product**2
        self._shots.append(count.by_shot)

    @property
    def groups(self) -> int:
        """Groups added so far."""
        return len(self._shots)

    @property
    def flipped(self) -> IntArray:
        """Shots in which each product flipped, shape (G,)."""
        return self._flipped

    @property
    def by_shot(self) -> IntArray:
        """Products that flipped in each shot, shape (shots,)."""
        return np.concatenate(self._shots) if self._shots else np.zeros(0, dtype=np.int64)

    def spread(self) -> FloatArray:
        """Standard error of each product's share of flipped shots, shape (G,).

        Over J groups of nearly as many shots: s^2 = J / (J - 1) sum_j (c_j - mean)^2 / N^2 of N
        shots; with fewer than 8 groups that of N independent shots, p (1 - p) / N.
        """
        shots, groups = len(self.by_shot), len(self._shots)
        if groups < FEWEST_GROUPS:
            share = self._flipped / shots
            return np.sqrt(share * (1.0 - share) / shots)
        squares = np.maximum(self._squares - self._flipped**2 / groups, 0.0)
        return np.sqrt(groups / (groups - 1) * squares) / shots


def product_means(
    tally: FlipTally, products: Products, *, groups: Sequence[int]
) -> ProductMeans | None:
    """What the flips say of the products; `None` where there are no products or hardly a shot.

    Args:
        tally: the flips of all shots.
        products: what was followed, in the same order.
        groups: shots in each group; groups vary independently.
    """
    by_shot, count = tally.by_shot, len(products)
    if count == 0 or len(by_shot) < 2:
        return None
    edges = group_edges(len(by_shot), groups)
    flipped, flipped_error = _mean(by_shot / count, edges)
    intact, intact_error = _mean((by_shot == 0).astype(np.float64), edges)
    return ProductMeans(
        count=count,
        shots=len(by_shot),
        mean=1.0 - 2.0 * flipped,
        mean_error=2.0 * flipped_error,
        intact=intact,
        intact_error=intact_error if 0.0 < intact < 1.0 else None,
        is_state=products.fix_the_state,
        lowest=_lowest(tally, products),
    )


def _mean(values: FloatArray, edges: IntArray) -> tuple[float, float]:
    """The mean over shots and its standard error from groups left out."""
    sums, shots = np.add.reduceat(values, edges[:-1]), np.diff(edges)
    total, count = float(sums.sum()), int(shots.sum())
    _, error = jackknifed(total / count, (total - sums) / (count - shots))
    return total / count, error


def _lowest(tally: FlipTally, products: Products) -> tuple[WeakProduct, ...]:
    """The few products that flipped most often."""
    flipped, spread = tally.flipped, tally.spread()
    shots = len(tally.by_shot)
    order = np.argsort(-flipped, kind="stable")[:_MOST_WEAK]
    return tuple(
        WeakProduct(
            factors=products.factors(row, most=_MOST_FACTORS),
            weight=products.weight(row),
            value=1.0 - 2.0 * float(flipped[row]) / shots,
            error=2.0 * float(spread[row]),
        )
        for row in order.tolist()
        if flipped[row]
    )
