"""The catalogue as `interlace catalogue` prints it: calm tables, JSON, and device files."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

import msgspec

from interlace.cli.called import as_called, called
from interlace.network import (
    CERTAINTIES,
    CatalogueEntry,
    CatalogueValue,
    Device,
    GateProfile,
    Snapshot,
    catalogue,
    device_of,
    dump_device,
    provider_extras,
    snapshot_names,
)

__all__ = [
    "catalogue_json",
    "catalogue_table",
    "device_file",
    "entry_json",
    "entry_table",
    "snapshot_file",
    "snapshot_json",
    "snapshot_table",
]

_WIDTH = 100
_PLURALS = {
    "memory": "memories",
    "bsm": "Bell-measurement stations",
    "switch": "switches",
    "source": "pair sources",
    "cable": "microwave cables",
}
_NO_RESET = "  reset: nobody gives one: it takes as long as a readout, without error"
_SAY_MORE = "catalogue NAME shows every value with its source"


def catalogue_table() -> str:
    """Every entry, grouped by kind, and the snapshots that are there."""
    entries = catalogue()
    width = max(len(entry.name) for entry in entries)
    titles = max(len(entry.title) for entry in entries)
    lines: list[str] = []
    for kind in dict.fromkeys(entry.kind for entry in entries):
        lines += [*([""] if lines else []), _PLURALS.get(kind, f"{kind}s")]
        lines += [
            f"  {e.name.ljust(width)}  {e.title.ljust(titles)}  {_certainties(e)}".rstrip()
            for e in entries
            if e.kind == kind
        ]
    more = f"{called()} {_SAY_MORE}"
    return "\n".join([*lines, "", "snapshots of real devices", *_snapshot_lines(), "", more, ""])


def catalogue_json() -> bytes:
    """The same as a document."""
    document = {
        "entries": [_entry_document(entry) for entry in catalogue()],
        "snapshots": [
            {"provider": name, "extra": extra, "names": list(snapshot_names(name))}
            for name, extra, _ in provider_extras()
        ],
    }
    return _json(document)


def entry_table(entry: CatalogueEntry) -> str:
    """Every value of an entry with its unit, its certainty and its source."""
    sources = entry.sources
    rows = [
        [value.path, value.text, value.certainty, f"[{sources.index(value.source) + 1}]"]
        for value in entry.values
    ]
    used = [value.is_used for value in entry.values]
    notes = [value.note or "" for value in entry.values]
    lines = _aligned(rows)
    parts = [f"{entry.name}: {entry.title}", ""]
    parts += [
        _noted(line, note)
        for line, note, is_used in zip(lines, notes, used, strict=True)
        if is_used
    ]
    if not all(used):
        parts += ["", "not read by a network file"]
        parts += [
            _noted(line, note)
            for line, note, is_used in zip(lines, notes, used, strict=True)
            if not is_used
        ]
    if entry.kind == "device" and device_of(entry.name).gates and not _has_reset(entry.name):
        parts.append(_NO_RESET)
    parts += ["", *(f"[{i}] {s.text}, {s.address}" for i, s in enumerate(sources, start=1))]
    words = [word for word in CERTAINTIES if any(v.certainty == word for v in entry.values)]
    parts += ["", *(f"{word}: {CERTAINTIES[word]}" for word in words), ""]
    return "\n".join(parts)


def _has_reset(device: str) -> bool:
    return any(gate.name == "reset" for gate in device_of(device).gates)


def entry_json(entry: CatalogueEntry) -> bytes:
    """The same as a document."""
    return _json(_entry_document(entry))


def device_file(entry: CatalogueEntry) -> str:
    """A device of the catalogue as a device file; empty for other hardware."""
    if entry.kind != "device":
        return ""
    sources = entry.sources
    comments = [
        f"{entry.title}: `{entry.name}` of interlace's catalogue",
        *(f"[{i}] {source.text}, {source.address}" for i, source in enumerate(sources, start=1)),
        *(
            f"{value.path} [{sources.index(value.source) + 1}]: {value.certainty}"
            + (f", {value.note}" if value.note else "")
            for value in entry.values
            if value.is_used
        ),
    ]
    return dump_device(device_of(entry.name), comments=comments)


def snapshot_table(found: Snapshot) -> str:
    """What a snapshot is, its medians, and what the rule for outliers did."""
    device = found.device
    rows = [["qubits", str(device.qubits)], ["coupling", _coupling(device)]]
    rows += [[gate.name, _gate(gate)] for gate in device.gates]
    if all(gate.name != "reset" for gate in device.gates):
        rows.append(["reset", "none given: as long as a readout, without error"])
    rows += [["t1", _lifetime(device.t1_s)], ["t2", _lifetime(device.t2_s)]]
    if device.readout is not None:
        errors = f"{median(device.readout.error_0):.3g} and {median(device.readout.error_1):.3g}"
        rows.append(["readout", f"{_time(device.readout.time_s)}, error {errors} (of 0 and of 1)"])
    head = f"{found.name}: {found.origin}" + (
        f", calibration of {found.date}" if found.date else ""
    )
    notes = [f"- {note}" for note in found.notes] or ["- nothing"]
    parts = [head, "", *_aligned(rows), "medians over the qubits or couplers", ""]
    return "\n".join([*parts, "outliers, by the rule in docs/catalogue.md:", *notes, ""])


def snapshot_json(found: Snapshot) -> bytes:
    """The same as a document, with every figure of the device."""
    from interlace.network import to_device_document

    return _json(
        {
            "name": found.name,
            "origin": found.origin,
            "date": found.date,
            "notes": list(found.notes),
            "device": to_device_document(found.device),
        }
    )


def snapshot_file(found: Snapshot) -> str:
    """A snapshot as a device file, with what it is and what was mended above it."""
    comments = [
        f"{found.name}, a snapshot of a real device",
        f"from {found.origin}",
        f"calibration of {found.date or 'an unknown date'}",
        *(f"mended: {note}" for note in found.notes),
    ]
    return dump_device(found.device, comments=comments)


def _entry_document(entry: CatalogueEntry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "kind": entry.kind,
        "title": entry.title,
        "values": [_value_document(value) for value in entry.values],
    }


def _value_document(value: CatalogueValue) -> dict[str, Any]:
    return {
        "path": value.path,
        "value": value.value,
        "text": value.text,
        "certainty": value.certainty,
        "source": {"text": value.source.text, "address": value.source.address},
        "note": value.note,
        "is_used": value.is_used,
    }


def _json(document: object) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _certainties(entry: CatalogueEntry) -> str:
    counts = Counter(value.certainty for value in entry.values if value.is_used)
    return ", ".join(f"{counts[word]} {word}" for word in CERTAINTIES if counts[word])


def _snapshot_lines() -> list[str]:
    lines: list[str] = []
    for provider, extra, is_there in provider_extras():
        if not is_there:
            advice = as_called(f"`python -m pip install 'interlace[{extra}]'` brings them")
            lines.append(f"  {provider}: not installed: {advice}")
            continue
        names = ", ".join(snapshot_names(provider))
        lines += textwrap.wrap(
            names, _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
    return lines


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _noted(line: str, note: str) -> str:
    return f"{line}  {note}".rstrip()


def _coupling(device: Device) -> str:
    return "all to all" if device.coupling is None else f"{len(device.coupling)} pairs"


def _gate(gate: GateProfile) -> str:
    return f"{_time(gate.time_s)}, error {gate.error:.3g}"


def _lifetime(times_s: tuple[float | None, ...]) -> str:
    known = [time for time in times_s if time is not None]
    return _time(median(known)) if known else "never"


def _time(seconds: float) -> str:
    for factor, symbol in ((1.0, "s"), (1e-3, "ms"), (1e-6, "us"), (1e-9, "ns")):
        if seconds >= 0.9995 * factor:
            return f"{seconds / factor:.4g} {symbol}"
    return "0 s" if seconds == 0 else f"{seconds:.3g} s"
