"""The readable twin of `interlace.compiler.check.replay`: op by op, no columns."""

from __future__ import annotations

import functools
import itertools
from bisect import bisect_right
from dataclasses import dataclass, field

import numpy as np

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.shape import check_table
from interlace.compiler.check.unitary import gate_tensor, same_up_to_phase, word_matrix
from interlace.compiler.program import JointProgram, MachineProgram
from interlace.kernel import IntArray
from interlace.network import Device

__all__ = ["check_machine_program"]

_PLAIN = {"measure", "reset", "ebit"}
_MOST_DENSE_QUBITS = 5


def check_machine_program(joint: JointProgram, program: MachineProgram, device: Device) -> None:
    """Show that a machine's program is its part of the joint program on its device.

    Raises:
        CheckFailure: it is not; names the op of the program, the device qubits and the rule.
    """
    cells = Cells.of(joint.registers)
    _check_shape(joint, program, device, cells)
    replay = _Replay.of(joint, program, device, cells)
    at = np.flatnonzero(cells.node[joint.ops.operands] == program.node)
    rows = np.unique(np.searchsorted(joint.ops.start, at, side="right") - 1).tolist()
    groups = _groups(program, len(joint.ops))
    for row in rows:
        before, inserted, done = groups.pop(row, (0, [], []))
        replay.first = before
        replay.carry_inserted(inserted, program.swap)
        replay.carry_out(row, done)
    for row in groups:
        refuse(replay.name, f"has operations for joint op {row}, which is not at this machine")
    if dict(program.final_layout) != replay.place:
        refuse(replay.name, "its final layout is not where its cells end")


def _check_shape(
    joint: JointProgram, program: MachineProgram, device: Device, cells: Cells
) -> None:
    """Columns and layouts are sound."""
    name = f"program of node {program.node}"
    own = np.flatnonzero(cells.node == program.node).tolist()
    qubits = max([device.qubits, *(int(cells.device_qubit[cell]) + 1 for cell in own)])
    bits = sum(register.size for register in joint.clbit_registers)
    check_table(program.ops, qubits, bits, what=f"{name}, op", halves=True)
    for column in (program.joint_op, program.swap):
        if len(column) != len(program.ops):
            refuse(name, "all columns must have the same number of rows")
    for layout in (program.initial_layout, program.final_layout):
        if [cell for cell, _ in layout] != own:
            refuse(name, "a layout must list the machine's cells, ascending")
        places = [qubit for _, qubit in layout]
        if len(set(places)) < len(places) or not all(0 <= q < qubits for q in places):
            refuse(name, "a layout must give each cell a device qubit of its own")


def _groups(program: MachineProgram, rows: int) -> dict[int, tuple[int, list[Op], list[Op]]]:
    """For each joint row its first op, its inserted ops and its own ops; rows must rise."""
    name = f"program of node {program.node}"
    groups: dict[int, tuple[int, list[Op], list[Op]]] = {}
    last = -1
    columns = zip(program.ops, program.joint_op.tolist(), program.inserted.tolist(), strict=True)
    for index, (op, row, is_inserted) in enumerate(columns):
        if not 0 <= row < rows or row < last:
            refuse(f"{name}, op {index}", f"joint ops must rise (got {row} after {last})")
        _, inserted, done = groups.setdefault(row, (index, [], []))
        if is_inserted and done:
            refuse(f"{name}, op {index}", f"a SWAP is inserted inside joint op {row}")
        (inserted if is_inserted else done).append(op)
        last = row
    return groups


@dataclass(slots=True, kw_only=True)
class _Replay:
    """Where the cells are, and what still matters, while the program goes by."""

    name: str
    joint: JointProgram
    cells: Cells
    device: Device
    couplings: frozenset[frozenset[int]] | None
    native: frozenset[str]
    place: dict[int, int]
    cell_at: dict[int, int]
    uses: dict[int, list[int]]
    spent: set[int] = field(default_factory=set)
    swaps: set[int] = field(default_factory=set)
    first: int = 0
    row: int = 0

    @staticmethod
    def of(joint: JointProgram, program: MachineProgram, device: Device, cells: Cells) -> _Replay:
        """The start."""
        own = [cell for cell, _ in program.initial_layout]
        at = np.flatnonzero(cells.node[joint.ops.operands] == program.node)
        touched = joint.ops.operands[at].tolist()
        uses: dict[int, list[int]] = {cell: [] for cell in own}
        rows = (np.searchsorted(joint.ops.start, at, side="right") - 1).tolist()
        for cell, row in zip(touched, rows, strict=True):
            uses[cell].append(row)
        coupled = device.coupling
        return _Replay(
            name=f"program of node {program.node}",
            joint=joint,
            cells=cells,
            device=device,
            couplings=None if coupled is None else frozenset(frozenset(pair) for pair in coupled),
            native=frozenset(profile.name for profile in device.gates),
            place=dict(program.initial_layout),
            cell_at={qubit: cell for cell, qubit in program.initial_layout},
            uses=uses,
        )

    def carry_inserted(self, ops: list[Op], swap: IntArray) -> None:
        """Operations that must multiply to SWAPs, one after the other, as the column tells."""
        index, last = self.first, self.first + len(ops)
        numbers = swap[index:last].tolist()
        for number, items in itertools.groupby(zip(numbers, ops, strict=True), lambda it: it[0]):
            where = f"{self.name}, op {index} (of inserted SWAP {number})"
            part = [op for _, op in items]
            for op in part:
                self._check_native(op, index)
                if op.name in _PLAIN or op.condition != NO_BIT:
                    refuse(where, "an inserted SWAP is made of gates without conditions")
                index += 1
            touched = sorted({qubit for op in part for qubit in op.operands})
            if len(touched) != 2:
                refuse(where, f"it exchanges two qubits (its gates are on {touched})")
            if not _is(Op(name="swap", operands=(touched[0], touched[1])), part):
                refuse(where, "its gates make no SWAP")
            if number in self.swaps:
                refuse(where, "an earlier SWAP of this machine has the same number")
            self.swaps.add(number)
            self._exchange(touched[0], touched[1])
        self.first = index

    def carry_out(self, row: int, done: list[Op]) -> None:
        """The operations of one row of the joint program."""
        op = self.joint.ops[row]
        self.row = row
        where = f"{self.name}, joint op {row} ({op.name} {self.cells.labels(op.operands)})"
        for index, item in enumerate(done, start=self.first):
            self._check_native(item, index)
            if item.condition != op.condition:
                refuse(f"{self.name}, op {index}", f"must carry the condition of joint op {row}")
        own = [cell for cell in op.operands if cell in self.place]
        if op.name in _PLAIN:
            self._plain(op, own, done, where)
        else:
            places = tuple(self.place[cell] for cell in op.operands)
            if not _is(Op(name=op.name, operands=places, params=op.params), done):
                refuse(where, f"is not what is done on device qubits {list(places)}")
        self._spend(op, own)

    def _plain(self, op: Op, own: list[int], done: list[Op], where: str) -> None:
        one = len(done) == 1 and done[0].name == op.name and len(done[0].operands) == 1
        if len(own) != 1 or not one:
            refuse(where, f"must be one {op.name} on one qubit")
        (qubit,) = done[0].operands
        (cell,) = own
        named = self.cells.device_qubit[cell]
        if op.name == "reset" and qubit == named and qubit != self.place[cell]:
            self._take_home(cell, qubit, where)
        if qubit != self.place[cell] or done[0].clbit != op.clbit:
            refuse(where, f"is on device qubit {self.place[cell]}, not {qubit}, or another bit")
        if op.name == "ebit" and qubit != named:
            refuse(where, f"must be made on device qubit {named}, which the register names")

    def _take_home(self, cell: int, qubit: int, where: str) -> None:
        other = self.cell_at.get(qubit)
        if other is not None and not self._is_of_no_use(other):
            refuse(where, f"takes device qubit {qubit} from {self.cells.label(other)}")
        self._exchange(self.place[cell], qubit)

    def _is_of_no_use(self, cell: int) -> bool:
        """Whether what a cell holds is never read again."""
        if cell in self.spent:
            return True
        row = self.row
        while (at := bisect_right(self.uses[cell], row)) < len(self.uses[cell]):
            after = self.uses[cell][at]
            op = self.joint.ops[after]
            if op.name == "reset":
                return True
            if op.name != "swap" or op.condition != NO_BIT:
                return False
            cell = op.operands[1] if cell == op.operands[0] else op.operands[0]
            row = after
        return not self.cells.is_data[cell]

    def _spend(self, op: Op, own: list[int]) -> None:
        if op.name == "measure" and op.clbit >= self.joint.num_program_bits:
            self.spent.update(own)
        elif op.name == "swap" and op.condition == NO_BIT:
            one, two = op.operands
            if (one in self.spent) != (two in self.spent):
                self.spent ^= {one, two}
        elif op.name == "reset":
            self.spent.difference_update(own)

    def _exchange(self, one: int, two: int) -> None:
        first, second = self.cell_at.pop(one, None), self.cell_at.pop(two, None)
        for cell, qubit in ((first, two), (second, one)):
            if cell is not None:
                self.place[cell] = qubit
                self.cell_at[qubit] = cell

    def _check_native(self, op: Op, index: int) -> None:
        where = f"{self.name}, op {index} ({op.name} {list(op.operands)})"
        if op.name in _PLAIN:
            return
        if self.native and op.name not in self.native:
            refuse(where, f"{op.name} is not native to {self.device.name}")
        if self.couplings is None or len(op.operands) == 1:
            return
        if frozenset(op.operands) not in self.couplings:
            refuse(where, f"{self.device.name} does not couple these qubits")


def _is(wanted: Op, ops: list[Op]) -> bool:
    """Whether the operations multiply to the wanted gate, on its own qubits, up to a phase."""
    if len(ops) == 1 and (ops[0].name, ops[0].operands, ops[0].params) == (
        wanted.name,
        wanted.operands,
        wanted.params,
    ):
        return wanted.name not in _PLAIN
    index = {qubit: i for i, qubit in enumerate(wanted.operands)}
    if len(index) > _MOST_DENSE_QUBITS:
        return False
    word: list[_Factor] = []
    for op in ops:
        if op.name in _PLAIN or not index.keys() >= set(op.operands):
            return False
        word.append((op.name, op.params, tuple([index[qubit] for qubit in op.operands])))
    places = tuple([index[qubit] for qubit in wanted.operands])
    return _multiplies((wanted.name, wanted.params, places), tuple(word), len(index))


_Factor = tuple[str, tuple[float, ...], tuple[int, ...]]
"""A gate's name, its angles and its operands."""


@functools.lru_cache(maxsize=4096)
def _multiplies(wanted: _Factor, word: tuple[_Factor, ...], qubits: int) -> bool:
    """Whether the gates multiply to the wanted one up to a phase; the same word comes often."""
    found, exact = (
        word_matrix([(gate_tensor(name, params), places) for name, params, places in gates], qubits)
        for gates in (word, (wanted,))
    )
    return same_up_to_phase(found, exact)
