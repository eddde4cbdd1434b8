"""The terminal table: calm, aligned, plain text without colour."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from interlace.compiler import Plan
from interlace.link import compile_links
from interlace.report.causes import Share, limit, shares
from interlace.report.document import fidelity_words, makespan, varied
from interlace.report.outcomes import Outcome, outcomes
from interlace.report.places import (
    NodeUse,
    ebits_by_link,
    expected_makespan_s,
    node_uses,
    qubit_ranges,
)
from interlace.report.products import NOT_COUNTED, ProductsView, products_views
from interlace.report.words import (
    counted,
    duration,
    frequency,
    mean_duration,
    number,
    percent,
    plain,
    plus_minus,
    significant,
    tied,
    whole,
)
from interlace.runtime import Result, pair_warnings
from interlace.units import fidelity_figure

__all__ = ["plan_table", "run_table"]

_WIDTH, _LABEL_WIDTH = 80, 13
_BAR_WIDTH, _LEAST_BAR = 24, 8
_MOST_OUTCOMES = 8
_AT_MEANS = "if each pair took its mean wait; runs mostly take longer"
_MOST_ROWS, _MOST_LINKS, _MOST_RANGES = 24, 6, 12


def run_table(result: Result) -> str:
    """The table of a run, ending in a newline."""
    links = tuple(link.name for link in result.links)
    sections = (
        _heading(result),
        _figures(result),
        _breakdown("time on the critical path",
                   shares(result.time_breakdown, links=links, errors=False), seconds=True),
        _breakdown("expected errors a shot",
                   shares(result.error_breakdown, links=links, errors=True), seconds=False),
        _link_table(result),
        _machine_table(node_uses(result.plan)),
        *(_products(view) for view in products_views(result)),
        _outcome_table(result),
        _notes(result),
        _warned(result.warnings),
        _wrapped(limit(result)),
    )  # fmt: skip
    return _joined(sections)


def plan_table(plan: Plan) -> str:
    """The table of a plan, before anything runs, ending in a newline.

    It shows which qubits live on which machine, the ebits by link, how long the program is
    expected to take if each pair took its mean wait, and what was checked.
    """
    circuit, dropped = plan.circuit, plan.circuit.dropped_barriers
    heading = [
        plain(f"{circuit.name} over {plan.network.name}"),
        ", ".join(
            (
                counted(circuit.num_qubits, "qubit"),
                counted(len(circuit.ops), "operation"),
                counted(len(plan.steps), "step"),
                *([f"{counted(dropped, 'barrier')} left out"] if dropped else ()),
            )
        ),
    ]
    waits = _AT_MEANS if len(plan.pairs) else "no ebit to wait for"
    rows = [
        ["ebits", whole(len(plan.pairs)), _by_link(plan)],
        ["makespan", duration(expected_makespan_s(plan)), waits],
        ["compiled in", duration(plan.compile_s), f"seed {plan.seed}"],
    ]
    figures = [*_told(rows), f"content id   {plan.content_id()}"]
    return _joined(
        (
            heading,
            figures,
            _machine_table(node_uses(plan)),
            _check_lines(plan),
            _warned(_plan_warnings(plan)),
        )
    )


def _plan_warnings(plan: Plan) -> tuple[str, ...]:
    """Of pairs without entanglement; a plan whose pairs were asked to have some needs no look."""
    if not len(plan.pairs) or (plan.min_fidelity or 0.0) > 0.5:
        return ()
    return pair_warnings(plan, compile_links(plan.network))


def _heading(result: Result) -> list[str]:
    plan = result.plan
    noise = "ideal, all error rates zero" if result.ideal else "with noise"
    return [
        plain(f"{plan.circuit.name} over {plan.network.name}") + f", {noise}",
    ]


def _figures(result: Result) -> list[str]:
    spread = makespan(result.makespan_s)
    rows = [
        ["makespan", mean_duration(spread.mean, spread.error), varied(result)],
        ["ebits", whole(len(result.plan.pairs)), _by_link(result.plan)],
        ["shots", whole(result.shots), f"seed {result.seed}"],
        ["backend", result.backend, plain(result.backend_reason)],
    ]  # fmt: skip
    rows.insert(0, ["fidelity", *(plain(part) for part in fidelity_words(result))])
    if result.alone is not None:
        alone = result.alone
        told = f"{plain(alone.machine)} by itself"
        score = "" if alone.fidelity is None else plus_minus(
            alone.fidelity.value, alone.fidelity.error
        )  # fmt: skip
        if score:
            told += f": {duration(alone.makespan_s)}"
        rows.append(["alone", score or duration(alone.makespan_s), told])
    return [*_told(rows), f"plan      {result.plan.content_id()}"]


def _by_link(plan: Plan) -> str:
    """Ebits by link, as far as any are asked for; of many links the first."""
    found = [f"{plain(name)} {whole(n)}" for name, n in ebits_by_link(plan) if n]
    more = len(found) - _MOST_LINKS
    if more > 1:
        found[_MOST_LINKS:] = [f"and {whole(more)} more"]
    return ", ".join(found) or "none needed"


def _breakdown(title: str, found: Sequence[Share], *, seconds: bool) -> list[str]:
    if not found:
        return []
    rows = [
        [
            plain(share.cause),
            duration(share.amount) if seconds else significant(share.amount),
            percent(share.share),
        ]
        for share in found[:_MOST_ROWS]
    ]
    lines = _aligned(rows, right=(1, 2))
    room = _WIDTH - max(map(len, lines)) - 4
    longest = min(_BAR_WIDTH, max(_LEAST_BAR, room))
    bars = [max(1, round(longest * share.share)) * "━" for share in found]
    lines = [f"{line}  {bar}" for line, bar in zip(lines, bars, strict=False)]
    return [title, *_indented(lines)]


def _link_table(result: Result) -> list[str]:
    if not result.links:
        return []
    head = ["link", "rate", "fidelity", "in use", "mean wait", "pairs"]
    rows = [
        [
            plain(link.name),
            frequency(link.rate_hz),
            fidelity_figure(link.fidelity),
            percent(link.utilisation),
            mean_duration(link.wait_s, link.wait_error_s) if link.pairs else "-",
            whole(link.pairs),
        ]
        for link in sorted(result.links, key=lambda link: not link.pairs)[:_MOST_ROWS]
    ]
    return [
        *_aligned([head, *rows], right=(1, 2, 3, 4, 5)),
        *_left_off(len(result.links) - _MOST_ROWS, "link"),
    ]


def _machine_table(uses: Sequence[NodeUse]) -> list[str]:
    head = ["machine", "data", "of", "comm.", "qubits"]
    machines = [use for use in uses if use.is_machine]
    rows = [
        [
            plain(use.name),
            whole(use.data_used),
            whole(use.capacity),
            f"{whole(use.communication_used)} of "
            + ("unlimited" if use.communication is None else whole(use.communication)),
            plain(_residents(use)),
        ]
        for use in machines[:_MOST_ROWS]
    ]
    return [
        *_aligned([head, *rows], right=(1, 2)),
        *_left_off(len(machines) - _MOST_ROWS, "machine"),
    ]


def _residents(use: NodeUse) -> str:
    text = qubit_ranges(use.qubits, most=_MOST_RANGES) or "-"
    if not use.visitors:
        return text
    return f"{text}; later {qubit_ranges(use.visitors, most=_MOST_RANGES)}"


def _products(view: ProductsView) -> list[str]:
    rows = [list(row) for row in view.rows]
    rows += [
        ["" if i else "lowest", figure, plain(words)]
        for i, (figure, words) in enumerate(view.lowest)
    ]
    return [view.title.lower(), *_indented(_told(rows))]


def _outcome_table(result: Result) -> list[str]:
    if result.counts is None:
        return _wrapped(NOT_COUNTED)
    listed = outcomes(result, most=_MOST_OUTCOMES)
    head = ["outcome", "shots", "measured"]
    head += ["ideal"] * listed.has_ideal + ["alone"] * listed.has_alone
    rows = [_outcome_row(outcome, has_ideal=listed.has_ideal) for outcome in listed.rows]
    lines = _aligned([head, *rows], right=(1, 2, 3, 4))
    if listed.others:
        lines.append(f"and {counted(listed.others, 'more outcome')}, {percent(listed.other_share)}")
    return lines


def _outcome_row(outcome: Outcome, *, has_ideal: bool) -> list[str]:
    ideal = "-" if outcome.ideal is None else percent(outcome.ideal)
    return [
        plain(outcome.bits) or "(no bits)",
        whole(outcome.shots),
        percent(outcome.measured),
        *([ideal] if has_ideal else []),
        *([] if outcome.alone is None else [percent(outcome.alone)]),
    ]


def _notes(result: Result) -> list[str]:
    return [*_check_lines(result.plan), *_said("approximate", result.approximations)]


def _warned(sentences: Sequence[str]) -> list[str]:
    return [line for sentence in sentences for line in _wrapped(sentence, "! ", "  ")]


def _check_lines(plan: Plan) -> list[str]:
    check = plan.check
    if check is None:
        return _said("checked", ("nothing: this plan was not compared with its circuit",))
    bound: list[str] = []
    if check.false_acceptance is not None:
        bound = [f"A wrong plan passes with probability at most {number(check.false_acceptance)}."]
    return [*_said("checked", [*check.shown, *bound]), *_said("not checked", check.not_shown)]


def _said(label: str, sentences: Sequence[str]) -> list[str]:
    """Sentences beside their label, wrapped."""
    lines: list[str] = []
    for sentence in sentences:
        first = "" if lines else label
        lines += _wrapped(sentence, first.ljust(_LABEL_WIDTH), " " * (_LABEL_WIDTH + 2))
    return lines


def _wrapped(sentence: str, first: str = "", later: str = "") -> list[str]:
    """A sentence in lines; names with hyphens stay whole, and a figure beside its unit."""
    lines = textwrap.wrap(
        tied(plain(sentence)), _WIDTH, initial_indent=first, subsequent_indent=later,
        break_on_hyphens=False, break_long_words=False,
    )  # fmt: skip
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]


def _left_off(more: int, what: str) -> list[str]:
    return [f"and {counted(more, f'more {what}')}"] if more > 0 else []


def _indented(lines: Sequence[str]) -> list[str]:
    return ["  " + line for line in lines]


def _told(rows: Sequence[Sequence[str]]) -> list[str]:
    """Label, figure and words, aligned; long words go on below where they began."""
    label, figure = (max(len(row[i]) for row in rows) for i in (0, 1))
    lines: list[str] = []
    for name, value, words in rows:
        first = f"{name.ljust(label)}  {value.ljust(figure)}  "
        lines += _wrapped(words, first, " " * len(first)) or [first.rstrip()]
    return lines


def _aligned(rows: Sequence[Sequence[str]], *, right: tuple[int, ...] = ()) -> list[str]:
    """Columns at their widest cell, two spaces apart; those in `right` flush right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _joined(sections: Sequence[Sequence[str]]) -> str:
    return "\n\n".join("\n".join(lines) for lines in sections if lines) + "\n"
