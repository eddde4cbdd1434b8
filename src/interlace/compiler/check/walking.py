"""The walk over the schedule as one compiled loop: what every cell holds, and what is due.

The loop stops at the first rule that does not hold and says which, as one of the codes of
`walk_state`, with the step and up to two numbers; `schedule` makes the sentence.
"""

from __future__ import annotations

from interlace.compiler.check.walk_state import (
    AT,
    AXIS,
    BIT_START,
    CELL_START,
    CONDITION,
    COPIES,
    COPIES_AXIS,
    COPY,
    DONE,
    DUE,
    DUE_X,
    DUE_Z,
    EMPTY,
    FOREIGN,
    GATE,
    HALF,
    HELD,
    ITS_PACKET,
    KIND,
    LACKING,
    LEFT_COPY,
    LEFT_PAIR,
    MATE,
    NO_COPY,
    NO_PAIR,
    NO_QUBIT,
    NODE,
    NOT_COMMUTING,
    NOT_DUE,
    NOT_FIRST,
    NOT_FREE,
    NOT_ITS_PACKET,
    NOT_MOVABLE,
    NOT_SETTLED,
    NOT_WRITTEN,
    NOTHING,
    NOTHING_MOVED,
    NUMBER,
    ONE_PAIR,
    OPENED,
    OPENED_TWICE,
    OTHER_AXIS,
    OTHER_NODE,
    OTHER_PACKET,
    OWNER,
    PACKET,
    PACKET_AXIS,
    PAIR,
    QUBIT,
    REF,
    ROOT,
    SAME_QUBIT,
    SOUND,
    WORKS,
    WRITTEN,
    WRITTEN_TWICE,
    Column,
    Pairs,
    State,
    Steps,
)
from interlace.kernel import compiled

__all__ = ["owner_of", "root_of", "walk_steps"]

_OPEN, _CLOSE, _MOVE, _SWAP, _CORRECT = 0, 2, 3, 4, 7
_AXIS_X, _AXIS_Z = 1, 3

Found = tuple[int, int, int]
"""A code and its two numbers."""


@compiled
def walk_steps(steps: Steps, pairs: Pairs, state: State) -> tuple[int, int, int, int]:
    """Walk; returns (code, step, a, b), step -1 for the end of the schedule."""
    pair = 0
    for step in range(len(steps.table) - 1):
        broken, a, b = _begin(steps, state, step)
        while broken == SOUND and pair < len(pairs.step) and pairs.step[pair] == step:
            broken, a, b = _generate(steps, pairs, state, step, pair)
            pair += 1
        if broken == SOUND:
            broken, a, b = _carry_out(steps, state, step)
        if broken != SOUND:
            return broken, step, a, b
    for cell in range(len(state.cell)):
        if state.cell[cell, HELD] == NOTHING:
            continue
        if state.due[root_of(state.parent, owner_of(state, cell))] > 0:
            return LACKING, -1, cell, 0
        if state.cell[cell, HELD] == PAIR:
            return LEFT_PAIR, -1, cell, 0
        if state.cell[cell, HELD] == COPY:
            return LEFT_COPY, -1, cell, 0
    return SOUND, -1, 0, 0


@compiled
def _begin(steps: Steps, state: State, step: int) -> Found:
    for i in range(steps.table[step, CELL_START], steps.table[step + 1, CELL_START]):
        if steps.cell_node[steps.cells[i]] != steps.table[step, NODE]:
            return OTHER_NODE, steps.cells[i], 0
    for i in range(steps.table[step, BIT_START], steps.table[step + 1, BIT_START]):
        bit = int(steps.bits[i])
        if state.bit[bit, DUE] != 0:
            return WRITTEN_TWICE, bit, 0
        state.bit[bit, DUE] = WRITTEN
    return SOUND, 0, 0


@compiled
def _generate(steps: Steps, pairs: Pairs, state: State, step: int, pair: int) -> Found:
    first, second = int(pairs.first[pair]), int(pairs.second[pair])
    for cell in (first, second):
        if state.cell[cell, HELD] != NOTHING:
            return NOT_FREE, pairs.row[pair], cell
    is_used = False
    for i in range(steps.table[step, CELL_START], steps.table[step + 1, CELL_START]):
        is_used |= steps.cells[i] == first or steps.cells[i] == second
    if not is_used:
        return NOT_FIRST, pairs.row[pair], 0
    for cell in (first, second):
        state.cell[cell, HELD] = PAIR
        state.cell[cell, REF] = pair
    state.cell[first, MATE], state.cell[second, MATE] = second, first
    return SOUND, 0, 0


@compiled
def _carry_out(steps: Steps, state: State, step: int) -> Found:
    kind = int(steps.table[step, KIND])
    if kind == _OPEN:
        return _open(steps, state, step)
    if kind == _CLOSE:
        return _close(steps, state, step)
    if kind == _MOVE:
        return _move(steps, state, step)
    if kind == _SWAP:
        return _swap(steps, state, step)
    if kind == _CORRECT:
        return _correct(steps, state, step)
    if steps.table[step, WORKS]:
        return _operate(steps, state, step)
    return _relocate(steps, state, step)


@compiled
def root_of(parent: Column, owner: int) -> int:
    """Who an owner's corrections belong to by now."""
    while parent[owner] != owner:
        parent[owner] = parent[parent[owner]]
        owner = parent[owner]
    return owner


@compiled
def owner_of(state: State, cell: int) -> int:
    """The owner of the corrections due on what a cell holds."""
    if state.cell[cell, HELD] == QUBIT:
        return state.cell[cell, REF]
    if state.cell[cell, HELD] == COPY:
        return len(state.qubit) + state.cell[cell, REF]
    return len(state.qubit) + len(state.packet) + state.cell[cell, REF]


@compiled
def _owe(state: State, bit: int, what: int, owner: int, packet: int) -> None:
    state.bit[bit, DUE] = what
    state.bit[bit, OWNER] = owner
    state.bit[bit, ITS_PACKET] = packet
    state.due[owner] += 1


@compiled
def _settled(state: State, cell: int) -> int:
    if state.cell[cell, HELD] == NOTHING:
        return EMPTY
    if state.due[root_of(state.parent, owner_of(state, cell))] > 0:
        return NOT_SETTLED
    return SOUND


@compiled
def _take_qubit(state: State, cell: int) -> int:
    broken = _settled(state, cell)
    if broken == SOUND and state.cell[cell, HELD] != QUBIT:
        return NO_QUBIT
    return broken


@compiled
def _consume(state: State, near: int) -> int:
    """Whether the half at `near` is of a corrected pair; if so both its cells become free."""
    if state.cell[near, HELD] != PAIR:
        return NO_PAIR
    broken = _settled(state, near)
    if broken == SOUND:
        state.cell[near, HELD] = NOTHING
        state.cell[state.cell[near, MATE], HELD] = NOTHING
    return broken


@compiled
def _place(state: State, qubit: int, cell: int, step: int) -> None:
    state.cell[cell, HELD] = QUBIT
    state.cell[cell, REF] = qubit
    state.qubit[qubit, AT] = cell
    size = int(state.trail_size[0])
    state.trail[size, 0] = qubit
    state.trail[size, 1] = step + 1
    state.trail[size, 2] = cell
    state.trail_size[0] = size + 1


@compiled
def _open(steps: Steps, state: State, step: int) -> Found:
    begin = int(steps.table[step, CELL_START])
    root_cell, near = int(steps.cells[begin]), int(steps.cells[begin + 1])
    packet, axis = int(steps.table[step, PACKET]), int(steps.table[step, AXIS])
    broken = _take_qubit(state, root_cell)
    if broken != SOUND:
        return broken, root_cell, 0
    qubit = int(state.cell[root_cell, REF])
    if state.packet[packet, OPENED] != 0:
        return OPENED_TWICE, 0, 0
    if state.qubit[qubit, COPIES] > 0 and state.qubit[qubit, COPIES_AXIS] != axis:
        return OTHER_AXIS, qubit, 0
    broken = _consume(state, near)
    if broken != SOUND:
        return broken, near, 0
    far = int(state.cell[near, MATE])
    state.cell[far, HELD], state.cell[far, REF] = COPY, packet
    state.packet[packet, ROOT], state.packet[packet, PACKET_AXIS], state.packet[packet, OPENED] = (
        qubit,
        axis,
        1,
    )
    state.qubit[qubit, COPIES] += 1
    state.qubit[qubit, COPIES_AXIS] = axis
    what = DUE_X if axis == _AXIS_Z else DUE_Z
    owner = len(state.qubit) + packet
    _owe(
        state,
        int(steps.bits[int(steps.table[step, BIT_START])]),
        what,
        owner,
        steps.table[step, NUMBER],
    )
    return SOUND, 0, 0


@compiled
def _close(steps: Steps, state: State, step: int) -> Found:
    cell = int(steps.cells[int(steps.table[step, CELL_START])])
    broken = _settled(state, cell)
    if broken != SOUND:
        return broken, cell, 0
    if state.cell[cell, HELD] != COPY:
        return NO_COPY, cell, 0
    packet = int(state.cell[cell, REF])
    if (
        packet != steps.table[step, PACKET]
        or state.packet[packet, PACKET_AXIS] != steps.table[step, AXIS]
    ):
        return OTHER_PACKET, packet, 0
    qubit = int(state.packet[packet, ROOT])
    what = DUE_Z if state.packet[packet, PACKET_AXIS] == _AXIS_Z else DUE_X
    _owe(
        state,
        int(steps.bits[int(steps.table[step, BIT_START])]),
        what,
        qubit,
        steps.table[step, NUMBER],
    )
    state.packet[packet, OPENED] = 2
    state.qubit[qubit, COPIES] -= 1
    state.cell[cell, HELD] = NOTHING
    return SOUND, 0, 0


@compiled
def _move(steps: Steps, state: State, step: int) -> Found:
    begin, bits = int(steps.table[step, CELL_START]), int(steps.table[step, BIT_START])
    source, near = int(steps.cells[begin]), int(steps.cells[begin + 1])
    broken = _take_qubit(state, source)
    if broken != SOUND:
        return broken, source, 0
    broken = _consume(state, near)
    if broken != SOUND:
        return broken, near, 0
    qubit = int(state.cell[source, REF])
    state.cell[source, HELD] = NOTHING
    _owe(state, int(steps.bits[bits + 1]), DUE_X, qubit, -1)
    _owe(state, int(steps.bits[bits]), DUE_Z, qubit, -1)
    _place(state, qubit, state.cell[near, MATE], step)
    return SOUND, 0, 0


@compiled
def _swap(steps: Steps, state: State, step: int) -> Found:
    begin, bits = int(steps.table[step, CELL_START]), int(steps.table[step, BIT_START])
    left, right = int(steps.cells[begin]), int(steps.cells[begin + 1])
    for cell in (left, right):
        if state.cell[cell, HELD] != PAIR:
            return NO_PAIR, cell, 0
    first, second = int(state.cell[left, REF]), int(state.cell[right, REF])
    if first == second:
        return ONE_PAIR, 0, 0
    base = len(state.qubit) + len(state.packet)
    state.parent[base + second] = base + first
    state.due[base + first] += state.due[base + second]
    _owe(state, int(steps.bits[bits + 1]), DUE_X, base + first, -1)
    _owe(state, int(steps.bits[bits]), DUE_Z, base + first, -1)
    one, two = int(state.cell[left, MATE]), int(state.cell[right, MATE])
    state.cell[left, HELD] = NOTHING
    state.cell[right, HELD] = NOTHING
    state.cell[one, MATE], state.cell[two, MATE] = two, one
    state.cell[two, REF] = first
    return SOUND, 0, 0


@compiled
def _correct(steps: Steps, state: State, step: int) -> Found:
    cell, bit = (
        int(steps.cells[int(steps.table[step, CELL_START])]),
        int(steps.table[step, CONDITION]),
    )
    if state.bit[bit, DUE] == 0:
        return NOT_WRITTEN, bit, 0
    if state.cell[cell, HELD] == NOTHING or state.bit[bit, DUE] != steps.table[step, GATE] + 1:
        return NOT_DUE, cell, bit
    if steps.table[step, GATE] != 1 and steps.table[step, GATE] != 2:
        return NOT_DUE, cell, bit
    owner = root_of(state.parent, owner_of(state, cell))
    if root_of(state.parent, state.bit[bit, OWNER]) != owner:
        return NOT_DUE, cell, bit
    state.bit[bit, DUE] = DONE
    state.due[owner] -= 1
    if state.bit[bit, ITS_PACKET] != steps.table[step, NUMBER]:
        return NOT_ITS_PACKET, state.bit[bit, ITS_PACKET], 0
    return SOUND, 0, 0


@compiled
def _operate(steps: Steps, state: State, step: int) -> Found:
    begin, end = int(steps.table[step, CELL_START]), int(steps.table[step + 1, CELL_START])
    for i in range(begin, end):
        cell = int(steps.cells[i])
        broken = _settled(state, cell)
        if broken != SOUND:
            return broken, cell, 0
        if state.cell[cell, HELD] == PAIR:
            return HALF, cell, 0
        qubit = int(state.cell[cell, REF])
        axis = 0
        packet = -1
        if state.cell[cell, HELD] == COPY:
            packet = int(state.cell[cell, REF])
            qubit = int(state.packet[packet, ROOT])
            axis = int(state.packet[packet, PACKET_AXIS])
        elif state.qubit[qubit, COPIES] > 0:
            axis = int(state.qubit[qubit, COPIES_AXIS])
        needed = 1 if axis == _AXIS_X else 2
        if axis != 0 and steps.axes[i] & needed == 0:
            return NOT_COMMUTING, cell, packet
        state.acts_on[i] = qubit
    for i in range(begin, end):
        for j in range(begin, i):
            if state.acts_on[i] == state.acts_on[j]:
                return SAME_QUBIT, 0, 0
    return SOUND, 0, 0


@compiled
def _relocate(steps: Steps, state: State, step: int) -> Found:
    if steps.table[step, GATE] != 3:
        return FOREIGN, 0, 0
    begin = int(steps.table[step, CELL_START])
    one, two = int(steps.cells[begin]), int(steps.cells[begin + 1])
    if state.cell[one, HELD] == NOTHING and state.cell[two, HELD] == NOTHING:
        return NOTHING_MOVED, 0, 0
    for cell in (one, two):
        if state.cell[cell, HELD] != NOTHING:
            broken = _settled(state, cell)
            if broken != SOUND:
                return broken, cell, 0
    for cell in (one, two):
        if state.cell[cell, HELD] != NOTHING and state.cell[cell, HELD] != QUBIT:
            return NOT_MOVABLE, cell, 0
    first = int(state.cell[one, REF]) if state.cell[one, HELD] == QUBIT else -1
    second = int(state.cell[two, REF]) if state.cell[two, HELD] == QUBIT else -1
    state.cell[one, HELD] = NOTHING
    state.cell[two, HELD] = NOTHING
    if first >= 0:
        _place(state, first, two, step)
    if second >= 0:
        _place(state, second, one, step)
    return SOUND, 0, 0
