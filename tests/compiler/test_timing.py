"""Times follow from the program's order, durations, messages and the supply; nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlace.circuit import NO_BIT, Op, OpTable
from interlace.compiler import Executable, Timing, critical_path, time_ops
from interlace.errors import InvariantError
from interlace.kernel import FloatArray, IntArray
from interlace.link import Link
from interlace.network import (
    Device,
    GateProfile,
    LinkSpec,
    Machine,
    Network,
    PoissonSource,
    Readout,
)
from interlace.routing import Pairs, Requests, SampledSupply, SupplyUse

ONE_S, TWO_S, READ_S, RESET_S = 1e-6, 3e-6, 10e-6, 5e-6
LATENCY_S = 100e-6
STATE = (0.7, 0.1, 0.1, 0.1)


def network() -> Network:
    """Machine a with qubits 0 (data) and 1, machine b with 2, 3 (communication) and 4 (data)."""
    gates = tuple(
        GateProfile(name=name, time_s=time_s, error=0.0)
        for name, time_s in (("h", ONE_S), ("z", ONE_S), ("cx", TWO_S), ("reset", RESET_S))
    )
    device = Device(
        name="d", qubits=3, gates=gates,
        readout=Readout(time_s=READ_S, error_0=(0.0,) * 3, error_1=(0.0,) * 3),
    )  # fmt: skip
    return Network(
        name="two",
        sites=(),
        machines=(
            Machine(name="a", site=None, device=device, communication=(1, 2)),
            Machine(name="b", site=None, device=device, communication=(0, 1)),
        ),
        repeaters=(),
        links=(
            LinkSpec(
                name="a--b",
                ends=("a", "b"),
                channels=2,
                source=PoissonSource(rate_hz=1e3, state=STATE),
            ),
        ),
    )


def link(**changes: object) -> Link:
    values = {
        "name": "a--b", "ends": (0, 1), "channels": 2, "success_probability": None,
        "attempt_period_s": None, "rate_hz": 1e3, "herald_delay_s": 2e-4, "state": STATE,
        "latency_s": LATENCY_S, "citation": "",
    }  # fmt: skip
    return Link(**{**values, **changes})


def executable(*ops: Op) -> Executable:
    """Qubits 0, 1, 2 on machine a, 3, 4, 5 on machine b."""
    table = OpTable.of(ops)
    n = len(table)
    ebit = np.array([op.name == "ebit" for op in ops], dtype=bool)
    return Executable(
        node=np.array([0, 0, 0, 1, 1, 1]),
        device_qubit=np.array([0, 1, 2, 0, 1, 2]),
        ops=table,
        joint_op=np.arange(n),
        swap=np.full(n, -1),
        link=np.where(ebit, 0, -1),
        num_bits=8,
        num_program_bits=4,
    )


def op(name: str, *operands: int, clbit: int = NO_BIT, condition: int = NO_BIT) -> Op:
    return Op(name=name, operands=operands, clbit=clbit, condition=condition)


class ScriptedSupply:
    """Pairs whose wait and age are written down; refuses a qubit that is still held."""

    def __init__(self, waits_s: list[list[float]], *, herald_s: float = 0.0) -> None:
        self.waits_s = np.array(waits_s)
        self.herald_s = herald_s
        self.asked: list[FloatArray] = []
        self.held: dict[int, tuple[int, int]] = {}
        self.released: list[tuple[int, int, FloatArray]] = []

    @property
    def timelines(self) -> int:
        return self.waits_s.shape[1]

    def request(self, requests: Requests) -> IntArray:
        first = len(self.asked)
        for row, ends in enumerate(requests.ends.tolist()):
            for end, qubit in enumerate(ends):
                assert qubit not in self.held
                self.held[qubit] = (first + row, end)
            self.asked.append(requests.not_before_s[row])
        return np.arange(first, len(self.asked))

    def advance(self, until_s: FloatArray | None = None) -> None:
        assert until_s is None

    def take(self, pairs: IntArray) -> Pairs:
        asked = np.array([self.asked[pair] for pair in pairs.tolist()])
        ready = asked + self.waits_s[pairs]
        state = np.broadcast_to(np.array(STATE), (len(pairs), self.timelines, 4))
        return Pairs(started_s=asked, born_s=ready - self.herald_s, ready_s=ready, state=state)

    def release(self, pairs: IntArray, ends: IntArray, at_s: FloatArray) -> None:
        for row, key in enumerate(zip(pairs.tolist(), ends.tolist(), strict=True)):
            self.held = {qubit: half for qubit, half in self.held.items() if half != key}
            self.released.append((*key, at_s[row]))

    def use(self) -> SupplyUse:
        raise NotImplementedError


def timed(*ops: Op, waits_s: list[list[float]] | None = None, herald_s: float = 0.0) -> Timing:
    supply = ScriptedSupply(waits_s or [[0.0]], herald_s=herald_s)
    return time_ops(executable(*ops), network(), (link(),), supply)


def test_an_operation_starts_when_its_last_operand_is_free() -> None:
    timing = timed(op("h", 0), op("h", 0), op("h", 1), op("cx", 0, 1), op("h", 3))
    # The gate on qubit 1 is put off until just before the two-qubit gate needs it.
    assert timing.start_s[:, 0] == pytest.approx([0, ONE_S, ONE_S, 2 * ONE_S, 0])
    assert timing.end_s[3, 0] == pytest.approx(2 * ONE_S + TWO_S)
    assert timing.cause[:, 0].tolist() == [-1, 0, -1, 1, -1]
    assert timing.makespan_s == pytest.approx([2 * ONE_S + TWO_S])


def test_a_correction_waits_for_its_message_and_only_between_nodes() -> None:
    timing = timed(op("measure", 1, clbit=4), op("z", 3, condition=4), op("z", 0, condition=4))
    assert timing.start_s[:, 0] == pytest.approx([0, READ_S + LATENCY_S, READ_S])
    assert timing.cause[:, 0].tolist() == [-1, 0, 0]


def test_a_pair_is_asked_for_when_both_qubits_are_free_and_ages_from_its_birth() -> None:
    waits, herald = [[1e-3, 2e-3]], 2e-4
    supply = ScriptedSupply(waits, herald_s=herald)
    program = executable(
        op("h", 1), op("reset", 1), op("reset", 3), op("ebit", 1, 3), op("cx", 0, 1),
        op("measure", 1, clbit=4), op("z", 3, condition=4),
    )  # fmt: skip
    timing = time_ops(program, network(), (link(),), supply)
    asked = ONE_S + RESET_S
    assert supply.asked[0] == pytest.approx([asked, asked])
    ready = asked + np.array(waits[0])
    assert timing.ready_s[0] == pytest.approx(ready)
    assert timing.born_s[0] == pytest.approx(ready - herald)
    assert timing.start_s[4] == pytest.approx(ready)
    operand = program.ops.start[4]
    assert timing.idle_s[operand] == pytest.approx([0, 0])  # qubit 0 is still in |0>
    assert timing.idle_s[operand + 1] == pytest.approx([herald, herald])
    assert timing.idle_s[program.ops.start[6]] == pytest.approx(
        [herald + TWO_S + READ_S + LATENCY_S] * 2
    )


def test_each_half_is_released_when_it_was_measured_or_is_thrown_away() -> None:
    supply = ScriptedSupply([[1e-3], [1e-3]])
    again = [op("reset", 1), op("reset", 3), op("ebit", 1, 3)]
    program = executable(*again, op("measure", 1, clbit=4), op("h", 3), *again)
    timing = time_ops(program, network(), (link(),), supply)
    assert [(pair, end) for pair, end, _ in supply.released] == [(0, 0), (0, 1)]
    assert supply.released[0][2] == pytest.approx(timing.end_s[3])
    assert supply.released[1][2] == pytest.approx(timing.end_s[6])  # the reset of qubit 3


def test_pairs_on_different_qubits_are_made_at_the_same_time() -> None:
    timing = timed(op("ebit", 1, 3), op("cx", 0, 1), op("ebit", 2, 4), waits_s=[[1e-3], [5e-4]])
    assert timing.started_s[:, 0] == pytest.approx([0, 0])
    assert timing.makespan_s == pytest.approx([1e-3 + TWO_S])


def test_a_qubit_decays_only_while_it_holds_something() -> None:
    timing = timed(
        op("h", 0), op("h", 0), op("h", 0),  # 0..2: delay qubit 0
        op("h", 1),  # 3: put off, so qubit 1 waits in |0>
        op("cx", 0, 1),  # 4
        op("measure", 1, clbit=0),  # 5
        op("measure", 0, clbit=1), op("z", 0), op("z", 0),  # 6..8
        op("reset", 1),  # 9: what was measured is thrown away
        op("cx", 0, 1),  # 10: qubit 1 waited in |0>
    )  # fmt: skip
    idle = timing.idle_s[:, 0].tolist()
    assert idle[4:6] == pytest.approx([0, 0])  # operands of cx: qubit 0, qubit 1
    assert idle[6:11] == pytest.approx([0] * 5)
    assert idle[11:] == pytest.approx([RESET_S - 2 * ONE_S, 0])  # qubit 0 waits for the reset


def test_opening_gates_are_put_off_only_if_their_end_could_be_foreseen() -> None:
    # The gate on qubit 0 feeds a gate that starts the moment a herald comes: nobody could know
    # when to begin, so it begins at once and the qubit waits. The gate on qubit 3 feeds one that
    # a message starts, long after its herald.
    timing = timed(
        op("h", 0), op("h", 3), op("ebit", 1, 4), op("cx", 0, 1), op("measure", 1, clbit=0),
        op("z", 4, condition=0), op("cx", 4, 3), waits_s=[[1e-3]],
    )  # fmt: skip
    assert timing.start_s[0, 0] == 0
    assert timing.idle_s[4, 0] == pytest.approx(1e-3 - ONE_S)
    assert timing.end_s[1, 0] == pytest.approx(timing.start_s[6, 0])


def test_what_an_ebit_throws_away_does_not_decay() -> None:
    timing = timed(op("h", 1), op("h", 3), op("h", 3), op("ebit", 1, 3))
    assert timing.start_s[3, 0] == pytest.approx(2 * ONE_S)
    assert timing.idle_s[3:, 0].tolist() == [0.0, 0.0]


def test_a_measured_qubit_that_is_used_again_waits_like_any_other() -> None:
    timing = timed(
        op("measure", 1, clbit=0), op("measure", 0, clbit=1), op("h", 0), op("h", 0),
        op("cx", 0, 1),
    )  # fmt: skip
    assert timing.idle_s[-1, 0] == pytest.approx(2 * ONE_S)


def test_a_condition_on_a_bit_that_nobody_wrote_is_our_own_bug() -> None:
    with pytest.raises(InvariantError, match="bit 5"):
        timed(op("z", 0, condition=5))


def test_an_empty_program_takes_no_time() -> None:
    timing = timed()
    assert timing.makespan_s.tolist() == [0.0]
    program = executable()
    assert sum(s.sum() for _, s in critical_path(timing, program, (link(),))) == 0


def test_the_critical_path_names_what_the_run_waited_for() -> None:
    program = executable(
        op("reset", 1), op("reset", 3), op("ebit", 1, 3), op("cx", 0, 1),
        op("measure", 1, clbit=4), op("z", 3, condition=4), op("measure", 3, clbit=0),
    )  # fmt: skip
    timing = time_ops(program, network(), (link(),), ScriptedSupply([[1e-3, 3e-3]]))
    path = dict(critical_path(timing, program, (link(),)))
    assert path["waiting for ebits on a--b"] == pytest.approx([1e-3, 3e-3])
    assert path["classical messages"] == pytest.approx([LATENCY_S] * 2)
    assert path["gates"] == pytest.approx([TWO_S + ONE_S] * 2)
    assert path["measurement"] == pytest.approx([2 * READ_S] * 2)
    assert path["reset"] == pytest.approx([RESET_S] * 2)


@st.composite
def programs(draw: st.DrawFn) -> Executable:
    """Any order of operations in which bits are written before they are read."""
    ops: list[Op] = []
    written: list[int] = []
    for _ in range(draw(st.integers(0, 25))):
        kind = draw(st.sampled_from(["h", "cx", "measure", "reset", "ebit", "z"]))
        node = draw(st.integers(0, 1))
        first = 3 * node + draw(st.integers(0, 2))
        if kind == "ebit":
            pair = (draw(st.sampled_from([1, 2])), draw(st.sampled_from([3, 4])))
            ops += [op("reset", pair[0]), op("reset", pair[1]), op("ebit", *pair)]
        elif kind == "cx":
            ops.append(op("cx", first, 3 * node + (first + 1) % 3))
        elif kind == "measure":
            written.append(draw(st.integers(0, 7)))
            ops.append(op("measure", first, clbit=written[-1]))
        elif kind == "z" and written:
            ops.append(op("z", first, condition=draw(st.sampled_from(written))))
        else:
            ops.append(op("reset" if kind == "reset" else "h", first))
    return executable(*ops)


def readable_twin(program: Executable, timing: Timing, timeline: int) -> list[tuple[float, float]]:
    """Start and end of each operation, one at a time; the pairs' times are taken as given.

    A qubit's opening gates are held back and placed when its first other operation is.
    """
    took = {"h": ONE_S, "z": ONE_S, "cx": TWO_S, "measure": READ_S, "reset": RESET_S}
    free: dict[int, float] = {}
    heard: dict[int, float] = {}
    bits: dict[int, tuple[float, int]] = {}
    said: dict[int, float] = {}
    opening: dict[int, list[int]] = {}
    times: list[tuple[float, float]] = []
    pairs = iter(timing.ready_s[:, timeline].tolist())
    for row, each in enumerate(program.ops):
        start = max(free.get(qubit, 0.0) for qubit in each.operands)
        herald = max(heard.get(qubit, 0.0) for qubit in each.operands)
        node = int(program.node[each.operands[0]])
        if each.condition != NO_BIT:
            sent, source = bits[each.condition]
            start = max(start, sent + (LATENCY_S if source != node else 0.0))
            herald = max(herald, said[each.condition])
        end = next(pairs) if each.name == "ebit" else start + took[each.name]
        if each.name == "ebit":
            herald = max(herald, end)
        one_qubit_gate = each.name in {"h", "z"} and each.condition == NO_BIT
        for qubit in each.operands:
            if one_qubit_gate and (qubit not in free or qubit in opening):
                opening.setdefault(qubit, []).append(row)
            elif qubit in opening:
                gates = opening.pop(qubit)
                latest = start - sum(ONE_S for _ in gates)
                if herald <= latest and latest > times[gates[0]][0]:
                    for place, gate in enumerate(gates):
                        times[gate] = (latest + place * ONE_S, latest + (place + 1) * ONE_S)
            free[qubit] = end
            heard[qubit] = herald
        if each.clbit != NO_BIT:
            bits[each.clbit] = (end, node)
            said[each.clbit] = herald
        times.append((start, end))
    return times


@settings(max_examples=60)
@given(programs(), st.integers(0, 1000))
def test_times_are_those_of_the_readable_twin(program: Executable, seed: int) -> None:
    supply = SampledSupply((link(),), timelines=3, seed=seed)
    timing = time_ops(program, network(), (link(),), supply)
    for timeline in range(3):
        twin = np.array(readable_twin(program, timing, timeline)).reshape(-1, 2)
        np.testing.assert_allclose(timing.start_s[:, timeline], twin[:, 0], rtol=1e-12)
        np.testing.assert_allclose(timing.end_s[:, timeline], twin[:, 1], rtol=1e-12)


@settings(max_examples=60)
@given(programs(), st.integers(0, 1000))
def test_laws_of_a_timing(program: Executable, seed: int) -> None:
    supply = SampledSupply((link(channels=1),), timelines=4, seed=seed)
    timing = time_ops(program, network(), (link(channels=1),), supply)
    path = critical_path(timing, program, (link(),))
    spent = sum((seconds for _, seconds in path), np.zeros(4))
    np.testing.assert_allclose(spent, timing.makespan_s, rtol=1e-9, atol=1e-15)
    assert all((seconds >= 0).all() for _, seconds in path)
    assert (timing.idle_s >= 0).all()
    assert (timing.end_s >= timing.start_s).all()
    assert (timing.born_s <= timing.ready_s).all()
    rows = np.arange(len(program.ops))[:, None]
    assert (timing.cause < rows).all()
