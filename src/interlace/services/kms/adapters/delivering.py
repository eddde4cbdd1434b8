"""A delivery's transaction: read what orders ask for, allot it, take it out of the store.

Material is opened before the keys are marked as delivered: what does not open (a row that
somebody changed) becomes void instead of being delivered. A master gets the next keys in its
place; a slave, who asked for that very key, is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from interlace.platform import AuditEvent, SealError, Secret, Transaction
from interlace.services.kms.adapters.key_rows import SQL, KeyRows
from interlace.services.kms.model import (
    DeliveredKey,
    KeyId,
    Order,
    Outcome,
    Pair,
    Refusal,
    Role,
    TakeByIds,
    TakeNext,
)
from interlace.services.kms.service.allotment import Allotted, Copies, allot

__all__ = ["carry_out"]

_VOIDED_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class _Found:
    """What the transaction has read: material by role and ID, and rows that do not open."""

    pools: dict[tuple[Pair, int], list[KeyId]] = field(
        default_factory=dict[tuple[Pair, int], "list[KeyId]"]
    )
    copies: dict[KeyId, Copies] = field(default_factory=dict["KeyId", Copies])
    material: dict[tuple[Role, KeyId], Secret] = field(
        default_factory=dict[tuple["Role", "KeyId"], Secret]
    )
    damaged: list[tuple[KeyId, Role, str, str]] = field(
        default_factory=list[tuple["KeyId", "Role", str, str]]
    )


async def carry_out(
    tx: Transaction, rows: KeyRows, orders: Sequence[Order]
) -> tuple[list[Outcome], list[AuditEvent]]:
    """Carry out orders in the caller's transaction.

    Returns:
        What became of each, and the audit events, which the caller appends.
    """
    found = _Found()
    await _read_pools(tx, rows, orders, found)
    await _read_copies(tx, rows, orders, found)
    allotted = allot(orders, found.pools, found.copies)
    for role in ("master", "slave"):
        ids = _ids_of(orders, allotted, role)
        await rows.end(tx, ids, role, before="available", after="delivered")
        damaged = [row[0] for row in found.damaged if row[1] == role]
        await rows.end(tx, damaged, role, before="available", after="void")
    outcomes = [_outcome(order, what, found) for order, what in zip(orders, allotted, strict=True)]
    events = rows.damaged(found.damaged)
    events += _told(rows, orders, allotted)
    return outcomes, events


async def _read_pools(
    tx: Transaction, rows: KeyRows, orders: Sequence[Order], found: _Found
) -> None:
    wanted: dict[tuple[Pair, int], int] = {}
    for order in orders:
        if isinstance(order, TakeNext):
            place = (order.pair, order.size_bits)
            wanted[place] = wanted.get(place, 0) + order.count
    for (pair, size_bits), count in wanted.items():
        found.pools[pair, size_bits] = await _pool(tx, rows, found, pair, size_bits, count)


async def _pool(
    tx: Transaction, rows: KeyRows, found: _Found, pair: Pair, size_bits: int, count: int
) -> list[KeyId]:
    """The oldest copies that open, as many as are wanted if there are so many."""
    pool, seen, bad = list[KeyId](), 0, 0
    while len(pool) < count and bad < _VOIDED_AT_ONCE:
        most = count + 2 * bad  # twice: a pool of bad rows is read in a few rounds, not one by one
        read = await rows.next_available(tx, pair, size_bits=size_bits, count=most)
        for key_id, sealed in read[seen:]:
            if len(pool) == count:
                break
            seen += 1
            if _open(rows, found, sealed, key_id, "master", pair, size_bits):
                pool.append(key_id)
            else:
                bad += 1
        if len(read) < most:
            break
    return pool


async def _read_copies(
    tx: Transaction, rows: KeyRows, orders: Sequence[Order], found: _Found
) -> None:
    ids = {i for order in orders if isinstance(order, TakeByIds) for i in order.key_ids}
    if not ids:
        return
    now, epoch = rows.clock.now_us(), rows.vault.epoch
    slaves: dict[KeyId, set[str]] = {}
    available: dict[KeyId, Pair] = {}
    for row in await tx.rows(SQL["by_ids"], ",".join(sorted(ids))):
        key_id, role, master, slave, size_bits, state, sealed, of_epoch, _, expires_us = row
        slaves.setdefault(key_id, set()).add(slave)
        if role == "slave" and state == "available" and of_epoch == epoch and expires_us > now:
            pair = Pair(master=master, slave=slave)
            if _open(rows, found, sealed, key_id, "slave", pair, size_bits):
                available[key_id] = pair
    for key_id, names in slaves.items():
        found.copies[key_id] = Copies(slaves=frozenset(names), available_for=available.get(key_id))


def _open(
    rows: KeyRows,
    found: _Found,
    sealed: bytes,
    key_id: KeyId,
    role: Role,
    pair: Pair,
    size_bits: int,
) -> bool:
    try:
        secret = rows.opened(sealed, key_id, role, pair, size_bits=size_bits)
    except SealError:
        found.damaged.append((key_id, role, pair.master, pair.slave))
        return False
    found.material[role, key_id] = secret
    return True


def _role_of(order: Order) -> Role:
    return "master" if isinstance(order, TakeNext) else "slave"


def _ids_of(orders: Sequence[Order], allotted: Sequence[Allotted], role: Role) -> list[KeyId]:
    return [
        key_id
        for order, what in zip(orders, allotted, strict=True)
        if _role_of(order) == role and not isinstance(what, Refusal)
        for key_id in what
    ]


def _outcome(order: Order, what: Allotted, found: _Found) -> Outcome:
    if isinstance(what, Refusal):
        return what
    role = _role_of(order)
    return tuple(DeliveredKey(key_id=i, material=found.material[role, i]) for i in what)


def _told(rows: KeyRows, orders: Sequence[Order], allotted: Sequence[Allotted]) -> list[AuditEvent]:
    events: list[AuditEvent] = []
    for order, what in zip(orders, allotted, strict=True):
        if isinstance(what, Refusal):
            continue
        role = _role_of(order)
        actor = order.pair.master if role == "master" else order.pair.slave
        events.append(rows.delivered(order.pair, role, what, request=order.request, actor=actor))
    return events
