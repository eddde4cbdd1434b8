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

import math
from dataclasses import dataclass, replace

from interlace.errors import DomainError, SpecError
from interlace.link.distance import classical_latency
from interlace.link.model import Link
from interlace.link.schemes import SCHEMES, Optics, Scheme
from interlace.network import (
    BellState,
    Fibre,
    GeometricSource,
    HeraldedSource,
    LinkSpec,
    Network,
    PoissonSource,
    Source,
    Transducer,
)
from interlace.physics import (
    attempt_period,
    flight_time,
    noise_click_probability,
    transmittance,
)
from interlace.units import Hertz, Metres, Probability, Ratio, Seconds

__all__ = ["compile_link", "compile_links"]

_NOISE_WORTH_A_NOTE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class _Generation:
    """What a source makes, before it is placed in a network."""

    success_probability: Probability | None
    attempt_period_s: Seconds | None
    rate_hz: Hertz
    herald_delay_s: Seconds
    state: BellState
    citation: str
    length_m: Metres | None = None
    notes: tuple[str, ...] = ()


def compile_links(network: Network) -> tuple[Link, ...]:
    """Every link of the network, in its order.

    Raises:
        DomainError: a link lies outside the range of its model; the message names it.
        SpecError: a link names an unknown scheme or lacks a number that its scheme needs.
    """
    return tuple(compile_link(spec, network) for spec in network.links)


def compile_link(spec: LinkSpec, network: Network) -> Link:
    """One hop as a table: rate, success probability, period, herald delay, state, latency.

    Args:
        spec: the link as described.
        network: where its ends stand.

    Raises:
        DomainError: the link lies outside the range of its model; the message names it.
        SpecError: the link names an unknown scheme or lacks a number that its scheme needs.
    """
    try:
        made = _generation(spec.source)
    except DomainError as error:
        raise DomainError(f"link {spec.name}: {error}") from error
    except SpecError as error:
        inner = f".{error.path}" if error.path else ""
        raise SpecError(error.rule, value=error.value, path=f"links.{spec.name}{inner}") from error
    if spec.length_m is None and made.length_m is not None:
        spec = replace(spec, length_m=made.length_m)
    latency_s, latency_notes = classical_latency(spec, network)
    return Link(
        name=spec.name,
        ends=(network.node_index(spec.ends[0]), network.node_index(spec.ends[1])),
        channels=spec.channels,
        success_probability=made.success_probability,
        attempt_period_s=made.attempt_period_s,
        rate_hz=made.rate_hz,
        herald_delay_s=made.herald_delay_s,
        state=made.state,
        latency_s=latency_s,
        citation=made.citation,
        notes=(*made.notes, *latency_notes, *_wiring_notes(spec, network)),
    )


def _generation(source: Source) -> _Generation:
    match source:
        case PoissonSource():
            return _Generation(
                success_probability=None,
                attempt_period_s=None,
                rate_hz=source.rate_hz,
                herald_delay_s=0.0,
                state=source.state,
                citation="as described: a Poisson stream of pairs",
            )
        case GeometricSource():
            return _Generation(
                success_probability=source.success_probability,
                attempt_period_s=source.attempt_period_s,
                rate_hz=source.success_probability / source.attempt_period_s,
                herald_delay_s=0.0,
                state=source.state,
                citation="as described: independent attempts at a fixed period",
            )
        case HeraldedSource():
            return _heralded(source)


def _heralded(source: HeraldedSource) -> _Generation:
    """The general chain: transducer, fibres, station, fibres, transducer."""
    scheme = _scheme(source.scheme)
    arms = ((source.left, source.left_fibres), (source.right, source.right_fibres))
    lengths_m = [math.fsum(fibre.length_m for fibre in fibres) for _, fibres in arms]
    window_s = max(1.0 / transducer.bandwidth_hz for transducer, _ in arms)
    round_trip_s = 2.0 * flight_time(max(lengths_m))
    period_s = max(
        attempt_period(
            window_s=window_s, duty_cycle=transducer.duty_cycle, round_trip_s=round_trip_s
        )
        for transducer, _ in arms
    )
    efficiency = (_efficiency(source, *arms[0]), _efficiency(source, *arms[1]))
    dark_probability = noise_click_probability(
        dark_counts_hz=source.station.dark_counts_hz,
        window_s=window_s,
        added_noise=(source.left.added_noise, source.right.added_noise),
        efficiency=efficiency,
    )
    optics = Optics(efficiency=efficiency, dark_probability=dark_probability)
    pair = scheme.herald(source, optics)
    return _Generation(
        success_probability=pair.success_probability,
        attempt_period_s=period_s,
        rate_hz=pair.success_probability / period_s,
        herald_delay_s=round_trip_s,
        state=pair.state,
        citation=scheme.citation,
        length_m=math.fsum(lengths_m),
        notes=(*scheme.notes(source), *_chain_notes(source, dark_probability)),
    )


def _scheme(name: str) -> Scheme:
    for scheme in SCHEMES:
        if scheme.name == name:
            return scheme
    known = ", ".join(scheme.name for scheme in SCHEMES)
    raise SpecError(f"unknown scheme: known are {known}", value=name, path="scheme")


def _efficiency(source: HeraldedSource, transducer: Transducer, fibres: tuple[Fibre, ...]) -> Ratio:
    """From one end's qubit to a click."""
    arriving = math.prod(
        transmittance(fibre.length_m, fibre.loss_db_per_m, loss_db=fibre.loss_db)
        for fibre in fibres
    )
    return transducer.efficiency * arriving * source.station.efficiency


def _chain_notes(source: HeraldedSource, dark_probability: Probability) -> tuple[str, ...]:
    notes: list[str] = []
    if source.left.bandwidth_hz != source.right.bandwidth_hz:
        notes.append("the two transducers differ in bandwidth: both use the longer window")
    if source.left.duty_cycle != source.right.duty_cycle:
        notes.append("the two transducers differ in duty cycle: the slower one sets the pace")
    if dark_probability > _NOISE_WORTH_A_NOTE:
        notes.append(
            f"noise and dark counts, {dark_probability:.2g} clicks per detector and window, are "
            f"counted to first order: up to {dark_probability:.0%} too many"
        )
    return tuple(notes)


def _wiring_notes(spec: LinkSpec, network: Network) -> tuple[str, ...]:
    """Say where a switch that nobody described is taken for granted."""
    loose: list[str] = []
    for end, wired in zip(spec.ends, spec.wired, strict=True):
        qubits = network.nodes[network.node_index(end)].communication
        if wired is None and (qubits is None or len(qubits) > 1):
            loose.append(end)
    if not loose:
        return ()
    where = " and ".join(loose)
    return (f"an ideal internal switch joins the link to any communication qubit of {where}",)
