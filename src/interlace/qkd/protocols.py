"""The protocols as a table, and the one function that values a finite block of any of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from interlace.network import QKD_PROTOCOLS, Equipment, QkdProtocol, Security
from interlace.physics import (
    Clicks,
    EndlessKey,
    SecretBits,
    endless_key,
    error_correction_leak,
    one_decoy_key,
    one_decoy_limit,
    pulse_clicks,
    sifted_clicks,
    two_decoy_key,
)
from interlace.units import Probability

__all__ = [
    "DECOYS",
    "PROTOCOLS",
    "Block",
    "DecoyProtocol",
    "EndlessProtocol",
    "ProtocolName",
    "valued",
]

Floats = NDArray[np.float64]

ProtocolName = QkdProtocol
"""A protocol by the name that a file or a command uses."""

PROTOCOLS: tuple[ProtocolName, ...] = QKD_PROTOCOLS
"""All of them."""

_LEAST_BASIS = 0.02
_MOST_PHOTONS = 2.0
_MOST_ROUNDS, _CLOSE = 40, 1e-7


class _KeyFormula(Protocol):
    def __call__(
        self,
        key: Clicks,
        check: Clicks,
        *,
        intensities: Floats,
        probabilities: Floats,
        leak: Floats | float,
        secrecy: Floats | float,
        correctness: Probability,
    ) -> SecretBits: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class EndlessProtocol:
    """The same with endless blocks: the basis of the key and the signal are all but always chosen.

    Attributes:
        unknowns: how many numbers its settings are found by.
        chosen: shares of the ranges, shape (unknowns, ...), to intensities (K, ...).
        key: intensities, transmittance and equipment to what a pulse is worth.
        citation: where the formulas come from.
        note: what that assumes, for people.
    """

    unknowns: int
    chosen: Callable[[Floats], Floats]
    key: Callable[[Floats, Floats, Equipment], EndlessKey]
    citation: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoyProtocol:
    """BB84 with weak pulses of several intensities.

    Attributes:
        name: in files and commands.
        unknowns: how many numbers its settings are found by.
        chosen: shares of the ranges, shape (unknowns, ...), and the weakest intensity to basis
            probability, intensities (K, ...) and probabilities (K, ...).
        key: secret bits of a block.
        citation: where the formulas come from.
        endless: what stands in their place for endless blocks.
    """

    name: ProtocolName
    unknowns: int
    chosen: Callable[[Floats, float], tuple[Floats, Floats, Floats]]
    key: _KeyFormula
    citation: str
    endless: EndlessProtocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A finite block at given settings; arrays of one shape, settings with the intensities first.

    Attributes:
        pulses: sent until the block is full.
        secret: what it is worth.
        qber: share of its bits that are wrong.
    """

    basis_probability: Floats
    intensities: Floats
    probabilities: Floats
    pulses: Floats
    secret: SecretBits
    qber: Floats


def valued(
    protocol: DecoyProtocol,
    shares: Floats,
    *,
    arriving: Floats,
    equipment: Equipment,
    block: int,
    security: Security,
) -> Block:
    """What a block of sifted bits is worth at settings given as shares of their ranges.

    The secrecy of the block is in proportion to its secret bits, and they depend on it.

    Args:
        protocol: a row of the table.
        shares: shape (unknowns, ..., P, n).
        arriving: transmittance of each channel with its receiver, shape (P, 1).
        equipment: at both ends.
        block: sifted bits in the basis that makes the key.
        security: asked for.
    """
    q, mu, p = protocol.chosen(shares, equipment.weakest_intensity)
    clicks = _clicks(mu, arriving, equipment)
    pulses = block / (q**2 * (p * clicks.detected).sum(axis=0))
    key = sifted_clicks(clicks, pulses=pulses, basis_probability=q, probabilities=p)
    check = sifted_clicks(clicks, pulses=pulses, basis_probability=1.0 - q, probabilities=p)
    leak = error_correction_leak(key, inefficiency=equipment.inefficiency)
    secret = _agreeing(
        lambda secrecy: protocol.key(
            key,
            check,
            intensities=mu,
            probabilities=p,
            leak=leak,
            secrecy=secrecy,
            correctness=security.correctness,
        ),
        most=np.full(pulses.shape, float(block)),
        secrecy_per_bit=security.secrecy_per_bit,
    )
    return Block(
        basis_probability=q,
        intensities=mu,
        probabilities=p,
        pulses=pulses,
        secret=secret,
        qber=key.wrong.sum(axis=0) / block,
    )


def _clicks(intensities: Floats, arriving: Floats, equipment: Equipment) -> Clicks:
    return pulse_clicks(
        intensities,
        transmittance=arriving,
        dark_probability=equipment.dark_probability,
        afterpulse_probability=equipment.afterpulse_probability,
        misalignment=equipment.misalignment,
    )


def _agreeing(
    key: Callable[[Floats], SecretBits], *, most: Floats, secrecy_per_bit: float
) -> SecretBits:
    """The longest key whose own length gives the secrecy that it was computed for.

    Length grows with the logarithm of the secrecy, so l - length(l) is convex, and secants from
    above stay above its largest root. Where there is none, the secrecy is that of one bit.
    """
    bits, slope = most, np.zeros_like(most)
    before: tuple[Floats, Floats] | None = None
    secret = key(np.minimum(secrecy_per_bit * bits, 1.0))
    for _ in range(_MOST_ROUNDS):
        now = np.maximum(secret.length, 1.0)
        if np.all(np.abs(now - bits) <= _CLOSE * bits):
            break
        if before is not None:
            apart = before[0] - bits
            rise = (before[1] - now) / np.where(apart > 0.0, apart, 1.0)
            slope = np.where(apart > 0.0, np.clip(rise, 0.0, 0.99), 0.0)
        before = (bits, now)
        bits = np.clip((now - slope * bits) / (1.0 - slope), 1.0, bits)
        secret = key(np.minimum(secrecy_per_bit * bits, 1.0))
    return secret


def _three_intensities(shares: Floats, weakest: float) -> tuple[Floats, Floats, Floats]:
    basis, first, second, strong, middle = shares
    q = _LEAST_BASIS + (1.0 - _LEAST_BASIS) * basis
    mu1 = 2.0 * weakest + _MOST_PHOTONS * strong
    mu2 = weakest + (mu1 - 2.0 * weakest) * middle  # mu1 > mu2 + weakest, mu2 > weakest
    p = np.stack([first, (1.0 - first) * second, (1.0 - first) * (1.0 - second)])
    return q, np.stack([mu1, mu2, np.full_like(mu1, weakest)]), p


def _two_intensities(shares: Floats, weakest: float) -> tuple[Floats, Floats, Floats]:
    basis, first, strong, ratio = shares
    q = _LEAST_BASIS + (1.0 - _LEAST_BASIS) * basis
    mu1 = weakest + _MOST_PHOTONS * strong
    return q, np.stack([mu1, mu1 * ratio]), np.stack([first, 1.0 - first])


def _strong_and_rare(shares: Floats) -> Floats:
    mu1 = _MOST_PHOTONS * shares[0]
    return np.stack([mu1, mu1 * shares[1]])


def _two_decoys_endless(mu: Floats, arriving: Floats, equipment: Equipment) -> EndlessKey:
    return endless_key(
        mu[0],
        transmittance=arriving,
        dark_probability=equipment.dark_probability,
        misalignment=equipment.misalignment,
        afterpulse_probability=equipment.afterpulse_probability,
        inefficiency=equipment.inefficiency,
    )


def _one_decoy_endless(mu: Floats, arriving: Floats, equipment: Equipment) -> EndlessKey:
    clicks = _clicks(mu, arriving, equipment)
    return one_decoy_limit(clicks, intensities=mu, inefficiency=equipment.inefficiency)


_WIESEMANN = "Wiesemann et al., arXiv:2405.16578"

DECOYS = (
    DecoyProtocol(
        name="decoy-bb84",
        unknowns=5,
        chosen=_three_intensities,
        key=two_decoy_key,
        citation="Lim et al., Phys. Rev. A 89, 022307 (2014), doi:10.1103/PhysRevA.89.022307",
        endless=EndlessProtocol(
            unknowns=1,
            chosen=lambda shares: _MOST_PHOTONS * shares,
            key=_two_decoys_endless,
            citation="Attema, Bosman, Neumann, Quantum Inf. Process. 20, 154 (2021), "
            "doi:10.1007/s11128-021-03078-0",
            note="endless blocks, infinitely many decoys: what each photon number does is known "
            "exactly, and no basis is sifted away",
        ),
    ),
    DecoyProtocol(
        name="one-decoy",
        unknowns=4,
        chosen=_two_intensities,
        key=one_decoy_key,
        citation=_WIESEMANN,
        endless=EndlessProtocol(
            unknowns=2,
            chosen=_strong_and_rare,
            key=_one_decoy_endless,
            citation=_WIESEMANN,
            note="endless blocks: nothing fluctuates, the decoy is as weak and as rare as one "
            "likes, and no basis is sifted away",
        ),
    ),
)
"""Protocols of finite blocks."""
