"""What a schedule does to the circuit's qubits, and whether that is the circuit.

Theory of operation
-------------------
The walk over the schedule ends in a *word*: logical operations in order, each
with the row of the circuit that it claims to carry out. The word is the
circuit's computation if

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

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, Circuit
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.distinct import distinct_gates
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.unitary import gate_tensor, same_up_to_phase, word_matrix
from interlace.compiler.plan import Plan, StepKind
from interlace.kernel import BoolArray, IntArray, compiled, spans

__all__ = ["MOST_DENSE_QUBITS", "Word", "compare_word", "identical_items"]

MOST_DENSE_QUBITS = 5

_NOT_GATES = ("measure", "reset")
_Column = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """Operations on circuit qubits, each a step of the schedule.

    Attributes:
        step: the steps that carry out an operation of the circuit, rising, shape (m,).
        qubits: for each entry of `steps.cells` the circuit qubit that the operation acts on.
        axes: for each entry of `steps.cells` the Paulis along which it is diagonal there.
    """

    step: IntArray
    qubits: IntArray
    axes: IntArray


def compare_word(word: Word, plan: Plan) -> None:
    """Show that the word is the circuit.

    Raises:
        CheckFailure: an operation is missing, differs, or stands in the wrong order.
    """
    _compare_sources(word, plan)
    _compare_order(word, plan)


def _compare_sources(word: Word, plan: Plan) -> None:
    """Every source is one identical operation, or several of the same product."""
    steps, ops = plan.steps, plan.circuit.ops
    source = steps.source[word.step]
    count = np.bincount(source, minlength=len(ops))
    other = count != 1
    other[source[~identical_items(word, plan)]] = True
    if other.any():
        _compare_others(word, plan, np.flatnonzero(other))


def identical_items(word: Word, plan: Plan) -> BoolArray:
    """Whether each item of the word is its source, name, qubits, parameters and bit."""
    steps, ops, at = plan.steps, plan.circuit.ops, word.step
    source = steps.source[at]
    same = _names(plan)[at] == ops.gate[source]
    same &= steps.clbit[at] == ops.clbit[source]
    for starts, values, its_starts, its_values in (
        (steps.cell_start, word.qubits, ops.start, ops.operands),
        (steps.param_start, steps.params, ops.param_start, ops.params),
    ):
        size = np.diff(starts)[at]
        same &= size == np.diff(its_starts)[source]
        for j in range(int(size.max(initial=0))):
            have = np.flatnonzero(same & (size > j))
            theirs = its_values[its_starts[source[have]] + j]
            same[have] = values[starts[at[have]] + j] == theirs
    return same


def _names(plan: Plan) -> IntArray:
    """Each step's operation as a code of the circuit's names; -1 for what the circuit lacks."""
    code = {name: index for index, name in enumerate(plan.circuit.ops.names)}
    steps = plan.steps
    table = np.array([*(code.get(name, -1) for name in steps.names), -1], dtype=np.int64)
    is_measure = steps.kind == StepKind.MEASURE
    return np.where(is_measure, code.get("measure", -1), table[steps.gate])


def _compare_others(word: Word, plan: Plan, sources: IntArray) -> None:
    """Sources in another form: each distinct form is multiplied out once."""
    steps, ops = plan.steps, plan.circuit.ops
    order = np.argsort(steps.source[word.step], kind="stable")
    ranked = steps.source[word.step][order]
    first = np.searchsorted(ranked, sources, side="left")
    last = np.searchsorted(ranked, sources, side="right")
    items = word.step[order]
    own = distinct_gates(ops.gate, ops.param_start, ops.params).number
    gate = np.where(steps.kind == StepKind.GATE, steps.gate, -1)
    their = distinct_gates(gate, steps.param_start, steps.params).number
    known: set[tuple[object, ...]] = set()
    for source, begin, end in zip(sources.tolist(), first.tolist(), last.tolist(), strict=True):
        if begin == end:
            refuse(describe_source(plan.circuit, source), "is not carried out")
        at = items[begin:end]
        operands = ops.operands[ops.start[source] : ops.start[source + 1]].tolist()
        place = {qubit: index for index, qubit in enumerate(operands)}
        size = steps.cell_start[at + 1] - steps.cell_start[at]
        qubits = word.qubits[spans(steps.cell_start[at], size)].tolist()
        form = (
            int(own[source]),
            tuple(their[at].tolist()),
            tuple(size.tolist()),
            tuple(place.get(qubit, -1) for qubit in qubits),
        )
        if form not in known:
            _compare_source(word, plan, source, at.tolist())
            known.add(form)


def _compare_source(word: Word, plan: Plan, source: int, items: list[int]) -> None:
    circuit, steps = plan.circuit, plan.steps
    op = circuit.ops[source]
    where = describe_source(circuit, source)
    seen = ", ".join(_where(plan, step) for step in items)
    names = [
        steps.names[steps.gate[step]] if steps.kind[step] == StepKind.GATE else "measure"
        for step in items
    ]
    if op.name in _NOT_GATES or any(name in _NOT_GATES for name in names):
        refuse(where, f"must be carried out once, as it is, on the same qubit and bit (by {seen})")
    if len(op.operands) > MOST_DENSE_QUBITS:
        refuse(where, f"is carried out by {seen} in another form, on too many qubits to compare")
    index = {qubit: i for i, qubit in enumerate(op.operands)}
    qubits = [
        word.qubits[steps.cell_start[step] : steps.cell_start[step + 1]].tolist() for step in items
    ]
    if any(qubit not in index for its in qubits for qubit in its):
        refuse(where, f"is carried out on other qubits (by {seen})")
    found = word_matrix(
        [
            (gate_tensor(name, steps.params_of(step)), tuple(index[qubit] for qubit in its))
            for name, step, its in zip(names, items, qubits, strict=True)
        ],
        len(index),
    )
    wanted = word_matrix([(gate_tensor(op.name, op.params), tuple(range(len(index))))], len(index))
    if not same_up_to_phase(found, wanted):
        refuse(where, f"is carried out by {seen}, which is another unitary")


def _compare_order(word: Word, plan: Plan) -> None:
    """No operation may pass from one run to another."""
    steps, circuit, at = plan.steps, plan.circuit, word.step
    size = np.diff(steps.cell_start)[at]
    writes = np.flatnonzero(steps.clbit[at] != NO_BIT)
    entry = spans(steps.cell_start[at], size)
    item = np.concatenate([np.repeat(np.arange(len(at)), size), writes])
    touched = np.concatenate([word.qubits[entry], circuit.num_qubits + steps.clbit[at[writes]]])
    axes = np.concatenate([word.axes[entry], np.zeros(len(writes), dtype=np.int64)])
    inward = np.argsort(item, kind="stable")
    item, touched, axes = item[inward], touched[inward], axes[inward]
    source = steps.source[at][item]
    sorted_by_source = np.argsort(source, kind="stable")
    wrong, last = first_misplaced(
        source, touched, axes, sorted_by_source, circuit.num_qubits + circuit.num_clbits
    )
    if wrong >= 0:
        refuse(
            _where(plan, int(at[item[wrong]])),
            f"carries out {describe_source(circuit, int(source[wrong]))} after "
            f"{describe_source(circuit, int(source[last]))}, which must follow it",
        )


@compiled
def first_misplaced(
    source: _Column, touched: _Column, axes: _Column, order: _Column, resources: int
) -> tuple[int, int]:
    """The first entry whose run is over, and the entry that ended it; (-1, -1) if there is none.

    Args:
        source: of each entry of the word, in its order.
        touched: the qubit or bit that it touches.
        axes: along which it is diagonal there.
        order: the entries by source.
        resources: how many qubits and bits there are.
    """
    stamp = -np.ones(resources, dtype=np.int64)
    mask = np.zeros(resources, dtype=np.int64)
    run = np.zeros(resources, dtype=np.int64)
    common = np.zeros(resources, dtype=np.int64)
    run_of = np.zeros(len(source), dtype=np.int64)
    begin = 0
    while begin < len(order):
        end = begin
        while end < len(order) and source[order[end]] == source[order[begin]]:
            at = touched[order[end]]
            mask[at] = axes[order[end]] if stamp[at] != begin else mask[at] & axes[order[end]]
            stamp[at] = begin
            end += 1
        for i in range(begin, end):
            at = touched[order[i]]
            if stamp[at] == begin:
                stamp[at] = -1
                common[at] &= mask[at]
                if common[at] == 0:
                    run[at] += 1
                    common[at] = mask[at]
            run_of[order[i]] = run[at]
        begin = end
    latest: _Column = -np.ones(resources, dtype=np.int64)
    for entry in range(len(source)):
        at = touched[entry]
        if latest[at] >= 0 and run_of[entry] < run_of[latest[at]]:
            return entry, int(latest[at])
        latest[at] = entry
    return -1, -1


def _where(plan: Plan, step: int) -> str:
    kind = StepKind(int(plan.steps.kind[step])).name
    return f"step {step} ({kind} {Cells.of(plan.registers).labels(plan.steps.cells_of(step))})"


def describe_source(circuit: Circuit, source: int) -> str:
    """A row of the circuit in words."""
    op = circuit.ops[source]
    qubits = ", ".join(circuit.qubit_label(q) for q in op.operands)
    return f"circuit operation {source} ({op.name} {qubits})"
