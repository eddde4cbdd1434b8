"""Where a machine's data cells start on its device."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.circuit import OpTable
from interlace.compiler.coupling import Coupling
from interlace.compiler.router import Task, routed
from interlace.errors import InvariantError
from interlace.kernel import FloatArray, IntArray, stream

__all__ = ["Interactions", "initial_layout", "searched_layout"]

_ROUNDS = 3
_SEARCHED_ROWS = 2000
_RANDOM_STARTS = 6
_EMBEDDING_STEPS = 20_000
_EMBEDDINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Interactions:
    """How much pairs of cells have to do with each other.

    Attributes:
        weights: for each cell its partners and the weight of their gates, both ways.
    """

    weights: Mapping[int, Mapping[int, float]]

    @staticmethod
    def of(pairs: Sequence[tuple[int, int]]) -> Interactions:
        """Weigh the gates of two cells, in order: earlier ones more, as later ones can be routed.

        The weight halves every quarter of the program.
        """
        weights: dict[int, dict[int, float]] = {}
        for index, (a, b) in enumerate(pairs):
            weight = 0.5 ** (4 * index / len(pairs))
            for one, other in ((a, b), (b, a)):
                row = weights.setdefault(one, {})
                row[other] = row.get(other, 0.0) + weight
        return Interactions(weights=weights)


def initial_layout(
    data_cells: Sequence[int],
    free: Sequence[int],
    *,
    fixed: Mapping[int, int],
    interactions: Interactions,
    coupling: Coupling,
) -> dict[int, int]:
    """Place data cells on a device's qubits, greedily by interaction.

    The cell that has most to do with those already placed comes next, to the free qubit with
    the least weighted distance to them. Ties go to the smaller number, so that the same input
    always gives the same layout.

    Args:
        data_cells: the cells to place.
        free: device qubits that they may take.
        fixed: device qubit of the communication cells.
        interactions: of all cells.
        coupling: distances on the device.

    Returns:
        Device qubit by data cell.

    Raises:
        InvariantError: there are more cells than qubits.
    """
    if len(data_cells) > len(free):
        msg = f"{len(data_cells)} data cells, but {len(free)} data qubits"
        raise InvariantError(msg)
    weights = interactions.weights
    total = {cell: sum(weights.get(cell, {}).values()) for cell in data_cells}
    pull = {
        cell: sum(w for other, w in weights.get(cell, {}).items() if other in fixed)
        for cell in data_cells
    }
    placed = dict(fixed)
    layout: dict[int, int] = {}
    spots = np.array(sorted(free), dtype=np.int64)
    while pull:
        cell = min(pull, key=lambda c: (-pull[c], -total[c], c))
        del pull[cell]
        partners = {o: w for o, w in weights.get(cell, {}).items() if o in placed}
        best = int(np.argmin(_spot_costs(spots, partners, placed, coupling)))
        layout[cell] = placed[cell] = int(spots[best])
        spots = np.delete(spots, best)
        for other, weight in weights.get(cell, {}).items():
            if other in pull:
                pull[other] += weight
    return layout


def _spot_costs(
    spots: IntArray,
    partners: Mapping[int, float],
    placed: Mapping[int, int],
    coupling: Coupling,
) -> FloatArray:
    """Weighted distance from each spot to the partners; with none, crowdedness at the rim."""
    if not partners:
        return -coupling.closeness()[spots]
    costs = np.zeros(len(spots))
    for other, weight in partners.items():
        costs += weight * coupling.distances(placed[other])[spots]
    return costs


def searched_layout(
    task: Task, data_cells: Sequence[int], free: Sequence[int], coupling: Coupling
) -> dict[int, int]:
    """The layout with the lightest SWAPs among a few.

    Where the gates' graph fits into the coupling map as it is, no SWAP is needed; else tried
    are the greedy one, the cells in order, for a short program some random ones (always
    the same), and what comes out when the program is routed forwards, then backwards from where
    that ended, as Li, Ding and Xie do (10.1145/3297858.3304023): cells start where the first
    gates want them. Of a long program only the beginning is tried.

    Args:
        task: the machine's rows.
        data_cells: the cells to place.
        free: device qubits that they may take.
        coupling: the device's couplings.

    Returns:
        Device qubit by data cell.

    Raises:
        InfeasibleError: cells must meet that no path of couplings joins.
    """
    exact = _embedding(task, data_cells, free, coupling)
    if exact is not None:
        return exact
    ops = task.ops.take(np.arange(min(len(task.ops), _SEARCHED_ROWS)))
    beginning = Task.of(ops, task.homes)
    gates = np.flatnonzero(np.diff(ops.start) > 1)
    greedy = initial_layout(
        data_cells,
        free,
        fixed=task.homes,
        interactions=Interactions.of(_pairs(ops, gates).tolist()),
        coupling=coupling,
    )
    backwards = Task.of(ops.take(gates[::-1]), {})
    best: tuple[float, dict[int, int]] | None = None
    for first in (greedy, *_others(data_cells, free, len(gates))):
        layout = first
        for _ in range(_ROUNDS):
            forwards = routed(beginning, coupling, {**task.homes, **layout})
            if best is None or forwards.weight < best[0]:
                best = forwards.weight, layout
            if forwards.weight == 0.0:
                return layout
            back = routed(backwards, coupling, forwards.place)
            layout = _on_data_qubits(back.place, data_cells, free, coupling)
    return greedy if best is None else best[1]


def _pairs(ops: OpTable, gates: IntArray) -> IntArray:
    """Every pair of operands of these rows, row after row, shape (P, 2)."""
    start, sizes = ops.start[gates], np.diff(ops.start)[gates]
    times = sizes * (sizes - 1) // 2
    which = np.array(
        [pair for size in sizes.tolist() for pair in itertools.combinations(range(size), 2)],
        dtype=np.int64,
    ).reshape(-1, 2)
    return ops.operands[np.repeat(start, times)[:, None] + which]


def _embedding(
    task: Task, data_cells: Sequence[int], free: Sequence[int], coupling: Coupling
) -> dict[int, int] | None:
    """A layout in which every gate of two cells acts on coupled qubits, if one is soon found.

    Of the first ones found, the one whose gates are on the best couplers. Only gates of at most
    two cells are understood: a program with larger ones has none.
    """
    import rustworkx

    sizes = np.diff(task.ops.start)
    pairs = np.sort(_pairs(task.ops, np.flatnonzero(sizes == 2)), axis=1)
    found, first, times = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    if sizes.max(initial=0) > 2 or 2 * len(found) > len(coupling.weights):
        return None
    edges: list[tuple[int, int]] = [(a, b) for a, b in found.tolist()]
    cells = sorted({cell for edge in edges for cell in edge})
    number = {cell: index for index, cell in enumerate(cells)}
    wanted, device = rustworkx.PyGraph(), rustworkx.PyGraph()
    wanted.add_nodes_from(cells)
    wanted.add_edges_from_no_data([(number[a], number[b]) for a, b in edges])
    device.add_nodes_from(list(range(coupling.device.qubits)))
    device.add_edges_from_no_data([edge for edge in coupling.weights if edge[0] < edge[1]])
    allowed = set(free)

    def fits(qubit: int, cell: int) -> bool:
        home = task.homes.get(cell)
        return qubit in allowed if home is None else qubit == home

    mappings = rustworkx.vf2_mapping(
        device,
        wanted,
        node_matcher=fits,
        subgraph=True,
        induced=False,
        id_order=False,
        call_limit=_EMBEDDING_STEPS,
    )
    uses = [(int(times[i]), edges[i]) for i in np.argsort(first).tolist()]

    def weight(place: Mapping[int, int]) -> float:
        return sum(n * coupling.weights[place[a], place[b]] for n, (a, b) in uses)

    places = [
        {cells[index]: qubit for qubit, index in mapping.items()}
        for mapping in itertools.islice(mappings, _EMBEDDINGS)
    ]
    if not places:
        return None
    best = min(places, key=weight)
    spots = iter(sorted(allowed.difference(best.values())))
    return {cell: best[cell] if cell in best else next(spots) for cell in data_cells}


def _others(data_cells: Sequence[int], free: Sequence[int], gates: int) -> Iterator[dict[int, int]]:
    """Other layouts to begin with: the cells in order, and random ones for a short program."""
    yield dict(zip(data_cells, sorted(free), strict=False))
    for index in range(min(_RANDOM_STARTS, _SEARCHED_ROWS // (4 * gates + 1))):
        spots = stream(0, "layout", index).permutation(sorted(free)).tolist()
        yield dict(zip(data_cells, spots, strict=False))


def _on_data_qubits(
    place: Mapping[int, int], data_cells: Sequence[int], free: Sequence[int], coupling: Coupling
) -> dict[int, int]:
    """The nearest layout that leaves the communication qubits alone."""
    allowed = set(free)
    layout = {cell: place[cell] for cell in data_cells if place[cell] in allowed}
    spots = sorted(allowed.difference(layout.values()))
    for cell in data_cells:
        if cell not in layout:
            distance = coupling.distances(place[cell])
            spot = min(spots, key=lambda qubit: (distance[qubit], qubit))
            spots.remove(spot)
            layout[cell] = spot
    return layout
