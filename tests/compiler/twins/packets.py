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
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from tests.compiler.twins.work import Row, Segment, hosts_of

from interlace.compiler.plan import NONE

__all__ = ["Copy", "Hosting", "cover_hosting", "sequential_hosting"]

Copy = tuple[Segment, int]
"""A segment and the machine on which its copy is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hosting:
    """Where each row runs.

    Attributes:
        host: machine of each row.
        copies: for each row the copies that it uses, by operand (`None`: the qubit itself).
    """

    host: tuple[int, ...]
    copies: tuple[tuple[Copy | None, ...], ...]


def _hosted_on(
    host: int, row: Row, segments: Sequence[Segment | None], machine_of: Sequence[int]
) -> tuple[Copy | None, ...]:
    return tuple(
        None if machine_of[q] == host or segment is None else (segment, host)
        for q, segment in zip(row.qubits, segments, strict=True)
    )


def sequential_hosting(
    rows: Sequence[Row],
    segments: Sequence[tuple[Segment | None, ...]],
    machine_of: Sequence[int],
    copies: Sequence[int],
) -> Hosting:
    """Choose row by row: a copy that is there already, else the one that more rows could use."""
    demand: dict[Copy, int] = defaultdict(int)
    options: list[list[tuple[int, tuple[Copy | None, ...]]]] = []
    for row, found in zip(rows, segments, strict=True):
        hosts = hosts_of(row.name, row.qubits, machine_of, copies)
        choice = [(host, _hosted_on(host, row, found, machine_of)) for host in hosts]
        options.append(choice)
        if len(choice) > 1:
            for _, used in choice:
                for copy in used:
                    if copy is not None:
                        demand[copy] += 1
    made: set[Copy] = set()
    host_of: list[int] = []
    used_by: list[tuple[Copy | None, ...]] = []
    for choice in options:
        host, used = min(
            choice,
            key=lambda option: (
                sum(1 for copy in option[1] if copy is not None and copy not in made),
                -sum(demand[copy] for copy in option[1] if copy is not None),
            ),
        )
        made.update(copy for copy in used if copy is not None)
        host_of.append(host)
        used_by.append(used)
    return Hosting(host=tuple(host_of), copies=tuple(used_by))


def cover_hosting(
    rows: Sequence[Row],
    segments: Sequence[tuple[Segment | None, ...]],
    machine_of: Sequence[int],
    copies: Sequence[int],
) -> Hosting:
    """Choose the fewest copies by minimum vertex cover for each pair of machines."""
    host_of = [NONE] * len(rows)
    made: set[Copy] = set()
    open_rows: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, row in enumerate(rows):
        hosts = hosts_of(row.name, row.qubits, machine_of, copies)
        if len(hosts) == 1 or len(row.qubits) > 2:
            host_of[index] = hosts[0]
            made.update(
                copy
                for copy in _hosted_on(hosts[0], row, segments[index], machine_of)
                if copy is not None
            )
        else:
            open_rows[(min(hosts), max(hosts))].append(index)
    for (low, high), indices in open_rows.items():
        _cover_pair(low, high, indices, rows, segments, machine_of, made, host_of)
    return Hosting(
        host=tuple(host_of),
        copies=tuple(
            _hosted_on(host, row, found, machine_of)
            for host, row, found in zip(host_of, rows, segments, strict=True)
        ),
    )


def _cover_pair(
    low: int,
    high: int,
    indices: Sequence[int],
    rows: Sequence[Row],
    segments: Sequence[tuple[Segment | None, ...]],
    machine_of: Sequence[int],
    made: set[Copy],
    host_of: list[int],
) -> None:
    """Choose hosts for the two-operand rows between two machines."""
    lefts: dict[Copy, int] = {}
    rights: dict[Copy, int] = {}
    edges: list[tuple[int, int]] = []
    ends: list[tuple[Copy, Copy]] = []
    for index in indices:
        by_host = {
            host: next(
                copy
                for copy in _hosted_on(host, rows[index], segments[index], machine_of)
                if copy is not None
            )
            for host in (low, high)
        }
        ends.append((by_host[high], by_host[low]))
    for from_low, from_high in ends:
        if from_low in made or from_high in made:
            continue
        edges.append(
            (
                lefts.setdefault(from_low, len(lefts)),
                rights.setdefault(from_high, len(rights)),
            )
        )
    left_in, right_in = minimum_vertex_cover(edges, len(lefts), len(rights))
    chosen = made | {copy for copy, i in lefts.items() if left_in[i]}
    chosen |= {copy for copy, i in rights.items() if right_in[i]}
    for index, (from_low, _) in zip(indices, ends, strict=True):
        host_of[index] = high if from_low in chosen else low


def minimum_vertex_cover(
    edges: Sequence[tuple[int, int]], num_left: int, num_right: int
) -> tuple[list[bool], list[bool]]:
    """A minimum vertex cover of a bipartite graph (Koenig 1931, from a maximum matching).

    Returns:
        Which left and which right vertices are in the cover; on ties the left ones.
    """
    if not edges:
        return [False] * num_left, [False] * num_right
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    rows, columns = np.array(edges, dtype=np.int64).T
    graph = csr_array(
        (np.ones(len(edges), dtype=np.int8), (rows, columns)), shape=(num_left, num_right)
    )
    graph.sum_duplicates()
    left_of = maximum_bipartite_matching(graph, perm_type="row")
    matched_right = {int(left): right for right, left in enumerate(left_of) if left >= 0}
    neighbours: list[list[int]] = [[] for _ in range(num_left)]
    for left, right in edges:
        neighbours[left].append(right)
    reached_left = [left not in matched_right for left in range(num_left)]
    reached_right = [False] * num_right
    stack = [left for left in range(num_left) if reached_left[left]]
    while stack:
        for right in neighbours[stack.pop()]:
            if not reached_right[right]:
                reached_right[right] = True
                back = int(left_of[right])
                if back >= 0 and not reached_left[back]:
                    reached_left[back] = True
                    stack.append(back)
    return [not reached for reached in reached_left], reached_right
