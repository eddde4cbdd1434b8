"""The relays and links of one entity at work: what goes on beside the requests of others.

Each loop does one thing by a method that does it once and says whether there was anything to do;
`interlace.services.kms.service.repeating` has what loops are made of.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

import msgspec

from interlace.errors import ProtocolError
from interlace.platform import Background, Clock, LimitedLog
from interlace.services.kms.model.alarms import Alarm
from interlace.services.kms.model.configuration import EntityConfig, LinkConfig
from interlace.services.kms.model.keys import KmeId
from interlace.services.kms.model.orders import Assembly
from interlace.services.kms.model.peer_failures import (
    PeerError,
    PeerUnreachableError,
    RefusedError,
    StaleEpochError,
)
from interlace.services.kms.model.peering import (
    Assemble,
    Confirm,
    Made,
    RelayRequest,
    Settle,
)
from interlace.services.kms.ports.keys import Binding, KeyStore
from interlace.services.kms.ports.links import FaultPoints, Ledger, LinkStore, Modules, Peers
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.alarms import Alarms
from interlace.services.kms.service.peering import Peering
from interlace.services.kms.service.quantum_links import LinkStatus, QuantumLinks
from interlace.services.kms.service.receiving import Receiver
from interlace.services.kms.service.relay import Relay, RelayTimes
from interlace.services.kms.service.repeating import Repeating
from interlace.services.kms.service.supplying import Supply
from interlace.services.kms.service.transitions import LinkMarks
from interlace.units import Seconds

__all__ = ["Carrier", "Pace"]

_LOG = logging.getLogger("interlace.kms")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often things are done, and how many at once.

    Attributes:
        hello_s: between two hellos to an entity.
        deal_s: between two looks at a module.
        refill_s: between two looks at the pools.
        settle_s: between two looks at what is overdue.
        first_wait_s: after a peer did not answer; then twice that, and so on.
        longest_wait_s: between two tries.
        most_items: of a message to a neighbour.
        most_transfers: that begin at once.
        most_reserved_s: how long link key is set aside for a transfer that does not come.
    """

    hello_s: Seconds = 1.0
    deal_s: Seconds = 0.25
    refill_s: Seconds = 0.25
    settle_s: Seconds = 2.0
    first_wait_s: Seconds = 0.1
    longest_wait_s: Seconds = 5.0
    most_items: int = 32
    most_transfers: int = 32
    most_reserved_s: Seconds = 60.0


class Carrier:
    """An entity's links and relays.

    Args:
        config: of the entity.
        epoch: of its store.
        store: of links and transfers.
        keys: how many keys there are.
        peers: the other entities.
        modules: where link key comes from.
        clock: the time.
        faults: named points.
        pace: how often things are done.
        times: how long transfers may take.
    """

    name = "relays"

    def __init__(
        self,
        config: EntityConfig,
        epoch: int,
        *,
        store: LinkStore,
        keys: KeyStore,
        peers: Peers,
        modules: Modules,
        clock: Clock,
        faults: FaultPoints,
        pace: Pace | None = None,
        times: RelayTimes | None = None,
    ) -> None:
        self.config = config
        self.alarms = Alarms(clock)
        self._log = LimitedLog(_LOG)
        self.acquaintance = Acquaintance(config, epoch, store, clock)
        marks = LinkMarks(threshold=max(config.stock.link_low_blocks, 2))
        self.links = QuantumLinks(
            self.acquaintance, store, peers, modules, clock, faults, self.alarms, marks
        )
        down = self.links.down
        self.relay = Relay(self.acquaintance, store, clock, faults, times or RelayTimes(), down)
        self._pace = pace or Pace()
        self._loops = Repeating(
            self.acquaintance, clock, self._pace.first_wait_s, self._pace.longest_wait_s
        )
        self.receiver = Receiver(self.acquaintance, store, clock, faults, down, self._loops.ring)
        self.peering = Peering(
            acquaintance=self.acquaintance,
            links=self.links,
            relay=self.relay,
            receiver=self.receiver,
            store=store,
            binder=keys,
            clock=clock,
            faults=faults,
        )
        self._store = store
        self._keys = keys
        self._peers = peers
        self._clock = clock
        self._faults = faults
        self._cursors: dict[KmeId, int] = {}
        self.supply = Supply(
            self.acquaintance,
            store,
            keys,
            self.links,
            self.relay,
            peers,
            self.alarms,
            self._loops.tried,
            self._loops.ring,
            self._pace.most_transfers,
        )

    # --------------------------------------------------------------------- what is done once

    async def load(self) -> None:
        """Read what the store knows: once, before anything else."""
        await self.acquaintance.load()
        await self.links.load()

    async def greet_once(self, peer: KmeId) -> bool:
        """Say hello; whether it answered."""
        try:
            self.links.heard(peer, await self._peers.hello(peer, self.links.hello(peer)))
        except PeerUnreachableError:
            self.links.lost(peer)
            await self.links.refresh()
            raise
        await self.links.refresh()
        return True

    async def deal_once(self, link: LinkConfig) -> bool:
        """Deal fresh key of a link, if any is due; whether it was."""
        deal = await self.links.next_deal(link)
        if deal is None:
            return False
        self._faults.point("kms.deal.before-send")
        peer = link.ends[1]
        epochs = {"epoch": self.acquaintance.epoch, "peer_epoch": self.acquaintance.epoch_of(peer)}
        await self._peers.deal(peer, msgspec.structs.replace(deal, **epochs))
        await self.links.dealt(link, deal)
        return True

    async def send_once(self, peer: KmeId) -> bool:
        """Send a neighbour what waits for it; whether any of it is out of the way now."""
        after, most = self._cursors.get(peer, 0), self._pace.most_items
        items = await self.relay.outgoing(peer, most=most, after=after)
        if not items and after:
            self._cursors[peer] = 0
            items = await self.relay.outgoing(peer, most=most, after=0)
        link = self.acquaintance.link_to(peer)
        if not items or link is None:
            return False
        self._faults.point("kms.relay.before-send")
        request = RelayRequest(
            epoch=self.acquaintance.epoch,
            peer_epoch=self.acquaintance.epoch_of(peer),
            link=link,
            items=tuple(one.item for one in items),
        )
        reply = await self._peers.relay(peer, request)
        gone = await self.relay.answered(peer, items, reply)
        self._cursors[peer] = items[-1].seq if gone < len(items) else 0
        return gone > 0

    async def confirm_once(self, origin: KmeId) -> bool:
        """Tell an origin of transfers that arrived here; whether there were any."""
        transfers = tuple(self.receiver.confirmations.get(origin, ())[:1000])
        if not transfers:
            return False
        self._faults.point("kms.relay.before-ack")
        request = Confirm(
            epoch=self.acquaintance.epoch,
            peer_epoch=self.acquaintance.epoch_of(origin),
            transfers=transfers,
        )
        await self._peers.confirm(origin, request)
        del self.receiver.confirmations[origin][: len(transfers)]
        return True

    async def settle_once(self) -> bool:
        """Ask the targets of transfers that are overdue; whether there were any."""
        overdue = await self.relay.overdue()
        for target, transfers in overdue.items():
            request = Settle(
                epoch=self.acquaintance.epoch,
                peer_epoch=self.acquaintance.epoch_of(target),
                transfers=transfers,
            )

            async def ask(target: KmeId = target, request: Settle = request) -> bool:
                reply = await self._peers.settle(target, request)
                await self.relay.settled(target, request, reply)
                return True

            await self._loops.tried(target, ask)
        return bool(overdue)

    async def tidy_once(self) -> None:
        """Put back what was set aside for nothing; forget transfers that are long over."""
        now = self._clock.now_us()
        before_us = now - round(self._pace.most_reserved_s * 1e6)

        async def work(ledger: Ledger) -> None:
            await ledger.release(before_us=before_us)
            await ledger.forget_transfers(before_us=now - 3_600_000_000)

        await self._store.transaction(work)
        for link, count in self.receiver.damaged.items():
            words = (
                f"{count} messages over {link} had a wrong tag since the start: somebody changed "
                "them, or the two ends hold other key; take the link out "
                f"(`interlace kms link DIR {link} take-out`) and look at both ends"
            )
            self.alarms.set("link-tampered", link, words, severity="major", hold_s=0.0)
        await self.alarms.flush(self._store)

    async def refill_once(self) -> int:
        """Begin the transfers that pools need; how many began."""
        return await self.supply.refill_once()

    async def assemble(self, kme: KmeId, assembly: Assembly) -> Binding:
        """Have the slave's entity bind an assembly: the port `Assembler`."""
        request = Assemble(
            epoch=self.acquaintance.epoch,
            peer_epoch=self.acquaintance.epoch_of(kme),
            assembly=assembly.assembly_id,
            master=assembly.pair.master,
            slave=assembly.pair.slave,
            size_bits=assembly.size_bits,
            expires_us=assembly.expires_us,
            keys=tuple(Made(key_id=key.key_id, parts=key.parts) for key in assembly.keys),
        )
        try:
            if (await self._peers.assemble(kme, request)).is_bound:
                return "bound"
            reason: object = "it has not all of the keys that they need"
        except StaleEpochError as error:
            await self.acquaintance.learn(kme, error)
            return "refused"
        except (PeerError, ProtocolError) as error:
            reason = error
        cause = (kme, type(reason))
        self._log.tell("assembly failed", cause=cause, peer=kme, reason=reason)
        is_answer = isinstance(reason, str | RefusedError)
        return "refused" if is_answer else "unreachable"

    # --------------------------------------------------------------------- loops

    async def start(self, background: Background) -> None:
        """Read the store, and begin all loops."""
        await self.load()
        loops, pace = self._loops, self._pace
        for peer in self.config.peers:
            name = peer.name
            hello = loops.with_peer(name, self.greet_once, every_s=pace.hello_s)
            background.run(f"hello {name}", hello)
            background.run(f"confirm {name}", loops.with_peer(name, self.confirm_once))
            if self.acquaintance.link_to(name) is not None:
                background.run(f"relay {name}", loops.with_peer(name, self.send_once))
        for link in self.config.own_links:
            if link.ends[0] == self.config.name:
                background.run(f"deal {link.name}", self._deals(link))
        background.run("refill", loops.alone(self.refill_once, every_s=pace.refill_s))
        background.run("settle", loops.alone(self.settle_once, every_s=pace.settle_s))
        background.run("tidy", loops.alone(self.tidy_once, every_s=1.0))

    async def stop(self) -> None:
        """Tell what logs had counted and not told yet; the loops have ended with the service."""
        self._loops.close()
        self._log.close()

    def status(self) -> tuple[tuple[LinkStatus, ...], tuple[Alarm, ...]]:
        """Links and alarms."""
        return self.links.status(), self.alarms.active

    async def _deals(self, link: LinkConfig) -> None:
        async def once(_: KmeId) -> bool:
            return await self.deal_once(link)

        await self._loops.with_peer(link.ends[1], once, every_s=self._pace.deal_s)
