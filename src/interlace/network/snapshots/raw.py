"""What a provider's package says of a device, before anything is mended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from interlace.network.model import Device

__all__ = ["RawDevice", "Snapshot"]

Figures = tuple[float | None, float | None]
"""Duration [s] and average infidelity of a gate at one place; `None`: not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawDevice:
    """A device as its package describes it, in SI units.

    Attributes:
        gates: Qiskit's name to device qubits, in the order of the gate, to figures.
        t1_s: relaxation time of each qubit.
        t2_s: dephasing time of each qubit.
        readout_s: duration of each qubit's readout.
        error_0: P(read 1 | state 0) of each qubit.
        error_1: P(read 0 | state 1) of each qubit.
    """

    name: str
    qubits: int
    gates: Mapping[str, Mapping[tuple[int, ...], Figures]]
    t1_s: tuple[float | None, ...]
    t2_s: tuple[float | None, ...]
    readout_s: tuple[float | None, ...]
    error_0: tuple[float | None, ...]
    error_1: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A real device at one time.

    Attributes:
        name: `ibm:fez`.
        device: what a network reads; its name is the snapshot's.
        origin: package, version and licence.
        date: of the calibration, `2025-02-26`; `None`: the package does not say.
        notes: every application of the rule for outliers, one sentence each.
    """

    name: str
    device: Device
    origin: str
    date: str | None
    notes: tuple[str, ...]
