"""The steps of emission's events, all events of a kind at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.compiler.cells import Drawn, Event, Program
from interlace.compiler.plan import NONE, Axis, StepKind, StepTable
from interlace.compiler.work import Work
from interlace.kernel import IntArray, spans

__all__ = ["EVENT_BITS", "EVENT_STEPS", "offsets", "written_steps"]

EVENT_STEPS = np.array([1, 2, 2, 3, 3, 1])
"""Steps of an event of each kind: itself and its corrections."""

EVENT_BITS = np.array([0, 1, 1, 2, 2, 0])
"""Internal bits that an event of each kind writes; they are numbered in order."""

_X, _Z, _SWAP = range(3)
_OWN_NAMES = ("x", "z", "swap")
"""Gates of the steps that carry out no row; their codes come after the program's names."""


@dataclass(slots=True)
class _Steps:
    """Steps on their way into a table: each has its place from the start."""

    kind: IntArray
    first: IntArray
    gate: IntArray
    packet: IntArray
    axis: IntArray
    condition: IntArray
    second: list[tuple[IntArray, IntArray]]

    def put(
        self, at: IntArray, kind: StepKind, first: IntArray, second: IntArray | None = None
    ) -> None:
        """Steps of one kind, on one cell or on two."""
        self.kind[at], self.first[at] = kind, first
        if second is not None:
            self.second.append((at, second))

    def pack(self, at: IntArray, packet: IntArray, axis: IntArray) -> None:
        """They and their corrections belong to packets."""
        self.packet[at], self.packet[at + 1], self.axis[at] = packet, packet, axis

    def correct(self, at: IntArray, cell: IntArray, gate: int | IntArray, bit: IntArray) -> None:
        """Corrections of a cell by the value of a bit."""
        self.put(at, StepKind.CORRECT, cell)
        self.gate[at], self.condition[at] = gate, bit


def written_steps(
    work: Work, program: Program, drawn: Drawn, number: IntArray, node: IntArray
) -> StepTable:
    """The table of steps.

    Args:
        work: the working program; knows names, parameters and sources.
        program: the same as emission saw it.
        drawn: events and cells of the rows.
        number: the plan's number of each cell.
        node: of each cell.
    """
    begin, bit = offsets(EVENT_STEPS[drawn.event[0]]), offsets(EVENT_BITS[drawn.event[0]])
    nothing = np.full(begin[-1], NONE, dtype=np.int64)
    steps = _Steps(
        kind=np.full(begin[-1], StepKind.GATE, dtype=np.int64),
        first=nothing.copy(),
        gate=nothing.copy(),
        packet=nothing.copy(),
        axis=np.full(begin[-1], Axis.NONE, dtype=np.int64),
        condition=nothing.copy(),
        second=[],
    )
    _put_packets(steps, program, drawn.event, begin, bit, len(work.ops.names))
    _put_moves(steps, drawn.event, begin, bit, len(work.ops.names))
    at = begin[:-1][drawn.event[0] == Event.ROW]
    is_measure = np.array([name == "measure" for name in work.ops.names], dtype=np.bool_)
    is_measure = is_measure[work.ops.gate]
    steps.put(at, StepKind.GATE, drawn.places[work.ops.start[:-1]])
    steps.kind[at[is_measure]] = StepKind.MEASURE
    steps.gate[at] = np.where(is_measure, NONE, work.ops.gate)
    return _table(steps, work, drawn.places, at, int(bit[-1]), number, node)


def _put_packets(
    steps: _Steps,
    program: Program,
    event: IntArray,
    begin: IntArray,
    bit: IntArray,
    own: int,
) -> None:
    kind, copy, first, second, third = event
    packet = np.cumsum(kind == Event.OPEN) - 1
    here = np.flatnonzero(kind == Event.OPEN)
    at, axis = begin[here], program.copy_axis[copy[here]]
    steps.put(at, StepKind.OPEN, first[here], second[here])
    steps.correct(at + 1, third[here], own + np.where(axis == Axis.Z, _X, _Z), bit[here])
    steps.pack(at, packet[here], axis)
    here = np.flatnonzero(kind == Event.CLOSE)
    at, axis = begin[here], program.copy_axis[copy[here]]
    steps.put(at, StepKind.CLOSE, first[here])
    steps.correct(at + 1, second[here], own + np.where(axis == Axis.Z, _Z, _X), bit[here])
    steps.pack(at, packet[third[here]], axis)


def _put_moves(steps: _Steps, event: IntArray, begin: IntArray, bit: IntArray, own: int) -> None:
    kind, _, first, second, third = event
    for what, step in ((Event.SWAP, StepKind.SWAP), (Event.MOVE, StepKind.MOVE)):
        here = np.flatnonzero(kind == what)
        steps.put(begin[here], step, first[here], second[here])
        steps.correct(begin[here] + 1, third[here], own + _X, bit[here] + 1)
        steps.correct(begin[here] + 2, third[here], own + _Z, bit[here])
    here = np.flatnonzero(kind == Event.RETURN)
    steps.put(begin[here], StepKind.GATE, first[here], second[here])
    steps.gate[begin[here]] = own + _SWAP


def _table(
    steps: _Steps,
    work: Work,
    places: IntArray,
    at: IntArray,
    num_bits: int,
    number: IntArray,
    node: IntArray,
) -> StepTable:
    """The steps in a plan's columns; `at` is the step of each row."""
    ops, n = work.ops, len(steps.kind)
    num_cells, num_params = np.ones(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    num_cells[at], num_params[at] = np.diff(ops.start), np.diff(ops.param_start)
    for where, _ in steps.second:
        num_cells[where] = 2
    cell_start = offsets(num_cells)
    cells = np.empty(cell_start[-1], dtype=np.int64)
    cells[cell_start[:-1]] = steps.first
    for where, second in steps.second:
        cells[cell_start[where] + 1] = second
    cells[spans(cell_start[at], np.diff(ops.start))] = places
    source, clbit = np.full(n, NONE, dtype=np.int64), np.full(n, NONE, dtype=np.int64)
    source[at], clbit[at] = work.source, ops.clbit
    names, gate = _named((*ops.names, *_OWN_NAMES), steps.gate)
    return StepTable(
        names=names,
        kind=steps.kind,
        node=node[steps.first],
        gate=gate,
        source=source,
        packet=steps.packet,
        axis=steps.axis,
        cell_start=cell_start,
        cells=number[cells],
        param_start=offsets(num_params),
        params=ops.params,
        bit_start=offsets(_STEP_BITS[steps.kind]),
        bits=np.arange(num_bits),
        condition=steps.condition,
        clbit=clbit,
        start_s=np.zeros(n),
        duration_s=np.zeros(n),
    )


_STEP_BITS = np.array(
    [{StepKind.OPEN: 1, StepKind.CLOSE: 1, StepKind.MOVE: 2, StepKind.SWAP: 2}.get(kind, 0)
     for kind in StepKind]
)  # fmt: skip


def _named(names: tuple[str, ...], code: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """The names that steps use, in the order of their first use, and the new code of each step."""
    same = {name: place for place, name in reversed(list(enumerate(names)))}
    code = np.array([*(same[name] for name in names), NONE], dtype=np.int64)[code]
    first = np.full(len(names) + 1, len(code), dtype=np.int64)
    first[code[::-1]] = np.arange(len(code))[::-1]  # the last writer wins: the first step
    order = np.argsort(first[:-1], kind="stable").tolist()
    used = [place for place in order if first[place] < len(code)]
    new = np.full(len(names) + 1, NONE, dtype=np.int64)
    new[used] = np.arange(len(used))
    return tuple(names[place] for place in used), new[code]


def offsets(sizes: IntArray) -> IntArray:
    """CSR offsets of runs of these sizes."""
    result = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=result[1:])
    return result
