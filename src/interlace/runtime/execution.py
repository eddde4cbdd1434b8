"""Carry a plan out: timelines, simulator, shots, and what they say.

The chain is one function a link: `programs_of` gives the executable, `time_ops`
samples when everything happens on each timeline, `noises` turns waits into
channels, a `Simulator` takes each timeline's share of the shots, and the rest
reads the bits. Shots of one timeline share its times; noise is averaged by
running every timeline, never by putting a mean wait into a formula.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from interlace.arguments import flag
from interlace.compiler import Plan
from interlace.errors import SpecError
from interlace.executor import Executor
from interlace.kernel import derived_seed
from interlace.runtime.alone import lone_plans
from interlace.runtime.measuring import measured_circuit
from interlace.runtime.model import AloneResult, Result
from interlace.runtime.order import Order, checked_order
from interlace.runtime.outcomes import counts_of
from interlace.runtime.preparing import Prepared, prepared, registers_of
from interlace.runtime.reference import Reference, fidelity_of, reference_of
from interlace.runtime.results import result_of
from interlace.runtime.sampling import sampled
from interlace.runtime.wide import stabilizer_estimate, stabilizers_to_follow

__all__ = ["run"]

_TIMELINES = 32


def run(
    plan: Plan,
    *,
    shots: int = 1024,
    seed: int = 0,
    timelines: int | None = None,
    backend: str = "auto",
    ideal: bool = False,
    executor: Executor | None = None,
    progress: Callable[[int, int], None] | None = None,
    say: Callable[[str], None] | None = None,
    compare_alone: bool = True,
) -> Result:
    """Run a plan with the noise that its network implies.

    Args:
        plan: what `distribute` or `load_plan` gave.
        shots: how often the program runs, 1 to 10^9.
        seed: of all chance, 0 to 2^63 - 1. Same plan, arguments and version: same counts, for
            any number of workers.
        timelines: histories of the links that are sampled; the shots are spread evenly over
            them. At most 10^6, and one a shot. `None`: 32, or fewer if there are fewer shots.
        backend: one of auto, stim, frames, aer-statevector, aer-density, aer-mps.
        ideal: all error rates are zero; every teleportation, measurement and correction stays.
        executor: carries out the timelines' jobs; `None`: this process, or as many as there
            are cores if that pays.
        progress: is told (done, total) timelines, and while worker processes are busy the same
            again a few times a second; what it raises ends the run.
        say: is told beforehand if the run takes long or much memory, or fewer timelines than
            were asked for.
        compare_alone: also run the circuit on one machine of the network, if it fits.

    Raises:
        SpecError: an argument of the wrong kind or out of range, no such backend, or one that
            cannot run the plan; names the argument.
        InfeasibleError: the run needs more memory than there is.

    Example:
        >>> import interlace as il
        >>> network = il.load_network("examples/three-cities.yaml")  # doctest: +SKIP
        >>> il.run(il.distribute(circuit, network), shots=4096, seed=7)  # doctest: +SKIP
    """
    order = checked_order(
        plan,
        Order(
            shots=shots,
            seed=seed,
            timelines=_TIMELINES if timelines is None else timelines,
            backend=backend,
            ideal=ideal,
            executor=executor,
            progress=progress,
            say=say,
        ),
    )
    wants_alone = flag("compare_alone", compare_alone)
    if timelines is not None and order.timelines > order.shots and say is not None:
        say(f"sampling {order.shots} timelines, not {order.timelines}: each takes a shot at least")
    clock = _Clock()
    ready = prepared(plan, order)
    clock.lap("timelines")
    follow = stabilizers_to_follow(ready, order)
    taken = sampled(ready, order, observables=None if follow is None else follow.observables)
    clock.lap("simulation")
    reference = reference_of(measured_circuit(plan.circuit))
    stabilizers = stabilizer_estimate(ready, order, taken, follow, reference=reference)
    clock.lap("reference")
    alone = _alone(ready, order, reference) if wants_alone else None
    clock.lap("alone")
    return result_of(
        ready,
        order,
        taken.bits,
        reference=reference,
        stabilizers=stabilizers,
        alone=alone,
        wall_s=clock.laps,
    )


class _Clock:
    """Measured times, which are no part of what a result is."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: tuple[tuple[str, float], ...] = ()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps = (*self.laps, (name, now - self._last))
        self._last = now


def _alone(together: Prepared, order: Order, reference: Reference | None) -> AloneResult | None:
    """The same circuit, shots and simulator on the machine that makes the fewest errors with it."""
    quiet = replace(
        order,
        seed=derived_seed(order.seed, "alone"),
        timelines=1,  # no links: every timeline is the same
        backend=together.choice.simulator.name,
        progress=None,
    )
    candidates = [_ready_alone(plan, quiet) for plan in lone_plans(together.plan)]
    if not candidates:
        return None
    ready = min(candidates, key=lambda one: sum(count for _, count in one.errors))
    plan = ready.plan
    bits = sampled(ready, quiet, what="the same circuit on one machine alone").bits
    return AloneResult(
        machine=plan.network.machines[0].name,
        counts=counts_of(bits, registers_of(plan)),
        fidelity=fidelity_of(bits, reference, groups=()),
        makespan_s=float(ready.timing.makespan_s[0]),
    )


def _ready_alone(plan: Plan, order: Order) -> Prepared:
    try:
        return prepared(plan, order)
    except SpecError:  # the backend that was asked for cannot: any other that can will do
        return prepared(plan, replace(order, backend="auto"))
