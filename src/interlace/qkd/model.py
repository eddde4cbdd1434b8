"""A QKD link as people describe it, and what it delivers."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network import Security
from interlace.physics import plob_bound, transmittance
from interlace.units import (
    Decibels,
    DecibelsPerMetre,
    Hertz,
    Metres,
    Probability,
    Quanta,
    Ratio,
    Seconds,
)

__all__ = ["Channel", "KeyRate", "Settings"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """What lies between the two ends.

    Attributes:
        length_m: fibre, 0 where only the loss is known.
        loss_db_per_m: attenuation of the fibre, 0.2 dB/km unless you say.
        loss_db: of everything else: splices, connectors, switches; or all of the loss.
    """

    length_m: Metres = 0.0
    loss_db_per_m: DecibelsPerMetre = 2e-4
    loss_db: Decibels = 0.0

    @property
    def total_loss_db(self) -> Decibels:
        """Fibre and everything else."""
        return self.length_m * self.loss_db_per_m + self.loss_db

    @property
    def transmittance(self) -> Ratio:
        """Share of the light that arrives.

        Raises:
            DomainError: a length or loss is negative.
        """
        return transmittance(self.length_m, self.loss_db_per_m, loss_db=self.loss_db)

    @property
    def plob_bits_per_pulse(self) -> Ratio | None:
        """Most secret bits that a pulse can bring without a repeater; `None` without any loss.

        Raises:
            DomainError: a length or loss is negative.
        """
        arrives = self.transmittance
        if arrives == 0.0:  # beyond what a float holds
            return 0.0
        return plob_bound(arrives) if arrives < 1.0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the sender chooses, the best that was found.

    Attributes:
        basis_probability: with which each end picks the basis that makes the key.
        intensities: mean photons of the pulses, the strongest first.
        probabilities: of each intensity.
    """

    basis_probability: Probability
    intensities: tuple[Quanta, ...]
    probabilities: tuple[Probability, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRate:
    """What a link delivers; what has no meaning for a protocol, or without a key, is `None`.

    Attributes:
        protocol: its name.
        channel: over which.
        clock_hz: pulses a second.
        secret_bits_per_pulse: 0 where there is no key.
        secret_rate_hz: secret bits a second.
        plob_bits_per_pulse: the bound on the first; `None` without any loss.
        qber: share of the sifted key bits that are wrong.
        phase_error: the bound on the single photons' error rate in the other basis.
        sifted_rate_hz: bits a second in the basis that makes the key, before anything is taken off.
        block: sifted bits that are made into a key at once; `None`: endlessly many.
        block_time_s: how long a block takes to collect.
        block_secret_bits: whole secret bits of a block.
        settings: of the sender.
        security: asked for.
        secrecy: chance that a block's key is not secret, at most.
        citation: where the formulas come from.
        notes: what was assumed, for people.
    """

    protocol: str
    channel: Channel
    clock_hz: Hertz
    secret_bits_per_pulse: Ratio
    secret_rate_hz: Hertz
    plob_bits_per_pulse: Ratio | None
    qber: Probability | None = None
    phase_error: Probability | None = None
    sifted_rate_hz: Hertz | None = None
    block: int | None = None
    block_time_s: Seconds | None = None
    block_secret_bits: int | None = None
    settings: Settings | None = None
    security: Security | None = None
    secrecy: Probability | None = None
    citation: str
    notes: tuple[str, ...] = ()
