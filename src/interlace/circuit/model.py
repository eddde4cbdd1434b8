"""The circuit that a user brings, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.circuit.ops import OpTable, Register

__all__ = ["Circuit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """A quantum program without control flow, flat.

    Qubit `i` of an operand counts through `qubit_registers` in order; classical
    bit `i` counts through `clbit_registers` in order (Qiskit's order).

    Attributes:
        name: what to call it in reports; no part of the computation.
        qubit_registers: the quantum registers as the input names them.
        clbit_registers: the classical registers as the input names them.
        ops: gates of `GATES`, `measure` and `reset`; `condition` is never set.
        dropped_barriers: how many the input has, unrolled as its gates are. They order nothing
            here: no part of the computation, nor of what `content_id` and `==` look at.
    """

    name: str
    qubit_registers: tuple[Register, ...]
    clbit_registers: tuple[Register, ...]
    ops: OpTable
    dropped_barriers: int = field(default=0, compare=False)

    @property
    def num_qubits(self) -> int:
        """Qubits declared."""
        return sum(register.size for register in self.qubit_registers)

    @property
    def num_clbits(self) -> int:
        """Classical bits declared."""
        return sum(register.size for register in self.clbit_registers)

    def qubit_label(self, qubit: int) -> str:
        """The qubit as people write it: `q[3]`."""
        return _label(self.qubit_registers, qubit)

    def qubit_labels(self) -> list[str]:
        """All qubits as people write them, in order."""
        return _labels(self.qubit_registers)

    def clbit_labels(self) -> list[str]:
        """All classical bits as people write them, in order."""
        return _labels(self.clbit_registers)

    def clbit_label(self, clbit: int) -> str:
        """The classical bit as people write it: `c[3]`."""
        return _label(self.clbit_registers, clbit)


def _labels(registers: tuple[Register, ...]) -> list[str]:
    return [f"{register.name}[{i}]" for register in registers for i in range(register.size)]


def _label(registers: tuple[Register, ...], index: int) -> str:
    for register in registers:
        if index < register.size:
            return f"{register.name}[{index}]"
        index -= register.size
    msg = f"index {index} is past the last register"
    raise IndexError(msg)
