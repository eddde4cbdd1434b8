"""Operations as people write them."""

from __future__ import annotations

import math
from collections.abc import Callable

from interlace.circuit.ops import NO_BIT, Op

__all__ = ["gate_text"]

_LARGEST_DENOMINATOR = 1024


def gate_text(
    op: Op,
    *,
    qubit: Callable[[int], str] = "q[{}]".format,
    clbit: Callable[[int], str] = "c[{}]".format,
) -> str:
    """One operation in the manner of OpenQASM, angles as fractions of pi where they are such.

    Args:
        op: the operation.
        qubit: writes an operand, such as `Circuit.qubit_label`.
        clbit: writes a classical bit, such as `Circuit.clbit_label`.

    Example:
        >>> gate_text(Op(name="cp", operands=(0, 2), params=(0.7853981633974483,)))
        'cp(pi/4) q[0], q[2]'
        >>> gate_text(Op(name="measure", operands=(1,), clbit=0))
        'c[0] = measure q[1]'
    """
    params = f"({', '.join(map(_angle, op.params))})" if op.params else ""
    text = f"{op.name}{params} {', '.join(map(qubit, op.operands))}"
    if op.clbit != NO_BIT:
        text = f"{clbit(op.clbit)} = {text}"
    if op.condition != NO_BIT:
        text = f"if ({clbit(op.condition)}) {text}"
    return text


def _angle(value: float) -> str:
    """`-3*pi/4` for its double, the shortest digits for anything that is no such fraction."""
    denominator = 1
    while denominator <= _LARGEST_DENOMINATOR:
        numerator = round(value * denominator / math.pi)
        if numerator and numerator * math.pi / denominator == value:
            times = {1: "", -1: "-"}.get(numerator, f"{numerator}*")
            return f"{times}pi" + (f"/{denominator}" if denominator > 1 else "")
        denominator *= 2
    return repr(value) if value != int(value) or abs(value) >= 1e15 else str(int(value))
