"""The JSON of a run: one frozen document with a fixed set of keys."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import numpy as np

from interlace.errors import InvariantError, SpecError
from interlace.kernel import FloatArray
from interlace.report.causes import limit
from interlace.report.places import ebits_by_link, node_uses
from interlace.report.words import counted, duration, plus_minus, whole
from interlace.runtime import AloneResult, FidelityEstimate, LinkUse, Result
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
    "RunDocument",
    "encode_document",
    "fidelity_words",
    "makespan",
    "read_run_document",
    "run_document",
    "varied",
]

_SHOTS_AN_OUTCOME = 10
"""How many the runtime asks for before it compares outcomes that are equally likely."""


class FidelityDocument(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How close the outcomes are to `reference`: value, standard error, kind of measure."""

    value: Fidelity
    error: Ratio
    kind: str
    reference: str


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
        timelines: how many timelines were sampled.
        time_breakdown_s: mean seconds on the critical path by cause; they sum to the mean makespan.
        error_breakdown: expected errors a shot by cause (sums of error probabilities).
        limit: one sentence on what limited the run.
        alone: the same circuit on one such machine; null where it fits on none.
        check: what was shown about the plan; null if it was not checked.
        approximations: what is twirled, averaged or assumed.
        wall_s: measured times of this computation; they differ from run to run.
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


def run_document(result: Result) -> RunDocument:
    """The document of a run.

    Raises:
        InvariantError: a number in the result is NaN or infinite.
    """
    plan = result.plan
    by_link = dict(ebits_by_link(plan))
    document = RunDocument(
        circuit=CircuitDocument(
            name=plan.circuit.name,
            qubits=plan.circuit.num_qubits,
            clbits=plan.circuit.num_clbits,
            operations=len(plan.circuit.ops),
        ),
        network=NetworkDocument(
            name=plan.network.name,
            machines=len(plan.network.machines),
            repeaters=len(plan.network.repeaters),
            links=len(plan.network.links),
            content_id=plan.network.content_id(),
        ),
        content_id=plan.content_id(),
        backend=result.backend,
        backend_reason=result.backend_reason,
        ideal=result.ideal,
        shots=result.shots,
        seed=result.seed,
        timelines=result.timelines,
        counts=_counted(result.counts),
        fidelity=_fidelity(result.fidelity),
        ebits=EbitsDocument(total=len(plan.pairs), by_link=by_link),
        makespan_s=makespan(result.makespan_s),
        time_breakdown_s=_summed(result.time_breakdown),
        error_breakdown=_summed(result.error_breakdown),
        limit=limit(result),
        links=tuple(_link(link) for link in result.links),
        placement=_placement(result),
        alone=_alone(result.alone),
        check=_check(result),
        approximations=result.approximations,
        versions=dict(result.versions),
        wall_s=_summed(result.wall_s),
    )
    _require_finite(msgspec.to_builtins(document), "result")
    return document


def encode_document(document: RunDocument) -> bytes:
    """The document as indented JSON, UTF-8, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def read_run_document(content: bytes, *, file: str | None = None) -> RunDocument:
    """Read the JSON of a run back.

    Raises:
        SpecError: no JSON, or not a run's document: the message names the key.
    """
    try:
        return msgspec.json.decode(content, type=RunDocument)
    except msgspec.DecodeError as error:
        raise SpecError(f"is not the JSON of a run: {error}", file=file) from error


def makespan(makespan_s: FloatArray) -> MakespanDocument:
    """Mean and percentiles over timelines, shape (T,), T at least 1 [s]."""
    p50, p95 = np.percentile(makespan_s, [50.0, 95.0]).tolist()
    count = len(makespan_s)
    error = None if count < 2 else float(makespan_s.std(ddof=1)) / math.sqrt(count)
    return MakespanDocument(mean=float(makespan_s.mean()), error=error, p50=p50, p95=p95)


def varied(result: Result) -> str:
    """How the makespan varied over timelines, in words."""
    if result.timelines < 2:
        return "of the one timeline sampled"
    spread = makespan(result.makespan_s)
    if float(np.ptp(result.makespan_s)) <= 1e-9 * spread.mean:
        return f"the same on all {whole(result.timelines)} timelines"
    return (
        f"median {duration(spread.p50)}, 95 % within {duration(spread.p95)}, "
        f"over {whole(result.timelines)} timelines"
    )


def fidelity_words(result: Result) -> tuple[str, str]:
    """The estimate as a figure, and what it is; where there is none, why."""
    estimate = result.fidelity
    if estimate is not None:
        told = f"{estimate.kind}, against {estimate.reference}"
        return plus_minus(estimate.value, estimate.error), told
    return "none", f"no estimate: {_why_no_estimate(result)}"


def _why_no_estimate(result: Result) -> str:
    ideal = [p for _, p in result.reference or ()]
    if sum(ideal) < 1 - 1e-9:
        return f"the ideal outcomes are unknown, or too many for {counted(result.shots, 'shot')}"
    needed = max(2, math.ceil(_SHOTS_AN_OUTCOME / sum(p * p for p in ideal)))
    if result.shots < needed:
        return f"outcomes this much alike take {whole(needed)} shots or more"
    return "nothing was measured"


def _fidelity(estimate: FidelityEstimate | None) -> FidelityDocument | None:
    if estimate is None:
        return None
    return FidelityDocument(
        value=float(estimate.value),
        error=float(estimate.error),
        kind=estimate.kind,
        reference=estimate.reference,
    )


def _link(link: LinkUse) -> LinkDocument:
    return LinkDocument(
        name=link.name,
        rate_hz=float(link.rate_hz),
        fidelity=float(link.fidelity),
        utilisation=float(link.utilisation),
        wait_s=float(link.wait_s) if link.pairs else None,
        wait_error_s=link.wait_error_s if link.pairs else None,
        pairs=int(link.pairs),
    )


def _alone(alone: AloneResult | None) -> AloneDocument | None:
    if alone is None:
        return None
    return AloneDocument(
        machine=alone.machine,
        counts=_counted(alone.counts),
        fidelity=_fidelity(alone.fidelity),
        makespan_s=float(alone.makespan_s),
    )


def _check(result: Result) -> CheckDocument | None:
    check = result.plan.check
    if check is None:
        return None
    return CheckDocument(
        rules=check.rules,
        method=check.method,
        shown=check.shown,
        not_shown=check.not_shown,
        false_acceptance=check.false_acceptance,
    )


def _placement(result: Result) -> tuple[PlaceDocument, ...]:
    return tuple(
        PlaceDocument(
            machine=use.name,
            data_qubits=use.capacity,
            data_qubits_used=use.data_used,
            qubits=use.qubits,
            visitors=use.visitors,
        )
        for use in node_uses(result.plan)
        if use.is_machine
    )


def _counted(counts: tuple[tuple[str, int], ...] | None) -> dict[str, int] | None:
    return None if counts is None else {outcome: int(shots) for outcome, shots in counts}


def _summed(breakdown: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The breakdown by cause; a cause that is named twice is added up."""
    found: dict[str, float] = {}
    for cause, amount in breakdown:
        found[cause] = found.get(cause, 0.0) + float(amount)
    return found


def _require_finite(value: object, path: str) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        msg = f"{path} is {value}: a report holds finite numbers only"
        raise InvariantError(msg)
    if isinstance(value, dict):
        for key, item in value.items():
            _require_finite(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _require_finite(item, f"{path}[{index}]")
