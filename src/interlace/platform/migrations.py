"""A room's tables, as numbered files that are applied once and never changed.

    sql/0001-keys.sql                one file for both dialects, or
    sql/0002-index.sqlite.sql        one for each
    sql/0002-index.postgres.sql

Columns are BIGINT, TEXT and BYTEA in both dialects. Each file is one transaction, which also notes
its number and SHA-256 in `schema_version`. A file that changed after it was applied, or a store
that is newer than the program, refuses to start.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources

from interlace.errors import InvariantError
from interlace.platform.failures import StoreFailedError
from interlace.platform.ports import Dialect, Store, Transaction
from interlace.platform.statements import load_statements

__all__ = ["Migration", "Migrations", "load_migrations", "migrate"]

_FILE = re.compile(r"(\d{4})-([a-z0-9-]+)(?:\.(sqlite|postgres))?\.sql")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file, in the words of both dialects."""

    number: int
    name: str
    sqlite: str
    postgres: str

    def text(self, dialect: Dialect) -> str:
        """What a database of that dialect is given."""
        return self.sqlite if dialect == "sqlite" else self.postgres

    def digest(self, dialect: Dialect) -> str:
        """SHA-256 of the text, as hex digits."""
        return hashlib.sha256(self.text(dialect).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrations:
    """A room's files: numbers 1, 2, 3, ..."""

    room: str
    steps: tuple[Migration, ...]


def load_migrations(room: str, package: str, folder: str) -> Migrations:
    """Read the migrations that come with a package.

    Args:
        room: under which name the store notes them.
        package: a package's full name.
        folder: below it; files with other names are left alone.

    Raises:
        InvariantError: none, a gap in the numbers, or a file for one dialect only.

    Example:
        >>> [
        ...     step.name
        ...     for step in load_migrations("platform", "interlace.platform", "schema").steps
        ... ]
        ['platform']
    """
    found: dict[int, dict[str, tuple[str, str]]] = {}
    for name, text in _files(package, folder):
        match = _FILE.fullmatch(name)
        if match:
            found.setdefault(int(match[1]), {})[match[3] or ""] = (match[2], text)
    if sorted(found) != list(range(1, len(found) + 1)) or not found:
        raise InvariantError(f"{package}/{folder}: migrations must be numbered 0001, 0002, ...")
    steps = tuple(_step(number, found[number], package) for number in sorted(found))
    return Migrations(room=room, steps=steps)


def _files(package: str, folder: str) -> Iterator[tuple[str, str]]:
    place = resources.files(package).joinpath(folder)
    for file in place.iterdir() if place.is_dir() else ():
        if file.name.endswith(".sql"):
            yield file.name, file.read_text(encoding="utf-8")


def _step(number: int, forms: dict[str, tuple[str, str]], package: str) -> Migration:
    sqlite, postgres = (forms.get(d, forms.get("")) for d in ("sqlite", "postgres"))
    if sqlite is None or postgres is None or sqlite[0] != postgres[0] or len(forms) > 2:
        raise InvariantError(f"{package}: migration {number:04} is missing in one dialect")
    return Migration(number=number, name=sqlite[0], sqlite=sqlite[1], postgres=postgres[1])


async def migrate(store: Store, migrations: Migrations) -> int:
    """Bring a room's tables up to the program's: one transaction a file.

    Returns:
        How many files were applied.

    Raises:
        StoreFailedError: an applied file has changed since, or the store is newer.
    """
    sql = load_statements("interlace.platform", "schema/version.sql")
    applied = 0

    async def prepare(tx: Transaction) -> None:
        await tx.rows(sql["lock_opening"])
        await tx.run(sql["create_versions"])

    await store.transaction(prepare)
    for step in migrations.steps:

        async def apply(tx: Transaction, step: Migration = step) -> int:
            await tx.rows(sql["lock_opening"])
            known = {
                int(number): str(digest)
                for number, digest in await tx.rows(sql["applied"], migrations.room)
            }
            _demand_history(known, migrations, store)
            if step.number in known:
                return 0
            await tx.script(step.text(store.dialect))
            digest = step.digest(store.dialect)
            await tx.run(sql["note"], migrations.room, step.number, step.name, digest)
            return 1

        applied += await store.transaction(apply)
    return applied


def _demand_history(known: dict[int, str], migrations: Migrations, store: Store) -> None:
    steps = {step.number: step for step in migrations.steps}
    newest = max(known, default=0)
    if newest > len(steps):
        msg = (
            f"the store {store.place} has version {newest} of the tables of {migrations.room}, "
            f"this program knows {len(steps)}: use the newer program"
        )
        raise StoreFailedError(msg)
    for number, digest in known.items():
        if steps[number].digest(store.dialect) != digest:
            msg = (
                f"migration {number:04}-{steps[number].name} of {migrations.room} has changed "
                f"since it was applied to {store.place}: put the old file back, add a new one"
            )
            raise StoreFailedError(msg)
