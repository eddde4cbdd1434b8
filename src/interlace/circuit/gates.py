"""The gates that interlace knows by name, as a table.

A gate is *block-diagonal* on an operand in the eigenbasis of a Pauli P if its
matrix commutes with P on that operand. Then the gate can use a copy of the
qubit that a cat-entangler made along P: that is all a gate packet asks.
`axes` lists those Paulis for each operand. Names, operand order and matrices
are Qiskit's; gates absent here are expanded by their Qiskit definition when a
circuit is read. Every row is checked against Qiskit's matrices by a test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from interlace.kernel import BoolArray, IntArray

__all__ = ["GATES", "Gate", "GateColumns", "gate_columns"]

_MOST_OPERANDS = 3
_OTHER_OPERANDS = {"measure": 1, "reset": 1, "ebit": 2}
_AXIS_X, _AXIS_Z = 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate of the table.

    Attributes:
        name: Qiskit's name.
        qubits: number of operands.
        params: number of parameters.
        axes: for each operand the Paulis, a string over "XYZ", that the gate commutes with there
            for every value of its parameters.
    """

    name: str
    qubits: int
    params: int
    axes: tuple[str, ...]


_ROWS = """
id 0 XYZ
x 0 X
y 0 Y
z 0 Z
h 0 -
s 0 Z
sdg 0 Z
t 0 Z
tdg 0 Z
sx 0 X
sxdg 0 X
p 1 Z
u1 1 Z
rx 1 X
ry 1 Y
rz 1 Z
r 2 -
u 3 -
u2 2 -
u3 3 -
cx 0 Z X
cy 0 Z Y
cz 0 Z Z
ch 0 Z -
cs 0 Z Z
csdg 0 Z Z
csx 0 Z X
cp 1 Z Z
cu1 1 Z Z
crx 1 Z X
cry 1 Z Y
crz 1 Z Z
cu 4 Z -
cu3 3 Z -
rxx 1 X X
ryy 1 Y Y
rzz 1 Z Z
rzx 1 Z X
swap 0 - -
iswap 0 - -
dcx 0 - -
ecr 0 - X
xx_minus_yy 2 - -
xx_plus_yy 2 - -
ccx 0 Z Z X
ccz 0 Z Z Z
cswap 0 Z - -
rccx 0 Z Z -
"""


def _gate(row: str) -> Gate:
    name, params, *axes = row.split()
    return Gate(
        name=name,
        qubits=len(axes),
        params=int(params),
        axes=tuple("" if axis == "-" else axis for axis in axes),
    )


GATES: Mapping[str, Gate] = MappingProxyType(
    {gate.name: gate for gate in (_gate(row) for row in _ROWS.strip().splitlines())}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GateColumns:
    """What the table says of G operation names, as arrays that compiled loops index by code.

    Attributes:
        qubits: number of operands, shape (G,).
        params: number of parameters, shape (G,).
        axis: for operands 0, 1 and 2 the Pauli along which a copy of the qubit can stand for it:
            3 for Z, which is preferred, 1 for X, 0 for neither (or no such operand), shape (G, 3).
        commutes_x: whether the operation commutes with X there, shape (G, 3).
        commutes_z: the same for Z.
    """

    qubits: IntArray
    params: IntArray
    axis: IntArray
    commutes_x: BoolArray
    commutes_z: BoolArray


def gate_columns(names: Sequence[str]) -> GateColumns:
    """The rows of these names; `measure`, `reset` and `ebit` commute with nothing.

    Args:
        names: of `GATES` or of the three operations above, such as `OpTable.names`.

    Raises:
        KeyError: a name that is neither.

    Example:
        >>> gate_columns(["cx", "measure"]).axis.tolist()
        [[3, 1, 0], [0, 0, 0]]
    """
    return _gate_columns(tuple(names))


@lru_cache(maxsize=256)
def _gate_columns(names: tuple[str, ...]) -> GateColumns:
    qubits, params, commutes_x, commutes_z = [], [], [], []
    for name in names:
        gate = GATES.get(name)
        axes = gate.axes if gate is not None else ("",) * _OTHER_OPERANDS[name]
        padded = (*axes, *[""] * (_MOST_OPERANDS - len(axes)))
        qubits.append(len(axes))
        params.append(gate.params if gate is not None else 0)
        commutes_x.append(["X" in letters for letters in padded])
        commutes_z.append(["Z" in letters for letters in padded])
    x = np.array(commutes_x, dtype=np.bool_).reshape(-1, _MOST_OPERANDS)
    z = np.array(commutes_z, dtype=np.bool_).reshape(-1, _MOST_OPERANDS)
    columns = GateColumns(
        qubits=np.array(qubits, dtype=np.int64),
        params=np.array(params, dtype=np.int64),
        axis=np.where(z, _AXIS_Z, np.where(x, _AXIS_X, 0)).astype(np.int64),
        commutes_x=x,
        commutes_z=z,
    )
    for column in (columns.qubits, columns.params, columns.axis, x, z):
        column.setflags(write=False)
    return columns
