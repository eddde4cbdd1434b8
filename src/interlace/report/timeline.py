"""One timeline as a drawing: rows, marks and an axis, independent of the medium.

Gates last nanoseconds, waits milliseconds: at the scale of the whole run most
gates are narrower than a pixel. Spans shorter than a resolution are merged with
their neighbours of the same kind into one mark, and the mark says how many it
holds; every medium then draws each mark with a visible least width. So the
drawing stays true (nothing is moved) and small (the number of marks is bounded).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from interlace.report.words import duration, natural_key, scaled, whole
from interlace.runtime import Span, Trace
from interlace.units import Ratio, Seconds

__all__ = ["KINDS", "Lane", "LaneGroup", "Mark", "TimelinePicture", "nice_step", "picture", "ticks"]

KINDS = {
    "wait": "qubit waits",
    "hold": "open copy or half of an ebit",
    "gate": "gate",
    "swap": "inserted SWAP",
    "measure": "measurement, reset",
    "generate": "link makes an ebit",
    "message": "classical message",
}
"""The kinds of spans in the order in which they are drawn, with their legend."""

_MOST_MARKS = 6000
_MOST_LANES = 48
_MOST_GROUPS = 24
_INSTANT_S = 1e-15
"""What is over so soon has no timeline to draw."""

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"), (1e-12, "ps"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One bar: from `start` to `stop`, as shares of the whole time, holding `spans` spans."""

    kind: str
    start: Ratio
    stop: Ratio
    label: str
    spans: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row: a qubit or a link."""

    name: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneGroup:
    """The rows of one machine, or the links; `left_out` more rows are not drawn."""

    name: str
    lanes: tuple[Lane, ...]
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelinePicture:
    """The whole drawing.

    Attributes:
        total_s: what the full width stands for.
        ticks: (share of the width, label).
        spans: how many spans the trace has.
        kinds: the kinds that occur, in legend order.
        elsewhere: rows of machines that are not drawn.
    """

    total_s: Seconds
    ticks: tuple[tuple[Ratio, str], ...]
    groups: tuple[LaneGroup, ...]
    spans: int
    kinds: tuple[str, ...]
    elsewhere: int

    @property
    def marks(self) -> int:
        """How many marks are drawn."""
        return sum(len(lane.marks) for group in self.groups for lane in group.lanes)

    @property
    def left_out(self) -> int:
        """How many rows are not drawn."""
        return self.elsewhere + sum(group.left_out for group in self.groups)


def picture(
    trace: Trace,
    nodes: Sequence[str],
    *,
    most_lanes: int = _MOST_LANES,
    most_groups: int = _MOST_GROUPS,
    resolution: float = 1 / 500,
) -> TimelinePicture:
    """Arrange a trace: machines in the network's order, then links.

    Args:
        trace: the timeline to draw.
        nodes: names of machines and repeaters in the order in which to draw them.
        most_lanes: rows to draw at most, shared by the groups; the ones in which least
            happens are left out.
        most_groups: machines to draw at most, beside the links; those in which least happens are
            left out.
        resolution: share of the width below which spans are merged; coarser where the trace
            is too rich.
    """
    total_s = max((span.end_s for span in trace.spans), default=0.0)
    if trace.spans:
        total_s = max(total_s, trace.until_s)
    if total_s < _INSTANT_S:
        total_s = 0.0
    rows = _by_row(trace.spans)
    shown = _busiest_groups(rows, most_groups)
    kept, dropped = _kept_rows(shown, nodes, most_lanes)
    elsewhere = sum(len(rows[name]) for name in rows.keys() - shown.keys())
    for name, number in trace.left_out:
        if name in shown:
            dropped[name] += number
        else:
            elsewhere += number
    while True:
        groups = _groups(kept, dropped, total_s=total_s, resolution=resolution)
        marks = sum(len(lane.marks) for group in groups for lane in group.lanes)
        if marks <= _MOST_MARKS or resolution > 0.1:
            break
        resolution *= 2
    seen = {span.kind for span in trace.spans}
    return TimelinePicture(
        total_s=total_s,
        ticks=ticks(total_s),
        groups=groups,
        spans=len(trace.spans),
        kinds=tuple(k for k in KINDS if k in seen),
        elsewhere=elsewhere,
    )


def ticks(total_s: Seconds, *, most: int = 6) -> tuple[tuple[Ratio, str], ...]:
    """At most `most` + 1 ticks at round times, all in one unit; shares of `total_s`."""
    if total_s <= 0:
        return ((0.0, "0"),)
    step = nice_step(total_s / most)
    factor, symbol = scaled(total_s, _TIME_UNITS)
    decimals = max(0, -math.floor(math.log10(step / factor) + 1e-9))
    count = math.floor(total_s / step + 1e-9)
    return tuple(
        (min(1.0, i * step / total_s), f"{i * step / factor:.{decimals}f} {symbol}" if i else "0")
        for i in range(count + 1)
    )


def nice_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is no smaller than `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(
        (factor * power for factor in (1, 2, 5) if factor * power >= least * (1 - 1e-9)), 10 * power
    )


def _by_row(spans: Sequence[Span]) -> dict[str, dict[str, list[Span]]]:
    """Group to row to spans in order of time."""
    found: dict[str, dict[str, list[Span]]] = defaultdict(lambda: defaultdict(list))
    for span in sorted(spans, key=lambda span: (span.start_s, span.end_s)):
        found[span.group][span.row].append(span)
    return found


def _busiest_groups(
    rows: dict[str, dict[str, list[Span]]], most: int
) -> dict[str, dict[str, list[Span]]]:
    """The links, and the machines in which most happens."""
    machines = [name for name in rows if name != "links"]
    bustle = {name: sum(map(_bustle, rows[name].values())) for name in machines}
    machines.sort(key=lambda name: (-bustle[name], natural_key(name)))
    return {name: rows[name] for name in rows if name == "links" or name in set(machines[:most])}


def _kept_rows(
    rows: dict[str, dict[str, list[Span]]], nodes: Sequence[str], most_lanes: int
) -> tuple[dict[str, dict[str, list[Span]]], dict[str, int]]:
    """The busiest rows of each group, in natural order, and how many each group lost.

    Groups share the room evenly; what small groups do not need goes to the large ones.
    """
    known = {name: i for i, name in enumerate(nodes)}
    names = sorted(rows, key=lambda name: (name == "links", known.get(name, len(known)), name))
    room, quota = most_lanes, {}
    for i, name in enumerate(sorted(names, key=lambda name: len(rows[name]))):
        quota[name] = min(len(rows[name]), max(1, room // (len(names) - i)))
        room -= quota[name]
    kept = {}
    for name in names:
        busiest = sorted(rows[name], key=lambda row: (-_bustle(rows[name][row]), natural_key(row)))
        chosen = sorted(busiest[: quota[name]], key=natural_key)
        kept[name] = {row: rows[name][row] for row in chosen}
    return kept, {name: len(rows[name]) - quota[name] for name in names}


def _bustle(spans: Sequence[Span]) -> int:
    return sum(1 for span in spans if span.kind != "wait")


def _groups(
    kept: dict[str, dict[str, list[Span]]],
    dropped: dict[str, int],
    *,
    total_s: Seconds,
    resolution: float,
) -> tuple[LaneGroup, ...]:
    return tuple(
        LaneGroup(
            name=name,
            lanes=tuple(
                Lane(
                    name=row.removeprefix(f"{name} "),
                    marks=_marks(spans, total_s=total_s, resolution=resolution),
                )
                for row, spans in rows.items()
            ),
            left_out=dropped[name],
        )
        for name, rows in kept.items()
    )


def _marks(spans: Sequence[Span], *, total_s: Seconds, resolution: float) -> tuple[Mark, ...]:
    """Spans of one row as marks, each kind merged by itself, waits below all else."""
    done: list[Mark] = []
    for kind in dict.fromkeys((*KINDS, *(span.kind for span in spans))):
        gathered: list[Span] = []
        for span in (span for span in spans if span.kind == kind):
            # Both ends within one resolution of the first start: nobody can tell them apart.
            if gathered and span.end_s - gathered[0].start_s >= resolution * total_s:
                done.append(_mark(gathered, total_s))
                gathered = []
            gathered.append(span)
        if gathered:
            done.append(_mark(gathered, total_s))
    return tuple(done)


def _mark(spans: Sequence[Span], total_s: Seconds) -> Mark:
    """One mark that holds spans of one kind, in order of their start."""
    start_s, stop_s = spans[0].start_s, max(span.end_s for span in spans)
    scale = 1.0 / total_s if total_s > 0 else 0.0
    many = f"{whole(len(spans))} of kind {spans[0].kind}"
    told = spans[0].label if len(spans) == 1 else many
    return Mark(
        kind=spans[0].kind,
        start=start_s * scale,
        stop=stop_s * scale,
        label=f"{told}: {duration(stop_s - start_s)}, from {duration(start_s)}",
        spans=len(spans),
    )
