"""Exact definitions of gates by simpler ones, as data.

One table serves two readers: the OpenQASM 3 export, which writes definitions
of the gates that `stdgates.inc` lacks, and the translation into a device's
native gates. A body is rows of `gate(params) operands`, operands named a, b, c.
Parameters are sums of multiples of the gate's own parameters and of pi, so that
halving and negating them is exact in floating point and a tiny angle stays the
tiny angle that it was. Parameters are named in alphabetical order, since Qiskit's
loader binds those of a defined gate in that order. Every row is compared with
Qiskit's matrices by a test.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from interlace.units import Radians

__all__ = ["CCZ_ON_A_LINE", "EXPORTED", "RULES", "Angle", "Call", "Definition"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Angle:
    """A sum of multiples of the defined gate's parameters and of pi [rad].

    Attributes:
        text: the sum as OpenQASM 3 writes it.
        factors: multiple of each parameter, in order.
        constant_rad: what is added.
    """

    text: str
    factors: tuple[float, ...]
    constant_rad: Radians

    def value(self, params: tuple[float, ...]) -> float:
        """The angle for these parameters [rad]."""
        terms = [f * p for f, p in zip(self.factors, params, strict=True) if f]
        if self.constant_rad:
            terms.append(self.constant_rad)
        return math.fsum(terms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One gate inside a definition; `operands` index the defined gate's operands."""

    name: str
    operands: tuple[int, ...]
    angles: tuple[Angle, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A gate as a sequence of others, equal up to a global phase."""

    name: str
    params: tuple[str, ...]
    qubits: int
    body: tuple[Call, ...]


_TERM = re.compile(r"([+-]?)([a-z]+)(?:/(\d+))?")
_CALL = re.compile(r"(\w+)(?:\(([^)]*)\))? ([abc](?:,[abc])*)")


def _angle(text: str, params: tuple[str, ...]) -> Angle:
    factors = [0.0] * len(params)
    constant = 0.0
    for sign, name, divisor in _TERM.findall(text):
        factor = (-1.0 if sign == "-" else 1.0) / float(divisor or 1)
        if name == "pi":
            constant += factor * math.pi
        else:
            factors[params.index(name)] += factor
    return Angle(text=text, factors=tuple(factors), constant_rad=constant)


def _definition(line: str) -> Definition:
    head, body = line.split(" = ")
    match = _CALL.fullmatch(head.strip())
    if match is None:
        raise ValueError(line)
    params = tuple(match[2].split(",")) if match[2] else ()
    calls = []
    for text in body.split(";"):
        call = _CALL.fullmatch(text.strip())
        if call is None:
            raise ValueError(text)
        calls.append(
            Call(
                name=call[1],
                operands=tuple("abc".index(letter) for letter in call[3].split(",")),
                angles=tuple(
                    _angle(angle, params) for angle in (call[2] or "").split(",") if angle
                ),
            )
        )
    return Definition(
        name=match[1], params=params, qubits=len(match[3].split(",")), body=tuple(calls)
    )


def _table(text: str) -> tuple[Definition, ...]:
    return tuple(_definition(line) for line in text.strip().splitlines())


EXPORTED: Mapping[str, Definition] = MappingProxyType(
    {
        definition.name: definition
        for definition in _table(
            """
sxdg a = s a; h a; s a
r(alpha,beta) a = u(alpha,beta-pi/2,pi/2-beta) a
cs a,b = cp(pi/2) a,b
csdg a,b = cp(-pi/2) a,b
csx a,b = h b; cp(pi/2) a,b; h b
cu1(lam) a,b = cp(lam) a,b
cu3(alpha,beta,gamma) a,b = p(gamma/2+beta/2) a; p(gamma/2-beta/2) b; cx a,b; \
u(-alpha/2,0,-beta/2-gamma/2) b; cx a,b; u(alpha/2,beta,0) b
rzz(theta) a,b = cx a,b; rz(theta) b; cx a,b
rxx(theta) a,b = h a; h b; cx a,b; rz(theta) b; cx a,b; h a; h b
ryy(theta) a,b = rx(pi/2) a; rx(pi/2) b; cx a,b; rz(theta) b; cx a,b; rx(-pi/2) a; rx(-pi/2) b
rzx(theta) a,b = h b; cx a,b; rz(theta) b; cx a,b; h b
iswap a,b = s a; s b; h a; cx a,b; cx b,a; h b
dcx a,b = cx a,b; cx b,a
ecr a,b = s a; sx b; cx a,b; x a
xx_plus_yy(alpha,beta) a,b = rz(beta) a; rx(pi/2) a; rx(pi/2) b; cx a,b; rx(alpha/2) a; \
rz(alpha/2) b; cx a,b; rx(-pi/2) a; rx(-pi/2) b; rz(-beta) a
xx_minus_yy(alpha,beta) a,b = rz(-beta) b; rx(pi/2) a; rx(pi/2) b; cx a,b; rx(alpha/2) a; \
rz(-alpha/2) b; cx a,b; rx(-pi/2) a; rx(-pi/2) b; rz(beta) b
ccz a,b,c = h c; ccx a,b,c; h c
rccx a,b,c = h c; t c; cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; h c
"""
        )
    }
)
"""Gates of `GATES` that OpenQASM's `stdgates.inc` lacks, by gates that it has (and `u`)."""


CCZ_ON_A_LINE: Definition = _table(
    """
ccz a,b,c = cx b,c; tdg c; cx a,b; tdg b; cx b,c; tdg c; cx a,b; cx b,c; t c; cx a,b; \
cx b,c; cx a,b; t a; t b; t c
"""
)[0]
"""CCZ without a gate on a and c: phases on every parity of the three, made along the line."""


def _rules() -> Mapping[str, tuple[Definition, ...]]:
    rules: dict[str, list[Definition]] = {}
    for definition in (*_table(_TRANSLATIONS), *EXPORTED.values()):
        rules.setdefault(definition.name, []).append(definition)
    return MappingProxyType({name: tuple(found) for name, found in rules.items()})


_TRANSLATIONS = """
cx a,b = h b; cz a,b; h b
cx a,b = sdg a; sxdg b; ecr a,b; x a
cx a,b = s b; cy a,b; sdg b
cx a,b = rzx(pi/2) a,b; rz(-pi/2) a; rx(-pi/2) b
cx a,b = csx a,b; csx a,b
cx a,b = tdg b; h b; sdg b; ch a,b; s b; h b; t b
cz a,b = h b; cx a,b; h b
cz a,b = cp(pi) a,b
cz a,b = cs a,b; cs a,b
cz a,b = csdg a,b; csdg a,b
cz a,b = p(pi/2) a; p(pi/2) b; rzz(-pi/2) a,b
cz a,b = s a; crz(pi) a,b
cy a,b = sdg b; cx a,b; s b
ch a,b = s b; h b; t b; cx a,b; tdg b; h b; sdg b
cp(lam) a,b = p(lam/2) a; p(lam/2) b; rzz(-lam/2) a,b
cp(lam) a,b = cu1(lam) a,b
cp(lam) a,b = p(lam/2) a; crz(lam) a,b
crz(theta) a,b = rz(theta/2) b; rzz(-theta/2) a,b
crx(theta) a,b = h b; crz(theta) a,b; h b
cry(theta) a,b = sdg b; crx(theta) a,b; s b
cu(alpha,beta,gamma,delta) a,b = p(delta) a; p(gamma/2+beta/2) a; p(gamma/2-beta/2) b; cx a,b; \
u(-alpha/2,0,-beta/2-gamma/2) b; cx a,b; u(alpha/2,beta,0) b
rzz(theta) a,b = h a; h b; rxx(theta) a,b; h a; h b
rzz(theta) a,b = h b; rzx(theta) a,b; h b
rzz(theta) a,b = rx(-pi/2) a; rx(-pi/2) b; ryy(theta) a,b; rx(pi/2) a; rx(pi/2) b
rzz(theta) a,b = p(theta) a; p(theta) b; cp(-theta-theta) a,b
rzz(theta) a,b = rz(theta) b; crz(-theta-theta) a,b
rzz(theta) a,b = rx(-pi/2) b; z a; z b; iswap a,b; rx(theta) a; iswap a,b; rx(pi/2) b
rxx(theta) a,b = h a; h b; rzz(theta) a,b; h a; h b
ryy(theta) a,b = rx(pi/2) a; rx(pi/2) b; rzz(theta) a,b; rx(-pi/2) a; rx(-pi/2) b
rzx(theta) a,b = h b; rzz(theta) a,b; h b
swap a,b = cx a,b; cx b,a; cx a,b
swap a,b = iswap a,b; cz a,b; sdg a; sdg b
iswap a,b = s a; s b; cz a,b; swap a,b
ccz a,b,c = cx b,c; tdg c; cx a,c; t c; cx b,c; tdg c; cx a,c; t b; t c; cx a,b; t a; tdg b; cx a,b
ccx a,b,c = h c; ccz a,b,c; h c
cswap a,b,c = cx c,b; ccx a,b,c; cx c,b
"""


RULES: Mapping[str, tuple[Definition, ...]] = _rules()
"""Every way that we know to make a gate of two or three operands out of others."""
