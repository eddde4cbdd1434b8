"""Names cut to the room that there is, and still told apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

__all__ = ["cut", "shortened"]


def cut(text: str, most: int) -> str:
    """Text of at most that many characters, its middle left out.

    Example:
        >>> cut("a-name-that-is-long", 9)
        'a-na…long'
    """
    if len(text) <= most:
        return text
    head = (most - 1) // 2
    return f"{text[:head]}…{text[head + 1 - most :]}"


def shortened(names: Sequence[str], most: int) -> list[str]:
    """Names of at most that many characters, at least 3; different names stay different.

    A name loses its middle. Names that would read the same keep what they differ in instead; if
    that is too long as well, they are numbered.

    Example:
        >>> shortened(["node-01-of-the-lab", "node-02-of-the-lab", "lab"], 9)
        ['nod…1…lab', 'nod…2…lab', 'lab']
    """
    kept = {name: cut(name, most) for name in names}
    for alike in _alike(kept):
        kept.update(zip(alike, _by_difference(alike, most), strict=True))
    taken = set(kept.values())
    for alike in _alike(kept):
        number = 1
        for name in alike[1:]:
            while (numbered := _numbered(name, number, most)) in taken:
                number += 1
            taken.add(numbered)
            kept[name] = numbered
    return [kept[name] for name in names]


def _alike(kept: dict[str, str]) -> list[list[str]]:
    """Groups of different names that read the same."""
    groups: dict[str, list[str]] = defaultdict(list)
    for name, shown in kept.items():
        groups[shown].append(name)
    return [group for group in groups.values() if len(group) > 1]


def _by_difference(names: Sequence[str], most: int) -> list[str]:
    """What the names differ in, with as much of what they share as there is room for."""
    start = _shared(names)
    end = _shared([name[start:][::-1] for name in names])
    found: list[str] = []
    for name in names:
        own = cut(name[start : len(name) - end], max(1, most - 2))
        room = max(0, most - 2 - len(own))
        head, tail = name[: min(start, (room + 1) // 2)], name[len(name) - min(end, room // 2) :]
        before = head if len(head) == start else f"{head}…"
        after = tail if len(tail) == end else f"…{tail}"
        found.append(f"{before}{own}{after}")
    return found


def _shared(names: Sequence[str]) -> int:
    """How many characters all names begin with."""
    first, last = min(names), max(names)
    differ = (k for k, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    return next(differ, min(len(first), len(last)))


def _numbered(name: str, number: int, most: int) -> str:
    tail = f"…{number}"
    return name[: max(0, most - len(tail))] + tail
