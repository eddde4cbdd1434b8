"""Installed fonts that have the characters which the bundled one lacks."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

__all__ = ["families_for"]

_MOST_FAMILIES = 4
_BOXES_ONLY = "last resort"


def families_for(characters: AbstractSet[int]) -> tuple[str, ...]:
    """The fewest installed families that have most of the characters; none where none has any.

    Args:
        characters: code points.
    """
    from matplotlib.font_manager import fontManager
    from matplotlib.ft2font import FT2Font

    covers: dict[str, set[int]] = {}
    for entry in fontManager.ttflist:
        if _BOXES_ONLY in entry.name.lower():
            continue
        try:
            found = characters & FT2Font(entry.fname).get_charmap().keys()
        except (OSError, RuntimeError):  # removed since the list was made, or broken
            continue
        if found:
            covers.setdefault(entry.name, set()).update(found)
    left, families = set(characters), []
    while left and covers and len(families) < _MOST_FAMILIES:
        best = min(covers, key=lambda name: (-len(covers[name] & left), name))
        if not covers[best] & left:
            break
        families.append(best)
        left -= covers.pop(best)
    return tuple(families)
