"""Program text: its comments, its statements and their lines, before a parser sees it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from interlace.errors import SpecError

__all__ = ["check_sizes", "line_of", "shown_line", "version", "without_comments"]

_MOST_BITS = 1_000_000
_COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_TOKEN = re.compile(r'\n|"[^"\n]*"|[{};]|[A-Za-z_]\w*|[^\s{};"A-Za-z_]+')
_HEADER = re.compile(r"\s*OPENQASM\s+([^\s;]*)")
_SIZE = re.compile(r"\b(?:[qc]reg\s+\w+|qubit|bit)\s*\[\s*(\d[\d_]*)\s*\]")


def without_comments(text: str) -> str:
    """The text with every comment blanked out; lines and columns stay where they are.

    Example:
        >>> without_comments("h q; // a gate")
        'h q;          '
    """
    return _COMMENT.sub(_blanked, text)


def _blanked(match: re.Match[str]) -> str:
    found = match[0]
    return found if found.startswith('"') else re.sub(r"[^\n]", " ", found)


def version(text: str) -> str:
    """What the text says after OPENQASM, for a text without comments.

    Raises:
        SpecError: it does not begin with `OPENQASM`.
    """
    match = _HEADER.match(text)
    if match is None:
        line = 1 + text[: len(text) - len(text.lstrip())].count("\n")
        rule = "must begin with `OPENQASM 2.0;` or `OPENQASM 3.0;`: only OpenQASM is read"
        raise SpecError(rule, value=shown_line(text, line), line=line)
    return match[1]


def check_sizes(text: str) -> None:
    """Refuse registers too large to be meant, before anything is allocated for them."""
    for match in _SIZE.finditer(text):
        if int(match[1]) > _MOST_BITS:
            line = 1 + text.count("\n", 0, match.start())
            rule = f"a register holds at most {_MOST_BITS:,} bits"
            raise SpecError(rule, value=shown_line(text, line), line=line)


def line_of(text: str, word: str) -> int | None:
    """The line of the first statement outside braces that begins with the word."""
    return next((line for head, line in _statement_heads(text) if head == word), None)


def shown_line(text: str, line: int | None) -> str | None:
    """One line of the text as an error shows it; `None` if there is nothing to see."""
    lines = text.split("\n")
    if line is None or not 1 <= line <= len(lines):
        return None
    return lines[line - 1].strip() or None


def _statement_heads(text: str) -> Iterator[tuple[str, int]]:
    line, depth, fresh = 1, 0, True
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n":
            line += 1
        elif token in ("{", "}"):
            depth += 1 if token == "{" else -1
            fresh = True
        elif token == ";":
            fresh = True
        elif fresh:
            if depth == 0:
                yield token, line
            fresh = False
