"""What a plan.json holds: keys and their types.

Long columns are arrays here and lists in the file. Each is turned from one
into the other by itself, so that at most one of them is a list of Python
numbers at any time.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from interlace.kernel import FloatArray, IntArray
from interlace.units import Fidelity, Probability, Seconds

__all__ = [
    "VERSION",
    "BadColumnError",
    "BlockDocument",
    "BranchDocument",
    "CellRegisterDocument",
    "CheckDocument",
    "CircuitDocument",
    "EbitsDocument",
    "OpsDocument",
    "PairsDocument",
    "PlacementDocument",
    "PlanDocument",
    "RegisterDocument",
    "ScheduleDocument",
    "as_json",
    "from_json",
]

VERSION = 1

Integers = IntArray
Floats = FloatArray


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class RegisterDocument(_Struct, frozen=True):
    """A named run of qubits or bits."""

    name: str
    size: int


class OpsDocument(_Struct, frozen=True):
    """An `OpTable` as columns."""

    names: list[str]
    gate: Integers
    start: Integers
    operands: Integers
    param_start: Integers
    params: Floats
    clbit: Integers


class CircuitDocument(_Struct, frozen=True):
    """The input circuit."""

    name: str
    qubit_registers: list[RegisterDocument]
    clbit_registers: list[RegisterDocument]
    ops: OpsDocument
    dropped_barriers: int = 0


class CellRegisterDocument(_Struct, frozen=True):
    """A register of cells."""

    name: str
    node: str
    role: str
    size: int
    device_qubits: list[int]


class PlacementDocument(_Struct, frozen=True):
    """Where each qubit lives, by interval of steps."""

    qubit: Integers
    cell: Integers
    from_step: Integers
    to_step: Integers


class PairsDocument(_Struct, frozen=True):
    """Ebits, one row a link pair."""

    link: Integers
    first_cell: Integers
    second_cell: Integers
    step: Integers


class ScheduleDocument(_Struct, frozen=True):
    """Steps as columns."""

    names: list[str]
    kind: list[str]
    node: Integers
    gate: Integers
    source: Integers
    packet: Integers
    axis: Integers
    cell_start: Integers
    cells: Integers
    param_start: Integers
    params: Floats
    bit_start: Integers
    bits: Integers
    condition: Integers
    clbit: Integers
    start_s: Floats
    duration_s: Floats


class BranchDocument(_Struct, frozen=True):
    """Where a block goes on."""

    clbit: int
    if_one: int
    if_zero: int


class BlockDocument(_Struct, frozen=True):
    """A run of steps."""

    start: int
    stop: int
    branch: BranchDocument | None = None


class EbitsDocument(_Struct, frozen=True):
    """Link pairs, one a hop."""

    total: int
    by_link: dict[str, int]


class CheckDocument(_Struct, frozen=True):
    """What was shown about the plan."""

    rules: list[str]
    method: str
    shown: list[str]
    not_shown: list[str]
    false_acceptance: Probability | None = None


class PlanDocument(_Struct, frozen=True):
    """The whole of plan.json."""

    interlace_plan: int
    content_id: str
    circuit: CircuitDocument
    network: dict[str, Any]
    machines: dict[str, list[str]]
    ebits: EbitsDocument
    makespan_s: Seconds
    compile_s: Seconds
    seed: int
    min_fidelity: Fidelity | None
    check: CheckDocument | None
    registers: list[CellRegisterDocument]
    placement: PlacementDocument
    pairs: PairsDocument
    num_bits: int
    blocks: list[BlockDocument]
    schedule: ScheduleDocument


class BadColumnError(ValueError):
    """A column of a document that is no list of numbers.

    Attributes:
        rule: what was needed.
        place: behind the column's path, such as `[3]`.
        value: what was found there, if it says more than the rule.
    """

    def __init__(self, rule: str, *, place: str = "", value: object = None) -> None:
        super().__init__(rule)
        self.rule = rule
        self.place = place
        self.value = value


def as_json(document: object, *, indent: int = 0) -> bytes:
    """The document as text: in one line, or indented."""
    text = msgspec.json.encode(document, enc_hook=_listed)
    return msgspec.json.format(text, indent=indent) + b"\n"


def from_json(content: bytes) -> PlanDocument:
    """The document, with every type checked.

    Raises:
        msgspec.ValidationError: a wrong type or key; with a `BadColumnError` as its cause where
            that is inside a column.
        msgspec.DecodeError: not JSON.
    """
    return msgspec.json.decode(content, type=PlanDocument, dec_hook=_column)


def _listed(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    msg = f"no JSON for {type(value).__name__}"
    raise NotImplementedError(msg)


def _column(asked: type, found: object) -> NDArray[Any]:
    """The array of a list of numbers, none of which is anything else."""
    wanted, kind = (list[int], np.int64) if asked == IntArray else (list[float], np.float64)
    try:
        values: list[Any] = msgspec.convert(found, wanted)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at `$")
        rule = f"is not a plan.json of this version: {problem[:1].lower()}{problem[1:]}"
        raise BadColumnError(rule, place=place.strip("`")) from error
    try:
        return np.array(values, dtype=kind)
    except OverflowError as error:
        row = next(i for i, value in enumerate(values) if not -(2**63) <= value < 2**63)
        raise BadColumnError("must fit 64 bits", place=f"[{row}]", value=values[row]) from error
