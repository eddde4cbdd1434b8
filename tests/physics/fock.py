"""Light in a truncated Fock space: matrices and nothing else. Shares no code with interlace.

A mode with cut-off C holds 0 .. C-1 photons; operators on several modes are matrices on the
Kronecker product, first mode slowest. A balanced beam splitter and lossy, noisy channels are all
that the schemes need.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
PHI = np.array([1, 0, 0, 1]) / np.sqrt(2)


def weights(rho: np.ndarray) -> np.ndarray:
    """Bell-diagonal weights (I, X, Y, Z) of an unnormalised two-qubit matrix."""
    vectors = [np.kron(np.eye(2), pauli) @ PHI for pauli in PAULIS]
    return np.array([np.real(v.conj() @ rho @ v) for v in vectors])


@functools.cache
def block(transmittance: float, total: int) -> np.ndarray:
    """A beam splitter on |n, total-n>, n = 0 .. total: exp of its generator."""
    n = np.arange(total)
    hop = np.diag(np.sqrt((n + 1.0) * (total - n)), -1)
    values, vectors = np.linalg.eigh(1j * (hop - hop.T))
    angle = np.arccos(np.sqrt(transmittance))
    return np.real((vectors * np.exp(-1j * angle * values)) @ vectors.conj().T)


@functools.cache
def balanced(cutoff: int) -> np.ndarray:
    """A balanced beam splitter on two modes; exact up to cutoff - 1 photons in all."""
    out = np.eye(cutoff**2)
    for total in range(1, cutoff):
        index = np.arange(total + 1) * cutoff + total - np.arange(total + 1)
        out[np.ix_(index, index)] = block(0.5, total)
    return out


def behind_splitter(diagonal: Callable[[int, int, int, int], float], cutoff: int) -> np.ndarray:
    """Detectors that count behind a balanced beam splitter, as an operator before it.

    Modes before: a, b, and a', b' that match each other but neither a nor b; there is one photon in
    a' and b' at most.
    `diagonal(n, m, n', m')` is the probability of the outcome, n and n' in the first port.
    """
    u = np.kron(balanced(cutoff), balanced(2))
    shape = (cutoff, cutoff, 2, 2)
    values = np.array([diagonal(*index) for index in np.ndindex(*shape)])
    return (u.conj().T * values) @ u


def on_first(operator: np.ndarray, cutoff: int, visibility: float) -> np.ndarray:
    """Per photon k, k' of the second arm, what is left on the first: shape (2, 2, C, C).

    The second arm's photon is sqrt(V) in b and sqrt(1-V) in b'; a' is empty.
    """
    tensor = operator.reshape((cutoff, cutoff, 2, 2) * 2)[:, :2, 0, :, :, :2, 0, :]
    photon = np.zeros((2, 2, 2))
    photon[0, 0, 0] = 1
    photon[1, 1, 0], photon[1, 0, 1] = np.sqrt(visibility), np.sqrt(1 - visibility)
    return np.einsum("kbc,abcxyz,lyz->lkax", photon, tensor, photon)


def silent(operator: np.ndarray, efficiency: float) -> np.ndarray:
    """The adjoint of loss on the first arm: what a detector sees of the light before it."""
    cutoff = operator.shape[-1]
    step = np.diag(np.sqrt(np.arange(1, cutoff)), 1)
    kraus = np.diag(np.sqrt(efficiency) ** np.arange(cutoff))
    out = np.zeros_like(operator)
    for lost in range(cutoff):
        out = out + np.einsum("xa,...xy,yb->...ab", kraus, operator, kraus)
        kraus = np.sqrt((1 - efficiency) / (lost + 1)) * kraus @ step
    return out


def lossy_photon(seen: np.ndarray, efficiency: float) -> np.ndarray:
    """Loss of the second arm's photon, on the first two axes of `on_first`."""
    out = seen * np.sqrt(efficiency)
    out[0, 0] = seen[0, 0]
    out[1, 1] = efficiency * seen[1, 1] + (1 - efficiency) * seen[0, 0]
    return out


def noisy_channel(band: np.ndarray, offset: int, eta: float, added: float) -> np.ndarray:
    """Attenuator with a thermal bath, so that eta * added photons come out of vacuum.

    `band[n]` is the element |n><n + offset|; what comes out has the same offset.
    """
    cutoff = len(band)
    bath = added * eta / (1 - eta)
    thermal = (bath / (1 + bath)) ** np.arange(cutoff) / (1 + bath)
    out = np.zeros(cutoff)
    for n in np.flatnonzero(band):
        for t in np.flatnonzero(thermal):
            m = np.arange(min(n + t + 1, cutoff))
            ket, bra = block(eta, n + t), block(eta, n + offset + t)
            out[m] += band[n] * thermal[t] * ket[m, n] * bra[m + offset, n + offset]
    return out
