"""Cells looked up by number: node, role, name."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.compiler.plan import CellRegister, Role

__all__ = ["Cells"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What is known of each cell; index: cell number.

    Attributes:
        node: node index.
        is_data: whether the cell is a data slot (else a communication qubit).
        device_qubit: of a communication cell, else `None`.
        label: as people write it: `isar_data[3]`.
    """

    node: tuple[int, ...]
    is_data: tuple[bool, ...]
    device_qubit: tuple[int | None, ...]
    label: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.node)

    def labels(self, cells: tuple[int, ...]) -> str:
        """Several cells in words."""
        return ", ".join(self.label[cell] for cell in cells)

    @staticmethod
    def of(registers: tuple[CellRegister, ...]) -> Cells:
        """The cells of the registers, counted in order."""
        rows = [
            (
                register.node,
                register.role == Role.DATA,
                register.device_qubits[i] if i < len(register.device_qubits) else None,
                f"{register.name}[{i}]",
            )
            for register in registers
            for i in range(register.size)
        ]
        return Cells(
            node=tuple(row[0] for row in rows),
            is_data=tuple(row[1] for row in rows),
            device_qubit=tuple(row[2] for row in rows),
            label=tuple(row[3] for row in rows),
        )
