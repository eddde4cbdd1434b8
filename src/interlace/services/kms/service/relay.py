"""Keys from the entity of a master to the entity of a slave, hop by hop over trusted nodes.

The origin draws keys, and each hop encrypts them by a one-time pad of link key. Three rules hold
whatever fails:

1. Blocks are taken out of the sender's store in the transaction that puts the ciphertext into its
   outbox; only then the ciphertext may leave, and the same one is sent until it is answered.
2. The receiver takes its copy of the blocks out in the transaction that takes the keys in. What
   arrives twice finds its transfer known, and changes nothing.
3. Only the target decides. The origin's copies are pending until the target says, itself and not
   through the relays, that it has the transfer, or that it never will. Then they become available,
   or void.

So an entity may end at any moment: what it had committed goes on when it starts again. What cannot
go on (a restored relay, a link that is gone) is settled after a while: keys void at the origin,
blocks burnt at both ends, and the audit says so.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from interlace.errors import ProtocolError
from interlace.platform import AuditEvent, Clock
from interlace.services.kms.model.keys import KmeId, LinkId
from interlace.services.kms.model.peering import (
    BLOCK_BYTES,
    Confirm,
    Done,
    Envelope,
    RelayReply,
    Settle,
    SettleReply,
    TransferId,
    Verdict,
)
from interlace.services.kms.model.transfers import (
    OutboxItem,
    TransferRow,
)
from interlace.services.kms.ports.links import FaultPoints, Ledger, LinkStore
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.pads import padded
from interlace.services.kms.service.refilling import Want
from interlace.services.kms.service.transfer_rows import burn_of, new_keys, row_of, told
from interlace.services.kms.service.transitions import TransferEvent, transfer_step
from interlace.units import Seconds

__all__ = ["Draft", "Relay", "RelayTimes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayTimes:
    """How long what is on its way may take.

    Attributes:
        settle_s: after which the origin asks the target.
        give_up_s: after which a hop gives an envelope up; more than `settle_s`.
    """

    settle_s: Seconds = 15.0
    give_up_s: Seconds = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A transfer before it begins.

    Attributes:
        transfer: its ID.
        want: keys of which pair, and how many.
        path: from this entity to the slave's.
    """

    transfer: TransferId
    want: Want
    path: tuple[KmeId, ...]


@dataclass(slots=True)
class Relay:
    """Transfers that begin at one entity, and what it has to send on.

    Args:
        acquaintance: this entity and the others.
        store: of links and transfers.
        clock: the time.
        faults: named points.
        times: how long things may take.
        unusable: links that carry nothing at the moment; somebody else keeps it.
    """

    acquaintance: Acquaintance
    store: LinkStore
    clock: Clock
    faults: FaultPoints
    times: RelayTimes
    unusable: set[LinkId]

    # ------------------------------------------------------------------------------- origin

    async def originate(self, drafts: Sequence[Draft]) -> tuple[TransferId, ...]:
        """Draw keys and put them on their way, all in one transaction.

        Returns:
            The transfers that began; for the others the first link has too little key.
        """
        now, me = self.clock.now_us(), self.acquaintance.name
        expires_us = now + round(self.acquaintance.config.limits.max_age_s * 1e6)
        drawn = [(draft, os.urandom(draft.want.count * BLOCK_BYTES)) for draft in drafts]

        async def work(ledger: Ledger) -> list[TransferId]:
            begun: list[TransferId] = []
            for draft, keys in drawn:  # whole or not at all: what was drawn for nothing is dropped
                link = self.acquaintance.link_to(draft.path[1])
                if link is None or link in self.unusable:
                    continue
                pad = await ledger.spend(link, me, draft.want.count + 1)
                if pad is None:
                    continue
                bare = self._envelope(draft, expires_us)
                envelope = padded(bare, keys, pad)
                row = row_of(bare, "origin", other=draft.path[-1], now_us=now)
                await ledger.begin_transfer(row)
                await ledger.add_keys(new_keys(row, "master", keys), "pending")
                await ledger.enqueue(draft.path[1], envelope, now_us=now)
                ledger.tell(told("transfer-begun", row, path=" ".join(draft.path)))
                begun.append(draft.transfer)
            return begun

        begun = await self.store.transaction(work)
        self.faults.point("kms.relay.after-origin")
        return tuple(begun)

    async def make_at_home(self, want: Want) -> None:
        """Keys for a pair whose two SAEs this entity serves: nothing is sent."""
        keys = os.urandom(want.count * BLOCK_BYTES)
        now = self.clock.now_us()
        row = TransferRow(
            transfer=str(uuid.uuid4()),
            role="origin",
            state="done",
            other=self.acquaintance.name,
            pair=want.pair,
            key_ids=tuple(str(uuid.uuid4()) for _ in range(want.count)),
            changed_us=now,
            expires_us=now + round(self.acquaintance.config.limits.max_age_s * 1e6),
        )

        async def work(ledger: Ledger) -> None:
            await ledger.add_keys(new_keys(row, "master", keys), "available")
            await ledger.add_keys(new_keys(row, "slave", keys), "available")

        await self.store.transaction(work)

    def _envelope(self, draft: Draft, expires_us: int) -> Envelope:
        return Envelope(
            transfer=draft.transfer,
            master=draft.want.pair.master,
            slave=draft.want.pair.slave,
            path=draft.path,
            origin_epoch=self.acquaintance.epoch,
            target_epoch=self.acquaintance.epoch_of(draft.path[-1]),
            expires_us=expires_us,
            key_ids=b"".join(uuid.uuid4().bytes for _ in range(draft.want.count)),
            hop=1,
            pad=(),
            ciphertext=b"",
            tag=b"",
        )

    async def on_confirm(self, caller: KmeId, request: Confirm) -> Done:
        """The target has transfers that began here: their keys become available."""
        self.faults.point("kms.ack.before-activate")
        await self._resolve(caller, dict.fromkeys(request.transfers, True))
        return Done()

    async def overdue(self) -> Mapping[KmeId, tuple[TransferId, ...]]:
        """Transfers that began here and of which nothing was heard for long, by target."""
        before_us = self.clock.now_us() - round(self.times.settle_s * 1e6)
        found: dict[KmeId, list[TransferId]] = {}
        for row in await self.store.waiting(before_us=before_us, most=1000):
            found.setdefault(row.other, []).append(row.transfer)
        return {target: tuple(transfers) for target, transfers in found.items()}

    async def settled(self, target: KmeId, request: Settle, reply: SettleReply) -> None:
        """The target has said what became of transfers."""
        if len(reply.taken) != len(request.transfers):
            raise ProtocolError(f"{target} settled other transfers than it was asked for")
        await self._resolve(target, dict(zip(request.transfers, reply.taken, strict=True)))

    async def _resolve(self, target: KmeId, taken: Mapping[TransferId, bool]) -> None:
        now = self.clock.now_us()

        async def work(ledger: Ledger) -> None:
            for transfer, is_taken in taken.items():
                row = await ledger.transfer(transfer)
                if row is None or row.role != "origin" or row.other != target:
                    continue  # forgotten, restored since, or none of the caller's
                event: TransferEvent = "confirmed" if is_taken else "denied"
                state, effects = transfer_step("origin", row.state, event)
                if state != row.state:
                    await ledger.move_transfer(row, state, now_us=now)
                if "activate" in effects:
                    await ledger.activate_keys(row.key_ids, "master")
                if "void" in effects:
                    await ledger.void_keys(row.key_ids, "master", reason="lost on the way")
                    ledger.tell(told("transfer-lost", row))

        await self.store.transaction(work)

    # ------------------------------------------------------------------------------- sender

    async def outgoing(self, peer: KmeId, *, most: int, after: int) -> Sequence[OutboxItem]:
        """What a neighbour is to be sent now; nothing while the link is unusable."""
        link = self.acquaintance.link_to(peer)
        if link is None or link in self.unusable:
            return ()
        queued = await self.store.queued(peer, most=most, after=after)
        old_us = self.clock.now_us() - round(self.times.give_up_s * 1e6)
        if any(one.queued_us < old_us and isinstance(one.item, Envelope) for one in queued):
            await self._give_up(queued, old_us)
            queued = await self.store.queued(peer, most=most, after=after)
        return queued

    async def answered(self, peer: KmeId, items: Sequence[OutboxItem], reply: RelayReply) -> int:
        """A neighbour has said what became of items; how many are out of the way now."""
        if len(reply.verdicts) != len(items):
            raise ProtocolError(f"{peer} answered for other items than it was sent")
        events: dict[Verdict, TransferEvent] = {"accepted": "accepted", "refused": "refused"}
        pairs = zip(items, reply.verdicts, strict=True)
        found = list[tuple[OutboxItem, TransferEvent]]()
        for one, verdict in pairs:
            if verdict in events:
                found.append((one, events[verdict]))
        await self._step_queued(found)
        return len(found)

    async def _give_up(self, items: Sequence[OutboxItem], old_us: int) -> None:
        await self._step_queued([(one, "aged") for one in items if one.queued_us < old_us])

    async def _step_queued(self, found: Sequence[tuple[OutboxItem, TransferEvent]]) -> None:
        now = self.clock.now_us()

        async def work(ledger: Ledger) -> None:
            dropped: list[int] = []
            for one, event in found:
                state = "sending" if isinstance(one.item, Envelope) else "burning"
                _, effects = transfer_step("outbox", state, event)
                if "drop" in effects:
                    dropped.append(one.seq)
                if "burn" in effects and isinstance(one.item, Envelope):
                    await ledger.replace_queued(one.seq, burn_of(one.item), now_us=now)
                    detail = {"to": one.peer, "why": event}
                    subject = one.item.transfer
                    ledger.tell(
                        AuditEvent(
                            actor="kms", event="transfer-given-up", subject=subject, detail=detail
                        )
                    )
            await ledger.drop_queued(dropped)

        if found:
            await self.store.transaction(work)
