"""A wrong argument of a public function is a SpecError that names it and says what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from qiskit import QuantumCircuit

import interlace as il
from interlace.circuit import Circuit
from interlace.compiler import CrowdedMachineError, assigned_qubits
from interlace.network import make_network, parse_network

BELL = "OPENQASM 3.0;\nqubit[2] q;\nbit[2] c;\nU(1, 2, 3) q[0];\nc = measure q;\n"


@pytest.fixture(scope="module")
def world() -> SimpleNamespace:
    """One of each noun, made once."""
    bell = QuantumCircuit(2)
    bell.h(0)
    bell.cx(0, 1)
    bell.measure_all()
    network = make_network("line", "2", device="ideal:2", communication_qubits=1)
    plan = il.distribute(bell, network)
    return SimpleNamespace(
        bell=bell, circuit=il.from_qiskit(bell), network=network, plan=plan,
        result=il.run(plan, shots=4, compare_alone=False),
    )  # fmt: skip


# (what is called, with the nouns as `w`; how the message begins; what else it says)
WRONG: list[tuple[Callable[[Any], object], str, str]] = [
    # run
    (lambda w: il.run(w.plan, shots=1.5), "shots: must be a whole number", "1.5"),
    (lambda w: il.run(w.plan, shots="a"), "shots: must be a whole number", "'a'"),
    (lambda w: il.run(w.plan, shots=True), "shots: must be a whole number", "True"),
    (lambda w: il.run(w.plan, shots=0), "shots: must be a whole number from 1", "0"),
    (lambda w: il.run(w.plan, shots=10**12), "shots: must be a whole number", "to 1000000000"),
    (lambda w: il.run(w.plan, seed=-1), "seed: must be a whole number from 0", "-1"),
    (lambda w: il.run(w.plan, seed=None), "seed: must be a whole number", "not None"),
    (lambda w: il.run(w.plan, seed=1.5), "seed: must be a whole number", "1.5"),
    (lambda w: il.run(w.plan, timelines="x"), "timelines: must be a whole number", "'x'"),
    (lambda w: il.run(w.plan, timelines=0), "timelines: must be a whole number from 1", "0"),
    (lambda w: il.run(w.plan, timelines=True), "timelines: must be a whole number", "True"),
    (lambda w: il.run(w.plan, backend=5), "backend: must be one of auto, stim", "5"),
    (lambda w: il.run(w.plan, backend="stmi"), "backend: must be one of auto, stim", "'stmi'"),
    (lambda w: il.run(w.plan, backend=["stim"]), "backend: must be one of", "a list"),
    (lambda w: il.run(w.plan, ideal="yes"), "ideal: must be True or False", "'yes'"),
    (lambda w: il.run(w.plan, compare_alone=1), "compare_alone: must be True or False", "1"),
    (lambda w: il.run(w.plan, progress=5), "progress: must be a function", "5"),
    (lambda w: il.run(w.plan, say="loud"), "say: must be a function", "'loud'"),
    (lambda w: il.run(w.plan, executor=4), "executor: must be an Executor", "4"),
    (lambda w: il.run(w.bell), "plan: must be a Plan, not a QuantumCircuit", "distribute"),
    (lambda w: il.run(w.circuit), "plan: must be a Plan, not a Circuit", "distribute"),
    (lambda w: il.run(None), "plan: must be a Plan, not None", "load_plan"),
    (lambda w: il.run("plan.json"), "plan: must be a Plan", "load_plan"),
    # distribute
    (lambda w: il.distribute(w.bell, "net.yaml"), "network: must be", "load_network('net.yaml')"),
    (lambda w: il.distribute(w.bell, Path("n.yaml")), "network: must be", "load_network('n.yaml')"),
    (lambda w: il.distribute(w.bell, None), "network: must be a Network, not None", "load_network"),
    (lambda w: il.distribute(None, w.network), "circuit: must be a Qiskit circuit", "not None"),
    (lambda w: il.distribute(5, w.network), "circuit: must be a Qiskit circuit", "5"),
    (lambda w: il.distribute([w.bell], w.network), "circuit: must be a Qiskit", "a list"),
    (lambda w: il.distribute(w.plan, w.network), "circuit: must be a Qiskit", "a Plan"),
    (lambda w: il.distribute(BELL, w.network), "path: is a program, not a path", "parse_circuit"),
    (lambda w: il.distribute(w.bell, w.network, seed="x"), "seed: must be a whole", "'x'"),
    (lambda w: il.distribute(w.bell, w.network, seed=-1), "seed: must be a whole", "-1"),
    (lambda w: il.distribute(w.bell, w.network, seed=True), "seed: must be a whole", "True"),
    *(
        (
            lambda w, value=value: il.distribute(w.bell, w.network, min_fidelity=value),
            "min_fidelity: must be a number above 0 and at most 1",
            repr(value),
        )
        for value in ("x", float("nan"), True, 1.5, -0.5)
    ),
    # report, files, circuits
    (lambda w: il.report(w.plan), "result: must be a Result, not a Plan", "interlace.run"),
    (lambda w: il.report(None), "result: must be a Result, not None", "interlace.run"),
    (lambda w: il.report(w.result).save(5), "path: must be the path of", "5"),
    (lambda w: il.load_network(None), "path: must be the path of a network file", "None"),
    (lambda w: il.load_network(5), "path: must be the path of a network file", "5"),
    (lambda w: il.load_network(""), "path: is empty", "a network file"),
    (lambda w: il.load_plan(None), "path: must be the path of a plan.json", "None"),
    (lambda w: il.load_plan(""), "path: is empty", "a plan.json"),
    (lambda w: il.load_plan("a\0b"), "path: holds a NUL", "no path does"),
    (lambda w: il.save_plan(None, "p.json"), "plan: must be a Plan, not None", "distribute"),
    (lambda w: il.save_plan("p.json", w.plan), "plan: must be a Plan", "'p.json'"),
    (lambda w: il.save_plan(w.plan, None), "path: must be the path of", "None"),
    (lambda w: il.save_plan(w.plan, ""), "path: is empty", "the file to write"),
    (lambda w: il.load_circuit(None), "path: must be the path of a circuit file", "None"),
    (lambda w: il.load_circuit(w.bell), "path: must be the path of a circuit", "from_qiskit"),
    (lambda w: il.from_qiskit(5), "qc: must be a Qiskit QuantumCircuit", "5"),
    (lambda w: il.from_qiskit("c.qasm"), "qc: must be a Qiskit", "load_circuit"),
    (lambda w: il.from_qiskit(w.circuit), "qc: must be a Qiskit", "a Circuit"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "begin", "words"), WRONG)
def test_a_wrong_argument_is_named(world, tmp_path, monkeypatch, call, begin, words) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(il.SpecError) as caught:
        call(world)
    message = str(caught.value)
    assert message.startswith(begin)
    assert words in message
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_integers_and_numbers_of_numpy_are_taken(world) -> None:
    plain = il.run(il.distribute(world.bell, world.network, seed=3), shots=40, seed=9, timelines=4)
    plan = il.distribute(
        world.bell, world.network, seed=np.int64(3), min_fidelity=np.float32(0.5),
        assign={"m0": np.array([0])},
    )  # fmt: skip
    result = il.run(plan, shots=np.int64(40), seed=np.uint8(9), timelines=np.int16(4))
    assert result.counts == plain.counts
    assert type(il.distribute(world.bell, world.network, seed=np.int64(3)).seed) is int


def test_paths_may_be_path_objects(world, tmp_path) -> None:
    (tmp_path / "bell.qasm").write_text(BELL)
    (tmp_path / "net.yaml").write_text("{interlace: 1, machines: {m: {device: 'ideal:3'}}}")
    il.save_plan(world.plan, tmp_path / "plan.json")
    assert il.load_plan(tmp_path / "plan.json").content_id() == world.plan.content_id()
    assert il.load_circuit(tmp_path / "bell.qasm").num_qubits == 2
    assert il.load_network(tmp_path / "net.yaml").machines[0].name == "m"
    il.report(world.result).save(tmp_path / "report.json")


def test_more_shots_than_the_memory_holds_are_refused_before_any_work(world, monkeypatch) -> None:
    from interlace.runtime import execution, order

    monkeypatch.setattr(order, "memory_bytes", lambda: 10**9)
    monkeypatch.setattr(execution, "prepared", lambda *_: pytest.fail("work was done"))
    with pytest.raises(il.InfeasibleError, match="need about 76 GB of memory") as caught:
        il.run(world.plan, shots=10**9)
    fitting = re.search(r"ask for at most (\d+) shots", str(caught.value))
    assert fitting is not None
    monkeypatch.setattr(execution, "prepared", lambda *_: (_ for _ in ()).throw(InterruptedError))
    with pytest.raises(InterruptedError):  # so many are let through to the work
        il.run(world.plan, shots=int(fitting[1]))


def test_more_timelines_than_shots_are_said_to_be_fewer(world) -> None:
    said: list[str] = []
    options = {"say": said.append, "compare_alone": False}
    assert il.run(world.plan, shots=5, timelines=10, **options).timelines == 5
    assert said == ["sampling 5 timelines, not 10: each takes a shot at least"]
    il.run(world.plan, shots=5, **options)
    assert len(said) == 1


def test_a_circuit_that_qiskit_only_numbered_is_called_circuit() -> None:
    for name in ("circuit-41", "circuit-41-1203"):
        assert il.from_qiskit(QuantumCircuit(1, name=name)).name == "circuit"
    assert il.from_qiskit(QuantumCircuit(1)).name == "circuit"
    for name in ("bell", "circuit-a", "my-circuit-3"):
        assert il.from_qiskit(QuantumCircuit(1, name=name)).name == name


# -- assign -------------------------------------------------------------------------------------

PAIR = parse_network(
    "interlace: 1\n"
    "machines:\n"
    "  isar: {device: ideal:3, communication_qubits: 1}\n"
    "  pegnitz: {device: ideal:2, communication_qubits: 1}\n"
    "links: {isar--pegnitz: {rate: 1 kHz, fidelity: 0.9}}\n"
)


@pytest.fixture(scope="module")
def two_registers() -> Circuit:
    from interlace.circuit import parse_circuit

    return parse_circuit("OPENQASM 3.0; qubit[2] q; qubit[1] anc;")


@pytest.mark.parametrize(
    ("assign", "qubits"),
    [
        ({"isar": [0, 2], "pegnitz": [1]}, {"isar": (0, 2), "pegnitz": (1,)}),
        ({"isar": ["q[0]", "anc[0]"]}, {"isar": (0, 2)}),
        ({"isar": (" q [ 01 ] ", np.int64(0))}, {"isar": (1, 0)}),
        ({"isar": range(2)}, {"isar": (0, 1)}),
        ({"isar": np.array([2])}, {"isar": (2,)}),
        ({"pegnitz": []}, {"pegnitz": ()}),
        ({}, {}),
    ],
)
def test_a_qubit_is_assigned_by_number_or_label(two_registers, assign, qubits) -> None:
    assert assigned_qubits(assign, two_registers, PAIR) == qubits


@pytest.mark.parametrize(
    ("assign", "words"),
    [
        (5, "assign: must be a mapping {machine: [qubit, ...]} (got 5)"),
        ([("isar", [0])], "assign: must be a mapping {machine: [qubit, ...]}, not a list"),
        ({5: [0]}, "assign: a machine's name must be text (got 5)"),
        ({"isra": [0]}, "assign.isra: no such machine; did you mean 'isar'? (got 'isra')"),
        ({"x": [0]}, "assign.x: no such machine; the network has isar, pegnitz (got 'x')"),
        ({"isar": 5}, "assign.isar: needs a list of qubits"),
        ({"isar": "q[0]"}, "assign.isar: needs a list of qubits"),
        ({"isar": None}, "assign.isar: needs a list of qubits: [0, 1] or ['q[0]', 'q[1]'], not"),
        ({"isar": [3]}, "assign.isar[0]: no such qubit; the circuit has q[0] to anc[0] (0 to 2)"),
        ({"isar": [0, -1]}, "assign.isar[1]: no such qubit"),
        ({"isar": [True]}, "assign.isar[0]: no such qubit"),
        ({"isar": [0.0]}, "assign.isar[0]: no such qubit"),
        ({"isar": [None]}, "assign.isar[0]: no such qubit"),
        ({"isar": ["q[2]"]}, "assign.isar[0]: no such qubit"),
        ({"isar": ["0"]}, "assign.isar[0]: no such qubit"),
        ({"isar": ["q[0]", 0]}, "assign.isar[1]: qubit 0 is already assigned to this machine"),
        ({"isar": [0], "pegnitz": ["q[0]"]}, "assign.pegnitz[0]: qubit 0 is already assigned to"),
    ],
)  # fmt: skip
def test_a_wrong_assignment_names_its_place(two_registers, assign, words) -> None:
    with pytest.raises(il.SpecError) as caught:
        il.distribute(two_registers, PAIR, assign=assign)
    assert str(caught.value).startswith(words)


def test_a_machine_that_is_too_small_for_its_qubits_is_named(two_registers) -> None:
    with pytest.raises(CrowdedMachineError, match="pegnitz, which has 1 data qubit:") as caught:
        il.distribute(two_registers, PAIR, assign={"pegnitz": [0, 1]})
    assert caught.value.machine == "pegnitz"
    with pytest.raises(il.InfeasibleError, match="puts 3 qubits on isar, which has 2 data qubits:"):
        il.distribute(two_registers, PAIR, assign={"isar": [0, 1, 2]})
