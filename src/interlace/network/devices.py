"""Devices: from what someone wrote to what is true, and which qubits communicate."""

from __future__ import annotations

import re
from collections.abc import Sequence

from interlace.circuit import GATES
from interlace.descriptions import below, did_you_mean, item
from interlace.errors import SpecError
from interlace.network.bounds import number, whole
from interlace.network.model import Device, GateProfile, LogicalDevice, Readout
from interlace.network.quantities import Quantity
from interlace.network.spec import (
    DeviceSpec,
    GateExceptionSpec,
    GateSpec,
    LogicalSpec,
    ReadoutSpec,
)

__all__ = ["checked_device", "checked_logical", "ideal_device", "is_ideal"]

_MAX_QUBITS = 1_000_000
_IDEAL = re.compile(r"ideal:([0-9]{1,9})")


def ideal_device(text: str, *, path: str = "") -> Device:
    """The perfect device `ideal:N`: all to all, every gate native, instant and without error.

    Raises:
        SpecError: not `ideal:N` with N between 1 and a million.
    """
    match = _IDEAL.fullmatch(text)
    qubits = 0 if match is None else int(match[1])
    if not 1 <= qubits <= _MAX_QUBITS:
        rule = f"must be `ideal:N`, N perfect qubits, a whole number from 1 to {_MAX_QUBITS:,}"
        raise SpecError(rule, value=text, path=path or None)
    return Device(name=f"ideal:{qubits}", qubits=qubits)


def is_ideal(device: Device | LogicalDevice) -> bool:
    """Whether the device is perfect: no coupling map, gates, lifetimes or readout."""
    return isinstance(device, Device) and device == Device(name=device.name, qubits=device.qubits)


def checked_device(spec: DeviceSpec, *, name: str, path: str = "") -> Device:
    """A device that keeps every rule.

    Args:
        spec: as written.
        name: what it is called if the description does not say.
        path: where it was written.

    Raises:
        SpecError: a number out of range, a coupling graph in pieces, an unknown gate, no
            one-qubit or no entangling gate, T2 above 2 T1.
    """
    whole(spec.qubits, low=1, high=_MAX_QUBITS, path=below(path, "qubits"))
    coupling = _coupling(spec, below(path, "coupling"))
    t1 = _lifetimes(spec.t1, spec.qubits, below(path, "t1"))
    t2 = _lifetimes(spec.t2, spec.qubits, below(path, "t2"))
    _refuse_long_t2(t1, t2, below(path, "t2"))
    gates = tuple(
        _gate(gate, spec.gates[gate], device=spec, coupling=coupling, path=path)
        for gate in sorted(spec.gates)
    )
    _refuse_weak_gates(spec, below(path, "gates"))
    return Device(
        name=spec.name or name,
        qubits=spec.qubits,
        coupling=coupling,
        gates=gates,
        t1_s=t1,
        t2_s=t2,
        readout=_readout(spec.readout, spec.qubits, below(path, "readout")),
    )


def checked_logical(spec: LogicalSpec, *, path: str = "") -> LogicalDevice:
    """A fault-tolerant device that keeps every rule.

    Raises:
        SpecError: a number out of range.
    """
    whole(spec.qubits, low=1, high=_MAX_QUBITS, path=below(path, "qubits"))
    whole(spec.distance, low=1, high=1001, path=below(path, "distance"))
    if not spec.code.strip():
        raise SpecError("needs the name of a code", value=spec.code, path=below(path, "code"))
    rate = number(spec.logical_error_rate, "share", path=below(path, "logical_error_rate"))
    return LogicalDevice(
        name=spec.name or f"{spec.code}:d{spec.distance}",
        qubits=spec.qubits,
        code=spec.code,
        distance=spec.distance,
        cycle_time_s=number(spec.cycle_time, "period", path=below(path, "cycle_time")),
        logical_error_rate=rate,
    )


def _coupling(spec: DeviceSpec, path: str) -> tuple[tuple[int, int], ...] | None:
    if spec.coupling == "all":
        return None
    pairs: set[tuple[int, int]] = set()
    for index, (a, b) in enumerate(spec.coupling):
        _refuse_unknown_qubits((a, b), spec.qubits, item(path, index))
        if a == b:
            rule = "couples a qubit with itself"
            raise SpecError(rule, value=[a, b], path=item(path, index))
        pairs.add((min(a, b), max(a, b)))
    _refuse_pieces(spec.qubits, pairs, path)
    return tuple(sorted(pairs))


def _refuse_unknown_qubits(qubits: Sequence[int], count: int, path: str) -> None:
    for qubit in qubits:
        if not 0 <= qubit < count:
            rule = f"names a qubit that is not there: the device has 0 to {count - 1}"
            raise SpecError(rule, value=qubit, path=path)


def _refuse_pieces(count: int, pairs: set[tuple[int, int]], path: str) -> None:
    neighbours: dict[int, list[int]] = {}
    for a, b in pairs:
        neighbours.setdefault(a, []).append(b)
        neighbours.setdefault(b, []).append(a)
    reached, todo = {0}, [0]
    while todo:
        fresh = [q for q in neighbours.get(todo.pop(), []) if q not in reached]
        reached.update(fresh)
        todo.extend(fresh)
    lost = next((q for q in range(count) if q not in reached), None)
    if lost is not None:
        rule = "must join all qubits: this one cannot be reached from qubit 0"
        raise SpecError(rule, value=lost, path=path)


def _lifetimes(
    written: Quantity | list[Quantity | None] | None, count: int, path: str
) -> tuple[float | None, ...]:
    if written is None:
        return ()
    if not isinstance(written, list):
        return (number(written, "lifetime", path=path),) * count
    _refuse_wrong_length(written, count, path)
    return tuple(
        None if value is None else number(value, "lifetime", path=item(path, index))
        for index, value in enumerate(written)
    )


def _refuse_wrong_length(values: Sequence[object], count: int, path: str) -> None:
    if len(values) != count:
        rule = f"needs one value, or one for each of the {count} qubits"
        raise SpecError(rule, value=f"{len(values)} values", path=path)


def _refuse_long_t2(t1: tuple[float | None, ...], t2: tuple[float | None, ...], path: str) -> None:
    for qubit, (relaxation, dephasing) in enumerate(zip(t1, t2, strict=False)):
        if relaxation is None or dephasing is None:
            continue
        if dephasing > 2 * relaxation * (1 + 1e-9):
            rule = f"must be at most 2 t1 = {2 * relaxation:g} s (qubit {qubit})"
            raise SpecError(rule, value=f"{dephasing:g} s", path=path)


def _gate(
    name: str,
    spec: GateSpec,
    *,
    device: DeviceSpec,
    coupling: tuple[tuple[int, int], ...] | None,
    path: str,
) -> GateProfile:
    here = below(below(path, "gates"), name)
    if name not in GATES and name != "reset":
        rule = f"is no gate: {did_you_mean(name, [*GATES, 'reset'])}"
        raise SpecError(rule, value=name, path=here)
    size = GATES[name].qubits if name in GATES else 1
    if size > 2:
        rule = "acts on more than two qubits: a device's native gates act on one or two"
        raise SpecError(rule, value=name, path=here)
    kind = "one-qubit error" if size == 1 else "two-qubit error"
    time = number(spec.time, "duration", path=below(here, "time"))
    error = number(spec.error, kind, path=below(here, "error"))
    at: dict[tuple[int, ...], tuple[float, float]] = {}
    for index, exception in enumerate(spec.at):
        place = item(below(here, "at"), index)
        qubits = _exception_qubits(exception, size, device.qubits, place)
        pairs = None if size == 1 or coupling is None else set(coupling)
        if pairs is not None and (min(qubits), max(qubits)) not in pairs:
            raise SpecError("is no pair of the coupling map", value=list(qubits), path=place)
        if qubits in at:
            raise SpecError("has these qubits twice", value=list(qubits), path=place)
        at[qubits] = (
            time
            if exception.time is None
            else number(exception.time, "duration", path=below(place, "time")),
            error
            if exception.error is None
            else number(exception.error, kind, path=below(place, "error")),
        )
    exceptions = tuple((qubits, *at[qubits]) for qubits in sorted(at))
    return GateProfile(name=name, time_s=time, error=error, at=exceptions)


def _exception_qubits(spec: GateExceptionSpec, size: int, count: int, path: str) -> tuple[int, ...]:
    here = below(path, "qubits")
    if len(spec.qubits) != size or len(set(spec.qubits)) != size:
        rule = f"needs {size} different qubits"
        raise SpecError(rule, value=spec.qubits, path=here)
    _refuse_unknown_qubits(spec.qubits, count, here)
    return tuple(spec.qubits)


def _refuse_weak_gates(spec: DeviceSpec, path: str) -> None:
    """Refuse gates with which nothing can be done; what else is missing, the compiler names."""
    names = [name for name in spec.gates if name in GATES and name != "id"]
    if names and not any(GATES[name].qubits == 1 for name in names):
        rule = "needs one-qubit gates: u, or rz with sx, rx or h"
        raise SpecError(rule, value=", ".join(sorted(names)), path=path)
    entangling = [name for name in names if GATES[name].qubits == 2 and name != "swap"]
    if names and spec.qubits > 1 and not entangling:
        rule = "needs a gate that entangles two qubits: cz, cx, ecr, rxx, ..."
        raise SpecError(rule, value=", ".join(sorted(names)), path=path)


def _readout(spec: ReadoutSpec | None, count: int, path: str) -> Readout | None:
    if spec is None:
        return None
    if spec.error is not None and (spec.error_0 is not None or spec.error_1 is not None):
        rule = "has `error` and also `error_0` or `error_1`: write one or the other"
        raise SpecError(rule, path=path)
    first, second = (
        ((spec.error, "error"), (spec.error, "error"))
        if spec.error is not None
        else ((spec.error_0, "error_0"), (spec.error_1, "error_1"))
    )
    return Readout(
        time_s=number(spec.time, "duration", path=below(path, "time")),
        error_0=_chances(first[0], count, below(path, first[1])),
        error_1=_chances(second[0], count, below(path, second[1])),
    )


def _chances(written: Quantity | list[Quantity] | None, count: int, path: str) -> tuple[float, ...]:
    if not isinstance(written, list):
        return (0.0 if written is None else number(written, "share", path=path),) * count
    _refuse_wrong_length(written, count, path)
    return tuple(
        number(value, "share", path=item(path, index)) for index, value in enumerate(written)
    )
