"""What a program's qubits are called on a drawing."""

from __future__ import annotations

import numpy as np

from interlace.compiler import NONE, Executable, Plan, Programs
from interlace.kernel import BoolArray, IntArray
from interlace.runtime.breakdown import communication_qubits
from interlace.runtime.moving import cells_at_start

__all__ = ["QubitNames"]


class QubitNames:
    """Qubits are named after the circuit's qubit that starts there, or `comm[i]`.

    Attributes:
        is_nothing: whether no cell lies there at the start: only SWAPs touch what does, shape (Q,).
    """

    def __init__(self, plan: Plan, programs: Programs, program: Executable) -> None:
        self._plan, self._program = plan, program
        cells = cells_at_start(programs, program)
        self.is_nothing: BoolArray = cells == NONE
        self._guest = _guests(plan, cells)
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
        return self.place(qubit)

    def place(self, qubit: int) -> str:
        """What the device's qubit is called."""
        return f"device[{int(self._program.device_qubit[qubit])}]"


def _guests(plan: Plan, cells: IntArray) -> IntArray:
    """The first of the circuit's qubits in each of these cells, or `NONE`."""
    placement = plan.placement
    latest_first = np.argsort(placement.from_step, kind="stable")[::-1]
    first = np.full(plan.num_cells, NONE, dtype=np.int64)
    first[placement.cell[latest_first]] = placement.qubit[latest_first]  # the last one stays
    return np.where(cells == NONE, NONE, first[cells])
