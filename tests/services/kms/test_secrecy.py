"""No key ever shows: in logs, errors, tracebacks, the store's file, or what objects say."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import logging
import traceback
from pathlib import Path

import pytest
from tests.services.kms.entity import (
    AB,
    A,
    B,
    C,
    Certificates,
    listening,
    new_keys,
    opened,
    sql_keys,
)

from interlace.platform import Secret, SystemClock, set_up_logs
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore
from interlace.services.kms.model import DeliveredKey, NewKey, TakeNext
from interlace.services.kms.wire.etsi014 import container_body

MATERIAL = b"nobody may ever see what is here"
FORMS = [
    MATERIAL, repr(MATERIAL).encode(), base64.b64encode(MATERIAL), MATERIAL.hex().encode(),
    b"nobody may ever",
]  # fmt: skip


def leaks(text: str | bytes) -> list[bytes]:
    seen = text.encode() if isinstance(text, str) else text
    return [form for form in FORMS if form in seen]


def a_key(role: str = "master") -> NewKey:
    return NewKey(
        key_id="2f0c8e0e-6a3c-4d55-9d1a-0f6a4c0f7b11",
        role=role,  # pyright: ignore[reportArgumentType]
        pair=AB,
        material=Secret(MATERIAL),
        expires_us=4 * 10**15,
        batch="b",
    )


def test_there_are_leaks_to_look_for() -> None:
    assert leaks(
        container_body([DeliveredKey(key_id="x", material=Secret(MATERIAL))], provenance="x")
    )
    assert leaks(repr({"key": MATERIAL}))


def test_objects_do_not_show_their_key() -> None:
    store = MemoryKeyStore(SystemClock())
    asyncio.run(store.add([a_key()]))
    order = TakeNext(pair=AB, count=1, size_bits=256, request="r")
    outcomes = asyncio.run(store.deliver([order]))
    for one in (a_key(), DeliveredKey(key_id="x", material=Secret(MATERIAL)), outcomes):
        assert leaks(repr(one)) == leaks(str(one)) == leaks(f"{one}") == []


def test_a_traceback_with_the_values_of_all_variables_does_not_show_a_key() -> None:
    def crash(keys: tuple[DeliveredKey, ...]) -> None:
        (first,) = keys
        raise RuntimeError(f"no place for {first}")

    with pytest.raises(RuntimeError) as caught:
        crash((DeliveredKey(key_id="x", material=Secret(MATERIAL)),))
    told = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert leaks("".join(told.format())) == []


def test_neither_logs_nor_the_stores_files_show_a_key(
    tmp_path: Path, certificates: Certificates, capfd: pytest.CaptureFixture[str]
) -> None:
    stream = io.StringIO()
    answers: list[str] = []

    async def story() -> None:
        async with opened(str(tmp_path / "store.db")) as store:
            keys = await sql_keys(store)
            await keys.add([a_key(), a_key("slave"), *new_keys(9)])
            async with listening(keys, certificates) as entity:
                _, answer = await entity.ask(A, "GET", f"{B}/enc_keys")
                answers.append(json.dumps(answer))
                key_id = answer["keys"][0]["key_ID"]
                for sae, path in [
                    (C, f"{A}/dec_keys?key_ID={key_id}"), (B, f"{A}/dec_keys?key_ID={key_id}"),
                    (B, f"{A}/dec_keys?key_ID={key_id}"), (A, f"{B}/enc_keys?number=128"),
                    (A, f"{B}/enc_keys?size=512"), (A, "x/y"),
                ]:  # fmt: skip
                    await entity.ask(sae, "GET", path)
            files = b"".join(path.read_bytes() for path in tmp_path.iterdir())
            assert leaks(files) == []

    handler = set_up_logs(stream, level=logging.DEBUG)
    level = logging.getLogger().level
    logging.getLogger().setLevel(logging.DEBUG)
    try:
        asyncio.run(story())
    finally:
        logging.getLogger().removeHandler(handler)
        logging.getLogger().setLevel(level)
    assert leaks(answers[0])  # the one place where it belongs
    assert "request refused" in stream.getvalue()
    assert leaks(stream.getvalue()) == []
    assert leaks("".join(capfd.readouterr())) == []


def test_material_is_wiped_when_its_reply_is_made(certificates: Certificates) -> None:
    kept: list[Secret] = []

    class Watched(MemoryKeyStore):
        async def deliver(self, orders):
            outcomes = await MemoryKeyStore.deliver(self, orders)
            kept.extend(key.material for outcome in outcomes for key in outcome)
            return outcomes

    async def story() -> None:
        store = Watched(SystemClock())
        await store.add(new_keys(3))
        async with listening(store, certificates) as entity:
            assert (await entity.ask(A, "GET", f"{B}/enc_keys?number=3"))[0] == 200

    asyncio.run(story())
    assert [secret.reveal() for secret in kept] == [bytes(32)] * 3
