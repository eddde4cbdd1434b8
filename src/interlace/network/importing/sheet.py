"""The text of an imported network: a network file with what was assumed as comments."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

import msgspec

from interlace.descriptions import NO_KEYS
from interlace.network.geography import Place
from interlace.network.importing.topology import Site, Span
from interlace.network.model import Device
from interlace.network.written import device_text

__all__ = [
    "device_lines",
    "head_lines",
    "link_lines",
    "machine_line",
    "printable",
    "repeater_line",
    "scalar",
    "site_line",
]

_WIDTH = 100


def head_lines(title: str, origin: Sequence[str], notes: Iterable[str]) -> list[str]:
    """The comment at the head: title, where the graph comes from, what was assumed."""
    lines = [f"# {printable(title)}"]
    lines += [line for words in origin for line in _comment(words, first="# ", then="#   ")]
    lines += ["#", "# What was assumed:"]
    for words in notes:
        lines += _comment(words, first="# - ", then="#   ")
    return lines


def site_line(name: str, place: Place, notes: Sequence[str]) -> str:
    """`  munich: {lat: 48.14, lon: 11.58}`, with its notes behind it."""
    lat, lon = place
    return f"  {scalar(name)}: {{lat: {lat:.6g}, lon: {lon:.7g}}}{_behind(notes)}"


def machine_line(site: Site, device: str, communication: int | str) -> str:
    """A machine on one line."""
    keys = [f"device: {device}", f"communication_qubits: {communication}"]
    return _node(site.name, site.place, keys, _named(site))


def repeater_line(name: str, place: Place | None, notes: Sequence[str] = ()) -> str:
    """A repeater without a device: ideal and unlimited."""
    return _node(name, place, [], notes)


def link_lines(span: Span, figures: Sequence[str]) -> list[str]:
    """A link: on one line where its figures are one mapping, else as a block."""
    name = f"  {span.ends[0]}--{span.ends[1]}:"
    if len(figures) == 1:
        return [f"{name} {figures[0]}{_behind(span.notes)}"]
    return [f"{name}{_behind(span.notes)}", *(f"    {line}" for line in figures)]


def device_lines(device: Device | str) -> tuple[str, str]:
    """How the first machine writes its device, and how the others do."""
    if isinstance(device, str):
        text = scalar(device)
        return text, text
    written = device_text(device)
    if isinstance(written, str):
        return scalar(written), scalar(written)
    return f"&device {msgspec.json.encode(written).decode()}", "*device"


def scalar(text: str) -> str:
    """Text as YAML reads it back, in quotes wherever it could be read as something else."""
    is_plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", text) and text.lower() not in NO_KEYS
    return text if is_plain else msgspec.json.encode(text).decode()


def printable(text: str) -> str:
    """Text that a comment can hold: one line, no control characters."""
    return "".join(c if c.isprintable() else " " for c in text).strip()


def _node(name: str, place: Place | None, keys: Sequence[str], notes: Sequence[str]) -> str:
    site = [f"site: {scalar(name)}"] if place is not None else []
    return f"  {scalar(name)}: {{{', '.join([*site, *keys])}}}{_behind(notes)}"


def _named(site: Site) -> list[str]:
    return [] if site.label == site.name else [site.label]


def _behind(notes: Sequence[str]) -> str:
    words = "; ".join(printable(note) for note in notes)
    return f"  # {words[:200]}" if words else ""


def _comment(words: str, *, first: str, then: str) -> list[str]:
    lines = textwrap.wrap(
        printable(words), _WIDTH, initial_indent=first, subsequent_indent=then,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return lines or [first.rstrip()]
