"""The named points at which a test may have an entity killed (`INTERLACE_FAULT`), in one table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["FAULT_POINTS"]

FAULT_POINTS: Mapping[str, str] = MappingProxyType(
    {
        "kms.deliver.before-commit": "keys are taken, the transaction is not committed",
        "kms.deliver.after-commit": "keys are delivered, no byte of the reply has left",
        "kms.assemble.after-reserve": "parts of longer keys are set aside at the master's",
        "kms.assemble.before-bind-commit": "the slave's copies are made, not committed",
        "kms.assemble.before-reply": "the slave's copies are there, nobody was told",
        "kms.deal.before-send": "link key is drawn and kept, the other end has none of it",
        "kms.deal.after-intake": "the other end has it, this one was not told",
        "kms.relay.after-origin": "keys are drawn and in the outbox",
        "kms.relay.before-send": "a hop is about to send",
        "kms.relay.after-intake": "a hop has taken keys in and not said so",
        "kms.relay.before-ack": "the target has keys, the origin was not told",
        "kms.ack.before-activate": "the origin was told, its copies are pending still",
        "kms.settle.before-reply": "the target has decided what became of a transfer",
    }
)
"""Name to the moment at which it is passed."""
