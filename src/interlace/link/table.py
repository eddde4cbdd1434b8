"""From a described link to a table of numbers.

Timing, in one place
--------------------
One channel makes one attempt per `attempt_period_s`. A heralded attempt first
prepares (pump, reset), then emits, and knows of its outcome `herald_delay_s`
after the emission, at the end of the period at the latest. So attempt k of a
channel that starts at t is heralded at t + k * period, and its pair was born
`herald_delay_s` before that. An abstract link says what it delivers: its pairs
are born when they are ready (`herald_delay_s` = 0).
"""

from __future__ import annotations

from dataclasses import replace

from interlace.errors import DomainError, SpecError
from interlace.link.distance import Places, classical_latency
from interlace.link.generation import Generation
from interlace.link.model import Link
from interlace.link.schemes import SCHEMES, Scheme
from interlace.network import GeometricSource, LinkSpec, Network, PoissonSource, Source

__all__ = ["compile_link", "compile_links"]


def compile_links(network: Network) -> tuple[Link, ...]:
    """Every link of the network, in its order.

    Raises:
        DomainError: a link lies outside the range of its model; the message names it.
        SpecError: a link names an unknown scheme or lacks a number that its scheme needs.
    """
    places = Places.of(network)
    return tuple(_compiled(spec, places) for spec in network.links)


def compile_link(spec: LinkSpec, network: Network) -> Link:
    """One hop as a table: rate, success probability, period, herald delay, state, latency.

    Args:
        spec: the link as described.
        network: where its ends stand.

    Raises:
        DomainError: the link lies outside the range of its model; the message names it.
        SpecError: the link names an unknown scheme or lacks a number that its scheme needs.
    """
    return _compiled(spec, Places.of(network))


def _compiled(spec: LinkSpec, places: Places) -> Link:
    try:
        made, citation = _generation(spec.source)
    except DomainError as error:
        raise DomainError(f"link {spec.name}: {error}") from error
    except SpecError as error:
        inner = f".{error.path}" if error.path else ""
        raise SpecError(error.rule, value=error.value, path=f"links.{spec.name}{inner}") from error
    if spec.length_m is None and made.length_m is not None:
        spec = replace(spec, length_m=made.length_m)
    latency_s, latency_notes = classical_latency(spec, places)
    return Link(
        name=spec.name,
        ends=(places.index[spec.ends[0]], places.index[spec.ends[1]]),
        channels=spec.channels,
        success_probability=made.success_probability,
        attempt_period_s=made.attempt_period_s,
        rate_hz=made.rate_hz,
        herald_delay_s=made.herald_delay_s,
        state=made.state,
        latency_s=latency_s,
        citation=citation,
        timing_notes=(*made.timing_notes, *latency_notes, *_wiring_notes(spec, places)),
        state_notes=made.state_notes,
    )


def _generation(source: Source) -> tuple[Generation, str]:
    """What the source makes, and where that comes from."""
    match source:
        case PoissonSource():
            made = Generation(
                success_probability=None,
                attempt_period_s=None,
                rate_hz=source.rate_hz,
                herald_delay_s=0.0,
                state=source.state,
            )
            return made, "as described: a Poisson stream of pairs"
        case GeometricSource():
            made = Generation(
                success_probability=source.success_probability,
                attempt_period_s=source.attempt_period_s,
                rate_hz=source.success_probability / source.attempt_period_s,
                herald_delay_s=0.0,
                state=source.state,
            )
            return made, "as described: independent attempts at a fixed period"
        case _:
            scheme = _scheme(source.scheme)
            return scheme.generate(source), scheme.citation


def _scheme(name: str) -> Scheme:
    for scheme in SCHEMES:
        if scheme.name == name:
            return scheme
    known = ", ".join(scheme.name for scheme in SCHEMES)
    raise SpecError(f"unknown scheme: known are {known}", value=name, path="scheme")


def _wiring_notes(spec: LinkSpec, places: Places) -> tuple[str, ...]:
    """Say where a switch that nobody described is taken for granted."""
    loose: list[str] = []
    for end, wired in zip(spec.ends, spec.wired, strict=True):
        qubits = places.node(end).communication
        if wired is None and (qubits is None or len(qubits) > 1):
            loose.append(end)
    if not loose:
        return ()
    where = "both ends" if len(loose) > 1 else loose[0]
    return (f"an ideal internal switch at {where} joins the link to any communication qubit there",)
