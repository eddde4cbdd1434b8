"""What happened, as far as anybody outside can know it: the input of the checker.

Times are microseconds since 1970-01-01T00:00:00Z, of the one clock of the machine. Of key material
there is a digest, never the material.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from msgspec import Struct

__all__ = ["Call", "Copy", "Ended", "Got", "History", "Kill", "Sent", "Told"]

Role = Literal["master", "slave"]
Outcome = Literal["ok", "refused", "unknown"]


class Got(Struct, frozen=True, array_like=True):
    """A key that a client read from a reply.

    Attributes:
        key_id: a UUID.
        digest: SHA-256 of the material, hex digits.
        bits: of the material.
    """

    key_id: str
    digest: str
    bits: int


class Sent(Struct, frozen=True, kw_only=True, tag="sent"):
    """What a client writes down before it sends a request.

    Attributes:
        number: of the call, unique in the run.
        sae: whose certificate it uses.
        role: `master`: enc_keys; `slave`: dec_keys.
        master: of the pair that is asked about.
        slave: of the pair that is asked about.
        bits: of each key asked for; 0 for dec_keys, where the keys have their sizes already.
        count: of keys asked for.
        key_ids: for dec_keys.
        at_us: when.
    """

    number: str
    sae: str
    role: Role
    master: str
    slave: str
    bits: int
    count: int
    key_ids: tuple[str, ...]
    at_us: int


class Ended(Struct, frozen=True, kw_only=True, tag="ended"):
    """What a client writes down once it knows the outcome, or that it never will."""

    number: str
    outcome: Outcome
    at_us: int
    status: int = 0
    got: tuple[Got, ...] = ()


class Call(Struct, frozen=True, kw_only=True):
    """A request and its outcome.

    Attributes:
        sent: the request.
        outcome: `ok`: the reply was read whole; `refused`: the reply says that nothing was
            delivered; `unknown`: no reply, or one that says that the store does not know.
        ended_us: when that was known; of a client that was killed: when it sent.
        got: the keys of the reply.
    """

    sent: Sent
    outcome: Outcome
    ended_us: int
    got: tuple[Got, ...] = ()


class Copy(Struct, frozen=True, kw_only=True):
    """A row of an entity's store at the end: one end's copy of a key."""

    entity: str
    key_id: str
    role: Role
    master: str
    slave: str
    bits: int
    state: str


class Told(Struct, frozen=True, kw_only=True):
    """An audit row about keys.

    Attributes:
        entity: whose audit.
        seq: of the row.
        at_us: when.
        event: `keys-pending`, `keys-available`, `keys-reserved`, `keys-delivered`, `keys-void`,
            `keys-expired`.
        actor: on whose behalf.
        subject: the pair, `sae-a>sae-b`.
        role: of the copies.
        key_ids: of the copies.
        reason: of a void.
    """

    entity: str
    seq: int
    at_us: int
    event: str
    actor: str
    subject: str
    role: Role
    key_ids: tuple[str, ...]
    reason: str = ""


class Kill(Struct, frozen=True, kw_only=True):
    """A process that was killed with SIGKILL; `point` is empty where it was at random."""

    what: str
    point: str
    at_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One run.

    Attributes:
        calls: of all clients, killed ones included.
        copies: of all stores.
        told: all audit rows about keys, by entity in the order of the trail.
        kills: all.
        broken: entities whose audit chain does not verify, and what is wrong.
    """

    calls: tuple[Call, ...]
    copies: tuple[Copy, ...]
    told: tuple[Told, ...]
    kills: tuple[Kill, ...]
    broken: Mapping[str, str]
