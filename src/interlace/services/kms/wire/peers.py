"""Messages between entities as bytes: MessagePack, strictly.

Unknown and missing fields, wrong types, lengths and ranges, and data behind the message are
refused. What is sent has one form, so the tag of an envelope can be computed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from interlace.errors import ProtocolError
from interlace.platform import IdentityRule
from interlace.services.kms.model.peering import (
    Assemble,
    AssembleReply,
    Confirm,
    Deal,
    Done,
    Hello,
    Item,
    RelayReply,
    RelayRequest,
    Reserve,
    ReserveReply,
    Settle,
    SettleReply,
)

__all__ = [
    "KME_RULE",
    "MEDIA_TYPE",
    "MOST_BYTES",
    "REPLIES",
    "ROUTES",
    "Failure",
    "decoded",
    "encoded",
    "item_of",
]

T = TypeVar("T")

KME_RULE = IdentityRule(prefix="urn:kme:", others="urn:sae:")
"""Where a certificate says which entity it is of."""

MEDIA_TYPE = "application/msgpack"

MOST_BYTES = 1 << 21
"""Of a message: 64 full envelopes take less, and so does an assembly of the longest keys."""

ROUTES: Mapping[str, type[Any]] = MappingProxyType({
    "hello": Hello,
    "deal": Deal,
    "reserve": Reserve,
    "relay": RelayRequest,
    "confirm": Confirm,
    "settle": Settle,
    "assemble": Assemble,
})  # fmt: skip
"""The last part of the path, and what is sent there."""

REPLIES: Mapping[str, type[Any]] = MappingProxyType({
    "hello": Hello,
    "deal": Done,
    "reserve": ReserveReply,
    "relay": RelayReply,
    "confirm": Done,
    "settle": SettleReply,
    "assemble": AssembleReply,
})  # fmt: skip


class Failure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The body of every answer that is not 200.

    Attributes:
        code: stays the same: `stale-epoch`, `not-your-link`.
        message: a sentence.
        epoch: of the one who answers, with `stale-epoch`.
        peer_epoch: of the one who asked, as the other knows it, with `stale-epoch`.
    """

    code: str
    message: str
    epoch: int = 0
    peer_epoch: int = 0


_ENCODER = msgspec.msgpack.Encoder()
_DECODERS: Mapping[type[Any], msgspec.msgpack.Decoder[Any]] = MappingProxyType({
    kind: msgspec.msgpack.Decoder(kind, strict=True)
    for kind in {*ROUTES.values(), *REPLIES.values(), Failure}
})  # fmt: skip
_ITEMS: msgspec.msgpack.Decoder[Item] = msgspec.msgpack.Decoder(Item, strict=True)


def encoded(message: msgspec.Struct) -> bytes:
    """A message as it is sent."""
    return _ENCODER.encode(message)


def decoded(content: bytes, kind: type[T]) -> T:
    """A message that was received.

    Raises:
        ProtocolError: it is not of that kind.
    """
    try:
        return _DECODERS[kind].decode(content)
    except (msgspec.DecodeError, ValueError, RecursionError):
        msg = f"a message between entities is no {kind.__name__}"
        raise ProtocolError(msg) from None  # the decoder's words may quote it


def item_of(content: bytes) -> Item:
    """An item of the outbox.

    Raises:
        ProtocolError: it is none.
    """
    try:
        return _ITEMS.decode(content)
    except (msgspec.DecodeError, ValueError):
        raise ProtocolError("an item of the outbox is damaged") from None
