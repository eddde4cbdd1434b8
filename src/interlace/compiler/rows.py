"""Fast reading of an `OpTable`, row by row, in plain Python numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from interlace.circuit import OpTable

__all__ = ["Row", "rows_of"]


class Row(NamedTuple):
    """One row of an `OpTable`; the fields of an `Op`, cheap to make by the million."""

    name: str
    operands: tuple[int, ...]
    params: tuple[float, ...]
    clbit: int
    condition: int


def rows_of(ops: OpTable) -> Iterator[Row]:
    """The rows of the table in order."""
    names = ops.names
    operands = ops.operands.tolist()
    params = ops.params.tolist()
    start = ops.start.tolist()
    param_start = ops.param_start.tolist()
    columns = zip(ops.gate.tolist(), ops.clbit.tolist(), ops.condition.tolist(), strict=True)
    for row, (gate, clbit, condition) in enumerate(columns):
        first, last = param_start[row], param_start[row + 1]
        yield Row(
            names[gate],
            tuple(operands[start[row] : start[row + 1]]),
            tuple(params[first:last]) if last > first else (),
            clbit,
            condition,
        )
