"""Keys in a network, checked: who keeps them, who uses them, and the links that make them."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.network.key_spec import QkdProtocol
from interlace.units import (
    Decibels,
    DecibelsPerMetre,
    Hertz,
    Metres,
    Probability,
    Quanta,
    Ratio,
)

__all__ = ["Equipment", "KeyLink", "KeyNetwork", "Kme", "Permit", "QkdLink", "Sae", "Security"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Equipment:
    """Sender and receiver: those of Lim et al. (2014) at a clock of 1 GHz, unless you say.

    Attributes:
        clock_hz: pulses a second.
        detector_efficiency: of the whole receiver.
        dark_probability: dark counts of each of two detectors, a pulse.
        afterpulse_probability: clicks that follow a click.
        misalignment: share of the photons that go to the wrong detector.
        inefficiency: of error correction, 1 at Shannon's limit.
        weakest_intensity: photons in the weakest pulse of three, which a modulator cannot make 0.
    """

    clock_hz: Hertz = 1e9
    detector_efficiency: Ratio = 0.1
    dark_probability: Probability = 6e-7
    afterpulse_probability: Probability = 4e-2
    misalignment: Probability = 5e-3
    inefficiency: Ratio = 1.16
    weakest_intensity: Quanta = 2e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """What may go wrong, as probabilities.

    Attributes:
        correctness: that the two keys of a block differ unnoticed.
        secrecy_per_bit: that a block's key is not secret, for each of its secret bits: a block of
            l secret bits is secret but for l times this.
    """

    correctness: Probability = 1e-15
    secrecy_per_bit: Probability = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class QkdLink:
    """A described QKD link, every rule of it kept; `block` is `None` for endless blocks."""

    protocol: QkdProtocol
    block: int | None
    equipment: Equipment
    security: Security


@dataclass(frozen=True, slots=True, kw_only=True)
class Kme:
    """A key management entity; a relay if it serves no SAE."""

    name: str
    site: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sae:
    """A user of keys, and the entity that serves it."""

    name: str
    kme: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """Two SAEs that may share keys: the master asks for one, the slave fetches it by its ID."""

    master: str
    slave: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLink:
    """A QKD link of a network.

    Attributes:
        name: `kme-a--kme-b`.
        ends: the two entities, in the order of the name.
        length_m: of the fibre; 0 where only the loss is known.
        is_length_assumed: nobody wrote the length: it is `DETOUR_FACTOR` times the air distance.
        loss_db_per_m: of the fibre.
        loss_db: of everything else, or all of it.
        qkd: what runs over it.
    """

    name: str
    ends: tuple[str, str]
    length_m: Metres
    loss_db_per_m: DecibelsPerMetre
    loss_db: Decibels
    qkd: QkdLink
    is_length_assumed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyNetwork:
    """The part of a network that is about keys.

    Guarantees: names are unique, links join entities that exist, all entities are connected, every
    SAE has its entity, every permit two different SAEs.
    """

    kmes: tuple[Kme, ...]
    saes: tuple[Sae, ...]
    permits: tuple[Permit, ...]
    links: tuple[KeyLink, ...]

    @property
    def relays(self) -> tuple[Kme, ...]:
        """The entities that serve no SAE."""
        serving = {sae.kme for sae in self.saes}
        return tuple(kme for kme in self.kmes if kme.name not in serving)
