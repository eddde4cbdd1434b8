"""What an entity answers to other entities: POST /peer/v1/NAME, MessagePack both ways.

The caller is who its certificate says, a URI `urn:kme:ID`, as TLS verified it on this connection.
Whoever holds the entity's own certificate and key is its operator, and may take links out of use
(POST /operator/v1/links/LINK/take-out) and put them back (.../put-back).
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from urllib.parse import unquote

from aiohttp import web

from interlace.errors import InterlaceError, ProtocolError, SpecError
from interlace.platform import (
    Background,
    Clock,
    LimitedLog,
    PeerIdentity,
    StoreError,
    peer_identity,
)
from interlace.services.kms.api.http_server import (
    Connection,
    StrictServer,
    Timing,
    log_crash,
)
from interlace.services.kms.api.refusal_log import log_refusal
from interlace.services.kms.model.keys import KmeId
from interlace.services.kms.model.peer_failures import RefusedError, StaleEpochError
from interlace.services.kms.service.peering import Peering
from interlace.services.kms.wire.peers import (
    KME_RULE,
    MEDIA_TYPE,
    MOST_BYTES,
    ROUTES,
    Failure,
    decoded,
    encoded,
)

__all__ = ["PeerApi"]

_LOG = logging.getLogger("interlace.kms")
_BUSY, _FORBIDDEN, _CONFLICT = 503, 403, 409
_PEER, _OPERATOR = "/peer/v1/", "/operator/v1/links/"
_BODY_WAIT_S = 10.0


class PeerApi:
    """A part of a service that answers other entities.

    Args:
        peering: what is done.
        context: the server side of mutual TLS.
        clock: whether a certificate still holds.
        host: where to listen.
        port: 0 for a free one: `port` says which.
        timing: how long callers may take.
    """

    name = "peers"

    def __init__(
        self,
        peering: Peering,
        context: ssl.SSLContext,
        *,
        clock: Clock,
        host: str,
        port: int,
        timing: Timing | None = None,
    ) -> None:
        self._peering = peering
        self._context = context
        self._clock = clock
        self._host = host
        self._timing = timing or Timing()
        self._server: StrictServer | None = None
        self._log = LimitedLog(_LOG)
        self.port = port

    async def start(self, background: Background) -> None:  # noqa: ARG002 - the port's
        """Listen.

        Raises:
            ServiceError: the port is in use.
            SpecError: the address is none of this machine, or the port is not for everybody.
        """
        self._server = StrictServer(
            self._handle, _no_http, most_bytes=MOST_BYTES, timing=self._timing
        )
        self.port = await self._server.listen(self._host, self.port, self._context)

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            await self._server.close()
        self._log.close()

    async def _handle(self, request: web.BaseRequest) -> web.Response:
        path = request.raw_path.partition("?")[0]
        try:
            caller = self._caller(request)
            if request.method != "POST":
                return _failed(405, Failure(code="unknown", message="everything here is a POST"))
            if path.startswith(_PEER):
                return await self._answer(request, caller, path.removeprefix(_PEER))
            if path.startswith(_OPERATOR):
                return await self._operate(caller, path.removeprefix(_OPERATOR))
            return _failed(404, Failure(code="unknown", message="nothing is there"))
        except web.HTTPRequestEntityTooLarge:
            return _last(413, Failure(code="bad-message", message="too much at once"))
        except TimeoutError:
            return _last(408, Failure(code="bad-message", message="the body did not come in time"))
        except (asyncio.CancelledError, ConnectionError):
            raise
        except InterlaceError as error:
            self._tell(error, request, path)
            return _told(error)
        except Exception as error:  # noqa: BLE001 - its words may quote a key
            log_crash("request crashed", error, path=path)
            return _failed(_BUSY, Failure(code="failed", message="see the log"))

    async def _answer(self, request: web.BaseRequest, caller: KmeId, name: str) -> web.Response:
        if name not in ROUTES:
            return _failed(404, Failure(code="unknown", message="nothing is there"))
        if request.content_type != MEDIA_TYPE:
            return _last(415, Failure(code="bad-message", message=f"needs {MEDIA_TYPE}"))
        if (request.content_length or 0) > MOST_BYTES:
            return _last(413, Failure(code="bad-message", message="too much at once"))
        async with asyncio.timeout(_BODY_WAIT_S):
            content = await request.read()
        reply = await self._peering.answer(caller, decoded(content, ROUTES[name]))
        return web.Response(body=encoded(reply), content_type=MEDIA_TYPE)

    async def _operate(self, caller: KmeId, path: str) -> web.Response:
        """An operator takes a link out, or puts it back."""
        links = self._peering.links
        acts = {"take-out": links.take_out, "put-back": links.put_back}
        link, _, act = path.partition("/")
        if caller != self._peering.acquaintance.name:
            raise RefusedError("an operator shows the entity's own certificate", code="no-operator")
        if act not in acts:
            return _failed(404, Failure(code="unknown", message="nothing is there"))
        try:
            await acts[act](unquote(link))
        except SpecError as error:
            return _failed(404, Failure(code="no-such-link", message=error.rule))
        return _failed(200, Failure(code="done", message=""))

    def _tell(self, error: InterlaceError, request: web.BaseRequest, path: str) -> None:
        """Log what an entity was refused, and what only the operator can mend."""
        match error:
            case StaleEpochError() | StoreError():
                return  # it passes by itself
            case RefusedError():
                event, level = "peer refused", logging.WARNING
            case ProtocolError():
                event, level = "bad message", logging.WARNING
            case _:
                event, level = "request failed", logging.ERROR
        like = (type(error).__name__, getattr(error, "code", None))
        log_refusal(
            self._log, event, request.protocol, like=like, level=level, path=path, reason=error
        )

    def _caller(self, request: web.BaseRequest) -> KmeId:
        """Who the verified certificate of the connection is of.

        Raises:
            RefusedError: of no entity, or it has expired since the connection began.
        """
        connection = request.protocol
        identity = getattr(connection, "identity", None)
        if not isinstance(identity, PeerIdentity):
            identity = _identity(request)
            if isinstance(connection, Connection):
                connection.identity = identity
        if self._clock.now_us() >= identity.expires_us:
            raise RefusedError("the certificate has expired", code="unknown-entity")
        return identity.name


def _identity(request: web.BaseRequest) -> PeerIdentity:
    transport = request.transport
    tls = None if transport is None else transport.get_extra_info("ssl_object")
    certificate = None if tls is None else tls.getpeercert(binary_form=True)
    if not certificate:
        raise RefusedError("no certificate was shown", code="unknown-entity")
    try:
        return peer_identity(certificate, KME_RULE)
    except ProtocolError as error:
        raise RefusedError(str(error), code="unknown-entity") from error


def _told(error: InterlaceError) -> web.Response:
    """The answer to what went wrong."""
    match error:
        case StaleEpochError():
            epochs = {"epoch": error.epoch, "peer_epoch": error.peer_epoch}
            return _failed(_CONFLICT, Failure(code="stale-epoch", message=str(error), **epochs))
        case RefusedError():
            return _failed(_FORBIDDEN, Failure(code=error.code, message=str(error)))
        case ProtocolError():
            return _failed(400, Failure(code="bad-message", message=str(error)))
        case StoreError():
            return _failed(_BUSY, Failure(code="busy", message="the store cannot answer now"))
        case _:
            return _failed(_BUSY, Failure(code="failed", message="see the log"))


def _no_http(status: int, words: str) -> web.Response:
    return _failed(status, Failure(code="bad-message", message=words))


def _failed(status: int, failure: Failure) -> web.Response:
    return web.Response(body=encoded(failure), status=status, content_type=MEDIA_TYPE)


def _last(status: int, failure: Failure) -> web.Response:
    """An answer after which the rest of what was sent is not read."""
    response = _failed(status, failure)
    response.force_close()
    return response
