"""Copies of a store that may be put back, and never give out a key twice.

A copy is marked as one before it gets its name. The first start on it finds the mark, raises the
epoch and voids all material (`interlace.platform.epoch`): so nothing that was handed out after the
copy was made comes back. Neither the epoch file nor the key-encryption key is in a copy.

SQLite is copied while it is in use, by its own means. PostgreSQL is dumped by `pg_dump` of its
client programs, which must be installed, and put back by its administrator:

    psql --set ON_ERROR_STOP=1 --single-transaction --file COPY postgresql://...
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

from interlace.errors import SpecError
from interlace.platform.failures import StoreFailedError, StoreUnavailableError
from interlace.platform.private_files import sync_folder
from interlace.platform.sealing import Secret, fits_kek
from interlace.platform.sqlite_store import connect_sqlite, why_sqlite_failed
from interlace.platform.statements import load_statements

__all__ = ["back_up_postgres", "back_up_sqlite", "restore_sqlite"]

_SQL = load_statements("interlace.platform", "schema/epoch.sql")
_OPTION = "password="
_ERROR = "pg_dump: error: "


async def back_up_sqlite(store_path: str, copy_path: str) -> None:
    """Copy a store that may be in use: whole, on the disk, readable by its owner alone.

    Raises:
        SpecError: there is no such store, or the copy is there already or cannot be written.
        StoreFailedError: the store or the copy is damaged.
    """
    _demand_new(copy_path)
    _demand_file(store_path)
    await asyncio.to_thread(_copy, store_path, copy_path, None)


async def restore_sqlite(copy_path: str, store_path: str, kek: Secret) -> None:
    """Put a copy in the place of a store that nobody uses.

    The next start finds the mark and raises the epoch.

    Args:
        copy_path: of the copy.
        store_path: where the store belongs.
        kek: the service's key-encryption key: a copy that was made with another is not its own.

    Raises:
        SpecError: there is no such copy, it is another's, or a store is there already: move it
            away first.
        StoreFailedError: the copy is damaged.
    """
    _demand_file(copy_path)
    for suffix in ("", "-wal", "-shm"):
        _demand_new(store_path + suffix)
    await asyncio.to_thread(_copy, copy_path, store_path, kek)


def _copy(source_path: str, target_path: str, kek: Secret | None) -> None:
    temporary = f"{target_path}.{os.getpid()}.part"
    try:
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with (
            contextlib.closing(sqlite3.connect(source_path)) as source,
            contextlib.closing(sqlite3.connect(temporary)) as target,
        ):
            source.backup(target)  # at one go: in steps, each commit would begin it anew
        with contextlib.closing(connect_sqlite(temporary)) as copy:
            if kek is not None:
                _demand_own(copy, source_path, kek)
            copy.execute(_SQL["mark_copy"].sqlite)
            copy.execute("PRAGMA journal_mode = DELETE")
        descriptor = os.open(temporary, os.O_RDWR)
        os.fsync(descriptor)
        os.close(descriptor)
        os.rename(temporary, target_path)
        sync_folder(Path(target_path).parent)
    except sqlite3.Error as error:
        is_foreign = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR
        reason = "it has no tables of a store" if is_foreign else why_sqlite_failed(error)
        raise StoreFailedError(f"{source_path} cannot be copied: {reason}") from None
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=target_path) from error
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(temporary + suffix).unlink(missing_ok=True)


def _demand_own(copy: sqlite3.Connection, path: str, kek: Secret) -> None:
    rows = copy.execute(_SQL["data_keys"].sqlite).fetchall()
    if not fits_kek(kek, [wrapped for _, _, wrapped in rows]):
        rule = (
            "was not made by this entity, or not with the key-encryption key that it has now: put "
            "back a copy of its own store"
        )
        raise SpecError(rule, file=path)


def _demand_file(path: str) -> None:
    if not os.path.isfile(path):
        raise SpecError("there is no such file", file=path)


def _demand_new(path: str) -> None:
    if os.path.lexists(path):
        raise SpecError("is there already, and is never written over: move it away", file=path)


async def back_up_postgres(url: str, copy_path: str, *, schema: str) -> None:
    """Dump a store's schema as SQL that ends by marking itself as a copy.

    Args:
        url: of the database; a password in it goes to `pg_dump` by its environment.
        copy_path: a new file.
        schema: the store's.

    Raises:
        SpecError: `pg_dump` is not installed, or the copy is there already or cannot be written.
        StoreUnavailableError: `pg_dump` failed.
    """
    _demand_new(copy_path)
    temporary = f"{copy_path}.{os.getpid()}.part"
    plain, environment = _without_password(url)
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        try:
            await _dump(plain, environment, schema, descriptor)
            mark = f'\nUPDATE "{schema}".epoch SET is_copy = 1;\n'
            os.lseek(descriptor, 0, os.SEEK_END)
            os.write(descriptor, mark.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.rename(temporary, copy_path)
        sync_folder(Path(copy_path).parent)
    except OSError as error:
        raise SpecError(f"cannot be written: {error.strerror}", file=copy_path) from error
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


async def _dump(url: str, environment: dict[str, str], schema: str, descriptor: int) -> None:
    command = ["pg_dump", "--no-password", "--no-owner", f"--schema={schema}", f"--dbname={url}"]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdout=descriptor,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )
    except FileNotFoundError as error:
        rule = "is not installed: it comes with PostgreSQL's client programs"
        raise SpecError(rule, path="pg_dump") from error
    _, told = await process.communicate()
    if process.returncode != 0:
        raise StoreUnavailableError(f"pg_dump failed: {_reason(told.decode(errors='replace'))}")


def _reason(told: str) -> str:
    """What `pg_dump` failed of: its first error; what follows are hints, and causes of causes."""
    lines = [line.strip() for line in told.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(_ERROR)]
    return (*errors, *lines, "it gave no reason")[0].removeprefix(_ERROR)


def _without_password(url: str) -> tuple[str, dict[str, str]]:
    """The URL as all may see it, and the password, which may stand in either of two places."""
    parts = urlsplit(url)
    options = parts.query.split("&") if parts.query else []
    written = [one.removeprefix(_OPTION) for one in options if one.startswith(_OPTION)]
    if parts.password is not None:
        written.insert(0, parts.password)
    if not written:
        return url, {}
    user = f"{parts.username}@" if parts.username else ""
    place = user + parts.netloc.rpartition("@")[2]
    rest = "&".join(one for one in options if not one.startswith(_OPTION))
    plain = urlunsplit(parts._replace(netloc=place, query=rest))
    return plain, {"PGPASSWORD": unquote(written[0])}
