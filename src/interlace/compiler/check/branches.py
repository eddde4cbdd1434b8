"""Small programs compared by their exact states on measurement branches.

Theory of operation
-------------------
Both programs start in one random product state of the circuit's qubits. The
outcomes of the circuit's own measurements (and what its resets find) are drawn
or enumerated in the circuit and forced in the joint program; the internal
outcomes are enumerated or drawn. On every branch the two states, not
normalised, must be equal up to a global phase once each internal bit has taken
its probability of one half: states and probabilities agree.

On the branches that are looked at, agreement on one product state drawn from a
continuous distribution shows agreement of the two linear maps for almost every
draw: a polynomial that is not zero vanishes on a set of measure zero. (Maps
that agree up to a phase that depends on the input cannot hide: the phase of a
linear map is constant wherever it is a phase.)
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, Op
from interlace.compiler.check.cells import Cells
from interlace.compiler.check.failure import refuse
from interlace.compiler.check.statevector import Batch
from interlace.compiler.check.unitary import ComplexArray
from interlace.compiler.plan import NONE, Plan, StepKind
from interlace.compiler.program import JointProgram
from interlace.kernel import FloatArray, IntArray, stream

__all__ = ["MOST_LIVE", "MOST_QUBITS", "TOLERANCE", "Compared", "compare_branches"]

MOST_QUBITS = 12
MOST_LIVE = 18
TOLERANCE = 1e-9
_ALL = 8
_DRAWN = 32
_CHUNK = 1 << 18
"""Amplitudes worked on at once: they stay in the processor's cache."""

_LEAST_CHUNK = 8
_MOST_WORK = 1 << 34
"""Amplitudes times operations: longer programs are left to the other comparisons."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Which branches were compared.

    Attributes:
        branches: how many.
        internal_bits: measured bits that serve entanglement.
        all_internal: every combination of the internal bits was among them.
        all_outcomes: every combination of the circuit's own outcomes too.
    """

    branches: int
    internal_bits: int
    all_internal: bool
    all_outcomes: bool


@dataclass(frozen=True, slots=True)
class _Forced:
    """Outcomes of the circuit's measurements and resets, and what makes up for their weight."""

    outcomes: dict[int, IntArray]
    factors: dict[int, FloatArray]


def compare_branches(
    plan: Plan, joint: JointProgram, *, start: tuple[int, ...], end: tuple[int, ...]
) -> Compared | None:
    """Compare circuit and joint program branch by branch.

    Args:
        plan: the plan.
        joint: its joint program.
        start: cell of each circuit qubit at the beginning.
        end: cell of each circuit qubit at the end.

    Returns:
        what was compared; `None` if the program is too large and nothing was.

    Raises:
        CheckFailure: they differ on a branch.
    """
    qubits = plan.circuit.num_qubits
    if qubits > MOST_QUBITS:
        return None
    most_live = _most_live(plan, joint, start)
    if most_live > MOST_LIVE or len(joint.ops) * _DRAWN << max(most_live, qubits) > _MOST_WORK:
        return None
    internal = plan.num_bits
    own = [row for row, op in enumerate(plan.circuit.ops) if op.name in {"measure", "reset"}]
    all_internal = internal <= _ALL
    all_outcomes = internal + len(own) <= _ALL
    forced: dict[int, IntArray] | None = None
    if all_outcomes:
        table = _every_combination(internal + len(own))
        bits = table[:, :internal]
        forced = {row: table[:, internal + i] for i, row in enumerate(own)}
    elif all_internal:
        every = _every_combination(internal)
        bits = np.tile(every, (-(-_DRAWN // len(every)), 1))
    else:
        bits = stream(plan.seed, "check", "bits").integers(0, 2, (_DRAWN, internal))
    amplitudes = _random_amplitudes(plan.seed, qubits)
    size = max(_LEAST_CHUNK, _CHUNK >> max(most_live, qubits))
    for begin in range(0, len(bits), size):
        rows = slice(begin, begin + size)
        chosen = None if forced is None else {row: column[rows] for row, column in forced.items()}
        batch = Batch.product(len(bits[rows]), dict(enumerate(amplitudes)))
        found = _run_circuit(plan, batch, chosen, begin)
        other = Batch.product(len(bits[rows]), dict(zip(start, amplitudes, strict=True)))
        _run_joint(plan, joint, other, bits=bits[rows], forced=found)
        _compare(plan, batch, other, bits=bits[rows], end=end)
    return Compared(
        branches=len(bits),
        internal_bits=internal,
        all_internal=all_internal,
        all_outcomes=all_outcomes,
    )


def _most_live(plan: Plan, joint: JointProgram, start: tuple[int, ...]) -> int:
    live = set(start)
    most = len(live)
    for op, source in zip(joint.ops, _sources(plan, joint), strict=True):
        if op.name == "reset" and source == NONE:
            live.add(op.operands[0])
            most = max(most, len(live))
        elif op.name == "measure" and source == NONE:
            live.discard(op.operands[0])
        elif op.name == "swap" and source == NONE:
            first, second = op.operands
            if (first in live) != (second in live):
                live ^= {first, second}
    return most


def _sources(plan: Plan, joint: JointProgram) -> list[int]:
    """The circuit operation that each joint op carries out, or `NONE`."""
    claims = np.isin(plan.steps.kind, [StepKind.GATE, StepKind.MEASURE])
    found: list[int] = np.where(claims, plan.steps.source, NONE)[joint.step].tolist()
    return found


def _every_combination(bits: int) -> IntArray:
    codes = np.arange(2**bits, dtype=np.int64)
    return codes[:, None] >> np.arange(bits, dtype=np.int64) & 1


def _random_amplitudes(seed: int, qubits: int) -> list[ComplexArray]:
    parts = stream(seed, "check", "input").normal(size=(qubits, 2, 2))
    vectors = parts[..., 0] + 1j * parts[..., 1]
    return list(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


def _run_circuit(
    plan: Plan, batch: Batch, chosen: dict[int, IntArray] | None, first: int
) -> _Forced:
    """Run the circuit; outcomes are the chosen ones, or drawn as nature would."""
    rng = stream(plan.seed, "check", "outcomes", first)
    forced = _Forced({}, {})
    for row, op in enumerate(plan.circuit.ops):
        if op.name not in {"measure", "reset"}:
            batch.gate(op.name, op.params, op.operands)
            continue
        zero, one = batch.weights(op.operands[0])
        if chosen is None:
            total = zero + one
            outcomes = (rng.random(len(zero)) * total < one).astype(np.int64)
        else:
            outcomes = chosen[row]
        weight = np.where(outcomes == 1, one, zero)
        possible = weight > TOLERANCE**2
        factors = np.where(possible, 1 / np.sqrt(np.where(possible, weight, 1.0)), 1.0)
        forced.outcomes[row], forced.factors[row] = outcomes, factors
        _force(batch, op, forced, row)
    return forced


def _force(batch: Batch, op: Op, forced: _Forced, source: int) -> None:
    (qubit,) = op.operands
    batch.project(qubit, forced.outcomes[source])
    if op.name == "reset":
        batch.conditioned("x", qubit, forced.outcomes[source])
    batch.scale(forced.factors[source])


def _run_joint(
    plan: Plan, joint: JointProgram, batch: Batch, *, bits: IntArray, forced: _Forced
) -> None:
    cells = Cells.of(joint.registers)
    first = joint.num_program_bits
    written: set[int] = set()
    for row, (op, source) in enumerate(zip(joint.ops, _sources(plan, joint), strict=True)):
        fresh = op.name == "reset" and source == NONE
        if op.name != "swap" and any((c in batch.live) == fresh for c in op.operands):
            refuse(
                f"joint op {row} ({op.name} {cells.labels(op.operands)})",
                "resets a cell that is in use" if fresh else "uses a cell that holds nothing",
            )
        if op.condition != NO_BIT and op.condition not in written:
            refuse(f"joint op {row} ({op.name})", f"bit {op.condition} was not written before")
        if fresh:
            batch.add(op.operands[0])
        elif op.name == "ebit":
            batch.gate("h", (), op.operands[:1])
            batch.gate("cx", (), op.operands)
        elif op.name in {"measure", "reset"} and source != NONE:
            _force(batch, op, forced, source)
        elif op.name == "measure":
            batch.drop(op.operands[0], bits[:, op.clbit - first])
            batch.scale(np.full(len(bits), np.sqrt(2.0)))
            written.add(op.clbit)
        elif op.condition != NO_BIT:
            batch.conditioned(op.name, op.operands[0], bits[:, op.condition - first])
        else:
            batch.gate(op.name, op.params, op.operands)


def _compare(
    plan: Plan, wanted: Batch, found: Batch, *, bits: IntArray, end: tuple[int, ...]
) -> None:
    if set(found.live) != set(end):
        refuse("end of the program", "other cells than the circuit's qubits are still in use")
    one = wanted.ordered(list(range(plan.circuit.num_qubits)))
    two = found.ordered(list(end))
    overlap = np.einsum("ib,ib->b", one.conj(), two)
    size = np.abs(overlap)
    phase = np.where(size > TOLERANCE, overlap / np.where(size > TOLERANCE, size, 1.0), 1.0)
    error = np.abs(two - one * phase).max(axis=0)
    if (error > TOLERANCE).any():
        worst = int(np.argmax(error))
        word = "".join(str(bit) for bit in bits[worst].tolist()) or "none"
        refuse(
            "end of the program",
            f"the state differs by {error[worst]:.2g} on the branch of internal bits {word}",
        )
