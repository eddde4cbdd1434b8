"""Devices by name: of the catalogue (`ibm-heron-r2`), or a snapshot (`ibm:fez`)."""

from __future__ import annotations

import re

from interlace.descriptions import did_you_mean
from interlace.errors import SpecError
from interlace.network.hardware import (
    catalogue_entry,
    catalogue_names,
    device_of,
    memory_device,
)
from interlace.network.model import Device
from interlace.network.snapshots import is_snapshot_name, snapshot

__all__ = ["is_device_name", "named_device", "nearest_device"]

_MOST = 1_000_000
_MANY = re.compile(r"(.+):([0-9]{1,7})")


def is_device_name(text: str) -> bool:
    """Whether the text names hardware of the catalogue or a snapshot, and so no file."""
    many = _MANY.fullmatch(text)
    names = catalogue_names()
    return is_snapshot_name(text) or text in names or (many is not None and many[1] in names)


def named_device(text: str, *, path: str, memories: int | None = None) -> Device:
    """The device of that name.

    Args:
        text: a name for which `is_device_name` holds.
        path: where it was written.
        memories: how many qubits a memory of the catalogue stands for, if `NAME:N` does not say.

    Raises:
        SpecError: hardware that is no device, a memory without a number, or a snapshot that cannot
            be used.
    """
    if is_snapshot_name(text):
        return snapshot(text, path=path).device
    many = _MANY.fullmatch(text)
    entry = catalogue_entry(text if many is None else many[1], path=path)
    count = memories if many is None else int(many[2])
    if entry.kind == "memory" and count is not None and 1 <= count <= _MOST:
        return memory_device(entry.name, count)
    if count is not None and entry.kind == "memory":
        rule = f"needs between 1 and {_MOST:,} of them: `{entry.name}:2`"
        raise SpecError(rule, value=text, path=path or None)
    if entry.kind == "memory":
        rule = f"is one memory: write how many, `{entry.name}:2`"
        raise SpecError(rule, value=text, path=path or None)
    if entry.kind != "device" or many is not None:
        what = entry.kind if many is None else "device with a number of qubits of its own"
        rule = f"is a {what}: needs a device"
        raise SpecError(rule, value=text, path=path or None)
    return device_of(entry.name)


def nearest_device(text: str) -> str:
    """What may have been meant, for a text that names nothing, as the end of a rule."""
    from interlace.network.hardware import catalogue

    many = _MANY.fullmatch(text)
    if many is not None and did_you_mean(many[1], ["ideal"]).startswith("did"):
        return f"; did you mean 'ideal:{many[2]}'?"
    devices = [entry.name for entry in catalogue() if entry.kind == "device"]
    guess, _, _ = did_you_mean(text, devices).partition("known:")
    return f"; {guess.strip()}" if guess else ""
