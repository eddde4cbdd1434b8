"""An HTTP server that answers in its service's own words, also to what is no HTTP.

aiohttp answers broken HTTP in plain text and logs a traceback; this one answers in the words of
the service and logs one event. Slow clients are cut off: a handshake, the head of a request and a
pause between two of them have their time, and so has the rest of a request. There is room for so
many connections and no more: where one too many comes, the one that was idle longest goes.
"""

from __future__ import annotations

import asyncio
import logging
import os
import ssl
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import StreamReader, web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.web_protocol import RequestHandler

from interlace.platform import LimitedLog, cannot_listen, log_event
from interlace.services.kms.api.refusal_log import log_refusal
from interlace.units import Seconds

__all__ = ["Connection", "StrictServer", "Timing", "json_response", "log_crash"]

_LOG = logging.getLogger("interlace.kms")
_BACKLOG = 512

Handle = Callable[[web.BaseRequest], Awaitable[web.Response]]
Failure = Callable[[int, str], web.Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a client may take, and how many there may be.

    Attributes:
        handshake_s: for the TLS handshake.
        idle_s: between connecting or the last answer, and the end of the next request's head.
        head_s: between the first byte of a request's head and its end.
        request_s: from the end of the head to the last byte of the answer.
        drain_s: for requests under way when the server stops.
        most_connections: that are open at once, handshakes apart.
    """

    handshake_s: Seconds = 10.0
    idle_s: Seconds = 75.0
    head_s: Seconds = 20.0
    request_s: Seconds = 30.0
    drain_s: Seconds = 10.0
    most_connections: int = 1024


def json_response(status: int, body: bytes, **headers: str) -> web.Response:
    """An answer that no cache keeps."""
    told = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Server": "interlace",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return web.Response(status=status, body=body, headers=told)


def log_crash(event: str, error: BaseException, **fields: str | int) -> None:
    """Log a bug: its kind and where it is. Its words stay behind, for they may quote a key."""
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    at = [f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in frames]
    kind = type(error).__name__
    log_event(_LOG, event, level=logging.ERROR, kind=kind, at=at, **fields)


class StrictServer:
    """Listens on one address.

    Args:
        handle: answers a request.
        failure: an answer that tells of a failure in the words of the service.
        most_bytes: of a body.
        timing: how long clients may take.
    """

    def __init__(
        self, handle: Handle, failure: Failure, *, most_bytes: int, timing: Timing
    ) -> None:
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._log = LimitedLog(_LOG)
        self._web = _Server(handle, failure, self._log, most_bytes=most_bytes, timing=timing)
        self._server: asyncio.Server | None = None
        self._sweeper: asyncio.Task[None] | None = None

    async def listen(self, host: str, port: int, context: ssl.SSLContext) -> int:
        """Begin; which port it is.

        Raises:
            ServiceError: the port is in use.
            SpecError: the address is none of this machine, or the port is not for everybody.
        """
        try:
            self._server = await self._loop.create_server(
                self._web,
                host,
                port,
                ssl=context,
                backlog=_BACKLOG,
                ssl_handshake_timeout=self._timing.handshake_s,
                ssl_shutdown_timeout=1.0,
            )
        except OSError as error:
            raise cannot_listen(error, host=host, port=port) from error
        self._sweeper = self._loop.create_task(self._sweep())
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Take nothing new, finish what is under way, let go."""
        if self._server is not None:
            self._server.close()
        self._web.pre_shutdown()
        await self._web.shutdown(self._timing.drain_s)
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        self._log.close()

    async def _sweep(self) -> None:
        """Cut off clients that do not send a request, or do not read their answer, in time."""
        timing = self._timing
        pause = max(min(timing.request_s, timing.head_s) / 8, 0.05)
        while True:
            await asyncio.sleep(pause)
            now = self._loop.time()
            for connection in self._web.connections:
                if not isinstance(connection, Connection):
                    continue
                if connection.is_late(now - timing.request_s):
                    connection.abort("client too slow")
                elif connection.has_half_a_head(now - timing.head_s):
                    connection.refuse_head()


class Connection(RequestHandler):
    """One client's connection.

    Attributes:
        identity: who the client is; the service keeps it here for the connection's life.
        asked_s: when it connected, or asked last.
        is_leaving: whether it was dropped; it goes in a moment.
    """

    __slots__ = (
        "_begun_s",
        "_failure",
        "_head_s",
        "_limited",
        "asked_s",
        "identity",
        "is_leaving",
    )

    def __init__(self, server: _Server, failure: Failure, log: LimitedLog, timing: Timing) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=timing.idle_s,
            access_log=None,  # pyright: ignore[reportArgumentType]
            auto_decompress=False,
            lingering_time=1.0,
            max_headers=64,
        )
        self._failure = failure
        self._limited = log
        self._begun_s: Seconds | None = None
        self._head_s: Seconds | None = None
        self.asked_s: Seconds = self._loop.time()
        self.identity: object = None
        self.is_leaving = False

    def data_received(self, data: bytes) -> None:
        """Take what came, and keep in mind since when a head is on its way."""
        super().data_received(data)
        if self._messages or self._request_in_progress:
            self._head_s = None
        elif data and self._head_s is None:
            self._head_s = self._loop.time()

    def begin(self) -> None:
        """A request's head is there."""
        self._begun_s = self.asked_s = self._loop.time()

    def is_idle(self) -> bool:
        """Whether no answer is due."""
        return not self._request_in_progress

    def is_late(self, oldest: float) -> bool:
        """Whether a request began before then and is not answered."""
        if self._begun_s is None or self._begun_s > oldest:
            return False
        return self._request_in_progress

    def has_half_a_head(self, oldest: float) -> bool:
        """Whether a head began before then and is not whole."""
        return self._head_s is not None and self._head_s <= oldest and not self.is_leaving

    def refuse_head(self) -> None:
        """Answer in the service's words that the head did not come in time, and close."""
        self.is_leaving = True
        self._tell("client too slow", status=408)
        if self.transport is not None:
            response = self._failure(408, "the head of the request did not come in time")
            self.transport.write(_whole(response))
        self.force_close()

    def abort(self, why: str) -> None:
        """Drop the connection without a word."""
        self.is_leaving = True
        self._tell(why)
        if self.transport is not None:
            self.transport.abort()

    def log_exception(self, *args: object, **more: object) -> None:
        """Log a bug without the words and the values of its traceback."""
        error = more.get("exc_info")
        if isinstance(error, BaseException):
            log_crash("connection crashed", error)
        else:
            log_event(_LOG, "connection crashed", level=logging.ERROR, reason=str(args[:1]))

    def handle_error(
        self,
        request: web.BaseRequest,  # noqa: ARG002 - the library's signature
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - quotes what the client sent
    ) -> web.StreamResponse:
        """Answer what is no HTTP, in the service's words, and close the connection."""
        told = "the request is not HTTP as the standard has it"
        if status >= 500:
            status, told = 503, "the request could not be carried out"
        kind = type(exc).__name__ if exc is not None else ""
        self._tell("request failed", status=status, kind=kind)
        response = self._failure(status, told)
        response.force_close()
        return response

    def _tell(self, event: str, *, status: int | None = None, kind: str | None = None) -> None:
        log_refusal(self._limited, event, self, like=(status, kind), status=status, kind=kind)


def _whole(response: web.Response) -> bytes:
    """An answer to no request, which the library would not write: its last on a connection."""
    body = response.body if isinstance(response.body, bytes) else b""
    told = {**response.headers, "Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {response.status} {response.reason}"]
    lines += [f"{name}: {value}" for name, value in told.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class _Server(web.Server):
    def __init__(
        self,
        handle: Handle,
        failure: Failure,
        log: LimitedLog,
        *,
        most_bytes: int,
        timing: Timing,
    ) -> None:
        super().__init__(handle, request_factory=self._begun)
        self._failure = failure
        self._log = log
        self._most_bytes = most_bytes
        self._timing = timing

    def __call__(self) -> RequestHandler:
        return Connection(self, self._failure, self._log, self._timing)

    def connection_made(self, handler: RequestHandler, transport: asyncio.Transport) -> None:
        """One more; the one that was idle longest goes where there are too many."""
        super().connection_made(handler, transport)
        staying = [
            one for one in self.connections if isinstance(one, Connection) and not one.is_leaving
        ]
        if len(staying) > self._timing.most_connections:
            idle = [one for one in staying if one is not handler and one.is_idle()]
            last = min(idle, key=lambda one: one.asked_s, default=staying[-1])
            last.abort("too many connections")

    def _begun(
        self,
        message: RawRequestMessage,
        payload: StreamReader,
        protocol: RequestHandler,
        writer: AbstractStreamWriter,
        task: asyncio.Task[None],
    ) -> web.BaseRequest:
        if isinstance(protocol, Connection):
            protocol.begin()
        loop = asyncio.get_running_loop()
        return web.BaseRequest(
            message, payload, protocol, writer, task, loop, client_max_size=self._most_bytes
        )
