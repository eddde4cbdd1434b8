"""Walk over the schedule: what every cell holds at every step, and what is due.

The walk knows the meaning of the steps from the table in `compiler.plan`, and
nothing of how they were found. A cell holds one circuit qubit, one half of a
pair, one open copy, or nothing; each kind of step is one function below.
A qubit that a step moves is at its new cell from the next step on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.capacity import Intervals
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.held import Copy, Correction, Pair, Qubit, State
from interlace.compiler.check.word import LogicalOp, axes_of
from interlace.compiler.plan import NONE, Axis, Plan, StepKind

__all__ = ["Walk", "walk"]

_END = "end of the schedule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What the walk found.

    Attributes:
        word: the operations on circuit qubits.
        start, end: cell of each circuit qubit at the beginning and at the end.
        most_held: the most cells that held something at once.
    """

    word: list[LogicalOp]
    start: tuple[int, ...]
    end: tuple[int, ...]
    most_held: int


def walk(plan: Plan, cells: Cells, intervals: Intervals) -> Walk:
    """Walk through all steps of a plan of sound shape.

    Raises:
        CheckFailure: a rule does not hold.
    """
    state = State(plan=plan, cells=cells, trail=[[] for _ in intervals])
    for qubit, rows in enumerate(intervals):
        cell = rows[0][1]
        if cell in state.held:
            label = plan.circuit.qubit_label(qubit)
            rule = f"{cells.label[cell]} holds {state.describe(cell)} at the start"
            refuse(f"placement of {label}", rule)
        state.place(Qubit(qubit), cell, since=0)
    due_pairs: list[list[int]] = [[] for _ in range(len(plan.steps))]
    for pair, step in enumerate(plan.pairs.step.tolist()):
        due_pairs[step].append(pair)
    for step, kind in enumerate(plan.steps.kind.tolist()):
        state.begin(step)
        for pair in due_pairs[step]:
            state.generate(pair)
        _STEPS[StepKind(kind)](state)
    _finish(state, intervals)
    return Walk(
        word=state.word,
        start=tuple(trail[0][1] for trail in state.trail),
        end=tuple(trail[-1][1] for trail in state.trail),
        most_held=state.most_held,
    )


def _open(state: State) -> None:
    root_cell, near = state.at
    packet = int(state.plan.steps.packet[state.step])
    axis = Axis(int(state.plan.steps.axis[state.step]))
    root = state.take_qubit(root_cell)
    if packet in state.packets:
        refuse(state.where, f"packet {packet} is opened twice")
    for other in root.copies.values():
        if other.axis != axis:
            refuse(state.where, f"packet {other.packet} is open along {other.axis.name} on it")
    far = state.consume(near)
    gate = "x" if axis == Axis.Z else "z"
    copy = Copy(packet, root, axis, due={(gate, state.bits[0]): packet})
    state.packets.add(packet)
    root.copies[packet] = copy
    state.held[far] = copy


def _close(state: State) -> None:
    (cell,) = state.at
    copy = state.settled(cell)
    packet = int(state.plan.steps.packet[state.step])
    if not isinstance(copy, Copy):
        rule = f"{state.cells.label[cell]} must hold a copy, not {state.describe(cell)}"
        refuse(state.where, rule)
    if (copy.packet, int(copy.axis)) != (packet, int(state.plan.steps.axis[state.step])):
        rule = f"the copy is of packet {copy.packet} along {copy.axis.name}"
        refuse(state.where, rule)
    gate = "z" if copy.axis == Axis.Z else "x"
    copy.root.due[gate, state.bits[0]] = packet
    del copy.root.copies[packet]
    del state.held[cell]


def _move(state: State) -> None:
    source, near = state.at
    qubit = state.take_qubit(source)
    far = state.consume(near)
    del state.held[source]
    qubit.due.update({("x", state.bits[1]): NONE, ("z", state.bits[0]): NONE})
    state.place(qubit, far, since=state.step + 1)


def _swap(state: State) -> None:
    left, right = state.at
    first, second = state.take_pair(left), state.take_pair(right)
    if first is second:
        refuse(state.where, "the two halves are of one pair")
    due = {**first.due, **second.due}
    due.update({("x", state.bits[1]): NONE, ("z", state.bits[0]): NONE})
    joined = Pair((first.other(left), second.other(right)), due=due)
    del state.held[left]
    del state.held[right]
    for cell in joined.ends:
        state.held[cell] = joined


def _correct(state: State) -> None:
    (cell,) = state.at
    steps = state.plan.steps
    wanted: Correction = (steps.names[steps.gate[state.step]], int(steps.condition[state.step]))
    label = state.cells.label[cell]
    if wanted[1] not in state.written:
        refuse(state.where, f"bit {wanted[1]} was not written before")
    held = state.held.get(cell)
    if held is None or wanted not in held.due:
        rule = f"no correction {wanted[0]} by bit {wanted[1]} is due on {label}, which holds "
        refuse(state.where, rule + state.describe(cell))
    packet = held.due.pop(wanted)
    if packet != steps.packet[state.step]:
        refuse(state.where, f"the correction belongs to packet {packet}")


def _gate(state: State) -> None:
    steps = state.plan.steps
    name = steps.names[steps.gate[state.step]]
    if steps.source[state.step] == NONE:
        _relocate(state, name)
        return
    _carry_out(state, Op(name=name, operands=state.at, params=steps.params_of(state.step)))


def _measure(state: State) -> None:
    clbit = int(state.plan.steps.clbit[state.step])
    _carry_out(state, Op(name="measure", operands=state.at, clbit=clbit))


def _carry_out(state: State, op: Op) -> None:
    """An operation of the circuit, on qubits and on copies."""
    qubits = []
    for cell, axes in zip(op.operands, axes_of(op), strict=True):
        held = state.settled(cell)
        if isinstance(held, Pair):
            refuse(state.where, f"{state.cells.label[cell]} holds half a pair")
        copies = [held] if isinstance(held, Copy) else list(held.copies.values())
        for copy in copies:
            if copy.axis.name not in axes:
                refuse(
                    state.where,
                    f"{op.name} on {state.cells.label[cell]} does not commute with the axis "
                    f"{copy.axis.name} of packet {copy.packet}, which is open",
                )
        qubits.append(held.root.number if isinstance(held, Copy) else held.number)
    if len(set(qubits)) != len(qubits):
        refuse(state.where, "two operands stand for the same qubit")
    source = int(state.plan.steps.source[state.step])
    done = Op(
        name=op.name,
        operands=tuple(qubits),
        params=op.params,
        clbit=op.clbit,
        condition=NO_BIT,
    )
    state.word.append(LogicalOp(source=source, op=done, where=state.where))


def _relocate(state: State, name: str) -> None:
    if name != "swap":
        refuse(state.where, f"{name} belongs to no operation of the circuit")
    held = {cell: state.settled(cell) for cell in state.at if cell in state.held}
    if not held:
        refuse(state.where, "relocates nothing: both cells are empty")
    for cell, what in held.items():
        if not isinstance(what, Qubit):
            rule = f"relocates {state.describe(cell)}: only qubits may be relocated"
            refuse(state.where, rule)
        del state.held[cell]
    first, second = state.at
    for cell, other in ((first, second), (second, first)):
        what = held.get(cell)
        if isinstance(what, Qubit):
            state.place(what, other, since=state.step + 1)


def _distil(state: State) -> None:
    refuse(state.where, "distillation is reserved")


_STEPS: Mapping[StepKind, Callable[[State], None]] = MappingProxyType(
    {
        StepKind.OPEN: _open,
        StepKind.GATE: _gate,
        StepKind.CLOSE: _close,
        StepKind.MOVE: _move,
        StepKind.SWAP: _swap,
        StepKind.DISTIL: _distil,
        StepKind.MEASURE: _measure,
        StepKind.CORRECT: _correct,
    }
)


def _finish(state: State, intervals: Intervals) -> None:
    """Nothing is left open, every bit was written, and the placement is what happened."""
    for cell, held in state.held.items():
        label = state.cells.label[cell]
        for gate, bit in held.due:
            refuse(_END, f"{label} lacks its correction {gate} by bit {bit}")
        if isinstance(held, Pair):
            refuse(_END, f"{label} still holds half a pair")
        if isinstance(held, Copy):
            refuse(_END, f"packet {held.packet} was never closed ({label})")
    if len(state.written) != state.plan.num_bits:
        refuse(_END, f"{len(state.written)} of {state.plan.num_bits} internal bits are written")
    for qubit, trail in enumerate(state.trail):
        if _merged(intervals[qubit]) != _merged(tuple(trail)):
            seen = ", ".join(f"{state.cells.label[c]} from step {s}" for s, c in trail)
            label = state.plan.circuit.qubit_label(qubit)
            refuse(f"placement of {label}", f"differs from the schedule, which has {seen}")


def _merged(rows: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    """Intervals without changes from a cell to the same cell, and without empty ones."""
    found: list[tuple[int, int]] = []
    for begin, cell in rows:
        if found and found[-1][0] == begin:
            found.pop()
        if not found or found[-1][1] != cell:
            found.append((begin, cell))
    return found
