"""The noise of one timeline as the loops over Pauli frames want it: probabilities.

An average gate infidelity e is a depolarising channel: one of the d^2 - 1 Paulis
other than the identity with probability e (d + 1) / d, each equally likely
(Nielsen, Phys. Lett. A 303, 249 (2002), doi:10.1016/S0375-9601(02)01272-0); no
operation has an e above d / (d + 1), where that probability is 1. Waiting is the
Pauli-twirled channel of `interlace.physics`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from interlace.compiler import Executable
from interlace.kernel import FloatArray
from interlace.physics import idle_pauli
from interlace.runtime.ports import Noise

__all__ = ["FrameRates", "rates_of"]

_UNITARY_FREE = ("measure", "ebit")
"""Operations whose errors are readout and the pair's state, and no gate error beside it."""


class FrameRates(NamedTuple):
    """Probabilities of errors: n rows, N operands, Q qubits, P ebits.

    Attributes:
        idle: before each operand's row: of any Pauli, shape (N,).
        idle_kind: of X; of X or Y; shape (N, 2).
        gate: after each row: of any Pauli but the identity, shape (n,).
        misread: P(1|0) and P(0|1) of each qubit, shape (Q, 2).
        pair: on the second half of each ebit: of any Pauli, shape (P,).
        pair_kind: of X; of X or Y; shape (P, 2).
    """

    idle: FloatArray
    idle_kind: FloatArray
    gate: FloatArray
    misread: FloatArray
    pair: FloatArray
    pair_kind: FloatArray


def rates_of(program: Executable, noise: Noise | None) -> FrameRates:
    """The probabilities of all errors on one timeline; `None`: there are none."""
    ops = program.ops
    if noise is None:
        ebits = sum(
            int((ops.gate == k).sum()) for k, name in enumerate(ops.names) if name == "ebit"
        )
        return FrameRates(
            idle=np.zeros(len(ops.operands)),
            idle_kind=np.zeros((0, 2)),
            gate=np.zeros(len(ops)),
            misread=np.zeros((len(program.node), 2)),
            pair=np.zeros(ebits),
            pair_kind=np.zeros((0, 2)),
        )
    idle, idle_kind = _idle(program, noise)
    pair, pair_kind = _summed(*noise.pair_state[:, 1:].T)
    return FrameRates(
        idle=idle,
        idle_kind=idle_kind,
        gate=_gate(program, noise),
        misread=np.ascontiguousarray(noise.readout),
        pair=pair,
        pair_kind=pair_kind,
    )


def _idle(program: Executable, noise: Noise) -> tuple[FloatArray, FloatArray]:
    idle, kind = np.zeros(len(noise.idle_s)), np.zeros((len(noise.idle_s), 2))
    waits = np.flatnonzero(noise.idle_s > 0)
    qubit = program.ops.operands[waits]
    channel = idle_pauli(noise.idle_s[waits], t1_s=noise.t1_s[qubit], t2_s=noise.t2_s[qubit])
    idle[waits], kind[waits] = _summed(*channel)
    return idle, kind


def _summed(x: FloatArray, y: FloatArray, z: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of any Pauli; of X, and of X or Y."""
    return x + y + z, np.stack([x, x + y], axis=1)


def _gate(program: Executable, noise: Noise) -> FloatArray:
    ops = program.ops
    dimension = 2.0 ** np.diff(ops.start)
    p = np.minimum(noise.gate_error * (1.0 + 1.0 / dimension), 1.0)
    errs = np.array([name not in _UNITARY_FREE for name in ops.names], dtype=bool)
    return np.where(errs[ops.gate], p, 0.0)
