"""A store by its address, with its tables up to date."""

from __future__ import annotations

import re
from pathlib import Path

from interlace.errors import SpecError
from interlace.platform.migrations import Migrations, load_migrations, migrate
from interlace.platform.ports import Store
from interlace.platform.postgres_store import open_postgres
from interlace.platform.sqlite_store import open_sqlite

__all__ = ["open_store"]

_SCHEMA = re.compile(r"[a-z][a-z0-9_]{0,62}")
_POSTGRES = ("postgresql://", "postgres://")


async def open_store(
    address: str, *rooms: Migrations, schema: str = "interlace", connections: int = 4
) -> Store:
    """Open a store and bring the tables of the platform and of the rooms up to date.

    Args:
        address: the path of a file for SQLite, or a URL `postgresql://USER@HOST:PORT/DATABASE`.
        rooms: whose tables it holds.
        schema: PostgreSQL's name for a set of tables: several stores share a database by it.
        connections: to PostgreSQL, at least 1; SQLite has one that writes and one that reads.

    Raises:
        SpecError: the address or the schema's name is no good, or PostgreSQL refuses the user.
        StoreFailedError: the store cannot be trusted: a setting that durability needs, a damaged
            or read-only file, a changed migration, a newer schema.
        StoreUnavailableError: out of reach, or in use.
    """
    if address.startswith(_POSTGRES):
        if not _SCHEMA.fullmatch(schema):
            rule = "must be small letters, digits and _, a letter first, at most 63"
            raise SpecError(rule, value=schema, path="schema")
        store: Store = await open_postgres(address, schema=schema, connections=connections)
    elif "://" in address:
        scheme = address.partition("://")[0]
        raise SpecError("must be a path or a postgresql:// URL", value=scheme, path="store")
    else:
        if not Path(address).parent.is_dir():
            raise SpecError("the folder of the store does not exist", value=address, path="store")
        store = await open_sqlite(address)
    try:
        for migrations in (load_migrations("platform", "interlace.platform", "schema"), *rooms):
            await migrate(store, migrations)
    except BaseException:
        await store.close()
        raise
    return store
