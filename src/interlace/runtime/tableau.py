"""One noiseless shot of a Clifford program by stim's tableau, in an order that suits it.

A tableau of Q qubits is stored for gates, and turned over (Q^2 bits) for measurements
whose results are random and back again for the next gate. A joint program measures its
communication qubits one by one all along, and uses the same few of them again and again.

So a reset begins a new *life*, which waits for nothing, and steps are taken level by level:
each as late as those allow that follow it in its life or read its result, in as many
levels as the longest chain of such steps has. What is measured on one level is
one instruction, and what nobody reads or touches later waits for the end. Lives that are
over leave their *slot* of the tableau to others.
"""

from __future__ import annotations

import heapq

import numpy as np

from interlace.compiler import Executable
from interlace.kernel import BoolArray, ByteArray, IntArray, in_place
from interlace.runtime.clifford_steps import (
    GATE_ONE,
    GATE_TWO,
    MEASURE,
    PAULI_IF,
    RESET,
    Steps,
    steps_of,
)
from interlace.runtime.sparse_rows import X, Y, Z

__all__ = ["tableau_reference"]

_LATE = 2**62
"""A level after all others."""

_CONTROLLED = {X: "CX", Y: "CY", Z: "CZ"}


def tableau_reference(program: Executable) -> ByteArray:
    """One possible list of results, those of each measurement in program order.

    Args:
        program: Clifford; its conditioned gates are Paulis.

    Raises:
        InvariantError: the program is not Clifford.
    """
    import stim

    steps = steps_of(program)
    life, fresh = _lives(steps)
    level = _levels(steps, life)
    order = np.lexsort((steps.item, steps.kind, level))
    is_alone = (steps.kind == RESET) & (np.bincount(life.ravel())[life[0]] == 2)
    order = order[~is_alone[order]]
    slot = _slots(life, fresh, level, ~is_alone)
    found = stim.Circuit(_text(steps, slot, order)).reference_sample()
    reference = np.zeros(steps.results, dtype=np.uint8)
    reference[steps.item[order[steps.kind[order] == MEASURE]]] = found
    return reference


def _lives(steps: Steps) -> tuple[IntArray, int]:
    """The lives of each step's first and second qubit, shape (2, n); the first ones need no reset.

    Where there is one qubit only, it is both.
    """
    second = np.where(steps.kind == GATE_TWO, steps.second, steps.first)
    qubits = 1 + int(max(steps.first.max(initial=-1), second.max(initial=-1)))
    life = np.empty((2, len(steps.kind)), dtype=np.int64)
    _set_lives(life, np.arange(qubits), steps.kind, steps.first, second)
    return life, qubits


@in_place
def _set_lives(
    life: IntArray, current: IntArray, kind: IntArray, first: IntArray, second: IntArray
) -> None:
    """Write the lives; `current` is that of each qubit, a reset begins a new one."""
    fresh = len(current)
    for step in range(len(kind)):
        if kind[step] == RESET:
            current[first[step]] = fresh
            fresh += 1
        life[0, step], life[1, step] = current[first[step]], current[second[step]]


def _levels(steps: Steps, life: IntArray) -> IntArray:
    """The level of each step, as late as possible."""
    level = np.zeros(len(steps.kind), dtype=np.int64)
    lives = 1 + int(life.max(initial=-1))
    free, known = np.zeros(lives, dtype=np.int64), np.zeros(steps.results, dtype=np.int64)
    columns = (steps.kind, steps.item, steps.result)
    _set_earliest(level, free, known, life, columns)
    free[:], known[:] = _LATE, _LATE
    _set_latest(level, free, known, life, columns)
    level[steps.is_last] = level.max(initial=0) + 1
    return level


@in_place
def _set_earliest(
    level: IntArray,
    free: IntArray,
    known: IntArray,
    life: IntArray,
    columns: tuple[IntArray, IntArray, IntArray],
) -> None:
    """Write each step's least level.

    Args:
        level: written.
        free: scratch: the first level at which each life is free, zeros.
        known: scratch: the same for each result, zeros.
        life: of `_lives`.
        columns: `Steps`' kind, item, result.
    """
    kind, item, result = columns
    for step in range(len(kind)):
        one, other = life[0, step], life[1, step]
        at = max(free[one], free[other])
        if kind[step] == PAULI_IF:
            at = max(at, known[result[step]])
        elif kind[step] == MEASURE:
            known[item[step]] = at + 1
        level[step] = at
        free[one] = free[other] = at + 1


@in_place
def _set_latest(
    level: IntArray,
    free: IntArray,
    known: IntArray,
    life: IntArray,
    columns: tuple[IntArray, IntArray, IntArray],
) -> None:
    """As late as what follows allows; what nothing follows stays. Scratch begins as `_LATE`."""
    kind, item, result = columns
    for step in range(len(kind) - 1, -1, -1):
        one, other = life[0, step], life[1, step]
        at = min(free[one], free[other])
        if kind[step] == MEASURE:
            at = min(at, known[item[step]])
        if at < _LATE:
            level[step] = at - 1
        if kind[step] == PAULI_IF:
            known[result[step]] = min(known[result[step]], level[step])
        free[one] = free[other] = level[step]


def _slots(life: IntArray, fresh: int, level: IntArray, counts: BoolArray) -> IntArray:
    """The slot of each step's first and second qubit, shape (2, n), for steps that count."""
    lives = 1 + int(life.max(initial=-1))
    begin, end = np.full(lives, _LATE), np.full(lives, -1)
    for which in life:
        np.minimum.at(begin, which[counts], level[counts])
        np.maximum.at(end, which[counts], level[counts])
    slot = np.full(lives, -1)
    is_used = end >= 0
    first = np.flatnonzero(is_used[:fresh])
    slot[first] = np.arange(len(first))
    busy = [(int(end[one]), int(slot[one])) for one in first]
    heapq.heapify(busy)
    later = fresh + np.flatnonzero(is_used[fresh:])
    for one in later[np.argsort(begin[later], kind="stable")].tolist():
        if busy and busy[0][0] < begin[one]:
            _, place = heapq.heappop(busy)
        else:
            place = len(busy)
        slot[one] = place
        heapq.heappush(busy, (int(end[one]), place))
    return slot[life]


def _text(steps: Steps, slot: IntArray, order: IntArray) -> str:
    """The steps in this order as stim's circuit text."""
    kind, item = steps.kind[order], steps.item[order]
    first, second = slot[0, order].tolist(), slot[1, order].tolist()
    is_measure, is_read = kind == MEASURE, kind == PAULI_IF
    done = np.cumsum(is_measure)
    place = np.empty(steps.results, dtype=np.int64)
    place[item[is_measure]] = np.arange(steps.results)
    backs = np.zeros(len(order), dtype=np.int64)
    backs[is_read] = place[steps.result[order][is_read]] - done[is_read]
    back, lines = backs.tolist(), list[str]()
    for at, (what, number) in enumerate(zip(kind.tolist(), item.tolist(), strict=True)):
        if what == GATE_ONE:
            lines.append(f"{steps.gates[number]} {first[at]}")
        elif what == GATE_TWO:
            lines.append(f"{steps.gates[number]} {first[at]} {second[at]}")
        elif what == PAULI_IF:
            lines.append(f"{_CONTROLLED[number]} rec[{back[at]}] {first[at]}")
        else:
            lines.append(f"{'R' if what == RESET else 'M'} {first[at]}")
    return "\n".join(lines) + "\n"
