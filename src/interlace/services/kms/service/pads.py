"""The one-time pad of a hop, and its tag.

A hop of n keys takes n + 1 blocks of link key: n are the pad, one is the key of a one-time
authenticator (Poly1305, RFC 8439: r and s fresh for each message, so a forgery succeeds with
probability at most 8 ceil(L/16) / 2^106 for L bytes, whatever the computing power). Both are
information-theoretic, as the key is.

Nothing here knows whether a block is still unused: whoever calls takes it out of the store for good
in the same transaction.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence

import msgspec
from cryptography.hazmat.primitives.poly1305 import Poly1305

from interlace.errors import InvariantError, ProtocolError
from interlace.services.kms.model.peering import BLOCK_BYTES, Envelope
from interlace.services.kms.model.pieces import Piece

__all__ = ["keys_of", "padded", "unpadded"]

_ENCODER = msgspec.msgpack.Encoder()


def padded(envelope: Envelope, keys: bytes, pad: Sequence[Piece]) -> Envelope:
    """Encrypt keys for a hop.

    Args:
        envelope: all but pad, ciphertext and tag.
        keys: in the order of the IDs.
        pad: blocks that are used for nothing else, one more than keys.
    """
    body, tag_key = _parts(pad, len(keys) // BLOCK_BYTES)
    sealed = msgspec.structs.replace(
        envelope,
        pad=tuple(piece.stretch for piece in pad),
        ciphertext=_xor(keys, body),
        tag=b"",
    )
    return msgspec.structs.replace(
        sealed, tag=Poly1305.generate_tag(tag_key, _ENCODER.encode(sealed))
    )


def unpadded(envelope: Envelope, pad: Sequence[Piece]) -> bytes:
    """Check the tag, and decrypt.

    Raises:
        ProtocolError: the tag is wrong: something was changed on the way.
    """
    body, tag_key = _parts(pad, len(envelope.ciphertext) // BLOCK_BYTES)
    bare = msgspec.structs.replace(envelope, tag=b"")
    expected = Poly1305.generate_tag(tag_key, _ENCODER.encode(bare))
    if not hmac.compare_digest(expected, envelope.tag):
        raise ProtocolError("the tag of a transfer is wrong: it was changed on the way")
    return _xor(envelope.ciphertext, body)


def keys_of(keys: bytes) -> tuple[bytes, ...]:
    """One after the other."""
    return tuple(keys[at : at + BLOCK_BYTES] for at in range(0, len(keys), BLOCK_BYTES))


def _parts(pad: Iterable[Piece], count: int) -> tuple[bytes, bytes]:
    material = b"".join(piece.material for piece in pad)
    if len(material) != (count + 1) * BLOCK_BYTES:
        raise InvariantError("a pad is not as long as its message")
    return material[:-BLOCK_BYTES], material[-BLOCK_BYTES:]


def _xor(left: bytes, right: bytes) -> bytes:
    size = len(left)
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(size, "big")
