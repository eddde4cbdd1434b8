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

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from interlace.circuit.gates import gate_columns
from interlace.kernel import FloatArray, IntArray, spans

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

    @staticmethod
    def of_columns(
        names: Sequence[str],
        *,
        gate: IntArray,
        operands: IntArray,
        params: FloatArray | None = None,
        clbit: IntArray | None = None,
        condition: IntArray | None = None,
    ) -> OpTable:
        """The table of n rows given as columns; names say how many operands and parameters.

        Args:
            names: the operation names, by code.
            gate: code of each row, shape (n,).
            operands: of all rows, one after the other.
            params: of all rows, one after the other [rad]; by default none.
            clbit: by default `NO_BIT` everywhere.
            condition: by default `NO_BIT` everywhere.

        Example:
            >>> table = OpTable.of_columns(
            ...     ["h", "cx"], gate=np.array([0, 1]), operands=np.array([0, 0, 1])
            ... )
            >>> [op.operands for op in table]
            [(0,), (0, 1)]
        """
        known = gate_columns(names)
        nothing = np.full(len(gate), NO_BIT, dtype=np.int64)
        return OpTable(
            names=tuple(names),
            gate=gate,
            start=_offsets(known.qubits[gate]),
            operands=operands,
            param_start=_offsets(known.params[gate]),
            params=params if params is not None else np.empty(0),
            clbit=clbit if clbit is not None else nothing,
            condition=condition if condition is not None else nothing,
        )

    def take(self, rows: IntArray) -> OpTable:
        """The table of these rows, in this order; `names` stays whole.

        Example:
            >>> table = OpTable.of([Op(name="h", operands=(0,)), Op(name="x", operands=(1,))])
            >>> [op.name for op in table.take(np.array([1, 0, 1]))]
            ['x', 'h', 'x']
        """
        sizes, counts = np.diff(self.start)[rows], np.diff(self.param_start)[rows]
        return OpTable(
            names=self.names,
            gate=self.gate[rows],
            start=_offsets(sizes),
            operands=self.operands[spans(self.start[rows], sizes)],
            param_start=_offsets(counts),
            params=self.params[spans(self.param_start[rows], counts)],
            clbit=self.clbit[rows],
            condition=self.condition[rows],
        )

    def compact(self) -> OpTable:
        """The same rows with only the names that occur, in the order in which they first do.

        Example:
            >>> table = OpTable.of_columns(
            ...     ["h", "x", "z"], gate=np.array([2, 0, 2]), operands=np.array([0, 0, 0])
            ... )
            >>> table.compact().names
            ('z', 'h')
        """
        codes, first = np.unique(self.gate, return_index=True)
        ordered = codes[np.argsort(first)]
        new = np.empty(len(self.names), dtype=np.int64)
        new[ordered] = np.arange(len(ordered))
        names = tuple(self.names[code] for code in ordered.tolist())
        return dataclasses.replace(self, names=names, gate=new[self.gate])

    @staticmethod
    def joined(tables: Sequence[OpTable]) -> OpTable:
        """The rows of all tables, one table after the other.

        Example:
            >>> first = OpTable.of([Op(name="h", operands=(0,))])
            >>> [op.name for op in OpTable.joined([first, first])]
            ['h', 'h']
        """
        return OpTable.gathered(tables, None)

    @staticmethod
    def gathered(tables: Sequence[OpTable], rows: IntArray | None) -> OpTable:
        """Rows of several tables, as `OpTable.joined(tables).take(rows)` but without that table.

        Args:
            tables: whose rows are counted one table after the other.
            rows: in the order in which they are to stand; `None`: all of them, as they come.

        Example:
            >>> first = OpTable.of([Op(name="h", operands=(0,)), Op(name="x", operands=(1,))])
            >>> [op.name for op in OpTable.gathered([first, first], np.array([3, 0]))]
            ['x', 'h']
        """
        codes: dict[str, int] = {}
        renamed = [
            np.array([codes.setdefault(n, len(codes)) for n in table.names], dtype=np.int64)
            for table in tables
        ]

        def column(parts: list[IntArray]) -> IntArray:
            whole: IntArray = _chained(parts, np.int64)
            return whole if rows is None else whole[rows]

        def values(starts: list[IntArray], parts: list[Any], dtype: type) -> tuple[IntArray, Any]:
            sizes = column([np.diff(start) for start in starts])
            whole = _chained(parts, dtype)
            if rows is not None:
                lengths = [int(start[-1]) for start in starts]
                firsts = np.cumsum([0, *lengths[:-1]]) if lengths else []
                begins = [first + start[:-1] for first, start in zip(firsts, starts, strict=True)]
                whole = whole[spans(column(begins), sizes)]
            return _offsets(sizes), whole

        start, operands = values([t.start for t in tables], [t.operands for t in tables], np.int64)
        param_start, params = values(
            [t.param_start for t in tables], [t.params for t in tables], np.float64
        )
        return OpTable(
            names=tuple(codes),
            gate=column([new[table.gate] for new, table in zip(renamed, tables, strict=True)]),
            start=start,
            operands=operands,
            param_start=param_start,
            params=params,
            clbit=column([table.clbit for table in tables]),
            condition=column([table.condition for table in tables]),
        )


def _offsets(sizes: IntArray) -> IntArray:
    """CSR offsets of runs of these sizes."""
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def _chained(columns: Sequence[Any], dtype: type) -> Any:  # noqa: ANN401 - an array of the dtype
    return np.concatenate([np.empty(0, dtype=dtype), *columns])


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
