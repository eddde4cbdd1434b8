"""The store on SQLite: one thread writes, one reads.

Transactions wait in the writer's queue and are carried out one after the other, so they are
isolated without any lock. Each is one hop to the thread and back: its `async` function is driven
there to its end, for its statements never wait.

Durable means: WAL with `synchronous=FULL`, so a commit returns when the log is on the disk.
`secure_delete` overwrites what is deleted. All settings are read back; none is taken on trust.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import os
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, TypeVar

from interlace.errors import InvariantError
from interlace.platform.failures import (
    ConstraintError,
    StoreError,
    StoreFailedError,
    StoreUnavailableError,
)
from interlace.platform.first_failure import FirstFailure
from interlace.platform.ports import Dialect, Row, Value, Work
from interlace.platform.statements import Statement

__all__ = ["SqliteStore", "connect_sqlite", "open_sqlite", "why_sqlite_failed"]

T = TypeVar("T")

_OLDEST = (3, 35, 0)  # RETURNING
_BUSY_MS = 5000
_SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "fullfsync": 1,  # macOS alone knows more than one way to sync
    "foreign_keys": 1,
    "secure_delete": 1,
}
_FAILURES = {
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "the file may not be written",
    sqlite3.SQLITE_IOERR: "the disk reports an error",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a backup",
    sqlite3.SQLITE_NOTADB: "the file is no SQLite database",
    sqlite3.SQLITE_CANTOPEN: "the file cannot be opened",
    sqlite3.SQLITE_PERM: "the file may not be used",
}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class SqliteStore:
    """A store in one file. `open_store` makes it."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._is_closed = False
        self._failure = FirstFailure()
        self._writer = _Worker(path, begin="BEGIN IMMEDIATE")
        self._reader = _Worker(path, begin="BEGIN")

    @property
    def dialect(self) -> Dialect:
        """SQLite's."""
        return "sqlite"

    @property
    def place(self) -> str:
        """The file."""
        return self._path

    async def transaction(self, work: Work[T]) -> T:
        """Carry work out as one durable transaction; see the port."""
        return await self._on(self._writer, work)

    async def read(self, work: Work[T]) -> T:
        """Carry work out on one unchanging picture of the store; see the port."""
        return await self._on(self._reader, work)

    async def failed(self) -> StoreFailedError:
        """Wait until the store fails, if ever, and say how."""
        return await self._failure.heard()

    async def close(self) -> None:
        """Finish what is under way and close the file."""
        self._is_closed = True
        await self._reader.close()
        await self._writer.close()

    async def _on(self, worker: _Worker, work: Work[T]) -> T:
        self._failure.refuse()
        if self._is_closed:
            raise StoreUnavailableError(f"the store {self._path} is closed")
        future = worker.carry_out(work)
        future.add_done_callback(self._failure.note)
        return await asyncio.shield(future)  # whether it failed counts without its caller, too


async def open_sqlite(path: str) -> SqliteStore:
    """Open the store in a file, which is made if it is missing: readable by its owner alone.

    Raises:
        StoreFailedError: no database, damaged, not to be written, or a setting that durability
            needs does not hold.
        StoreUnavailableError: another process holds it.
    """
    if sqlite3.sqlite_version_info < _OLDEST:
        needed = ".".join(map(str, _OLDEST))
        msg = f"SQLite {sqlite3.sqlite_version} is too old: needs {needed} or later"
        raise StoreFailedError(msg)
    with _told(path):
        with contextlib.suppress(FileExistsError):
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        if not os.access(path, os.R_OK | os.W_OK):
            raise StoreFailedError(f"the store {path} failed: the file may not be written")
    store = SqliteStore(path)
    try:
        await store.transaction(_probe)
        await store.read(_probe)
    except BaseException:
        await store.close()
        raise
    return store


async def _probe(tx: object) -> None:
    """Nothing: the connection opens, checks its settings and takes its locks."""


def connect_sqlite(path: str, *, is_checked: bool = False) -> sqlite3.Connection:
    """A connection with every setting that durability needs, read back.

    Args:
        path: of the file.
        is_checked: the file was found sound before; otherwise it is walked through.

    Raises:
        StoreFailedError: a setting does not hold, or the file is damaged.
        sqlite3.Error: whatever else.
    """
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    try:
        _demand_sound(connection, path, is_checked=is_checked)
    except BaseException:
        connection.close()
        raise
    return connection


def _demand_sound(connection: sqlite3.Connection, path: str, *, is_checked: bool) -> None:
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    for name, needed in _SETTINGS.items():
        connection.execute(f"PRAGMA {name} = {needed}")
        found = connection.execute(f"PRAGMA {name}").fetchone()[0]
        if found != needed:
            msg = f"the store {path} failed: {name} is {found}, durability needs {needed}"
            raise StoreFailedError(msg)
    if not is_checked and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise StoreFailedError(f"the store {path} failed: the file is damaged: restore a backup")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    run: Callable[[], Any]
    future: asyncio.Future[Any]
    loop: asyncio.AbstractEventLoop


class _Worker:
    """A thread with a connection of its own, which carries out one transaction after another."""

    def __init__(self, path: str, *, begin: str) -> None:
        self._path = path
        self._begin = begin
        self._connection: sqlite3.Connection | None = None
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=f"sqlite {begin}", daemon=True)
        self._thread.start()

    def carry_out(self, work: Work[T]) -> asyncio.Future[T]:
        """Queue a transaction."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        context = contextvars.copy_context()
        self._jobs.put(
            _Job(run=lambda: context.run(self._transact, work), future=future, loop=loop)
        )
        return future

    async def close(self) -> None:
        """Do what is queued, then end."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            try:
                result, error = job.run(), None
            except BaseException as raised:  # noqa: BLE001 - it is raised where it is awaited
                result, error = None, raised
            with contextlib.suppress(RuntimeError):  # the loop has ended, and nobody waits
                job.loop.call_soon_threadsafe(_settle, job.future, result, error)
            del job, result, error  # the next job may be long in coming
        if self._connection is not None:
            self._connection.close()

    def _transact(self, work: Work[T]) -> T:
        with _told(self._path):
            if self._connection is None:
                is_reader = self._begin == "BEGIN"
                self._connection = connect_sqlite(self._path, is_checked=is_reader)
                if is_reader:
                    self._connection.execute("PRAGMA query_only = on")
            connection = self._connection
            connection.execute(self._begin)
        try:
            tx = _SqliteTransaction(connection, self._path)
            result = _driven(work, tx)
            with _told(self._path):
                connection.execute("COMMIT")
                for done in tx.committed:
                    done()
        except BaseException:
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            raise
        return result


def _settle(future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
    if future.cancelled():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _driven(work: Work[T], tx: _SqliteTransaction) -> T:
    coroutine = work(tx)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise InvariantError("a transaction awaited something else than its own statements")


@dataclass(frozen=True, slots=True)
class _SqliteTransaction:
    connection: sqlite3.Connection
    path: str
    dialect: Dialect = "sqlite"
    committed: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def at_commit(self, done: Callable[[], None]) -> None:
        self.committed.append(done)

    async def rows(self, statement: Statement, *values: Value) -> Sequence[Row]:
        with _told(self.path, statement.name):
            return self.connection.execute(statement.sqlite, values).fetchall()

    async def run(self, statement: Statement, *values: Value) -> int:
        with _told(self.path, statement.name):
            return max(self.connection.execute(statement.sqlite, values).rowcount, 0)

    async def run_many(self, statement: Statement, rows: Iterable[Sequence[Value]]) -> None:
        with _told(self.path, statement.name):
            self.connection.executemany(statement.sqlite, rows)

    async def script(self, text: str) -> None:
        pending = ""
        with _told(self.path, "script"):
            for part in text.split(";"):
                pending += f"{part};"
                if sqlite3.complete_statement(pending):
                    self.connection.execute(pending)
                    pending = ""
            self.connection.execute(pending)  # what has no end is refused; a comment is nothing


@contextlib.contextmanager
def _told(path: str, statement: str = "") -> Generator[None]:
    """Say what the driver says in the platform's words, without any value."""
    try:
        yield
    except sqlite3.Error as error:
        raise _translated(error, path, statement) from None  # its words may quote a row
    except OSError as error:
        raise StoreFailedError(f"the store {path} failed: {error.strerror}") from error


def why_sqlite_failed(error: sqlite3.Error) -> str:
    """What the driver says, in words; its own name for it where there are none."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return _FAILURES.get(code) or getattr(error, "sqlite_errorname", type(error).__name__)


def _translated(error: sqlite3.Error, path: str, statement: str) -> StoreError | InvariantError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _FAILURES:
        return StoreFailedError(f"the store {path} failed: {_FAILURES[code]}")
    if code in _BUSY:
        return StoreUnavailableError(f"the store {path} is in use by another process")
    if isinstance(error, sqlite3.IntegrityError):
        return ConstraintError(f"a rule of the table forbids what {statement} would write")
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    return InvariantError(f"SQLite refuses the statement {statement or 'of a transaction'}: {name}")
