"""interlace makes many quantum computers, joined by quantum links, work as one.

The names below are all that a first program needs. They load when they are used, so that
`import interlace` is quick:

    import interlace as il

    network = il.load_network("examples/three-cities.yaml")
    plan = il.distribute("examples/ghz.qasm", network)  # or a Qiskit circuit
    result = il.run(plan, shots=4096, seed=7)
    report = il.report(result)
"""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from interlace.circuit import Circuit, from_qiskit, load_circuit
    from interlace.compiler import Plan, distribute, load_plan, save_plan
    from interlace.errors import (
        DomainError,
        InfeasibleError,
        InterlaceError,
        InvariantError,
        ProtocolError,
        SpecError,
    )
    from interlace.network import Network, load_network
    from interlace.report import Report, report
    from interlace.runtime import Result, run

__version__ = "0.1.0"

__all__ = [
    "Circuit",
    "DomainError",
    "InfeasibleError",
    "InterlaceError",
    "InvariantError",
    "Network",
    "Plan",
    "ProtocolError",
    "Report",
    "Result",
    "SpecError",
    "__version__",
    "distribute",
    "from_qiskit",
    "load_circuit",
    "load_network",
    "load_plan",
    "report",
    "run",
    "save_plan",
]

_HOMES = {
    "Circuit": "circuit",
    "DomainError": "errors",
    "InfeasibleError": "errors",
    "InterlaceError": "errors",
    "InvariantError": "errors",
    "Network": "network",
    "Plan": "compiler",
    "ProtocolError": "errors",
    "Report": "report",
    "Result": "runtime",
    "SpecError": "errors",
    "distribute": "compiler",
    "from_qiskit": "circuit",
    "load_circuit": "circuit",
    "load_network": "network",
    "load_plan": "compiler",
    "run": "runtime",
    "save_plan": "compiler",
}
"""The one lazy table: each name and the stage whose front door holds it."""


def __getattr__(name: str) -> object:
    if name == "report":
        return importlib.import_module("interlace.report")
    home = _HOMES.get(name)
    if home is None:
        msg = f"module 'interlace' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"interlace.{home}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


class _CallableStage(ModuleType):
    """The stage `report`, which can be called like the function that it is named after."""

    def __call__(self, result: object) -> object:
        return self.report(result)


class _Package(ModuleType):
    """This package: a stage named like a public function becomes callable as it is imported.

    The import system sets a submodule as an attribute of its package, in whatever order things
    are imported, and would so replace a function of that name.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name == "report" and isinstance(value, ModuleType):
            value.__class__ = _CallableStage
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
