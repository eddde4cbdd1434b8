"""The names of an `OpTable`, cut down to those in use."""

from __future__ import annotations

import dataclasses

import numpy as np

from interlace.circuit import OpTable

__all__ = ["with_used_names"]


def with_used_names(ops: OpTable) -> OpTable:
    """The same rows; `names` holds only what some row is, in order of first use.

    Example:
        >>> from interlace.circuit import Op
        >>> table = OpTable.of([Op(name="h", operands=(0,)), Op(name="x", operands=(0,))])
        >>> with_used_names(table.take(np.array([1]))).names
        ('x',)
    """
    first = np.full(len(ops.names), len(ops), dtype=np.int64)
    np.minimum.at(first, ops.gate, np.arange(len(ops)))
    used = [code for code in np.argsort(first).tolist() if first[code] < len(ops)]
    code_of = np.zeros(len(ops.names), dtype=np.int64)
    code_of[used] = np.arange(len(used))
    return dataclasses.replace(
        ops, names=tuple(ops.names[code] for code in used), gate=code_of[ops.gate]
    )
