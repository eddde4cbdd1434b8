"""One timeline as bars to draw: the one whose makespan is nearest the median.

A row is a qubit, wherever it sits: an inserted SWAP moves it, and is on the rows of both.

Bars are Python objects, one by one. So of a wide program only the busiest qubits of each machine
become rows, and of a long one only the first operations on these.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, Op, gate_text
from interlace.compiler import Executable, Plan, Programs, Timing
from interlace.kernel import BoolArray, IntArray
from interlace.link import Link
from interlace.runtime.model import Span, Trace
from interlace.runtime.moving import followed, holds_something
from interlace.runtime.qubit_names import QubitNames
from interlace.units import Seconds

__all__ = ["trace_of"]

_MOST_OPS = 50_000
"""Longer programs are drawn up to here, a few bars an operation; nobody can look at more."""

_MOST_ROWS = 400
"""Programs on so many qubits are drawn whole; of wider ones as many, spread over the machines."""

_FEWEST_ROWS = 4
"""Rows that each machine has in any case."""


def trace_of(
    plan: Plan, programs: Programs, program: Executable, *, links: Sequence[Link], timing: Timing
) -> Trace:
    """The timeline whose makespan is nearest the median, as spans that take time.

    Args:
        plan: names the machines and the circuit's qubits.
        programs: say where each cell lies at the start.
        program: what was timed.
        links: the compiled links.
        timing: of all timelines.
    """
    makespan = timing.makespan_s
    timeline = int(np.argmin(np.abs(makespan - np.median(makespan))))
    names = QubitNames(plan, programs, program)
    moved = followed(programs, program)
    is_drawn = _drawn_qubits(moved, names.is_nothing)
    drawing = _Drawing(is_drawn=is_drawn, names=names)
    rows = _drawn_rows(moved, is_drawn)
    acts = list(_acts(program, moved, timing, timeline, rows))
    spans = [
        *_of_acts(acts, drawing, _halves(moved, timing)),
        *_of_swaps(acts, drawing),
        *_of_pairs(program, timing, timeline, links, last_row=int(rows.max(initial=-1))),
        *_of_holds(acts, drawing),
    ]
    return Trace(
        timeline=timeline,
        spans=tuple(s for s in spans if s.end_s > s.start_s),
        left_out=_left_out(plan, moved, is_drawn | names.is_nothing),
        until_s=float(makespan[timeline]),
    )


def _drawn_qubits(program: Executable, is_nothing: BoolArray) -> BoolArray:
    """The qubits that get a row: all of few, else those of each machine on which most happens.

    Returns:
        Shape (Q,), never of those that are nothing.
    """
    qubits = len(program.node)
    if qubits <= _MOST_ROWS:
        return ~is_nothing
    most = max(_FEWEST_ROWS, _MOST_ROWS // len(np.unique(program.node)))
    operations = np.bincount(program.ops.operands, minlength=qubits)
    operations[is_nothing] = -1
    order = np.lexsort((-operations, program.node))
    node = program.node[order]
    rank = np.arange(qubits) - np.searchsorted(node, node)
    is_drawn = np.zeros(qubits, dtype=bool)
    is_drawn[order[rank < most]] = True
    return is_drawn & ~is_nothing


def _drawn_rows(program: Executable, is_drawn: BoolArray) -> IntArray:
    """The first operations on the qubits that are drawn."""
    touches = np.repeat(np.arange(len(program.ops)), np.diff(program.ops.start))
    return np.unique(touches[is_drawn[program.ops.operands]])[:_MOST_OPS]


def _left_out(plan: Plan, program: Executable, is_drawn: BoolArray) -> tuple[tuple[str, int], ...]:
    """Qubits of each machine that operations act on and that are not drawn, nor nothing."""
    acted_on = np.zeros(len(program.node), dtype=bool)
    acted_on[program.ops.operands] = True
    nodes = plan.network.nodes
    number = np.bincount(program.node[acted_on & ~is_drawn], minlength=len(nodes)).tolist()
    return tuple((node.name, n) for node, n in zip(nodes, number, strict=True) if n)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Drawing:
    """Which qubits are drawn, and what they are called."""

    is_drawn: BoolArray
    names: QubitNames

    def span(self, qubit: int, kind: str, start_s: Seconds, end_s: Seconds, label: str) -> Span:
        machine = self.names.machine(qubit)
        return Span(
            row=f"{machine} {self.names.row(qubit)}",
            group=machine,
            kind=kind,
            start_s=start_s,
            end_s=end_s,
            label=label,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Act:
    """One operation with its times.

    Attributes:
        swap: number of the inserted SWAP that it belongs to, else -1.
        places: where its operands, which are what lies there, are.
        idle_s: how long each operand waited.
        sent_s: when the classical message left for which it waited; `None`: for none.
    """

    op: Op
    swap: int
    places: tuple[int, ...]
    start_s: Seconds
    end_s: Seconds
    idle_s: tuple[Seconds, ...]
    sent_s: Seconds | None


def _acts(
    program: Executable, moved: Executable, timing: Timing, timeline: int, rows: IntArray
) -> Iterator[_Act]:
    """The operations to draw, in order; `moved` has what lies on the program's qubits."""
    ops = moved.ops
    start_s, end_s = timing.start_on(timeline), timing.end_on(timeline)
    idle_s, cause = timing.idle_on(timeline), timing.cause_on(timeline)[rows]
    if program.inserted.any():
        idle_s = np.where(holds_something(program, moved), idle_s, 0.0)
    waited = (ops.condition[rows] != NO_BIT) & (cause >= 0)
    waited[waited] = start_s[rows[waited]] > end_s[cause[waited]]
    sender = timing.script.producer[rows]
    columns = zip(
        ops.take(rows),
        program.swap[rows].tolist(),
        start_s[rows].tolist(),
        end_s[rows].tolist(),
        ops.start[rows].tolist(),
        np.where(waited, sender, -1).tolist(),
        strict=True,
    )
    for op, swap, begin_s, finish_s, first, by in columns:
        here = slice(first, first + len(op.operands))
        yield _Act(
            op=op,
            swap=swap,
            places=tuple(program.ops.operands[here].tolist()),
            start_s=begin_s,
            end_s=finish_s,
            idle_s=tuple(idle_s[here].tolist()),
            sent_s=float(end_s[by]) if by >= 0 else None,
        )


def _halves(program: Executable, timing: Timing) -> frozenset[int]:
    """Qubits that ever hold half of an ebit."""
    ends = program.ops.start[timing.ebit][:, None] + np.arange(2)
    return frozenset(program.ops.operands[ends].ravel().tolist())


def _of_acts(acts: Sequence[_Act], drawing: _Drawing, halves: frozenset[int]) -> Iterator[Span]:
    for act in acts:
        op, start_s = act.op, act.start_s
        if op.name == "ebit":
            continue
        kind = "measure" if op.name in ("measure", "reset") else "gate"
        label = gate_text(op, qubit=drawing.names.row)
        for qubit, wait_s in zip(op.operands, act.idle_s, strict=True):
            if not drawing.is_drawn[qubit]:
                continue
            if wait_s > 0 and qubit not in halves:
                yield drawing.span(qubit, "wait", start_s - wait_s, start_s, "waits")
            if act.swap < 0:
                yield drawing.span(qubit, kind, start_s, act.end_s, label)
        if act.sent_s is not None and drawing.is_drawn[op.operands[0]]:
            yield drawing.span(op.operands[0], "message", act.sent_s, start_s, "classical message")


def _of_swaps(acts: Sequence[_Act], drawing: _Drawing) -> Iterator[Span]:
    """Each inserted SWAP as one bar on both rows; what one side does before they meet, by itself.

    From its first joint gate on, nothing else can delay a SWAP.
    """
    labels = _swap_labels(acts, drawing.names)
    met: set[int] = set()
    bars: dict[tuple[int, int], tuple[Seconds, Seconds]] = {}
    for act in acts:
        if act.swap < 0 or act.swap not in labels:
            continue
        for qubit in act.op.operands:
            if not drawing.is_drawn[qubit]:
                continue
            start_s, end_s = bars.get((act.swap, qubit), (act.start_s, act.start_s))
            if act.start_s > end_s and act.swap not in met:
                yield drawing.span(qubit, "swap", start_s, end_s, labels[act.swap])
                start_s = act.start_s
            bars[act.swap, qubit] = (start_s, act.end_s)
        if len(act.op.operands) > 1:
            met.add(act.swap)
    for (swap, qubit), (start_s, end_s) in bars.items():
        yield drawing.span(qubit, "swap", start_s, end_s, labels[swap])


def _swap_labels(acts: Sequence[_Act], names: QubitNames) -> dict[int, str]:
    """What each inserted SWAP moves where."""
    labels: dict[int, str] = {}
    for act in acts:
        if act.swap < 0 or len(act.places) < 2 or act.swap in labels:
            continue
        goes = zip(act.op.operands, reversed(act.places), strict=True)
        told = (
            f"{names.row(qubit)} to {names.place(to)}"
            for qubit, to in goes
            if not names.is_nothing[qubit]
        )
        labels[act.swap] = f"inserted SWAP: {', '.join(told)}"
    return labels


def _of_pairs(
    program: Executable, timing: Timing, timeline: int, links: Sequence[Link], *, last_row: int
) -> Iterator[Span]:
    """Attempts for the first pairs, as far as operations are drawn."""
    count = min(_MOST_OPS, int(np.searchsorted(timing.ebit, last_row, side="right")))
    columns = zip(
        program.link[timing.ebit[:count]].tolist(),
        timing.started_s[:count, timeline].tolist(),
        timing.ready_s[:count, timeline].tolist(),
        strict=True,
    )
    for link, started_s, ready_s in columns:
        yield Span(
            row=links[link].name,
            group="links",
            kind="generate",
            start_s=started_s,
            end_s=ready_s,
            label="attempts until the herald",
        )


def _of_holds(acts: Sequence[_Act], drawing: _Drawing) -> Iterator[Span]:
    """From each half's herald to the last operation before the qubit is reset."""
    since: dict[int, float] = {}
    last: dict[int, float] = {}
    for act in acts:
        for qubit in act.op.operands:
            if not drawing.is_drawn[qubit]:
                continue
            if act.op.name == "ebit":
                since[qubit] = last[qubit] = act.end_s
            elif act.op.name == "reset" and qubit in since:
                yield drawing.span(
                    qubit, "hold", since.pop(qubit), last.pop(qubit), "half of an ebit"
                )
            elif qubit in since and act.swap < 0:  # SWAPs move what is left as well
                last[qubit] = act.end_s
    for qubit, began_s in since.items():
        yield drawing.span(qubit, "hold", began_s, last[qubit], "half of an ebit")
