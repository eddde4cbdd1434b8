"""Which of a device's qubits communicate, where a description says only how many.

The rule is part of the file format: same device and count, same qubits.

- All to all: the last ones.
- With a coupling map: one after another, the highest-numbered qubit whose removal leaves the
  data qubits in one piece and, where that is possible, every communication qubit next to a data
  qubit.
"""

from __future__ import annotations

from interlace.network.model import Device, LogicalDevice

__all__ = ["chosen_qubits"]


def chosen_qubits(device: Device | LogicalDevice, count: int) -> tuple[int, ...]:
    """The communication qubits of a device, ascending.

    Args:
        device: with a connected coupling graph.
        count: how many, at most the device's qubits.

    Example:
        >>> line = Device(name="line", qubits=4, coupling=((0, 1), (1, 2), (2, 3)))
        >>> chosen_qubits(line, 2)
        (0, 3)
    """
    if not isinstance(device, Device) or device.coupling is None or count == 0:
        return tuple(range(device.qubits - count, device.qubits))
    neighbours: dict[int, set[int]] = {q: set() for q in range(device.qubits)}
    for a, b in device.coupling:
        neighbours[a].add(b)
        neighbours[b].add(a)
    data = set(neighbours)
    taken: set[int] = set()
    for _ in range(count):
        qubit = _next(data, taken, neighbours)
        data.discard(qubit)
        taken.add(qubit)
    return tuple(sorted(taken))


def _next(data: set[int], taken: set[int], neighbours: dict[int, set[int]]) -> int:
    free = sorted(data - _cut_points(data, neighbours), reverse=True)
    for qubit in free:
        if all(neighbours[q] & data - {qubit} for q in neighbours[qubit] & taken):
            return qubit
    return free[0]


def _cut_points(data: set[int], neighbours: dict[int, set[int]]) -> set[int]:
    """Qubits whose removal would leave the others in pieces."""
    import rustworkx

    order = sorted(data)
    place = {qubit: index for index, qubit in enumerate(order)}
    graph = rustworkx.PyGraph()
    graph.add_nodes_from(order)
    graph.add_edges_from_no_data(
        [(place[a], place[b]) for a in order for b in neighbours[a] & data if a < b]
    )
    return {order[index] for index in rustworkx.articulation_points(graph)}
