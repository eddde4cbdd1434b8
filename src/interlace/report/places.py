"""Where a plan puts things: qubits on machines, ebits on links."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from interlace.compiler import Plan, Role
from interlace.report.words import natural_key, whole
from interlace.units import Seconds

__all__ = ["NodeUse", "ebits_by_link", "expected_makespan_s", "node_uses", "qubit_ranges"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeUse:
    """What one machine or repeater holds under a plan.

    Attributes:
        is_machine: or a repeater, which holds no data.
        device: the device's name.
        capacity: data qubits that it has.
        data_used: data cells that the plan uses.
        communication: communication qubits that it has; `None`: unlimited.
        communication_used: communication cells that the plan uses.
        qubits: labels of the circuit's qubits that are placed here at the start.
        visitors: labels of those that arrive later.
    """

    name: str
    site: str | None
    is_machine: bool
    device: str
    capacity: int
    data_used: int
    communication: int | None
    communication_used: int
    qubits: tuple[str, ...]
    visitors: tuple[str, ...]


def node_uses(plan: Plan) -> tuple[NodeUse, ...]:
    """Every node of the network with what the plan puts there, in the network's order."""
    nodes = plan.network.nodes
    homes, visits = _residents(plan)
    sizes = {role: [0] * len(nodes) for role in Role}
    for register in plan.registers:
        sizes[register.role][register.node] += register.size
    machines = len(plan.network.machines)
    return tuple(
        NodeUse(
            name=node.name,
            site=node.site,
            is_machine=index < machines,
            device=node.device.name,
            capacity=len(plan.network.machines[index].data) if index < machines else 0,
            data_used=sizes[Role.DATA][index],
            communication=None if node.communication is None else len(node.communication),
            communication_used=sizes[Role.COMMUNICATION][index],
            qubits=tuple(plan.circuit.qubit_label(qubit) for qubit in homes[index]),
            visitors=tuple(plan.circuit.qubit_label(qubit) for qubit in visits[index]),
        )
        for index, node in enumerate(nodes)
    )


def _residents(plan: Plan) -> tuple[list[list[int]], list[list[int]]]:
    """For each node the qubits that start there, and those that come later; each ascending."""
    owner = [register.node for register in plan.registers for _ in range(register.size)]
    place = plan.placement
    rows = zip(place.qubit.tolist(), place.cell.tolist(), place.from_step.tolist(), strict=True)
    intervals = sorted((qubit, start, owner[cell]) for qubit, cell, start in rows)
    homes: list[list[int]] = [[] for _ in plan.network.nodes]
    visits: list[list[int]] = [[] for _ in plan.network.nodes]
    first: dict[int, int] = {}
    for qubit, _, node in intervals:
        if qubit not in first:
            first[qubit] = node
            homes[node].append(qubit)
        elif node != first[qubit] and qubit not in visits[node]:
            visits[node].append(qubit)
    return homes, visits


def ebits_by_link(plan: Plan) -> tuple[tuple[str, int], ...]:
    """Link pairs that the plan asks of each link, in the network's order, links of none too."""
    counted = [0] * len(plan.network.links)
    for link in plan.pairs.link.tolist():
        counted[link] += 1
    return tuple((spec.name, n) for spec, n in zip(plan.network.links, counted, strict=True))


def expected_makespan_s(plan: Plan) -> Seconds:
    """When the last step ends, with every link at its mean waiting time [s]."""
    steps = plan.steps
    return float((steps.start_s + steps.duration_s).max()) if len(steps) else 0.0


def qubit_ranges(labels: Iterable[str], *, most: int | None = None) -> str:
    """Qubit labels with runs drawn together, `most` runs at most: `q[0-12], q[15] and 3 more`."""
    runs: list[list[str | int]] = []
    ordered = sorted(labels, key=natural_key)
    told = 0
    for label in ordered:
        register, _, tail = label.rpartition("[")
        index = int(tail[:-1])
        if runs and runs[-1][0] == register and runs[-1][2] == index - 1:
            runs[-1][2] = index
        elif len(runs) == most:
            break
        else:
            runs.append([register, index, index])
        told += 1
    text = ", ".join(
        f"{name}[{first}]" if first == last else f"{name}[{first}-{last}]"
        for name, first, last in runs
    )
    return text if told == len(ordered) else f"{text} and {whole(len(ordered) - told)} more"
