"""The port of the keys: what a store of keys promises, and what a peer does for an assembly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from interlace.services.kms.model import (
    Assembly,
    KeyId,
    KmeId,
    NewKey,
    Order,
    Outcome,
    Pair,
    Refusal,
    Role,
)
from interlace.units import Seconds

__all__ = ["Assembler", "Binding", "KeyStore"]

Binding = Literal["bound", "refused", "unreachable"]
"""What became of an assembly at the slave's entity: it did as it was asked, did not, or brought no
answer that can be used."""


class KeyStore(Protocol):
    """Copies of keys, each of which leaves at most once.

    Every method is one durable transaction with its audit rows: it has happened, whole, when it
    returns. Only copies of this start's epoch that have not expired are available. All raise
    `StoreError` as the platform's store does; `OutcomeUnknownError` means that the keys of the
    order must count as gone.
    """

    async def add(
        self, keys: Sequence[NewKey], *, state: Literal["pending", "available"] = "available"
    ) -> None:
        """Take copies in.

        Raises:
            ConstraintError: a copy of that ID and role is or was there; none was taken in.
        """
        ...

    async def activate(self, key_ids: Sequence[KeyId], role: Role) -> int:
        """Make pending copies available; how many of them were pending."""
        ...

    async def deliver(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        """Carry out orders in one transaction, each whole or not at all, the earlier first.

        Raises:
            StoreUnavailableError: nothing was delivered.
        """
        ...

    async def reserve(
        self, pair: Pair, *, count: int, size_bits: int, assembly_id: str
    ) -> tuple[KeyId, ...] | Refusal:
        """Set available copies of the master's role aside for an assembly, the oldest first."""
        ...

    async def bind(self, assembly: Assembly) -> bool:
        """Make the slave's copies of the keys of an assembly; their parts become void.

        Returns:
            Whether they are there now, or were made before by the same assembly. `False`: a part
            is not available for that pair, and nothing was done.
        """
        ...

    async def finish(self, assembly: Assembly, *, request: str) -> Outcome:
        """Deliver the keys of an assembly to the master; the reserved parts become void."""
        ...

    async def abandon(self, assembly_id: str | None, *, reason: str) -> int:
        """Void what is reserved for an assembly, or, at a start, for any; how many parts."""
        ...

    async def void(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> int:
        """Void copies that are not delivered yet; how many."""
        ...

    async def expire(self) -> int:
        """Void what nobody fetched in time; how many copies, at most a few thousand a call."""
        ...

    async def purge(self, *, keep_s: Seconds) -> int:
        """Forget what is left of keys that would have expired longer ago than that; how many.

        No late message can bring such a key back: whatever carries it has expired as well.
        """
        ...

    async def stock(self, pair: Pair, role: Role) -> int:
        """How many copies are available."""
        ...

    async def stocks(self) -> Mapping[tuple[Role, Pair], int]:
        """How many copies are available, for all pairs that have any."""
        ...


class Assembler(Protocol):
    """What asks the entity of a slave to bind an assembly."""

    async def assemble(self, kme: KmeId, assembly: Assembly) -> Binding:
        """Have that entity carry out `KeyStore.bind`."""
        ...
