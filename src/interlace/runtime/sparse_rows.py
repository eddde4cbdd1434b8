"""Signed Pauli products as sparse rows, in place: the storage of the stabilizer simulation.

Theory of operation
-------------------
A *row* is a generator: a Pauli product and its sign. An *entry* says that a row has
a Pauli at a *column*. Columns are the Q qubits, then the *symbols*: bits that
nobody knows beforehand (results of measurements, and what a reset threw away). A
row with an entry at a symbol has the sign (-1)^symbol beside its constant one, so
entries at symbols are present or absent while those at qubits are X, Z or Y.

Every entry is chained twice, through its row and through its column, so that it is
taken out in the same time however long these are, and a gate sees only the rows on
its qubits. Entries live in one pool of 32 bytes each; those given back are used
again. The pool is asked for whole and the system lends pages as they are written,
so what is not used costs nothing. If it is used up, or more entries were looked at
in all than may be, `FULL` is set, and the caller gives up.
"""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from interlace.kernel import ByteArray, IntArray, in_place

__all__ = [
    "ASIDE",
    "BUCKETS",
    "COLUMN",
    "CONTRADICTION",
    "COUNT",
    "FLIPS",
    "FULL",
    "HEAD",
    "IN_COLUMN",
    "IN_ROW",
    "NONE",
    "PAULIS",
    "QUBITS",
    "QUEUED",
    "ROW",
    "SIGN",
    "SYMBOLS",
    "TOO_MUCH",
    "VALUE",
    "WAIT",
    "WAITING",
    "WEIGHT",
    "WORK",
    "Rows",
    "SmallArray",
    "X",
    "Y",
    "Z",
    "clear_row",
    "dequeue",
    "drop",
    "enqueue",
    "put",
    "rows_of",
    "rows_of_checks",
    "set_value",
    "spend",
    "toggle",
]

SmallArray = NDArray[np.int32]
ROW, COLUMN, VALUE, IN_COLUMN, _BEFORE_IN_COLUMN, IN_ROW, _BEFORE_IN_ROW = range(7)
"""An entry: where it is, its Pauli, and its neighbours in the two chains."""

HEAD, COUNT, FLIPS, QUEUED, _NEXT, _BEFORE = range(6)
"""A column: first entry, number of entries, how many of them have X or Y; its place in a queue."""

BUCKETS = 256
"""Of the queue: columns by how many rows have X or Y there, the last but one for more. Those where
no row has, but several have Z, are in the last."""

PAULIS, SYMBOLS, WEIGHT, SIGN, WAITING, ASIDE = range(6)
"""A row: first entry at a qubit, first at a symbol, qubits in all, constant sign, and
whether it waits to be settled or is left aside."""

_TOP, _FREE, WAIT, FULL, QUBITS, WORK, _MOST_WORK = range(7)

X, Z, Y = 1, 2, 3
"""Bits: a product is the sum modulo 2. Symbols have the value X."""

NONE = cast("int", np.int64(-1))
TOO_MUCH, CONTRADICTION = 1, 2
"""Why to give up (`FULL`): pool or work used up; a result that is neither random nor determined."""

_FIELDS, _COLUMN_FIELDS, _ROW_FIELDS = 8, 6, 6


class Rows(NamedTuple):
    """The state: G rows, C columns.

    Attributes:
        pool: entries, shape (most, 8).
        column: fields of each column, shape (C, 6).
        row: fields of each row, shape (G, 6).
        at_row: scratch, an entry of each row or `NONE`; all `NONE` between calls, shape (G,).
        at_column: the same for columns, shape (C,).
        waiting: rows of weight 1 that have not been multiplied out yet, shape (G,).
        aside: scratch, shape (G,).
        bucket: first column of each bucket of the queue, shape (`BUCKETS`,).
        tally: what is used of the pool, and whether it was enough.
    """

    pool: SmallArray
    column: SmallArray
    row: SmallArray
    at_row: SmallArray
    at_column: SmallArray
    waiting: SmallArray
    aside: SmallArray
    bucket: SmallArray
    tally: IntArray


def rows_of(qubits: int, *, symbols: int, most: int, work: int) -> Rows:
    """All qubits in |0>: row q is Z of qubit q.

    Args:
        qubits: Q.
        symbols: columns beside the qubits'.
        most: entries that there is room for, at least Q.
        work: entries that may be looked at in all.
    """
    state = _empty(qubits, qubits=qubits, symbols=symbols, most=most, work=work)
    each = np.arange(qubits)
    _fill(state, np.arange(qubits + 1), each, Z)
    return state


def rows_of_checks(
    start: IntArray, column: IntArray, parity: ByteArray, *, columns: int, most: int, work: int
) -> Rows:
    """Parities of bits as products of X, so that a product of rows is a sum of parities.

    Args:
        start: CSR offsets, shape (C + 1,).
        column: the bits of each parity.
        parity: what they add up to modulo 2, shape (C,).
        columns: how many bits there are.
        most: entries that there is room for.
        work: entries that may be looked at in all.
    """
    most = max(most, len(column))
    state = _empty(len(parity), qubits=columns, symbols=0, most=most, work=work)
    state.row[:, SIGN] = parity
    _fill(state, start, column, X)
    return state


def _empty(rows: int, *, qubits: int, symbols: int, most: int, work: int) -> Rows:
    state = Rows(
        pool=np.empty((max(most, rows, 1), _FIELDS), dtype=np.int32),
        column=np.zeros((qubits + symbols, _COLUMN_FIELDS), dtype=np.int32),
        row=np.zeros((rows, _ROW_FIELDS), dtype=np.int32),
        at_row=np.full(rows, NONE, dtype=np.int32),
        at_column=np.full(qubits + symbols, NONE, dtype=np.int32),
        waiting=np.empty(rows, dtype=np.int32),
        aside=np.empty(rows, dtype=np.int32),
        bucket=np.full(BUCKETS, NONE, dtype=np.int32),
        tally=np.array([0, NONE, 0, 0, qubits, 0, work], dtype=np.int64),
    )
    state.column[:, HEAD] = NONE
    state.row[:, PAULIS] = state.row[:, SYMBOLS] = NONE
    return state


@in_place
def _fill(state: Rows, start: IntArray, column: IntArray, value: int) -> None:
    for row in range(len(start) - 1):
        for at in range(start[row], start[row + 1]):
            put(state, row, column[at], value)


@in_place
def enqueue(state: Rows, column: int) -> None:
    """Put a column into its bucket of the queue, out of the one where it is."""
    flips = state.column[column, FLIPS]
    if flips == 0 and state.column[column, COUNT] > 1:
        bucket = BUCKETS - 1
    else:
        bucket = min(flips, BUCKETS - 2)
    if state.column[column, QUEUED] == bucket + 1:
        return
    dequeue(state, column)
    first = state.bucket[bucket]
    state.column[column, QUEUED] = bucket + 1
    state.column[column, _NEXT] = first
    state.column[column, _BEFORE] = NONE
    if first != NONE:
        state.column[first, _BEFORE] = column
    state.bucket[bucket] = column


@in_place
def dequeue(state: Rows, column: int) -> None:
    """Take a column out of the queue, if it is in it."""
    bucket = state.column[column, QUEUED] - 1
    if bucket < 0:
        return
    after, before = state.column[column, _NEXT], state.column[column, _BEFORE]
    if before != NONE:
        state.column[before, _NEXT] = after
    else:
        state.bucket[bucket] = after
    if after != NONE:
        state.column[after, _BEFORE] = before
    state.column[column, QUEUED] = 0


@in_place
def spend(state: Rows, entries: int) -> None:
    """Count entries that were looked at."""
    state.tally[WORK] += entries
    if state.tally[WORK] > state.tally[_MOST_WORK]:
        state.tally[FULL] = TOO_MUCH


@in_place
def put(state: Rows, row: int, column: int, value: int) -> None:
    """A new entry, where there is none."""
    tally, pool = state.tally, state.pool
    entry = tally[_FREE]
    if entry != NONE:
        tally[_FREE] = pool[entry, IN_COLUMN]
    elif tally[_TOP] < len(pool):
        entry = tally[_TOP]
        tally[_TOP] = entry + 1
    else:
        tally[FULL] = TOO_MUCH
        return
    chain = PAULIS if column < tally[QUBITS] else SYMBOLS
    first, above = state.row[row, chain], state.column[column, HEAD]
    pool[entry, ROW] = row
    pool[entry, COLUMN] = column
    pool[entry, VALUE] = value
    pool[entry, IN_COLUMN] = above
    pool[entry, _BEFORE_IN_COLUMN] = NONE
    pool[entry, IN_ROW] = first
    pool[entry, _BEFORE_IN_ROW] = NONE
    if first != NONE:
        pool[first, _BEFORE_IN_ROW] = entry
    if above != NONE:
        pool[above, _BEFORE_IN_COLUMN] = entry
    state.row[row, chain] = entry
    state.column[column, HEAD] = entry
    state.column[column, COUNT] += 1
    state.column[column, FLIPS] += value & X
    if state.column[column, QUEUED]:
        enqueue(state, column)
    if chain == PAULIS:
        state.row[row, WEIGHT] += 1


@in_place
def drop(state: Rows, entry: int) -> None:
    """Take an entry out."""
    pool = state.pool
    row, column = pool[entry, ROW], pool[entry, COLUMN]
    after, before = pool[entry, IN_ROW], pool[entry, _BEFORE_IN_ROW]
    is_pauli = column < state.tally[QUBITS]
    if before != NONE:
        pool[before, IN_ROW] = after
    else:
        state.row[row, PAULIS if is_pauli else SYMBOLS] = after
    if after != NONE:
        pool[after, _BEFORE_IN_ROW] = before
    after, before = pool[entry, IN_COLUMN], pool[entry, _BEFORE_IN_COLUMN]
    if before != NONE:
        pool[before, IN_COLUMN] = after
    else:
        state.column[column, HEAD] = after
    if after != NONE:
        pool[after, _BEFORE_IN_COLUMN] = before
    state.column[column, COUNT] -= 1
    state.column[column, FLIPS] -= pool[entry, VALUE] & X
    if state.column[column, QUEUED]:
        enqueue(state, column)
    if is_pauli:
        state.row[row, WEIGHT] -= 1
    pool[entry, IN_COLUMN] = state.tally[_FREE]
    state.tally[_FREE] = entry


@in_place
def set_value(state: Rows, entry: int, value: int) -> None:
    """Another Pauli in an entry's place; 0 takes it out."""
    if value == 0:
        drop(state, entry)
        return
    pool = state.pool
    column, change = pool[entry, COLUMN], (value & X) - (pool[entry, VALUE] & X)
    pool[entry, VALUE] = value
    if change:
        state.column[column, FLIPS] += change
        if state.column[column, QUEUED]:
            enqueue(state, column)


@in_place
def toggle(state: Rows, row: int, symbol: int) -> None:
    """Put a symbol's entry into a row, or take it out."""
    entry = state.row[row, SYMBOLS]
    while entry != NONE:
        if state.pool[entry, COLUMN] == symbol:
            drop(state, entry)
            return
        entry = state.pool[entry, IN_ROW]
    put(state, row, symbol, X)


@in_place
def clear_row(state: Rows, row: int, chain: int) -> None:
    """Take out a row's Paulis, or its symbols."""
    while state.row[row, chain] != NONE:
        drop(state, state.row[row, chain])
