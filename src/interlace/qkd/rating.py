"""From a protocol, a channel and equipment to the key rate, at the best settings of the sender."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from interlace.arguments import whole, wrong
from interlace.errors import DomainError
from interlace.network import QKD_BLOCKS, Equipment, Security
from interlace.physics import EndlessKey
from interlace.qkd.model import Channel, KeyRate, Settings
from interlace.qkd.protocols import (
    DECOYS,
    PROTOCOLS,
    Block,
    DecoyProtocol,
    EndlessProtocol,
    ProtocolName,
    valued,
)
from interlace.qkd.search import highest

__all__ = ["rate", "rates"]

_PLOB = (
    "Pirandola, Laurenza, Ottaviani, Banchi, Nat. Commun. 8, 15043 (2017), doi:10.1038/ncomms15043"
)
_BOUND_NOTE = "the bound is the channel's: any equipment, any protocol without a repeater"
_DEAD_TIME_NOTE = "dead time of the detectors and authentication are not taken off"


def rate(
    protocol: str,
    channel: Channel,
    *,
    equipment: Equipment = Equipment(),  # noqa: B008 - frozen
    block: int | None = None,
    security: Security = Security(),  # noqa: B008 - frozen
) -> KeyRate:
    """What a QKD link delivers at the best settings of its sender.

    Args:
        protocol: `decoy-bb84` (two decoys), `one-decoy` or `plob` (the bound on any protocol).
        channel: between the two ends.
        equipment: at both ends.
        block: sifted bits of the key basis that are made into a key at once; `None`: endlessly
            many.
        security: of a finite block.

    Raises:
        SpecError: an unknown protocol, or a block that is no whole number from 1000 to 1e15.
        DomainError: a number is outside the range of its formula, or a bound without loss was
            asked for.

    Example:
        >>> made = rate("decoy-bb84", Channel(length_m=50e3), block=10**7)
        >>> f"{made.secret_bits_per_pulse:.3e}"
        '5.139e-04'
    """
    (made,) = rates(protocol, [channel], equipment=equipment, block=block, security=security)
    return made


def rates(
    protocol: str,
    channels: Sequence[Channel],
    *,
    equipment: Equipment = Equipment(),  # noqa: B008 - frozen
    block: int | None = None,
    security: Security = Security(),  # noqa: B008 - frozen
) -> tuple[KeyRate, ...]:
    """The same for several channels: as if each had been asked for by itself.

    Args:
        protocol: as of `rate`.
        channels: any number.
        equipment: as of `rate`, the same for all.
        block: as of `rate`.
        security: as of `rate`.

    Raises:
        SpecError: as `rate`.
        DomainError: as `rate`.
    """
    if protocol not in PROTOCOLS:
        raise wrong("protocol", f"must be one of {', '.join(PROTOCOLS)}", protocol)
    if block is not None:
        block = whole("block", block, QKD_BLOCKS)
    _require(equipment, security, block)
    if not channels:
        return ()
    bare = tuple(_without_key(protocol, channel, equipment.clock_hz) for channel in channels)
    if protocol == "plob":
        return tuple(_bound(one) for one in bare)
    (row,) = (row for row in DECOYS if row.name == protocol)
    if block is None:
        return _endless(row.endless, bare, equipment)
    return _finite(row, bare, equipment, block, security)


def _require(equipment: Equipment, security: Security, block: int | None) -> None:
    """What no formula looks at itself.

    Raises:
        DomainError: a number is out of range.
    """
    shares = {
        "detector efficiency": equipment.detector_efficiency,
        "correctness": security.correctness,
        "secrecy per bit": security.secrecy_per_bit,
    }
    for name, value in shares.items():
        if not 0.0 < value <= 1.0:
            raise DomainError(f"{name} must be above 0 and at most 1 (got {value:g})")
    if block is not None and block * security.secrecy_per_bit > 1.0:
        raise DomainError(
            f"secrecy per bit must be at most {1.0 / block:g}, 1 over the bits of a block "
            f"(got {security.secrecy_per_bit:g})"
        )
    if not 0.0 < equipment.clock_hz < math.inf:
        raise DomainError(f"clock must be above 0 Hz (got {equipment.clock_hz:g})")
    if not 1.0 <= equipment.inefficiency <= 10.0:
        raise DomainError(
            "inefficiency of error correction must be between 1 (Shannon's limit) and 10 "
            f"(got {equipment.inefficiency:g})"
        )
    if not 0.0 <= equipment.weakest_intensity <= 0.1:
        seen = equipment.weakest_intensity
        raise DomainError(f"weakest intensity must be between 0 and 0.1 photons (got {seen:g})")


def _without_key(protocol: ProtocolName, channel: Channel, clock_hz: float) -> KeyRate:
    return KeyRate(
        protocol=protocol,
        channel=channel,
        clock_hz=clock_hz,
        secret_bits_per_pulse=0.0,
        secret_rate_hz=0.0,
        plob_bits_per_pulse=channel.plob_bits_per_pulse,
        citation=_PLOB,
    )


def _bound(bare: KeyRate) -> KeyRate:
    bits = bare.plob_bits_per_pulse
    if bits is None:
        raise DomainError("plob: a channel without loss has no bound: give a length or a loss")
    return replace(
        bare,
        secret_bits_per_pulse=bits,
        secret_rate_hz=bits * bare.clock_hz,
        notes=(_BOUND_NOTE,),
    )


def _arriving(bare: Sequence[KeyRate], equipment: Equipment) -> NDArray[np.float64]:
    eta = [one.channel.transmittance * equipment.detector_efficiency for one in bare]
    return np.array(eta, dtype=np.float64)[:, None]


def _endless(
    protocol: EndlessProtocol, bare: Sequence[KeyRate], equipment: Equipment
) -> tuple[KeyRate, ...]:
    arriving = _arriving(bare, equipment)

    def keyed(shares: NDArray[np.float64], arriving: NDArray[np.float64]) -> EndlessKey:
        return protocol.key(protocol.chosen(shares), arriving, equipment)

    shares = np.stack(
        [
            highest(lambda tried, eta=eta: keyed(tried, eta).rate, dimensions=protocol.unknowns)
            for eta in arriving
        ],
        axis=-1,
    )
    best, intensities = keyed(shares[..., None], arriving), protocol.chosen(shares)
    made: list[KeyRate] = []
    for i, one in enumerate(bare):
        known = replace(one, citation=protocol.citation, notes=(protocol.note, _DEAD_TIME_NOTE))
        bits = float(best.rate[i, 0])
        if bits > 0.0:
            known = replace(
                known,
                secret_bits_per_pulse=bits,
                secret_rate_hz=bits * one.clock_hz,
                qber=float(best.error[i, 0]),
                sifted_rate_hz=float(best.detected[i, 0]) * one.clock_hz,
                settings=Settings(
                    basis_probability=1.0,
                    intensities=tuple(float(mu) for mu in intensities[:, i]),
                    probabilities=(1.0, *(0.0 for _ in intensities[1:, i])),
                ),
            )
        made.append(known)
    return tuple(made)


def _finite(
    protocol: DecoyProtocol,
    bare: Sequence[KeyRate],
    equipment: Equipment,
    block: int,
    security: Security,
) -> tuple[KeyRate, ...]:
    arriving = _arriving(bare, equipment)

    def blocks(shares: NDArray[np.float64], arriving: NDArray[np.float64]) -> Block:
        return valued(
            protocol,
            shares,
            arriving=arriving,
            equipment=equipment,
            block=block,
            security=security,
        )

    def best_for(eta: NDArray[np.float64]) -> NDArray[np.float64]:
        def bits_per_pulse(shares: NDArray[np.float64]) -> NDArray[np.float64]:
            found = blocks(shares, eta)
            return found.secret.length / found.pulses

        return highest(bits_per_pulse, dimensions=protocol.unknowns)

    shares = np.stack([best_for(eta) for eta in arriving], axis=-1)
    best = blocks(shares[..., None], arriving)
    return tuple(
        _kept(
            replace(one, citation=protocol.citation, block=block, security=security),
            best,
            index=i,
        )
        for i, one in enumerate(bare)
    )


def _kept(known: KeyRate, best: Block, *, index: int) -> KeyRate:
    """What the best block brings, if that is a bit."""

    def one(values: NDArray[np.float64]) -> float:
        return float(values[..., index, 0])

    length, pulses = one(best.secret.length), one(best.pulses)
    if length < 1.0 or known.block is None or known.security is None:
        loss = f"{known.channel.total_loss_db:.4g} dB"
        note = f"no key from blocks of {known.block:.3g} sifted bits over {loss}"
        return replace(known, notes=(note,))
    return replace(
        known,
        secret_bits_per_pulse=length / pulses,
        secret_rate_hz=length / pulses * known.clock_hz,
        qber=one(best.qber),
        phase_error=one(best.secret.phase_error),
        sifted_rate_hz=known.block / pulses * known.clock_hz,
        block_time_s=pulses / known.clock_hz,
        block_secret_bits=math.floor(length),
        settings=Settings(
            basis_probability=one(best.basis_probability),
            intensities=tuple(float(mu) for mu in best.intensities[:, index, 0]),
            probabilities=tuple(float(p) for p in best.probabilities[:, index, 0]),
        ),
        secrecy=known.security.secrecy_per_bit * length,
        notes=(_DEAD_TIME_NOTE,),
    )
