"""Keys and the parties that share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["KeyId", "KeyState", "KmeId", "LinkId", "Pair", "Role", "SaeId"]

SaeId = str
"""Who uses keys (ETSI: secure application entity); an identity that a certificate proves."""

KmeId = str
"""Who keeps keys (ETSI: key management entity); a node of the network."""

KeyId = str
"""A UUID, as lower-case text with hyphens."""

LinkId = str
"""A QKD link by the entities at its ends: `kme-a--kme-b`."""

Role = Literal["master", "slave"]
"""Which of a pair a copy of a key is for: the one that asks first, or the one that asks by ID."""

KeyState = Literal["pending", "available", "reserved", "delivered", "expired", "void"]
"""Where a copy of a key is in its life; the last three hold no material."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Pair:
    """Two SAEs that may share keys: the master asks for one, the slave fetches it by its ID."""

    master: SaeId
    slave: SaeId
