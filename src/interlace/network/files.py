"""Network and device files: read, checked, and every error with file, line and path.

The one place of this stage that touches the disk.
"""

from __future__ import annotations

import os
import re
from os import PathLike
from pathlib import Path

from interlace.arguments import path_text, wrong
from interlace.descriptions import MarkedDocument, read_marked, shaped
from interlace.errors import SpecError
from interlace.network.check import checked
from interlace.network.devices import checked_device, ideal_device
from interlace.network.model import Device, Network
from interlace.network.named import is_device_name, named_device, nearest_device
from interlace.network.spec import DeviceSpec, NetworkSpec
from interlace.network.written import demand_version

__all__ = ["load_device", "load_network", "locate_in_network", "parse_network"]

_DEVICE = (
    "must be `ideal:N` (N perfect qubits), a device of the catalogue, a snapshot (`ibm:fez`) or a "
    "device file"
)
_ELSEWHERE = (
    "leads elsewhere: a network file reads device files in its own folder or below, so copy it "
    "there, and give a path without `..` that is not absolute"
)
_DEVICE_KEYS = ("qubits", "coupling", "gates", "t1", "t2", "readout")
"""A file that has none of them is no device file, and its content nobody's business."""

_QUOTED = re.compile(r"""(['"]).{2,}\1""")
_MAX_BYTES = 64 * 2**20


def load_network(path: str | PathLike[str]) -> Network:
    """Read and check a network file.

    Args:
        path: a YAML file; device files that it names are looked for in its folder and below.

    Raises:
        SpecError: the file cannot be read or breaks a rule: file, line, path, value and rule. Or
            `path` is no path.
    """
    path = path_text("path", path, of="a network file")
    return parse_network(_text(path), file=path, folder=str(Path(path).parent))


def parse_network(text: str, *, file: str | None = None, folder: str | None = None) -> Network:
    """Read and check the text of a network file.

    Args:
        text: YAML.
        file: what errors call it.
        folder: where device files are looked for, there and below, nowhere else; `None`: none may
            be named, nothing is read.

    Raises:
        SpecError: the text breaks a rule: file, line, path, value and rule.

    Example:
        >>> parse_network("{interlace: 1, machines: {m: {device: 'ideal:3'}}}").machines[0].name
        'm'
    """
    document = read_marked(text, file=file)
    try:
        demand_version(document.data)
        spec = shaped(document.data, NetworkSpec)
        return checked(spec, devices=_device_files(spec, folder))
    except SpecError as error:
        raise _located(error, document) from error.__cause__


def locate_in_network(error: SpecError, *, file: str, text: str | None = None) -> SpecError:
    r"""The same error with the line at which its path stands in a network file that was read.

    For what is found wrong later, as a link that lies outside its model.

    Args:
        error: with a path, `links.a--b.chain`.
        file: the path of the file, or what errors call the text.
        text: of the file; `None`: it is read again.

    Raises:
        SpecError: the file cannot be read any more.

    Example:
        >>> text = "interlace: 1\nmachines:\n  a: {device: 'ideal:3'}"
        >>> locate_in_network(SpecError("-", path="machines.a"), file="net.yaml", text=text).line
        3
    """
    return _located(error, read_marked(_text(file) if text is None else text, file=file))


def load_device(text: str) -> Device:
    """The device that an option names: `ideal:N`, of the catalogue, a snapshot, or a file.

    Raises:
        SpecError: none of them, or the file breaks a rule.

    Example:
        >>> load_device("ideal:24").qubits
        24
    """
    if not isinstance(text, str) or not text.strip():
        raise wrong("device", _DEVICE, text)
    if _looks_ideal(text):
        return ideal_device(text)
    if is_device_name(text):
        return named_device(text, path="")
    try:
        return _load_device(text, name=Path(text).stem)
    except SpecError as error:
        if error.file == text and error.line is None and not os.path.exists(text):
            rule = f"{_DEVICE}: there is no such file{nearest_device(text)}"
            raise SpecError(rule, value=text) from error
        raise


def _device_files(spec: NetworkSpec, folder: str | None) -> dict[str, Device]:
    """The devices of the files that machines and repeaters name, each read once."""
    devices: dict[str, Device] = {}
    for section, nodes in (("machines", spec.machines), ("repeaters", spec.repeaters)):
        for name, node in nodes.items():
            written = node.device
            if not isinstance(written, str) or written in devices or _looks_ideal(written):
                continue
            if is_device_name(written):
                continue
            here = f"{section}.{name}.device"
            if not written.strip():
                raise SpecError(_DEVICE, value=written, path=here)
            if folder is None:
                rule = "must be `ideal:N` or the device itself: no device file can be read here"
                raise SpecError(rule, value=written, path=here)
            if _leads_out(written):
                raise SpecError(_ELSEWHERE, value=written, path=here)
            file = Path(folder, written)
            if not os.path.exists(file):
                rule = f"{_DEVICE}: there is no file {str(file)!r}{nearest_device(written)}"
                raise SpecError(rule, value=written, path=here)
            devices[written] = _load_device(str(file), name=file.stem)
    return devices


def _looks_ideal(text: str) -> bool:
    return text == "ideal" or text.startswith("ideal:")


def _leads_out(path: str) -> bool:
    """Whether the path is absolute or climbs, on any system."""
    parts = re.split(r"[/\\]", path)
    return parts[0] in ("", "~") or ".." in parts or re.match("[A-Za-z]:", path) is not None


def _load_device(path: str, *, name: str) -> Device:
    """The device of a file.

    A network file of a stranger may name any file, so an error quotes one only once it has turned
    out to describe a device.
    """
    document = _device_document(path)
    try:
        spec = shaped(_without_version(document.data), DeviceSpec)
        return checked_device(spec, name=name)
    except SpecError as error:
        raise _located(error, document) from error.__cause__


def _device_document(path: str) -> MarkedDocument:
    """What a device file holds.

    Raises:
        SpecError: it cannot be read, is no YAML, or describes no device; quotes nothing of it.
    """
    try:
        document = read_marked(_text(path), file=path)
    except SpecError as error:
        rule = _QUOTED.sub("...", error.rule)
        raise SpecError(rule, file=path, line=error.line) from None
    if not isinstance(document.data, dict) or not any(key in document.data for key in _DEVICE_KEYS):
        rule = f"is no device file: has none of the keys {', '.join(_DEVICE_KEYS)}"
        raise SpecError(rule, file=path)
    return document


def _without_version(data: object) -> object:
    """A device file may name the version of the description, and need not."""
    if not isinstance(data, dict) or "interlace" not in data:
        return data
    demand_version(data)
    return {key: value for key, value in data.items() if key != "interlace"}


def _located(error: SpecError, document: MarkedDocument) -> SpecError:
    """An error of another file keeps its own place."""
    return error if error.file is not None else document.locate(error)


def _text(path: str) -> str:
    """The text of a file.

    Raises:
        SpecError: missing, a folder, not readable, binary, or too long to be a description.
    """
    try:
        if Path(path).is_dir():
            raise SpecError("is a folder: needs a file", file=path)
        with open(path, "rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("there is no such file", file=path) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SpecError(f"cannot be read: {reason}", file=path) from error
    if len(content) > _MAX_BYTES:
        rule = f"is longer than {_MAX_BYTES >> 20} MiB: no description is"
        raise SpecError(rule, file=path)
    if b"\0" in content:
        raise SpecError("is a binary file: needs YAML text in UTF-8", file=path)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        rule = "is not text: needs YAML in UTF-8"
        seen = f"byte 0x{content[error.start]:02x}"
        raise SpecError(rule, value=seen, file=path, line=line) from error
