"""Circuit and network to plan: counts, bounds, errors, and plan.json both ways."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import interlace
from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import Plan, Role, StepKind, distribute, load_plan, save_plan
from interlace.errors import InfeasibleError, SpecError
from interlace.network import Network, load_device, make_network


def circuit(num_qubits: int, *ops: Op, clbits: int = 0) -> Circuit:
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=num_qubits),),
        clbit_registers=(Register(name="c", size=clbits),) if clbits else (),
        ops=OpTable.of(ops),
    )


def op(name: str, *operands: int, params: tuple[float, ...] = ()) -> Op:
    return Op(name=name, operands=operands, params=params)


def network(
    shape: str,
    size: str,
    qubits: int,
    communication: int | None,
    link: str = "rate=1kHz,fidelity=0.98",
) -> Network:
    return make_network(
        shape,
        size,
        device=load_device(f"ideal:{qubits}"),
        communication_qubits=communication,
        link=link,
    )


def qft(n: int) -> Circuit:
    ops = []
    for target in reversed(range(n)):
        ops.append(op("h", target))
        ops += [
            op("cp", control, target, params=(np.pi / 2 ** (target - control),))
            for control in reversed(range(target))
        ]
    return circuit(n, *ops)


def test_a_bell_circuit_over_two_machines_of_two_qubits_takes_one_ebit() -> None:
    plan = distribute(circuit(2, op("h", 0), op("cx", 0, 1)), network("line", "2", 2, 1))
    assert len(plan.pairs) == 1
    assert plan.check is not None
    assert plan.compile_s > 0


def test_qft_takes_the_static_packet_optimum_with_one_communication_qubit_each() -> None:
    # min(|A|, |B|) copies for each pair of blocks: 7 over two machines, 18 over four of capacity 5.
    assert len(distribute(qft(16), network("line", "2", 10, 1)).pairs) == 7
    assert len(distribute(qft(16), network("complete", "4", 6, 1)).pairs) == 18


def test_a_small_rotation_is_kept() -> None:
    tiny = 1e-12
    plan = distribute(
        circuit(2, op("h", 0), op("h", 1), op("cp", 0, 1, params=(tiny,))),
        network("line", "2", 2, 1),
    )
    gates = [plan.steps.names[g] for g in plan.steps.gate[plan.steps.kind == StepKind.GATE]]
    assert gates.count("cp") == 1
    assert tiny in plan.steps.params


def test_ebits_over_a_line_count_every_hop() -> None:
    net = network("line", "3", 3, 2)
    plan = distribute(circuit(2, op("h", 0), op("cx", 0, 1)), net, assign={"m0": [0], "m2": [1]})
    assert len(plan.pairs) == 2
    assert int((plan.steps.kind == StepKind.SWAP).sum()) == 1


def test_three_packets_in_a_row_become_a_visit_of_two_ebits() -> None:
    turn = [op("h", 0), op("h", 1)]
    block = [op("cx", 0, 1), *turn, op("cx", 0, 1), *turn, op("cx", 0, 1), *turn]
    plan = distribute(circuit(2, *block), network("line", "2", 4, 3), assign={"m0": [0], "m1": [1]})
    assert len(plan.pairs) == 2
    assert int((plan.steps.kind == StepKind.MOVE).sum()) == 2


@settings(deadline=None, max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["cx", "cz", "cp", "swap", "ccx", "h", "t", "rx", "iswap"]),
            st.permutations(range(6)),
        ),
        min_size=1,
        max_size=14,
    ),
    st.sampled_from([("line", "3", 2), ("complete", "3", 1), ("star", "3", 2), ("line", "3", 3)]),
)
def test_any_circuit_is_placed_checked_and_stays_within_its_communication_qubits(
    gates: list[tuple[str, list[int]]], shape: tuple[str, str, int]
) -> None:
    sizes = {"ccx": 3, "h": 1, "t": 1, "rx": 1}
    params = {"cp": (0.7,), "rx": (0.4,)}
    program = circuit(
        6,
        *(
            op(name, *order[: sizes.get(name, 2)], params=params.get(name, ()))
            for name, order in gates
        ),
    )
    kind, size, communication = shape
    plan = distribute(program, network(kind, size, 2 + communication, communication))
    assert plan.check is not None
    for register in plan.registers:
        if register.role is Role.COMMUNICATION:
            assert register.size <= communication


def test_an_assignment_is_followed_and_completed() -> None:
    plan = distribute(circuit(4, op("cz", 0, 3)), network("line", "2", 3, 1), assign={"m1": [0, 3]})
    assert len(plan.pairs) == 0
    assert machines_of(plan) == ["m1", "m0", "m0", "m1"]


def machines_of(plan: Plan) -> list[str]:
    node = [r.node for r in plan.registers for _ in range(r.size)]
    first = {
        int(plan.placement.qubit[row]): int(plan.placement.cell[row])
        for row in np.flatnonzero(plan.placement.from_step == 0)
    }
    return [plan.network.nodes[node[first[q]]].name for q in range(plan.circuit.num_qubits)]


@pytest.mark.parametrize(
    ("assign", "error", "words"),
    [
        ({"m9": [0]}, SpecError, "no such machine"),
        ({"m0": [7]}, SpecError, "no such qubit"),
        ({"m0": [0], "m1": [0]}, SpecError, "already assigned to m0"),
        ({"m0": [0, 1, 2]}, InfeasibleError, "has 2 data qubits"),
    ],
)
def test_a_wrong_assignment_says_what_is_wrong(
    assign: dict[str, list[int]], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        distribute(circuit(4), network("line", "2", 3, 1), assign=assign)


def test_a_fidelity_that_no_path_has_is_refused() -> None:
    with pytest.raises(InfeasibleError, match=r"0\.99"):
        distribute(
            circuit(2, op("cx", 0, 1)),
            network("line", "2", 2, 1, link="rate=1kHz,fidelity=0.9"),
            min_fidelity=0.99,
        )


def test_the_same_seed_gives_the_same_plan() -> None:
    net = network("complete", "3", 5, 2)
    assert (
        distribute(qft(8), net, seed=4).content_id() == distribute(qft(8), net, seed=4).content_id()
    )


def test_a_plan_comes_back_from_its_file_as_it_was(tmp_path: Path) -> None:
    plan = distribute(qft(6), network("line", "3", 4, 2))
    path = str(tmp_path / "plan.json")
    save_plan(plan, path)
    again = load_plan(path)
    assert again.content_id() == plan.content_id()
    assert again.network == plan.network
    assert np.array_equal(again.steps.start_s, plan.steps.start_s)
    assert again.check == plan.check
    document = json.loads(Path(path).read_text())
    assert document["ebits"]["total"] == sum(document["ebits"]["by_link"].values())
    assert document["ebits"]["total"] == len(plan.pairs)


def test_a_plan_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    save_plan(distribute(qft(4), network("line", "2", 3, 1)), str(path))
    document = json.loads(path.read_text())
    document["schedule"]["params"][0] += 1e-9
    path.write_text(json.dumps(document))
    with pytest.raises(SpecError, match="was changed since it was saved"):
        load_plan(str(path))


def test_what_a_file_says_of_its_check_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    plan = distribute(qft(4), network("line", "2", 3, 1))
    save_plan(plan, str(path))
    document = json.loads(path.read_text())
    document["check"] |= {"method": "magic", "shown": ["it is all fine"]}
    path.write_text(json.dumps(document))
    assert load_plan(str(path)).check == plan.check
    document["ebits"]["total"] += 1
    path.write_text(json.dumps(document))
    with pytest.raises(SpecError, match="ebits"):
        load_plan(str(path))


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"\xff\xfe", b'{"interlace_plan": 99}', b"not json"]
)
def test_a_file_that_is_no_plan_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=r"plan\.json"):
        load_plan(str(path))


def test_mid_circuit_measurement_and_reset_are_carried_out_in_order() -> None:
    program = circuit(
        2,
        op("h", 0),
        Op(name="measure", operands=(0,), clbit=0),
        op("reset", 0),
        op("cx", 0, 1),
        Op(name="measure", operands=(1,), clbit=1),
        clbits=2,
    )
    plan = distribute(program, network("line", "2", 2, 1))
    assert plan.check is not None
    assert int((plan.steps.kind == StepKind.MEASURE).sum()) == 2


def test_a_qiskit_circuit_and_a_file_are_taken_as_they_are(tmp_path: Path) -> None:
    qiskit = pytest.importorskip("qiskit")
    bell = qiskit.QuantumCircuit(2, name="bell")
    bell.h(0)
    bell.cx(0, 1)
    net = network("line", "2", 2, 1)
    assert len(distribute(bell, net).pairs) == 1
    path = tmp_path / "bell.qasm"
    path.write_text(
        'OPENQASM 3.0;\ninclude "stdgates.inc";\nqubit[2] q;\nh q[0];\ncx q[0], q[1];\n'
    )
    assert len(distribute(path, net).pairs) == 1
    assert len(distribute(str(path), net).pairs) == 1


def test_the_top_level_names_are_the_compilers() -> None:
    assert interlace.distribute is distribute


def repeated_line(machines: int, repeaters: int) -> str:
    """Machines without a limit of communication qubits, repeaters between neighbours."""
    names = [f"m{i}" for i in range(machines)]
    nodes, links = [], []
    for a, b in itertools.pairwise(names):
        between = [f"{a}{b}-{k}" for k in range(repeaters)]
        nodes += between
        links += itertools.pairwise([a, *between, b])
    return "\n".join(
        [
            "interlace: 1",
            "machines:",
            *(f"  {m}: {{device: 'ideal:4', communication_qubits: unlimited}}" for m in names),
            "repeaters:",
            *(f"  {node}: {{}}" for node in nodes),
            "links:",
            *(f"  {a}--{b}: {{rate: 1 kHz, fidelity: 0.999}}" for a, b in links),
        ]
    )


def test_machines_whose_qubits_all_communicate_are_told_so() -> None:
    full = network("line", "2", 2, 2)
    with pytest.raises(InfeasibleError) as caught:
        distribute(circuit(2, op("cx", 0, 1)), full)
    assert str(caught.value) == (
        "no machine has a data qubit: `communication_qubits` take all 4 qubits: ask for fewer, "
        "or use larger machines"
    )


@pytest.mark.parametrize("repeaters", [1, 2, 5, 10, 40])
def test_many_repeaters_without_a_limit_have_room(tmp_path: Path, repeaters: int) -> None:
    file = tmp_path / "net.yaml"
    file.write_text(repeated_line(3, repeaters))
    chain = circuit(12, op("h", 0), *(op("cx", i, i + 1) for i in range(11)))
    plan = distribute(chain, interlace.load_network(file))
    assert len(plan.pairs) % (repeaters + 1) == 0
    assert len(plan.pairs) >= 2 * (repeaters + 1)
    assert int(plan.steps.cells.max()) < plan.num_cells
