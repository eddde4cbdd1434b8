from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.compiler.dense import device, network, program, random_program, registers

from interlace.circuit import Op
from interlace.compiler.local import localise
from interlace.compiler.merging import merge
from interlace.errors import InvariantError

LINE = tuple((i, i + 1) for i in range(5))


def test_every_operation_of_every_machine_appears_once_and_ebits_have_both_halves():
    made = network((device(6, LINE, ("rz", "sx", "cz")), (0, 3)), (device(4), (1, 2)))
    joint = random_program(4, (4, (0, 3)), (2, (1, 2)), 80)
    parts = localise(joint, made)
    ebits = [op for op in joint.ops if op.name == "ebit"]
    links = np.arange(len(ebits)) % 3
    merged = merge(joint, parts, links)
    assert len(merged.ops) == sum(len(part.ops) for part in parts) - len(ebits)
    assert np.all(np.diff(merged.joint_op) >= 0)
    assert merged.inserted.sum() == sum(part.inserted.sum() for part in parts)
    halves = [op for op in merged.ops if op.name == "ebit"]
    assert merged.link[merged.link >= 0].tolist() == links.tolist()
    cells = {4: (0, 0), 5: (0, 3), 8: (1, 1), 9: (1, 2)}
    for half, ebit in zip(halves, ebits, strict=True):
        places = [
            (int(merged.node[qubit]), int(merged.device_qubit[qubit])) for qubit in half.operands
        ]
        assert places == [cells[cell] for cell in ebit.operands]


def test_each_inserted_swap_has_a_number_of_its_own() -> None:
    gates = ("rz", "sx", "cz")
    made = network((device(6, LINE, gates), (0, 3)), (device(6, LINE, gates), (0, 3)))
    joint = random_program(4, (4, (0, 3)), (4, (0, 3)), 80)
    parts = localise(joint, made)
    merged = merge(joint, parts, np.zeros(sum(op.name == "ebit" for op in joint.ops), dtype=int))
    swaps, *own = [np.unique(one.swap[one.inserted]).tolist() for one in (merged, *parts)]
    assert min(map(len, own)) > 0
    assert len(swaps) == sum(map(len, own))
    for number in swaps:
        rows = np.flatnonzero(merged.swap == number)
        assert rows.tolist() == list(range(rows[0], rows[-1] + 1))
        assert len({qubit for row in rows.tolist() for qubit in merged.ops[row].operands}) == 2


def test_each_machines_operations_keep_their_order():
    made = network((device(6, LINE), (0, 3)), (device(4), (1, 2)))
    joint = random_program(8, (4, (0, 3)), (2, (1, 2)), 60)
    parts = localise(joint, made)
    count = sum(op.name == "ebit" for op in joint.ops)
    merged = merge(joint, parts, np.zeros(count, dtype=np.int64))
    for part in parts:
        seen = []
        for op in merged.ops:
            here = [q for q in op.operands if merged.node[q] == part.node]
            if here:
                seen.append((op.name, tuple(int(merged.device_qubit[q]) for q in here)))
        assert seen == [(op.name, op.operands) for op in part.ops]


def test_only_device_qubits_that_are_touched_become_qubits():
    joint = program([Op(name="cx", operands=(0, 2))], registers((4, ())))
    merged = merge(joint, localise(joint, network((device(9), ()))), np.zeros(0, dtype=np.int64))
    assert merged.device_qubit.tolist() == [0, 2]
    assert merged.ops[0].operands == (0, 1)


def test_an_empty_program_merges_to_nothing():
    joint = program([], registers((2, ())), bits=3)
    merged = merge(joint, localise(joint, network((device(9), ()))), np.zeros(0, dtype=np.int64))
    assert len(merged.ops) == 0
    assert (merged.num_bits, merged.num_program_bits) == (3, 3)


def test_a_missing_half_and_a_missing_link_are_our_own_errors():
    joint = random_program(4, (2, (2,)), (1, (1,)), 60)
    parts = localise(joint, network((device(3), (2,)), (device(2), (1,))))
    count = sum(op.name == "ebit" for op in joint.ops)
    with pytest.raises(InvariantError, match="links"):
        merge(joint, parts, np.zeros(count + 1, dtype=np.int64))
    bare = dataclasses.replace(
        parts[1],
        ops=program([], ()).ops,
        joint_op=parts[1].joint_op[:0],
        swap=parts[1].swap[:0],
    )
    with pytest.raises(InvariantError, match="half"):
        merge(joint, (parts[0], bare), np.zeros(count, dtype=np.int64))
