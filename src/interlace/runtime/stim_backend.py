"""Clifford programs at any size: stim.

A program and one timeline's noise become stim's circuit text, which stim parses
much faster than it takes operations one by one. Gate errors are depolarising:
an average infidelity of e is DEPOLARIZE1(3e/2) or DEPOLARIZE2(5e/4), since a
Pauli channel with error probability p in dimension d has the average
infidelity p d / (d + 1) (Nielsen, Phys. Lett. A 303, 249 (2002),
doi:10.1016/S0375-9601(02)01272-0). Waiting is the Pauli-twirled channel of
`interlace.physics`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interlace.circuit import NO_BIT, Op, OpTable, clifford, gate_text, is_clifford
from interlace.compiler import Executable
from interlace.errors import InvariantError
from interlace.kernel import FloatArray
from interlace.physics import idle_pauli
from interlace.runtime.feedforward import HALVED, corrections
from interlace.runtime.ports import Estimate, Noise, Samples, SimulationJob

__all__ = ["SYMMETRISED", "TWIRLED", "StimSimulator", "stim_text"]

_CHUNK_BITS = 2**28
"""Measurement results held at once, in bytes: more shots are taken in several goes."""

_SECONDS_PER_OP = 6e-6
"""Text, parsing and the reference sample, for each operation of each timeline."""

_SECONDS_PER_OP_SHOT = 6e-9
"""Sampling, for each operation of each shot."""

_SECONDS_PER_SQUARE = 4e-8
"""The reference sample's growth with the square of the number of qubits: 58 s for 40,000."""

_SECONDS_PER_SQUARE_INNER = 1e-10
"""The same for each measurement of a communication qubit, which the tableau is turned over for."""

TWIRLED = (
    "Memory decay is Pauli-twirled: T1 and T2 keep their rates, but the drift towards |0> is lost."
)
SYMMETRISED = "Readout errors are symmetrised: both ways to misread have their mean probability."

_NOT_GATES = ("measure", "reset", "ebit")


@dataclass(frozen=True, slots=True)
class StimSimulator:
    """The stabiliser simulator stim."""

    @property
    def name(self) -> str:
        """`stim`."""
        return "stim"

    @property
    def follows_products(self) -> bool:
        """It follows results alone."""
        return False

    @property
    def approximations(self) -> tuple[str, ...]:
        """What it twirls, symmetrises or averages, wherever the noise has it."""
        return (TWIRLED, SYMMETRISED, HALVED)

    def refusal(self, program: Executable) -> str | None:
        """Names the first gate that is not Clifford, or a condition that is no Pauli."""
        foreign = corrections(program).foreign
        if foreign is not None:
            name = program.ops[foreign].name
            return f"the conditioned gate {name!r} (operation {foreign}) is no Pauli correction"
        return None if is_clifford(program.ops) else _first_non_clifford(program.ops)

    def estimate(
        self, program: Executable, *, shots: int, timelines: int, noise: Noise | None
    ) -> Estimate:
        """Linear in operations; the reference sample is quadratic in the qubits."""
        n, qubits = len(program.ops), len(program.node)
        rows = n if noise is None else 2 * n
        inner = int((program.ops.clbit >= program.num_program_bits).sum())
        per_square = _SECONDS_PER_SQUARE + _SECONDS_PER_SQUARE_INNER * inner
        seconds = timelines * (_SECONDS_PER_OP * rows + per_square * qubits**2)
        seconds += shots * rows * _SECONDS_PER_OP_SHOT
        results = max(1, int((program.ops.clbit != NO_BIT).sum()))
        per_timeline = -(-shots // max(1, timelines)) * results
        return Estimate(
            seconds=seconds,
            bytes=60_000_000 + 200 * rows + qubits**2 // 2 + min(per_timeline, _CHUNK_BITS),
        )

    def sample(self, job: SimulationJob) -> Samples:
        """Program bits of every shot; observables are not followed."""
        import stim

        program = job.program
        text, record = stim_text(program, job.noise)
        sampler = stim.Circuit(text).compile_sampler(seed=job.seed)
        bits = np.zeros((job.shots, program.num_program_bits), dtype=np.uint8)
        own = np.array([b for b in sorted(record) if b < program.num_program_bits], dtype=np.int64)
        if len(own) == 0:
            return Samples(bits=bits)
        columns = np.array([record[int(b)] for b in own])
        results = int((program.ops.clbit != NO_BIT).sum())
        step = max(1, _CHUNK_BITS // results)
        for begin in range(0, job.shots, step):
            taken = sampler.sample(min(step, job.shots - begin))
            bits[begin : begin + step, own] = taken[:, columns]
        return Samples(bits=bits)


def _first_non_clifford(ops: OpTable) -> str | None:
    known: set[tuple[str, tuple[float, ...]]] = set()
    for row, op in enumerate(ops):
        key = (op.name, op.params)
        if op.name in _NOT_GATES or key in known:
            continue
        if clifford(*key) is None:
            shown = gate_text(Op(name=op.name, operands=(), params=op.params)).strip()
            return f"the gate {shown} (operation {row}) is not Clifford"
        known.add(key)
    return None


def stim_text(program: Executable, noise: Noise | None) -> tuple[str, dict[int, int]]:
    """The program as stim's circuit text.

    Args:
        program: Clifford; its conditioned gates are Paulis.
        noise: of one timeline; `None`: the program itself.

    Returns:
        The text, and for each classical bit the measurement that wrote it last.
    """
    return _Writer.of(program, noise).write()


@dataclass(slots=True)
class _Writer:
    """Collects lines; every number of the noise is formatted beforehand, column by column."""

    program: Executable
    idle: list[str]
    after: list[str]
    misread: list[str]
    pair: list[str]
    pauli: dict[int, str]

    @staticmethod
    def of(program: Executable, noise: Noise | None) -> _Writer:
        ops, pauli = program.ops, corrections(program).names()
        if noise is None:
            blank = [""] * max(len(ops), len(ops.operands), len(program.node))
            return _Writer(program, blank, blank, blank, blank, pauli)
        flips = noise.readout.mean(axis=1).tolist()
        return _Writer(
            program=program,
            idle=_idle_heads(program, noise),
            after=_depolarising_heads(ops, noise.gate_error),
            misread=[f"({p!r})" if p > 0 else "" for p in flips],
            pair=[_channel(x, y, z) for _, x, y, z in noise.pair_state.tolist()],
            pauli=pauli,
        )

    def write(self) -> tuple[str, dict[int, int]]:
        ops = self.program.ops
        lines: list[str] = []
        record: dict[int, int] = {}
        results = pairs = 0
        gates = _gate_lines(ops)
        names, codes, start = ops.names, ops.gate.tolist(), ops.start.tolist()
        operands, clbit = ops.operands.tolist(), ops.clbit.tolist()
        condition = ops.condition.tolist()
        for row, code in enumerate(codes):
            low, high = start[row], start[row + 1]
            on = operands[low:high]
            lines.extend(f"{self.idle[k]} {operands[k]}" for k in range(low, high) if self.idle[k])
            name = names[code]
            if name == "measure":
                lines.append(f"M{self.misread[on[0]]} {on[0]}")
                record[clbit[row]] = results
                results += 1
                continue
            if name == "ebit":
                lines.append(f"R {on[0]} {on[1]}\nH {on[0]}\nCX {on[0]} {on[1]}")
                if self.pair[pairs]:
                    lines.append(f"{self.pair[pairs]} {on[1]}")
                pairs += 1
                continue
            if name == "reset":
                lines.append(f"R {on[0]}")
            elif condition[row] == NO_BIT:
                lines.extend(
                    f"{head} {' '.join(str(on[k]) for k in where)}" for head, where in gates[row]
                )
            elif (pauli := self.pauli[row]) != "id":
                back = record[condition[row]] - results
                lines.append(f"C{pauli.upper()} rec[{back}] {on[0]}")
            if self.after[row]:
                lines.append(f"{self.after[row]} {' '.join(map(str, on))}")
        return "\n".join(lines) + "\n", record


def _gate_lines(ops: OpTable) -> list[tuple[tuple[str, tuple[int, ...]], ...]]:
    """Stim's instructions for each row that is an unconditioned gate."""
    conditioned = (ops.condition != NO_BIT).tolist()
    lines: list[tuple[tuple[str, tuple[int, ...]], ...]] = []
    params, low = ops.params.tolist(), ops.param_start.tolist()
    for row, code in enumerate(ops.gate.tolist()):
        name = ops.names[code]
        if name in _NOT_GATES or conditioned[row]:
            lines.append(())
            continue
        found = clifford(name, tuple(params[low[row] : low[row + 1]]))
        if found is None:
            msg = f"stim was given the gate {name!r}, which is not Clifford"
            raise InvariantError(msg)
        lines.append(found)
    return lines


def _idle_heads(program: Executable, noise: Noise) -> list[str]:
    """For each operand the channel of its wait, or nothing."""
    qubit = program.ops.operands
    heads = [""] * len(qubit)
    p_x, p_y, p_z = idle_pauli(noise.idle_s, t1_s=noise.t1_s[qubit], t2_s=noise.t2_s[qubit])
    for k in np.flatnonzero(p_x + p_y + p_z > 0).tolist():
        heads[k] = _channel(float(p_x[k]), float(p_y[k]), float(p_z[k]))
    return heads


def _depolarising_heads(ops: OpTable, gate_error: FloatArray) -> list[str]:
    """For each row the depolarising channel after it, or nothing."""
    heads = [""] * len(ops)
    arity = np.diff(ops.start)
    acts = np.where(ops.condition == NO_BIT, 1.0, 0.5)
    for row in np.flatnonzero(gate_error > 0).tolist():
        name = ops.names[ops.gate[row]]
        if name in ("measure", "ebit"):
            continue
        p = min(1.0, float(gate_error[row] * (1.0 + 0.5 ** arity[row]) * acts[row]))
        heads[row] = f"DEPOLARIZE{arity[row]}({p!r})"
    return heads


def _channel(x: float, y: float, z: float) -> str:
    return f"PAULI_CHANNEL_1({x!r},{y!r},{z!r})" if x + y + z > 0 else ""
