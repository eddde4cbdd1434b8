"""What someone wrote of keys: who keeps them, who uses them, and the links that make them.

A quantity is kept as written (`"1 GHz"`, `0.1`); `network.key_check` turns it into SI once.
"""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from interlace.network.quantities import DarkCounts, Frequency, Number

__all__ = ["QKD_PROTOCOLS", "KmeSpec", "QkdProtocol", "QkdSpec", "SaeSpec"]

QkdProtocol = Literal["decoy-bb84", "one-decoy", "plob"]

QKD_PROTOCOLS: tuple[QkdProtocol, ...] = get_args(QkdProtocol)
"""Protocols of key distribution, by the name that a file or a command uses."""


class KmeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A key management entity: keeps keys for SAEs, or relays for others if none is its own."""

    site: Annotated[str | None, Meta(description="A name under `sites`")] = None


class SaeSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A secure application entity: who fetches keys."""

    kme: Annotated[str, Meta(description="The entity that serves it, a name under `kmes`")]


class QkdSpec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A QKD link: what runs over it, and with what."""

    protocol: Annotated[QkdProtocol, Meta(description="Two decoys, one decoy, or the bound")]
    block: Annotated[
        Number | None, Meta(description="Sifted bits made into a key at once: 1e7; none: endless")
    ] = None
    clock: Annotated[Frequency, Meta(description="Pulses a second")] = "1 GHz"
    detector_efficiency: Annotated[Number, Meta(description="Of the whole receiver")] = 0.1
    dark_counts: Annotated[
        DarkCounts, Meta(description="Of each detector: a rate, 600 Hz, or a chance a pulse, 6e-7")
    ] = 6e-7
    afterpulse: Annotated[Number, Meta(description="Clicks that follow a click")] = 0.04
    misalignment: Annotated[
        Number, Meta(description="Share of the photons that go to the wrong detector")
    ] = 0.005
    error_correction: Annotated[
        Number, Meta(description="Inefficiency of error correction, 1 at Shannon's limit")
    ] = 1.16
    correctness: Annotated[
        Number, Meta(description="Chance that the keys of a block differ unnoticed")
    ] = 1e-15
    secrecy_per_bit: Annotated[
        Number, Meta(description="Chance that a block is not secret, for each secret bit")
    ] = 1e-15
