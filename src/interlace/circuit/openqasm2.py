"""OpenQASM 2, parsed by Qiskit."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from interlace.circuit.bytecode import read_bytecode
from interlace.circuit.convert import from_qiskit
from interlace.circuit.includes import Joined, joined
from interlace.circuit.model import Circuit
from interlace.circuit.reading import UnsupportedInstructionError
from interlace.circuit.source import first_failing, statements
from interlace.errors import SpecError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["read"]

_PLACE = re.compile(r"<input>:(\d+),\d+: (.*)", re.DOTALL)


def read(text: str, *, file: str | None, name: str, read_text: Callable[[str], str]) -> Circuit:
    """The circuit of an OpenQASM 2 text without comments.

    Args:
        text: the program.
        file: includes are looked for beside it.
        name: of the circuit.
        read_text: gives the text of an included file, or raises `SpecError`.

    Raises:
        SpecError: with the line, and the file if it is an included one.
    """
    from qiskit.qasm2 import QASM2ParseError

    source = joined(text, file=file, read_text=read_text)
    try:
        circuit = read_bytecode(source.text, name=name)
        return circuit if circuit is not None else from_qiskit(_loaded(source.text), name=name)
    except QASM2ParseError as error:
        raise _located(error.message, source) from error
    except UnsupportedInstructionError as error:
        line = _line_of_failure(source.text, instructions=error.instruction)
        raise source.error(error.rule, line) from error
    except IndexError as error:  # Qiskit's reader, on a few names that its parser lets pass
        line = _line_of_failure(source.text, instructions=None)
        rule = f"cannot be read by Qiskit ({error}): rename what is declared or used here"
        raise source.error(rule, line) from error


def _loaded(text: str) -> QuantumCircuit:
    from qiskit import qasm2

    return qasm2.loads(text, include_path=(), custom_instructions=qasm2.LEGACY_CUSTOM_INSTRUCTIONS)


def _line_of_failure(text: str, *, instructions: int | None) -> int:
    """The line of the statement that fails to load or makes more instructions than so many."""
    parts = statements(text)

    def fails(count: int) -> bool:
        try:
            qc = _loaded(text[: parts[count - 1][1]])
        except Exception:  # noqa: BLE001  (whatever it was that failed before)
            return True
        return instructions is not None and len(qc.data) > instructions

    guess = len(parts) // 2 if instructions is None else instructions
    start, _ = parts[first_failing(len(parts), fails, guess=guess) - 1]
    return 1 + text.count("\n", 0, start)


def _located(message: str, source: Joined) -> SpecError:
    match = _PLACE.fullmatch(message)
    if match is None:
        return SpecError(f"is no valid OpenQASM 2: {message}")
    rule = f"is no valid OpenQASM 2: {match[2]}"
    if "is not defined in this scope" in rule:
        rule += ": define it with `gate`, or include the file that does"
    if "custom instruction" in rule and "before definition" in rule:
        rule += ': add `include "qelib1.inc";` below the first line'
    return source.error(rule, int(match[1]))
