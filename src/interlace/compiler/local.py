"""The joint program split into one program a machine, on its couplings and native gates."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from interlace.circuit import NO_BIT, OpTableBuilder
from interlace.compiler.coupling import Coupling
from interlace.compiler.layout import searched_layout
from interlace.compiler.plan import Role
from interlace.compiler.program import JointProgram, MachineProgram
from interlace.compiler.router import Move, Router, Task
from interlace.compiler.rows import Row, rows_of
from interlace.compiler.translate import Native, Pair, Translator
from interlace.errors import InvariantError
from interlace.network import Device, LogicalDevice, Network, Repeater

__all__ = ["localise"]


def localise(joint: JointProgram, network: Network) -> tuple[MachineProgram, ...]:
    """Make each machine's own program: layout, SWAP insertion, translation.

    Guarantees: a gate of two operands acts only on device qubits that are coupled; both halves
    of an `ebit` are made on the device qubits that their cells name; every gate is native to its
    device, and equal to the joint program's up to a global phase. Rows keep their order. A cell
    changes its device qubit by an inserted SWAP, or without a gate at the `reset` before an
    `ebit`: there the communication cell takes its own device qubit, and what was there (which
    nobody reads any more) takes the label of the place that it leaves.

    Args:
        joint: the program over all machines.
        network: describes the devices.

    Returns:
        One program for each node with cells, in the order of the nodes.

    Raises:
        InfeasibleError: a device's gates or couplings cannot do what the program asks.
    """
    parts = _parts(joint)
    translators: dict[Device | LogicalDevice, Translator] = {}
    programs = []
    for node in sorted(parts):
        place = network.nodes[node]
        device = place.device
        translator = translators.get(device)
        if translator is None:
            translator = translators[device] = Translator(device)
        part = parts[node]
        data = () if isinstance(place, Repeater) else place.data
        if (
            isinstance(place, Repeater)
            or isinstance(device, LogicalDevice)
            or device.coupling is None
        ):
            programs.append(_all_to_all(node, part, data, translator))
        else:
            programs.append(_routed(node, part, data, Coupling.of(device, translator), translator))
    return tuple(programs)


@dataclass(slots=True)
class _Part:
    """What of the joint program happens at one node."""

    data: list[int] = field(default_factory=list)
    homes: dict[int, int] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    joint_rows: list[int] = field(default_factory=list)


def _parts(joint: JointProgram) -> Mapping[int, _Part]:
    parts: dict[int, _Part] = {}
    node_of: list[int] = []
    for register in joint.registers:
        part = parts.setdefault(register.node, _Part())
        cells = range(len(node_of), len(node_of) + register.size)
        if register.role == Role.DATA:
            part.data.extend(cells)
        else:
            part.homes.update(zip(cells, register.device_qubits, strict=True))
        node_of.extend([register.node] * register.size)
    for index, row in enumerate(rows_of(joint.ops)):
        nodes = [node_of[cell] for cell in row.operands]
        if row.name == "ebit":
            for node, cell in zip(nodes, row.operands, strict=True):
                parts[node].rows.append(row._replace(operands=(cell,)))
                parts[node].joint_rows.append(index)
            continue
        if len(set(nodes)) != 1:
            msg = f"row {index} of the joint program: {row.name} touches several machines"
            raise InvariantError(msg)
        parts[nodes[0]].rows.append(row)
        parts[nodes[0]].joint_rows.append(index)
    return parts


def _all_to_all(
    node: int, part: _Part, data: Sequence[int], translator: Translator
) -> MachineProgram:
    """Every cell keeps its device qubit."""
    if len(part.data) > len(data):
        msg = f"node {node}: {len(part.data)} data cells on {len(data)} data qubits"
        raise InvariantError(msg)
    place = part.homes | dict(zip(part.data, data, strict=False))
    moves = [
        Move(index, tuple([place[cell] for cell in row.operands]), False)
        for index, row in enumerate(part.rows)
    ]
    return _written(node, part, moves, place, place, translator)


def _routed(
    node: int, part: _Part, data: Sequence[int], coupling: Coupling, translator: Translator
) -> MachineProgram:
    task = Task.of(part.rows, part.homes)
    start = part.homes | searched_layout(task, part.data, data, coupling)
    router = Router(task, coupling, dict(start))
    moves = router.run()
    return _written(node, part, moves, start, router.place, translator, coupling)


_SWAP = Row("swap", (), (), NO_BIT, NO_BIT)
_KEPT = frozenset({"measure", "reset", "ebit"})


def _apart(qubits: tuple[int, ...], coupling: Coupling) -> Pair:
    """The two of three qubits, by position, that are not coupled; routing leaves at most one."""
    for one, other in itertools.combinations(range(3), 2):
        if not coupling.adjacent(qubits[one], qubits[other]):
            return one, other
    return None


def _written(
    node: int,
    part: _Part,
    moves: Sequence[Move],
    start: Mapping[int, int],
    end: Mapping[int, int],
    translator: Translator,
    coupling: Coupling | None = None,
) -> MachineProgram:
    """The moves in native gates."""
    ops = OpTableBuilder()
    joint_op: list[int] = []
    inserted: list[bool] = []
    for move in moves:
        row = _SWAP if move.is_swap else part.rows[move.index]
        if row.name in _KEPT:
            gates: Sequence[Native] = (Native(row.name, (0,)),)
        elif coupling is not None and len(move.qubits) == 3:
            gates = translator.beside(row.name, row.params, _apart(move.qubits, coupling))
        else:
            gates = translator.native(row.name, row.params)
        for gate in gates:
            ops.add(
                gate.name,
                [move.qubits[operand] for operand in gate.operands],
                params=gate.params,
                clbit=row.clbit,
                condition=row.condition,
            )
        joint_op += [part.joint_rows[move.index]] * len(gates)
        inserted += [move.is_swap] * len(gates)
    return MachineProgram(
        node=node,
        initial_layout=tuple(sorted(start.items())),
        final_layout=tuple(sorted(end.items())),
        ops=ops.build(),
        joint_op=np.array(joint_op, dtype=np.int64),
        inserted=np.array(inserted, dtype=np.bool_),
    )
