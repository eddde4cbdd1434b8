"""IQM's snapshots: the fake backends of `iqm-client`.

Their error profiles hold parameters of channels, not benchmarks: a depolarising parameter that
acts after relaxation over the gate. The average infidelity of both together, which is what a
device file asks for, is with d = 2^n, lambda the parameter and t the duration

    F_relax = prod_q [1 + exp(-t/T1_q) + 2 exp(-t/T2_q)] / 4
    F_process = (1 - lambda) F_relax + lambda / d^2
    error = 1 - (d F_process + 1) / (d + 1)

(Nielsen, Phys. Lett. A 303, 249 (2002), eq. 3, for the last line). The profiles give no duration
of the readout: 1.5 us is taken, as on IBM's devices of the same time.
"""

from __future__ import annotations

import importlib
import math
import pkgutil
from collections.abc import Mapping, Sequence
from typing import Any

from interlace.errors import SpecError
from interlace.network.snapshots.raw import Figures, RawDevice
from interlace.units import Probability, Seconds

__all__ = ["EXTRA", "LICENCE", "MODULE", "NOTE", "PACKAGE", "average_error", "names", "raw_device"]

EXTRA = "iqm"
PACKAGE = "iqm-client"
MODULE = "iqm.qiskit_iqm"
LICENCE = "Apache-2.0"
NOTE = "readout has no duration: 1.5 us is assumed, as on IBM's devices of the same time"

_READOUT_S = 1.5e-6
_NS = 1e-9
_HOME = "iqm.qiskit_iqm.fake_backends"
_PREFIX = "fake_"


def names() -> dict[str, str]:
    """Name of a device to the module that describes it."""
    folder = importlib.import_module(_HOME).__path__
    modules = [module.name for module in pkgutil.iter_modules(folder)]
    return {name.removeprefix(_PREFIX): name for name in modules if name.startswith(_PREFIX)}


def raw_device(name: str) -> tuple[RawDevice, str | None]:
    """The device as the package has it; its profiles have no date.

    Raises:
        SpecError: its qubits are not coupled in pairs.
    """
    module = importlib.import_module(f"{_HOME}.{names()[name]}")
    backend = getattr(module, f"IQMFake{name.capitalize()}")()
    profile, index = backend.error_profile, backend.qubit_name_to_index
    if backend.architecture.computational_resonators:
        rule = (
            "couples its qubits through a resonator with MOVE gates, which no coupling map "
            "describes: choose another device"
        )
        raise SpecError(rule, value=f"iqm:{name}")
    labels = sorted(backend.architecture.qubits, key=index)
    t1 = {label: profile.t1s[label] * _NS for label in labels}
    t2 = {label: profile.t2s[label] * _NS for label in labels}
    readout = profile.readout_errors
    single = profile.single_qubit_gate_depolarizing_error_parameters["prx"]
    pairs = profile.two_qubit_gate_depolarizing_error_parameters["cz"]
    prx_s = profile.single_qubit_gate_durations["prx"] * _NS
    cz_s = profile.two_qubit_gate_durations["cz"] * _NS
    return (
        RawDevice(
            name=f"iqm:{name}",
            qubits=len(labels),
            gates={
                "r": _figures({(label,): single[label] for label in labels}, prx_s, t1, t2, index),
                "cz": _figures(pairs, cz_s, t1, t2, index),
            },
            t1_s=tuple(t1.values()),
            t2_s=tuple(t2.values()),
            readout_s=(_READOUT_S,) * len(labels),
            error_0=tuple(readout[label]["0"] for label in labels),
            error_1=tuple(readout[label]["1"] for label in labels),
        ),
        None,
    )


def average_error(
    depolarising: Probability, time_s: Seconds, lifetimes_s: Sequence[tuple[float, float]]
) -> float:
    """Average infidelity of relaxation over a gate followed by depolarisation.

    Args:
        depolarising: lambda, the share of states replaced by the maximally mixed one.
        time_s: duration of the gate.
        lifetimes_s: T1 and T2 of each of its qubits.

    Example:
        >>> round(average_error(0.004, 0.0, [(1.0, 1.0)]), 6)
        0.002
    """
    dimension = 2 ** len(lifetimes_s)
    relaxed = math.prod(
        (1 + math.exp(-time_s / t1) + 2 * math.exp(-time_s / min(t2, 2 * t1))) / 4
        for t1, t2 in lifetimes_s
    )
    process = (1 - depolarising) * relaxed + depolarising / dimension**2
    return 1 - (dimension * process + 1) / (dimension + 1)


def _figures(
    parameters: Mapping[tuple[str, ...], float],
    time_s: Seconds,
    t1: Mapping[str, float],
    t2: Mapping[str, float],
    index: Any,  # noqa: ANN401 - the provider's own function
) -> dict[tuple[int, ...], Figures]:
    return {
        tuple(index(label) for label in labels): (
            time_s,
            average_error(value, time_s, [(t1[label], t2[label]) for label in labels]),
        )
        for labels, value in parameters.items()
    }
