"""The two transactions that make keys of another size, of the same parts at both ends.

The master's entity has reserved the parts. The slave's entity binds first, then the master's
finishes and delivers; if it never does, the slave's keys expire, and both audits say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from interlace.platform import AuditEvent, Row, SealError, Secret, Transaction
from interlace.services.kms.adapters.key_rows import SQL, KeyRows
from interlace.services.kms.model import (
    AssembledKey,
    Assembly,
    DeliveredKey,
    KeyId,
    NewKey,
    Outcome,
    Pair,
    Refusal,
    Role,
)

__all__ = ["bind", "finish"]

_BY_IDS = SQL["by_ids"]


async def bind(tx: Transaction, rows: KeyRows, assembly: Assembly) -> tuple[bool, list[AuditEvent]]:
    """Make the slave's copies in the caller's transaction: whether they are there, and events."""
    made = await tx.rows(_BY_IDS, ",".join(key.key_id for key in assembly.keys))
    if any(row[1] == "slave" for row in made):
        return _is_same(made, assembly), []
    parts = await tx.rows(_BY_IDS, ",".join(assembly.part_ids))
    material, damaged = _available(rows, parts, assembly)
    if damaged:
        return False, await _voided(tx, rows, assembly, "slave", damaged)
    if not _are_enough(material, assembly):
        return False, []
    keys = _new_keys(assembly, "slave", material)
    await rows.end(tx, assembly.part_ids, "slave", before="available", after="void")
    events = await rows.add(tx, keys, "available")
    return True, [*_used(rows, assembly, "slave"), *events]


async def finish(
    tx: Transaction, rows: KeyRows, assembly: Assembly, *, request: str
) -> tuple[Outcome, list[AuditEvent]]:
    """Deliver to the master in the caller's transaction: the outcome, and events."""
    pair, material, damaged = assembly.pair, dict[KeyId, Secret](), list[KeyId]()
    for key_id, sealed, size in await tx.rows(SQL["reserved"], assembly.assembly_id):
        try:
            material[key_id] = rows.opened(sealed, key_id, "master", pair, size_bits=size)
        except SealError:
            damaged.append(key_id)
    if damaged:
        events = await _voided(tx, rows, assembly, "master", damaged)
        return Refusal(reason="insufficient"), events
    if not _are_enough(material, assembly):
        return Refusal(reason="insufficient"), []
    keys = _new_keys(assembly, "master", material)
    ids = [key.key_id for key in keys]
    await rows.end(tx, assembly.part_ids, "master", before="reserved", after="void")
    await rows.add(tx, keys, "available")
    await rows.end(tx, ids, "master", before="available", after="delivered")
    told = rows.delivered(pair, "master", ids, request=request, actor=pair.master)
    outcome = tuple(DeliveredKey(key_id=key.key_id, material=key.material) for key in keys)
    return outcome, [*_used(rows, assembly, "master"), told]


def _is_same(made: Sequence[Row], assembly: Assembly) -> bool:
    """Whether the keys are there by the same assembly: then the question came twice."""
    by_us = [row for row in made if row[1] == "slave" and row[8] == assembly.assembly_id]
    pair = (assembly.pair.master, assembly.pair.slave, assembly.size_bits)
    return len(by_us) == len(assembly.keys) and all(
        (row[2], row[3], row[4]) == pair and row[5] == "available" for row in by_us
    )


def _available(
    rows: KeyRows, parts: Sequence[Row], assembly: Assembly
) -> tuple[dict[KeyId, Secret], list[KeyId]]:
    """Material of the parts that are available to the pair's slave, and parts that do not open."""
    now, epoch = rows.clock.now_us(), rows.vault.epoch
    material, damaged = dict[KeyId, Secret](), list[KeyId]()
    for row in parts:
        key_id, role, master, slave, size, state, sealed, of_epoch, _, expires_us = row
        pair = Pair(master=master, slave=slave)
        is_alive = state == "available" and of_epoch == epoch and expires_us > now
        if role == "slave" and pair == assembly.pair and is_alive:
            try:
                material[key_id] = rows.opened(sealed, key_id, "slave", pair, size_bits=size)
            except SealError:
                damaged.append(key_id)
    return material, damaged


async def _voided(
    tx: Transaction, rows: KeyRows, assembly: Assembly, role: Role, damaged: Sequence[KeyId]
) -> list[AuditEvent]:
    """Void parts that somebody changed in the store."""
    before: Literal["available", "reserved"] = "reserved" if role == "master" else "available"
    await rows.end(tx, damaged, role, before=before, after="void")
    pair = assembly.pair
    return rows.damaged((key_id, role, pair.master, pair.slave) for key_id in damaged)


def _are_enough(material: Mapping[KeyId, Secret], assembly: Assembly) -> bool:
    ids = assembly.part_ids
    return (
        len(set(ids)) == len(ids)
        and set(ids) == set(material)
        and all(
            8 * sum(len(material[part]) for part in key.parts) >= assembly.size_bits
            for key in assembly.keys
        )
    )


def _new_keys(assembly: Assembly, role: Role, material: Mapping[KeyId, Secret]) -> list[NewKey]:
    return [
        NewKey(
            key_id=key.key_id,
            role=role,
            pair=assembly.pair,
            material=_joined(key, material, assembly.size_bits),
            expires_us=assembly.expires_us,
            batch=assembly.assembly_id,
        )
        for key in assembly.keys
    ]


def _joined(key: AssembledKey, material: Mapping[KeyId, Secret], size_bits: int) -> Secret:
    joined = bytearray()
    for part in key.parts:
        joined += material[part].reveal()
    return Secret(joined[: size_bits // 8])


def _used(rows: KeyRows, assembly: Assembly, role: Role) -> list[AuditEvent]:
    used = [(i, role, assembly.pair.master, assembly.pair.slave) for i in assembly.part_ids]
    return rows.events("keys-void", used, reason="assembled", assembly=assembly.assembly_id)
