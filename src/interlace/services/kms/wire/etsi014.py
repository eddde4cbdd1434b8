"""ETSI GS QKD 014 V1.1.1 (2019-02): what its messages mean, and what ours look like.

Clause numbers are the standard's. Where it is silent, `docs/etsi-014.md` says what we decided.
Reading is strict about what is read twice or has another type than the standard's, and lenient
about members that it does not know: later versions may have more.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, TypeVar

import msgspec

from interlace.errors import InterlaceError, ProtocolError
from interlace.services.kms.model import DeliveredKey, KeyId, KeyLimits, key_id_of
from interlace.services.kms.model.peering import MOST_KEYS, POOL_BITS
from interlace.services.kms.service.refusals import RefusalCode
from interlace.services.kms.wire.strict_json import read_json

__all__ = [
    "REFUSALS",
    "KeyRequest",
    "Status",
    "StatusExtension",
    "WireError",
    "container_body",
    "error_body",
    "read_key_ids",
    "read_key_request",
    "status_body",
]

T = TypeVar("T")

NOT_MULTIPLE_OF_8 = "size shall be a multiple of 8"
UNSUPPORTED = "not all extension_mandatory parameters are supported"
UNMET = "not all extension_mandatory request options could be met"
KEYS_NOT_FOUND = "one or more keys specified are not found on KME"

PROVENANCE = "interlace_provenance"
"""The extension that says, and demands, where keys come from: `SIMULATED` or `QKD`."""


class WireError(InterlaceError):
    """A request that is answered with an Error of clause 6.5.

    Args:
        status: HTTP's.
        message: the standard's words, or ours where it has none.
        details: names and values for the client, in that order.
        verbs: those that the method takes, for 405.
    """

    def __init__(
        self,
        status: int,
        message: str,
        details: Sequence[Mapping[str, str]] = (),
        *,
        verbs: Sequence[str] = (),
    ) -> None:
        self.status = status
        self.verbs = tuple(verbs)
        self.message = message
        self.details = tuple(details)
        super().__init__(message)


REFUSALS: Mapping[RefusalCode, tuple[int, str]] = MappingProxyType({
    "insufficient": (503, "insufficient keys"),
    "unknown-key": (400, KEYS_NOT_FOUND),
    "wrong-party": (401, "the keys were not requested for this SAE"),
    "not-served": (401, "this SAE is not served here"),
    "not-permitted": (401, "no keys are shared with that SAE"),
    "unreachable": (503, "the KME of the other SAE cannot be reached"),
    "refused-there": (503, "the KME of the other SAE refused to make the keys"),
    "not-serving": (503, "the key store does not serve"),
})  # fmt: skip
"""How each refusal is told: status and message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRequest:
    """A Key request (clause 6.2) that this KME can try to meet."""

    count: int
    size_bits: int


class StatusExtension(msgspec.Struct, frozen=True, kw_only=True):
    """What we add to a Status and to a Key container."""

    interlace_provenance: str


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Clause 6.1, member by member; sizes in bits."""

    source_KME_ID: str  # noqa: N815 - the standard's names
    target_KME_ID: str  # noqa: N815
    master_SAE_ID: str  # noqa: N815
    slave_SAE_ID: str  # noqa: N815
    key_size: int
    stored_key_count: int
    max_key_count: int
    max_key_per_request: int
    max_key_size: int
    min_key_size: int
    max_SAE_ID_count: int  # noqa: N815
    status_extension: StatusExtension


class _Key(msgspec.Struct, frozen=True, kw_only=True):
    key_ID: str  # noqa: N815
    key: bytes  # base64, RFC 4648 section 4

    def __repr__(self) -> str:
        return "<secret>"


class _Container(msgspec.Struct, frozen=True, kw_only=True):
    keys: list[_Key]
    key_container_extension: StatusExtension

    def __repr__(self) -> str:
        return "<secret>"


class _Error(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    message: str
    details: Sequence[Mapping[str, str]] = ()


_JsonNumber = int | float  # to JSON Schema, 3.0 is an integer


class _KeyRequest(msgspec.Struct, frozen=True, kw_only=True):
    number: _JsonNumber | msgspec.UnsetType = msgspec.UNSET
    size: _JsonNumber | msgspec.UnsetType = msgspec.UNSET
    additional_slave_SAE_IDs: list[str] | msgspec.UnsetType = msgspec.UNSET  # noqa: N815
    extension_mandatory: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    extension_optional: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET


class _KeyId(msgspec.Struct, frozen=True, kw_only=True):
    key_ID: str  # noqa: N815
    key_ID_extension: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET  # noqa: N815


class _KeyIds(msgspec.Struct, frozen=True, kw_only=True):
    key_IDs: list[_KeyId]  # noqa: N815
    key_IDs_extension: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET  # noqa: N815


_ENCODER = msgspec.json.Encoder()
_MOST_DIGITS = 18
_HUGE = 8 * 10**_MOST_DIGITS
"""Stands for every number of more digits in the URL: out of any range, and a multiple of 8."""

_MISTYPED = re.compile(
    r"Expected `(?P<needed>[^`]+)`, got `(?P<seen>[^`]+)`(?: - at `\$(?P<place>.*)`)?"
)
_KINDS = MappingProxyType({
    "int": "a number", "float": "a number", "str": "a string", "bool": "a boolean",
    "array": "an array", "object": "an object", "null": "null",
})  # fmt: skip
Query = Mapping[str, Sequence[str]]


def read_key_request(
    body: bytes, query: Query, limits: KeyLimits, *, provenance: str
) -> KeyRequest:
    """Read a Key request (clauses 5.2 and 6.2).

    Args:
        body: JSON; empty: `{}`.
        query: the parameters of the URL; `number` and `size` count, also beside a body. Those
            that a body may have and that cannot be met are refused here too: who asks for one
            thing is not to get another.
        limits: what this KME can meet.
        provenance: of its keys.

    Raises:
        WireError: 400, with the standard's message where it has one.
    """
    asked = _converted(body, _KeyRequest)
    count = _number(query, "number", asked.number, default=1)
    size_bits = _number(query, "size", asked.size, default=limits.size_bits)
    _demand_extensions(asked.extension_mandatory, provenance)
    if "extension_mandatory" in query:
        raise WireError(400, "extension_mandatory belongs in the body of a POST")
    is_shared = asked.additional_slave_SAE_IDs is not msgspec.UNSET
    if is_shared or "additional_slave_SAE_IDs" in query:
        raise WireError(400, "additional_slave_SAE_IDs are not supported: max_SAE_ID_count is 0")
    if not 1 <= count <= limits.max_per_request:
        raise WireError(400, f"number must be from 1 to {limits.max_per_request}")
    if size_bits % 8:
        raise WireError(400, NOT_MULTIPLE_OF_8)
    if not limits.min_size_bits <= size_bits <= limits.max_size_bits:
        span = f"{limits.min_size_bits} to {limits.max_size_bits}"
        raise WireError(400, f"size must be from {span} bits")
    if size_bits != POOL_BITS and count > MOST_KEYS:
        other = f"for keys of another size than {POOL_BITS} bits"
        raise WireError(400, f"number must be from 1 to {MOST_KEYS} {other}")
    return KeyRequest(count=count, size_bits=size_bits)


def read_key_ids(body: bytes, query: Query, limits: KeyLimits) -> tuple[KeyId, ...]:
    """Read Key IDs (clauses 5.3 and 6.4): from `?key_ID=`, else from the body.

    Raises:
        WireError: 400.
    """
    asked = _converted(body, _KeyIds) if body else None
    written = [one.key_ID for one in asked.key_IDs] if asked else []
    if "key_ID" in query:
        if asked is not None and list(query["key_ID"]) != written:
            raise WireError(400, "key_ID stands in the URL and in the body")
        written = list(query["key_ID"])
        if len(written) > 1:
            raise WireError(400, "two or more key IDs need the method POST")
    if not 1 <= len(written) <= limits.max_per_request:
        raise WireError(400, f"1 to {limits.max_per_request} key IDs are needed")
    ids = [key_id_of(one) for one in written]
    found = tuple(one for one in ids if one is not None)
    if len(found) != len(ids):
        raise WireError(400, "a key_ID is no UUID")
    if len(set(found)) != len(found):
        raise WireError(400, "a key_ID stands there twice")
    return found


def container_body(keys: Sequence[DeliveredKey], *, provenance: str) -> bytes:
    """A Key container (clause 6.3) as JSON."""
    written = [_Key(key_ID=key.key_id, key=key.material.reveal()) for key in keys]
    extension = StatusExtension(interlace_provenance=provenance)
    return _ENCODER.encode(_Container(keys=written, key_container_extension=extension))


def status_body(status: Status) -> bytes:
    """A Status (clause 6.1) as JSON."""
    return _ENCODER.encode(status)


def error_body(message: str, details: Sequence[Mapping[str, str]] = ()) -> bytes:
    """An Error (clause 6.5) as JSON."""
    return _ENCODER.encode(_Error(message=message, details=tuple(details)))


def _converted(body: bytes, kind: type[T]) -> T:
    try:
        return msgspec.convert(read_json(body) if body else {}, kind)
    except ProtocolError as error:
        raise WireError(400, str(error)) from None
    except msgspec.ValidationError as error:  # names types and places, no values
        words = f"the body is not as the standard has it: {_words(str(error))}"
        raise WireError(400, words) from None


def _words(told: str) -> str:
    """What msgspec tells of a value of the wrong type, in the words of JSON."""
    match = _MISTYPED.fullmatch(told)
    if match is None:
        return told[:1].lower() + told[1:]
    kinds = dict.fromkeys(_KINDS.get(kind, kind) for kind in match["needed"].split(" | "))
    seen = _KINDS.get(match["seen"], match["seen"])
    place = (match["place"] or "").removeprefix(".") or "it"
    return f"{place} must be {' or '.join(kinds)}, and is {seen}"


def _number(
    query: Query,
    name: Literal["number", "size"],
    written: _JsonNumber | msgspec.UnsetType,
    *,
    default: int,
) -> int:
    if isinstance(written, float) and not written.is_integer():
        raise WireError(400, f"{name} must be a whole number")
    texts = query.get(name, ())
    if len(texts) > 1:
        raise WireError(400, f"{name} stands twice in the URL")
    if texts:
        text = texts[0]
        if not (text.isascii() and text.isdigit()):
            raise WireError(400, f"{name} must be a whole number")
        read = int(text) if len(text) <= _MOST_DIGITS else _HUGE
        if read != _HUGE and written is not msgspec.UNSET and written != read:
            raise WireError(400, f"{name} is one thing in the URL and another in the body")
        return read
    return default if written is msgspec.UNSET else int(written)


def _demand_extensions(asked: list[dict[str, Any]] | msgspec.UnsetType, provenance: str) -> None:
    """Clause 6.2: what is mandatory must be known, and must be met."""
    if asked is msgspec.UNSET:
        return
    names = [name for one in asked for name in one]
    unknown = [name for name in names if name != PROVENANCE]
    if unknown:
        details = [
            {"extension_mandatory_unsupported": f"{name[:100]} is not supported"}
            for name in unknown[:16]
        ]
        raise WireError(400, UNSUPPORTED, details)
    if any(value != provenance for one in asked for value in one.values()):
        raise WireError(400, UNMET)
