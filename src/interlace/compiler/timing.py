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
from interlace.compiler.walk import (
    BY_MESSAGE,
    EBIT,
    FREED,
    FREES,
    ISSUED,
    NOBODY,
    OPENS,
    Script,
    Walk,
    add_up_path,
    carry_out,
    idle_of,
    in_batches,
    last_to_end,
    what_came_before,
)
from interlace.errors import InvariantError
from interlace.kernel import BoolArray, FloatArray, IntArray
from interlace.link import Link
from interlace.network import Network
from interlace.routing import EbitSupply, Requests, classical_latency_s

__all__ = ["Timing", "critical_path", "time_ops"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When n operations with m operands and P ebits happen on T timelines.

    One array of shape (n, T) is large; the ends, the waits and the causes, which follow from the
    starts, are found when asked for, one timeline at a time where that will do.

    Attributes:
        start_s: start of each operation; of an `ebit`, when it is asked for, shape (n, T).
        ebit: row of each ebit, ascending, shape (P,).
        started_s, born_s, ready_s: first attempt, emission and herald of each pair, shape (P, T).
        state: Bell-diagonal weights of each pair at birth, shape (P, T, 4).
        script: what was carried out: durations, and what each operation had to wait for.
        chosen: of those what came last: the operand at that position, a message (127) or
            nothing (-1), shape (n, T).
        is_live: whether each operand held something before that time can spoil, shape (m,).
    """

    start_s: FloatArray
    ebit: IntArray
    started_s: FloatArray
    born_s: FloatArray
    ready_s: FloatArray
    state: FloatArray
    script: Script
    chosen: NDArray[np.int8]
    is_live: BoolArray

    @property
    def timelines(self) -> int:
        """T: how many timelines lie side by side."""
        return self.start_s.shape[1]

    @property
    def duration_s(self) -> FloatArray:
        """What each operation itself takes, 0 for an `ebit`, shape (n,)."""
        return self.script.duration_s

    @property
    def makespan_s(self) -> FloatArray:
        """From the start to the end of the last operation, shape (T,)."""
        return last_to_end(self.script, self.start_s, self.ready_s)[1]

    @property
    def end_s(self) -> FloatArray:
        """End of each operation; of an `ebit`, when both ends know of it, shape (n, T)."""
        end_s = self.start_s + self.duration_s[:, None]
        end_s[self.ebit] = self.ready_s
        return end_s

    @property
    def idle_s(self) -> FloatArray:
        """`idle_on` every timeline, shape (m, T)."""
        return np.stack([self.idle_on(t) for t in range(self.timelines)], axis=1)

    @property
    def cause(self) -> NDArray[np.int32]:
        """`cause_on` every timeline, shape (n, T)."""
        causes = [self.cause_on(t) for t in range(self.timelines)]
        return np.stack(causes, axis=1).astype(np.int32)

    def start_on(self, timeline: int) -> FloatArray:
        """Start of each operation on one timeline, shape (n,)."""
        return np.ascontiguousarray(self.start_s[:, timeline])

    def end_on(self, timeline: int) -> FloatArray:
        """End of each operation on one timeline, shape (n,)."""
        end_s = self.start_s[:, timeline] + self.duration_s
        end_s[self.ebit] = self.ready_s[:, timeline]
        return end_s

    def idle_on(self, timeline: int) -> FloatArray:
        """How long each operand waited before its operation while live, on one timeline.

        For the halves of an ebit: since birth. Aligned with `ops.operands`, shape (m,).
        """
        free_s = self.end_on(timeline)
        free_s[self.ebit] = self.born_s[:, timeline]
        return idle_of(self.script, self.is_live, self.start_on(timeline), free_s)

    def cause_on(self, timeline: int) -> IntArray:
        """Row of the operation that determined each start on one timeline, or -1, shape (n,).

        Where that operation ended earlier than this one starts, its classical message took the
        difference.
        """
        chosen = self.chosen[:, timeline].astype(np.int64)
        cause = np.where(chosen == BY_MESSAGE, self.script.producer, NOBODY)
        rows = np.flatnonzero((chosen != NOBODY) & (chosen != BY_MESSAGE))
        cause[rows] = self.script.previous[self.script.start[rows] + chosen[rows]]
        return cause


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
    script = _script(executable, network, classical_latency_s(network, links))
    ebit = np.flatnonzero(script.kind == EBIT)
    walk = _fresh(executable, script, ebit, supply.timelines)
    pairs = _Pairs.none(len(ebit), supply.timelines)
    bits = len(walk.bit_known_s)
    order, ends = in_batches(
        script, np.zeros(len(executable.node), dtype=np.bool_), np.zeros(bits, dtype=np.bool_)
    )
    for begin, end in zip((0, *ends), ends.tolist(), strict=False):
        asked = int(walk.counts[ISSUED])
        carry_out(script, walk, order[begin:end])
        _give_back(walk, pairs, supply)
        if walk.counts[ISSUED] > asked:
            batch = slice(asked, int(walk.counts[ISSUED]))
            _ask_for(executable, ebit[batch], batch, walk, pairs, supply)
    return Timing(
        start_s=walk.start_s,
        ebit=ebit,
        started_s=pairs.started_s,
        born_s=pairs.born_s,
        ready_s=walk.ready_s,
        state=pairs.state,
        script=script,
        chosen=walk.cause,
        is_live=_live(executable.ops, script.previous),
    )


def _rows_named(ops: OpTable, *names: str) -> BoolArray:
    codes = [code for code, name in enumerate(ops.names) if name in names]
    return np.isin(ops.gate, codes)


def _script(executable: Executable, network: Network, latency_s: FloatArray) -> Script:
    """What to carry out, in arrays."""
    ops = executable.ops
    n = len(ops)
    duration_s = op_costs(executable, network).duration_s
    is_ebit = _rows_named(ops, "ebit")
    frees = _rows_named(ops, "measure", "reset")
    opens = ~is_ebit & ~frees & (ops.condition == NO_BIT) & (np.diff(ops.start) == 1)
    bits = int(max(ops.clbit.max(initial=NO_BIT), ops.condition.max(initial=NO_BIT))) + 1
    previous, producer = what_came_before(
        ops.start, ops.operands, ops.clbit, ops.condition,
        np.full(len(executable.node), n), np.full(bits, n),
    )  # fmt: skip
    unwritten = np.flatnonzero(producer == NOBODY)
    if len(unwritten):
        first = int(unwritten[0])
        bit = int(ops.condition[first])
        raise InvariantError(f"operation {first} is conditioned on bit {bit}, which nobody wrote")
    return Script(
        start=ops.start,
        operands=ops.operands,
        previous=previous,
        clbit=ops.clbit,
        condition=ops.condition,
        producer=producer,
        delay_s=_message_latencies(executable, producer, latency_s),
        duration_s=np.where(is_ebit, 0.0, duration_s),
        kind=EBIT * is_ebit + FREES * frees + OPENS * opens,
        pair=np.where(is_ebit, np.cumsum(is_ebit) - 1, NOBODY),
    )


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


def _live(ops: OpTable, previous: IntArray) -> BoolArray:
    """Whether each operand holds something that time can spoil since its last operation."""
    row = np.repeat(np.arange(len(ops)), np.diff(ops.start))
    is_reset = np.append(_rows_named(ops, "reset"), True)
    return ~is_reset[previous] & ~_rows_named(ops, "reset", "ebit")[row]


def _fresh(executable: Executable, script: Script, ebit: IntArray, timelines: int) -> Walk:
    """The walk before its first row."""
    n, qubits = len(script.kind), len(executable.node)
    bits = int(max(script.clbit.max(initial=-1), script.condition.max(initial=-1))) + 1
    halves = script.operands[script.start[ebit][:, None] + np.arange(2)]
    return Walk(
        start_s=np.empty((n, timelines)),
        ready_s=np.empty((len(ebit), timelines)),
        cause=np.empty((n, timelines), dtype=np.int8),
        qubit_known_s=np.zeros((qubits, timelines)),
        bit_known_s=np.zeros((bits, timelines)),
        is_opening=np.zeros(n, dtype=np.bool_),
        is_asked=np.zeros(n, dtype=np.bool_),
        holder=np.full(qubits, NOBODY, dtype=np.int64),
        freed=np.empty(len(np.unique(halves)), dtype=np.int64),
        freed_s=np.empty((len(np.unique(halves)), timelines)),
        counts=np.zeros(2, dtype=np.int64),
    )


@dataclass(slots=True)
class _Pairs:
    """What the supply gave so far, in the order of the program's ebits."""

    identity: IntArray
    started_s: FloatArray
    born_s: FloatArray
    state: FloatArray

    @staticmethod
    def none(pairs: int, timelines: int) -> _Pairs:
        shape = (pairs, timelines)
        return _Pairs(
            identity=np.zeros(pairs, dtype=np.int64),
            started_s=np.empty(shape),
            born_s=np.empty(shape),
            state=np.empty((*shape, 4)),
        )


def _give_back(walk: Walk, pairs: _Pairs, supply: EbitSupply) -> None:
    """Release the qubits that became free."""
    freed = int(walk.counts[FREED])
    if freed:
        half = walk.freed[:freed]
        supply.release(pairs.identity[half // 2], half % 2, walk.freed_s[:freed])
        walk.counts[FREED] = 0


def _ask_for(
    executable: Executable,
    rows: IntArray,
    batch: slice,
    walk: Walk,
    pairs: _Pairs,
    supply: EbitSupply,
) -> None:
    """Get the ebits of one batch, at these rows."""
    ops = executable.ops
    identity = supply.request(
        Requests(
            link=executable.link[rows],
            ends=ops.operands[ops.start[rows][:, None] + np.arange(2)],
            not_before_s=walk.start_s[rows],
        )
    )
    supply.advance()
    got = supply.take(identity)
    pairs.identity[batch], pairs.state[batch] = identity, got.state
    pairs.started_s[batch], pairs.born_s[batch] = got.started_s, got.born_s
    walk.ready_s[batch] = got.ready_s


def critical_path(
    timing: Timing, executable: Executable, links: Sequence[Link]
) -> tuple[tuple[str, FloatArray], ...]:
    """Where the time went: seconds on the critical path by cause, each of shape (T,).

    The causes are waiting for ebits (by link), classical messages, gates, measurement and reset,
    in that order; links that never made anybody wait are left out. On every timeline the causes
    sum to the makespan.
    """
    names, kind = _kinds(executable, links)
    spent = np.zeros((len(names), timing.timelines))
    messages = len(names) - 4
    if len(kind):
        last, _ = last_to_end(timing.script, timing.start_s, timing.ready_s)
        add_up_path(timing.script, timing.chosen, timing.start_s, timing.ready_s, last, kind, spent)
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
