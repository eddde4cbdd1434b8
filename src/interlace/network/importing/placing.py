"""Where nodes without coordinates stand: at the mean of their neighbours, round by round.

The mean of one place is that place. Such a node stands on another one, and so does all that is
put between the two: that is told by name, for a map or a length cannot show it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.network.geography import Place, mean_place

__all__ = ["Placing", "beside_note", "beside_words", "placed"]

_MOST_NAMED = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """Places of all nodes by key.

    Attributes:
        places: `None` where nobody knows.
        beside: for each node without coordinates that stands where a neighbour does, that
            neighbour, and how many neighbours were located when it was placed.
    """

    places: Mapping[str, Place | None]
    beside: Mapping[str, tuple[str, int]]


def placed(known: Mapping[str, Place | None], near: Mapping[str, Sequence[str]]) -> Placing:
    """Round by round, a node without a place takes the mean of its neighbours that have one.

    Args:
        known: the file's places by key.
        near: keys of each node's neighbours.
    """
    places = dict(known)
    beside: dict[str, tuple[str, int]] = {}
    lost = [key for key, place in known.items() if place is None]
    while lost:
        found: dict[str, Place] = {}
        for key in lost:
            around = {other: place for other in near[key] if (place := places[other]) is not None}
            if around:
                found[key] = mean_place(list(around.values()))
            if len(set(around.values())) == 1:
                beside[key] = next(iter(around)), len(around)
        if not found:
            break
        places.update(found)
        lost = [key for key in lost if key not in found]
    return Placing(places=places, beside=beside)


def beside_words(neighbour: str, located: int) -> str:
    """What is said behind the site of a node that stands on another one."""
    what = "one located neighbour" if located == 1 else "located neighbours at one place"
    return f"no coordinates in the file and {what}: stands where {neighbour} does"


def beside_note(names: Mapping[str, str], beside: Mapping[str, tuple[str, int]]) -> list[str]:
    """What is said of all nodes that stand on another one, by name.

    Args:
        names: of the nodes, by key.
        beside: as in `Placing`.
    """
    told = [
        f"{names[key]} has no coordinates and "
        + ("one located neighbour" if located == 1 else "located neighbours at one place")
        + f": it stands where {names[neighbour]} does"
        for key, (neighbour, located) in list(beside.items())[:_MOST_NAMED]
    ]
    more = len(beside) - len(told)
    if more:
        told.append(f"and so for {more} more, each told at its site")
    return ["; ".join(told)] if told else []
