"""What a device's operations cost: durations, error rates, memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from interlace.compiler.program import Executable
from interlace.errors import InvariantError
from interlace.kernel import FloatArray, IntArray
from interlace.network import Device, GateProfile, LogicalDevice, Network
from interlace.units import Probability, Seconds

__all__ = ["OpCosts", "cost_at", "op_costs", "qubit_noise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpCosts:
    """Time and error of each operation of an `Executable`, shape (n,) each.

    Attributes:
        duration_s: how long it takes; 0 for an `ebit`, whose time the supply tells.
        gate_error: average gate infidelity; 0 for a measurement, whose error is the readout's,
            and for an `ebit`, whose error is in the pair's state.
    """

    duration_s: FloatArray
    gate_error: FloatArray


def cost_at(profile: GateProfile, qubits: tuple[int, ...]) -> tuple[Seconds, Probability]:
    """Duration and error of a native operation on these device qubits.

    An exception for the qubits in this order comes before one for the reverse order (couplings
    have no direction), and both before the gate's own figures.
    """
    found: tuple[float, float] | None = None
    for where, time_s, error in profile.at:
        if where == qubits:
            return time_s, error
        if where == qubits[::-1]:
            found = time_s, error
    return found or (profile.time_s, profile.error)


def op_costs(executable: Executable, network: Network) -> OpCosts:
    """Time and error of each operation on the devices that carry it out.

    An ideal device (no `gates`) takes no time and makes no errors. On the others a `measure`
    takes the readout's time, and so does a `reset` that the device does not describe: it is a
    measurement and a flip. A logical device does everything in one cycle, with its logical
    error rate.

    Raises:
        InvariantError: an operation is not native to its device.
    """
    ops = executable.ops
    duration_s, gate_error = np.zeros(len(ops)), np.zeros(len(ops))
    devices, device_of = _devices(network)
    qubits = executable.device_qubit[ops.operands]
    home = device_of[executable.node[ops.operands[ops.start[:-1]]]]
    for kind, rows in _kinds(home * max(1, len(ops.names)) + ops.gate):
        device, name = devices[kind // len(ops.names)], ops.names[kind % len(ops.names)]
        if name == "ebit":
            continue
        arity = int(ops.start[rows[0] + 1] - ops.start[rows[0]])
        where = qubits[ops.start[rows][:, None] + np.arange(arity)]
        duration_s[rows], gate_error[rows] = _costs(device, name, where)
    return OpCosts(duration_s=duration_s, gate_error=gate_error)


def _devices(network: Network) -> tuple[list[Device | LogicalDevice], IntArray]:
    """The different devices, and for each node the index of its own."""
    number: dict[int, int] = {}  # by identity: comparing large devices takes long
    devices: list[Device | LogicalDevice] = []
    device_of: list[int] = []
    for node in network.nodes:
        if number.setdefault(id(node.device), len(devices)) == len(devices):
            devices.append(node.device)
        device_of.append(number[id(node.device)])
    return devices, np.array(device_of, dtype=np.int64)


def _kinds(kind: IntArray) -> Iterator[tuple[int, IntArray]]:
    """Each different value with the rows that have it, ascending."""
    short = kind.astype(np.min_scalar_type(kind.max(initial=0)))  # short numbers sort faster
    order = np.argsort(short, kind="stable")
    values, first = np.unique(kind[order], return_index=True)
    return zip(values.tolist(), np.split(order, first)[1:], strict=True)


def _costs(
    device: Device | LogicalDevice, name: str, where: IntArray
) -> tuple[FloatArray | float, FloatArray | float]:
    """Time and error of one operation on each row's device qubits, shape (k, arity)."""
    profile = device.profile(name) if isinstance(device, Device) else None
    if name == "measure" or profile is None or not profile.at:
        return _cost(device, name, tuple(where[0].tolist()))
    places, which = np.unique(where, axis=0, return_inverse=True)
    costs = np.array([_cost(device, name, tuple(place)) for place in places.tolist()])
    return costs[which.ravel(), 0], costs[which.ravel(), 1]


def qubit_noise(
    executable: Executable, network: Network
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Memory and readout of each qubit.

    Returns:
        Relaxation times [s] and dephasing times [s], `inf` for never, shape (Q,) each, and the
        probabilities to read 1 for state 0 and 0 for state 1, shape (Q, 2). Qubits beyond a
        device's own (unlimited communication qubits) are perfect.
    """
    count = len(executable.node)
    t1_s, t2_s = np.full(count, np.inf), np.full(count, np.inf)
    readout = np.zeros((count, 2))
    nodes = network.nodes
    for node, rows in _kinds(executable.node):
        device = nodes[node].device
        if isinstance(device, LogicalDevice):
            continue
        qubit = executable.device_qubit[rows]
        t1_s[rows] = _at(_lifetimes(device.t1_s), qubit, beyond=np.inf)
        t2_s[rows] = _at(_lifetimes(device.t2_s), qubit, beyond=np.inf)
        if device.readout is not None:
            readout[rows, 0] = _at(device.readout.error_0, qubit, beyond=0.0)
            readout[rows, 1] = _at(device.readout.error_1, qubit, beyond=0.0)
    return t1_s, t2_s, readout


def _lifetimes(times_s: tuple[float | None, ...]) -> tuple[float, ...]:
    return tuple(np.inf if value is None else value for value in times_s)


def _at(values: Sequence[float], qubit: IntArray, *, beyond: float) -> FloatArray:
    """The value of each qubit; `beyond` for those past the last."""
    known = np.append(np.array(values, dtype=np.float64), beyond)
    return known[np.minimum(qubit, len(values))]


def _cost(
    device: Device | LogicalDevice, name: str, qubits: tuple[int, ...]
) -> tuple[Seconds, Probability]:
    if isinstance(device, LogicalDevice):
        return device.cycle_time_s, device.logical_error_rate
    profile = device.profile(name)
    if name == "measure":
        return (device.readout.time_s if device.readout else 0.0), 0.0
    if profile is not None:
        return cost_at(profile, qubits)
    if name == "reset":
        return (device.readout.time_s if device.readout else 0.0), 0.0
    if device.gates:
        msg = f"{name} on {qubits} is not native to device {device.name}"
        raise InvariantError(msg)
    return 0.0, 0.0
