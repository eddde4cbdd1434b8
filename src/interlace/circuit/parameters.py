"""Parameters of OpenQASM 3 gates, counted and put in the order that the importer expects.

Qiskit's importer binds the parameters of a defined gate by the alphabet, not by
their order, and forgets those that the body does not use. Here they get names
whose alphabet is their order, and unused ones are taken out of definition and
calls. It also takes a superfluous parameter of a standard gate for a label, so
the parameters are counted first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from interlace.circuit.gates import GATES
from interlace.errors import SpecError

if TYPE_CHECKING:
    from openqasm3 import ast

__all__ = ["settle_parameters"]


def settle_parameters(program: ast.Program) -> None:
    """Rewrite the freshly parsed program in place; its meaning stays.

    Raises:
        SpecError: a gate is applied with the wrong number of parameters; has the line.
    """
    defined: dict[str, tuple[bool, ...]] = {}
    statements: list[Any] = list(program.statements)
    for statement in statements:
        kind = type(statement).__name__
        if kind == "QuantumGateDefinition":
            for inner in statement.body:
                _settle_call(inner, defined)
            defined[statement.name.name] = _settle_definition(statement)
        else:
            _settle_call(statement, defined)


def _settle_call(statement: Any, defined: dict[str, tuple[bool, ...]]) -> None:  # noqa: ANN401
    """Count the parameters of a gate's application, and drop those that its body ignores."""
    if type(statement).__name__ != "QuantumGate":
        return
    name, given = statement.name.name, len(statement.arguments)
    used = defined.get(name)
    needed = len(used) if used is not None else GATES[name].params if name in GATES else given
    if given != needed:
        rule = f"the number of parameters of the gate '{name}' is {needed}, not {given}"
        raise SpecError(rule, line=statement.span.start_line)
    if used is not None:
        statement.arguments = [
            argument for argument, keep in zip(statement.arguments, used, strict=True) if keep
        ]


def _settle_definition(definition: Any) -> tuple[bool, ...]:  # noqa: ANN401
    """Rename a definition's parameters, keep the used ones; tells which those are."""
    labels = [argument.name for argument in definition.arguments]
    fresh = {label: f"p{position:06d}" for position, label in enumerate(labels)}
    used: set[str] = set()
    for statement in definition.body:
        for identifier in _identifiers(statement):
            if identifier.name in fresh:
                used.add(identifier.name)
                identifier.name = fresh[identifier.name]
    for argument in definition.arguments:
        argument.name = fresh[argument.name]
    kept = tuple(label in used for label in labels)
    definition.arguments = [
        argument for argument, keep in zip(definition.arguments, kept, strict=True) if keep
    ]
    return kept


def _identifiers(statement: Any) -> Iterator[Any]:  # noqa: ANN401
    """Every name in the angles of a gate's application, its modifiers included."""
    pending: list[Any] = [
        getattr(statement, "arguments", None),
        getattr(statement, "argument", None),
        getattr(statement, "modifiers", None),
    ]
    while pending:
        node = pending.pop()
        if isinstance(node, list | tuple):
            pending.extend(node)
        elif type(node).__name__ == "Identifier":
            yield node
        elif hasattr(node, "span"):
            pending.extend(vars(node).values())
