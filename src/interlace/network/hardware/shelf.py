"""The catalogue that comes with interlace, by name."""

from __future__ import annotations

from functools import cache

from interlace.descriptions import did_you_mean
from interlace.errors import SpecError
from interlace.network.hardware.entry import KINDS, CatalogueEntry, Figure
from interlace.network.hardware.files import entry_files, entry_text
from interlace.network.hardware.reading import device_from, read_entry
from interlace.network.model import Device

__all__ = [
    "catalogue",
    "catalogue_entry",
    "catalogue_names",
    "device_of",
    "hardware_values",
    "memory_device",
]


def catalogue() -> tuple[CatalogueEntry, ...]:
    """Every entry of the catalogue, by kind and then by name.

    Example:
        >>> sorted({entry.kind for entry in catalogue()})[:3]
        ['bsm', 'cable', 'detector']
    """
    entries = [_entry(name) for name in entry_files()]
    return tuple(sorted(entries, key=lambda entry: (KINDS.index(entry.kind), entry.name)))


def catalogue_names() -> tuple[str, ...]:
    """The names of all entries, sorted; no data file is opened."""
    return entry_files()


def catalogue_entry(name: str, *, kind: str | None = None, path: str = "") -> CatalogueEntry:
    """The entry of that name.

    Args:
        name: of an entry.
        kind: refuse an entry of another kind.
        path: where the name was written.

    Raises:
        SpecError: no such entry, or one of another kind; names the nearest.

    Example:
        >>> catalogue_entry("ista-bulk-eo").values[0].text
        '8.7 %'
    """
    if name not in entry_files():
        known = [e.name for e in catalogue() if kind is None or e.kind == kind]
        what = "hardware" if kind is None else kind
        rule = f"is no {what} of the catalogue: {did_you_mean(name, known)}"
        raise SpecError(rule, value=name, path=path or None)
    entry = _entry(name)
    if kind is not None and entry.kind != kind:
        known = [e.name for e in catalogue() if e.kind == kind]
        rule = f"is a {entry.kind}, needs a {kind}: {did_you_mean(name, known)}"
        raise SpecError(rule, value=name, path=path or None)
    return entry


def device_of(name: str) -> Device:
    """The device of that name.

    Raises:
        SpecError: no such device.

    Example:
        >>> device_of("ibm-heron-r3").qubits
        156
    """
    return _device(catalogue_entry(name, kind="device").name)


def memory_device(name: str, qubits: int) -> Device:
    """That many memories of one kind, as a repeater's device: their lifetimes, perfect gates.

    Raises:
        SpecError: no such memory.

    Example:
        >>> memory_device("ca40-ion", 2).t2_s
        (0.55, 0.55)
    """
    from interlace.network.bounds import number

    values = dict(hardware_values(catalogue_entry(name, kind="memory")))
    lifetimes = [
        () if key not in values else (number(values[key], "lifetime", path=key),) * qubits
        for key in ("t1", "t2")
    ]
    return Device(name=f"{name}:{qubits}", qubits=qubits, t1_s=lifetimes[0], t2_s=lifetimes[1])


def hardware_values(entry: CatalogueEntry) -> tuple[tuple[str, Figure], ...]:
    """What a network file reads of an entry, as (key, value)."""
    return tuple((value.path, value.value) for value in entry.values if value.is_used)


@cache
def _entry(name: str) -> CatalogueEntry:
    return read_entry(entry_text(name), name=name)


@cache
def _device(name: str) -> Device:
    return device_from(_entry(name))
