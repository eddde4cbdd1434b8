"""What transfers look like to the store, the audit and the next hop."""

from __future__ import annotations

import uuid

import msgspec

from interlace.errors import InvariantError
from interlace.platform import AuditEvent, Secret
from interlace.services.kms.model.keys import KeyId, KmeId, Pair, Role
from interlace.services.kms.model.orders import NewKey, subject_of
from interlace.services.kms.model.peering import Burn, Envelope
from interlace.services.kms.model.transfers import TransferRole, TransferRow, TransferState
from interlace.services.kms.service.pads import keys_of

__all__ = ["burn_of", "key_ids_of", "new_keys", "onward", "pair_of", "row_of", "told"]


def pair_of(item: Envelope) -> Pair:
    """Whose keys it carries."""
    return Pair(master=item.master, slave=item.slave)


def key_ids_of(item: Envelope) -> tuple[KeyId, ...]:
    """The IDs of the keys that it carries, in order."""
    ids = item.key_ids
    return tuple(str(uuid.UUID(bytes=ids[at : at + 16])) for at in range(0, len(ids), 16))


def onward(item: Envelope) -> Envelope:
    """The envelope of the next hop, still without a pad."""
    return msgspec.structs.replace(item, hop=item.hop + 1, pad=(), ciphertext=b"", tag=b"")


def burn_of(item: Envelope) -> Burn:
    """What takes the place of an envelope that is given up."""
    return Burn(transfer=item.transfer, sender=item.sender, receiver=item.receiver, pad=item.pad)


def row_of(
    item: Envelope,
    role: TransferRole,
    *,
    other: KmeId,
    now_us: int,
    state: TransferState = "waiting",
) -> TransferRow:
    """What is remembered of the transfer of an envelope."""
    return TransferRow(
        transfer=item.transfer,
        role=role,
        state=state,
        other=other,
        pair=pair_of(item),
        key_ids=key_ids_of(item),
        changed_us=now_us,
        expires_us=item.expires_us,
    )


def new_keys(row: TransferRow, role: Role, keys: bytes) -> list[NewKey]:
    """The copies of a transfer's keys for one end."""
    if row.pair is None:
        raise InvariantError("a transfer of keys is for no pair")
    return [
        NewKey(
            key_id=key_id,
            role=role,
            pair=row.pair,
            material=Secret(material),
            expires_us=row.expires_us,
            batch=row.transfer,
        )
        for key_id, material in zip(row.key_ids, keys_of(keys), strict=True)
    ]


def told(event: str, row: TransferRow, **detail: str) -> AuditEvent:
    """What the audit says of a transfer."""
    pair = "" if row.pair is None else subject_of(row.pair)
    known: dict[str, str | int | bool | None] = {"pair": pair, "keys": len(row.key_ids)}
    return AuditEvent(
        actor="kms", event=event, subject=row.transfer, detail={**known, "role": row.role, **detail}
    )
