"""A network of entities in one process, over a transport that loses, doubles and tells on them.

Whatever is sent goes through the wire's bytes and past a `PadChecker`, which knows all key that was
dealt and finds any block that ever covered two different messages.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interlace.errors import InterlaceError, ProtocolError
from interlace.platform import ManualClock
from interlace.services.kms.adapters.memory_links import MemoryLedger, MemoryLinkStore
from interlace.services.kms.model import (
    Assembly,
    EntityConfig,
    EntityTls,
    LinkConfig,
    Listening,
    Pair,
    Peer,
    Role,
    Sae,
    StockTargets,
)
from interlace.services.kms.model.peer_failures import (
    PeerError,
    PeerUnreachableError,
    RolledBackError,
)
from interlace.services.kms.model.peering import (
    BLOCK_BYTES,
    Deal,
    Envelope,
    RelayRequest,
    TransferId,
)
from interlace.services.kms.model.pieces import Piece
from interlace.services.kms.service.carrying import Carrier, Pace
from interlace.services.kms.service.pads import keys_of, unpadded
from interlace.services.kms.wire.peers import REPLIES, ROUTES, decoded, encoded

TLS = EntityTls(certificate="", key="", authority="")
NAMES = {kind: name for name, kind in ROUTES.items()}


class Crashed(BaseException):
    """The power went."""


def link(a: str, b: str) -> LinkConfig:
    a, b = sorted((a, b))
    return LinkConfig(name=f"{a}--{b}", ends=(a, b), rate_hz=1e6, protocol="test")


def configs(
    links: Sequence[LinkConfig],
    saes: Mapping[str, str],
    permits: Sequence[Pair],
    *,
    stock: StockTargets | None = None,
) -> dict[str, EntityConfig]:
    """One for each entity that a link ends at."""
    kmes = sorted({end for one in links for end in one.ends})
    return {
        kme: EntityConfig(
            name=kme,
            folder="",
            listening=Listening(host="127.0.0.1", sae_port=0, peer_port=0, operations_port=0),
            tls=TLS,
            store="",
            schema="",
            kek="",
            epoch_file="",
            saes=tuple(Sae(name=sae, kme=at) for sae, at in saes.items()),
            permits=tuple(permits),
            peers=tuple(Peer(name=one, url=f"memory:{one}") for one in kmes if one != kme),
            links=tuple(links),
            stock=stock or StockTargets(low=100, target=200, link_low_blocks=150),
        )
        for kme in kmes
    }


CHAIN = configs(
    [link("a", "b"), link("b", "c"), link("c", "d")],
    {"sae-a": "a", "sae-d": "d"},
    [Pair(master="sae-a", slave="sae-d"), Pair(master="sae-d", slave="sae-a")],
)
RING = configs(
    [link("a", "b"), link("b", "c"), link("c", "d"), link("d", "e"), link("a", "e")],
    {"sae-a": "a", "sae-c": "c", "sae-d": "d"},
    [
        Pair(master="sae-a", slave="sae-c"),
        Pair(master="sae-c", slave="sae-a"),
        Pair(master="sae-a", slave="sae-d"),
    ],
)


@dataclass
class PadChecker:
    """Collects all key that is dealt and all messages that it covers."""

    dealt: dict[tuple[str, str], list[dict[int, bytes]]] = field(default_factory=dict)
    uses: dict[bytes, bytes] = field(default_factory=dict)
    plain: dict[TransferId, bytes] = field(default_factory=dict)
    ids: dict[TransferId, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def see(self, message: object) -> None:
        if isinstance(message, Deal):
            for one in message.dealt:
                blocks = dict(enumerate(keys_of(one.material), one.first))
                known = self.dealt.setdefault((message.link, one.sender), [])
                if not any(blocks.items() <= old.items() for old in known):
                    if not known or known[-1].keys() & blocks.keys():
                        known.append({})  # numbers begin anew: a new epoch
                    known[-1] |= blocks
        if isinstance(message, RelayRequest):
            for item in message.items:
                if isinstance(item, Envelope):
                    self._cover(message.link, item)

    def _cover(self, link_name: str, item: Envelope) -> None:
        for blocks in self.dealt.get((link_name, item.sender), []):
            numbers = [n for s in item.pad for n in range(s.first, s.first + s.count)]
            if not all(n in blocks for n in numbers):
                continue
            pad = [Piece(first=n, material=blocks[n]) for n in numbers]
            whole = Piece(first=0, material=b"".join(p.material for p in pad))
            try:
                keys = unpadded(item, [whole])
            except ProtocolError:
                continue
            self._note(item, [p.material for p in pad], keys)
            return
        self.faults.append(f"{item} is covered by key that was never dealt")

    def _note(self, item: Envelope, pad: list[bytes], keys: bytes) -> None:
        message = encoded(item)
        for block in pad:
            if self.uses.setdefault(block, message) != message:
                self.faults.append(f"a block covers two messages, one of them {item}")
        if self.plain.setdefault(item.transfer, keys) != keys:
            self.faults.append(f"{item} carries other keys than on the hop before")
        self.ids[item.transfer] = item.key_ids


@dataclass
class Mishaps:
    """What goes wrong next: counted down at each occasion, 0 or None: it happens, or nothing."""

    store_before: int | None = None
    store_after: int | None = None
    point: int | None = None
    lose_request: int | None = None
    lose_reply: int | None = None
    double: int | None = None
    happened: list[str] = field(default_factory=list)

    def is_now(self, name: str) -> bool:
        left = getattr(self, name)
        if left is None:
            return False
        setattr(self, name, left - 1 if left else None)
        if left == 0:
            self.happened.append(name)
        return left == 0


@dataclass
class Points:
    """Fault points of an entity."""

    mishaps: Mishaps
    seen: set[str]

    def point(self, name: str) -> None:
        self.seen.add(name)
        if self.mishaps.is_now("point"):
            self.mishaps.happened.append(name)
            raise Crashed


@dataclass
class CrashingStore:
    """A link store that may end the entity before or after a commit."""

    inner: Any
    mishaps: Mishaps

    async def transaction(self, work: Any) -> Any:
        if self.mishaps.is_now("store_before"):
            raise Crashed
        result = await self.inner.transaction(work)
        if self.mishaps.is_now("store_after"):
            raise Crashed
        return result

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@dataclass
class Modules:
    """A module that has so many blocks whenever it is asked."""

    count: int = 280

    def due(self, name: str) -> int:
        return self.count

    def draw(self, count: int) -> bytes:
        return os.urandom(count * BLOCK_BYTES)


@dataclass
class MemoryKeys:
    """How many keys there are, in a link store in memory."""

    store: MemoryLinkStore

    async def stocks(self) -> Mapping[tuple[Role, Pair], int]:
        found: dict[tuple[Role, Pair], int] = {}
        for (_, role), key in self.store.content.copies.items():
            if key.state == "available":
                found[role, key.pair] = found.get((role, key.pair), 0) + 1
        return found

    async def bind(self, assembly: Assembly) -> bool:
        return True


@dataclass
class Entity:
    """A name, what lies on its disk, and the process that runs it at the moment."""

    config: EntityConfig
    store: Any
    keys: Any
    epoch: int = 1
    carrier: Carrier = None  # type: ignore[assignment]


@dataclass
class Transport:
    """The port `Peers` of one entity."""

    world: World
    caller: str

    def __getattr__(self, name: str) -> Callable[[str, Any], Any]:
        async def ask(kme: str, request: Any) -> Any:
            return await self.world.carry(self.caller, kme, name, request)

        return ask


class World:
    """All entities and what lies between them."""

    def __init__(self, configs_by_name: Mapping[str, EntityConfig]) -> None:
        self.clock = ManualClock()
        self.checker = PadChecker()
        self.mishaps = Mishaps()
        self.points: set[str] = set()
        self.cut: set[frozenset[str]] = set()
        self.crashes = 0
        self.pace = Pace()
        self.entities: dict[str, Entity] = {}
        self.configs = configs_by_name

    async def open(self, make: Callable[[EntityConfig], Any] | None = None) -> World:
        """`make` opens the stores of an entity: (links, keys)."""
        for name, config in self.configs.items():
            if make is None:
                store: Any = MemoryLinkStore(MemoryLedger())
                keys: Any = MemoryKeys(store)
            else:
                store, keys = await make(config)
            self.entities[name] = Entity(config, store, keys)
            await self.start(name)
        return self

    async def start(self, name: str) -> None:
        entity = self.entities[name]
        entity.carrier = Carrier(
            entity.config,
            entity.epoch,
            store=CrashingStore(entity.store, self.mishaps),
            keys=entity.keys,
            peers=Transport(self, name),  # type: ignore[arg-type]
            modules=Modules(),
            clock=self.clock,
            faults=Points(self.mishaps, self.points),
            pace=self.pace,
        )
        while True:
            try:
                return await entity.carrier.load()
            except Crashed:
                self.crashes += 1

    async def carry(self, caller: str, callee: str, name: str, request: Any) -> Any:
        content = encoded(request)
        self.checker.see(decoded(content, ROUTES[name]))
        if frozenset((caller, callee)) in self.cut or self.mishaps.is_now("lose_request"):
            raise PeerUnreachableError("lost")
        times = 2 if self.mishaps.is_now("double") else 1
        try:
            for _ in range(times):
                peering = self.entities[callee].carrier.peering
                reply = await peering.answer(caller, decoded(content, ROUTES[name]))
        except Crashed:
            self.crashes += 1
            await self.start(callee)
            raise PeerUnreachableError("the other end is gone") from None
        if self.mishaps.is_now("lose_reply"):
            raise PeerUnreachableError("lost")
        return decoded(encoded(reply), REPLIES[name])

    async def do(self, name: str, what: str, *arguments: Any) -> Any:
        """One step of an entity; it may end there and start again."""
        carrier = self.entities[name].carrier
        peer = arguments[0] if arguments and isinstance(arguments[0], str) else ""
        try:
            return await carrier._loops.tried(peer, lambda: getattr(carrier, what)(*arguments))
        except Crashed:
            self.crashes += 1
            await self.start(name)
        except RolledBackError:
            raise
        except PeerError:
            return None
        return None

    async def step_all(self) -> None:
        """Everything once, everywhere."""
        for name, entity in self.entities.items():
            for peer in entity.config.peers:
                await self.do(name, "greet_once", peer.name)
        for name, entity in self.entities.items():
            for one in entity.config.own_links:
                if one.ends[0] == name:
                    await self.do(name, "deal_once", one)
        for name, entity in self.entities.items():
            await self.do(name, "refill_once")
            for peer in entity.config.peers:
                await self.do(name, "send_once", peer.name)
                await self.do(name, "confirm_once", peer.name)

    async def calm(self, rounds: int = 12) -> None:
        """Everything works, until nothing is on its way any more."""
        self.mishaps.__dict__.update(dataclasses.asdict(Mishaps()))
        self.cut.clear()
        for entity in self.entities.values():
            for one in entity.config.own_links:
                await entity.carrier.links.put_back(one.name)
        await self.clock.advance(70.0)
        for _ in range(rounds):
            for name in self.entities:
                await self.do(name, "settle_once")
                await self.do(name, "tidy_once")
            await self.step_all()
            await self.clock.advance(1.0)
        for _ in range(8):  # no new transfers: those under way come to an end
            for name, entity in self.entities.items():
                for peer in entity.config.peers:
                    await self.do(name, "greet_once", peer.name)
            for name, entity in self.entities.items():
                for peer in entity.config.peers:
                    await self.do(name, "send_once", peer.name)
                    await self.do(name, "confirm_once", peer.name)
                await self.do(name, "settle_once")
                await self.do(name, "tidy_once")
            await self.clock.advance(25.0)

    def restore(self, name: str, snapshot: MemoryLedger, *, raised: bool = True) -> None:
        """Put an old copy of a store in memory back, and begin a new epoch."""
        entity = self.entities[name]
        content = snapshot
        if raised:
            entity.epoch += 1
            content = MemoryLedger(
                known=dict(snapshot.known),
                failed=set(snapshot.failed),
                transfers={
                    t: dataclasses.replace(r, state="lost") if r.state == "waiting" else r
                    for t, r in snapshot.transfers.items()
                },
                last_seq=snapshot.last_seq,
                copies={
                    place: dataclasses.replace(key, state="void", material=b"")
                    for place, key in snapshot.copies.items()
                },
                audit=list(snapshot.audit),
            )
        entity.store.content = content

    # ------------------------------------------------------------------ what must hold

    def complaints(self) -> list[str]:
        """What is wrong when all is calm, for stores in memory."""
        found = list(self.checker.faults)
        contents = {name: e.store.content for name, e in self.entities.items()}
        for name, content in contents.items():
            found += [f"{name} still has in its outbox {one}" for one in content.outbox.values()]
            found += [f"{name} has {t} set aside" for t in content.aside]
            found += [
                f"{name}: {t} is still waiting"
                for t, row in content.transfers.items()
                if row.state == "waiting"
            ]
        for config in self.configs.values():
            for one in config.links:
                ends = [contents[end] for end in one.ends]
                for sender in one.ends:
                    left, right = (blocks(c, one.name, sender) for c in ends)
                    if left != right:
                        found.append(f"{one.name} from {sender}: {len(left)} and {len(right)}")
            break
        for pair in next(iter(self.configs.values())).permits:
            found += self._pair_complaints(pair, contents)
        return found

    def _pair_complaints(self, pair: Pair, contents: Mapping[str, MemoryLedger]) -> list[str]:
        config = next(iter(self.configs.values()))
        at = {"master": config.kme_of(pair.master), "slave": config.kme_of(pair.slave)}
        ready = {
            role: {
                key_id: key.material
                for (key_id, of), key in contents[str(kme)].copies.items()
                if of == role and key.pair == pair and key.state == "available"
            }
            for role, kme in at.items()
        }
        found = []
        if ready["master"] != ready["slave"]:
            only = {
                r: set(ready[r]) - set(ready[o])
                for r, o in [("master", "slave"), ("slave", "master")]
            }
            found.append(f"{pair} has other keys at its ends: {only}")
        for kme in at.values():
            states = {k.state for k in contents[str(kme)].copies.values() if k.pair == pair}
            if "pending" in states:
                found.append(f"{pair} has pending keys at {kme}")
        return found


def blocks(content: MemoryLedger, name: str, sender: str) -> dict[int, bytes]:
    """What is in stock of a stream."""
    return {
        number: material
        for piece in content.pieces.get((name, sender), [])
        for number, material in enumerate(keys_of(piece.material), piece.first)
    }


__all__ = ["CHAIN", "RING", "Crashed", "InterlaceError", "World", "configs", "link"]
