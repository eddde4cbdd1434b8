"""The ports of the platform: time and the store.

A transaction is an `async` function that takes a `Transaction` and awaits nothing but its
statements:

    async def work(tx: Transaction) -> int:
        rows = await tx.rows(SQL["take_keys"], pair, 16)
        await trail.append(tx, [...])
        return len(rows)

    taken = await store.transaction(work)

On SQLite the whole function runs in the writer's thread, one hop for each transaction; on
PostgreSQL in the event loop. So it takes values and returns values, touches nothing that others
change, and may be run again after its first run was rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Any, Literal, Protocol, TypeVar

from interlace.platform.failures import StoreFailedError
from interlace.platform.statements import Statement
from interlace.units import Seconds

__all__ = ["Clock", "Dialect", "Row", "Store", "Transaction", "Value", "Work"]

T = TypeVar("T")

Dialect = Literal["sqlite", "postgres"]
Value = int | str | bytes | None
"""What a column holds: BIGINT, TEXT, BYTEA. No floats, no times: those are whole microseconds."""


class Row(Protocol):
    """The values of one row, in the order of the columns; it unpacks like a tuple."""

    def __getitem__(self, index: int, /) -> Any: ...  # noqa: ANN401 - a column's type
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...


class Clock(Protocol):
    """Time, as a room may know it."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01T00:00:00Z: what is written down."""
        ...

    def monotonic_s(self) -> Seconds:
        """Seconds since some moment, never going back: what durations are measured with."""
        ...

    async def sleep(self, duration_s: Seconds) -> None:
        """Wait."""
        ...


class Transaction(Protocol):
    """The statements of one transaction, while it is open."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL it speaks."""
        ...

    async def rows(self, statement: Statement, *values: Value) -> Sequence[Row]:
        """Carry out a statement that gives rows: a SELECT, or a change with RETURNING."""
        ...

    async def run(self, statement: Statement, *values: Value) -> int:
        """Carry out a change; how many rows it touched."""
        ...

    async def run_many(self, statement: Statement, rows: Iterable[Sequence[Value]]) -> None:
        """Carry out one change for each row of values, cheaply."""
        ...

    async def script(self, text: str) -> None:
        """Carry out several statements without values: migrations."""
        ...

    def at_commit(self, done: Callable[[], None]) -> None:
        """Have something called once this is committed, before whoever waits hears of it.

        It must be quick, and touch no store. If it fails the store counts as failed: nobody
        hears of the commit.
        """
        ...


Work = Callable[[Transaction], Coroutine[Any, Any, T]]
"""A transaction's function; see the module."""


class Store(Protocol):
    """A database that forgets nothing it has committed."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL it speaks."""
        ...

    @property
    def place(self) -> str:
        """Where it is, without any password: for messages."""
        ...

    async def transaction(self, work: Work[T]) -> T:
        """Carry work out as one durable transaction, committed when this returns.

        A caller that is cancelled meanwhile does not undo it: once begun, it goes to its end.

        Raises:
            StoreFailedError: the store failed, now or before.
            StoreUnavailableError: out of reach or busy; nothing was written.
            OutcomeUnknownError: the connection broke during the commit.
            ConstraintError: a table's rule forbids a row; nothing was written.
            Exception: whatever `work` raises; nothing was written.
        """
        ...

    async def read(self, work: Work[T]) -> T:
        """Carry work out on one unchanging picture of the store, beside the writers.

        Raises:
            StoreError: as `transaction`; a statement that would write is refused.
        """
        ...

    async def failed(self) -> StoreFailedError:
        """Wait until the store fails, if ever, and say how: a service ends with it."""
        ...

    async def close(self) -> None:
        """Finish what is under way and let go of the database."""
        ...
