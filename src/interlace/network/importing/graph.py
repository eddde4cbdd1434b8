"""A graph as a foreign file tells it, before anything is made of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from interlace.errors import SpecError
from interlace.network.geography import Place
from interlace.units import Metres, parse_quantity

__all__ = ["Attributes", "Graph", "GraphEdge", "GraphNode", "attribute", "length_of", "place_of"]

Attributes = Mapping[str, str | int | float | bool | None]
"""What a file says of a node or edge, by the file's own names."""

_LAT, _LON = ("lat", "latitude"), ("lon", "lng", "long", "longitude")
_IN_UNITS = {
    "length_km": 1e3, "length_m": 1.0, "distance_km": 1e3, "distance_m": 1.0, "dist_km": 1e3,
    "dist_m": 1.0,
}  # fmt: skip
_BARE = ("length", "distance", "dist")
_LONGEST_M = 4e7


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphNode:
    """A node: its name in the file, its attributes, and the line where it stands."""

    key: str
    attributes: Attributes
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphEdge:
    """An edge between two node keys."""

    source: str
    target: str
    attributes: Attributes
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """A graph whose edges join nodes that are there; the keys of its nodes differ.

    Attributes:
        file: what errors call it.
        form: `GraphML` or `node-link JSON`.
        is_directed: whether a--b and b--a are two edges of one link.
        key: its name in the file, if it has one.
    """

    file: str | None
    form: str
    attributes: Attributes
    is_directed: bool
    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    key: str = ""


def attribute(attributes: Attributes, *names: str) -> str | int | float | bool | None:
    """The first attribute of one of those names, small and capital letters alike."""
    plain = {key.lower(): value for key, value in attributes.items()}
    return next((plain[name] for name in names if plain.get(name) is not None), None)


def place_of(node: GraphNode, *, file: str | None) -> Place | None:
    """Where a node stands; `None` unless the file gives both coordinates.

    Raises:
        SpecError: a coordinate is no number, or no place on Earth.
    """
    lat, lon = attribute(node.attributes, *_LAT), attribute(node.attributes, *_LON)
    if lat in (None, "") or lon in (None, ""):
        return None
    try:
        place = float(lat), float(lon)
    except ValueError:
        place = math.nan, math.nan
    if not (abs(place[0]) <= 90.0 and abs(place[1]) <= 180.0):
        rule = "its coordinates must be a latitude of -90 to 90 and a longitude of -180 to 180"
        path = f"node {node.key}"
        raise SpecError(rule, value=f"{lat}, {lon}", file=file, line=node.line, path=path)
    return place


def length_of(edge: GraphEdge, *, file: str | None, unit: str | None) -> Metres | None:
    """How long an edge's fibre is, if the file says so.

    An attribute `length`, `distance` or `dist` is text with a unit, or a number in `unit`; one
    that ends in `_km` or `_m` says its unit itself.

    Args:
        edge: an edge of the file.
        file: what errors call it.
        unit: of bare numbers; `None`: they are refused.

    Raises:
        SpecError: no length, or nobody says in what unit.
    """
    try:
        return _length(edge.attributes, unit)
    except SpecError as error:
        path = f"edge {edge.source}--{edge.target}"
        raise error.located(file=file, line=edge.line, path=path) from error.__cause__


def _length(attributes: Attributes, unit: str | None) -> Metres | None:
    for name, factor in _IN_UNITS.items():
        written = attribute(attributes, name)
        if written is not None:
            return _checked(parse_quantity(_plain(written), "number") * factor, written)
    written = attribute(attributes, *_BARE)
    if written is None or written == "":
        return None
    plain = _plain(written)
    if isinstance(plain, str):
        return _checked(parse_quantity(plain, "length"), written)
    if unit is None:
        rule = "its length is a number without a unit: say --length-unit km (or m)"
        raise SpecError(rule, value=written)
    return _checked(parse_quantity(f"{plain!r} {unit}", "length"), written)


def _plain(written: object) -> object:
    """A number, where text is nothing else."""
    if not isinstance(written, str):
        return written
    try:
        return float(written)
    except ValueError:
        return written


def _checked(length_m: Metres, written: object) -> Metres:
    if not 0.0 <= length_m <= _LONGEST_M:
        rule = "its length must be between 0 and 40000 km (round the Earth)"
        raise SpecError(rule, value=written)
    return length_m
