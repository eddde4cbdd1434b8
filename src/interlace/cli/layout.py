"""Columns and units of the tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["aligned", "scaled"]


def scaled(value: float, units: Sequence[tuple[float, str]]) -> str:
    """A number in the largest unit in which it is at least 1; units the largest first."""
    if value == 0:
        return f"0 {units[0][1]}"
    factor, symbol = next((u for u in units if abs(value) >= 0.9995 * u[0]), units[-1])
    return f"{value / factor:.3g} {symbol}"


def aligned(rows: Sequence[Sequence[str]], *, numbers: set[int]) -> str:
    """Rows as text, columns two spaces apart; those in `numbers` to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(
            cell.rjust(width) if index in numbers else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)
