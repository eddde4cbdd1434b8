"""Expectation values: which bases to measure, and what the shots say.

A term of an observable is a string of I, X, Y, Z and of the projectors 0, 1 (on
Z), +, - (on X), r, l (on Y), the last letter on qubit 0. Terms whose bases agree
on every qubit that both touch are measured together, in one circuit.

The estimate of an observable is the sum over circuits of the mean of its value
in each shot, so its standard error takes the covariance of terms that were
measured together into account. Shots of one timeline of the links share its
noise. Where there is such noise, the error comes from the scatter of the
timelines' means m_t, t = 1..T, sqrt(var(m) / T); it counts both chances, and is
itself uncertain by about 1 / sqrt(2 (T - 1)). Otherwise it is sqrt(var / shots).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from qiskit.circuit import ClassicalRegister, QuantumCircuit
from qiskit.quantum_info import PauliList

from interlace.kernel import ByteArray, FloatArray
from interlace.runtime import Result

__all__ = ["Basis", "bases_for", "expectation", "measured_in"]

_LETTER = {"0": "Z", "1": "Z", "+": "X", "-": "X", "r": "Y", "l": "Y"}
_WANTED = {"0": 0, "1": 1, "+": 0, "-": 1, "r": 0, "l": 1}
_FEWEST_GROUPS = 8
_REGISTER = "observable"


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """One circuit's measurement, and the terms that it serves.

    Attributes:
        letters: I, X, Y or Z for each qubit, the last letter on qubit 0.
        terms: what is read off it.
    """

    letters: str
    terms: tuple[str, ...]

    @property
    def qubits(self) -> tuple[int, ...]:
        """The qubits that are measured; bit k of the register is that of the k-th of them."""
        return tuple(q for q, letter in enumerate(reversed(self.letters)) if letter != "I")


def bases_for(terms: Iterable[str], *, grouped: bool) -> tuple[Basis, ...]:
    """The fewest measurements found that serve all terms; none for the identity.

    Args:
        terms: of the observables.
        grouped: measure terms that commute qubit by qubit together.
    """
    served: dict[str, list[str]] = {}
    for term in sorted(set(terms)):
        letters = "".join(_LETTER.get(letter, letter) for letter in term)
        if letters.strip("I"):
            served.setdefault(letters, []).append(term)
    if not served:
        return ()
    if not grouped:
        return tuple(Basis(letters=letters, terms=tuple(served[letters])) for letters in served)
    groups = PauliList(list(served)).group_commuting(qubit_wise=True)
    return tuple(_together([str(label) for label in g.to_labels()], served) for g in groups)


def _together(group: Sequence[str], served: Mapping[str, Sequence[str]]) -> Basis:
    letters = "".join(
        next((letter for letter in column if letter != "I"), "I")
        for column in zip(*group, strict=True)
    )
    return Basis(letters=letters, terms=tuple(term for label in group for term in served[label]))


def measured_in(circuit: QuantumCircuit, basis: Basis) -> QuantumCircuit:
    """The circuit with its qubits measured in a basis, into a register of their own at the end."""
    measured = circuit.copy()
    name = _REGISTER
    while name in {register.name for register in circuit.cregs}:
        name = f"_{name}"
    register = ClassicalRegister(len(basis.qubits), name)
    measured.add_register(register)
    for bit, qubit in zip(register, basis.qubits, strict=True):
        letter = basis.letters[-1 - qubit]
        if letter == "Y":
            measured.sdg(qubit)
        if letter != "Z":
            measured.h(qubit)
        measured.measure(qubit, bit)
    return measured


def expectation(
    observable: Mapping[str, float], runs: Sequence[tuple[Basis, Result]]
) -> tuple[float, float]:
    """The estimate of an observable and its standard error.

    Args:
        observable: coefficient of each term.
        runs: of the circuits that serve its terms; the basis' bits are the last ones.
    """
    value = sum(
        float(np.real(coefficient))
        for term, coefficient in observable.items()
        if not term.strip("I")
    )
    variance = 0.0
    for basis, run in runs:
        terms = [term for term in basis.terms if term in observable]
        if not terms:
            continue
        bits = run.samples[:, run.samples.shape[1] - len(basis.qubits) :]
        shots = np.zeros(len(bits))
        for term in terms:
            shots += float(np.real(observable[term])) * _values(term, basis, bits)
        value += float(shots.mean())
        variance += _variance_of_mean(shots, run)
    return value, float(np.sqrt(variance))


def _values(term: str, basis: Basis, bits: ByteArray) -> FloatArray:
    """What one term is in each shot: a product of signs and of outcomes that were wanted."""
    letters = [(k, term[-1 - qubit]) for k, qubit in enumerate(basis.qubits)]
    signs = [k for k, letter in letters if letter in "XYZ"]
    value = 1.0 - 2.0 * (bits[:, signs].sum(axis=1, dtype=np.int64) & 1)
    for k, letter in letters:
        if letter in _WANTED:
            value *= bits[:, k] == _WANTED[letter]
    return value


def _variance_of_mean(shots: FloatArray, run: Result) -> float:
    groups = run.timelines
    if run.ideal or len(run.plan.pairs) == 0 or groups < _FEWEST_GROUPS:
        return float(shots.var() / len(shots))
    edges = np.concatenate([[0], np.cumsum(_shares(len(shots), groups))])
    means = np.add.reduceat(shots, edges[:-1]) / np.diff(edges)
    return float(means.var(ddof=1) / groups)


def _shares(shots: int, groups: int) -> list[int]:
    """Shots of each timeline, as the run spreads them."""
    return [shots // groups + (k < shots % groups) for k in range(groups)]
