"""The stores of links in databases do what the one in memory does, and keep it."""

from __future__ import annotations

import asyncio
import os
import random
from typing import Any

import pytest
from tests.platform.conftest import Place
from tests.services.kms.relay.stores import Stores
from tests.services.kms.relay.world import CHAIN, PadChecker, World

from interlace.platform import (
    AuditTrail,
    ConstraintError,
    ManualClock,
    Transaction,
    parse_statements,
)
from interlace.services.kms.adapters.link_store import void_older_links
from interlace.services.kms.adapters.memory_links import MemoryLinkStore
from interlace.services.kms.model import Pair
from interlace.services.kms.model.peering import BLOCK_BYTES, Burn, Deal, Dealt, Stretch
from interlace.services.kms.model.pieces import Piece
from interlace.services.kms.model.transfers import TransferRow
from interlace.services.kms.ports.links import Ledger

NAMES = [f"00000000-0000-4000-8000-{n:012}" for n in range(6)]
LOOK = parse_statements(
    "-- name: keys\nSELECT key_id, role, state FROM kms_key ORDER BY key_id, role;\n"
    "-- name: pieces\nSELECT link, sender, first, count FROM kms_piece ORDER BY 1, 2, 3;\n"
    "-- name: sealed\nSELECT sealed FROM kms_piece;\n"
    "-- name: outbox\nSELECT item FROM kms_outbox;\n"
    "-- name: waiting\nSELECT transfer FROM kms_transfer WHERE state = 'waiting';",
    source="test",
)


CHANGES = (
    *("put", "put", "put", "spend", "look", "burn", "reserve", "reserved", "release", "reset"),
    *("transfer", "outbox", "deal", "epoch"),
)


def flat(pieces: Any) -> Any:
    """The blocks, however they are cut."""
    if pieces is None:
        return None
    return [(p.first + i, p.material[i * 32 : i * 32 + 32]) for p in pieces for i in range(p.count)]


async def one_change(ledger: Ledger, seed: int) -> Any:
    """The same change for the same seed, and what it gave."""
    chance = random.Random(seed)
    name, sender = "a--b", chance.choice("ab")
    transfer, count = chance.choice(NAMES), chance.randint(1, 200)
    pad = [Stretch(chance.randint(0, 900), chance.randint(1, 150)) for _ in range(2)]
    burn = Burn(transfer=transfer, sender="a", receiver="b", pad=tuple(pad))
    match chance.choice(CHANGES):
        case "put":
            first = await ledger.next_block(name, sender)
            material = chance.randbytes(chance.randint(1, 300) * BLOCK_BYTES)
            await ledger.put(name, sender, Piece(first=first, material=material))
            return first
        case "spend":
            return flat(await ledger.spend(name, sender, count))
        case "look":
            return flat(await ledger.look(name, sender, pad))
        case "burn":
            return await ledger.burn(name, sender, pad)
        case "reserve":
            return await ledger.reserve(transfer, name, sender, count=count, now_us=seed)
        case "reserved":
            return flat(await ledger.spend_reserved(transfer, name, sender, count))
        case "release":
            return await ledger.release(transfer=transfer), await ledger.release(before_us=seed - 9)
        case "reset":
            return await ledger.reset_link(name, "b") if chance.random() < 0.2 else None
        case "transfer":
            row = TransferRow(
                transfer=transfer, role="origin", state="waiting", other="b",
                pair=Pair(master="x", slave="y"), key_ids=tuple(NAMES[:2]),
                changed_us=seed, expires_us=seed + 5,
            )  # fmt: skip
            known = await ledger.transfer(transfer)
            if known is None:
                await ledger.begin_transfer(row)
            elif known.state == "waiting":
                await ledger.move_transfer(known, "done", now_us=seed)
            return known, await ledger.forget_transfers(before_us=seed - 30)
        case "outbox":
            await ledger.enqueue(sender, burn, now_us=seed)
            await ledger.drop_queued([chance.randint(1, 9)])
            await ledger.replace_queued(chance.randint(5, 12), burn, now_us=seed)
        case "deal":
            dealt = Dealt(sender=sender, first=0, material=chance.randbytes(64))
            known = await ledger.deal(name)
            if known is None:
                await ledger.save_deal(name, Deal(epoch=1, peer_epoch=0, link=name, dealt=(dealt,)))
            else:
                await ledger.drop_deal(name)
            return known
        case "epoch":
            await ledger.note_epoch(sender, seed)
            await ledger.set_failed(name, is_failed=chance.random() < 0.5)
            return await ledger.epochs()
    return None


async def picture(store: Any) -> Any:
    queued = [await store.queued(peer, most=99) for peer in "ab"]
    waiting = await store.waiting(before_us=10**9, most=99)
    waiting = sorted(waiting, key=lambda row: row.transfer)
    return await store.stocks(), await store.failed_links(), queued, waiting, await store.underway()


@pytest.mark.parametrize("seed", range(4))
def test_a_database_does_what_the_store_in_memory_does(place: Place, seed: int) -> None:
    async def story() -> None:
        stores = Stores(place, ManualClock())
        database, _ = await stores.make(CHAIN["a"])
        memory = MemoryLinkStore()
        for step in range(150):
            one = 1000 * seed + step
            left = await database.transaction(lambda ledger, one=one: one_change(ledger, one))
            right = await memory.transaction(lambda ledger, one=one: one_change(ledger, one))
            assert left == right, step
            assert await picture(database) == await picture(memory), step
        await stores.close()

    asyncio.run(story())


def test_a_transaction_that_fails_has_spent_nothing(place: Place) -> None:
    async def story() -> None:
        stores = Stores(place, ManualClock())
        for links in ((await stores.make(CHAIN["a"]))[0], MemoryLinkStore()):
            row = TransferRow(
                transfer=NAMES[0], role="relay", state="passed", other="b", pair=None,
                key_ids=(), changed_us=0, expires_us=9,
            )  # fmt: skip

            async def fill(ledger: Ledger, row: TransferRow = row) -> None:
                await ledger.put("a--b", "a", Piece(first=0, material=os.urandom(320)))
                await ledger.begin_transfer(row)

            async def fail(ledger: Ledger, row: TransferRow = row) -> None:
                assert await ledger.spend("a--b", "a", 4) is not None
                await ledger.begin_transfer(row)

            await links.transaction(fill)
            with pytest.raises(ConstraintError):
                await links.transaction(fail)
            assert await links.stocks() == {("a--b", "a"): 10}
        await stores.close()

    asyncio.run(story())


async def rows(stores: Stores, name: str, statement: str) -> list[tuple[Any, ...]]:
    async def work(tx: Transaction) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await tx.rows(LOOK[statement])]

    return await stores.opened[name].read(work)


async def unlike(stores: Stores, world: World) -> list[str]:
    """What differs between the ends of the chain and of its links, when all is calm."""
    found = list(world.checker.faults)
    at = {n: {(k, r): s for k, r, s in await rows(stores, n, "keys")} for n in ("a", "d")}
    for here, there in (("a", "d"), ("d", "a")):
        for (key_id, role), state in at[here].items():
            other = at[there].get((key_id, "slave" if role == "master" else "master"))
            if state == "pending" or (state == "available" and other != "available"):
                found.append(f"{key_id} is {state} for the {role} at {here}, {other} at {there}")
    for one in CHAIN["a"].links:
        left, right = [
            [row for row in await rows(stores, end, "pieces") if row[0] == one.name]
            for end in one.ends
        ]
        if numbers(left) != numbers(right):
            found.append(f"{one.name} has other blocks at its ends")
    for name in world.entities:
        found += [f"{name} has an item left" for _ in await rows(stores, name, "outbox")]
        found += [f"{name} has a transfer left" for _ in await rows(stores, name, "waiting")]
        verdict = await AuditTrail(world.clock).verify(stores.opened[name])
        found += [] if verdict.broken is None else [f"{name}: {verdict.broken}"]
    return found


def numbers(pieces: list[tuple[Any, ...]]) -> set[tuple[str, int]]:
    return {(sender, first + i) for _, sender, first, count in pieces for i in range(count)}


@pytest.mark.parametrize("kind", ["store_before", "store_after", "point", "lose_reply", "double"])
def test_a_mishap_with_databases_leaves_both_ends_alike(place: Place, kind: str) -> None:
    async def story() -> None:
        stores = Stores(place, ManualClock())
        world = await World(CHAIN).open(stores.make)
        chance = random.Random(kind)
        for _ in range(6):
            setattr(world.mishaps, kind, chance.randint(0, 9))
            await world.step_all()
        assert world.mishaps.happened
        await world.calm(8)
        assert await unlike(stores, world) == []
        keys = await rows(stores, "a", "keys")
        assert sum(state == "available" for _, _, state in keys) >= 400
        await stores.close()

    asyncio.run(story())


def test_a_new_epoch_voids_link_key_and_the_others_follow(place: Place) -> None:
    async def story() -> None:
        stores = Stores(place, ManualClock())
        world = await World(CHAIN).open(stores.make)
        for _ in range(4):
            await world.step_all()

        async def void(tx: Transaction) -> None:
            await void_older_links(tx, now_us=world.clock.now_us())
            await tx.script("UPDATE kms_key SET state = 'void', sealed = NULL;")

        await stores.opened["b"].transaction(void)
        await stores.opened["d"].transaction(void)
        for name in ("b", "d"):
            entity = world.entities[name]
            entity.epoch = 2
            entity.store, entity.keys = await stores.make(entity.config, epoch=2)
            await world.start(name)
        await world.calm(8)
        assert await unlike(stores, world) == []
        keys = await rows(stores, "a", "keys")
        assert sum(state == "void" for _, _, state in keys) >= 200
        assert sum(state == "available" for _, _, state in keys) >= 400
        await stores.close()

    asyncio.run(story())


def test_no_block_stands_in_the_database_in_clear(place: Place) -> None:
    async def story() -> None:
        stores = Stores(place, ManualClock())
        world = await World(CHAIN).open(stores.make)
        for _ in range(3):
            await world.step_all()
        checker: PadChecker = world.checker
        dealt = {b for some in checker.dealt.values() for one in some for b in one.values()}
        sealed = b"".join(bytes(row[0]) for row in await rows(stores, "b", "sealed"))
        assert len(dealt) > 100
        assert sealed
        assert not any(block in sealed for block in dealt)
        await stores.close()

    asyncio.run(story())
