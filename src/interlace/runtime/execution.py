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
from dataclasses import dataclass, replace

import numpy as np

from interlace.circuit import Register
from interlace.compiler import (
    Executable,
    Plan,
    Programs,
    Timing,
    critical_path,
    programs_of,
    time_ops,
)
from interlace.errors import SpecError
from interlace.executor import Executor, ProcessExecutor, SerialExecutor, available_workers
from interlace.kernel import ByteArray, derived_seed
from interlace.link import Link, compile_links
from interlace.routing import SampledSupply, SupplyUse
from interlace.runtime.alone import lone_plan
from interlace.runtime.breakdown import error_breakdown
from interlace.runtime.choose import BACKENDS, Choice, choose, memory_bytes, outlook
from interlace.runtime.measuring import MEASURED_ALL, measured, measured_circuit
from interlace.runtime.model import AloneResult, LinkUse, Result
from interlace.runtime.noise import noises
from interlace.runtime.outcomes import counts_of, printed
from interlace.runtime.ports import Estimate, Noise, SimulationJob, Simulator
from interlace.runtime.reference import Reference, fidelity_of, reference_of
from interlace.runtime.tracing import trace_of
from interlace.runtime.versions import versions

__all__ = ["run"]

_TIMELINES = 32
_WORTH_A_POOL_S = 4.0
"""A process pool takes seconds to start; shorter runs stay in this process."""

_WORTH_SPLITTING_S = 0.75
"""Shots that all have the same noise are one job up to here."""

_FEWEST_JOBS = 4
_MOST_SHARED_S = 24.0
"""Work that several jobs repeat, as each follows a measurement branch, is kept below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What somebody wants of a run."""

    shots: int
    seed: int
    timelines: int
    backend: str
    ideal: bool
    executor: Executor | None
    progress: Callable[[int, int], None] | None
    say: Callable[[str], None] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    """A plan on its timelines, before the first shot."""

    plan: Plan
    programs: Programs
    program: Executable
    links: tuple[Link, ...]
    timing: Timing
    use: SupplyUse
    noises: tuple[Noise | None, ...]
    errors: tuple[tuple[str, float], ...]
    choice: Choice


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
        shots: how often the program runs.
        seed: of all chance. Same plan, arguments and version: same counts, for any number of
            workers.
        timelines: histories of the links that are sampled; the shots are spread evenly over
            them. `None`: 32, or fewer if there are fewer shots.
        backend: one of auto, stim, aer-statevector, aer-density, aer-mps.
        ideal: all error rates are zero; every teleportation, measurement and correction stays.
        executor: carries out the timelines' jobs; `None`: this process, or as many as there
            are cores if that pays.
        progress: is told (done, total) timelines.
        say: is told beforehand if the run takes long or much memory.
        compare_alone: also run the circuit on one machine of the network, if it fits.

    Raises:
        SpecError: shots or timelines below 1, no such backend, or one that cannot run the plan.
        InfeasibleError: the run needs more memory than there is.

    Example:
        >>> import interlace as il
        >>> network = il.load_network("examples/three-cities.yaml")  # doctest: +SKIP
        >>> il.run(il.distribute(circuit, network), shots=4096, seed=7)  # doctest: +SKIP
    """
    order = _checked(
        _Order(
            shots=shots,
            seed=seed,
            timelines=_TIMELINES if timelines is None else timelines,
            backend=backend,
            ideal=ideal,
            executor=executor,
            progress=progress,
            say=say,
        )
    )
    clock = _Clock()
    ready = _prepare(plan, order)
    clock.lap("timelines")
    bits = _sampled(ready, order)
    clock.lap("simulation")
    reference = reference_of(measured_circuit(plan.circuit), seed=seed)
    clock.lap("reference")
    alone = _alone(ready, order, reference) if compare_alone else None
    clock.lap("alone")
    return _result(ready, order, bits, reference=reference, alone=alone, wall_s=clock.laps)


class _Clock:
    """Measured times, which are no part of what a result is."""

    def __init__(self) -> None:
        self._last = time.perf_counter()
        self.laps: tuple[tuple[str, float], ...] = ()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps = (*self.laps, (name, now - self._last))
        self._last = now


def _checked(order: _Order) -> _Order:
    if order.shots < 1:
        raise SpecError("the number of shots must be at least 1", value=order.shots)
    if order.timelines < 1:
        raise SpecError("the number of timelines must be at least 1", value=order.timelines)
    if order.backend not in BACKENDS:
        rule = f"no such backend; there are {', '.join(BACKENDS)}"
        raise SpecError(rule, value=order.backend)
    return order


def _prepare(plan: Plan, order: _Order) -> _Prepared:
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
    taken: tuple[Noise | None, ...] = (None,) * timelines if silent else implied
    return _Prepared(
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


def _shares(shots: int, jobs: int) -> list[int]:
    """Shots of each job, as even as can be."""
    return [shots // jobs + (k < shots % jobs) for k in range(jobs)]


def _jobs(ready: _Prepared, order: _Order) -> list[SimulationJob]:
    """One job for each timeline, or fewer where all of them have the same noise.

    The number of jobs depends on estimates alone, so that the counts do not depend on how many
    workers there are.
    """
    count = len(ready.noises) if _differ(ready) else _worthwhile(ready, order)
    return [
        SimulationJob(
            program=ready.program,
            noise=ready.noises[k],
            shots=share,
            seed=derived_seed(order.seed, "shots", k),
        )
        for k, share in enumerate(_shares(order.shots, count))
    ]


def _worthwhile(ready: _Prepared, order: _Order) -> int:
    """Into how many jobs to split shots that all have the same noise.

    One while that is quick. Beyond that as many as there are timelines, unless every job has a
    cost of its own that its shots share, as ideal state vectors have.
    """
    if _estimate(ready, order, jobs=1).seconds < _WORTH_SPLITTING_S:
        return 1
    most = len(ready.noises)
    few = min(_FEWEST_JOBS, most)
    allowed = max(_MOST_SHARED_S, 1.2 * _estimate(ready, order, jobs=few).seconds)
    fitting = (
        count
        for count in (most, most // 2, most // 4)
        if count > few and _estimate(ready, order, jobs=count).seconds <= allowed
    )
    return next(fitting, few)


def _estimate(ready: _Prepared, order: _Order, *, jobs: int) -> Estimate:
    return ready.choice.simulator.estimate(
        ready.program, shots=order.shots, timelines=jobs, noise=ready.noises[0]
    )


def _differ(ready: _Prepared) -> bool:
    """Whether each timeline has a noise of its own."""
    return ready.noises[0] is not None and len(ready.timing.ebit) > 0


def _sampled(ready: _Prepared, order: _Order, *, what: str = "this run") -> ByteArray:
    """Program bits of every shot, timeline after timeline."""
    jobs = _jobs(ready, order)
    choice = replace(ready.choice, estimate=_estimate(ready, order, jobs=len(jobs)))
    executor = order.executor or _executor(choice, len(jobs))
    workers = min(executor.workers, len(jobs))
    words = outlook(choice, workers=workers, memory=memory_bytes())
    if words is not None and order.say is not None:
        order.say(f"{what} will take {words}")
    taken: list[ByteArray] = []
    for bits in executor.map(_sample, [(choice.simulator, job) for job in jobs]):
        taken.append(bits)
        if order.progress is not None:
            order.progress(len(taken), len(jobs))
    return np.concatenate(taken)


def _sample(job: tuple[Simulator, SimulationJob]) -> ByteArray:
    simulator, shots = job
    return simulator.sample(shots)


def _executor(choice: Choice, jobs: int) -> Executor:
    room = max(1, int(memory_bytes() / 2 / max(1, choice.estimate.bytes)))
    workers = min(available_workers(), jobs, room)
    if workers == 1 or choice.estimate.seconds < _WORTH_A_POOL_S:
        return SerialExecutor()
    return ProcessExecutor(workers)


def _alone(together: _Prepared, order: _Order, reference: Reference | None) -> AloneResult | None:
    """The same circuit, shots and simulator on one machine of the network by itself."""
    plan = lone_plan(together.plan)
    if plan is None:
        return None
    quiet = replace(
        order,
        seed=derived_seed(order.seed, "alone"),
        timelines=1,  # no links: every timeline is the same
        backend=together.choice.simulator.name,
        progress=None,
    )
    try:
        ready = _prepare(plan, quiet)
    except SpecError:  # the backend that was asked for cannot: any other that can will do
        ready = _prepare(plan, replace(quiet, backend="auto"))
    bits = _sampled(ready, quiet, what="the same circuit on one machine alone")
    return AloneResult(
        machine=plan.network.machines[0].name,
        counts=counts_of(bits, _registers(plan)),
        fidelity=fidelity_of(bits, reference, groups=()),
        makespan_s=float(ready.timing.makespan_s[0]),
    )


def _registers(plan: Plan) -> tuple[Register, ...]:
    return measured_circuit(plan.circuit).clbit_registers


def _result(
    ready: _Prepared,
    order: _Order,
    bits: ByteArray,
    *,
    reference: Reference | None,
    alone: AloneResult | None,
    wall_s: tuple[tuple[str, float], ...],
) -> Result:
    plan, program, timing = ready.plan, ready.program, ready.timing
    timelines = len(ready.noises)
    registers = _registers(plan)
    groups = _shares(order.shots, timelines) if _differ(ready) else ()
    path = critical_path(timing, program, ready.links)
    return Result(
        plan=plan,
        backend=ready.choice.simulator.name,
        backend_reason=ready.choice.reason,
        ideal=order.ideal,
        shots=order.shots,
        seed=order.seed,
        timelines=timelines,
        counts=counts_of(bits, registers),
        reference=_printed(reference, registers),
        fidelity=fidelity_of(bits, reference, groups=groups),
        makespan_s=timing.makespan_s,
        time_breakdown=tuple((name, float(seconds.mean())) for name, seconds in path),
        error_breakdown=tuple(
            (name, 0.0 if order.ideal else count) for name, count in ready.errors
        ),
        links=_link_uses(ready),
        trace=trace_of(plan, ready.programs, program, links=ready.links, timing=timing),
        alone=alone,
        approximations=_approximations(ready, order),
        versions=versions(),
        wall_s=wall_s,
    )


def _printed(
    reference: Reference | None, registers: tuple[Register, ...]
) -> tuple[tuple[str, float], ...] | None:
    found = () if reference is None else reference.likeliest()
    return tuple((printed(value, registers), p) for value, p in found) or None


def _link_uses(ready: _Prepared) -> tuple[LinkUse, ...]:
    use, timelines = ready.use, len(ready.noises)
    makespan = ready.timing.makespan_s
    found: list[LinkUse] = []
    for index, link in enumerate(ready.links):
        possible = makespan * link.channels
        busy = np.divide(use.busy_s[index], possible, out=np.zeros(timelines), where=possible > 0)
        pairs = int(use.pairs[index])
        found.append(
            LinkUse(
                name=link.name,
                rate_hz=link.rate_hz,
                fidelity=link.fidelity,
                pairs=pairs // timelines,
                utilisation=float(busy.mean()),
                wait_s=float(use.wait_s[index].sum()) / max(1, pairs),
            )
        )
    return tuple(found)


def _approximations(ready: _Prepared, order: _Order) -> tuple[str, ...]:
    program, timelines = ready.program, len(ready.noises)
    said: list[str] = []
    if measured_circuit(ready.plan.circuit) is not ready.plan.circuit:
        said.append(MEASURED_ALL)
    if ready.noises[0] is not None:
        said.extend(ready.choice.simulator.approximations)
    if len(program.link[program.link >= 0]):
        what = "times are" if order.ideal else "times and the noise of waiting are"
        said.append(f"The {what} averaged over {timelines} sampled timelines of the links.")
        used = set(program.link[program.link >= 0].tolist())
        notes = (note for index in sorted(used) for note in ready.links[index].notes)
        said.extend(dict.fromkeys(notes))
    return tuple(said)
