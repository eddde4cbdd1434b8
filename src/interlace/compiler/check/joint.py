"""Does the joint program say what the plan's steps say, and keep to its own rules."""

from __future__ import annotations

import numpy as np

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.meaning import expected
from interlace.compiler.check.shape import check_table
from interlace.compiler.plan import NONE, Axis, Plan, StepKind, StepTable
from interlace.compiler.program import JointProgram
from interlace.kernel import IntArray

__all__ = ["check_joint"]


def check_joint(plan: Plan, joint: JointProgram, cells: Cells) -> None:
    """The joint program is the plan's schedule, operation by operation.

    Raises:
        CheckFailure: registers differ, an operation other than `ebit` touches two nodes, an
            ebit's cells are not reset right before, or a step is lowered to something else.
    """
    _check_registers(plan, joint)
    bits = sum(register.size for register in joint.clbit_registers)
    check_table(joint.ops, plan.num_cells, bits, what="joint op")
    _check_rows(plan, joint, cells)
    order = np.argsort(plan.pairs.step, kind="stable")
    for step in _unlike(plan, joint, order).tolist():
        first, last = np.searchsorted(joint.step, [step, step + 1]).tolist()
        found = [(row, joint.ops[row]) for row in range(first, last)]
        pairs = order[slice(*np.searchsorted(plan.pairs.step[order], [step, step + 1]))].tolist()
        rest = _take_pairs(plan, cells, pairs, found)
        _compare_step(plan.steps, step, rest, joint.num_program_bits)


def _check_rows(plan: Plan, joint: JointProgram, cells: Cells) -> None:
    """Steps rise, and every operation but an ebit is at one node."""
    if len(joint.step) != len(joint.ops):
        refuse("joint program", "needs the step of every op")
    wrong = (joint.step < 0) | (joint.step >= len(plan.steps))
    wrong[1:] |= np.diff(joint.step) < 0
    if wrong.any():
        row = int(np.argmax(wrong))
        rule = f"steps must rise through the schedule (got {int(joint.step[row])})"
        refuse(_where(row, joint.ops[row], cells), rule)
    ops = joint.ops
    node = cells.node[ops.operands]
    row_of = np.repeat(np.arange(len(ops)), np.diff(ops.start))
    apart = row_of[node != node[ops.start[:-1]][row_of]]
    ebit = [code for code, name in enumerate(ops.names) if name == "ebit"]
    apart = apart[~np.isin(ops.gate[apart], ebit)]
    if len(apart):
        row = int(apart[0])
        refuse(_where(row, ops[row], cells), "only an ebit may touch two machines")


def _unlike(plan: Plan, joint: JointProgram, order: IntArray) -> IntArray:
    """The steps whose operations are not the expected ones, in the expected order."""
    steps, ops = plan.steps, joint.ops
    wanted = expected(plan, joint.num_program_bits, order)
    count = np.bincount(joint.step, minlength=len(steps))
    wrong = count != np.bincount(wanted.step, minlength=len(steps))
    ours, theirs = np.flatnonzero(~wrong[wanted.step]), np.flatnonzero(~wrong[joint.step])
    code = {name: index for index, name in enumerate(wanted.names)}
    codes = np.array([code.get(name, NONE) for name in ops.names], dtype=np.int64)
    size = np.diff(ops.start)[theirs]
    same = codes[ops.gate[theirs]] == wanted.name[ours]
    same &= ops.clbit[theirs] == wanted.clbit[ours]
    same &= ops.condition[theirs] == wanted.condition[ours]
    same &= size == wanted.end[ours] - wanted.begin[ours]
    for j in range(int(size.max(initial=0))):
        have = np.flatnonzero(same & (size > j))
        cells = wanted.operands[wanted.begin[ours[have]] + j]
        same[have] = ops.operands[ops.start[theirs[have]] + j] == cells
    at = wanted.step[ours]
    is_gate = steps.kind[at] == StepKind.GATE
    is_gate &= wanted.has_params[ours]
    count = np.diff(ops.param_start)[theirs]
    same &= count == np.where(is_gate, np.diff(steps.param_start)[at], 0)
    for j in range(int(count.max(initial=0))):
        have = np.flatnonzero(same & (count > j))
        params = steps.params[steps.param_start[at[have]] + j]
        same[have] = ops.params[ops.param_start[theirs[have]] + j] == params
    wrong[at[~same]] = True
    return np.flatnonzero(wrong)


def _check_registers(plan: Plan, joint: JointProgram) -> None:
    if joint.registers != plan.registers:
        refuse("joint program", "its quantum registers must be the plan's cells")
    own = plan.circuit.clbit_registers
    if joint.clbit_registers[: len(own)] != own:
        refuse("joint program", "the circuit's classical registers must keep name, size and order")
    if joint.num_program_bits != plan.circuit.num_clbits:
        refuse(
            "joint program",
            f"has {joint.num_program_bits} program bits, the circuit {plan.circuit.num_clbits}",
        )
    internal = joint.clbit_registers[len(own) :]
    if sum(register.size for register in internal) != plan.num_bits or len(internal) > 1:
        refuse("joint program", f"needs one further register for the {plan.num_bits} internal bits")


def _take_pairs(
    plan: Plan, cells: Cells, pairs: list[int], found: list[tuple[int, Op]]
) -> list[tuple[int, Op]]:
    """Match the ebits and resets of a step's pairs; returns the other operations."""
    wanted = {
        (int(plan.pairs.first_cell[pair]), int(plan.pairs.second_cell[pair])): pair
        for pair in pairs
    }
    fresh: set[int] = set()
    rest: list[tuple[int, Op]] = []
    for row, op in found:
        due = {cell for ends in wanted for cell in ends}
        if op.name == "reset" and op.operands[0] in due and not rest:
            fresh.add(op.operands[0])
        elif op.name == "ebit":
            if (op.operands[0], op.operands[1]) not in wanted or rest:
                refuse(_where(row, op, cells), "is no ebit of the plan's pairs at this step")
            if not set(op.operands) <= fresh:
                refuse(_where(row, op, cells), "both cells of an ebit must be reset right before")
            del wanted[op.operands[0], op.operands[1]]
        else:
            rest.append((row, op))
            continue
        if op.condition != NO_BIT:
            refuse(_where(row, op, cells), "must not be conditioned")
    for pair in wanted.values():
        refuse(f"pair {pair}", "the joint program makes no ebit for it where it is first used")
    return rest


def _where(row: int, op: Op, cells: Cells) -> str:
    return f"joint op {row} ({op.name} {cells.labels(op.operands)})"


def _compare_step(
    steps: StepTable, step: int, found: list[tuple[int, Op]], program_bits: int
) -> None:
    expected = _meaning(steps, step, program_bits)
    seen = [op for _, op in found]
    if seen != expected:
        kind = StepKind(int(steps.kind[step])).name
        refuse(
            f"joint ops of step {step} ({kind})", f"must be {_words(expected)}, not {_words(seen)}"
        )


def _meaning(steps: StepTable, step: int, program_bits: int) -> list[Op]:
    """What a step means, from the table in `compiler.plan`."""
    kind = StepKind(int(steps.kind[step]))
    cells = steps.cells_of(step)
    measure = [
        Op(name="measure", operands=(cell,), clbit=program_bits + bit)
        for cell, bit in zip(_measured(kind, cells), steps.bits_of(step), strict=True)
    ]
    along_z = steps.axis[step] == Axis.Z
    if kind == StepKind.OPEN:
        if along_z:
            return [Op(name="cx", operands=cells), *measure]
        flipped = Op(name="cx", operands=cells[::-1])
        return [flipped, Op(name="h", operands=cells[1:]), *measure]
    if kind == StepKind.CLOSE:
        return [Op(name="h", operands=cells), *measure] if along_z else measure
    if kind in {StepKind.MOVE, StepKind.SWAP}:
        return [Op(name="cx", operands=cells), Op(name="h", operands=cells[:1]), *measure]
    if kind == StepKind.MEASURE:
        return [Op(name="measure", operands=cells, clbit=int(steps.clbit[step]))]
    gate = Op(name=steps.names[steps.gate[step]], operands=cells, params=steps.params_of(step))
    if kind == StepKind.CORRECT:
        bit = program_bits + int(steps.condition[step])
        return [Op(name=gate.name, operands=cells, condition=bit)]
    return [gate]


def _measured(kind: StepKind, cells: tuple[int, ...]) -> tuple[int, ...]:
    if kind == StepKind.OPEN:
        return cells[1:]
    return cells if kind in {StepKind.CLOSE, StepKind.MOVE, StepKind.SWAP} else ()


def _words(ops: list[Op]) -> str:
    def one(op: Op) -> str:
        condition = "" if op.condition == NO_BIT else f"if bit {op.condition}: "
        target = "" if op.clbit == NO_BIT else f" -> bit {op.clbit}"
        return f"{condition}{op.name}{list(op.operands)}{target}"

    return "; ".join(one(op) for op in ops) or "nothing"
