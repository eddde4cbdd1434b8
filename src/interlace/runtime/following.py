"""The steps of a Clifford program, carried out on sparse rows: the outer loops."""

from __future__ import annotations

from interlace.kernel import BoolArray, IntArray, in_place
from interlace.runtime.clifford_steps import GATE_ONE, GATE_TWO, MEASURE, RESET
from interlace.runtime.collapse import Findings, measure, reset
from interlace.runtime.conjugation import through_one, through_pauli, through_two
from interlace.runtime.row_products import multiply_into, settle
from interlace.runtime.sparse_rows import (
    BUCKETS,
    COLUMN,
    FULL,
    HEAD,
    IN_COLUMN,
    IN_ROW,
    NONE,
    PAULIS,
    QUBITS,
    ROW,
    SYMBOLS,
    VALUE,
    WEIGHT,
    WORK,
    Rows,
    SmallArray,
    clear_row,
    dequeue,
    enqueue,
)

__all__ = ["follow", "measure_last", "queue_last", "read_rows", "without"]

_Columns = tuple[IntArray, IntArray, IntArray, IntArray, IntArray]


@in_place
def follow(
    state: Rows,
    found: Findings,
    columns: _Columns,
    is_last: BoolArray,
    image: SmallArray,
    begin: int,
    pause: int,
) -> int:
    """All steps but the measurements that can be done last; stops where the pool is used up.

    Args:
        state: changed.
        found: written.
        columns: `Steps`' kind, first, second, item, result.
        is_last: of `Steps`.
        image: of `Steps`.
        begin: the first step to do.
        pause: entries that may be looked at before it returns, for whoever wants to end it.

    Returns:
        The step to go on with; as many as there are steps at the end.
    """
    kind, first, second, item, result = columns
    first_hidden = state.tally[QUBITS] + len(found.stands)
    until = state.tally[WORK] + pause
    for step in range(begin, len(kind)):
        what, qubit = kind[step], first[step]
        if what == GATE_TWO:
            through_two(state, image, item[step], qubit, second[step])
            settle(state)
        elif what == GATE_ONE:
            through_one(state, image, item[step], qubit)
        elif what == RESET:
            reset(state, qubit, first_hidden + item[step])
        elif what != MEASURE:
            stands, flip = int(found.stands[result[step]]), int(found.flip[result[step]])
            through_pauli(state, item[step], qubit, stands, flip)
        elif not is_last[step]:
            measure(state, found, qubit, item[step])
        if state.tally[FULL]:
            break
        if state.tally[WORK] > until:
            return step + 1
    return len(kind)


@in_place
def queue_last(state: Rows, found: Findings) -> None:
    """Queue the qubits that are measured last."""
    for qubit in range(len(found.last)):
        if found.last[qubit] != NONE:
            enqueue(state, qubit)


@in_place
def measure_last(state: Rows, found: Findings, pause: int) -> bool:
    """Measure queued qubits in whatever order is easiest; stops where the pool is used up.

    Args:
        state: changed.
        found: written.
        pause: entries that may be looked at before it returns.

    Returns:
        Whether none is left.
    """
    until = state.tally[WORK] + pause
    bucket = 0
    while bucket < BUCKETS and not state.tally[FULL]:
        qubit = int(state.bucket[bucket])
        if qubit == NONE:
            bucket += 1
            continue
        dequeue(state, qubit)
        measure(state, found, qubit, int(found.last[qubit]))
        bucket = 0
        if state.tally[WORK] > until:
            return False
    return True


@in_place
def without(state: Rows, columns: IntArray) -> None:
    """Free all rows but as few as possible of these columns; empty these few."""
    pool = state.pool
    for column in columns:
        pivot, least = NONE, 2 * len(state.column)
        entry = state.column[column, HEAD]
        while entry != NONE:
            row = pool[entry, ROW]
            if state.row[row, WEIGHT] < least:
                pivot, least = row, state.row[row, WEIGHT]
            entry = pool[entry, IN_COLUMN]
        if pivot == NONE:
            continue
        entry = state.column[column, HEAD]
        while entry != NONE:
            after, row = pool[entry, IN_COLUMN], pool[entry, ROW]
            if row != pivot:
                multiply_into(state, pivot, row)
            entry = after
        clear_row(state, pivot, PAULIS)
        clear_row(state, pivot, SYMBOLS)
        if state.tally[FULL]:
            return


@in_place
def read_rows(state: Rows, start: IntArray, qubit: IntArray, pauli: IntArray) -> None:
    """Write the rows' Paulis out; `start` tells where each begins."""
    pool = state.pool
    for row in range(len(state.row)):
        at, entry = start[row], state.row[row, PAULIS]
        while entry != NONE:
            qubit[at], pauli[at] = pool[entry, COLUMN], pool[entry, VALUE]
            at += 1
            entry = pool[entry, IN_ROW]
