"""Deliveries: who may have which keys, and how they leave the store.

A key leaves by one committed transaction before any byte of it leaves the process. What is lost
after that (a reply that does not arrive, a process that is killed) is lost: nobody gets it again.

Keys of the pool's size are bound to their pair beforehand and are delivered by this entity alone.
For another size both entities make keys of the same parts (`Assembly`): this one reserves the
parts, the slave's binds its copies, then this one delivers. An answer that does not come voids
the parts here; what the other side may have made is never delivered here, and expires there.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from interlace.errors import InterlaceError
from interlace.platform import (
    Clock,
    KillPoints,
    LimitedLog,
    OutcomeUnknownError,
    StoreError,
    StoreFailedError,
)
from interlace.services.kms.model import (
    AssembledKey,
    Assembly,
    DeliveredKey,
    EntityConfig,
    KeyId,
    KmeId,
    Order,
    Outcome,
    Pair,
    Refusal,
    SaeId,
    TakeByIds,
    TakeNext,
    parts_needed,
)
from interlace.services.kms.model.peering import POOL_BITS
from interlace.services.kms.ports import Assembler, Binding, KeyStore
from interlace.services.kms.service.commits import GroupCommit
from interlace.services.kms.service.refusals import RefusedError

__all__ = ["Deliveries"]

_LOG = logging.getLogger("interlace.kms")
_PEER_WAIT_S = 10.0


@dataclass(slots=True)
class Deliveries:
    """What this entity's SAEs may do.

    Args:
        store: of the keys.
        config: of this entity.
        assembler: asks other entities to bind assemblies.
        clock: says when keys expire.
        faults: where a test may have the process killed.
    """

    store: KeyStore
    config: EntityConfig
    assembler: Assembler
    clock: Clock
    faults: KillPoints
    _commits: GroupCommit = field(init=False)
    _failure: str | None = field(default=None, init=False)
    _log: LimitedLog = field(default_factory=lambda: LimitedLog(_LOG), init=False)
    _own: frozenset[SaeId] = field(init=False)
    _permits: frozenset[Pair] = field(init=False)
    _homes: dict[SaeId, KmeId] = field(init=False)

    def __post_init__(self) -> None:
        self._commits = GroupCommit(self._carry_out)
        self._own = frozenset(self.config.own_saes)
        self._permits = frozenset(self.config.permits)
        self._homes = {sae.name: sae.kme for sae in self.config.saes}

    def why_not_ready(self) -> str | None:
        """Why no key can be delivered any more; `None` if they can. A check for `Health`."""
        return self._failure

    async def start(self) -> None:
        """Void what an assembly had reserved when the last run ended."""
        await self.store.abandon(None, reason="the entity stopped during an assembly")

    def close(self) -> None:
        """Tell what the log had counted and not told yet: nobody asks any more."""
        self._log.close()

    def demand_served(self, caller: SaeId) -> None:
        """Demand that an SAE is one of this entity's.

        Raises:
            RefusedError: it is not.
        """
        if caller not in self._own:
            raise RefusedError("not-served", f"{caller} is no SAE of this KME")

    def home_of(self, sae: SaeId) -> KmeId:
        """The entity that serves the other party.

        Raises:
            RefusedError: the network has no such SAE.
        """
        if sae not in self._homes:
            raise RefusedError("not-permitted", f"no keys are shared with {sae}")
        return self._homes[sae]

    async def stock(self, pair: Pair) -> int:
        """How many keys of the usual size a master can have at once.

        Raises:
            RefusedError: the pair may not share keys, or the store fails.
        """
        self._demand_permitted(pair, other=pair.slave)
        try:
            count = await self.store.stock(pair, "master")
        except StoreError as error:
            raise self._store_refused(error) from error
        limits = self.config.limits
        return min(count // parts_needed(limits.size_bits, POOL_BITS), limits.max_stored)

    async def next_keys(
        self, pair: Pair, *, count: int, size_bits: int, request: str
    ) -> tuple[DeliveredKey, ...]:
        """Deliver keys to the master of a pair, who asked.

        Args:
            pair: the caller and the slave that it named.
            count: from 1.
            size_bits: a multiple of 8, within this entity's limits.
            request: under which name logs and the audit tell of it.

        Raises:
            RefusedError: not permitted, too few keys, no answer from the slave's entity or a
                refusal, or the store fails.
        """
        self._demand_permitted(pair, other=pair.slave)
        if size_bits != POOL_BITS:
            return await self._assembled(pair, count=count, size_bits=size_bits, request=request)
        order = TakeNext(pair=pair, count=count, size_bits=size_bits, request=request)
        return await self._delivered(order)

    async def keys_by_id(
        self, pair: Pair, key_ids: Sequence[KeyId], *, request: str
    ) -> tuple[DeliveredKey, ...]:
        """Deliver keys to the slave of a pair, who asked, by their IDs.

        Args:
            pair: the master that the caller named, and the caller.
            key_ids: at least one, none twice.
            request: under which name logs and the audit tell of it.

        Raises:
            RefusedError: not permitted, a key is another SAE's or not there, or the store fails.
        """
        self._demand_permitted(pair, other=pair.master)
        return await self._delivered(TakeByIds(pair=pair, key_ids=tuple(key_ids), request=request))

    def _demand_permitted(self, pair: Pair, *, other: SaeId) -> None:
        if pair not in self._permits:
            raise RefusedError("not-permitted", f"no keys are shared with {other}")

    async def _delivered(self, order: Order) -> tuple[DeliveredKey, ...]:
        if self._failure is not None:
            raise RefusedError("not-serving")
        try:
            outcome = await self._commits.submit(order)
        except StoreError as error:
            raise self._store_refused(error) from error
        return _keys(outcome)

    async def _carry_out(self, orders: Sequence[Order]) -> Sequence[Outcome]:
        outcomes = await self.store.deliver(orders)
        self.faults.point("kms.deliver.after-commit")
        return outcomes

    async def _assembled(
        self, pair: Pair, *, count: int, size_bits: int, request: str
    ) -> tuple[DeliveredKey, ...]:
        if self._failure is not None:
            raise RefusedError("not-serving")
        each = parts_needed(size_bits, POOL_BITS)
        assembly_id = str(uuid.uuid4())
        try:
            parts = await self.store.reserve(
                pair, count=count * each, size_bits=POOL_BITS, assembly_id=assembly_id
            )
        except StoreError as error:
            raise self._store_refused(error) from error
        if isinstance(parts, Refusal):
            raise RefusedError("insufficient")
        self.faults.point("kms.assemble.after-reserve")
        assembly = Assembly(
            assembly_id=assembly_id,
            pair=pair,
            size_bits=size_bits,
            expires_us=self.clock.now_us() + round(self.config.limits.max_age_s * 1e6),
            keys=tuple(
                AssembledKey(key_id=str(uuid.uuid4()), parts=parts[i * each : (i + 1) * each])
                for i in range(count)
            ),
        )
        keys = await self._finished(assembly, request=request)
        self.faults.point("kms.deliver.after-commit")
        return keys

    async def _finished(self, assembly: Assembly, *, request: str) -> tuple[DeliveredKey, ...]:
        """Deliver an assembly whose parts are reserved; whatever fails, none of them stays so."""
        try:
            binding = await self._bound(assembly)
            is_bound = binding == "bound"
            outcome = await self.store.finish(assembly, request=request) if is_bound else None
        except StoreError as error:
            await self._abandon(assembly, "the store failed")
            raise self._store_refused(error) from error
        if outcome is None:
            await self._abandon(assembly, "the slave's entity did not bind it")
            raise RefusedError("refused-there" if binding == "refused" else "unreachable")
        if isinstance(outcome, Refusal):
            await self._abandon(assembly, "a part is not there any more")
        return _keys(outcome)

    async def _abandon(self, assembly: Assembly, reason: str) -> None:
        """Void what is reserved still; what a store that is away cannot void now expires there."""
        try:
            await self.store.abandon(assembly.assembly_id, reason=reason)
        except StoreError as error:
            self._note(error)

    async def _bound(self, assembly: Assembly) -> Binding:
        kme = self.home_of(assembly.pair.slave)
        if kme == self.config.name:
            return "bound" if await self.store.bind(assembly) else "refused"
        try:
            async with asyncio.timeout(_PEER_WAIT_S):
                return await self.assembler.assemble(kme, assembly)
        except (InterlaceError, TimeoutError, OSError) as error:
            kind = type(error).__name__
            self._log.tell("assembly failed", cause=(kme, kind), peer=kme, kind=kind)
            return "unreachable"

    def _store_refused(self, error: StoreError) -> RefusedError:
        self._note(error)
        return RefusedError("not-serving")

    def _note(self, error: StoreError) -> None:
        """A store that failed stays failed: nothing is delivered any more."""
        if isinstance(error, StoreFailedError) and self._failure is None:
            self._failure = str(error)
        level = logging.ERROR if isinstance(error, OutcomeUnknownError) else logging.WARNING
        self._log.tell("store refused", cause=type(error), level=level, reason=str(error))


def _keys(outcome: Outcome) -> tuple[DeliveredKey, ...]:
    if isinstance(outcome, Refusal):
        raise RefusedError(outcome.reason)
    return outcome
