"""Programs as flat arrays: one row an operation, structure-of-arrays.

`OpTable` is the form of every program in interlace: the input circuit
(operands are qubits), the joint program over all machines (operands are
cells) and one machine's own program (operands are device qubits).
Row `i` applies `names[gate[i]]` to `operands[start[i]:start[i + 1]]`
with the parameters `params[param_start[i]:param_start[i + 1]]`.

Operation names are the gates of `interlace.circuit.gates.GATES` and the four
non-unitary ones: `measure` (one operand, writes `clbit`), `reset`, and
`ebit` (two operands, both reset before: leaves Phi+ on them).
A row whose `condition` is not `NO_BIT` acts only if that classical bit is 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from interlace.kernel import FloatArray, IntArray

__all__ = ["NO_BIT", "Op", "OpTable", "OpTableBuilder", "Register"]

NO_BIT = -1
"""In the columns `clbit` and `condition`: this row touches no classical bit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A named run of qubits or classical bits."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """One row of an `OpTable`, read out."""

    name: str
    operands: tuple[int, ...]
    params: tuple[float, ...] = ()
    clbit: int = NO_BIT
    condition: int = NO_BIT


@dataclass(frozen=True, slots=True, kw_only=True)
class OpTable:
    """Operations as columns; n rows.

    Attributes:
        names: the operation names used, by code.
        gate: code of each row, shape (n,).
        start: CSR offsets into `operands`, shape (n + 1,).
        operands: qubit indices.
        param_start: CSR offsets into `params`, shape (n + 1,).
        params: gate parameters [rad].
        clbit: classical bit written by a measurement, else `NO_BIT`, shape (n,).
        condition: classical bit that must be 1 for the row to act, else `NO_BIT`, shape (n,).
    """

    names: tuple[str, ...]
    gate: IntArray
    start: IntArray
    operands: IntArray
    param_start: IntArray
    params: FloatArray
    clbit: IntArray
    condition: IntArray

    def __len__(self) -> int:
        return len(self.gate)

    def __iter__(self) -> Iterator[Op]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, row: int) -> Op:
        return Op(
            name=self.names[self.gate[row]],
            operands=tuple(self.operands[self.start[row] : self.start[row + 1]].tolist()),
            params=tuple(self.params[self.param_start[row] : self.param_start[row + 1]].tolist()),
            clbit=int(self.clbit[row]),
            condition=int(self.condition[row]),
        )

    @staticmethod
    def of(ops: Iterable[Op]) -> OpTable:
        """The table of the operations, in order."""
        builder = OpTableBuilder()
        for op in ops:
            builder.add(
                op.name, op.operands, params=op.params, clbit=op.clbit, condition=op.condition
            )
        return builder.build()


@dataclass(slots=True)
class OpTableBuilder:
    """Collects rows, then freezes them: the one mutable thing around `OpTable`."""

    _codes: dict[str, int] = field(default_factory=dict)
    _gate: list[int] = field(default_factory=list)
    _start: list[int] = field(default_factory=lambda: [0])
    _operands: list[int] = field(default_factory=list)
    _param_start: list[int] = field(default_factory=lambda: [0])
    _params: list[float] = field(default_factory=list)
    _clbit: list[int] = field(default_factory=list)
    _condition: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._gate)

    def add(
        self,
        name: str,
        operands: Iterable[int],
        *,
        params: Iterable[float] = (),
        clbit: int = NO_BIT,
        condition: int = NO_BIT,
    ) -> int:
        """Append one row; returns its index."""
        self._gate.append(self._codes.setdefault(name, len(self._codes)))
        self._operands.extend(operands)
        self._start.append(len(self._operands))
        self._params.extend(params)
        self._param_start.append(len(self._params))
        self._clbit.append(clbit)
        self._condition.append(condition)
        return len(self._gate) - 1

    def build(self) -> OpTable:
        """The rows so far as a frozen table."""
        return OpTable(
            names=tuple(self._codes),
            gate=np.array(self._gate, dtype=np.int64),
            start=np.array(self._start, dtype=np.int64),
            operands=np.array(self._operands, dtype=np.int64),
            param_start=np.array(self._param_start, dtype=np.int64),
            params=np.array(self._params, dtype=np.float64),
            clbit=np.array(self._clbit, dtype=np.int64),
            condition=np.array(self._condition, dtype=np.int64),
        )
