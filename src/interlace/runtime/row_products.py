"""Products of the sparse rows of a stabilizer simulation."""

from __future__ import annotations

import numpy as np

from interlace.kernel import in_place
from interlace.runtime.sparse_rows import (
    COLUMN,
    HEAD,
    IN_COLUMN,
    IN_ROW,
    NONE,
    PAULIS,
    ROW,
    SIGN,
    SYMBOLS,
    VALUE,
    WAIT,
    WAITING,
    WEIGHT,
    Rows,
    drop,
    put,
    set_value,
    spend,
)

__all__ = [
    "add_signs",
    "multiply_into",
    "multiply_out",
    "next_to_settle",
    "settle",
    "wait_for_settling",
]

_PHASE = np.array([[0, 0, 0, 0], [0, 0, 3, 1], [0, 1, 0, 3], [0, 3, 1, 0]], dtype=np.int64)
"""The power of i in the product of two Paulis: X Z = -i Y, X Y = i Z, ..."""


@in_place
def add_signs(state: Rows, source: int, target: int) -> None:
    """Multiply a row's sign into that of another one."""
    state.row[target, SIGN] ^= state.row[source, SIGN]
    if state.row[source, SYMBOLS] != NONE:
        _add_chain(state, source, target, SYMBOLS)


@in_place
def multiply_into(state: Rows, source: int, target: int) -> None:
    """Multiply a row into another one with which it commutes."""
    phase = _add_chain(state, source, target, PAULIS)
    state.row[target, SIGN] ^= phase >> 1 & 1
    add_signs(state, source, target)
    wait_for_settling(state, target)


@in_place
def _add_chain(state: Rows, source: int, target: int, chain: int) -> int:
    """Add the entries of one chain to another row's; returns the power of i of the product."""
    pool, at_column = state.pool, state.at_column
    entry = state.row[target, chain]
    while entry != NONE:
        at_column[pool[entry, COLUMN]] = entry
        entry = pool[entry, IN_ROW]
    phase = steps = 0
    entry = state.row[source, chain]
    while entry != NONE:
        column, value = pool[entry, COLUMN], pool[entry, VALUE]
        other = int(at_column[column])
        if other == NONE:
            put(state, target, column, value)
        else:
            phase += int(_PHASE[value, pool[other, VALUE]])
            at_column[column] = NONE
            set_value(state, other, value ^ pool[other, VALUE])
        entry = pool[entry, IN_ROW]
        steps += 1
    entry = state.row[target, chain]
    while entry != NONE:
        at_column[pool[entry, COLUMN]] = NONE
        entry = pool[entry, IN_ROW]
        steps += 1
    spend(state, steps)
    return phase


@in_place
def wait_for_settling(state: Rows, row: int) -> None:
    """Note a row of weight 1, for `settle`."""
    if state.row[row, WEIGHT] == 1 and not state.row[row, WAITING]:
        state.row[row, WAITING] = 1
        state.waiting[state.tally[WAIT]] = row
        state.tally[WAIT] += 1


@in_place
def settle(state: Rows) -> None:
    """Multiply rows of weight 1 out of all others, until no qubit of one is in another row."""
    while True:
        row = next_to_settle(state)
        if row == NONE:
            return
        multiply_out(state, row)


@in_place
def next_to_settle(state: Rows) -> int:
    """A row of weight 1 that waits, which it ceases to do; `NONE` if there is none."""
    while state.tally[WAIT] > 0:
        state.tally[WAIT] -= 1
        row = int(state.waiting[state.tally[WAIT]])
        state.row[row, WAITING] = 0
        if state.row[row, WEIGHT] == 1:
            return row
    return NONE


@in_place
def multiply_out(state: Rows, row: int) -> None:
    """Multiply a row of weight 1 out of all others on its qubit.

    They have the same Pauli there, since they commute.
    """
    pool = state.pool
    entry = state.column[pool[state.row[row, PAULIS], COLUMN], HEAD]
    while entry != NONE:
        after, other = pool[entry, IN_COLUMN], pool[entry, ROW]
        if other != row:
            drop(state, entry)
            add_signs(state, row, other)
            wait_for_settling(state, other)
        entry = after
