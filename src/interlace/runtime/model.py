"""What came out of a run, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.compiler import Plan
from interlace.kernel import ByteArray, FloatArray
from interlace.units import Fidelity, Hertz, Ratio, Seconds

__all__ = [
    "AloneResult",
    "FidelityEstimate",
    "LinkUse",
    "ProductMeans",
    "Result",
    "Span",
    "StabilizerEstimate",
    "Trace",
    "WeakProduct",
]

_RULE_OF_THREE = 3.0
"""Where N shots agree, the probability of the other thing is below 3 / N with 95 % confidence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FidelityEstimate:
    """How close the outcomes are to the ideal ones.

    Attributes:
        value, error: estimate and its standard error.
        kind: `hellinger` (squared Bhattacharyya overlap of outcome distributions) or
            `cross-entropy` (normalised linear cross-entropy).
        reference: what it was compared with, in words.
    """

    value: Fidelity
    error: Ratio
    kind: str
    reference: str

    def __str__(self) -> str:
        """Value and error: `0.9285 ± 0.0043`."""
        return f"{self.value:.4f} ± {self.error:.4f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakProduct:
    """One of the products that noise flips most.

    Attributes:
        factors: the first few of them, as `X q[3]`; of a parity of outcomes as `c[3]`.
        weight: how many factors there are.
        value, error: its expectation in [-1, 1] and the standard error.
    """

    factors: tuple[str, ...]
    weight: int
    value: Ratio
    error: Ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductMeans:
    """How well products hold that are 1 in every shot without noise.

    Attributes:
        count: how many there are, independent of each other.
        shots: in which they were followed.
        mean, mean_error: the mean of their expectations, in [-1, 1], and its standard error.
        intact: share of the shots in which all of them hold.
        intact_error: its standard error; `None` where all shots agree.
        is_state: they are all stabilizers of one state, so that `intact` is its fidelity.
        lowest: those that flipped most often, worst first; none that never did.
    """

    count: int
    shots: int
    mean: Ratio
    mean_error: Ratio
    intact: Ratio
    intact_error: Ratio | None
    is_state: bool
    lowest: tuple[WeakProduct, ...]

    @property
    def intact_bound(self) -> Ratio | None:
        """Where all N shots agree: how far at most `intact` is from the probability, 3 / N at 95 %.

        It is 1 - (1 - 0.95)^(1 / N) to first order; `None` where `intact_error` says it.
        """
        return min(1.0, _RULE_OF_THREE / self.shots) if self.intact_error is None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class StabilizerEstimate:
    """How well a wide Clifford program did, where its outcomes are too many to count.

    Attributes:
        state: stabilizers of the state right before it is measured, of which readout errors are
            no part; `None` where the simulator does not follow them.
        outcomes: parities of measured bits, with all errors; `None` where no bits are tied.
    """

    state: ProductMeans | None
    outcomes: ProductMeans | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUse:
    """How one link fared: means over timelines.

    Attributes:
        rate_hz: heralded pairs a second on one channel that is never blocked.
        fidelity: of a fresh pair.
        pairs: taken in one run of the program.
        utilisation: share of the makespan in which a channel was attempting.
        wait_s: mean time from when a pair could be attempted to its herald.
        wait_error_s: standard error of that mean over timelines; `None` with one timeline.
    """

    name: str
    rate_hz: Hertz
    fidelity: Fidelity
    pairs: int
    utilisation: Ratio
    wait_s: Seconds
    wait_error_s: Seconds | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One bar of the timeline picture.

    Attributes:
        row: what it is drawn on: a link's name, or `machine qubit-label`, wherever the qubit sits.
        group: the machine or `links`.
        kind: `gate`, `swap` (one that local routing inserted), `measure`, `generate`, `wait`,
            `hold` (an open copy), `message`.
        label: for a tool tip.
    """

    row: str
    group: str
    kind: str
    start_s: Seconds
    end_s: Seconds
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The timeline whose makespan is nearest the median, for drawing.

    Attributes:
        timeline: its number, from 0.
        spans: its bars; of wide programs those of the busiest qubits of each machine.
        left_out: machines with their number of further rows.
        until_s: when the program ends, if that is later than all spans.
    """

    timeline: int
    spans: tuple[Span, ...]
    left_out: tuple[tuple[str, int], ...] = ()
    until_s: Seconds = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AloneResult:
    """The same circuit on one machine alone, all its qubits used for data.

    Of the machines that hold it, the one on which the fewest errors are expected.
    """

    machine: str
    counts: tuple[tuple[str, int], ...] | None
    fidelity: FidelityEstimate | None
    makespan_s: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A run of a plan.

    Attributes:
        backend, backend_reason: the simulator and why it was chosen.
        ideal: all error rates were zero.
        counts: bit strings as Qiskit's `get_counts` prints them, most frequent first; `None`
            above 64 bits.
        samples: the program's bits of every shot, 0 or 1, shape (shots, bits), bit i in column i
            (in the order of the circuit's classical registers, or of the register `meas` of all
            qubits where the circuit measures nothing); timeline after timeline, as evenly as can
            be, where timelines differ in noise.
        reference: ideal probabilities of outcomes, likeliest first (at most 64); `None` if unknown.
        stabilizers: of a Clifford program whose outcomes are not counted; else `None`.
        makespan_s: of each timeline, shape (T,).
        time_breakdown: cause and mean seconds on the critical path; sums to the mean makespan.
        error_breakdown: cause and expected number of errors a shot (sum of error probabilities).
        approximations: sentences: what is twirled, averaged, assumed.
        wall_s: measured; no part of the content.
        warnings: sentences: which pairs have no entanglement left, and what to do; mostly none.
    """

    plan: Plan
    backend: str
    backend_reason: str
    ideal: bool
    shots: int
    seed: int
    timelines: int
    counts: tuple[tuple[str, int], ...] | None
    samples: ByteArray
    reference: tuple[tuple[str, float], ...] | None
    fidelity: FidelityEstimate | None
    stabilizers: StabilizerEstimate | None
    makespan_s: FloatArray
    time_breakdown: tuple[tuple[str, float], ...]
    error_breakdown: tuple[tuple[str, float], ...]
    links: tuple[LinkUse, ...]
    trace: Trace
    alone: AloneResult | None
    approximations: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    wall_s: tuple[tuple[str, float], ...]
    warnings: tuple[str, ...] = ()
