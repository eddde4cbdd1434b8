"""Is the plan a plan: columns of one length, indices in range, nothing set that must be empty.

Everything after this may index without looking.
"""

from __future__ import annotations

import numpy as np

from interlace.circuit import GATES, NO_BIT, OpTable
from interlace.compiler.check.failure import refuse
from interlace.compiler.plan import NONE, Axis, Plan, Role, StepKind, StepTable
from interlace.kernel import BoolArray, FloatArray, IntArray

__all__ = ["check_shape", "check_table"]

_CELLS = {
    StepKind.OPEN: 2,
    StepKind.CLOSE: 1,
    StepKind.MOVE: 2,
    StepKind.SWAP: 2,
    StepKind.MEASURE: 1,
    StepKind.CORRECT: 1,
}
_BITS = {StepKind.OPEN: 1, StepKind.CLOSE: 1, StepKind.MOVE: 2, StepKind.SWAP: 2}
_COLUMNS = {
    "gate": {StepKind.GATE, StepKind.CORRECT},
    "source": {StepKind.GATE, StepKind.MEASURE},
    "packet": {StepKind.OPEN, StepKind.CLOSE, StepKind.CORRECT},
    "condition": {StepKind.CORRECT},
    "clbit": {StepKind.MEASURE},
}
_ALWAYS = {"gate", "condition", "clbit"}
_OPERANDS = {"measure": (1, 0), "reset": (1, 0), "ebit": (2, 0)}


def check_shape(plan: Plan) -> None:
    """Every column has its length, every index its range.

    Raises:
        CheckFailure: one has not.
    """
    circuit, steps = plan.circuit, plan.steps
    check_table(circuit.ops, circuit.num_qubits, circuit.num_clbits, what="circuit operation")
    for row, name in enumerate(circuit.ops.names):
        if name == "ebit":
            refuse(f"circuit operation name {row}", "a circuit makes no ebit")
    if len(circuit.ops) and (circuit.ops.condition != NO_BIT).any():
        refuse("circuit", "must hold no conditioned operation")
    _check_registers(plan)
    _check_steps(plan, steps)
    _check_kinds(steps)
    _check_pairs(plan)
    _check_placement(plan)
    _check_blocks(plan)


def check_table(
    table: OpTable, operands: int, bits: int, *, what: str, halves: bool = False
) -> None:
    """A table of operations is whole: lengths, offsets, names, operands and bits in range.

    `halves`: an `ebit` may have one operand, this machine's half.
    """
    n = len(table.gate)
    if len(table.start) != n + 1 or len(table.param_start) != n + 1:
        refuse(what, "the offset columns must have one row more than there are operations")
    if len(table.clbit) != n or len(table.condition) != n:
        refuse(what, "all columns must have the same number of rows")
    _check_offsets(table.start, len(table.operands), what)
    _check_offsets(table.param_start, len(table.params), what)
    _check_range(table.gate, 0, len(table.names), f"{what}: gate")
    _check_range(table.operands, 0, operands, f"{what}: operand")
    _check_range(table.clbit, NO_BIT, bits, f"{what}: clbit")
    _check_range(table.condition, NO_BIT, bits, f"{what}: condition")
    _check_finite(table.params, f"{what}: parameter")
    _check_rows(table, what, halves=halves)


def _check_rows(table: OpTable, what: str, *, halves: bool) -> None:
    size, count = np.diff(table.start), np.diff(table.param_start)
    wanted = np.array([_signature(name) for name in table.names], dtype=np.int64).reshape(-1, 2)
    wrong = (size != wanted[table.gate, 0]) | (count != wanted[table.gate, 1])
    if halves:
        is_ebit = np.array([name == "ebit" for name in table.names], dtype=np.bool_)
        wrong &= ~(is_ebit[table.gate] & (size == 1) & (count == 0))
    is_measure = np.array([name == "measure" for name in table.names], dtype=np.bool_)
    doubled = _has_twins(table.start, table.operands)
    writes = table.clbit != NO_BIT
    misused = is_measure[table.gate] != writes if len(table.gate) else writes
    bad = wrong | doubled | misused
    if not bad.any():
        return
    row = int(np.argmax(bad))
    where, name = f"{what} {row}", table.names[table.gate[row]]
    if wrong[row]:
        _check_signature(name, int(size[row]), int(count[row]), where)
    if doubled[row]:
        refuse(where, f"{name} needs distinct operands")
    refuse(where, f"{name}: a measurement, and nothing else, writes a bit")


def _has_twins(start: IntArray, values: IntArray) -> BoolArray:
    """Whether a row holds a value twice, rows by offsets."""
    size = np.diff(start)
    found = np.zeros(len(size), dtype=np.bool_)
    for last in range(1, int(size.max(initial=0))):
        rows = np.flatnonzero(size > last)
        for first in range(last):
            found[rows] |= values[start[rows] + first] == values[start[rows] + last]
    return found


def _signature(name: str) -> tuple[int, int]:
    """Operands and parameters of an operation; (-1, -1) if there is none of that name."""
    gate = GATES.get(name)
    return (gate.qubits, gate.params) if gate else _OPERANDS.get(name, (-1, -1))


def _check_signature(name: str, operands: int, params: int, where: str) -> None:
    gate = GATES.get(name)
    wanted = (gate.qubits, gate.params) if gate else _OPERANDS.get(name)
    if wanted is None:
        refuse(where, f"there is no operation {name!r}")
    if wanted != (operands, params):
        refuse(
            where,
            f"{name} needs {wanted[0]} operands and {wanted[1]} parameters, "
            f"not {operands} and {params}",
        )


def _check_registers(plan: Plan) -> None:
    names = [register.name for register in plan.registers]
    for row, register in enumerate(plan.registers):
        where = f"register {register.name or row}"
        if names.count(register.name) > 1:
            refuse(where, "the name stands for two registers")
        if register.size < 0 or register.role not in set(Role):
            refuse(where, f"a size and a role are needed (got {register.size}, {register.role})")
        if not 0 <= register.node < len(plan.network.nodes):
            refuse(where, f"there is no node {register.node}")
        wanted = register.size if register.role == Role.COMMUNICATION else 0
        if len(register.device_qubits) != wanted:
            refuse(where, f"needs {wanted} device qubits, has {len(register.device_qubits)}")


def _check_steps(plan: Plan, steps: StepTable) -> None:
    n = len(steps.kind)
    for name in ("node", "gate", "source", "packet", "axis", "condition", "clbit"):
        if len(getattr(steps, name)) != n:
            refuse("steps", f"column {name} has {len(getattr(steps, name))} rows, needs {n}")
    for name in ("start_s", "duration_s"):
        column: FloatArray = getattr(steps, name)
        if len(column) != n:
            refuse("steps", f"column {name} has {len(column)} rows, needs {n}")
        _check_finite(column, f"steps: {name}")
        _refuse_first(column < 0, f"steps: {name}", "must not be negative")
    for starts, values, name in (
        (steps.cell_start, steps.cells, "cells"),
        (steps.param_start, steps.params, "params"),
        (steps.bit_start, steps.bits, "bits"),
    ):
        if len(starts) != n + 1:
            refuse("steps", f"the offsets of {name} have {len(starts)} rows, need {n + 1}")
        _check_offsets(starts, len(values), f"steps: {name}")
    _check_finite(steps.params, "steps: params")
    _check_range(steps.kind, 0, len(StepKind), "steps: kind")
    _check_range(steps.node, 0, len(plan.network.nodes), "steps: node")
    _check_range(steps.gate, NONE, len(steps.names), "steps: gate")
    _check_range(steps.source, NONE, len(plan.circuit.ops), "steps: source")
    _check_range(steps.cells, 0, plan.num_cells, "steps: cells")
    _check_range(steps.bits, 0, plan.num_bits, "steps: bits")
    _check_range(steps.condition, NONE, plan.num_bits, "steps: condition")
    _check_range(steps.clbit, NONE, plan.circuit.num_clbits, "steps: clbit")


def _check_kinds(steps: StepTable) -> None:
    """Each step has what its kind needs and nothing else; the first that has not is named."""
    wrong = _has_twins(steps.cell_start, steps.cells) | (steps.kind == StepKind.DISTIL)
    size, count, bits = (
        np.diff(starts) for starts in (steps.cell_start, steps.param_start, steps.bit_start)
    )
    known = [(-1, -1) if name in {"measure", "ebit"} else _signature(name) for name in steps.names]
    table = np.array([*known, (-1, -1)], dtype=np.int64)
    is_gate = steps.kind == StepKind.GATE
    wrong |= is_gate & ((size != table[steps.gate, 0]) | (count != table[steps.gate, 1]))
    for kind in StepKind:
        here = steps.kind == kind
        if kind != StepKind.GATE:
            wrong |= here & ((size != _CELLS.get(kind, 0)) | (count > 0))
        wrong |= here & (bits != _BITS.get(kind, 0))
        for name, kinds in _COLUMNS.items():
            column: IntArray = getattr(steps, name)
            if kind not in kinds:
                wrong |= here & (column != NONE)
            elif name in _ALWAYS:
                wrong |= here & (column == NONE)
    has_packet = (steps.kind == StepKind.OPEN) | (steps.kind == StepKind.CLOSE)
    is_axis = (steps.axis == Axis.X) | (steps.axis == Axis.Z)
    wrong |= np.where(has_packet, ~is_axis | (steps.packet < 0), steps.axis != Axis.NONE)
    wrong |= (steps.kind == StepKind.MEASURE) & (steps.source == NONE)
    if wrong.any():
        _check_kind(steps, int(np.argmax(wrong)))


def _check_kind(steps: StepTable, step: int) -> None:
    """Say what is wrong with a step."""
    kind = StepKind(int(steps.kind[step]))
    where = f"step {step} ({kind.name})"
    cells = steps.cells_of(step)
    if kind == StepKind.DISTIL:
        refuse(where, "distillation is reserved: no plan may hold it yet")
    if kind == StepKind.GATE:
        name = steps.names[steps.gate[step]] if steps.gate[step] != NONE else ""
        if name in {"measure", "ebit"}:
            refuse(where, f"{name} is no gate")
        _check_signature(name, len(cells), len(steps.params_of(step)), where)
    elif len(cells) != _CELLS[kind]:
        refuse(where, f"needs {_CELLS[kind]} cells, has {len(cells)}")
    elif steps.params_of(step):
        refuse(where, "only gates have parameters")
    if len(set(cells)) != len(cells):
        refuse(where, "needs distinct cells")
    if len(steps.bits_of(step)) != _BITS.get(kind, 0):
        refuse(where, f"writes {_BITS.get(kind, 0)} bits, not {len(steps.bits_of(step))}")
    _check_columns(steps, step, kind, where)


def _check_columns(steps: StepTable, step: int, kind: StepKind, where: str) -> None:
    for name, kinds in _COLUMNS.items():
        value = int(getattr(steps, name)[step])
        if kind not in kinds and value != NONE:
            refuse(where, f"has no {name} (got {value})")
        if kind in kinds and value == NONE and name in _ALWAYS:
            refuse(where, f"needs a {name}")
    has_packet = kind in {StepKind.OPEN, StepKind.CLOSE}
    if has_packet and steps.packet[step] < 0:
        refuse(where, "needs a packet number")
    wanted = {Axis.X, Axis.Z} if has_packet else {Axis.NONE}
    if int(steps.axis[step]) not in wanted:
        refuse(where, f"has a wrong axis ({int(steps.axis[step])})")
    if kind == StepKind.MEASURE and steps.source[step] == NONE:
        refuse(where, "needs the operation of the circuit that it carries out")


def _check_pairs(plan: Plan) -> None:
    pairs, n = plan.pairs, len(plan.pairs.link)
    for name in ("first_cell", "second_cell", "step"):
        if len(getattr(pairs, name)) != n:
            refuse("pairs", f"column {name} has {len(getattr(pairs, name))} rows, needs {n}")
    _check_range(pairs.link, 0, len(plan.network.links), "pairs: link")
    _check_range(pairs.first_cell, 0, plan.num_cells, "pairs: first_cell")
    _check_range(pairs.second_cell, 0, plan.num_cells, "pairs: second_cell")
    _check_range(pairs.step, 0, len(plan.steps), "pairs: step")


def _check_placement(plan: Plan) -> None:
    rows = plan.placement
    for name in ("cell", "from_step", "to_step"):
        if len(getattr(rows, name)) != len(rows.qubit):
            refuse("placement", f"column {name} needs {len(rows.qubit)} rows")
    if len(rows.qubit) < plan.circuit.num_qubits:
        refuse("placement", f"must place all {plan.circuit.num_qubits} qubits of the circuit")
    _check_range(rows.qubit, 0, plan.circuit.num_qubits, "placement: qubit")
    _check_range(rows.cell, 0, plan.num_cells, "placement: cell")
    _check_range(rows.from_step, 0, len(plan.steps) + 1, "placement: from_step")
    _check_range(rows.to_step, 0, len(plan.steps) + 1, "placement: to_step")


def _check_blocks(plan: Plan) -> None:
    if len(plan.blocks) != 1:
        refuse("blocks", f"one block is what can be checked yet, not {len(plan.blocks)}")
    (block,) = plan.blocks
    if (block.start, block.stop) != (0, len(plan.steps)) or block.branch is not None:
        refuse("block 0", f"must cover the steps [0, {len(plan.steps)}) without a branch")


def _check_offsets(starts: IntArray, end: int, what: str) -> None:
    if starts[0] != 0 or starts[-1] != end or (np.diff(starts) < 0).any():
        refuse(what, f"offsets must rise from 0 to {end}")


def _check_range(values: IntArray, low: int, high: int, what: str) -> None:
    _refuse_first((values < low) | (values >= high), what, f"must lie in [{low}, {high})")


def _check_finite(values: FloatArray, what: str) -> None:
    _refuse_first(~np.isfinite(values), what, "must be finite")


def _refuse_first(wrong: BoolArray, what: str, rule: str) -> None:
    if wrong.any():
        refuse(f"{what}, row {int(np.argmax(wrong))}", rule)
