"""Other entities over HTTPS with mutual TLS.

Each entity is called with a TLS context of its own, which takes no server but that entity: a name
that leads to another one, an address that was mixed up, a port that somebody else has now end in
the handshake, before anything was sent. One connection pool for all; a request that brings no
answer in time is an error, and whoever asked asks again with the same content. No redirects, no
proxies, no retries here.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast
from urllib.parse import quote

import msgspec

from interlace.errors import ProtocolError, SpecError
from interlace.platform import (
    ServerIdentity,
    TlsFiles,
    client_context,
    log_event,
)
from interlace.services.kms.model.keys import KmeId, LinkId
from interlace.services.kms.model.peer_failures import (
    PeerUnreachableError,
    RefusedError,
    StaleEpochError,
)
from interlace.services.kms.model.peering import (
    Assemble,
    AssembleReply,
    Confirm,
    Deal,
    Done,
    Hello,
    RelayReply,
    RelayRequest,
    Reserve,
    ReserveReply,
    Settle,
    SettleReply,
)
from interlace.services.kms.wire.peers import (
    KME_RULE,
    MEDIA_TYPE,
    MOST_BYTES,
    REPLIES,
    ROUTES,
    Failure,
    decoded,
    encoded,
)
from interlace.units import Seconds

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HttpsPeers", "operate_link", "operator_context", "peer_context"]

T = TypeVar("T")

_LOG = logging.getLogger("interlace.kms")
_OPERATOR_S: Seconds = 10.0
_NAMES = {kind: name for name, kind in ROUTES.items()}


def peer_context(files: TlsFiles, kme: KmeId) -> ssl.SSLContext:
    """The client side of mutual TLS with one entity; nobody else is talked to.

    Raises:
        SpecError: one of the caller's files is no good.
    """
    return client_context(files, server=ServerIdentity(rule=KME_RULE, name=kme))


def operator_context(files: TlsFiles, kme: KmeId) -> ssl.SSLContext:
    """As `peer_context`, from the entity's own machine, where it may be called by any name.

    Raises:
        SpecError: one of the entity's files is no good.
    """
    context = peer_context(files, kme)
    context.check_hostname = False  # its identity is checked, which says more
    return context


class HttpsPeers:
    """The port `Peers` over HTTPS.

    Args:
        urls: of the entities: scheme, host and port.
        context_for: the client side of mutual TLS with an entity, which demands that it is that
            one; asked once for each.
        patience_s: how long an answer may take.
    """

    def __init__(
        self,
        urls: Mapping[KmeId, str],
        context_for: Callable[[KmeId], ssl.SSLContext],
        *,
        patience_s: Seconds = 10.0,
    ) -> None:
        self._urls = dict(urls)
        self._context_for = lru_cache(maxsize=None)(context_for)
        self._patience_s = patience_s
        self._session: aiohttp.ClientSession | None = None

    async def hello(self, kme: KmeId, request: Hello) -> Hello:
        """Is it there, and how are its links?"""
        return cast("Hello", await self._ask(kme, request))

    async def deal(self, kme: KmeId, request: Deal) -> Done:
        """Give it new link key."""
        return cast("Done", await self._ask(kme, request))

    async def reserve(self, kme: KmeId, request: Reserve) -> ReserveReply:
        """Have it set link key aside."""
        return cast("ReserveReply", await self._ask(kme, request))

    async def relay(self, kme: KmeId, request: RelayRequest) -> RelayReply:
        """Send it keys over a link."""
        return cast("RelayReply", await self._ask(kme, request))

    async def confirm(self, kme: KmeId, request: Confirm) -> Done:
        """Tell it that its transfers arrived."""
        return cast("Done", await self._ask(kme, request))

    async def settle(self, kme: KmeId, request: Settle) -> SettleReply:
        """Ask it what became of transfers."""
        return cast("SettleReply", await self._ask(kme, request))

    async def assemble(self, kme: KmeId, request: Assemble) -> AssembleReply:
        """Have it make keys of other sizes."""
        return cast("AssembleReply", await self._ask(kme, request))

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _ask(self, kme: KmeId, request: msgspec.Struct) -> Any:  # noqa: ANN401 - by route
        import aiohttp

        name = _NAMES[type(request)]
        if kme not in self._urls:
            raise PeerUnreachableError(f"{kme} has no address here")
        try:
            async with self._open().post(
                f"{self._urls[kme]}/peer/v1/{name}",
                data=encoded(request),
                headers={"Content-Type": MEDIA_TYPE},
                allow_redirects=False,
                ssl=self._context_for(kme),
            ) as response:
                status, content = response.status, await response.content.read(MOST_BYTES + 1)
                while len(content) <= MOST_BYTES and (more := await response.content.readany()):
                    content += more
        except aiohttp.ClientConnectorCertificateError as error:
            words = f"whoever answers at the address of {kme} does not show its certificate"
            log_event(_LOG, "peer is not itself", level=logging.WARNING, peer=kme, reason=error)
            raise PeerUnreachableError(words) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
            raise PeerUnreachableError(f"{kme} does not answer ({reason})") from error
        return _read(kme, name, status, content)

    def _open(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit_per_host=8),
                timeout=aiohttp.ClientTimeout(total=self._patience_s),
                auto_decompress=False,
                trust_env=False,
            )
        return self._session


def _read(kme: KmeId, name: str, status: int, content: bytes) -> Any:  # noqa: ANN401 - by route
    if len(content) > MOST_BYTES:
        raise ProtocolError(f"{kme} answers with too much")
    if status == 200:
        return decoded(content, REPLIES[name])
    try:
        failure = decoded(content, Failure)
    except ProtocolError:
        raise PeerUnreachableError(f"{kme} answers with HTTP status {status}") from None
    if failure.code == "stale-epoch":
        raise StaleEpochError(failure.epoch, failure.peer_epoch)
    if status >= 500:
        raise PeerUnreachableError(f"{kme} cannot answer now: {failure.message}")
    raise RefusedError(f"{kme} refuses: {failure.message}", code=failure.code)


async def operate_link(
    url: str, context: ssl.SSLContext, link: LinkId, act: Literal["take-out", "put-back"]
) -> None:
    """Take a link of an entity out of use, or put it back.

    Args:
        url: of the entity, where it answers entities.
        context: TLS with the entity's own certificate: `operator_context`.
        link: which.
        act: what to do.

    Raises:
        SpecError: the entity has no such link.
        RefusedError: the certificate is not the entity's own.
        PeerUnreachableError: it does not answer.
    """
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=_OPERATOR_S)
    connector = aiohttp.TCPConnector(ssl=context)
    target = f"{url}/operator/v1/links/{quote(link, safe='')}/{act}"
    try:
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(target, allow_redirects=False) as response,
        ):
            status, content = response.status, await response.read()
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise PeerUnreachableError(f"{url} does not answer ({type(error).__name__})") from error
    if status == 200:
        return
    failure = decoded(content, Failure)
    if failure.code == "no-such-link":
        raise SpecError(failure.message, value=link, path="link")
    if status >= 500:
        raise PeerUnreachableError(f"{url} cannot answer now: {failure.message}")
    raise RefusedError(failure.message, code=failure.code)
