"""The stores that the contract tests run on."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.platform.postgres import postgres

from interlace.platform import Migrations, Store, open_store

__all__ = ["postgres"]

COUNT = itertools.count()


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test's own store is."""

    kind: str
    address: str
    schema: str = "interlace"

    async def open(self, *rooms: Migrations, connections: int = 4) -> Store:
        return await open_store(self.address, *rooms, schema=self.schema, connections=connections)


@pytest.fixture
def sqlite_place(tmp_path: Path) -> Place:
    return Place("sqlite", str(tmp_path / "store.db"))


@pytest.fixture
def postgres_place(request: pytest.FixtureRequest) -> Place:
    server = request.getfixturevalue("postgres")
    return Place("postgres", server.url, f"test_{next(COUNT)}")


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest) -> Place:
    return request.getfixturevalue(f"{request.param}_place")
