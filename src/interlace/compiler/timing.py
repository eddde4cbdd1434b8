"""When each operation of an executable happens, on many timelines at once.

Theory of operation
-------------------
Operations are taken once, in program order. Each starts as soon as every
qubit that it touches is free and, if it is conditioned, the bit that it waits
for has come over the classical network from where it was measured. An `ebit`
starts when both communication qubits are free (their resets included): then
its pair is asked for. Its halves are ready when the pair is heralded, but their
memories have aged since the pair was born.

Nothing waits for anything else. So pairs are made ahead of their use as far as
communication qubits allow, and the hops of a path work in parallel.

One thing is put off: the one-qubit gates that open a qubit's life. They run just
in time for the qubit's first other operation, so that it waits in |0>, where nothing
can spoil it. That never costs time and asks for no foresight: it is done only where
the start of that operation was certain, every herald behind it known, before the
gates had to begin.

A qubit is *live* while it holds something that time can spoil: between two of
its operations, unless the earlier one is a reset or the later one throws the
state away (`reset`, `ebit`). Before its first operation a qubit is in |0> and
after its last one nobody looks.

Every start has one *cause*: the operation whose end (or whose bit) came last.
Following causes back from the last operation to end gives the critical path,
and the pieces of that path sum to the makespan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlace.circuit import NO_BIT, OpTable
from interlace.compiler.costs import op_costs
from interlace.compiler.program import Executable
from interlace.errors import InvariantError
from interlace.kernel import BoolArray, FloatArray, IntArray
from interlace.link import Link
from interlace.network import Network
from interlace.routing import EbitSupply, Requests, classical_latency_s

__all__ = ["Timing", "critical_path", "time_ops"]

_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When n operations with m operands and P ebits happen on T timelines.

    Attributes:
        start_s: start of each operation; of an `ebit`, when it is asked for, shape (n, T).
        end_s: its end; of an `ebit`, when both ends know of it, shape (n, T).
        duration_s: what the operation itself takes, 0 for an `ebit`, shape (n,).
        idle_s: how long each operand waited before the operation while live (the halves of an
            ebit: since birth); aligned with `ops.operands`, shape (m, T).
        cause: row of the operation that determined the start, or -1 at the beginning, shape
            (n, T). Where that operation ended earlier than this one starts, its classical message
            took the difference.
        ebit: row of each ebit, ascending, shape (P,).
        started_s, born_s, ready_s: first attempt, emission and herald of each pair, shape (P, T).
        state: Bell-diagonal weights of each pair at birth, shape (P, T, 4).
    """

    start_s: FloatArray
    end_s: FloatArray
    duration_s: FloatArray
    idle_s: FloatArray
    cause: NDArray[np.int32]
    ebit: IntArray
    started_s: FloatArray
    born_s: FloatArray
    ready_s: FloatArray
    state: FloatArray

    @property
    def makespan_s(self) -> FloatArray:
        """From the start to the end of the last operation, shape (T,)."""
        if len(self.end_s) == 0:
            return np.zeros(self.end_s.shape[1])
        return self.end_s.max(axis=0)


@dataclass(frozen=True, slots=True)
class _Before:
    """What each operation has to wait for, from the order of the program alone.

    Row n stands for the beginning of time. `operand` is aligned with `ops.operands`, `producer`
    with the rows.
    """

    operand: IntArray
    live: BoolArray
    producer: IntArray


def time_ops(
    executable: Executable, network: Network, links: Sequence[Link], supply: EbitSupply
) -> Timing:
    """Time every operation on each of the supply's timelines.

    Args:
        executable: all machines' programs merged.
        network: gives the durations.
        links: gives the latencies of classical messages.
        supply: where pairs come from; fresh, it is used up here.

    Returns:
        The timing; requests are made in the order of the program's ebits.

    Raises:
        InvariantError: an operation is conditioned on a bit that nobody wrote before.
    """
    before = _before(executable.ops)
    duration = np.array(op_costs(executable, network).duration_s, dtype=np.float64)
    is_ebit = _rows_named(executable.ops, "ebit")
    duration[is_ebit] = 0.0
    latency = _message_latencies(executable, before.producer, classical_latency_s(network, links))
    walk = _Walk.fresh(executable, duration, supply)
    walk.run(before, latency, is_ebit)
    return walk.timing(before, latency)


def _rows_named(ops: OpTable, *names: str) -> BoolArray:
    codes = [code for code, name in enumerate(ops.names) if name in names]
    return np.isin(ops.gate, codes)


def _before(ops: OpTable) -> _Before:
    n = len(ops)
    row = np.repeat(np.arange(n), np.diff(ops.start))
    order = np.argsort(ops.operands, kind="stable")  # by qubit, then by time
    follows = np.zeros(len(order), dtype=bool)
    follows[1:] = ops.operands[order[1:]] == ops.operands[order[:-1]]
    previous = np.full(len(order), n)
    previous[order[1:]] = np.where(follows[1:], row[order[:-1]], n)
    is_reset = np.append(_rows_named(ops, "reset"), True)
    discards = _rows_named(ops, "reset", "ebit")
    live = ~is_reset[previous] & ~discards[row]
    return _Before(operand=previous, live=live, producer=_producers(ops))


def _producers(ops: OpTable) -> IntArray:
    """The row that wrote the bit that each row waits for; n where it waits for none."""
    n = len(ops)
    producer = np.full(n, n)
    written: dict[int, int] = {}
    rows = np.flatnonzero((ops.clbit != NO_BIT) | (ops.condition != NO_BIT))
    clbit, condition = ops.clbit.tolist(), ops.condition.tolist()
    for row in rows.tolist():
        if condition[row] != NO_BIT:
            producer[row] = written.get(condition[row], _NOBODY)
        if clbit[row] != NO_BIT:
            written[clbit[row]] = row
    unwritten = np.flatnonzero(producer == _NOBODY)
    if len(unwritten):
        first = int(unwritten[0])
        msg = f"operation {first} is conditioned on bit {condition[first]}, which nobody wrote"
        raise InvariantError(msg)
    return producer


def _message_latencies(
    executable: Executable, producer: IntArray, latency_s: FloatArray
) -> FloatArray:
    """How long each row's bit travels, shape (n,)."""
    ops = executable.ops
    home = executable.node[ops.operands[ops.start[:-1]]]  # the node of each row's first operand
    taken = np.zeros(len(ops))
    rows = np.flatnonzero(producer < len(ops))
    taken[rows] = latency_s[home[producer[rows]], home[rows]]
    return taken


@dataclass(slots=True)
class _Walk:
    """The one pass over the program: times so far, and who holds which communication qubit."""

    executable: Executable
    supply: EbitSupply
    duration: FloatArray
    start: FloatArray
    end: FloatArray
    held: dict[int, tuple[int, int]]
    ebit: list[int]
    started: list[FloatArray]
    born: list[FloatArray]
    state: list[FloatArray]
    known: FloatArray

    @staticmethod
    def fresh(executable: Executable, duration: FloatArray, supply: EbitSupply) -> _Walk:
        n, timelines = len(executable.ops), supply.timelines
        return _Walk(
            executable=executable,
            supply=supply,
            duration=duration,
            start=np.zeros((n + 1, timelines)),  # row n: the beginning of time
            end=np.zeros((n + 1, timelines)),
            held={},
            ebit=[],
            started=[],
            born=[],
            state=[],
            known=np.zeros((n + 1, timelines)),
        )

    def run(self, before: _Before, latency: FloatArray, is_ebit: BoolArray) -> None:
        """Fill in every start and end."""
        ops = self.executable.ops
        n = len(ops)
        frees = _rows_named(ops, "measure", "reset").tolist()
        ebit, duration, delay = is_ebit.tolist(), self.duration.tolist(), latency.tolist()
        begin, operands = ops.start.tolist(), ops.operands.tolist()
        previous, producer = before.operand.tolist(), before.producer.tolist()
        start, end = list(self.start), list(self.end)  # views of the rows: cheaper to index
        known = list(self.known)
        for row in range(n):
            low, high = begin[row], begin[row + 1]
            now, certain = start[row], known[row]
            now[:] = end[previous[low]]
            certain[:] = known[previous[low]]
            for position in range(low + 1, high):
                np.maximum(now, end[previous[position]], out=now)
                np.maximum(certain, known[previous[position]], out=certain)
            if producer[row] < n:
                np.maximum(now, end[producer[row]] + delay[row], out=now)
                np.maximum(certain, known[producer[row]], out=certain)
            if ebit[row]:
                end[row][:] = self._generate(row, operands[low], operands[low + 1])
                np.maximum(certain, end[row], out=certain)
                continue
            np.add(now, duration[row], out=end[row])
            if frees[row] and operands[low] in self.held:
                self._release(operands[low], end[row])

    def _generate(self, row: int, first: int, second: int) -> FloatArray:
        asked = self.start[row]
        for qubit in (first, second):
            if qubit in self.held:
                self._release(qubit, asked)
        pair = self.supply.request(
            Requests(
                link=self.executable.link[row : row + 1],
                ends=np.array([[first, second]]),
                not_before_s=asked[None, :],
            )
        )
        self.supply.advance()
        got = self.supply.take(pair)
        identity = int(pair[0])
        self.held[first], self.held[second] = (identity, 0), (identity, 1)
        self.ebit.append(row)
        self.started.append(got.started_s[0])
        self.born.append(got.born_s[0])
        self.state.append(got.state[0])
        return got.ready_s[0]

    def _release(self, qubit: int, at_s: FloatArray) -> None:
        pair, half = self.held.pop(qubit)
        self.supply.release(np.array([pair]), np.array([half]), at_s[None, :])

    def timing(self, before: _Before, latency: FloatArray) -> Timing:
        """The times as a value, with what follows from them: idling and causes."""
        timelines = self.supply.timelines
        ebit = np.array(self.ebit, dtype=np.int64)
        born = _stacked(self.born, (timelines,))
        cause = self._causes(before, latency)  # of the times before anything was put off
        self._put_off(before)
        return Timing(
            start_s=self.start[:-1],
            end_s=self.end[:-1],
            duration_s=self.duration,
            idle_s=self._idle(before, ebit, born),
            cause=cause,
            ebit=ebit,
            started_s=_stacked(self.started, (timelines,)),
            born_s=born,
            ready_s=self.end[ebit],
            state=_stacked(self.state, (timelines, 4)),
        )

    def _put_off(self, before: _Before) -> None:
        """Move the gates that open each qubit's life right before its first other operation."""
        for row, opening in _openings(self.executable.ops, before.operand):
            took = float(self.duration[opening].sum())
            latest = self.start[row] - took
            by = latest - self.start[opening[0]]
            by = np.where((by > 0) & (self.known[row] <= latest), by, 0.0)
            self.start[opening] += by
            self.end[opening] += by

    def _idle(self, before: _Before, ebit: IntArray, born: FloatArray) -> FloatArray:
        ops = self.executable.ops
        row = np.repeat(np.arange(len(ops)), np.diff(ops.start))
        idle = np.zeros((len(row), self.supply.timelines))
        live = np.flatnonzero(before.live)
        since = self.end[before.operand[live]]
        after_ebit = np.isin(before.operand[live], ebit)
        since[after_ebit] = born[np.searchsorted(ebit, before.operand[live][after_ebit])]
        idle[live] = np.maximum(self.start[row[live]] - since, 0.0)
        return idle

    def _causes(self, before: _Before, latency: FloatArray) -> NDArray[np.int32]:
        """Of everything that a row waited for, what came last; the first named on a tie."""
        ops = self.executable.ops
        n = len(ops)
        arity = np.diff(ops.start)
        cause = np.full((n, self.supply.timelines), n, dtype=np.int32)
        latest = np.zeros((n, self.supply.timelines))
        for position in range(int(arity.max(initial=0))):
            rows = np.flatnonzero(arity > position)
            _later(rows, before.operand[ops.start[rows] + position], self.end, latest, cause)
        rows = np.flatnonzero(before.producer < n)
        arrival = self.end[before.producer[rows]] + latency[rows, None]
        wins = arrival > latest[rows]
        cause[rows] = np.where(wins, before.producer[rows, None], cause[rows])
        cause[cause == n] = _NOBODY
        return cause


def _openings(ops: OpTable, previous: IntArray) -> list[tuple[int, list[int]]]:
    """The one-qubit gates before each qubit's first other operation, with that operation's row."""
    n = len(ops)
    plain = ~_rows_named(ops, "measure", "reset", "ebit") & (ops.condition == NO_BIT)
    gate = (plain & (np.diff(ops.start) == 1)).tolist()
    begin, before = ops.start.tolist(), previous.tolist()
    opening: dict[int, list[int]] = {}
    found: list[tuple[int, list[int]]] = []
    for row in range(n):
        first = before[begin[row]]
        if gate[row] and (first == n or first in opening):
            opening[row] = [*opening.pop(first, []), row]
            continue
        for position in range(begin[row], begin[row + 1]):
            gates = opening.pop(before[position], None)
            if gates is not None:
                found.append((row, gates))
    return found


def _later(
    rows: IntArray,
    candidate: IntArray,
    end: FloatArray,
    latest: FloatArray,
    cause: NDArray[np.int32],
) -> None:
    arrival = end[candidate]
    wins = (arrival > latest[rows]) | (cause[rows] == len(cause))
    latest[rows] = np.where(wins, arrival, latest[rows])
    cause[rows] = np.where(wins, candidate[:, None], cause[rows])


def _stacked(rows: list[FloatArray], shape: tuple[int, ...]) -> FloatArray:
    return np.stack(rows) if rows else np.zeros((0, *shape))


def critical_path(
    timing: Timing, executable: Executable, links: Sequence[Link]
) -> tuple[tuple[str, FloatArray], ...]:
    """Where the time went: seconds on the critical path by cause, each of shape (T,).

    The causes are waiting for ebits (by link), classical messages, gates, measurement and reset,
    in that order; links that never made anybody wait are left out. On every timeline the causes
    sum to the makespan.
    """
    timelines = timing.start_s.shape[1]
    names, kind = _kinds(executable, links)
    spent = np.zeros((len(names), timelines))
    messages = len(names) - 4
    if len(timing.end_s):
        _walk_back(timing, kind, messages, spent)
    return tuple(
        (name, seconds)
        for index, (name, seconds) in enumerate(zip(names, spent, strict=True))
        if index >= messages or seconds.any()
    )


def _kinds(executable: Executable, links: Sequence[Link]) -> tuple[tuple[str, ...], IntArray]:
    """Names of the causes, and for each operation the one that its own time counts as."""
    count = len(links)
    names = (
        *(f"waiting for ebits on {link.name}" for link in links),
        "classical messages",
        "gates",
        "measurement",
        "reset",
    )
    ops = executable.ops
    kind = np.full(len(ops), count + 1)
    kind[_rows_named(ops, "measure")] = count + 2
    kind[_rows_named(ops, "reset")] = count + 3
    is_ebit = _rows_named(ops, "ebit")
    kind[is_ebit] = executable.link[is_ebit]
    return names, kind


def _walk_back(timing: Timing, kind: IntArray, messages: int, spent: FloatArray) -> None:
    """Follow the causes from the last operation to end, on all timelines side by side."""
    timeline = np.arange(spent.shape[1])
    # The last of those that end together: gates that were put off end with what they wait for.
    at = len(timing.end_s) - 1 - timing.end_s[::-1].argmax(axis=0)
    while len(timeline):
        start = timing.start_s[at, timeline]
        spent[kind[at], timeline] += timing.end_s[at, timeline] - start
        cause = timing.cause[at, timeline]
        caused = cause != _NOBODY
        timeline, cause, start = timeline[caused], cause[caused], start[caused]
        spent[messages, timeline] += start - timing.end_s[cause, timeline]
        at = cause
