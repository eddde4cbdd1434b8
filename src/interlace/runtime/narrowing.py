"""The order in which a simulator holds the fewest qubits.

Operations on different qubits commute, and so do their channels. So any order
that keeps each qubit's own operations in their order, and a classical bit's
writers and readers in theirs, is the same program with the same noise: the
times were sampled before, and a simulator knows none.

The order here is greedy: whatever takes no further qubit is done as soon as it
can be; otherwise the operation that comes first in the program is. So a qubit
that is measured early frees its place before the next one needs it. A chain of
thirty qubits that are measured at its end takes three.
"""

from __future__ import annotations

import heapq

import numpy as np

from interlace.circuit import NO_BIT, OpTable
from interlace.kernel import BoolArray, IntArray

__all__ = ["narrow_order"]


def narrow_order(ops: OpTable, *, begins: BoolArray, frees: IntArray) -> IntArray:
    """An order of the rows in which few qubits are alive at once.

    Args:
        ops: the program, n rows.
        begins: for each operand whether its qubit comes alive with the row.
        frees: how many places each row gives back, less those that it takes for records, (n,).

    Returns:
        The rows in the order in which to do them, shape (n,): a permutation.
    """
    begun = np.add.reduceat(begins, ops.start[:-1]) if len(ops) else np.zeros(0, dtype=np.int64)
    widens = (begun - frees > 0).tolist()
    after, waiting = _dependencies(ops)
    ready = [(widens[row], row) for row in range(len(ops)) if waiting[row] == 0]
    heapq.heapify(ready)
    order: list[int] = []
    while ready:
        row = heapq.heappop(ready)[1]
        order.append(row)
        for follower in after[row]:
            waiting[follower] -= 1
            if waiting[follower] == 0:
                heapq.heappush(ready, (widens[follower], follower))
    return np.array(order, dtype=np.int64)


def _dependencies(ops: OpTable) -> tuple[list[list[int]], list[int]]:
    """Which rows must follow each row, and for how many rows each one waits."""
    after: list[list[int]] = [[] for _ in range(len(ops))]
    waiting = [0] * len(ops)
    last: dict[int, int] = {}
    writer: dict[int, int] = {}
    readers: dict[int, list[int]] = {}
    for row, op in enumerate(ops):
        before = {last[qubit] for qubit in op.operands if qubit in last}
        last.update(dict.fromkeys(op.operands, row))
        for bit in (op.condition, op.clbit):
            if bit != NO_BIT and bit in writer:
                before.add(writer[bit])
        if op.condition != NO_BIT:
            readers.setdefault(op.condition, []).append(row)
        if op.clbit != NO_BIT:
            before.update(readers.pop(op.clbit, ()))
            writer[op.clbit] = row
        for earlier in before:
            after[earlier].append(row)
        waiting[row] = len(before)
    return after, waiting
