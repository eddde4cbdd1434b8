"""Programs that were not made for this server: curl, as an administrator would call it."""

from __future__ import annotations

import asyncio
import json
import shutil

import pytest
from tests.services.kms.entity import A, B, C, Certificates, Entity, listening, new_keys

from interlace.platform import SystemClock
from interlace.services.kms.adapters.memory_keys import MemoryKeyStore

UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def curl(entity: Entity, sae: str, path: str, *more: str) -> tuple[int, dict]:
    files = entity.certificates.files(sae)
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--cacert", files.authority, "--cert",
        files.certificate, "--key", files.key, "--write-out", "\n%{http_code}", *more,
        f"{entity.url}/{path}", stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await process.communicate()
    body, _, status = out.decode().rpartition("\n")
    return int(status), json.loads(body)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_gets_keys_by_get_and_post_and_the_other_end_the_same_ones(
    certificates: Certificates,
) -> None:
    as_json = ("--header", "Content-Type: application/json")

    async def story() -> None:
        keys = MemoryKeyStore(SystemClock())
        await keys.add(new_keys(50))
        async with listening(keys, certificates) as entity:
            assert (await curl(entity, A, f"{B}/status"))[1]["stored_key_count"] == 50
            status, one = await curl(entity, A, f"{B}/enc_keys")
            assert status == 200
            key_id = one["keys"][0]["key_ID"]
            assert (await curl(entity, C, f"{A}/dec_keys?key_ID={key_id}"))[0] == 401
            assert await curl(entity, B, f"{A}/dec_keys?key_ID={key_id}") == (200, one)
            assert (await curl(entity, B, f"{A}/dec_keys?key_ID={key_id}"))[0] == 400
            request = json.dumps({"number": 3, "size": 1024})
            status, three = await curl(entity, A, f"{B}/enc_keys", *as_json, "--data", request)
            assert status == 200
            ids = json.dumps({"key_IDs": [{"key_ID": k["key_ID"]} for k in three["keys"]]})
            got = await curl(entity, B, f"{A}/dec_keys", *as_json, "--data", ids)
            assert got == (200, three)
            assert (await curl(entity, A, f"{B}/enc_keys", "--data", request))[0] == 415
            assert (await curl(entity, A, f"{B}/enc_keys", "--request", "POST"))[0] == 200
            assert (await curl(entity, A, f"{B}/status", "--request", "POST"))[0] == 405
            assert (await curl(entity, A, f"{B}/dec_keys?key_ID={UNKNOWN}", "--tls-max", "1.3"))[
                0
            ] == 400
            with pytest.raises(ValueError, match="Expecting value"):
                await curl(entity, A, f"{B}/status", "--tls-max", "1.2")

    asyncio.run(story())
