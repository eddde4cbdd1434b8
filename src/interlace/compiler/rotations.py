"""Gates of one operand in a device's native gates, by formulas.

Theory of operation
-------------------
Gates are brought to U(theta, phi, lam), Qiskit's `u`, by a table,
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
from types import MappingProxyType

from interlace.circuit import GATES

__all__ = ["rotated"]

_PI = math.pi
_TINY = 4e-4
"""Below this an angle would lose more than a relative 1e-12 when it is added to pi."""

_Angles = tuple[float, float, float]

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


def rotated(
    name: str, params: tuple[float, ...], natives: frozenset[str]
) -> list[tuple[str, tuple[float, ...]]] | None:
    """A gate of one operand as native gates in order, `None` where they cannot express it.

    Example:
        >>> rotated("z", (), frozenset({"rz", "sx"}))
        [('rz', (3.141592653589793,))]
    """
    angles = _EULER[name](*params)
    phase = next((gate for gate in ("rz", "p", "u1") if gate in natives), None)
    if phase is not None and angles[0] == 0.0:
        return _turn(phase, angles[1] + angles[2])
    if angles[0] == _PI / 2 and "u2" in natives:
        return [("u2", angles[1:])]
    for gate in ("u", "u3"):
        if gate in natives:
            return [(gate, angles)]
    for needed, made in _BASES:
        if (phase or not needed[0]) and natives.issuperset(needed[1:]):
            return made(angles, phase or "", natives)
    return _word(angles, natives)


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
