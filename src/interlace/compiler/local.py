"""The joint program split into one program a machine, on its couplings and native gates."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from interlace.circuit import Op, OpTable, distinct_gates, spliced
from interlace.compiler.coupling import Coupling
from interlace.compiler.layout import searched_layout
from interlace.compiler.naming import with_used_names
from interlace.compiler.plan import NONE, Role
from interlace.compiler.program import JointProgram, MachineProgram
from interlace.compiler.router import Routed, Task, routed
from interlace.compiler.translate import Pair, Translator
from interlace.errors import InvariantError
from interlace.kernel import IntArray, spans
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
    couplings: dict[Device, Coupling] = {}
    programs: list[MachineProgram] = []
    nodes = network.nodes
    for node in sorted(parts):
        place = nodes[node]
        device = place.device
        if device not in translators:
            translators[device] = Translator(device)
        translator, part = translators[device], parts[node]
        data = () if isinstance(place, Repeater) else place.data
        if (
            isinstance(place, Repeater)
            or isinstance(device, LogicalDevice)
            or device.coupling is None
        ):
            programs.append(_all_to_all(node, part, data, translator))
            continue
        if device not in couplings:
            couplings[device] = Coupling.of(device, translator)
        programs.append(_routed(node, part, data, couplings[device], translator))
    return tuple(programs)


@dataclass(slots=True)
class _Part:
    """What of the joint program happens at one node; an `ebit` has this node's cell alone."""

    data: list[int] = field(default_factory=list)
    homes: dict[int, int] = field(default_factory=dict)
    ops: OpTable = field(default_factory=lambda: OpTable.of(()))
    joint_rows: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))


def _parts(joint: JointProgram) -> Mapping[int, _Part]:
    parts: dict[int, _Part] = {}
    first = 0
    for register in joint.registers:
        part = parts.setdefault(register.node, _Part())
        cells = range(first, first + register.size)
        if register.role == Role.DATA:
            part.data.extend(cells)
        else:
            part.homes.update(zip(cells, register.device_qubits, strict=True))
        first += register.size
    node_of = np.repeat(
        np.array([register.node for register in joint.registers], dtype=np.int64),
        np.array([register.size for register in joint.registers], dtype=np.int64),
    )
    halved, rows = _halved(joint.ops)
    node = node_of[halved.operands]
    home = node[halved.start[:-1]]
    astray = np.flatnonzero(node != np.repeat(home, np.diff(halved.start)))
    if len(astray):
        row = int(np.searchsorted(halved.start, astray[0], side="right")) - 1
        name = halved.names[halved.gate[row]]
        msg = f"row {int(rows[row])} of the joint program: {name} touches several machines"
        raise InvariantError(msg)
    order = np.argsort(home, kind="stable")
    ends = np.searchsorted(home[order], sorted(parts), side="right")
    for index, here in zip(sorted(parts), np.split(order, ends[:-1]), strict=True):
        parts[index].ops, parts[index].joint_rows = halved.take(here), rows[here]
    return parts


def _halved(ops: OpTable) -> tuple[OpTable, IntArray]:
    """The program with each `ebit` as two rows of one operand, and the row that each was."""
    is_ebit = ops.gate == (ops.names.index("ebit") if "ebit" in ops.names else NONE)
    times = np.where(is_ebit, 2, 1)
    rows = np.repeat(np.arange(len(ops), dtype=np.int64), times)
    repeated = ops.take(rows)
    halves = np.flatnonzero(is_ebit[rows])
    start = ops.start[rows[halves]] + np.arange(len(halves)) % 2
    sizes = np.diff(repeated.start)
    begins = ops.start[rows]
    sizes[halves], begins[halves] = 1, start
    table = dataclasses.replace(
        repeated,
        start=np.concatenate([[0], np.cumsum(sizes)]),
        operands=ops.operands[spans(begins, sizes)],
    )
    return table, rows


def _all_to_all(
    node: int, part: _Part, data: Sequence[int], translator: Translator
) -> MachineProgram:
    """Every cell keeps its device qubit."""
    if len(part.data) > len(data):
        msg = f"node {node}: {len(part.data)} data cells on {len(data)} data qubits"
        raise InvariantError(msg)
    place = part.homes | dict(zip(part.data, data, strict=False))
    qubit_of = np.zeros(max(place, default=0) + 1, dtype=np.int64)
    qubit_of[list(place)] = list(place.values())
    ops = dataclasses.replace(part.ops, operands=qubit_of[part.ops.operands])
    ops, source = _translated(with_used_names(ops), translator)
    layout = tuple(sorted(place.items()))
    return MachineProgram(
        node=node,
        initial_layout=layout,
        final_layout=layout,
        ops=ops,
        joint_op=part.joint_rows[source],
        swap=np.full(len(ops), NONE, dtype=np.int64),
    )


def _translated(
    ops: OpTable, translator: Translator, coupling: Coupling | None = None
) -> tuple[OpTable, IntArray]:
    """The table in native gates, each different gate translated once, and the rows they are of."""
    foreign = [
        code
        for code, name in enumerate(ops.names)
        if name not in _KEPT and not translator.takes_all and name not in translator.natives
    ]
    way = _ways(ops, coupling)
    rows = np.flatnonzero(np.isin(ops.gate, foreign) | (way != _AS_IT_IS))
    gates, template = distinct_gates(ops, rows)
    found, template = np.unique(template * len(_WAYS) + way[rows], return_inverse=True)
    kinds = [divmod(number, len(_WAYS)) for number in found.tolist()]
    templates = [_template(translator, *gates[gate], way=way) for gate, way in kinds]
    table, source = spliced(ops, rows, templates, template)
    # What stands for a conditioned gate is conditioned as it was.
    table = dataclasses.replace(table, condition=ops.condition[source])
    return with_used_names(table), source


_KEPT = frozenset({"measure", "reset", "ebit"})
_WAYS: tuple[Pair, ...] = (None, None, *itertools.combinations(range(3), 2))
_AS_IT_IS, _TOGETHER = 0, 1
"""How a row is translated: as it is; of three operands, all coupled; with that pair apart."""


def _ways(ops: OpTable, coupling: Coupling | None) -> IntArray:
    """For each row an index into `_WAYS`; routing leaves at most one pair of three apart."""
    way = np.full(len(ops), _AS_IT_IS, dtype=np.int64)
    threes = np.flatnonzero(np.diff(ops.start) == 3)
    if coupling is None or len(threes) == 0:
        return way
    way[threes] = _TOGETHER
    operands = ops.operands[ops.start[threes][:, None] + np.arange(3)]
    edges = np.array(list(coupling.weights), dtype=np.int64).reshape(-1, 2)
    size = coupling.device.qubits
    for number in range(len(_WAYS) - 1, _TOGETHER, -1):
        ends = operands[:, list(_WAYS[number] or ())]
        is_apart = ~np.isin(ends @ [size, 1], edges @ [size, 1])
        way[threes[is_apart]] = number
    return way


def _template(translator: Translator, name: str, params: tuple[float, ...], *, way: int) -> OpTable:
    """A gate in native ones."""
    if way == _AS_IT_IS:
        gates = translator.native(name, params)
    else:
        gates = translator.beside(name, params, _WAYS[way])
    return OpTable.of(
        Op(name=gate.name, operands=gate.operands, params=gate.params) for gate in gates
    )


def _routed(
    node: int, part: _Part, data: Sequence[int], coupling: Coupling, translator: Translator
) -> MachineProgram:
    task = Task.of(part.ops, part.homes)
    start = part.homes | searched_layout(task, part.data, data, coupling)
    done = routed(task, coupling, start)
    moves, row, swap = _moves(part.ops, done)
    ops, source = _translated(moves, translator, coupling)
    return MachineProgram(
        node=node,
        initial_layout=tuple(sorted(start.items())),
        final_layout=tuple(sorted(done.place.items())),
        ops=ops,
        joint_op=part.joint_rows[row[source]],
        swap=swap[source],
    )


def _moves(ops: OpTable, done: Routed) -> tuple[OpTable, IntArray, IntArray]:
    """Rows and SWAPs on device qubits, in order, the row that each serves, the SWAP's number."""
    swaps = done.swap.shape[1]
    inserted = OpTable.of_columns(
        ["swap"], gate=np.zeros(swaps, dtype=np.int64), operands=done.swap[1:].T.ravel()
    )
    both = OpTable.joined([inserted, dataclasses.replace(ops, operands=done.where)])
    row = np.concatenate([done.swap[0], np.arange(len(ops))])
    swap = np.concatenate([np.arange(swaps), np.full(len(ops), NONE)])
    order = np.argsort(row, kind="stable")  # a SWAP stands before the row that it serves
    return both.take(order), row[order], swap[order]
