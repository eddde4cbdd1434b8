"""Networks of a regular shape, for trying things out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal

from interlace.descriptions import did_you_mean, shaped
from interlace.errors import SpecError
from interlace.network.check import checked
from interlace.network.devices import ideal_device
from interlace.network.model import Device, Network
from interlace.network.sources import ABSTRACT_KEYS
from interlace.network.spec import LinkDescription, MachineSpec, NetworkSpec
from interlace.network.written import device_text

__all__ = ["DEFAULT_LINK", "SHAPES", "make_network"]

DEFAULT_LINK = "rate=1kHz,fidelity=0.98"
"""The link that `network new` makes if it is not told."""

_MAX_MACHINES = 100_000
_MAX_LINKS = 1_000_000
_LINK_KEYS = (*ABSTRACT_KEYS, "channels", "length")

_Pairs = Iterable[tuple[int, int]]


def _line(rows: int, columns: int) -> _Pairs:
    count = rows * columns
    return ((i, i + 1) for i in range(count - 1))


def _ring(rows: int, columns: int) -> _Pairs:
    count = rows * columns
    return (*_line(rows, columns), (0, count - 1))


def _grid(rows: int, columns: int) -> _Pairs:
    for here in range(rows * columns):
        if (here + 1) % columns:
            yield here, here + 1
        if here + columns < rows * columns:
            yield here, here + columns


def _star(rows: int, columns: int) -> _Pairs:
    return ((0, i) for i in range(1, rows * columns))


def _complete(rows: int, columns: int) -> _Pairs:
    count = rows * columns
    if count * (count - 1) // 2 > _MAX_LINKS:
        rule = f"makes more than {_MAX_LINKS} links: use fewer machines"
        raise SpecError(rule, value=count, path="N")
    return ((i, j) for i in range(count) for j in range(i + 1, count))


SHAPES: Mapping[str, Callable[[int, int], _Pairs]] = MappingProxyType(
    {"line": _line, "ring": _ring, "grid": _grid, "star": _star, "complete": _complete}
)
"""Shape to the pairs of machines that it links, of rows times columns machines."""


def make_network(
    shape: str,
    size: str,
    *,
    device: Device | str,
    communication_qubits: int | Literal["unlimited"],
    link: str = DEFAULT_LINK,
) -> Network:
    """A network of equal machines m0, m1, ... and equal links `m0--m1`, lower number first.

    Args:
        shape: a key of `SHAPES`; a star's hub is m0.
        size: how many machines; of a grid `RxC`, rows and columns, numbered row by row.
        device: of every machine; text is `ideal:N`.
        communication_qubits: of every machine.
        link: keys of an abstract link, `rate=1kHz,fidelity=0.98`.

    Raises:
        SpecError: an argument breaks a rule of the description.

    Example:
        >>> square = make_network("grid", "2x2", device="ideal:4", communication_qubits=1)
        >>> [link.name for link in square.links]
        ['m0--m1', 'm0--m2', 'm1--m3', 'm2--m3']
    """
    if shape not in SHAPES:
        raise SpecError(f"is no shape: {did_you_mean(shape, SHAPES)}", value=shape, path="SHAPE")
    rows, columns = _size(shape, size)
    described = _link(link)
    one = device if isinstance(device, Device) else ideal_device(device, path="device")
    machine = MachineSpec(device=device_text(one), communication_qubits=communication_qubits)
    pairs = SHAPES[shape](rows, columns)
    spec = NetworkSpec(
        interlace=1,
        name=f"{shape}-{size.strip()}",
        machines={f"m{i}": machine for i in range(rows * columns)},
        links={f"m{a}--m{b}": described for a, b in pairs},
    )
    try:
        return checked(spec)
    except SpecError as error:
        raise _of_argument(error) from error


def _size(shape: str, size: str) -> tuple[int, int]:
    digits = r"\s*([0-9]{1,999})\s*"
    pattern = f"{digits}[xX]{digits}" if shape == "grid" else f"(){digits}"
    match = re.fullmatch(pattern, size)
    if match is None:
        needed = "rows and columns, as in 2x3" if shape == "grid" else "a number of machines"
        raise SpecError(f"a {shape} needs {needed}", value=size, path="N")
    rows, columns = int(match[1] or 1), int(match[2])
    least = 3 if shape == "ring" else 1
    if not least <= rows * columns <= _MAX_MACHINES:
        rule = f"a {shape} needs between {least} and {_MAX_MACHINES} machines"
        raise SpecError(rule, value=size, path="N")
    return rows, columns


def _link(text: str) -> LinkDescription:
    written: dict[str, Any] = {}
    for part in re.split(r",(?![^\[]*\])", text):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            rule = "needs keys and values, as in rate=1kHz,fidelity=0.98"
            raise SpecError(rule, value=part, path="link")
        if key not in _LINK_KEYS:
            rule = f"unknown key: {did_you_mean(key, _LINK_KEYS)}"
            raise SpecError(rule, value=key, path=f"link.{key}")
        if key in written:
            raise SpecError("is written twice", value=key, path=f"link.{key}")
        written[key] = _value(value)
    return shaped(written, LinkDescription, path="link")


def _value(text: str) -> object:
    if text.startswith("[") and text.endswith("]"):
        return [_value(part.strip()) for part in text[1:-1].split(",")]
    return int(text) if re.fullmatch(r"\d{1,18}", text) else text


def _of_argument(error: SpecError) -> SpecError:
    """Name the argument instead of a place in a description that nobody wrote."""
    path = re.sub(r"^machines\.m\d+\.", "", error.path or "")
    path = re.sub(r"^links\.m\d+--m\d+", "link", path)
    return SpecError(error.rule, value=error.value, path=path or None)
