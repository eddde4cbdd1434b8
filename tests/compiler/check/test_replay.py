"""The replay of a machine's own program: right ones pass, broken ones are named."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from tests.compiler import dense
from tests.compiler.check.handmade import BY_HAND, Draft, circuit, op
from tests.compiler.check.readable import applied, product, run
from tests.compiler.twins import replay as twin

from interlace.circuit import Op, OpTable
from interlace.circuit import matrix as gate_matrix
from interlace.compiler import (
    JointProgram,
    MachineProgram,
    distribute,
    localise,
    lower,
)
from interlace.compiler.check import CheckFailure, check_machine_program
from interlace.network import Device, GateProfile, Network, make_network

_NATIVE = tuple(GateProfile(name=name, time_s=0.0, error=0.0) for name in ("cz", "rz", "sx", "x"))


def line_device(qubits: int) -> Device:
    """A line of coupled qubits with the basis of many superconducting devices."""
    coupling = tuple((i, i + 1) for i in range(qubits - 1))
    return Device(name="line", qubits=qubits, coupling=coupling, gates=_NATIVE)


def on_lines(machines: int, qubits: int, communication: int) -> Network:
    return make_network(
        "line",
        str(machines),
        device=line_device(qubits),
        communication_qubits=communication,
    )


def machine_program(
    node: int, initial: dict[int, int], final: dict[int, int], *rows: tuple[Op, int, bool]
) -> MachineProgram:
    return MachineProgram(
        node=node,
        initial_layout=tuple(sorted(initial.items())),
        final_layout=tuple(sorted(final.items())),
        ops=OpTable.of(row[0] for row in rows),
        joint_op=np.array([row[1] for row in rows], dtype=np.int64),
        swap=np.array([0 if row[2] else -1 for row in rows], dtype=np.int64),
    )


def test_every_plan_by_hand_is_replayed_on_ideal_devices() -> None:
    for make in BY_HAND.values():
        plan, joint = make()
        for program in localise(joint, plan.network):
            check_machine_program(joint, program, plan.network.nodes[program.node].device)


@pytest.mark.parametrize("seed", range(3))
def test_a_distributed_circuit_is_replayed_on_coupled_devices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ops = []
    for _ in range(14):
        a, b = rng.permutation(6)[:2].tolist()
        ops += [op("cp", a, b, params=(float(rng.uniform(0.1, 3)),)), op("h", a)]
    network = on_lines(2, 5, 2)
    plan = distribute(circuit(6, *ops), network)
    joint = lower(plan)
    programs = localise(joint, network)
    assert any(program.inserted.any() for program in programs)
    for program in programs:
        check_machine_program(joint, program, network.machines[program.node].device)


def one_machine(seed: int) -> tuple[JointProgram, MachineProgram, Device]:
    """A circuit on four qubits of one machine that needs SWAPs, with its own program."""
    rng = np.random.default_rng(seed)
    ops = []
    for _ in range(7):
        a, b = rng.permutation(4)[:2].tolist()
        ops += [op("cx", a, b), op("ry", a, params=(float(rng.uniform(0.1, 3)),))]
    ops.insert(6, op("measure", 2, clbit=0))
    draft = Draft.line(circuit(4, *ops, clbits=1), (4, 0), (0, 1))
    for source, item in enumerate(ops):
        if item.name == "measure":
            draft.measure(source, item.operands[0])
        else:
            draft.gate(source, *item.operands)
    device = line_device(4)
    machine = dataclasses.replace(draft.network.machines[0], device=device, communication=())
    draft.network = dataclasses.replace(
        draft.network, machines=(machine, *draft.network.machines[1:])
    )
    plan = draft.build(0, 1, 2, 3)
    joint = lower(plan)
    return joint, localise(joint, draft.network)[0], device


def same_machine(joint: JointProgram, program: MachineProgram, device: Device) -> bool:
    """Whether the device's qubits end as the layout says, from one random state, both outcomes."""
    rng = np.random.default_rng(9)
    parts = rng.normal(size=(device.qubits, 2, 2))
    inputs = parts[..., 0] + 1j * parts[..., 1]
    inputs /= np.linalg.norm(inputs, axis=1, keepdims=True)
    first, last = dict(program.initial_layout), dict(program.final_layout)
    if len(set(last.values())) < len(last):
        return False
    for outcome in (0, 1):
        states = [
            run(
                [(item, 0) for item in table],
                product(device.qubits, tuple(start.values()), inputs),
                lambda i, s, a, b: outcome,  # noqa: B023
            )
            for table, start in ((joint.ops, {c: c for c in first}), (program.ops, first))
        ]
        states[1] = np.moveaxis(states[1], [last[cell] for cell in sorted(last)], sorted(last))
        one, two = (state.reshape(-1) for state in states)
        if abs(abs(np.vdot(one, two)) - np.linalg.norm(one) * np.linalg.norm(two)) > 1e-9:
            return False
        if abs(np.linalg.norm(one) - np.linalg.norm(two)) > 1e-9:
            return False
    return True


def broken(program: MachineProgram, seed: int) -> Iterator[MachineProgram]:
    rng = np.random.default_rng(seed)
    ops = list(program.ops)
    for _ in range(30):
        at = int(rng.integers(len(ops)))
        keep = np.arange(len(ops)) != at
        choice = int(rng.integers(5))
        changed = ops[at]
        if choice == 0:
            yield dataclasses.replace(
                program,
                ops=OpTable.of(item for item, kept in zip(ops, keep, strict=True) if kept),
                joint_op=program.joint_op[keep],
                swap=program.swap[keep],
            )
            continue
        if choice == 1:
            cells = [cell for cell, _ in program.final_layout]
            places = rng.permutation([place for _, place in program.final_layout]).tolist()
            yield dataclasses.replace(program, final_layout=tuple(zip(cells, places, strict=True)))
            continue
        if choice == 2 and changed.params:
            changed = dataclasses.replace(changed, params=(changed.params[0] + 0.01,))
        elif choice == 3 and changed.name != "measure":
            changed = dataclasses.replace(changed, condition=0)
        else:
            operands = rng.permutation(4)[: len(changed.operands)].tolist()
            changed = dataclasses.replace(changed, operands=tuple(operands))
        yield dataclasses.replace(program, ops=OpTable.of([*ops[:at], changed, *ops[at + 1 :]]))


@pytest.mark.parametrize("seed", range(4))
def test_every_broken_machine_program_is_caught_unless_it_does_the_same(seed: int) -> None:
    joint, program, device = one_machine(seed)
    check_machine_program(joint, program, device)
    assert same_machine(joint, program, device)
    tried = caught = 0
    for changed in broken(program, seed):
        tried += 1
        try:
            check_machine_program(joint, changed, device)
        except CheckFailure:
            caught += 1
        else:
            assert same_machine(joint, changed, device)
    assert caught >= 0.6 * tried


def other_programs(program: MachineProgram, seed: int) -> Iterator[MachineProgram]:
    """As `broken`, and what only routing writes: numbers of SWAPs, rows, places at the start."""
    rng = np.random.default_rng(seed)
    yield from broken(program, seed)
    for column in ("swap", "joint_op"):
        for _ in range(6):
            changed = getattr(program, column).copy()
            at = int(rng.integers(len(changed)))
            changed[at] = changed[int(rng.integers(len(changed)))]
            yield dataclasses.replace(program, **{column: changed})
    for _ in range(4):
        cells = [cell for cell, _ in program.initial_layout]
        places = rng.permutation([place for _, place in program.initial_layout]).tolist()
        yield dataclasses.replace(program, initial_layout=tuple(zip(cells, places, strict=True)))


def refusal(check: Callable[..., None], *arguments: object) -> str | None:
    try:
        check(*arguments)
    except CheckFailure as error:
        return str(error)
    return None


@pytest.mark.parametrize("seed", range(8))
def test_the_columns_say_what_the_readable_twin_says_op_by_op(seed: int) -> None:
    ring = [(i, (i + 1) % 6) for i in range(6)]
    natives = ("rz", "sx", "x", "cz") if seed % 2 else ()
    made = dense.network((dense.device(6, ring, natives), (0, 3)), (dense.device(4), (1, 2)))
    joint = dense.random_program(seed, (4, (0, 3)), (2, (1, 2)), 40)
    refused = 0
    for program in localise(joint, made):
        device = made.machines[program.node].device
        assert refusal(check_machine_program, joint, program, device) is None
        for changed in other_programs(program, seed):
            found = refusal(check_machine_program, joint, changed, device)
            wanted = refusal(twin.check_machine_program, joint, changed, device)
            assert (found is None) == (wanted is None), (found, wanted)
            refused += found is not None
    assert refused > 40


# Two qubits next to each other; the program is CX on cells 0, 1, then a measurement of cell 0.
JOINT_OPS = (op("cx", 0, 1), op("measure", 0, clbit=0))
AT_HOME = {0: 0, 1: 1}
CX = ((op("h", 1), 0, False), (op("cz", 0, 1), 0, False), (op("h", 1), 0, False))
READ = (op("measure", 0, clbit=0), 1, False)


def small(*gates: str, coupling: tuple[tuple[int, int], ...] = ((0, 1),)) -> Device:
    profiles = tuple(GateProfile(name=name, time_s=0.0, error=0.0) for name in gates)
    return Device(name="small", qubits=3, coupling=coupling, gates=profiles)


def small_joint() -> JointProgram:
    draft = Draft.line(circuit(2, *JOINT_OPS, clbits=1), (2, 0), (0, 1))
    draft.gate(0, 0, 1)
    draft.measure(1, 0)
    return lower(draft.build(0, 1))


@pytest.mark.parametrize(
    ("final", "rows", "device", "rule"),
    [
        (AT_HOME, (*CX, READ), small("cx"), "h is not native to small"),
        (AT_HOME, (*CX, READ), small(coupling=((1, 2),)), "does not couple these qubits"),
        (AT_HOME, (*CX[:2], READ), small(), "is not what is done on device qubits"),
        (AT_HOME, CX, small(), "must be one measure on one qubit"),
        ({0: 1, 1: 0}, (*CX, READ), small(), "final layout is not where its cells end"),
        ({0: 1, 1: 1}, (*CX, READ), small(), "a device qubit of its own"),
        (
            AT_HOME,
            (*CX, (op("measure", 1, clbit=0), 1, False)),
            small(),
            "is on device qubit 0, not 1",
        ),
        (AT_HOME, (READ, *CX), small(), "joint ops must rise"),
        (AT_HOME, (*CX, READ, (op("x", 0), 7, False)), small(), "joint ops must rise .got 7"),
        (AT_HOME, ((op("cz", 0, 1), 0, True), *CX, READ), small(), "make no SWAP"),
        (
            AT_HOME,
            ((op("swap", 0, 1), 0, True), *CX, READ),
            small(),
            "is not what is done on device qubits .1, 0.",
        ),
        (AT_HOME, (CX[0], (op("swap", 0, 1), 0, True), *CX[1:], READ), small(), "inserted inside"),
        (
            AT_HOME,
            ((dataclasses.replace(CX[0][0], condition=0), 0, False), *CX[1:], READ),
            small(),
            "must carry the condition of joint op 0",
        ),
        (AT_HOME, ((op("h", 9), 0, False), *CX, READ), small(), "must lie in .0, 3."),
    ],
)
def test_each_broken_rule_of_a_machine_program_is_named(final, rows, device, rule: str) -> None:
    with pytest.raises(CheckFailure, match=rule):
        check_machine_program(small_joint(), machine_program(0, AT_HOME, final, *rows), device)


def test_inserted_gates_move_cells_if_they_make_a_swap() -> None:
    swap = [(op("cx", *pair), 0, True) for pair in ((0, 1), (1, 0), (0, 1))]
    rows = (*swap, (op("cx", 1, 0), 0, False), (op("measure", 1, clbit=0), 1, False))
    moved = machine_program(0, AT_HOME, {0: 1, 1: 0}, *rows)
    check_machine_program(small_joint(), moved, small())


def test_an_ebit_is_made_on_the_device_qubit_that_the_register_names() -> None:
    plan, joint = BY_HAND["bell"]()
    (program, _) = localise(joint, plan.network)
    device = plan.network.machines[0].device
    named = joint.registers[1].device_qubits[0]
    turned = {named: 0 if named else 1, (0 if named else 1): named}
    places = tuple((cell, turned.get(at, at)) for cell, at in program.initial_layout)
    elsewhere = dataclasses.replace(
        program,
        initial_layout=places,
        final_layout=places,
        ops=OpTable.of(
            dataclasses.replace(item, operands=tuple(turned.get(q, q) for q in item.operands))
            for item in program.ops
        ),
    )
    with pytest.raises(CheckFailure, match="which the register names"):
        check_machine_program(joint, elsewhere, device)


def test_a_communication_cell_may_not_take_its_qubit_from_a_cell_that_is_still_read() -> None:
    plan, joint = BY_HAND["bell"]()
    program = localise(joint, plan.network)[0]
    home = dict(program.initial_layout)
    comm, data = home[1], home[0]
    # The data cell starts on the communication qubit; the reset would wipe it out.
    ops = [
        dataclasses.replace(item, operands=(comm,)) if row == 0 else item
        for item, row in zip(program.ops, program.joint_op.tolist(), strict=True)
    ]
    stolen = dataclasses.replace(
        program, initial_layout=((0, comm), (1, data)), ops=OpTable.of(ops)
    )
    with pytest.raises(CheckFailure, match=r"takes device qubit .* from m0_data.0."):
        check_machine_program(joint, stolen, plan.network.machines[0].device)


def test_the_readable_simulator_knows_a_swap_from_nothing() -> None:
    state = product(2, (0, 1), np.array([[1, 0], [0, 1]], dtype=complex))
    assert np.allclose(applied(state, gate_matrix("swap"), (0, 1)), state.T)
