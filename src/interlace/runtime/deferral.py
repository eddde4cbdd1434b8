"""Programs for simulators that hold amplitudes: few qubits, measurements deferred.

Theory of operation
-------------------
A joint program measures and resets its communication qubits again and again,
and corrects by what was measured. A simulator pays for every qubit and for
every shot that it has to follow by itself. Two exact rewritings help.

*Slots.* The life of a qubit's state ends with its last operation before a
reset, an `ebit` or the end; a SWAP of local routing only moves it
(`interlace.runtime.lives`). Then the simulator's qubit, here a *slot*, is
free for the next life that begins, whichever qubit that belongs to. So the
number of slots is what is alive at once, not the number of qubits on all
machines. In which order operations on different qubits are done is free:
`interlace.runtime.narrowing` looks for one that keeps few alive.

*Deferral.* A gate conditioned on a measured bit equals the gate controlled by
the measured qubit, if nothing acts on that qubit in between and it is thrown
away later (Nielsen and Chuang, section 4.4). A qubit that ends with its
measurement is itself the *record* of the bit; one that lives on is copied to a
fresh record by a CX. Misreading flips the record. Records that only corrections
read are freed after the last one; records of program bits are measured, at the
end if `hold` is set. So a density matrix needs one evolution for any number of
shots, and no simulator needs classical control.

*Branches.* A slot that serves again is reset first, which measures what it held.
Where that was the outcome of one of the plan's own measurements, the state of the
rest is the same whichever it was: that is what a right plan's corrections are for.
Where it was anything else (a qubit that the circuit resets, or never looks at
again, or whose bit is overwritten) the rest depends on it, and one branch does not
tell the others' outcomes. `Reuse.OWN` gives up no such slot. The side that a SWAP
of local routing leaves behind is in |0> in a run without noise: its slot may serve again.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler import Executable
from interlace.kernel import IntArray
from interlace.runtime.feedforward import corrections
from interlace.runtime.lives import Lives, code_of, lives_of
from interlace.runtime.narrowing import narrow_order

__all__ = ["Deferred", "Move", "Reuse", "deferred"]

_NONE = -1


class Reuse(Enum):
    """Which slots serve several lives, one after the other."""

    NONE = 0
    OWN = 1
    """Those that held the outcome of one of the plan's own measurements, or what a SWAP left."""
    ALL = 2


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that the simulator does.

    Attributes:
        kind: `gate` (row of the program), `control` (the same, controlled by the first slot),
            `copy` (CX from first to second slot), `ebit` (number of the pair), `reset`,
            `measure` (into program bit), `idle` (operand), `flip` (readout of a qubit),
            `error` (row).
        index: what the kind's parentheses say, else -1.
        slots: the simulator's qubits.
    """

    kind: str
    index: int
    slots: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """A program rewritten for slots.

    Attributes:
        slots: how many qubits the simulator needs, at least 1.
        moves: in order.
        is_held: whether the program's bits are measured at the very end, so that one state tells
            all of their values.
        pauli: the Pauli of each conditioned row that is one, `id` for those that do nothing.
    """

    slots: int
    moves: tuple[Move, ...]
    is_held: bool
    pauli: dict[int, str]


def deferred(program: Executable, *, hold: bool, reuse: Reuse = Reuse.ALL) -> Deferred:
    """Rewrite a program for slots.

    Args:
        program: its conditioned gates act on one qubit.
        hold: measure the program's bits at the very end, which keeps a slot for each of them.
        reuse: which slots serve several lives.
    """
    lives = lives_of(program)
    orders = [np.arange(len(program.ops))]
    if reuse is not Reuse.NONE:
        orders.append(_narrow_order(program, lives, hold=hold))
    found: list[Deferred] = []
    for order in orders:
        rewriting = _Rewriting(
            program=program,
            lives=lives,
            hold=hold,
            reuse=reuse,
            order=order[~lives.is_void[order]].tolist(),
            pauli=corrections(program).names(),
        )
        found.append(rewriting.done())
    return min(found, key=lambda form: form.slots)


def _narrow_order(program: Executable, lives: Lives, *, hold: bool) -> IntArray:
    """The order that `narrow_order` finds, where records count as qubits."""
    ops = program.ops
    last_read, final = _readers(program, range(len(ops)))
    frees = np.zeros(0, dtype=np.int64)
    if len(ops):
        frees = np.add.reduceat(lives.ends.astype(np.int64), ops.start[:-1])
    for row in range(len(ops)):
        is_read = last_read[row] != row
        if ops.clbit[row] != NO_BIT and (is_read or (hold and row in final)):
            frees[row] -= 1
        elif ops.condition[row] != NO_BIT and not is_read:
            frees[row] += 1
    return narrow_order(ops, begins=lives.begins, frees=frees)


@dataclass(slots=True)
class _Rewriting:
    program: Executable
    lives: Lives
    hold: bool
    reuse: Reuse
    order: list[int]
    pauli: dict[int, str]
    moves: list[Move] = field(default_factory=list)
    used: int = 0
    free: list[int] = field(default_factory=list)
    slot: dict[int, int] = field(default_factory=dict)
    record: dict[int, int] = field(default_factory=dict)
    """Slot that records each bit that corrections still read."""
    held: dict[int, int] = field(default_factory=dict)
    """Program bit of each slot whose measurement is kept for the end."""

    def done(self) -> Deferred:
        self._run()
        return Deferred(
            slots=max(1, self.used),
            moves=tuple(self.moves),
            is_held=self.hold,
            pauli=self.pauli,
        )

    def _run(self) -> None:
        ops = self.program.ops
        ends, swap = self.lives.ends.tolist(), self.program.swap.tolist()
        last_read, final = _readers(self.program, self.order)
        pair = np.cumsum(ops.gate == code_of(ops, "ebit")) - 1
        for row in self.order:
            op = ops[row]
            begin = int(ops.start[row])
            done = [q for k, q in enumerate(op.operands) if ends[begin + k]]
            if op.name == "reset":
                if not done:
                    self._begin(op.operands[0])
                    self._add("error", row, (self.slot[op.operands[0]],))
                continue
            if op.name == "ebit":
                on = self._begin(op.operands[0]), self._begin(op.operands[1])
                self._add("ebit", int(pair[row]), on)
            elif op.name == "measure":
                self._measure(row, ends=bool(done), reads=last_read[row], final=row in final)
                continue
            else:
                self._gate(row, begin, op.operands, last_read)
            for qubit in done:
                self._give(self.slot.pop(qubit), is_own=swap[row] >= 0)
        for slot, bit in self.held.items():
            self._add("measure", bit, (slot,))

    def _gate(self, row: int, begin: int, operands: tuple[int, ...], last_read: list[int]) -> None:
        for k, qubit in enumerate(operands):
            if qubit in self.slot:  # else it waited in |0>, to which nothing happens
                self._add("idle", begin + k, (self.slot[qubit],))
        on = tuple([self._of(qubit) for qubit in operands])
        bit = int(self.program.ops.condition[row])
        if bit == NO_BIT:
            self._add("gate", row, on)
        elif self.pauli.get(row) != "id":
            self._add("control", row, (self.record[bit], *on))
        self._add("error", row, on)
        if bit != NO_BIT and last_read[row] == row:
            self._give(self.record.pop(bit), is_own=self._is_own(bit))

    def _measure(self, row: int, *, ends: bool, reads: int, final: bool) -> None:
        ops = self.program.ops
        position = int(ops.start[row])
        qubit, bit = int(ops.operands[position]), int(ops.clbit[row])
        if qubit in self.slot:
            self._add("idle", position, (self.slot[qubit],))
        record = slot = self._of(qubit)
        if ends:
            del self.slot[qubit]
        else:
            record = self._take()
            self._add("copy", _NONE, (slot, record))
        self._add("flip", qubit, (record,))
        if final and not self.hold:
            self._add("measure", bit, (record,))
        if final and self.hold:
            self.held[record] = bit
        if reads != row:
            self.record[bit] = record
        elif not (final and self.hold):
            self._give(record, is_own=self._is_own(bit))

    def _add(self, kind: str, index: int, slots: tuple[int, ...]) -> None:
        self.moves.append(Move(kind, index, slots))

    def _of(self, qubit: int) -> int:
        """The slot of a qubit, which is in |0> if it has none yet."""
        return self.slot[qubit] if qubit in self.slot else self._begin(qubit)

    def _begin(self, qubit: int) -> int:
        self.slot[qubit] = self._take()
        return self.slot[qubit]

    def _take(self) -> int:
        if not self.free:
            self.used += 1
            return self.used - 1
        slot = heapq.heappop(self.free)
        self._add("reset", _NONE, (slot,))
        return slot

    def _is_own(self, bit: int) -> bool:
        return bit >= self.program.num_program_bits

    def _give(self, slot: int, *, is_own: bool) -> None:
        if slot not in self.held and (
            self.reuse is Reuse.ALL or (is_own and self.reuse is Reuse.OWN)
        ):
            heapq.heappush(self.free, slot)


def _readers(program: Executable, order: Iterable[int]) -> tuple[list[int], set[int]]:
    """The last row that reads the bit which each row writes or reads, and who writes last.

    Args:
        program: what is run.
        order: the rows, in the order in which they are done.

    Returns:
        For a measurement the last conditioned row that reads its result (itself if there is
        none), for a conditioned row the last one that reads the same result; and the rows whose
        results are the program's own.
    """
    ops = program.ops
    last = list(range(len(ops)))
    clbit, condition = ops.clbit.tolist(), ops.condition.tolist()
    writer: dict[int, int] = {}
    reading: dict[int, list[int]] = {}
    for row in order:
        if condition[row] != NO_BIT:
            reading[writer[condition[row]]].append(row)
        if clbit[row] != NO_BIT:
            writer[clbit[row]] = row
            reading[row] = []
    for measured, rows in reading.items():
        _set_all(last, [measured, *rows], rows[-1] if rows else measured)
    final = {row for bit, row in writer.items() if bit < program.num_program_bits}
    return last, final


def _set_all(values: list[int], places: Iterable[int], value: int) -> None:
    for place in places:
        values[place] = value
