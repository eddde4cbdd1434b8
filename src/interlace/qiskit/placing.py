"""Where the qubits of a circuit live, looked for once for each shape of circuit.

The search for a placement looks at which gates act on which qubits and never at
their angles. So circuits that differ in angles alone, as those of a variational
loop do, share one placement; each still becomes a plan of its own, checked from
scratch. A plan made from a remembered placement is the plan that a new search
would have found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from interlace.circuit import Circuit
from interlace.compiler import Plan, distribute
from interlace.network import Network
from interlace.units import Fidelity

__all__ = ["Assignment", "Placements", "assignment_of"]

Assignment = Mapping[str, tuple[int, ...]]
"""Qubits by machine name."""

_Shape = tuple[int, tuple[str, ...], bytes, bytes, bytes, bytes]

_MOST = 1024
"""Shapes of circuit that are remembered; the oldest go first."""


@dataclass(slots=True, kw_only=True)
class Placements:
    """The placements of one network under one set of options.

    Attributes:
        assign: a placement that somebody wrote down, for every circuit; `None`: search.
        min_fidelity: that every ebit must have when fresh.
        seed: of the search.
    """

    network: Network
    assign: Assignment | None
    min_fidelity: Fidelity | None
    seed: int
    _known: dict[_Shape, Assignment] = field(default_factory=dict)

    @property
    def room(self) -> int:
        """Data qubits of all machines together."""
        return sum(len(machine.data) for machine in self.network.machines)

    def without_memory(self) -> Placements:
        """The same options, light enough to be sent to another process."""
        return replace(self, _known={})

    def plan(self, circuit: Circuit, assign: Assignment | None) -> Plan:
        """Distribute a circuit, with a placement or, for `None`, by a search."""
        return distribute(
            circuit,
            self.network,
            assign=assign,
            min_fidelity=self.min_fidelity,
            seed=self.seed,
        )

    def of(self, circuit: Circuit) -> tuple[Assignment, Plan | None]:
        """Where the circuit's qubits go; with the plan, if one had to be made to know.

        Raises:
            SpecError, InfeasibleError: as `interlace.distribute`.
        """
        if self.assign is not None:
            return self.assign, None
        shape = _shape(circuit)
        known = self._known.get(shape)
        if known is not None:
            return known, None
        plan = self.plan(circuit, None)
        if len(self._known) >= _MOST:
            del self._known[next(iter(self._known))]
        self._known[shape] = assignment_of(plan)
        return self._known[shape], plan


def assignment_of(plan: Plan) -> Assignment:
    """The qubits of each machine at a plan's start."""
    homes: dict[int, int] = {}
    node_of = [register.node for register in plan.registers for _ in range(register.size)]
    placement = plan.placement
    for row in np.argsort(placement.from_step, kind="stable").tolist():
        homes.setdefault(int(placement.qubit[row]), node_of[int(placement.cell[row])])
    return {
        machine.name: tuple(qubit for qubit in sorted(homes) if homes[qubit] == node)
        for node, machine in enumerate(plan.network.machines)
    }


def _shape(circuit: Circuit) -> _Shape:
    ops = circuit.ops
    return (
        circuit.num_qubits,
        ops.names,
        ops.gate.tobytes(),
        ops.start.tobytes(),
        ops.operands.tobytes(),
        ops.clbit.tobytes(),
    )
