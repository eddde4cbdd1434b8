"""What emission drew, as the tables of a plan.

Cells that are used get numbers, node by node, data before communication; the
registers are what is used and no more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.compiler.cells import NODE, QUBIT, Drawn, Event, Program, Working
from interlace.compiler.plan import (
    NONE,
    Block,
    CellRegister,
    PairTable,
    Placement,
    Role,
    StepTable,
)
from interlace.compiler.stepwise import EVENT_BITS, EVENT_STEPS, offsets, written_steps
from interlace.compiler.work import Work
from interlace.kernel import IntArray
from interlace.network import Network

__all__ = ["Emitted", "columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Emitted:
    """The parts of a plan that emission decides."""

    registers: tuple[CellRegister, ...]
    placement: Placement
    pairs: PairTable
    steps: StepTable
    blocks: tuple[Block, ...]
    num_bits: int


def columns(
    work: Work, program: Program, working: Working, drawn: Drawn, *, network: Network
) -> Emitted:
    """Write the steps of the events; number the cells that they use.

    Args:
        work: the working program; knows names, parameters and sources.
        program: the same as emission saw it.
        working: the state after the last row; knows node and qubit of each cell.
        drawn: events, pairs, and cells of the rows.
        network: names the registers.
    """
    number, registers = _numbered(len(program.home), working, drawn, network)
    begin = offsets(EVENT_STEPS[drawn.event[0]])
    return Emitted(
        registers=registers,
        placement=_placement(len(program.home), number, drawn.event, begin),
        pairs=PairTable(
            link=drawn.pair[0].copy(),
            first_cell=number[drawn.pair[1]],
            second_cell=number[drawn.pair[2]],
            step=begin[drawn.pair[3]],
        ),
        steps=written_steps(work, program, drawn, number, working.cell[NODE]),
        blocks=(Block(start=0, stop=int(begin[-1])),),
        num_bits=int(EVENT_BITS[drawn.event[0]].sum()),
    )


def _numbered(
    num_qubits: int, working: Working, drawn: Drawn, network: Network
) -> tuple[IntArray, tuple[CellRegister, ...]]:
    """The number of each cell, `NONE` if it is not used, and the registers."""
    is_used = np.zeros(working.cell.shape[1], dtype=np.bool_)
    is_used[:num_qubits] = True
    for cells in (drawn.places, drawn.pair[1], drawn.pair[2]):
        is_used[cells] = True
    used = np.flatnonzero(is_used)
    role = (used >= num_qubits).astype(np.int64)
    node, qubit = working.cell[NODE, used], working.cell[QUBIT, used]
    order = np.lexsort((qubit, role, node))
    number = np.full(len(is_used), NONE, dtype=np.int64)
    number[used[order]] = np.arange(len(used))
    register = (2 * node + role)[order]
    codes, first = np.unique(register, return_index=True)
    runs = zip(codes.tolist(), np.split(qubit[order], first[1:]), strict=True)
    return number, tuple(
        CellRegister(
            name=f"{network.nodes[code // 2].name}_{'comm' if code % 2 else 'data'}",
            node=code // 2,
            role=Role.COMMUNICATION if code % 2 else Role.DATA,
            size=len(members),
            device_qubits=tuple(members.tolist()) if code % 2 else (),
        )
        for code, members in runs
        if len(members) > 0
    )


def _placement(num_qubits: int, number: IntArray, event: IntArray, begin: IntArray) -> Placement:
    """Every qubit starts at home and stays in a cell until it settles in the next."""
    kind, item, _, second, third = event
    goes = np.flatnonzero((kind == Event.MOVE) | (kind == Event.RETURN))
    qubit = np.concatenate([np.arange(num_qubits), item[goes]])
    order = np.argsort(qubit, kind="stable")
    landed = np.where(kind[goes] == Event.MOVE, third[goes], second[goes])
    cell = number[np.concatenate([np.arange(num_qubits), landed])[order]]
    qubit = qubit[order]
    start = np.concatenate([np.zeros(num_qubits, dtype=np.int64), begin[goes] + 1])[order]
    stop = np.append(start[1:], begin[-1])[: len(start)]
    is_last = np.append(qubit[1:] != qubit[:-1], True)[: len(start)]
    return Placement(
        qubit=qubit, cell=cell, from_step=start, to_step=np.where(is_last, begin[-1], stop)
    )
