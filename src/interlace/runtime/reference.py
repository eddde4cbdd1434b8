"""What the undistributed circuit gives without noise, and how close a run came.

Two kinds of reference know the probability of any outcome. A Clifford circuit
gives all outcomes of an affine space over GF(2) equally often, at any size: the
space is spanned by what stim samples, up to a chance of 2^-200. Any other
circuit is followed exactly as one state vector, measurements deferred, where
that takes seconds.

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

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from interlace.circuit import NO_BIT, Circuit, OpTable, is_clifford
from interlace.compiler import Executable
from interlace.kernel import BoolArray, ByteArray, FloatArray, IntArray, derived_seed
from interlace.runtime.aer_backend import final_probabilities
from interlace.runtime.model import FidelityEstimate
from interlace.runtime.ports import SimulationJob
from interlace.runtime.stim_backend import StimSimulator

__all__ = ["Reference", "fidelity_of", "reference_of"]

_WORDS = "the undistributed circuit without noise"
_PROBES = 256
_LISTED = 64
_CELLS = 2**24
"""Bits of shots that are compared at a time."""

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
    def collision(self) -> float:
        """Sum p^2: the probability that two ideal shots agree."""
        ...

    def probability(self, bits: ByteArray) -> FloatArray:
        """Ideal probability of each shot, for shots of shape (N, program bits)."""
        ...

    def overlap(self, shots: float) -> float:
        """Expected plain Hellinger fidelity of that many ideal shots: 1 less its bias."""
        ...

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        """At most 64 outcomes with their probabilities, likeliest first; empty if all are rare."""
        ...


@dataclass(frozen=True, slots=True)
class _Affine:
    """All points of offset + span, equally likely.

    Attributes:
        offset: one outcome, shape (bits,).
        basis: rows in reduced echelon form, shape (dimension, bits).
        pivot: the column that each row alone has, shape (dimension,).
        measured: how many bits are measured at all.
    """

    offset: ByteArray
    basis: ByteArray
    pivot: IntArray
    measured: int

    @property
    def width(self) -> int:
        return self.measured

    @property
    def collision(self) -> float:
        return 2.0 ** -len(self.basis)

    def probability(self, bits: ByteArray) -> FloatArray:
        basis = self.basis.astype(np.float32)  # counts up to 256 are exact, and BLAS adds them
        step = max(1, _CELLS // bits.shape[1])
        strays = [
            self._strays(bits[begin : begin + step], basis) for begin in range(0, len(bits), step)
        ]
        return np.where(np.concatenate(strays), 0.0, self.collision)

    def _strays(self, bits: ByteArray, basis: NDArray[np.float32]) -> BoolArray:
        """Which shots lie outside; a point of the span is the sum of the rows of its pivots."""
        rest = bits ^ self.offset
        inside = (rest[:, self.pivot].astype(np.float32) @ basis).astype(np.int64) & 1
        return (rest != inside).any(axis=1)

    def overlap(self, shots: float) -> float:
        return float(_seen(np.array([shots * self.collision]))[0] ** 2)

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        if 2 ** len(self.basis) > _LISTED:
            return ()
        points = [_as_int(self.offset)]
        for row in self.basis:
            points += [point ^ _as_int(row) for point in points]
        return tuple((point, self.collision) for point in sorted(points))


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
    def collision(self) -> float:
        return float((self.p**2).sum())

    def probability(self, bits: ByteArray) -> FloatArray:
        numbers = bits[:, self.bits].astype(np.int64) @ (1 << np.arange(len(self.bits)))
        return self.p[numbers]

    def overlap(self, shots: float) -> float:
        p = self.p[self.p > 0]
        return float((p * _seen(shots * p)).sum() ** 2)

    def likeliest(self) -> tuple[tuple[int, float], ...]:
        top = np.lexsort((np.arange(len(self.p)), -self.p))[:_LISTED]
        return tuple(
            (sum(1 << int(bit) for k, bit in enumerate(self.bits) if number >> k & 1), float(p))
            for number, p in zip(top.tolist(), self.p[top].tolist(), strict=True)
            if p > 1e-12
        )


def reference_of(circuit: Circuit, *, seed: int) -> Reference | None:
    """The circuit's ideal distribution; `None` where that would take too long.

    Args:
        circuit: the input, with its measurements.
        seed: of the probes of a Clifford circuit.
    """
    program = _alone(circuit)
    if is_clifford(circuit.ops):
        return _affine(program, seed=derived_seed(seed, "reference"))
    found = final_probabilities(program)
    return None if found is None else _Table(*found)


def _alone(circuit: Circuit) -> Executable:
    """The circuit as a program on one node, one device qubit for each of its own."""
    ops, qubits = circuit.ops, circuit.num_qubits
    n = len(ops)
    return Executable(
        node=np.zeros(qubits, dtype=np.int64),
        device_qubit=np.arange(qubits),
        ops=ops,
        joint_op=np.arange(n),
        inserted=np.zeros(n, dtype=bool),
        link=np.full(n, -1),
        num_bits=circuit.num_clbits,
        num_program_bits=circuit.num_clbits,
    )


def _affine(program: Executable, *, seed: int) -> _Affine | None:
    """The affine space that samples span; `None` if it has nearly as many dimensions as probes."""
    dimension = int((program.ops.clbit != NO_BIT).sum())
    probes = min(_PROBES, dimension) + 200
    job = SimulationJob(program=program, noise=None, shots=probes, seed=seed)
    samples = StimSimulator().sample(job)
    offset = samples[0]
    basis, pivot = _echelon(samples[1:] ^ offset)
    if len(basis) > probes - 200:
        return None
    return _Affine(offset=offset, basis=basis, pivot=pivot, measured=_measured(program.ops))


def _measured(ops: OpTable) -> int:
    return len(np.unique(ops.clbit[ops.clbit != NO_BIT]))


def _echelon(rows: ByteArray) -> tuple[ByteArray, IntArray]:
    """Reduced row echelon form over GF(2) without its zero rows, and the pivot columns."""
    rows = rows.copy()
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        rank = len(pivots)
        below = np.flatnonzero(rows[rank:, column])
        if len(below) == 0:
            continue
        first = rank + int(below[0])
        rows[[rank, first]] = rows[[first, rank]]
        others = np.flatnonzero(rows[:, column])
        rows[others[others != rank]] ^= rows[rank]
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows[: len(pivots)], np.array(pivots, dtype=np.int64)


def _as_int(bits: ByteArray) -> int:
    return int.from_bytes(np.packbits(bits, bitorder="little").tobytes(), "little")


def fidelity_of(
    bits: ByteArray, reference: Reference | None, *, groups: Sequence[int]
) -> FidelityEstimate | None:
    """How close the outcomes are to the ideal ones; `None` where no estimator says anything.

    Args:
        bits: shape (shots, program bits), grouped.
        reference: the ideal distribution, if known.
        groups: shots in each group; groups vary independently. Fewer than 8 are cut into 20.
    """
    if reference is None or reference.width == 0 or len(bits) < 2:
        return None
    edges = _edges(len(bits), groups)
    if _bias(reference, len(bits), len(edges) - 1) <= _MOST_BIAS:
        kind, parts = "hellinger", _hellinger_parts(bits, reference, edges)
    elif _floor(reference) * (1.0 + _FLAT) < 1.0:
        kind, parts = "cross-entropy", _entropy_parts(bits, reference, edges)
    else:
        return None
    value, error = parts
    return FidelityEstimate(
        value=float(np.clip(value, 0.0, 1.0)), error=error, kind=kind, reference=_WORDS
    )


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
    value = groups * reference.overlap(shots) - (groups - 1) * reference.overlap(left)
    return abs(1.0 - value)


def _edges(shots: int, groups: Sequence[int]) -> IntArray:
    if len(groups) >= 8:
        return np.concatenate([[0], np.cumsum(groups)])
    return np.linspace(0, shots, min(20, shots) + 1).round().astype(np.int64)


def _hellinger_parts(bits: ByteArray, reference: Reference, edges: IntArray) -> tuple[float, float]:
    outcomes, inverse = np.unique(np.packbits(bits, axis=1), axis=0, return_inverse=True)
    first = np.zeros(len(outcomes), dtype=np.int64)
    first[inverse.ravel()[::-1]] = np.arange(len(bits))[::-1]
    root_p = np.sqrt(reference.probability(bits[first]))
    group = np.repeat(np.arange(len(edges) - 1), np.diff(edges))
    counts = np.zeros((len(edges) - 1, len(outcomes)))
    np.add.at(counts, (group, inverse.ravel()), 1.0)

    def value(tally: FloatArray) -> FloatArray:
        return (np.sqrt(tally) @ root_p) ** 2 / tally.sum(axis=-1)

    total = counts.sum(axis=0)
    return _jackknife(float(value(total)), value(total - counts))


def _entropy_parts(bits: ByteArray, reference: Reference, edges: IntArray) -> tuple[float, float]:
    # Divided by sum p^2 throughout: D alone would overflow at a thousand bits.
    ratio = reference.probability(bits) / reference.collision
    floor = _floor(reference)
    sums, shots = np.add.reduceat(ratio, edges[:-1]), np.diff(edges)

    def value(total: FloatArray, count: FloatArray) -> FloatArray:
        return (total / count - floor) / (1.0 - floor)

    total, count = sums.sum(), shots.sum()
    return _jackknife(float(value(total, count)), value(total - sums, count - shots))


def _floor(reference: Reference) -> float:
    """What uniformly random outcomes reach: 1 / (D sum p^2)."""
    return 2.0**-reference.width / reference.collision


def _jackknife(whole: float, left_out: FloatArray) -> tuple[float, float]:
    """Bias-corrected estimate and standard error from the estimates with one group left out."""
    n = len(left_out)
    value = n * whole - (n - 1) * float(left_out.mean())
    spread = float(((left_out - left_out.mean()) ** 2).sum())
    return value, float(np.sqrt((n - 1) / n * spread))
