"""What an entity tells its operator: pools, links, alarms. Nothing in it is secret."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from interlace.units import Hertz

__all__ = ["AlarmRow", "EntityStatus", "LinkRow", "PoolRow"]


class PoolRow(Struct, frozen=True, kw_only=True):
    """The stock of a pair at its master's entity, in keys of the pool's size."""

    master: str
    slave: str
    stored: int
    target: int


class LinkRow(Struct, frozen=True, kw_only=True):
    """A QKD link as one of its ends sees it; stocks are blocks of 256 bits, by who may send."""

    id: str
    peer: str
    state: str
    stock: int
    peer_stock: int
    protocol: str
    secret_rate_hz: Hertz = msgspec.field(name="secret_bits_per_s")


class AlarmRow(Struct, frozen=True, kw_only=True):
    """Something is wrong, since when (RFC 3339), and what to do."""

    name: str
    subject: str
    severity: str
    words: str
    since: str


class EntityStatus(Struct, frozen=True, kw_only=True):
    """One entity, as `/status` tells it.

    Attributes:
        entity: its name.
        simulated: whether its keys come from simulated modules.
        phase: `starting`, `running` or `stopping`.
        missing: what it is not ready for, and why; empty if it is.
        epoch: of its store; 0 while it is not open yet.
        restored: how the store was found to be a restored copy at this start, if it was.
        audit_rows: how long its audit trail is.
        audit_head: SHA-256 of its last row, hex digits.
        pools: of the pairs whose master it serves.
        links: that end here.
        alarms: that are on.
    """

    entity: str
    simulated: bool
    phase: str
    missing: dict[str, str]
    epoch: int
    restored: str | None
    audit_rows: int
    audit_head: str
    pools: tuple[PoolRow, ...]
    links: tuple[LinkRow, ...]
    alarms: tuple[AlarmRow, ...]
