"""plan.json: a plan as columns, and back.

The document is strict: unknown or missing keys, wrong types and columns of
unequal length are refused. `content_id` is that of the plan; a document whose
content does not hash to it was changed by hand.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import Any

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
from interlace.errors import SpecError
from interlace.kernel import FloatArray, IntArray
from interlace.network import Network, network_document, network_from_document
from interlace.units import Fidelity, Probability, Seconds

__all__ = ["decoded", "encoded", "summarised"]

VERSION = 1

_MOST_SIZE = 10_000_000
"""Qubits or bits of a register: more than any plan that can be made has."""

Integers = list[int]
Floats = list[float]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class RegisterDocument(_Struct, frozen=True):
    """A named run of qubits or bits."""

    name: str
    size: int


class OpsDocument(_Struct, frozen=True):
    """An `OpTable` as columns."""

    names: list[str]
    gate: Integers
    start: Integers
    operands: Integers
    param_start: Integers
    params: Floats
    clbit: Integers


class CircuitDocument(_Struct, frozen=True):
    """The input circuit."""

    name: str
    qubit_registers: list[RegisterDocument]
    clbit_registers: list[RegisterDocument]
    ops: OpsDocument


class CellRegisterDocument(_Struct, frozen=True):
    """A register of cells."""

    name: str
    node: str
    role: str
    size: int
    device_qubits: Integers


class PlacementDocument(_Struct, frozen=True):
    """Where each qubit lives, by interval of steps."""

    qubit: Integers
    cell: Integers
    from_step: Integers
    to_step: Integers


class PairsDocument(_Struct, frozen=True):
    """Ebits, one row a link pair."""

    link: Integers
    first_cell: Integers
    second_cell: Integers
    step: Integers


class ScheduleDocument(_Struct, frozen=True):
    """Steps as columns."""

    names: list[str]
    kind: list[str]
    node: Integers
    gate: Integers
    source: Integers
    packet: Integers
    axis: Integers
    cell_start: Integers
    cells: Integers
    param_start: Integers
    params: Floats
    bit_start: Integers
    bits: Integers
    condition: Integers
    clbit: Integers
    start_s: Floats
    duration_s: Floats


class BranchDocument(_Struct, frozen=True):
    """Where a block goes on."""

    clbit: int
    if_one: int
    if_zero: int


class BlockDocument(_Struct, frozen=True):
    """A run of steps."""

    start: int
    stop: int
    branch: BranchDocument | None = None


class EbitsDocument(_Struct, frozen=True):
    """Link pairs, one a hop."""

    total: int
    by_link: dict[str, int]


class CheckDocument(_Struct, frozen=True):
    """What was shown about the plan."""

    rules: list[str]
    method: str
    shown: list[str]
    not_shown: list[str]
    false_acceptance: Probability | None = None


class PlanDocument(_Struct, frozen=True):
    """The whole of plan.json."""

    interlace_plan: int
    content_id: str
    circuit: CircuitDocument
    network: dict[str, Any]
    machines: dict[str, list[str]]
    ebits: EbitsDocument
    makespan_s: Seconds
    compile_s: Seconds
    seed: int
    min_fidelity: Fidelity | None
    check: CheckDocument | None
    registers: list[CellRegisterDocument]
    placement: PlacementDocument
    pairs: PairsDocument
    num_bits: int
    blocks: list[BlockDocument]
    schedule: ScheduleDocument


def encoded(plan: Plan) -> bytes:
    """The plan as plan.json."""
    return msgspec.json.format(msgspec.json.encode(_document(plan)), indent=0) + b"\n"


def summarised(plan: Plan) -> bytes:
    """plan.json without the long columns: schedule, pairs and the circuit's operations."""
    document = msgspec.to_builtins(_document(plan))
    for key in ("schedule", "pairs", "blocks"):
        del document[key]
    del document["circuit"]["ops"]
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def decoded(content: bytes) -> Plan:
    """The plan in a plan.json, as written; its rules are not checked here.

    Raises:
        SpecError: not JSON, not this schema, or changed since it was saved.
    """
    document = _read(content)
    if document.interlace_plan != VERSION:
        raise SpecError(
            f"needs interlace_plan: {VERSION}",
            value=document.interlace_plan,
            path="interlace_plan",
        )
    if not 0 <= document.compile_s < math.inf:
        rule = "must be a finite time in seconds, not negative"
        raise SpecError(rule, value=document.compile_s, path="compile_s")
    plan = _plan(document)
    if plan.content_id() != document.content_id:
        raise SpecError(
            "was changed since it was saved: its content_id does not fit its content; "
            "make it again with `interlace distribute`",
            value=document.content_id,
            path="content_id",
        )
    again = _document(plan)
    for name in ("ebits", "machines", "makespan_s"):
        if getattr(again, name) != getattr(document, name):
            raise SpecError(
                "does not fit the rest of the plan: leave the file as it was saved", path=name
            )
    return plan


def _read(content: bytes) -> PlanDocument:
    if not content.strip():
        raise SpecError("is empty: needs a plan.json, which `interlace distribute -o` writes")
    try:
        return msgspec.json.decode(content, type=PlanDocument)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        rule = f"is not a plan.json of this version: {problem[:1].lower()}{problem[1:]}"
        raise SpecError(rule, path=place.strip("`").lstrip(".") or None) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _no_json(content, str(error)) from error
    except RecursionError:
        raise SpecError("is not a plan.json: it is nested too deeply") from None


def _no_json(content: bytes, problem: str) -> SpecError:
    """The line of the mistake, and what is written there."""
    match = re.search(r" \(byte (\d+)\)", problem)
    end = int(match[1]) if match else len(content)
    line = content.count(b"\n", 0, end) + 1
    begin = content.rfind(b"\n", 0, end) + 1
    written = content[max(begin, end - 30) : end + 30].split(b"\n")[0].decode(errors="replace")
    rule = f"is not a plan.json: {problem.replace(match[0], '') if match else problem}"
    return SpecError(rule, value=written or None, line=line)


# -- plan to document -------------------------------------------------------------------------


def _document(plan: Plan) -> PlanDocument:
    nodes = plan.network.nodes
    steps = plan.steps
    ends = steps.start_s + steps.duration_s
    links = Counter(plan.network.links[link].name for link in plan.pairs.link.tolist())
    check = plan.check
    return PlanDocument(
        interlace_plan=VERSION,
        content_id=plan.content_id(),
        circuit=_circuit_document(plan.circuit),
        network=network_document(plan.network),
        machines=_machines(plan),
        ebits=EbitsDocument(total=len(plan.pairs), by_link=dict(sorted(links.items()))),
        makespan_s=float(ends.max()) if len(steps) else 0.0,
        compile_s=plan.compile_s,
        seed=plan.seed,
        min_fidelity=plan.min_fidelity,
        check=None
        if check is None
        else CheckDocument(
            rules=list(check.rules),
            method=check.method,
            shown=list(check.shown),
            not_shown=list(check.not_shown),
            false_acceptance=check.false_acceptance,
        ),
        registers=[
            CellRegisterDocument(
                name=r.name,
                node=nodes[r.node].name,
                role=r.role.name.lower(),
                size=r.size,
                device_qubits=list(r.device_qubits),
            )
            for r in plan.registers
        ],
        placement=PlacementDocument(**_columns(plan.placement, PlacementDocument)),
        pairs=PairsDocument(**_columns(plan.pairs, PairsDocument)),
        num_bits=plan.num_bits,
        blocks=[
            BlockDocument(
                start=b.start,
                stop=b.stop,
                branch=None
                if b.branch is None
                else BranchDocument(
                    clbit=b.branch.clbit, if_one=b.branch.if_one, if_zero=b.branch.if_zero
                ),
            )
            for b in plan.blocks
        ],
        schedule=ScheduleDocument(
            **_columns(steps, ScheduleDocument, kind=_kind_names(steps)),
        ),
    )


def _columns(table: object, document: type[_Struct], **other: list[Any]) -> dict[str, Any]:
    """The fields of a table as lists; `other` are those that the table has in another form."""
    fields = [name for name in document.__struct_fields__ if name not in other]
    found = ((name, getattr(table, name)) for name in fields)
    lists = {
        name: list(value) if isinstance(value, tuple) else value.tolist() for name, value in found
    }
    return lists | other


def _kind_names(steps: StepTable) -> list[str]:
    return [StepKind(kind).name.lower() for kind in steps.kind.tolist()]


def _circuit_document(circuit: Circuit) -> CircuitDocument:
    return CircuitDocument(
        name=circuit.name,
        qubit_registers=[
            RegisterDocument(name=r.name, size=r.size) for r in circuit.qubit_registers
        ],
        clbit_registers=[
            RegisterDocument(name=r.name, size=r.size) for r in circuit.clbit_registers
        ],
        ops=OpsDocument(**_columns(circuit.ops, OpsDocument)),
    )


def _machines(plan: Plan) -> dict[str, list[str]]:
    """Qubits by machine at the start, as people write them."""
    node_of = [r.node for r in plan.registers for _ in range(r.size)]
    result: dict[str, list[str]] = {machine.name: [] for machine in plan.network.machines}
    first = np.flatnonzero(plan.placement.from_step == 0)
    for row in sorted(first.tolist(), key=lambda row: int(plan.placement.qubit[row])):
        node = node_of[int(plan.placement.cell[row])]
        label = plan.circuit.qubit_label(int(plan.placement.qubit[row]))
        result[plan.network.nodes[node].name].append(label)
    return result


# -- document to plan -------------------------------------------------------------------------


def _plan(document: PlanDocument) -> Plan:
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


def _arrays(document: _Struct, path: str) -> dict[str, IntArray]:
    """Columns of equal length as integer arrays."""
    columns = {
        name: _integers(getattr(document, name), f"{path}.{name}")
        for name in document.__struct_fields__
    }
    if len({len(column) for column in columns.values()}) > 1:
        raise SpecError("columns must have one length", path=path)
    return columns


def _integers(values: list[int], path: str) -> IntArray:
    try:
        return np.array(values, dtype=np.int64)
    except OverflowError:
        row = next(i for i, value in enumerate(values) if not -(2**63) <= value < 2**63)
        raise SpecError("must fit 64 bits", value=values[row], path=f"{path}[{row}]") from None


def _within(column: IntArray, stop: int, path: str, *, low: int = 0) -> None:
    wrong = np.flatnonzero((column < low) | (column >= stop))
    if len(wrong):
        row = int(wrong[0])
        needed = f"must be from {low} to {stop - 1}" if stop > low else "must be empty"
        raise SpecError(needed, value=int(column[row]), path=f"{path}[{row}]")


def _offsets(values: list[int], rows: int, flat: int, path: str) -> IntArray:
    column = _integers(values, path)
    if (
        len(column) != rows + 1
        or column[0] != 0
        or column[-1] != flat
        or bool(np.any(np.diff(column) < 0))
    ):
        raise SpecError(f"must be {rows + 1} offsets rising from 0 to {flat}", path=path)
    return column


def _floats(values: list[float], path: str) -> FloatArray:
    column = np.array(values, dtype=np.float64)
    if not np.all(np.isfinite(column)):
        raise SpecError("must be finite", path=path)
    return column


def _times(values: list[float], path: str) -> FloatArray:
    column = _floats(values, path)
    early = np.flatnonzero(column < 0)
    if len(early):
        row = int(early[0])
        raise SpecError("must not be negative", value=values[row], path=f"{path}[{row}]")
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
        gate=_integers(ops.gate, f"{path}.gate"),
        start=_offsets(ops.start, rows, len(ops.operands), f"{path}.start"),
        operands=_integers(ops.operands, f"{path}.operands"),
        param_start=_offsets(ops.param_start, rows, len(ops.params), f"{path}.param_start"),
        params=_floats(ops.params, f"{path}.params"),
        clbit=_integers(ops.clbit, f"{path}.clbit"),
        condition=np.full(rows, -1, dtype=np.int64),
    )
    circuit = Circuit(
        name=document.name,
        qubit_registers=_registers(document.qubit_registers),
        clbit_registers=_registers(document.clbit_registers),
        ops=table,
    )
    _within(table.gate, len(table.names), f"{path}.gate")
    _within(table.operands, circuit.num_qubits, f"{path}.operands")
    _within(table.clbit, circuit.num_clbits, f"{path}.clbit", low=-1)
    return circuit


_OTHER = frozenset({"measure", "reset"})


def _refuse_size(size: int, path: str) -> None:
    if not 0 <= size <= _MOST_SIZE:
        raise SpecError(f"a size must be from 0 to {_MOST_SIZE}", value=size, path=path)


def _registers(documents: list[RegisterDocument]) -> tuple[Register, ...]:
    for document in documents:
        _refuse_size(document.size, f"circuit: register {document.name!r}")
    return tuple(Register(name=document.name, size=document.size) for document in documents)


def _steps(document: ScheduleDocument) -> StepTable:
    rows = len(document.kind)
    kinds = [kind.upper() for kind in document.kind]
    wrong = [kind for kind in kinds if kind not in StepKind.__members__]
    if wrong:
        raise SpecError("unknown kind of step", value=wrong[0].lower(), path="schedule.kind")
    if "DISTIL" in kinds:
        raise SpecError("distil steps are reserved and cannot be run", path="schedule.kind")
    single = ("node", "gate", "source", "packet", "axis", "condition", "clbit")
    if any(len(getattr(document, name)) != rows for name in (*single, "start_s", "duration_s")):
        raise SpecError("columns must have one length", path="schedule")
    columns = {name: _integers(getattr(document, name), f"schedule.{name}") for name in single}
    for name in document.names:
        if name not in GATES and name != "reset":
            raise SpecError("unknown operation", value=name, path="schedule.names")
    _within(columns["gate"], len(document.names), "schedule.gate", low=-1)
    return StepTable(
        names=tuple(document.names),
        kind=np.array([StepKind[kind] for kind in kinds], dtype=np.int64),
        **columns,
        cell_start=_offsets(document.cell_start, rows, len(document.cells), "schedule.cell_start"),
        cells=_integers(document.cells, "schedule.cells"),
        param_start=_offsets(
            document.param_start, rows, len(document.params), "schedule.param_start"
        ),
        params=_floats(document.params, "schedule.params"),
        bit_start=_offsets(document.bit_start, rows, len(document.bits), "schedule.bit_start"),
        bits=_integers(document.bits, "schedule.bits"),
        start_s=_times(document.start_s, "schedule.start_s"),
        duration_s=_times(document.duration_s, "schedule.duration_s"),
    )
