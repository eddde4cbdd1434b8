"""One run on one kind of store: network, clients, kills; then the history and its check."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from tests.platform.postgres import programs

from interlace.network import parse_network
from interlace.platform import SystemClock
from interlace.services.kms.app import (
    InitWishes,
    init_directory,
    load_directory,
    load_entity,
    status_of,
)
from soak.checker import Fault, check
from soak.clients import CallLog, Connection, Network, read_calls
from soak.history import Call, Copy, History, Kill, Told
from soak.plan import ENDS, NETWORK, RELAYS, Plan
from soak.processes import Clients, CrashingServer, Entity, SoakError
from soak.stores import fault_of_chain, read_entity

__all__ = ["Result", "Wishes", "run_once"]

_STOCK = {"low": 256, "target": 6000, "link_low": 512, "link_most": 16_384}
_SPEED_UP = 1e5
_PATIENCE_S = 120.0
_TELL_S = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """How long a run lasts: until all of it is reached.

    Attributes:
        deliveries: keys that clients have read, of either role; a fifth of them by requests for
            one key.
        kills: at random, of clients, entities and the database.
        each: kills at each named point.
        seed: of chance; times are not under its rule.
    """

    deliveries: int
    kills: int
    each: int
    seed: int = 1

    @property
    def singles(self) -> int:
        """Keys read by requests for one key."""
        return self.deliveries // 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a run has shown."""

    store: str
    history: History
    faults: Sequence[Fault]
    points: Sequence[tuple[str, int]]
    wall_s: float


async def run_once(kind: str, wishes: Wishes, say: Say) -> Result:
    """Run, and check.

    Args:
        kind: `sqlite` or `postgresql`.
        wishes: how long.
        say: tells how far it is.

    Raises:
        SoakError: a process ended that this run had not killed, or a point is never reached.
    """
    began_s = time.monotonic()
    with _place(kind) as (root, server):
        folder = root / "net"
        url = None if server is None else server.url
        await asyncio.to_thread(_make, folder, url)
        run = Run(folder, root, server, wishes, say)
        await run.go()
        say("reading the stores")
        history = await _history(folder, root, run.kills)
        say(f"checking {len(history.calls)} calls, {len(history.copies)} copies of keys")
        return Result(
            store=kind,
            history=history,
            faults=check(history),
            points=run.plan.rows(),
            wall_s=time.monotonic() - began_s,
        )


class Run:
    """A network under load and under fire.

    Args:
        folder: of `interlace kms init`.
        logs: where clients write their calls.
        server: the database, if there is one.
        wishes: how long.
        say: tells how far it is.
    """

    def __init__(
        self, folder: Path, logs: Path, server: CrashingServer | None, wishes: Wishes, say: Say
    ) -> None:
        self.kills: list[Kill] = []
        self._folder = folder
        self._logs = logs
        self._server = server
        self._wishes = wishes
        self._say = say
        self._chance = random.Random(wishes.seed)
        self.plan = Plan(each=wishes.each, chance=self._chance)
        self._at_random = 0
        self._entities: list[Entity] = []
        self._clients: list[Clients] = []

    async def go(self) -> None:
        """Load and kills until the wishes are met; then calm, and the keys that nobody fetched."""
        async with self._entities_run(self.plan), self._clients_run():
            await self._fire()
        self._say("all is ended; starting again, without kills")
        async with self._entities_run(Plan(each=0, chance=self._chance)):
            await self._until_ready()
            fetched = await self._fetch_the_rest()
            self._say(f"asked for {fetched} keys that no slave had read")

    @contextlib.asynccontextmanager
    async def _entities_run(self, plan: Plan) -> AsyncGenerator[None]:
        self._entities = [
            Entity(self._folder, name, plan, self.kills, self._may_fail)
            for name in (*ENDS, *RELAYS)
        ]
        async with _beside([one.run() for one in self._entities]):
            yield
            await asyncio.gather(*(one.end() for one in self._entities))

    @contextlib.asynccontextmanager
    async def _clients_run(self) -> AsyncGenerator[None]:
        self._clients = [
            Clients(self._folder, self._logs, f"c{i}", self._wishes.seed + i, self.kills)
            for i in range(2)
        ]
        async with _beside([one.run() for one in self._clients]):
            yield
            await asyncio.gather(*(one.end() for one in self._clients))

    async def _fire(self) -> None:
        """Kill at random, in step with the deliveries, until everything is reached."""
        told_s = time.monotonic()
        while not self._is_reached():
            await asyncio.sleep(self._chance.uniform(0.1, 0.6))
            if self.plan.unreached:
                raise SoakError(f"no entity gets to {', '.join(self.plan.unreached)}")
            if self._at_random < self._wishes.kills * min(self._progress() + 0.1, 1.0):
                self._at_random += await self._kill_something()
            if time.monotonic() > told_s + _TELL_S:
                told_s = time.monotonic()
                self._say(self._words())

    def _is_reached(self) -> bool:
        return (
            self._progress() >= 1.0 and self._at_random >= self._wishes.kills and self.plan.is_done
        )

    def _progress(self) -> float:
        read = sum(one.read for one in self._clients)
        singles = sum(one.singles for one in self._clients)
        return min(read / self._wishes.deliveries, singles / max(self._wishes.singles, 1))

    def _words(self) -> str:
        read = sum(one.read for one in self._clients)
        singles = sum(one.singles for one in self._clients)
        named = sum(count for _, count in self.plan.rows())
        missing = [point for point, hits in self.plan.rows() if hits < self._wishes.each]
        few = ", ".join(missing) if len(missing) < 4 else f"{len(missing)} points"
        return (
            f"{read} delivered, {singles} of them alone; {self._at_random} kills at random, "
            f"{named} at points" + (f"; to do: {few}" if few else "")
        )

    async def _kill_something(self) -> bool:
        at = self._chance.random()
        if self._server is not None and at < 0.2:
            await asyncio.to_thread(self._server.crash)
            self.kills.append(Kill(what="database", point="", at_us=SystemClock().now_us()))
            return True
        victims: Sequence[Entity | Clients] = self._clients if at < 0.6 else self._entities
        return self._chance.choice(victims).kill()

    def _may_fail(self) -> bool:
        return self._server is not None and self._server.was_down()

    async def _until_ready(self) -> None:
        until_s = time.monotonic() + _PATIENCE_S
        while not (await asyncio.to_thread(status_of, str(self._folder))).ready:
            if time.monotonic() > until_s:
                raise SoakError(f"the network is not ready after {_PATIENCE_S:.0f} s of calm")
            await asyncio.sleep(0.5)

    async def _fetch_the_rest(self) -> int:
        """Ask for each key that a master has and no slave has read; how many."""
        calls = await asyncio.to_thread(_calls, self._logs)
        owners = {
            got.key_id: (call.sent.master, call.sent.slave)
            for call in calls
            if call.sent.role == "master"
            for got in call.got
        }
        read = {got.key_id for call in calls if call.sent.role == "slave" for got in call.got}
        network, log = (
            Network(load_directory(str(self._folder))),
            CallLog(self._logs / "rest.log", "rest"),
        )
        lines = {sae: Connection(network, sae, log) for sae in network.saes}
        rest = [key_id for key_id in owners if key_id not in read]
        for key_id in rest:
            master, slave = owners[key_id]
            call = await lines[slave].keys_by_id(master, [key_id])
            if call is None or call.outcome == "unknown":
                raise SoakError(f"{slave} is not answered, though nothing is killed")
        return len(rest)


@contextlib.asynccontextmanager
async def _beside(coroutines: Sequence[Coroutine[Any, Any, None]]) -> AsyncGenerator[None]:
    """Run coroutines while the block runs; the failure of one ends the block."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in coroutines]
            yield
            await asyncio.gather(*tasks)
    except* SoakError as errors:
        raise errors.exceptions[0] from None


@contextlib.contextmanager
def _place(kind: str) -> Generator[tuple[Path, CrashingServer | None]]:
    """A temporary folder, and the database if there is to be one."""
    root = Path(tempfile.mkdtemp(prefix="interlace-soak-"))
    server = None
    try:
        if kind == "postgresql":
            folder = programs()
            if folder is None:
                raise SoakError("PostgreSQL is not installed: apt-get install postgresql")
            server = CrashingServer(folder)
            server.start()
        yield root, server
    finally:
        if server is not None:
            server.end()
        shutil.rmtree(root, ignore_errors=True)


def _make(folder: Path, url: str | None) -> None:
    """`interlace kms init`, with modules that are fast and pools that are large."""
    network = parse_network(NETWORK, file="kms-soak.yaml")
    init_directory(str(folder), network, SystemClock(), InitWishes(store=url))
    yaml = YAML()
    for file in folder.glob("entities/*/entity.yaml"):
        written = yaml.load(file)
        written["speed_up"] = _SPEED_UP
        written["stock"] = dict(_STOCK)
        yaml.dump(written, file)


def _calls(logs: Path) -> tuple[Call, ...]:
    return read_calls(sorted(logs.glob("*.log")))


async def _history(folder: Path, logs: Path, kills: Sequence[Kill]) -> History:
    copies: list[Copy] = []
    told: list[Told] = []
    broken: dict[str, str] = {}
    for name in (*ENDS, *RELAYS):
        config = load_entity(str(folder), name)
        fault = await asyncio.to_thread(fault_of_chain, config)
        if fault is not None:
            broken[name] = fault
        of_entity = await read_entity(str(folder), name)
        copies += of_entity[0]
        told += of_entity[1]
    calls = await asyncio.to_thread(_calls, logs)
    return History(
        calls=calls, copies=tuple(copies), told=tuple(told), kills=tuple(kills), broken=broken
    )
