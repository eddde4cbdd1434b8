"""One timeline as bars to draw: the one with the median makespan."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from interlace.circuit import NO_BIT, gate_text
from interlace.compiler import Executable, Plan, Programs, Timing
from interlace.link import Link
from interlace.runtime.breakdown import communication_qubits
from interlace.runtime.model import Span, Trace

__all__ = ["trace_of"]

_MOST_OPS = 50_000
"""Longer programs are drawn up to here; nobody can look at more."""


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
    machines = [plan.network.nodes[node].name for node in program.node.tolist()]

    def span(qubit: int, kind: str, start_s: float, end_s: float, label: str) -> Span:
        return Span(
            row=f"{machines[qubit]} {rows[qubit]}",
            group=machines[qubit],
            kind=kind,
            start_s=start_s,
            end_s=end_s,
            label=label,
        )

    spans = [
        *_of_ops(program, timing, timeline, span, rows),
        *_of_pairs(program, timing, timeline, links),
        *_of_holds(program, timing, timeline, span),
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
    communication = communication_qubits(program, plan.network)
    names: list[str] = []
    places = zip(program.node.tolist(), program.device_qubit.tolist(), strict=True)
    for qubit, (node, place) in enumerate(places):
        own = plan.network.nodes[node].communication
        if communication[qubit]:
            device = plan.network.nodes[node].device
            names.append(f"comm[{place - device.qubits if own is None else own.index(place)}]")
        elif (node, place) in guest:
            names.append(plan.circuit.qubit_label(guest[node, place]))
        else:
            names.append(f"device[{place}]")
    return names


def _of_ops(
    program: Executable, timing: Timing, timeline: int, span: _MakeSpan, rows: Sequence[str]
) -> Iterator[Span]:
    start, end = timing.start_s[:, timeline].tolist(), timing.end_s[:, timeline].tolist()
    idle = timing.idle_s[:, timeline].tolist()
    holds = {q for row in timing.ebit.tolist() for q in program.ops[row].operands}
    produced: dict[int, float] = {}
    for row, op in zip(range(_MOST_OPS), program.ops, strict=False):
        if op.name == "ebit":
            continue
        kind = "measure" if op.name in ("measure", "reset") else "gate"
        label = gate_text(op, qubit=rows.__getitem__)
        for k, qubit in enumerate(op.operands):
            wait = idle[program.ops.start[row] + k]
            if wait > 0 and qubit not in holds:
                yield span(qubit, "wait", start[row] - wait, start[row], "waits")
            yield span(qubit, kind, start[row], end[row], label)
        if op.condition != NO_BIT and int(timing.cause[row, timeline]) >= 0:
            sent = produced[op.condition]
            cause = int(timing.cause[row, timeline])
            if start[row] > end[cause]:
                yield span(op.operands[0], "message", sent, start[row], "classical message")
        if op.clbit != NO_BIT:
            produced[op.clbit] = end[row]


def _of_pairs(
    program: Executable, timing: Timing, timeline: int, links: Sequence[Link]
) -> Iterator[Span]:
    for pair, row in enumerate(timing.ebit.tolist()):
        yield Span(
            row=links[int(program.link[row])].name,
            group="links",
            kind="generate",
            start_s=float(timing.started_s[pair, timeline]),
            end_s=float(timing.ready_s[pair, timeline]),
            label="attempts until the herald",
        )


def _of_holds(
    program: Executable, timing: Timing, timeline: int, span: _MakeSpan
) -> Iterator[Span]:
    """From each half's herald to the last operation before the qubit is reset."""
    ops = program.ops
    end = timing.end_s[:, timeline]
    ready = dict(zip(timing.ebit.tolist(), timing.ready_s[:, timeline].tolist(), strict=True))
    since: dict[int, float] = {}
    last: dict[int, float] = {}
    for row, op in zip(range(_MOST_OPS), ops, strict=False):
        for qubit in op.operands:
            if op.name == "ebit":
                since[qubit] = last[qubit] = ready[row]
            elif op.name == "reset" and qubit in since:
                yield span(qubit, "hold", since.pop(qubit), last.pop(qubit), "half of an ebit")
            elif qubit in since:
                last[qubit] = float(end[row])
    for qubit, began in since.items():
        yield span(qubit, "hold", began, last[qubit], "half of an ebit")
