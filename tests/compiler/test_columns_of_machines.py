"""Machines' programs, merged and priced as whole columns: the same as operation by operation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import device, network, random_program

from interlace.circuit import Op
from interlace.compiler import JointProgram
from interlace.compiler.costs import cost_at, op_costs
from interlace.compiler.local import localise
from interlace.compiler.merging import merge
from interlace.compiler.naming import with_used_names
from interlace.compiler.program import MachineProgram
from interlace.compiler.translate import Translator
from interlace.network import Device, Network

KEPT = {"measure", "reset", "ebit"}
NATIVES = ((), ("rz", "sx", "x", "cz"), ("u3", "cx"), ("rz", "sx", "x", "z", "ecr"))


def links_of(joint: JointProgram) -> np.ndarray:
    return np.arange(sum(op.name == "ebit" for op in joint.ops)) % 3


def plainly_local(joint: JointProgram, made: Network, node: int) -> list[tuple[Op, int]]:
    """One all-to-all machine's operations with their joint rows, one after the other."""
    machine = made.nodes[node].device
    assert isinstance(machine, Device)
    translator = Translator(machine)
    place: dict[int, int] = {}
    cell = 0
    for register in joint.registers:
        qubits = register.device_qubits or made.machines[register.node].data
        for index in range(register.size):
            if register.node == node:
                place[cell] = qubits[index]
            cell += 1
    found: list[tuple[Op, int]] = []
    for row, op in enumerate(joint.ops):
        qubits = tuple(place[cell] for cell in op.operands if cell in place)
        if op.name in KEPT and qubits:
            found.append((Op(name=op.name, operands=qubits, clbit=op.clbit), row))
        elif qubits:
            found += [
                (
                    Op(
                        name=gate.name,
                        operands=tuple(qubits[position] for position in gate.operands),
                        params=gate.params,
                        condition=op.condition,
                    ),
                    row,
                )
                for gate in translator.native(op.name, op.params)
            ]
    return found


def plainly_merged(
    joint: JointProgram, parts: tuple[MachineProgram, ...]
) -> list[tuple[Op, int, bool]]:
    """All operations in order, operands as numbers of (node, device qubit)."""
    touched = sorted({(part.node, q) for part in parts for q in part.ops.operands.tolist()})
    number = {place: index for index, place in enumerate(touched)}
    halves: dict[int, dict[int, int]] = {}
    found: list[tuple[int, int, Op, bool]] = []
    for index, part in enumerate(parts):
        for op, row, inserted in zip(part.ops, part.joint_op, part.inserted, strict=True):
            operands = tuple(number[part.node, qubit] for qubit in op.operands)
            if op.name == "ebit":
                half = halves.setdefault(int(row), {})
                half[part.node] = operands[0]
                if len(half) == 1:
                    continue
                nodes = [node_of(joint)[cell] for cell in joint.ops[int(row)].operands]
                operands = (half[nodes[0]], half[nodes[1]])
            moved = Op(
                name=op.name, operands=operands, params=op.params, clbit=op.clbit,
                condition=op.condition,
            )  # fmt: skip
            found.append((int(row), index, moved, bool(inserted)))
    return [(op, row, inserted) for row, _, op, inserted in sorted(found, key=lambda f: f[:2])]


def node_of(joint: JointProgram) -> list[int]:
    return [register.node for register in joint.registers for _ in range(register.size)]


@settings(max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    first=st.sampled_from(NATIVES),
    second=st.sampled_from(NATIVES),
    coupling=st.sampled_from([None, tuple((i, i + 1) for i in range(4))]),
)
def test_columns_say_what_the_operations_say_one_by_one(seed, first, second, coupling) -> None:
    at = {"cz": (((0, 3), 5e-8, 0.02), ((1, 2), 4e-8, 0.01)), "rz": (((2,), 3e-8, 0.005),)}
    made = network((device(6, None, first, at), (0, 4)), (device(5, coupling, second, at), (1, 2)))
    joint = random_program(seed, (4, (0, 4)), (3, (1, 2)), 40)
    parts = localise(joint, made)
    for part in parts if coupling is None else parts[:1]:
        plain = plainly_local(joint, made, part.node)
        assert list(part.ops) == [op for op, _ in plain]
        assert part.joint_op.tolist() == [row for _, row in plain]
        assert part.initial_layout == part.final_layout
        assert set(part.ops.names) == {op.name for op, _ in plain}
    links = links_of(joint)
    merged = merge(joint, parts, links)
    plain = plainly_merged(joint, parts)
    assert list(merged.ops) == [op for op, _, _ in plain]
    assert merged.joint_op.tolist() == [row for _, row, _ in plain]
    assert merged.inserted.tolist() == [inserted for _, _, inserted in plain]
    assert merged.link[merged.link >= 0].tolist() == links.tolist()
    costs = op_costs(merged, made)
    for row, op in enumerate(merged.ops):
        machine = made.nodes[merged.node[op.operands[0]]].device
        where = tuple(merged.device_qubit[list(op.operands)].tolist())
        expected = (0.0, 0.0)
        profile = machine.profile(op.name)
        if profile is not None:
            expected = cost_at(profile, where)
        elif op.name in {"measure", "reset"} and machine.readout is not None:
            expected = machine.readout.time_s, 0.0
        assert (costs.duration_s[row], costs.gate_error[row]) == expected


def test_only_names_in_use_are_kept_in_the_order_of_their_first_use() -> None:
    joint = random_program(1, (3, (3,)), (2, (2,)), 30)
    some = with_used_names(joint.ops.take(np.arange(5, 25)))
    assert some.names == tuple(dict.fromkeys(op.name for op in some))
    assert list(some) == list(joint.ops)[5:25]
