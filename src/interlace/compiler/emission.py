"""From hosted rows to steps: open, use, close, move, swap, with every correction.

Theory of operation
-------------------
Rows are taken in the circuit's order. Before a row runs on its host, each copy
that it needs there is opened; a copy is closed after its last use. A machine
has a fixed pool of communication cells. When one is needed and none is free,
the open copy whose next use is farthest away is closed (Belady 1966) and will
be opened again: one more ebit, never a held-up machine. Every request can be
met because a row needs at most as many copies on its host as the host has
cells, and the root's side needs one cell for an instant.

An ebit between machines that are not neighbours takes one pair a hop; inner
nodes swap from the root's side outwards, each with two cells for an instant.

A *visit* replaces three or more packets in a row of one root to one machine by
two state teleportations, there and back, during which the qubit lives on a
communication cell of that machine.

The loops run twice: once to count, which is all that the search asks for, and
once to write into columns of just that length.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn, cast

import numpy as np

from interlace.compiler.cells import (
    CELL,
    CELLS,
    EVENTS,
    FIRST,
    HELD,
    KEEP,
    NEXT_USE,
    NO_CELL_AT,
    NODE,
    NONE,
    PAIRS,
    SIDE,
    VISIT,
    WHERE,
    Drawn,
    Event,
    Program,
    Working,
    close_copy,
    draw,
    free_cell,
    note_open,
    take_cell,
)
from interlace.compiler.columns import Emitted, columns
from interlace.compiler.ground import Ground, GroundColumns
from interlace.compiler.packets import Hosting
from interlace.compiler.visits import visits_of
from interlace.compiler.work import Work
from interlace.errors import InfeasibleError, InvariantError
from interlace.kernel import IntArray, compiled, in_place

__all__ = ["Emission", "emission_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emission:
    """The steps of a hosted program, counted but not written down yet.

    Attributes:
        link_pairs: ebits that it asks of each link, shape (L,).
    """

    work: Work
    ground: Ground
    program: Program
    counts: IntArray
    link_pairs: IntArray

    @property
    def num_pairs(self) -> int:
        """Ebits in all, each hop counted."""
        return int(self.counts[PAIRS])

    def written(self) -> Emitted:
        """The steps themselves."""
        drawn = _blank(self.program, int(self.counts[EVENTS]), int(self.counts[PAIRS]))
        working = _working(self.ground.columns, self.program)
        _emit(self.ground.columns, self.program, working, drawn)
        return columns(self.work, self.program, working, drawn, network=self.ground.network)


def emission_of(work: Work, hosting: Hosting, machine_of: IntArray, *, ground: Ground) -> Emission:
    """Order the steps that carry the rows out.

    Args:
        work: the working program.
        hosting: where each row runs and which copies it uses.
        machine_of: machine of each qubit.
        ground: the network, its links, and the path for an ebit between two machines.

    Raises:
        InfeasibleError: a node on a route has too few communication qubits.
    """
    pairs = _machine_pairs(work, hosting, machine_of, len(ground.network.machines))
    ground.find_routes(pairs)
    visits = visits_of(work, hosting, ground, num_qubits=len(machine_of), pairs=pairs)
    use_start, uses = _uses(work.ops.start, hosting.copy, len(hosting.copy_segment))
    program = Program(
        start=work.ops.start,
        operands=work.ops.operands,
        host=hosting.host,
        copy=hosting.copy,
        home=machine_of,
        copy_qubit=work.segment_qubit[hosting.copy_segment],
        copy_axis=work.segment_axis[hosting.copy_segment],
        copy_machine=hosting.copy_machine,
        use_start=use_start,
        uses=uses,
        visit_at=visits.at,
        visit=np.stack([visits.qubit, visits.machine, visits.last]),
    )
    working, drawn = _working(ground.columns, program), _blank(program, 0, 0)
    _emit(ground.columns, program, working, drawn)
    if working.tally[NO_CELL_AT] != NONE:
        _refuse(ground, working.tally)
    _refuse_apart(work, working, drawn)
    return Emission(
        work=work,
        ground=ground,
        program=program,
        counts=working.tally,
        link_pairs=working.link_pairs,
    )


_ROW, _OPEN, _SWAP, _MOVE, _RETURN = (
    cast("int", np.int64(event))
    for event in (Event.ROW, Event.OPEN, Event.SWAP, Event.MOVE, Event.RETURN)
)
_NOTHING_KEPT = cast("int", np.int64(-2))


def _machine_pairs(
    work: Work, hosting: Hosting, machine_of: IntArray, num_machines: int
) -> IntArray:
    """The pairs (root's machine, copy's machine) of the copies in use, each as a K + b."""
    is_used = np.zeros(len(hosting.copy_segment), dtype=np.bool_)
    is_used[hosting.copy[hosting.copy != NONE]] = True
    root = machine_of[work.segment_qubit[hosting.copy_segment[is_used]]]
    is_pair = np.zeros(num_machines**2, dtype=np.bool_)
    is_pair[root * num_machines + hosting.copy_machine[is_used]] = True
    return np.flatnonzero(is_pair)


def _blank(program: Program, num_events: int, num_pairs: int) -> Drawn:
    return Drawn(
        event=np.empty((5, num_events), dtype=np.int64),
        places=np.empty(len(program.operands), dtype=np.int64),
        pair=np.empty((4, num_pairs), dtype=np.int64),
    )


def _working(ground: GroundColumns, program: Program) -> Working:
    """The state before the first row: every qubit at home, every cell free, in order."""
    qubits, nodes, fixed = len(program.home), len(ground.first_extra), len(ground.pool_qubit)
    copies, hops = len(program.copy_qubit), int(ground.route_hops.max(initial=0))
    # At once: a cell for each copy and each guest, and two more at a node that an ebit passes.
    unlimited = int(np.count_nonzero(ground.is_unlimited))
    extra = qubits + copies + 2 * unlimited if unlimited else 0
    cell = np.full((3, qubits + fixed + extra), NONE, dtype=np.int64)
    first, last = qubits + ground.pool_start[:-1], qubits + ground.pool_start[1:] - 1
    some = np.flatnonzero(last >= first)
    cell[2, qubits : qubits + fixed] = np.arange(qubits + 1, qubits + fixed + 1)
    cell[2, last[some]] = NONE
    cell[0, :qubits] = program.home
    cell[0, qubits : qubits + fixed] = np.repeat(np.arange(nodes), np.diff(ground.pool_start))
    cell[1, :qubits] = _slots(program.home, nodes)
    cell[1, qubits : qubits + fixed] = ground.pool_qubit
    pool = np.full((3, nodes), NONE, dtype=np.int64)
    pool[0, some], pool[1, some], pool[2] = first[some], last[some], 0
    qubit = np.full((2, qubits), NONE, dtype=np.int64)
    qubit[WHERE] = np.arange(qubits)
    copy = np.full((4, copies), NONE, dtype=np.int64)
    copy[NEXT_USE] = program.use_start[:-1]
    tally = np.zeros(6, dtype=np.int64)
    tally[CELLS], tally[NO_CELL_AT] = qubits + fixed, NONE
    return Working(
        tally=tally,
        cell=cell,
        pool=pool,
        qubit=qubit,
        copy=copy,
        on_machine=np.full((4, max(copies, nodes)), NONE, dtype=np.int64),
        of_qubit=np.full((4, max(copies, qubits)), NONE, dtype=np.int64),
        hop=np.zeros((2, hops), dtype=np.int64),
        link_pairs=np.zeros(len(ground.link_first), dtype=np.int64),
    )


def _refuse(ground: Ground, count: IntArray) -> NoReturn:
    """Say in words which node has no communication cell left."""
    node = ground.network.nodes[count[NO_CELL_AT]]
    link = ground.network.links[count[SIDE] // 2]
    if node.communication is None:
        msg = f"{node.name} has no limit of communication qubits, and more were made than counted"
        raise InvariantError(msg)
    limit = len(node.communication)
    msg = (
        f"{node.name} has too few communication qubits for link {link.name}: "
        f"{limit} in all, and this step holds {count[HELD]} along its route; "
        f"give {node.name} more communication qubits"
    )
    raise InfeasibleError(msg)


def _refuse_apart(work: Work, working: Working, drawn: Drawn) -> None:
    """Every row runs on one machine."""
    node = working.cell[NODE, drawn.places]
    is_apart = node != np.repeat(node[work.ops.start[:-1]], np.diff(work.ops.start))
    if is_apart.any():
        row = int(np.searchsorted(work.ops.start, np.argmax(is_apart), side="right")) - 1
        msg = f"row {row} ({work.ops.names[work.ops.gate[row]]}) was left on several machines"
        raise InvariantError(msg)


@compiled
def _slots(home: IntArray, num_nodes: int) -> IntArray:
    """The data slot of each qubit on its machine."""
    taken = np.zeros(num_nodes, dtype=np.int64)
    slot = np.empty(len(home), dtype=np.int64)
    for qubit in range(len(home)):
        slot[qubit] = taken[home[qubit]]
        taken[home[qubit]] += 1
    return slot


@compiled
def _uses(start: IntArray, copy: IntArray, num_copies: int) -> tuple[IntArray, IntArray]:
    """CSR of the rows that use each copy."""
    use_start = np.zeros(num_copies + 1, dtype=np.int64)
    for place in range(len(copy)):
        if copy[place] != NONE:
            use_start[copy[place] + 1] += 1
    use_start = np.cumsum(use_start)
    uses, filled = np.empty(use_start[-1], dtype=np.int64), use_start.copy()
    for row in range(len(start) - 1):
        for place in range(start[row], start[row + 1]):
            if copy[place] != NONE:
                uses[filled[copy[place]]] = row
                filled[copy[place]] += 1
    return use_start, uses


@in_place
def _emit(ground: GroundColumns, program: Program, working: Working, drawn: Drawn) -> bool:
    """Draw every row; `False` as soon as a cell is missing, with where in `tally`."""
    for row in range(len(program.host)):
        visit = program.visit_at[row]
        if visit != NONE:
            guest = program.visit[0, visit]
            while working.of_qubit[FIRST, guest] != NONE:
                close_copy(program, working, drawn, working.of_qubit[FIRST, guest])
            if not _move(ground, program, working, drawn, guest, program.visit[1, visit]):
                return False
            working.qubit[VISIT, guest] = visit
        if not _row(ground, program, working, drawn, row):
            return False
        for place in range(program.start[row], program.start[row + 1]):
            guest = program.operands[place]
            visit = working.qubit[VISIT, guest]
            if visit != NONE and program.visit[2, visit] == row:
                working.qubit[VISIT, guest] = NONE
                if not _move(ground, program, working, drawn, guest, int(program.home[guest])):
                    return False
                landed = working.qubit[WHERE, guest]
                draw(working, drawn, _RETURN, guest, landed, guest, NONE)
                working.qubit[WHERE, guest] = guest
                free_cell(working, landed)
    return True


@in_place
def _row(ground: GroundColumns, program: Program, working: Working, drawn: Drawn, row: int) -> bool:
    """Open what the row needs, carry it out, close what no later row needs."""
    first, last, host = program.start[row], program.start[row + 1], program.host[row]
    for place in range(first, last):
        copy, cell = program.copy[place], working.qubit[WHERE, program.operands[place]]
        if copy != NONE and working.cell[NODE, cell] != host:
            working.copy[KEEP, copy] = row
    for place in range(first, last):
        copy, cell = program.copy[place], working.qubit[WHERE, program.operands[place]]
        is_needed = copy != NONE and working.copy[KEEP, copy] == row
        if is_needed and working.copy[CELL, copy] == NONE:
            root = working.cell[NODE, cell]
            near, far = _ebit(ground, program, working, drawn, root, host, row)
            if near == NONE:
                return False
            draw(working, drawn, _OPEN, copy, cell, near, far)
            free_cell(working, near)
            note_open(program, working, copy, far)
    for place in range(first, last):
        copy, cell = program.copy[place], working.qubit[WHERE, program.operands[place]]
        if copy != NONE and working.copy[KEEP, copy] == row:
            cell = working.copy[CELL, copy]
        drawn.places[place] = cell
    draw(working, drawn, _ROW, row, NONE, NONE, NONE)
    for place in range(first, last):
        copy = program.copy[place]
        if copy != NONE:
            working.copy[NEXT_USE, copy] += 1
            is_done = working.copy[NEXT_USE, copy] == program.use_start[copy + 1]
            if is_done and working.copy[CELL, copy] != NONE:
                close_copy(program, working, drawn, copy)
    return True


@in_place
def _ebit(
    ground: GroundColumns,
    program: Program,
    working: Working,
    drawn: Drawn,
    source: int,
    target: int,
    keep: int,
) -> tuple[int, int]:
    """A pair between two machines: swaps are drawn, its end cells returned, or `NONE` twice.

    The event after it is the first to use what of it no swap has used.
    """
    route = source * ground.num_machines + target
    begin, hops = ground.route_start[route], ground.route_hops[route]
    for hop in range(hops):
        link = ground.route_links[begin + hop]
        for end in range(2):
            node = ground.route_nodes[begin + hop + end]
            side = 2 * link + (ground.link_first[link] != node)
            cell = take_cell(ground, program, working, drawn, int(node), side, keep)
            if cell == NONE:
                working.tally[NO_CELL_AT], working.tally[SIDE] = node, side
                working.tally[HELD] = 2 * hop + end
                return NONE, NONE
            working.hop[end, hop] = cell
    for hop in range(hops):
        link, pair = ground.route_links[begin + hop], working.tally[PAIRS]
        working.tally[PAIRS] = pair + 1
        working.link_pairs[link] += 1
        if pair < drawn.pair.shape[1]:
            back = int(ground.link_first[link] != ground.route_nodes[begin + hop])
            drawn.pair[0, pair] = link
            drawn.pair[1, pair] = working.hop[back, hop]
            drawn.pair[2, pair] = working.hop[1 - back, hop]
            drawn.pair[3, pair] = working.tally[EVENTS] + max(0, hop - 1)
    for hop in range(1, hops):
        left, right, end = working.hop[1, hop - 1], working.hop[0, hop], working.hop[1, hop]
        draw(working, drawn, _SWAP, NONE, left, right, end)
        free_cell(working, left)
        free_cell(working, right)
    return working.hop[0, 0], working.hop[1, hops - 1]


@in_place
def _move(
    ground: GroundColumns,
    program: Program,
    working: Working,
    drawn: Drawn,
    qubit: int,
    machine: int,
) -> bool:
    """Draw a MOVE of the qubit to a communication cell of the machine."""
    cell = working.qubit[WHERE, qubit]
    node = working.cell[NODE, cell]
    near, far = _ebit(ground, program, working, drawn, node, machine, _NOTHING_KEPT)
    if near == NONE:
        return False
    draw(working, drawn, _MOVE, qubit, cell, near, far)
    working.qubit[WHERE, qubit] = far
    free_cell(working, near)
    free_cell(working, cell)
    return True
