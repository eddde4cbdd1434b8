"""Contract a joint program to what it does to the circuit's qubits.

Theory of operation
-------------------
At every moment the cells that are in use form small stabilizer codes
(`pauli.Cluster`): a data cell alone carries one qubit; an ebit is a code
without qubits; a root with its open copies is a code that carries one qubit.
The operations between machines are Clifford: `reset`, `ebit`, `h`, `cx`,
measurements, conditioned `x` and `z`. They change the codes and their logical
operators by the rules of the stabilizer formalism (Gottesman,
arXiv:quant-ph/9807006); signs keep the measured bits as symbols, so one pass
covers every outcome. Nothing is recognised by its looks: swapping, packets,
teleportation and their corrections are right because the operators are.

An operation of the circuit acts on cells. If on each cell it is a function of
Paulis P only (on a copy: it commutes with the packet's axis there), and P on
that cell equals +P of a circuit qubit in the code, whatever was measured, then
the operation acts on the carried qubits as the same function: it is the same
operation on those qubits. This asks nothing of the gate but its commutation, so
it holds for every gate. What is left is a word (`word`) to compare.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.pauli import Cluster, Pauli, Sign
from interlace.compiler.check.word import LogicalOp, axes_of
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram

__all__ = ["contract"]


def contract(
    plan: Plan, joint: JointProgram, *, start: tuple[int, ...], end: tuple[int, ...]
) -> list[LogicalOp]:
    """The word that a joint program carries out on the circuit's qubits.

    Args:
        plan: says which step carries out which operation of the circuit.
        joint: the program.
        start: cell of each circuit qubit at the beginning.
        end: cell of each circuit qubit at the end.

    Raises:
        CheckFailure: an operation cannot be explained, a correction is missing or wrong, or
            a qubit does not end alone and whole in its cell.
    """
    tracker = _Tracker(
        cells=Cells.of(joint.registers),
        program_bits=joint.num_program_bits,
        cluster={cell: _carrying(qubit, cell) for qubit, cell in enumerate(start)},
    )
    sources = plan.steps.source.tolist()
    kinds = plan.steps.kind.tolist()
    for row, (op, step) in enumerate(zip(joint.ops, joint.step.tolist(), strict=True)):
        claims = kinds[step] in {StepKind.GATE, StepKind.MEASURE} and sources[step] != NONE
        where = f"joint op {row} ({op.name}, step {step})"
        if claims:
            tracker.word.append(tracker.logical(op, sources[step], where))
        else:
            tracker.plumb(op, where)
    for qubit, cell in enumerate(end):
        if tracker.access(cell) != (qubit, "XYZ"):
            label = plan.circuit.qubit_label(qubit)
            refuse("end of the program", f"{tracker.cells.label[cell]} must hold {label} whole")
    return tracker.word


def _carrying(qubit: int, cell: int) -> Cluster:
    return Cluster({cell: 0}, [], {qubit: (Pauli.single("X", 0), Pauli.single("Z", 0))})


@dataclass(slots=True)
class _Tracker:
    """The codes while a program goes by. A cell in no cluster holds nothing that matters."""

    cells: Cells
    program_bits: int
    cluster: dict[int, Cluster]
    value: dict[int, Sign] = field(default_factory=dict)
    word: list[LogicalOp] = field(default_factory=list)

    def access(self, cell: int) -> tuple[int, str] | None:
        cluster = self.cluster.get(cell)
        if cluster is None:
            return None
        if cluster.is_bare:
            return next(iter(cluster.logical)), "XYZ"
        return cluster.access(cell)

    def logical(self, op: Op, source: int, where: str) -> LogicalOp:
        """Read an operation on cells as one on circuit qubits."""
        if op.condition != NO_BIT:
            refuse(where, "an operation of the circuit must not be conditioned")
        if op.clbit != NO_BIT and op.clbit >= self.program_bits:
            refuse(where, "an operation of the circuit must not write an internal bit")
        if op.name == "ebit":
            refuse(where, "no operation of the circuit is an ebit")
        qubits = []
        for cell, axes in zip(op.operands, axes_of(op), strict=True):
            found = self.access(cell)
            label = self.cells.label[cell]
            if found is None:
                refuse(where, f"{label} does not stand for a qubit (a correction may be missing)")
            qubit, letters = found
            if letters != "XYZ" and not set(letters) & set(axes):
                refuse(
                    where,
                    f"{label} is one of a packet along {letters}; {op.name} does not "
                    "commute with that",
                )
            qubits.append(qubit)
        if len(set(qubits)) != len(qubits):
            refuse(where, "two operands stand for the same qubit")
        return LogicalOp(source=source, op=replace(op, operands=tuple(qubits)), where=where)

    def plumb(self, op: Op, where: str) -> None:
        """Carry out what serves entanglement, by the rules of the stabilizer formalism."""
        if op.condition != NO_BIT and op.name not in {"x", "z"}:
            refuse(where, "only x and z may be conditioned")
        if op.name == "ebit":
            self._ebit(op.operands, where)
        elif op.name == "reset":
            self._reset(op.operands[0], where)
        elif op.name == "swap":
            self._exchange(*op.operands)
        elif op.name == "measure":
            self._measure(op, where)
        elif op.name == "h":
            self._held(op.operands[0], where).hadamard(op.operands[0])
        elif op.name == "cx":
            self._join(op.operands, where).cx(*op.operands)
        elif op.name in {"x", "z"}:
            sign = Sign(1) if op.condition == NO_BIT else self._read(op.condition, where)
            self._held(op.operands[0], where).pauli(op.name.upper(), op.operands[0], sign)
        else:
            refuse(where, "belongs to no operation of the circuit and serves no entanglement")

    def _ebit(self, operands: tuple[int, ...], where: str) -> None:
        for cell in operands:
            held = self.cluster.get(cell)
            zero = Pauli.single("Z", held.slot[cell]) if held else None
            if held is None or held.logical or held.stabilizers != [zero]:
                refuse(where, f"{self.cells.label[cell]} must be reset right before an ebit")
        pair = Cluster({operands[0]: 0, operands[1]: 1}, [Pauli(3, 0), Pauli(0, 3)])
        for cell in operands:
            self.cluster[cell] = pair

    def _reset(self, cell: int, where: str) -> None:
        held = self.cluster.get(cell)
        if held is not None and len(held.slot) > 1:
            refuse(where, f"resets {self.cells.label[cell]}, which is entangled with others")
        if held is not None and held.logical:
            refuse(where, f"resets {self.cells.label[cell]}, which holds a qubit")
        self.cluster[cell] = Cluster({cell: 0}, [Pauli.single("Z", 0)])

    def _exchange(self, first: int, second: int) -> None:
        left, right = self.cluster.pop(first, None), self.cluster.pop(second, None)
        slots = (left and left.slot.pop(first), right and right.slot.pop(second))
        if left is not None and slots[0] is not None:
            left.slot[second] = slots[0]
            self.cluster[second] = left
        if right is not None and slots[1] is not None:
            right.slot[first] = slots[1]
            self.cluster[first] = right

    def _measure(self, op: Op, where: str) -> None:
        if op.clbit == NO_BIT or op.clbit < self.program_bits:
            refuse(where, "an internal measurement must write an internal bit")
        if op.clbit in self.value:
            refuse(where, f"internal bit {op.clbit - self.program_bits} is written twice")
        cell = op.operands[0]
        outcome = self._held(cell, where).measure(cell, op.clbit)
        if outcome is None:
            refuse(where, f"measuring {self.cells.label[cell]} would disturb a qubit")
        del self.cluster[cell]
        self.value[op.clbit] = outcome

    def _read(self, bit: int, where: str) -> Sign:
        sign = self.value.get(bit)
        if sign is None:
            refuse(where, f"reads bit {bit}, which no internal measurement has written before")
        return sign

    def _held(self, cell: int, where: str) -> Cluster:
        held = self.cluster.get(cell)
        if held is None:
            refuse(where, f"{self.cells.label[cell]} holds nothing")
        return held

    def _join(self, operands: tuple[int, ...], where: str) -> Cluster:
        first, second = (self._held(cell, where) for cell in operands)
        if first is not second:
            first.absorb(second)
            for cell in second.slot:
                self.cluster[cell] = first
        return first
