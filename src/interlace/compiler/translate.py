"""Gate by gate into what a device can do, exactly.

Theory of operation
-------------------
Gates of two and three operands are rewritten by the rules of `definitions`.
Of the ways to make a gate, the one with the fewest native two-qubit gates is
found once for a device by relaxation over the rules: the cost of a rule is the
sum of the costs of its gates.

Gates of one operand are made by `rotations`. Everything is equal up to a global phase to a
relative accuracy of 1e-12, and no gate is dropped because its angle is small.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

from interlace.circuit import GATES
from interlace.compiler.definitions import CCZ_ON_A_LINE, RULES, Definition
from interlace.compiler.rotations import rotated
from interlace.errors import InfeasibleError
from interlace.network import Device, LogicalDevice

__all__ = ["Native", "Pair", "Translator"]

Pair = tuple[int, int] | None
"""Two of the three operands of a gate, ascending, or none."""


@dataclass(frozen=True, slots=True)
class Native:
    """One native gate of a translation; `operands` index the operands of the translated gate."""

    name: str
    operands: tuple[int, ...]
    params: tuple[float, ...] = ()


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
            return self._rotated(gate)
        rule = self._rules.get(gate.name)
        if rule is None:
            raise self._refusal(gate.name)
        return [native for call in _applied(rule, gate) for native in self._translated(call)]

    def _rotated(self, gate: Native) -> list[Native]:
        made = rotated(gate.name, gate.params, self.natives)
        if made is None:
            raise self._refusal(gate.name)
        return [Native(name, gate.operands, params) for name, params in made]

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
