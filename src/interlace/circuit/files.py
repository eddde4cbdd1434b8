"""OpenQASM files in, checked circuits out. Bad files end as `SpecError` with file and line."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from interlace.arguments import path_text
from interlace.circuit.model import Circuit
from interlace.circuit.source import check_sizes, shown_line, version, without_comments
from interlace.errors import SpecError

__all__ = ["load_circuit", "parse_circuit"]

_HINT = "`interlace.from_qiskit` takes a Qiskit circuit"


def load_circuit(path: str | PathLike[str]) -> Circuit:
    """Read an OpenQASM 2 or 3 file.

    Args:
        path: the file; its name without suffix becomes the circuit's.

    Raises:
        SpecError: the file is missing, empty, not text, unparsable, or holds something that
            cannot be distributed; names file, line and rule. Or `path` is no path.
    """
    path = path_text("path", path, of="an OpenQASM file", hint=_HINT)
    if "OPENQASM" in path and ";" in path:
        rule = "is a program, not a path: `interlace.circuit.parse_circuit(text)` reads it"
        raise SpecError(rule, value=path, path="path")
    return parse_circuit(_text(path), file=path, name=Path(path).stem)


def parse_circuit(text: str, *, file: str | None = None, name: str | None = None) -> Circuit:
    """Read OpenQASM 2 or 3 from text.

    Gates that are not in `GATES` are expanded by their definitions; barriers are left out.

    Args:
        text: begins with `OPENQASM 2.0;` or `OPENQASM 3.0;` (comments may come before).
        file: where it came from, for messages and for `include` beside it.
        name: of the circuit; by default `circuit`.

    Raises:
        SpecError: names file, line, value and rule.

    Example:
        >>> ops = parse_circuit("OPENQASM 3.0; qubit[2] q; U(0, 0, 0) q[0]; reset q[1];").ops
        >>> [op.name for op in ops]
        ['u', 'reset']
    """
    try:
        return _parsed(text, file=file, name=name if name is not None else "circuit")
    except SpecError as error:
        raise error.located(file=file) from error


def _parsed(text: str, *, file: str | None, name: str) -> Circuit:
    from interlace.circuit import openqasm2, openqasm3

    if "\0" in text:
        line = 1 + text.count("\n", 0, text.index("\0"))
        raise SpecError("is a binary file: only OpenQASM text is read", line=line)
    if not text.strip():
        raise SpecError("is empty: needs an OpenQASM 2 or 3 program")
    bare = without_comments(text)
    if not bare.strip():
        raise SpecError("holds nothing but comments: needs an OpenQASM 2 or 3 program")
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
        content = Path(path).read_bytes()
    except FileNotFoundError as error:
        raise SpecError("does not exist: give the path of an OpenQASM file", file=path) from error
    except IsADirectoryError as error:
        raise SpecError("is a folder: give the path of an OpenQASM file", file=path) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot be read: {reason}", file=path) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + content.count(b"\n", 0, error.start)
        rule = "is not UTF-8 text: only OpenQASM is read"
        seen = content[error.start : error.start + 1]
        raise SpecError(rule, value=seen, file=path, line=line) from error
