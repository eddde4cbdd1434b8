"""Where stabilizers of a circuit's state are found in the program that carries it out.

The state is the one that the circuit leaves if the measurements that end a qubit are left out. Its
stabilizers are followed through the distributed program: each qubit is tapped right before the
operation that measures it there, or at the end where the circuit leaves it unmeasured. Taps lie at
different moments, but nothing acts on a qubit after its own.

A circuit that also measures or resets midway leaves one of several states by chance, and so some
of the stabilizers with a random sign. These are found by a run without noise: what flips there is
none of noise's doing, and is left out. The run also shows that the rest are stabilizers of the
program's state: with each qubit's random gauge, any other Pauli flips in half of the shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from interlace.circuit import NO_BIT, Circuit
from interlace.compiler import NONE, Executable
from interlace.errors import InvariantError
from interlace.kernel import BoolArray, IntArray
from interlace.runtime.ports import Observables, SimulationJob, Simulator
from interlace.runtime.products import Products

__all__ = ["Followed", "ends_of_qubits", "followed", "unmeasured", "without_random"]

_PROBES = 64
"""Shots without noise: what flips at random escapes them with a chance of 2^-64."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Products to follow, for the simulator and for people, in the same order."""

    observables: Observables
    products: Products


def ends_of_qubits(circuit: Circuit) -> BoolArray:
    """Which operations measure a qubit for good: the last on it, the last to write its bit.

    Returns:
        Shape (n,).
    """
    ops = circuit.ops
    row = np.repeat(np.arange(len(ops)), np.diff(ops.start))
    last_on = np.full(circuit.num_qubits, NONE, dtype=np.int64)
    np.maximum.at(last_on, ops.operands, row)
    measures = np.flatnonzero(ops.clbit != NO_BIT)
    last_to = np.full(circuit.num_clbits, NONE, dtype=np.int64)
    np.maximum.at(last_to, ops.clbit[measures], measures)
    ends = np.zeros(len(ops), dtype=bool)
    qubit = ops.operands[ops.start[measures]]
    ends[measures] = (last_on[qubit] == measures) & (last_to[ops.clbit[measures]] == measures)
    return ends


def unmeasured(circuit: Circuit) -> Circuit:
    """The circuit without the measurements that end a qubit."""
    return replace(circuit, ops=circuit.ops.take(np.flatnonzero(~ends_of_qubits(circuit))))


def followed(
    circuit: Circuit,
    program: Executable,
    *,
    start: IntArray,
    qubit: IntArray,
    pauli: IntArray,
    places: IntArray,
) -> Followed:
    """Where to tap the program for products of the circuit's qubits.

    Args:
        circuit: measured, as `measured_circuit` gives it.
        program: what carries it out.
        start: CSR offsets of the products, shape (G + 1,).
        qubit: of the circuit, of each factor, shape (N,).
        pauli: 1 X, 2 Y, 3 Z, shape (N,).
        places: where each of the circuit's qubits ends in the program; `NONE`: nowhere, it is |0>
            and of no product but as Z, which holds.
    """
    tap_qubit, tap_row = _taps(circuit, program, places)
    exists = tap_qubit[qubit] != NONE
    kept = np.concatenate([[0], np.cumsum(exists)])[start]
    is_product = np.diff(kept) > 0
    start = np.concatenate([kept[:-1][is_product], kept[-1:]])
    qubit, pauli = qubit[exists], pauli[exists]
    there = np.flatnonzero(tap_qubit != NONE)
    number = np.full(circuit.num_qubits, NONE, dtype=np.int64)
    number[there] = np.arange(len(there))
    return Followed(
        observables=Observables(
            tap_qubit=tap_qubit[there],
            tap_row=tap_row[there],
            start=start,
            tap=number[qubit],
            pauli=pauli,
        ),
        products=Products(
            start=start,
            place=qubit,
            pauli=pauli,
            labels=circuit.qubit_labels(),
            fix_the_state=len(start) - 1 == len(there),
        ),
    )


def _taps(circuit: Circuit, program: Executable, places: IntArray) -> tuple[IntArray, IntArray]:
    """The qubit of the program, and the row before which it is tapped, of each circuit qubit."""
    ops = program.ops
    writes = np.flatnonzero((ops.clbit != NO_BIT) & (ops.clbit < program.num_program_bits))
    writer = np.full(program.num_program_bits, NONE, dtype=np.int64)
    np.maximum.at(writer, ops.clbit[writes], writes)
    ends = np.flatnonzero(ends_of_qubits(circuit))
    measured = circuit.ops.operands[circuit.ops.start[ends]]
    row = writer[circuit.ops.clbit[ends]]
    tap_qubit, tap_row = places.copy(), np.full(circuit.num_qubits, len(ops), dtype=np.int64)
    tap_qubit[measured] = NONE  # where the program measures nothing, the qubit is |0>
    measured, row = measured[row != NONE], row[row != NONE]
    tap_qubit[measured] = ops.operands[ops.start[row]]
    tap_row[measured] = row
    return tap_qubit, tap_row


def without_random(
    wanted: Followed, program: Executable, simulator: Simulator, *, seed: int
) -> Followed:
    """The products that keep their sign without noise, by a simulator that follows products."""
    job = SimulationJob(
        program=program, noise=None, shots=_PROBES, seed=seed, observables=wanted.observables
    )
    flips = simulator.sample(job).flips
    if flips is None:
        msg = f"the simulator {simulator.name} follows products, and gave no flips"
        raise InvariantError(msg)
    steady = ~flips.any(axis=0)
    return wanted if steady.all() else _chosen(wanted, np.flatnonzero(steady))


def _chosen(wanted: Followed, rows: Sequence[int] | IntArray) -> Followed:
    """Some of the products; they no longer fix the state."""
    start = wanted.products.start
    sizes = np.diff(start)
    entries = np.repeat(np.isin(np.arange(len(sizes)), rows), sizes)
    kept = np.concatenate([[0], np.cumsum(sizes[rows])])
    place, pauli = wanted.products.place[entries], wanted.products.pauli[entries]
    return Followed(
        observables=replace(
            wanted.observables, start=kept, tap=wanted.observables.tap[entries], pauli=pauli
        ),
        products=replace(
            wanted.products, start=kept, place=place, pauli=pauli, fix_the_state=False
        ),
    )
