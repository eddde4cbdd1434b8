"""The simulator is chosen by what the program needs, and the reason says so."""

from __future__ import annotations

import pytest
from tests.runtime.build import noise, op, program, remote_bell

from interlace.errors import InfeasibleError, SpecError
from interlace.executor import ProcessExecutor
from interlace.runtime.aer_backend import AerSimulator, final_probabilities
from interlace.runtime.choose import Choice, choose, outlook
from interlace.runtime.deferral import deferred
from interlace.runtime.frames_backend import FramesSimulator
from interlace.runtime.ports import Estimate
from interlace.runtime.sampling import _executor

PLENTY = 64 * 10**9


def wide(qubits: int, *, layers: int = 1):
    """All qubits are alive at once in any order: each meets qubit 0 twice, after all others."""
    ops = []
    for _ in range(layers):
        ops += [op("ry", q, params=(0.3,)) for q in range(qubits)]
        ops += [op("cx", q, 0) for q in range(1, qubits)]
        ops += [op("cx", 0, q) for q in range(1, qubits)]
    return program(*ops, *(op("measure", q, clbit=q) for q in range(qubits)), bits=qubits)


def chosen(made, *, backend="auto", shots=1024, timelines=32, errors=0.01, memory=PLENTY):
    bad = noise(made, gate_error=errors, t2_s=1.0)
    return choose(made, backend=backend, shots=shots, timelines=timelines, noise=bad, memory=memory)


def test_a_clifford_program_goes_to_stim() -> None:
    choice = chosen(remote_bell())
    assert choice.simulator.name == "stim"
    assert "Clifford" in choice.reason


def chain(qubits: int):
    ops = [op("h", 0), *(op("cx", q, q + 1) for q in range(qubits - 1))]
    return program(*ops, *(op("measure", q, clbit=q) for q in range(qubits)), bits=qubits)


@pytest.mark.parametrize(("bits", "simulator"), [(64, "stim"), (65, "frames")])
def test_a_clifford_program_too_wide_to_count_goes_to_frames(bits: int, simulator: str) -> None:
    choice = chosen(chain(bits))
    assert choice.simulator.name == simulator
    assert "Clifford" in choice.reason


def test_a_clifford_program_that_takes_stim_seconds_goes_to_frames() -> None:
    assert chosen(chain(60), shots=10_000).simulator.name == "stim"
    assert chosen(chain(60), shots=10_000_000).simulator.name == "frames"


@pytest.mark.parametrize(
    ("readout", "simulator"),
    [((0.1, 0.3), "frames"), ((0.2, 0.2), "stim"), ((0.010, 0.012), "stim")],
)
def test_a_clifford_program_that_is_misread_unevenly_goes_to_frames(
    readout: tuple[float, float], simulator: str
) -> None:
    made = program(op("x", 0), op("measure", 0, clbit=0), bits=1)
    choice = choose(
        made, backend="auto", shots=100, timelines=1, noise=noise(made, readout=readout),
        memory=PLENTY,
    )  # fmt: skip
    assert choice.simulator.name == simulator
    assert ("misread unevenly" in choice.reason) == (simulator == "frames")


def test_a_wide_program_that_frames_refuse_goes_to_stim(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FramesSimulator, "refusal", lambda *_: "its stabilizers are too dense")
    assert chosen(chain(65)).simulator.name == "stim"
    with pytest.raises(SpecError, match="frames cannot run this program: its stabilizers"):
        chosen(chain(65), backend="frames")


def test_a_tableau_that_does_not_fit_is_refused_and_a_long_one_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(FramesSimulator, "refusal", lambda *_: "its stabilizers are too dense")
    made = chain(40_000)
    with pytest.raises(InfeasibleError, match=r"stim needs .* MB .* 500 MB; frames cannot .*dense"):
        chosen(made, memory=5 * 10**8)
    words = outlook(chosen(made, shots=1, timelines=1), workers=1, memory=PLENTY)
    assert words is not None
    assert "seconds" in words


def test_many_shots_of_few_qubits_go_to_a_density_matrix() -> None:
    choice = chosen(wide(3), shots=100_000)
    assert choice.simulator.name == "aer-density"
    assert "ry(0.3)" in choice.reason


def test_more_qubits_go_to_a_state_vector() -> None:
    assert chosen(wide(12)).simulator.name == "aer-statevector"


@pytest.mark.parametrize("qubits", [26, 40])
def test_what_fits_no_memory_goes_to_matrix_product_states(qubits: int) -> None:
    choice = chosen(wide(qubits), memory=10**9)
    assert choice.simulator.name == "aer-mps"
    assert "memory" in choice.reason


def test_a_named_backend_that_needs_too_much_memory_is_refused() -> None:
    with pytest.raises(InfeasibleError, match=r"aer-statevector needs .* GB .* 1 GB"):
        chosen(wide(28), backend="aer-statevector", memory=10**9)


def test_a_refusal_for_size_says_what_the_method_holds_and_why_more_than_is_alive() -> None:
    ops = [op("h", 0), op("measure", 0, clbit=0), op("reset", 0)]
    made = program(
        *(o for k in range(40) for o in (ops[0], op("measure", 0, clbit=k), ops[2])), bits=40
    )
    assert deferred(made, hold=False).slots == 1
    refused = AerSimulator("aer-density").refusal(made)
    assert refused is not None
    assert refused.startswith("40 qubits have to be held at once, as measured qubits are kept")
    assert AerSimulator("aer-statevector").refusal(made) is None
    assert str(AerSimulator("aer-statevector").refusal(wide(1100))).startswith("1100 qubits have")


def test_an_unknown_backend_names_the_known_ones() -> None:
    with pytest.raises(SpecError, match="aer-mps"):
        chosen(remote_bell(), backend="gpu")


def test_estimates_of_states_beyond_all_floats_are_figures() -> None:
    made = wide(1100)
    for name in ("aer-statevector", "aer-density"):
        estimate = AerSimulator(name).estimate(made, shots=10, timelines=1, noise=None)
        assert estimate.bytes > PLENTY
    assert final_probabilities(made) is None


def test_a_program_that_nothing_can_hold_is_infeasible() -> None:
    with pytest.raises(InfeasibleError, match="no simulator"):
        chosen(wide(1100), memory=10**9)


def test_only_a_long_or_large_run_is_announced() -> None:
    quick = chosen(remote_bell())
    assert outlook(quick, workers=2, memory=PLENTY) is None
    long = chosen(wide(20, layers=20), shots=10_000)
    words = outlook(long, workers=2, memory=PLENTY)
    assert words is not None
    assert "hours" in words
    assert "2 processes" in words
    large = chosen(wide(28), shots=1)
    assert "GB" in str(outlook(large, workers=1, memory=10**10))


def test_slots_are_what_is_alive_at_once() -> None:
    rounds = 5
    ops = [op("h", 0)]
    for k in range(rounds):
        ops += [
            op("reset", 1), op("reset", 2), op("ebit", 1, 2), op("cx", 0, 1),
            op("measure", 1, clbit=2 + 2 * k), op("x", 2, condition=2 + 2 * k), op("cz", 2, 3),
            op("h", 2), op("measure", 2, clbit=3 + 2 * k), op("z", 0, condition=3 + 2 * k),
        ]  # fmt: skip
    made = program(*ops, op("measure", 0, clbit=0), op("measure", 3, clbit=1), bits=2)
    assert deferred(made, hold=False).slots == 4
    assert deferred(made, hold=True).slots == 4
    assert deferred(made, hold=True, reuse=False).slots == 2 + 2 * rounds


def test_holding_keeps_one_slot_for_each_measured_bit() -> None:
    ops = []
    for k in range(4):
        ops += [op("h", 0), op("measure", 0, clbit=k), op("reset", 0)]
    made = program(*ops, bits=4)
    assert deferred(made, hold=False).slots == 1
    assert deferred(made, hold=True).slots == 4


@pytest.mark.parametrize(("seconds", "own"), [(15.0, False), (25.0, True)])
def test_a_long_run_of_one_job_leaves_this_process_free_to_hear_ctrl_c(
    seconds: float, own: bool
) -> None:
    estimate = Estimate(seconds=seconds, bytes=1)
    choice = Choice(simulator=AerSimulator("aer-statevector"), reason="", estimate=estimate)
    executor = _executor(choice, 1, 100, lambda: None)
    assert executor.workers == 1
    assert isinstance(executor, ProcessExecutor) == own
