"""Replay one machine's program against the joint program.

Theory of operation
-------------------
The replay knows where each of the machine's cells is on the device and goes
through the program row by row of the joint program. Operations marked as of
one inserted SWAP must follow each other and multiply to the SWAP of two coupled
device qubits: they move cells. The other operations of a row must multiply to its
gate on the device qubits where its cells are, up to a global phase, or be its
measurement, reset or half of its ebit, with its bits and its condition.

A cell may also change its place at the reset that precedes an ebit: there the
communication cell takes the device qubit that its register names. What lies
there must be of no further use: an internal measurement has ended it, or it is
reset before anything else uses it, or nothing uses it and it ends in a
communication cell. It takes the label of the place that becomes free.

A program that keeps every cell where it is and takes every operation over as it
stands is recognised first, by its columns: then there is nothing to replay.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn

import numpy as np

from interlace.circuit import NO_BIT, distinct_gates
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.products import PLAIN, Wanted, multiplies, tokens_of, word_of
from interlace.compiler.check.replay_columns import check_order, part_of, units_of
from interlace.compiler.check.replaying import (
    NOT_ALONE,
    NOT_NAMED,
    NOT_THERE,
    OTHER,
    SOUND,
    SWAP,
    Part,
    Places,
    Units,
    replay_rows,
)
from interlace.compiler.check.shape import check_table
from interlace.compiler.plan import NONE
from interlace.compiler.program import JointProgram, MachineProgram
from interlace.kernel import BoolArray, IntArray, spans
from interlace.network import Device

__all__ = ["check_machine_program", "check_machine_programs"]


def check_machine_program(joint: JointProgram, program: MachineProgram, device: Device) -> None:
    """Show that a machine's program is its part of the joint program on its device.

    Raises:
        CheckFailure: it is not; names the op of the program, the device qubits and the rule.
    """
    check_machine_programs(joint, [(program, device)])


def check_machine_programs(
    joint: JointProgram, programs: Sequence[tuple[MachineProgram, Device]]
) -> None:
    """Show of several machines' programs what `check_machine_program` shows of one.

    Raises:
        CheckFailure: one is not; names the op of the program, the device qubits and the rule.
    """
    cells = Cells.of(joint.registers)
    node = cells.node[joint.ops.operands]
    order = np.argsort(node, kind="stable")
    ordered = node[order]
    for program, device in programs:
        _check_shape(joint, program, device, cells)
        first, last = np.searchsorted(ordered, [program.node, program.node + 1])
        at = order[first:last]
        if not _is_taken_over(joint, program, device, cells, at):
            _Replay.of(joint, program, device, cells, at).check()


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


def _is_taken_over(
    joint: JointProgram, program: MachineProgram, device: Device, cells: Cells, at: IntArray
) -> bool:
    """Whether the program is the machine's rows of the joint program, on cells that stay.

    `at`: the operands of the joint program that are the machine's cells.
    """
    if device.coupling is not None or program.initial_layout != program.final_layout:
        return False
    native = {profile.name for profile in device.gates}
    if native and not set(program.ops.names) <= native | PLAIN:
        return False
    ops, own = joint.ops, program.ops
    row_of = np.searchsorted(ops.start, at, side="right") - 1
    rows, size = np.unique(row_of, return_counts=True)
    if program.inserted.any() or not np.array_equal(program.joint_op, rows):
        return False
    place = np.full(len(cells), NONE)
    place[[cell for cell, _ in program.initial_layout]] = [q for _, q in program.initial_layout]
    names = np.array(ops.names, dtype=object)[ops.gate[rows]]
    is_ebit = names == "ebit"
    params = np.diff(ops.param_start)[rows]
    halves = at[is_ebit[np.searchsorted(rows, row_of)]]
    homes = ops.operands[halves]
    return bool(
        np.array_equal(np.diff(own.start), size)
        and np.array_equal(np.where(is_ebit, 1, np.diff(ops.start)[rows]), size)
        and np.array_equal(own.operands, place[ops.operands[at]])
        and np.array_equal(place[homes], cells.device_qubit[homes])
        and np.array_equal(np.array(own.names, dtype=object)[own.gate], names)
        and np.array_equal(np.diff(own.param_start), params)
        and np.array_equal(own.params, ops.params[spans(ops.param_start[rows], params)])
        and np.array_equal(own.clbit, ops.clbit[rows])
        and np.array_equal(own.condition, ops.condition[rows])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Replay:
    """One machine's program beside its rows of the joint program.

    Attributes:
        name: of the program, for sentences.
        joint, program, device, cells: what is compared.
        own: the machine's cells, ascending.
        rows: the rows of the joint program that touch them, ascending, shape (r,).
        part: these rows.
        units: the program.
    """

    name: str
    joint: JointProgram
    program: MachineProgram
    device: Device
    cells: Cells
    own: IntArray
    rows: IntArray
    part: Part
    units: Units

    @staticmethod
    def of(
        joint: JointProgram, program: MachineProgram, device: Device, cells: Cells, at: IntArray
    ) -> _Replay:
        """Both programs in columns; `at`: the joint program's operands that are here.

        Raises:
            CheckFailure: the program's rows are in no order that can be replayed.
        """
        name = f"program of node {program.node}"
        own = np.flatnonzero(cells.node == program.node)
        row_of = np.searchsorted(joint.ops.start, at, side="right") - 1
        rows = np.unique(row_of)
        check_order(name, program, len(joint.ops), rows)
        return _Replay(
            name=name,
            joint=joint,
            program=program,
            device=device,
            cells=cells,
            own=own,
            rows=rows,
            part=part_of(joint, cells, own, rows, np.searchsorted(rows, row_of), at),
            units=units_of(program, rows),
        )

    def check(self) -> None:
        """Replay it.

        Raises:
            CheckFailure: a rule does not hold.
        """
        self._check_native()
        self._check_inserted()
        places = self._start()
        code, row, a, b = replay_rows(self.part, self.units, places)
        self._check_gates(places, rows=len(self.rows) if code == SOUND else row)
        if code != SOUND:
            self._refuse_row(code, row, a, b)
        if [qubit for _, qubit in self.program.final_layout] != places.place.tolist():
            refuse(self.name, "its final layout is not where its cells end")

    def _start(self) -> Places:
        place = np.array([qubit for _, qubit in self.program.initial_layout], dtype=np.int64)
        highest = [place, self.units.qubit, self.part.named]
        at = np.full(max(int(column.max(initial=0)) for column in highest) + 1, NONE)
        at[place] = np.arange(len(place))
        return Places(
            place=place,
            at=at,
            is_spent=np.zeros(len(place), dtype=np.bool_),
            where=np.empty(len(self.part.cell), dtype=np.int64),
            unit=np.empty(len(self.rows), dtype=np.int64),
            position=np.full(len(self.units.qubit), NONE),
        )

    def _check_native(self) -> None:
        """Every gate is native to the device and on qubits that it couples."""
        ops, device = self.program.ops, self.device
        native = {profile.name for profile in device.gates} | PLAIN
        is_native = np.array([not device.gates or name in native for name in ops.names], dtype=bool)
        for op in np.flatnonzero(~is_native[ops.gate]).tolist():
            refuse(self._op(op), f"{ops.names[ops.gate[op]]} is not native to {device.name}")
        if device.coupling is None:
            return
        sizes = np.diff(ops.start)
        wide = np.flatnonzero((sizes > 1) & (self.units.kind == OTHER))
        pair = ops.operands[ops.start[wide][:, None] + np.arange(2)]
        edges = np.array(device.coupling, dtype=np.int64).reshape(-1, 2)
        width = int(max(pair.max(initial=0), edges.max(initial=0))) + 1
        known = [*(edges @ [width, 1]), *(edges @ [1, width])]
        is_coupled = np.isin(pair @ [width, 1], known) & (sizes[wide] == 2)
        for op in wide[~is_coupled].tolist():
            refuse(self._op(op), f"{device.name} does not couple these qubits")

    def _check_inserted(self) -> None:
        """What is inserted are SWAPs of two qubits, each with a number of its own."""
        ops, units = self.program.ops, self.units
        is_bare = (units.kind == OTHER) & (ops.condition == NO_BIT)
        for op in np.flatnonzero(self.program.inserted & ~is_bare).tolist():
            refuse(self._op(op), "an inserted SWAP is made of gates without conditions")
        inserted = np.flatnonzero(units.one != NONE)
        unit = np.repeat(_spread(units.first), np.diff(ops.start))
        one, other = units.one[unit], units.other[unit]
        strange = unit[(one != NONE) & (ops.operands != one) & (ops.operands != other)]
        alone = inserted[units.one[inserted] == units.other[inserted]]
        for number in np.union1d(strange, alone).tolist():
            first, last = ops.start[units.first[number : number + 2]]
            touched = np.unique(ops.operands[first:last]).tolist()
            refuse(self._swap(number), f"it exchanges two qubits (its gates are on {touched})")
        position = np.where(ops.operands == other, 1, 0)
        wanted = [("swap", (), 2)]
        is_swap = self._multiply(inserted, np.zeros_like(inserted), wanted, position)
        for number in inserted[~is_swap].tolist():
            refuse(self._swap(number), "its gates make no SWAP")
        numbers, first = np.unique(self.program.swap[units.first[inserted]], return_index=True)
        if len(numbers) < len(inserted):
            again = inserted[np.setdiff1d(np.arange(len(inserted)), first)[0]]
            refuse(self._swap(int(again)), "an earlier SWAP of this machine has the same number")

    def _check_gates(self, places: Places, *, rows: int) -> None:
        """What is done for each of the first rows makes its gate, under its condition."""
        ops, joint = self.program.ops, self.joint.ops
        wrong = ~self.program.inserted & (ops.condition != joint.condition[self.program.joint_op])
        for op in np.flatnonzero(wrong).tolist():
            row = int(self.program.joint_op[op])
            refuse(f"{self.name}, op {op}", f"must carry the condition of joint op {row}")
        index = np.flatnonzero(self.part.kind[:rows] <= SWAP)
        gates, gate = distinct_gates(joint, self.rows[index])
        widths = np.zeros(len(gates), dtype=np.int64)
        widths[gate] = np.diff(self.part.start)[index]
        wanted = [(*g, width) for g, width in zip(gates, widths.tolist(), strict=True)]
        is_made = self._multiply(places.unit[index], gate, wanted, places.position)
        for row in index[~is_made].tolist():
            qubits = places.where[self.part.start[row] : self.part.start[row + 1]].tolist()
            refuse(self._row(row), f"is not what is done on device qubits {qubits}")

    def _multiply(
        self, units: IntArray, gate: IntArray, wanted: Sequence[Wanted], position: IntArray
    ) -> BoolArray:
        """Whether the ops of each unit (`NONE`: no op) multiply to its gate, up to a phase.

        Args:
            units: numbers, shape (u,).
            gate: for each an index into `wanted`, shape (u,).
            wanted: gates.
            position: of each operand of the program among its gate's, or `NONE`.
        """
        token = tokens_of(self.program.ops, position)
        first = self.units.first[units]
        size = np.where(units == NONE, 0, self.units.first[units + 1] - first)
        is_made = np.zeros(len(units), dtype=np.bool_)
        for length in np.unique(size).tolist():
            here = np.flatnonzero(size == length)
            key = gate[here]
            for step in range(length):  # equal keys: the same word up to this step
                both = key * (len(token) + 1) + token[first[here] + step]
                key = np.unique(both, return_inverse=True)[1]
            _, example, which = np.unique(key, return_index=True, return_inverse=True)
            verdicts = [
                multiplies(
                    wanted[int(gate[here[at]])],
                    word_of(self.program.ops, int(first[here[at]]), length, position),
                )
                for at in example.tolist()
            ]
            is_made[here] = np.array(verdicts, dtype=np.bool_)[which]
        return is_made

    def _op(self, op: int) -> str:
        item = self.program.ops[op]
        return f"{self.name}, op {op} ({item.name} {list(item.operands)})"

    def _swap(self, unit: int) -> str:
        op = int(self.units.first[unit])
        return f"{self.name}, op {op} (of inserted SWAP {self.program.swap[op]})"

    def _row(self, row: int) -> str:
        number = int(self.rows[row])
        op = self.joint.ops[number]
        return f"{self.name}, joint op {number} ({op.name} {self.cells.labels(op.operands)})"

    def _refuse_row(self, code: int, row: int, a: int, b: int) -> NoReturn:
        where = self._row(row)
        if code == NOT_ALONE:
            name = self.joint.ops[int(self.rows[row])].name
            refuse(where, f"must be one {name} on one qubit")
        if code == NOT_THERE:
            refuse(where, f"is on device qubit {a}, not {b}, or another bit")
        if code == NOT_NAMED:
            refuse(where, "must be made on the device qubit which the register names")
        refuse(where, f"takes device qubit {a} from {self.cells.label(int(self.own[b]))}")


def _spread(first: IntArray) -> IntArray:
    """The number of the run that each entry is in."""
    return np.repeat(np.arange(len(first) - 1), np.diff(first))
