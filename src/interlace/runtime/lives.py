"""When the state of each qubit matters, and how inserted SWAPs move it.

Theory of operation
-------------------
A qubit's state is *alive* while something is still to be done to it before a reset,
an `ebit` or the end: nobody looks at it otherwise. A life begins with a reset, an
`ebit` or the first operation, and ends with the last one that counts.

A SWAP that local routing put in exchanges two states and looks at neither. So it
makes neither alive: what is alive after it on one qubit was alive before it on the
other. There are three kinds of it:

- Both sides alive. Its operations are operations like others.
- One side alive, the other *empty*: not used yet, or left behind by something whose
  life has ended. Its operations are carried out, all with their noise, between the
  living qubit and another one in |0>, whose life begins with the SWAP. The side that
  the state leaves ends with the SWAP. So it takes one more qubit, and only meanwhile.
- Both sides empty. Nothing happens that matters, and nothing is done.

What the empty side really holds (|0>, or a measured qubit's 0 or 1) nearly always
makes no difference. Most devices make a SWAP out of Clifford gates, and depolarising
and dephasing are Pauli channels: such an error during the SWAP is another Pauli error
after it, of which the living qubit gets one factor whatever the other one holds.
(Depolarising both qubits commutes with every gate on them.) What is left, relaxation
between the SWAP's own gates and errors between joint gates like a controlled S, is
computed as if the empty side held |0>: `EMPTIED` says so where something else was there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from interlace.circuit import OpTable, is_clifford
from interlace.compiler import Executable
from interlace.kernel import BoolArray, IntArray
from interlace.runtime.ports import Noise

__all__ = ["EMPTIED", "Lives", "code_of", "lives_of", "tells_leftovers"]

EMPTIED = (
    "Where a SWAP moves a qubit to a place that holds a leftover, errors between the SWAP's own "
    "gates are computed as if that place were in |0>."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lives:
    """Beginnings and ends, for n rows with N operands.

    Attributes:
        begins: whether the operand's qubit comes alive with the row, shape (N,).
        ends: whether its life ends with the row, shape (N,).
        is_void: whether the row belongs to an inserted SWAP of two empty qubits, shape (n,).
        meets_junk: whether the operand belongs to an inserted SWAP that takes a state to a qubit
            which something else was done to before, shape (N,).
    """

    begins: BoolArray
    ends: BoolArray
    is_void: BoolArray
    meets_junk: BoolArray


@lru_cache(maxsize=8)
def lives_of(program: Executable) -> Lives:
    """When the state of each operand's qubit comes to matter and ceases to."""
    ops, swap = program.ops, program.swap
    row = np.repeat(np.arange(len(ops)), np.diff(ops.start))
    after = _alive_after(program)
    # A state matters before a SWAP where it does after it, on the other side: on some side.
    carried = np.zeros(int(swap.max(initial=-1)) + 1, dtype=np.bool_)
    own = swap[row]
    carried[own[(own >= 0) & after]] = True
    is_void = (swap >= 0) & ~carried[swap] if len(carried) else np.zeros(len(ops), dtype=np.bool_)

    order = np.argsort(ops.operands, kind="stable")
    qubit, own, void = ops.operands[order], own[order], is_void[row[order]]
    same = qubit[1:] == qubit[:-1]
    within = np.zeros(len(order), dtype=np.bool_)  # another operation of the same SWAP follows
    within[:-1] = same & (own[1:] == own[:-1]) & (own[1:] >= 0)
    ends = ~after[order] & ~within & ~void
    begins = np.zeros(len(order), dtype=np.bool_)
    kept = np.flatnonzero(~void)
    begins[kept[:1]] = True
    begins[kept[1:]] = ends[kept[:-1]] | (qubit[kept[1:]] != qubit[kept[:-1]])
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = ~same
    junk = np.zeros(len(carried), dtype=np.bool_)
    junk[own[begins & ~first & (own >= 0)]] = True

    places = np.empty(len(order), dtype=np.int64)
    places[order] = np.arange(len(order))
    of = swap[row]
    return Lives(
        begins=begins[places],
        ends=ends[places],
        is_void=is_void,
        meets_junk=(of >= 0) & junk[of] if len(junk) else np.zeros(len(row), dtype=np.bool_),
    )


def _alive_after(program: Executable) -> BoolArray:
    """For each operand whether its qubit's state still matters after the row, shape (N,).

    Going backwards, an operation makes its operands' states matter, a reset or an `ebit` ends
    that. The operations of an inserted SWAP all tell of the state after the whole of it.
    """
    ops = program.ops
    fresh = np.isin(ops.gate, [code_of(ops, "reset"), code_of(ops, "ebit")]).tolist()
    start, operands, swap = ops.start.tolist(), ops.operands.tolist(), program.swap.tolist()
    ends = _sides(program)
    alive = [False] * (1 + max(operands, default=-1))
    found = [False] * len(operands)
    behind: dict[int, dict[int, bool]] = {}
    for row in range(len(ops) - 1, -1, -1):
        here = range(start[row], start[row + 1])
        if (number := swap[row]) < 0:
            for place in here:
                found[place] = alive[operands[place]]
                alive[operands[place]] = not fresh[row]
            continue
        if number not in behind:
            one, other = ends[number].tolist()
            behind[number] = {one: alive[one], other: alive[other]}
            alive[one], alive[other] = alive[other], alive[one]
        for place in here:
            found[place] = behind[number][operands[place]]
    return np.array(found, dtype=np.bool_)


def _sides(program: Executable) -> IntArray:
    """The two qubits that each inserted SWAP exchanges, shape (SWAPs, 2)."""
    ops, swap = program.ops, program.swap
    sides = np.full((int(swap.max(initial=-1)) + 1, 2), -1, dtype=np.int64)
    joint = np.flatnonzero((swap >= 0) & (np.diff(ops.start) == 2))
    sides[swap[joint]] = ops.operands[ops.start[joint][:, None] + np.arange(2)]
    return sides


def tells_leftovers(program: Executable, noise: Noise) -> bool:
    """Whether errors inside a SWAP depend on what the place held that a state was moved to."""
    ops = program.ops
    size = np.diff(ops.start)
    own, row = np.repeat(program.swap, size), np.repeat(np.arange(len(ops)), size)
    order = np.lexsort((np.arange(len(own)), ops.operands, own))
    later = np.zeros(len(own), dtype=np.bool_)  # not the first of its qubit in the SWAP
    later[order[1:]] = (np.diff(own[order]) == 0) & (np.diff(ops.operands[order]) == 0)
    waits = later & (noise.idle_s > 0)
    tells = waits & np.isfinite(noise.t1_s[ops.operands])
    if not is_clifford(ops.take(np.flatnonzero((program.swap >= 0) & (size == 2)))):
        tells |= waits & np.isfinite(noise.t2_s[ops.operands])
        tells |= (noise.gate_error[row] > 0) & (size[row] == 1)
    tells &= own >= 0
    return bool(tells.any() and (tells & lives_of(program).meets_junk).any())


def code_of(ops: OpTable, name: str) -> int:
    """The code of an operation, one that no row has if the program lacks it."""
    return ops.names.index(name) if name in ops.names else len(ops.names)
