"""Correct plans, and seeded ways to break them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator

import numpy as np
from tests.compiler.check.handmade import (
    BY_HAND,
    Step,
    circuit,
    op,
    step_table,
    steps_of,
    with_ops,
)
from tests.compiler.check.readable import same_on_random_branches, sourced, start_and_end

from interlace.circuit import Circuit, Op
from interlace.compiler import Axis, JointProgram, Plan, Role, StepKind, distribute, lower
from interlace.compiler.check import CheckFailure, check_plan
from interlace.errors import InterlaceError
from interlace.network import make_network

_ANGLES = {"crz": 1, "cp": 1, "rzz": 1, "rxx": 1, "rx": 1, "rz": 1}
_CLIFFORD = ("h", "s", "cx", "cz", "cy", "swap", "iswap")
_ANY = ("h", "t", "rx", "rz", "cx", "crz", "cp", "rzz", "rxx", "ch", "iswap", "swap", "ccx")
_OPERANDS = {"h": 1, "s": 1, "t": 1, "rx": 1, "rz": 1, "ccx": 3}


def random_circuit(seed: int, *, qubits: int, size: int, gates: tuple[str, ...]) -> Circuit:
    """A circuit with a measurement and a reset in the middle."""
    rng = np.random.default_rng(seed)
    ops: list[Op] = []
    for index in range(size):
        if index == size // 2:
            ops += [op("measure", 0, clbit=0), op("reset", 1)]
        name = str(rng.choice(gates))
        operands = rng.permutation(qubits)[: _OPERANDS.get(name, 2)].tolist()
        params = tuple(rng.uniform(0.3, 2.5, _ANGLES.get(name, 0)).tolist())
        ops.append(op(name, *operands, params=params))
    return circuit(qubits, *ops, clbits=2)


@functools.cache
def subject(name: str) -> tuple[Plan, JointProgram]:
    """A correct plan: by hand, or of a random circuit over two or three machines."""
    if name in BY_HAND:
        return BY_HAND[name]()
    gates = _CLIFFORD if name.startswith("clifford") else _ANY
    seed = int(name.split()[1])
    machines = 2 + seed % 2
    network = make_network("line", str(machines), device="ideal:4", communication_qubits=2)
    plan = distribute(random_circuit(seed, qubits=4, size=14, gates=gates), network)
    return plan, lower(plan)


SUBJECTS = [*BY_HAND, "any 0", "any 1", "any 2", "any 3", "clifford 4", "clifford 5"]


def with_steps(plan: Plan, steps: list[Step], at: int, delta: int) -> Plan:
    """The plan with other steps; where `delta` came in at `at`, what lies behind moves along."""

    def shifted(values: np.ndarray) -> np.ndarray:
        return np.where(values > at, values + delta, values)

    return dataclasses.replace(
        plan,
        steps=step_table(steps),
        blocks=(dataclasses.replace(plan.blocks[0], stop=len(steps)),),
        pairs=dataclasses.replace(plan.pairs, step=shifted(plan.pairs.step)),
        placement=dataclasses.replace(
            plan.placement,
            from_step=shifted(plan.placement.from_step),
            to_step=shifted(plan.placement.to_step),
        ),
    )


Mutate = Callable[[Plan, np.random.Generator], Plan | None]


def _some(plan: Plan, rng: np.random.Generator, *kinds: StepKind) -> int | None:
    rows = np.flatnonzero(np.isin(plan.steps.kind, kinds))
    return int(rng.choice(rows)) if len(rows) else None


def _dropping(*kinds: StepKind) -> Mutate:
    def mutate(plan: Plan, rng: np.random.Generator) -> Plan | None:
        at = _some(plan, rng, *kinds)
        if at is None:
            return None
        steps = steps_of(plan)
        return with_steps(plan, steps[:at] + steps[at + 1 :], at, -1)

    return mutate


def exchange(plan: Plan, rng: np.random.Generator) -> Plan | None:
    at = int(rng.integers(len(plan.steps) - 1))
    steps = steps_of(plan)
    steps[at], steps[at + 1] = steps[at + 1], steps[at]
    return with_steps(plan, steps, 0, 0)


def _changing(
    change: Callable[[Plan, Step, np.random.Generator], dict], *kinds: StepKind
) -> Mutate:
    def mutate(plan: Plan, rng: np.random.Generator) -> Plan | None:
        at = _some(plan, rng, *kinds)
        if at is None:
            return None
        steps = steps_of(plan)
        if change is _angle:
            turned = [i for i, step in enumerate(steps) if step.params]
            at = int(rng.choice(turned)) if turned else at
        steps[at] = dataclasses.replace(steps[at], **change(plan, steps[at], rng))
        return with_steps(plan, steps, 0, 0)

    return mutate


def _other_cell(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    cells = list(step.cells)
    cells[int(rng.integers(len(cells)))] = int(rng.integers(plan.num_cells))
    return {"cells": tuple(cells)}


def _angle(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    return {"params": tuple(value + 1e-5 for value in step.params)}


def _bit(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    return {"condition": int(rng.integers(plan.num_bits))}


def _axis(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    return {"axis": Axis.X if step.axis == Axis.Z else Axis.Z}


def _flip(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    return {"gate": "x" if step.gate == "z" else "z"}


def _source(plan: Plan, step: Step, rng: np.random.Generator) -> dict:
    return {"source": int(rng.integers(len(plan.circuit.ops)))}


def crowd(plan: Plan, rng: np.random.Generator) -> Plan | None:
    """One communication qubit fewer than the plan uses, at one machine."""
    rows = [r for r in plan.registers if r.role == Role.COMMUNICATION and r.size]
    register = rows[int(rng.integers(len(rows)))]
    machines = list(plan.network.machines)
    machine = machines[register.node]
    gone = int(rng.choice(register.device_qubits))
    machines[register.node] = dataclasses.replace(
        machine, communication=tuple(q for q in machine.communication if q != gone)
    )
    return dataclasses.replace(
        plan, network=dataclasses.replace(plan.network, machines=tuple(machines))
    )


def shrink(plan: Plan, rng: np.random.Generator) -> Plan | None:
    """A device too small for the data at one machine."""
    rows = [r for r in plan.registers if r.role == Role.DATA and r.size]
    register = rows[int(rng.integers(len(rows)))]
    machines = list(plan.network.machines)
    machine = machines[register.node]
    device = dataclasses.replace(
        machine.device, qubits=len(machine.communication) + register.size - 1
    )
    machines[register.node] = dataclasses.replace(
        machine, device=device, communication=tuple(range(len(machine.communication)))
    )
    registers = tuple(
        dataclasses.replace(r, device_qubits=tuple(range(r.size)))
        if r.role == Role.COMMUNICATION and r.node == register.node
        else r
        for r in plan.registers
    )
    network = dataclasses.replace(plan.network, machines=tuple(machines))
    return dataclasses.replace(plan, network=network, registers=registers)


def misplace(plan: Plan, rng: np.random.Generator) -> Plan | None:
    row = int(rng.integers(len(plan.placement.cell)))
    cells = plan.placement.cell.copy()
    cells[row] = (cells[row] + 1 + int(rng.integers(plan.num_cells - 1))) % plan.num_cells
    return dataclasses.replace(plan, placement=dataclasses.replace(plan.placement, cell=cells))


def rewire(plan: Plan, rng: np.random.Generator) -> Plan | None:
    row = int(rng.integers(len(plan.pairs)))
    cells = plan.pairs.first_cell.copy()
    cells[row] = (cells[row] + 1 + int(rng.integers(plan.num_cells - 1))) % plan.num_cells
    return dataclasses.replace(plan, pairs=dataclasses.replace(plan.pairs, first_cell=cells))


MUTATIONS: dict[str, Mutate] = {
    "drop a correction": _dropping(StepKind.CORRECT),
    "drop a gate": _dropping(StepKind.GATE),
    "drop a close": _dropping(StepKind.CLOSE),
    "drop an open, move or swap": _dropping(StepKind.OPEN, StepKind.MOVE, StepKind.SWAP),
    "drop a measurement": _dropping(StepKind.MEASURE),
    "exchange two steps": exchange,
    "change an angle": _changing(_angle, StepKind.GATE),
    "another cell of a gate": _changing(_other_cell, StepKind.GATE),
    "another cell of a correction": _changing(_other_cell, StepKind.CORRECT),
    "another cell of an open": _changing(_other_cell, StepKind.OPEN, StepKind.MOVE, StepKind.SWAP),
    "another bit": _changing(_bit, StepKind.CORRECT),
    "another axis": _changing(_axis, StepKind.OPEN, StepKind.CLOSE),
    "x for z": _changing(_flip, StepKind.CORRECT),
    "another source": _changing(_source, StepKind.GATE, StepKind.MEASURE),
    "too few communication qubits": crowd,
    "too few data qubits": shrink,
    "another placement": misplace,
    "another end of a pair": rewire,
}


def mutants(name: str, each: int) -> Iterator[tuple[str, Plan]]:
    plan, _ = subject(name)
    for index, (kind, mutate) in enumerate(MUTATIONS.items()):
        rng = np.random.default_rng([index, SUBJECTS.index(name)])
        for _ in range(each):
            mutant = mutate(plan, rng)
            if mutant is not None and mutant.content_id() != plan.content_id():
                yield kind, mutant


def is_caught(mutant: Plan, joint: JointProgram) -> bool:
    """Whether the check refuses; a program that cannot even be lowered stands on the old one."""
    try:
        lowered = lower(mutant)
    except (InterlaceError, IndexError, ValueError, KeyError):
        lowered = joint
    try:
        check_plan(mutant, lowered)
    except CheckFailure:
        return True
    return False


def joint_mutants(joint: JointProgram, number: int, seed: int) -> Iterator[JointProgram]:
    rng = np.random.default_rng(seed)
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    internal = [item.clbit for item, _ in rows if item.clbit >= joint.num_program_bits]
    cells = sum(register.size for register in joint.registers)
    for _ in range(number):
        at = int(rng.integers(len(rows)))
        item, step = rows[at]
        choice = int(rng.integers(5))
        if choice == 0:
            yield with_ops(joint, rows[:at] + rows[at + 1 :])
        elif choice == 1 and at + 1 < len(rows):
            pair = [rows[at + 1], rows[at]]
            yield with_ops(joint, rows[:at] + pair + rows[at + 2 :])
        elif choice == 2 and item.condition != -1:
            new = dataclasses.replace(item, condition=int(rng.choice(internal)))
            yield with_ops(joint, [*rows[:at], (new, step), *rows[at + 1 :]])
        elif choice == 3:
            operands = list(item.operands)
            operands[int(rng.integers(len(operands)))] = int(rng.integers(cells))
            if len(set(operands)) == len(operands):
                new = dataclasses.replace(item, operands=tuple(operands))
                yield with_ops(joint, [*rows[:at], (new, step), *rows[at + 1 :]])
        else:
            gate = op(str(rng.choice(["x", "z", "h", "s"])), int(rng.integers(cells)))
            yield with_ops(joint, [*rows[:at], (gate, step), *rows[at:]])


def without_a_reset(joint: JointProgram, rng: np.random.Generator) -> JointProgram | None:
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    resets = [row for row, (item, _) in enumerate(rows) if item.name == "reset"]
    if not resets:
        return None
    at = int(rng.choice(resets))
    return with_ops(joint, rows[:at] + rows[at + 1 :])


def by_another_bit(joint: JointProgram, rng: np.random.Generator) -> JointProgram | None:
    rows = list(zip(joint.ops, joint.step.tolist(), strict=True))
    read = [row for row, (item, _) in enumerate(rows) if item.condition >= 0]
    written = sorted({item.clbit for item, _ in rows if item.clbit >= joint.num_program_bits})
    at = int(rng.choice(read))
    item, step = rows[at]
    others = [bit for bit in written if bit != item.condition]
    if not others:
        return None
    new = dataclasses.replace(item, condition=int(rng.choice(others)))
    return with_ops(joint, [*rows[:at], (new, step), *rows[at + 1 :]])


JOINT_MUTATIONS = {"drop a reset": without_a_reset, "an op of another bit": by_another_bit}


def counted(number: int, seed: int) -> list[dict[str, object]]:
    """Check so many mutants, all kinds in turn, and count what became of them.

    A mutant that passes is `equivalent` if the readable simulator finds the same computation,
    else `missed`.

    Returns:
        for each kind of mutation how many were tried, refused, equivalent and missed.
    """
    kinds: list[str] = [*MUTATIONS, *JOINT_MUTATIONS]
    count = {kind: dict.fromkeys(("tried", "refused", "equivalent", "missed"), 0) for kind in kinds}
    rng = np.random.default_rng(seed)
    tried = 0
    while tried < number:
        plan, joint = subject(SUBJECTS[int(rng.integers(len(SUBJECTS)))])
        kind = kinds[tried % len(kinds)]
        if kind in JOINT_MUTATIONS:
            mutant, changed = plan, JOINT_MUTATIONS[kind](joint, rng)
            if changed is None:
                continue
            verdict = judged(mutant, changed)
        else:
            mutant = MUTATIONS[kind](plan, rng)
            if mutant is None or mutant.content_id() == plan.content_id():
                continue
            verdict = "refused" if is_caught(mutant, joint) else judged(mutant, lower(mutant))
        tried += 1
        count[kind]["tried"] += 1
        count[kind][verdict] += 1
    return [{"mutation": kind, **numbers} for kind, numbers in count.items()]


def judged(plan: Plan, joint: JointProgram) -> str:
    """What became of one mutant."""
    try:
        check_plan(plan, joint)
    except CheckFailure:
        return "refused"
    same = same_on_random_branches(
        plan.circuit,
        sourced(plan, joint),
        plan.num_cells,
        start_and_end(plan),
        branches=16,
        seed=1,
    )
    return "equivalent" if same else "missed"
