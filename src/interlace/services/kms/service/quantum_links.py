"""The QKD links of an entity: fresh key, how much there is, and whether they work.

One end of a link, the first of its name, draws key and deals it: it keeps the deal, sends it, and
takes the blocks into stock when the other end has them. One deal of a link is under way at a time,
and is sent until it is answered. Blocks are dealt for one direction or the other, to the one that
has less, so the two ends never send with the same.

A link is DOWN while an operator has taken it out at either end, or while the other end does not
answer; then it neither deals nor carries keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from interlace.errors import ProtocolError, SpecError
from interlace.platform import AuditEvent, Clock
from interlace.services.kms.model.configuration import LinkConfig
from interlace.services.kms.model.keys import KmeId, LinkId
from interlace.services.kms.model.peer_failures import RefusedError
from interlace.services.kms.model.peering import (
    BLOCK_BYTES,
    MOST_BLOCKS,
    Deal,
    Dealt,
    Done,
    Hello,
    LinkState,
    LinkView,
)
from interlace.services.kms.model.pieces import Piece
from interlace.services.kms.ports.links import FaultPoints, Ledger, LinkStore, Modules, Peers
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.alarms import Alarms
from interlace.services.kms.service.routes import Hop
from interlace.services.kms.service.transitions import LinkMarks, link_step
from interlace.units import Seconds

__all__ = ["LinkStatus", "QuantumLinks"]

_FRESH_S: Seconds = 10.0
_LINK_ALARMS: Mapping[LinkState, tuple[str, Literal["minor", "major"], str] | None] = {
    "READY": None,
    "WARNING": None,
    "CHARGING": None,
    "EMPTY": (
        "link-empty", "major",
        "has no key left to send with: look at its rate, and at who fetches how many keys",
    ),
    "DOWN": (
        "link-down", "major",
        (
            "is down: look at the modules and at the other end; if it was taken out, "
            "`interlace kms link DIR {link} put-back`"
        ),
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkStatus:
    """A link as an operator sees it.

    Attributes:
        link: which.
        peer: the other end.
        state: of it, for sending.
        stock: blocks that this end may send with.
        peer_stock: blocks that the other end may send with.
        is_failed: whether an operator has taken it out, here or there.
        is_reachable: whether the other end answers.
    """

    link: LinkId
    peer: KmeId
    state: LinkState
    stock: int
    peer_stock: int
    is_failed: bool
    is_reachable: bool


@dataclass(slots=True)
class QuantumLinks:
    """The links that end at one entity, and what the others tell of theirs.

    Args:
        acquaintance: this entity and the others.
        store: of links.
        peers: the others.
        modules: where key comes from.
        clock: the time.
        faults: named points.
        alarms: told of what is wrong.
    """

    acquaintance: Acquaintance
    store: LinkStore
    peers: Peers
    modules: Modules
    clock: Clock
    faults: FaultPoints
    alarms: Alarms
    marks: LinkMarks = field(default_factory=LinkMarks)
    down: set[LinkId] = field(default_factory=set[LinkId], init=False)
    _states: dict[LinkId, LinkState] = field(default_factory=dict[LinkId, LinkState], init=False)
    _stocks: dict[tuple[LinkId, KmeId], int] = field(
        default_factory=dict[tuple[LinkId, KmeId], int], init=False
    )
    _failed: set[LinkId] = field(default_factory=set[LinkId], init=False)
    _heard: dict[KmeId, tuple[Seconds, Hello]] = field(
        default_factory=dict[KmeId, tuple[Seconds, Hello]], init=False
    )

    async def load(self) -> None:
        """Read what the store knows; once, at the start."""
        self._failed = set(await self.store.failed_links())
        await self.refresh()

    # ------------------------------------------------------------------------- state

    async def refresh(self) -> None:
        """Count the stock and find the links' states, and their alarms."""
        self._stocks = dict(await self.store.stocks())
        me = self.acquaintance.name
        for link in self.acquaintance.config.own_links:
            peer = self._peer(link)
            is_down = self._is_failed(link.name, peer) or not self.is_reachable(peer)
            stock = self._stocks.get((link.name, me), 0)
            before = self._states.get(link.name, "EMPTY")
            state = link_step(before, stock, self.marks, is_down=is_down)
            self._states[link.name] = state
            self._alarm(link.name, state)
            (self.down.add if is_down else self.down.discard)(link.name)

    def status(self) -> tuple[LinkStatus, ...]:
        """Of all links of this entity."""
        return tuple(self._status(link) for link in self.acquaintance.config.own_links)

    def hops(self) -> dict[tuple[KmeId, KmeId], Hop]:
        """What is known of sending over any link of the network, by sender and receiver."""
        known = {
            (self.acquaintance.name, one.peer): Hop(state=one.state, stock=one.stock)
            for one in self.status()
        }
        links = {link.name: link for link in self.acquaintance.config.links}
        for peer, (heard_s, hello) in self._heard.items():
            if self.clock.monotonic_s() - heard_s > _FRESH_S:
                continue
            for view in hello.links:
                link = links.get(view.link)
                if link is not None and peer in link.ends:
                    other = link.ends[1] if link.ends[0] == peer else link.ends[0]
                    known[peer, other] = Hop(state=view.state, stock=view.stock)
        return known

    async def take_out(self, link: LinkId) -> None:
        """An operator takes a link out of use.

        Raises:
            SpecError: this entity has no such link.
        """
        await self._set_failed(link, is_failed=True)

    async def put_back(self, link: LinkId) -> None:
        """An operator puts a link back into use.

        Raises:
            SpecError: this entity has no such link.
        """
        await self._set_failed(link, is_failed=False)

    async def _set_failed(self, link: LinkId, *, is_failed: bool) -> None:
        if self.acquaintance.other_end(link) is None:
            rule = f"is no link of {self.acquaintance.name}"
            raise SpecError(rule, value=link, path="link")
        event = "link-taken-out" if is_failed else "link-put-back"

        async def work(ledger: Ledger) -> None:
            await ledger.set_failed(link, is_failed=is_failed)
            ledger.tell(AuditEvent(actor="operator", event=event, subject=link))

        await self.store.transaction(work)
        (self._failed.add if is_failed else self._failed.discard)(link)
        await self.refresh()

    def is_reachable(self, peer: KmeId) -> bool:
        """Whether it answered lately."""
        heard = self._heard.get(peer)
        return heard is not None and self.clock.monotonic_s() - heard[0] <= _FRESH_S

    def _status(self, link: LinkConfig) -> LinkStatus:
        peer = self._peer(link)
        return LinkStatus(
            link=link.name,
            peer=peer,
            state=self._states.get(link.name, "EMPTY"),
            stock=self._stocks.get((link.name, self.acquaintance.name), 0),
            peer_stock=self._stocks.get((link.name, peer), 0),
            is_failed=self._is_failed(link.name, peer),
            is_reachable=self.is_reachable(peer),
        )

    def _peer(self, link: LinkConfig) -> KmeId:
        return link.ends[1] if link.ends[0] == self.acquaintance.name else link.ends[0]

    def _is_failed(self, link: LinkId, peer: KmeId) -> bool:
        if link in self._failed:
            return True
        heard = self._heard.get(peer)
        return heard is not None and any(
            view.is_failed for view in heard[1].links if view.link == link
        )

    def _alarm(self, link: LinkId, state: LinkState) -> None:
        wanted = _LINK_ALARMS[state]
        for known in _LINK_ALARMS.values():
            if known is not None:
                name, severity, words = known
                said = f"{link} {words.format(link=link)}" if known is wanted else None
                self.alarms.set(name, link, said, severity=severity)

    # ------------------------------------------------------------------------- hello

    def hello(self, peer: KmeId) -> Hello:
        """What this entity tells another of itself."""
        return Hello(
            epoch=self.acquaintance.epoch,
            peer_epoch=self.acquaintance.epoch_of(peer),
            links=tuple(
                LinkView(
                    link=one.link,
                    state=one.state,
                    stock=one.stock,
                    is_failed=one.link in self._failed,
                )
                for one in self.status()
            ),
        )

    def heard(self, peer: KmeId, hello: Hello) -> None:
        """Another entity has told of itself."""
        self._heard[peer] = (self.clock.monotonic_s(), hello)

    def lost(self, peer: KmeId) -> None:
        """Another entity does not answer."""
        self._heard.pop(peer, None)

    # ------------------------------------------------------------------------- deals

    async def next_deal(self, link: LinkConfig) -> Deal | None:
        """What is to be dealt now: what was not answered yet, or fresh key if it is due."""
        if self._states.get(link.name) in {None, "DOWN"}:
            return None
        due = min(self.modules.due(link.name), MOST_BLOCKS)
        most = self.acquaintance.config.stock.link_most_blocks // 2
        stocks = {end: self._stocks.get((link.name, end), 0) for end in link.ends}
        counts = _shares(stocks, due, most=most)

        async def work(ledger: Ledger) -> Deal | None:
            waiting = await ledger.deal(link.name)
            if waiting is not None or not counts:
                return waiting
            dealt = [
                Dealt(
                    sender=end,
                    first=await ledger.next_block(link.name, end),
                    material=self.modules.draw(count),
                )
                for end, count in counts.items()
            ]
            deal = Deal(epoch=1, peer_epoch=0, link=link.name, dealt=tuple(dealt))
            await ledger.save_deal(link.name, deal)
            return deal

        return await self.store.transaction(work)

    async def dealt(self, link: LinkConfig, deal: Deal) -> None:
        """The other end has the blocks of a deal: they are in stock here, too."""

        async def work(ledger: Ledger) -> None:
            if await ledger.deal(link.name) != deal:
                return  # the link was reset meanwhile
            for one in deal.dealt:
                piece = Piece(first=one.first, material=one.material)
                await ledger.put(link.name, one.sender, piece)
            await ledger.drop_deal(link.name)

        await self.store.transaction(work)
        for one in deal.dealt:
            key = (link.name, one.sender)
            self._stocks[key] = self._stocks.get(key, 0) + len(one.material) // BLOCK_BYTES

    async def on_deal(self, caller: KmeId, request: Deal) -> Done:
        """The other end deals.

        Raises:
            RefusedError: it is not the end that deals, or it dealt for others.
            ProtocolError: it neither follows the deal before nor is that one again.
        """
        config = self.acquaintance.config
        link = next((one for one in config.own_links if one.name == request.link), None)
        if link is None or caller != link.ends[0] or caller == self.acquaintance.name:
            raise RefusedError(f"{caller} does not deal for {request.link}", code="not-your-link")
        if any(d.sender not in link.ends or len(d.material) % BLOCK_BYTES for d in request.dealt):
            raise RefusedError("a deal is for the ends of its link, in blocks", code="bad-message")
        if link.name in self._failed:
            raise RefusedError(f"{link.name} is out of use", code="link-failed")

        async def work(ledger: Ledger) -> None:
            for one in request.dealt:
                end = await ledger.next_block(link.name, one.sender)
                piece = Piece(first=one.first, material=one.material)
                if one.first == end:
                    await ledger.put(link.name, one.sender, piece)
                elif one.first + piece.count != end:
                    msg = (
                        f"a deal for {link.name} begins with block {one.first}, {end} are known: "
                        "a store was put back without a new epoch"
                    )
                    raise ProtocolError(msg)
            await self.acquaintance.demand_unchanged(ledger, caller, request)

        await self.store.transaction(work)
        self.faults.point("kms.deal.after-intake")
        return Done()


def _shares(stocks: Mapping[KmeId, int], due: int, *, most: int) -> dict[KmeId, int]:
    """Blocks for each end: such that both have equally many, and none more than `most`."""
    (low, low_stock), (high, high_stock) = sorted(stocks.items(), key=lambda one: (one[1], one[0]))
    first = min(due, high_stock - low_stock)
    rest = due - first
    shares = {
        low: min(first + rest - rest // 2, max(most - low_stock, 0)),
        high: min(rest // 2, max(most - high_stock, 0)),
    }
    return {end: count for end, count in shares.items() if count}
