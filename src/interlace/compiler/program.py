"""Programs that come out of a plan: joint, one a machine, and merged for execution."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.circuit import OpTable, Register
from interlace.compiler.plan import CellRegister
from interlace.kernel import BoolArray, IntArray

__all__ = ["Executable", "JointProgram", "MachineProgram"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JointProgram:
    """The whole program over all machines, in the input's gates, before local routing.

    Attributes:
        registers: quantum registers; operands of `ops` are cells counted through them.
        clbit_registers: the input's classical registers in order, then one of internal bits
            (absent if there are none). `clbit` and `condition` count through all of them.
        num_program_bits: bits of the input's own registers: indices below are the program's.
        ops: `reset`, `ebit`, gates, `measure`; `condition` on corrections.
        step: the plan's step behind each op, shape (n,); for `reset` and `ebit` of a pair the
            first step that uses it.
    """

    registers: tuple[CellRegister, ...]
    clbit_registers: tuple[Register, ...]
    num_program_bits: int
    ops: OpTable
    step: IntArray


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineProgram:
    """One machine's part on its own coupling map and basis gates.

    Attributes:
        node: node index.
        initial_layout: device qubit of each of the machine's cells at the start, as
            (cell, device qubit), ascending by cell.
        final_layout: the same at the end.
        ops: operands are device qubits; `ebit` has one operand here (this machine's half);
            classical bits are numbered as in the joint program.
        joint_op: row of the joint program behind each op, shape (n,).
        swap: number of the SWAP that routing put before that row and to which the op belongs,
            -1: it is of the row itself, shape (n,). The ops of one SWAP follow each other.
    """

    node: int
    initial_layout: tuple[tuple[int, int], ...]
    final_layout: tuple[tuple[int, int], ...]
    ops: OpTable
    joint_op: IntArray
    swap: IntArray

    @property
    def inserted(self) -> BoolArray:
        """Whether each op belongs to a SWAP that routing put in, shape (n,)."""
        return self.swap >= 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Executable:
    """All machines' programs merged in the joint program's order: what the runtime runs.

    One is equal to itself only, so that what was found out about it can be remembered.

    Attributes:
        node: node index of each qubit, shape (Q,).
        device_qubit: device qubit of each qubit, shape (Q,).
        ops: operands are qubits 0..Q-1; `ebit` has both operands again, in the order of the
            link's ends.
        joint_op: row of the joint program behind each op, shape (n,).
        swap: number of the inserted SWAP that the op belongs to, else -1, shape (n,). The ops of
            one SWAP exchange two qubits and nothing else; nothing comes between them on these.
        link: link index of each `ebit`, else -1, shape (n,).
        num_bits: classical bits, program's first.
        num_program_bits: the program's own.
    """

    node: IntArray
    device_qubit: IntArray
    ops: OpTable
    joint_op: IntArray
    swap: IntArray
    link: IntArray
    num_bits: int
    num_program_bits: int

    @property
    def inserted(self) -> BoolArray:
        """Whether each op belongs to an inserted SWAP, shape (n,)."""
        return self.swap >= 0
