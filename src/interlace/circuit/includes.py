"""Files that an OpenQASM 2 file includes, put in place.

Qiskit's parser reads numbers of an included file from the including one, so
the files are joined here, and every line remembers where it came from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass

from interlace.circuit.source import shown_line, without_comments
from interlace.errors import SpecError

__all__ = ["Joined", "joined"]

_INCLUDE = re.compile(r'include\b(?<!\winclude)\s*"([^"\n]*)"\s*;')  # fast: begins with a word
_BUILT_IN = "qelib1.inc"
_WORD = re.compile(r"\S\w{0,15}")
_OUTSIDE = (
    "only files beside or below the folder of the one that includes may be included: "
    "give a path without `..` that is not absolute"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """A text made of pieces of files.

    Attributes:
        text: of all pieces; each begins on a new line.
        pieces: for each piece its first line here, its file, its first line there.
    """

    text: str
    pieces: tuple[tuple[int, str | None, int], ...]

    def error(self, rule: str, line: int) -> SpecError:
        """An error at one line of the text, placed where that line came from."""
        first, file, origin = next(piece for piece in reversed(self.pieces) if piece[0] <= line)
        value = shown_line(self.text, line)
        if value is not None and file != self.pieces[0][1]:  # it may be any file, so not all of it
            value = _WORD.match(value)[0]  # pyright: ignore[reportOptionalSubscript]
        return SpecError(rule, value=value, file=file, line=line - first + origin)


def joined(text: str, *, file: str | None, read_text: Callable[[str], str]) -> Joined:
    """The text, without comments, with every included file in its place.

    Names are relative to the file that includes, and lead to its folder or below; `qelib1.inc` is
    left to the parser.

    Args:
        text: of the including file.
        file: its name, if it has one.
        read_text: gives the text of a file, or raises `SpecError`.

    Raises:
        SpecError: a file lies elsewhere, cannot be read as text, or includes itself.
    """
    parts = _parts(text, file, read_text=read_text, opened=() if file is None else (file,))
    lines: list[str] = []
    pieces: list[tuple[int, str | None, int]] = []
    line = 1
    for part, origin, first in parts:
        pieces.append((line, origin, first))
        lines.append(part)
        line += part.count("\n") + 1
    return Joined(text="\n".join(lines), pieces=tuple(pieces))


def _parts(
    text: str, file: str | None, *, read_text: Callable[[str], str], opened: tuple[str, ...]
) -> list[tuple[str, str | None, int]]:
    parts: list[tuple[str, str | None, int]] = []
    done = 0
    for match in _INCLUDE.finditer(text):
        if match[1] == _BUILT_IN:
            continue
        parts.append((text[done : match.start()], file, 1 + text.count("\n", 0, done)))
        line = 1 + text.count("\n", 0, match.start())
        if _leads_out(match[1]):
            raise SpecError(_OUTSIDE, value=match[1], file=file, line=line)
        path = os.path.normpath(os.path.join(os.path.dirname(file or ""), match[1]))
        if path in map(os.path.normpath, opened):
            raise SpecError(
                "includes itself: remove an `include`", value=path, file=file, line=line
            )
        try:
            inner = without_comments(read_text(path))
        except SpecError as error:
            rule = f"the included file {error.rule}"
            raise SpecError(rule, value=path, file=file, line=line) from error
        parts += _parts(inner, path, read_text=read_text, opened=(*opened, path))
        done = match.end()
    parts.append((text[done:], file, 1 + text.count("\n", 0, done)))
    return parts


def _leads_out(path: str) -> bool:
    """Whether the path is absolute or climbs, on any system."""
    parts = re.split(r"[/\\]", path)
    return parts[0] == "" or ":" in parts[0] or ".." in parts
