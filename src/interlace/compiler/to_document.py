"""A plan as the document that plan.json holds."""

from __future__ import annotations

from collections import Counter
from typing import Any

import msgspec
import numpy as np

from interlace.circuit import Circuit
from interlace.compiler.plan import Plan, StepKind, StepTable
from interlace.compiler.schema import (
    VERSION,
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
)
from interlace.errors import SpecError
from interlace.network import network_document

__all__ = ["derived", "document_of"]

_KIND_NAMES = np.array([kind.name.lower() for kind in StepKind], dtype=object)


def document_of(plan: Plan) -> PlanDocument:
    """The whole plan as columns."""
    nodes = plan.network.nodes
    check = plan.check
    return PlanDocument(
        interlace_plan=VERSION,
        content_id=plan.content_id(),
        circuit=_circuit_document(plan.circuit),
        network=network_document(plan.network),
        **derived(plan),
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


def derived(plan: Plan) -> dict[str, Any]:
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
