"""What entities hold and tell at the end: their tables, read when they have stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import msgspec

from interlace.platform import Row, Statement, Store, Transaction, open_store, parse_statements
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.app import load_entity, verify_entity
from interlace.services.kms.model import EntityConfig
from soak.history import Copy, Role, Told

__all__ = ["fault_of_chain", "read_entity"]

_SQL = parse_statements(
    """
-- name: copies
SELECT seq, key_id, role, master, slave, size_bits, state FROM kms_key
WHERE seq > $1 ORDER BY seq LIMIT 20000;

-- name: told
SELECT seq, at_us, actor, event, subject, detail FROM audit
WHERE seq > $1 ORDER BY seq LIMIT 20000;
""",
    source="soak",
)


class _Detail(msgspec.Struct):
    role: str = ""
    keys: str = ""
    reason: str = ""


_DETAIL = msgspec.json.Decoder(_Detail)


async def read_entity(folder: str, name: str) -> tuple[list[Copy], list[Told]]:
    """The copies of keys, and the audit rows about keys, of an entity that does not run."""
    config = load_entity(folder, name)
    store = await open_store(config.store, MIGRATIONS, schema=config.schema)
    try:
        copies = [_copy(name, row) async for row in _rows(store, _SQL["copies"])]
        told = [_told(name, row) async for row in _rows(store, _SQL["told"]) if _is_of_keys(row)]
    finally:
        await store.close()
    return copies, told


def fault_of_chain(config: EntityConfig) -> str | None:
    """What is wrong with the audit trail of an entity that does not run."""
    broken = verify_entity(config).broken
    return None if broken is None else f"row {broken.seq} {broken.fault}"


async def _rows(store: Store, statement: Statement) -> AsyncIterator[Row]:
    after = 0

    async def work(tx: Transaction) -> Sequence[Row]:
        return await tx.rows(statement, after)

    while found := await store.read(work):
        for row in found:
            yield row
        after = found[-1][0]


def _is_of_keys(row: Row) -> bool:
    return row[3].startswith("keys-")


def _copy(entity: str, row: Row) -> Copy:
    _, key_id, role, master, slave, bits, state = row
    return Copy(
        entity=entity, key_id=key_id, role=role, master=master, slave=slave, bits=bits, state=state
    )


def _told(entity: str, row: Row) -> Told:
    seq, at_us, actor, event, subject, text = row
    detail = _DETAIL.decode(text)
    role: Role = "master" if detail.role == "master" else "slave"
    return Told(
        entity=entity,
        seq=seq,
        at_us=at_us,
        event=event,
        actor=actor,
        subject=subject,
        role=role,
        key_ids=tuple(detail.keys.split()),
        reason=detail.reason,
    )
