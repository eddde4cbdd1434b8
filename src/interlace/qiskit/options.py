"""Options of the primitives, settable one by one as Qiskit's users do."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from interlace.arguments import wrong
from interlace.errors import SpecError
from interlace.units import Ratio

__all__ = ["EstimatorOptions", "SamplerOptions", "SimulatorOptions", "options_of"]

Options = TypeVar("Options", "SamplerOptions", "EstimatorOptions")


@dataclass(slots=True)
class SimulatorOptions:
    """What Qiskit's run time calls the options of a simulator."""

    seed_simulator: int | None = None


@dataclass(slots=True)
class SamplerOptions:
    """Options of `SamplerV2`.

    Attributes:
        default_shots: where neither pub nor run says how many; `None`: the backend's `shots`.
        seed_simulator: of every run; `None`: the backend's sequence of seeds.
        simulator: another place for `seed_simulator`.
    """

    default_shots: int | None = None
    seed_simulator: int | None = None
    simulator: SimulatorOptions = field(default_factory=SimulatorOptions)


@dataclass(slots=True)
class EstimatorOptions:
    """Options of `EstimatorV2`.

    Attributes:
        default_precision: where neither pub nor run says; 1 / sqrt(4096) as Qiskit's.
        default_shots: if set, in place of `default_precision`, for the precision 1 / sqrt(shots).
        abelian_grouping: measure terms that commute qubit by qubit together.
        seed_simulator: of every run; `None`: the backend's sequence of seeds.
        simulator: another place for `seed_simulator`.
    """

    default_precision: Ratio = 0.015625
    default_shots: int | None = None
    abelian_grouping: bool = True
    seed_simulator: int | None = None
    simulator: SimulatorOptions = field(default_factory=SimulatorOptions)


def options_of(kind: type[Options], given: Options | Mapping[str, Any] | None) -> Options:
    """Options from what somebody wrote: the object itself, a mapping, or nothing.

    Raises:
        SpecError: there is no such option.
    """
    if isinstance(given, kind):
        return given
    if given is not None and not isinstance(given, Mapping):
        raise wrong("options", f"must be a mapping or {kind.__name__}", given)
    options = kind()
    for name, value in (given or {}).items():
        if name == "simulator":
            _set(options.simulator, value, "simulator")
        else:
            _set(options, {name: value}, "")
    return options


def _set(options: object, given: Mapping[str, Any], path: str) -> None:
    known = [entry.name for entry in dataclasses.fields(options)]  # pyright: ignore[reportArgumentType]
    for name, value in given.items():
        if name not in known:
            where = f"options.{path}" if path else "options"
            raise SpecError(f"no such option; there are {', '.join(known)}", value=name, path=where)
        setattr(options, name, value)
