"""One timeline as bars to draw: the one with the median makespan.

Bars are Python objects, one by one: only the first `_MOST_OPS` operations become some.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from interlace.circuit import NO_BIT, Op, gate_text
from interlace.compiler import Executable, Plan, Programs, Timing
from interlace.link import Link
from interlace.runtime.breakdown import communication_qubits
from interlace.runtime.model import Span, Trace

__all__ = ["trace_of"]

_MOST_OPS = 50_000
"""Longer programs are drawn up to here, a few bars an operation; nobody can look at more."""


def trace_of(
    plan: Plan, programs: Programs, program: Executable, *, links: Sequence[Link], timing: Timing
) -> Trace:
    """The timeline with the median makespan, as spans that take time.

    Args:
        plan: names the machines and the circuit's qubits.
        programs: say where each cell lies at the start.
        program: what was timed.
        links: the compiled links.
        timing: of all timelines.
    """
    makespan = timing.makespan_s
    timeline = int(np.argsort(makespan, kind="stable")[len(makespan) // 2])
    rows = _row_names(plan, programs, program)
    names = [node.name for node in plan.network.nodes]
    machines = [names[node] for node in program.node.tolist()]

    def span(qubit: int, kind: str, start_s: float, end_s: float, label: str) -> Span:
        return Span(
            row=f"{machines[qubit]} {rows[qubit]}",
            group=machines[qubit],
            kind=kind,
            start_s=start_s,
            end_s=end_s,
            label=label,
        )

    drawn = list(program.ops.take(np.arange(min(_MOST_OPS, len(program.ops)))))
    spans = [
        *_of_ops(drawn, program, timing, timeline, span, rows),
        *_of_pairs(program, timing, timeline, links),
        *_of_holds(drawn, timing, timeline, span),
    ]
    return Trace(timeline=timeline, spans=tuple(s for s in spans if s.end_s > s.start_s))


_MakeSpan = Callable[[int, str, float, float, str], Span]


def _row_names(plan: Plan, programs: Programs, program: Executable) -> list[str]:
    """What each qubit is called: after the circuit's qubit that starts there, or `comm[i]`."""
    first: dict[int, int] = {}
    placement = plan.placement
    for row in np.argsort(placement.from_step, kind="stable").tolist():
        first.setdefault(int(placement.cell[row]), int(placement.qubit[row]))
    guest = {
        (machine.node, device_qubit): first[cell]
        for machine in programs.machines
        for cell, device_qubit in machine.initial_layout
        if cell in first
    }
    communication = communication_qubits(program, plan.network).tolist()
    nodes = plan.network.nodes
    names: list[str] = []
    places = zip(program.node.tolist(), program.device_qubit.tolist(), strict=True)
    for qubit, (node, place) in enumerate(places):
        own = nodes[node].communication
        if communication[qubit]:
            device = nodes[node].device
            names.append(f"comm[{place - device.qubits if own is None else own.index(place)}]")
        elif (node, place) in guest:
            names.append(plan.circuit.qubit_label(guest[node, place]))
        else:
            names.append(f"device[{place}]")
    return names


def _of_ops(
    drawn: Sequence[Op],
    program: Executable,
    timing: Timing,
    timeline: int,
    span: _MakeSpan,
    rows: Sequence[str],
) -> Iterator[Span]:
    start, end = timing.start_on(timeline).tolist(), timing.end_on(timeline).tolist()
    idle, cause = timing.idle_on(timeline).tolist(), timing.cause_on(timeline).tolist()
    first = program.ops.start.tolist()
    ends_of_ebits = program.ops.start[timing.ebit][:, None] + np.arange(2)
    holds = set(program.ops.operands[ends_of_ebits].ravel().tolist())
    produced: dict[int, float] = {}
    for row, op in enumerate(drawn):
        if op.name == "ebit":
            continue
        kind = "measure" if op.name in ("measure", "reset") else "gate"
        label = gate_text(op, qubit=rows.__getitem__)
        for k, qubit in enumerate(op.operands):
            wait = idle[first[row] + k]
            if wait > 0 and qubit not in holds:
                yield span(qubit, "wait", start[row] - wait, start[row], "waits")
            yield span(qubit, kind, start[row], end[row], label)
        if op.condition != NO_BIT and cause[row] >= 0 and start[row] > end[cause[row]]:
            sent = produced[op.condition]
            yield span(op.operands[0], "message", sent, start[row], "classical message")
        if op.clbit != NO_BIT:
            produced[op.clbit] = end[row]


def _of_pairs(
    program: Executable, timing: Timing, timeline: int, links: Sequence[Link]
) -> Iterator[Span]:
    drawn = timing.ebit[timing.ebit < _MOST_OPS]
    columns = zip(
        program.link[drawn].tolist(),
        timing.started_s[:, timeline].tolist(),
        timing.ready_s[:, timeline].tolist(),
        strict=False,
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


def _of_holds(
    drawn: Sequence[Op], timing: Timing, timeline: int, span: _MakeSpan
) -> Iterator[Span]:
    """From each half's herald to the last operation before the qubit is reset."""
    end = timing.end_on(timeline).tolist()
    since: dict[int, float] = {}
    last: dict[int, float] = {}
    for row, op in enumerate(drawn):
        for qubit in op.operands:
            if op.name == "ebit":
                since[qubit] = last[qubit] = end[row]
            elif op.name == "reset" and qubit in since:
                yield span(qubit, "hold", since.pop(qubit), last.pop(qubit), "half of an ebit")
            elif qubit in since:
                last[qubit] = end[row]
    for qubit, began in since.items():
        yield span(qubit, "hold", began, last[qubit], "half of an ebit")
