"""Program text: its comments, its statements and their lines, before a parser sees it."""

from __future__ import annotations

import re
from collections.abc import Callable

from interlace.errors import SpecError

__all__ = [
    "check_sizes",
    "first_failing",
    "shown_line",
    "statements",
    "version",
    "without_comments",
]

_MOST_BITS = 1_000_000
_COMMENT = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_MARK = re.compile(r'"[^"\n]*"|[{};]|[^\s{};"]+|"')
_HEADER = re.compile(r"\s*OPENQASM\s+([^\s;]*)")
_LONG_SIZE = re.compile(r"\[\s*\d[\d_]{6,}")
_SIZE = re.compile(r"\b(?:[qc]reg\s+\w+|qubit|bit)\s*\[\s*(\d[\d_]*)\s*\]")


def without_comments(text: str) -> str:
    """The text with every comment blanked out and its lines ended by a newline alone.

    Example:
        >>> without_comments("h q; // a gate")
        'h q;          '
    """
    return _COMMENT.sub(_blanked, text.replace("\r\n", "\n").replace("\r", "\n"))


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
        rule = (
            "must begin with `OPENQASM 2.0;` or `OPENQASM 3.0;`, or be a circuit of stim (ending "
            "`.stim`) or Qiskit (QPY)"
        )
        raise SpecError(rule, value=shown_line(text, line), line=line)
    return match[1]


def check_sizes(text: str) -> None:
    """Refuse registers too large to be meant, before anything is allocated for them."""
    if _LONG_SIZE.search(text) is None:  # of a million gates a much faster look
        return
    for match in _SIZE.finditer(text):
        if int(match[1]) > _MOST_BITS:
            line = 1 + text.count("\n", 0, match.start())
            rule = f"a register holds at most {_MOST_BITS:,} bits"
            raise SpecError(rule, value=shown_line(text, line), line=line)


def shown_line(text: str, line: int | None) -> str | None:
    """One line of the text as an error shows it; `None` if there is nothing to see."""
    lines = text.split("\n")
    if line is None or not 1 <= line <= len(lines):
        return None
    return lines[line - 1].strip() or None


def statements(text: str) -> list[tuple[int, int]]:
    """The statements of a text without comments: where each begins and ends, as offsets.

    Example:
        >>> statements("x q; gate g a { h a; } g q;")
        [(0, 4), (5, 22), (23, 27)]
    """
    found: list[tuple[int, int]] = []
    depth, start = 0, None
    for match in _MARK.finditer(text):
        mark = match[0]
        start = match.start() if start is None else start
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth <= 0 and mark in (";", "}"):
            found.append((start, match.end()))
            depth, start = 0, None
    if start is not None:
        found.append((start, len(text)))
    return found


def first_failing(count: int, fails: Callable[[int], bool], *, guess: int) -> int:
    """The least n for which the first n of something fail, given that all `count` of it do.

    Looks around the guess in growing steps, then bisects: cheap where the guess is close.
    """
    good, bad, step = 0, count, 1
    probe = min(max(guess, 1), count)
    while bad - good > 1:
        if fails(probe):
            bad, probe = probe, probe - step
        else:
            good, probe = probe, probe + step
        step *= 2
        if not good < probe < bad:
            probe = (good + bad) // 2
    return bad
