"""What is asked of the key store, and what it answers: no names of HTTP or SQL here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from interlace.platform import Secret
from interlace.services.kms.model.keys import KeyId, Pair, Role, SaeId

__all__ = [
    "AssembledKey",
    "Assembly",
    "DeliveredKey",
    "NewKey",
    "Order",
    "Outcome",
    "Refusal",
    "TakeByIds",
    "TakeNext",
    "key_id_of",
    "parts_needed",
    "sae_id_of",
    "subject_of",
]

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_SAE = re.compile(r"[!-~]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """One copy of a key on its way into the store.

    Attributes:
        key_id: the same at both ends.
        role: which of the two this copy is for.
        pair: who may have it.
        material: the key; `8 * len(material)` is its size in bits.
        expires_us: when it is void if nobody fetched it, microseconds since
            1970-01-01T00:00:00Z.
        batch: the transfer or assembly that it came by.
    """

    key_id: KeyId
    role: Role
    pair: Pair
    material: Secret
    expires_us: int
    batch: str

    @property
    def size_bits(self) -> int:
        """Of the material."""
        return 8 * len(self.material)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeNext:
    """A master asks for keys, whichever come next.

    Attributes:
        pair: the master, who asks, and the slave that shall have them too.
        count: how many keys, all or none.
        size_bits: of each: the size of the pool's keys.
        request: under which name logs tell of it.
    """

    pair: Pair
    count: int
    size_bits: int
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeByIds:
    """A slave asks for keys by their IDs.

    Attributes:
        pair: the master, whom the slave names, and the slave, who asks.
        key_ids: which, all or none; no ID twice.
        request: under which name logs tell of it.
    """

    pair: Pair
    key_ids: tuple[KeyId, ...]
    request: str


Order = TakeNext | TakeByIds


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredKey:
    """A key that has left the store: nobody in this role gets it again."""

    key_id: KeyId
    material: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an order was not carried out; no key of it was touched.

    Attributes:
        reason: too few keys in the pool; a key that is not there for these two (never was, or
            was fetched, or expired); a key that another SAE may have, but not this one.
    """

    reason: Literal["insufficient", "unknown-key", "wrong-party"]


Outcome = tuple[DeliveredKey, ...] | Refusal
"""What became of an order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssembledKey:
    """A key of another size than the pool's, made of the pool's keys.

    Attributes:
        key_id: of the new key.
        parts: the pool's keys whose bits it is made of, in order; the last one is cut to size.
    """

    key_id: KeyId
    parts: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembly:
    """Keys that both ends of a pair make of the same keys of their pools.

    Attributes:
        assembly_id: a UUID; the same assembly may be asked for again.
        pair: of the parts and of the keys made of them.
        size_bits: of each key made, a multiple of 8.
        expires_us: of the keys made, microseconds since 1970-01-01T00:00:00Z.
        keys: at least one.
    """

    assembly_id: str
    pair: Pair
    size_bits: int
    expires_us: int
    keys: tuple[AssembledKey, ...]

    @property
    def part_ids(self) -> tuple[KeyId, ...]:
        """All parts of all keys."""
        return tuple(part for key in self.keys for part in key.parts)


def parts_needed(size_bits: int, part_bits: int) -> int:
    """How many keys of the pool make one of another size.

    Example:
        >>> parts_needed(1024, 256), parts_needed(264, 256), parts_needed(64, 256)
        (4, 2, 1)
    """
    return -(-size_bits // part_bits)


def key_id_of(text: str) -> KeyId | None:
    """A UUID in its usual form, whatever the case of its letters; `None` if it is none.

    Example:
        >>> key_id_of("2F0C8E0E-6a3c-4d55-9d1a-0f6a4c0f7b11")
        '2f0c8e0e-6a3c-4d55-9d1a-0f6a4c0f7b11'
    """
    return text.lower() if _UUID.fullmatch(text) else None


def sae_id_of(text: str) -> SaeId | None:
    """An SAE's ID, 1 to 64 visible ASCII characters; `None` if it is none.

    Example:
        >>> sae_id_of("sae-a"), sae_id_of(" ")
        ('sae-a', None)
    """
    return text if _SAE.fullmatch(text) else None


def subject_of(pair: Pair) -> str:
    """A pair as the audit and alarms call it.

    Example:
        >>> subject_of(Pair(master="sae-a", slave="sae-b"))
        'sae-a>sae-b'
    """
    return f"{pair.master}>{pair.slave}"
