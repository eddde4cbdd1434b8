"""What a device's operations cost: durations, error rates, memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.compiler.program import Executable
from interlace.compiler.rows import rows_of
from interlace.errors import InvariantError
from interlace.kernel import FloatArray
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
    node = executable.node.tolist()
    device_qubit = executable.device_qubit.tolist()
    known: dict[tuple[int, str, tuple[int, ...]], tuple[float, float]] = {}
    duration_s = np.zeros(len(executable.ops))
    gate_error = np.zeros(len(executable.ops))
    for index, row in enumerate(rows_of(executable.ops)):
        if row.name == "ebit":
            continue
        place = node[row.operands[0]]
        key = (place, row.name, tuple([device_qubit[qubit] for qubit in row.operands]))
        cost = known.get(key)
        if cost is None:
            cost = known[key] = _cost(network.nodes[place].device, row.name, key[2])
        duration_s[index], gate_error[index] = cost
    return OpCosts(duration_s=duration_s, gate_error=gate_error)


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
    places = zip(executable.node.tolist(), executable.device_qubit.tolist(), strict=True)
    for index, (node, qubit) in enumerate(places):
        device = network.nodes[node].device
        if isinstance(device, LogicalDevice):
            continue
        t1_s[index] = _lifetime(device.t1_s, qubit)
        t2_s[index] = _lifetime(device.t2_s, qubit)
        if device.readout is not None and qubit < len(device.readout.error_0):
            readout[index] = device.readout.error_0[qubit], device.readout.error_1[qubit]
    return t1_s, t2_s, readout


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


def _lifetime(times_s: tuple[float | None, ...], qubit: int) -> float:
    value = times_s[qubit] if qubit < len(times_s) else None
    return np.inf if value is None else value
