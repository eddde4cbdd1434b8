"""A Clifford program as the steps of a stabilizer simulation: flat columns, no names."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from interlace.circuit import NO_BIT, OpTable, clifford, distinct_gates
from interlace.compiler import Executable
from interlace.errors import InvariantError
from interlace.kernel import BoolArray, IntArray, spans
from interlace.runtime.feedforward import corrections
from interlace.runtime.sparse_rows import SmallArray, X, Y, Z

__all__ = [
    "GATE_ONE",
    "GATE_TWO",
    "MEASURE",
    "PAULI_IF",
    "RESET",
    "Steps",
    "steps_of",
]

GATE_ONE, GATE_TWO, MEASURE, RESET, PAULI_IF = range(5)

_CODE = {"I": 0, "X": X, "Y": Y, "Z": Z}
_OF_ACT = np.array([0, X, Y, Z])
_NEGATIVE = 16

Piece = tuple[int, int, int, int]
"""Kind, gate, and the positions of the qubits among the operands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """n steps.

    Attributes:
        kind: shape (n,).
        first: a qubit, shape (n,).
        second: another one (GATE_TWO), shape (n,).
        item: gate, result, number of the reset, or Pauli, shape (n,).
        result: that must be 1 (PAULI_IF), shape (n,).
        is_last: whether a measurement commutes with all later steps that can see it: its qubit is
            not touched again, and its result not read, shape (n,).
        gates: stim's name of each gate.
        image: what each gate makes of Paulis, as in `conjugation`, shape (gates, 16).
        results: measurements in all.
        resets: resets in all.
    """

    kind: IntArray
    first: IntArray
    second: IntArray
    item: IntArray
    result: IntArray
    is_last: BoolArray
    gates: tuple[str, ...]
    image: SmallArray
    results: int
    resets: int


def steps_of(program: Executable) -> Steps:
    """Write a program out as steps.

    Raises:
        InvariantError: a gate is not Clifford, or a conditioned one no Pauli.
    """
    ops = program.ops
    template, gates = _templates(program)
    length = np.array([len(pieces) for pieces in template.pieces], dtype=np.int64)
    begin = np.cumsum(length) - length
    size = length[template.of_row]
    row = np.repeat(np.arange(len(ops)), size)
    piece = np.array([p for pieces in template.pieces for p in pieces], dtype=np.int64)
    kind, item, first, second = piece.reshape(-1, 4)[spans(begin[template.of_row], size)].T
    item = item.copy()
    is_measure, is_reset, is_pauli = kind == MEASURE, kind == RESET, kind == PAULI_IF
    item[is_measure] = np.arange(is_measure.sum())
    item[is_reset] = np.arange(is_reset.sum())
    result = np.full(len(kind), -1, dtype=np.int64)
    result[is_pauli] = _read_results(ops)[row[is_pauli]]
    keep = ~is_pauli | (result >= 0)
    at = ops.start[row]
    columns = (kind, ops.operands[at + first], ops.operands[at + second], item, result)
    kind, first, second, item, result = (column[keep] for column in columns)
    return Steps(
        kind=kind,
        first=first,
        second=second,
        item=item,
        result=result,
        is_last=_last(kind, first, second, item, result),
        gates=gates,
        image=np.array([_image(name) for name in gates], dtype=np.int32).reshape(-1, 16),
        results=int(is_measure.sum()),
        resets=int(is_reset.sum()),
    )


@dataclass(frozen=True, slots=True)
class _Templates:
    """Pieces of each different row, and which one each row is."""

    pieces: list[tuple[Piece, ...]]
    of_row: IntArray


def _templates(program: Executable) -> tuple[_Templates, tuple[str, ...]]:
    ops, found = program.ops, corrections(program)
    if found.foreign is not None:
        msg = f"row {found.foreign} is conditioned and no Pauli: stabilizers cannot follow it"
        raise InvariantError(msg)
    gates, of_row = distinct_gates(ops, np.arange(len(ops)))
    images: dict[str, int] = {}
    pieces = [_pieces(name, params, images) for name, params in gates]
    of_row = of_row.copy()
    of_row[found.row] = len(pieces) + found.act
    acts = [(), *(((PAULI_IF, int(_OF_ACT[act]), 0, 0),) for act in (1, 2, 3))]
    pieces.extend(acts)
    unknown = [code for code, made in enumerate(pieces) if made is None]
    bad = np.flatnonzero(np.isin(of_row, unknown))
    if len(bad):
        msg = f"row {int(bad[0])} is no Clifford gate: stabilizers cannot follow it"
        raise InvariantError(msg)
    return _Templates([made or () for made in pieces], of_row), tuple(images)


def _pieces(
    name: str, params: tuple[float, ...], images: dict[str, int]
) -> tuple[Piece, ...] | None:
    """The steps of an operation; `None` if it is no Clifford gate."""
    if name == "measure":
        return ((MEASURE, 0, 0, 0),)
    if name == "reset":
        return ((RESET, 0, 0, 0),)
    if name == "ebit":
        h, cx = (images.setdefault(gate, len(images)) for gate in ("H", "CX"))
        return (
            (RESET, 0, 0, 0),
            (RESET, 0, 1, 1),
            (GATE_ONE, h, 0, 0),
            (GATE_TWO, cx, 0, 1),
        )
    found = clifford(name, params)
    if found is None:
        return None
    return tuple(
        (
            GATE_ONE if len(on) == 1 else GATE_TWO,
            images.setdefault(gate, len(images)),
            on[0],
            on[-1],
        )
        for gate, on in found
    )


@lru_cache(maxsize=64)
def _image(name: str) -> tuple[int, ...]:
    """U P U^dagger for every product P of two Paulis (for one qubit: of one), by stim's tableau."""
    import stim

    tableau = stim.gate_data(name).tableau
    if tableau is None:
        msg = f"{name} is no unitary gate of stim's"
        raise InvariantError(msg)
    qubits = len(tableau)
    letters = {code: letter for letter, code in _CODE.items()}
    found: list[int] = []
    for code in range(16):
        if code >= 4**qubits:
            found.append(0)
            continue
        text = "".join(letters[code >> (2 * k) & 3] for k in range(qubits))
        image = tableau(stim.PauliString(text))
        bits = sum(_CODE["IXYZ"[image[k]]] << (2 * k) for k in range(qubits))
        found.append(bits + _NEGATIVE * int(image.sign == -1))
    return tuple(found)


def _read_results(ops: OpTable) -> IntArray:
    """For each conditioned row the measurement whose result it reads, -1 where there is none."""
    found = np.full(len(ops), -1, dtype=np.int64)
    writes, reads = np.flatnonzero(ops.clbit != NO_BIT), np.flatnonzero(ops.condition != NO_BIT)
    if len(writes) == 0:
        return found
    n = len(ops)
    written = ops.clbit[writes] * n + writes
    order = np.argsort(written)
    at = np.searchsorted(written[order], ops.condition[reads] * n + reads) - 1
    before = order[np.maximum(at, 0)]
    is_same = (at >= 0) & (ops.clbit[writes[before]] == ops.condition[reads])
    found[reads] = np.where(is_same, before, -1)
    return found


def _last(
    kind: IntArray, first: IntArray, second: IntArray, item: IntArray, result: IntArray
) -> BoolArray:
    n = len(kind)
    size = int(max(first.max(initial=-1), second.max(initial=-1))) + 1
    touched = np.zeros(size, dtype=np.int64)
    np.maximum.at(touched, first, np.arange(n))
    np.maximum.at(touched, second, np.arange(n))
    is_read = np.zeros(n, dtype=np.bool_)
    is_read[result[result >= 0]] = True
    is_last = (kind == MEASURE) & (touched[first] == np.arange(n))
    is_last[is_last] = ~is_read[item[is_last]]
    return is_last
