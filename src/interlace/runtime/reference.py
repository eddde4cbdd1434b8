"""What the undistributed circuit gives without noise, and how close a run came.

Two kinds of reference know the probability of any outcome. A Clifford circuit
gives all outcomes of an affine space over GF(2) equally often, at any size
(`interlace.runtime.stabilizers`). Any other circuit is followed exactly as one
state vector, measurements deferred, where that takes seconds.

Two estimators, both with a standard error from a jackknife over groups of shots
(the timelines, so that their spread is in it):

- `hellinger`, (sum_x sqrt(p(x) q(x)))^2 of the ideal p and the measured q. The
  plain estimate is low by about (K - 1) / (4 N) for K outcomes and N shots; the
  jackknife removes that order (Efron and Stein, Ann. Statist. 9, 586 (1981),
  doi:10.1214/aos/1176345462). What it leaves is known for shots that follow p:
  with k of mean N p(x) shots in outcome x, q(x) = k / N and E[sqrt k] is that of
  a Poisson number. Where that is more than 0.005, this estimator is not used.
- `cross-entropy`, (D <p> - 1) / (D sum p^2 - 1) with D outcomes in all and <p>
  the mean ideal probability of what was measured (Arute et al., Nature 574, 505
  (2019), doi:10.1038/s41586-019-1666-5, normalised to 1 for the ideal run). It is
  unbiased for the share of shots that follow p while the rest is uniform. Where p
  itself is uniform it says nothing, and there is no estimate.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from scipy.special import gammaln

from interlace.circuit import Circuit, is_clifford
from interlace.compiler import Executable
from interlace.kernel import ByteArray, FloatArray, IntArray
from interlace.runtime.aer_backend import final_probabilities
from interlace.runtime.affine import affine_space
from interlace.runtime.jackknife import group_edges, jackknifed
from interlace.runtime.model import FidelityEstimate
from interlace.runtime.stabilizers import outcomes_of

__all__ = ["Reference", "fidelity_of", "lone_program", "reference_of"]

_WORDS = "the undistributed circuit without noise"
_LISTED = 64

_MOST_BIAS = 0.005
"""Up to this bias of an ideal run the Hellinger fidelity is estimated."""

_MANY = 30.0
"""From so many shots in an outcome on, E[sqrt k] has a short series."""

_GRID = np.geomspace(1e-6, _MANY, 200)

_FLAT = 0.05
"""D sum p^2 - 1 up to this is called uniform."""


class Reference(Protocol):
    """The ideal distribution of a circuit's outcomes."""

    @property
    def width(self) -> int:
        """Bits that are measured at all."""
        ...

    @property
    def log2_collision(self) -> float:
        """Binary logarithm of sum p^2, the probability that two ideal shots agree."""
        ...

    @property
    def levels(self) -> tuple[FloatArray, FloatArray]:
        """Probabilities that outcomes have, and that of all outcomes of each level together."""
        ...

    def probability(self, bits: ByteArray) -> FloatArray:
        """Ideal probability of each shot, for shots of shape (N, program bits).

        It may be less than the smallest number; `ratio` is not.
        """
        ...

    def ratio(self, bits: ByteArray) -> FloatArray:
        """Each shot's ideal probability over sum p^2."""
        ...

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        """At most 64 outcomes with their probabilities, likeliest first; empty if all are rare."""
        ...


@dataclass(frozen=True, slots=True)
class _Table:
    """A probability for each outcome of the measured bits.

    Attributes:
        bits: the program bits that are measured, ascending.
        p: by the number that they form, the first one lowest, shape (2^len(bits),).
    """

    bits: IntArray
    p: FloatArray

    @property
    def width(self) -> int:
        return len(self.bits)

    @property
    def log2_collision(self) -> float:
        return float(np.log2((self.p**2).sum()))

    @property
    def levels(self) -> tuple[FloatArray, FloatArray]:
        p = self.p[self.p > 0]
        return p, p

    def probability(self, bits: ByteArray) -> FloatArray:
        numbers = bits[:, self.bits].astype(np.int64) @ (1 << np.arange(len(self.bits)))
        return self.p[numbers]

    def ratio(self, bits: ByteArray) -> FloatArray:
        return self.probability(bits) / 2.0**self.log2_collision

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        top = np.lexsort((np.arange(len(self.p)), -self.p))[:_LISTED]
        return tuple(
            (sum(1 << int(bit) for k, bit in enumerate(self.bits) if number >> k & 1), float(p))
            for number, p in zip(top.tolist(), self.p[top].tolist(), strict=True)
            if p > 1e-12
        )


def reference_of(circuit: Circuit) -> Reference | None:
    """The circuit's ideal distribution; `None` where that would take too long.

    Args:
        circuit: the input, with its measurements.
    """
    program = lone_program(circuit)
    if is_clifford(circuit.ops):
        outcomes = outcomes_of(program)
        return None if outcomes is None else affine_space(circuit.ops, outcomes)
    found = final_probabilities(program)
    return None if found is None else _Table(*found)


def lone_program(circuit: Circuit) -> Executable:
    """The circuit as a program on one node, one device qubit for each of its own."""
    ops, qubits = circuit.ops, circuit.num_qubits
    n = len(ops)
    return Executable(
        node=np.zeros(qubits, dtype=np.int64),
        device_qubit=np.arange(qubits),
        ops=ops,
        joint_op=np.arange(n),
        swap=np.full(n, -1),
        link=np.full(n, -1),
        num_bits=circuit.num_clbits,
        num_program_bits=circuit.num_clbits,
    )


def fidelity_of(
    bits: ByteArray, reference: Reference | None, *, groups: Sequence[int]
) -> FidelityEstimate | None:
    """How close the outcomes are to the ideal ones; `None` where no estimator says anything.

    Args:
        bits: shape (shots, program bits), grouped.
        reference: the ideal distribution, if known.
        groups: shots in each group; groups vary independently. Fewer than 8 are cut into 20.

    Shots that all are possible ideal ones do not vary in that, though another run's might: the
    standard error is at least sqrt((k + 1) (N - k) / (N - 1)) / N, that of the share of N shots
    that cannot be, with k the smaller one of the numbers of shots that can and that cannot, and one
    more. Where none can be, value and error are 0.
    """
    if reference is None or reference.width == 0 or len(bits) < 2:
        return None
    edges = group_edges(len(bits), groups)
    if _bias(reference, len(bits), len(edges) - 1) <= _MOST_BIAS:
        kind, parts = "hellinger", _hellinger_parts(bits, reference, edges)
    elif _floor(reference) * (1.0 + _FLAT) < 1.0:
        kind, parts = "cross-entropy", _entropy_parts(bits, reference, edges)
    else:
        return None
    value, error = parts
    strays = int(np.count_nonzero(reference.ratio(bits) == 0.0))
    if strays < len(bits):
        error = max(error, _least_error(min(strays, len(bits) - strays), len(bits)))
    return FidelityEstimate(
        value=float(np.clip(value, 0.0, 1.0)),
        error=error,
        kind=kind,
        reference=_WORDS,
    )


def _least_error(few: int, shots: int) -> float:
    """Standard error of a share of which `few` shots are seen, at least 1 / `shots`."""
    return math.sqrt((few + 1) * (shots - few) / (shots - 1)) / shots


def _seen(mean: FloatArray) -> FloatArray:
    """E[sqrt k] / sqrt(mean) of Poisson numbers k: how much of an outcome its shots show."""
    few = np.minimum(mean, _MANY)
    k = np.arange(1, 4 * int(_MANY))
    weights = np.exp(k * np.log(_GRID)[:, None] - _GRID[:, None] - gammaln(k + 1.0))
    table = (weights @ np.sqrt(k)) / np.sqrt(_GRID)
    rare = np.interp(np.log(np.maximum(few, _GRID[0])), np.log(_GRID), table)
    rare = np.where(mean < _GRID[0], np.sqrt(mean), rare)
    often = np.maximum(mean, _MANY)
    return np.where(mean < _MANY, rare, 1.0 - 1.0 / (8.0 * often) - 7.0 / (128.0 * often**2))


def _bias(reference: Reference, shots: int, groups: int) -> float:
    """How far the jackknifed Hellinger fidelity of that many ideal shots is from 1."""
    left = shots * (1.0 - 1.0 / groups)
    value = groups * _overlap(reference, shots) - (groups - 1) * _overlap(reference, left)
    return abs(1.0 - value)


def _overlap(reference: Reference, shots: float) -> float:
    """Expected plain Hellinger fidelity of that many ideal shots: 1 less its bias."""
    p, together = reference.levels
    return float((together * _seen(shots * p)).sum() ** 2)


def _hellinger_parts(bits: ByteArray, reference: Reference, edges: IntArray) -> tuple[float, float]:
    outcomes, inverse = np.unique(np.packbits(bits, axis=1), axis=0, return_inverse=True)
    first = np.zeros(len(outcomes), dtype=np.int64)
    first[inverse.ravel()[::-1]] = np.arange(len(bits))[::-1]
    root_p = np.sqrt(reference.probability(bits[first]))
    shots, groups = np.diff(edges), len(edges) - 1
    group = np.repeat(np.arange(groups), shots)
    # Few outcomes come in each group: a table of groups by outcomes would not fit the memory.
    pairs, count = np.unique(inverse.ravel() * groups + group, return_counts=True)
    outcome, left_out = pairs // groups, pairs % groups
    total = np.bincount(inverse.ravel())[outcome]
    overlap = np.sqrt(np.bincount(inverse.ravel())) @ root_p
    lost = (np.sqrt(total) - np.sqrt(total - count)) * root_p[outcome]
    others = overlap - np.bincount(left_out, weights=lost, minlength=groups)
    return jackknifed(float(overlap**2) / len(bits), others**2 / (len(bits) - shots))


def _entropy_parts(bits: ByteArray, reference: Reference, edges: IntArray) -> tuple[float, float]:
    # Divided by sum p^2 throughout: D alone would overflow at a thousand bits.
    ratio = reference.ratio(bits)
    floor = _floor(reference)
    sums, shots = np.add.reduceat(ratio, edges[:-1]), np.diff(edges)

    def value(total: FloatArray, count: FloatArray) -> FloatArray:
        return (total / count - floor) / (1.0 - floor)

    total, count = sums.sum(), shots.sum()
    return jackknifed(float(value(total, count)), value(total - sums, count - shots))


def _floor(reference: Reference) -> float:
    """What uniformly random outcomes reach: 1 / (D sum p^2)."""
    return 2.0 ** (-reference.width - reference.log2_collision)
