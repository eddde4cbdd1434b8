"""What a program's qubits are called on a drawing."""

from __future__ import annotations

import numpy as np

from interlace.compiler import NONE, Executable, Plan, Programs
from interlace.kernel import IntArray
from interlace.runtime.breakdown import communication_qubits

__all__ = ["QubitNames"]


class QubitNames:
    """Qubits are named after the circuit's qubit that starts there, or `comm[i]`."""

    def __init__(self, plan: Plan, programs: Programs, program: Executable) -> None:
        self._plan, self._program = plan, program
        self._guest = _guests(plan, programs, program)
        self._communicates = communication_qubits(program, plan.network)

    def machine(self, qubit: int) -> str:
        """The name of the machine that the qubit is on."""
        return self._plan.network.nodes[int(self._program.node[qubit])].name

    def row(self, qubit: int) -> str:
        """What the qubit is called there."""
        node, place = int(self._program.node[qubit]), int(self._program.device_qubit[qubit])
        if self._communicates[qubit]:
            own = self._plan.network.nodes[node].communication
            data = self._plan.network.nodes[node].device.qubits
            return f"comm[{place - data if own is None else own.index(place)}]"
        if self._guest[qubit] != NONE:
            return self._plan.circuit.qubit_label(int(self._guest[qubit]))
        return f"device[{place}]"


def _guests(plan: Plan, programs: Programs, program: Executable) -> IntArray:
    """The first of the circuit's qubits at each qubit of the program, or `NONE`, shape (Q,)."""
    placement, qubits = plan.placement, len(program.node)
    latest_first = np.argsort(placement.from_step, kind="stable")[::-1]
    first = np.full(plan.num_cells, NONE, dtype=np.int64)
    first[placement.cell[latest_first]] = placement.qubit[latest_first]  # the last one stays
    width = int(program.device_qubit.max(initial=0)) + 1
    at = np.full((len(plan.network.nodes), width), NONE, dtype=np.int64)
    at[program.node, program.device_qubit] = np.arange(qubits)
    guest = np.full(qubits, NONE, dtype=np.int64)
    for machine in programs.machines:
        layout = np.array(machine.initial_layout, dtype=np.int64).reshape(-1, 2)
        cell, place = layout[layout[:, 1] < width].T
        qubit = at[machine.node, place]
        guest[qubit[qubit != NONE]] = first[cell[qubit != NONE]]
    return guest
