"""Stim's circuits, parsed by stim.

Gates, measurements and resets become operations of interlace; repeated blocks
are written out. Annotations (`TICK`, `QUBIT_COORDS`, `SHIFT_COORDS`,
`DETECTOR`, `OBSERVABLE_INCLUDE`) and tags are no part of the computation and
are left out. A `TICK` is counted as no barrier: stim says that it has no effect
on simulation and marks layers for drawings and for tools that add noise by
layers. Anything else is refused by name.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from interlace.circuit.model import Circuit
from interlace.circuit.ops import NO_BIT, Op, OpTable, Register
from interlace.circuit.sizes import MOST_OPS
from interlace.circuit.source import shown_line
from interlace.circuit.splice import spliced
from interlace.circuit.stim_gates import STIM_GATES, STIM_MEASUREMENTS, STIM_RESETS
from interlace.errors import SpecError

if TYPE_CHECKING:
    import stim

__all__ = ["looks_like_stim", "read", "table_of"]

_MOST_QUBITS = 1_000_000
_MOST_NESTED = 100
_TOO_MANY = f"expands to more than {MOST_OPS:,} operations: make it smaller"
_ANNOTATIONS = ("TICK", "QUBIT_COORDS", "SHIFT_COORDS", "DETECTOR", "OBSERVABLE_INCLUDE")
_FLIP = Op(name="x", operands=(0,))
_FLIPPED = {
    f"!{name}": tuple(
        part for op in ops for part in ((_FLIP, op, _FLIP) if op.name == "measure" else (op,))
    )
    for name, ops in STIM_MEASUREMENTS.items()
}
_FORMS = {**STIM_GATES, **STIM_MEASUREMENTS, **STIM_RESETS, **_FLIPPED}
_TEMPLATES = {name: (code, OpTable.of(ops)) for code, (name, ops) in enumerate(_FORMS.items())}
_FEEDBACK = ("CX", "CY", "CZ", "XCZ", "YCZ")
"""Gates that may have an outcome for a control."""
_PLAIN = frozenset({*STIM_GATES, *STIM_RESETS, *_ANNOTATIONS} - {*_FEEDBACK})
_FIRST_WORDS = (*STIM_GATES, *STIM_MEASUREMENTS, *STIM_RESETS, *_ANNOTATIONS, "REPEAT")
_OTHER_WORDS = (
    "CNOT", "ZCX", "ZCY", "ZCZ", "SWAPCZ", "MZ", "MRZ", "RZ", "H_XZ", "SQRT_Z", "SQRT_Z_DAG",
)  # fmt: skip
_REFUSED_WORDS = (
    "MPP", "MXX", "MYY", "MZZ", "SPP", "SPP_DAG", "MPAD", "CORRELATED_ERROR", "DEPOLARIZE1",
    "DEPOLARIZE2", "E", "ELSE_CORRELATED_ERROR", "HERALDED_ERASE", "HERALDED_PAULI_CHANNEL_1",
    "II_ERROR", "I_ERROR", "PAULI_CHANNEL_1", "PAULI_CHANNEL_2", "X_ERROR", "Y_ERROR", "Z_ERROR",
)  # fmt: skip
_WORDS = frozenset({*_FIRST_WORDS, *_OTHER_WORDS, *_REFUSED_WORDS})


def looks_like_stim(text: str) -> bool:
    r"""Whether the first word of the text, comments aside, is an instruction of stim.

    Example:
        >>> looks_like_stim("# a circuit\nH 0 1"), looks_like_stim("qreg q[2];")
        (True, False)
    """
    for line in text.splitlines():
        words = line.partition("#")[0].replace("[", " ").replace("(", " ").split()
        if words:
            return words[0] in _WORDS
    return False


def read(text: str, *, name: str) -> Circuit:
    """The circuit of a stim program.

    Its qubits are `q[0]` to the largest number used. Its measurement record is the classical
    register `rec`, in order. An inverted target (`M !0`) is measured between two `x`.

    Args:
        text: the program.
        name: of the circuit.

    Raises:
        SpecError: with the line, and for an instruction that cannot be distributed also its
            number, from 0, as stim counts them.
    """
    import stim

    _refuse_endless(text)
    try:
        program = stim.Circuit(text)
    except ValueError as error:
        rule = f"is no valid stim program: {str(error).splitlines()[0].rstrip('.')}"
        raise _located(SpecError(rule), text) from error
    try:
        _refuse_sizes(program)
        ops = table_of(program)
    except SpecError as error:
        raise _located(error, text) from error
    bits = int(np.count_nonzero(ops.clbit != NO_BIT))
    return Circuit(
        name=name,
        qubit_registers=(Register(name="q", size=program.num_qubits),),
        clbit_registers=(Register(name="rec", size=bits),) if bits else (),
        ops=ops,
    )


def _refuse_endless(text: str) -> None:
    """What stim's parser does not come back from: open tags, and blocks in blocks without end."""
    depth = 0
    for number, line in enumerate(text.split("\n"), start=1):
        code = line.partition("#")[0]
        depth += code.count("{") - code.count("}")
        if "[" in code and "]" not in line[code.rindex("[") :]:
            rule = "is no valid stim program: a `[` has no `]` on its line"
            raise SpecError(rule, line=number, value=line.strip())
        if depth > _MOST_NESTED:
            rule = f"blocks are nested more than {_MOST_NESTED} deep: flatten them"
            raise SpecError(rule, line=number)


def _refuse_sizes(program: stim.Circuit) -> None:
    if program.num_qubits == 0:
        raise SpecError("uses no qubits: there is nothing to run")
    if program.num_qubits > _MOST_QUBITS:
        rule = f"a circuit has at most {_MOST_QUBITS:,} qubits: number them without gaps"
        raise SpecError(rule, value=program.num_qubits)


def table_of(program: stim.Circuit) -> OpTable:
    """The operations of a program, read out instruction by instruction; bits in order."""
    ops = _Reader().table(program)
    measured = np.flatnonzero(ops.clbit != NO_BIT)
    clbit = ops.clbit.copy()
    clbit[measured] = np.arange(len(measured))
    return dataclasses.replace(ops, clbit=clbit).compact()


class _Reader:
    """Walks through a program and its blocks, and counts instructions on the way."""

    def __init__(self) -> None:
        self._number = 0

    def table(self, program: stim.Circuit) -> OpTable:
        """The operations of one block; a measurement has some bit, to be numbered."""
        tables: list[OpTable] = []
        run = _Run()
        instruction: Any  # one of two types of stim's
        for instruction in program:
            name = instruction.name
            if name not in _PLAIN:
                rule = _refusal(instruction)
                if rule is not None:
                    raise SpecError(rule, path=f"instruction {self._number} ({name})")
            self._number += 1
            if name == "REPEAT":
                body = self.table(instruction.body_copy())
                tables += [run.table(), _repeated(body, instruction.repeat_count)]
                run = _Run()
            elif name not in _ANNOTATIONS:
                run.add(name, instruction.targets_copy())
        tables.append(run.table())
        if sum(map(len, tables)) > MOST_OPS:
            raise SpecError(_TOO_MANY)
        return OpTable.joined(tables)


def _repeated(body: OpTable, times: int) -> OpTable:
    if times * len(body) > MOST_OPS:
        raise SpecError(_TOO_MANY)
    return body.take(np.tile(np.arange(len(body), dtype=np.int64), times if len(body) else 0))


class _Run:
    """Instructions between two blocks: for each application its form and its targets."""

    def __init__(self) -> None:
        self._forms: list[int] = []
        self._targets: list[int] = []

    def add(self, name: str, targets: list[Any]) -> None:
        """Append an instruction, which acts on its targets one by one or pair by pair."""
        form = _TEMPLATES[name][0]
        self._targets += [target.value for target in targets]
        if name in STIM_MEASUREMENTS:
            flipped = _TEMPLATES[f"!{name}"][0]
            self._forms += [
                flipped if target.is_inverted_result_target else form for target in targets
            ]
        else:
            self._forms += [form] * (len(targets) // _SIZES[form])

    def table(self) -> OpTable:
        """The operations, by the forms' templates."""
        form = np.array(self._forms, dtype=np.int64)
        sizes = np.array(_SIZES, dtype=np.int64)[form]
        nothing = np.full(len(form), NO_BIT, dtype=np.int64)
        zeros = np.zeros(len(form), dtype=np.int64)
        whole = OpTable(
            names=("id",),
            gate=zeros,
            start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            operands=np.array(self._targets, dtype=np.int64),
            param_start=np.zeros(len(form) + 1, dtype=np.int64),
            params=np.empty(0),
            clbit=nothing,
            condition=nothing,
        )
        templates = [table for _, table in _TEMPLATES.values()]
        return spliced(whole, np.arange(len(form), dtype=np.int64), templates, form)[0]


_SIZES = [1 + max(operand for op in ops for operand in op.operands) for ops in _FORMS.values()]


def _refusal(instruction: Any) -> str | None:  # noqa: ANN401 - one of two types of stim's
    """Why the instruction cannot be distributed; `None` if it can."""
    name = instruction.name
    if name == "REPEAT" or name in _ANNOTATIONS:
        return None
    if name in STIM_MEASUREMENTS and instruction.gate_args_copy():
        return f"noise (`{name}` with a probability) {_NOISE}"
    if name in _FEEDBACK:
        for target in instruction.targets_copy():
            if not target.is_qubit_target:
                kind = "rec" if target.is_measurement_record_target else "sweep"
                return (
                    f"feedback (`{name}` on `{kind}[...]`) cannot be distributed: "
                    "measure at the end and decide afterwards"
                )
    if name in _FORMS:
        return None
    if name in _PRODUCTS:
        return f"products of Paulis (`{name}`) are not read: write it by gates and `M`"
    if name == "MPAD":
        return "constant outcomes (`MPAD`) are not read: leave them out of the record"
    return f"noise (`{name}`) {_NOISE}"


_PRODUCTS = ("MPP", "MXX", "MYY", "MZZ", "SPP", "SPP_DAG")
_NOISE = "comes from the network, not from the circuit: `stim.Circuit.without_noise` removes it"


def _located(error: SpecError, text: str) -> SpecError:
    """The error with the line that alone has the same fault, if there is one."""
    import stim

    lines = text.split("\n")
    for number, line in enumerate(lines, start=1):
        code = line.partition("#")[0].rstrip()
        if code.strip() == "}":
            continue
        try:
            found = stim.Circuit(f"{line}\nTICK\n}}" if code.endswith("{") else line)
            is_bad = any(_refusal(instruction) is not None for instruction in found)
        except ValueError:
            is_bad = True
        if is_bad:
            shown = shown_line(text, number)
            return SpecError(error.rule, path=error.path, line=number, value=shown)
    return error
