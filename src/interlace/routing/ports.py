"""The one way in which a program gets entanglement.

`EbitSupply` stands for a network that makes pairs over many timelines at once.
All of its verbs take and give arrays: R requests by T timelines. A single call
is a batch of one. The first adapter samples arrivals link by link; a full
engine takes its place without the callers noticing.

The life of a pair: `request` reserves a communication qubit at both ends, in
the order of the call; from then on the link attempts as soon as both
communication qubits and a channel are free. `advance` lets time pass. `take`
hands out what has arrived, once. `release` says when the two communication
qubits became free again; a later request may then use them. Requests on one
link, and on one communication qubit, are served first come, first served.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from interlace.kernel import BoolArray, FloatArray, IntArray

__all__ = ["EbitSupply", "Pairs", "Requests", "SupplyUse"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Requests:
    """R wishes for one pair each, the same on every timeline but for the time.

    Attributes:
        link: link index, shape (R,).
        ends: communication qubit at the link's first and second end, as a number that is unique
            over the whole network, shape (R, 2).
        not_before_s: no attempt starts earlier, shape (R, T).
    """

    link: IntArray
    ends: IntArray
    not_before_s: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """R pairs on T timelines, handed out.

    Attributes:
        started_s: first attempt, shape (R, T).
        born_s: emission of the successful attempt: memories age from here, shape (R, T).
        ready_s: heralded at both ends, shape (R, T).
        state: Bell-diagonal weights (Phi+, Psi+, Psi-, Phi-) at birth, shape (R, T, 4).
    """

    started_s: FloatArray
    born_s: FloatArray
    ready_s: FloatArray
    state: FloatArray


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplyUse:
    """How busy the links were so far.

    Attributes:
        pairs: heralded pairs by link, summed over timelines, shape (L,).
        busy_s: channel-seconds spent attempting, by link and timeline, shape (L, T).
        wait_s: from the moment a request could start (its communication qubits free) to its
            herald, summed over pairs, by link and timeline, shape (L, T).
    """

    pairs: IntArray
    busy_s: FloatArray
    wait_s: FloatArray


class EbitSupply(Protocol):
    """Where pairs come from."""

    @property
    def timelines(self) -> int:
        """T: how many timelines run side by side."""
        ...

    def request(self, requests: Requests) -> IntArray:
        """Ask for R pairs; returns their identities, shape (R,), never used again.

        Raises:
            InvariantError: a communication qubit is asked for while an earlier pair holds it
                and was not released.
        """
        ...

    def advance(self, until_s: FloatArray | None = None) -> None:
        """Let time pass on each timeline up to `until_s`, shape (T,).

        `None`: until every open request is met.
        """
        ...

    def arrived(self, pairs: IntArray) -> BoolArray:
        """Which of the pairs have been heralded by now, shape (R, T)."""
        ...

    def take(self, pairs: IntArray) -> Pairs:
        """Hand out R pairs that have arrived on every timeline, once.

        Raises:
            InvariantError: one has not arrived yet, or was taken before.
        """
        ...

    def release(self, pairs: IntArray, ends: IntArray, at_s: FloatArray) -> None:
        """Free one end of each pair's communication qubits.

        Args:
            pairs: identities, shape (R,).
            ends: 0 or 1, which end of the pair is free again, shape (R,).
            at_s: when, shape (R, T).
        """
        ...

    def use(self) -> SupplyUse:
        """How busy the links were so far."""
        ...
