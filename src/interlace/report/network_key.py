"""What lines, colours and dots on a network's map mean: the rules and the legend.

Colour tells fidelity in classes, width tells rate on a logarithmic scale, dots shrink in a crowd.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.link import Link
from interlace.network import Network
from interlace.report.markup import Markup, el, join
from interlace.report.words import frequency, significant
from interlace.units import Fidelity, Hertz, Ratio

__all__ = ["FIDELITIES", "MAP_STYLE", "Sizes", "Widths", "fidelity_class", "legend", "pair_rate"]

_NARROW, _WIDE = 1.3, 6.0
_WORTH_SAYING_HZ = 1e-9  # a pair in 32 years

FIDELITIES: tuple[tuple[Fidelity, str], ...] = (
    (0.99, "0.99 or more"),
    (0.95, "0.95 to 0.99"),
    (0.90, "0.90 to 0.95"),
    (0.80, "0.80 to 0.90"),
    (0.50, "0.50 to 0.80"),
    (0.0, "0.50 or less"),
)
"""Least fidelity of a class (the last holds 0.50 itself), and what the legend calls it."""

_COLOURS = ("#0b3d91", "#2f7ed8", "#17a398", "#86a93a", "#e09a1f", "#c8402f")
_DARK = ("#9db8ff", "#4f9bf0", "#2fc4b6", "#a9cc55", "#f0b23f", "#ef6a57")

_DARK_RULES = "".join(f".nm .q{i}{{stroke:{colour}}}" for i, colour in enumerate(_DARK))
MAP_STYLE = Markup(
    ".nm{width:100%;height:auto;margin-top:6px}svg.nm{min-width:860px}"
    "@media (max-width:915px){.sideways{display:block}}"
    ".wide.links tbody th{min-width:11em}"
    ".nm .sea{fill:var(--ink);fill-opacity:.045}"
    ".nm .grid{stroke:var(--rule);stroke-width:1}"
    ".nm .deg{fill:var(--muted);font-size:11px}"
    ".nm .scale{stroke:var(--muted);stroke-width:1.5}"
    ".nm .link{stroke-linecap:round;fill:none}"
    ".nm .link:hover{stroke:var(--ink)}"
    ".nm .q5{stroke-dasharray:2 5}"
    ".nm .plain{stroke:var(--muted)}"
    ".nm .machine{fill:var(--ink);stroke:var(--paper);stroke-width:1.2}"
    ".nm .relay{fill:var(--paper);stroke:var(--muted);stroke-width:1}"
    ".nm circle:hover{stroke:var(--gate);stroke-width:3}"
    ".nm .name{font-weight:600}"
    ".nm .named{font-weight:400;fill:var(--muted)}"
    ".nm .leader{stroke:var(--ink);stroke-width:1;fill:none;pointer-events:none}"
    ".nm .told{fill:var(--muted)}"
    ".nm text{paint-order:stroke;stroke:var(--wash);stroke-width:3px;stroke-linejoin:round;"
    "pointer-events:none}"
    ".nm .deg{stroke:none}"
    ".keys{display:flex;flex-wrap:wrap;gap:6px 40px;margin:10px 0 0;font-size:13px;"
    "color:var(--muted)}"
    ".keys ul{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:0;padding:0}"
    ".keys b{font-weight:600;color:var(--ink)}"
    ".keys svg{display:inline-block;width:30px;height:12px;margin-right:6px;vertical-align:-2px}"
    + "".join(f".nm .q{i}{{stroke:{colour}}}" for i, colour in enumerate(_COLOURS))
    + f"@media (prefers-color-scheme:dark){{{_DARK_RULES}}}"
)
"""The style sheet of the map, on top of the page's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Radii of dots and the share of the full width of lines, smaller in a crowd."""

    machine: Ratio
    relay: Ratio
    line: Ratio

    @staticmethod
    def of(network: Network) -> Sizes:
        """What fits that many nodes."""
        machines, nodes = len(network.machines), len(network.nodes)
        return Sizes(
            machine=6.4 * _shrunk(machines, 0.38),
            relay=3.6 * _shrunk(nodes, 0.42),
            line=_shrunk(nodes, 0.45),
        )


def _shrunk(count: int, least: Ratio) -> Ratio:
    return max(least, min(1.0, (50.0 / count) ** 0.3))


@dataclass(frozen=True, slots=True, kw_only=True)
class Widths:
    """Rates to widths of lines: in proportion to the logarithm, between two ends."""

    slowest_hz: Hertz
    fastest_hz: Hertz
    widest: Ratio

    @staticmethod
    def of(links: Sequence[Link], shrink: float) -> Widths:
        """Over two to nine powers of ten below the fastest link."""
        rates = [link.rate_hz for link in links if link.rate_hz > 0] or [1.0]
        fastest = max(rates)
        return Widths(
            slowest_hz=min(max(min(rates), fastest * 1e-9), fastest * 1e-2),
            fastest_hz=fastest,
            widest=_NARROW + (_WIDE - _NARROW) * shrink,
        )

    def of_rate(self, rate_hz: Hertz) -> float:
        """Width of the line of a link of that rate."""
        span = math.log(self.fastest_hz / self.slowest_hz)
        share = math.log(max(rate_hz, self.slowest_hz) / self.slowest_hz) / span
        return _NARROW + (self.widest - _NARROW) * share


def fidelity_class(fidelity: Fidelity) -> int:
    """Index in `FIDELITIES`; 0.5 itself, where distillation ends, is in the last."""
    return next(
        (i for i, (least, _) in enumerate(FIDELITIES[:-1]) if fidelity >= least and fidelity > 0.5),
        len(FIDELITIES) - 1,
    )


def pair_rate(rate_hz: Hertz) -> str:
    """A rate; below one pair in an hour, how long a pair takes.

    Example:
        >>> pair_rate(120.0), pair_rate(1e-5), pair_rate(1e-12)
        ('120 Hz', '1 in 28 h', 'practically none')
    """
    if rate_hz >= 1 / 3600:
        return frequency(rate_hz)
    hours = 1 / (3600 * rate_hz) if rate_hz > 0 else math.inf
    years = hours / 8766
    if years >= 100:
        return "practically none"
    if years >= 1:
        return f"1 in {significant(years, 2)} years"
    return f"1 in {hours:.0f} h" if hours < 100 else f"1 in {hours / 24:.0f} days"


def legend(network: Network, links: Sequence[Link]) -> Markup:
    """Only what is on the map: classes of fidelity, three widths, kinds of nodes."""
    kinds = [_key(el("circle", {"class": "machine", "cx": 15, "cy": 6, "r": 5}), "machine")]
    if network.repeaters:
        kinds.append(
            _key(el("circle", {"class": "relay", "cx": 15, "cy": 6, "r": 3.5}), "repeater")
        )
    groups = [_keys("Nodes", kinds)]
    if links:
        present = sorted({fidelity_class(link.fidelity) for link in links})
        groups.append(
            _keys("Fidelity", [_key(_sample(f"q{i}", 3.5), FIDELITIES[i][1]) for i in present])
        )
        widths = Widths.of(links, Sizes.of(network).line)
        groups.append(
            _keys(
                "Pairs a second",
                [
                    _key(_sample("plain", widths.of_rate(rate)), pair_rate(rate))
                    for rate in _sample_rates(links)
                ],
            )
        )
    return el("div", {"class": "keys nm"}, *groups)


def _sample_rates(links: Sequence[Link]) -> list[Hertz]:
    """The fastest, the slowest that has a width of its own, and the middle one on the scale."""
    rates = [link.rate_hz for link in links]
    high = max(rates)
    low = max(min(rates), high * 1e-9, min(high, _WORTH_SAYING_HZ))
    if high <= low * 1.001:
        return [high]
    return [high, math.sqrt(low * high), low] if high > 3 * low else [high, low]


def _sample(style: str, width: float) -> Markup:
    line = {"class": f"link {style}", "d": "M3 6H27", "stroke-width": round(width, 2)}
    return el("path", line)


def _key(picture: Markup, words: str) -> Markup:
    return el(
        "li", None, el("svg", {"viewBox": "0 0 30 12", "aria-hidden": "true"}, picture), words
    )


def _keys(title: str, keys: Sequence[Markup]) -> Markup:
    return el("ul", None, el("li", None, el("b", None, title)), join(keys))
