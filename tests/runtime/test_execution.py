"""A plan, run: closed forms through the whole chain, and what a result promises.

Statistical tests allow 4.9 standard deviations (a false alarm has probability 1e-6 each) of
what they compare, and fix the seed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import pytest
from tests.runtime.build import op, program

import interlace
from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import Plan, distribute, time_ops
from interlace.errors import InfeasibleError, SpecError
from interlace.executor import Executor, ProcessExecutor, SerialExecutor
from interlace.link import Link
from interlace.network import Device, GateProfile, Network, Readout, load_device, make_network
from interlace.routing import SampledSupply
from interlace.runtime import Result, SimulationJob, run
from interlace.runtime.noise import noises
from interlace.runtime.stim_backend import StimSimulator


def circuit(*ops: Op, qubits: int, clbits: Sequence[int] = ()) -> Circuit:
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=tuple(Register(name=f"c{i}", size=size) for i, size in enumerate(clbits)),
        ops=OpTable.of(ops),
    )


def bell(*, measured: bool = True) -> Circuit:
    ops = [op("h", 0), op("cx", 0, 1)]
    if not measured:
        return circuit(*ops, qubits=2)
    ops += [op("measure", 0, clbit=0), op("measure", 1, clbit=1)]
    return circuit(*ops, qubits=2, clbits=(2,))


def line(
    machines: int, *, qubits: int = 2, communication: int | str = 1, link: str = "", shape="line"
) -> Network:
    return make_network(
        shape,
        str(machines),
        device=load_device(f"ideal:{qubits}"),
        communication_qubits=communication,
        link=link or "rate=1kHz,fidelity=0.7",
    )


def planned(made: Circuit, network: Network, **options: object) -> Plan:
    return distribute(made, network, **options)


def agreeing(result: Result) -> float:
    counts = dict(result.counts or ())
    same = sum(n for bits, n in counts.items() if len(set(bits)) == 1)
    return same / result.shots


SHOTS = 6000


@pytest.mark.parametrize("backend", ["stim", "aer-statevector", "aer-density"])
def test_a_bell_circuit_over_a_link_of_fidelity_0_7(backend: str) -> None:
    plan = planned(bell(), line(2))
    result = run(plan, shots=SHOTS, seed=3, backend=backend, timelines=8)
    assert abs(agreeing(result) - 0.80) < 4.9 * math.sqrt(0.8 * 0.2 / SHOTS)
    assert result.backend == backend
    assert result.fidelity is not None
    # Half of the four Bell states' weight falls on 01 and 10: (sqrt(.5 * .4) * 2)^2 = 0.8.
    assert abs(result.fidelity.value - 0.80) < 4.9 * result.fidelity.error


def test_two_werner_pairs_joined_by_one_swap() -> None:
    plan = planned(bell(), line(3, communication="unlimited"), assign={"m0": [0], "m2": [1]})
    assert len(plan.pairs) == 2
    result = run(plan, shots=SHOTS, seed=4)
    w = ((4 * 0.7 - 1) / 3) ** 2
    exact = (1 + w) / 2
    assert abs(agreeing(result) - exact) < 4.9 * math.sqrt(exact * (1 - exact) / SHOTS)
    assert [use.pairs for use in result.links] == [1, 1]


def test_an_ideal_run_gives_the_undistributed_distribution() -> None:
    result = run(planned(bell(), line(2)), shots=2000, seed=1, ideal=True)
    assert agreeing(result) == 1.0
    assert sum(count for _, count in result.error_breakdown) == 0.0
    assert result.makespan_s.mean() > 0


WAITING_RATE_HZ = 1e3


def test_waiting_is_averaged_over_timelines_and_not_computed_from_the_mean_wait() -> None:
    """E[exp(-t/T)] over exponential waits of rate r is 1 / (1 + 1/(rT)); here rT = 1.

    The mean wait would give exp(-1). A qubit in |+> waits for a pair whose two outcomes cancel.
    """
    t2_s = 1.0 / WAITING_RATE_HZ
    made = dataclasses.replace(
        program(
            op("h", 0), op("ebit", 1, 2), op("measure", 1, clbit=1), op("measure", 2, clbit=2),
            op("z", 0, condition=1), op("z", 0, condition=2), op("h", 0),
            op("measure", 0, clbit=0), bits=1,
        ),
        node=np.array([0, 0, 1]),
        device_qubit=np.array([1, 0, 0]),
    )  # fmt: skip
    # Gates that take time cannot be put off until a herald that nobody foresees: so |+> waits.
    gates = tuple(GateProfile(name=name, time_s=1e-12, error=0.0) for name in ("h", "z"))
    device = Device(name="d", qubits=2, gates=gates, t1_s=(None, None), t2_s=(None, t2_s))
    made_network = line(2)
    network = dataclasses.replace(
        made_network,
        machines=tuple(
            dataclasses.replace(machine, device=device, communication=(0,))
            for machine in made_network.machines
        ),
    )
    link = Link(
        name="m0--m1", ends=(0, 1), channels=1, success_probability=None, attempt_period_s=None,
        rate_hz=WAITING_RATE_HZ, herald_delay_s=0.0, state=(1.0, 0.0, 0.0, 0.0), latency_s=0.0,
        citation="",
    )  # fmt: skip
    timelines, shots = 400, 20
    supply = SampledSupply((link,), timelines=timelines, seed=5)
    timing = time_ops(made, network, (link,), supply)
    bits = np.concatenate(
        [
            StimSimulator().sample(job).bits
            for k, each in enumerate(noises(made, network, timing))
            for job in (SimulationJob(program=made, noise=each, shots=shots, seed=k),)
        ]
    )
    coherence = 1 - 2 * bits.mean()
    # exp(-t/T) is uniform on (0, 1) for rT = 1: variance 1/12 over timelines, below 1 over shots.
    spread = math.sqrt(1 / 12 / timelines + 1 / (timelines * shots))
    assert abs(coherence - 0.5) < 4.9 * spread
    assert abs(coherence - math.exp(-1)) > 4.9 * spread


def test_the_time_breakdown_sums_to_the_mean_makespan() -> None:
    result = run(planned(bell(), line(3, communication="unlimited")), shots=64, seed=2)
    spent = sum(seconds for _, seconds in result.time_breakdown)
    assert spent == pytest.approx(result.makespan_s.mean())
    assert result.timelines == 32 == len(result.makespan_s)


def test_timelines_are_never_more_than_shots() -> None:
    assert run(planned(bell(), line(2)), shots=5).timelines == 5


@pytest.mark.parametrize("backend", ["stim", "frames", "aer-statevector"])
def test_counts_do_not_depend_on_the_number_of_workers(backend: str) -> None:
    plan = planned(bell(), line(2))

    def counts(seed: int, executor: Executor) -> tuple[tuple[str, int], ...] | None:
        return run(
            plan, shots=100, seed=seed, timelines=4, backend=backend, executor=executor,
            compare_alone=False,
        ).counts  # fmt: skip

    alone = counts(9, SerialExecutor())
    assert counts(9, ProcessExecutor(2)) == alone
    assert counts(10, SerialExecutor()) != alone


def test_progress_is_told_of_every_job() -> None:
    told: list[tuple[int, int]] = []
    run(
        planned(bell(), line(2)),
        shots=30,
        timelines=3,
        progress=lambda done, total: told.append((done, total)),
    )
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_counts_are_printed_as_qiskit_prints_them() -> None:
    made = circuit(
        op("x", 0), op("x", 2), op("measure", 0, clbit=0), op("measure", 1, clbit=1),
        op("measure", 2, clbit=2), qubits=3, clbits=(1, 2),
    )  # fmt: skip
    from qiskit_aer import AerSimulator

    from interlace.circuit import to_qiskit

    expected = AerSimulator().run(to_qiskit(made), shots=10).result().get_counts()
    result = run(planned(made, line(2, qubits=3)), shots=10)
    assert dict(result.counts or ()) == expected == {"10 1": 10}


def test_a_circuit_that_measures_nothing_is_measured_whole() -> None:
    result = run(planned(bell(measured=False), line(2)), shots=500, seed=1, ideal=True)
    assert {bits for bits, _ in result.counts or ()} == {"00", "11"}
    assert any("measures nothing" in sentence for sentence in result.approximations)


@pytest.mark.parametrize(
    ("barriers", "said"),
    [
        (0, []),
        (1, ["The circuit's barrier is left out: operations around it run"]),
        (1200, ["The circuit's 1,200 barriers are left out: operations around them run"]),
    ],
)
def test_barriers_that_were_left_out_are_told(barriers: int, said: list[str]) -> None:
    made = dataclasses.replace(bell(), dropped_barriers=barriers)
    result = run(planned(made, line(2)), shots=10, ideal=True)
    told = [sentence for sentence in result.approximations if "barrier" in sentence]
    end = " as early as their qubits allow."
    assert told == [f"{sentence}{end}" for sentence in said]


def test_a_qubit_that_nothing_acts_on_is_measured_and_misread_like_any_other() -> None:
    readout = Readout(time_s=1e-5, error_0=(1.0,) * 4, error_1=(0.0,) * 4)
    device = dataclasses.replace(noisy_device(), readout=readout)
    network = make_network(
        "line", "2", device=device, communication_qubits=2, link="rate=5kHz,fidelity=0.95"
    )
    made = circuit(op("x", 0), qubits=3)
    result = run(planned(made, network), shots=50, seed=1, backend="frames", compare_alone=False)
    assert result.samples[:, 1:].all()
    assert dict(result.error_breakdown)["readout"] == pytest.approx(3 * 0.5)


def test_a_circuit_that_measures_nothing_is_measured_where_its_qubits_ended() -> None:
    ops = [op("x", 0), op("h", 1), op("cx", 1, 2), op("cx", 2, 3), op("swap", 0, 3)]
    made = circuit(*ops, op("cx", 3, 1), qubits=4)
    result = run(planned(made, line(2, qubits=4, communication=2)), shots=400, ideal=True)
    # q0 holds the GHZ's third qubit, q3 the one, which flips q1.
    assert {bits for bits, _ in result.counts or ()} == {"1010", "1101"}


def test_qubits_that_local_routing_moved_are_measured_where_they_are() -> None:
    gates = tuple(GateProfile(name=n, time_s=0.0, error=0.0) for n in ("x", "h", "cx"))
    device = Device(name="path", qubits=5, coupling=((0, 1), (1, 2), (2, 3), (3, 4)), gates=gates)
    network = make_network(
        "line", "2", device=device, communication_qubits=1, link="rate=1kHz,fidelity=1"
    )
    ops = [op("x", 0), op("x", 2)]
    value = [1, 0, 1, 0, 0]
    for a, b in ((0, 1), (1, 2), (0, 3), (2, 3), (3, 1), (0, 2), (1, 4), (4, 0), (3, 4), (2, 4)):
        ops.append(op("cx", a, b))
        value[b] ^= value[a]
    plan = planned(circuit(*ops, qubits=5), network, assign={"m0": [0, 1, 2, 3], "m1": [4]})
    result = run(plan, shots=20, ideal=True)
    assert dict(result.counts or ()) == {"".join(map(str, reversed(value))): 20}


def test_mid_circuit_measurement_and_reset_are_run() -> None:
    made = circuit(
        op("h", 0), op("cx", 0, 1), op("measure", 0, clbit=0), op("reset", 0),
        op("measure", 1, clbit=1), op("measure", 0, clbit=2), qubits=2, clbits=(3,),
    )  # fmt: skip
    for backend in ("stim", "aer-statevector", "aer-density"):
        plan = planned(made, line(2))
        result = run(plan, shots=300, seed=2, ideal=True, backend=backend)
        assert {bits for bits, _ in result.counts or ()} == {"000", "011"}
        assert result.fidelity is not None
        assert result.fidelity.value > 0.97


def noisy_device() -> Device:
    names = ("h", "cx", "x", "z", "reset")
    gates = tuple(
        GateProfile(name=name, time_s=1e-6, error=0.01 if name == "cx" else 0.001) for name in names
    )
    return Device(
        name="noisy", qubits=4, gates=gates, t1_s=(1e-3,) * 4, t2_s=(1e-3,) * 4,
        readout=Readout(time_s=1e-5, error_0=(0.01,) * 4, error_1=(0.03,) * 4),
    )  # fmt: skip


def noisy_network() -> Network:
    return make_network(
        "line", "2", device=noisy_device(), communication_qubits=2, link="rate=5kHz,fidelity=0.95"
    )


def test_errors_are_counted_by_cause() -> None:
    result = run(planned(bell(), noisy_network(), assign={"m0": [0], "m1": [1]}), shots=100)
    errors = dict(result.error_breakdown)
    assert errors["ebit infidelity on m0--m1"] == pytest.approx(0.05)
    # cx of the circuit, of the entangler, each 1.25 e; four readouts, each 2 % wrong:
    # of the two outcomes, which agree, as often as their 100 shots say, within 4.9 * 0.0021.
    assert errors["two-qubit gates"] == pytest.approx(2 * 1.25 * 0.01)
    assert errors["readout"] == pytest.approx(4 * 0.02, abs=0.0103)
    assert errors["memory decay of data qubits"] > 0
    assert errors["memory decay of communication qubits"] > 0


def test_one_machine_alone_runs_the_same_circuit_without_links() -> None:
    result = run(planned(bell(), noisy_network(), assign={"m0": [0], "m1": [1]}), shots=4000)
    alone = result.alone
    assert alone is not None
    assert alone.machine == "m0"
    assert sum(count for _, count in alone.counts or ()) == 4000
    assert alone.makespan_s == pytest.approx(2e-6 + 1e-5)
    assert alone.fidelity is not None
    assert result.fidelity is not None
    assert alone.fidelity.value > result.fidelity.value
    assert run(result.plan, shots=10, compare_alone=False).alone is None


def test_the_machine_alone_is_the_one_with_the_fewest_errors_not_the_largest() -> None:
    network = noisy_network()
    better, larger = network.machines
    gates = tuple(dataclasses.replace(gate, error=0.2) for gate in better.device.gates)
    worse = dataclasses.replace(better.device, name="worse", gates=gates)
    machines = (dataclasses.replace(larger, device=worse), better)
    mixed = dataclasses.replace(network, machines=machines)
    result = run(planned(bell(), mixed), shots=2000, seed=3)
    assert result.alone is not None
    assert result.alone.machine == better.name
    assert not len(result.plan.pairs)
    assert result.alone.fidelity is not None
    assert result.fidelity is not None
    assert result.alone.fidelity.value > result.fidelity.value - 0.05


def test_uneven_readout_is_exact_in_an_automatic_run_and_counted_as_it_is() -> None:
    flip = circuit(op("x", 0), op("measure", 0, clbit=0), qubits=1, clbits=(1,))
    device = noisy_device()
    readout = Readout(time_s=1e-6, error_0=(0.1,) * device.qubits, error_1=(0.3,) * device.qubits)
    device = dataclasses.replace(device, gates=(), t1_s=(), t2_s=(), readout=readout)
    plan = planned(flip, make_network("line", "1", device=device, communication_qubits=0))
    exact, about = (
        run(plan, shots=20_000, seed=1, backend=backend, compare_alone=False)
        for backend in ("auto", "stim")
    )
    assert exact.backend == "frames"
    tolerance = 4.9 * math.sqrt(0.21 / 20_000)
    assert dict(exact.counts or ())["1"] / 20_000 == pytest.approx(0.7, abs=tolerance)
    assert dict(exact.error_breakdown)["readout"] == pytest.approx(0.3, abs=tolerance)
    assert dict(about.error_breakdown)["readout"] == pytest.approx(0.2)
    assert any("by at most 10 %" in note for note in about.approximations)


def test_a_circuit_that_no_machine_holds_has_nobody_alone() -> None:
    ghz = [op("h", 0), *(op("cx", i, i + 1) for i in range(2))]
    assert run(planned(circuit(*ghz, qubits=3), line(3)), shots=10).alone is None


def test_the_trace_shows_the_median_timeline() -> None:
    result = run(planned(bell(), noisy_network(), assign={"m0": [0], "m1": [1]}), shots=64)
    spans = result.trace.spans
    makespan = np.sort(result.makespan_s)[len(result.makespan_s) // 2]
    assert max(span.end_s for span in spans) == pytest.approx(makespan)
    assert all(span.end_s > span.start_s >= 0 for span in spans)
    rows = {(span.group, span.row) for span in spans}
    assert {("m0", "m0 q[0]"), ("m1", "m1 q[1]"), ("links", "m0--m1")} <= rows
    assert {row for group, row in rows if "comm" in row} <= {
        f"m{i} comm[{k}]" for i in (0, 1) for k in (0, 1)
    }
    kinds = {span.kind for span in spans}
    assert {"gate", "measure", "generate", "wait", "hold"} <= kinds


def test_a_wide_outcome_is_not_counted_but_still_compared() -> None:
    n = 70
    ghz = circuit(
        op("h", 0), *(op("cx", i, i + 1) for i in range(n - 1)),
        *(op("measure", i, clbit=i) for i in range(n)), qubits=n, clbits=(n,),
    )  # fmt: skip
    result = run(
        planned(ghz, line(2, qubits=40, communication=2)),
        shots=600, seed=1, ideal=True, compare_alone=False,
    )  # fmt: skip
    assert result.counts is None
    assert result.fidelity is not None
    assert result.fidelity.kind == "hellinger"
    assert result.fidelity.value > 0.98
    assert [p for _, p in result.reference or ()] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"shots": 0}, "shots: must be a whole number from 1"),
        ({"timelines": 0}, "timelines: must be a whole number from 1"),
        ({"backend": "qiskit"}, "must be one of auto, stim"),
    ],
)
def test_bad_arguments_are_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(SpecError, match=words):
        run(planned(bell(), line(2)), **options)


def test_stim_is_refused_for_a_program_that_is_not_clifford() -> None:
    made = circuit(op("h", 0), op("t", 0), op("cx", 0, 1), qubits=2)
    with pytest.raises(SpecError, match=r"gate t .* is not Clifford"):
        run(planned(made, line(2)), backend="stim")


def test_a_backend_that_cannot_hold_the_program_is_refused() -> None:
    made = circuit(op("t", 0), *(op("cx", i, i + 1) for i in range(15)), qubits=16)
    with pytest.raises((SpecError, InfeasibleError), match="aer-density"):
        run(planned(made, line(2, qubits=10, communication=2)), backend="aer-density")


def test_a_result_is_made_of_the_plan_the_arguments_and_the_versions() -> None:
    result = interlace.run(planned(bell(), line(2)), shots=20, seed=6)
    assert (result.shots, result.seed, result.ideal) == (20, 6, False)
    assert {"python", "interlace", "stim", "qiskit", "qiskit-aer", "numpy"} == {
        name for name, _ in result.versions
    }
    assert all(seconds >= 0 for _, seconds in result.wall_s)


@pytest.mark.parametrize("machines", [2, 3])
def test_the_time_breakdown_sums_to_the_makespan_where_gates_take_no_time(machines: int) -> None:
    plan = planned(
        bell(),
        line(machines, qubits=3, communication=2),
        assign={"m0": [0], f"m{machines - 1}": [1]},
    )
    result = run(plan, shots=32, seed=1, timelines=16, compare_alone=False)
    spent = sum(seconds for _, seconds in result.time_breakdown)
    assert spent == pytest.approx(float(result.makespan_s.mean()))
