"""Does the joint program say what the plan's steps say, and keep to its own rules."""

from __future__ import annotations

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.shape import check_table
from interlace.compiler.plan import Axis, Plan, StepKind, StepTable
from interlace.compiler.program import JointProgram

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
    steps = joint.step.tolist()
    if len(steps) != len(joint.ops):
        refuse("joint program", "needs the step of every op")
    pairs: list[list[int]] = [[] for _ in range(len(plan.steps))]
    for pair, step in enumerate(plan.pairs.step.tolist()):
        pairs[step].append(pair)
    rows: list[list[tuple[int, Op]]] = [[] for _ in range(len(plan.steps))]
    for row, (op, step) in enumerate(zip(joint.ops, steps, strict=True)):
        if not 0 <= step < len(plan.steps) or (row and step < steps[row - 1]):
            refuse(_where(row, op, cells), f"steps must rise through the schedule (got {step})")
        if op.name != "ebit" and len({cells.node[cell] for cell in op.operands}) > 1:
            refuse(_where(row, op, cells), "only an ebit may touch two machines")
        rows[step].append((row, op))
    for step, found in enumerate(rows):
        rest = _take_pairs(plan, cells, pairs[step], found)
        _compare_step(plan.steps, step, rest, joint.num_program_bits)


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
