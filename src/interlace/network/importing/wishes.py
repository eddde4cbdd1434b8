"""What the one who imports a graph wants of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.geography import DETOUR_FACTOR
from interlace.network.model import Device
from interlace.units import DecibelsPerMetre, Metres, Ratio, parse_quantity

__all__ = ["FIBRE_LOSS_DB_PER_M", "ImportWishes", "wished"]

FIBRE_LOSS_DB_PER_M = 2e-4
"""Of standard fibre at 1550 nm (ITU-T G.652)."""

_LEAST_SPACING_M = 100.0
_EXAMPLES = {"length": "80km", "attenuation": "0.2dB/km"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportWishes:
    """How to make a network of a graph.

    Attributes:
        machines_at: names, labels or ids of the nodes that are machines, the others being
            repeaters; `None`: every node is a machine.
        device: of every machine, `ideal:N` or a catalogue's name as text; `None`: what the file
            says, else ideal.
        communication_qubits: of every machine; `None`: what the file says, else unlimited on an
            ideal device and two on another.
        repeater_every_m: longest piece of fibre between two nodes; longer links are split.
        transducer: of every machine, `NAME` or `key=value,...`; `None`: links without hardware.
        scheme: of the chains that a transducer makes.
        link: keys of an abstract link, for every link, as `make_network` takes them.
        detour: fibre length over air distance.
        default_length_m: of links whose length nobody tells.
        length_unit: of lengths that are bare numbers, `km` or `m`.
        loss_db_per_m: of the fibre.
        keep_largest: take the largest piece of a disconnected graph.
    """

    machines_at: tuple[str, ...] | None = None
    device: Device | str | None = None
    communication_qubits: int | Literal["unlimited"] | None = None
    repeater_every_m: Metres | None = None
    transducer: str | None = None
    scheme: Literal["single-click", "double-click"] = "double-click"
    link: str | None = None
    detour: Ratio = DETOUR_FACTOR
    default_length_m: Metres | None = None
    length_unit: Literal["km", "m"] | None = None
    loss_db_per_m: DecibelsPerMetre = FIBRE_LOSS_DB_PER_M
    keep_largest: bool = False

    def __post_init__(self) -> None:
        if not 1.0 <= self.detour <= 10.0:
            rule = "must be a factor between 1 (as the crow flies) and 10"
            raise SpecError(rule, value=self.detour, path="--detour")
        spacing_m = self.repeater_every_m
        if spacing_m is not None and not spacing_m >= _LEAST_SPACING_M:
            rule = f"must be {_LEAST_SPACING_M:g} m or more"
            raise SpecError(rule, value=f"{spacing_m:g} m", path="--repeater-every")
        if self.link is not None and self.transducer is not None:
            rule = "describes links without hardware: give it or --transducer"
            raise SpecError(rule, value=self.link, path="--link")
        if self.machines_at is not None and not any(name.strip() for name in self.machines_at):
            rule = "needs at least one node: names, labels or ids, with commas between them"
            raise SpecError(rule, value=",".join(self.machines_at), path="--machines-at")


def wished(text: str, kind: str, option: str) -> float:
    """The number that an option asks for, in SI.

    Args:
        text: a number and its unit.
        kind: a key of `BOUNDS`; a detour has none and is checked with the other wishes.
        option: what errors call it.

    Raises:
        SpecError: no number, one without a unit, or out of range.

    Example:
        >>> wished("80km", "length", "--repeater-every")
        80000.0
    """
    if kind == "detour":
        return _located(text, "number", option)
    try:
        float(text)
    except ValueError:
        return number(text, kind, path=option)
    rule = f"needs a unit, as every quantity of an import does: {_EXAMPLES[kind]}"
    raise SpecError(rule, value=text, path=option)


def _located(text: str, dimension: str, option: str) -> float:
    """`parse_quantity`, with the option's name in its error."""
    try:
        return parse_quantity(text, dimension)
    except SpecError as error:
        raise error.located(path=option) from error.__cause__
