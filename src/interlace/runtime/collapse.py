"""Measurements and resets on the sparse rows of a stabilizer simulation.

Theory of operation
-------------------
Z of the measured qubit is *random* if a row has X or Y there: the lightest such row is
multiplied into the others, and Z takes its place, its sign the new symbol. Otherwise
Z is a product of rows, and the result is *determined* by the sign of that product:
a constant and a sum of symbols, the *check*. Z is kept multiplied out of all other
rows, and so is every row of weight 1 (`settle`). So where a state falls to pieces
as it is measured, Z is a row by itself when its turn comes; else `alone` finds it.

A reset is a measurement whose result, a *hidden* symbol, nobody sees. A
determined result whose check has a hidden symbol is random as well: it says for the
first time what that symbol is. The symbol is expressed by it everywhere.

A row's sign should stay short. A determined result's check of more than one symbol
is put in its place by the result itself. Of the measurements done last, every one is
done as soon as its Z is a row by itself, before that row's sign goes into others: along
a chain signs would grow with the chain.
"""

from __future__ import annotations

from typing import NamedTuple

from interlace.kernel import BoolArray, ByteArray, in_place
from interlace.runtime.row_products import (
    add_signs,
    multiply_into,
    multiply_out,
    next_to_settle,
    settle,
    wait_for_settling,
)
from interlace.runtime.sparse_rows import (
    ASIDE,
    COLUMN,
    CONTRADICTION,
    COUNT,
    FLIPS,
    FULL,
    HEAD,
    IN_COLUMN,
    IN_ROW,
    NONE,
    PAULIS,
    QUBITS,
    QUEUED,
    ROW,
    SIGN,
    SYMBOLS,
    TOO_MUCH,
    VALUE,
    WEIGHT,
    Rows,
    SmallArray,
    X,
    Z,
    clear_row,
    dequeue,
    put,
    toggle,
)

__all__ = ["Findings", "measure", "reset"]


class Findings(NamedTuple):
    """What M measurements gave.

    Attributes:
        reference: one possible list of results, shape (M,).
        is_random: shape (M,).
        stands: the symbol that stands for each result, or `NONE` if it is constant, shape (M,).
        flip: what to add to it, shape (M,).
        check_end: end of each check in `checks`, shape (M,).
        check_of: result of each check, shape (M,).
        checks: results of the checks, one check after the other.
        tally: number of checks.
        last: the number of each qubit's result that is taken at the end, else `NONE`, shape (Q,).
    """

    reference: ByteArray
    is_random: BoolArray
    stands: SmallArray
    flip: ByteArray
    check_end: SmallArray
    check_of: SmallArray
    checks: SmallArray
    tally: SmallArray
    last: SmallArray


@in_place
def measure(state: Rows, found: Findings, qubit: int, result: int) -> None:
    """Measure Z of a qubit; the result is a number, and a symbol of the same number."""
    if state.column[qubit, FLIPS] > 0:
        _collapse(state, qubit, state.tally[QUBITS] + result)
        _note_random(found, result)
    else:
        row = _alone(state, qubit)
        if row != NONE:
            _determine(state, found, row, result)
    _settle(state, found)


@in_place
def _determine(state: Rows, found: Findings, row: int, result: int) -> None:
    """A result is a row's sign, and that of Z of its qubit from now on."""
    symbol = state.tally[QUBITS] + result
    hidden = _rarest_hidden(state, row, state.tally[QUBITS] + len(found.stands))
    if hidden != NONE:
        _express(state, row, hidden, symbol)
        _note_random(found, result)
        return
    _note_check(state, found, row, result)
    symbols = _count(state, row)
    if symbols > 1:
        clear_row(state, row, SYMBOLS)
        put(state, row, symbol, X)
        state.row[row, SIGN] = 0
        found.stands[result], found.flip[result] = result, 0


@in_place
def reset(state: Rows, qubit: int, hidden: int) -> None:
    """Put a qubit into |0>; `hidden` is a fresh symbol."""
    if state.column[qubit, FLIPS] > 0:
        row = _collapse(state, qubit, hidden)
    else:
        row = _alone(state, qubit)
    settle(state)  # with its sign: what other rows know of the state that is thrown away
    if row != NONE:
        clear_row(state, row, SYMBOLS)
        state.row[row, SIGN] = 0


@in_place
def _settle(state: Rows, found: Findings) -> None:
    """As `settle`, but a row that is Z of a qubit in the queue is first measured.

    The result then stands in all other signs for the sum of symbols that it is.
    """
    while True:
        row = next_to_settle(state)
        if row == NONE:
            return
        entry = state.row[row, PAULIS]
        qubit = state.pool[entry, COLUMN]
        if state.column[qubit, QUEUED] and state.column[qubit, FLIPS] == 0:
            dequeue(state, qubit)
            _determine(state, found, row, int(found.last[qubit]))
        multiply_out(state, row)


@in_place
def _collapse(state: Rows, qubit: int, symbol: int) -> int:
    """Make Z of a qubit a row, its sign the symbol; some row has X or Y there."""
    pool = state.pool
    pivot = _lightest(state, qubit, X)
    entry = state.column[qubit, HEAD]
    while entry != NONE:
        after, row = pool[entry, IN_COLUMN], pool[entry, ROW]
        if row != pivot and pool[entry, VALUE] & X:
            multiply_into(state, pivot, row)
        entry = after
    clear_row(state, pivot, PAULIS)
    clear_row(state, pivot, SYMBOLS)
    state.row[pivot, SIGN] = 0
    put(state, pivot, qubit, Z)
    put(state, pivot, symbol, X)
    wait_for_settling(state, pivot)
    return pivot


@in_place
def _lightest(state: Rows, qubit: int, bit: int) -> int:
    """Of the rows with this bit on a qubit that are not left aside, the one of least weight."""
    pool, best, least = state.pool, NONE, 2 * len(state.row)
    entry = state.column[qubit, HEAD]
    while entry != NONE:
        row = pool[entry, ROW]
        is_lighter = state.row[row, WEIGHT] < least
        if is_lighter and pool[entry, VALUE] & bit and not state.row[row, ASIDE]:
            best, least = row, state.row[row, WEIGHT]
        entry = pool[entry, IN_COLUMN]
    return best


@in_place
def _alone(state: Rows, qubit: int) -> int:
    """The row that is Z of a qubit, which is a product of rows; `NONE` if the pool was too small.

    Rows that cannot be in that product are left aside: the only ones with X (or Z) on another
    qubit of the row that is to become Z of this one.
    """
    target = _lightest(state, qubit, Z)
    if state.column[qubit, COUNT] == 1 and state.row[target, WEIGHT] == 1:
        return target
    _free_of(state, target, target, qubit, Z)
    aside = rounds = 0
    while state.row[target, WEIGHT] > 1:
        rounds += 1
        if rounds > len(state.column):  # it is no product of rows
            state.tally[FULL] = CONTRADICTION
        other = _sparsest(state, target, qubit)
        for bit in (X, Z):
            pivot = _lightest_but(state, other, bit, target)
            if pivot == NONE:
                continue
            _free_of(state, pivot, pivot, other, bit)
            state.row[pivot, ASIDE] = 1
            state.aside[aside] = pivot
            aside += 1
        if state.tally[FULL]:
            return NONE
    for i in range(aside):
        state.row[state.aside[i], ASIDE] = 0
    wait_for_settling(state, target)
    return target


@in_place
def _free_of(state: Rows, pivot: int, but: int, qubit: int, bit: int) -> None:
    """Multiply the pivot into all rows that have this bit on a qubit and are not left aside."""
    pool = state.pool
    entry = state.column[qubit, HEAD]
    while entry != NONE:
        after, row = pool[entry, IN_COLUMN], pool[entry, ROW]
        if row != but and pool[entry, VALUE] & bit and not state.row[row, ASIDE]:
            multiply_into(state, pivot, row)
        entry = after


@in_place
def _sparsest(state: Rows, row: int, but: int) -> int:
    """Of a row's qubits the one that fewest rows are on."""
    pool, best, least = state.pool, NONE, 2 * len(state.row)
    entry = state.row[row, PAULIS]
    while entry != NONE:
        column = pool[entry, COLUMN]
        if column != but and state.column[column, COUNT] < least:
            best, least = column, state.column[column, COUNT]
        entry = pool[entry, IN_ROW]
    return best


@in_place
def _lightest_but(state: Rows, qubit: int, bit: int, but: int) -> int:
    """As `_lightest`, but not this row."""
    state.row[but, ASIDE] = 1
    row = _lightest(state, qubit, bit)
    state.row[but, ASIDE] = 0
    return row


@in_place
def _count(state: Rows, row: int) -> int:
    entry, symbols = state.row[row, SYMBOLS], 0
    while entry != NONE:
        symbols += 1
        entry = state.pool[entry, IN_ROW]
    return symbols


@in_place
def _rarest_hidden(state: Rows, row: int, first: int) -> int:
    """Of a row's symbols from the first hidden one on that in fewest rows, or `NONE`."""
    pool, best, least = state.pool, NONE, 2 * len(state.row)
    entry = state.row[row, SYMBOLS]
    while entry != NONE:
        column = pool[entry, COLUMN]
        if column >= first and state.column[column, COUNT] < least:
            best, least = column, state.column[column, COUNT]
        entry = pool[entry, IN_ROW]
    return best


@in_place
def _express(state: Rows, row: int, hidden: int, symbol: int) -> None:
    """The row's sign is the symbol: put what that says of a hidden one in its place everywhere."""
    pool = state.pool
    entry = state.column[hidden, HEAD]
    while entry != NONE:
        after, other = pool[entry, IN_COLUMN], pool[entry, ROW]
        if other != row:
            add_signs(state, row, other)
            toggle(state, other, symbol)
        entry = after
    clear_row(state, row, SYMBOLS)
    state.row[row, SIGN] = 0
    put(state, row, symbol, X)


@in_place
def _note_random(found: Findings, result: int) -> None:
    found.is_random[result] = True
    found.stands[result] = result


@in_place
def _note_check(state: Rows, found: Findings, row: int, result: int) -> None:
    """The row's symbols and this result are a check."""
    number, begin = found.tally[0], 0
    if number > 0:
        begin = found.check_end[number - 1]
    value, at, first = state.row[row, SIGN], begin, state.tally[QUBITS]
    found.stands[result], found.flip[result] = NONE, value
    entry = state.row[row, SYMBOLS]
    while entry != NONE:
        if at + 1 >= len(found.checks):
            state.tally[FULL] = TOO_MUCH
            return
        other = state.pool[entry, COLUMN] - first
        found.checks[at] = other
        found.stands[result] = other
        value ^= found.reference[other]
        at += 1
        entry = state.pool[entry, IN_ROW]
    found.checks[at] = result
    found.reference[result] = value
    found.check_end[number] = at + 1
    found.check_of[number] = result
    found.tally[0] = number + 1
