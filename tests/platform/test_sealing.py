"""Secrets show themselves nowhere, and sealed values open where they belong alone."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import logging
import pickle
import traceback
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.platform.conftest import Place

from interlace.errors import InvariantError, SpecError
from interlace.platform import (
    AuditEvent,
    AuditTrail,
    ManualClock,
    SealError,
    Secret,
    Store,
    Transaction,
    Vault,
    bound,
    create_kek,
    demand_kek,
    log_event,
    open_vault,
    parse_statements,
    read_kek,
    request_scope,
    rewrap,
    set_up_logs,
    shred,
)
from interlace.platform.sealing import fits_kek

CLOCK = ManualClock()
KEK = Secret(bytes(range(32)))
MATERIAL = b"planted-key-material-0123456789!"


async def vault_of(store: Store, kek: Secret = KEK, *, epoch: int = 1) -> Vault:
    async def work(tx: Transaction) -> Vault:
        return await open_vault(tx, kek, epoch=epoch, clock=CLOCK)

    return await store.transaction(work)


SHOWN = {
    "str": str,
    "repr": repr,
    "format": lambda s: f"{s} {s:<12} {s!r}",
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031
    "json": lambda s: json.dumps({"a": s}, default=str),
    "msgspec": lambda s: msgspec.json.encode({"a": s}, enc_hook=str),
    "pickle": pickle.dumps,
    "unpickled": lambda s: pickle.loads(pickle.dumps(s)),
    "copied": copy.deepcopy,
    "dataclass": lambda s: AuditEvent(actor="a", event="b", subject=s),
    "exception": lambda s: "".join(traceback.format_exception(SpecError("x", value=s))),
    "vars": lambda s: [getattr(s, "__dict__", None), dir(s)],
}


@pytest.mark.parametrize("way", SHOWN)
def test_a_secret_shows_itself_in_no_way(way: str) -> None:
    shown = SHOWN[way](Secret(MATERIAL))
    shown = shown if isinstance(shown, bytes) else str(shown).encode()
    assert MATERIAL not in shown
    assert b"planted" not in shown
    assert MATERIAL.hex().encode() not in shown
    if way != "vars":
        assert b"<secret>" in shown


def test_a_secret_is_wiped_and_not_compared() -> None:
    secret = Secret(MATERIAL)
    with pytest.raises(InvariantError, match="compare_digest"):
        _ = secret == Secret(MATERIAL)
    with pytest.raises(TypeError):
        hash(secret)
    with secret:
        assert secret.reveal() == MATERIAL
    assert secret.reveal() == bytes(len(MATERIAL))


def test_what_is_sealed_opens_under_its_own_bond_alone(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        vault = await vault_of(store)
        first, second = bound("key-1", "sae-a", "sae-b", 256), bound("key-2", "sae-a", "sae-b", 256)
        sealed = vault.seal(MATERIAL, bound_to=first)
        assert vault.open(sealed, bound_to=first).reveal() == MATERIAL
        assert MATERIAL not in sealed
        with pytest.raises(SealError, match="not where it was put"):
            vault.open(sealed, bound_to=second)  # a ciphertext in another row
        for i in range(len(sealed)):
            changed = bytearray(sealed)
            changed[i] ^= 1
            with pytest.raises(SealError):
                vault.open(bytes(changed), bound_to=first)
        for cut in (0, 3, 4, 15, 31, len(sealed) - 1):
            with pytest.raises(SealError):
                vault.open(sealed[:cut], bound_to=first)
        await store.close()

    asyncio.run(story())


def test_each_start_seals_with_its_own_key_and_opens_all(sqlite_place: Place) -> None:
    async def story() -> None:
        store = await sqlite_place.open()
        one = await vault_of(store)
        sealed = [one.seal(MATERIAL, bound_to=b"x") for _ in range(3)]
        assert len({s[4:16] for s in sealed}) == 3  # nonces
        two = await vault_of(store)
        assert two.seal(MATERIAL, bound_to=b"x")[:4] != sealed[0][:4]
        assert two.open(sealed[2], bound_to=b"x").reveal() == MATERIAL
        with pytest.raises(SealError, match=r"is not in the store: .* another process works on"):
            one.open(two.seal(MATERIAL, bound_to=b"x"), bound_to=b"x")
        await store.close()

    asyncio.run(story())


def test_a_wrong_key_encryption_key_is_one_sentence(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        await vault_of(store)
        with pytest.raises(
            SpecError, match="is not the one that the store was made with"
        ) as caught:
            await vault_of(store, Secret(bytes(32)))
        assert caught.value.__cause__ is None
        with pytest.raises(SpecError, match="or the store is of another entity"):
            await store.read(lambda tx: demand_kek(tx, Secret(bytes(32))))
        await store.close()

    asyncio.run(story())


def test_a_data_key_that_was_changed_is_named_and_makes_a_store_nobody_elses(place: Place) -> None:
    async def story() -> None:
        store = await place.open()
        await vault_of(store)
        await vault_of(store)
        await store.transaction(
            lambda tx: tx.script("UPDATE data_key SET wrapped = '0' WHERE serial = 1;")
        )
        await store.read(lambda tx: demand_kek(tx, KEK))
        with pytest.raises(SealError, match="data key 1 in the store was changed"):
            await vault_of(store)  # but nothing is sealed beside it
        with pytest.raises(SealError, match="data key 1 in the store was changed"):
            await store.transaction(lambda tx: rewrap(tx, KEK, Secret(bytes(32))))
        with pytest.raises(SpecError, match="is not the one that the store was made with"):
            await vault_of(store, Secret(bytes(32)))
        await store.close()

    asyncio.run(story())


@pytest.mark.parametrize("changed", [b"", "garbage text", 5, 1.5, 10**18, None])
def test_a_data_key_may_have_been_changed_into_anything(changed: object) -> None:
    assert not fits_kek(KEK, [changed])  # type: ignore[list-item]


@pytest.mark.parametrize("changed", ["garbage text", 5, 1.5, None])
def test_what_is_no_bytes_does_not_open(sqlite_place: Place, changed: object) -> None:
    async def story() -> None:
        store = await sqlite_place.open()
        vault = await vault_of(store)
        with pytest.raises(SealError, match="is no bytes"):
            vault.open(changed, bound_to=b"x")  # type: ignore[arg-type]
        await store.close()

    asyncio.run(story())


def test_a_key_encryption_key_is_replaced_and_old_epochs_are_shredded(place: Place) -> None:
    new = Secret(bytes(32))

    async def story() -> None:
        store = await place.open()
        sealed = (await vault_of(store)).seal(MATERIAL, bound_to=b"x")

        async def change(tx: Transaction) -> int:
            return await rewrap(tx, KEK, new)

        assert await store.transaction(change) == 1
        with pytest.raises(SpecError):
            await vault_of(store, KEK)
        assert (await vault_of(store, new)).open(sealed, bound_to=b"x").reveal() == MATERIAL

        async def destroy(tx: Transaction) -> int:
            return await shred(tx, below_epoch=2)

        assert await store.transaction(destroy) == 2
        with pytest.raises(SealError):
            (await vault_of(store, new, epoch=2)).open(sealed, bound_to=b"x")
        await store.close()

    asyncio.run(story())


PARTS = st.lists(st.text(max_size=3) | st.integers() | st.binary(max_size=3), max_size=4)


@given(PARTS, PARTS)
def test_bonds_are_the_same_for_the_same_parts_only(first, second) -> None:
    assert (bound(*first) == bound(*second)) == (
        [(type(p), p) for p in first] == [(type(p), p) for p in second]
    )


def test_a_key_encryption_key_comes_from_a_private_file_or_the_environment(tmp_path: Path) -> None:
    path = tmp_path / "kek"
    create_kek(str(path))
    assert path.stat().st_mode & 0o777 == 0o600
    key = read_kek(f"file:{path}", {})
    assert len(key) == 32
    assert read_kek("env:KEK", {"KEK": path.read_text()}).reveal() == key.reveal()
    with pytest.raises(SpecError, match="never written over"):
        create_kek(str(path))
    assert read_kek(f"file:{path}", {}).reveal() == key.reveal()
    path.chmod(0o640)
    with pytest.raises(SpecError, match="chmod 600"):
        read_kek(f"file:{path}", {})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("file:/no/such/file", "No such file"),
        ("env:NOT_THERE", "no such variable"),
        ("env:SHORT", "64 hex digits"),
        ("env:WORDS", "64 hex digits"),
        ("env:BYTES", "64 hex digits"),
        ("pigeon:x", "must be file:PATH or env:NAME"),
        ("file:", "must be file:PATH or env:NAME"),
        ("", "must be file:PATH or env:NAME"),
    ],
)
def test_a_bad_source_is_one_sentence_without_the_key(source: str, words: str) -> None:
    environment = {"SHORT": "0123abcd", "WORDS": "not hex at all: " + "é" * 48}
    environment["BYTES"] = b"\xff\x80".decode(errors="surrogateescape")  # as `os.environ` has it
    with pytest.raises(SpecError, match=words) as caught:
        read_kek(source, environment)
    assert all(value not in str(caught.value) for value in environment.values())


def test_nothing_that_a_run_writes_holds_what_was_planted(place: Place, tmp_path: Path) -> None:
    """Store, WAL, logs, errors with tracebacks: all of it scanned, in every usual spelling."""
    logs = io.StringIO()
    handler = set_up_logs(logs, level=logging.DEBUG)
    log = logging.getLogger("interlace.test")
    sql = parse_statements(
        "-- name: make\nCREATE TABLE pool (id TEXT PRIMARY KEY, sealed BYTEA);\n"
        "-- name: put\nINSERT INTO pool VALUES ($1, $2);\n-- name: all\nSELECT sealed FROM pool;",
        source="pool",
    )
    written: list[bytes] = []

    async def story() -> None:
        store = await place.open()
        vault = await vault_of(store)

        async def put(tx: Transaction) -> None:
            await tx.run(sql["make"])
            await tx.run(sql["put"], "key-1", vault.seal(MATERIAL, bound_to=bound("key-1")))
            await AuditTrail(CLOCK).append(tx, [AuditEvent(actor="a", event="b", subject="key-1")])

        await store.transaction(put)

        async def twice(tx: Transaction) -> None:
            await tx.run(sql["put"], "key-1", MATERIAL)  # a mistake: not sealed, and refused

        async def wrong_type(tx: Transaction) -> None:
            await tx.run(sql["put"], MATERIAL, [MATERIAL])

        for work in (twice, wrong_type):
            try:
                await store.transaction(work)
            except Exception as error:
                written.append("".join(traceback.format_exception(error)).encode())
                with request_scope("r-1"):
                    log.exception("delivery failed")
                    log_event(
                        log, "failed", error=error, material=MATERIAL, secret=Secret(MATERIAL)
                    )
        log.error("careless: %s %r %s", MATERIAL, [MATERIAL], Secret(MATERIAL))
        log.error("careless: %(a)s", {"a": bytearray(MATERIAL)})

        async def all_rows(tx: Transaction) -> list[bytes]:
            return [bytes(row[0]) for row in await tx.rows(sql["all"])]

        written.extend(await store.read(all_rows))
        await store.close()

    try:
        asyncio.run(story())
    finally:
        logging.getLogger().removeHandler(handler)
    assert len(written) == 3
    written += [logs.getvalue().encode()]
    written += [p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()]
    assert b"delivery failed" in written[3]
    for spelling in (MATERIAL, MATERIAL.hex().encode(), b"planted-key", bytes(KEK.reveal())):
        assert [text for text in written if spelling in text] == []
