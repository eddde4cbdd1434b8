"""From a QKD link as someone wrote it to what it delivers."""

from __future__ import annotations

from interlace.network import KeyLink, QkdSpec, checked_qkd
from interlace.qkd.model import Channel, KeyRate
from interlace.qkd.rating import rate

__all__ = ["key_link_rate", "link_rate"]


def link_rate(spec: QkdSpec, channel: Channel, *, path: str = "qkd") -> KeyRate:
    """What a described QKD link delivers over a channel.

    Args:
        spec: as written.
        channel: between its ends.
        path: where it was written.

    Raises:
        SpecError: a rule is broken; names path, value and rule.
        DomainError: a bound without loss was asked for.
    """
    link = checked_qkd(spec, path=path)
    return rate(
        link.protocol,
        channel,
        equipment=link.equipment,
        block=link.block,
        security=link.security,
    )


def key_link_rate(link: KeyLink) -> KeyRate:
    """What a QKD link of a network delivers.

    Raises:
        DomainError: a bound without loss was asked for.
    """
    channel = Channel(
        length_m=link.length_m, loss_db_per_m=link.loss_db_per_m, loss_db=link.loss_db
    )
    return rate(
        link.qkd.protocol,
        channel,
        equipment=link.qkd.equipment,
        block=link.qkd.block,
        security=link.qkd.security,
    )
