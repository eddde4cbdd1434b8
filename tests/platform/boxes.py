"""A small room's tables and statements, for the tests of the platform."""

from __future__ import annotations

from interlace.platform import Migration, Migrations, Store, Transaction, parse_statements


def step(number: int, name: str, text: str) -> Migration:
    return Migration(number=number, name=name, sqlite=text, postgres=text)


BOX = step(
    1,
    "box",
    """
    -- A box holds items; this comment has a semicolon; and a 'quote.
    CREATE TABLE box (item BIGINT NOT NULL PRIMARY KEY, pair TEXT NOT NULL, content BYTEA);
    CREATE INDEX box_pair ON box (pair, item);
    """,
)
ROOM = Migrations(room="boxes", steps=(BOX,))

SQL = parse_statements(
    """
-- name: put
INSERT INTO box (item, pair, content) VALUES ($1, $2, $3);

-- name: take
DELETE FROM box WHERE item IN (SELECT item FROM box WHERE pair = $1 ORDER BY item LIMIT $2)
RETURNING item, content;

-- name: take @postgres
DELETE FROM box WHERE item IN (
    SELECT item FROM box WHERE pair = $1 ORDER BY item LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING item, content;

-- name: all
SELECT item, pair, content FROM box ORDER BY item;

-- name: drop
DELETE FROM box WHERE item >= $1;

-- name: swapped
SELECT $2, '$1 stays', $1;

-- name: swapped @postgres
SELECT $2::text, '$1 stays', $1::text;

-- name: nonsense
SELECT * FROM no_such_table;
""",
    source="boxes",
)


async def fill(store: Store, count: int, *, pair: str = "ab") -> None:
    async def work(tx: Transaction) -> None:
        await tx.run_many(SQL["put"], [(i, pair, b"%d" % i) for i in range(count)])

    await store.transaction(work)


async def items(store: Store) -> list[int]:
    async def work(tx: Transaction) -> list[int]:
        return [row[0] for row in await tx.rows(SQL["all"])]

    return await store.read(work)
