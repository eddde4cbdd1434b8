"""A job on a network: it runs in a thread of its own, tells how far it is, and can be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from qiskit.providers import JobError, JobStatus, JobTimeoutError, JobV1
from qiskit.result import Result as QiskitResult

from interlace.compiler import Plan
from interlace.report import Report
from interlace.runtime import Result
from interlace.units import Ratio

__all__ = ["JobLine", "NetworkJob", "Progress", "Tell"]

Tell = Callable[[int, int, int], None]
"""Takes (circuits done, timelines done, timelines) of the circuit under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a job is.

    Attributes:
        circuits_done, circuits: circuits with all of their shots, and all of the job's.
        timelines_done, timelines: of the circuit under way.
        fraction: of the job, each circuit counted alike.
    """

    circuits_done: int
    circuits: int
    timelines_done: int
    timelines: int

    @property
    def fraction(self) -> Ratio:
        """From 0 to 1."""
        if self.circuits_done >= self.circuits:
            return 1.0
        part = self.timelines_done / max(1, self.timelines)
        return (self.circuits_done + part) / self.circuits

    def __str__(self) -> str:
        """`3 of 50 circuits (6 %)`."""
        return f"{self.circuits_done} of {self.circuits} circuits ({self.fraction:.0%})"


class _StoppedError(Exception):
    """Somebody cancelled the job."""


class JobLine:
    """Where a backend's jobs wait for their turn, and how many came; one for all its copies.

    Args:
        begun: how many jobs took a number already.
    """

    def __init__(self, begun: int = 0) -> None:
        self.queue = ThreadPoolExecutor(max_workers=1, thread_name_prefix="interlace")
        self._begun = begun
        self._lock = threading.Lock()

    def next_number(self) -> int:
        """0 for the first job, 1 for the next."""
        with self._lock:
            self._begun += 1
            return self._begun - 1

    def __reduce__(self) -> tuple[type[JobLine], tuple[int]]:
        """In another process: a line of its own, which goes on counting."""
        return JobLine, (self._begun,)


class NetworkJob(JobV1):
    """What `NetworkBackend.run` gives: a handle on circuits that are being distributed and run.

    Jobs of one backend run one after the other, in the order in which they came.

    Args:
        backend: that runs it.
        job_id: its name.
        circuits: how many there are.
        work: yields the runs of all circuits in order, telling how far it is.
        assemble: makes Qiskit's result of them.
        queue: where the work waits for its turn.
    """

    def __init__(
        self,
        backend: Any,  # noqa: ANN401  (the backend's module imports this one)
        job_id: str,
        *,
        circuits: int,
        work: Callable[[Tell], Iterator[Result]],
        assemble: Callable[[str, tuple[Result, ...]], QiskitResult],
        queue: ThreadPoolExecutor,
    ) -> None:
        super().__init__(backend, job_id)
        self._circuits = circuits
        self._work = work
        self._assemble = assemble
        self._queue = queue
        self._stop = threading.Event()
        self._at = Progress(circuits_done=0, circuits=circuits, timelines_done=0, timelines=1)
        self._future: Future[tuple[Result, ...]] | None = None
        self._result: QiskitResult | None = None

    def submit(self) -> None:
        """Queue the job; `NetworkBackend.run` has done so.

        Raises:
            JobError: it was submitted before.
        """
        if self._future is not None:
            raise JobError("the job was submitted already")
        self._future = self._queue.submit(self._run)

    def _run(self) -> tuple[Result, ...]:
        runs = tuple(self._work(self._tell))
        self._at = Progress(
            circuits_done=self._circuits, circuits=self._circuits, timelines_done=0, timelines=1
        )
        self.metadata["plans"] = tuple(run.plan for run in runs)
        self.metadata["reports"] = tuple(Report(run) for run in runs)
        return runs

    def _tell(self, done: int, part: int, parts: int) -> None:
        if self._stop.is_set():
            raise _StoppedError
        self._at = Progress(
            circuits_done=done, circuits=self._circuits, timelines_done=part, timelines=parts
        )

    def status(self) -> JobStatus:
        """QUEUED, RUNNING, DONE, ERROR or CANCELLED; never waits."""
        future = self._submitted()
        if future.done() and not future.cancelled():
            error = future.exception()
            if error is None:
                return JobStatus.DONE
            return JobStatus.CANCELLED if isinstance(error, _StoppedError) else JobStatus.ERROR
        if self._stop.is_set():
            return JobStatus.CANCELLED
        return JobStatus.RUNNING if future.running() else JobStatus.QUEUED

    def progress(self) -> Progress:
        """How far the job is; never waits."""
        return self._at

    def cancel(self) -> bool:
        """Stop the job.

        What it is doing ends at the next timeline, or within a second where worker processes
        are busy. Only the compilation of a circuit, and a reference that is being followed, are
        finished first, and dropped.

        Returns:
            Whether there was anything left to stop.
        """
        future = self._submitted()
        if future.done():
            return False
        self._stop.set()
        future.cancel()
        return True

    def result(self, timeout: float | None = None) -> QiskitResult:
        """Qiskit's result: counts, memory if it was asked for, and what the network did.

        Each experiment's header has the circuit's metadata and, under `interlace`, a summary of
        the run in plain values. Plans and reports themselves are `plans` and `reports`.

        Args:
            timeout: seconds to wait; `None`: until it is done. Ctrl-C while waiting cancels.

        Raises:
            SpecError: a circuit cannot be distributed: says which instruction and why.
            InfeasibleError: it does not fit on the network.
            JobError: the job was cancelled.
            JobTimeoutError: it is not done yet.
        """
        runs = self.runs(timeout)
        if self._result is None:
            self._result = self._assemble(self.job_id(), runs)
        return self._result

    def runs(self, timeout: float | None = None) -> tuple[Result, ...]:
        """What `interlace.run` gave for each circuit; waits and raises as `result`."""
        future = self._submitted()
        if not future.done() and self._stop.is_set():
            raise JobError(f"the job {self.job_id()} was cancelled")
        try:
            return future.result(timeout)
        except TimeoutError as error:
            if future.done():
                raise
            msg = f"the job {self.job_id()} is not done after {timeout} s: {self._at}"
            raise JobTimeoutError(msg) from error
        except (_StoppedError, CancelledError) as error:
            raise JobError(f"the job {self.job_id()} was cancelled") from error
        except KeyboardInterrupt:
            self.cancel()
            raise

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plan of each circuit; waits for the job."""
        return tuple(run.plan for run in self.runs())

    @property
    def reports(self) -> tuple[Report, ...]:
        """The report on each circuit's run; waits for the job."""
        return tuple(Report(run) for run in self.runs())

    def _submitted(self) -> Future[tuple[Result, ...]]:
        if self._future is None:
            raise JobError("the job was not submitted")
        return self._future
