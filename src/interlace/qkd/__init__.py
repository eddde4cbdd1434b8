"""Quantum key distribution: what a link between two ends delivers, in secret bits."""

from interlace.network import Equipment, QkdLink, QkdSpec, Security, checked_qkd
from interlace.qkd.model import Channel, KeyRate, Settings
from interlace.qkd.protocols import PROTOCOLS, ProtocolName
from interlace.qkd.rating import rate, rates
from interlace.qkd.spec import key_link_rate, link_rate

__all__ = [
    "PROTOCOLS",
    "Channel",
    "Equipment",
    "KeyRate",
    "ProtocolName",
    "QkdLink",
    "QkdSpec",
    "Security",
    "Settings",
    "checked_qkd",
    "key_link_rate",
    "link_rate",
    "rate",
    "rates",
]
