"""Distances on a device's coupling map, weighted by what a SWAP costs there."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from interlace.compiler.costs import cost_at
from interlace.compiler.lattice import Lattice, fill_distances
from interlace.compiler.translate import Translator
from interlace.errors import InfeasibleError
from interlace.kernel import FloatArray
from interlace.network import Device

__all__ = ["Coupling"]

_BROKEN = -3 * math.log1p(-0.5)
"""A coupler whose SWAP is as bad as three gates that fail every other time is a last resort."""


@dataclass(slots=True)
class Coupling:
    """The coupling map as a weighted graph; distances are found row by row when asked for.

    An edge's weight is the error of a SWAP on it relative to the device's median one, bounded
    to [1/4, 1000]; 1 where the device gives no errors.
    """

    device: Device
    weights: dict[tuple[int, int], float]
    lattice: Lattice

    @staticmethod
    def of(device: Device, translator: Translator) -> Coupling:
        """Read the device's coupling map and the errors on it."""
        edges = sorted({(min(e), max(e)) for e in device.coupling or ()})
        errors = _swap_errors(device, translator, edges)
        kept = [edge for edge in edges if errors[edge] < _BROKEN]
        if len(kept) < len(edges) and _parts(device.qubits, kept) > _parts(device.qubits, edges):
            kept = edges
        median = float(np.median([errors[edge] for edge in kept])) if kept else 0.0
        weights: dict[tuple[int, int], float] = {}
        for a, b in kept:
            weight = min(1000.0, max(0.25, errors[a, b] / median)) if median else 1.0
            weights[a, b] = weights[b, a] = weight
        return Coupling(device, weights, _lattice(device.qubits, weights))

    def distances(self, qubit: int) -> FloatArray:
        """Weight of the lightest path from the qubit to every other, `inf`: none."""
        fill_distances(self.lattice, qubit)
        return self.lattice.distance[qubit]

    def closeness(self) -> FloatArray:
        """How near each qubit is to the others: number of neighbours, then of theirs."""
        degree = np.diff(self.lattice.start).astype(np.float64)
        ends = np.repeat(np.arange(len(degree)), np.diff(self.lattice.start))
        reach = np.bincount(ends, weights=degree[self.lattice.to], minlength=len(degree))
        return degree + 0.1 * reach

    def refusal(self, a: int, b: int, gate: str) -> InfeasibleError:
        """The error for two qubits that no path joins."""
        return InfeasibleError(
            f"device {self.device.name}: no path of couplings joins qubits {a} and {b}, which "
            f"the gate {gate!r} needs: add a coupling to the device"
        )


def _lattice(qubits: int, weights: Mapping[tuple[int, int], float]) -> Lattice:
    """The weighted edges, both ways, as arrays; no distance is known yet.

    Of the distances only the rows that are asked for take memory.
    """
    edges = sorted(weights)
    ends = np.array(edges, dtype=np.int64).reshape(-1, 2)
    return Lattice(
        start=np.searchsorted(ends[:, 0], np.arange(qubits + 1)),
        to=np.ascontiguousarray(ends[:, 1]),
        weight=np.array([weights[edge] for edge in edges], dtype=np.float64),
        distance=np.zeros((qubits, qubits)),
        is_known=np.zeros(qubits, dtype=np.bool_),
        queue=np.zeros(qubits, dtype=np.int64),
        is_queued=np.zeros(qubits, dtype=np.bool_),
    )


def _swap_errors(
    device: Device, translator: Translator, edges: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], float]:
    """Sum of -log(1 - error) over the two-qubit gates of a SWAP on each edge."""
    gates = translator.native("swap") if translator.makes("swap") else ()
    profiles = [(g, device.profile(g.name)) for g in gates if len(g.operands) == 2]
    errors: dict[tuple[int, int], float] = {}
    for edge in edges:
        total = 0.0
        for gate, profile in profiles:
            if profile is not None:
                where = tuple(edge[operand] for operand in gate.operands)
                total -= math.log1p(-min(cost_at(profile, where)[1], 1 - 1e-9))
        errors[edge] = total
    return errors


def _parts(qubits: int, edges: Iterable[tuple[int, int]]) -> int:
    """Number of connected parts."""
    root = list(range(qubits))

    def find(qubit: int) -> int:
        while root[qubit] != qubit:
            root[qubit] = root[root[qubit]]
            qubit = root[qubit]
        return qubit

    parts = qubits
    for a, b in edges:
        one, other = find(a), find(b)
        if one != other:
            root[one] = other
            parts -= 1
    return parts
