"""Circuit files in, checked circuits out. Bad files end as `SpecError` with file and line.

What a file holds is told by its content: QPY by its first bytes, OpenQASM by
its first statement, stim by its first instruction. Only where that says
nothing does the ending count.
"""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from interlace.arguments import path_text
from interlace.circuit.model import Circuit
from interlace.circuit.source import check_sizes, shown_line, version, without_comments
from interlace.errors import SpecError

__all__ = ["load_circuit", "parse_circuit"]

_HINT = "`interlace.from_qiskit` takes a Qiskit circuit"
_KINDS = "OpenQASM 2 or 3, stim, or QPY"
_QPY_ENDING = ".qpy"
_STIM_ENDING = ".stim"


def load_circuit(path: str | PathLike[str]) -> Circuit:
    """Read a circuit file: OpenQASM 2 or 3, stim, or QPY of version 13 or later.

    Args:
        path: the file; its name without suffix becomes the circuit's.

    Raises:
        SpecError: the file is missing, empty, of another kind, unparsable, or holds something
            that cannot be distributed; names file, line or instruction, and rule. Or `path` is no
            path.
    """
    path = path_text("path", path, of="a circuit file", hint=_HINT)
    if "OPENQASM" in path and ";" in path:
        rule = "is a program, not a path: `interlace.circuit.parse_circuit(text)` reads it"
        raise SpecError(rule, value=path, path="path")
    return parse_circuit(_content(path), file=path, name=Path(path).stem)


def parse_circuit(
    text: str | bytes, *, file: str | None = None, name: str | None = None
) -> Circuit:
    """Read a circuit from what a file holds: OpenQASM 2 or 3, stim, or QPY.

    Gates that are not in `GATES` are expanded by their definitions. Barriers are left out and
    counted, stim's annotations are left out.

    Args:
        text: OpenQASM begins with `OPENQASM 2.0;` or `OPENQASM 3.0;` (comments may come before),
            stim with an instruction, QPY (as bytes) with `QISKIT`.
        file: where it came from, for messages, and for `include` beside it.
        name: of the circuit; by default `circuit`.

    Raises:
        SpecError: names file, line, value and rule.

    Example:
        >>> ops = parse_circuit("OPENQASM 3.0; qubit[2] q; U(0, 0, 0) q[0]; reset q[1];").ops
        >>> [op.name for op in ops]
        ['u', 'reset']
        >>> [op.operands for op in parse_circuit("CX 0 1 2 3").ops]
        [(0, 1), (2, 3)]
    """
    try:
        return _parsed(text, file=file, name=name if name is not None else "circuit")
    except SpecError as error:
        raise error.located(file=file) from error


def _parsed(content: str | bytes, *, file: str | None, name: str) -> Circuit:
    from interlace.circuit import qpy_reader, stim_reader

    ending = Path(file).suffix.lower() if file is not None else ""
    if isinstance(content, bytes):
        if content.startswith(qpy_reader.MAGIC):
            return qpy_reader.read(content, name=name)
        content = _decoded(content)
    if "\0" in content:
        line = 1 + content.count("\n", 0, content.index("\0"))
        raise SpecError(f"is a binary file: needs {_KINDS}", line=line)
    if not content.strip():
        raise SpecError(f"is empty: needs a circuit in {_KINDS}")
    bare = without_comments(content)
    if not bare.lstrip().startswith("OPENQASM"):
        if ending == _STIM_ENDING or stim_reader.looks_like_stim(content):
            return stim_reader.read(content, name=name)
        if ending == _QPY_ENDING:
            raise SpecError("is no QPY file: it does not begin with `QISKIT`")
    return _parsed_openqasm(bare, file=file, name=name)


def _parsed_openqasm(bare: str, *, file: str | None, name: str) -> Circuit:
    from interlace.circuit import openqasm2, openqasm3

    if not bare.strip():
        raise SpecError(f"holds nothing but comments: needs a circuit in {_KINDS}")
    written = version(bare)
    check_sizes(bare)
    if written in ("2", "2.0"):
        return openqasm2.read(bare, file=file, name=name, read_text=_text)
    if written in ("3", "3.0", "3.1"):
        return openqasm3.read(bare, name=name)
    line = 1 + bare.count("\n", 0, bare.index("OPENQASM"))
    rule = "unsupported version of OpenQASM: needs 2.0 or 3.0"
    raise SpecError(rule, value=shown_line(bare, line), line=line)


def _text(path: str) -> str:
    try:
        return _decoded(_content(path))
    except SpecError as error:
        raise error.located(file=path) from error


def _content(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except FileNotFoundError as error:
        raise SpecError("does not exist: give the path of a circuit file", file=path) from error
    except IsADirectoryError as error:
        raise SpecError("is a folder: give the path of a circuit file", file=path) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot be read: {reason}", file=path) from error


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        rule = f"is not UTF-8 text, nor QPY: needs {_KINDS}"
        seen = content[error.start : error.start + 1]
        raise SpecError(rule, value=seen, line=line) from error
