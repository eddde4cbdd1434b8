"""The port of the keys in memory: for tests. Nothing in it is durable, nothing is encrypted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from interlace.platform import Clock, ConstraintError, Secret
from interlace.services.kms.model import (
    Assembly,
    DeliveredKey,
    KeyId,
    KeyState,
    NewKey,
    Order,
    Outcome,
    Pair,
    Refusal,
    Role,
    TakeNext,
)
from interlace.services.kms.service.allotment import Copies, allot
from interlace.units import Seconds

__all__ = ["MemoryKeyStore"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Copy:
    key: NewKey
    state: KeyState
    material: bytes
    batch: str


@dataclass(slots=True)
class MemoryKeyStore:
    """Copies of keys in a dictionary."""

    clock: Clock
    _copies: dict[tuple[KeyId, Role], _Copy] = field(
        default_factory=dict[tuple["KeyId", "Role"], _Copy], init=False
    )

    async def add(
        self, keys: Sequence[NewKey], *, state: Literal["pending", "available"] = "available"
    ) -> None:
        """Take copies in; see the port."""
        places = [(key.key_id, key.role) for key in keys]
        if len(set(places)) < len(places) or any(place in self._copies for place in places):
            raise ConstraintError("a rule of the table forbids what add would write")
        for key in keys:
            copy = _Copy(key=key, state=state, material=key.material.reveal(), batch=key.batch)
            self._copies[key.key_id, key.role] = copy

    async def activate(self, key_ids: Sequence[KeyId], role: Role) -> int:
        """Make pending copies available; see the port."""
        return self._move(key_ids, role, {"pending"}, "available")

    async def deliver(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        """Carry out orders; see the port."""
        pools: dict[tuple[Pair, int], list[KeyId]] = {}
        slaves: dict[KeyId, set[str]] = {}
        available: dict[KeyId, Pair] = {}
        for (key_id, role), copy in self._copies.items():
            slaves.setdefault(key_id, set()).add(copy.key.pair.slave)
            if not self._is_available(copy):
                continue
            if role == "master":
                pools.setdefault((copy.key.pair, copy.key.size_bits), []).append(key_id)
            else:
                available[key_id] = copy.key.pair
        copies = {
            key_id: Copies(slaves=frozenset(names), available_for=available.get(key_id))
            for key_id, names in slaves.items()
        }
        outcomes: list[Outcome] = []
        for order, what in zip(orders, allot(orders, pools, copies), strict=True):
            role: Role = "master" if isinstance(order, TakeNext) else "slave"
            if isinstance(what, Refusal):
                outcomes.append(what)
            else:
                outcomes.append(tuple(self._deliver_one(key_id, role) for key_id in what))
        return outcomes

    async def reserve(
        self, pair: Pair, *, count: int, size_bits: int, assembly_id: str
    ) -> tuple[KeyId, ...] | Refusal:
        """Set copies aside for an assembly; see the port."""
        ids = [
            key_id
            for (key_id, role), copy in self._copies.items()
            if role == "master"
            and (copy.key.pair, copy.key.size_bits) == (pair, size_bits)
            and self._is_available(copy)
        ][:count]
        if len(ids) < count:
            return Refusal(reason="insufficient")
        for key_id in ids:
            copy = self._copies[key_id, "master"]
            self._copies[key_id, "master"] = replace(copy, state="reserved", batch=assembly_id)
        return tuple(ids)

    async def bind(self, assembly: Assembly) -> bool:
        """Make the slave's copies of an assembly; see the port."""
        made = [self._copies.get((key.key_id, "slave")) for key in assembly.keys]
        if any(made):
            return all(
                copy is not None
                and copy.state == "available"
                and (copy.batch, copy.key.pair, copy.key.size_bits)
                == (assembly.assembly_id, assembly.pair, assembly.size_bits)
                for copy in made
            )
        parts = [self._copies.get((part, "slave")) for part in assembly.part_ids]
        for part in parts:
            if part is None or part.key.pair != assembly.pair or not self._is_available(part):
                return False
        if not self._is_enough(assembly, "slave"):
            return False
        await self.add(self._assembled(assembly, "slave"))
        self._move(assembly.part_ids, "slave", {"available"}, "void")
        return True

    async def finish(self, assembly: Assembly, *, request: str) -> Outcome:  # noqa: ARG002 - no audit
        """Deliver the keys of an assembly to the master; see the port."""
        reserved = {
            key_id
            for (key_id, role), copy in self._copies.items()
            if (role, copy.state, copy.batch) == ("master", "reserved", assembly.assembly_id)
        }
        if reserved != set(assembly.part_ids) or not self._is_enough(assembly, "master"):
            return Refusal(reason="insufficient")
        await self.add(self._assembled(assembly, "master"))
        self._move(assembly.part_ids, "master", {"reserved"}, "void")
        return tuple(self._deliver_one(key.key_id, "master") for key in assembly.keys)

    async def abandon(self, assembly_id: str | None, *, reason: str) -> int:  # noqa: ARG002 - no audit
        """Void what is reserved; see the port."""
        ids = [
            key_id
            for (key_id, _), copy in self._copies.items()
            if copy.state == "reserved" and assembly_id in {None, copy.batch}
        ]
        return self._move(ids, "master", {"reserved"}, "void")

    async def void(self, key_ids: Sequence[KeyId], role: Role, *, reason: str) -> int:  # noqa: ARG002 - no audit
        """Void copies that are not delivered yet; see the port."""
        return self._move(key_ids, role, {"pending", "available", "reserved"}, "void")

    async def expire(self) -> int:
        """Void what nobody fetched in time; see the port."""
        now = self.clock.now_us()
        late = [place for place, copy in self._copies.items() if copy.key.expires_us <= now]
        states: set[KeyState] = {"pending", "available", "reserved"}
        return sum(self._move([key_id], role, states, "expired") for key_id, role in late)

    async def purge(self, *, keep_s: Seconds) -> int:
        """Forget tombstones that are old enough; see the port."""
        before_us = self.clock.now_us() - round(keep_s * 1e6)
        ended = {"delivered", "expired", "void"}
        old = [
            place
            for place, copy in self._copies.items()
            if copy.state in ended and copy.key.expires_us < before_us
        ]
        for place in old:
            del self._copies[place]
        return len(old)

    async def stock(self, pair: Pair, role: Role) -> int:
        """How many copies are available; see the port."""
        return (await self.stocks()).get((role, pair), 0)

    async def stocks(self) -> Mapping[tuple[Role, Pair], int]:
        """How many copies are available of all pairs; see the port."""
        counts: dict[tuple[Role, Pair], int] = {}
        for (_, role), copy in self._copies.items():
            if self._is_available(copy):
                counts[role, copy.key.pair] = counts.get((role, copy.key.pair), 0) + 1
        return counts

    def _is_available(self, copy: _Copy) -> bool:
        return copy.state == "available" and copy.key.expires_us > self.clock.now_us()

    def _move(
        self, key_ids: Iterable[KeyId], role: Role, before: set[KeyState], after: KeyState
    ) -> int:
        moved = 0
        for key_id in key_ids:
            copy = self._copies.get((key_id, role))
            if copy is not None and copy.state in before:
                material = copy.material if after in {"available", "reserved"} else b""
                self._copies[key_id, role] = replace(copy, state=after, material=material)
                moved += 1
        return moved

    def _deliver_one(self, key_id: KeyId, role: Role) -> DeliveredKey:
        material = Secret(self._copies[key_id, role].material)
        self._move([key_id], role, {"available"}, "delivered")
        return DeliveredKey(key_id=key_id, material=material)

    def _is_enough(self, assembly: Assembly, role: Role) -> bool:
        return len(set(assembly.part_ids)) == len(assembly.part_ids) and all(
            8 * sum(len(self._copies[part, role].material) for part in key.parts)
            >= assembly.size_bits
            for key in assembly.keys
        )

    def _assembled(self, assembly: Assembly, role: Role) -> list[NewKey]:
        size = assembly.size_bits // 8
        return [
            NewKey(
                key_id=key.key_id,
                role=role,
                pair=assembly.pair,
                material=Secret(
                    b"".join(self._copies[part, role].material for part in key.parts)[:size]
                ),
                expires_us=assembly.expires_us,
                batch=assembly.assembly_id,
            )
            for key in assembly.keys
        ]
