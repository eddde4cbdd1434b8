"""The picture: timeline, outcomes and what limited the run, by matplotlib.

Loaded only where a picture is asked for. The figure is drawn on its own Agg
canvas: no window system, no global state of pyplot.
"""

from __future__ import annotations

import io
import re
import textwrap
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from interlace.report.causes import Share, limit, shades, shares
from interlace.report.document import fidelity_words, makespan
from interlace.report.outcomes import outcomes
from interlace.report.products import NOT_COUNTED, products_views
from interlace.report.shortening import cut, shortened
from interlace.report.style import COLOURS
from interlace.report.timeline import KINDS, Mark, TimelinePicture, picture
from interlace.report.words import (
    counted,
    duration,
    mean_duration,
    percent,
    plain,
    significant,
    whole,
)
from interlace.runtime import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_png"]

_INK, _MUTED, _RULE, _WASH = "#17202b", "#5a6572", "#dfe3e8", "#f4f5f7"
_SIZE_INCHES, _DPI = (16.0, 10.0), 100
_LEAST_WIDTH = 0.0016
_TINTS = (1.0, 0.72, 0.5, 0.34)
_THICKNESS = {"wait": 0.3, "hold": 0.6}
_MOST_LANES, _MOST_OUTCOMES, _MOST_CAUSES, _MOST_BITS = 40, 10, 6, 36
_MOST_GROUPS = 16
_ROOM_LANES, _HEADING_LANES = 46.0, 1.35
"""Lanes that fit below each other at a size that can be read, and what a heading takes of them."""

_NO_GLYPH = r"Glyph (\d+) .*missing"
"""What matplotlib says of a character that no font in use has."""

_MOST_LETTERS = 24
_LEAST_ROWS = 14.0
_HEAD_POINTS = 19.0
_LABEL_GAP = 16.0
"""Points that stay free beside a label of the timeline, on both sides together."""

_LABEL_POINTS = 234.0
"""A font of this size over its number of characters fits a label into the room beside the bars."""


def figure_png(result: Result) -> bytes:
    """The figure as PNG, 1600 x 1000 pixels; the same result and fonts give the same bytes.

    Letters that the bundled font lacks are drawn in an installed one. Where none has them they
    are boxes, and a `UserWarning` says so.
    """
    content, missing = _drawn(result, ())
    if missing:
        from interlace.report.fonts import families_for

        families = families_for(missing)
        content, missing = _drawn(result, families) if families else (content, missing)
    if missing:
        letters = cut("".join(map(chr, sorted(missing))), _MOST_LETTERS)
        said = f"no installed font has the letters {letters}: they are boxes in the picture"
        warnings.warn(said, UserWarning, stacklevel=2)
    return content


def _drawn(result: Result, families: Sequence[str]) -> tuple[bytes, frozenset[int]]:
    """The picture, with these fonts behind the bundled one, and the characters that none has."""
    import matplotlib as mpl

    with mpl.rc_context(mpl.rcParamsDefault), warnings.catch_warnings(record=True) as said:
        warnings.filterwarnings("always", message=_NO_GLYPH)
        mpl.rcParams["text.parse_math"] = False
        mpl.rcParams["font.family"] = ["DejaVu Sans", *families]
        content = _png(result)
    missing: set[int] = set()
    for warning in said:
        match = re.match(_NO_GLYPH, str(warning.message))
        if match is not None:
            missing.add(int(match[1]))
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return content, frozenset(missing)


def _png(result: Result) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _head(figure, result)
    _timeline(figure.add_axes((0.115, 0.09, 0.455, 0.67)), result)
    _outcomes(figure.add_axes((0.745, 0.53, 0.2, 0.23)), result)
    _causes(figure.add_axes((0.62, 0.29, 0.355, 0.135)), result, errors=False)
    _causes(figure.add_axes((0.62, 0.07, 0.355, 0.135)), result, errors=True)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return buffer.getvalue()


def _head(figure: Figure, result: Result) -> None:
    plan = result.plan
    noise = "without noise (ideal)" if result.ideal else "with noise"
    name = plain(f"{plan.circuit.name} over {plan.network.name}, {noise}")
    figure.text(0.035, 0.952, cut(name, 110), fontsize=13, color=_MUTED)
    sentence, size = _headline(plain(" ".join((limit(result), *result.warnings)).replace("`", "")))
    figure.text(0.035, 0.935, sentence, fontsize=size, color=_INK, weight="bold", va="top")
    figure.text(0.035, 0.838, "      ".join(_figures(result)), fontsize=13, color=_INK)


def _headline(sentence: str) -> tuple[str, float]:
    """The sentence in lines, and the largest font at which all of it fits above the figures."""
    fewest, most = 92, 240
    for width in range(fewest, most + 1):
        lines = textwrap.wrap(sentence, width, break_on_hyphens=False)
        size = _HEAD_POINTS * fewest / width
        if len(lines) * size <= 2 * _HEAD_POINTS:
            return "\n".join(lines), size
    return textwrap.fill(sentence, most, max_lines=5), _HEAD_POINTS * fewest / most


def _figures(result: Result) -> list[str]:
    spread = makespan(result.makespan_s)
    beyond = f" (95 % within {duration(spread.p95)})" if result.timelines > 1 else ""
    told = [
        f"makespan {mean_duration(spread.mean, spread.error)}{beyond}",
        f"ebits {whole(len(result.plan.pairs))}",
        f"shots {whole(result.shots)}",
        f"backend {result.backend}",
    ]
    fidelity, _ = fidelity_words(result)
    if fidelity != "none":
        told.insert(0, f"fidelity {fidelity}")
    return told


def _timeline(axes: Axes, result: Result) -> None:
    nodes = [node.name for node in result.plan.network.nodes]
    groups = min(_MOST_GROUPS, len(nodes))
    drawn = picture(
        result.trace,
        nodes,
        most_lanes=min(_MOST_LANES, round(_ROOM_LANES - _HEADING_LANES * groups)),
        most_groups=groups,
        resolution=1 / 700,
    )
    title = f"One timeline, {duration(drawn.total_s)}"
    if drawn.left_out:
        title += f" ({counted(drawn.left_out, 'quieter row')} not drawn)"
    axes.set_title(title, loc="left", fontsize=13, color=_INK, weight="bold", pad=30)
    _bare(axes)
    height = _lanes(axes, drawn)
    axes.set_xlim(-0.003, 1.003)
    axes.set_ylim(max(height, _LEAST_ROWS), -0.5)
    axes.set_xticks([share for share, _ in drawn.ticks], [label for _, label in drawn.ticks])
    axes.grid(axis="x", color=_RULE, linewidth=1)
    axes.set_axisbelow(True)
    _legend(axes, drawn)


def _lanes(axes: Axes, drawn: TimelinePicture) -> float:
    """Draw the rows from the top; returns where the last one ends."""
    top, rows, headings = 0.0, [], []
    for group in drawn.groups:
        headings.append(top)
        top += 1.0
        for lane in group.lanes:
            _lane(axes, lane.marks, top)
            rows.append(top)
            top += 1.0
        top += 0.35
    lanes = [lane.name for group in drawn.groups for lane in group.lanes]
    names = shortened([plain(name) for name in lanes], 22)
    titles = shortened([plain(group.name) for group in drawn.groups], 22)
    size = _fitting(axes, names, 9.5 if top < 46 else 8, weight="normal")
    axes.set_yticks(rows, names, fontsize=size, color=_MUTED)
    size = _fitting(axes, titles, 11, weight="bold")
    for title, row in zip(titles, headings, strict=True):
        axes.text(-0.012, row, title, ha="right", va="center", fontsize=size,
                  color=_INK, weight="bold", transform=axes.get_yaxis_transform())  # fmt: skip
    return top


def _fitting(axes: Axes, names: Sequence[str], size: float, *, weight: str) -> float:
    """The font size, or the largest at which every name fits left of the axes."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(weight=weight)
    widths = [TextPath((0, 0), name, size=size, prop=font).get_extents().width for name in names]
    room = 72 * _SIZE_INCHES[0] * axes.get_position().x0 - _LABEL_GAP
    return min(size, size * room / max([*widths, 1.0]))


def _lane(axes: Axes, marks: Sequence[Mark], row: float) -> None:
    axes.barh(row, 1.0, height=0.84, color=_WASH, zorder=0.5)
    for kind in dict.fromkeys(mark.kind for mark in marks):
        thick = _THICKNESS.get(kind, 0.76)
        bars = [
            (mark.start, max(mark.stop - mark.start, _LEAST_WIDTH))
            for mark in marks
            if mark.kind == kind
        ]
        colour = COLOURS.get(kind, COLOURS["other"])
        axes.broken_barh(bars, (row - thick / 2, thick), facecolors=colour, zorder=3)


def _legend(axes: Axes, drawn: TimelinePicture) -> None:
    from matplotlib.patches import Patch

    handles = [Patch(color=COLOURS[kind], label=KINDS[kind]) for kind in drawn.kinds]
    if handles:
        axes.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(-0.008, 1.0), ncols=len(handles),
            frameon=False, fontsize=8, handlelength=0.8, handleheight=0.8, columnspacing=0.8,
            handletextpad=0.4, borderaxespad=0.1, labelcolor=_MUTED,
        )  # fmt: skip


def _outcomes(axes: Axes, result: Result) -> None:
    if result.counts is None:
        _instead_of_outcomes(axes, result)
        return
    found = outcomes(result, most=_MOST_OUTCOMES)
    listed = found.rows
    title = "Outcomes, measured (bars) against ideal (lines)" if found.has_ideal else "Outcomes"
    axes.set_title(title, loc="left", fontsize=13, color=_INK, weight="bold", pad=12,
                   x=-0.625)  # fmt: skip
    _bare(axes)
    axes.set_xticks([])
    longest = max((max(row.measured, row.ideal or 0.0) for row in listed), default=1.0) or 1.0
    for i, row in enumerate(listed):
        axes.barh(i, row.measured / longest, height=0.62, color=COLOURS["gate"])
        if row.ideal:
            axes.plot([row.ideal / longest] * 2, [i - 0.45, i + 0.45], color=_INK, linewidth=2.2)
        axes.text(1.04, i, percent(row.measured), va="center", fontsize=10, color=_INK)
    axes.set_xlim(0, 1.02)
    axes.set_ylim(max(len(listed), 4) - 0.4, -0.6)
    labels = [cut(plain(row.bits), _MOST_BITS) or "(no bits)" for row in listed]
    widest = max(map(len, labels), default=1)
    size = min(9.5, _LABEL_POINTS / widest)
    axes.set_yticks(range(len(listed)), labels, fontsize=size, family="monospace", color=_INK)


def _instead_of_outcomes(axes: Axes, result: Result) -> None:
    """What stabilizers and parities say, where outcomes are too wide to count."""
    axes.set_title("What came out", loc="left", fontsize=13, color=_INK, weight="bold", pad=12,
                   x=-0.625)  # fmt: skip
    _bare(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    top = 0.95

    def line(text: str, *, size: float = 11, color: str = _INK, weight: str = "normal") -> None:
        nonlocal top
        axes.text(-0.625, top, text, transform=axes.transAxes, color=color, fontsize=size,
                  weight=weight, va="center")  # fmt: skip
        top -= 0.105

    for view in products_views(result):
        line(view.title, weight="bold")
        for name, figure, words in view.rows:
            told = f"{name}  {figure}  ({words})"
            line(cut(told, 78), size=10)
        top -= 0.06
    for sentence in textwrap.wrap(NOT_COUNTED.replace("`", ""), 70):
        line(sentence, size=10, color=_MUTED)


def _causes(axes: Axes, result: Result, *, errors: bool) -> None:
    links = tuple(link.name for link in result.links)
    breakdown = result.error_breakdown if errors else result.time_breakdown
    found = shares(breakdown, links=links, errors=errors)
    title = "Where the errors came from" if errors else "Where the time went"
    axes.set_title(title, loc="left", fontsize=13, color=_INK, weight="bold", pad=10)
    _bare(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlim(0, 1)
    axes.set_ylim(_MOST_CAUSES + 1.5, 0)
    if not found:
        nothing = "errors were switched off" if errors and result.ideal else "none"
        axes.text(0, 0.9, nothing, fontsize=11, color=_MUTED)
    left = 0.0
    names = shortened([plain(share.cause) for share in found], 48)
    for i, (share, shade) in enumerate(zip(found, shades(found), strict=True)):
        colour = (COLOURS[share.kind], _TINTS[shade])
        axes.barh(0.6, share.share, left=left, height=1.1, color=colour, edgecolor="white")
        left += share.share
        if i < _MOST_CAUSES:
            axes.barh(2.0 + i, 0.012, height=0.6, color=colour)
            _cause(axes, share, names[i], row=2.0 + i, seconds=not errors)


def _cause(axes: Axes, share: Share, name: str, *, row: float, seconds: bool) -> None:
    amount = duration(share.amount) if seconds else significant(share.amount)
    axes.text(0.025, row, name, va="center", fontsize=10.5, color=_INK)
    axes.text(0.86, row, amount, va="center", ha="right", fontsize=10.5, color=_INK)
    axes.text(1.0, row, percent(share.share), va="center", ha="right", fontsize=10.5, color=_INK)


def _bare(axes: Axes) -> None:
    """No frame and no tick marks: the bars say it."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, labelcolor=_MUTED, labelsize=10.5)
