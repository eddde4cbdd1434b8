"""Files that an OpenQASM 2 file includes, put in place.

Qiskit's parser reads numbers of an included file from the including one, so
the files are joined here, and every line remembers where it came from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from interlace.circuit.source import shown_line, without_comments
from interlace.errors import SpecError

__all__ = ["Joined", "joined"]

_INCLUDE = re.compile(r'\binclude\s*"([^"\n]*)"\s*;')
_BUILT_IN = "qelib1.inc"


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
        return SpecError(rule, value=value, file=file, line=line - first + origin)


def joined(text: str, *, file: str | None) -> Joined:
    """The text, without comments, with every included file in its place.

    Names are relative to the file that includes; `qelib1.inc` is left to the parser.

    Raises:
        SpecError: a file cannot be read as text, or includes itself.
    """
    parts = _parts(text, file, opened=())
    lines: list[str] = []
    pieces: list[tuple[int, str | None, int]] = []
    line = 1
    for part, origin, first in parts:
        pieces.append((line, origin, first))
        lines.append(part)
        line += part.count("\n") + 1
    return Joined(text="\n".join(lines), pieces=tuple(pieces))


def _parts(
    text: str, file: str | None, *, opened: tuple[Path, ...]
) -> list[tuple[str, str | None, int]]:
    parts: list[tuple[str, str | None, int]] = []
    done = 0
    for match in _INCLUDE.finditer(text):
        if match[1] == _BUILT_IN:
            continue
        parts.append((text[done : match.start()], file, 1 + text.count("\n", 0, done)))
        line = 1 + text.count("\n", 0, match.start())
        path = (Path(file).parent if file else Path()) / match[1]
        try:
            parts += _included(path, opened)
        except SpecError as error:
            raise error.located(file=file, line=line) from error
        done = match.end()
    parts.append((text[done:], file, 1 + text.count("\n", 0, done)))
    return parts


def _included(path: Path, opened: tuple[Path, ...]) -> list[tuple[str, str | None, int]]:
    if path.resolve() in opened:
        raise SpecError("includes itself: remove one `include`", value=str(path))
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise SpecError(f"the included file cannot be read: {reason}", value=str(path)) from error
    text = without_comments(content.replace("\r\n", "\n").replace("\r", "\n"))
    return _parts(text, str(path), opened=(*opened, path.resolve()))
