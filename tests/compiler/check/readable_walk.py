"""The walk over a schedule in plain Python: the readable twin of the compiled loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from interlace.circuit import Op
from interlace.compiler import NONE, Axis, Plan, StepKind
from interlace.compiler.check.capacity import Intervals
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.unitary import commuting_axes

Stays = list[list[tuple[int, int]]]
"""For each circuit qubit its (first step, cell), in order of the steps."""


def axes_of(op: Op) -> tuple[str, ...]:
    """For each operand the Paulis along which the operation is diagonal."""
    if op.name == "measure":
        return ("Z",)
    if op.name == "reset":
        return ("",)
    return commuting_axes(op.name, op.params)


Correction = tuple[str, int]
"""A gate, `x` or `z`, and the internal bit that asks for it."""


@dataclass(slots=True)
class Qubit:
    """A circuit qubit, whole.

    Attributes:
        number: the circuit qubit.
        due: corrections before its next use, each with the packet that it closes, or `NONE`.
        copies: its open copies, by packet.
    """

    number: int
    due: dict[Correction, int] = field(default_factory=dict)
    copies: dict[int, Copy] = field(default_factory=dict)


@dataclass(slots=True)
class Copy:
    """An open copy of a qubit."""

    packet: int
    root: Qubit
    axis: Axis
    due: dict[Correction, int] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Pair:
    """Two halves of a pair, swapped or not; its corrections may be applied at either end."""

    ends: tuple[int, int]
    due: dict[Correction, int] = field(default_factory=dict)

    def other(self, cell: int) -> int:
        """The cell of the other half."""
        return self.ends[0] if cell == self.ends[1] else self.ends[1]


Held = Qubit | Copy | Pair


@dataclass(slots=True, kw_only=True)
class State:
    """The cells between two steps, and the step at hand.

    Attributes:
        trail: for each circuit qubit the (step from which it is there, cell), as it happened.
        word: the circuit's operations met so far.
    """

    plan: Plan
    cells: Cells
    held: dict[int, Held] = field(default_factory=dict)
    trail: list[list[tuple[int, int]]] = field(default_factory=list)
    packets: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    word: list[tuple[int, tuple[int, ...]]] = field(default_factory=list)
    step: int = 0
    at: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()

    @property
    def where(self) -> str:
        """The step at hand, in words."""
        kind = StepKind(int(self.plan.steps.kind[self.step]))
        return f"step {self.step} ({kind.name} {self.cells.labels(self.at)})"

    def begin(self, step: int) -> None:
        """Take up a step: its cells are of its node, its bits were not written before."""
        steps = self.plan.steps
        self.step, self.at, self.bits = step, steps.cells_of(step), steps.bits_of(step)
        for cell in self.at:
            if self.cells.node[cell] != steps.node[step]:
                refuse(self.where, f"{self.cells.label(cell)} is not at the step's node")
        for bit in self.bits:
            if bit in self.written:
                refuse(self.where, f"internal bit {bit} is written twice")
            self.written.add(bit)

    def generate(self, pair: int) -> None:
        """Make a pair right before the step at hand."""
        pairs = self.plan.pairs
        ends = (int(pairs.first_cell[pair]), int(pairs.second_cell[pair]))
        for cell in ends:
            if cell in self.held:
                refuse(
                    f"pair {pair}, made before step {self.step}",
                    f"{self.cells.label(cell)} is not free: it holds {self.describe(cell)}",
                )
        if not set(ends) & set(self.at):
            refuse(f"pair {pair}", f"step {self.step} is not the first to use it")
        made = Pair(ends)
        self.held[ends[0]] = self.held[ends[1]] = made

    def place(self, qubit: Qubit, cell: int, *, since: int) -> None:
        """Put a qubit on a cell."""
        self.held[cell] = qubit
        self.trail[qubit.number].append((since, cell))

    def cell_of(self, qubit: Qubit) -> int:
        """Where a qubit is."""
        return self.trail[qubit.number][-1][1]

    def describe(self, cell: int) -> str:
        """What a cell holds, in words."""
        held = self.held.get(cell)
        if held is None:
            return "nothing"
        if isinstance(held, Pair):
            return "half a pair"
        if isinstance(held, Copy):
            return f"the copy of packet {held.packet}"
        return self.plan.circuit.qubit_label(held.number)

    def settled(self, cell: int) -> Held:
        """What a cell holds, with all its corrections done."""
        held = self.held.get(cell)
        if held is None:
            refuse(self.where, f"{self.cells.label(cell)} holds nothing")
        for gate, bit in held.due:
            rule = f"{self.cells.label(cell)} is used before its correction {gate} by bit {bit}"
            refuse(self.where, rule)
        return held

    def take_pair(self, cell: int) -> Pair:
        """The pair whose half a cell holds; corrections may still be due."""
        held = self.held.get(cell)
        if not isinstance(held, Pair):
            rule = f"{self.cells.label(cell)} must hold half a pair, not {self.describe(cell)}"
            refuse(self.where, rule)
        return held

    def take_qubit(self, cell: int) -> Qubit:
        """The qubit that a cell holds, with all its corrections done."""
        held = self.settled(cell)
        if not isinstance(held, Qubit):
            rule = f"{self.cells.label(cell)} must hold a qubit, not {self.describe(cell)}"
            refuse(self.where, rule)
        return held

    def consume(self, near: int) -> int:
        """End the near half of a corrected pair; returns the cell of the far half, now free."""
        far = self.take_pair(near).other(near)
        self.settled(near)
        del self.held[near]
        del self.held[far]
        return far


_END = "end of the schedule"


def readable_walk(plan: Plan, cells: Cells, placed: Intervals) -> list[tuple[int, tuple[int, ...]]]:
    """Walk through all steps of a plan of sound shape.

    Raises:
        CheckFailure: a rule does not hold.
    """
    intervals: Stays = [[] for _ in range(plan.circuit.num_qubits)]
    for qubit, begin, cell in zip(
        placed.qubit.tolist(), placed.begin.tolist(), placed.cell.tolist(), strict=True
    ):
        intervals[qubit].append((begin, cell))
    state = State(plan=plan, cells=cells, trail=[[] for _ in intervals])
    for qubit, rows in enumerate(intervals):
        cell = rows[0][1]
        if cell in state.held:
            label = plan.circuit.qubit_label(qubit)
            rule = f"{cells.label(cell)} holds {state.describe(cell)} at the start"
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
    return state.word


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
        rule = f"{state.cells.label(cell)} must hold a copy, not {state.describe(cell)}"
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
    label = state.cells.label(cell)
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
            refuse(state.where, f"{state.cells.label(cell)} holds half a pair")
        copies = [held] if isinstance(held, Copy) else list(held.copies.values())
        for copy in copies:
            if copy.axis.name not in axes:
                refuse(
                    state.where,
                    f"{op.name} on {state.cells.label(cell)} does not commute with the axis "
                    f"{copy.axis.name} of packet {copy.packet}, which is open",
                )
        qubits.append(held.root.number if isinstance(held, Copy) else held.number)
    if len(set(qubits)) != len(qubits):
        refuse(state.where, "two operands stand for the same qubit")
    state.word.append((state.step, tuple(qubits)))


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


def _finish(state: State, intervals: Stays) -> None:
    """Nothing is left open, every bit was written, and the placement is what happened."""
    for cell, held in state.held.items():
        label = state.cells.label(cell)
        for gate, bit in held.due:
            refuse(_END, f"{label} lacks its correction {gate} by bit {bit}")
        if isinstance(held, Pair):
            refuse(_END, f"{label} still holds half a pair")
        if isinstance(held, Copy):
            refuse(_END, f"packet {held.packet} was never closed ({label})")
    if len(state.written) != state.plan.num_bits:
        refuse(_END, f"{len(state.written)} of {state.plan.num_bits} internal bits are written")
    for qubit, trail in enumerate(state.trail):
        if _merged(intervals[qubit]) != _merged(trail):
            seen = ", ".join(f"{state.cells.label(c)} from step {s}" for s, c in trail)
            label = state.plan.circuit.qubit_label(qubit)
            refuse(f"placement of {label}", f"differs from the schedule, which has {seen}")


def _merged(rows: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Intervals without changes from a cell to the same cell, and without empty ones."""
    found: list[tuple[int, int]] = []
    for begin, cell in rows:
        if found and found[-1][0] == begin:
            found.pop()
        if not found or found[-1][1] != cell:
            found.append((begin, cell))
    return found
