"""The timeline as HTML: rows in a grid, each group's bars in one stretching SVG.

Positions are percentages, so that the drawing fits every width while its text
keeps its size; a bar's stroke gives it a visible least width.
"""

from __future__ import annotations

from interlace.report.markup import Markup, el, join
from interlace.report.timeline import KINDS, LaneGroup, Mark, TimelinePicture, picture
from interlace.report.words import counted, duration, whole
from interlace.runtime import Result

__all__ = ["timeline_section"]

_ROW = 15
_THIN = {"wait": (5.5, 4.0), "hold": (3.0, 9.0)}
_FULL = (2.0, 11.0)


def timeline_section(result: Result) -> Markup:
    """One timeline of the run: who computed, who waited, and for which link."""
    names = [node.name for node in result.plan.network.nodes]
    drawn = picture(result.trace, names)
    if not drawn.spans:
        return Markup()
    return el(
        "section",
        {"aria-labelledby": "timeline"},
        el("h2", {"id": "timeline"}, "Timeline"),
        el("p", {"class": "note"}, _note(result, drawn)),
        _legend(drawn),
        el("div", {"class": "lanes"}, *_axis(drawn), *(_group(g, drawn) for g in drawn.groups)),
    )


def _note(result: Result, drawn: TimelinePicture) -> str:
    drawn_one, timelines = whole(result.trace.timeline + 1), whole(result.timelines)
    chosen = f"timeline {drawn_one} of {timelines}, the one whose makespan is "
    parts = [
        f"{duration(drawn.total_s)} from start to end: "
        + (chosen + "nearest the median." if result.timelines > 1 else "the one timeline sampled.")
    ]
    if "swap" in drawn.kinds:
        parts.append(
            "Rows follow the circuit's qubits, which inserted SWAPs move between the device's."
        )
    if drawn.marks < drawn.spans:
        parts.append(
            "Bars too short to see are drawn wider, and together with their neighbours of the same "
            "kind; hover to read them."
        )
    if drawn.left_out:
        parts.append(
            f"{counted(drawn.left_out, 'further row')}, in which least happens, "
            f"{'is' if drawn.left_out == 1 else 'are'} not drawn."
        )
    return " ".join(parts)


def _legend(drawn: TimelinePicture) -> Markup:
    items = [
        el(
            "li",
            None,
            el("span", {"class": f"swatch k-{kind}{' thin' if kind in _THIN else ''}"}),
            KINDS[kind],
        )
        for kind in drawn.kinds
    ]
    return el("ul", {"class": "legend"}, *items)


def _axis(drawn: TimelinePicture) -> tuple[Markup, Markup]:
    labels = [
        el("text", {"x": f"{100 * share:.3f}%", "y": 12, "text-anchor": _anchor(share)}, label)
        for share, label in drawn.ticks
    ]
    svg = el("svg", {"class": "axis", "height": 18, "aria-hidden": "true"}, *labels)
    return el("div"), svg


def _anchor(share: float) -> str:
    return "start" if share < 0.02 else "end" if share > 0.97 else "middle"


def _group(group: LaneGroup, drawn: TimelinePicture) -> Markup:
    height = _ROW * len(group.lanes)
    left_out = f" and {whole(group.left_out)} more" if group.left_out else ""
    heading = el("h3", None, group.name, el("span", None, left_out))
    rows = el(
        "div",
        {"class": "rows"},
        *(el("div", {"title": lane.name}, lane.name) for lane in group.lanes),
    )
    beds = [
        el("rect", {"class": "bed", "x": 0, "y": _ROW * i + 1, "width": "100%", "height": _ROW - 2})
        for i in range(len(group.lanes))
    ]
    lines = [_tick(share, height) for share, _ in drawn.ticks]
    marks = [_bar(mark, top=_ROW * i) for i, lane in enumerate(group.lanes) for mark in lane.marks]
    label = f"{group.name}: {len(group.lanes)} rows, {len(marks)} bars"
    svg = el("svg", {"height": height, "role": "img", "aria-label": label}, *beds, *lines, *marks)
    return join((heading, rows, svg))


def _tick(share: float, height: int) -> Markup:
    x = f"{100 * share:.3f}%"
    return el("line", {"class": "tick", "x1": x, "x2": x, "y1": 0, "y2": height})


def _bar(mark: Mark, *, top: int) -> Markup:
    offset, height = _THIN.get(mark.kind, _FULL)
    kind = mark.kind if mark.kind in KINDS else "other"
    return el(
        "rect",
        {
            "class": f"mark k-{kind}",
            "x": f"{100 * mark.start:.3f}%",
            "y": top + offset,
            "width": f"{max(0.001, 100 * (mark.stop - mark.start)):.3f}%",
            "height": height,
        },
        el("title", None, mark.label),
    )
