"""All machines' programs merged into one, in the joint program's order."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from interlace.circuit import OpTable
from interlace.compiler.naming import with_used_names
from interlace.compiler.plan import NONE
from interlace.compiler.program import Executable, JointProgram, MachineProgram
from interlace.errors import InvariantError
from interlace.kernel import IntArray

__all__ = ["merge"]


def merge(
    joint: JointProgram, programs: Sequence[MachineProgram], pair_links: IntArray
) -> Executable:
    """Interleave the machines' programs; what routing inserted comes before the row it serves.

    Args:
        joint: the program that they were made from.
        programs: one a node.
        pair_links: link index of each `ebit` of the joint program, in its order.

    Returns:
        One program over the device qubits that some operation touches, ordered by node and
        device qubit; each `ebit` has both halves again, in the joint program's order.

    Raises:
        InvariantError: a half of an `ebit` is missing, or there is not one link for each.
    """
    ebits = _ebits(joint)
    if len(ebits) != len(pair_links):
        msg = f"{len(ebits)} ebits in the joint program, {len(pair_links)} links of pairs"
        raise InvariantError(msg)
    joint_op = _chained([program.joint_op for program in programs])
    is_half = np.concatenate(
        [np.zeros(0, dtype=np.bool_), *(p.ops.gate == _code(p.ops, "ebit") for p in programs)]
    )
    node, device_qubit, tables = _numbered(programs)
    halves = np.flatnonzero(is_half)
    place = np.repeat(
        np.array([program.node for program in programs], dtype=np.int64),
        [len(program.ops) for program in programs],
    )
    pair = _pairs(joint, ebits, joint_op[halves], place[halves])
    ends = _chained([_ends_of_halves(table) for table in tables])[pair]
    # Both halves are written with the later of the two programs.
    written = ~is_half
    written[halves[pair].max(axis=1)] = True
    order = np.argsort(joint_op, kind="stable")
    order = order[written[order]]
    ops = with_used_names(_with_pairs(OpTable.gathered(tables, order), ends))
    link = np.full(len(ops), NONE, dtype=np.int64)
    link[ops.gate == _code(ops, "ebit")] = pair_links
    return Executable(
        node=node,
        device_qubit=device_qubit,
        ops=ops,
        joint_op=joint_op[order],
        swap=_swaps(programs)[order],
        link=link,
        num_bits=sum(register.size for register in joint.clbit_registers),
        num_program_bits=joint.num_program_bits,
    )


def _chained(columns: Sequence[IntArray]) -> IntArray:
    return np.concatenate([np.zeros(0, dtype=np.int64), *columns])


def _swaps(programs: Sequence[MachineProgram]) -> IntArray:
    """The numbers of the inserted SWAPs, machine after machine, each its own."""
    columns: list[IntArray] = []
    first = 0
    for program in programs:
        columns.append(np.where(program.inserted, program.swap + first, NONE))
        first += int(program.swap.max(initial=NONE)) + 1
    return _chained(columns)


def _code(ops: OpTable, name: str) -> int:
    return ops.names.index(name) if name in ops.names else NONE


def _ebits(joint: JointProgram) -> IntArray:
    """Rows of the joint program's ebits."""
    return np.flatnonzero(joint.ops.gate == _code(joint.ops, "ebit"))


def _numbered(
    programs: Sequence[MachineProgram],
) -> tuple[IntArray, IntArray, list[OpTable]]:
    """Node and device qubit of each qubit that is touched, and the tables on their numbers."""
    nodes: list[IntArray] = []
    qubits: list[IntArray] = []
    tables: list[OpTable] = []
    first = 0
    for program in programs:
        touched, which = np.unique(program.ops.operands, return_inverse=True)
        nodes.append(np.full(len(touched), program.node))
        qubits.append(touched)
        tables.append(dataclasses.replace(program.ops, operands=first + which.ravel()))
        first += len(touched)
    return _chained(nodes), _chained(qubits), tables


def _ends_of_halves(ops: OpTable) -> IntArray:
    """The operand of each half of an `ebit`."""
    return ops.operands[ops.start[:-1][ops.gate == _code(ops, "ebit")]]


def _pairs(joint: JointProgram, ebits: IntArray, row: IntArray, node: IntArray) -> IntArray:
    """Both halves of each `ebit`, in the joint program's order, shape (P, 2).

    Args:
        joint: the joint program.
        ebits: its rows that are ebits.
        row: row of the joint program behind each half in the machines' programs.
        node: where each half happens.
    """
    node_of = np.repeat(
        np.array([register.node for register in joint.registers], dtype=np.int64),
        np.array([register.size for register in joint.registers], dtype=np.int64),
    )
    width = int(max(node_of.max(initial=0), node.max(initial=0))) + 1
    cells = joint.ops.operands[joint.ops.start[ebits][:, None] + np.arange(2)]
    wanted = ebits[:, None] * width + node_of[cells]
    known = row * width + node
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known, wanted, sorter=order)
    is_found = at < len(known)
    is_found[is_found] = known[order[at[is_found]]] == wanted[is_found]
    missing = np.flatnonzero(~is_found.all(axis=1))
    if len(missing):
        msg = (
            f"row {int(ebits[missing[0]])}: a half of the ebit is missing from a machine's program"
        )
        raise InvariantError(msg)
    return order[at]


def _with_pairs(ops: OpTable, ends: IntArray) -> OpTable:
    """The rows with both operands of each `ebit`; they follow each other as the pairs do.

    Args:
        ops: each `ebit` has one operand.
        ends: both operands of each, shape (P, 2).
    """
    ebit = np.flatnonzero(ops.gate == _code(ops, "ebit"))
    sizes = np.diff(ops.start)
    sizes[ebit] = 2
    start = np.concatenate([[0], np.cumsum(sizes)])
    operands = np.empty(int(start[-1]), dtype=np.int64)
    is_half = np.zeros(len(operands), dtype=np.bool_)
    is_half[start[ebit][:, None] + np.arange(2)] = True
    operands[is_half] = ends.ravel()
    is_ebit = np.zeros(len(ops), dtype=np.bool_)
    is_ebit[ebit] = True
    operands[~is_half] = ops.operands[np.repeat(~is_ebit, np.diff(ops.start))]
    return dataclasses.replace(ops, start=start, operands=operands)
