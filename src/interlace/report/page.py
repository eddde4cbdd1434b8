"""The page: one self-contained HTML file that needs nothing from anywhere.

A content security policy in the file forbids scripts and every load, as a second
lock behind the escaping of names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from interlace.report.barview import (
    errors_section,
    makespan_strip,
    outcomes_section,
    time_section,
)
from interlace.report.causes import limit
from interlace.report.document import fidelity_words, makespan, varied
from interlace.report.mapview import network_section
from interlace.report.markup import Markup, data_table, el, join
from interlace.report.places import NodeUse, ebits_by_link, node_uses, qubit_ranges
from interlace.report.productview import products_sections
from interlace.report.style import STYLE
from interlace.report.timeview import timeline_section
from interlace.report.words import (
    counted,
    duration,
    frequency,
    listed,
    mean_duration,
    number,
    percent,
    plus_minus,
    tied,
    whole,
)
from interlace.runtime import LinkUse, Result
from interlace.units import fidelity_figure

__all__ = ["page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_MOST_ROWS = 60
_MOST_RANGES = 24
_MOST_UNBROKEN = 24
_FIGURE = r"[0-9.,]+ (?:%|(?:[mµnp]?s|min|h)\b)"
_MOST_BITS_BESIDE = 20


def page(result: Result, *, command: str | None = None) -> str:
    """The whole page of a run.

    Args:
        result: what to show.
        command: what gives it again; `None`: the plan was not saved yet.
    """
    plan = result.plan
    name = f"{plan.circuit.name} over {plan.network.name}"
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        el("meta", {"name": "viewport", "content": "width=device-width,initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("title", None, f"{name} · interlace"),
        el("style", None, STYLE),
    )
    main = el(
        "main",
        None,
        _header(result),
        *_where_it_went(result),
        timeline_section(result),
        *_what_came_out(result),
        _links_section(result),
        _places_section(result),
        _pair(_check_section(result), _approximations_section(result), even=True),
        _origin_section(result, command),
    )
    return f"<!DOCTYPE html>\n{el('html', {'lang': 'en'}, head, el('body', None, main))}\n"


def _pair(left: Markup, right: Markup, *, even: bool = False) -> Markup:
    """Two columns; one, where there is nothing to put in the second."""
    if not right:
        return left
    return el("div", {"class": "pair even" if even else "pair"}, left, el("div", None, right))


def _where_it_went(result: Result) -> tuple[Markup, ...]:
    """A narrow map beside time and errors; else these beside each other below it."""
    network, time, errors = network_section(result), time_section(result), errors_section(result)
    if network.is_narrow:
        return (_pair(network.section, join((time, errors))),)
    return network.section, _pair(time, errors, even=True) if time else errors


def _what_came_out(result: Result) -> tuple[Markup, ...]:
    """Outcomes beside the comparisons; above them, where long bit strings need the room."""
    if result.counts is None:
        return _what_came_out_of_many(result)
    shown, varied, alone = outcomes_section(result), makespan_strip(result), _alone_section(result)
    if result.plan.circuit.num_clbits <= _MOST_BITS_BESIDE:
        return (_pair(shown, join((varied, alone))),)
    if varied and alone:
        return shown, _pair(varied, alone, even=True)
    return shown, varied or alone


def _what_came_out_of_many(result: Result) -> tuple[Markup, ...]:
    """Stabilizers and parities beside each other, in the place of outcomes."""
    found, varied = products_sections(result), makespan_strip(result)
    alone, shown = _alone_section(result), outcomes_section(result)
    products = (_pair(*found, even=True),) if len(found) == 2 else found
    return (*products, _pair(shown, join((varied, alone)), even=True))


def _header(result: Result) -> Markup:
    plan = result.plan
    noise = "without noise (ideal)" if result.ideal else "with noise"
    return el(
        "header",
        None,
        el(
            "h1",
            None,
            el("b", None, plan.circuit.name),
            " over ",
            el("b", None, plan.network.name),
            f", {noise}",
        ),
        el("p", {"class": "verdict"}, _unbroken(limit(result), result)),
        *_warned(result),
        el("dl", {"class": "figures"}, *(_figure(*row, result) for row in _figures(result))),
    )


def _warned(result: Result) -> list[Markup]:
    """What makes the figures below those of noise, if anything does."""
    if not result.warnings:
        return []
    told = " ".join(result.warnings).replace("`", "")
    return [el("p", {"class": "warned"}, _unbroken(told, result))]


def _unbroken(text: str, result: Result) -> Markup:
    """The text with each figure beside its unit, and short link names, on one line."""
    names = [link.name for link in result.links if len(link.name) <= _MOST_UNBROKEN]
    names.sort(key=len, reverse=True)
    parts = re.split(f"({'|'.join([*map(re.escape, names), _FIGURE])})", text)
    return join(el("span", {"class": "nw"}, p) if i % 2 else p for i, p in enumerate(parts))


def _figure(name: str, value: str, told: str, result: Result) -> Markup:
    figure, plus_minus_sign, error = value.partition(" ± ")
    spread = el("span", {"class": "e"}, f" ± {error}") if plus_minus_sign else ""
    shown = el("dd", {"class": "v"}, tied(figure), spread)
    return el(
        "div", None, el("dt", None, name), shown, el("dd", {"class": "s"}, _unbroken(told, result))
    )


def _figures(result: Result) -> list[tuple[str, str, str]]:
    plan = result.plan
    spread = makespan(result.makespan_s)
    by_link = [f"{name} {whole(n)}" for name, n in ebits_by_link(plan) if n]
    told = listed(tuple(by_link), most=4) or "none needed"
    rows = [
        ("Makespan", mean_duration(spread.mean, spread.error), varied(result)),
        ("Ebits", whole(len(plan.pairs)), told),
        ("Qubits", whole(plan.circuit.num_qubits), f"on {_machines(node_uses(plan))}"),
        ("Shots", whole(result.shots), f"by {result.backend}: {result.backend_reason}"),
    ]  # fmt: skip
    rows.insert(0, ("Fidelity", *fidelity_words(result)))
    return rows


def _machines(uses: Sequence[NodeUse]) -> str:
    names = tuple(use.name for use in uses if use.data_used)
    return listed(names, most=4) or "no machine"


def _alone_section(result: Result) -> Markup:
    alone = result.alone
    if alone is None:
        return _nothing_alone(result)
    together = makespan(result.makespan_s).mean
    rows = [("makespan", duration(together), duration(alone.makespan_s))]
    if result.fidelity is not None and alone.fidelity is not None:
        ours, theirs = result.fidelity, alone.fidelity
        rows.insert(0, ("fidelity", plus_minus(ours.value, ours.error),
                        plus_minus(theirs.value, theirs.error)))  # fmt: skip
    rows.append(("ebits", whole(len(result.plan.pairs)), "0"))
    note = (
        f"The same circuit on {alone.machine} by itself, all of its qubits used for data: of the "
        "machines that hold it, the one on which the fewest errors are expected."
    )
    return el(
        "section",
        {"aria-labelledby": "alone"},
        el("h2", {"id": "alone"}, "Beside one machine alone"),
        el("p", {"class": "note"}, note),
        data_table(("", f"over {result.plan.network.name}", f"{alone.machine} alone"), rows),
    )


def _nothing_alone(result: Result) -> Markup:
    """Why there is no comparison, where the reason is that the circuit fits on no machine."""
    needed = result.plan.circuit.num_qubits
    largest = max(machine.device.qubits for machine in result.plan.network.machines)
    if needed <= largest:
        return Markup()
    told = f"No machine here holds all {whole(needed)} qubits: the largest has {whole(largest)}."
    title = el("h2", {"id": "alone"}, "Beside one machine alone")
    return el("section", {"aria-labelledby": "alone"}, title, el("p", {"class": "note"}, told))


def _links_section(result: Result) -> Markup:
    if not result.links:
        return Markup()
    rows = [
        (
            link.name,
            frequency(link.rate_hz),
            fidelity_figure(link.fidelity),
            percent(link.utilisation),
            mean_duration(link.wait_s, link.wait_error_s) if link.pairs else "–",
            whole(link.pairs),
        )
        for link in sorted(result.links, key=_use)[:_MOST_ROWS]
    ]
    note = (
        "Rate: heralded pairs a second on one channel that is never blocked. In use: share of the "
        "makespan in which a channel was attempting. Mean wait: from when a pair could be "
        "attempted to its herald."
    )
    head = ("link", "rate", "fidelity", "in use", "mean wait", "pairs")
    return _tabled("Links", note + _left_off(len(result.links)), data_table(head, rows))


def _use(link: LinkUse) -> tuple[bool, float]:
    """Used links first, and of these the one that was waited for most."""
    return not link.pairs, -link.pairs * link.wait_s


def _places_section(result: Result) -> Markup:
    uses = node_uses(result.plan)
    rows = [
        (
            use.name,
            use.device + (f", {use.site}" if use.site else ""),
            f"{whole(use.data_used)} of {whole(use.capacity)}" if use.is_machine else "repeater",
            f"{whole(use.communication_used)} of "
            + ("unlimited" if use.communication is None else whole(use.communication)),
            _residents(use),
        )
        for use in uses[:_MOST_ROWS]
    ]
    head = ("machine", "device", "data qubits", "communication qubits", "holds")
    table = data_table(head, rows, words=(1, 4))
    return _tabled("Which qubits were where", _left_off(len(uses)).strip(), table)


def _residents(use: NodeUse) -> str:
    text = qubit_ranges(use.qubits, most=_MOST_RANGES) or "–"
    if not use.visitors:
        return text
    return f"{text}; later {qubit_ranges(use.visitors, most=_MOST_RANGES)}"


def _left_off(rows: int) -> str:
    more = rows - _MOST_ROWS
    told = f" {counted(more, 'more row')} {'is' if more == 1 else 'are'} left off."
    return told if more > 0 else ""


def _tabled(title: str, note: str, table: Markup) -> Markup:
    told = [el("p", {"class": "note"}, note)] if note else []
    wide = el("div", {"class": "wide"}, table)
    return el("section", None, el("h2", None, title), *told, wide)


def _check_section(result: Result) -> Markup:
    check = result.plan.check
    title = el("h2", None, "What was checked")
    if check is None:
        told = "This plan was not compared with its circuit."
        return el("section", None, title, el("p", {"class": "note"}, told))
    parts = [_said("yes", check.shown)]
    if check.rules:
        rules = el("ul", None, *(el("li", None, rule) for rule in check.rules))
        told = f"{counted(len(check.rules), 'rule')} of a schedule verified"
        parts.append(el("details", None, el("summary", None, told), rules))
    if check.false_acceptance is not None:
        bound = number(check.false_acceptance)
        parts.append(
            el("p", {"class": "note"}, f"A wrong plan passes with probability at most {bound}.")
        )
    if check.not_shown:
        parts += [el("h3", None, "What was not"), _said("no", check.not_shown)]
    note = "By code that shares nothing with what wrote the plan."
    return el("section", None, title, el("p", {"class": "note"}, note), *parts)


def _approximations_section(result: Result) -> Markup:
    body = (
        _said("about", result.approximations)
        if result.approximations
        else el("p", {"class": "note"}, "Nothing beyond sampling.")
    )
    return el("section", None, el("h2", None, "What is approximate"), body)


def _said(style: str, sentences: Sequence[str]) -> Markup:
    return el("ul", {"class": f"said {style}"}, *(el("li", None, s) for s in sentences))


def _origin_section(result: Result, command: str | None) -> Markup:
    plan = result.plan
    versions = ", ".join(f"{name} {version}" for name, version in result.versions)
    walls = ", ".join(f"{name} {duration(seconds)}" for name, seconds in result.wall_s)
    facts = (
        ("plan", plan.content_id()),
        ("network", plan.network.content_id()),
        ("seeds", f"{plan.seed} for the plan, {result.seed} for the run"),
        ("versions", versions),
        ("computed in", walls),
    )
    rows = [join((el("dt", None, name), el("dd", None, value))) for name, value in facts if value]
    note = "The same input, options and versions give the same numbers again."
    if command is None:
        note += " plan.json is what interlace.save_plan(result.plan, ...) writes."
    return el(
        "section",
        None,
        el("h2", None, "Where this came from"),
        el("p", {"class": "note"}, note),
        el("dl", {"class": "facts"}, *rows),
        el("pre", None, _command(result) if command is None else command),
    )


def _command(result: Result) -> str:
    """The command that repeats the run from the plan's file, once it is saved."""
    parts = [
        "interlace run plan.json",
        f"--shots {result.shots}",
        f"--seed {result.seed}",
        f"--timelines {result.timelines}",
        f"--backend {result.backend}",
    ]
    return " ".join([*parts, "--ideal"] if result.ideal else parts)
