"""Visits: stays of a qubit on another machine that cost fewer ebits than packets.

Three or more packets in a row of one root to one machine become two state
teleportations, there and back. A visitor lives on a communication cell, so a
machine takes only as many as leave it enough cells for every other row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.compiler.twins.packets import Copy, Hosting
from tests.compiler.twins.work import Row

from interlace.circuit import GATES
from interlace.compiler.plan import NONE
from interlace.network import Network
from interlace.routing import Route

__all__ = ["Visit", "visits_of"]

_FEWEST_PACKETS = 3
"""There and back costs two ebits, so a visit pays from three packets on."""

_PLENTY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A stay of one qubit on another machine, rows [first, last]."""

    qubit: int
    machine: int
    first: int
    last: int


def visits_of(
    rows: Sequence[Row],
    hosting: Hosting,
    machine_of: Sequence[int],
    network: Network,
    route: Callable[[int, int], Route],
) -> list[Visit]:
    """Stays that save ebits: three or more packets in a row of one root to one machine."""
    roomy = _roomy(hosting, machine_of, network, route)
    per_qubit: dict[int, list[int]] = {}
    for index, row in enumerate(rows):
        for qubit in row.qubits:
            per_qubit.setdefault(qubit, []).append(index)
    visits: list[Visit] = []
    guests: dict[int, list[Visit]] = {}
    for qubit, indices in per_qubit.items():
        for visit in _stays(qubit, indices, rows, hosting):
            limit = roomy[visit.machine]
            clash = [
                other
                for other in guests.get(visit.machine, [])
                if other.first <= visit.last and visit.first <= other.last
            ]
            if len(clash) < limit:
                visits.append(visit)
                guests.setdefault(visit.machine, []).append(visit)
    return visits


def _roomy(
    hosting: Hosting,
    machine_of: Sequence[int],
    network: Network,
    route: Callable[[int, int], Route],
) -> list[int]:
    """How many guests each machine can keep and still serve every other row."""
    needs = [1] * len(network.nodes)
    for used, host in zip(hosting.copies, hosting.host, strict=True):
        needs[host] = max(needs[host], sum(copy is not None for copy in used))
    pairs = {
        (machine_of[copy[0][0]], copy[1])
        for used in hosting.copies
        for copy in used
        if copy is not None
    }
    for source, target in pairs:
        for inner in route(source, target).nodes[1:-1]:
            needs[inner] = max(needs[inner], 2)
    wired = {
        node
        for link in network.links
        for end, wires in zip(link.ends, link.wired, strict=True)
        if wires is not None
        for node in [network.node_index(end)]
    }
    return [
        0
        if index in wired
        else _PLENTY
        if node.communication is None
        else max(0, len(node.communication) - needs[index])
        for index, node in enumerate(network.nodes)
    ]


def _stays(
    qubit: int,
    indices: Sequence[int],
    rows: Sequence[Row],
    hosting: Hosting,
) -> list[Visit]:
    """Runs of rows of a qubit, all alone or on one foreign machine, over three packets or more."""
    stays: list[Visit] = []
    machine, packets, first, last = NONE, set[Copy](), NONE, NONE

    def finish() -> None:
        if len(packets) >= _FEWEST_PACKETS:
            stays.append(Visit(qubit=qubit, machine=machine, first=first, last=last))

    for index in indices:
        row = rows[index]
        if len(row.qubits) == 1 and row.name in GATES:
            continue
        position = row.qubits.index(qubit)
        copy = hosting.copies[index][position]
        alone = copy is not None and all(
            other is None for place, other in enumerate(hosting.copies[index]) if place != position
        )
        if alone and copy is not None and copy[1] == machine:
            packets.add(copy)
            last = index
            continue
        finish()
        machine, packets, first, last = NONE, set(), NONE, NONE
        if alone and copy is not None:
            machine, packets, first, last = copy[1], {copy}, index, index
    finish()
    return stays
