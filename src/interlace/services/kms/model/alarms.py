"""What an operator is told of while it lasts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Alarm", "Severity"]

Severity = Literal["minor", "major"]
"""Minor: look at it in the morning. Major: keys run out, or have run out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something is wrong with a link, a pair or the entity.

    Attributes:
        name: what kind, in words that stay the same: `link-down`, `stock-low`.
        subject: of what: a link, `sae-a>sae-b`, or the entity.
        severity: how much it matters.
        words: a sentence for a person.
        since_us: since when, microseconds since 1970-01-01T00:00:00Z.
    """

    name: str
    subject: str
    severity: Severity
    words: str
    since_us: int
