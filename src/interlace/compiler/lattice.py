"""A coupling map as arrays, with the distances on it that were asked for so far."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interlace.kernel import BoolArray, FloatArray, IntArray, in_place

__all__ = ["Lattice", "fill_distances"]


class Lattice(NamedTuple):
    """A coupling map of D qubits as a weighted graph.

    Attributes:
        start: CSR of the neighbours of each qubit, shape (D + 1,).
        to: these, ascending, shape (E,).
        weight: of the edge to each, shape (E,).
        distance: weight of the lightest path, `inf`: none, row by row as `is_known` tells,
            shape (D, D).
        is_known: shape (D,).
        queue, is_queued: room to work, shape (D,).
    """

    start: IntArray
    to: IntArray
    weight: FloatArray
    distance: FloatArray
    is_known: BoolArray
    queue: IntArray
    is_queued: BoolArray


@in_place
def fill_distances(lattice: Lattice, source: int) -> None:
    """Make the row of one qubit known: each qubit is looked at again when a lighter path is."""
    if lattice.is_known[source]:
        return
    size = len(lattice.queue)
    row = lattice.distance[source]
    for qubit in range(size):
        row[qubit] = np.inf
    row[source] = 0.0
    lattice.queue[0], head, waiting = source, 0, 1
    lattice.is_queued[source] = True
    while waiting > 0:
        here = lattice.queue[head]
        head, waiting = (head + 1) % size, waiting - 1
        lattice.is_queued[here] = False
        for edge in range(lattice.start[here], lattice.start[here + 1]):
            there, length = lattice.to[edge], row[here] + lattice.weight[edge]
            if length < row[there]:
                row[there] = length
                if not lattice.is_queued[there]:
                    lattice.is_queued[there] = True
                    lattice.queue[(head + waiting) % size] = there
                    waiting += 1
    lattice.is_known[source] = True
