"""The way back for keys: links and permits as a description in SI numbers."""

from __future__ import annotations

from msgspec import UNSET, UnsetType

from interlace.network.key_model import KeyLink, KeyNetwork
from interlace.network.key_spec import QkdSpec
from interlace.network.spec import LinkDescription

__all__ = ["written_key_link", "written_permits"]


def written_key_link(link: KeyLink) -> LinkDescription:
    """The description of a QKD link."""
    made, security = link.qkd.equipment, link.qkd.security
    return LinkDescription(
        length=None if link.is_length_assumed else link.length_m,
        loss=link.loss_db_per_m,
        insertion_loss=link.loss_db or None,
        qkd=QkdSpec(
            protocol=link.qkd.protocol,
            block=link.qkd.block,
            clock=made.clock_hz,
            detector_efficiency=made.detector_efficiency,
            dark_counts=made.dark_probability,
            afterpulse=made.afterpulse_probability,
            misalignment=made.misalignment,
            error_correction=made.inefficiency,
            correctness=security.correctness,
            secrecy_per_bit=security.secrecy_per_bit,
        ),
    )


def written_permits(keys: KeyNetwork) -> dict[str, list[str]] | UnsetType:
    """Masters and their slaves; unset where everyone is permitted everyone, in order."""
    names = [sae.name for sae in keys.saes]
    pairs = [(permit.master, permit.slave) for permit in keys.permits]
    if pairs == [(a, b) for a in names for b in names if a != b]:
        return UNSET
    written: dict[str, list[str]] = {}
    for master, slave in pairs:
        written.setdefault(master, []).append(slave)
    return written
