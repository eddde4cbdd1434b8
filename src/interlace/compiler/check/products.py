"""Whether some gates multiply to a wanted one, each different word of gates looked at once."""

from __future__ import annotations

import functools

import numpy as np

from interlace.circuit import OpTable, distinct_gates
from interlace.compiler.check.unitary import gate_tensor, same_up_to_phase, word_matrix
from interlace.compiler.plan import NONE
from interlace.kernel import IntArray

__all__ = ["PLAIN", "Wanted", "multiplies", "tokens_of", "word_of"]

PLAIN = {"measure", "reset", "ebit"}
"""What is no gate."""

_MOST_DENSE_QUBITS = 5

Factor = tuple[str, tuple[float, ...], tuple[int, ...]]
"""A gate's name, its angles and its operands."""

Wanted = tuple[str, tuple[float, ...], int]
"""A gate's name, its angles and on how many qubits it is."""


def tokens_of(ops: OpTable, position: IntArray) -> IntArray:
    """A number for each op: the same for the same gate on the same positions, shape (n,)."""
    key = distinct_gates(ops, np.arange(len(ops)))[1]
    base = int(position.max(initial=0)) + 3
    for operand in range(int(np.diff(ops.start).max(initial=0))):
        has = np.flatnonzero(np.diff(ops.start) > operand)
        digit = np.zeros(len(ops), dtype=np.int64)
        digit[has] = position[ops.start[has] + operand] + 2
        key = np.unique(key * base + digit, return_inverse=True)[1]
    return key


def word_of(ops: OpTable, first: int, length: int, position: IntArray) -> tuple[Factor, ...]:
    """Some ops as gates on positions."""
    word: list[Factor] = []
    for number in range(first, first + length):
        op, at = ops[number], slice(ops.start[number], ops.start[number + 1])
        word.append((op.name, op.params, tuple(position[at].tolist())))
    return tuple(word)


@functools.lru_cache(maxsize=4096)
def multiplies(wanted: Wanted, word: tuple[Factor, ...]) -> bool:
    """Whether the gates multiply to the wanted one, up to a phase; the same word comes often."""
    name, params, width = wanted
    exact = (name, params, tuple(range(width)))
    if word == (exact,):
        return True
    if width > _MOST_DENSE_QUBITS:
        return False
    if any(name in PLAIN or NONE in places for name, _, places in word):
        return False
    one, two = (
        word_matrix([(gate_tensor(name, params), places) for name, params, places in gates], width)
        for gates in (word, (exact,))
    )
    return same_up_to_phase(one, two)
