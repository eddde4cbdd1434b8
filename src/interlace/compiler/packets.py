"""Which copies to make: gate packets for a given placement.

A row whose operands lie on machines A and B can run on B with a copy of its
A-qubit, or on A with a copy of its B-qubit. A copy of one segment on one
machine serves all rows of the segment there. Between two machines the rows
form a bipartite graph over (segment, destination) vertices, and the fewest
copies are a minimum vertex cover: by Koenig's theorem a maximum matching gives
it exactly. This is the optimum for static placement without embedding or
detached gates, if communication qubits are plenty; where they are scarce the
sequential rule, which looks at what is open, can need fewer ebits. The
distributor tries both.

A vertex belongs to one pair of machines, so one matching settles all pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.compiler.plan import NONE
from interlace.compiler.work import Work, hosts
from interlace.kernel import BoolArray, IntArray, compiled

__all__ = [
    "Hosting",
    "Options",
    "cover_hosting",
    "minimum_vertex_cover",
    "options_of",
    "sequential_hosting",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Where each of n rows with N operands runs, with which of C copies.

    Attributes:
        host: machine of each row, shape (n,).
        copy: for each operand the copy that stands in for it, `NONE`: the qubit itself; (N,).
        copy_segment: the segment of each copy, shape (C,); some copies may be in no use.
        copy_machine: the machine on which it is open, shape (C,).
    """

    host: IntArray
    copy: IntArray
    copy_segment: IntArray
    copy_machine: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Every machine that could host each of n rows: O options in all, with C different copies.

    Attributes:
        start: CSR of the options of each row, in the order of its operands, shape (n + 1,).
        host: machine of each option, shape (O,).
        copy_start: where the operands of each option begin in `copy`, shape (O + 1,).
        copy: for each operand of an option the copy it would use, or `NONE`.
        copy_segment: the segment of each copy, shape (C,).
        copy_machine: the machine of each copy, shape (C,).
    """

    start: IntArray
    host: IntArray
    copy_start: IntArray
    copy: IntArray
    copy_segment: IntArray
    copy_machine: IntArray


def options_of(work: Work, machine_of: IntArray, copies: IntArray) -> Options:
    """Where each row could run: the input of both rules.

    Args:
        work: the working program.
        machine_of: machine of each qubit.
        copies: how many copies of foreign qubits each machine can hold at once.
    """
    can_host = hosts(work.ops, machine_of, copies)
    start, host, copy_start, copy, copy_segment, copy_machine = _options(
        work.ops.start, work.ops.operands, work.segment, can_host, machine_of
    )
    return Options(
        start=start,
        host=host,
        copy_start=copy_start,
        copy=copy,
        copy_segment=copy_segment,
        copy_machine=copy_machine,
    )


def sequential_hosting(work: Work, options: Options) -> Hosting:
    """Choose row by row: a copy that is there already, else the one that more rows could use."""
    chosen = _sequential(options.start, options.copy_start, options.copy, len(options.copy_segment))
    return _hosting(work, options, chosen)


def cover_hosting(work: Work, options: Options) -> Hosting:
    """Choose the fewest copies by minimum vertex cover for each pair of machines."""
    chosen, made, rows, from_low, from_high = _fixed(
        options.start,
        options.host,
        options.copy_start,
        options.copy,
        len(options.copy_segment),
    )
    is_open = ~(made[from_low] | made[from_high])
    left, right = from_low[is_open], from_high[is_open]
    left_in, right_in = minimum_vertex_cover(left, right, len(made), len(made))
    is_made = made | left_in | right_in
    # The copy that comes from the lower machine is open on the higher one.
    low_first = options.host[options.start[rows]] < options.host[options.start[rows] + 1]
    on_high = is_made[from_low]
    chosen[rows] = options.start[rows] + (on_high == low_first)
    return _hosting(work, options, chosen)


def minimum_vertex_cover(
    left: IntArray, right: IntArray, num_left: int, num_right: int
) -> tuple[BoolArray, BoolArray]:
    """A minimum vertex cover of a bipartite graph (Koenig 1931, from a maximum matching).

    Args:
        left: left end of each edge.
        right: right end of each edge.
        num_left: left vertices.
        num_right: right vertices.

    Returns:
        Which left and which right vertices are in the cover; on ties the left ones.
    """
    if len(left) == 0:
        return np.zeros(num_left, dtype=np.bool_), np.zeros(num_right, dtype=np.bool_)
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    edges = np.unique(left * num_right + right)
    ends = edges % num_right
    begin = np.zeros(num_left + 1, dtype=np.int64)
    np.cumsum(np.bincount(edges // num_right, minlength=num_left), out=begin[1:])
    graph = csr_array(
        (np.ones(len(ends), dtype=np.int8), ends.astype(np.int32), begin.astype(np.int32)),
        shape=(num_left, num_right),
    )
    left_of = maximum_bipartite_matching(graph, perm_type="row").astype(np.int64)
    return _cover(begin, ends, left_of)


def _hosting(work: Work, options: Options, chosen: IntArray) -> Hosting:
    return Hosting(
        host=options.host[chosen],
        copy=_copies_used(work.ops.start, options.copy_start, options.copy, chosen),
        copy_segment=options.copy_segment,
        copy_machine=options.copy_machine,
    )


@compiled
def _options(
    start: IntArray,
    operands: IntArray,
    segment: IntArray,
    can_host: BoolArray,
    machine_of: IntArray,
) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]:
    """List the options of each row, and number the copies as they are first asked for."""
    num_options, num_places = 0, 0
    for row in range(len(start) - 1):
        for place in range(start[row], start[row + 1]):
            if can_host[place]:
                num_options += 1
                num_places += start[row + 1] - start[row]
    option_start = np.zeros(len(start), dtype=np.int64)
    host = np.empty(num_options, dtype=np.int64)
    copy_start = np.zeros(num_options + 1, dtype=np.int64)
    copy = np.full(num_places, NONE, dtype=np.int64)
    copy_segment = np.empty(num_places, dtype=np.int64)
    copy_machine = np.empty(num_places, dtype=np.int64)
    slots = 16
    while slots < 2 * num_places:
        slots *= 2
    table = np.full(slots, NONE, dtype=np.int64)
    option, at, count = 0, 0, 0
    for row in range(len(start) - 1):
        for place in range(start[row], start[row + 1]):
            if not can_host[place]:
                continue
            machine = int(machine_of[operands[place]])
            host[option] = machine
            for other in range(start[row], start[row + 1]):
                if machine_of[operands[other]] != machine and segment[other] != NONE:
                    slot = _slot(table, copy_segment, copy_machine, segment[other], machine)
                    if table[slot] == NONE:
                        table[slot] = count
                        copy_segment[count], copy_machine[count] = segment[other], machine
                        count += 1
                    copy[at] = table[slot]
                at += 1
            option += 1
            copy_start[option] = at
        option_start[row + 1] = option
    return (
        option_start,
        host,
        copy_start,
        copy,
        copy_segment[:count].copy(),
        copy_machine[:count].copy(),
    )


@compiled
def _slot(
    table: IntArray, copy_segment: IntArray, copy_machine: IntArray, segment: int, machine: int
) -> int:
    """Where the copy stands in the hash table, or the free slot where it would (linear probing)."""
    slot = (segment * 0x9E3779B1 + machine * 0x85EBCA77) & (len(table) - 1)
    while table[slot] != NONE and (
        copy_segment[table[slot]] != segment or copy_machine[table[slot]] != machine
    ):
        slot = (slot + 1) & (len(table) - 1)
    return slot


@compiled
def _sequential(
    option_start: IntArray, copy_start: IntArray, copy: IntArray, num_copies: int
) -> IntArray:
    """The option of each row with the fewest new copies; on ties the most wanted ones."""
    wanted = np.zeros(num_copies, dtype=np.int64)
    made = np.zeros(num_copies, dtype=np.bool_)
    chosen = np.empty(len(option_start) - 1, dtype=np.int64)
    for row in range(len(chosen)):
        if option_start[row + 1] - option_start[row] > 1:
            for at in range(copy_start[option_start[row]], copy_start[option_start[row + 1]]):
                if copy[at] != NONE:
                    wanted[copy[at]] += 1
    for row in range(len(chosen)):
        best, fewest, most = NONE, 0, 0
        for option in range(option_start[row], option_start[row + 1]):
            missing, demand = 0, 0
            for at in range(copy_start[option], copy_start[option + 1]):
                if copy[at] != NONE:
                    missing += not made[copy[at]]
                    demand += wanted[copy[at]]
            if best == NONE or missing < fewest or (missing == fewest and demand > most):
                best, fewest, most = option, missing, demand
        chosen[row] = best
        for at in range(copy_start[best], copy_start[best + 1]):
            if copy[at] != NONE:
                made[copy[at]] = True
    return chosen


@compiled
def _fixed(
    option_start: IntArray,
    host: IntArray,
    copy_start: IntArray,
    copy: IntArray,
    num_copies: int,
) -> tuple[IntArray, BoolArray, IntArray, IntArray, IntArray]:
    """Choose for the rows that leave no choice; the others with their two possible copies."""
    chosen = option_start[:-1].copy()
    made = np.zeros(num_copies, dtype=np.bool_)
    rows = np.empty(len(chosen), dtype=np.int64)
    from_low = np.empty(len(chosen), dtype=np.int64)
    from_high = np.empty(len(chosen), dtype=np.int64)
    count = 0
    for row in range(len(chosen)):
        option = option_start[row]
        first, middle = copy_start[option], copy_start[option + 1]
        if option_start[row + 1] - option == 1 or middle - first > 2:
            for at in range(first, middle):
                if copy[at] != NONE:
                    made[copy[at]] = True
            continue
        rows[count] = row
        # The first option runs where the first operand lives, with a copy of the second.
        on_first, on_second = copy[first + 1], copy[middle]
        is_low = host[option] < host[option + 1]
        from_low[count] = on_second if is_low else on_first
        from_high[count] = on_first if is_low else on_second
        count += 1
    return chosen, made, rows[:count].copy(), from_low[:count].copy(), from_high[:count].copy()


@compiled
def _copies_used(
    start: IntArray, copy_start: IntArray, copy: IntArray, chosen: IntArray
) -> IntArray:
    used = np.empty(start[-1], dtype=np.int64)
    for row in range(len(chosen)):
        for position in range(start[row + 1] - start[row]):
            used[start[row] + position] = copy[copy_start[chosen[row]] + position]
    return used


@compiled
def _cover(begin: IntArray, ends: IntArray, left_of: IntArray) -> tuple[BoolArray, BoolArray]:
    """Walk alternating paths from the unmatched left: left not reached and right reached cover."""
    not_reached = np.zeros(len(begin) - 1, dtype=np.bool_)
    reached = np.zeros(len(left_of), dtype=np.bool_)
    for right in range(len(left_of)):
        if left_of[right] >= 0:
            not_reached[left_of[right]] = True
    stack = np.empty(len(begin) - 1, dtype=np.int64)
    top = 0
    for left in range(len(begin) - 1):
        if not not_reached[left]:
            stack[top] = left
            top += 1
    while top > 0:
        top -= 1
        for at in range(begin[stack[top]], begin[stack[top] + 1]):
            right = ends[at]
            if not reached[right]:
                reached[right] = True
                back = left_of[right]
                if back >= 0 and not_reached[back]:
                    not_reached[back] = False
                    stack[top] = back
                    top += 1
    return not_reached, reached
