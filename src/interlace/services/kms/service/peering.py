"""What an entity does when another one asks; who asks was proved by its certificate."""

from __future__ import annotations

from dataclasses import dataclass

from interlace.platform import Clock
from interlace.services.kms.model.keys import KmeId, Pair
from interlace.services.kms.model.orders import AssembledKey, Assembly
from interlace.services.kms.model.peer_failures import RefusedError
from interlace.services.kms.model.peering import (
    Assemble,
    AssembleReply,
    Confirm,
    Deal,
    Done,
    Hello,
    RelayReply,
    RelayRequest,
    Request,
    Reserve,
    ReserveReply,
    Settle,
    SettleReply,
)
from interlace.services.kms.ports.links import Binder, FaultPoints, Ledger, LinkStore
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.quantum_links import QuantumLinks
from interlace.services.kms.service.receiving import Receiver
from interlace.services.kms.service.relay import Relay

__all__ = ["Peering", "Reply"]

Reply = Hello | Done | ReserveReply | RelayReply | SettleReply | AssembleReply


@dataclass(frozen=True, slots=True, kw_only=True)
class Peering:
    """The answers of one entity to the others.

    Attributes:
        acquaintance: this entity and the others.
        links: its QKD links.
        relay: transfers that began here.
        receiver: transfers that come here.
        store: of both.
        binder: makes the slave's copies of keys of other sizes.
        clock: the time.
        faults: named points.
    """

    acquaintance: Acquaintance
    links: QuantumLinks
    relay: Relay
    receiver: Receiver
    store: LinkStore
    binder: Binder
    clock: Clock
    faults: FaultPoints

    async def answer(self, caller: KmeId, request: Request) -> Reply:
        """Do what another entity asks.

        Args:
            caller: as its certificate says.
            request: which of them.

        Raises:
            RefusedError: it may not ask that.
            StaleEpochError: it is wrong about epochs.
            ProtocolError: what it says does not fit what it said before.
            StoreError: nothing was done, or it is not known; it may ask again.
        """
        await self.acquaintance.admit(caller, request)
        match request:
            case Hello():
                self.links.heard(caller, request)
                return self.links.hello(caller)
            case Deal():
                return await self.links.on_deal(caller, request)
            case Reserve():
                return await self._reserve(request)
            case RelayRequest():
                return await self.receiver.on_relay(caller, request)
            case Confirm():
                return await self.relay.on_confirm(caller, request)
            case Settle():
                return await self.receiver.on_settle(caller, request)
            case Assemble():
                return await self._assemble(caller, request)
            case _:
                raise RefusedError("nobody knows that request", code="bad-message")

    async def _reserve(self, request: Reserve) -> ReserveReply:
        """Set link key aside for transfers to come."""
        now, me = self.clock.now_us(), self.acquaintance.name

        async def work(ledger: Ledger) -> list[bool]:
            done: list[bool] = []
            for one in request.wanted:
                link = self.acquaintance.link_to(one.to)
                if link is None or (link in self.receiver.unusable and not request.is_released):
                    done.append(False)
                elif request.is_released:
                    done.append(await ledger.release(transfer=one.transfer) > 0)
                else:
                    known = await ledger.transfer(one.transfer) is not None
                    done.append(
                        not known
                        and await ledger.reserve(
                            one.transfer, link, me, count=one.blocks, now_us=now
                        )
                    )
            return done

        return ReserveReply(reserved=tuple(await self.store.transaction(work)))

    async def _assemble(self, caller: KmeId, request: Assemble) -> AssembleReply:
        """Make keys of other sizes for a pair whose master the caller serves."""
        pair = Pair(master=request.master, slave=request.slave)
        if (pair, "slave") not in self.acquaintance.shared_with(caller):
            raise RefusedError("the pair is none of the caller's and ours", code="not-yours")
        assembly = Assembly(
            assembly_id=request.assembly,
            pair=pair,
            size_bits=request.size_bits,
            expires_us=request.expires_us,
            keys=tuple(AssembledKey(key_id=one.key_id, parts=one.parts) for one in request.keys),
        )
        is_bound = await self.binder.bind(assembly)
        self.faults.point("kms.assemble.before-reply")
        return AssembleReply(is_bound=is_bound)
