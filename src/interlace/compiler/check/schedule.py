"""Walk over the schedule: what every cell holds at every step, and what is due.

The walk knows the meaning of the steps from the table in `compiler.plan`, and
nothing of how they were found. A cell holds one circuit qubit, one half of a
pair, one open copy, or nothing. A qubit that a step moves is at its new cell from
the next step on. The loop itself is in `walking`, what it knows in `walk_state`; here
its columns are filled, and here are the words for the rule at which it stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from interlace.compiler.check import walk_state
from interlace.compiler.check.capacity import Intervals
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.walk_state import Pairs, State, Steps
from interlace.compiler.check.walking import owner_of, root_of, walk_steps
from interlace.compiler.check.word import Word
from interlace.compiler.plan import NONE, Axis, Plan, StepKind, StepTable
from interlace.kernel import IntArray

__all__ = ["Walk", "walk"]

_END = "end of the schedule"
_GATES = {"x": 1, "z": 2, "swap": 3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What the walk found.

    Attributes:
        word: the operations on circuit qubits.
        start, end: cell of each circuit qubit at the beginning and at the end, shape (Q,).
    """

    word: Word
    start: IntArray
    end: IntArray


def walk(plan: Plan, cells: Cells, intervals: Intervals, axes: IntArray) -> Walk:
    """Walk through all steps of a plan of sound shape.

    Args:
        plan: the plan.
        cells: its cells.
        intervals: its placement.
        axes: what each operation commutes with, for each entry of `steps.cells`.

    Raises:
        CheckFailure: a rule does not hold.
    """
    start, end = _ends(intervals, plan.circuit.num_qubits)
    steps, pairs = _columns(plan, cells, axes), _pairs(plan)
    state = _state(plan, steps, start)
    seen = _Seen(plan, cells, steps, state)
    _place_all(seen, start)
    code, step, a, b = walk_steps(steps, pairs, state)
    if code:
        seen.step = step
        where, rule = _RULES[code](seen, a, b)
        refuse(where or seen.where, rule)
    written = int(np.count_nonzero(state.bit[:, walk_state.DUE]))
    if written != plan.num_bits:
        refuse(_END, f"{written} of {plan.num_bits} internal bits are written")
    _compare_placement(seen, intervals)
    return Walk(
        word=Word(step=np.flatnonzero(seen.column("works")), qubits=state.acts_on, axes=axes),
        start=start,
        end=end,
    )


@dataclass(slots=True)
class _Seen:
    """The walk where it stands, for messages."""

    plan: Plan
    cells: Cells
    steps: Steps
    state: State
    step: int = 0

    @property
    def where(self) -> str:
        """The step at hand, in words."""
        if self.step < 0:
            return _END
        kind = StepKind(int(self.plan.steps.kind[self.step]))
        labels = self.cells.labels(self.plan.steps.cells_of(self.step))
        return f"step {self.step} ({kind.name} {labels})"

    @property
    def gate(self) -> str:
        """The operation of the step at hand."""
        steps = self.plan.steps
        is_measure = steps.kind[self.step] == StepKind.MEASURE
        return "measure" if is_measure else steps.names[steps.gate[self.step]]

    def holds(self, cell: int) -> str:
        """What a cell holds, in words."""
        held, ref = self.state.cell[cell, [walk_state.HELD, walk_state.REF]].tolist()
        if held == walk_state.NOTHING:
            return "nothing"
        if held == walk_state.PAIR:
            return "half a pair"
        if held == walk_state.COPY:
            return f"the copy of packet {self.packet(ref)}"
        return self.plan.circuit.qubit_label(ref)

    def packet(self, index: int) -> int:
        """The plan's number of a packet."""
        step = np.flatnonzero(self.column("packet") == index)[0]
        return int(self.column("number")[step])

    def column(self, name: str) -> IntArray:
        """A column of the steps."""
        return self.steps.table[:-1, walk_state.COLUMNS.index(name)]

    def axis(self, index: int) -> str:
        """The axis of an opened packet."""
        return Axis(int(self.state.packet[index, walk_state.PACKET_AXIS])).name

    def open_on(self, qubit: int) -> int:
        """A packet that is open on a qubit."""
        packet = self.state.packet
        here = (packet[:, walk_state.ROOT] == qubit) & (packet[:, walk_state.OPENED] == 1)
        return int(np.flatnonzero(here)[0])

    def due_on(self, cell: int) -> str:
        """The first correction that is due on what a cell holds."""
        state = self.state
        owner = root_of(state.parent, owner_of(state, cell))
        for bit in self.plan.steps.bits.tolist():
            due, its_owner = state.bit[bit, [walk_state.DUE, walk_state.OWNER]].tolist()
            if 1 < due < walk_state.DONE and root_of(state.parent, its_owner) == owner:
                return f"{'-xz'[due - 1]} by bit {bit}"
        return "by an unknown bit"


_Sentence = Callable[[_Seen, int, int], tuple[str, str]]
"""From the walk and the numbers a and b: where ("": at the step) and which rule."""


def _not_commuting(seen: _Seen, cell: int, packet: int) -> tuple[str, str]:
    if packet < 0:
        packet = seen.open_on(int(seen.state.cell[cell, walk_state.REF]))
    return "", (
        f"{seen.gate} on {seen.cells.label(cell)} does not commute with the axis "
        f"{seen.axis(packet)} of packet {seen.packet(packet)}, which is open"
    )


def _not_due(seen: _Seen, cell: int, bit: int) -> tuple[str, str]:
    return "", (
        f"no correction {seen.gate} by bit {bit} is due on {seen.cells.label(cell)}, which holds "
        f"{seen.holds(cell)}"
    )


def _never_closed(seen: _Seen, cell: int, _: int) -> tuple[str, str]:
    packet = seen.packet(int(seen.state.cell[cell, walk_state.REF]))
    return "", f"packet {packet} was never closed ({seen.cells.label(cell)})"


def _must_hold(what: str) -> _Sentence:
    def sentence(seen: _Seen, cell: int, _: int) -> tuple[str, str]:
        return "", f"{seen.cells.label(cell)} must hold {what}, not {seen.holds(cell)}"

    return sentence


_RULES: Mapping[int, _Sentence] = MappingProxyType(
    {
        walk_state.OTHER_NODE: lambda s, a, _: (
            "",
            f"{s.cells.label(a)} is not at the step's node",
        ),
        walk_state.WRITTEN_TWICE: lambda _, a, __: ("", f"internal bit {a} is written twice"),
        walk_state.NOT_FREE: lambda s, a, b: (
            f"pair {a}, made before step {s.step}",
            f"{s.cells.label(b)} is not free: it holds {s.holds(b)}",
        ),
        walk_state.NOT_FIRST: lambda s, a, _: (
            f"pair {a}",
            f"step {s.step} is not the first to use it",
        ),
        walk_state.EMPTY: lambda s, a, _: ("", f"{s.cells.label(a)} holds nothing"),
        walk_state.NOT_SETTLED: lambda s, a, _: (
            "",
            f"{s.cells.label(a)} is used before its correction {s.due_on(a)}",
        ),
        walk_state.NO_PAIR: _must_hold("half a pair"),
        walk_state.NO_QUBIT: _must_hold("a qubit"),
        walk_state.NO_COPY: _must_hold("a copy"),
        walk_state.OPENED_TWICE: lambda s, _, __: (
            "",
            f"packet {int(s.column('number')[s.step])} is opened twice",
        ),
        walk_state.OTHER_AXIS: lambda s, a, _: (
            "",
            f"packet {s.packet(s.open_on(a))} is open along {s.axis(s.open_on(a))} on it",
        ),
        walk_state.OTHER_PACKET: lambda s, a, _: (
            "",
            f"the copy is of packet {s.packet(a)} along {s.axis(a)}",
        ),
        walk_state.ONE_PAIR: lambda _, __, ___: ("", "the two halves are of one pair"),
        walk_state.NOT_WRITTEN: lambda _, a, __: ("", f"bit {a} was not written before"),
        walk_state.NOT_DUE: _not_due,
        walk_state.NOT_ITS_PACKET: lambda _, a, __: ("", f"the correction belongs to packet {a}"),
        walk_state.HALF: lambda s, a, _: ("", f"{s.cells.label(a)} holds half a pair"),
        walk_state.NOT_COMMUTING: _not_commuting,
        walk_state.SAME_QUBIT: lambda _, __, ___: ("", "two operands stand for the same qubit"),
        walk_state.FOREIGN: lambda s, _, __: (
            "",
            f"{s.gate} belongs to no operation of the circuit",
        ),
        walk_state.NOTHING_MOVED: lambda _, __, ___: (
            "",
            "relocates nothing: both cells are empty",
        ),
        walk_state.NOT_MOVABLE: lambda s, a, _: (
            "",
            f"relocates {s.holds(a)}: only qubits may be relocated",
        ),
        walk_state.LACKING: lambda s, a, _: (
            "",
            f"{s.cells.label(a)} lacks its correction {s.due_on(a)}",
        ),
        walk_state.LEFT_PAIR: lambda s, a, _: ("", f"{s.cells.label(a)} still holds half a pair"),
        walk_state.LEFT_COPY: _never_closed,
    }
)


def _columns(plan: Plan, cells: Cells, axes: IntArray) -> Steps:
    steps = plan.steps
    codes = np.array([*(_GATES.get(name, 0) for name in steps.names), 0], dtype=np.int64)
    works = np.isin(steps.kind, [StepKind.GATE, StepKind.MEASURE]) & (steps.source != NONE)
    columns = {
        "kind": steps.kind,
        "node": steps.node,
        "gate": codes[steps.gate],
        "works": works,
        "packet": np.unique(steps.packet, return_inverse=True)[1],
        "number": steps.packet,
        "axis": steps.axis,
        "cell_start": steps.cell_start,
        "bit_start": steps.bit_start,
        "condition": steps.condition,
    }
    table = np.zeros((len(steps) + 1, len(columns)), dtype=np.int64)
    for place, name in enumerate(walk_state.COLUMNS):
        column = columns[name]
        table[: len(column), place] = column
    return Steps(table=table, cells=steps.cells, bits=steps.bits, axes=axes, cell_node=cells.node)


def _pairs(plan: Plan) -> Pairs:
    row = np.argsort(plan.pairs.step, kind="stable")
    return Pairs(
        row=row,
        step=plan.pairs.step[row],
        first=plan.pairs.first_cell[row],
        second=plan.pairs.second_cell[row],
    )


def _state(plan: Plan, steps: Steps, start: IntArray) -> State:
    qubits, packets = len(start), int(steps.table[:, walk_state.COLUMNS.index("packet")].max()) + 1

    def zeros(rows: int) -> walk_state.Table:
        return np.zeros((rows, 3), dtype=np.int64)

    owners = qubits + packets + len(plan.pairs)
    moves = int(np.count_nonzero(plan.steps.kind == StepKind.MOVE)) + 2 * _relocations(plan.steps)
    return State(
        cell=zeros(plan.num_cells),
        qubit=zeros(qubits),
        packet=zeros(packets),
        bit=zeros(plan.num_bits),
        due=np.zeros(owners, dtype=np.int64),
        parent=np.arange(owners),
        acts_on=np.full(len(steps.cells), NONE),
        trail=zeros(moves),
        trail_size=np.zeros(1, dtype=np.int64),
    )


def _relocations(steps: StepTable) -> int:
    return int(np.count_nonzero((steps.kind == StepKind.GATE) & (steps.source == NONE)))


def _ends(intervals: Intervals, qubits: int) -> tuple[IntArray, IntArray]:
    """The first and the last cell of each qubit."""
    numbers = np.arange(qubits)
    first = np.searchsorted(intervals.qubit, numbers, side="left")
    last = np.searchsorted(intervals.qubit, numbers, side="right") - 1
    return intervals.cell[first], intervals.cell[last]


def _place_all(seen: _Seen, start: IntArray) -> None:
    """Put every qubit where it starts."""
    state = seen.state
    cells, first, count = np.unique(start, return_index=True, return_counts=True)
    state.cell[cells, walk_state.HELD] = walk_state.QUBIT
    state.cell[cells, walk_state.REF] = first
    if (count > 1).any():
        cell = int(cells[np.argmax(count > 1)])
        second = int(np.flatnonzero(start == cell)[1])
        label = seen.plan.circuit.qubit_label(second)
        rule = f"{seen.cells.label(cell)} holds {seen.holds(cell)} at the start"
        refuse(f"placement of {label}", rule)


def _compare_placement(seen: _Seen, intervals: Intervals) -> None:
    """The placement is what happened."""
    state, size = seen.state, int(seen.state.trail_size[0])
    qubits = np.arange(len(state.qubit))
    first = np.searchsorted(intervals.qubit, qubits, side="left")
    moves = state.trail[:size]
    happened = _merged(
        np.concatenate([qubits, moves[:, 0]]),
        np.concatenate([np.zeros(len(qubits), dtype=np.int64), moves[:, 1]]),
        np.concatenate([intervals.cell[first], moves[:, 2]]),
    )
    written = _merged(intervals.qubit, intervals.begin, intervals.cell)
    if all(np.array_equal(one, two) for one, two in zip(happened, written, strict=True)):
        return
    for qubit in qubits.tolist():
        rows, other = (table[0] == qubit for table in (happened, written))
        if not all(
            np.array_equal(one[rows], two[other])
            for one, two in zip(happened[1:], written[1:], strict=True)
        ):
            trail = zip(happened[1][rows].tolist(), happened[2][rows].tolist(), strict=True)
            text = ", ".join(f"{seen.cells.label(cell)} from step {step}" for step, cell in trail)
            label = seen.plan.circuit.qubit_label(qubit)
            refuse(f"placement of {label}", f"differs from the schedule, which has {text}")


def _merged(
    qubit: IntArray, begin: IntArray, cell: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """Stays by qubit and step, without empty ones and changes from a cell to the same cell."""
    order = np.lexsort((np.arange(len(qubit)), begin, qubit))
    qubit, begin, cell = qubit[order], begin[order], cell[order]
    is_empty = (qubit[1:] == qubit[:-1]) & (begin[1:] == begin[:-1])
    kept = np.append(~is_empty, True)[: len(qubit)]
    qubit, begin, cell = qubit[kept], begin[kept], cell[kept]
    is_same = (qubit[1:] == qubit[:-1]) & (cell[1:] == cell[:-1])
    kept = np.insert(~is_same, 0, True)[: len(qubit)]
    return qubit[kept], begin[kept], cell[kept]
