"""The estimator beside Qiskit's `StatevectorEstimator`, on the same pubs."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit import QiskitError, QuantumCircuit, transpile
from qiskit.circuit.library import efficient_su2
from qiskit.primitives import BackendEstimatorV2, BaseEstimatorV2, StatevectorEstimator
from qiskit.primitives.containers import ObservablesArray
from qiskit.quantum_info import Pauli, SparsePauliOp, Statevector

import interlace as il
from interlace.qiskit import EstimatorV2, NetworkBackend
from interlace.qiskit.observing import bases_for

PRECISION = 1 / 40
ANSATZ = efficient_su2(4, reps=1)
VALUES = np.random.default_rng(3).uniform(-3, 3, (6, ANSATZ.num_parameters))
ENERGY = SparsePauliOp.from_list(
    [("ZZII", 1.0), ("IZZI", 0.5), ("XIIX", -0.7), ("IYYI", 0.2), ("IIII", 0.3), ("IIIZ", 0.1)]
)


def bound() -> QuantumCircuit:
    return ANSATZ.assign_parameters(VALUES[0])


PUBS = {
    "an operator": lambda: (bound(), ENERGY),
    "text": lambda: (bound(), "ZZII"),
    "a Pauli": lambda: (bound(), Pauli("XXYY")),
    "a mapping": lambda: (bound(), {"ZIII": 2.0, "IXII": -1.0}),
    "a list": lambda: (bound(), ["ZIII", "IXII", ENERGY]),
    "an array": lambda: (bound(), ObservablesArray([["ZIII", "IXII"], ["IIIY", "ZZZZ"]])),
    "values": lambda: (ANSATZ, ENERGY, VALUES[0]),
    "rows of values": lambda: (ANSATZ, ENERGY, VALUES),
    "both": lambda: (ANSATZ, [["ZIII"], ["IXII"], ["ZZII"]], VALUES),
    "one by one": lambda: (ANSATZ, ["ZIII", "IXII"], VALUES[:2]),
    "precision": lambda: (ANSATZ, ["ZIII"], VALUES[:1], 0.1),
    "the identity": lambda: (bound(), "IIII"),
}


@pytest.mark.parametrize("pub", PUBS)
def test_results_are_shaped_as_qiskit_s_and_agree(backend, pub: str) -> None:
    estimator = EstimatorV2(mode=backend, options={"seed_simulator": 1})
    ours = estimator.run([PUBS[pub]()], precision=PRECISION).result()
    theirs = StatevectorEstimator().run([PUBS[pub]()], precision=0.0).result()
    assert ours.metadata == theirs.metadata
    mine, reference = ours[0].data, theirs[0].data
    assert mine.shape == reference.shape
    assert set(mine) == set(reference) == {"evs", "stds"}
    assert np.shape(mine.evs) == np.shape(reference.evs)
    assert np.asarray(mine.evs).dtype == np.asarray(reference.evs).dtype
    assert set(theirs[0].metadata) <= set(ours[0].metadata)
    # 60 or so values, 5.5 standard errors each (0.02 where the estimate of it is 0): a false
    # alarm in 400,000.
    assert np.all(np.abs(mine.evs - reference.evs) <= 5.5 * mine.stds + 0.02)


def test_stated_errors_are_those_that_are_made(backend) -> None:
    circuit = QuantumCircuit(3)
    circuit.h([0, 2])
    circuit.cx(0, 1)
    # Z on qubits 0 and 1 always agree: their sum varies twice as much as two independent ones.
    observable = SparsePauliOp(["IIZ", "IZI", "ZII", "XII", "III"], [1.0, 1.0, 0.5, 0.2, 0.3])
    estimator = EstimatorV2(mode=backend, options={"seed_simulator": 2})
    results = estimator.run([(circuit, observable)] * 80, precision=1 / 20).result()
    z = [(float(pub.data.evs) - 0.5) / float(pub.data.stds) for pub in results]
    # 80 normal deviates: their root mean square is 1 within 5 / sqrt(160), a false alarm in
    # 1.7 million.
    assert np.sqrt(np.mean(np.square(z))) == pytest.approx(1.0, abs=5 / math.sqrt(160))
    assert float(results[0].data.stds) == pytest.approx(math.sqrt(4.25 / 400), rel=0.1)


FORGETFUL = """\
interlace: 1
machines:
  isar: &one
    communication_qubits: 1
    device:
      qubits: 2
      coupling: all
      gates: {rx: {time: 1 us}, rz: {time: 1 us}, cz: {time: 1 us}, reset: {time: 1 us}}
      readout: {time: 1 us}
      t2: 20 ms
  pegnitz: *one
links:
  isar--pegnitz: {rate: 50 Hz, fidelity: 1}
"""


def test_with_noise_the_error_counts_the_timelines(tmp_path) -> None:
    """How long a pair is waited for differs between timelines, and so does the decay."""
    (tmp_path / "net.yaml").write_text(FORGETFUL)
    backend = NetworkBackend(tmp_path / "net.yaml")
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    results = EstimatorV2(mode=backend).run([(circuit, "XX")] * 40).result()
    evs = np.array([pub.data.evs for pub in results])
    stds = np.array([pub.data.stds for pub in results])
    assert evs.mean() < 0.95
    assert stds.mean() > 2 * math.sqrt((1 - 0.9**2) / 4096)  # what the shots alone would make
    # 40 values scatter by their error within 5 / sqrt(78) of it: a false alarm in 1.7 million.
    ratio = evs.std(ddof=1) / np.sqrt((stds**2).mean())
    assert ratio == pytest.approx(1.0, abs=5 / math.sqrt(78))


def test_a_plain_run_of_the_measured_circuit_gives_the_same_value(make) -> None:
    backend = make(ideal=False)
    circuit = QuantumCircuit(7)
    circuit.h(0)
    for qubit in range(6):
        circuit.cx(qubit, qubit + 1)
    job = EstimatorV2(mode=backend, options={"seed_simulator": 6}).run([(circuit, "Z" * 7)])
    circuit.measure_all()
    run = il.run(il.distribute(circuit, backend.network), shots=4096, seed=6)
    signs = 1.0 - 2.0 * (run.samples.sum(axis=1) % 2)
    assert float(job.result()[0].data.evs) == pytest.approx(signs.mean(), abs=1e-12)
    assert job.result()[0].metadata["shots"] == 4096


def test_the_ansatz_is_placed_once_for_all_bases_and_values(backend, monkeypatch) -> None:
    from interlace.qiskit.placing import Placements

    searched: list[bool] = []
    plan = Placements.plan
    monkeypatch.setattr(
        Placements,
        "plan",
        lambda self, circuit, assign: (
            searched.append(assign is None) or plan(self, circuit, assign)
        ),
    )
    job = EstimatorV2(mode=backend).run([(ANSATZ, ENERGY, VALUES[:2])], precision=0.2)
    assert len(job.plans) == 4  # two bases, two sets of values
    assert searched.count(True) == 1
    assert all(plan.check is not None for plan in job.plans)


def test_a_transpiled_circuit_takes_its_layout_along(backend) -> None:
    circuit = QuantumCircuit(3)
    circuit.x(0)
    circuit.swap(0, 2)
    circuit.rx(0.4, 1)
    done = transpile(circuit, backend, optimization_level=3)
    observable = SparsePauliOp(["ZII", "IZI", "IIZ"], [1, 2, 4]).apply_layout(done.layout)
    value = EstimatorV2(backend).run([(done, observable)]).result()[0].data.evs
    exact = Statevector(circuit).expectation_value(SparsePauliOp(["ZII", "IZI", "IIZ"], [1, 2, 4]))
    assert float(value) == pytest.approx(exact.real, abs=0.05)


def test_projectors_are_measured_too(backend) -> None:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    terms = ["I00", "I01", "I++", "0II", "1II", "I+-", "Irl", "Irr", "0ZZ"]
    values = EstimatorV2(backend).run([(circuit, terms)]).result()[0].data.evs
    exact = [0.5, 0.0, 0.5, 1.0, 0.0, 0.0, 0.5, 0.0, 1.0]
    assert values == pytest.approx(exact, abs=5 * 0.5 / 64)  # a false alarm in 400,000


def test_commuting_terms_share_a_circuit_unless_told_otherwise(backend) -> None:
    terms = ["ZZI", "IZZ", "XII", "III"]
    grouped = bases_for(terms, grouped=True)
    assert len(grouped) == 2
    assert {term for basis in grouped for term in basis.terms} == set(terms) - {"III"}
    assert len(bases_for(terms, grouped=False)) == 3
    apart = EstimatorV2(backend, options={"abelian_grouping": False})
    assert len(apart.run([(bound(), ENERGY)], precision=0.2).plans) == 5


def test_precision_becomes_shots_as_in_qiskit_s_backend_estimator(make) -> None:
    backend = make()
    estimator = EstimatorV2(backend)
    theirs = BackendEstimatorV2(backend=backend).run([(bound(), "ZIII")]).result()[0]
    assert (
        estimator.options.default_precision
        == BackendEstimatorV2(backend=backend).options.default_precision
    )
    ours = estimator.run([(bound(), "ZIII")]).result()[0]
    assert ours.metadata["shots"] == theirs.metadata["shots"] == 4096
    assert ours.metadata["target_precision"] == theirs.metadata["target_precision"]
    assert _shots(estimator.run([(bound(), "ZIII")], precision=0.1)) == 100
    assert _shots(estimator.run([(bound(), "ZIII", None, 0.2)], precision=0.1)) == 25
    estimator.options.default_shots = 77
    assert _shots(estimator.run([(bound(), "ZIII")])) == 77


def _shots(job) -> int:
    return job.result()[0].metadata["shots"]


def test_classical_registers_of_the_circuit_are_no_hindrance(backend) -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    circuit.x(1)
    values = EstimatorV2(backend).run([(circuit, ["IZ", "ZI"])]).result()[0].data.evs
    assert values.tolist() == [1.0, -1.0]


@pytest.mark.parametrize(
    "pub",
    [
        lambda: (ANSATZ, ENERGY),
        lambda: (bound(), "ZZ"),
        lambda: (bound(), "ABCD"),
        lambda: (ANSATZ, ["ZIII"] * 4, VALUES),
        lambda: (bound(),),
        lambda: (bound(), ENERGY, None, -0.1),
        lambda: (bound(), ENERGY, None, "fine"),
        bound,
        lambda: 3,
    ],
)
def test_a_bad_pub_is_the_error_that_qiskit_raises(backend, pub) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError, QiskitError)) as theirs:
        StatevectorEstimator().run([pub()]).result()
    with pytest.raises(theirs.type) as ours:
        EstimatorV2(backend).run([pub()])
    assert str(ours.value) == str(theirs.value)


def test_a_precision_of_nothing_is_refused(backend) -> None:
    for precision in (0.0, 0):
        with pytest.raises(ValueError, match="it must be above 0"):
            EstimatorV2(backend).run([(bound(), ENERGY)], precision=precision)


def test_a_precision_that_takes_too_many_shots_is_refused_as_a_precision(backend) -> None:
    with pytest.raises(il.SpecError, match=r"^precision: .* at least 3.16e-05 \(got 1e-09\)$"):
        EstimatorV2(backend).run([(bound(), ENERGY)], precision=1e-9)
    with pytest.raises(il.SpecError, match="pub 1 asks for"):
        EstimatorV2(backend).run([(bound(), ENERGY, None, 0.1), (bound(), ENERGY, None, 3.1e-5)])


def test_it_is_an_estimator_of_qiskit_s_kind(backend) -> None:
    estimator = EstimatorV2(mode=backend)
    assert isinstance(estimator, BaseEstimatorV2)
    assert estimator.mode is backend
    with pytest.raises(il.SpecError, match="mode: must be a NetworkBackend"):
        EstimatorV2(mode=None)
    with pytest.raises(il.SpecError, match="options: no such option"):
        EstimatorV2(backend, options={"resilience_level": 1})
