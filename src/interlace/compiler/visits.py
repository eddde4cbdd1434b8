"""Visits: stays of a qubit on another machine that cost fewer ebits than packets.

Three or more packets in a row of one root to one machine become two state
teleportations, there and back. A visitor lives on a communication cell, so a
machine takes only as many as leave it enough cells for every other row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import GATES, gate_columns
from interlace.compiler.ground import Ground
from interlace.compiler.packets import Hosting
from interlace.compiler.plan import NONE
from interlace.compiler.work import Work
from interlace.kernel import BoolArray, IntArray, compiled

__all__ = ["Visits", "visits_of"]

_FEWEST_PACKETS = 3
"""There and back costs two ebits, so a visit pays from three packets on."""

_PLENTY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Stays of W qubits on other machines.

    Attributes:
        at: the visit that begins at each row or `NONE`, shape (n,).
        qubit: who stays, shape (W,).
        machine: where.
        last: the row after which it goes home.
    """

    at: IntArray
    qubit: IntArray
    machine: IntArray
    last: IntArray


def visits_of(
    work: Work, hosting: Hosting, ground: Ground, *, num_qubits: int, pairs: IntArray
) -> Visits:
    """Stays that save ebits: three or more packets in a row of one root to one machine.

    Args:
        work: the working program.
        hosting: where each row runs and which copies it uses.
        ground: knows the routes of `pairs`.
        num_qubits: of the circuit.
        pairs: the machine pairs between which copies are made.
    """
    names = work.ops.names
    known = gate_columns(names)
    is_gate = np.array([name in GATES for name in names], dtype=np.bool_)
    stays, named = _stays(
        work.ops.gate,
        work.ops.start,
        work.ops.operands,
        (known.qubits == 1) & is_gate,
        hosting.copy,
        hosting.copy_machine,
        num_qubits,
    )
    stays = stays[:, np.argsort(named[stays[0]], kind="stable")]
    stays = stays[:, _fitting(stays, _roomy(work, hosting, ground, pairs))]
    at = np.full(len(work.ops), NONE, dtype=np.int64)
    at[stays[2]] = np.arange(stays.shape[1])
    return Visits(at=at, qubit=stays[0].copy(), machine=stays[1].copy(), last=stays[3].copy())


def _roomy(work: Work, hosting: Hosting, ground: Ground, pairs: IntArray) -> IntArray:
    """How many guests each node can keep and still serve every other row."""
    columns = ground.columns
    needs = _most_copies(work.ops.start, hosting.host, hosting.copy, len(columns.first_extra))
    inner = ground.inner_nodes(pairs)
    needs[inner] = np.maximum(needs[inner], 2)
    room = np.maximum(np.diff(columns.pool_start) - needs, 0)
    room[columns.is_unlimited] = _PLENTY
    for link, spec in zip(ground.links, ground.network.links, strict=True):
        for node, wires in zip(link.ends, spec.wired, strict=True):
            if wires is not None:
                room[node] = 0
    return room


@compiled
def _most_copies(start: IntArray, host: IntArray, copy: IntArray, num_nodes: int) -> IntArray:
    """The most copies that a row needs on each node, at least 1."""
    needs = np.ones(num_nodes, dtype=np.int64)
    for row in range(len(host)):
        used = 0
        for place in range(start[row], start[row + 1]):
            used += copy[place] != NONE
        needs[host[row]] = max(needs[host[row]], used)
    return needs


@compiled
def _fitting(stays: IntArray, room: IntArray) -> BoolArray:
    """Which stays find room on their machine beside those before them that did."""
    fits = np.zeros(stays.shape[1], dtype=np.bool_)
    newest = np.full(len(room), NONE, dtype=np.int64)
    older = np.full(stays.shape[1], NONE, dtype=np.int64)
    for stay in range(stays.shape[1]):
        host, clashes = stays[1, stay], 0
        other = newest[host]
        while other != NONE and clashes < room[host]:
            clashes += stays[2, other] <= stays[3, stay] and stays[2, stay] <= stays[3, other]
            other = older[other]
        if clashes < room[host]:
            fits[stay] = True
            older[stay], newest[host] = newest[host], stay
    return fits


@compiled
def _stays(
    gate: IntArray,
    start: IntArray,
    operands: IntArray,
    is_single: BoolArray,
    copy: IntArray,
    copy_machine: IntArray,
    num_qubits: int,
) -> tuple[IntArray, IntArray]:
    """Runs of rows of a qubit, all alone on one foreign machine, over three packets or more.

    Returns:
        Rows qubit, machine, first row, last row, in the order in which they end; and the place
        of each qubit in the order in which the program first names them.
    """
    named = np.full(num_qubits, NONE, dtype=np.int64)
    run_machine = np.full(num_qubits, NONE, dtype=np.int64)
    run_first = np.zeros(num_qubits, dtype=np.int64)
    run_last = np.zeros(num_qubits, dtype=np.int64)
    run_packets = np.zeros(num_qubits, dtype=np.int64)
    run_copy = np.full(num_qubits, NONE, dtype=np.int64)
    most = len(copy) // _FEWEST_PACKETS + 1
    found = np.empty((4, most), dtype=np.int64)
    count, order = 0, 0
    for row in range(len(gate) + 1):
        is_end = row == len(gate)
        if not is_end and is_single[gate[row]]:
            place = start[row]
            if named[operands[place]] == NONE:
                named[operands[place]] = order
                order += 1
            continue
        begin, end = (0, num_qubits) if is_end else (start[row], start[row + 1])
        used = 0
        if not is_end:
            for place in range(begin, end):
                used += copy[place] != NONE
        for place in range(begin, end):
            root = place if is_end else operands[place]
            own = NONE if is_end or used != 1 else copy[place]
            if not is_end and named[root] == NONE:
                named[root] = order
                order += 1
            if own != NONE and copy_machine[own] == run_machine[root]:
                run_packets[root] += own != run_copy[root]
                run_copy[root], run_last[root] = own, row
                continue
            if run_packets[root] >= _FEWEST_PACKETS:
                found[0, count], found[1, count] = root, run_machine[root]
                found[2, count], found[3, count] = run_first[root], run_last[root]
                count += 1
            run_machine[root] = NONE if own == NONE else copy_machine[own]
            run_packets[root] = 0 if own == NONE else 1
            run_copy[root], run_first[root], run_last[root] = own, row, row
    return found[:, :count].copy(), named
