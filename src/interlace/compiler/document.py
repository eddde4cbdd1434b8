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
from interlace.compiler.schema import (
    VERSION,
    BadColumnError,
    BlockDocument,
    BranchDocument,
    CellRegisterDocument,
    CheckDocument,
    CircuitDocument,
    EbitsDocument,
    OpsDocument,
    PairsDocument,
    PlacementDocument,
    PlanDocument,
    RegisterDocument,
    ScheduleDocument,
    as_json,
    from_json,
)
from interlace.errors import SpecError
from interlace.kernel import FloatArray, IntArray
from interlace.network import Network, network_document, network_from_document

__all__ = ["decoded", "encoded", "summarised"]

_MOST_SIZE = 10_000_000
"""Qubits or bits of a register: more than any plan that can be made has."""
_LONG = ("schedule", "pairs", "blocks")
_KINDS = {kind.name.lower(): int(kind) for kind in StepKind}
_KIND_NAMES = np.array(list(_KINDS), dtype=object)


def encoded(plan: Plan) -> bytes:
    """The plan as plan.json."""
    return as_json(_document(plan))


def summarised(plan: Plan) -> bytes:
    """plan.json without the long columns: schedule, pairs and the circuit's operations."""
    whole = _document(plan)
    document = {name: getattr(whole, name) for name in whole.__struct_fields__ if name not in _LONG}
    document["circuit"] = {
        name: getattr(whole.circuit, name)
        for name in whole.circuit.__struct_fields__
        if name != "ops"
    }
    return as_json(document, indent=2)


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
    for name, value in _derived(plan).items():
        if getattr(document, name) != value:
            raise SpecError(
                "does not fit the rest of the plan: leave the file as it was saved", path=name
            )
    return plan


def _read(content: bytes) -> PlanDocument:
    if not content.strip():
        raise SpecError("is empty: needs a plan.json, which `interlace distribute -o` writes")
    try:
        return from_json(content)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        if isinstance(cause := error.__cause__, BadColumnError):
            path = place.strip("`").lstrip(".") + cause.place
            raise SpecError(cause.rule, value=cause.value, path=path) from error
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
    check = plan.check
    return PlanDocument(
        interlace_plan=VERSION,
        content_id=plan.content_id(),
        circuit=_circuit_document(plan.circuit),
        network=network_document(plan.network),
        **_derived(plan),
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
            **_columns(plan.steps, ScheduleDocument, kind=_kind_names(plan.steps)),
        ),
    )


def _derived(plan: Plan) -> dict[str, Any]:
    """What the document says for its readers' sake, and the rest of it implies."""
    steps = plan.steps
    ends = steps.start_s + steps.duration_s
    counts = np.bincount(plan.pairs.link, minlength=len(plan.network.links)).tolist()
    links: Counter[str] = Counter()
    for link, count in zip(plan.network.links, counts, strict=True):
        links[link.name] += count
    return {
        "machines": _machines(plan),
        "ebits": EbitsDocument(
            total=len(plan.pairs), by_link={name: n for name, n in sorted(links.items()) if n}
        ),
        "makespan_s": float(ends.max()) if len(steps) else 0.0,
    }


def _columns(table: object, document: type[msgspec.Struct], **other: list[str]) -> dict[str, Any]:
    """The fields of a table; `other` are those that the table has in another form."""
    fields = [name for name in document.__struct_fields__ if name not in other]
    found = ((name, getattr(table, name)) for name in fields)
    columns = {name: list(value) if isinstance(value, tuple) else value for name, value in found}
    return columns | other


def _kind_names(steps: StepTable) -> list[str]:
    return _KIND_NAMES[steps.kind].tolist()


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
        dropped_barriers=circuit.dropped_barriers,
    )


def _machines(plan: Plan) -> dict[str, list[str]]:
    """Qubits by machine at the start, as people write them."""
    registers, placement = plan.registers, plan.placement
    sizes = np.array([register.size for register in registers], dtype=np.int64)
    node_of = np.repeat(np.array([r.node for r in registers], dtype=np.int64), sizes)
    first = np.flatnonzero(placement.from_step == 0)
    first = first[np.argsort(placement.qubit[first], kind="stable")]
    result: dict[str, list[str]] = {machine.name: [] for machine in plan.network.machines}
    labels = plan.circuit.qubit_labels()
    homes = [result.get(node.name) for node in plan.network.nodes]
    nodes = node_of[placement.cell[first]].tolist()
    for qubit, node in zip(placement.qubit[first].tolist(), nodes, strict=True):
        home = homes[node]
        if home is None:
            raise SpecError(f"'{plan.network.nodes[node].name}' is no machine", path="placement")
        home.append(labels[qubit])
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
