"""Copies of an entity's store, and its audit trail: only the entity's own are taken."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest
from tests.services.kms.app.network import kms

from interlace.errors import SpecError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    Background,
    EpochFile,
    SystemClock,
    Transaction,
    open_epoch,
    open_store,
    open_vault,
    read_kek,
)
from interlace.services.kms.adapters.key_rows import MIGRATIONS
from interlace.services.kms.app import back_up_entity, load_entity, operate, verify_entity
from interlace.services.kms.app.entity import EntityPart
from interlace.services.kms.app.wiring import void_everything_older
from interlace.services.kms.model import EntityConfig

CLOCK = SystemClock()
TRAIL = AuditTrail(CLOCK)


def started_once(config: EntityConfig, *, rows: int = 0) -> None:
    """What a start and some deliveries leave behind."""

    async def story() -> None:
        store = await open_store(config.store, MIGRATIONS, schema=config.schema)
        file = EpochFile(config.epoch_file)
        opening = await open_epoch(store, file, TRAIL, CLOCK, void=void_everything_older(CLOCK))

        async def seal(tx: Transaction) -> None:
            kek = read_kek(config.kek, {})
            await open_vault(tx, kek, epoch=opening.epoch, clock=CLOCK)

        async def tell(tx: Transaction) -> None:
            one = AuditEvent(actor="sae-a", event="key-delivered", subject="id")
            file.note(await TRAIL.append(tx, [one] * rows))

        await store.transaction(seal)
        await store.transaction(tell)
        await store.close()

    asyncio.run(story())


def put_away(config: EntityConfig) -> None:
    for path in Path(config.store).parent.glob("store.sqlite*"):
        path.unlink()


def test_a_copy_that_another_entity_made_is_not_put_back(made: Path, tmp_path: Path) -> None:
    mine, others = (load_entity(str(made), name) for name in ("kme-a", "relay"))
    for one in (mine, others):
        started_once(one)
        back_up_entity(one, str(tmp_path / one.name))
    put_away(mine)
    refused = kms("restore", str(made), "kme-a", str(tmp_path / "relay"))
    assert refused.returncode == 2
    assert f"{tmp_path}/relay: was not made by this entity" in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert not list(Path(mine.folder).glob("store.sqlite*"))
    assert kms("restore", str(made), "kme-a", str(tmp_path / "kme-a")).returncode == 0


@pytest.mark.parametrize("is_copy", [True, False])
def test_an_entity_does_not_start_on_the_store_of_another(made: Path, is_copy: bool) -> None:
    mine, others = (load_entity(str(made), name) for name in ("kme-a", "relay"))
    for one in (mine, others):
        started_once(one)
    put_away(mine)
    if is_copy:
        back_up_entity(others, mine.store)
    else:
        shutil.copy(others.store, mine.store)
    kept = Path(mine.epoch_file).read_bytes()

    async def story() -> None:
        part = EntityPart(mine, CLOCK, {})
        try:
            await part.start(Background())
        finally:
            await part.stop()

    line = 1 + (Path(mine.folder) / "entity.yaml").read_text().splitlines().index("kek: file:kek")
    with pytest.raises(SpecError, match="the key-encryption key is not the one") as caught:
        asyncio.run(story())
    assert (caught.value.file, caught.value.line) == (f"{mine.folder}/entity.yaml", line)
    assert Path(mine.epoch_file).read_bytes() == kept
    store = sqlite3.connect(mine.store)
    assert store.execute("SELECT count(*) FROM data_key").fetchone() == (1,)
    store.close()


def test_an_audit_before_the_first_start_on_a_copy_says_that_it_is_one(
    made: Path, tmp_path: Path
) -> None:
    config = load_entity(str(made), "kme-a")
    started_once(config, rows=3)
    back_up_entity(config, str(tmp_path / "copy"))
    started_once(config, rows=4)
    put_away(config)
    assert kms("restore", str(made), "kme-a", str(tmp_path / "copy")).returncode == 0
    broken = verify_entity(config).broken
    assert broken is not None
    assert broken.seq == 4
    assert "was put back from a copy and not started since: start on it" in broken.fault


def test_a_copy_that_is_no_database_is_told_in_words(made: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"no database" * 1000)
    done = kms("restore", str(made), "kme-a", str(tmp_path / "copy"))
    assert done.returncode == 1
    assert "copy cannot be copied: the file is no SQLite database" in done.stderr
    other = sqlite3.connect(tmp_path / "other")
    other.execute("CREATE TABLE x (y)")
    other.close()
    done = kms("restore", str(made), "kme-a", str(tmp_path / "other"))
    assert "other cannot be copied: it has no tables of a store" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("kek: file:kek", "kek: env:NOPE", "kek: the environment has no such variable"),
        ("store: store.sqlite", "store: /nonexist/x.sqlite", "store: the folder of the store"),
    ],
)
def test_what_only_a_start_can_find_is_named_with_file_line_and_key(
    old: str, new: str, rule: str, made: Path
) -> None:
    file = made / "entities" / "kme-a" / "entity.yaml"
    lines = file.read_text().splitlines()
    file.write_text(file.read_text().replace(old, new))
    done = kms("serve", str(made), "kme-a")
    assert done.returncode == 2
    assert f"{file}:{lines.index(old) + 1}: {rule}" in done.stderr


@pytest.mark.parametrize("link", ["kme-a--relay", "relay--kme-b"])
def test_a_link_whose_ends_are_turned_round_is_found(link: str, made: Path) -> None:
    turned = "--".join(reversed(link.split("--")))
    with pytest.raises(SpecError, match=f"did you mean '{link}'"):
        operate(str(made), turned, "take-out")


def test_a_store_of_the_command_line_is_not_blamed_on_the_file(made: Path) -> None:
    config = load_entity(str(made), "kme-a", store="/nonexist/x.sqlite")

    async def story() -> None:
        part = EntityPart(config, CLOCK, {})
        try:
            await part.start(Background())
        finally:
            await part.stop()

    with pytest.raises(SpecError, match="folder of the store does not exist") as caught:
        asyncio.run(story())
    assert (caught.value.file, caught.value.path) == (None, "--store")
