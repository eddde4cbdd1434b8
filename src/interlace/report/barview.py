"""Bars: where the time and the errors went, the outcomes, the makespans."""

from __future__ import annotations

import re
from collections.abc import Sequence

from interlace.report.causes import Share, shades, shares
from interlace.report.document import makespan
from interlace.report.markup import Markup, el, join
from interlace.report.outcomes import Outcome, outcomes
from interlace.report.products import NOT_COUNTED
from interlace.report.timeline import ticks
from interlace.report.words import (
    counted,
    duration,
    mean_duration,
    percent,
    significant,
    tied,
    whole,
)
from interlace.runtime import Result

__all__ = ["errors_section", "makespan_strip", "outcomes_section", "time_section"]

_MOST_OUTCOMES = 16
_MOST_CAUSES = 12
_MOST_DOTS = 400


def time_section(result: Result) -> Markup:
    """Where the time went, and how it varied over timelines."""
    found = shares(result.time_breakdown, links=_links(result), errors=False)
    total = sum(share.amount for share in found)
    note = (
        f"{duration(total)} on the critical path{_averaged(result)}."
        if found
        else "No step took any time on these devices."
    )
    return el(
        "section",
        {"aria-labelledby": "time"},
        el("h2", {"id": "time"}, "Where the time went"),
        el("p", {"class": "note"}, note),
        _stacked(found, seconds=True),
    )


def errors_section(result: Result) -> Markup:
    """Where the infidelity came from."""
    found = shares(result.error_breakdown, links=_links(result), errors=True)
    total = sum(share.amount for share in found)
    if result.ideal:
        note = "All error rates were zero in this run (ideal)."
    elif found:
        note = (
            f"{significant(total)} errors are expected in a shot, by cause; not every one changes "
            "an outcome."
        )
    else:
        note = "No errors were expected on these devices."
    return el(
        "section",
        {"aria-labelledby": "errors"},
        el("h2", {"id": "errors"}, "Where the errors came from"),
        el("p", {"class": "note"}, note),
        _stacked(found, seconds=False),
    )


def makespan_strip(result: Result) -> Markup:
    """Every timeline's makespan as a dot, the mean as a line."""
    values = sorted(result.makespan_s.tolist())
    if values[-1] - values[0] <= 1e-9 * values[-1]:
        return Markup()
    dots = values[:: max(1, len(values) // _MOST_DOTS)]
    longest = 1.025 * values[-1]  # so that the last dot stays on the axis
    spread = makespan(result.makespan_s)
    drawn = [el("line", {"x1": "0%", "x2": "100%", "y1": 14, "y2": 14})]
    drawn += [
        el("circle", {"cx": f"{100 * value / longest:.2f}%", "cy": 14, "r": 5}) for value in dots
    ]
    at = f"{100 * spread.mean / longest:.2f}%"
    drawn.append(el("line", {"class": "mean", "x1": at, "x2": at, "y1": 3, "y2": 25}))
    for share, label in ticks(longest, most=5):
        anchor = "start" if share < 0.02 else "end" if share > 0.96 else "middle"
        drawn.append(
            el("text", {"x": f"{100 * share:.2f}%", "y": 42, "text-anchor": anchor}, label)
        )
    told = (
        f"Makespan of {_timelines(result)}: "
        f"mean {mean_duration(spread.mean, spread.error)} (line), "
        f"median {duration(spread.p50)}, 95 % within {duration(spread.p95)}."
    )
    return el(
        "section",
        {"aria-labelledby": "makespans"},
        el("h2", {"id": "makespans"}, "How it varied"),
        el("p", {"class": "note"}, tied(told)),
        el(
            "svg",
            {"class": "strip", "width": "100%", "height": 46, "role": "img", "aria-label": told},
            *drawn,
        ),
    )


def outcomes_section(result: Result) -> Markup:
    """Counts beside ideal probabilities."""
    if result.counts is None:
        body = el("p", {"class": "note"}, NOT_COUNTED.replace("`", ""))
        return el("section", None, el("h2", None, "Outcomes"), body)
    listed = outcomes(result, most=_MOST_OUTCOMES)
    note = f"{counted(result.shots, 'shot')}."
    if listed.others:
        rest = "the other one holds" if listed.others == 1 else (
            f"the {whole(listed.others)} others hold"
        )  # fmt: skip
        share = percent(listed.other_share)
        note = f"{note} The {len(listed.rows)} largest outcomes; {rest} {share} of them."
    if not listed.has_ideal:
        note += " Their ideal probabilities are not known."
    is_short = all(len(row.bits) <= 44 for row in listed.rows)
    figures = [
        "measured",
        *(["ideal"] if listed.has_ideal else []),
        *(["alone"] if listed.has_alone else []),
    ]
    ideal_key = (el("b"), "ideal") if listed.has_ideal else ()
    head = el(
        "tr",
        None,
        el("th", {"scope": "col"}, "outcome"),
        el("th", {"scope": "col", "class": "key"}, el("i"), "measured", *ideal_key),
        *(el("th", {"scope": "col", "class": "n"}, figure) for figure in figures),
    )
    longest = max((max(row.measured, row.ideal or 0.0) for row in listed.rows), default=1.0) or 1.0
    rows = [_outcome(row, longest, has_ideal=listed.has_ideal) for row in listed.rows]
    title = "Outcomes, measured against ideal" if listed.has_ideal else "Outcomes"
    return el(
        "section",
        {"aria-labelledby": "outcomes"},
        el("h2", {"id": "outcomes"}, title),
        el("p", {"class": "note"}, tied(note)),
        el(
            "table",
            {"class": "outcomes short" if is_short else "outcomes"},
            el("thead", None, head),
            el("tbody", None, *rows),
        ),
    )


def _outcome(row: Outcome, longest: float, *, has_ideal: bool) -> Markup:
    bars = [el("i", {"style": f"width:{100 * row.measured / longest:.2f}%"})]
    if row.ideal:
        bars.append(el("b", {"style": f"left:{100 * row.ideal / longest:.2f}%"}))
    figures = [percent(row.measured)]
    if has_ideal:
        figures.append("–" if row.ideal is None else percent(row.ideal))
    if row.alone is not None:
        figures.append(percent(row.alone))
    return el(
        "tr",
        None,
        el("td", {"class": "bits"}, _bits(row.bits)),
        el("td", None, el("div", {"class": "bar", "title": counted(row.shots, "shot")}, *bars)),
        *(el("td", {"class": "n"}, figure) for figure in figures),
    )


def _bits(bits: str) -> Markup:
    """A bit string with its zeros dimmed, so that the ones stand out of a long one."""
    if not bits:
        return join(("(no bits)",))
    runs = re.findall("0+|[^0]+", bits)
    return join(el("s", None, run) if run[0] == "0" else run for run in runs)


def _stacked(found: Sequence[Share], *, seconds: bool) -> Markup:
    if not found:
        return Markup()
    tints = [f" shade{place}" if place else "" for place in shades(found)]
    pieces = [
        el(
            "i",
            {
                "class": f"k-{share.kind}{shade}",
                "style": f"flex:{share.share:.5f} 0 0",
                "title": f"{share.cause}: {percent(share.share)}",
            },
        )
        for share, shade in zip(found, tints, strict=True)
    ]
    rows = [
        el(
            "tr",
            None,
            el("td", None, el("span", {"class": f"swatch k-{s.kind}{shade}"}), s.cause),
            el("td", {"class": "n"}, duration(s.amount) if seconds else significant(s.amount)),
            el("td", {"class": "n"}, percent(s.share)),
        )
        for s, shade in list(zip(found, tints, strict=True))[:_MOST_CAUSES]
    ]
    if len(found) > _MOST_CAUSES:
        rest = counted(len(found) - _MOST_CAUSES, "further cause")
        left = sum(s.share for s in found[_MOST_CAUSES:])
        rows.append(
            el("tr", None, el("td", None, rest), el("td"), el("td", {"class": "n"}, percent(left)))
        )
    stack = el("div", {"class": "stack", "aria-hidden": "true"}, *pieces)
    return join((stack, el("table", {"class": "causes"}, el("tbody", None, *rows))))


def _links(result: Result) -> tuple[str, ...]:
    return tuple(link.name for link in result.links)


def _averaged(result: Result) -> str:
    return f", mean of {_timelines(result)}" if result.timelines > 1 else ""


def _timelines(result: Result) -> str:
    return counted(result.timelines, "timeline")
