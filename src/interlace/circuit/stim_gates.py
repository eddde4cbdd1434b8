"""Stim's operations, written by gates of `GATES`, as a table.

One row an operation: stim's name, then what it is here. `cx.ba` acts on the
second and then on the first target; `u:1,0,-1` has those multiples of pi/2 for
angles. Equal up to global phase; a test compares each row with stim's matrix.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

from interlace.circuit.ops import Op

__all__ = ["STIM_GATES", "STIM_MEASUREMENTS", "STIM_RESETS"]

_GATES = """
I id
X x
Y y
Z z
H h
H_XY u:2,0,1
H_YZ u:1,1,1
H_NXY u:2,0,-1
H_NXZ u:1,2,0
H_NYZ u:1,-1,-1
S s
S_DAG sdg
SQRT_X sx
SQRT_X_DAG sxdg
SQRT_Y ry:1
SQRT_Y_DAG ry:-1
C_XYZ u:1,0,1
C_ZYX u:1,1,2
C_NXYZ u:1,2,1
C_XNYZ u:1,0,-1
C_XYNZ u:1,2,-1
C_NZYX u:1,-1,0
C_ZNYX u:1,-1,2
C_ZYNX u:1,1,0
II id id.b
CX cx.ab
CY cy.ab
CZ cz.ab
XCX h cx.ab h
XCY h cy.ab h
XCZ cx.ba
YCX h.b cy.ba h.b
YCY sdg h cy.ab h s
YCZ cy.ba
SWAP swap.ab
ISWAP iswap.ab
ISWAP_DAG swap.ab cz.ab sdg sdg.b
CXSWAP dcx.ba
SWAPCX dcx.ab
CZSWAP cz.ab swap.ab
SQRT_XX rxx:1.ab
SQRT_XX_DAG rxx:-1.ab
SQRT_YY ryy:1.ab
SQRT_YY_DAG ryy:-1.ab
SQRT_ZZ rzz:1.ab
SQRT_ZZ_DAG rzz:-1.ab
"""

_MEASUREMENTS = """
M measure
MX h measure h
MY sx measure sxdg
MR measure reset
MRX h measure reset h
MRY sx measure reset sxdg
"""

_RESETS = """
R reset
RX reset h
RY reset sxdg
"""


def _op(text: str) -> Op:
    head, _, operands = text.partition(".")
    name, _, angles = head.partition(":")
    return Op(
        name=name,
        operands=tuple("ab".index(letter) for letter in operands or "a"),
        params=tuple(int(angle) * math.pi / 2 for angle in angles.split(",") if angle),
        clbit=0 if name == "measure" else -1,
    )


def _table(rows: str) -> Mapping[str, tuple[Op, ...]]:
    parts = [row.split() for row in rows.strip().splitlines()]
    return MappingProxyType({name: tuple(map(_op, ops)) for name, *ops in parts})


STIM_GATES = _table(_GATES)
STIM_MEASUREMENTS = _table(_MEASUREMENTS)
STIM_RESETS = _table(_RESETS)
