"""Conditioned gates are understood as Paulis: the arrays say what a plain loop says."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.build import op, program

from interlace.circuit import Op, matrix
from interlace.compiler import Executable
from interlace.runtime.feedforward import PAULIS, corrections


def plain(made: Executable) -> tuple[dict[int, str], int | None]:
    """Row by row: what acts at each row of a group that is a Pauli, and the first other row."""
    groups: list[list[int]] = []
    last = None
    for row, o in enumerate(made.ops):
        if o.condition < 0:
            last = None
            continue
        key = (int(made.joint_op[row]), o.condition, o.operands)
        if key == last:
            groups[-1].append(row)
        else:
            groups.append([row])
        last = key
    acts: dict[int, str] = {}
    foreign: int | None = None
    for group in groups:
        product = np.eye(2)
        for row in group:
            factor = matrix(made.ops[row].name, made.ops[row].params)
            product = factor @ product if len(factor) == 2 else 0 * product
        same = [p for p in PAULIS if abs(abs(np.vdot(matrix(p), product)) - 2) < 1e-9]
        if same:
            acts |= dict.fromkeys(group, "id") | {group[-1]: same[0]}
        elif foreign is None:
            foreign = group[0]
    return acts, foreign


@st.composite
def conditioned(draw: st.DrawFn) -> Executable:
    ops: list[Op] = [op("measure", 0, clbit=0), op("measure", 1, clbit=1)]
    joint = [0, 1]
    for _ in range(draw(st.integers(0, 12))):
        name = draw(st.sampled_from(["sx", "x", "z", "h", "s", "rz", "cx", "y"]))
        params = (draw(st.sampled_from([np.pi, 0.3, np.pi / 2])),) if name == "rz" else ()
        on = (0, 1) if name == "cx" else (draw(st.integers(0, 1)),)
        ops.append(op(name, *on, params=params, condition=draw(st.integers(-1, 1))))
        joint.append(draw(st.integers(2, 4)))
    return program(*ops, bits=2, qubits=2, joint=joint)


@given(conditioned())
def test_groups_of_conditioned_rows_are_multiplied(made: Executable) -> None:
    found = corrections(made)
    assert (found.names(), found.foreign) == plain(made)
    assert found.row.tolist() == sorted(found.names())
