"""What an imported link delivers, as text of a network file.

Without hardware, a link is what its fibre allows: two perfect ends that send a photon each to a
station in the middle. One attempt succeeds with p = 1/2 eta, where eta = 10^(-alpha L / 10) is
the transmittance of the whole fibre and 1/2 the share of Bell states that linear optics tells
apart (Calsamiglia, Luetkenhaus 2001, doi:10.1007/s003400000484), and takes L / (c/n): half the
way for the photon, half the way back for the herald. No present hardware is as fast.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from interlace.errors import SpecError
from interlace.network.importing.topology import Span
from interlace.network.importing.wishes import ImportWishes
from interlace.network.make import DEFAULT_LINK
from interlace.units import DecibelsPerMetre, Hertz, Metres, Probability, Seconds

__all__ = [
    "BRIGHT_STATE",
    "FASTEST_ATTEMPTS_HZ",
    "FIDELITY",
    "LEAST_SUCCESS",
    "fibre_figures",
    "figures_notes",
    "figures_of",
    "reach_m",
]

SPEED_IN_FIBRE_M_PER_S = 2e8
FASTEST_ATTEMPTS_HZ: Hertz = 1e6
"""Attempts a second on the shortest links, where flight is faster than hardware."""
FIDELITY = 0.98
"""Of every link without hardware; that of `DEFAULT_LINK`."""
LEAST_SUCCESS: Probability = 1e-15
"""The least success probability that a description may hold."""
BRIGHT_STATE = 0.05
"""Population of the emitting state in single-click chains."""
STATION = "{efficiency: 90 %, dark_counts: 10 Hz, visibility: 0.96}"
"""Superconducting nanowire detectors behind a beam splitter, rounded."""
MEMORY = "{efficiency: 50 %, bandwidth: 1 MHz}"
"""A repeater's optical interface; nothing of the kind is on sale."""


def fibre_figures(length_m: Metres, loss_db_per_m: DecibelsPerMetre) -> tuple[Probability, Seconds]:
    """Success probability and period of attempts over a fibre between perfect ends.

    Example:
        >>> p, period_s = fibre_figures(50e3, 2e-4)
        >>> round(p, 6), period_s
        (0.05, 0.00025)
    """
    success = 0.5 * 10.0 ** (-loss_db_per_m * length_m / 10.0)
    period_s = max(length_m / SPEED_IN_FIBRE_M_PER_S, 1.0 / FASTEST_ATTEMPTS_HZ)
    return max(success, LEAST_SUCCESS), period_s


def reach_m(loss_db_per_m: DecibelsPerMetre) -> Metres | None:
    """How long a fibre is over which one attempt in 1e15 succeeds; `None` without loss."""
    return 10 * 14.69897 / loss_db_per_m if loss_db_per_m > 0 else None


def figures_of(wishes: ImportWishes, *, machines: frozenset[str]) -> Callable[[Span], list[str]]:
    """The function that writes one link: its keys, a line each of the block below its name.

    Args:
        wishes: what was asked for.
        machines: names of the nodes that are machines; the others hold memories.

    Raises:
        SpecError: `transducer` or `link` cannot be read.
    """
    if wishes.transducer is not None:
        element = _element(wishes.transducer)
        return lambda span: _chain(span, element, machines, wishes)
    if wishes.link is not None:
        keys = _keys(wishes.link, "--link")
        return lambda span: [_flow([*keys, *_common(span)])]
    return lambda span: [_flow([*_abstract(span, wishes.loss_db_per_m), *_common(span)])]


def figures_notes(
    wishes: ImportWishes, spans: tuple[Span, ...], *, machines: frozenset[str]
) -> list[str]:
    """What the figures of the links assume."""
    loss = f"{wishes.loss_db_per_m * 1e3:g} dB/km"
    if wishes.transducer is not None:
        bright = f", bright_state {BRIGHT_STATE:g}," if wishes.scheme == "single-click" else ""
        hardware = (
            f"every link is a {wishes.scheme} chain{bright} with a station in the middle "
            f"of {loss} fibre; a machine's end is {wishes.transducer!r}"
        )
        ends = {end for span in spans for end in span.ends}
        memory = f"a repeater's end is a memory: {MEMORY[1:-1]}"
        return [
            hardware,
            f"every station: {STATION[1:-1]}",
            *([memory] if ends - machines else []),
        ]
    if wishes.link is not None:
        return [f"every link is {wishes.link} (--link)"]
    notes: list[str] = []
    if any(span.length_m is not None for span in spans):
        notes.append(
            "what a link delivers is what its fibre allows between perfect ends: "
            f"success probability 1/2 10^(-loss/10) at {loss}, an attempt every length / (c/1.5), "
            f"at most {FASTEST_ATTEMPTS_HZ / 1e6:g} MHz; fidelity {FIDELITY:g} "
            "(--transducer takes hardware, --link other figures)"
        )
    if any(span.length_m is None for span in spans):
        notes.append(f"links without a length are {DEFAULT_LINK} (--link takes other figures)")
    far = reach_m(wishes.loss_db_per_m)
    dead = sum(far is not None and (span.length_m or 0.0) > far for span in spans)
    if dead and far is not None:
        notes.append(
            f"{dead} of {len(spans)} links are longer than {far / 1e3:.0f} km: practically no "
            f"photon arrives; written as one success in {1 / LEAST_SUCCESS:g} attempts "
            "(--repeater-every 80km splits them)"
        )
    return notes


def _abstract(span: Span, loss_db_per_m: DecibelsPerMetre) -> list[str]:
    if span.length_m is None:
        return _keys(DEFAULT_LINK, "--link")
    success, period_s = fibre_figures(span.length_m, loss_db_per_m)
    return [
        f"success_probability: {success:.4g}",
        f"attempt_period: {_period(period_s)}",
        f"fidelity: {FIDELITY:g}",
    ]


def _common(span: Span) -> list[str]:
    """What every kind of link may say of itself."""
    keys = [f"channels: {span.channels}"] if span.channels > 1 else []
    return keys if span.length_m is None else [*keys, f"length: {_km(span.length_m)}"]


def _chain(span: Span, element: str, machines: frozenset[str], wishes: ImportWishes) -> list[str]:
    if span.length_m is None:
        rule = "needs lengths, and nobody tells that of this link: say --length 100km"
        raise SpecError(rule, value="--".join(span.ends), path="--transducer")
    fibre = (
        f"fibre: {{length: {_km(span.length_m / 2)}, loss: {wishes.loss_db_per_m * 1e3:g} dB/km}}"
    )
    left, right = (
        f"transducer: {element}" if end in machines else f"memory: {MEMORY}" for end in span.ends
    )
    return [
        f"scheme: {wishes.scheme}",
        *([f"bright_state: {BRIGHT_STATE:g}"] if wishes.scheme == "single-click" else []),
        *([f"channels: {span.channels}"] if span.channels > 1 else []),
        "chain:",
        *(f"  - {part}" for part in (left, fibre, f"bsm: {STATION}", fibre, right)),
    ]


def _element(text: str) -> str:
    """A transducer's text: a catalogue's name as it is, `key=value,...` as a mapping."""
    if "=" in text:
        return _flow(_keys(text, "--transducer"))
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]*", text.strip()):
        rule = "must be a transducer of the catalogue, or figures: efficiency=10%,bandwidth=1MHz"
        raise SpecError(rule, value=text, path="--transducer")
    return f'"{text.strip()}"'


def _keys(text: str, option: str) -> list[str]:
    """`a=1,b=2` as `a: 1` and `b: 2`."""
    keys: list[str] = []
    for part in re.split(r",(?![^\[]*\])", text):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value or not re.fullmatch(r"[a-z_]+", key):
            rule = "needs keys and values, as in efficiency=10%,bandwidth=1MHz"
            raise SpecError(rule, value=part, path=option)
        if not re.fullmatch(r"[\w.+%/ µμ-]+|\[[\w.+%, -]+\]", value):
            raise SpecError("must be a value with its unit", value=value, path=option)
        keys.append(f"{key}: {value}")
    return keys


def _flow(keys: list[str]) -> str:
    return f"{{{', '.join(keys)}}}"


def _period(period_s: Seconds) -> str:
    return f"{period_s * 1e6:.6g} us" if period_s < 1e-3 else f"{period_s * 1e3:.6g} ms"


def _km(length_m: Metres) -> str:
    return f"{length_m / 1e3:.7g} km"
