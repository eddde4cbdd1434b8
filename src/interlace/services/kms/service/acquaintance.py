"""Which epoch the others are of, and what follows when one of them was restored.

A restored entity does not know which blocks it has used, so none of its link key may be used again,
by either end; and the keys that it shared are void in its store, so they must be void in the
others' too. Its epoch says that it was restored: an entity that sees a higher one drops all that it
shares with it, in one transaction, before it does anything else with it.

Each request says both epochs. Who is asked in a wrong belief does nothing and answers with the
right one. An epoch lower than one that was seen before means that a store and its epoch file were
both put back: that entity must stop, for only the others can know it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from interlace.platform import AuditEvent, Clock
from interlace.services.kms.model.configuration import EntityConfig
from interlace.services.kms.model.keys import KmeId, LinkId, Pair, Role
from interlace.services.kms.model.peer_failures import (
    RefusedError,
    RolledBackError,
    StaleEpochError,
)
from interlace.services.kms.model.peering import Request
from interlace.services.kms.ports.links import Ledger, LinkStore

__all__ = ["Acquaintance"]


@dataclass(slots=True)
class Acquaintance:
    """What an entity knows of itself and of the others.

    Args:
        config: of the entity.
        epoch: of its store.
        store: where epochs of others are kept.
        clock: the time.
    """

    config: EntityConfig
    epoch: int
    store: LinkStore
    clock: Clock
    rolled_back: RolledBackError | None = field(default=None, init=False)
    _epochs: dict[KmeId, int] = field(default_factory=dict[KmeId, int], init=False)

    async def load(self) -> None:
        """Read what the store knows; once, before anything else."""

        async def work(ledger: Ledger) -> dict[KmeId, int]:
            return dict(await ledger.epochs())

        self._epochs = await self.store.transaction(work)

    @property
    def name(self) -> KmeId:
        """Of this entity."""
        return self.config.name

    def epoch_of(self, peer: KmeId) -> int:
        """0 if it is not known."""
        return self._epochs.get(peer, 0)

    def other_end(self, link: LinkId) -> KmeId | None:
        """Of a link of this entity; `None` if it has no such one."""
        for one in self.config.own_links:
            if one.name == link:
                return one.ends[1] if one.ends[0] == self.name else one.ends[0]
        return None

    def link_to(self, peer: KmeId) -> LinkId | None:
        """The link to a neighbour; `None` if it is none."""
        own = self.config.own_links
        return next((one.name for one in own if peer in one.ends and peer != self.name), None)

    def shared_with(self, peer: KmeId) -> tuple[tuple[Pair, Role], ...]:
        """Pairs that this entity keeps keys of together with another, and its role in them."""
        kme = {sae.name: sae.kme for sae in self.config.saes}
        masters: list[tuple[Pair, Role]] = [
            (pair, "master")
            for pair in self.config.permits
            if kme.get(pair.master) == self.name and kme.get(pair.slave) == peer
        ]
        slaves: list[tuple[Pair, Role]] = [
            (pair, "slave")
            for pair in self.config.permits
            if kme.get(pair.slave) == self.name and kme.get(pair.master) == peer
        ]
        return (*masters, *slaves)

    async def admit(self, caller: KmeId, request: Request) -> None:
        """Check what a request believes, and learn from it.

        Raises:
            RefusedError: nobody of the network has that name.
            StaleEpochError: it believes wrong.
        """
        if self.config.url_of(caller) is None:
            raise RefusedError(f"{caller} is no entity of this network", code="unknown-entity")
        if request.epoch > self.epoch_of(caller):
            await self._note(caller, request.epoch)
        if request.peer_epoch > self.epoch:
            self._roll_back(caller, request.peer_epoch)
        if request.epoch < self.epoch_of(caller) or request.peer_epoch != self.epoch:
            raise StaleEpochError(self.epoch, self.epoch_of(caller))

    async def demand_unchanged(self, ledger: Ledger, caller: KmeId, request: Request) -> None:
        """At the end of a transaction that took link key in: the caller was not restored meanwhile.

        Raises:
            StaleEpochError: it was, and what it sent is void.
        """
        known = (await ledger.epochs()).get(caller, 0)
        if known != request.epoch:
            raise StaleEpochError(self.epoch, known)

    async def learn(self, peer: KmeId, stale: StaleEpochError) -> None:
        """Take in that a peer refused a request for the epochs that it named.

        Raises:
            RolledBackError: the peer has seen a higher epoch of this entity.
        """
        if stale.peer_epoch > self.epoch:
            raise self._roll_back(peer, stale.peer_epoch)
        if stale.epoch > self.epoch_of(peer):
            await self._note(peer, stale.epoch)

    def _roll_back(self, peer: KmeId, known: int) -> RolledBackError:
        """Keep the highest epoch that can be believed; else that one entity is wrong."""
        error = RolledBackError(
            peer,
            entity=self.name,
            known=known,
            epoch=self.epoch,
            second=self.clock.now_us() // 1_000_000,
            epoch_file=self.config.epoch_file,
        )
        before = self.rolled_back
        is_higher = before is None or not before.is_believed or known > before.known
        if before is None or (error.is_believed and is_higher):
            self.rolled_back = before = error
        return before

    async def _note(self, peer: KmeId, epoch: int) -> None:
        link = self.link_to(peer)

        async def work(ledger: Ledger) -> int:
            known = (await ledger.epochs()).get(peer, 0)
            if epoch <= known:
                return known
            await ledger.note_epoch(peer, epoch)
            if not known:
                return epoch
            blocks = 0 if link is None else await ledger.reset_link(link, peer)
            for pair, role in self.shared_with(peer):
                await ledger.void_pair(pair, role, reason=f"{peer} was restored")
            detail = {"epoch": epoch, "before": known, "blocks": blocks}
            ledger.tell(
                AuditEvent(actor=peer, event="peer-restored", subject=self.name, detail=detail)
            )
            return epoch

        self._epochs[peer] = await self.store.transaction(work)
