"""Gate by gate into what a device can do, exactly.

Theory of operation
-------------------
Gates of two and three operands are rewritten by the rules of `definitions`.
Of the ways to make a gate, the one with the fewest native two-qubit gates is
found once for a device by relaxation over the rules: the cost of a rule is the
sum of the costs of its gates.

Gates of one operand are brought to U(theta, phi, lam), Qiskit's `u`, by a table,
and from there into the basis that the device has, by formulas instead of by
matrices: an angle is only ever added to a multiple of pi/2, and an angle too
small to survive that addition gets a gate of its own. So everything is equal up
to a global phase to a relative accuracy of 1e-12: `rz(1e-9)` stays `rz(1e-9)`,
and nothing is dropped but rotations by exactly 0 or 2 pi.

The formulas, with Rz, Ry, Rx = exp(-i angle/2 Z), ... and products read from
right to left (all up to a global phase):

- U(theta, phi, lam) = Rz(phi) Ry(theta) Rz(lam)          (McKay et al., 10.1103/PhysRevA.96.022330)
- Ry(theta) = Rz(pi) SX Rz(theta + pi) SX                  (same, equation 4)
- Ry(pi/2)  = Rz(pi/2) SX Rz(-pi/2)
- R(theta, psi): rotation about cos(psi) X + sin(psi) Y; U = R(theta, phi + pi/2) Rz(phi + lam)
- Rz(alpha) = R(pi, x + alpha/2) R(pi, x) for any x: two half turns are a turn by twice the angle
  between their axes.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from interlace.circuit import GATES
from interlace.compiler.definitions import CCZ_ON_A_LINE, RULES, Definition
from interlace.errors import InfeasibleError
from interlace.network import Device, LogicalDevice

__all__ = ["Native", "Pair", "Translator"]

_PI = math.pi
_TINY = 4e-4
"""Below this an angle would lose more than a relative 1e-12 when it is added to pi."""

_Angles = tuple[float, float, float]

Pair = tuple[int, int] | None
"""Two of the three operands of a gate, ascending, or none."""


@dataclass(frozen=True, slots=True)
class Native:
    """One native gate of a translation; `operands` index the operands of the translated gate."""

    name: str
    operands: tuple[int, ...]
    params: tuple[float, ...] = ()


_EULER: Mapping[str, Callable[..., _Angles]] = MappingProxyType(
    {
        "id": lambda: (0.0, 0.0, 0.0),
        "x": lambda: (_PI, 0.0, _PI),
        "y": lambda: (_PI, _PI / 2, _PI / 2),
        "z": lambda: (0.0, 0.0, _PI),
        "h": lambda: (_PI / 2, 0.0, _PI),
        "s": lambda: (0.0, 0.0, _PI / 2),
        "sdg": lambda: (0.0, 0.0, -_PI / 2),
        "t": lambda: (0.0, 0.0, _PI / 4),
        "tdg": lambda: (0.0, 0.0, -_PI / 4),
        "sx": lambda: (_PI / 2, -_PI / 2, _PI / 2),
        "sxdg": lambda: (_PI / 2, _PI / 2, -_PI / 2),
        "p": lambda lam: (0.0, 0.0, lam),
        "u1": lambda lam: (0.0, 0.0, lam),
        "rx": lambda theta: (theta, -_PI / 2, _PI / 2),
        "ry": lambda theta: (theta, 0.0, 0.0),
        "rz": lambda phi: (0.0, 0.0, phi),
        "r": lambda theta, phi: (theta, phi - _PI / 2, _PI / 2 - phi),
        "u": lambda theta, phi, lam: (theta, phi, lam),
        "u2": lambda phi, lam: (_PI / 2, phi, lam),
        "u3": lambda theta, phi, lam: (theta, phi, lam),
    }
)
"""U(theta, phi, lam) of each gate of one operand."""

_Gate = tuple[str, tuple[float, ...]]


@dataclass(slots=True)
class Translator:
    """Translates gates for one device, each gate with its parameters once.

    Args:
        device: a device whose `gates` are empty, and a logical one, takes every gate as it is.
    """

    device: Device | LogicalDevice
    natives: frozenset[str] = field(init=False)
    _rules: dict[str, Definition] = field(init=False)
    _known: dict[tuple[str, tuple[float, ...]], tuple[Native, ...]] = field(init=False)
    _known_beside: dict[tuple[str, tuple[float, ...], Pair], tuple[Native, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Find the cheapest rules for the device's gates."""
        gates = self.device.gates if isinstance(self.device, Device) else ()
        self.natives = frozenset(profile.name for profile in gates) & GATES.keys()
        self._rules = _cheapest_rules(self.natives)
        self._known = {}
        self._known_beside = {}

    @property
    def takes_all(self) -> bool:
        """Whether every gate is native."""
        return isinstance(self.device, LogicalDevice) or not self.device.gates

    def makes(self, name: str) -> bool:
        """Whether the device can carry out a gate of two or three operands."""
        return self.takes_all or name in self.natives or name in self._rules

    def native(self, name: str, params: tuple[float, ...] = ()) -> tuple[Native, ...]:
        """The gate as native gates, equal up to a global phase.

        Raises:
            InfeasibleError: the device's gates cannot express it.
        """
        found = self._known.get((name, params))
        if found is None:
            operands = tuple(range(GATES[name].qubits))
            found = tuple(self._translated(Native(name, operands, params)))
            self._known[name, params] = found
        return found

    def beside(self, name: str, params: tuple[float, ...], apart: Pair) -> tuple[Native, ...]:
        """A gate of three operands of which the pair `apart` cannot interact; native gates.

        The result is the gate itself, its operands where they were; `None`: all can interact.

        Raises:
            InfeasibleError: the device's gates cannot express it.
        """
        found = self._known_beside.get((name, params, apart))
        if found is None:
            gate = Native(name, (0, 1, 2), params)
            found = tuple(
                native for part in _pairwise(gate, apart) for native in self._translated(part)
            )
            self._known_beside[name, params, apart] = found
        return found

    def _translated(self, gate: Native) -> list[Native]:
        if self.takes_all or gate.name in self.natives:
            return [gate]
        if len(gate.operands) == 1:
            return [Native(n, gate.operands, p) for n, p in self._rotated(gate.name, gate.params)]
        rule = self._rules.get(gate.name)
        if rule is None:
            raise self._refusal(gate.name)
        return [native for call in _applied(rule, gate) for native in self._translated(call)]

    def _rotated(self, name: str, params: tuple[float, ...]) -> list[_Gate]:
        angles = _EULER[name](*params)
        phase = next((gate for gate in ("rz", "p", "u1") if gate in self.natives), None)
        if phase is not None and angles[0] == 0.0:
            return _turn(phase, angles[1] + angles[2])
        if angles[0] == _PI / 2 and "u2" in self.natives:
            return [("u2", angles[1:])]
        for gate in ("u", "u3"):
            if gate in self.natives:
                return [(gate, angles)]
        for needed, made in _BASES:
            if (phase or not needed[0]) and self.natives.issuperset(needed[1:]):
                return made(angles, phase or "", self.natives)
        word = _word(angles, self.natives)
        if word is None:
            raise self._refusal(name)
        return word

    def _refusal(self, name: str) -> InfeasibleError:
        return InfeasibleError(
            f"device {self.device.name} cannot make the gate {name!r} out of its native gates "
            f"({', '.join(sorted(self.natives)) or 'none'}): describe more of its gates, for "
            f"instance rz, sx and one of cx, cz, ecr"
        )


def _applied(rule: Definition, gate: Native) -> list[Native]:
    return [
        Native(
            call.name,
            tuple(gate.operands[operand] for operand in call.operands),
            tuple(angle.value(gate.params) for angle in call.angles),
        )
        for call in rule.body
    ]


def _pairwise(gate: Native, apart: Pair) -> list[Native]:
    """Gates of at most two operands, none of them on the pair that is apart.

    Of three ways the one with the fewest gates of two operands is taken: as it comes, or with
    an operand of the pair exchanged with the one between them, before and after.
    """
    if apart is None:
        return _spread(gate, apart)
    middle = 3 - apart[0] - apart[1]
    ways = [_spread(gate, apart)]
    for end in apart:
        turned = {end: middle, middle: end}
        swap = Native("swap", (end, middle))
        moved = Native(gate.name, tuple(turned.get(o, o) for o in gate.operands), gate.params)
        ways.append([swap, *_spread(moved, apart), swap])
    return min(ways, key=_count)


def _count(gates: list[Native]) -> int:
    return sum(3 if g.name == "swap" else 1 for g in gates if len(g.operands) > 1)


def _spread(gate: Native, apart: Pair) -> list[Native]:
    if len(gate.operands) == 1 or (apart is None and len(gate.operands) == 2):
        return [gate]
    if apart is None:
        return [
            part for call in _applied(_ANYTHING[gate.name], gate) for part in _spread(call, apart)
        ]
    middle = 3 - apart[0] - apart[1]
    if len(gate.operands) == 3:
        rule = _ANYTHING[gate.name]
        if gate.name == "ccz":  # the same on every order of its operands
            rule, gate = CCZ_ON_A_LINE, Native("ccz", (apart[0], middle, apart[1]))
        return [part for call in _applied(rule, gate) for part in _spread(call, apart)]
    if set(gate.operands) != set(apart):
        return [gate]
    first, second = gate.operands
    swap = Native("swap", (first, middle))
    return [swap, Native(gate.name, (middle, second), gate.params), swap]


def _cheapest_rules(natives: frozenset[str]) -> dict[str, Definition]:
    """For each gate that is not native the rule with the fewest native two-qubit gates."""
    cost = {name: 1.0 for name in natives if GATES[name].qubits > 1}
    chosen: dict[str, Definition] = {}
    changed = True
    while changed:
        changed = False
        for rule in itertools.chain.from_iterable(RULES.values()):
            if rule.qubits == 1 or rule.name in natives:
                continue
            total = sum(
                cost.get(call.name, math.inf) if len(call.operands) > 1 else 0.01
                for call in rule.body
            )
            if total < cost.get(rule.name, math.inf):
                cost[rule.name] = total
                chosen[rule.name] = rule
                changed = True
    return chosen


_ANYTHING = _cheapest_rules(frozenset({"cx"}))
"""Rules for a device that has every gate of two operands and none of three."""


def _turn(phase: str, angle: float) -> list[_Gate]:
    """Rz(angle); turns by exactly 0 or 2 pi are the identity up to a global phase."""
    return [] if abs(angle) in (0.0, 2 * _PI) else [(phase, (angle,))]


def _half_turn_and(gate: Callable[[float], list[_Gate]], angle: float) -> list[_Gate]:
    """The rotation by angle + pi, in two where the sum would swallow the angle."""
    if 0.0 < abs(angle) < _TINY:
        return [*gate(_PI), *gate(angle)]
    return gate(angle + _PI)


def _by_sx(angles: _Angles, phase: str, natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles
    sx: _Gate = ("sx", ())
    if abs(theta) == _PI and "x" in natives:
        return [*_turn(phase, lam - phi + _PI), ("x", ())]
    if theta == _PI / 2:
        return [*_turn(phase, lam - _PI / 2), sx, *_turn(phase, phi + _PI / 2)]
    if theta == -_PI / 2:
        return [*_turn(phase, lam + _PI / 2), sx, *_turn(phase, phi - _PI / 2)]
    middle = _half_turn_and(lambda angle: _turn(phase, angle), theta)
    return [*_turn(phase, lam), sx, *middle, sx, *_turn(phase, phi + _PI)]


def _by_rx(angles: _Angles, phase: str, _natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles
    return [*_turn(phase, lam - _PI / 2), ("rx", (theta,)), *_turn(phase, phi + _PI / 2)]


def _by_ry(angles: _Angles, phase: str, _natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles
    return [*_turn(phase, lam), ("ry", (theta,)), *_turn(phase, phi)]


def _by_h(angles: _Angles, phase: str, _natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles
    h: _Gate = ("h", ())
    return [
        *_turn(phase, lam - _PI / 2),
        h,
        *_turn(phase, theta),
        h,
        *_turn(phase, phi + _PI / 2),
    ]


def _by_r(angles: _Angles, _phase: str, _natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles
    psi, alpha = phi + _PI / 2, phi + lam

    def about_psi(angle: float) -> list[_Gate]:
        return [] if abs(angle) in (0.0, 2 * _PI) else [("r", (angle, psi))]

    if abs(alpha) in (0.0, 2 * _PI):
        return about_psi(theta)
    if theta == 0.0:
        return [("r", (_PI, -alpha / 2)), ("r", (_PI, 0.0))]
    return [("r", (_PI, psi - alpha / 2)), *_half_turn_and(about_psi, theta)]


def _by_rx_ry(angles: _Angles, _phase: str, _natives: frozenset[str]) -> list[_Gate]:
    theta, phi, lam = angles

    def about_z(angle: float) -> list[_Gate]:
        if abs(angle) in (0.0, 2 * _PI):
            return []
        return [("rx", (-_PI / 2,)), ("ry", (angle,)), ("rx", (_PI / 2,))]

    axis = {0.0: ("ry", theta), -_PI / 2: ("rx", theta), _PI / 2: ("rx", -theta)}.get(phi)
    if phi + lam == 0.0 and axis is not None:
        return [(axis[0], (axis[1],))]
    tilted: list[_Gate] = [("ry", (theta,))] if theta else []
    return [*about_z(lam), *tilted, *about_z(phi)] if theta else about_z(phi + lam)


_Made = Callable[[_Angles, str, frozenset[str]], list[_Gate]]

_BASES: tuple[tuple[tuple[str, ...], _Made], ...] = (
    (("z", "sx"), _by_sx),
    (("z", "rx"), _by_rx),
    (("z", "ry"), _by_ry),
    (("", "r"), _by_r),
    (("z", "h"), _by_h),
    (("", "rx", "ry"), _by_rx_ry),
)
"""(z: needs a rotation about Z; the gates needed), how U is made of them; best first."""

_Matrix = tuple[complex, complex, complex, complex]


def _matrix(angles: _Angles) -> _Matrix:
    theta, phi, lam = angles
    c, s = math.cos(theta / 2), math.sin(theta / 2)
    return (c, -cmath.exp(1j * lam) * s, cmath.exp(1j * phi) * s, cmath.exp(1j * (phi + lam)) * c)


def _times(a: _Matrix, b: _Matrix) -> _Matrix:
    return (
        a[0] * b[0] + a[1] * b[2],
        a[0] * b[1] + a[1] * b[3],
        a[2] * b[0] + a[3] * b[2],
        a[2] * b[1] + a[3] * b[3],
    )


def _overlap(a: _Matrix, b: _Matrix) -> float:
    """|tr(a^dagger b)| / 2: 1 if equal up to a global phase."""
    return abs(sum(x.conjugate() * y for x, y in zip(a, b, strict=True))) / 2


def _word(angles: _Angles, natives: frozenset[str]) -> list[_Gate] | None:
    """The shortest product of the native gates without parameters that is U, or None.

    Breadth first over the products, each kept once; Clifford gates make a group of 24, so a
    set of them is exhausted within seven. Longer products are not tried.
    """
    alphabet = [
        (name, _matrix(_EULER[name]()))
        for name in sorted(natives & _EULER.keys())
        if not GATES[name].params and name != "id"
    ]
    target = _matrix(angles)
    seen: list[_Matrix] = [(1, 0, 0, 1)]
    layer: list[tuple[tuple[str, ...], _Matrix]] = [((), (1, 0, 0, 1))]
    for _ in range(8):
        for word, product in layer:
            if 1 - _overlap(product, target) < 1e-14:
                return [(name, ()) for name in word]
        following = []
        for (word, product), (name, matrix) in itertools.product(layer, alphabet):
            longer = _times(matrix, product)
            if all(1 - _overlap(longer, old) > 1e-9 for old in seen):
                seen.append(longer)
                following.append(((*word, name), longer))
        layer = following
    return None
