"""What an entry of the catalogue is: values, each with a source and a certainty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from interlace.network.quantities import Quantity

__all__ = [
    "CERTAINTIES",
    "KEYS",
    "KINDS",
    "CatalogueEntry",
    "CatalogueSource",
    "CatalogueValue",
    "Figure",
]

CERTAINTIES: Mapping[str, str] = MappingProxyType(
    {
        "measured": "of a real device, by those who built or calibrated it, and read in their text",
        "published": "stated by its maker or author as a specification, a bound or a record",
        "quoted": "read in a text that cites another one, which was not read",
        "generic": "typical of the kind; belongs to no particular device",
        "estimated": "not published: derived or assumed here; the note says from what",
    }
)
"""Each word of certainty and what it means, the surest first."""

_INTERFACE = {
    "efficiency": "positive share",
    "bandwidth": "bandwidth",
    "added_noise": "added noise",
    "duty_cycle": "positive share",
}

KEYS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "device": {},
        "transducer": _INTERFACE,
        "memory": _INTERFACE | {"t1": "lifetime", "t2": "lifetime"},
        "fibre": {"loss": "attenuation", "insertion_loss": "loss"},
        "bsm": {
            "efficiency": "positive share",
            "dark_counts": "dark counts",
            "visibility": "share",
            "number_resolving": "flag",
        },
        "detector": {
            "efficiency": "positive share",
            "dark_counts": "dark counts",
            "number_resolving": "flag",
        },
        "switch": {"insertion_loss": "loss", "fidelity_loss": "fidelity loss"},
        "source": {
            "mean_pairs": "mean pairs",
            "pair_probability": "positive share",
            "rate": "rate",
            "fidelity": "Werner fidelity",
            "efficiency": "positive share",
        },
        "cable": {
            "length": "length",
            "loss": "attenuation",
            "insertion_loss": "loss",
            "thermal_photons": "added noise",
            "efficiency": "positive share",
            "bandwidth": "bandwidth",
            "duty_cycle": "positive share",
        },
    }
)
"""Kind to the keys that its values may have, each with its range (a key of `bounds.BOUNDS`).

A device's keys are those of a device file, joined by dots: `gates.cz.error`.
"""

KINDS = tuple(KEYS)
"""Kinds of hardware, in the order in which they are listed."""

Figure = Quantity | bool | list[tuple[int, int]]
"""What was written: a number, text made of a number and a unit, a flag, a lattice, or pairs."""

_UNITS = {"added_noise": "quanta", "thermal_photons": "photons"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueSource:
    """Where a value was read: a text, and a public address (arXiv, doi or https)."""

    text: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueValue:
    """One value of an entry.

    Attributes:
        path: key in a description, below the element or device: `gates.cz.error`.
        value: as written; a bare number is in SI units.
        certainty: a key of `CERTAINTIES`.
        note: conditions, or from what an estimate comes.
        is_used: whether a network file reads it; else it is for people.
    """

    path: str
    value: Figure
    source: CatalogueSource
    certainty: str
    note: str | None = None
    is_used: bool = True

    @property
    def text(self) -> str:
        """The value with its unit, as people read it."""
        if isinstance(self.value, list):
            return f"{len(self.value)} pairs"
        if isinstance(self.value, bool):
            return "yes" if self.value else "no"
        unit = _UNITS.get(self.path, "") if not isinstance(self.value, str) else ""
        return f"{self.value} {unit}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueEntry:
    """Published hardware.

    Attributes:
        kind: one of `KINDS`.
        name: what a network file calls it.
        title: what it is, in one line.
        values: in the order of the data file; what a network file reads comes first.
    """

    kind: str
    name: str
    title: str
    values: tuple[CatalogueValue, ...]

    @property
    def sources(self) -> tuple[CatalogueSource, ...]:
        """Every source once, in the order of use."""
        return tuple(dict.fromkeys(value.source for value in self.values))
