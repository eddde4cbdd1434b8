"""What keys cost: CPU of the entity, the database and the load apart; latency; memory.

Two entities, each a process, on PostgreSQL. The store is filled first and refilling is then turned
off, where the cost of a delivery alone is to be seen.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

from ruamel.yaml import YAML
from tests.platform.postgres import PostgresServer, programs

from interlace.network import parse_network
from interlace.platform import SystemClock
from interlace.services.kms.app import (
    InitWishes,
    LoadFigures,
    LoadWishes,
    init_directory,
    measure_load,
    status_of,
)

NETWORK = """interlace: 1
name: kms-bench
kmes: {kme-a: {}, kme-b: {}}
saes: {sae-a: {kme: kme-a}, sae-b: {kme: kme-b}}
permits: {sae-a: [sae-b]}
links: {kme-a--kme-b: {length: 5 km, qkd: {protocol: decoy-bb84}}}
"""
ENTITIES = ("kme-a", "kme-b")
SINGLES, BATCHES, NUMBER = 60_000, 1200, 128
PATIENCE_S = 900.0


def measure_kms(*, memory_s: float) -> Iterator[dict[str, object]]:
    """Deliveries to masters: alone, at half load, in batches, with refilling, for a long time."""
    if programs() is None:
        print("PostgreSQL is not installed: apt-get install postgresql")
        return
    with network() as (folder, server):

        def load(wishes: LoadWishes) -> tuple[LoadFigures, float]:
            before_s = server.cpu_s()
            return measure_load(str(folder), wishes), server.cpu_s() - before_s

        fill(folder, 2 * SINGLES + NUMBER * BATCHES)
        with running(folder, target=1):
            load(LoadWishes(requests=2000))
            most, cpu_s = load(LoadWishes(seconds_s=300.0, requests=SINGLES, connections=32))
            yield row("one key", most, cpu_s)
            rate_hz = most.requests / most.wall_s / 2
            half = LoadWishes(
                seconds_s=30.0, requests=SINGLES // 2, rate_hz=rate_hz, connections=32
            )
            yield row("one key, half load", *load(half))
            batches = LoadWishes(seconds_s=60.0, requests=BATCHES, number=NUMBER, connections=8)
            yield row("128 keys", *load(batches))
        with running(folder, target=20_000):
            wait_for(folder, 20_000)
            batches = LoadWishes(seconds_s=30.0, number=NUMBER, connections=8)
            yield row("128 keys, refilling", *load(batches))
            wait_for(folder, 10_000)
            slow = LoadWishes(seconds_s=10.0, rate_hz=min(rate_hz, 400.0), connections=32)
            yield row("one key, refilling", *load(slow))
            for minute in range(1, 1 + int(memory_s // 60)):
                slow = LoadWishes(seconds_s=60.0, rate_hz=min(rate_hz, 400.0), connections=32)
                yield row(f"one key, minute {minute} more", *load(slow))


def row(what: str, found: LoadFigures, database_cpu_s: float) -> dict[str, object]:
    """A line of the table; CPU in microseconds an answer."""
    answers = max(found.answered, 1)
    return {
        "load": what,
        "requests/s": found.requests / found.wall_s,
        "keys/s": found.keys / found.wall_s,
        "refused": found.refused + found.failed,
        "entity_us": 1e6 * found.entity_cpu_s / answers,
        "database_us": 1e6 * database_cpu_s / answers,
        "both_us": 1e6 * (found.entity_cpu_s + database_cpu_s) / answers,
        "load_us": 1e6 * found.generator_cpu_s / answers,
        "p50_ms": 1e3 * found.p50_s,
        "p99_ms": 1e3 * found.p99_s,
        "memory_MiB": found.memory_bytes / 2**20,
    }


@contextlib.contextmanager
def network() -> Generator[tuple[Path, PostgresServer]]:
    """A directory of two entities, and the server that their stores are on."""
    place = programs()
    if place is None:
        raise SystemExit("PostgreSQL is not installed: apt-get install postgresql")
    server = PostgresServer(place)
    try:
        server.start(shared_buffers="256MB")
        with tempfile.TemporaryDirectory() as root:
            folder = Path(root) / "net"
            wishes = InitWishes(store=server.url)
            init_directory(str(folder), parse_network(NETWORK), SystemClock(), wishes)
            yield folder, server
    finally:
        server.end()


def fill(folder: Path, count: int) -> None:
    """Have the pool filled."""
    began_s = time.perf_counter()
    with running(folder, target=count):
        wait_for(folder, count)
    took_s = time.perf_counter() - began_s
    print(f"filled with {count} keys, {count / took_s:.0f} a second", flush=True)


@contextlib.contextmanager
def running(folder: Path, *, target: int) -> Generator[None]:
    """Both entities, as processes, with that much kept in stock."""
    yaml = YAML()
    for name in ENTITIES:
        file = folder / "entities" / name / "entity.yaml"
        written = yaml.load(file)
        written["speed_up"] = 1e6
        written["limits"]["max_stored"] = 1_000_000
        stock = {"low": 0, "target": target, "link_low": 512, "link_most": 65_536}
        written["stock"] = stock
        yaml.dump(written, file)
    with contextlib.ExitStack() as held:
        for name in ENTITIES:
            log = held.enter_context((folder / f"{name}.log").open("ab"))
            process = subprocess.Popen(
                [sys.executable, "-m", "interlace", "kms", "serve", str(folder), name],
                stderr=log,
                env={**os.environ, "INTERLACE_FAULT": ""},
            )
            held.callback(process.wait)
            held.callback(process.send_signal, signal.SIGTERM)
        wait_for(folder, 0)
        yield


def wait_for(folder: Path, count: int) -> None:
    """Until the entities run and the pool holds that many keys."""
    until_s = time.perf_counter() + PATIENCE_S
    while time.perf_counter() < until_s:
        status = status_of(str(folder))
        stored = [pool.stored for one in status.entities for pool in one.pools]
        if all(one.state == "running" for one in status.entities) and sum(stored) >= count:
            return
        time.sleep(0.25)
    raise SystemExit(f"the pool does not fill up to {count} keys")
