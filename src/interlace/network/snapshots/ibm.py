"""IBM's snapshots: the fake provider of `qiskit-ibm-runtime`."""

from __future__ import annotations

import importlib
from typing import Any

from interlace.circuit import GATES
from interlace.network.snapshots.raw import Figures, RawDevice

__all__ = ["EXTRA", "LICENCE", "MODULE", "PACKAGE", "date_of", "names", "raw_device"]

EXTRA = "ibm"
PACKAGE = "qiskit-ibm-runtime"
MODULE = "qiskit_ibm_runtime"
LICENCE = "Apache-2.0"

_HOME = "qiskit_ibm_runtime.fake_provider"

_LEFT_OUT = frozenset({"id", "delay", "measure", "barrier"})


def names() -> dict[str, str]:
    """Name of a device to the class that describes it."""
    found: dict[str, str] = {}
    for name in dir(importlib.import_module(_HOME)):
        if name.startswith("Fake") and not name.startswith("FakeProvider"):
            plain = name.removeprefix("Fake").removesuffix("V2").removesuffix("Backend")
            found[plain.lower()] = name
    return found


def date_of(backend: Any) -> str | None:  # noqa: ANN401 - the provider's own class
    """The day of the calibration."""
    properties = backend.properties()
    return None if properties is None else properties.last_update_date.date().isoformat()


def raw_device(name: str) -> tuple[RawDevice, str | None]:
    """The device and its date, as the package has them."""
    backend = getattr(importlib.import_module(_HOME), names()[name])()
    target = backend.target
    readout = _readout(backend)
    return (
        RawDevice(
            name=f"ibm:{name}",
            qubits=target.num_qubits,
            gates=_gates(target),
            t1_s=tuple(_lifetime(target, q, "t1") for q in range(target.num_qubits)),
            t2_s=tuple(_lifetime(target, q, "t2") for q in range(target.num_qubits)),
            readout_s=tuple(_figures(target["measure"].get((q,)))[0] for q in range(len(readout))),
            error_0=tuple(first for first, _ in readout),
            error_1=tuple(second for _, second in readout),
        ),
        date_of(backend),
    )


def _gates(target: Any) -> dict[str, dict[tuple[int, ...], Figures]]:  # noqa: ANN401
    return {
        name: {tuple(q): _figures(figures) for q, figures in target[name].items() if q is not None}
        for name in target.operation_names
        if (name in GATES or name == "reset") and name not in _LEFT_OUT
    }


def _figures(properties: Any) -> Figures:  # noqa: ANN401
    return (None, None) if properties is None else (properties.duration, properties.error)


def _lifetime(target: Any, qubit: int, which: str) -> float | None:  # noqa: ANN401
    known = target.qubit_properties
    value = getattr(known[qubit], which, None) if known and known[qubit] is not None else None
    return None if value is None else float(value)


def _readout(backend: Any) -> list[tuple[float | None, float | None]]:  # noqa: ANN401
    """P(read 1 | 0) and P(read 0 | 1) of each qubit; both are the one error where only that is."""
    properties = backend.properties()
    found: list[tuple[float | None, float | None]] = []
    for qubit in range(backend.target.num_qubits):
        both = _figures(backend.target["measure"].get((qubit,)))[1]
        known: dict[str, float] = {}
        if properties is not None:
            known = {item.name: float(item.value) for item in properties.qubits[qubit]}
        found.append((known.get("prob_meas1_prep0", both), known.get("prob_meas0_prep1", both)))
    return found
