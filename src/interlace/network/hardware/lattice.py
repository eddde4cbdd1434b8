"""Coupling maps by name: lattices, as pairs of qubits that can interact."""

from __future__ import annotations

import re

from interlace.errors import SpecError

__all__ = ["lattice_pairs"]

_LATTICE = re.compile(r"(square|heavy-hex) (\d{1,3})x(\d{1,3})")


def lattice_pairs(text: str, *, path: str = "") -> list[tuple[int, int]]:
    """The pairs of a lattice `square RxC` or `heavy-hex RxC`, qubits numbered row by row.

    A heavy-hex lattice has R chains of C qubits; between two chains stand C/4 qubits that join
    every fourth column: 3, 7, 11, ... below the first chain, 1, 5, 9, ... below the second, and so
    on in turn. They are numbered after the chain above them. This is how IBM numbers its Heron
    processors (R = 8, C = 16: 156 qubits, 176 pairs).

    Raises:
        SpecError: no such lattice.

    Example:
        >>> lattice_pairs("square 2x2")
        [(0, 1), (0, 2), (1, 3), (2, 3)]
    """
    match = _LATTICE.fullmatch(text)
    if match is None or min(int(match[2]), int(match[3])) < 1:
        rule = "must be `square RxC`, `heavy-hex RxC`, `all` or a list of pairs"
        raise SpecError(rule, value=text, path=path or None)
    rows, columns = int(match[2]), int(match[3])
    return _square(rows, columns) if match[1] == "square" else _heavy_hex(rows, columns)


def _square(rows: int, columns: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for here in range(rows * columns):
        if (here + 1) % columns:
            pairs.append((here, here + 1))
        if here + columns < rows * columns:
            pairs.append((here, here + columns))
    return pairs


def _heavy_hex(rows: int, columns: int) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    start = 0
    for row in range(rows):
        pairs += [(start + column, start + column + 1) for column in range(columns - 1)]
        joined = range(1 if row % 2 else 3, columns, 4)
        if row == rows - 1:
            break
        below = start + columns + len(joined)
        for index, column in enumerate(joined):
            bridge = start + columns + index
            pairs += [(start + column, bridge), (bridge, below + column)]
        start = below
    return sorted(pairs)
