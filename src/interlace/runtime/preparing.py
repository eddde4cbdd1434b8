"""A plan on its timelines, before the first shot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from interlace.circuit import Register
from interlace.compiler import Executable, Plan, Programs, Timing, programs_of, time_ops
from interlace.kernel import derived_seed
from interlace.link import Link, compile_links
from interlace.routing import SampledSupply, SupplyUse
from interlace.runtime.breakdown import error_breakdown
from interlace.runtime.choose import Choice, choose, memory_bytes
from interlace.runtime.measuring import measured, measured_circuit
from interlace.runtime.noise import noises
from interlace.runtime.order import Order
from interlace.runtime.ports import Noise

__all__ = ["Prepared", "differ", "prepared", "registers_of", "shares"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A plan on its timelines, before the first shot."""

    plan: Plan
    programs: Programs
    program: Executable
    links: tuple[Link, ...]
    timing: Timing
    use: SupplyUse
    noises: Sequence[Noise | None]
    errors: tuple[tuple[str, float], ...]
    choice: Choice


def prepared(plan: Plan, order: Order) -> Prepared:
    """Sample the timelines, imply their noise, choose the simulator."""
    programs = programs_of(plan)
    program = measured(plan, programs)
    links = compile_links(plan.network)
    timelines = min(order.timelines, order.shots)
    supply = SampledSupply(links, timelines=timelines, seed=derived_seed(order.seed, "timelines"))
    timing = time_ops(program, plan.network, links, supply)
    implied = noises(program, plan.network, timing)
    errors = error_breakdown(program, plan.network, links, implied)
    # What makes no errors needs no channels, and is followed as cheaply as an ideal run.
    silent = order.ideal or not any(count for _, count in errors)
    taken: Sequence[Noise | None] = (None,) * timelines if silent else implied
    return Prepared(
        plan=plan,
        programs=programs,
        program=program,
        links=tuple(links),
        timing=timing,
        use=supply.use(),
        noises=taken,
        errors=errors,
        choice=choose(
            program,
            backend=order.backend,
            shots=order.shots,
            timelines=timelines,
            noise=taken[0],
            memory=memory_bytes(),
        ),
    )


def differ(ready: Prepared) -> bool:
    """Whether each timeline has a noise of its own."""
    return ready.noises[0] is not None and len(ready.timing.ebit) > 0


def registers_of(plan: Plan) -> tuple[Register, ...]:
    """The classical registers that outcomes are printed in."""
    return measured_circuit(plan.circuit).clbit_registers


def shares(shots: int, jobs: int) -> list[int]:
    """Shots of each job, as even as can be."""
    return [shots // jobs + (k < shots % jobs) for k in range(jobs)]
