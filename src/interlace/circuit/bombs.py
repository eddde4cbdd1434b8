"""OpenQASM 3 gates that would expand without end, found in the syntax tree.

The importer assigns parameters all the way down, so it must not see such a gate.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from interlace.circuit.sizes import MOST_OPS
from interlace.errors import SpecError

if TYPE_CHECKING:
    from openqasm3 import ast

__all__ = ["refuse_bombs"]


def refuse_bombs(program: ast.Program) -> None:
    """Refuse a call of a gate that expands to more than `MOST_OPS` operations.

    Raises:
        SpecError: with the line and the count.
    """
    sizes: dict[str, int] = {}
    for statement in program.statements:
        kind = type(statement).__name__
        written: Any = statement
        if kind == "QuantumGateDefinition":
            sizes[written.name.name] = _total(written.body, sizes)
        elif kind == "QuantumGate" and sizes.get(written.name.name, 0) > MOST_OPS:
            rule = (
                f"expands to {sizes[written.name.name]:,} operations: "
                f"a circuit may have at most {MOST_OPS:,}"
            )
            line = None if statement.span is None else statement.span.start_line
            raise SpecError(rule, line=line)


def _total(body: Iterable[Any], sizes: dict[str, int]) -> int:
    """Operations of a body; a gate stands after those that it uses."""
    gates = [part.name.name for part in body if type(part).__name__ == "QuantumGate"]
    return sum(sizes.get(name, 1) for name in gates)
