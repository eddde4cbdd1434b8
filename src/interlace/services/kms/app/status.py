"""`interlace kms status`: what the entities of a directory tell, put together."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import msgspec
from msgspec import Struct

from interlace.services.kms.api.operations import AlarmRow, EntityStatus, PoolRow
from interlace.services.kms.model import Directory, EntityConfig, EntityListing
from interlace.units import Hertz, Seconds

__all__ = [
    "READY_KEYS",
    "DirectoryStatus",
    "EntityRow",
    "LinkSummary",
    "SaeRow",
    "alarm_text",
    "ask_entities",
    "directory_status",
    "status_json",
    "what_is_missing",
]

READY_KEYS = 128
"""Keys that every permitted pair must have in stock for a network to be ready."""

_WAIT_S: Seconds = 3.0
_MOST_BYTES = 16 << 20
_ORDER = ("DOWN", "EMPTY", "CHARGING", "WARNING", "READY")


class EntityRow(Struct, frozen=True, kw_only=True):
    """An entity; `state` is its phase, or `down` where nobody answers: then nothing is known."""

    id: str
    url: str
    operations_url: str
    state: str
    saes: tuple[str, ...]
    epoch: int | None
    restored: str | None
    pools: tuple[PoolRow, ...]
    alarms: tuple[AlarmRow, ...]
    missing: dict[str, str]


class LinkSummary(Struct, frozen=True, kw_only=True):
    """A QKD link; `state` is the worse of what its ends say, `stock` the blocks of each sender."""

    id: str
    ends: tuple[str, str]
    protocol: str
    secret_rate_hz: Hertz = msgspec.field(name="secret_bits_per_s")
    state: str
    stock: dict[str, int]


class SaeRow(Struct, frozen=True, kw_only=True):
    """An SAE: where it fetches keys, and with what; paths are absolute."""

    id: str
    url: str
    certificate: str
    key: str


class DirectoryStatus(Struct, frozen=True, kw_only=True):
    """A network of entities; `ready` once every permitted pair can be served 128 keys."""

    ready: bool
    simulated: bool
    ca: str
    entities: tuple[EntityRow, ...]
    links: tuple[LinkSummary, ...]
    saes: tuple[SaeRow, ...]


def ask_entities(directory: Directory) -> dict[str, EntityStatus]:
    """What the entities tell, those that answer."""
    with ThreadPoolExecutor(max_workers=16) as pool:
        answers = pool.map(_ask, directory.entities)
        return {
            one.name: answer
            for one, answer in zip(directory.entities, answers, strict=True)
            if answer is not None and answer.entity == one.name
        }


def directory_status(
    directory: Directory, config: EntityConfig, told: Mapping[str, EntityStatus]
) -> DirectoryStatus:
    """The whole network.

    Args:
        directory: where it is.
        config: of any of its entities: what all are told of links and permits.
        told: what the entities tell.
    """
    return DirectoryStatus(
        ready=_is_ready(config, told),
        simulated=config.is_simulated,
        ca=directory.ca,
        entities=tuple(_entity(one, config, told.get(one.name)) for one in directory.entities),
        links=_links(config, told),
        saes=tuple(
            SaeRow(
                id=sae.name,
                url=_url(directory, sae.kme),
                certificate=sae.certificate,
                key=sae.key,
            )
            for sae in directory.saes
        ),
    )


def alarm_text(entity: str, alarm: AlarmRow) -> str:
    """An alarm in a line, with its name; many words begin with their subject."""
    words, subject = alarm.words, alarm.subject
    if subject != entity and not words.startswith(subject):
        words = f"{subject}: {words}"
    return f"{alarm.severity}: {entity}: {alarm.name}: {words}"


def what_is_missing(status: DirectoryStatus) -> tuple[str, ...]:
    """Why a network is not ready, a sentence for each reason; empty if it is."""
    found: list[str] = []
    for one in status.entities:
        if one.state == "down" and one.saes:
            found.append(f"{one.id} is down")
        found += [f"{one.id}: {part}: {why}" for part, why in one.missing.items()]
        found += [
            f"{pool.master}>{pool.slave} has {pool.stored} of {READY_KEYS} keys"
            for pool in one.pools
            if pool.stored < READY_KEYS and not one.missing
        ]
    return () if status.ready else tuple(found)


def status_json(status: DirectoryStatus) -> bytes:
    """As a document."""
    return msgspec.json.format(msgspec.json.encode(status), indent=2) + b"\n"


def _ask(one: EntityListing) -> EntityStatus | None:
    port = one.listening.operations_port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_WAIT_S)
    try:
        connection.request("GET", "/status")
        answer = connection.getresponse()
        body = answer.read(_MOST_BYTES)
        return msgspec.json.decode(body, type=EntityStatus) if answer.status == 200 else None
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None  # nobody is there, or somebody else
    finally:
        connection.close()


def _is_ready(config: EntityConfig, told: Mapping[str, EntityStatus]) -> bool:
    stored = {
        (pool.master, pool.slave): pool.stored
        for status in told.values()
        if status.phase == "running" and not status.missing
        for pool in status.pools
    }
    both = all(kme in told for sae in config.saes if (kme := sae.kme))
    pairs = config.permits
    return both and all(stored.get((p.master, p.slave), 0) >= READY_KEYS for p in pairs)


def _entity(one: EntityListing, config: EntityConfig, told: EntityStatus | None) -> EntityRow:
    return EntityRow(
        id=one.name,
        url=f"https://{one.listening.host}:{one.listening.sae_port}",
        operations_url=f"http://127.0.0.1:{one.listening.operations_port}",
        state="down" if told is None else told.phase,
        saes=tuple(sae.name for sae in config.saes if sae.kme == one.name),
        epoch=None if told is None else told.epoch,
        restored=None if told is None else told.restored,
        pools=() if told is None else told.pools,
        alarms=() if told is None else told.alarms,
        missing={} if told is None else told.missing,
    )


def _links(config: EntityConfig, told: Mapping[str, EntityStatus]) -> tuple[LinkSummary, ...]:
    rows: list[LinkSummary] = []
    for link in config.links:
        seen = {
            end: row
            for end in link.ends
            if end in told
            for row in told[end].links
            if row.id == link.name
        }
        states = [row.state for row in seen.values()]
        worst = min(states, key=_ORDER.index) if len(seen) == 2 else "DOWN"
        rows.append(
            LinkSummary(
                id=link.name,
                ends=link.ends,
                protocol=link.protocol,
                secret_rate_hz=link.rate_hz,
                state=worst,
                stock={end: row.stock for end, row in seen.items()},
            )
        )
    return tuple(rows)


def _url(directory: Directory, kme: str) -> str:
    one = directory.entity(kme)
    return "" if one is None else f"https://{one.listening.host}:{one.listening.sae_port}"
