"""The one pass over a program that gives every operation its times, compiled.

Theory of operation
-------------------
What the times mean is written in `timing`. Here is how they are found without Python
for each operation. Rows are carried out in the order of the program, all timelines of
a row at once. Only an `ebit` needs the world outside: its pair is asked of a supply.

Asking costs as much as carrying out many rows, so ebits are asked for in batches, which
the program alone decides (`in_batches`). An `ebit` that was asked for blocks its two qubits.
A row that touches a blocked qubit or bit is put aside, and blocks all that it touches. All
other rows go on, and further ebits join the batch, until one comes that is blocked. Then the
batch is asked for; the rows put aside come next, in their order. Two rows that share a
qubit or a bit never change places, so the times are those of the plain order; and since
no ebit overtakes another, the supply sees the requests in the order of the program.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from interlace.kernel import BoolArray, FloatArray, IntArray, compiled

__all__ = [
    "BY_MESSAGE",
    "EBIT",
    "FREED",
    "FREES",
    "GATE",
    "ISSUED",
    "NOBODY",
    "OPENS",
    "Script",
    "Walk",
    "add_up_path",
    "carry_out",
    "idle_of",
    "in_batches",
    "last_to_end",
    "what_came_before",
]

NOBODY = -1
BY_MESSAGE = 127
"""As a cause: the operation that wrote the bit that the row waits for."""

GATE, OPENS, FREES, EBIT = 0, 1, 2, 3
"""Kinds of row: of no special kind; a one-qubit gate without condition, which may open a qubit's
life; measurement or reset; ebit."""


class Script(NamedTuple):
    """What to carry out: n rows with m operands.

    Attributes:
        start, operands: the program's, shapes (n + 1,) and (m,).
        previous: row that touched each operand before, n for none, shape (m,).
        clbit, condition: bit written and bit waited for, or -1, shape (n,).
        producer: row that wrote the bit that each row waits for, n for none, shape (n,).
        delay_s: how long that bit travels, shape (n,).
        duration_s: shape (n,).
        kind: of each row, shape (n,).
        pair: number of the ebit that each row is, or -1, shape (n,).
    """

    start: IntArray
    operands: IntArray
    previous: IntArray
    clbit: IntArray
    condition: IntArray
    producer: IntArray
    delay_s: FloatArray
    duration_s: FloatArray
    kind: IntArray
    pair: IntArray


class Walk(NamedTuple):
    """Where the walk is: Q qubits, B bits, T timelines; compiled loops write into it.

    A row ends its duration after its start, an `ebit` at its herald.

    Attributes:
        start_s: of each row so far, shape (n, T).
        ready_s: herald of each of the P ebits so far, shape (P, T).
        cause: position of the operand whose last operation ended last, or `BY_MESSAGE`, or
            `NOBODY`, shape (n, T).
        qubit_known_s, bit_known_s: the last herald behind what each holds, shapes (Q, T), (B, T).
        is_opening: whether a row is one of the gates that open its qubit's life, shape (n,).
        is_asked: whether an `ebit` was asked for, shape (n,).
        holder: the half of an ebit that each qubit holds as 2 * number + end, or -1, shape (Q,).
        freed, freed_s: halves whose qubits became free, and when; shapes (F,), (F, T).
        counts: at `ISSUED` the ebits asked for so far, at `FREED` the halves in `freed`.
    """

    start_s: FloatArray
    ready_s: FloatArray
    cause: NDArray[np.int8]
    qubit_known_s: FloatArray
    bit_known_s: FloatArray
    is_opening: BoolArray
    is_asked: BoolArray
    holder: IntArray
    freed: IntArray
    freed_s: FloatArray
    counts: IntArray


ISSUED, FREED = 0, 1


@compiled
def what_came_before(
    start: IntArray,
    operands: IntArray,
    clbit: IntArray,
    condition: IntArray,
    last_row: IntArray,
    last_write: IntArray,
) -> tuple[IntArray, IntArray]:
    """The row before on each operand, and the row that wrote each condition's bit.

    The first four are the program's columns, n rows; the last two are scratch for each qubit and
    each bit, all n.

    Returns:
        `Script.previous` and `Script.producer`; in the latter -1 where nobody wrote the bit.
    """
    n = len(clbit)
    previous = np.empty(len(operands), dtype=np.int64)
    producer = np.full(n, n, dtype=np.int64)
    for row in range(n):
        for position in range(start[row], start[row + 1]):
            previous[position] = last_row[operands[position]]
        for position in range(start[row], start[row + 1]):
            last_row[operands[position]] = row
        if condition[row] >= 0:
            writer = last_write[condition[row]]
            producer[row] = writer if writer < n else NOBODY
        if clbit[row] >= 0:
            last_write[clbit[row]] = row
    return previous, producer


@compiled
def in_batches(
    script: Script, qubit_blocked: BoolArray, bit_blocked: BoolArray
) -> tuple[IntArray, IntArray]:
    """The order in which to carry out the rows, and where in it a batch of ebits is asked for.

    The second and third argument are scratch for each qubit and each bit, all false.

    Returns:
        The rows, each `ebit` twice: where it joins its batch and where the batch has come; and
        the ends of the parts of that order after each of which a batch is asked for, the last
        one being its length.
    """
    n = len(script.kind)
    order, ends = np.empty(2 * n, dtype=np.int64), np.empty(n + 1, dtype=np.int64)
    batch, aside = np.empty(n, dtype=np.int64), np.empty(n, dtype=np.int64)
    filled = parts = asked = waiting = row = 0
    while row < n or asked > 0:
        is_blocked = row == n
        if row < n:
            read, written = script.condition[row], script.clbit[row]
            is_blocked = (read >= 0 and bit_blocked[read]) or (
                written >= 0 and bit_blocked[written]
            )
            for place in range(script.start[row], script.start[row + 1]):
                is_blocked = is_blocked or qubit_blocked[script.operands[place]]
        if row == n or (is_blocked and script.kind[row] == EBIT):
            ends[parts] = filled
            parts += 1
            order[filled : filled + asked] = batch[:asked]
            filled += asked
            order[filled : filled + waiting] = aside[:waiting]
            filled += waiting
            for index in range(asked + waiting):
                _mark(script, qubit_blocked, bit_blocked, order[filled - index - 1], 0)
            asked = waiting = 0
            continue
        if is_blocked:
            aside[waiting] = row
            waiting += 1
        else:
            order[filled] = row
            filled += 1
        if script.kind[row] == EBIT:
            batch[asked] = row
            asked += 1
        if is_blocked or script.kind[row] == EBIT:
            _mark(script, qubit_blocked, bit_blocked, row, 1)
        row += 1
    ends[parts] = filled
    return order[:filled], ends[: parts + 1]


@compiled
def _mark(
    script: Script, qubit_blocked: BoolArray, bit_blocked: BoolArray, row: int, to: int
) -> None:
    for place in range(script.start[row], script.start[row + 1]):
        qubit_blocked[script.operands[place]] = to == 1
    if script.condition[row] >= 0:
        bit_blocked[script.condition[row]] = to == 1
    if script.clbit[row] >= 0:
        bit_blocked[script.clbit[row]] = to == 1


@compiled
def carry_out(script: Script, walk: Walk, order: IntArray) -> None:
    """Time rows in this order; of an `ebit` that was asked for before, the herald is known."""
    n, timelines = walk.start_s.shape
    first_of, operands, previous = script.start, script.operands, script.previous
    start_s, cause, known_s = walk.start_s, walk.cause, walk.qubit_known_s
    begin_s, certain_s = np.zeros(timelines), np.zeros(timelines)
    for index in range(len(order)):
        row = int(order[index])
        first, kind, pair = int(first_of[row]), script.kind[row], script.pair[row]
        is_herald = kind == EBIT and walk.is_asked[row]
        if is_herald:
            begin_s[:], certain_s[:] = start_s[row], walk.ready_s[pair]
        else:
            begin_s[:], certain_s[:], cause[row] = 0.0, 0.0, NOBODY
        for place in range(first, first_of[row + 1]):
            if is_herald or previous[place] < n:
                known = known_s[operands[place]]
                for t in range(timelines):
                    certain_s[t] = max(certain_s[t], known[t])
            if not is_herald and previous[place] < n:
                _wait_for(script, walk, previous[place], begin_s, cause[row], place - first)
        if script.producer[row] < n:
            _hear(script, walk, row, begin_s, certain_s)
        start_s[row] = begin_s
        _remember(script, known_s, walk.bit_known_s, row, certain_s)
        if kind == EBIT and not is_herald:
            _hold(walk, row, operands[first], operands[first + 1])
            continue
        if kind == FREES and walk.holder[operands[first]] != NOBODY:
            _free(walk, operands[first], begin_s + script.duration_s[row])
        if kind == OPENS and (previous[first] == n or walk.is_opening[previous[first]]):
            walk.is_opening[row] = True
            continue
        _put_off(script, walk, row, begin_s, certain_s)


@compiled
def _remember(
    script: Script, known_s: FloatArray, bit_known_s: FloatArray, row: int, certain_s: FloatArray
) -> None:
    """Keep the last herald behind all that the row touched."""
    for place in range(script.start[row], script.start[row + 1]):
        known_s[script.operands[place]] = certain_s
    if script.clbit[row] >= 0:
        bit_known_s[script.clbit[row]] = certain_s


@compiled
def _wait_for(
    script: Script,
    walk: Walk,
    before: int,
    begin_s: FloatArray,
    cause: NDArray[np.int8],
    position: int,
) -> None:
    """Begin no earlier than the operation before on one operand ends."""
    pair, took_s = script.pair[before], script.duration_s[before]
    end_s = walk.start_s[before] if pair < 0 else walk.ready_s[pair]
    for t in range(len(begin_s)):
        arrival = end_s[t] + took_s
        if arrival > begin_s[t] or cause[t] == NOBODY:
            begin_s[t], cause[t] = arrival, position


@compiled
def _hear(script: Script, walk: Walk, row: int, begin_s: FloatArray, certain_s: FloatArray) -> None:
    """Begin no earlier than the row's bit has come."""
    writer, delay_s = script.producer[row], script.delay_s[row]
    took_s, known = script.duration_s[writer], walk.bit_known_s[script.condition[row]]
    for t in range(len(begin_s)):
        certain_s[t] = max(certain_s[t], known[t])
        arrival = walk.start_s[writer, t] + took_s + delay_s
        if arrival > begin_s[t]:
            begin_s[t], walk.cause[row, t] = arrival, BY_MESSAGE


@compiled
def _put_off(
    script: Script, walk: Walk, row: int, begin_s: FloatArray, certain_s: FloatArray
) -> None:
    """Move the gates that open the life of the row's qubits right before the row."""
    n = len(script.kind)
    for place in range(script.start[row], script.start[row + 1]):
        last = script.previous[place]
        if last == n or not walk.is_opening[last]:
            continue
        for t in range(len(begin_s)):
            # The first of the gates began at 0, so what the last one's end is away they can wait.
            by = begin_s[t] - (walk.start_s[last, t] + script.duration_s[last])
            if by > 0.0 and certain_s[t] <= by:
                gate = last
                while gate < n:
                    walk.start_s[gate, t] += by
                    gate = script.previous[script.start[gate]]


@compiled
def _hold(walk: Walk, row: int, first: int, second: int) -> None:
    """Let an `ebit` that is asked for take its qubits, from earlier ones if need be."""
    for end, qubit in enumerate((first, second)):
        if walk.holder[qubit] != NOBODY:
            _free(walk, qubit, walk.start_s[row])
        walk.holder[qubit] = 2 * walk.counts[ISSUED] + end
    walk.counts[ISSUED] += 1
    walk.is_asked[row] = True


@compiled
def _free(walk: Walk, qubit: int, at_s: FloatArray) -> None:
    """Note that a qubit's half of an ebit is of no more use."""
    walk.freed[walk.counts[FREED]] = walk.holder[qubit]
    walk.freed_s[walk.counts[FREED]] = at_s
    walk.counts[FREED] += 1
    walk.holder[qubit] = NOBODY


@compiled
def idle_of(
    script: Script, is_live: BoolArray, start_s: FloatArray, free_s: FloatArray
) -> FloatArray:
    """How long each operand waited while live, on one timeline, shape (m,).

    Args:
        script: what was carried out.
        is_live: whether each operand held something meanwhile, shape (m,).
        start_s: of each row, shape (n,).
        free_s: from when on what each row leaves ages: its end, or a pair's birth, shape (n,).
    """
    idle_s = np.zeros(len(script.previous))
    for row in range(len(start_s)):
        for place in range(script.start[row], script.start[row + 1]):
            if is_live[place]:
                idle_s[place] = max(start_s[row] - free_s[script.previous[place]], 0.0)
    return idle_s


@compiled
def last_to_end(
    script: Script, start_s: FloatArray, ready_s: FloatArray
) -> tuple[IntArray, FloatArray]:
    """The last of the rows that end last, and that end, on each timeline; shape (T,) each."""
    last = np.zeros(start_s.shape[1], dtype=np.int64)
    end_s = np.zeros(start_s.shape[1])
    for row in range(len(start_s)):
        pair, took_s = script.pair[row], script.duration_s[row]
        ends = start_s[row] if pair < 0 else ready_s[pair]
        for t in range(len(last)):
            if ends[t] + took_s >= end_s[t]:
                last[t], end_s[t] = row, ends[t] + took_s
    return last, end_s


@compiled
def add_up_path(
    script: Script,
    cause: NDArray[np.int8],
    start_s: FloatArray,
    ready_s: FloatArray,
    last: IntArray,
    kind: IntArray,
    spent_s: FloatArray,
) -> None:
    """Follow the causes back from the last row on each timeline, adding up the time by kind.

    Args:
        script: what was carried out.
        cause: of each row, shape (n, T).
        start_s: of each row, shape (n, T).
        ready_s: herald of each pair, shape (P, T).
        last: the row to begin with, shape (T,).
        kind: row of `spent_s` that each operation's own time counts as, shape (n,).
        spent_s: is added to, shape (K, T); at K - 4 what lies between a cause's end and a start.
    """
    for t in range(len(last)):
        at, pair = last[t], script.pair[last[t]]
        end_s = start_s[at, t] + script.duration_s[at] if pair < 0 else ready_s[pair, t]
        while True:
            spent_s[kind[at], t] += end_s - start_s[at, t]
            chosen = cause[at, t]
            if chosen == NOBODY:
                break
            place = script.start[at] + chosen
            before = script.producer[at] if chosen == BY_MESSAGE else script.previous[place]
            pair = script.pair[before]
            end_s = start_s[before, t] + script.duration_s[before] if pair < 0 else ready_s[pair, t]
            spent_s[len(spent_s) - 4, t] += start_s[at, t] - end_s
            at = before
