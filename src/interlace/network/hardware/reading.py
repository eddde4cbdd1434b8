"""One data file of the catalogue into an entry, every rule checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from interlace.descriptions import below, did_you_mean, read_marked, shaped
from interlace.errors import SpecError
from interlace.network.bounds import number
from interlace.network.devices import checked_device
from interlace.network.hardware.entry import (
    CERTAINTIES,
    KEYS,
    KINDS,
    CatalogueEntry,
    CatalogueSource,
    CatalogueValue,
    Figure,
)
from interlace.network.hardware.lattice import lattice_pairs
from interlace.network.model import Device
from interlace.network.spec import DeviceSpec

__all__ = ["device_from", "read_entry"]

_ADDRESS = re.compile(r"(arXiv:\d{4}\.\d{4,5}|doi:10\.\d{4,}/\S+|https://\S+)")


class SourceText(Struct, frozen=True, forbid_unknown_fields=True):
    """A source as written in a data file."""

    text: str
    address: str


class ValueText(Struct, frozen=True, forbid_unknown_fields=True):
    """A value as written in a data file."""

    value: Figure
    source: str
    certainty: str
    note: str | None = None


class EntryText(Struct, frozen=True, forbid_unknown_fields=True):
    """A data file: `values` are what a network file reads, `figures` are for people."""

    kind: str
    title: str
    sources: dict[str, SourceText]
    values: dict[str, ValueText]
    figures: dict[str, ValueText] = {}


def read_entry(text: str, *, name: str) -> CatalogueEntry:
    """An entry of the catalogue from the text of its data file.

    Args:
        text: YAML.
        name: of the entry.

    Raises:
        SpecError: a rule is broken: an unknown kind or key, a value without source or certainty, a
            source without an address or that nobody uses, an estimate without a note, a number out
            of range, a device that no network could use.
    """
    document = read_marked(text, file=f"{name}.yaml")
    try:
        return _checked(shaped(document.data, EntryText), name)
    except SpecError as error:
        raise document.locate(error) from error.__cause__


def _checked(written: EntryText, name: str) -> CatalogueEntry:
    if written.kind not in KINDS:
        rule = f"is no kind of hardware: {did_you_mean(written.kind, KINDS)}"
        raise SpecError(rule, value=written.kind, path="kind")
    sources = {key: _source(key, source) for key, source in written.sources.items()}
    entry = CatalogueEntry(
        kind=written.kind,
        name=name,
        title=written.title,
        values=(
            *(_value("values", key, value, sources) for key, value in written.values.items()),
            *(_value("figures", key, value, sources) for key, value in written.figures.items()),
        ),
    )
    _refuse_idle_sources(entry, sources)
    _refuse_bad_values(entry)
    return entry


def device_from(entry: CatalogueEntry) -> Device:
    """The device that an entry of that kind describes.

    Raises:
        SpecError: its values make no device.
    """
    document: dict[str, Any] = {}
    for value in entry.values:
        if value.is_used:
            *outer, last = value.path.split(".")
            place = document
            for key in outer:
                place = place.setdefault(key, {})
            place[last] = value.value
    coupling = document.get("coupling")
    if isinstance(coupling, str) and coupling != "all":
        document["coupling"] = lattice_pairs(coupling, path="values.coupling")
    return checked_device(shaped(document, DeviceSpec), name=entry.name)


def _source(key: str, written: SourceText) -> CatalogueSource:
    if _ADDRESS.fullmatch(written.address) is None:
        rule = "needs a public address: arXiv:NNNN.NNNNN, doi:10.NNNN/... or https://..."
        raise SpecError(rule, value=written.address, path=f"sources.{key}.address")
    return CatalogueSource(text=written.text, address=written.address)


def _value(
    section: str, key: str, written: ValueText, sources: Mapping[str, CatalogueSource]
) -> CatalogueValue:
    here = below(section, key)
    if written.certainty not in CERTAINTIES:
        rule = f"is no word of certainty: {did_you_mean(written.certainty, CERTAINTIES)}"
        raise SpecError(rule, value=written.certainty, path=below(here, "certainty"))
    if written.source not in sources:
        rule = f"names no source of this file: {did_you_mean(written.source, sources)}"
        raise SpecError(rule, value=written.source, path=below(here, "source"))
    if written.certainty == "estimated" and not written.note:
        rule = "an estimate needs a `note` that says from what"
        raise SpecError(rule, value=written.value, path=here)
    return CatalogueValue(
        path=key,
        value=written.value,
        source=sources[written.source],
        certainty=written.certainty,
        note=written.note,
        is_used=section == "values",
    )


def _refuse_idle_sources(entry: CatalogueEntry, sources: Mapping[str, CatalogueSource]) -> None:
    for key, source in sources.items():
        if source not in entry.sources:
            raise SpecError("is a source of no value", value=key, path=below("sources", key))


def _refuse_bad_values(entry: CatalogueEntry) -> None:
    if entry.kind == "device":
        device_from(entry)
        return
    known = KEYS[entry.kind]
    for value in entry.values:
        if not value.is_used:
            continue
        here = below("values", value.path)
        if value.path not in known:
            rule = f"a {entry.kind} has no such key: {did_you_mean(value.path, known)}"
            raise SpecError(rule, value=value.path, path=here)
        if known[value.path] != "flag":
            number(value.value, known[value.path], path=below(here, "value"))
        elif not isinstance(value.value, bool):
            raise SpecError("must be true or false", value=value.value, path=below(here, "value"))
