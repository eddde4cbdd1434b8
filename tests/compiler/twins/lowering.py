"""Plan to joint program: each step becomes its operations, by a table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, OpTableBuilder, Register
from interlace.compiler.plan import NONE, Axis, Plan, StepKind
from interlace.compiler.program import JointProgram

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


@dataclass(slots=True)
class _Lowering:
    plan: Plan
    ops: OpTableBuilder
    step: list[int]

    def add(
        self,
        step: int,
        name: str,
        cells: tuple[int, ...],
        *,
        params: tuple[float, ...] = (),
        clbit: int = NO_BIT,
        condition: int = NO_BIT,
    ) -> None:
        self.ops.add(name, cells, params=params, clbit=clbit, condition=condition)
        self.step.append(step)


def lower(plan: Plan) -> JointProgram:
    """The whole program over all machines, one operation at a time, in the plan's order.

    Guarantees: no operation but `ebit` touches two nodes; both cells of an `ebit` are reset
    right before it; corrections are conditioned on a measured bit.
    """
    program_bits = plan.circuit.num_clbits
    state = _Lowering(plan, OpTableBuilder(), [])
    pairs_at: dict[int, list[int]] = defaultdict(list)
    for pair, step in enumerate(plan.pairs.step.tolist()):
        pairs_at[step].append(pair)
    steps = plan.steps
    kinds = steps.kind.tolist()
    for index in range(len(steps)):
        for pair in pairs_at.get(index, ()):
            a, b = int(plan.pairs.first_cell[pair]), int(plan.pairs.second_cell[pair])
            state.add(index, "reset", (a,))
            state.add(index, "reset", (b,))
            state.add(index, "ebit", (a, b))
        _lower_step(state, index, StepKind(kinds[index]), program_bits)
    return JointProgram(
        registers=plan.registers,
        clbit_registers=_clbit_registers(plan),
        num_program_bits=program_bits,
        ops=state.ops.build(),
        step=np.array(state.step, dtype=np.int64),
    )


def _lower_step(state: _Lowering, index: int, kind: StepKind, program_bits: int) -> None:
    steps = state.plan.steps
    cells = steps.cells_of(index)
    if kind is StepKind.GATE:
        name = steps.names[steps.gate[index]]
        state.add(index, name, cells, params=steps.params_of(index))
    elif kind is StepKind.MEASURE:
        state.add(index, "measure", cells, clbit=int(steps.clbit[index]))
    elif kind is StepKind.CORRECT:
        name = steps.names[steps.gate[index]]
        bit = program_bits + int(steps.condition[index])
        state.add(index, name, cells, condition=bit)
    else:
        bits = steps.bits_of(index)
        for name, positions, bit in _RECIPES[kind, Axis(int(steps.axis[index]))]:
            state.add(
                index,
                name,
                tuple(cells[p] for p in positions),
                clbit=NO_BIT if bit == NONE else program_bits + bits[bit],
            )


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
