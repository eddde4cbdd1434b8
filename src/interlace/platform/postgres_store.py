"""The store on PostgreSQL, by asyncpg.

A transaction has a connection to itself. Whatever breaks before its COMMIT is sent has changed
nothing, so it is tried again once on a fresh connection, as after a restart of the server; what
breaks in COMMIT is an `OutcomeUnknownError`. A new connection reads back the settings that
durability needs before it is used: the server may have been restarted with others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from interlace.errors import InterlaceError, InvariantError, SpecError
from interlace.platform.failures import (
    ConstraintError,
    OutcomeUnknownError,
    StoreError,
    StoreFailedError,
    StoreUnavailableError,
)
from interlace.platform.first_failure import FirstFailure
from interlace.platform.ports import Dialect, Row, Value, Work
from interlace.platform.statements import Statement

if TYPE_CHECKING:
    import asyncpg

__all__ = ["PostgresStore", "open_postgres"]

T = TypeVar("T")

_CREATE_SCHEMA = """
SELECT pg_advisory_xact_lock(hashtext('interlace: opening'));
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_namespace WHERE nspname = '{schema}') THEN
        CREATE SCHEMA "{schema}";
    END IF;
END $$;
"""
_CHANGE = "BEGIN ISOLATION LEVEL READ COMMITTED"
_READ = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_SESSION = {
    "application_name": "interlace",
    "jit": "off",
    "idle_in_transaction_session_timeout": "60s",  # of a host that is gone: its locks must not stay
}
_CONNECT_S = 5.0
_STATEMENT_S = 30.0  # longer than this, the server counts as gone
_SCRIPT_S = 3600.0
_PAUSES_S = (0.02, 0.1)
"""Before each further try: whom a deadlock was resolved for takes its locks first."""
_DURABLE = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply"),
}
_LOST = {  # the server shuts down, crashed, starts up, ends a session that took too long
    "57P01",
    "57P02",
    "57P03",
    "57P05",
    "25P03",
    "25P04",
}
_AGAIN = {  # rolled back, worth another try
    "40001",  # serialization failure
    "40P01",  # deadlock
    "55P03",  # a lock was not to be had in the time that the administrator allows
    "57014",  # the administrator, or a time limit of his, cancelled the statement
}
_FAILURES = {
    "25006": "the database may not be written",
    "53100": "the disk is full",
    "58030": "the disk reports an error",
    "58P01": "a file of the database is missing",
    "XX001": "the database is damaged: restore a backup",
    "XX002": "an index of the database is damaged: restore a backup",
}


class PostgresStore:
    """A store in a schema of a PostgreSQL database. `open_store` makes it."""

    def __init__(self, url: str, *, schema: str, connections: int) -> None:
        self._url = url
        self._schema = schema
        self._free: list[asyncpg.Connection] = []
        self._turns = asyncio.Semaphore(connections)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_closed = False
        self._failure = FirstFailure()
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        self._place = f"postgresql://{parts.hostname or ''}{port}{parts.path}, schema {schema}"

    @property
    def dialect(self) -> Dialect:
        """PostgreSQL's."""
        return "postgres"

    @property
    def place(self) -> str:
        """Host, port, database and schema."""
        return self._place

    async def transaction(self, work: Work[T]) -> T:
        """Carry work out as one durable transaction; see the port."""
        return await self._shielded(work, begin=_CHANGE)

    async def read(self, work: Work[T]) -> T:
        """Carry work out on one unchanging picture of the store; see the port."""
        return await self._shielded(work, begin=_READ)

    async def failed(self) -> StoreFailedError:
        """Wait until the store fails, if ever, and say how."""
        return await self._failure.heard()

    async def close(self) -> None:
        """Finish what is under way and close the connections."""
        self._is_closed = True
        while self._under_way:
            await asyncio.wait(set(self._under_way))
        while self._free:
            with contextlib.suppress(Exception):
                await self._free.pop().close(timeout=_CONNECT_S)

    async def _shielded(self, work: Work[T], *, begin: str) -> T:
        """Go to the end even if the caller is cancelled, as on SQLite."""
        self._failure.refuse()
        if self._is_closed:
            raise StoreUnavailableError(f"the store {self._place} is closed")
        task = asyncio.get_running_loop().create_task(self._carried_out(work, begin))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        task.add_done_callback(self._failure.note)
        return await asyncio.shield(task)

    async def _carried_out(self, work: Work[T], begin: str) -> T:
        for pause_s in (*_PAUSES_S, None):
            try:
                return await self._once(work, begin)
            except _TryAgainError as error:
                if not error.is_rolled_back:
                    self._drop_free()  # what broke one connection broke the others
                if pause_s is None:
                    msg = f"the store {self._place} is out of reach or busy: {error}"
                    raise StoreUnavailableError(msg) from error
            await asyncio.sleep(pause_s)
        raise InvariantError("a transaction was tried no time")

    def _drop_free(self) -> None:
        while self._free:
            self._free.pop().terminate()

    async def _once(self, work: Work[T], begin: str) -> T:
        async with self._connection() as connection:
            with _told(self._place, "BEGIN", connection):
                await connection.execute(begin)
            tx = _PostgresTransaction(connection, self._place)
            try:
                result = await work(tx)
            except BaseException:
                with contextlib.suppress(Exception):
                    await connection.execute("ROLLBACK")
                raise
            await self._commit(connection, read_only=begin == _READ)
            try:
                for done in tx.committed:
                    done()
            except OSError as error:
                msg = f"the store {self._place} failed: what was committed cannot be noted: {error}"
                raise StoreFailedError(msg) from error
            return result

    async def _commit(self, connection: asyncpg.Connection, *, read_only: bool) -> None:
        try:
            with _told(self._place, "COMMIT", connection):
                status = await connection.execute("COMMIT")
        except _TryAgainError as error:
            if read_only or error.is_rolled_back:
                raise
            msg = f"the connection to {self._place} broke during a commit: its outcome is unknown"
            raise OutcomeUnknownError(msg) from error
        if status != "COMMIT":  # a work function swallowed the error of a statement
            raise InvariantError("a transaction went on after one of its statements had failed")

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncGenerator[asyncpg.Connection]:
        async with self._turns:
            connection = None
            while self._free and (connection is None or connection.is_closed()):
                connection = self._free.pop()
            if connection is None or connection.is_closed():
                connection = await self._connect()
            try:
                yield connection
            finally:
                if connection.is_closed() or connection.is_in_transaction():
                    connection.terminate()
                else:
                    self._free.append(connection)

    async def _connect(self) -> asyncpg.Connection:
        driver = _driver()
        with _told(self._place, "connect"):
            connection = await driver.connect(
                self._url,
                timeout=_CONNECT_S,
                command_timeout=_STATEMENT_S,
                server_settings={**_SESSION, "search_path": self._schema},
            )
            try:
                await self._demand_durable(connection)
            except BaseException:
                connection.terminate()
                raise
        return connection

    async def _demand_durable(self, connection: asyncpg.Connection) -> None:
        for name, needed in _DURABLE.items():
            found = await connection.fetchval("SELECT current_setting($1)", name)
            if found not in needed:
                rule = f"{name} is {found}, durability needs {needed[0]}"
                raise StoreFailedError(f"the store {self._place} failed: {rule}")


async def open_postgres(url: str, *, schema: str, connections: int) -> PostgresStore:
    """Open the store in a schema of a database; the schema is made if it is missing.

    Raises:
        SpecError: the URL is none, the driver is not installed, or the database refuses the user.
        StoreUnavailableError: the server is out of reach.
        StoreFailedError: a setting that durability needs does not hold.
    """
    _driver()
    try:
        store = PostgresStore(url, schema=schema, connections=connections)
    except ValueError:
        raise SpecError("is no URL of a PostgreSQL database", path="store") from None
    create = _CREATE_SCHEMA.format(schema=schema)

    async def work(tx: Any) -> None:  # noqa: ANN401 - the port, without an import cycle
        await tx.script(create)

    try:
        await store.transaction(work)
    except BaseException:
        await store.close()
        raise
    return store


def _driver() -> Any:  # noqa: ANN401 - a module
    try:
        import asyncpg
    except ImportError as error:
        rule = "needs asyncpg: install interlace with the extra `postgres`"
        raise SpecError(rule, path="store") from error
    return asyncpg


class _TryAgainError(Exception):
    """Nothing was written, or the connection broke; says which."""

    def __init__(self, words: str, *, is_rolled_back: bool) -> None:
        self.is_rolled_back = is_rolled_back
        super().__init__(words)


@dataclass(frozen=True, slots=True)
class _PostgresTransaction:
    connection: asyncpg.Connection
    place: str
    dialect: Dialect = "postgres"
    committed: list[Callable[[], None]] = field(default_factory=list[Callable[[], None]])

    def at_commit(self, done: Callable[[], None]) -> None:
        self.committed.append(done)

    async def rows(self, statement: Statement, *values: Value) -> Sequence[Row]:
        with _told(self.place, statement.name, self.connection):
            return await self.connection.fetch(statement.postgres, *values)

    async def run(self, statement: Statement, *values: Value) -> int:
        with _told(self.place, statement.name, self.connection):
            status = await self.connection.execute(statement.postgres, *values)
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def run_many(self, statement: Statement, rows: Iterable[Sequence[Value]]) -> None:
        with _told(self.place, statement.name, self.connection):
            await self.connection.executemany(statement.postgres, rows)

    async def script(self, text: str) -> None:
        with _told(self.place, "script", self.connection):
            await self.connection.execute(text, timeout=_SCRIPT_S)


@contextlib.contextmanager
def _told(
    place: str, statement: str, connection: asyncpg.Connection | None = None
) -> Generator[None]:
    """Say what the driver says in the platform's words, without any value."""
    driver = _driver()
    try:
        yield
    except driver.PostgresError as error:
        raise _translated(error, place, statement) from None  # its words quote rows
    except driver.InternalClientError as error:  # so the driver takes a server's sudden farewell
        if connection is not None:
            connection.terminate()
        msg = f"{type(error).__name__} at {statement}"
        raise _TryAgainError(msg, is_rolled_back=False) from None
    except (driver.InterfaceError, OSError, TimeoutError) as error:
        if connection is None and isinstance(error, ValueError):
            raise SpecError("is no URL of a PostgreSQL database", path="store") from None
        if connection is not None and not connection.is_closed() and not isinstance(error, OSError):
            msg = f"PostgreSQL's driver refuses the statement {statement}: {type(error).__name__}"
            raise InvariantError(msg) from None
        if connection is not None:
            connection.terminate()
        msg = f"{type(error).__name__} at {statement}"
        raise _TryAgainError(msg, is_rolled_back=False) from None


def _translated(error: Any, place: str, statement: str) -> Exception:  # noqa: ANN401 - asyncpg's
    state = str(error.sqlstate or "")
    if state in _FAILURES:
        return StoreFailedError(f"the store {place} failed: {_FAILURES[state]}")
    if state in _LOST or state.startswith("08"):
        return _TryAgainError("the server is not there", is_rolled_back=False)
    if state in _AGAIN or state.startswith("53"):
        return _TryAgainError(f"SQLSTATE {state} at {statement}", is_rolled_back=True)
    if state.startswith("23"):
        return _constraint(statement)
    if state.startswith("28") or state in {"3D000", "42501"}:
        return SpecError(f"the database refuses the user (SQLSTATE {state})", path="store")
    return InvariantError(f"PostgreSQL refuses the statement {statement}: SQLSTATE {state}")


def _constraint(statement: str) -> StoreError | InterlaceError:
    return ConstraintError(f"a rule of the table forbids what {statement} would write")
