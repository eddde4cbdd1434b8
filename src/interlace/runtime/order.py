"""What somebody wants of a run: its arguments, checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from interlace.arguments import SEEDS, SHOTS, TIMELINES, flag, whole, wrong
from interlace.circuit import NO_BIT
from interlace.compiler import Plan
from interlace.errors import InfeasibleError
from interlace.executor import Executor
from interlace.runtime.choose import BACKENDS, memory_bytes
from interlace.runtime.outcomes import MOST_BITS

__all__ = ["Order", "checked_order"]

_BYTES_A_SHOT = 56
_BYTES_A_COUNTED_BIT = 10
_BYTES_A_BIT = 3
"""What outcomes take while they are gathered and, if they are not too wide, counted: measured."""

_SHARE = 0.8
"""Of the machine's memory that outcomes may take."""

_WAYS_TO_A_PLAN = (
    "`interlace.distribute(circuit, network)` or `interlace.load_plan(path)` makes one"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody wants of a run."""

    shots: int
    seed: int
    timelines: int
    backend: str
    ideal: bool
    executor: Executor | None
    progress: Callable[[int, int], None] | None
    say: Callable[[str], None] | None


def checked_order(plan: Plan, order: Order) -> Order:
    """The order with plain numbers, every argument of `run` known to be of use."""
    if not isinstance(plan, Plan):
        raise wrong("plan", "must be a Plan", plan, hint=_WAYS_TO_A_PLAN)
    if not isinstance(order.backend, str) or order.backend not in BACKENDS:
        raise wrong("backend", f"must be one of {', '.join(BACKENDS)}", order.backend)
    for name in ("progress", "say"):
        function = getattr(order, name)
        if function is not None and not callable(function):
            raise wrong(name, "must be a function or None", function)
    if order.executor is not None and not callable(getattr(order.executor, "map", None)):
        raise wrong("executor", "must be an Executor or None", order.executor)
    checked = replace(
        order,
        shots=whole("shots", order.shots, SHOTS),
        seed=whole("seed", order.seed, SEEDS),
        timelines=whole("timelines", order.timelines, TIMELINES),
        ideal=flag("ideal", order.ideal),
    )
    _refuse_too_many_shots(plan, checked.shots)
    return checked


def _refuse_too_many_shots(plan: Plan, shots: int) -> None:
    """Refuse outcomes that would not fit the memory, before any work."""
    circuit = plan.circuit
    is_measured = bool((circuit.ops.clbit != NO_BIT).any())
    width = circuit.num_clbits if is_measured else circuit.num_qubits
    each = _BYTES_A_SHOT + width * (_BYTES_A_COUNTED_BIT if width <= MOST_BITS else _BYTES_A_BIT)
    needed, memory = shots * each, memory_bytes()
    if needed > _SHARE * memory:
        fitting = max(1, int(_SHARE * memory / each))
        msg = (
            f"{shots} shots of {width} bits need about {needed / 1e9:.3g} GB of memory, this "
            f"machine has {memory / 1e9:.3g} GB: ask for at most {fitting} shots"
        )
        raise InfeasibleError(msg)
