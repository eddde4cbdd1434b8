"""The plan that a document of plan.json holds."""

from __future__ import annotations

import msgspec
import numpy as np

from interlace.circuit import GATES, Circuit, OpTable, Register
from interlace.compiler.plan import (
    Block,
    Branch,
    CellRegister,
    CheckReport,
    PairTable,
    Placement,
    Plan,
    Role,
    StepKind,
    StepTable,
)
from interlace.compiler.schema import (
    CellRegisterDocument,
    CircuitDocument,
    PlanDocument,
    RegisterDocument,
    ScheduleDocument,
)
from interlace.errors import SpecError
from interlace.kernel import FloatArray, IntArray
from interlace.network import Network, network_from_document

__all__ = ["plan_of"]

_MOST_SIZE = 10_000_000
"""Qubits or bits of a register: more than any plan that can be made has."""
_KINDS = {kind.name.lower(): int(kind) for kind in StepKind}
_OTHER = frozenset({"measure", "reset"})


def plan_of(document: PlanDocument) -> Plan:
    """The plan that a document holds, as written; what it says twice is not compared here.

    Raises:
        SpecError: columns of unequal length, an index or a number out of range.
    """
    network = network_from_document(document.network)
    check = document.check
    plan = Plan(
        circuit=_circuit(document.circuit),
        network=network,
        registers=tuple(_cell_register(register, network) for register in document.registers),
        placement=Placement(**_arrays(document.placement, "placement")),
        pairs=PairTable(**_arrays(document.pairs, "pairs")),
        steps=_steps(document.schedule),
        blocks=tuple(
            Block(
                start=b.start,
                stop=b.stop,
                branch=None
                if b.branch is None
                else Branch(clbit=b.branch.clbit, if_one=b.branch.if_one, if_zero=b.branch.if_zero),
            )
            for b in document.blocks
        ),
        num_bits=document.num_bits,
        min_fidelity=document.min_fidelity,
        seed=document.seed,
        check=None
        if check is None
        else CheckReport(
            rules=tuple(check.rules),
            method=check.method,
            shown=tuple(check.shown),
            not_shown=tuple(check.not_shown),
            false_acceptance=check.false_acceptance,
        ),
        compile_s=document.compile_s,
    )
    _refuse_size(plan.num_bits, "num_bits")
    _within(plan.pairs.link, len(network.links), "pairs.link")
    _within(plan.pairs.first_cell, plan.num_cells, "pairs.first_cell")
    _within(plan.pairs.second_cell, plan.num_cells, "pairs.second_cell")
    _within(plan.pairs.step, len(plan.steps), "pairs.step")
    _within(plan.placement.qubit, plan.circuit.num_qubits, "placement.qubit")
    _within(plan.placement.cell, plan.num_cells, "placement.cell")
    _within(plan.steps.cells, plan.num_cells, "schedule.cells")
    _within(plan.steps.node, len(network.nodes), "schedule.node")
    _within(plan.steps.source, len(plan.circuit.ops), "schedule.source", low=-1)
    _within(plan.steps.bits, plan.num_bits, "schedule.bits")
    _within(plan.steps.condition, plan.num_bits, "schedule.condition", low=-1)
    _within(plan.steps.clbit, plan.circuit.num_clbits, "schedule.clbit", low=-1)
    return plan


def _arrays(document: msgspec.Struct, path: str) -> dict[str, IntArray]:
    """Columns of equal length."""
    columns = {name: getattr(document, name) for name in document.__struct_fields__}
    if len({len(column) for column in columns.values()}) > 1:
        raise SpecError("columns must have one length", path=path)
    return columns


def _within(column: IntArray, stop: int, path: str, *, low: int = 0) -> None:
    wrong = np.flatnonzero((column < low) | (column >= stop))
    if len(wrong):
        row = int(wrong[0])
        needed = f"must be from {low} to {stop - 1}" if stop > low else "must be empty"
        raise SpecError(needed, value=int(column[row]), path=f"{path}[{row}]")


def _offsets(column: IntArray, rows: int, flat: int, path: str) -> IntArray:
    if (
        len(column) != rows + 1
        or column[0] != 0
        or column[-1] != flat
        or bool(np.any(np.diff(column) < 0))
    ):
        raise SpecError(f"must be {rows + 1} offsets rising from 0 to {flat}", path=path)
    return column


def _finite(column: FloatArray, path: str) -> FloatArray:
    if not np.all(np.isfinite(column)):
        raise SpecError("must be finite", path=path)
    return column


def _times(column: FloatArray, path: str) -> FloatArray:
    early = np.flatnonzero(_finite(column, path) < 0)
    if len(early):
        row = int(early[0])
        raise SpecError("must not be negative", value=float(column[row]), path=f"{path}[{row}]")
    return column


def _cell_register(document: CellRegisterDocument, network: Network) -> CellRegister:
    names = [node.name for node in network.nodes]
    if document.node not in names:
        raise SpecError("no such node in the plan's network", value=document.node, path="registers")
    if document.role.upper() not in Role.__members__:
        raise SpecError("role must be data or communication", value=document.role, path="registers")
    _refuse_size(document.size, "registers")
    return CellRegister(
        name=document.name,
        node=names.index(document.node),
        role=Role[document.role.upper()],
        size=document.size,
        device_qubits=tuple(document.device_qubits),
    )


def _circuit(document: CircuitDocument) -> Circuit:
    ops, path = document.ops, "circuit.ops"
    rows = len(ops.gate)
    unknown = [name for name in ops.names if name not in GATES and name not in _OTHER]
    if unknown:
        raise SpecError("unknown operation", value=unknown[0], path=f"{path}.names")
    if len(ops.clbit) != rows:
        raise SpecError("columns must have one length", path=path)
    table = OpTable(
        names=tuple(ops.names),
        gate=ops.gate,
        start=_offsets(ops.start, rows, len(ops.operands), f"{path}.start"),
        operands=ops.operands,
        param_start=_offsets(ops.param_start, rows, len(ops.params), f"{path}.param_start"),
        params=_finite(ops.params, f"{path}.params"),
        clbit=ops.clbit,
        condition=np.full(rows, -1, dtype=np.int64),
    )
    circuit = Circuit(
        name=document.name,
        qubit_registers=_registers(document.qubit_registers),
        clbit_registers=_registers(document.clbit_registers),
        ops=table,
        dropped_barriers=document.dropped_barriers,
    )
    if circuit.dropped_barriers < 0:
        rule = "must not be negative"
        raise SpecError(rule, value=circuit.dropped_barriers, path="circuit.dropped_barriers")
    _within(table.gate, len(table.names), f"{path}.gate")
    _within(table.operands, circuit.num_qubits, f"{path}.operands")
    _within(table.clbit, circuit.num_clbits, f"{path}.clbit", low=-1)
    return circuit


def _refuse_size(size: int, path: str) -> None:
    if not 0 <= size <= _MOST_SIZE:
        raise SpecError(f"a size must be from 0 to {_MOST_SIZE}", value=size, path=path)


def _registers(documents: list[RegisterDocument]) -> tuple[Register, ...]:
    for document in documents:
        _refuse_size(document.size, f"circuit: register {document.name!r}")
    return tuple(Register(name=document.name, size=document.size) for document in documents)


def _steps(document: ScheduleDocument) -> StepTable:
    rows = len(document.kind)
    kinds = list(map(_KINDS.get, document.kind))
    if None in kinds:
        unknown = document.kind[kinds.index(None)]
        raise SpecError("unknown kind of step", value=unknown, path="schedule.kind")
    kind = np.array(kinds, dtype=np.int64)
    if np.any(kind == StepKind.DISTIL):
        raise SpecError("distil steps are reserved and cannot be run", path="schedule.kind")
    single = ("node", "gate", "source", "packet", "axis", "condition", "clbit")
    if any(len(getattr(document, name)) != rows for name in (*single, "start_s", "duration_s")):
        raise SpecError("columns must have one length", path="schedule")
    columns = {name: getattr(document, name) for name in single}
    for name in document.names:
        if name not in GATES and name != "reset":
            raise SpecError("unknown operation", value=name, path="schedule.names")
    _within(columns["gate"], len(document.names), "schedule.gate", low=-1)
    return StepTable(
        names=tuple(document.names),
        kind=kind,
        **columns,
        cell_start=_offsets(document.cell_start, rows, len(document.cells), "schedule.cell_start"),
        cells=document.cells,
        param_start=_offsets(
            document.param_start, rows, len(document.params), "schedule.param_start"
        ),
        params=_finite(document.params, "schedule.params"),
        bit_start=_offsets(document.bit_start, rows, len(document.bits), "schedule.bit_start"),
        bits=document.bits,
        start_s=_times(document.start_s, "schedule.start_s"),
        duration_s=_times(document.duration_s, "schedule.duration_s"),
    )
