"""A network as one page: its map, its links by rate, its nodes, what was assumed.

Self-contained like the page of a run: no script, nothing to load.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence

from interlace.link import Link
from interlace.network import LinkRow, Network, NodeRow, describe
from interlace.report.markup import Markup, data_table, el, join
from interlace.report.network_key import MAP_STYLE, pair_rate
from interlace.report.network_map import network_map
from interlace.report.style import STYLE
from interlace.report.words import duration, significant, tied, whole
from interlace.units import Hertz, Metres, fidelity_figure

__all__ = ["network_page"]

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_SHOWN, _MOST_UNBROKEN = 40, 32
_PAIR_A_YEAR_HZ = 1 / 31_557_600


def network_page(network: Network, links: Sequence[Link]) -> str:
    """The whole page.

    Args:
        network: what to show.
        links: its compiled links, in its order.

    Example:
        >>> from interlace.link import compile_links
        >>> from interlace.network import make_network
        >>> ring = make_network("ring", "3", device="ideal:4", communication_qubits=1)
        >>> network_page(ring, compile_links(ring)).startswith("<!DOCTYPE html>")
        True
    """
    head = el(
        "head",
        None,
        el("meta", {"charset": "utf-8"}),
        el("meta", {"http-equiv": "Content-Security-Policy", "content": _POLICY}),
        el("meta", {"name": "viewport", "content": "width=device-width,initial-scale=1"}),
        el("meta", {"name": "color-scheme", "content": "light dark"}),
        el("title", None, f"{network.name} · interlace"),
        el("style", None, STYLE, MAP_STYLE),
    )
    summary = describe(network)
    main = el(
        "main",
        None,
        _header(network, links),
        network_map(network, links),
        _links_section(summary.links, links),
        _nodes_section(summary.nodes),
        _notes_section(links),
    )
    return f"<!DOCTYPE html>\n{el('html', {'lang': 'en'}, head, el('body', None, main))}\n"


def _header(network: Network, links: Sequence[Link]) -> Markup:
    return el(
        "header",
        None,
        el("h1", None, "network ", el("b", None, network.name)),
        el("p", {"class": "verdict"}, *_verdict(network, links)),
        el("dl", {"class": "figures"}, *(_figure(*row) for row in _figures(network, links))),
    )


def _verdict(network: Network, links: Sequence[Link]) -> tuple[str, str]:
    """What it is, in a sentence, and its weakest point in another."""
    parts = [_count(len(network.machines), "machine")]
    if network.repeaters:
        parts.append(_count(len(network.repeaters), "repeater"))
    said = f"{', '.join(parts)} and {_count(len(links), 'link')}."
    if not links:
        return said, ""
    dead = sum(_whole_rate(link) < _PAIR_A_YEAR_HZ for link in links)
    slowest = min(links, key=_whole_rate)
    if dead:
        return said, f" {_count(dead, 'link')} make{'s' * (dead == 1)} less than a pair a year."
    if _whole_rate(slowest) < max(map(_whole_rate, links)) * 0.999:
        is_short = len(slowest.name) <= _MOST_UNBROKEN
        name = el("span", {"class": "nw"}, f"{slowest.name},") if is_short else ""
        lead = (" The slowest, ", name, " ") if is_short else (" The slowest ",)
        return said, join((*lead, f"makes {_most_pairs(slowest)}."))
    return said, ""


def _whole_rate(link: Link) -> Hertz:
    """Pairs a second where no channel is ever blocked."""
    return link.rate_hz * link.channels


def _most_pairs(link: Link) -> str:
    """What the link makes at most, in a sentence."""
    if link.channels == 1:
        return _pairs(link.rate_hz)
    most = _pairs(_whole_rate(link), bound="up to ")
    return f"{most} on its {whole(link.channels)} channels"


def _pairs(rate_hz: Hertz, *, bound: str = "") -> str:
    """A rate in a sentence, in the units of the tables."""
    told = pair_rate(rate_hz)
    return f"pairs at {bound}{told}" if told.endswith("Hz") else f"{bound}{told}"


def _figures(network: Network, links: Sequence[Link]) -> list[tuple[str, str, str]]:
    data = [len(machine.data) for machine in network.machines]
    rows = [
        (
            "Data qubits",
            whole(sum(data)),
            f"{_span(sorted(data), lambda value: whole(int(value)))} a machine",
        )
    ]
    if not links:
        return rows
    lengths = sorted(link.length_m for link in network.links if link.length_m is not None)
    if lengths:
        told = f"{_span(lengths, _length)} a link, median {_length(statistics.median(lengths))}"
        rows.append(("Fibre", _length(sum(lengths)), told))
    rates = sorted(link.rate_hz for link in links)
    fidelities = sorted(link.fidelity for link in links)
    rows.append(
        ("Rate of a link", pair_rate(statistics.median(rates)),
         f"median; {_span(rates, pair_rate)} on one channel")
    )  # fmt: skip
    rows.append(
        ("Fidelity of a link", fidelity_figure(statistics.median(fidelities)),
         f"median; {_span(fidelities, fidelity_figure)}")
    )  # fmt: skip
    return rows


def _span(values: Sequence[float], say: Callable[[float], str]) -> str:
    low, high = say(values[0]), say(values[-1])
    return low if low == high else f"{low} to {high}"


def _length(length_m: Metres) -> str:
    return f"{significant(length_m / 1e3)} km" if length_m >= 1e3 else f"{length_m:.0f} m"


def _figure(name: str, value: str, told: str) -> Markup:
    return el(
        "div",
        None,
        el("dt", None, name),
        el("dd", {"class": "v"}, tied(value)),
        el("dd", {"class": "s"}, told),
    )


def _links_section(rows: Sequence[LinkRow], links: Sequence[Link]) -> Markup:
    if not links:
        return Markup()
    pairs = sorted(zip(rows, links, strict=True), key=lambda pair: (-pair[1].rate_hz, pair[0].name))
    cells = [
        (
            row.name,
            row.scheme,
            whole(row.channels),
            "–" if row.length_m is None else _length(row.length_m),
            pair_rate(link.rate_hz),
            fidelity_figure(link.fidelity),
            duration(link.herald_delay_s) if row.has_hardware else "–",
            duration(link.latency_s),
        )
        for row, link in pairs
    ]
    head = (
        "link",
        "how pairs are made",
        "channels",
        "fibre",
        "rate",
        "fidelity",
        "herald",
        "latency",
    )
    note = (
        "The fastest first. Rate: heralded pairs a second of one channel that is never blocked. "
        "Herald: from emission until both ends know"
        f"{'' if all(row.has_hardware for row in rows) else '; – where a link has no hardware'}. "
        "Latency: of a message, one way."
    )
    return _tabled("Links", note, head, cells, words=(1,), style="wide links")


def _nodes_section(rows: Sequence[NodeRow]) -> Markup:
    machines = [
        (
            row.name,
            row.device,
            row.site or "–",
            row.coupling,
            whole(row.data_qubits),
            "unlimited" if row.communication_qubits is None else whole(row.communication_qubits),
        )
        for row in rows
        if row.kind == "machine"
    ]
    head = ("machine", "device", "site", "coupling", "data qubits", "communication qubits")
    tables = [_tabled("Machines", "", head, machines, words=(1, 2, 3))]
    repeaters = [
        (
            row.name,
            row.site or "–",
            "unlimited" if row.communication_qubits is None else whole(row.communication_qubits),
        )
        for row in rows
        if row.kind != "machine"
    ]
    if repeaters:
        head = ("repeater", "site", "communication qubits")
        tables.append(_tabled("Repeaters", "", head, repeaters, words=(1,), shown=0))
    return join(tables)


def _notes_section(links: Sequence[Link]) -> Markup:
    """What the links' models assume, equal notes together."""
    names: dict[str, list[str]] = {}
    for link in links:
        for note in link.notes:
            if "internal switch" not in note:
                names.setdefault(note, []).append(link.name)
    if not names:
        return Markup()
    said: list[Markup] = []
    for note, linked in names.items():
        if len(linked) == len(links) > 1:
            who = "every link"
        else:
            rest = len(linked) - 3
            who = ", ".join(linked[:3]) + (f" and {whole(rest)} more" if rest > 0 else "")
        said.append(el("li", None, f"{who}: {note}"))
    said = said[:_SHOWN]
    title = el("h2", None, "What was assumed")
    return el("section", None, title, el("ul", {"class": "said about"}, *said))


def _tabled(
    title: str,
    note: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    words: tuple[int, ...] = (),
    shown: int = _SHOWN,
    style: str = "wide",
) -> Markup:
    """A section with its first rows open and the others folded away."""
    parts = [el("h2", None, title)]
    if note:
        parts.append(el("p", {"class": "note"}, note))
    first, rest = rows[:shown], rows[shown:]
    if first:
        parts.append(el("div", {"class": style}, data_table(head, first, words=words)))
    if rest:
        told = f"{whole(len(rest))} more" if first else f"all {whole(len(rest))}"
        folded = el("div", {"class": style}, data_table(head, rest, words=words))
        parts.append(el("details", None, el("summary", None, told), folded))
    return el("section", None, *parts)


def _count(number: int, noun: str) -> str:
    return f"{whole(number)} {noun}{'' if number == 1 else 's'}"
