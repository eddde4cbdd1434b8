"""The packets of a circuit as hyperedges, in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from tests.compiler.twins.work import Row, rows_for, segments_of

from interlace.circuit import Circuit

__all__ = ["packet_hyperedges"]


def packet_hyperedges(circuit: Circuit) -> dict[tuple[int, ...], int]:
    """The qubits of each packet, if every qubit sat on a machine of its own, with its weight."""
    n = circuit.num_qubits
    rows = rows_for(circuit, list(range(n)), [n] * n)
    segments = segments_of(rows, n)
    demand: Counter[object] = Counter()
    for row, found in zip(rows, segments, strict=True):
        if len(row.qubits) > 1:
            demand.update(segment for segment in found if segment is not None)
    pins: dict[object, set[int]] = defaultdict(set)
    for row, found in zip(rows, segments, strict=True):
        for root in _roots(row, found, demand):
            pins[root].update(row.qubits)
    return Counter(tuple(sorted(edge)) for edge in pins.values())


def _roots(row: Row, found: Sequence[object | None], demand: Counter[object]) -> list[object]:
    """The segments that would serve the row: all but the operand that hosts it."""
    if len(row.qubits) < 2:
        return []
    free = [segment for segment in found if segment is not None]
    if len(free) < len(row.qubits):
        return free
    return sorted(free, key=lambda segment: -demand[segment])[: len(row.qubits) - 1]
