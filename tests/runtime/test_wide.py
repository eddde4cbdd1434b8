"""Programs too wide to count their outcomes: stabilizers of the state, parities of the outcomes.

Statistical tests allow 4.9 standard deviations (a false alarm has probability 1e-6 each) and fix
the seed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.runtime.build import op

from interlace.circuit import Circuit, Op, OpTable, Register
from interlace.compiler import Plan, distribute
from interlace.kernel import stream
from interlace.network import Device, GateProfile, Network, Readout, load_device, make_network
from interlace.report import report
from interlace.runtime import Result, run, wide
from interlace.runtime.tapping import ends_of_qubits


def circuit(*ops: Op, qubits: int, clbits: int = 0) -> Circuit:
    return Circuit(
        name="test",
        qubit_registers=(Register(name="q", size=qubits),),
        clbit_registers=(Register(name="c", size=clbits),) if clbits else (),
        ops=OpTable.of(ops),
    )


def ghz(qubits: int, *, measured: bool = True) -> Circuit:
    ops = [op("h", 0), *(op("cx", (i - 1) // 2, i) for i in range(1, qubits))]
    if measured:
        ops += [op("measure", i, clbit=i) for i in range(qubits)]
    return circuit(*ops, qubits=qubits, clbits=qubits if measured else 0)


def ideal_network(shape: str, size: str, qubits: int, *, fidelity: float = 0.7) -> Network:
    return make_network(
        shape,
        size,
        device=load_device(f"ideal:{qubits}"),
        communication_qubits="unlimited",
        link=f"rate=1kHz,fidelity={fidelity}",
    )


def on_lines(machines: int, *, qubits: int = 5, readout: float = 0.0) -> Network:
    """Machines whose qubits stand in a row, so that SWAPs are needed; gates without errors."""
    device = Device(
        name="row",
        qubits=qubits,
        coupling=tuple((i, i + 1) for i in range(qubits - 1)),
        gates=tuple(GateProfile(name=name, time_s=1e-6, error=0.0) for name in ("rz", "sx", "cz")),
        t1_s=(1e10,) * qubits,
        t2_s=(1e10,) * qubits,
        readout=Readout(time_s=1e-6, error_0=(readout,) * qubits, error_1=(readout,) * qubits),
    )
    return make_network(
        "line", str(machines), device=device, communication_qubits=2, link="rate=1kHz,fidelity=0.9"
    )


@pytest.fixture
def all_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stabilizers of small programs are told too."""
    monkeypatch.setattr(wide, "MOST_BITS", 0)


def taken(plan: Plan, *, shots: int = 200, **options: object) -> Result:
    return run(plan, shots=shots, seed=5, backend="frames", compare_alone=False, **options)


@pytest.mark.usefixtures("all_are_wide")
def test_a_bell_state_over_one_werner_pair_has_the_fidelity_of_the_pair() -> None:
    # Each of the pair's three errors makes another Bell state of the two qubits: F = 0.7. Two of
    # three flip XX, two of three flip ZZ: <XX> = <ZZ> = 1 - 2 * 2 (1 - F) / 3 = 0.6.
    shots = 8000
    plan = distribute(ghz(2), ideal_network("line", "2", 2), assign={"m0": [0], "m1": [1]}, seed=1)
    estimate = taken(plan, shots=shots).stabilizers
    assert estimate is not None
    assert estimate.state is not None
    assert estimate.outcomes is not None
    assert estimate.state.is_state
    assert abs(estimate.state.intact - 0.7) < 4.9 * math.sqrt(0.7 * 0.3 / shots)
    # 1 - 2 (share of two flips that are 0, 1 or 1, 0 or 1, 1 with 0.1 each): variance 4 * 0.06.
    assert abs(estimate.state.mean - 0.6) < 4.9 * math.sqrt(4 * 0.06 / shots)
    assert estimate.outcomes.count == 1
    assert abs(estimate.outcomes.mean - 0.6) < 4.9 * math.sqrt((1 - 0.36) / shots)
    assert estimate.state.intact_error == pytest.approx(math.sqrt(0.21 / shots), rel=0.6)


@pytest.mark.usefixtures("all_are_wide")
def test_readout_errors_lower_the_parities_and_not_the_stabilizers() -> None:
    plan = distribute(ghz(4), on_lines(2, readout=0.02), seed=1)
    whole = taken(distribute(ghz(4), on_lines(1, qubits=8, readout=0.02), seed=1), shots=4000)
    assert whole.stabilizers is not None
    assert whole.stabilizers.state is not None
    assert whole.stabilizers.outcomes is not None
    assert whole.stabilizers.state.intact == 1.0
    # A parity of two bits, each misread in 2 %: 0.96^2 = 0.9216.
    assert abs(whole.stabilizers.outcomes.mean - 0.9216) < 4.9 * math.sqrt(0.16 / 4000)
    joint = taken(plan).stabilizers
    assert joint is not None
    assert joint.state is not None
    assert joint.state.intact < 1.0


@st.composite
def clifford_circuits(draw: st.DrawFn) -> Circuit:
    """Up to six qubits; some measured in a random order, some not, some untouched."""
    seed, qubits = draw(st.integers(0, 10**6)), draw(st.integers(2, 6))
    rng = stream(seed, "circuit")
    ops = []
    for _ in range(draw(st.integers(1, 20))):
        a, b = rng.permutation(qubits)[:2].tolist()
        name = ("h", "s", "x", "y", "cx", "cz")[int(rng.integers(6))]
        ops.append(op(name, a, b) if name in ("cx", "cz") else op(name, a))
    measured = rng.permutation(qubits)[: rng.integers(0, qubits + 1)].tolist()
    ops += [op("measure", qubit, clbit=bit) for bit, qubit in enumerate(measured)]
    return circuit(*ops, qubits=qubits, clbits=len(measured))


@pytest.mark.usefixtures("all_are_wide")
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clifford_circuits())
def test_without_noise_every_stabilizer_is_found_at_its_place_and_holds(made: Circuit) -> None:
    result = taken(distribute(made, on_lines(3, qubits=5), seed=2), shots=64, ideal=True)
    assert result.stabilizers is not None
    state = result.stabilizers.state
    assert state is not None
    assert state.is_state  # whatever is no stabilizer there would have been left out
    assert (state.mean, state.intact, state.lowest) == (1.0, 1.0, ())
    acted_on = len(np.unique(made.ops.operands))
    assert acted_on <= state.count <= made.num_qubits
    outcomes = result.stabilizers.outcomes
    assert outcomes is None or outcomes.intact == 1.0


@pytest.mark.usefixtures("all_are_wide")
def test_what_a_measurement_midway_makes_random_is_not_followed() -> None:
    # Qubit 0 is |0> or |1>; the state is no single one. Qubits 1 and 2 are a Bell pair.
    made = circuit(
        op("h", 0), op("measure", 0, clbit=0), op("h", 1), op("cx", 1, 2), op("x", 0),
        *(op("measure", i, clbit=1 + i) for i in range(3)), qubits=3, clbits=4,
    )  # fmt: skip
    result = taken(distribute(made, ideal_network("line", "1", 3), seed=1))
    assert result.stabilizers is not None
    state, outcomes = result.stabilizers.state, result.stabilizers.outcomes
    assert state is not None
    assert outcomes is not None
    assert (state.count, state.is_state, state.intact) == (2, False, 1.0)
    assert (outcomes.count, outcomes.intact) == (2, 1.0)  # c0 + c1 = 1, c2 + c3 = 0


def test_the_last_measurement_of_a_qubit_ends_it_unless_its_bit_is_written_again() -> None:
    made = circuit(
        op("measure", 0, clbit=0), op("measure", 0, clbit=1), op("measure", 1, clbit=2),
        op("measure", 2, clbit=2), op("measure", 3, clbit=3), op("h", 3), qubits=4, clbits=4,
    )  # fmt: skip
    assert ends_of_qubits(made).tolist() == [False, True, False, True, False, False]


def test_a_wide_state_over_six_machines_is_told_by_stabilizers_and_parities() -> None:
    qubits = 300
    network = ideal_network("ring", "6", 50, fidelity=0.99)
    result = taken(distribute(ghz(qubits), network, seed=3), shots=1000)
    assert result.counts is None
    assert result.stabilizers is not None
    state, outcomes = result.stabilizers.state, result.stabilizers.outcomes
    assert state is not None
    assert outcomes is not None
    assert (state.count, outcomes.count) == (qubits, qubits - 1)
    # Werner pairs are all that errs: each of E pairs leaves the state alone with probability F;
    # more than one error may cancel, so F^E is a lower bound.
    pairs = len(result.plan.pairs)
    bound = 0.99**pairs
    assert 0.0 < bound - 4.9 * math.sqrt(bound * (1 - bound) / 1000) < state.intact < 1.0
    assert state.intact <= outcomes.intact  # parities are products of stabilizers
    assert state.lowest[0].value == min(product.value for product in state.lowest)
    table, page = str(report(result)), report(result).to_html()
    assert "stabilizers of the state before it is measured" in table
    assert max(map(len, table.splitlines())) < 200
    assert len(page) < 500_000


def test_a_simulator_that_follows_none_tells_of_parities_alone() -> None:
    network = ideal_network("line", "2", 50, fidelity=0.99)
    result = run(distribute(ghz(80), network, seed=3), shots=100, seed=5, backend="stim")
    assert result.stabilizers is not None
    assert result.stabilizers.state is None
    assert result.stabilizers.outcomes is not None
    assert result.stabilizers.outcomes.count == 79


def test_small_programs_have_no_such_estimate() -> None:
    assert taken(distribute(ghz(3), ideal_network("line", "1", 3), seed=1)).stabilizers is None


@pytest.mark.usefixtures("all_are_wide")
def test_the_number_of_workers_does_not_matter() -> None:
    from interlace.executor import ProcessExecutor, SerialExecutor

    plan = distribute(ghz(6), ideal_network("line", "2", 4), seed=1)
    one, two = (
        taken(plan, executor=executor).stabilizers
        for executor in (SerialExecutor(), ProcessExecutor(2))
    )
    assert one == two
