"""Plans written by hand: the right ones pass, and each broken rule is named."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.compiler.check.handmade import BY_HAND, Draft, bell, circuit, op, step_table, steps_of
from tests.compiler.check.readable import same_on_random_branches, sourced, start_and_end

from interlace.circuit import Register
from interlace.compiler import Axis, Branch, StepKind, lower
from interlace.compiler.check import CheckFailure, check_plan, check_schedule
from interlace.errors import InvariantError


@pytest.mark.parametrize("name", BY_HAND)
def test_a_correct_plan_passes_and_the_readable_simulator_agrees(name: str) -> None:
    plan, joint = BY_HAND[name]()
    report = check_plan(plan, joint)
    assert report.method == "branches"
    assert report.rules
    assert report.shown[0].startswith("Contraction")
    assert same_on_random_branches(
        plan.circuit,
        sourced(plan, joint),
        plan.num_cells,
        start_and_end(plan),
        branches=20,
        seed=5,
    )


def test_a_clifford_plan_beyond_the_branches_is_compared_with_its_circuit_by_random_paulis() -> (
    None
):
    qubits = 14
    ops = [op("h", 0)] + [op("cx", i, i + 1) for i in range(qubits - 1)]
    draft = Draft.line(circuit(qubits, *ops), (7, 7), (1, 1), qubits=8)
    for i in range(7):
        draft.gate(i, *((0,) if i == 0 else (i - 1, i)))
    draft.pair(7, 15)
    draft.open(6, 7, 15, 0, Axis.Z)
    draft.gate(7, 15, 8)
    draft.close(15, 6, 0, Axis.Z)
    for i in range(8, qubits):
        draft.gate(i, i, i + 1)
    plan = draft.build(*range(7), *range(8, 15))
    report = check_plan(plan, lower(plan))
    assert report.method == "stabilizer"
    assert report.false_acceptance == 2.0**-64
    assert any("branch by branch" in sentence for sentence in report.not_shown)


def test_a_failure_is_an_invariant_error_that_says_where_and_which_rule() -> None:
    plan, _ = bell()
    steps = steps_of(plan)
    broken = dataclasses.replace(plan, steps=step_table(steps[:2] + steps[3:]))
    with pytest.raises(CheckFailure) as caught:
        check_schedule(
            dataclasses.replace(
                broken,
                blocks=(dataclasses.replace(plan.blocks[0], stop=len(broken.steps)),),
                placement=dataclasses.replace(plan.placement, to_step=plan.placement.to_step - 1),
            )
        )
    assert isinstance(caught.value, InvariantError)
    assert caught.value.where == "step 2 (GATE m1_comm[0], m1_data[0])"
    assert caught.value.rule == "m1_comm[0] is used before its correction x by bit 0"


def _changed(index: int, **columns):
    def change(steps: list) -> list:
        return [
            dataclasses.replace(step, **columns) if i == index else step
            for i, step in enumerate(steps)
        ]

    return change


def _without(index: int):
    return lambda steps: steps[:index] + steps[index + 1 :]


def _exchanged(index: int):
    return lambda steps: [*steps[:index], steps[index + 1], steps[index], *steps[index + 2 :]]


# bell: 0 h, 1 OPEN, 2 x on the copy, 3 cx, 4 CLOSE, 5 z on the root
@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_without(5), "end of the schedule: m0_data.0. lacks its correction z by bit 1"),
        (_changed(5, gate="x"), "no correction x by bit 1 is due on m0_data.0."),
        (_changed(5, condition=0), "no correction z by bit 0 is due"),
        (_changed(5, packet=3), "the correction belongs to packet 0"),
        (_changed(2, cells=(2,)), "no correction x by bit 0 is due on m1_data.0., which holds q"),
        (_changed(2, node=0), "is not at the step's node"),
        (_exchanged(1), "step 1 .CORRECT m1_comm.0..: bit 0 was not written before"),
        (_exchanged(2), "used before its correction"),
        (_exchanged(3), "m1_comm.0. holds nothing"),
        (_exchanged(4), "bit 1 was not written before"),
        (_changed(4, bits=(0,)), "internal bit 0 is written twice"),
        (_changed(4, axis=Axis.X), "the copy is of packet 0 along Z"),
        (_changed(4, packet=1), "the copy is of packet 0"),
        (_changed(1, axis=Axis.X), "no correction x by bit 0 is due"),
        (_changed(1, axis=Axis.NONE), "has a wrong axis"),
        (_changed(1, cells=(1, 0)), "must hold a qubit, not half a pair"),
        (_changed(1, packet=-1), "needs a packet number"),
        (_changed(1, bits=()), "writes 1 bits, not 0"),
        (_changed(1, cells=(0,)), "needs 2 cells, has 1"),
        (_changed(1, source=0), "has no source"),
        (_changed(3, cells=(2, 3)), "does not commute with the axis Z of packet 0"),
        (_changed(3, cells=(0, 2)), "is not at the step's node"),
        (
            _changed(3, gate="cz"),
            "circuit operation 1 .cx q.0., q.1..: is carried out by step 3 .*another unitary",
        ),
        (_changed(3, source=0), "is carried out on other qubits"),
        (_changed(3, source=-1), "cx belongs to no operation of the circuit"),
        (_changed(3, gate="ebit"), "ebit is no gate"),
        (_changed(3, gate="warp"), "no operation 'warp'"),
        (_changed(3, cells=(3, 9)), "must lie in .0, 4."),
        (_changed(0, source=-1), "h belongs to no operation"),
        (_changed(0, params=(0.1,)), "h needs 1 operands and 0 parameters"),
        (_without(0), "m0_comm.0. must hold half a pair, not nothing"),
        (_changed(0, kind=StepKind.DISTIL, gate=None, source=-1), "distillation is reserved"),
        (_changed(0, kind=StepKind.MEASURE, gate=None, clbit=0), "clbit"),
    ],
)
def test_each_broken_step_is_named(change, rule: str) -> None:
    plan, _ = bell()
    steps = change(steps_of(plan))
    missing = len(plan.steps) - len(steps)
    broken = dataclasses.replace(
        plan,
        steps=step_table(steps),
        blocks=(dataclasses.replace(plan.blocks[0], stop=len(steps)),),
        placement=dataclasses.replace(plan.placement, to_step=plan.placement.to_step - missing),
    )
    with pytest.raises(CheckFailure, match=rule):
        check_schedule(broken)


def test_a_measurement_names_the_operation_of_the_circuit_that_it_carries_out() -> None:
    plan, _ = BY_HAND["bits"]()
    steps = steps_of(plan)
    at = next(i for i, step in enumerate(steps) if step.kind == StepKind.MEASURE)
    broken = dataclasses.replace(plan, steps=step_table(_changed(at, source=-1)(steps)))
    with pytest.raises(CheckFailure, match=rf"step {at} .MEASURE.: needs the operation of the"):
        check_schedule(broken)


def _register(index: int, **columns):
    def change(plan):
        registers = list(plan.registers)
        registers[index] = dataclasses.replace(registers[index], **columns)
        return dataclasses.replace(plan, registers=tuple(registers))

    return change


def _column(table: str, name: str, *values: int):
    def change(plan):
        part = getattr(plan, table)
        part = dataclasses.replace(part, **{name: np.array(values, dtype=np.int64)})
        return dataclasses.replace(plan, **{table: part})

    return change


def _wired(plan):
    link = dataclasses.replace(plan.network.links[0], wired=((3,), None))
    return dataclasses.replace(plan, network=dataclasses.replace(plan.network, links=(link,)))


def _on_top(plan):
    machine = dataclasses.replace(plan.network.machines[0], communication=None)
    machines = (machine, *plan.network.machines[1:])
    return dataclasses.replace(plan, network=dataclasses.replace(plan.network, machines=machines))


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (_register(0, size=6), "must lie in|has 5 data qubits, the plan uses 6"),
        (_register(0, size=10**15), "m0 has 5 data qubits, the plan uses 1000000000000000"),
        (
            lambda plan: dataclasses.replace(
                plan,
                circuit=dataclasses.replace(
                    plan.circuit, qubit_registers=(Register(name="q", size=10**15),)
                ),
            ),
            "must place all 1000000000000000 qubits",
        ),
        (_register(1, device_qubits=(2,)), "device qubit 2 is no communication qubit of m0"),
        (_register(1, device_qubits=()), "needs 1 device qubits, has 0"),
        (_register(1, name="m0_data"), "the name stands for two registers"),
        (_register(1, node=5), "there is no node 5"),
        (_register(1, node=1), "stands for two cells"),
        (_on_top, "device qubit 5 of m0 is no communication qubit"),
        (_wired, "m0_comm.0. is not wired to the link"),
        (_column("pairs", "first_cell", 0), "m0_data.0. is no communication cell"),
        (_column("pairs", "first_cell", 3), "m1_comm.0. is not at m0"),
        (_column("pairs", "link", 4), "pairs: link, row 0: must lie in .0, 1."),
        (_column("pairs", "step", 0), "step 0 is not the first to use it"),
        (_column("pairs", "step", 3), "m0_comm.0. must hold half a pair, not nothing"),
        (_column("placement", "to_step", 6, 5), "its intervals must cover the steps"),
        (_column("placement", "from_step", 0, 1), "its intervals must cover the steps"),
        (_column("placement", "cell", 2, 2), "holds q.0. at the start"),
        (_column("placement", "cell", 0, 9), "placement: cell, row 1"),
        (_column("placement", "qubit", 0, 0), "its intervals must cover the steps"),
        (
            lambda plan: dataclasses.replace(plan, num_bits=3),
            "2 of 3 internal bits are written",
        ),
        (lambda plan: dataclasses.replace(plan, blocks=()), "one block"),
        (
            lambda plan: dataclasses.replace(
                plan,
                blocks=(
                    dataclasses.replace(
                        plan.blocks[0], branch=Branch(clbit=0, if_one=0, if_zero=0)
                    ),
                ),
            ),
            "without a branch",
        ),
    ],
)
def test_each_broken_table_is_named(change, rule: str) -> None:
    plan, _ = bell()
    with pytest.raises(CheckFailure, match=rule):
        check_schedule(change(plan))


def test_a_pair_cannot_be_made_on_a_cell_that_still_holds_a_copy() -> None:
    draft = Draft.line(circuit(2, op("cx", 0, 1), op("cx", 0, 1)), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 3, 2)
    draft.pair(1, 3)
    draft.open(0, 1, 3, 1, Axis.Z)
    plan = draft.build(0, 2)
    with pytest.raises(CheckFailure, match=r"m1_comm.0. is not free: it holds the copy"):
        check_schedule(plan)


def test_a_packet_that_is_never_closed_is_named() -> None:
    draft = Draft.line(circuit(2, op("cx", 0, 1)), (1, 1), (1, 1))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.gate(0, 3, 2)
    with pytest.raises(CheckFailure, match="packet 0 was never closed"):
        check_schedule(draft.build(0, 2))


def test_packets_along_two_axes_cannot_be_open_on_one_root() -> None:
    draft = Draft.line(circuit(2, op("cx", 0, 1)), (1, 1), (2, 2))
    draft.pair(1, 4)
    draft.open(0, 1, 4, 0, Axis.Z)
    draft.pair(2, 5)
    draft.open(0, 2, 5, 1, Axis.X)
    with pytest.raises(CheckFailure, match="packet 0 is open along Z on it"):
        check_schedule(draft.build(0, 3))


def test_a_packet_number_is_used_once() -> None:
    draft = Draft.line(circuit(2, op("cx", 0, 1)), (1, 1), (1, 1))
    for _ in range(2):
        draft.pair(1, 3)
        draft.open(0, 1, 3, 0, Axis.Z)
        draft.close(3, 0, 0, Axis.Z)
    with pytest.raises(CheckFailure, match="packet 0 is opened twice"):
        check_schedule(draft.build(0, 2))


def test_a_pair_cannot_be_swapped_with_itself() -> None:
    draft = Draft.line(circuit(1), (1, 0), (2, 2))
    draft.pair(1, 3)
    draft.pair(2, 4)
    draft.swap(3, 4, 2)
    draft.swap(1, 2, 1)
    with pytest.raises(CheckFailure, match="the two halves are of one pair"):
        check_schedule(draft.build(0))


def test_only_qubits_are_relocated() -> None:
    draft = Draft.line(circuit(2, op("cx", 0, 1)), (1, 1), (1, 2))
    draft.pair(1, 3)
    draft.open(0, 1, 3, 0, Axis.Z)
    draft.relocate(1, 3, 4)
    with pytest.raises(CheckFailure, match="relocates the copy of packet 0"):
        check_schedule(draft.build(0, 2))
    draft = Draft.line(circuit(2), (2, 1), (1, 2))
    draft.add(StepKind.GATE, 4, 5, gate="swap")
    with pytest.raises(CheckFailure, match="relocates nothing"):
        check_schedule(draft.build(0, 1))


def test_two_operands_cannot_be_root_and_copy_of_one_qubit() -> None:
    # Two packets of one root, brought together at the second machine.
    draft = Draft.line(circuit(2, op("cz", 0, 1)), (1, 1), (2, 2))
    draft.pair(1, 4)
    draft.open(0, 1, 4, 0, Axis.Z)
    draft.pair(2, 5)
    draft.open(0, 2, 5, 1, Axis.Z)
    draft.gate(0, 4, 5)
    draft.close(4, 0, 0, Axis.Z)
    draft.close(5, 0, 1, Axis.Z)
    with pytest.raises(CheckFailure, match="two operands stand for the same qubit"):
        check_schedule(draft.build(0, 3))


def test_a_gate_on_the_root_must_commute_with_the_open_packet_unless_its_angle_makes_it() -> None:
    for angle, right in ((0.2, False), (0.0, True)):
        ops = (op("cx", 0, 1), op("rx", 0, params=(angle,)), op("cz", 0, 1))
        draft = Draft.line(circuit(2, *ops), (1, 1), (1, 1))
        draft.pair(1, 3)
        draft.open(0, 1, 3, 0, Axis.Z)
        draft.gate(0, 3, 2)
        draft.gate(1, 0)
        draft.gate(2, 3, 2)
        draft.close(3, 0, 0, Axis.Z)
        plan = draft.build(0, 2)
        if right:
            check_plan(plan, lower(plan))
        else:
            with pytest.raises(CheckFailure, match=r"rx on m0_data.0. does not commute"):
                check_schedule(plan)


def test_operations_that_commute_may_be_exchanged_and_others_not() -> None:
    ops = (op("cx", 0, 1), op("t", 0), op("cx", 0, 1), op("h", 1))
    for order, right in (([1, 0, 2, 3], True), ([2, 1, 0, 3], True), ([0, 1, 3, 2], False)):
        draft = Draft.line(circuit(2, *ops), (2, 0), (1, 1))
        for source in order:
            draft.gate(source, *ops[source].operands)
        plan = draft.build(0, 1)
        if right:
            check_plan(plan, lower(plan))
        else:
            with pytest.raises(CheckFailure, match=r"carries out circuit operation 2 .* after"):
                check_schedule(plan)


def test_two_measurements_into_one_bit_keep_their_order() -> None:
    ops = (op("measure", 0, clbit=0), op("measure", 1, clbit=0))
    draft = Draft.line(circuit(2, *ops, clbits=1), (2, 0), (1, 1))
    draft.measure(1, 1)
    draft.measure(0, 0)
    with pytest.raises(CheckFailure, match=r"carries out circuit operation 0 .* after"):
        check_schedule(draft.build(0, 1))


def test_an_empty_circuit_passes() -> None:
    draft = Draft.line(circuit(1), (1, 0), (1, 1))
    plan = draft.build(0)
    assert check_plan(plan, lower(plan)).method == "branches"


def test_the_joint_program_must_keep_the_circuits_registers() -> None:
    plan, joint = BY_HAND["bits"]()
    with pytest.raises(CheckFailure, match="must keep name, size and order"):
        check_plan(
            plan,
            dataclasses.replace(
                joint, clbit_registers=(Register(name="d", size=2), joint.clbit_registers[1])
            ),
        )
