"""OpenQASM 3, parsed and converted by the reference parser and Qiskit's importer.

Between the two, the syntax tree is searched for what cannot be distributed: it
knows the lines, which Qiskit's circuit does not, and the names of single bits.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from interlace.circuit.bombs import refuse_bombs
from interlace.circuit.convert import from_named_bits
from interlace.circuit.model import Circuit
from interlace.circuit.ops import Register
from interlace.circuit.parameters import settle_parameters
from interlace.circuit.reading import UnsupportedInstructionError
from interlace.circuit.source import first_failing, shown_line
from interlace.errors import SpecError

if TYPE_CHECKING:
    from openqasm3 import ast
    from qiskit import QuantumCircuit

__all__ = ["read"]

_PARSER_PLACE = re.compile(r"L(\d+):C\d+: (.*)", re.DOTALL)
_IMPORTER_PLACE = re.compile(r"(\d+),\d+: (.*)", re.DOTALL)
_UNKNOWN_GATE = re.compile(r"gate '(\w+)' is not defined")
_STANDARD_NAMES = """
p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu CX phase cphase
id u1 u2 u3
"""
_STDGATES = frozenset(_STANDARD_NAMES.split())
"""What `include "stdgates.inc"` brings."""

_UNROLL = "unroll it, or measure at the end and decide afterwards"
_REMOVE = "the plan sets the times, so remove it"
_BEFOREHAND = "compute it beforehand and write the value"
_CANNOT = {
    "BranchingStatement": ("control flow (`if`)", _UNROLL),
    "WhileLoop": ("control flow (`while`)", _UNROLL),
    "ForInLoop": ("control flow (`for`)", _UNROLL),
    "SwitchStatement": ("control flow (`switch`)", _UNROLL),
    "BreakStatement": ("control flow (`break`)", _UNROLL),
    "ContinueStatement": ("control flow (`continue`)", _UNROLL),
    "EndStatement": ("control flow (`end`)", "remove it and what follows"),
    "CompoundStatement": ("a block of its own (`{ ... }`)", "remove its braces"),
    "Box": ("timing (`box`)", _REMOVE),
    "DelayInstruction": ("timing (`delay`)", _REMOVE),
    "CalibrationDefinition": ("pulses (`defcal`)", "use gates"),
    "CalibrationStatement": ("pulses (`cal`)", "use gates"),
    "CalibrationGrammarDeclaration": ("pulses (`defcalgrammar`)", "remove it"),
    "Pragma": ("`pragma`", "its meaning is unknown here, so remove it"),
    "SubroutineDefinition": ("a subroutine (`def`)", "write a `gate`, or write its body in place"),
    "ExternDeclaration": ("a classical function (`extern`)", _BEFOREHAND),
    "ReturnStatement": ("control flow (`return`)", _UNROLL),
    "ClassicalAssignment": ("classical computation (assignment)", _BEFOREHAND),
    "ConstantDeclaration": ("a classical constant (`const`)", "write its value in place"),
    "ExpressionStatement": ("a classical expression", _BEFOREHAND),
}


def read(text: str, *, name: str) -> Circuit:
    """The circuit of an OpenQASM 3 text without comments.

    Raises:
        SpecError: with the line.
    """
    program = _parsed(text)
    try:
        for statement in program.statements:
            _refuse(statement)
        refuse_bombs(program)
        settle_parameters(program)
        qc = _converted(program)
        return from_named_bits(
            qc,
            name=name,
            qubit_registers=_registers(program, "QubitDeclaration", qc.qubits, qc),
            clbit_registers=_registers(program, "ClassicalDeclaration", qc.clbits, qc),
        )
    except UnsupportedInstructionError as error:
        line = _first_bad_line(program, instructions=error.instruction)
        raise SpecError(error.rule, value=shown_line(text, line), line=line) from error
    except SpecError as error:
        value = shown_line(text, error.line)
        raise SpecError(error.rule, value=value, line=error.line) from error


def _parsed(text: str) -> ast.Program:
    from openqasm3 import parse
    from openqasm3.parser import QASM3ParsingError

    try:
        with contextlib.redirect_stderr(io.StringIO()):  # the parser prints what it also raises
            return parse(text)
    except QASM3ParsingError as error:
        line, reason = _parser_place(error)
        rule = f"is no valid OpenQASM 3: {reason}"
        raise SpecError(rule, value=shown_line(text, line), line=line) from error
    except RecursionError as error:
        raise SpecError("is nested too deeply to be parsed: flatten it") from error


def _parser_place(error: Exception) -> tuple[int | None, str]:
    match = _PARSER_PLACE.fullmatch(str(error))
    if match is not None:
        return int(match[1]), match[2]
    cause: Any = error.__cause__
    while cause is not None:
        inner = cause.args[0] if cause.args and isinstance(cause.args[0], Exception) else cause
        token = getattr(inner, "offendingToken", None)
        if token is not None:
            seen = "the end of the file" if token.text == "<EOF>" else repr(token.text)
            return token.line, f"{seen} is not expected here"
        cause = cause.__cause__ or cause.__context__
    return None, str(error) or "it cannot be parsed"


def _refuse(node: ast.Statement | ast.Pragma) -> None:
    """Name what cannot be distributed, with its line."""
    statement: Any = node
    kind = type(node).__name__
    what, advice = _CANNOT.get(kind, (None, ""))
    if kind == "IODeclaration":
        word, label = statement.io_identifier.name, statement.identifier.name
        what = f"the {word} parameter '{label}'"
        advice = "write its value in place" if word == "input" else "declare it without `output`"
    elif kind == "ClassicalDeclaration" and type(statement.type).__name__ != "BitType":
        word = type(statement.type).__name__.removesuffix("Type").lower()
        what = f"the classical variable '{statement.identifier.name}' ({word})"
        advice = _BEFOREHAND
    elif kind == "Include" and statement.filename != "stdgates.inc":
        what, advice = f"include {statement.filename!r}", 'only "stdgates.inc" is known'
    elif kind == "QuantumMeasurementStatement" and statement.target is None:
        what, advice = "a measurement without a target", "write `c[0] = measure q[0];`"
    if what is not None:
        raise SpecError(f"{what} cannot be distributed: {advice}", line=_line(statement))
    for physical in _physical_qubits(statement):
        rule = f"the physical qubit {physical} cannot be distributed: declare `qubit[n] q;`"
        raise SpecError(rule, line=_line(statement))
    if kind == "QuantumGateDefinition":
        for inner in statement.body:
            _refuse(inner)


def _physical_qubits(statement: ast.Statement | ast.Pragma) -> Iterator[str]:
    operands: Sequence[Any] = getattr(statement, "qubits", None) or ()
    measurement = getattr(statement, "measure", None)
    if measurement is not None:
        operands = (measurement.qubit,)
    for operand in operands if isinstance(operands, list | tuple) else (operands,):
        label = getattr(operand, "name", None)
        if isinstance(label, str) and label.startswith("$"):
            yield label


def _converted(program: ast.Program) -> QuantumCircuit:
    from qiskit_qasm3_import import ConversionError

    result = _conversion(program)
    if not isinstance(result, Exception):
        return result
    match = _IMPORTER_PLACE.match(str(getattr(result, "message", "")))
    if isinstance(result, ConversionError) and match is not None:
        line, reason = int(match[1]), match[2]
    else:
        line = _first_bad_line(program, instructions=None)
        reason = str(getattr(result, "message", result)) or type(result).__name__
    rule = f"is no OpenQASM 3 that can be read: {reason.splitlines()[0]}"
    unknown = _UNKNOWN_GATE.match(reason)
    if unknown is not None and unknown[1] in _STDGATES:
        rule = rule.rstrip(".") + ': add `include "stdgates.inc";` below the first line'
    raise SpecError(rule, line=line) from result


def _conversion(program: ast.Program) -> QuantumCircuit | Exception:
    """The circuit, or what the importer raised: it does not check that a program makes sense."""
    from qiskit_qasm3_import import convert

    try:
        with warnings.catch_warnings():  # of how the importer calls Qiskit
            warnings.simplefilter("ignore", DeprecationWarning)
            return convert(program)
    except Exception as error:  # noqa: BLE001  (IndexError, ZeroDivisionError, ... by accident)
        return error


def _first_bad_line(program: ast.Program, *, instructions: int | None) -> int | None:
    """The line of the statement that fails to convert or makes more instructions than so many."""
    from openqasm3 import ast

    def fails(count: int) -> bool:
        part = ast.Program(statements=program.statements[:count], version=program.version)
        result = _conversion(part)
        if isinstance(result, Exception):
            return True
        return instructions is not None and len(result.data) > instructions

    count = len(program.statements)
    guess = count // 2 if instructions is None else instructions
    return _line(program.statements[first_failing(count, fails, guess=guess) - 1])


def _registers(
    program: ast.Program, kind: str, bits: Sequence[Any], qc: QuantumCircuit
) -> tuple[Register, ...]:
    """The registers as declared: the importer forgets the names of single bits."""
    rows: list[Register] = []
    position = 0
    for statement in program.statements:
        if type(statement).__name__ != kind:
            continue
        declared: Any = statement
        if kind == "QubitDeclaration":
            label, size = declared.qubit.name, declared.size
        else:
            label, size = declared.identifier.name, declared.type.size
        count = 1
        if size is not None:
            register, _ = qc.find_bit(bits[position]).registers[0]
            count = register.size
        rows.append(Register(name=label, size=count))
        position += count
    return tuple(rows)


def _line(node: ast.QASMNode) -> int | None:
    return node.span.start_line if node.span is not None else None
