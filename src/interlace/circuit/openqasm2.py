"""OpenQASM 2, parsed by Qiskit."""

from __future__ import annotations

import re

from interlace.circuit.convert import from_qiskit
from interlace.circuit.model import Circuit
from interlace.circuit.source import line_of, shown_line
from interlace.circuit.unroll import UnsupportedInstructionError
from interlace.errors import SpecError

__all__ = ["read"]

_PLACE = re.compile(r"(?P<file>.*?):(?P<line>\d+),\d+: (?P<rule>.*)", re.DOTALL)
_TEXT = "<input>"


def read(text: str, *, folder: str, name: str) -> Circuit:
    """The circuit of an OpenQASM 2 text without comments; `folder` is where `include` looks.

    Raises:
        SpecError: with the line, and the file if it is an included one.
    """
    from qiskit import qasm2

    try:
        qc = qasm2.loads(
            text,
            include_path=(folder,),
            custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS,
        )
    except qasm2.QASM2ParseError as error:
        raise _located(error.message, text) from error
    try:
        return from_qiskit(qc, name=name)
    except UnsupportedInstructionError as error:
        line = line_of(text, "if" if error.head == "if_else" else error.head)
        raise SpecError(
            error.rule,
            value=shown_line(text, line),
            line=line,
            path=error.path if line is None else None,
        ) from error


def _located(message: str, text: str) -> SpecError:
    match = _PLACE.fullmatch(message)
    if match is None:
        return SpecError(f"is no valid OpenQASM 2: {message}")
    line = int(match["line"])
    rule = f"is no valid OpenQASM 2: {match['rule']}"
    if "is not defined in this scope" in rule:
        rule += ": define it with `gate`, or include the file that does"
    if match["file"] != _TEXT:
        return SpecError(rule, file=match["file"], line=line)
    return SpecError(rule, value=shown_line(text, line), line=line)
