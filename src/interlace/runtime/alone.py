"""What one machine of the network would do by itself."""

from __future__ import annotations

import dataclasses

from interlace.compiler import Plan, distribute
from interlace.errors import InfeasibleError
from interlace.network import Device, Machine, Network

__all__ = ["lone_plans"]

_MOST_TRIED = 4
_MOST_OPERATIONS = 20_000
"""Larger circuits are compiled for one machine only: for several that takes too long."""


def lone_plans(plan: Plan) -> tuple[Plan, ...]:
    """The plan's circuit on single machines of its network, all of their qubits used for data.

    Of machines with the same device, only the first is tried. Of those that hold the circuit, the
    ones with the fewest errors by the mean of their gates and readout are tried, four at most;
    one where the circuit has more than 20 000 operations.

    Returns:
        A plan for each machine; none if the circuit does not fit on any.
    """
    most = 1 if len(plan.circuit.ops) > _MOST_OPERATIONS else _MOST_TRIED
    first: dict[Device, Machine] = {}
    for machine in plan.network.machines:
        if isinstance(machine.device, Device) and machine.device.qubits >= plan.circuit.num_qubits:
            first.setdefault(machine.device, machine)
    best = sorted(first, key=_roughly)[:most]
    found: list[Plan] = []
    for device in best:
        try:
            network = _by_itself(first[device], plan.network)
            found.append(distribute(plan.circuit, network, seed=plan.seed))
        except InfeasibleError:  # e.g. its qubits are not all joined
            continue
    return tuple(found)


def _roughly(device: Device) -> float:
    """Mean error of its gates and of its readout, a figure to sort devices by."""
    gates = [float(profile.error) for profile in device.gates]
    readout = device.readout
    misread = [] if readout is None else [*readout.error_0, *readout.error_1]
    return sum(sum(errors) / len(errors) for errors in (gates, misread) if errors)


def _by_itself(machine: Machine, network: Network) -> Network:
    return Network(
        name=machine.name,
        sites=network.sites,
        machines=(dataclasses.replace(machine, communication=()),),
        repeaters=(),
        links=(),
    )
