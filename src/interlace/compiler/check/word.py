"""What a program does to the circuit's qubits, and whether that is the circuit.

Theory of operation
-------------------
Both the walk over the schedule and the contraction of the joint program end in
a *word*: logical operations in order, each with the row of the circuit that it
claims to carry out. The word is the circuit's computation if

1. the operations of each source multiply to the circuit's operation: one
   identical operation, or gates whose product is the same unitary up to a
   global phase (at most five qubits, entry by entry to within 1e-9);
2. the word can be sorted by source without exchanging two operations that do
   not commute.

For 2, two operations commute if on every qubit that they share both are
diagonal along one common Pauli. On each qubit the circuit's operations fall
into runs whose members share such a Pauli; exchanges inside a run are free, and
no operation may pass from one run to another. Then every pair of operations
that do not commute keeps its order, and the stable sort by source is reached
by exchanges of neighbours that commute: the word and the sorted word are the
same operator. A classical bit that is written counts as a qubit without axes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from interlace.circuit import NO_BIT, Circuit, Op
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.unitary import (
    commuting_axes,
    gate_tensor,
    same_up_to_phase,
    word_matrix,
)

__all__ = ["MOST_DENSE_QUBITS", "LogicalOp", "axes_of", "compare_word"]

MOST_DENSE_QUBITS = 5

Resource = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogicalOp:
    """One operation on circuit qubits, and where it was found.

    Attributes:
        source: the row of the circuit that it claims to carry out.
        op: the operation; operands are circuit qubits.
        where: the step or joint op, for messages.
    """

    source: int
    op: Op
    where: str


def axes_of(op: Op) -> tuple[str, ...]:
    """For each operand the Paulis along which the operation is diagonal."""
    if op.name == "measure":
        return ("Z",)
    if op.name == "reset":
        return ("",)
    return commuting_axes(op.name, op.params)


def compare_word(word: list[LogicalOp], circuit: Circuit) -> None:
    """Show that the word is the circuit.

    Raises:
        CheckFailure: an operation is missing, differs, or stands in the wrong order.
    """
    parts: list[list[LogicalOp]] = [[] for _ in range(len(circuit.ops))]
    for item in word:
        parts[item.source].append(item)
    for source, items in enumerate(parts):
        _compare_source(circuit, source, items)
    _compare_order(word, parts, circuit)


def _compare_source(circuit: Circuit, source: int, items: list[LogicalOp]) -> None:
    op = circuit.ops[source]
    if len(items) == 1 and items[0].op == op:
        return
    where = describe_source(circuit, source)
    if not items:
        refuse(where, "is not carried out")
    seen = ", ".join(item.where for item in items)
    if op.name in {"measure", "reset"} or any(i.op.name in {"measure", "reset"} for i in items):
        refuse(where, f"must be carried out once, as it is, on the same qubit and bit (by {seen})")
    if len(op.operands) > MOST_DENSE_QUBITS:
        refuse(where, f"is carried out by {seen} in another form, on too many qubits to compare")
    index = {qubit: i for i, qubit in enumerate(op.operands)}
    if any(qubit not in index for item in items for qubit in item.op.operands):
        refuse(where, f"is carried out on other qubits (by {seen})")
    found = word_matrix(
        [
            (gate_tensor(i.op.name, i.op.params), tuple(index[q] for q in i.op.operands))
            for i in items
        ],
        len(index),
    )
    wanted = word_matrix([(gate_tensor(op.name, op.params), tuple(range(len(index))))], len(index))
    if not same_up_to_phase(found, wanted):
        refuse(where, f"is carried out by {seen}, which is another unitary")


def _compare_order(word: list[LogicalOp], parts: list[list[LogicalOp]], circuit: Circuit) -> None:
    run_of: dict[tuple[int, Resource], int] = {}
    open_run: dict[Resource, tuple[int, frozenset[str]]] = {}
    for source, items in enumerate(parts):
        for resource, axes in _axes_by_resource(items).items():
            run, common = open_run.get(resource, (0, frozenset()))
            shared = common & axes
            open_run[resource] = (run, shared) if shared else (run + 1, axes)
            run_of[source, resource] = open_run[resource][0]
    latest: dict[Resource, tuple[int, int]] = {}
    for item in word:
        for resource, _ in _resources(item.op):
            run = run_of[item.source, resource]
            before, source = latest.get(resource, (0, 0))
            if run < before:
                refuse(
                    item.where,
                    f"carries out {describe_source(circuit, item.source)} after "
                    f"{describe_source(circuit, source)}, which must follow it",
                )
            latest[resource] = (run, item.source)


def _axes_by_resource(items: Iterable[LogicalOp]) -> dict[Resource, frozenset[str]]:
    found: dict[Resource, frozenset[str]] = {}
    for item in items:
        for resource, axes in _resources(item.op):
            letters = frozenset(axes)
            found[resource] = found[resource] & letters if resource in found else letters
    return found


def _resources(op: Op) -> list[tuple[Resource, str]]:
    touched = [(("qubit", q), axes) for q, axes in zip(op.operands, axes_of(op), strict=True)]
    if op.clbit != NO_BIT:
        touched.append((("bit", op.clbit), ""))
    return touched


def describe_source(circuit: Circuit, source: int) -> str:
    """A row of the circuit in words."""
    op = circuit.ops[source]
    qubits = ", ".join(circuit.qubit_label(q) for q in op.operands)
    return f"circuit operation {source} ({op.name} {qubits})"
