"""Which entity is to be killed where: every named point often enough, at entities that pass it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from interlace.services.kms.app.fault_points import FAULT_POINTS

__all__ = ["ENDS", "NETWORK", "RELAYS", "Plan"]

ENDS = ("kme-munich", "kme-wuerzburg")
RELAYS = ("relay-ingolstadt", "relay-nuremberg")

NETWORK = """interlace: 1
name: kms-soak
kmes: {kme-munich: {}, relay-ingolstadt: {}, relay-nuremberg: {}, kme-wuerzburg: {}}
saes:
  sae-a: {kme: kme-munich}
  sae-b: {kme: kme-wuerzburg}
  sae-c: {kme: kme-wuerzburg}
permits: {sae-a: [sae-b, sae-c], sae-b: [sae-a]}
links:
  kme-munich--relay-ingolstadt:
    length: 84 km
    qkd: &modules {protocol: decoy-bb84, block: 1e7, detector_efficiency: 20 %, dark_counts: 500 Hz}
  relay-ingolstadt--relay-nuremberg:
    length: 95 km
    qkd: *modules
  relay-nuremberg--kme-wuerzburg:
    length: 106 km
    qkd: *modules
"""
"""The example `chain` with a third SAE, who is nobody's slave but sae-a's."""

_ANYWHERE = (*ENDS, *RELAYS)
_AT: dict[str, tuple[str, ...]] = {
    "kms.relay.before-send": _ANYWHERE,
    "kms.relay.after-intake": _ANYWHERE,
    "kms.deal.before-send": (ENDS[0], *RELAYS),  # the first end of a link deals
    "kms.deal.after-intake": (*RELAYS, ENDS[1]),
}
_VISITS = {"kms.deliver.before-commit": 150, "kms.deliver.after-commit": 150}
"""The most visits to let pass; elsewhere three."""

_MOST_TRIES = 40
"""Starts in a row that did not end at their point, after which nobody believes that one will."""

_SETTLE = "kms.settle.before-reply"
_BEFORE_SETTLE = {"kms.relay.after-intake", "kms.relay.before-ack"}
"""Only a target that dies before it confirms makes the origin ask."""


@dataclass(slots=True)
class Plan:
    """How often each point was a process's last.

    Args:
        each: how often it shall be, at least.
        chance: which point next, and at which visit.
        hits: how often it was.
    """

    each: int
    chance: random.Random
    hits: Counter[str] = field(default_factory=Counter[str])
    _tried: Counter[str] = field(default_factory=Counter[str], init=False)
    _in_vain: Counter[str] = field(default_factory=Counter[str], init=False)
    _armed: dict[str, str] = field(default_factory=dict[str, str], init=False)

    def next(self, entity: str, last: str) -> str:
        """`NAME:NTH` for an entity that starts, whose last end was at `last`; empty: no point."""
        self._armed.pop(entity, None)
        wanted = [p for p in FAULT_POINTS if entity in self._at(p) and self._missing(p) > 0]
        if _SETTLE in wanted and last not in _BEFORE_SETTLE:
            wanted.remove(_SETTLE)
            if entity in ENDS and self._missing(_SETTLE) > 0:
                wanted.append("kms.relay.before-ack")
        elif _SETTLE in wanted:
            wanted = [_SETTLE]
        if not wanted:
            return ""
        self.chance.shuffle(wanted)
        point = min(wanted, key=lambda p: self._tried[p])
        self._tried[point] += 1
        self._in_vain[point] += 1
        self._armed[entity] = point
        return f"{point}:{self.chance.randint(1, _VISITS.get(point, 3) if point != _SETTLE else 1)}"

    def hit(self, entity: str) -> str:
        """The point at which an entity has just ended."""
        point = self._armed.pop(entity, "")
        self.hits[point] += 1
        self._in_vain[point] = 0
        return point

    @property
    def is_done(self) -> bool:
        """Whether every point was there often enough."""
        return all(self.hits[point] >= self.each for point in FAULT_POINTS)

    @property
    def unreached(self) -> Sequence[str]:
        """Points that entities were to die at again and again, and did not get to."""
        return [point for point in FAULT_POINTS if self._in_vain[point] > _MOST_TRIES]

    def rows(self) -> Sequence[tuple[str, int]]:
        """Points and how often."""
        return [(point, self.hits[point]) for point in FAULT_POINTS]

    def _missing(self, point: str) -> int:
        armed = sum(other == point for other in self._armed.values())
        return self.each - self.hits[point] - armed

    def _at(self, point: str) -> tuple[str, ...]:
        return _AT.get(point, ENDS)
