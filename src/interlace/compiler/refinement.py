"""Vertices move between blocks while that saves ebits.

A partition of a coarser hypergraph, carried over to a finer one, is good but for
the vertices near its borders, which now can move one by one. Moving them only
where that saves ebits stops early: a whole group has to cross a border, and its first
vertex loses by it. So a round also takes losses up to a share of what a vertex
shares with its block, all vertices at a time, and undoes those that still lose after the
others have moved (Jet: Gilbert, Madduri, Boman, Rajamanickam, arXiv:2304.13194; here
the moves are made one after the other). Vertices that moved rest for a round, so that they do not
move to and fro. The best partition of all rounds is kept. Room is hard: no move overfills a block.

A round looks at the vertices next to what moved in the one before, so it costs their pins
(and, where it found the best partition so far, a copy of that).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interlace.compiler.coarsening import Level, Wiring
from interlace.compiler.gains import Looks, Parts, best_move, counted, moved
from interlace.compiler.plan import NONE
from interlace.kernel import BoolArray, IntArray, in_place

__all__ = ["refined"]

_SHARE = 4
"""A vertex may lose less than one in so many of the packets that it shares with its block."""

_MOST_ROUNDS = 30
_PATIENCE = 4
_LEAST = 1000
"""So many rounds in a row may save less than one in so many of the packets that are cut."""

_RANKS = 64
"""Classes of gain by which vertices are put in order, half of them losses."""


class Round(NamedTuple):
    """What rounds write on.

    Attributes:
        later: vertices to look at in the next round, shape (V,).
        is_listed: whether a vertex is in `later` already.
        rest: the round in which each vertex rests; rounds are counted from 1.
        resting: the vertices that rest in this round.
        vertex, target, source, gain: of each move, and what it saves.
        order: the moves by falling gain.
        ranks: how many moves are in each class of gain.
        best, best_load: the best partition so far.
        looks: what looks at vertices write on.
    """

    later: IntArray
    is_listed: BoolArray
    rest: IntArray
    resting: IntArray
    vertex: IntArray
    target: IntArray
    source: IntArray
    gain: IntArray
    order: IntArray
    ranks: IntArray
    best: IntArray
    best_load: IntArray
    looks: Looks


def refined(block: IntArray, level: Level, room: IntArray) -> IntArray:
    """The partition after rounds of moves: never dearer, but where blocks were overfull.

    Args:
        block: of each vertex, shape (V,).
        level: the hypergraph.
        room: the most qubits of each block, shape (k,).

    Returns:
        Block of each vertex. No block is overfull, if all vertices have size 1 and there is room
        for all; else one may be that was so before and whose vertices fit nowhere else.

    Example:
        >>> from interlace.compiler.coarsening import coarsened
        >>> from interlace.compiler.hypergraph import Hypergraph
        >>> ends = np.array([0, 1, 2, 3])
        >>> pairs = Hypergraph(
        ...     num_qubits=4, start=np.array([0, 2, 4]), pins=ends, weights=np.array([1, 1])
        ... )
        >>> [level] = coarsened(pairs, most_qubits=1, fewest=4, seed=1)
        >>> refined(np.array([0, 1, 1, 1]), level, np.array([3, 3])).tolist()
        [0, 0, 1, 1]
    """
    wires, k = level.wires, len(room)
    row, counts = counted(wires.start, wires.pins, block, k)
    load = np.zeros(k, dtype=np.int64)
    np.add.at(load, block, wires.sizes)
    parts = Parts(block.copy(), load, room, row, counts)
    state = _round(len(block), k)
    unit = max(1, int(wires.weights.sum()) // max(1, len(wires.weights)))
    if np.any(load > room):
        _relieve(wires, parts, state, unit)
    _improve(wires, parts, state, unit)
    return parts.block


def _round(vertices: int, k: int) -> Round:
    def numbers(count: int) -> IntArray:
        return np.zeros(count, dtype=np.int64)

    return Round(
        later=numbers(vertices),
        is_listed=np.zeros(vertices, dtype=np.bool_),
        rest=numbers(vertices),
        resting=numbers(vertices),
        vertex=numbers(vertices),
        target=numbers(vertices),
        source=numbers(vertices),
        gain=numbers(vertices),
        order=numbers(vertices),
        ranks=numbers(_RANKS + 1),
        best=numbers(vertices),
        best_load=numbers(k),
        looks=Looks(shared=numbers(k), near=numbers(k), turn=numbers(1), seen=numbers(k)),
    )


@in_place
def _improve(wires: Wiring, parts: Parts, state: Round, unit: int) -> None:
    """Rounds of moves from the whole border on, until they save hardly anything."""
    _copy(parts.block, state.best)
    _copy(parts.load, state.best_load)
    saved, most_saved, idle = 0, 0, 0
    count, cost = _border(wires, parts, state)
    for turn in range(1, _MOST_ROUNDS + 1):
        moves, resting = _chosen(wires, parts, state, count, turn)
        if moves == 0 and resting == 0:
            break
        _put_in_order(state, moves, unit)
        saved += _tried(wires, parts, state, moves)
        saved += _undone(wires, parts, state, moves)
        count = _touched(wires, parts, state, moves, resting, turn)
        idle = 0 if saved > most_saved + cost // _LEAST else idle + 1
        if saved > most_saved:
            most_saved = saved
            _copy(parts.block, state.best)
            _copy(parts.load, state.best_load)
        if idle == _PATIENCE:
            break
    _copy(state.best, parts.block)
    _copy(state.best_load, parts.load)


@in_place
def _copy(numbers: IntArray, target: IntArray) -> None:
    for index in range(len(numbers)):
        target[index] = numbers[index]


@in_place
def _border(wires: Wiring, parts: Parts, state: Round) -> tuple[int, int]:
    """The vertices of hyperedges that are cut, into `later`; how many, and weights of the edges."""
    count, cost = 0, 0
    for edge in range(len(wires.weights)):
        first, last = wires.start[edge], wires.start[edge + 1]
        here = parts.block[wires.pins[first]]
        is_cut = False
        for at in range(first + 1, last):
            is_cut = is_cut or parts.block[wires.pins[at]] != here
        if is_cut:
            cost += wires.weights[edge]
            count = _listed(wires, state, edge, count)
    return count, cost


@in_place
def _listed(wires: Wiring, state: Round, edge: int, count: int) -> int:
    """The vertices of a hyperedge, into `later`, each once; how many are there now."""
    for at in range(wires.start[edge], wires.start[edge + 1]):
        vertex = wires.pins[at]
        if not state.is_listed[vertex]:
            state.is_listed[vertex] = True
            state.later[count] = vertex
            count += 1
    return count


@in_place
def _chosen(wires: Wiring, parts: Parts, state: Round, count: int, turn: int) -> tuple[int, int]:
    """The moves to try in this round, and the vertices that rest; how many of each."""
    moves, resting = 0, 0
    for at in range(count):
        vertex = state.later[at]
        state.is_listed[vertex] = False
        if state.rest[vertex] == turn:
            state.resting[resting] = vertex
            resting += 1
            continue
        target, gain, own = best_move(wires, parts, state.looks, vertex)
        if target != NONE and (gain >= 0 or -_SHARE * gain < own):
            state.vertex[moves], state.target[moves], state.gain[moves] = vertex, target, gain
            moves += 1
    return moves, resting


@in_place
def _put_in_order(state: Round, moves: int, unit: int) -> None:
    """The moves by falling gain in classes of `unit`; within a class as they were found."""
    for rank in range(len(state.ranks)):
        state.ranks[rank] = 0
    for move in range(moves):
        state.ranks[_rank(state.gain[move], unit) + 1] += 1
    for rank in range(_RANKS):
        state.ranks[rank + 1] += state.ranks[rank]
    for move in range(moves):
        rank = _rank(state.gain[move], unit)
        state.order[state.ranks[rank]] = move
        state.ranks[rank] += 1


@in_place
def _rank(gain: int, unit: int) -> int:
    return min(max(_RANKS // 2 - gain // unit, 0), _RANKS - 1)


@in_place
def _tried(wires: Wiring, parts: Parts, state: Round, moves: int) -> int:
    """Carry out the moves, the best first; what they save. Those without room lose their target."""
    saved = 0
    for index in range(moves):
        move = int(state.order[index])
        vertex, block = state.vertex[move], state.target[move]
        state.source[move] = parts.block[vertex]
        if parts.load[block] + wires.sizes[vertex] > parts.room[block]:
            state.target[move] = NONE
            continue
        state.gain[move] = moved(wires, parts, vertex, block)
        saved += state.gain[move]
    return saved


@in_place
def _undone(wires: Wiring, parts: Parts, state: Round, moves: int) -> int:
    """Take back the moves that lost, where there is room; what that saves."""
    saved = 0
    for index in range(moves):
        move = int(state.order[index])
        vertex, block = state.vertex[move], state.source[move]
        if state.target[move] == NONE or state.gain[move] >= 0:
            continue
        if parts.load[block] + wires.sizes[vertex] <= parts.room[block]:
            saved += moved(wires, parts, vertex, block)
            state.target[move] = NONE
    return saved


@in_place
def _touched(wires: Wiring, parts: Parts, state: Round, moves: int, resting: int, turn: int) -> int:
    """Vertices that rested, or next to others that moved, into `later`; how many."""
    for at in range(resting):
        state.later[at] = state.resting[at]
        state.is_listed[state.resting[at]] = True
    count = resting
    for index in range(moves):
        move = int(state.order[index])
        vertex = state.vertex[move]
        if state.target[move] == NONE:
            continue
        state.rest[vertex] = turn + 1
        for at in range(wires.begin[vertex], wires.begin[vertex + 1]):
            edge = int(wires.touching[at])
            row = int(parts.row[edge])
            if row == NONE or (
                parts.counts[row + state.source[move]] < 2
                or parts.counts[row + parts.block[vertex]] < 3
            ):
                count = _listed(wires, state, edge, count)
    return count


@in_place
def _relieve(wires: Wiring, parts: Parts, state: Round, unit: int) -> None:
    """Move vertices out of overfull blocks, what loses least first, to where they lose least."""
    moves = 0
    for vertex in range(len(parts.block)):
        here = int(parts.block[vertex])
        if parts.load[here] > parts.room[here]:
            target, gain, own = best_move(wires, parts, state.looks, vertex)
            state.vertex[moves], state.gain[moves] = vertex, gain if target != NONE else -own
            moves += 1
    _put_in_order(state, moves, unit)
    for index in range(moves):
        vertex = int(state.vertex[int(state.order[index])])
        here = int(parts.block[vertex])
        if parts.load[here] > parts.room[here]:
            target, _, _ = best_move(wires, parts, state.looks, vertex)
            if target == NONE:
                target = _emptiest(parts)
            if parts.load[target] + wires.sizes[vertex] <= parts.room[target]:
                moved(wires, parts, vertex, target)


@in_place
def _emptiest(parts: Parts) -> int:
    """The block with most room left, the first of several."""
    best = 0
    for block in range(len(parts.load)):
        if parts.room[block] - parts.load[block] > parts.room[best] - parts.load[best]:
            best = block
    return best
