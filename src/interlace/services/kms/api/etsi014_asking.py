"""What a request asks over ETSI GS QKD 014: its path, its query and its body, read strictly.

An SAE's ID may hold any character of a URI, `/` and `?` too, encoded: so the path is split while
it is still encoded, and only then each part decoded.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import parse_qs, unquote_to_bytes

from aiohttp import web

from interlace.services.kms.model import SaeId, sae_id_of
from interlace.services.kms.wire.etsi014 import WireError

__all__ = ["MOST_BYTES", "TOO_LARGE", "asked_body", "asked_method", "asked_query"]

MOST_BYTES = 64 * 1024
"""Of a request's body."""

TOO_LARGE = f"the body has more than {MOST_BYTES} bytes"

_ROOT = "/api/v1/keys/"
_SCHEMES = ("https", "http")
_BODY_WAIT_S = 10.0
_JSON = "application/json"


def asked_method(request: web.BaseRequest, verbs: Mapping[str, Sequence[str]]) -> tuple[str, SaeId]:
    """The method of a path that is still encoded, and the SAE that the path names.

    Args:
        request: for its verb and path.
        verbs: of each method that there is.

    Raises:
        WireError: 404, 405 or 400.
    """
    path = _target(request).partition("?")[0]
    sae, slash, method = path.removeprefix(_ROOT).partition("/")
    if not path.startswith(_ROOT) or not slash or method not in verbs:
        raise WireError(404, "there is no such method")
    if request.method not in verbs[method]:
        told = " and ".join(verbs[method])
        raise WireError(405, f"{method} is asked for by {told}", verbs=verbs[method])
    try:
        decoded = unquote_to_bytes(sae).decode()
    except UnicodeDecodeError:
        decoded = ""
    other = sae_id_of(decoded)
    if other is None:
        raise WireError(400, "the SAE ID in the path must be 1 to 64 visible characters")
    return method, other


def asked_query(request: web.BaseRequest) -> Mapping[str, Sequence[str]]:
    """The parameters of the URL, decoded.

    Raises:
        WireError: 400.
    """
    _, mark, text = _target(request).partition("?")
    if not mark:
        return {}
    try:
        return parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=64)
    except ValueError:
        raise WireError(400, "the query cannot be read") from None


def _target(request: web.BaseRequest) -> str:
    """Path and query as they came; a request may name the host before them (RFC 9112, 3.2.2)."""
    scheme, mark, rest = request.raw_path.partition("://")
    if not mark or scheme.lower() not in _SCHEMES:
        return request.raw_path
    return rest[len(rest.partition("/")[0]) :]


async def asked_body(request: web.BaseRequest) -> bytes:
    """The body of a POST; of a GET nothing: it means nothing there.

    Raises:
        WireError: 413, 415 or 417.
        TimeoutError: it does not come.
        aiohttp.web.HTTPRequestEntityTooLarge: it grows too large as it comes.
    """
    if request.method != "POST" or not request.can_read_body:
        return b""
    if (request.content_length or 0) > MOST_BYTES:
        raise WireError(413, TOO_LARGE)
    charset = (request.charset or "utf-8").lower()
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise WireError(415, "the body must not be compressed")
    async with asyncio.timeout(_BODY_WAIT_S):
        await _continue(request)
        body = await request.read()
    if body and (request.content_type != _JSON or charset not in {"utf-8", "utf8"}):
        raise WireError(415, f"the body must be {_JSON} in UTF-8")
    return body


async def _continue(request: web.BaseRequest) -> None:
    """Tell a client that waits for it to go on with the body."""
    expect = request.headers.get("Expect", "")
    if not expect:
        return
    if expect.lower() != "100-continue":
        raise WireError(417, "Expect may only be 100-continue")
    await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    request.writer.output_size = 0
