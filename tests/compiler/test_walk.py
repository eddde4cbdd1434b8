"""The compiled walk does what plain Python says, and asks the supply the same questions."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.compiler.test_timing import (
    LATENCY_S,
    ONE_S,
    READ_S,
    RESET_S,
    TWO_S,
    executable,
    link,
    network,
    op,
    programs,
)

from interlace.circuit import NO_BIT
from interlace.compiler import Executable, critical_path, time_ops
from interlace.compiler.walk import EBIT, Script, in_batches
from interlace.kernel import FloatArray
from interlace.routing import EbitSupply, Requests, SampledSupply, SupplyUse

TOOK_S = {"h": ONE_S, "z": ONE_S, "cx": TWO_S, "measure": READ_S, "reset": RESET_S, "ebit": 0.0}


@st.composite
def busy_programs(draw: st.DrawFn) -> Executable:
    """Ebits in any order, on qubits that are reset, held, measured or in use, and bits reused."""
    ops = []
    written: list[int] = []
    for _ in range(draw(st.integers(0, 40))):
        kind = draw(st.sampled_from(["h", "cx", "measure", "reset", "ebit", "ebit", "z"]))
        node = draw(st.integers(0, 1))
        qubit = 3 * node + draw(st.integers(0, 2))
        if kind == "ebit":
            ops.append(op("ebit", draw(st.sampled_from([1, 2])), draw(st.sampled_from([3, 4]))))
        elif kind == "cx":
            ops.append(op("cx", qubit, 3 * node + (qubit + 1) % 3))
        elif kind == "measure":
            condition = draw(st.sampled_from([NO_BIT, *written]))
            written.append(draw(st.integers(0, 3)))
            ops.append(op("measure", qubit, clbit=written[-1], condition=condition))
        elif kind == "z" and written:
            ops.append(op("z", qubit, condition=draw(st.sampled_from(written))))
        else:
            ops.append(op("reset" if kind == "reset" else "h", qubit))
    return executable(*ops)


@dataclasses.dataclass
class Times:
    """What the twin finds, row by row, each an array over timelines."""

    start: list[FloatArray] = dataclasses.field(default_factory=list)
    end: list[FloatArray] = dataclasses.field(default_factory=list)
    cause: list[np.ndarray] = dataclasses.field(default_factory=list)
    idle: list[FloatArray] = dataclasses.field(default_factory=list)
    born: dict[int, FloatArray] = dataclasses.field(default_factory=dict)


class PlainWalk:
    """One row after the other, one ebit at a time."""

    def __init__(self, program: Executable, supply: EbitSupply) -> None:
        self.program, self.supply = program, supply
        self.times = Times()
        self.known: list[FloatArray] = []
        self.last: dict[int, int] = {}
        self.opening: dict[int, list[int]] = {}
        self.held: dict[int, tuple[int, int]] = {}
        self.before: list[list[int | None]] = []

    def run(self) -> Times:
        writer: dict[int, int] = {}
        for row, each in enumerate(self.program.ops):
            self.before.append([self.last.get(qubit) for qubit in each.operands])
            self._start(row, writer.get(each.condition))
            if each.name == "ebit":
                self._generate(row, each.operands)
            else:
                self.times.end.append(self.times.start[row] + TOOK_S[each.name])
                if each.name in {"measure", "reset"}:
                    self._release(each.operands[0], self.times.end[row])
            self._put_off(row)
            self.last.update(dict.fromkeys(each.operands, row))
            if each.clbit != NO_BIT:
                writer[each.clbit] = row
        self._wait()
        return self.times

    def _start(self, row: int, writer: int | None) -> None:
        now = np.zeros(self.supply.timelines)
        cause = np.full(self.supply.timelines, -1)
        known = np.zeros(self.supply.timelines)
        for before in self.before[row]:
            if before is not None:
                wins = (self.times.end[before] > now) | (cause == -1)
                now, cause = (
                    np.where(wins, self.times.end[before], now),
                    np.where(wins, before, cause),
                )
                known = np.maximum(known, self.known[before])
        if writer is not None:
            ops, node = self.program.ops, self.program.node
            far = node[ops[writer].operands[0]] != node[ops[row].operands[0]]
            arrival = self.times.end[writer] + (LATENCY_S if far else 0.0)
            cause, now = np.where(arrival > now, writer, cause), np.maximum(now, arrival)
            known = np.maximum(known, self.known[writer])
        self.times.start.append(now)
        self.times.cause.append(cause)
        self.known.append(known)

    def _generate(self, row: int, qubits: tuple[int, ...]) -> None:
        for qubit in qubits:
            self._release(qubit, self.times.start[row])
        pair = self.supply.request(
            Requests(
                link=np.array([0]),
                ends=np.array([qubits]),
                not_before_s=self.times.start[row][None],
            )
        )
        self.supply.advance()
        got = self.supply.take(pair)
        self.held.update({qubit: (int(pair[0]), end) for end, qubit in enumerate(qubits)})
        self.times.end.append(got.ready_s[0])
        self.times.born[row] = got.born_s[0]
        self.known[row] = np.maximum(self.known[row], got.ready_s[0])

    def _release(self, qubit: int, at_s: FloatArray) -> None:
        if qubit in self.held:
            pair, end = self.held.pop(qubit)
            self.supply.release(np.array([pair]), np.array([end]), at_s[None])

    def _put_off(self, row: int) -> None:
        each = self.program.ops[row]
        plain = each.name in {"h", "z"} and each.condition == NO_BIT
        first = self.before[row][0]
        if plain and (first is None or first in self.opening):
            earlier = self.opening.pop(first, []) if first is not None else []
            self.opening[row] = [*earlier, row]
            return
        for before in self.before[row]:
            gates = self.opening.pop(before, []) if before is not None else []
            by = self.times.start[row] - sum(TOOK_S[self.program.ops[g].name] for g in gates)
            by = np.where(self.known[row] <= by, by, 0.0)
            for gate in gates:
                self.times.start[gate] = self.times.start[gate] + by
                self.times.end[gate] = self.times.end[gate] + by

    def _wait(self) -> None:
        ops = self.program.ops
        for row, each in enumerate(ops):
            for before in self.before[row]:
                idle = np.zeros(self.supply.timelines)
                if (
                    before is not None
                    and each.name not in {"reset", "ebit"}
                    and ops[before].name != "reset"
                ):
                    since = self.times.born.get(before, self.times.end[before])
                    idle = np.maximum(self.times.start[row] - since, 0.0)
                self.times.idle.append(idle)


def same_use(one: SupplyUse, other: SupplyUse) -> bool:
    return all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("pairs", "busy_s", "wait_s")
    )


@settings(max_examples=150)
@given(st.one_of(programs(), busy_programs()), st.integers(0, 1000), st.integers(1, 3))
def test_times_waits_causes_and_the_use_of_the_links_are_those_of_the_plain_walk(
    program: Executable, seed: int, channels: int
) -> None:
    links = (link(channels=channels),)
    supply, again = (SampledSupply(links, timelines=4, seed=seed) for _ in range(2))
    timing = time_ops(program, network(), links, supply)
    plain = PlainWalk(program, again).run()
    if not len(program.ops):
        return
    close = {"rtol": 1e-12, "atol": 1e-15}
    np.testing.assert_allclose(timing.start_s, plain.start, **close)
    np.testing.assert_allclose(timing.end_s, plain.end, **close)
    np.testing.assert_allclose(timing.idle_s, plain.idle, **close)
    np.testing.assert_array_equal(timing.cause, plain.cause)
    np.testing.assert_allclose(timing.makespan_s, np.max(plain.end, axis=0), **close)
    assert same_use(supply.use(), again.use())


@settings(max_examples=60)
@given(busy_programs(), st.integers(0, 1000))
def test_the_critical_path_of_any_order_of_ebits_sums_to_the_makespan(
    program: Executable, seed: int
) -> None:
    supply = SampledSupply((link(),), timelines=3, seed=seed)
    timing = time_ops(program, network(), (link(),), supply)
    path = critical_path(timing, program, (link(),))
    spent = sum((seconds for _, seconds in path), np.zeros(3))
    np.testing.assert_allclose(spent, timing.makespan_s, rtol=1e-9, atol=1e-15)


def script_of(program: Executable) -> Script:
    ops = program.ops
    n = len(ops)
    nothing, no_time = np.zeros(n, dtype=np.int64), np.zeros(n)
    kind = np.array([EBIT if each.name == "ebit" else 0 for each in ops], dtype=np.int64)
    return Script(
        start=ops.start, operands=ops.operands, previous=np.zeros_like(ops.operands),
        clbit=ops.clbit, condition=ops.condition, producer=nothing, delay_s=no_time,
        duration_s=no_time, kind=kind, pair=nothing,
    )  # fmt: skip


@settings(max_examples=100)
@given(busy_programs())
def test_batches_keep_the_order_of_rows_that_share_a_qubit_or_a_bit(program: Executable) -> None:
    script = script_of(program)
    order, ends = in_batches(script, np.zeros(6, dtype=np.bool_), np.zeros(8, dtype=np.bool_))
    ops, rows = list(program.ops), order.tolist()
    assert ends[-1] == len(rows)
    expected = sorted([*range(len(ops)), *(r for r, each in enumerate(ops) if each.name == "ebit")])
    assert sorted(rows) == expected
    part = np.searchsorted(ends, np.arange(len(rows)), side="right").tolist()
    asked: dict[int, int] = {}
    done: dict[int, int] = {}
    for place, row in enumerate(rows):
        if ops[row].name == "ebit" and row not in asked:
            assert all(row > earlier for earlier in asked)  # the supply sees the program's order
            asked[row] = part[place]
        else:
            assert asked.get(row, part[place] - 1) == part[place] - 1  # the batch came in between
            done[row] = place
    for late, each in enumerate(ops):
        touched = {*each.operands, *(("bit", b) for b in (each.clbit, each.condition) if b >= 0)}
        for early in range(late):
            other = ops[early]
            bits = (("bit", b) for b in (other.clbit, other.condition) if b >= 0)
            if touched & {*other.operands, *bits}:
                assert done[early] < rows.index(late)


def test_ebits_that_do_not_depend_on_each_other_are_asked_for_at_once() -> None:
    program = executable(
        op("ebit", 1, 3), op("cx", 0, 1), op("measure", 1, clbit=0), op("h", 5),
        op("ebit", 2, 4), op("ebit", 1, 3),
    )  # fmt: skip
    order, ends = in_batches(
        script_of(program), np.zeros(6, dtype=np.bool_), np.zeros(8, dtype=np.bool_)
    )
    assert [part.tolist() for part in np.split(order, ends[:-1])] == [
        [0, 3, 4], [0, 4, 1, 2, 5], [5],
    ]  # fmt: skip
