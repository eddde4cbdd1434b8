"""The sampler beside Qiskit's `StatevectorSampler`, on the same pubs."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Parameter
from qiskit.primitives import BaseSamplerV2, BitArray, StatevectorSampler

import interlace as il
from interlace.qiskit import SamplerV2

SHOTS = 2000


def turned(width: int = 3) -> QuantumCircuit:
    """Two registers, one bit never written, two parameters."""
    a, b = Parameter("a"), Parameter("b")
    left, right = ClassicalRegister(2, "left"), ClassicalRegister(9, "right")
    circuit = QuantumCircuit(QuantumRegister(width, "q"), left, right, metadata={"who": "me"})
    circuit.rx(a, 0)
    circuit.ry(b, 1)
    circuit.cx(0, width - 1)
    circuit.measure(0, left[0])
    circuit.measure([1, width - 1], [right[8], right[3]])
    return circuit


def grid() -> dict[tuple[str, ...], np.ndarray]:
    return {("a", "b"): np.linspace(0, 3, 2 * 3 * 2).reshape(2, 3, 2)}


def no_parameters() -> QuantumCircuit:
    return turned().assign_parameters([0.4, 1.1])


PUBS = {
    "a circuit": no_parameters,
    "a tuple of one": lambda: (no_parameters(),),
    "values": lambda: (turned(), [0.3, 0.9]),
    "rows of values": lambda: (turned(), np.linspace(0, 3, 8).reshape(4, 2)),
    "one row": lambda: (turned(), np.array([[0.3, 0.9]])),
    "a grid": lambda: (turned(), grid()),
    "values by name": lambda: (turned(), {"a": np.zeros(3), "b": np.ones(3)}),
    "shots": lambda: (turned(), [0.3, 0.9], 123),
}


@pytest.mark.parametrize("pub", PUBS)
def test_results_are_shaped_and_named_as_qiskit_s(backend, pub: str) -> None:
    ours = SamplerV2(mode=backend).run([PUBS[pub]()], shots=SHOTS).result()
    theirs = StatevectorSampler(seed=1).run([PUBS[pub]()], shots=SHOTS).result()
    assert ours.metadata == theirs.metadata
    assert len(ours) == len(theirs) == 1
    assert ours[0].data.shape == theirs[0].data.shape
    assert list(ours[0].data) == list(theirs[0].data)
    for name in theirs[0].data:
        mine, reference = ours[0].data[name], theirs[0].data[name]
        assert type(mine) is type(reference) is BitArray
        assert mine.array.shape == reference.array.shape
        assert mine.array.dtype == reference.array.dtype
        assert (mine.num_bits, mine.num_shots) == (reference.num_bits, reference.num_shots)
    theirs_too = {key: ours[0].metadata[key] for key in theirs[0].metadata}
    assert theirs_too == theirs[0].metadata
    assert len(ours[0].metadata["interlace"]) == max(1, ours[0].data.size)


def test_outcomes_are_as_likely_as_qiskit_says(backend) -> None:
    pub = (turned(), grid())
    ours = SamplerV2(mode=backend, options={"seed_simulator": 4}).run([pub], shots=SHOTS).result()
    theirs = StatevectorSampler(seed=4).run([pub], shots=SHOTS).result()
    for name, bits in (("left", 2), ("right", 9)):
        for k in range(bits):
            p = ours[0].data[name].slice_bits(k).bitcount().mean(axis=-1) / 1.0
            q = theirs[0].data[name].slice_bits(k).bitcount().mean(axis=-1) / 1.0
            # 66 differences of two shares, six standard errors each: a false alarm in 7 million.
            assert np.all(np.abs(p - q) <= 6 * np.sqrt(2 * 0.25 / SHOTS))
    assert not ours[0].data.left.slice_bits(1).bitcount().any()


def test_one_element_is_what_a_plain_run_samples(make) -> None:
    backend = make(ideal=False)
    circuit = QuantumCircuit(7, 7)
    circuit.h(0)
    for qubit in range(6):
        circuit.cx(qubit, qubit + 1)
    circuit.measure(range(7), range(7))
    job = SamplerV2(mode=backend, options={"seed_simulator": 9}).run([circuit], shots=400)
    run = il.run(il.distribute(circuit, backend.network), shots=400, seed=9)
    bits = job.result()[0].data.c
    assert bits.get_counts() == dict(run.counts)
    assert np.array_equal(bits.to_bool_array(order="little"), run.samples.astype(bool))
    assert job.result()[0].metadata["interlace"][0]["ebits"] == len(job.plans[0].pairs) > 0


def test_shots_of_the_pub_come_before_the_run_s_and_the_options(make) -> None:
    sampler = SamplerV2(make(shots=7))
    assert _shots(sampler.run([no_parameters()])) == [7]
    sampler.options.default_shots = 8
    assert _shots(sampler.run([no_parameters()])) == [8]
    pubs = [no_parameters(), (no_parameters(), None, 10)]
    assert _shots(sampler.run(pubs, shots=9)) == [9, 10]


def _shots(job) -> list[int]:
    return [pub.data.left.num_shots for pub in job.result()]


def test_the_seed_may_stand_in_the_options_of_the_simulator(backend) -> None:
    pub = (turned(), [1.0, 1.0])
    for options in ({"seed_simulator": 3}, {"simulator": {"seed_simulator": 3}}):
        sampler = SamplerV2(mode=backend, options=options)
        first, second = sampler.run([pub]).result()[0], sampler.run([pub]).result()[0]
        assert first.data.left == second.data.left
    by_backend = [SamplerV2(backend).run([pub]).result()[0].data.right for _ in range(2)]
    assert by_backend[0] != by_backend[1]


def test_no_registers_is_a_warning_and_an_empty_result(backend) -> None:
    circuit = QuantumCircuit(2)
    circuit.h(0)
    with pytest.warns(UserWarning, match="no classical registers"):
        ours = SamplerV2(backend).run([circuit]).result()[0].data
    with pytest.warns(UserWarning, match="no output classical registers"):
        theirs = StatevectorSampler().run([circuit]).result()[0].data
    assert list(ours) == list(theirs) == []
    assert ours.shape == theirs.shape


def test_registers_that_nothing_is_written_to_read_zero(backend) -> None:
    circuit = QuantumCircuit(2, 3)
    circuit.h(0)
    ours = SamplerV2(backend).run([circuit], shots=5).result()[0].data.c
    theirs = StatevectorSampler().run([circuit], shots=5).result()[0].data.c
    assert ours == theirs


def test_measuring_on_the_way_and_reusing_the_qubit(backend) -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.reset(0)
    circuit.x(0)
    circuit.measure(0, 1)
    data = SamplerV2(backend).run([circuit], shots=200).result()[0].data.c
    assert set(data.get_counts()) == {"10", "11"}


def test_no_pubs_is_an_empty_result(backend) -> None:
    job = SamplerV2(backend).run([])
    assert len(job.result()) == 0
    assert job.done()
    assert job.progress().fraction == 1.0


@pytest.mark.parametrize(
    "pub",
    [
        turned,
        lambda: (turned(), [1.0]),
        lambda: (turned(), [[1.0, 2.0, 3.0]]),
        lambda: (turned(), [0.1, 0.2], -1),
        lambda: (turned(), [0.1, 0.2], 1.5),
        lambda: (turned(), [0.1, 0.2], 10, 10),
        lambda: ("not a circuit", [0.1]),
        lambda: 3,
    ],
)
def test_a_bad_pub_is_the_error_that_qiskit_raises(backend, pub) -> None:
    with pytest.raises((ValueError, TypeError, AttributeError)) as theirs:
        StatevectorSampler().run([pub()])
    with pytest.raises(theirs.type) as ours:
        SamplerV2(backend).run([pub()])
    assert str(ours.value) == str(theirs.value)


def test_an_error_of_the_circuit_comes_with_the_result(backend) -> None:
    job = SamplerV2(backend).run([QuantumCircuit(12, 1)])
    with pytest.raises(il.InfeasibleError, match="12 qubits"):
        job.result()
    assert job.in_final_state()
    assert not job.done()


def test_it_is_a_sampler_of_qiskit_s_kind(backend) -> None:
    sampler = SamplerV2(mode=backend)
    assert isinstance(sampler, BaseSamplerV2)
    assert sampler.mode is backend
    with pytest.raises(il.SpecError, match="mode: must be a NetworkBackend"):
        SamplerV2(mode="three-cities.yaml")
    with pytest.raises(il.SpecError, match="options: no such option; there are default_shots"):
        SamplerV2(backend, options={"resilience_level": 1})
    with pytest.raises(il.SpecError, match=r"options\.simulator: no such option"):
        SamplerV2(backend, options={"simulator": {"seed": 1}})
    with pytest.raises(AttributeError):
        sampler.options.resilience_level = 1
