"""Distinct gates of a table: what depends on the matrix alone is asked once for each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.kernel import FloatArray, IntArray

__all__ = ["Distinct", "distinct_gates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    """The U distinct pairs of name and parameters among n rows.

    Attributes:
        number: which of them each row is, or -1, shape (n,).
        lead: a row that stands for each, shape (U,).
    """

    number: IntArray
    lead: IntArray


def distinct_gates(gate: IntArray, param_start: IntArray, params: FloatArray) -> Distinct:
    """Number the distinct gates of n rows.

    Args:
        gate: code of each row's operation, shape (n,); rows with a negative code get no number.
        param_start: begin and end of each row's parameters, shape (n + 1,).
        params: all parameters; rows with one code have equally many.
    """
    number = np.full(len(gate), -1, dtype=np.int64)
    leads: list[IntArray] = []
    found = 0
    for code in range(int(gate.max(initial=-1)) + 1):
        rows = np.flatnonzero(gate == code)
        if len(rows) == 0:
            continue
        begin = param_start[rows]
        here = np.zeros(len(rows), dtype=np.int64)
        for j in range(int(param_start[rows[0] + 1] - begin[0])):
            values = np.unique(params[begin + j], return_inverse=True)[1].astype(np.int64)
            here = here * (int(values.max()) + 1) + values
            here = np.unique(here, return_inverse=True)[1].astype(np.int64)
        lead = np.zeros(int(here.max()) + 1, dtype=np.int64)
        lead[here] = rows
        number[rows] = here + found
        leads.append(lead)
        found += len(lead)
    return Distinct(number=number, lead=np.concatenate([np.zeros(0, np.int64), *leads]))
