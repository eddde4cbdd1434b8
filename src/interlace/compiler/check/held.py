"""What every cell holds between two steps of a schedule."""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.word import LogicalOp
from interlace.compiler.plan import Axis, Plan, StepKind

__all__ = ["Copy", "Correction", "Held", "Pair", "Qubit", "State"]

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
        most_held: the most cells that held something at once.
    """

    plan: Plan
    cells: Cells
    held: dict[int, Held] = field(default_factory=dict)
    trail: list[list[tuple[int, int]]] = field(default_factory=list)
    packets: set[int] = field(default_factory=set)
    written: set[int] = field(default_factory=set)
    word: list[LogicalOp] = field(default_factory=list)
    most_held: int = 0
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
                refuse(self.where, f"{self.cells.label[cell]} is not at the step's node")
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
                    f"{self.cells.label[cell]} is not free: it holds {self.describe(cell)}",
                )
        if not set(ends) & set(self.at):
            refuse(f"pair {pair}", f"step {self.step} is not the first to use it")
        made = Pair(ends)
        self.held[ends[0]] = self.held[ends[1]] = made
        self.most_held = max(self.most_held, len(self.held))

    def place(self, qubit: Qubit, cell: int, *, since: int) -> None:
        """Put a qubit on a cell."""
        self.held[cell] = qubit
        self.trail[qubit.number].append((since, cell))
        self.most_held = max(self.most_held, len(self.held))

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
            refuse(self.where, f"{self.cells.label[cell]} holds nothing")
        for gate, bit in held.due:
            rule = f"{self.cells.label[cell]} is used before its correction {gate} by bit {bit}"
            refuse(self.where, rule)
        return held

    def take_pair(self, cell: int) -> Pair:
        """The pair whose half a cell holds; corrections may still be due."""
        held = self.held.get(cell)
        if not isinstance(held, Pair):
            rule = f"{self.cells.label[cell]} must hold half a pair, not {self.describe(cell)}"
            refuse(self.where, rule)
        return held

    def take_qubit(self, cell: int) -> Qubit:
        """The qubit that a cell holds, with all its corrections done."""
        held = self.settled(cell)
        if not isinstance(held, Qubit):
            rule = f"{self.cells.label[cell]} must hold a qubit, not {self.describe(cell)}"
            refuse(self.where, rule)
        return held

    def consume(self, near: int) -> int:
        """End the near half of a corrected pair; returns the cell of the far half, now free."""
        far = self.take_pair(near).other(near)
        self.settled(near)
        del self.held[near]
        del self.held[far]
        return far
