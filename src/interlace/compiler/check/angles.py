"""Random Clifford angles in the place of all others.

A gate with angles is diagonal along some Paulis whatever its angles are, so with other angles it
may be carried by the same packets and exchanged with the same neighbours. With every angle a
random multiple of pi/2 at which the gate is Clifford, circuit and joint program are Clifford
programs and can be compared as such, signs, order and gates included. The angle drawn is a
function of the gate and of its own angles: the same gate has the same one in both programs, and
another angle has, most likely, another.

`t` and its like count as the gates with an angle that they are. What is neither Clifford nor has
an angle (a Toffoli gate) gets no number here and stays a probe (see `pullback`).
"""

from __future__ import annotations

import functools
import itertools
import math
from dataclasses import dataclass

import numpy as np

from interlace.circuit import GATES
from interlace.compiler.check.actions import Actions, clifford_action
from interlace.compiler.check.axes import axis_masks
from interlace.compiler.check.unitary import commuting_axes
from interlace.compiler.check.word import Word, identical_items
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.kernel import FloatArray, IntArray, stream

__all__ = ["CliffordAngles", "clifford_angles"]

_AS_ANGLES = {"t": "p", "tdg": "p", "cs": "cp", "csdg": "cp", "csx": "crx"}
_MULTIPLES = tuple(k * math.pi / 2 for k in range(4))
_BITS_OF_AXES = 3
_MOST_OPERANDS = 3

_Hash = np.ndarray[tuple[int], np.dtype[np.uint64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CliffordAngles:
    """Which Clifford gate stands for each operation of the word.

    Attributes:
        wanted: for each item of the word the row of `actions` that stands for the circuit's
            operation, by the circuit's angles, or `NONE` if there is none, shape (m,).
        found: the same for the step's operation, with the step's angles, shape (m,).
        actions: of the Clifford gates.
    """

    wanted: IntArray
    found: IntArray
    actions: Actions


def clifford_angles(plan: Plan, word: Word, seed: int) -> CliffordAngles:
    """Draw a Clifford gate for every operation.

    A source that the plan carries out in another form, which `word` compared as a matrix, has
    that form's gates on both sides.
    """
    steps, ops, at = plan.steps, plan.circuit.ops, word.step
    salt = stream(seed, "check", "angles").integers(0, 2**64, size=1, dtype=np.uint64)
    gate = np.where((steps.kind == StepKind.GATE)[at], steps.gate[at], NONE)
    found = _hashed(salt, gate, steps.param_start, steps.params, at)
    same = np.flatnonzero((gate != NONE) & identical_items(word, plan))
    source = steps.source[at[same]]
    code = {name: number for number, name in enumerate(steps.names)}
    own = np.array([code.get(name, NONE) for name in ops.names], dtype=np.int64)
    wanted_gate, wanted = gate.copy(), found.copy()
    wanted_gate[same] = own[ops.gate[source]]
    wanted[same] = _hashed(salt, wanted_gate[same], ops.param_start, ops.params, source)
    first, count, actions = _choices(plan, word, np.concatenate([wanted_gate, gate]))
    drawn = np.concatenate([wanted, found]) % np.maximum(count, 1).astype(np.uint64)
    number = np.where(count > 0, first + drawn.astype(np.int64), NONE)
    return CliffordAngles(wanted=number[: len(at)], found=number[len(at) :], actions=actions)


def _choices(plan: Plan, word: Word, gate: IntArray) -> tuple[IntArray, IntArray, Actions]:
    """For each item its first choice among all actions, and how many it has.

    Args:
        plan: the plan.
        word: its m items.
        gate: of each item, twice over, the code of a name of a step or `NONE`, shape (2 m,).
    """
    steps, at = plan.steps, word.step
    size = np.diff(steps.cell_start)[at]
    masks = np.zeros(len(at), dtype=np.int64)
    for place in range(_MOST_OPERANDS):
        have = np.flatnonzero(size > place)
        axes = np.maximum(word.axes[steps.cell_start[at[have]] + place], 0)
        masks[have] |= axes << _BITS_OF_AXES * place
    bits = _BITS_OF_AXES * _MOST_OPERANDS
    kinds, which = np.unique((gate + 1) << bits | np.tile(masks, 2), return_inverse=True)
    first = np.zeros(len(kinds), dtype=np.int64)
    count = np.zeros(len(kinds), dtype=np.int64)
    found: list[tuple[tuple[int, int, int, int], int]] = []
    for kind, code in enumerate(kinds.tolist()):
        first[kind] = len(found)
        if code >> bits:
            found += _clifford_choices(steps.names[(code >> bits) - 1], code & (1 << bits) - 1)
        count[kind] = len(found) - first[kind]
    actions = Actions(
        linear=np.array([linear for linear, _ in found], dtype=np.int64).reshape(-1, 4),
        sign=np.array([sign for _, sign in found], dtype=np.int64),
    )
    return first[which.ravel()], count[which.ravel()], actions


@functools.lru_cache(maxsize=1024)
def _clifford_choices(name: str, axes: int) -> list[tuple[tuple[int, int, int, int], int]]:
    """The Clifford gates of this name that are diagonal along these Paulis, 3 bits an operand."""
    if name not in GATES:
        return []
    name = _AS_ANGLES.get(name, name)
    found: dict[tuple[tuple[int, int, int, int], int], None] = {}
    for params in itertools.product(_MULTIPLES, repeat=GATES[name].params):
        action = clifford_action(name, params)
        masks = axis_masks(commuting_axes(name, params))
        has = sum(mask << _BITS_OF_AXES * place for place, mask in enumerate(masks))
        if action is not None and axes & ~has == 0:
            found[action] = None
    return list(found)


def _hashed(
    salt: _Hash, gate: IntArray, param_start: IntArray, params: FloatArray, at: IntArray
) -> _Hash:
    """A number for the gate and the parameters of each row in `at`, by SplitMix64's mixing."""
    found = _mixed(salt ^ gate.astype(np.uint64))
    begin, size = param_start[at], np.diff(param_start)[at]
    for place in range(int(size.max(initial=0))):
        have = np.flatnonzero(size > place)
        value = params[begin[have] + place] + 0.0  # of two zeros one
        found[have] = _mixed(found[have] ^ value.view(np.uint64))
    return found


def _mixed(values: _Hash) -> _Hash:
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
