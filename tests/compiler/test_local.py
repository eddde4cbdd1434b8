from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.dense import (
    assert_same_computation,
    device,
    network,
    program,
    random_program,
    registers,
)

from interlace.circuit import Op
from interlace.compiler import CellRegister, JointProgram, MachineProgram, Role
from interlace.compiler.check import check_machine_program
from interlace.compiler.local import localise
from interlace.compiler.merging import merge
from interlace.errors import InfeasibleError
from interlace.network import Device, GateProfile, Machine, Network, Repeater

LINE = tuple((i, i + 1) for i in range(6))
HEX = ((0, 1), (1, 2), (2, 3), (3, 4), (1, 5), (3, 6))
RING = (*LINE, (6, 0))
STAR = tuple((0, i) for i in range(1, 7))
GRID = ((0, 1), (1, 2), (3, 4), (4, 5), (0, 3), (1, 4), (2, 5), (5, 6))
SHAPES = (LINE, HEX, RING, STAR, GRID)
NATIVES = ((), ("rz", "sx", "x", "cz"), ("r", "cz"), ("u3", "cx"), ("rz", "sx", "ecr"))


def links_of(joint: JointProgram) -> np.ndarray:
    return np.zeros(sum(op.name == "ebit" for op in joint.ops), dtype=np.int64)


def assert_rules(joint: JointProgram, made: Network, parts: Sequence[MachineProgram]) -> None:
    """Couplings, native gates, homes, order."""
    homes = {}
    first = 0
    for register in joint.registers:
        for index, qubit in enumerate(register.device_qubits):
            homes[first + index] = register.node, qubit
        first += register.size
    for part in parts:
        machine = made.nodes[part.node].device
        assert isinstance(machine, Device)
        native = {profile.name for profile in machine.gates} | {"measure", "reset", "ebit"}
        coupled = {frozenset(edge) for edge in machine.coupling or ()}
        assert np.all(np.diff(part.joint_op) >= 0)
        for op, row in zip(part.ops, part.joint_op.tolist(), strict=True):
            assert not machine.gates or op.name in native
            if len(op.operands) > 1 and machine.coupling is not None:
                assert frozenset(op.operands) in coupled
            if op.name == "ebit":
                cells = joint.ops[row].operands
                assert (part.node, op.operands[0]) in {homes[cell] for cell in cells}
        places = [qubit for _, qubit in part.final_layout]
        assert len(set(places)) == len(places)
        check_machine_program(joint, part, machine)


@settings(max_examples=50)
@given(
    seed=st.integers(0, 10**6),
    shape=st.sampled_from(SHAPES),
    natives=st.sampled_from(NATIVES),
    homes=st.sampled_from([(0,), (6,), (3,), (0, 6), (2, 3), (4, 1, 0)]),
    spare=st.integers(0, 2),
)
def test_a_routed_program_computes_the_joint_one_on_every_coupling_map(
    seed, shape, natives, homes, spare
):
    data = 7 - len(homes) - spare
    made = network((device(7, shape, natives), homes), (device(4), (1, 2, 3)))
    joint = random_program(seed, (data, homes), (1, (1, 2, 3)[: len(homes)]), 40)
    parts = localise(joint, made)
    assert_rules(joint, made, parts)
    assert_same_computation(joint, parts, merge(joint, parts, links_of(joint)), seed)


def test_two_coupled_machines_keep_their_ebits_at_home_while_data_passes():
    made = network(
        (device(5, LINE[:4], ("rz", "sx", "cz")), (2,)), (device(4, LINE[:3], ("u", "cx")), (1,))
    )
    for seed in range(6):
        joint = random_program(seed, (4, (2,)), (3, (1,)), 60)
        parts = localise(joint, made)
        assert_rules(joint, made, parts)
        assert_same_computation(joint, parts, merge(joint, parts, links_of(joint)), seed)


def test_a_grid_of_twenty_qubits_with_clifford_gates_agrees_with_the_joint_program_in_stim():
    import stim

    grid = [(5 * r + c, 5 * r + c + 1) for r in range(4) for c in range(4)]
    grid += [(5 * r + c, 5 * r + c + 5) for r in range(3) for c in range(5)]
    made = network((device(20, grid, ("sx", "x", "z", "s", "sdg", "cz")), (7,)), (device(2), (1,)))
    draw = random.Random(3)
    ops = []
    for k in range(8):
        for _ in range(10):
            a, b = draw.sample(range(19), 2)
            ops += [Op(name="h", operands=(a,)), Op(name="cx", operands=(a, b))]
            ops.append(Op(name="s", operands=(b,)))
        ops += [Op(name="reset", operands=(cell,)) for cell in (19, 21)]
        ops.append(Op(name="ebit", operands=(19, 21)))
        ops.append(Op(name="cx", operands=(draw.randrange(19), 19)))
        ops.append(Op(name="measure", operands=(19,), clbit=2 * k))
        ops.append(Op(name="x", operands=(21,), condition=2 * k))
        ops.append(Op(name="cx", operands=(21, 20)))
        ops += [Op(name="h", operands=(21,)), Op(name="measure", operands=(21,), clbit=2 * k + 1)]
        ops.append(Op(name="z", operands=(draw.randrange(19),), condition=2 * k + 1))
    joint = program(ops, registers((19, (7,)), (1, (1,))), internal=16)
    parts = localise(joint, made)
    executable = merge(joint, parts, links_of(joint))
    assert executable.inserted.any()

    def prepared(table, qubits, rows):
        simulator = stim.TableauSimulator(seed=1)
        simulator.set_num_qubits(qubits)
        bits = {}
        names = {"s": "S", "sdg": "S_DAG", "sx": "SQRT_X"}
        for op, row in zip(table, rows, strict=True):
            if op.condition >= 0 and not bits[op.condition]:
                continue
            if op.name == "ebit":
                simulator.h(op.operands[0])
                simulator.cx(*op.operands)
            elif op.name == "measure":
                (qubit,) = op.operands
                if simulator.peek_z(qubit) == 0:
                    simulator.postselect_z(qubit, desired_value=bool(row % 3 % 2))
                bits[op.clbit] = simulator.measure(qubit)
            elif op.name == "reset":
                simulator.reset(*op.operands)
            else:
                simulator.do(stim.CircuitInstruction(names.get(op.name, op.name), op.operands))
        return simulator, bits

    wanted, bits = prepared(joint.ops, 22, range(len(joint.ops)))
    layout = {cell: (p.node, qubit) for p in parts for cell, qubit in p.final_layout}
    place = {
        place: i
        for i, place in enumerate(
            zip(executable.node.tolist(), executable.device_qubit.tolist(), strict=True)
        )
    }
    total = len(place)
    got, got_bits = prepared(executable.ops, total, executable.joint_op.tolist())
    assert got_bits == bits
    data = [*range(19), 20]
    compared = 0
    for generator in wanted.canonical_stabilizers():
        if generator[19] or generator[21]:
            continue  # the measured communication qubits
        moved = stim.PauliString(total)
        for cell in data:
            moved[place[layout[cell]]] = generator[cell]
        assert got.peek_observable_expectation(moved) * generator.sign.real == 1
        compared += 1
    assert compared == len(data)


def test_all_to_all_machines_get_no_swap_and_every_cell_keeps_its_qubit():
    joint = random_program(5, (4, (1, 2)), (3, (0,)), 80)
    parts = localise(joint, network((device(7), (1, 2)), (device(5), (0,))))
    for part in parts:
        assert part.initial_layout == part.final_layout
        assert not part.inserted.any()
    assert dict(parts[0].initial_layout) == {0: 0, 1: 3, 2: 4, 3: 5, 4: 1, 5: 2}


def test_unlimited_communication_qubits_lie_beyond_the_devices_own():
    joint = random_program(5, (2, (2, 3)), (2, (2, 3)), 40)
    made = network((device(2), None), (device(2), None))
    parts = localise(joint, made)
    assert_same_computation(joint, parts, merge(joint, parts, links_of(joint)), 5)


def test_a_repeater_gets_a_program_in_its_own_gates():
    gates = tuple(GateProfile(name=n, time_s=1e-7, error=1e-3) for n in ("rz", "sx", "cz"))
    middle = Repeater(
        name="r",
        site=None,
        device=Device(name="swapper", qubits=2, gates=gates),
        communication=(0, 1),
    )
    ends = tuple(
        Machine(name=n, site=None, device=device(2), communication=(1,)) for n in ("a", "b")
    )
    made = Network(name="n", sites=(), machines=ends, repeaters=(middle,), links=())
    made_registers = (
        *registers((1, (1,)), (1, (1,))),
        CellRegister(name="r_comm", node=2, role=Role.COMMUNICATION, size=2, device_qubits=(0, 1)),
    )
    ops = [Op(name="reset", operands=(cell,)) for cell in (1, 4, 5, 3)]
    ops += [Op(name="ebit", operands=(1, 4)), Op(name="ebit", operands=(5, 3))]
    ops += [Op(name="cx", operands=(4, 5)), Op(name="h", operands=(4,))]
    ops += [Op(name="measure", operands=(4,), clbit=0), Op(name="measure", operands=(5,), clbit=1)]
    ops += [
        Op(name="x", operands=(3,), condition=1),
        Op(name="z", operands=(3,), condition=0),
        Op(name="cx", operands=(1, 0)),
        Op(name="cx", operands=(3, 2)),
        Op(name="measure", operands=(1,), clbit=2),
        Op(name="measure", operands=(3,), clbit=3),
    ]
    joint = program(ops, made_registers, internal=4)
    parts = localise(joint, made)
    assert [part.node for part in parts] == [0, 1, 2]
    assert set(parts[2].ops.names) <= {"reset", "ebit", "measure", "rz", "sx", "cz"}
    for seed in range(4):
        assert_same_computation(joint, parts, merge(joint, parts, links_of(joint)), seed)


def single(gates, coupling, qubits: int, cells: int, **more) -> tuple[JointProgram, Network]:
    joint = program([Op(name="cx", operands=gate) for gate in gates], registers((cells, ())))
    return joint, network((device(qubits, coupling, **more), ()))


def naive_swaps(gates, coupling, qubits: int) -> int:
    """Cells in order, the first operand walks a shortest path."""
    import rustworkx

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(qubits))
    graph.add_edges_from_no_data(list(coupling))
    place, swaps = list(range(qubits)), 0
    for a, b in gates:
        paths = rustworkx.dijkstra_shortest_paths(graph, place[a], place[b])
        for step in list(paths[place[b]])[1:-1]:
            other = place.index(step)
            place[a], place[other] = step, place[a]
            swaps += 1
    return swaps


def test_routing_takes_at_most_two_thirds_of_the_swaps_of_a_naive_router():
    ours = naive = 0
    for seed, shape in enumerate((LINE, HEX, GRID, RING)):
        draw = random.Random(seed)
        gates = [tuple(draw.sample(range(7), 2)) for _ in range(60)]
        joint, made = single(gates, shape, 7, 7)
        ours += int(localise(joint, made)[0].inserted.sum())
        naive += naive_swaps(gates, shape, 7)
    assert naive > 100
    assert ours * 3 <= naive * 2


def test_a_chain_of_gates_needs_no_swap_on_a_line():
    gates = [(i, i + 1) for i in range(6)]
    draw = random.Random(1)
    names = draw.sample(range(7), 7)
    joint, made = single([(names[a], names[b]) for a, b in gates], LINE, 7, 7)
    assert not localise(joint, made)[0].inserted.any()


def test_swaps_go_round_a_bad_coupler():
    ring = tuple((i, (i + 1) % 8) for i in range(8))
    ops = [Op(name="reset", operands=(c,)) for c in (4, 5, 6, 7)]
    ops += [Op(name="ebit", operands=(4, 6)), Op(name="ebit", operands=(5, 7))]
    ops += [Op(name="cx", operands=(4, 5))]
    ops += [Op(name="measure", operands=(c,), clbit=c - 4) for c in (4, 5, 6, 7)]
    joint = program(ops, registers((4, (0, 2)), (0, (0, 1))), internal=4)

    def used(at) -> set[tuple[int, ...]]:
        made = device(8, ring, ("rz", "sx", "cz"), at=at)
        part = localise(joint, network((made, (0, 2)), (device(2), (0, 1))))[0]
        return {tuple(sorted(op.operands)) for op in part.ops if len(op.operands) == 2}

    assert used(None) == {(0, 1), (1, 2)}
    assert used({"cz": (((1, 0), 1e-8, 0.3), ((1, 2), 1e-8, 0.3))}) == {
        (0, 7),
        (6, 7),
        (5, 6),
        (4, 5),
        (3, 4),
        (2, 3),
    }


def test_work_grows_with_the_rows_and_not_faster():
    draw = random.Random(2)
    gates = [tuple(draw.sample(range(7), 2)) for _ in range(400)]
    short, made = single(gates[:200], LINE, 7, 7)
    long, _ = single(gates, LINE, 7, 7)
    few = int(localise(short, made)[0].inserted.sum())
    many = int(localise(long, made)[0].inserted.sum())
    assert many < 2.5 * few


def test_the_same_input_gives_the_same_program():
    joint = random_program(9, (4, (0, 3)), (1, (1, 2)), 60)
    made = network((device(7, GRID, ("rz", "sx", "cz")), (0, 3)), (device(3), (1, 2)))
    one, two = localise(joint, made)[0], localise(joint, made)[0]
    assert one.initial_layout == two.initial_layout
    assert np.array_equal(one.ops.operands, two.ops.operands)


def test_a_device_in_two_pieces_is_refused_where_a_gate_must_join_them():
    joint, made = single([(0, 1), (0, 2), (0, 3)], [(0, 1), (2, 3)], 4, 4)
    with pytest.raises(InfeasibleError, match="no path of couplings"):
        localise(joint, made)


def test_a_device_without_gates_of_two_qubits_is_refused_by_name():
    joint, made = single([(0, 1)], [(0, 1)], 2, 2, natives=("rz", "sx"), name="lonely")
    with pytest.raises(InfeasibleError, match=r"lonely.*'cx'"):
        localise(joint, made)
