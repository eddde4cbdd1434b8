"""A device as the text of a device file, which reads back as the same device."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import msgspec

from interlace.network.model import Device
from interlace.network.spec import DeviceSpec
from interlace.network.written import device_text

__all__ = ["dump_device", "to_device_document"]


def dump_device(device: Device, *, comments: Sequence[str] = ()) -> str:
    """YAML text that `load_device` reads back as the same device, number by number.

    Args:
        device: any device.
        comments: lines to put above it: where it comes from.

    Example:
        >>> print(dump_device(Device(name="small", qubits=2), comments=["a test"]), end="")
        # a test
        name: small
        qubits: 2
    """
    from ruamel.yaml import YAML

    text = io.StringIO()
    yaml = YAML()
    yaml.width = 100
    yaml.dump(_flowing(to_device_document(device)), text)
    return "".join(f"# {line}".rstrip() + "\n" for line in comments) + text.getvalue()


def to_device_document(device: Device) -> dict[str, Any]:
    """The device as plain data, ready for JSON; keys that hold a default are left out."""
    written = device_text(device)
    if isinstance(written, str):
        written = DeviceSpec(name=device.name, qubits=device.qubits)
    return msgspec.to_builtins(written)


def _flowing(value: Any) -> Any:  # noqa: ANN401 - plain data
    """The same with lists on lines of their own, and one exception of a gate a line."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq

    if isinstance(value, dict):
        return {
            key: CommentedSeq([_on_a_line(one, CommentedMap) for one in inner])
            if key == "at"
            else _flowing(inner)
            for key, inner in value.items()
        }
    return _on_a_line(value, CommentedSeq) if isinstance(value, list | tuple) else value


def _on_a_line(value: Any, kind: Any) -> Any:  # noqa: ANN401 - ruamel.yaml's containers
    line = kind(value)
    line.fa.set_flow_style()
    return line
