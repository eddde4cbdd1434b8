"""Hand-made programs and noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interlace.circuit import NO_BIT, Op, OpTable
from interlace.compiler import Executable
from interlace.kernel import FloatArray
from interlace.runtime import Noise

PERFECT = (1.0, 0.0, 0.0, 0.0)


def werner(fidelity: float) -> tuple[float, float, float, float]:
    """Bell-diagonal weights of a Werner state."""
    rest = (1.0 - fidelity) / 3.0
    return (fidelity, rest, rest, rest)


def op(
    name: str, *operands: int, params: Sequence[float] = (), clbit: int = NO_BIT,
    condition: int = NO_BIT,
) -> Op:  # fmt: skip
    return Op(name=name, operands=operands, params=tuple(params), clbit=clbit, condition=condition)


def program(
    *ops: Op, bits: int, qubits: int | None = None, joint: Sequence[int] | None = None,
    swap: Sequence[int] | None = None,
) -> Executable:  # fmt: skip
    """An executable whose first `bits` bits are the program's own."""
    table = OpTable.of(ops)
    n = len(table)
    qubits = qubits or 1 + max(max(o.operands) for o in ops)
    return Executable(
        node=np.zeros(qubits, dtype=np.int64),
        device_qubit=np.arange(qubits),
        ops=table,
        joint_op=np.arange(n) if joint is None else np.array(joint),
        swap=np.full(n, -1) if swap is None else np.array(swap),
        link=np.where([o.name == "ebit" for o in ops], 0, -1),
        num_bits=1 + max([bits - 1, *(o.clbit for o in ops)]),
        num_program_bits=bits,
    )


def noise(
    made: Executable,
    *,
    gate_error: FloatArray | float = 0.0,
    idle_s: dict[int, float] | None = None,
    t1_s: float = np.inf,
    t2_s: float = np.inf,
    readout: tuple[float, float] = (0.0, 0.0),
    pairs: Sequence[Sequence[float]] = (),
) -> Noise:
    """Noise in which only what is named goes wrong; `idle_s` by position among the operands."""
    qubits, operands = len(made.node), np.zeros(len(made.ops.operands))
    for position, seconds in (idle_s or {}).items():
        operands[position] = seconds
    ebits = sum(o.name == "ebit" for o in made.ops)
    return Noise(
        gate_error=np.broadcast_to(np.asarray(gate_error, dtype=np.float64), len(made.ops)).copy(),
        idle_s=operands,
        t1_s=np.full(qubits, t1_s),
        t2_s=np.full(qubits, t2_s),
        readout=np.tile(np.array(readout, dtype=np.float64), (qubits, 1)),
        pair_state=np.array(pairs or [PERFECT] * ebits, dtype=np.float64).reshape(-1, 4),
    )


def remote_bell() -> Executable:
    """A Bell state of qubits 0 and 3 by one gate teleportation over the ebit of 1 and 2."""
    return program(
        op("h", 0), op("reset", 1), op("reset", 2), op("ebit", 1, 2),
        op("cx", 0, 1), op("measure", 1, clbit=2), op("x", 2, condition=2),
        op("cx", 2, 3), op("h", 2), op("measure", 2, clbit=3), op("z", 0, condition=3),
        op("measure", 0, clbit=0), op("measure", 3, clbit=1),
        bits=2,
    )  # fmt: skip


def swapped_pair() -> Executable:
    """Two ebits, (0, 1) and (2, 3), joined at 1 and 2; the ends are measured."""
    return program(
        op("ebit", 0, 1), op("ebit", 2, 3), op("cx", 1, 2), op("h", 1),
        op("measure", 1, clbit=2), op("measure", 2, clbit=3),
        op("x", 3, condition=3), op("z", 3, condition=2),
        op("measure", 0, clbit=0), op("measure", 3, clbit=1),
        bits=2,
    )  # fmt: skip
