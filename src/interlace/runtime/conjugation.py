"""Gates on the sparse rows of a stabilizer simulation: each row P becomes U P U^dagger."""

from __future__ import annotations

from interlace.kernel import in_place
from interlace.runtime.row_products import wait_for_settling
from interlace.runtime.sparse_rows import (
    COUNT,
    HEAD,
    IN_COLUMN,
    NONE,
    QUBITS,
    ROW,
    SIGN,
    VALUE,
    Rows,
    SmallArray,
    put,
    set_value,
    spend,
    toggle,
)

__all__ = ["through_one", "through_pauli", "through_two"]


@in_place
def through_one(state: Rows, image: SmallArray, gate: int, qubit: int) -> None:
    """A gate on one qubit; `image[gate, p]` is the image of the Pauli p, plus 16 if negative."""
    pool = state.pool
    entry = state.column[qubit, HEAD]
    while entry != NONE:
        found = image[gate, pool[entry, VALUE]]
        state.row[pool[entry, ROW], SIGN] ^= found >> 4
        set_value(state, entry, found & 3)
        entry = pool[entry, IN_COLUMN]


@in_place
def through_two(state: Rows, image: SmallArray, gate: int, first: int, second: int) -> None:
    """A gate on two qubits; `image[gate, p + 4 q]` is that of the Paulis p and q, plus 16."""
    pool, at_row = state.pool, state.at_row
    spend(state, state.column[first, COUNT] + state.column[second, COUNT])
    entry = state.column[first, HEAD]
    while entry != NONE:
        at_row[pool[entry, ROW]] = entry
        entry = pool[entry, IN_COLUMN]
    entry = state.column[second, HEAD]
    while entry != NONE:
        after, row = pool[entry, IN_COLUMN], pool[entry, ROW]
        other = int(at_row[row])
        at_row[row] = NONE
        before = 4 * pool[entry, VALUE]
        if other != NONE:
            before += pool[other, VALUE]
        found = image[gate, before]
        state.row[row, SIGN] ^= found >> 4
        set_value(state, entry, found >> 2 & 3)
        if other != NONE:
            set_value(state, other, found & 3)
        elif found & 3:
            put(state, row, first, found & 3)
        wait_for_settling(state, row)
        entry = after
    entry = state.column[first, HEAD]
    while entry != NONE:
        after, row = pool[entry, IN_COLUMN], pool[entry, ROW]
        if at_row[row] == entry:
            at_row[row] = NONE
            found = image[gate, pool[entry, VALUE]]
            state.row[row, SIGN] ^= found >> 4
            set_value(state, entry, found & 3)
            if found >> 2 & 3:
                put(state, row, second, found >> 2 & 3)
            wait_for_settling(state, row)
        entry = after


@in_place
def through_pauli(state: Rows, value: int, qubit: int, symbol: int, flip: int) -> None:
    """A Pauli that acts where symbol + flip is 1; symbols count from 0, `NONE` is none."""
    pool, first = state.pool, state.tally[QUBITS]
    entry = state.column[qubit, HEAD]
    while entry != NONE:
        if pool[entry, VALUE] != value:
            state.row[pool[entry, ROW], SIGN] ^= flip
            if symbol != NONE:
                toggle(state, pool[entry, ROW], first + symbol)
        entry = pool[entry, IN_COLUMN]
