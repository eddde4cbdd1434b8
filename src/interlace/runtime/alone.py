"""What one machine of the network would do by itself."""

from __future__ import annotations

import dataclasses

from interlace.compiler import Plan, distribute
from interlace.errors import InfeasibleError
from interlace.network import Device, Machine, Network

__all__ = ["lone_plan"]


def lone_plan(plan: Plan) -> Plan | None:
    """The plan's circuit on one machine alone, all of its qubits used for data.

    The machine is the one with the most qubits, the first of them if several have as many.

    Returns:
        The plan, or `None` if the circuit does not fit on any machine.
    """
    machines = [m for m in plan.network.machines if isinstance(m.device, Device)]
    best = max(machines, key=lambda machine: machine.device.qubits, default=None)
    if best is None or best.device.qubits < plan.circuit.num_qubits:
        return None
    try:
        return distribute(plan.circuit, _by_itself(best, plan.network), seed=plan.seed)
    except InfeasibleError:
        return None


def _by_itself(machine: Machine, network: Network) -> Network:
    return Network(
        name=machine.name,
        sites=network.sites,
        machines=(dataclasses.replace(machine, communication=()),),
        repeaters=(),
        links=(),
    )
