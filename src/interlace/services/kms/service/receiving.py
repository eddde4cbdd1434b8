"""What comes in over links: keys on their way, and the question what became of them.

See `interlace.services.kms.service.relay` for the rules that hold whatever fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from interlace.errors import ProtocolError
from interlace.platform import AuditEvent, Clock
from interlace.services.kms.model.keys import KmeId, LinkId
from interlace.services.kms.model.peer_failures import RefusedError
from interlace.services.kms.model.peering import (
    BLOCK_BYTES,
    Burn,
    Envelope,
    Item,
    RelayReply,
    RelayRequest,
    Settle,
    SettleReply,
    TransferId,
    Verdict,
)
from interlace.services.kms.model.transfers import TransferRow
from interlace.services.kms.ports.links import FaultPoints, Ledger, LinkStore
from interlace.services.kms.service.acquaintance import Acquaintance
from interlace.services.kms.service.pads import padded, unpadded
from interlace.services.kms.service.transfer_rows import (
    key_ids_of,
    new_keys,
    onward,
    pair_of,
    row_of,
    told,
)
from interlace.services.kms.service.transitions import transfer_step

__all__ = ["Receiver"]


@dataclass(slots=True)
class Receiver:
    """Transfers that come to one entity, as their relay or their target.

    Args:
        acquaintance: this entity and the others.
        store: of links and transfers.
        clock: the time.
        faults: named points.
        unusable: links that carry nothing at the moment; somebody else keeps it.
        wake: told of a peer that is to be sent something.
    """

    acquaintance: Acquaintance
    store: LinkStore
    clock: Clock
    faults: FaultPoints
    unusable: set[LinkId]
    wake: Callable[[KmeId], None]
    damaged: dict[LinkId, int] = field(default_factory=dict[LinkId, int], init=False)
    confirmations: dict[KmeId, list[TransferId]] = field(
        default_factory=dict[KmeId, list[TransferId]], init=False
    )

    async def on_relay(self, caller: KmeId, request: RelayRequest) -> RelayReply:
        """A neighbour sends keys over the link to it.

        Raises:
            RefusedError: the link is none to the caller, or an item is not from it to here.
        """
        me = self.acquaintance.name
        if self.acquaintance.other_end(request.link) != caller:
            raise RefusedError(f"{request.link} is no link to {caller}", code="not-your-link")
        if any(
            (item.sender, item.receiver) != (caller, me) for item in map(_placed, request.items)
        ):
            raise RefusedError("an item is not from the caller to here", code="not-your-link")

        async def work(ledger: Ledger) -> list[Verdict]:
            taken = list[Verdict]()
            for item in request.items:
                taken.append(await self._take(ledger, request.link, item))
            await self.acquaintance.demand_unchanged(ledger, caller, request)
            return taken

        verdicts = await self.store.transaction(work)
        self.faults.point("kms.relay.after-intake")
        for item, verdict in zip(request.items, verdicts, strict=True):
            if verdict != "accepted" or not isinstance(item, Envelope):
                continue
            if item.is_at_target:
                self.confirmations.setdefault(item.path[0], []).append(item.transfer)
            self.wake(item.path[0] if item.is_at_target else item.path[item.hop + 1])
        return RelayReply(verdicts=tuple(verdicts))

    async def _take(self, ledger: Ledger, link: LinkId, item: Item) -> Verdict:
        if isinstance(item, Burn):
            blocks = await ledger.burn(link, item.sender, item.pad)
            detail = {"link": link, "blocks": blocks}
            ledger.tell(
                AuditEvent(
                    actor=item.sender, event="pad-burnt", subject=item.transfer, detail=detail
                )
            )
            return "accepted"
        known = await ledger.transfer(item.transfer)
        role = "target" if item.is_at_target else "relay"
        if known is not None:
            if known.role != role or known.other != item.path[0]:
                return "refused"
            _, effects = transfer_step(role, known.state, "arrived")
            return "refused" if "refuse" in effects else "accepted"
        unwilling = self._unwilling(item)
        if unwilling is not None:
            return unwilling
        pad = await ledger.look(link, item.sender, item.pad)
        if pad is None:  # dealt, but not here yet; or used, burnt, or never dealt
            return "wait" if await ledger.deal(link) is not None else "refused"
        try:
            keys = unpadded(item, pad)
        except ProtocolError:
            self.damaged[link] = self.damaged.get(link, 0) + 1
            return "refused"
        if role == "target":
            if await ledger.has_keys(key_ids_of(item), "slave"):
                return "refused"
            await self._keep(ledger, item, keys)
        elif not await self._pass_on(ledger, item, keys):
            return "wait"
        await ledger.burn(link, item.sender, item.pad)
        return "accepted"

    def _unwilling(self, item: Envelope) -> Verdict | None:
        """Why an envelope is not taken, apart from its pad."""
        counts = (len(item.key_ids) // 16, len(item.ciphertext) // BLOCK_BYTES)
        blocks = sum(stretch.count for stretch in item.pad)
        if len(item.key_ids) % 16 or counts[0] != counts[1] or blocks != counts[0] + 1:
            return "refused"
        if len(set(key_ids_of(item))) != counts[0] or len(set(item.path)) != len(item.path):
            return "refused"
        if item.expires_us <= self.clock.now_us():
            return "refused"
        known = self.acquaintance.epoch_of(item.path[0])
        if item.origin_epoch != known:
            return "wait" if item.origin_epoch > known else "refused"
        if not item.is_at_target:
            onward = self.acquaintance.link_to(item.path[item.hop + 1])
            if onward is None:
                return "refused"
            return "wait" if onward in self.unusable else None
        pairs = {p for p, role in self.acquaintance.shared_with(item.path[0]) if role == "slave"}
        is_ours = pair_of(item) in pairs and item.target_epoch == self.acquaintance.epoch
        return None if is_ours else "refused"

    async def _keep(self, ledger: Ledger, item: Envelope, keys: bytes) -> None:
        """The target's effect of an arrival: the keys are in the store."""
        state, _ = transfer_step("target", "unknown", "arrived")
        row = row_of(item, "target", other=item.path[0], now_us=self.clock.now_us(), state=state)
        await ledger.begin_transfer(row)
        await ledger.add_keys(new_keys(row, "slave", keys), "available")
        ledger.tell(told("transfer-taken", row))

    async def _pass_on(self, ledger: Ledger, item: Envelope, keys: bytes) -> bool:
        """A relay's effect of an arrival: encrypted anew, in the outbox. False: no link key."""
        receiver = item.path[item.hop + 1]
        link = self.acquaintance.link_to(receiver)
        if link is None:
            return False
        me, blocks = self.acquaintance.name, len(item.key_ids) // 16 + 1
        pad = await ledger.spend_reserved(item.transfer, link, me, blocks)
        pad = pad or await ledger.spend(link, me, blocks)
        if pad is None:
            return False
        state, _ = transfer_step("relay", "unknown", "arrived")
        now = self.clock.now_us()
        row = row_of(item, "relay", other=item.path[0], now_us=now, state=state)
        await ledger.begin_transfer(row)
        bare = onward(item)
        await ledger.enqueue(receiver, padded(bare, keys, pad), now_us=now)
        ledger.tell(told("transfer-passed", row, to=receiver))
        return True

    async def on_settle(self, caller: KmeId, request: Settle) -> SettleReply:
        """The origin asks what became of transfers; what is not here will not be taken in later.

        A transfer that is here as somebody else's is none of the caller's, and never will be.
        """
        now = self.clock.now_us()

        async def work(ledger: Ledger) -> list[bool]:
            taken: list[bool] = []
            for transfer in request.transfers:
                row = await ledger.transfer(transfer)
                if row is not None and (row.role, row.other) != ("target", caller):
                    taken.append(False)
                    continue
                state, _ = transfer_step("target", row.state if row else "unknown", "asked")
                if row is None:
                    await ledger.begin_transfer(self._denied(transfer, caller, now_us=now))
                taken.append(state == "taken")
            return taken

        taken = await self.store.transaction(work)
        self.faults.point("kms.settle.before-reply")
        return SettleReply(taken=tuple(taken))

    def _denied(self, transfer: TransferId, caller: KmeId, *, now_us: int) -> TransferRow:
        return TransferRow(
            transfer=transfer,
            role="target",
            state="denied",
            other=caller,
            pair=None,
            key_ids=(),
            changed_us=now_us,
            expires_us=now_us + round(self.acquaintance.config.limits.max_age_s * 1e6),
        )


def _placed(item: Item) -> Item:
    """An item whose place in its path can be asked for.

    Raises:
        RefusedError: it has none.
    """
    if isinstance(item, Envelope) and item.hop >= len(item.path):
        raise RefusedError("an envelope is beyond its path", code="bad-message")
    return item
