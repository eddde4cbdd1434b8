"""The document of a run: what a `Result` says, as JSON with a fixed set of keys."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
import numpy as np

from interlace.errors import InvariantError, SpecError
from interlace.kernel import FloatArray
from interlace.report.causes import limit
from interlace.report.places import ebits_by_link, node_uses
from interlace.report.products import state_fidelity
from interlace.report.schema import (
    AloneDocument,
    CheckDocument,
    CircuitDocument,
    EbitsDocument,
    FidelityDocument,
    LinkDocument,
    MakespanDocument,
    NetworkDocument,
    PlaceDocument,
    ProductsDocument,
    RunDocument,
    StabilizersDocument,
    WeakProductDocument,
)
from interlace.report.words import below, counted, duration, plus_minus, whole
from interlace.runtime import (
    AloneResult,
    FidelityEstimate,
    LinkUse,
    ProductMeans,
    Result,
    StabilizerEstimate,
)

__all__ = [
    "encode_document",
    "fidelity_words",
    "makespan",
    "read_run_document",
    "run_document",
    "varied",
]

_SHOTS_AN_OUTCOME = 10
"""How many the runtime asks for before it compares outcomes that are equally likely."""


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
        stabilizers=_stabilizers(result.stabilizers),
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
        warnings=result.warnings,
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
    """The estimate as a figure, and what it is; where there is none, why.

    The state's fidelity where it is known: that of the outcomes does not see phases.
    """
    of_state = state_fidelity(result)
    if of_state is not None:
        return of_state
    estimate = result.fidelity
    if estimate is not None:
        told = f"{estimate.kind}, against {estimate.reference}"
        if estimate.value == 0 and estimate.error == 0:  # no shot is an ideal outcome
            return below(result.shots), f"{told} (95 % confidence)"
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


def _stabilizers(estimate: StabilizerEstimate | None) -> StabilizersDocument | None:
    if estimate is None:
        return None
    return StabilizersDocument(
        state=_products(estimate.state), outcomes=_products(estimate.outcomes)
    )


def _products(means: ProductMeans | None) -> ProductsDocument | None:
    if means is None:
        return None
    return ProductsDocument(
        count=means.count,
        mean=means.mean,
        mean_error=means.mean_error,
        intact=means.intact,
        intact_error=means.intact_error,
        intact_bound=means.intact_bound,
        is_fidelity=means.is_state,
        lowest=tuple(
            WeakProductDocument(
                factors=weak.factors, weight=weak.weight, value=weak.value, error=weak.error
            )
            for weak in means.lowest
        ),
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
