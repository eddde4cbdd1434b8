"""A primitive's job: the network's job, read as the primitive's result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qiskit.primitives import BasePrimitiveJob, PrimitiveResult
from qiskit.providers import JobStatus
from qiskit.providers.jobstatus import JOB_FINAL_STATES

from interlace.arguments import wrong
from interlace.compiler import Plan
from interlace.qiskit.backend import NetworkBackend
from interlace.qiskit.job import NetworkJob, Progress
from interlace.report import Report
from interlace.runtime import Result

__all__ = ["NetworkPrimitiveJob", "checked_mode"]


class NetworkPrimitiveJob(BasePrimitiveJob[PrimitiveResult[Any], JobStatus]):
    """What `SamplerV2.run` and `EstimatorV2.run` give: status, progress, cancellation, result.

    Args:
        job: that runs the circuits.
        read: makes the primitive's result of their runs.
    """

    def __init__(
        self, job: NetworkJob, read: Callable[[tuple[Result, ...]], PrimitiveResult[Any]]
    ) -> None:
        super().__init__(job.job_id())
        self.metadata: dict[str, Any] = job.metadata
        self._job = job
        self._read = read
        self._result: PrimitiveResult[Any] | None = None

    def result(self) -> PrimitiveResult[Any]:
        """The result of every pub; waits for the job and raises as `NetworkJob.result`."""
        if self._result is None:
            self._result = self._read(self._job.runs())
        return self._result

    def status(self) -> JobStatus:
        """QUEUED, RUNNING, DONE, ERROR or CANCELLED; never waits."""
        return self._job.status()

    def progress(self) -> Progress:
        """How many of the circuits that the pubs need are done; never waits."""
        return self._job.progress()

    def done(self) -> bool:
        """Whether it has run and succeeded."""
        return self.status() == JobStatus.DONE

    def running(self) -> bool:
        """Whether it is under way."""
        return self.status() == JobStatus.RUNNING

    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.status() == JobStatus.CANCELLED

    def in_final_state(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.status() in JOB_FINAL_STATES

    def cancel(self) -> bool:
        """Stop it, as `NetworkJob.cancel` does."""
        return self._job.cancel()

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plan of every circuit, pub after pub; waits for the job."""
        return self._job.plans

    @property
    def reports(self) -> tuple[Report, ...]:
        """The report on every circuit's run, pub after pub; waits for the job."""
        return self._job.reports


def checked_mode(mode: object) -> NetworkBackend:
    """The backend that a primitive stands on: `mode` itself, or of a session or batch around it.

    Raises:
        SpecError: it is something else.
    """
    inner = getattr(mode, "_backend", None)  # where Qiskit's run time keeps a session's backend
    for found in (mode, inner):
        if isinstance(found, NetworkBackend):
            return found
    hint = "for other backends use their own primitives"
    raise wrong("mode", "must be a NetworkBackend, or a session on one", mode, hint=hint)
