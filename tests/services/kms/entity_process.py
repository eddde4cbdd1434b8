"""An entity as a process of its own, for tests that kill it: ADDRESS SCHEMA CERTIFICATES.

It writes its port to stdout, one line, and runs until it is told to stop.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from tests.services.kms.entity import Certificates, listening, opened, sql_keys

from interlace.platform import KillPoints, SystemClock, load_authority


async def main(address: str, schema: str, folder: Path) -> None:
    authority = load_authority(str(folder / "ca.pem"), str(folder / "ca.key"), SystemClock())
    certificates = Certificates(folder, authority)
    faults = KillPoints.of(os.environ)
    end = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, end.set)
    async with opened(address, schema) as store:
        keys = await sql_keys(store, faults=faults)
        async with listening(keys, certificates, faults=faults) as entity:
            sys.stdout.write(f"{entity.api.port}\n")
            sys.stdout.flush()
            await end.wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
