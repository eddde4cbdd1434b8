"""Rows of a table replaced by other rows, all at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from interlace.circuit.ops import OpTable
from interlace.kernel import FloatArray, IntArray, spans

__all__ = ["distinct_gates", "spliced"]


def distinct_gates(
    ops: OpTable, rows: IntArray
) -> tuple[list[tuple[str, tuple[float, ...]]], IntArray]:
    """The different gates among the rows, with their parameters, and which one each row is.

    Args:
        ops: the table.
        rows: of it, shape (m,).

    Returns:
        Names with parameters, and for each of the rows an index into them, shape (m,).

    Example:
        >>> from interlace.circuit import Op
        >>> table = OpTable.of([Op(name="rz", operands=(q,), params=(0.5,)) for q in range(3)])
        >>> distinct_gates(table, np.array([0, 2]))
        ([('rz', (0.5,))], array([0, 0]))
    """
    found: list[tuple[str, tuple[float, ...]]] = []
    index = np.zeros(len(rows), dtype=np.int64)
    counts = np.diff(ops.param_start)
    codes = ops.gate[rows]
    for code in np.unique(codes).tolist():
        here = np.flatnonzero(codes == code)
        taken = rows[here]
        width = int(counts[taken[0]])
        columns = ops.params[ops.param_start[taken][:, None] + np.arange(width)]
        values, inverse = _distinct_rows(columns)
        index[here] = len(found) + inverse
        found.extend((ops.names[code], tuple(row)) for row in values.tolist())
    return found, index


def _distinct_rows(columns: FloatArray) -> tuple[FloatArray, IntArray]:
    """As `np.unique` of rows, which is slow for one column and refuses none."""
    if columns.shape[1] == 0:
        return columns[:1], np.zeros(len(columns), dtype=np.int64)
    if columns.shape[1] == 1:
        values, inverse = np.unique(columns[:, 0], return_inverse=True)
        return values[:, None], inverse
    values, inverse = np.unique(columns, axis=0, return_inverse=True)
    return values, inverse.ravel()


def spliced(
    ops: OpTable, rows: IntArray, templates: Sequence[OpTable], template: IntArray
) -> tuple[OpTable, IntArray]:
    """The table with some rows replaced by templates, whose operands count the row's operands.

    Args:
        ops: the table, n rows.
        rows: to be replaced, rising, shape (m,).
        templates: operands of each are positions among the operands of the row that it replaces.
        template: for each of `rows` an index into `templates`, shape (m,).

    Returns:
        The new table, and for each of its rows the row of `ops` that it comes from. Classical bits
        and conditions in a replaced row's stead are the template's own.

    Example:
        >>> from interlace.circuit import Op, expand
        >>> table = OpTable.of([Op(name="h", operands=(4,)), Op(name="swap", operands=(7, 4))])
        >>> new, source = spliced(table, np.array([1]), [OpTable.of(expand("swap"))], np.array([0]))
        >>> [op.operands for op in new], source.tolist()
        ([(4,), (7, 4), (4, 7), (7, 4)], [0, 1, 1, 1])
    """
    if len(rows) == 0:
        return ops, np.arange(len(ops), dtype=np.int64)
    pool = OpTable.joined([ops, *templates])
    lengths = np.array([len(table) for table in templates], dtype=np.int64)
    begins = len(ops) + np.cumsum(lengths) - lengths
    begin, size = np.arange(len(ops), dtype=np.int64), np.ones(len(ops), dtype=np.int64)
    begin[rows], size[rows] = begins[template], lengths[template]
    source = np.repeat(np.arange(len(ops), dtype=np.int64), size)
    new = pool.take(spans(begin, size))
    is_replaced = np.zeros(len(ops), dtype=np.bool_)
    is_replaced[rows] = True
    sizes = np.diff(new.start)
    moved = np.repeat(is_replaced[source], sizes)
    base = np.repeat(ops.start[:-1][source], sizes)[moved]
    operands = new.operands.copy()
    operands[moved] = ops.operands[base + new.operands[moved]]
    return dataclasses.replace(new, operands=operands), source
