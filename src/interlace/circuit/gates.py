"""The gates that interlace knows by name, as a table.

A gate is *block-diagonal* on an operand in the eigenbasis of a Pauli P if its
matrix commutes with P on that operand. Then the gate can use a copy of the
qubit that a cat-entangler made along P: that is all a gate packet asks.
`axes` lists those Paulis for each operand. Names, operand order and matrices
are Qiskit's; gates absent here are expanded by their Qiskit definition when a
circuit is read. Every row is checked against Qiskit's matrices by a test.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["GATES", "Gate"]


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
