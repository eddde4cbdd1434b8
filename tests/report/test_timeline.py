from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.report.timeline import KINDS, nice_step, picture, ticks
from interlace.runtime import Span, Trace

TIMES = st.floats(min_value=0.0, max_value=1.0)


def spans_of(rows):
    return [
        Span(row=f"m q[{row}]", group="m", kind=kind, start_s=min(a, b), end_s=max(a, b), label="x")
        for row, kind, a, b in rows
    ]


@settings(deadline=None, max_examples=50)
@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from(sorted(KINDS)), TIMES, TIMES), max_size=60
    )
)
def test_no_span_is_lost_and_every_mark_covers_its_spans(rows):
    drawn = picture(Trace(timeline=0, spans=tuple(spans_of(rows))), ["m"])
    marks = [mark for group in drawn.groups for lane in group.lanes for mark in lane.marks]
    assert sum(mark.spans for mark in marks) == len(rows) == drawn.spans
    assert all(0.0 <= mark.start <= mark.stop <= 1.0 + 1e-12 for mark in marks)
    for group in drawn.groups:
        for lane in group.lanes:
            for row, kind, a, b in rows:
                if lane.name == f"q[{row}]" and drawn.total_s > 0:
                    start, stop = min(a, b) / drawn.total_s, max(a, b) / drawn.total_s
                    assert any(
                        mark.kind == kind
                        and mark.start <= start + 1e-9
                        and mark.stop >= stop - 1e-9
                        for mark in lane.marks
                    )


def test_thousands_of_short_gates_become_few_marks():
    spans = [
        Span(row=f"m q[{q}]", group="m", kind="gate", start_s=i * 1e-7, end_s=i * 1e-7 + 5e-8,
             label="cx")
        for q in range(10)
        for i in range(2000)
    ]  # fmt: skip
    drawn = picture(Trace(timeline=0, spans=tuple(spans)), ["m"])
    assert drawn.spans == 20000
    assert drawn.marks <= 6000
    assert sum(m.spans for g in drawn.groups for lane in g.lanes for m in lane.marks) == 20000


def test_a_long_wait_is_never_merged_away():
    spans = [
        Span(row="a--b", group="links", kind="generate", start_s=0.0, end_s=0.4, label="first"),
        Span(row="a--b", group="links", kind="generate", start_s=0.4, end_s=1.0, label="second"),
    ]
    (group,) = picture(Trace(timeline=0, spans=tuple(spans)), []).groups
    assert [mark.stop for mark in group.lanes[0].marks] == [0.4, 1.0]


def test_only_what_nobody_can_tell_apart_is_merged():
    times = [(0.0, 0.0002), (0.0003, 0.0009), (0.0031, 0.0033), (0.5, 1.0)]
    spans = [
        Span(row="m q[0]", group="m", kind="gate", start_s=start, end_s=end, label=f"g{i}")
        for i, (start, end) in enumerate(times)
    ]
    (group,) = picture(Trace(timeline=0, spans=tuple(spans)), ["m"], resolution=1 / 500).groups
    marks = group.lanes[0].marks
    # The first two end within 1/500 of the whole after the first start; the third does not.
    assert [(m.start, m.stop, m.spans) for m in marks] == [
        (0.0, 0.0009, 2),
        (0.0031, 0.0033, 1),
        (0.5, 1.0, 1),
    ]
    assert marks[0].label == "2 of kind gate: 900 µs, from 0 s"
    assert marks[1].label == "g2: 200 µs, from 3.10 ms"


def test_machines_come_in_the_networks_order_and_links_last(result):
    names = ["lech", "isar", "pegnitz", "altmuehl"]
    drawn = picture(result.trace, names)
    assert [group.name for group in drawn.groups] == [*names, "links"]


def test_rows_beyond_the_room_are_counted(result):
    drawn = picture(result.trace, [], most_lanes=12)
    rows = sum(len(group.lanes) for group in drawn.groups)
    assert rows == 12
    assert rows + drawn.left_out == len({(s.group, s.row) for s in result.trace.spans})


def test_more_groups_than_rooms_still_get_a_row_each():
    spans = [
        Span(row=f"m{i} q[{q}]", group=f"m{i}", kind="gate", start_s=0.0, end_s=1.0, label="")
        for i in range(100)
        for q in range(2)
    ]
    drawn = picture(Trace(timeline=0, spans=tuple(spans)), [], most_lanes=10, most_groups=100)
    assert all(len(group.lanes) == 1 for group in drawn.groups)
    assert len(drawn.groups) == 100
    assert drawn.left_out == 100


def test_of_many_machines_the_busiest_are_drawn_and_the_links():
    spans = [
        Span(row=f"m{i} q[0]", group=f"m{i}", kind="gate", start_s=k, end_s=k + 0.5, label="")
        for i in range(100)
        for k in range(1 + i % 10)
    ]
    link = Span(row="m0--m1", group="links", kind="generate", start_s=0.0, end_s=1.0, label="")
    nodes = [f"m{i}" for i in range(100)]
    drawn = picture(Trace(timeline=0, spans=(link, *spans)), nodes, most_groups=5)
    assert [group.name for group in drawn.groups] == ["m9", "m19", "m29", "m39", "m49", "links"]
    assert drawn.left_out == 95


def test_rows_that_the_trace_leaves_out_are_told_and_the_time_is_the_whole_runs():
    span = Span(row="m q[0]", group="m", kind="gate", start_s=0.0, end_s=1.0, label="")
    other = Span(row="n q[0]", group="n", kind="wait", start_s=0.0, end_s=1.0, label="")
    trace = Trace(
        timeline=0, spans=(span, other), left_out=(("m", 7), ("n", 5), ("o", 2)), until_s=4.0
    )
    drawn = picture(trace, ["m", "n", "o"], most_groups=1)
    assert [(group.name, group.left_out) for group in drawn.groups] == [("m", 7)]
    assert drawn.left_out == 7 + 1 + 5 + 2
    assert drawn.total_s == 4.0
    assert drawn.groups[0].lanes[0].marks[0].stop == 0.25


@settings(deadline=None, max_examples=50)
@given(st.floats(min_value=1e-9, max_value=1e5))
def test_ticks_are_few_round_and_in_order(total):
    found = ticks(total)
    shares = [share for share, _ in found]
    assert shares == sorted(set(shares))
    assert 2 <= len(found) <= 8
    assert found[0] == (0.0, "0")
    assert len({label.split()[-1] for _, label in found[1:]}) == 1
    step = float(found[1][1].split()[0])
    for i, (_, label) in enumerate(found[1:], start=1):
        assert float(label.split()[0]) == pytest.approx(i * step)


def test_an_empty_trace_has_an_axis_and_no_rows():
    drawn = picture(Trace(timeline=0, spans=()), ["m"])
    assert drawn.groups == ()
    assert drawn.ticks == ((0.0, "0"),)


@settings(deadline=None, max_examples=50)
@given(st.floats(min_value=1e-12, max_value=1e12))
def test_a_nice_step_is_at_least_what_was_asked_and_at_most_two_and_a_half_times(least):
    assert least * (1 - 1e-6) <= nice_step(least) <= 2.5 * least * (1 + 1e-6)
