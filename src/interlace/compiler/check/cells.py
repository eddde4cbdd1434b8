"""Cells looked up by number: node, role, name."""

from __future__ import annotations

import itertools
from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from interlace.compiler.plan import NONE, CellRegister, Role
from interlace.kernel import BoolArray, IntArray

__all__ = ["Cells"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """What is known of each cell; index: cell number.

    Attributes:
        node: node index, shape (C,).
        is_data: whether the cell is a data slot (else a communication qubit), shape (C,).
        device_qubit: of a communication cell, else `NONE`, shape (C,).
        registers: what they are counted through.
        ends: number of the first cell behind each register.
    """

    node: IntArray
    is_data: BoolArray
    device_qubit: IntArray
    registers: tuple[CellRegister, ...]
    ends: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.node)

    def label(self, cell: int) -> str:
        """A cell as people write it: `isar_data[3]`."""
        at = bisect_right(self.ends, cell)
        register = self.registers[at]
        return f"{register.name}[{cell - self.ends[at] + register.size}]"

    def labels(self, cells: tuple[int, ...]) -> str:
        """Several cells in words."""
        return ", ".join(self.label(cell) for cell in cells)

    @staticmethod
    def of(registers: tuple[CellRegister, ...]) -> Cells:
        """The cells of the registers, counted in order."""
        sizes = [register.size for register in registers]
        device_qubit = np.full(sum(sizes), NONE, dtype=np.int64)
        at = 0
        for register in registers:
            known = register.device_qubits[: register.size]
            device_qubit[at : at + len(known)] = known
            at += register.size
        data = [register.role == Role.DATA for register in registers]
        return Cells(
            node=np.repeat(np.array([r.node for r in registers], dtype=np.int64), sizes),
            is_data=np.repeat(np.array(data, dtype=np.bool_), sizes),
            device_qubit=device_qubit,
            registers=registers,
            ends=tuple(itertools.accumulate(sizes)),
        )
