"""A file of another kind than the one that is needed: what it is, and what to do with it."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Literal

from interlace.errors import SpecError

__all__ = ["Needed", "needing"]

Needed = Literal["circuit", "program", "network", "device", "graph", "assignment"]

_MOST_BYTES = 2**26
_NEEDED: Mapping[Needed, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "circuit": ("a circuit", ("circuit",)),
        "program": ("a circuit or a plan", ("circuit", "plan")),
        "network": ("a network file", ("network",)),
        "device": ("a device file", ("device",)),
        "graph": ("a graph (GraphML or node-link JSON)", ("graph",)),
        "assignment": ("an assignment {machine: [qubit, ...]}", ()),
    }
)
"""What a command may need: in words, and the kinds of file that it is."""

_KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "circuit": ("a circuit", "`interlace run CIRCUIT --network NET` runs it"),
        "plan": ("a plan", "`interlace run PLAN` carries it out, and a plan has its network in it"),
        "report": ("the report of a run", "give the circuit or the plan that was run"),
        "network": ("a network file", "it goes behind --network"),
        "shown": ("what `interlace network show --json` wrote", "give the network file itself"),
        "device": ("a device file", "`interlace network new SHAPE N --device FILE` takes it"),
        "graph": ("a graph", "`interlace network import FILE -o NET` makes a network of it"),
        "page": ("an HTML page", "give the file itself, not the page that shows it"),
    }
)
"""A kind of file: in words, and what to do with one."""

_HERE: Mapping[tuple[str, Needed], str] = MappingProxyType(
    {
        ("network", "device"): "a device file has `qubits` at its top level",
        ("network", "graph"): "it needs no import",
    }
)
"""What to do instead where that is another thing."""

_BY_KEYS = (
    ({"interlace_plan"}, "plan"),
    ({"circuit", "backend", "shots"}, "report"),
    ({"content_id", "network", "nodes"}, "shown"),
    ({"machines"}, "network"),
    ({"kmes"}, "network"),
    ({"nodes", "links"}, "graph"),
    ({"nodes", "edges"}, "graph"),
    ({"qubits"}, "device"),
    ({"interlace"}, "network"),
)
"""Keys at the top level that say what a document is; the first row that fits."""

_ENDINGS = (".qasm", ".stim", ".qpy")
_QASM = re.compile(rb"^\s*OPENQASM\s", re.MULTILINE)
_PAGE = re.compile(rb"(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html[\s>])", re.IGNORECASE | re.DOTALL)
_KEY = re.compile(rb"^([a-z_]+)\s*:", re.MULTILINE)


@contextmanager
def needing(needed: Needed, file: str, content: bytes | None = None) -> Generator[None]:
    """Say of a file of another kind what it is, instead of what is wrong with it.

    Args:
        needed: what the file is read as, inside.
        file: what errors call it; its path, unless `content` is given.
        content: what it holds, where that can be read only once.

    Raises:
        SpecError: the one that was raised inside, or a clearer one.
    """
    try:
        yield
    except SpecError as error:
        if error.file != file:
            raise
        kind = _kind(_content(file) if content is None else content, file)
        words, wanted = _NEEDED[needed]
        if kind is None or kind in wanted:
            raise
        noun, advice = _KINDS[kind]
        rule = f"is {noun}, and {words} is needed here: {_HERE.get((kind, needed), advice)}"
        raise SpecError(rule, file=file) from error


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MOST_BYTES)
    except (OSError, ValueError):
        return b""


def _kind(content: bytes, file: str) -> str | None:
    """What the file is; `None`: nothing that is known here."""
    if not content:
        return None
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"QISKIT") or _QASM.search(start):
        return "circuit"
    if b"<graphml" in start[:4096]:
        return "graph"
    if _PAGE.match(start):
        return "page"
    keys = _keys(start)
    known = (kind for needed, kind in _BY_KEYS if needed <= keys)
    return next(known, "circuit" if file.lower().endswith(_ENDINGS) else None)


def _keys(content: bytes) -> set[str]:
    """The keys at the top level of JSON or YAML, which need not be valid throughout."""
    import msgspec

    if content.startswith(b"{"):
        try:
            return set(msgspec.json.decode(content, type=dict[str, msgspec.Raw]))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return {"interlace_plan"} if b'"interlace_plan"' in content[:200] else set()
    return {key.decode() for key in _KEY.findall(content)}
