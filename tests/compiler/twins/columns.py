"""Steps and cells as emission makes them, and the columns that they become.

Cells that are used get numbers, node by node, data before communication; the
registers are what is used and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT
from interlace.compiler.plan import (
    NONE,
    Axis,
    Block,
    CellRegister,
    PairTable,
    Placement,
    Role,
    StepKind,
    StepTable,
)
from interlace.kernel import IntArray
from interlace.network import Network

__all__ = ["Cell", "Emitted", "Pair", "Step", "columns"]

Cell = tuple[int, Role, int]
"""Node, role, and the data slot or the device qubit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """The parts of a plan that emission decides."""

    registers: tuple[CellRegister, ...]
    placement: Placement
    pairs: PairTable
    steps: StepTable
    blocks: tuple[Block, ...]
    num_bits: int


@dataclass(slots=True)
class Step:
    """One step on its way into the table."""

    kind: StepKind
    node: int
    cells: tuple[Cell, ...]
    gate: str = ""
    params: tuple[float, ...] = ()
    source: int = NONE
    packet: int = NONE
    axis: Axis = Axis.NONE
    bits: tuple[int, ...] = ()
    condition: int = NONE
    clbit: int = NO_BIT


@dataclass(slots=True)
class Pair:
    """One ebit on its way into the table; `step` is set when a step first uses it."""

    link: int
    first: Cell
    second: Cell
    step: int


def columns(
    steps: Sequence[Step],
    pairs: Sequence[Pair],
    stays: Sequence[Sequence[tuple[int, Cell]]],
    *,
    network: Network,
    num_bits: int,
) -> Emitted:
    """Number the cells that are used and turn the lists into columns.

    Args:
        steps: in order.
        pairs: in the order in which they are asked for.
        stays: for each qubit where it lives, as (first step, cell), ascending.
        network: names the registers.
        num_bits: internal bits that the steps write.
    """
    used = sorted(
        {cell for step in steps for cell in step.cells}
        | {cell for pair in pairs for cell in (pair.first, pair.second)}
        | {cell for moves in stays for _, cell in moves}
    )
    number = {cell: index for index, cell in enumerate(used)}
    registers: list[CellRegister] = []
    for node, role in dict.fromkeys((cell[0], cell[1]) for cell in used):
        members = [cell[2] for cell in used if cell[:2] == (node, role)]
        suffix = "data" if role is Role.DATA else "comm"
        registers.append(
            CellRegister(
                name=f"{network.nodes[node].name}_{suffix}",
                node=node,
                role=role,
                size=len(members),
                device_qubits=tuple(members) if role is Role.COMMUNICATION else (),
            )
        )
    return Emitted(
        registers=tuple(registers),
        placement=_placement(stays, number, len(steps)),
        pairs=PairTable(
            link=_ints(pair.link for pair in pairs),
            first_cell=_ints(number[pair.first] for pair in pairs),
            second_cell=_ints(number[pair.second] for pair in pairs),
            step=_ints(pair.step for pair in pairs),
        ),
        steps=_step_table(steps, number),
        blocks=(Block(start=0, stop=len(steps)),),
        num_bits=num_bits,
    )


def _placement(
    stays: Sequence[Sequence[tuple[int, Cell]]], number: dict[Cell, int], stop: int
) -> Placement:
    rows = [
        (qubit, number[cell], start, cells[i + 1][0] if i + 1 < len(cells) else stop)
        for qubit, cells in enumerate(stays)
        for i, (start, cell) in enumerate(cells)
    ]
    return Placement(
        qubit=_ints(row[0] for row in rows),
        cell=_ints(row[1] for row in rows),
        from_step=_ints(row[2] for row in rows),
        to_step=_ints(row[3] for row in rows),
    )


def _step_table(steps: Sequence[Step], number: dict[Cell, int]) -> StepTable:
    names = {name: i for i, name in enumerate(dict.fromkeys(s.gate for s in steps if s.gate))}
    return StepTable(
        names=tuple(names),
        kind=_ints(s.kind for s in steps),
        node=_ints(s.node for s in steps),
        gate=_ints(names[s.gate] if s.gate else NONE for s in steps),
        source=_ints(s.source for s in steps),
        packet=_ints(s.packet for s in steps),
        axis=_ints(s.axis for s in steps),
        cell_start=_offsets([len(s.cells) for s in steps]),
        cells=_ints(number[cell] for s in steps for cell in s.cells),
        param_start=_offsets([len(s.params) for s in steps]),
        params=np.array([p for s in steps for p in s.params], dtype=np.float64),
        bit_start=_offsets([len(s.bits) for s in steps]),
        bits=_ints(bit for s in steps for bit in s.bits),
        condition=_ints(s.condition for s in steps),
        clbit=_ints(s.clbit for s in steps),
        start_s=np.zeros(len(steps)),
        duration_s=np.zeros(len(steps)),
    )


def _ints(values: Iterable[int]) -> IntArray:
    return np.fromiter(values, dtype=np.int64)


def _offsets(sizes: Sequence[int]) -> IntArray:
    return np.concatenate([[0], np.cumsum(np.array(sizes, dtype=np.int64))]).astype(np.int64)
