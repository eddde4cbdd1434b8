"""HTML and SVG that cannot be broken by a name: text is escaped unless it is `Markup`."""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Iterable, Mapping, Sequence
from html import escape

__all__ = ["Markup", "data_table", "el", "join"]


class Markup(str):
    """Text that is markup already. Made only by `el`, `join` and constants of this stage."""

    __slots__ = ()


Attribute = str | int | float | None

_VOID = frozenset({"br", "hr", "link", "meta"})


def el(tag: str, attributes: Mapping[str, Attribute] | None = None, *children: str) -> Markup:
    """One element; children and attribute values are escaped, unless they are `Markup`.

    Args:
        tag: name of the element.
        attributes: values by name; a float is written with four decimals at most, `None` leaves
            the attribute out.
        children: text, or markup.

    Example:
        >>> el("b", {"title": '"x"'}, "a < b")
        '<b title="&quot;x&quot;">a &lt; b</b>'
    """
    written = "".join(
        f' {name}="{_value(value)}"'
        for name, value in (attributes or {}).items()
        if value is not None
    )
    if tag in _VOID:
        return Markup(f"<{tag}{written}>")
    return Markup(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[str], separator: str = "") -> Markup:
    """Children one after the other, text escaped."""
    return Markup(separator.join(c if isinstance(c, Markup) else _text(c) for c in children))


def _text(text: str) -> str:
    """Escaped text; control characters and lone surrogates, which HTML forbids, are replaced."""
    if not text.isprintable():
        text = "".join(c if _is_shown(c) else "\N{REPLACEMENT CHARACTER}" for c in text)
    return escape(text, quote=True)


def _is_shown(character: str) -> bool:
    """Whether a page may hold it; Python counts no space but U+0020 as printable."""
    is_space = character in "\n\t" or unicodedata.category(character) == "Zs"
    return character.isprintable() or is_space


def _value(value: str | float) -> str:
    if isinstance(value, float):
        return f"{value:.4f}".rstrip("0").rstrip(".")
    return _text(str(value))


def data_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, words: Container[int] = ()
) -> Markup:
    """A table whose first column names the row; the others are figures, or words."""

    def style(column: int) -> str | None:
        return "w" if column in words else "n" if column else None

    heads = [el("th", {"scope": "col", "class": style(i)}, name) for i, name in enumerate(head)]
    body = [
        el(
            "tr",
            None,
            el("th", {"scope": "row"}, row[0]),
            *(el("td", {"class": style(i)}, cell) for i, cell in enumerate(row) if i),
        )
        for row in rows
    ]
    return el("table", None, el("thead", None, el("tr", None, *heads)), el("tbody", None, *body))
