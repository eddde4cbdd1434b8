"""Rows of a document that say the same under names of one length, to be written once.

A YAML writer spends as long on the hundred thousandth equal machine as on the first. Where a row's
text depends on nothing but its value and the width of its name, it is written for the first name
and copied for the others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from interlace.descriptions import NO_KEYS

__all__ = ["filled", "thinned"]

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_ROW = re.compile(r"(?m)^  (?!\s|: )")
_LONGEST = 100  # beyond 128 characters YAML writes a key in another way


def thinned(rows: Mapping[str, Any]) -> dict[str, str]:
    """For every row that need not be written itself, the name of the one to copy.

    A row with a device of its own, which may be shared by an alias, is always written itself.

    Example:
        >>> thinned({"m0": {"device": "ideal:2"}, "m1": {"device": "ideal:2"}, "m10": {}})
        {'m1': 'm0'}
    """
    first: dict[tuple[int, bytes], str] = {}
    copies: dict[str, str] = {}
    for name, row in rows.items():
        if not _is_plain(name) or isinstance(row.get("device"), dict) or "wired" in row:
            continue
        model = first.setdefault((len(name), msgspec.json.encode(row)), name)
        if model != name:
            copies[name] = model
    return copies


def filled(text: str, rows: Mapping[str, Any], copies: Mapping[str, str]) -> str:
    """The text of all rows, in their order, from the text of those that were written.

    Args:
        text: rows as block mapping with an indentation of two, as the YAML writer gives them.
        rows: all names.
        copies: as `thinned` gave it for them.
    """
    starts = [match.start() for match in _ROW.finditer(text)]
    pieces = [text[a:b] for a, b in zip(starts, [*starts[1:], len(text)], strict=True)]
    written = dict(zip((name for name in rows if name not in copies), pieces, strict=True))
    return text[: starts[0]] + "".join(
        f"  {name}{written[model][2 + len(name) :]}"
        if (model := copies.get(name)) is not None
        else written[name]
        for name in rows
    )


def _is_plain(name: str) -> bool:
    """Whether YAML writes the name as it stands."""
    is_word = _PLAIN.fullmatch(name) is not None and name.lower() not in NO_KEYS
    return is_word and len(name) <= _LONGEST
