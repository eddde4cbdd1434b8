"""The circuits of a job, one after the other or over a pool of processes.

A circuit is bound, converted and placed when its turn comes; what is left, a
plan (made and checked anew for every circuit) and its run, depends on the task
alone, so it may happen in any process. The first circuits run here, and tell
what the others will take.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from qiskit.circuit import QuantumCircuit

from interlace.circuit import Circuit, from_qiskit
from interlace.compiler import Plan
from interlace.errors import InfeasibleError, InterlaceError
from interlace.executor import ProcessExecutor, SerialExecutor, available_workers
from interlace.kernel import derived_seed
from interlace.qiskit.placing import Assignment, Placements
from interlace.runtime import Result, run

__all__ = ["RunOptions", "Task", "carry_out", "circuit_seed"]

_TRIED = 2
"""Circuits that run in this process before a pool is thought of: the first one warms up."""

_SHORT_S = 4.0
"""A run up to here stays in one process, so that several runs at once make sense."""

_WORTH_A_POOL_S = 12.0
"""A pool takes seconds to start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How every circuit of a job is run: as in `interlace.run`."""

    timelines: int | None
    backend: str
    ideal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One circuit to run.

    Attributes:
        circuit: makes it, with all parameters bound.
        num_qubits: of the circuit.
        shots: how often it runs.
        seed: of its run.
        placed_as: makes the circuit whose placement it shares; `None`: it has its own.
    """

    circuit: Callable[[], QuantumCircuit]
    num_qubits: int
    shots: int
    seed: int
    placed_as: Callable[[], QuantumCircuit] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """A task that any process can carry out."""

    circuit: Circuit
    plan: Plan | None
    assign: Assignment
    placements: Placements
    shots: int
    seed: int
    options: RunOptions


def carry_out(
    tasks: Sequence[Task],
    placements: Placements,
    options: RunOptions,
    *,
    progress: Callable[[int, int, int], None],
) -> Iterator[Result]:
    """Yield the result of every task, in order.

    Args:
        tasks: what to run.
        placements: of the network.
        options: of every run.
        progress: is told (circuits done, timelines done, timelines) of the circuit under way, a
            few times a second while something runs; what it raises ends the work.

    Raises:
        SpecError: a circuit cannot be distributed.
        InfeasibleError: it does not fit on the network, or its run not into memory.
    """
    for index, task in enumerate(tasks):
        with _naming(index, len(tasks)):
            _refuse_wide(task.num_qubits, placements.room)
    done = 0
    seconds = 0.0
    while done < len(tasks):
        rest = len(tasks) - done
        workers = min(available_workers(), rest)
        is_known = done >= _TRIED and workers > 1
        if is_known and seconds < _SHORT_S and seconds * rest > _WORTH_A_POOL_S:
            break
        progress(done, 0, 1)
        result = _run_here(_order(tasks, done, placements, options), done, progress)
        seconds = result.plan.compile_s + sum(lap for _, lap in result.wall_s)
        done += 1
        yield result
    if done < len(tasks):
        yield from _run_in_pool(tasks, done, placements, options, progress)


def _run_here(order: _Order, done: int, progress: Callable[[int, int, int], None]) -> Result:
    plan = _planned(order)
    return run(
        plan,
        shots=order.shots,
        seed=order.seed,
        timelines=order.options.timelines,
        backend=order.options.backend,
        ideal=order.options.ideal,
        progress=lambda part, parts: progress(done, part, parts),
        compare_alone=False,
    )


def _run_in_pool(
    tasks: Sequence[Task],
    done: int,
    placements: Placements,
    options: RunOptions,
    progress: Callable[[int, int, int], None],
) -> Iterator[Result]:
    finished = done

    def check() -> None:
        progress(finished, 0, 1)

    orders = (_order(tasks, index, placements, options) for index in range(done, len(tasks)))
    workers = min(available_workers(), len(tasks) - done)
    for result in ProcessExecutor(workers, check=check).map(_run_alone, orders):
        finished += 1
        check()
        yield result


def _run_alone(order: _Order) -> Result:
    """In a worker process, which is one of many."""
    return run(
        _planned(order),
        shots=order.shots,
        seed=order.seed,
        timelines=order.options.timelines,
        backend=order.options.backend,
        ideal=order.options.ideal,
        executor=SerialExecutor(),
        compare_alone=False,
    )


def _planned(order: _Order) -> Plan:
    return order.plan or order.placements.plan(order.circuit, order.assign)


def _order(
    tasks: Sequence[Task], index: int, placements: Placements, options: RunOptions
) -> _Order:
    task = tasks[index]
    with _naming(index, len(tasks)):
        circuit = _converted(task.circuit())
        if task.placed_as is None:
            assign, plan = placements.of(circuit)
        else:
            assign, plan = placements.of(_converted(task.placed_as()))[0], None
    return _Order(
        circuit=circuit,
        plan=plan,
        assign=assign,
        placements=placements.without_memory(),
        shots=task.shots,
        seed=task.seed,
        options=options,
    )


@contextmanager
def _naming(index: int, count: int) -> Generator[None]:
    """Add to an error which circuit of a job it is about."""
    try:
        yield
    except InterlaceError as error:
        if count > 1:
            error.add_note(f"in circuit {index} of {count}, counted from 0")
        raise


def _refuse_wide(qubits: int, room: int) -> None:
    if qubits > room:
        msg = (
            f"the circuit has {qubits} qubits, the machines together have {room} data "
            f"qubits: add machines or use larger ones"
        )
        raise InfeasibleError(msg)


def _converted(qc: QuantumCircuit) -> Circuit:
    """The circuit as interlace's, its program bits numbered as Qiskit numbers them."""
    registered = [bit for register in qc.cregs for bit in register]
    if registered == qc.clbits:
        return from_qiskit(qc)
    # Loose bits, or registers that share or mix bits: one register holds them all in order.
    plain = QuantumCircuit(qc.num_qubits, qc.num_clbits, name=qc.name)
    plain.compose(qc, inplace=True)
    return from_qiskit(plain)


def circuit_seed(seed: int, index: int) -> int:
    """The seed of one circuit of a job; the first one's is the job's own."""
    return seed if index == 0 else derived_seed(seed, "circuit", index)
