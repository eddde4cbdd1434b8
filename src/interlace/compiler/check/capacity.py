"""Does the plan fit the network: registers, communication qubits, links, placement."""

from __future__ import annotations

from collections import Counter

from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.plan import CellRegister, Plan, Role
from interlace.network import Machine, Network

__all__ = ["Intervals", "check_registers", "check_wiring", "intervals_of"]

Intervals = tuple[tuple[tuple[int, int], ...], ...]
"""For each circuit qubit its (first step, cell), in order of the steps."""


def check_registers(plan: Plan) -> None:
    """No node holds more cells than it has qubits of that kind.

    With every communication cell holding at most one pair half at a time (which the walk over
    the schedule asks), no node ever holds more halves than it has communication qubits.

    Raises:
        CheckFailure: one does, or a cell is no communication qubit of its node.
    """
    for node in range(len(plan.network.nodes)):
        here = [register for register in plan.registers if register.node == node]
        _check_data(plan.network, node, [r for r in here if r.role == Role.DATA])
        _check_communication(plan.network, node, [r for r in here if r.role != Role.DATA])


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
    for register in registers:
        where = f"register {register.name}"
        for qubit in register.device_qubits:
            if used[qubit] > 1:
                refuse(where, f"device qubit {qubit} of {owner.name} stands for two cells")
            if owner.communication is not None and qubit not in owner.communication:
                refuse(where, f"device qubit {qubit} is no communication qubit of {owner.name}")
            on_top = isinstance(owner, Machine) and owner.communication is None
            if qubit < 0 or (on_top and qubit < owner.device.qubits):
                refuse(where, f"device qubit {qubit} of {owner.name} is no communication qubit")


def check_wiring(plan: Plan, cells: Cells) -> None:
    """Every pair joins the two nodes of its link, on communication qubits wired to it.

    Raises:
        CheckFailure: one does not.
    """
    for row, (index, *ends) in enumerate(
        zip(
            plan.pairs.link.tolist(),
            plan.pairs.first_cell.tolist(),
            plan.pairs.second_cell.tolist(),
            strict=True,
        )
    ):
        link = plan.network.links[index]
        for cell, name, wired in zip(ends, link.ends, link.wired, strict=True):
            where = f"pair {row} on {link.name}"
            if cells.is_data[cell]:
                refuse(where, f"{cells.label[cell]} is no communication cell")
            if plan.network.nodes[cells.node[cell]].name != name:
                refuse(where, f"{cells.label[cell]} is not at {name}")
            if wired is not None and cells.device_qubit[cell] not in wired:
                refuse(where, f"{cells.label[cell]} is not wired to the link")


def intervals_of(plan: Plan) -> Intervals:
    """The placement of each qubit, in order of the steps.

    Raises:
        CheckFailure: a qubit's intervals do not cover all steps once.
    """
    found: list[list[tuple[int, int, int]]] = [[] for _ in range(plan.circuit.num_qubits)]
    rows = plan.placement
    for qubit, *interval in zip(
        rows.qubit.tolist(),
        rows.from_step.tolist(),
        rows.to_step.tolist(),
        rows.cell.tolist(),
        strict=True,
    ):
        found[qubit].append((interval[0], interval[1], interval[2]))
    steps = len(plan.steps)
    for qubit, intervals in enumerate(found):
        intervals.sort()
        at = 0
        for begin, stop, _ in intervals:
            if begin != at or (stop <= begin < steps):
                break
            at = stop
        else:
            if intervals and at == steps:
                continue
        refuse(
            f"placement of {plan.circuit.qubit_label(qubit)}",
            f"its intervals must cover the steps [0, {steps}) once",
        )
    return tuple(tuple((begin, cell) for begin, _, cell in rows) for rows in found)
