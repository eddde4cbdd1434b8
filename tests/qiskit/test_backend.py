"""A network as a Qiskit backend: what transpilers see, what `run` gives, what jobs do."""

from __future__ import annotations

import copy
import json
import multiprocessing
import pickle
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Clbit, Parameter
from qiskit.circuit.library import QFTGate, efficient_su2
from qiskit.circuit.random import random_circuit
from qiskit.primitives import BackendEstimatorV2, BackendSamplerV2, StatevectorEstimator
from qiskit.providers import BackendV2, JobError, JobStatus, JobTimeoutError
from qiskit.quantum_info import Operator, SparsePauliOp
from qiskit.transpiler import generate_preset_pass_manager

import interlace as il
from interlace.circuit import GATES
from interlace.qiskit import NetworkBackend, SamplerV2
from interlace.qiskit.placing import Placements, assignment_of


def ghz(qubits: int) -> QuantumCircuit:
    circuit = QuantumCircuit(qubits)
    circuit.h(0)
    for qubit in range(qubits - 1):
        circuit.cx(qubit, qubit + 1)
    circuit.measure_all()
    return circuit


# ------------------------------------------------------------------------------------- the target


def test_the_target_is_all_data_qubits_with_every_gate_everywhere(backend) -> None:
    assert isinstance(backend, BackendV2)
    assert backend.num_qubits == 9
    assert backend.coupling_map is None
    assert backend.max_circuits is None
    assert set(backend.operation_names) == {*GATES, "measure", "reset"}
    assert backend.name == "three-small"


@pytest.mark.parametrize("level", range(4))
def test_transpiling_neither_routes_nor_places(backend, level: int) -> None:
    circuit = QuantumCircuit(6, 2)
    circuit.append(QFTGate(4), range(4))
    circuit.mcx([0, 1, 2, 3], 5)
    circuit.rzz(Parameter("a"), 0, 5)
    circuit.measure([0, 5], [0, 1])
    circuit.reset(3)
    manager = generate_preset_pass_manager(optimization_level=level, backend=backend)
    for done in (transpile(circuit, backend, optimization_level=level), manager.run(circuit)):
        assert done.num_qubits == 6
        assert done.count_ops().get("swap", 0) <= 2  # the QFT's own; routing would add more
        assert [register.name for register in done.qregs] == ["q"]
        if done.layout is not None:
            assert done.layout.initial_index_layout() == list(range(6))


@pytest.mark.parametrize("level", range(4))
def test_what_is_transpiled_can_be_run(backend, level: int) -> None:
    circuit = random_circuit(5, 6, max_operands=3, seed=level)
    done = transpile(circuit, backend, optimization_level=level)
    assert Operator.from_circuit(done).equiv(Operator(circuit))
    done.measure_all()
    assert sum(backend.run(done, shots=50).result().get_counts().values()) == 50


def test_a_clifford_circuit_stays_one_for_stim(backend) -> None:
    job = backend.run(transpile(ghz(8), backend, optimization_level=3), shots=64)
    assert job.reports[0].result.backend == "stim"


# -------------------------------------------------------------------------------------- outcomes


def test_with_noise_the_counts_are_those_of_a_plain_run_with_the_same_seed(make) -> None:
    backend = make(ideal=False)
    circuit = ghz(7)
    result = backend.run(circuit, shots=300, seed_simulator=11).result()
    plan = il.distribute(circuit, backend.network)
    assert len(plan.pairs) > 0
    assert result.get_counts() == dict(il.run(plan, shots=300, seed=11).counts)


def test_a_backend_without_noise_gives_what_the_circuit_says(backend) -> None:
    assert set(backend.run(ghz(9), shots=200).result().get_counts()) == {"0" * 9, "1" * 9}


def test_jobs_of_one_backend_differ_and_a_new_backend_repeats_them(make) -> None:
    first, second = make(seed=5), make(seed=5)
    runs = [b.run(ghz(4), shots=500).result().get_counts() for b in (first, first, second, second)]
    assert runs[0] == runs[2] != runs[1] == runs[3]


def test_circuits_of_one_job_have_seeds_of_their_own(backend) -> None:
    result = backend.run([ghz(4), ghz(4)], shots=500).result()
    assert result.get_counts(0) != result.get_counts(1)


def test_memory_lists_every_shot_and_counts_sum_it_up(backend) -> None:
    result = backend.run(ghz(3), shots=40, memory=True).result()
    memory = result.get_memory()
    assert len(memory) == 40
    assert {word: memory.count(word) for word in set(memory)} == result.get_counts()
    assert "memory" not in backend.run(ghz(3), shots=40).result().data()


def test_registers_are_printed_as_qiskit_prints_them(backend) -> None:
    a, b = ClassicalRegister(2, "a"), ClassicalRegister(1, "b")
    circuit = QuantumCircuit(QuantumRegister(3, "q"), a, b, name="mixed", metadata={"x": 1})
    circuit.x(0)
    circuit.x(2)
    circuit.measure(0, a[1])
    circuit.measure(2, b[0])  # a[0] is never written
    result = backend.run(circuit, shots=10).result()
    assert result.get_counts() == {"1 10": 10}
    assert result.data()["counts"] == {"0x6": 10}
    header = result.results[0].header
    assert header["name"] == "mixed"
    assert header["metadata"] == {"x": 1}
    assert header["creg_sizes"] == [["a", 2], ["b", 1]]
    assert header["memory_slots"] == 3


def test_bits_of_no_register_and_of_a_mixed_one_keep_qiskit_s_numbers(backend) -> None:
    bits = [Clbit() for _ in range(3)]
    circuit = QuantumCircuit(QuantumRegister(3, "q"), bits)
    circuit.add_register(ClassicalRegister(name="mixed", bits=[bits[2], bits[0]]))
    circuit.x(1)
    circuit.measure(1, bits[2])
    assert backend.run(circuit, shots=5).result().data()["counts"] == {"0x4": 5}
    assert SamplerV2(backend).run([circuit]).result()[0].data.mixed.get_counts() == {"01": 1024}


def test_measuring_and_resetting_on_the_way_works(backend) -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    circuit.measure(0, 1)
    assert backend.run(circuit, shots=20).result().get_counts() == {"01": 20}


def test_more_than_64_bits_are_counted(tmp_path) -> None:
    (tmp_path / "wide.yaml").write_text('interlace: 1\nmachines: {a: {device: "ideal:80"}}\n')
    circuit = QuantumCircuit(70)
    circuit.x(69)
    circuit.measure_all()
    counts = NetworkBackend(tmp_path / "wide.yaml").run(circuit, shots=3).result().get_counts()
    assert counts == {"1" + 69 * "0": 3}


def test_a_circuit_that_measures_nothing_has_no_counts(backend) -> None:
    circuit = QuantumCircuit(2, 2, global_phase=0.3)
    circuit.h(0)
    job = backend.run(circuit, shots=5)
    assert job.result().data() == {}
    assert len(job.plans) == 1


def test_the_header_sums_the_run_up_in_plain_values(make) -> None:
    job = make(ideal=False).run(ghz(7), shots=100)
    summary = job.result().results[0].header["interlace"]
    assert json.loads(json.dumps(summary)) == summary
    assert summary["plan"] == job.plans[0].content_id()
    assert summary["ebits"] == len(job.plans[0].pairs) > 0
    assert summary["makespan_s"] > 0
    assert str(job.reports[0])
    assert job.metadata["plans"][0].content_id() == summary["plan"]
    assert job.metadata["reports"][0].result.shots == 100


# ------------------------------------------------------------------------------------- placements


def test_a_remembered_placement_gives_the_plan_that_a_search_gives(backend) -> None:
    ansatz = efficient_su2(7, reps=2, entanglement="circular")
    ansatz.measure_all()
    random = np.random.default_rng(1)
    values = random.uniform(-3, 3, (3, ansatz.num_parameters))
    values[1] = 0.0
    circuits = [ansatz.assign_parameters(row) for row in values]
    plans = backend.run(circuits, shots=1).plans
    for plan, circuit in zip(plans, circuits, strict=True):
        searched = il.distribute(circuit, backend.network)
        assert plan.content_id() == searched.content_id()
        assert plan.check is not None
        assert assignment_of(plan) == assignment_of(searched)


def test_a_placement_is_looked_for_once_for_each_shape(backend, monkeypatch) -> None:
    searched: list[int] = []
    plan = Placements.plan

    def counting(self, circuit, assign):
        searched.append(assign is None)
        return plan(self, circuit, assign)

    monkeypatch.setattr(Placements, "plan", counting)
    ansatz = efficient_su2(5, reps=1)
    ansatz.measure_all()
    circuits = [ansatz.assign_parameters([0.1 * k] * ansatz.num_parameters) for k in range(4)]
    backend.run(circuits, shots=1).result()
    backend.run(ghz(5), shots=1).result()
    assert searched == [True, False, False, False, True]


def test_qubits_go_where_they_are_assigned(make) -> None:
    backend = make(assign={"isar": [0, 2], "pegnitz": [1]})
    plan = backend.run(ghz(3), shots=1).plans[0]
    assert assignment_of(plan) == {"isar": (0, 2), "donau": (), "pegnitz": (1,)}


# --------------------------------------------------------------------------------------- mistakes


def too_wide() -> QuantumCircuit:
    return ghz(10)


def unbound() -> QuantumCircuit:
    circuit = ghz(2)
    circuit.rx(Parameter("theta"), 0)
    return circuit


def branching() -> QuantumCircuit:
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    return circuit


def opaque() -> QuantumCircuit:
    from qiskit.circuit import Gate

    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("mystery", 1, []), [0])
    return circuit


MISTAKES = [
    (too_wide, il.InfeasibleError, "10 qubits, the machines together have 9"),
    (unbound, il.SpecError, "unbound parameters 'theta'"),
    (branching, il.SpecError, r"instruction 1 \(if_else\): control flow"),
    (opaque, il.SpecError, "'mystery' has no definition"),
]


@pytest.mark.parametrize(("circuit", "kind", "words"), MISTAKES)
def test_a_circuit_that_cannot_run_is_an_error_of_its_result(
    backend, circuit: Callable[[], QuantumCircuit], kind: type[Exception], words: str
) -> None:
    job = backend.run(circuit())
    with pytest.raises(kind, match=words):
        job.result()
    assert job.status() is JobStatus.ERROR


def test_an_error_says_which_circuit_of_several_it_is_about(backend) -> None:
    job = backend.run([ghz(2), unbound()])
    with pytest.raises(il.SpecError) as caught:
        job.result()
    assert caught.value.__notes__ == ["in circuit 1 of 2, counted from 0"]


def test_a_circuit_that_is_too_wide_is_refused_before_any_other_runs(backend) -> None:
    job = backend.run([ghz(2), too_wide()])
    with pytest.raises(il.InfeasibleError):
        job.result()
    assert job.progress().circuits_done == 0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shots": 0}, "shots: must be a whole number"),
        ({"shots": 1.5}, "shots: must be a whole number"),
        ({"seed_simulator": -1}, "seed_simulator: must be"),
        ({"timelines": 0}, "timelines: must be"),
        ({"backend": "qasm"}, "backend: must be one of auto"),
        ({"ideal": "yes"}, "ideal: must be True or False"),
        ({"resilience": 2}, "no such option; there are shots"),
    ],
)
def test_a_bad_option_is_refused_at_once(backend, options: dict[str, object], words: str) -> None:
    with pytest.raises(il.SpecError, match=words):
        backend.run(ghz(2), **options)


def test_bad_arguments_of_the_backend_are_refused(make, tmp_path) -> None:
    for options in ({"shots": 0}, {"seed": "x"}, {"min_fidelity": 2}, {"backend": "qasm"}):
        with pytest.raises(il.SpecError):
            make(**options)
    with pytest.raises(il.SpecError):
        NetworkBackend(tmp_path / "none.yaml")


def test_something_that_is_no_circuit_is_refused(backend) -> None:
    for thing in ("circuit.qasm", [ghz(2), 3], None):
        with pytest.raises(il.SpecError, match="run_input: must be a QuantumCircuit"):
            backend.run(thing)


# ------------------------------------------------------------------------------------------- jobs


def heavy() -> QuantumCircuit:
    """Minutes of noisy shots."""
    circuit = efficient_su2(9, reps=4, entanglement="circular")
    circuit = circuit.assign_parameters([0.1] * circuit.num_parameters)
    circuit.measure_all()
    return circuit


def test_a_cancelled_job_stops_and_the_next_one_runs(make) -> None:
    backend = make(ideal=False, backend="aer-statevector")
    job = backend.run(heavy(), shots=100_000)
    waiting = backend.run(ghz(2), shots=10)
    dropped = backend.run(ghz(2), shots=10)
    until(lambda: job.progress().timelines > 1)  # shots are under way
    assert job.status() is JobStatus.RUNNING
    assert waiting.status() is JobStatus.QUEUED
    assert dropped.cancel()
    assert dropped.cancelled()
    began = time.perf_counter()
    assert job.cancel()
    assert job.cancelled()
    with pytest.raises(JobError, match="cancelled"):
        job.result()
    assert waiting.result(timeout=20).get_counts()
    assert time.perf_counter() - began < 15  # a busy machine; a second on an idle one
    until(lambda: not multiprocessing.active_children())
    assert job.status() is JobStatus.CANCELLED
    with pytest.raises(JobError, match="cancelled"):
        dropped.result()


def test_a_job_says_how_far_it_is(backend) -> None:
    job = backend.run([ghz(2)] * 5, shots=10)
    seen = [job.progress()]
    until(lambda: seen.append(job.progress()) or job.in_final_state())
    job.result()
    assert [p.circuits_done for p in seen] == sorted(p.circuits_done for p in seen)
    assert str(job.progress()) == "5 of 5 circuits (100%)"
    assert job.progress().fraction == 1.0
    assert not job.cancel()
    assert job.done()


def test_waiting_ends_when_the_time_is_over(make) -> None:
    job = make(ideal=False).run(heavy(), shots=50_000)
    with pytest.raises(JobTimeoutError, match="not done after"):
        job.result(timeout=0.05)
    assert job.cancel()


def test_many_circuits_over_a_pool_give_what_they_give_one_by_one(make, monkeypatch) -> None:
    circuits = [ghz(k) for k in (4, 5, 6, 7)]
    alone = make(ideal=False, seed=3).run(circuits, shots=50).result()
    monkeypatch.setattr("interlace.qiskit.tasks._WORTH_A_POOL_S", 0.0)
    monkeypatch.setattr("interlace.qiskit.tasks.available_workers", lambda: 2)
    job = make(ideal=False, seed=3).run(circuits, shots=50)
    assert job.result().get_counts() == alone.get_counts()
    assert job.progress().fraction == 1.0


def until(holds: Callable[[], object], seconds: float = 30.0) -> None:
    end = time.perf_counter() + seconds
    while not holds():
        assert time.perf_counter() < end
        time.sleep(0.005)


# ------------------------------------------------------------------- Qiskit's own primitives on it


def test_qiskit_s_own_sampler_works_on_it(backend) -> None:
    circuit = ghz(4)
    circuit.add_register(ClassicalRegister(2, "extra"))
    circuit.measure([0, 1], [4, 5])
    job = BackendSamplerV2(backend=backend, options={"default_shots": 64}).run([circuit])
    data = job.result()[0].data
    assert set(data.meas.get_counts()) <= {"0000", "1111"}
    assert data.extra.num_bits == 2
    assert data.meas.num_shots == 64


def test_qiskit_s_own_estimator_works_on_it(backend) -> None:
    ansatz = efficient_su2(4, reps=1)
    transpiled = generate_preset_pass_manager(2, backend=backend).run(ansatz)
    observable = SparsePauliOp.from_list([("ZZII", 1.0), ("IXXI", 0.5), ("IIIY", -0.25)])
    values = np.linspace(0, 1, ansatz.num_parameters)
    pub = (transpiled, observable.apply_layout(transpiled.layout), values)
    found = BackendEstimatorV2(backend=backend).run([pub]).result()[0].data
    exact = StatevectorEstimator().run([(ansatz, observable, values)]).result()[0].data.evs
    # Qiskit's `stds` bounds the standard error: five of them, a false alarm in 1.7 million.
    assert abs(found.evs - exact) < 5 * found.stds


# ------------------------------------------------------------------------------- copies, sessions


def test_copies_go_on_with_the_seeds_and_have_options_of_their_own(make) -> None:
    first, second = (make(seed=5).run(ghz(3), shots=200, memory=True) for _ in range(2))
    assert first.result().get_memory() == second.result().get_memory()
    backend = make(seed=5)
    twin = copy.deepcopy(backend)
    jobs = [one.run(ghz(3), shots=200, memory=True) for one in (backend, twin, backend)]
    memories = [tuple(job.result().get_memory()) for job in jobs]
    assert len(set(memories)) == 3  # three equal ones of 2^200 by chance: never
    assert list(memories[0]) == first.result().get_memory()
    twin.set_options(shots=7)
    assert backend.run_options["shots"] == 1024
    assert twin.network is backend.network


def test_a_backend_can_be_pickled_and_goes_on_where_it_was(make) -> None:
    backend = make(seed=5)
    backend.run(ghz(3), shots=10).result()
    twin = pickle.loads(pickle.dumps(backend))
    jobs = [one.run(ghz(3), shots=200, memory=True) for one in (backend, twin)]
    assert jobs[0].result().get_memory() == jobs[1].result().get_memory()


def test_qiskits_run_time_takes_the_backend_in_its_local_mode(backend) -> None:
    ibm = pytest.importorskip("qiskit_ibm_runtime", reason="needs the extra [ibm]")
    sampler = ibm.SamplerV2(mode=backend)
    counts = sampler.run([ghz(6)], shots=60).result()[0].data.meas.get_counts()
    assert set(counts) == {"000000", "111111"}
    circuit = ghz(2).remove_final_measurements(inplace=False)
    estimator = ibm.EstimatorV2(mode=backend)
    assert estimator.run([(circuit, "ZZ")], precision=0.1).result()[0].data.evs == 1.0
    with ibm.Session(backend=backend) as session:
        job = SamplerV2(mode=session).run([ghz(2)], shots=10)
    assert sum(job.result()[0].data.meas.get_counts().values()) == 10


def test_the_primitives_take_what_holds_a_backend_and_nothing_else(backend) -> None:
    session = SimpleNamespace(_backend=backend)
    assert SamplerV2(mode=session).mode is backend  # pyright: ignore[reportArgumentType]
    with pytest.raises(il.SpecError, match="must be a NetworkBackend, or a session on one"):
        SamplerV2(mode=SimpleNamespace(_backend=None))  # pyright: ignore[reportArgumentType]
