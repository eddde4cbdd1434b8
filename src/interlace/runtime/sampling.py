"""From a prepared plan to the bits of every shot: jobs, processes, simulators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from interlace.executor import Executor, ProcessExecutor, SerialExecutor, available_workers
from interlace.kernel import ByteArray, derived_seed
from interlace.runtime.choose import Choice, memory_bytes, outlook
from interlace.runtime.expectations import FlipCount, FlipTally, counted_flips
from interlace.runtime.order import Order
from interlace.runtime.ports import Estimate, Observables, SimulationJob, Simulator
from interlace.runtime.preparing import Prepared, differ, shares

__all__ = ["Sampled", "sampled"]

_WORTH_A_POOL_S = 4.0
"""A process pool takes seconds to start; shorter runs stay in this process."""

_WORTH_HEARING_S = 20.0
"""A simulator hears no Ctrl-C before a job is done: longer runs get a process of their own."""

_SECONDS_TO_SEND_A_ROW = 1.5e-7
"""What it takes to hand one row of a program with its noise to another process."""

_WORTH_SPLITTING_S = 0.75
"""Shots that all have the same noise are one job up to here."""

_FEWEST_JOBS = 4
_MOST_SHARED_S = 24.0
"""Work that several jobs repeat, as each follows a measurement branch, is kept below this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """Every shot, timeline after timeline.

    Attributes:
        bits: program bits, bit i in column i, shape (shots, num_program_bits).
        flips: of the observables, added up; `None` where none were followed.
    """

    bits: ByteArray
    flips: FlipTally | None


def sampled(
    ready: Prepared,
    order: Order,
    *,
    what: str = "this run",
    observables: Observables | None = None,
) -> Sampled:
    """Take every shot, timeline after timeline.

    Args:
        ready: the plan on its timelines.
        order: what is wanted.
        what: is said to take long, if it does.
        observables: to follow, if the simulator can.
    """
    jobs = _shots_of_jobs(ready, order)
    choice = replace(ready.choice, estimate=_estimate(ready, order, jobs=len(jobs)))
    taken: list[ByteArray] = []
    tally = FlipTally(0 if observables is None else len(observables))

    def tell() -> None:
        if order.progress is not None:
            order.progress(len(taken), len(jobs))

    executor = order.executor or _executor(choice, len(jobs), len(ready.program.ops), tell)
    workers = min(executor.workers, len(jobs))
    words = outlook(choice, workers=workers, memory=memory_bytes())
    if words is not None and order.say is not None:
        order.say(f"{what} will take {words}")
    wanted = (
        (choice.simulator, _job(ready, order, k, count, observables))
        for k, count in enumerate(jobs)
    )
    for bits, flips in executor.map(_sample, wanted):  # a timeline's noise is made as it comes
        taken.append(bits)
        if flips is not None:
            tally.add(flips)
        tell()
    return Sampled(bits=np.concatenate(taken), flips=tally if tally.groups == len(jobs) else None)


def _sample(job: tuple[Simulator, SimulationJob]) -> tuple[ByteArray, FlipCount | None]:
    """The bits of a job's shots; its flips are counted where they were made, and not kept."""
    simulator, shots = job
    samples = simulator.sample(shots)
    return samples.bits, None if samples.flips is None else counted_flips(samples.flips)


def _executor(choice: Choice, jobs: int, rows: int, check: Callable[[], None]) -> Executor:
    """This process, or as many as there are cores where that saves more than it takes.

    One of its own at least for what takes long, so that this one hears Ctrl-C.
    """
    room = max(1, int(memory_bytes() / 2 / max(1, choice.estimate.bytes)))
    workers = min(available_workers(), jobs, room)
    sending_s = jobs * rows * _SECONDS_TO_SEND_A_ROW
    worth_s = _WORTH_HEARING_S if workers == 1 else _WORTH_A_POOL_S
    if choice.estimate.seconds < worth_s + 2.0 * sending_s:
        return SerialExecutor()
    return ProcessExecutor(workers, check=check)


def _shots_of_jobs(ready: Prepared, order: Order) -> list[int]:
    """One job for each timeline, or fewer where all of them have the same noise.

    The number of jobs depends on estimates alone, so that the counts do not depend on how many
    workers there are.
    """
    count = len(ready.noises) if differ(ready) else _worthwhile(ready, order)
    return shares(order.shots, count)


def _job(
    ready: Prepared, order: Order, index: int, shots: int, observables: Observables | None
) -> SimulationJob:
    return SimulationJob(
        program=ready.program,
        noise=ready.noises[index],
        shots=shots,
        seed=derived_seed(order.seed, "shots", index),
        observables=observables,
    )


def _worthwhile(ready: Prepared, order: Order) -> int:
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


def _estimate(ready: Prepared, order: Order, *, jobs: int) -> Estimate:
    return ready.choice.simulator.estimate(
        ready.program, shots=order.shots, timelines=jobs, noise=ready.noises[0]
    )
