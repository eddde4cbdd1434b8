"""The JSON of a run as types: one frozen document with a fixed set of keys."""

from __future__ import annotations

import msgspec

from interlace.units import Fidelity, Hertz, Probability, Ratio, Seconds

__all__ = [
    "AloneDocument",
    "CheckDocument",
    "CircuitDocument",
    "EbitsDocument",
    "FidelityDocument",
    "LinkDocument",
    "MakespanDocument",
    "NetworkDocument",
    "PlaceDocument",
    "ProductsDocument",
    "RunDocument",
    "StabilizersDocument",
    "WeakProductDocument",
]


class FidelityDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How close the outcomes are to `reference`: value, standard error, kind of measure."""

    value: Fidelity
    error: Ratio
    kind: str
    reference: str


class WeakProductDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One product that noise flips often: its first factors, their number, its expectation."""

    factors: tuple[str, ...]
    weight: int
    value: Ratio
    error: Ratio


class ProductsDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How well products hold that are 1 in every shot without noise.

    Attributes:
        count: how many there are, independent of each other.
        mean, mean_error: of their expectations, in [-1, 1], and its standard error.
        intact: share of the shots in which all of them hold.
        intact_error: its standard error; null where all shots agree.
        intact_bound: then, how far at most the probability is from `intact`, at 95 % confidence.
        is_fidelity: whether `intact` is the fidelity of the state with the ideal one.
        lowest: those that flipped most often, worst first.
    """

    count: int
    mean: Ratio
    mean_error: Ratio
    intact: Ratio
    intact_error: Ratio | None
    intact_bound: Ratio | None
    is_fidelity: bool
    lowest: tuple[WeakProductDocument, ...]


class StabilizersDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Stabilizers of the state before it is measured, and parities of the outcomes, if known."""

    state: ProductsDocument | None
    outcomes: ProductsDocument | None


class EbitsDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Link pairs that one run of the program takes, one a hop; `total` is the sum of `by_link`."""

    total: int
    by_link: dict[str, int]


class MakespanDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long the program took over the sampled timelines [s].

    Attributes:
        mean, error: the mean and its standard error, the deviation of single timelines over the
            square root of their number; null with one timeline.
        p50, p95: percentiles.
    """

    mean: float
    error: float | None
    p50: float
    p95: float


class LinkDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one link fared; means over timelines.

    Attributes:
        rate_hz: heralded pairs a second on one channel that is never blocked.
        fidelity: of a fresh pair.
        utilisation: share of the makespan in which a channel was attempting.
        wait_s: mean time from when a pair could be attempted to its herald; null if none was taken.
        wait_error_s: its standard error over timelines; null if none was taken, or with one.
        pairs: taken in one run of the program.
    """

    name: str
    rate_hz: Hertz
    fidelity: Fidelity
    utilisation: Ratio
    wait_s: Seconds | None
    wait_error_s: Seconds | None
    pairs: int


class AloneDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The same circuit on one such machine alone."""

    machine: str
    counts: dict[str, int] | None
    fidelity: FidelityDocument | None
    makespan_s: Seconds


class CheckDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was shown about the plan, and what was not."""

    rules: tuple[str, ...]
    method: str
    shown: tuple[str, ...]
    not_shown: tuple[str, ...]
    false_acceptance: Probability | None


class CircuitDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The program that was run."""

    name: str
    qubits: int
    clbits: int
    operations: int


class NetworkDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The network that it ran on."""

    name: str
    machines: int
    repeaters: int
    links: int
    content_id: str


class PlaceDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the plan put on one machine: the circuit's qubits there at the start, and visitors."""

    machine: str
    data_qubits: int
    data_qubits_used: int
    qubits: tuple[str, ...]
    visitors: tuple[str, ...]


class RunDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One run of one plan. Times are seconds, shares and fidelities are in [0, 1].

    Attributes:
        interlace: version of this document's schema.
        kind: what the document describes.
        content_id: of the plan.
        counts: bit strings as Qiskit's `get_counts` prints them; null above 64 bits.
        stabilizers: of a Clifford program whose outcomes are not counted; else null.
        timelines: how many timelines were sampled.
        time_breakdown_s: mean seconds on the critical path by cause; they sum to the mean makespan.
        error_breakdown: expected errors a shot by cause (sums of error probabilities).
        limit: one sentence on what limited the run.
        alone: the same circuit on one such machine; null where it fits on none.
        check: what was shown about the plan; null if it was not checked.
        approximations: what is twirled, averaged or assumed.
        wall_s: measured times of this computation; they differ from run to run.
        warnings: which pairs have no entanglement left, and what to do.
    """

    interlace: int = 1
    kind: str = "run"
    circuit: CircuitDocument
    network: NetworkDocument
    content_id: str
    backend: str
    backend_reason: str
    ideal: bool
    shots: int
    seed: int
    timelines: int
    counts: dict[str, int] | None
    fidelity: FidelityDocument | None
    stabilizers: StabilizersDocument | None
    ebits: EbitsDocument
    makespan_s: MakespanDocument
    time_breakdown_s: dict[str, float]
    error_breakdown: dict[str, float]
    limit: str
    links: tuple[LinkDocument, ...]
    placement: tuple[PlaceDocument, ...]
    alone: AloneDocument | None
    check: CheckDocument | None
    approximations: tuple[str, ...]
    versions: dict[str, str]
    wall_s: dict[str, float]
    warnings: tuple[str, ...] = ()
