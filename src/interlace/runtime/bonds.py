"""What matrix product states cost: how much the two sides of each cut are entangled.

The qubits stand in a row. A gate on two that are d apart is d exchanges of neighbours,
each of which factors a matrix of the size of the bond chi, in a time that grows as chi^3
(Vidal, Phys. Rev. Lett. 91, 147902 (2003), doi:10.1103/PhysRevLett.91.147902).

How large the bonds get depends on angles and cannot be read off the gates: a Fourier
transform of a product state stays at a handful where random gates reach 2^(n/2). So one
shot is tried with its bonds cut at 32, which takes a second or two for some thousand
operations; of longer programs the first 10,000 are tried, or 40,000 exchanges. If no bond
comes near that, they are known. If one does, each gate is taken to double every bond that
it crosses, as far as the qubits alive on both sides allow.

The constants are fitted to 16 programs with Qiskit Aer 0.18 (chains, Fourier transforms,
time evolution, random gates over two to four machines, ideal and noisy; 1 ms to 29 s a
shot): the estimates are 0.4 to 2.1 times the measured times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from interlace.kernel import FloatArray, IntArray
from interlace.runtime.deferral import Move
from interlace.units import Ratio, Seconds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit import QuantumCircuit

__all__ = ["largest_bond", "shot_time"]

_TRIED = 32
_LOOKS = 12
_MOST_TRIED = 10_000
_MOST_EXCHANGES = 40_000
_STEP_S = 2.1e-5
_BOND_S = 3.5e-9
_MOST_LOG = 100.0
"""Bonds of 2^100 are beyond all memories, and their cubes still floats."""

_ENDS = ("reset", "measure")


def shot_time(qc: QuantumCircuit, moves: Sequence[Move], *, slots: int) -> tuple[Seconds, Ratio]:
    """Seconds of one shot, and its largest bond.

    Args:
        qc: what is run, with the channels of a timeline.
        moves: what it was made from, without channels that do nothing.
        slots: its qubits.
    """
    if slots == 1:
        return _STEP_S * len(moves), 1.0
    crossing, cubes, largest = _bounds(moves, slots)
    tried = largest_bond(qc)
    if tried < _TRIED:
        cubes, largest = crossing * min(tried, largest) ** 3, min(tried, largest)
    return _STEP_S * crossing + _BOND_S * cubes, largest


def largest_bond(qc: QuantumCircuit) -> float:
    """The largest bond that one shot shows at some moments, with all bonds cut."""
    from qiskit import QuantumCircuit
    from qiskit_aer import AerSimulator
    from qiskit_aer.library import SaveMatrixProductState

    looked = QuantumCircuit(qc.qubits, qc.clbits)
    moments: list[str] = []
    tried = qc.data[: _tried(qc)]
    every = max(1, -(-len(tried) // _LOOKS))
    for number, item in enumerate(tried):
        looked.append(item.operation, item.qubits, item.clbits, copy=False)
        if number % every == every // 2:
            moments.append(f"after {number}")
            looked.append(SaveMatrixProductState(qc.num_qubits, label=moments[-1]), looked.qubits)
    backend = AerSimulator(
        method="matrix_product_state",
        max_parallel_threads=1,
        matrix_product_state_max_bond_dimension=_TRIED,
    )
    data = backend.run(looked, shots=1, seed_simulator=0).result().data(0)
    bonds = [len(weights) for moment in moments for weights in data[moment][1]]
    return float(max(bonds, default=1))


def _tried(qc: QuantumCircuit) -> int:
    """How many of the first operations take about a second."""
    place = {qubit: number for number, qubit in enumerate(qc.qubits)}
    exchanges = 0
    for number, item in enumerate(qc.data[:_MOST_TRIED]):
        if len(item.qubits) == 2:
            first, second = item.qubits
            exchanges += abs(place[first] - place[second])
        if exchanges > _MOST_EXCHANGES:
            return number
    return _MOST_TRIED


def _bounds(moves: Sequence[Move], slots: int) -> tuple[float, float, float]:
    """Exchanges of neighbours, the sum of their bounds' cubes, and the largest bound."""
    log_bond = np.zeros(slots - 1)
    alive = np.zeros(slots, dtype=np.int64)
    crossing, cubes, most = 0, 0.0, 0.0
    for move in moves:
        if move.kind in _ENDS:
            alive[move.slots[0]] = 0
            log_bond = np.minimum(log_bond, _room(alive))
            continue
        alive[list(move.slots)] = 1
        if len(move.slots) == 2:
            cut = slice(min(move.slots), max(move.slots))
            grown = log_bond[cut] + (move.kind != "error")
            log_bond[cut] = np.minimum(grown, _room(alive)[cut])
            crossing += cut.stop - cut.start
            cubes += float((8.0 ** log_bond[cut]).sum())
            most = max(most, float(log_bond[cut].max()))
    return crossing, cubes, 2.0**most


def _room(alive: IntArray) -> FloatArray:
    """How many qubits are alive on the side of each cut that has fewer, as far as it matters."""
    left = np.cumsum(alive)
    return np.minimum(np.minimum(left, left[-1] - left)[:-1].astype(np.float64), _MOST_LOG)
