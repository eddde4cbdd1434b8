"""All machines' programs merged into one, in the joint program's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from interlace.circuit import OpTableBuilder
from interlace.compiler.plan import NONE
from interlace.compiler.program import Executable, JointProgram, MachineProgram
from interlace.compiler.rows import Row, rows_of
from interlace.errors import InvariantError
from interlace.kernel import IntArray

__all__ = ["merge"]

_Place = tuple[int, int]
"""Index of a machine's program, and a device qubit."""


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
    number = _numbered(programs)
    halves = _halves(joint, programs)
    if len(halves) != len(pair_links):
        msg = f"{len(halves)} ebits in the joint program, {len(pair_links)} links of pairs"
        raise InvariantError(msg)
    link_of = dict(zip(halves, pair_links.tolist(), strict=True))
    ops = OpTableBuilder()
    rows: list[int] = []
    inserted: list[bool] = []
    link: list[int] = []
    for program, joint_row, is_inserted, row in _in_order(programs):
        places: tuple[_Place, ...] = tuple([(program, qubit) for qubit in row.operands])
        if row.name == "ebit":
            places = halves[joint_row]
            if program != max(places)[0]:
                continue  # written once, with the later of the two programs
        operands = [number[place] for place in places]
        ops.add(row.name, operands, params=row.params, clbit=row.clbit, condition=row.condition)
        rows.append(joint_row)
        inserted.append(is_inserted)
        link.append(link_of[joint_row] if row.name == "ebit" else NONE)
    return Executable(
        node=np.array([programs[program].node for program, _ in number], dtype=np.int64),
        device_qubit=np.array([qubit for _, qubit in number], dtype=np.int64),
        ops=ops.build(),
        joint_op=np.array(rows, dtype=np.int64),
        inserted=np.array(inserted, dtype=np.bool_),
        link=np.array(link, dtype=np.int64),
        num_bits=sum(register.size for register in joint.clbit_registers),
        num_program_bits=joint.num_program_bits,
    )


def _in_order(programs: Sequence[MachineProgram]) -> Iterator[tuple[int, int, bool, Row]]:
    """Every operation of every program, by joint row, then program, then its own order."""
    joint_rows = [program.joint_op for program in programs]
    total = np.concatenate(joint_rows) if joint_rows else np.zeros(0, dtype=np.int64)
    flat = [
        (index, row, is_inserted)
        for index, program in enumerate(programs)
        for row, is_inserted in zip(rows_of(program.ops), program.inserted.tolist(), strict=True)
    ]
    for position in np.argsort(total, kind="stable").tolist():
        index, row, is_inserted = flat[position]
        yield index, int(total[position]), is_inserted, row


def _numbered(programs: Sequence[MachineProgram]) -> Mapping[_Place, int]:
    """Number of each device qubit that is touched, in order of program and qubit."""
    touched = [
        (index, qubit)
        for index, program in enumerate(programs)
        for qubit in np.unique(program.ops.operands).tolist()
    ]
    return {place: number for number, place in enumerate(touched)}


def _halves(
    joint: JointProgram, programs: Sequence[MachineProgram]
) -> Mapping[int, tuple[_Place, ...]]:
    """Where the halves of each `ebit` are, by joint row, in the joint program's order."""
    if "ebit" not in joint.ops.names:
        return {}
    node_of = np.repeat(
        [register.node for register in joint.registers],
        [register.size for register in joint.registers],
    )
    found: dict[tuple[int, int], _Place] = {}
    for index, program in enumerate(programs):
        for row, joint_row in zip(rows_of(program.ops), program.joint_op.tolist(), strict=True):
            if row.name == "ebit":
                found[joint_row, program.node] = (index, row.operands[0])
    halves: dict[int, tuple[_Place, ...]] = {}
    for joint_row in np.flatnonzero(joint.ops.gate == joint.ops.names.index("ebit")).tolist():
        nodes = [int(node_of[cell]) for cell in joint.ops[joint_row].operands]
        if any((joint_row, node) not in found for node in nodes):
            msg = f"row {joint_row}: a half of the ebit is missing from a machine's program"
            raise InvariantError(msg)
        halves[joint_row] = tuple(found[joint_row, node] for node in nodes)
    return halves
