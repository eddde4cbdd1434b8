"""What a Clifford program's measurements give without noise, at any size.

Theory of operation
-------------------
The results of a Clifford program without noise are the points of an affine space
over GF(2), all equally likely: each measurement is a fair coin or the sum of earlier
ones and a constant (Gottesman, arXiv:quant-ph/9807006; Aaronson and Gottesman, Phys.
Rev. A 70, 052328 (2004), doi:10.1103/PhysRevA.70.052328). A frame simulator needs one
point of that space, and the list of all zeros is not always one.

A tableau of Q qubits is a matrix of 2 Q by 2 Q bits. Here only the stabilizers are kept,
as sparse rows with symbolic signs (`sparse_rows`, `conjugation`, `collapse`). GHZ and
graph states, shallow circuits and gate teleportation leave them short.

Measurements whose qubits and results nobody touches later commute. They are done last,
each time the one with the fewest rows in its way (Markowitz's rule).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.compiler import Executable
from interlace.errors import InvariantError
from interlace.kernel import BoolArray, ByteArray, IntArray, spans
from interlace.runtime.clifford_steps import steps_of
from interlace.runtime.collapse import Findings
from interlace.runtime.following import follow, measure_last, queue_last, read_rows, without
from interlace.runtime.sparse_rows import CONTRADICTION, FULL, WEIGHT, Rows, rows_of

__all__ = ["Generators", "Outcomes", "generators_of", "outcomes_of"]

_MOST = 2**24
"""Entries of the generators by default: half a gigabyte."""

_LEAST_WORK, _MOST_WORK = 5 * 10**7, 10**9
"""Entries looked at in all: about 5 s, and a minute or two."""

_PAUSE = 10**7
"""Entries looked at in one piece: a second or two."""

_PAULI = np.array([0, 1, 3, 2])
"""1 X, 2 Y, 3 Z by the bits of `sparse_rows`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What a Clifford program's measurements give without noise: an affine space over GF(2).

    M measurements in program order, C of them determined by others.

    Attributes:
        reference: one possible list of results, shape (M,).
        is_random: result is new and each way equally likely; else it follows from the random ones,
            shape (M,).
        check_start: CSR offsets, shape (C + 1,).
        check_results: for each check the numbers of results, rising, whose sum modulo 2 is always
            what it is in `reference`. The checks are independent, and there are no others.
    """

    reference: ByteArray
    is_random: BoolArray
    check_start: IntArray
    check_results: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Generators:
    """Independent stabilizers of the state that a Clifford program leaves, signs left out.

    G generators; fewer than qubits if a reset threw away a part of the state.

    Attributes:
        start: CSR offsets, shape (G + 1,).
        qubit: rising in each generator, shape (N,).
        pauli: 1 X, 2 Y, 3 Z, shape (N,).
    """

    start: IntArray
    qubit: IntArray
    pauli: IntArray


def outcomes_of(
    program: Executable, *, most: int = _MOST, work: int | None = None
) -> Outcomes | None:
    """The affine space of a program's results.

    Args:
        program: Clifford; its conditioned gates are Paulis.
        most: entries (a Pauli on a qubit, or a symbol in a sign) that there may be at a time.
        work: entries that may be looked at in all; by default as many as take about the time of a
            tableau.

    Returns:
        `None` if there would be more.

    Raises:
        InvariantError: the program is not Clifford.

    Example:
        >>> from interlace.circuit import Op, OpTable
        >>> ops = [Op(name="x", operands=(0,)), Op(name="measure", operands=(0,), clbit=0)]
        >>> program = Executable(
        ...     node=np.zeros(1, dtype=np.int64),
        ...     device_qubit=np.arange(1),
        ...     ops=OpTable.of(ops),
        ...     joint_op=np.arange(2),
        ...     swap=np.full(2, -1),
        ...     link=np.full(2, -1),
        ...     num_bits=1,
        ...     num_program_bits=1,
        ... )
        >>> outcomes_of(program).reference.tolist()
        [1]
    """
    state, found = _end_of(program, most, work)
    return _outcomes(found) if _has_fit(state) else None


def generators_of(program: Executable, *, most: int = _MOST) -> Generators | None:
    """Stabilizers of the state at a program's end, of all its qubits.

    Args:
        program: Clifford; its conditioned gates are Paulis.
        most: entries (a Pauli on a qubit, or a symbol in a sign) that there may be at a time.

    Returns:
        `None` if there would be more.

    Raises:
        InvariantError: the program is not Clifford.
    """
    state, found = _end_of(program, most)
    without(state, np.arange(len(state.row) + len(found.stands), len(state.column)))
    return _generators(state) if _has_fit(state) else None


def _end_of(program: Executable, most: int, work: int | None = None) -> tuple[Rows, Findings]:
    """Carry the whole program out."""
    steps = steps_of(program)
    qubits, count = len(program.node), steps.results
    state = rows_of(qubits, symbols=count + steps.resets, most=most, work=work or _work(qubits))
    found = Findings(
        reference=np.zeros(count, dtype=np.uint8),
        is_random=np.zeros(count, dtype=np.bool_),
        stands=np.full(count, -1, dtype=np.int32),
        flip=np.zeros(count, dtype=np.uint8),
        check_end=np.zeros(count, dtype=np.int32),
        check_of=np.zeros(count, dtype=np.int32),
        checks=np.empty(max(most, count), dtype=np.int32),
        tally=np.zeros(1, dtype=np.int32),
        last=np.full(qubits, -1, dtype=np.int32),
    )
    found.last[steps.first[steps.is_last]] = steps.item[steps.is_last]
    columns = (steps.kind, steps.first, steps.second, steps.item, steps.result)
    step = 0
    while step < len(steps.kind):  # in pieces: between two of them Ctrl-C is heard
        step = follow(state, found, columns, steps.is_last, steps.image, step, _PAUSE)
    queue_last(state, found)
    while not measure_last(state, found, _PAUSE):
        pass
    return state, found


def _work(qubits: int) -> int:
    """Entries that may be looked at: about as long as a tableau of that many qubits would take."""
    return min(max(20 * qubits**2, _LEAST_WORK), _MOST_WORK)


def _has_fit(state: Rows) -> bool:
    if state.tally[FULL] == CONTRADICTION:
        msg = "a result is neither random nor determined by the stabilizers"
        raise InvariantError(msg)
    return state.tally[FULL] == 0


def _outcomes(found: Findings) -> Outcomes:
    """The checks in the order of the results that they determine, their own results rising."""
    count = int(found.tally[0])
    end = found.check_end[:count].astype(np.int64)
    size = np.diff(end, prepend=0)
    order = np.argsort(found.check_of[:count])
    results = found.checks[spans((end - size)[order], size[order])].astype(np.int64)
    check = np.repeat(np.arange(count), size[order])
    return Outcomes(
        reference=found.reference,
        is_random=found.is_random,
        check_start=np.concatenate([[0], np.cumsum(size[order])]),
        check_results=results[np.lexsort((results, check))],
    )


def _generators(state: Rows) -> Generators:
    weight = state.row[:, WEIGHT].astype(np.int64)
    start = np.concatenate([[0], np.cumsum(weight)])
    qubit, code = np.empty(start[-1], dtype=np.int64), np.empty(start[-1], dtype=np.int64)
    read_rows(state, start, qubit, code)
    row = np.repeat(np.arange(len(weight)), weight)
    order = np.lexsort((qubit, row))
    return Generators(
        start=np.concatenate([[0], np.cumsum(weight[weight > 0])]),
        qubit=qubit[order],
        pauli=_PAULI[code[order]],
    )
