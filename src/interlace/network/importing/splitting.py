"""Long links made into chains of repeaters, equally far from each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from interlace.errors import SpecError
from interlace.network.geography import Place, waypoint
from interlace.network.importing.naming import Names
from interlace.network.importing.topology import Span, Topology
from interlace.units import Metres

__all__ = ["Stop", "split"]

_MOST_REPEATERS = 200_000
_SHORT = 18


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """A repeater that an import puts on a link.

    Attributes:
        is_between: its link's ends stand apart, as far as anybody knows; else it stands on both.
    """

    name: str
    place: Place | None
    is_between: bool = True


def split(topology: Topology, every_m: Metres) -> tuple[tuple[Stop, ...], tuple[Span, ...]]:
    """Cut every link longer than `every_m` into equal pieces that are not.

    Returns:
        The repeaters at the cuts, on the great circle between the link's ends, and all links.

    Raises:
        SpecError: a link's length is unknown, or there would be too many repeaters.
    """
    lost = sum(span.length_m is None for span in topology.spans)
    if lost:
        rule = (
            f"needs lengths, and nobody tells those of {lost} of {len(topology.spans)} links: "
            "say --length 100km for them"
        )
        raise SpecError(rule, path="--repeater-every")
    pieces = [max(1, math.ceil((span.length_m or 0.0) / every_m - 1e-9)) for span in topology.spans]
    if sum(pieces) - len(pieces) > _MOST_REPEATERS:
        rule = f"makes more than {_MOST_REPEATERS} repeaters: take a longer distance"
        raise SpecError(rule, value=f"{every_m:g} m", path="--repeater-every")
    names = Names(site.name for site in topology.sites)
    places = {site.name: site.place for site in topology.sites}
    stops: list[Stop] = []
    spans: list[Span] = []
    for span, count in zip(topology.spans, pieces, strict=True):
        if count == 1 or span.length_m is None:
            spans.append(span)
            continue
        first, second = span.ends
        fresh = _stops(names, span.ends, (places[first], places[second]), count)
        stops += fresh
        whole = [first, *(stop.name for stop in fresh), second]
        for index, ends in enumerate(pairwise(whole)):
            part = f"part {index + 1} of {count} of {span.length_m / 1e3:.4g} km"
            spans.append(
                Span(
                    ends=ends,
                    channels=span.channels,
                    length_m=span.length_m / count,
                    notes=(part, *(span.notes if index == 0 else ())),
                )
            )
    return tuple(stops), tuple(spans)


def _stops(
    names: Names, ends: tuple[str, str], places: tuple[Place | None, Place | None], count: int
) -> list[Stop]:
    short = "-".join(end[:_SHORT].strip("-_") for end in ends)
    first, second = places
    return [
        Stop(
            name=names.new(f"r-{short}-{index}"),
            place=None
            if first is None or second is None
            else waypoint(first, second, index / count),
            is_between=first is None or first != second,
        )
        for index in range(1, count)
    ]
