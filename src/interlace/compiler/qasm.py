"""The joint program as one OpenQASM 3 file.

The file stands alone: what `stdgates.inc` lacks it defines, exactly. A gate of
the program keeps its name, unless a classical register of the program has that
name; then the gate's definition is renamed, since the registers are the user's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from interlace.circuit import GATES, NO_BIT
from interlace.compiler.definitions import EXPORTED, Call, Definition
from interlace.compiler.plan import CellRegister
from interlace.compiler.program import JointProgram
from interlace.compiler.rows import Row, rows_of

__all__ = ["register_names", "to_qasm3"]

_STDGATES = """
p x y z h s sdg t tdg sx rx ry rz cx cy cz cp crx cry crz ch swap ccx cswap cu
CX phase cphase id u1 u2 u3
"""

_WORDS = """
OPENQASM include defcalgrammar def cal defcal gate extern box let break continue if else end
return for while in switch case default nop pragma input output const readonly mutable qreg
qubit creg bool bit int uint float angle complex array void duration stretch gphase inv pow
ctrl negctrl dim durationof delay reset measure barrier true false im pi tau euler U
arccos arcsin arctan ceiling cos exp floor log mod popcount real imag rotl rotr sin sizeof
sqrt tan dt ns us ms
"""

_STANDARD = frozenset(_STDGATES.split())
"""Gates of `stdgates.inc`."""

_RESERVED = frozenset(_WORDS.split())
"""Words that OpenQASM 3 keeps for itself, its constants and functions."""

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def register_names(names: Sequence[str], *, taken: Collection[str] = ()) -> tuple[str, ...]:
    """Names that OpenQASM 3 accepts for registers, one for each, all different.

    Characters other than `[A-Za-z0-9_]` become `_`, a leading digit gets one before it, and a
    name that is a reserved word, a gate, or taken gets one behind it until it is free. Names
    that differ only by what Qiskit's loader adds (`esc_` before a capital) count as the same.

    Args:
        names: what the registers should be called.
        taken: names in use by others, as they are written.

    Returns:
        The names in the same order; the same arguments always give the same names.

    Example:
        >>> register_names(["isar-2_data", "isar.2_data"])
        ('isar_2_data', 'isar_2_data_')
    """
    used = {_loaded(name) for name in taken} | set(GATES)
    chosen: list[str] = []
    for name in names:
        free = _free_name(name, used)
        used.add(_loaded(free))
        chosen.append(free)
    return tuple(chosen)


def to_qasm3(joint: JointProgram, *, header: Sequence[str] = ()) -> str:
    """Write the joint program as OpenQASM 3.

    Args:
        joint: the program over all machines.
        header: lines of comment for the top of the file.

    Returns:
        Text that `qiskit.qasm3.loads` reads back: every quantum register that has qubits, the
        program's classical registers with name, size and order kept (a name that OpenQASM does
        not accept is changed as `register_names` does), then the internal bits. Parameters are
        written so that they read back as the same floats.
    """
    classical, quantum = _names(joint)
    definitions = _renamed(_needed(joint.ops.names), {*classical, *quantum})
    bits = [
        f"{name}[{index}]"
        for name, register in zip(classical, joint.clbit_registers, strict=True)
        for index in range(register.size)
    ]
    lines = [f"// {part}" for line in header for part in (line.splitlines() or [""])]
    lines += ["OPENQASM 3.0;", 'include "stdgates.inc";', "gate ebit a, b { h a; cx a, b; }"]
    lines += [_written(definition, definitions) for definition in definitions.values()]
    lines += [
        f"qubit[{register.size}] {name};"
        for name, register in zip(quantum, joint.registers, strict=True)
        if register.size
    ]
    lines += [
        f"bit[{register.size}] {name};"
        for name, register in zip(classical, joint.clbit_registers, strict=True)
        if register.size
    ]
    calls = {"u": "U", **{name: definition.name for name, definition in definitions.items()}}
    lines += _statements(joint, _cells(quantum, joint.registers), bits, calls)
    return "\n".join(lines) + "\n"


def _statements(
    joint: JointProgram, cells: list[str], bits: list[str], calls: dict[str, str]
) -> Iterator[str]:
    for row in rows_of(joint.ops):
        text = _statement(row, cells, bits, calls)
        yield text if row.condition == NO_BIT else f"if ({bits[row.condition]}) {{ {text} }}"


def _statement(row: Row, cells: list[str], bits: list[str], calls: dict[str, str]) -> str:
    operands = ", ".join([cells[cell] for cell in row.operands])
    if row.name == "measure":
        return f"{bits[row.clbit]} = measure {operands};"
    name = calls.get(row.name, row.name)
    params = f"({', '.join([repr(value) for value in row.params])})" if row.params else ""
    return f"{name}{params} {operands};"


def _cells(names: Sequence[str], registers: Sequence[CellRegister]) -> list[str]:
    return [
        f"{name}[{index}]"
        for name, register in zip(names, registers, strict=True)
        for index in range(register.size)
    ]


def _names(joint: JointProgram) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of classical and quantum registers; the program's own come first."""
    own: list[str] = []
    rest: list[str] = []
    bits = 0
    for register in joint.clbit_registers:
        (own if bits < joint.num_program_bits or not register.size else rest).append(register.name)
        bits += register.size
    used = {"ebit"}
    program = []
    for name in own:
        free = _free_name(name, used)
        used.add(_loaded(free))
        program.append(free)
    others = register_names(
        [*(register.name for register in joint.registers), *rest], taken=[*program, "ebit"]
    )
    count = len(joint.registers)
    return (*program, *others[count:]), others[:count]


def _free_name(name: str, used: Collection[str]) -> str:
    free = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    if not _IDENTIFIER.fullmatch(free):
        free = f"_{free}"
    while free in _RESERVED or free in _STANDARD or free in used or _loaded(free) in used:
        free += "_"
    return free


def _loaded(name: str) -> str:
    """The name that Qiskit's loader gives a register."""
    return name if re.match(r"[a-z]", name) else f"esc_{name}"


def _needed(names: Sequence[str]) -> dict[str, Definition]:
    """The definitions that gates of these names ask for, each after those that it uses."""
    return {name: EXPORTED[name] for name in sorted(names) if name in EXPORTED}


def _renamed(definitions: dict[str, Definition], taken: set[str]) -> dict[str, Definition]:
    """The definitions under names that no register has."""
    renamed: dict[str, Definition] = {}
    used = taken | set(GATES)
    for name, definition in definitions.items():
        free = name
        while (free in used and free != name) or free in taken:
            free += "_gate"
        used.add(free)
        renamed[name] = Definition(
            name=free, params=definition.params, qubits=definition.qubits, body=definition.body
        )
    return renamed


def _written(definition: Definition, definitions: dict[str, Definition]) -> str:
    params = f"({', '.join(definition.params)})" if definition.params else ""
    operands = ", ".join("abc"[: definition.qubits])
    body = " ".join(_call(call, definitions) for call in definition.body)
    return f"gate {definition.name}{params} {operands} {{ {body} }}"


def _call(call: Call, definitions: dict[str, Definition]) -> str:
    name = "U" if call.name == "u" else call.name
    if call.name in definitions:
        name = definitions[call.name].name
    params = f"({', '.join(angle.text for angle in call.angles)})" if call.angles else ""
    return f"{name}{params} {', '.join('abc'[operand] for operand in call.operands)};"
