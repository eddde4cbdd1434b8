"""Kill -9 at each named point of a delivery: nothing is delivered twice, every loss is found."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from tests.platform.conftest import Place
from tests.services.kms.entity import A, B, Certificates, new_keys, opened, sql_keys
from tests.services.kms.test_key_store import states

from interlace.platform import client_context

ROOT = Path(__file__).parents[3]
POINTS = [
    ("kms.deliver.before-commit", 256), ("kms.deliver.after-commit", 256),
    ("kms.deliver.before-commit", 512), ("kms.deliver.after-commit", 512),
    ("kms.assemble.after-reserve", 512), ("kms.assemble.before-bind-commit", 512),
]  # fmt: skip


@contextlib.contextmanager
def entity_process(
    place: Place, certificates: Certificates, fault: str = ""
) -> Iterator[tuple[subprocess.Popen[str], int]]:
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "INTERLACE_FAULT": fault, "PYTHONPATH": paths}
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.services.kms.entity_process", place.address, place.schema,
         str(certificates.folder)],
        stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


async def collect(certificates: Certificates, port: int, *, sae: str, paths: list[str]) -> list:
    """Ask one after the other until all is asked or the server is gone: the answers' keys."""
    connector = aiohttp.TCPConnector(ssl=client_context(certificates.files(sae)))
    answers: list = []
    async with aiohttp.ClientSession(connector=connector) as session:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            for path in paths:
                async with session.get(f"https://localhost:{port}/api/v1/keys/{path}") as answer:
                    body = await answer.json()
                    if answer.status == 200:
                        answers += [(key["key_ID"], key["key"]) for key in body["keys"]]
    return answers


async def crowd(certificates: Certificates, port: int, *, sae: str, paths: list[list[str]]) -> list:
    found = await asyncio.gather(
        *(collect(certificates, port, sae=sae, paths=one) for one in paths)
    )
    return [key for keys in found for key in keys]


@pytest.mark.parametrize(("point", "size_bits"), POINTS)
def test_a_kill_at_a_point_of_a_delivery_delivers_nothing_twice(
    place: Place, certificates: Certificates, point: str, size_bits: int
) -> None:
    path = f"{B}/enc_keys?size={size_bits}"

    async def fill() -> None:
        async with opened(place.address, place.schema) as store:
            await (await sql_keys(store)).add(new_keys(60))

    asyncio.run(fill())
    with entity_process(place, certificates, f"{point}:4") as (process, port):
        got = asyncio.run(crowd(certificates, port, sae=A, paths=[[path] * 9] * 4))
        assert process.wait(10) == -signal.SIGKILL
    with entity_process(place, certificates) as (process, port):
        got += asyncio.run(crowd(certificates, port, sae=A, paths=[[path] * 30] * 4))
        ids = [key_id for key_id, _ in got]
        assert len(ids) == len(set(ids)) > 0
        fetch = [[f"{A}/dec_keys?key_ID={key_id}" for key_id in ids]] * 2
        fetched = asyncio.run(crowd(certificates, port, sae=B, paths=fetch))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert sorted(fetched) == sorted(got)
    asyncio.run(account(place, ids, size_bits=size_bits, point=point))


async def account(place: Place, ids: list[str], *, size_bits: int, point: str) -> None:
    """Every key was delivered to the client, burned in flight, voided, or is still there."""
    async with opened(place.address, place.schema) as store:
        keys = await sql_keys(store)
        verdict = await keys.trail.verify(store)
        assert verdict.broken is None
        rows = await states(keys)
    delivered = {row[0] for row in rows if row[1:3] == ("master", "delivered")}
    burned = delivered - set(ids)
    assert set(ids) <= delivered
    assert len(burned) <= 4  # as many as asked at once: replies on their way
    if point == "kms.deliver.after-commit":
        assert burned
    assert not [row for row in rows if row[2] == "reserved"]
    void = [row for row in rows if row[1:3] == ("master", "void")]
    parts = size_bits // 256
    if parts == 1:
        assert not void
        assert len(delivered) == 60
    else:
        left = len([row for row in rows if row[1:3] == ("master", "available")])
        assert left < parts
        assert len(void) + left == 60
        assert len(void) - parts * len(delivered) in {0, 2, 4, 6, 8}
