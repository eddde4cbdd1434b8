"""What an entity answers to other entities: POST /peer/v1/NAME, MessagePack both ways.

The caller is who its certificate says, a URI `urn:kme:ID`, as TLS verified it on this connection.
Whoever holds the entity's own certificate and key is its operator, and may take links out of use
(POST /operator/v1/links/LINK/take-out) and put them back (.../put-back).
"""

from __future__ import annotations

import logging
import ssl
from typing import TYPE_CHECKING

from interlace.errors import InterlaceError, ProtocolError, SpecError
from interlace.platform import (
    Background,
    Clock,
    IdentityRule,
    StoreError,
    log_event,
    peer_identity,
)
from interlace.services.kms.model.keys import KmeId
from interlace.services.kms.model.peer_failures import RefusedError, StaleEpochError
from interlace.services.kms.service.peering import Peering
from interlace.services.kms.wire.peers import (
    MEDIA_TYPE,
    MOST_BYTES,
    ROUTES,
    Failure,
    decoded,
    encoded,
)

if TYPE_CHECKING:
    from aiohttp import web

__all__ = ["KME_RULE", "PeerApi"]

_LOG = logging.getLogger("interlace.kms")
KME_RULE = IdentityRule(prefix="urn:kme:")
_BUSY, _FORBIDDEN, _CONFLICT = 503, 403, 409


class PeerApi:
    """A part of a service that answers other entities.

    Args:
        peering: what is done.
        context: the server side of mutual TLS.
        clock: whether a certificate still holds.
        host: where to listen.
        port: 0 for a free one: `port` says which.
    """

    name = "peers"

    def __init__(
        self, peering: Peering, context: ssl.SSLContext, *, clock: Clock, host: str, port: int
    ) -> None:
        from aiohttp import web

        self._peering = peering
        self._context = context
        self._clock = clock
        self._host = host
        self.port = port
        app = web.Application(client_max_size=MOST_BYTES)
        app.router.add_post("/peer/v1/{name}", self._answer)
        app.router.add_post("/operator/v1/links/{link}/{act}", self._operate)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def start(self, background: Background) -> None:  # noqa: ARG002 - the port's
        """Listen.

        Raises:
            SpecError: the address is taken, or none of this machine.
        """
        from aiohttp import web

        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self.port, ssl_context=self._context)
        try:
            await site.start()
        except OSError as error:
            rule = f"cannot be listened on: {error.strerror or 'no such address'}"
            raise SpecError(rule, value=f"{self._host}:{self.port}", path="peer_port") from error
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Listen no more."""
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        from aiohttp import web

        name = request.match_info["name"]
        try:
            caller = self._caller(request)
            if name not in ROUTES:
                return _failed(404, Failure(code="unknown", message="nothing is there"))
            if request.content_type != MEDIA_TYPE:
                return _failed(415, Failure(code="bad-message", message=f"needs {MEDIA_TYPE}"))
            message = decoded(await request.read(), ROUTES[name])
            reply = await self._peering.answer(caller, message)
        except web.HTTPRequestEntityTooLarge:
            return _failed(413, Failure(code="bad-message", message="too much at once"))
        except StaleEpochError as error:
            failure = Failure(
                code="stale-epoch",
                message=str(error),
                epoch=error.epoch,
                peer_epoch=error.peer_epoch,
            )
            return _failed(_CONFLICT, failure)
        except RefusedError as error:
            log_event(_LOG, "peer refused", level=logging.WARNING, request_name=name, reason=error)
            return _failed(_FORBIDDEN, Failure(code=error.code, message=str(error)))
        except ProtocolError as error:
            log_event(_LOG, "bad message", level=logging.WARNING, request_name=name, reason=error)
            return _failed(400, Failure(code="bad-message", message=str(error)))
        except StoreError:
            return _failed(_BUSY, Failure(code="busy", message="the store cannot answer now"))
        except InterlaceError as error:
            log_event(_LOG, "request failed", level=logging.ERROR, reason=error)
            return _failed(_BUSY, Failure(code="failed", message="see the log"))
        return web.Response(body=encoded(reply), content_type=MEDIA_TYPE)

    async def _operate(self, request: web.Request) -> web.Response:
        """An operator takes a link out, or puts it back."""
        links = self._peering.links
        acts = {"take-out": links.take_out, "put-back": links.put_back}
        act, link = request.match_info["act"], request.match_info["link"]
        try:
            if self._caller(request) != self._peering.acquaintance.name:
                words = "an operator shows the entity's own certificate"
                return _failed(_FORBIDDEN, Failure(code="no-operator", message=words))
            if act not in acts:
                return _failed(404, Failure(code="unknown", message="nothing is there"))
            await acts[act](link)
        except RefusedError as error:
            return _failed(_FORBIDDEN, Failure(code=error.code, message=str(error)))
        except SpecError as error:
            return _failed(404, Failure(code="no-such-link", message=error.rule))
        except StoreError:
            return _failed(_BUSY, Failure(code="busy", message="the store cannot answer now"))
        return _failed(200, Failure(code="done", message=""))

    def _caller(self, request: web.Request) -> KmeId:
        """Who the verified certificate of the connection is of.

        Raises:
            RefusedError: of no entity, or it has expired since the connection began.
        """
        transport = request.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        certificate = None if tls is None else tls.getpeercert(binary_form=True)
        if certificate is None:
            raise RefusedError("no certificate was shown", code="unknown-entity")
        try:
            identity = peer_identity(certificate, KME_RULE)
        except ProtocolError as error:
            raise RefusedError(str(error), code="unknown-entity") from error
        if identity.expires_us < self._clock.now_us():
            raise RefusedError("the certificate has expired", code="unknown-entity")
        return identity.name


def _failed(status: int, failure: Failure) -> web.Response:
    from aiohttp import web

    return web.Response(body=encoded(failure), status=status, content_type=MEDIA_TYPE)
