"""Names that a network file takes, made from whatever a foreign file calls its nodes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from types import MappingProxyType

__all__ = ["Names", "has_latin"]

LONGEST = 64
_LETTERS = MappingProxyType(
    str.maketrans(
        {
            "ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ł": "l",
            "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i",
        }
    )
)  # fmt: skip
"""Letters that Unicode does not take apart into a Latin one and an accent."""


class Names:
    """Hands out names: letters, digits, `_` and single `-`, at most 64, each once.

    Programs write `_` for `-`, so two names that differ in nothing else are one name here.

    Example:
        >>> names = Names()
        >>> names.new("Zürich, Höngg"), names.new("Zürich (Höngg)"), names.new("北京", "node-7")
        ('Zurich-Hongg', 'Zurich-Hongg-2', 'node-7')
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = {_as_programs_write(name) for name in taken}

    def new(self, *wanted: str) -> str:
        """A name for the first of the wanted texts that has a letter or digit of Latin script."""
        stem = next((name for name in map(_plain, wanted) if name), "node")
        name, count = stem, 1
        while _as_programs_write(name) in self._taken:
            count += 1
            tail = f"-{count}"
            name = stem[: LONGEST - len(tail)].rstrip("-") + tail
        self._taken.add(_as_programs_write(name))
        return name


def has_latin(text: str) -> bool:
    """Whether a name can be made of the text."""
    return bool(_plain(text))


def _plain(text: str) -> str:
    """The text in letters, digits, `_` and single `-` inside."""
    apart = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    latin = apart.encode("ascii", "ignore").decode()
    if not re.search(r"[A-Za-z0-9]", latin):
        return ""
    whole = "".join(c for c in apart if not unicodedata.combining(c))
    words = re.sub(r"[^A-Za-z0-9_]+", "-", whole)
    return words.strip("-_")[:LONGEST].rstrip("-_")


def _as_programs_write(name: str) -> str:
    return name.replace("-", "_")
