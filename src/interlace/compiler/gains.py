"""What it saves to move a vertex from its block to another.

What a move of vertex v from block a to block b saves is

    g(v, b) = c(v, b) - c(v, a),    c(v, x) = weight of the hyperedges of v with another pin in x.

A vertex costs the pins of its hyperedges; a hyperedge with more pins than there are blocks
counts them by block instead.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interlace.compiler.coarsening import Wiring
from interlace.compiler.plan import NONE
from interlace.kernel import IntArray, compiled, in_place

__all__ = ["Looks", "Parts", "best_move", "counted", "moved"]


class Parts(NamedTuple):
    """A partition of V vertices into k blocks.

    Attributes:
        block: of each vertex, shape (V,).
        load: sizes of each block's vertices together, shape (k,).
        room: what it may be, shape (k,).
        row: where the pins of each hyperedge are counted, or `NONE`, shape (E,).
        counts: for each hyperedge that has a row, its pins by block.
    """

    block: IntArray
    load: IntArray
    room: IntArray
    row: IntArray
    counts: IntArray


class Looks(NamedTuple):
    """What looks at vertices write on.

    Attributes:
        shared: c(v, x) of the vertex at hand, shape (k,); 0 between looks.
        near: blocks with c(v, x) > 0.
        turn: how many hyperedges were looked at, pin by pin, shape (1,).
        seen: the last such look that met each block, shape (k,).
    """

    shared: IntArray
    near: IntArray
    turn: IntArray
    seen: IntArray


@compiled
def counted(start: IntArray, pins: IntArray, block: IntArray, k: int) -> tuple[IntArray, IntArray]:
    """Pins by block of the hyperedges with more pins than blocks, and where each one's begin."""
    row = np.full(len(start) - 1, NONE, dtype=np.int64)
    total = 0
    for edge in range(len(row)):
        if start[edge + 1] - start[edge] > k:
            row[edge] = total
            total += k
    counts = np.zeros(total, dtype=np.int64)
    for edge in range(len(row)):
        if row[edge] != NONE:
            for at in range(start[edge], start[edge + 1]):
                counts[row[edge] + block[pins[at]]] += 1
    return row, counts


@in_place
def best_move(wires: Wiring, parts: Parts, looks: Looks, vertex: int) -> tuple[int, int, int]:
    """Where a vertex gains most, or `NONE`; g(v, b) and c(v, a). The lighter of equal blocks."""
    here, size = int(parts.block[vertex]), wires.sizes[vertex]
    near = _look(wires, parts, looks, vertex)
    own = int(looks.shared[here])
    best, gain = NONE, 0
    for index in range(near):
        block = int(looks.near[index])
        if block == here or parts.load[block] + size > parts.room[block]:
            continue
        more = int(looks.shared[block]) - own
        is_lighter = best == NONE or parts.load[block] < parts.load[best]
        if best == NONE or more > gain or (more == gain and is_lighter):
            best, gain = block, more
    for index in range(near):
        looks.shared[looks.near[index]] = 0
    return best, gain, own


@in_place
def _look(wires: Wiring, parts: Parts, looks: Looks, vertex: int) -> int:
    """c(v, x) of a vertex into `shared`; how many blocks are `near`."""
    k, near = len(parts.load), 0
    for at in range(wires.begin[vertex], wires.begin[vertex + 1]):
        edge = int(wires.touching[at])
        weight, row = int(wires.weights[edge]), int(parts.row[edge])
        if row != NONE:
            for block in range(k):
                own = 1 if parts.block[vertex] == block else 0
                if parts.counts[row + block] > own:
                    near = _share(looks, block, weight, near)
        else:
            looks.turn[0] += 1
            for pin in range(wires.start[edge], wires.start[edge + 1]):
                other = int(wires.pins[pin])
                block = int(parts.block[other])
                if other != vertex and looks.seen[block] != looks.turn[0]:
                    looks.seen[block] = looks.turn[0]
                    near = _share(looks, block, weight, near)
    return near


@in_place
def _share(looks: Looks, block: int, weight: int, near: int) -> int:
    if looks.shared[block] == 0:
        looks.near[near] = block
        near += 1
    looks.shared[block] += weight
    return near


@in_place
def moved(wires: Wiring, parts: Parts, vertex: int, target: int) -> int:
    """Move a vertex; what that saves."""
    here, saved = parts.block[vertex], 0
    for at in range(wires.begin[vertex], wires.begin[vertex + 1]):
        edge = int(wires.touching[at])
        row = int(parts.row[edge])
        if row != NONE:
            leaves = parts.counts[row + here] == 1
            enters = parts.counts[row + target] == 0
            parts.counts[row + here] -= 1
            parts.counts[row + target] += 1
        else:
            leaves, enters = True, True
            for pin in range(wires.start[edge], wires.start[edge + 1]):
                other = int(wires.pins[pin])
                if other != vertex:
                    leaves = leaves and parts.block[other] != here
                    enters = enters and parts.block[other] != target
        if leaves:
            saved += wires.weights[edge]
        if enters:
            saved -= wires.weights[edge]
    parts.block[vertex] = target
    parts.load[here] -= wires.sizes[vertex]
    parts.load[target] += wires.sizes[vertex]
    return saved
