"""Pools that are refilled: which pairs need keys, which way they go, and link key set aside."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from interlace.errors import ProtocolError
from interlace.services.kms.model.keys import KmeId, Pair
from interlace.services.kms.model.orders import subject_of
from interlace.services.kms.model.peering import Reserve, Wanted
from interlace.services.kms.ports.keys import KeyStore
from interlace.services.kms.ports.links import LinkStore, Peers
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.alarms import Alarms
from interlace.services.kms.service.quantum_links import QuantumLinks
from interlace.services.kms.service.refilling import Refilling, RefillMarks, Want, refill_step
from interlace.services.kms.service.relay import Draft, Relay
from interlace.services.kms.service.routes import Hop, widest_route

__all__ = ["Supply", "Tried"]

_LEAST_BLOCKS = 2
"""Of a transfer of one key: the key's pad, and one for the tag."""

Tried = Callable[[KmeId, Callable[[], Awaitable[bool]]], Awaitable[bool | None]]
"""Asks a peer by a function, and takes its failures in; `None`: it brought no answer."""


@dataclass(slots=True)
class Supply:
    """The pools of the pairs whose masters one entity serves.

    Args:
        acquaintance: this entity and the others.
        store: of links and transfers.
        keys: how many keys there are.
        links: how much link key there is.
        relay: begins transfers.
        peers: the other entities.
        alarms: told of what is wrong.
        tried: asks peers.
        wake: told of a peer that is to be sent something.
        most_transfers: that begin at once.
        stocks: keys of each pair at the last look, those on their way included.
    """

    acquaintance: Acquaintance
    store: LinkStore
    keys: KeyStore
    links: QuantumLinks
    relay: Relay
    peers: Peers
    alarms: Alarms
    tried: Tried
    wake: Callable[[KmeId], None]
    most_transfers: int
    stocks: dict[Pair, int] = field(default_factory=dict[Pair, int], init=False)
    _refilling: Refilling = field(default_factory=Refilling, init=False)

    async def refill_once(self) -> int:
        """Begin the transfers that pools need; how many began."""
        self.stocks = await self._count()
        marks = self._marks()
        room = self.most_transfers
        self._refilling, wants = refill_step(self._refilling, self.stocks, marks, most=room)
        me = self.acquaintance.name
        at_home = [want for want in wants if self._target(want.pair) == me]
        for want in at_home:
            await self.relay.make_at_home(want)
        drafts = self._drafted([want for want in wants if want not in at_home])
        ready = await self._reserved(drafts)
        begun = await self.relay.originate(ready) if ready else ()
        for draft in ready:
            self.wake(draft.path[1])
        self._tell_stocks(marks)
        return len(begun) + len(at_home)

    def _marks(self) -> RefillMarks:
        stock = self.acquaintance.config.stock
        return RefillMarks(low=(stock.low + stock.target) // 2, high=stock.target)

    def _target(self, pair: Pair) -> KmeId | None:
        return self.acquaintance.config.kme_of(pair.slave)

    async def _count(self) -> dict[Pair, int]:
        underway = await self.store.underway()  # first: what is confirmed meanwhile counts twice
        there = await self.keys.stocks()
        return {
            pair: there.get(("master", pair), 0) + underway.get(pair, 0)
            for pair in self.acquaintance.config.master_pairs
        }

    def _drafted(self, wants: Sequence[Want]) -> list[Draft]:
        """A path for each, as long as the links have key for all of them."""
        hops, drafts = self.links.hops(), list[Draft]()
        cut_off = self._cut_off(hops)
        stuck: set[Pair] = set()
        for want in wants:
            target, need = self._target(want.pair), want.count + 1
            route = None
            if target is not None and self.acquaintance.epoch_of(target):
                route = widest_route(hops, self.acquaintance.config.name, target, least=need)
            if route is None:
                stuck.add(want.pair)
                continue
            for ends in zip(route.path, route.path[1:], strict=False):
                hops[ends] = Hop(state=hops[ends].state, stock=hops[ends].stock - need)
            drafts.append(Draft(transfer=str(uuid.uuid4()), want=want, path=route.path))
        self._tell_routes(cut_off | (stuck - {draft.want.pair for draft in drafts}))
        return drafts

    def _cut_off(self, hops: Mapping[tuple[KmeId, KmeId], Hop]) -> set[Pair]:
        """Pairs with no way at all from one end to the other, whether or not they need keys now."""
        me, pairs = self.acquaintance.name, self.acquaintance.config.master_pairs
        away = {target for pair in pairs if (target := self._target(pair)) is not None} - {me}
        beyond = {
            target
            for target in away
            if not self.acquaintance.epoch_of(target)
            or widest_route(hops, me, target, least=_LEAST_BLOCKS) is None
        }
        return {pair for pair in pairs if self._target(pair) in beyond}

    def _tell_routes(self, stuck: set[Pair]) -> None:
        for pair in self.acquaintance.config.master_pairs:
            words = (
                f"no path of links with key leads from {self.acquaintance.name} to "
                f"{self._target(pair)}: look at the links that are EMPTY or DOWN"
            )
            subject, is_stuck = subject_of(pair), pair in stuck
            self.alarms.set("no-route", subject, words if is_stuck else None, severity="major")

    async def _reserved(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Those for which every relay on the path has set its link key aside."""
        wanted: dict[KmeId, list[Wanted]] = {}
        for draft in drafts:
            for relay, onward in zip(draft.path[1:-1], draft.path[2:], strict=True):
                one = Wanted(transfer=draft.transfer, to=onward, blocks=draft.want.count + 1)
                wanted.setdefault(relay, []).append(one)
        answers = await asyncio.gather(
            *(self._ask_reserve(relay, tuple(ones)) for relay, ones in wanted.items())
        )
        refused = {transfer for answer in answers for transfer in answer}
        for relay, ones in wanted.items():
            given_up = tuple(one for one in ones if one.transfer in refused)
            if given_up:
                await self._ask_reserve(relay, given_up, is_released=True)
        return [draft for draft in drafts if draft.transfer not in refused]

    async def _ask_reserve(
        self, relay: KmeId, wanted: tuple[Wanted, ...], *, is_released: bool = False
    ) -> list[str]:
        """The transfers for which a relay has set nothing aside."""
        missing = [one.transfer for one in wanted]

        async def ask() -> bool:
            request = Reserve(
                epoch=self.acquaintance.epoch,
                peer_epoch=self.acquaintance.epoch_of(relay),
                wanted=wanted,
                is_released=is_released,
            )
            reply = await self.peers.reserve(relay, request)
            if len(reply.reserved) != len(wanted):
                raise ProtocolError(f"{relay} answered for other transfers than it was asked for")
            pairs = zip(wanted, reply.reserved, strict=True)
            missing[:] = [one.transfer for one, is_there in pairs if not is_there]
            return True

        await self.tried(relay, ask)
        return missing

    def _tell_stocks(self, marks: RefillMarks) -> None:
        low = self.acquaintance.config.stock.low
        for pair, count in self.stocks.items():
            words = (
                f"{count} keys are left, the mark is {low}: more are fetched than the links make, "
                "or a link on the way is out"
            )
            is_low = count < min(low, marks.low)
            subject = subject_of(pair)
            self.alarms.set("stock-low", subject, words if is_low else None, severity="minor")
