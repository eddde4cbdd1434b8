"""Plan to joint program: each step becomes its operations, by a table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTable, Register
from interlace.compiler.plan import NONE, Axis, Plan, StepKind, StepTable
from interlace.compiler.program import JointProgram
from interlace.errors import InvariantError
from interlace.kernel import IntArray, spans

__all__ = ["lower"]

INTERNAL = "interlace_bits"
"""Name of the register of internal bits, unless the circuit has one of that name."""

_Recipe = tuple[tuple[str, tuple[int, ...], int], ...]
"""Operations as (name, positions in the step's cells, position of the bit written or NONE)."""

_RECIPES: dict[tuple[StepKind, Axis], _Recipe] = {
    (StepKind.OPEN, Axis.Z): (("cx", (0, 1), NONE), ("measure", (1,), 0)),
    (StepKind.OPEN, Axis.X): (("cx", (1, 0), NONE), ("h", (1,), NONE), ("measure", (1,), 0)),
    (StepKind.CLOSE, Axis.Z): (("h", (0,), NONE), ("measure", (0,), 0)),
    (StepKind.CLOSE, Axis.X): (("measure", (0,), 0),),
    (StepKind.MOVE, Axis.NONE): (
        ("cx", (0, 1), NONE),
        ("h", (0,), NONE),
        ("measure", (0,), 0),
        ("measure", (1,), 1),
    ),
    (StepKind.SWAP, Axis.NONE): (
        ("cx", (0, 1), NONE),
        ("h", (0,), NONE),
        ("measure", (0,), 0),
        ("measure", (1,), 1),
    ),
}

_PAIR = ("reset", "reset", "ebit")
"""Operations that make a pair, right before the first step that uses it."""


@dataclass(slots=True)
class _Rows:
    """The joint program's rows on their way into a table: each has its place from the start."""

    steps: StepTable
    begin: IntArray
    gate: IntArray
    clbit: IntArray
    condition: IntArray
    num_operands: IntArray
    num_params: IntArray
    operands: list[tuple[IntArray, IntArray]]
    codes: dict[str, int]

    def put(self, at: IntArray, name: str, cells: IntArray) -> None:
        """The same operation at these rows; cells have shape (rows, operands)."""
        self.gate[at] = self.codes.setdefault(name, len(self.codes))
        self.num_operands[at] = cells.shape[1]
        self.operands.append((at, cells))

    def put_steps(self, which: IntArray, at: IntArray) -> None:
        """The steps' own gates on all of their cells."""
        steps = self.steps
        named = [self.codes.setdefault(name, len(self.codes)) for name in steps.names]
        is_measure = steps.kind[which] == StepKind.MEASURE
        measure = self.codes.setdefault("measure", len(self.codes))
        code = np.array([*named, measure], dtype=np.int64)
        self.gate[at] = code[np.where(is_measure, len(named), steps.gate[which])]
        self.num_operands[at] = np.diff(steps.cell_start)[which]
        is_gate = steps.kind[which] == StepKind.GATE
        self.num_params[at[is_gate]] = np.diff(steps.param_start)[which[is_gate]]

    def build(self, which: IntArray, at: IntArray) -> OpTable:
        """The table, with the cells and parameters of the steps that `put_steps` was told."""
        start, param_start = _offsets(self.num_operands), _offsets(self.num_params)
        operands = np.empty(start[-1], dtype=np.int64)
        for rows, cells in self.operands:
            operands[start[rows][:, None] + np.arange(cells.shape[1])] = cells
        sizes = self.num_operands[at]
        cells = self.steps.cells[spans(self.steps.cell_start[which], sizes)]
        operands[spans(start[at], sizes)] = cells
        names, gate = _renamed(tuple(self.codes), self.gate)
        return OpTable(
            names=names,
            gate=gate,
            start=start,
            operands=operands,
            param_start=param_start,
            params=self.steps.params[spans(self.steps.param_start[which], self.num_params[at])],
            clbit=self.clbit,
            condition=self.condition,
        )


def lower(plan: Plan) -> JointProgram:
    """The whole program over all machines, one operation at a time, in the plan's order.

    Guarantees: no operation but `ebit` touches two nodes; both cells of an `ebit` are reset
    right before it; corrections are conditioned on a measured bit.
    """
    steps, program_bits = plan.steps, plan.circuit.num_clbits
    pairs = np.argsort(plan.pairs.step, kind="stable")
    pairs = pairs[(plan.pairs.step[pairs] >= 0) & (plan.pairs.step[pairs] < len(steps))]
    of_step = plan.pairs.step[pairs]
    num_pairs = np.bincount(of_step, minlength=len(steps))
    rows = _empty_rows(steps, 3 * num_pairs + _lengths(steps))
    rank = np.arange(len(pairs)) - np.searchsorted(of_step, of_step)
    at = rows.begin[of_step] + 3 * rank
    first, second = plan.pairs.first_cell[pairs], plan.pairs.second_cell[pairs]
    rows.put(at, "reset", first[:, None])
    rows.put(at + 1, "reset", second[:, None])
    rows.put(at + 2, "ebit", np.stack([first, second], axis=1))
    own = rows.begin[:-1] + 3 * num_pairs
    for (kind, axis), recipe in _RECIPES.items():
        here = np.flatnonzero((steps.kind == kind) & (steps.axis == axis))
        for place, (name, positions, bit) in enumerate(recipe):
            at = own[here] + place
            rows.put(at, name, steps.cells[steps.cell_start[here][:, None] + np.array(positions)])
            if bit != NONE:
                rows.clbit[at] = program_bits + steps.bits[steps.bit_start[here] + bit]
    which = np.flatnonzero(np.isin(steps.kind, _OF_ONE))
    rows.put_steps(which, own[which])
    is_measure = np.flatnonzero(steps.kind == StepKind.MEASURE)
    rows.clbit[own[is_measure]] = steps.clbit[is_measure]
    is_correct = np.flatnonzero(steps.kind == StepKind.CORRECT)
    rows.condition[own[is_correct]] = program_bits + steps.condition[is_correct]
    return JointProgram(
        registers=plan.registers,
        clbit_registers=_clbit_registers(plan),
        num_program_bits=program_bits,
        ops=rows.build(which, own[which]),
        step=np.repeat(np.arange(len(steps), dtype=np.int64), np.diff(rows.begin)),
    )


_OF_ONE = (StepKind.GATE, StepKind.MEASURE, StepKind.CORRECT)
"""Steps that are one operation."""


def _lengths(steps: StepTable) -> IntArray:
    """Operations of each step."""
    length = np.where(np.isin(steps.kind, _OF_ONE), 1, 0)
    for (kind, axis), recipe in _RECIPES.items():
        length[(steps.kind == kind) & (steps.axis == axis)] = len(recipe)
    if not length.all():
        step = int(np.argmin(length))
        kind, axis = StepKind(steps.kind[step]), Axis(int(steps.axis[step]))
        msg = f"step {step}: nobody knows how to carry out {kind.name} along {axis.name}"
        raise InvariantError(msg)
    return length


def _empty_rows(steps: StepTable, lengths: IntArray) -> _Rows:
    begin = _offsets(lengths)
    nothing = np.full(begin[-1], NO_BIT, dtype=np.int64)
    none = np.zeros(begin[-1], dtype=np.int64)
    return _Rows(
        steps=steps,
        begin=begin,
        gate=none.copy(),
        clbit=nothing,
        condition=nothing.copy(),
        num_operands=none.copy(),
        num_params=none,
        operands=[],
        codes={},
    )


def _renamed(names: tuple[str, ...], gate: IntArray) -> tuple[tuple[str, ...], IntArray]:
    """The names in use, in the order of their first use, and the new code of each row."""
    first = np.full(len(names), len(gate), dtype=np.int64)
    first[gate[::-1]] = np.arange(len(gate))[::-1]  # the last writer wins: the first row
    used = [code for code in np.argsort(first, kind="stable").tolist() if first[code] < len(gate)]
    new = np.zeros(len(names), dtype=np.int64)
    new[used] = np.arange(len(used))
    return tuple(names[code] for code in used), new[gate]


def _offsets(sizes: IntArray) -> IntArray:
    offsets = np.zeros(len(sizes) + 1, dtype=np.int64)
    np.cumsum(sizes, out=offsets[1:])
    return offsets


def _clbit_registers(plan: Plan) -> tuple[Register, ...]:
    own = plan.circuit.clbit_registers
    if plan.num_bits == 0:
        return own
    taken = {register.name for register in own}
    taken |= {register.name for register in plan.registers}
    name = INTERNAL
    while name in taken:
        name += "_"
    return (*own, Register(name=name, size=plan.num_bits))
