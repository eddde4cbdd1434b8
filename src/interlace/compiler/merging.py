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
    all_rows = OpTable.joined([program.ops for program in programs])
    joint_op = _chained([program.joint_op for program in programs])
    of = np.repeat(np.arange(len(programs)), [len(program.ops) for program in programs])
    node, device_qubit, number = _numbered(programs)
    all_rows = dataclasses.replace(all_rows, operands=number)
    halves = np.flatnonzero(all_rows.gate == _code(all_rows, "ebit"))
    pair = _pairs(joint, ebits, halves, joint_op, np.array([p.node for p in programs])[of])
    # Both halves are written with the later of the two programs.
    written = np.ones(len(all_rows), dtype=np.bool_)
    written[halves] = False
    written[pair.max(axis=1)] = True
    order = np.argsort(joint_op, kind="stable")
    order = order[written[order]]
    ops = with_used_names(_with_pairs(all_rows.take(order), all_rows, pair))
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


def _numbered(programs: Sequence[MachineProgram]) -> tuple[IntArray, IntArray, IntArray]:
    """Node and device qubit of each qubit that is touched, and every operand's qubit."""
    nodes: list[IntArray] = []
    qubits: list[IntArray] = []
    numbers: list[IntArray] = []
    first = 0
    for program in programs:
        touched, which = np.unique(program.ops.operands, return_inverse=True)
        nodes.append(np.full(len(touched), program.node))
        qubits.append(touched)
        numbers.append(first + which.ravel())
        first += len(touched)
    return _chained(nodes), _chained(qubits), _chained(numbers)


def _pairs(
    joint: JointProgram, ebits: IntArray, halves: IntArray, joint_op: IntArray, node: IntArray
) -> IntArray:
    """Rows of both halves of each `ebit`, in the joint program's order, shape (P, 2).

    Args:
        joint: the joint program.
        ebits: its rows that are ebits.
        halves: the machines' rows that are halves, machine after machine.
        joint_op: row of the joint program behind each machine's row.
        node: where each machine's row happens.
    """
    node_of = np.repeat(
        np.array([register.node for register in joint.registers], dtype=np.int64),
        np.array([register.size for register in joint.registers], dtype=np.int64),
    )
    width = int(max(node_of.max(initial=0), node.max(initial=0))) + 1
    cells = joint.ops.operands[joint.ops.start[ebits][:, None] + np.arange(2)]
    wanted = ebits[:, None] * width + node_of[cells]
    known = joint_op[halves] * width + node[halves]
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known, wanted, sorter=order)
    is_found = at < len(known)
    is_found[is_found] = known[order[at[is_found]]] == wanted[is_found]
    missing = np.flatnonzero(~is_found.all(axis=1))
    if len(missing):
        row = int(ebits[missing[0]])
        msg = f"row {row}: a half of the ebit is missing from a machine's program"
        raise InvariantError(msg)
    return halves[order[at]]


def _with_pairs(ops: OpTable, halves: OpTable, pair: IntArray) -> OpTable:
    """The rows with both operands of each `ebit`; they follow each other as the pairs do."""
    ebit = np.flatnonzero(ops.gate == _code(ops, "ebit"))
    sizes = np.diff(ops.start)
    sizes[ebit] = 2
    start = np.concatenate([[0], np.cumsum(sizes)])
    operands = np.empty(int(start[-1]), dtype=np.int64)
    is_half = np.zeros(len(operands), dtype=np.bool_)
    is_half[start[ebit][:, None] + np.arange(2)] = True
    operands[is_half] = halves.operands[halves.start[pair]].ravel()
    is_ebit = np.zeros(len(ops), dtype=np.bool_)
    is_ebit[ebit] = True
    operands[~is_half] = ops.operands[np.repeat(~is_ebit, np.diff(ops.start))]
    return dataclasses.replace(ops, start=start, operands=operands)
