"""What an operator does with an entity's store: copy it, put a copy back, check its audit trail."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Generator

from interlace.errors import SpecError
from interlace.platform import (
    AuditTrail,
    AuditVerdict,
    EpochFile,
    SystemClock,
    back_up_postgres,
    back_up_sqlite,
    hold_folder,
    open_store,
    read_kek,
    restore_sqlite,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.app.reading import located_in_entity
from interlace.services.kms.app.rules import is_postgres
from interlace.services.kms.model import EntityConfig

__all__ = ["back_up_entity", "restore_entity", "verify_entity"]


def back_up_entity(config: EntityConfig, copy_path: str) -> None:
    """Copy an entity's store, which may be in use.

    Raises:
        SpecError: the copy is there already or cannot be written, or `pg_dump` is missing.
        StoreError: the store cannot be copied.
    """
    if is_postgres(config.store):
        asyncio.run(back_up_postgres(config.store, copy_path, schema=config.schema))
    else:
        asyncio.run(back_up_sqlite(config.store, copy_path))


def restore_entity(config: EntityConfig, copy_path: str) -> None:
    """Put a copy in the place of the store of an entity that does not run.

    The next start raises the epoch: all keys of the copy are void.

    Raises:
        SpecError: there is no such copy, another entity made it, a store is there already, or it
            is in PostgreSQL; or the key-encryption key, which tells whose it is, cannot be read.
        ServiceError: the entity runs.
        StoreError: the copy is damaged.
    """
    if is_postgres(config.store):
        rule = "is PostgreSQL: drop the schema, then run `psql --file` on the copy as its owner"
        raise SpecError(rule, value=config.schema, path="store")
    with hold_folder(config.folder), _located(config), read_kek(config.kek, os.environ) as kek:
        asyncio.run(restore_sqlite(copy_path, config.store, kek))


def verify_entity(config: EntityConfig) -> AuditVerdict:
    """Walk along the audit trail of an entity that does not run, through the head that was noted.

    Raises:
        SpecError: there is no store.
        ServiceError: the entity runs.
        StoreError: the store cannot be read.
    """
    if not is_postgres(config.store) and not os.path.isfile(config.store):
        raise SpecError("there is no store: the entity never ran", file=config.store)

    async def work() -> AuditVerdict:
        store = await open_store(config.store, MIGRATIONS, schema=config.schema)
        try:
            head = EpochFile(config.epoch_file).last_head()
            return await AuditTrail(SystemClock()).verify(store, kept=head)
        finally:
            await store.close()

    with hold_folder(config.folder), _located(config):
        return asyncio.run(work())


@contextlib.contextmanager
def _located(config: EntityConfig) -> Generator[None]:
    try:
        yield
    except SpecError as error:
        raise located_in_entity(config, error) from error.__cause__
