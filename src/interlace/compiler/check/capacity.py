"""Does the plan fit the network: registers, communication qubits, links, placement."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.plan import CellRegister, Plan, Role
from interlace.kernel import BoolArray, IntArray
from interlace.network import LinkSpec, Machine, Network

__all__ = ["Intervals", "check_registers", "check_wiring", "intervals_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """Where each qubit stays from which step on, by qubit and step; one row a stay."""

    qubit: IntArray
    begin: IntArray
    cell: IntArray


def check_registers(plan: Plan) -> None:
    """No node holds more cells than it has qubits of that kind.

    With every communication cell holding at most one pair half at a time (which the walk over
    the schedule asks), no node ever holds more halves than it has communication qubits.

    Raises:
        CheckFailure: one does, or a cell is no communication qubit of its node.
    """
    here: dict[int, list[CellRegister]] = {}
    for register in plan.registers:
        here.setdefault(register.node, []).append(register)
    for node, registers in sorted(here.items()):
        _check_data(plan.network, node, [r for r in registers if r.role == Role.DATA])
        _check_communication(plan.network, node, [r for r in registers if r.role != Role.DATA])


def _check_data(network: Network, node: int, registers: list[CellRegister]) -> None:
    size = sum(register.size for register in registers)
    machine = network.nodes[node]
    room = len(machine.data) if isinstance(machine, Machine) else 0
    if size > room:
        refuse(
            f"register {registers[0].name}",
            f"{machine.name} has {room} data qubits, the plan uses {size}",
        )


def _check_communication(network: Network, node: int, registers: list[CellRegister]) -> None:
    owner = network.nodes[node]
    used = Counter(qubit for register in registers for qubit in register.device_qubits)
    known = None if owner.communication is None else set(owner.communication)
    for register in registers:
        where = f"register {register.name}"
        for qubit in register.device_qubits:
            if used[qubit] > 1:
                refuse(where, f"device qubit {qubit} of {owner.name} stands for two cells")
            if known is not None and qubit not in known:
                refuse(where, f"device qubit {qubit} is no communication qubit of {owner.name}")
            on_top = isinstance(owner, Machine) and owner.communication is None
            if qubit < 0 or (on_top and qubit < owner.device.qubits):
                refuse(where, f"device qubit {qubit} of {owner.name} is no communication qubit")


def check_wiring(plan: Plan, cells: Cells) -> None:
    """Every pair joins the two nodes of its link, on communication qubits wired to it.

    Raises:
        CheckFailure: one does not.
    """
    pairs, links = plan.pairs, plan.network.links
    number = {node.name: index for index, node in enumerate(plan.network.nodes)}
    sides = (pairs.first_cell, pairs.second_cell)
    for side, ends in enumerate(sides):
        nodes = np.array([number[link.ends[side]] for link in links], dtype=np.int64)
        wrong = cells.is_data[ends]
        if not wrong.any():
            wrong = cells.node[ends] != nodes[pairs.link]
        if not wrong.any():
            wrong = _unwired(pairs.link, cells.device_qubit[ends], links, side)
        if wrong.any():
            _refuse_end(plan, cells, int(np.argmax(wrong)), side)


def _unwired(
    link: IntArray, device_qubit: IntArray, links: tuple[LinkSpec, ...], side: int
) -> BoolArray:
    wrong = np.zeros(len(link), dtype=np.bool_)
    limited = [index for index in np.unique(link).tolist() if links[index].wired[side] is not None]
    for index in limited:
        rows = np.flatnonzero(link == index)
        wrong[rows] = ~np.isin(device_qubit[rows], links[index].wired[side])
    return wrong


def _refuse_end(plan: Plan, cells: Cells, row: int, side: int) -> None:
    pairs = plan.pairs
    link = plan.network.links[int(pairs.link[row])]
    cell = int((pairs.first_cell, pairs.second_cell)[side][row])
    where, label = f"pair {row} on {link.name}", cells.label(cell)
    if cells.is_data[cell]:
        refuse(where, f"{label} is no communication cell")
    if plan.network.nodes[int(cells.node[cell])].name != link.ends[side]:
        refuse(where, f"{label} is not at {link.ends[side]}")
    refuse(where, f"{label} is not wired to the link")


def intervals_of(plan: Plan) -> Intervals:
    """The placement of each qubit, in order of the steps.

    Raises:
        CheckFailure: a qubit's intervals do not cover all steps once.
    """
    rows, steps = plan.placement, len(plan.steps)
    order = np.lexsort((rows.cell, rows.to_step, rows.from_step, rows.qubit))
    qubit, begin, stop = rows.qubit[order], rows.from_step[order], rows.to_step[order]
    is_last = np.append(qubit[1:] != qubit[:-1], True)[: len(qubit)]
    is_first = np.insert(is_last[:-1], 0, True)[: len(qubit)]
    before = np.concatenate([[0], stop[:-1]])[: len(qubit)]
    wrong = begin != np.where(is_first, 0, before)
    wrong |= (stop <= begin) & (begin < steps)
    wrong |= is_last & (stop != steps)
    missing = np.ones(plan.circuit.num_qubits, dtype=np.bool_)
    missing[qubit] = False
    missing[qubit[wrong]] = True
    if missing.any():
        refuse(
            f"placement of {plan.circuit.qubit_label(int(np.argmax(missing)))}",
            f"its intervals must cover the steps [0, {steps}) once",
        )
    return Intervals(qubit=qubit, begin=begin, cell=rows.cell[order])
